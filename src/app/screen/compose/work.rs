//! What is done with a note off the window's thread: sealing it into files, or into text for the clipboard.

use std::path::{Path, PathBuf};

use crate::app::words::compose as say;
use waxseal::desk::Desk;
use waxseal::desk::file::{FileError, FileTrouble};
use waxseal::desk::seal::{Letter, SealingError};
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::message::verdict::Tier;
use waxseal::smime::mime::file_name;
use waxseal::store::drafts::Enclosure;
use waxseal::store::{KeptId, StoreError};

/// Octets of a sealed note that still goes on the clipboard.
pub(super) const CLIPBOARD: u64 = 512 << 10;

/// What is to be sealed.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) draft: KeptId,
    pub(super) letter: Letter,
    /// What was forecast.
    pub(super) tier: Option<Tier>,
}

/// The files that came of it, the main one first, each with the names of those who can read it.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(super) files: Vec<(PathBuf, Vec<String>)>,
    /// Why one's own copy is not among the messages, or the draft is still there.
    pub(super) left: Option<Problem>,
}

/// Why nothing came of it, and what helps.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(super) problem: Problem,
    pub(super) help: Help,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Help {
    /// Another place.
    Elsewhere,
    /// The passphrase of the key files.
    Unlock,
    /// A file that goes along is in the way.
    File(usize),
    /// Nothing but trying again.
    Retry,
}

impl Failure {
    pub(super) fn of(problem: Problem) -> Self {
        Self { problem, help: Help::Retry }
    }
}

/// Seals into `path`. The draft goes when the files are in their place, and not before.
pub(super) fn seal(desk: &Desk, order: &Order, path: &Path) -> Result<Done, Failure> {
    let Order { draft, letter, tier } = order;
    let sealed = desk.seal(letter, false, path).map_err(|error| failure(&error, letter, path))?;
    let kept = desk.keep_sent(letter, &sealed, *tier).map(|_| ()).map_err(|error| error.explain());
    let removed = desk.remove_draft(*draft).map_err(|error| error.explain());
    let name = |address| match desk.store().contact(address) {
        Ok(Some(contact)) if !contact.name.is_empty() => contact.name,
        Ok(Some(_) | None) | Err(_) => address.to_string(),
    };
    let files = sealed
        .files
        .iter()
        .map(|(path, readers)| (path.clone(), readers.iter().map(name).collect()))
        .collect();
    Ok(Done { files, left: kept.and(removed).err() })
}

/// Seals into text. On the way it lies in a folder of one's own, sealed.
pub(super) fn seal_text(desk: &Desk, order: &Order) -> Result<String, Failure> {
    let folder = tempfile::tempdir();
    let path = folder.as_ref().map_or_else(|_| PathBuf::new(), |folder| folder.path().join("note.eml"));
    let failed = |error: &std::io::Error| {
        failure(&FileError::new(&std::env::temp_dir(), error).into(), &order.letter, &path)
    };
    if let Err(error) = &folder {
        return Err(failed(error));
    }
    desk.seal(&order.letter, false, &path).map_err(|error| failure(&error, &order.letter, &path))?;
    std::fs::read_to_string(&path).map_err(|error| failed(&error))
}

fn failure(error: &SealingError, letter: &Letter, out: &Path) -> Failure {
    let problem = error.explain();
    match error {
        SealingError::File(error) => {
            let is_it = |one: &Enclosure| matches!(one, Enclosure::File(path) if *path == error.path);
            match letter.attachments.iter().position(is_it) {
                Some(place) => Failure { problem: say::file_lost(&problem), help: Help::File(place) },
                None => {
                    let folder = out.parent().unwrap_or(out);
                    let problem = match error.what {
                        FileTrouble::Full => say::disk_full(folder),
                        FileTrouble::Denied => say::read_only(folder),
                        FileTrouble::Missing
                        | FileTrouble::NoFolder
                        | FileTrouble::Folder
                        | FileTrouble::NotFolder
                        | FileTrouble::Device
                        | FileTrouble::TooLarge(_)
                        | FileTrouble::NotText
                        | FileTrouble::BrokenPipe
                        | FileTrouble::Stopped
                        | FileTrouble::Other(_) => say::not_saved(&problem),
                    };
                    Failure { problem, help: Help::Elsewhere }
                }
            }
        }
        SealingError::OverInput(_) => Failure { problem: say::over_input(), help: Help::Elsewhere },
        SealingError::Store(StoreError::NoPassphrase | StoreError::WrongPassphrase) => {
            Failure { problem, help: Help::Unlock }
        }
        SealingError::NotMine(_)
        | SealingError::Stopped(_)
        | SealingError::NoSigningKey(_)
        | SealingError::NoEncryptionKey(_)
        | SealingError::NobodyToAnswer
        | SealingError::BlindCopyWithoutName
        | SealingError::Recipient(_)
        | SealingError::InputChanged
        | SealingError::Core(_)
        | SealingError::Store(_) => Failure { problem, help: Help::Retry },
    }
}

/// A name for the file, from the subject.
pub(super) fn name_of(subject: &str, extension: &str) -> String {
    let subject = subject.trim().replace(['/', '\\'], "-");
    let subject = if subject.is_empty() { say::NAMELESS } else { &subject };
    file_name::safe(&format!("{subject}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_the_subject() {
        assert_eq!(name_of("Tax 2026/27: the <last> one", "eml"), "Tax 2026-27_ the _last_ one.eml");
        assert_eq!(name_of("  ", "p7m"), "Sealed note.p7m");
        assert_eq!(name_of("..", "eml"), "eml");
        let long = name_of(&"山本".repeat(100), "eml");
        assert!(long.len() <= 150 && long.ends_with(".eml"), "{long}");
    }
}
