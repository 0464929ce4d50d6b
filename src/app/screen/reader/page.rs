//! A message as the reader shows it: gathered off the window's thread, together with what its buttons need.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::action::Prefill;
use crate::app::words;
use crate::app::words::reader as say;
use waxseal::desk::Desk;
use waxseal::desk::file::{self, FileError};
use waxseal::desk::open::Reading;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::message::layer::Layer;
use waxseal::smime::message::open::Input;
use waxseal::smime::message::verdict::{Trust, Verdict};
use waxseal::smime::mime::header::Mailbox;
use waxseal::smime::{Address, Source};
use waxseal::store::KeptId;
use waxseal::store::messages::MessageEntry;

/// As much text as is laid out at once, in octets.
const LEAF: usize = 48 << 10;

/// Where a message comes from, to open it again.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    File(PathBuf),
    /// Kept sealed in the profile.
    Kept(KeptId),
    /// Pasted, or an attachment of another message.
    Bytes {
        name: Option<String>,
        octets: Arc<Vec<u8>>,
    },
}

impl Origin {
    fn source(&self, desk: &Desk) -> Result<Box<dyn Source>, Problem> {
        match self {
            Self::File(path) => file::source(path, desk.spool()).map_err(|error| error.explain()),
            Self::Kept(id) => desk.recent_message(*id).map_err(|error| error.explain()),
            Self::Bytes { octets, .. } => Ok(Box::new(Cursor::new(Shelf(Arc::clone(octets))))),
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Kept(_) | Self::Bytes { .. } => None,
        }
    }

    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::File(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Self::Kept(_) => None,
            Self::Bytes { name, .. } => name.clone(),
        }
    }
}

/// Octets that several threads read.
struct Shelf(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shelf {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What a message says and how far it can be trusted.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) origin: Origin,
    pub(crate) subject: Option<String>,
    pub(crate) from: Option<Mailbox>,
    pub(crate) to: Vec<Mailbox>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) verdict: Verdict,
    pub(crate) sender: Sender,
    /// In leaves that are laid out one at a time.
    pub(crate) text: Vec<String>,
    pub(crate) attachments: Vec<Attached>,
    /// Label and value, for those who want to know.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Why it stayed closed.
    pub(crate) closed: Option<Problem>,
    /// Why it could not be put among the recent messages.
    pub(crate) not_kept: Option<Problem>,
    /// A certificate in the message that nobody here has.
    pub(crate) newcomer: Option<Address>,
}

/// What may be said about the name in From.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A valid signature of that address.
    Proved,
    /// Nobody signed, or it cannot be known who.
    NotProved,
    /// Somebody else signed, or it was forged.
    Claimed,
}

/// A file that came along.
#[derive(Debug, Clone)]
pub(crate) struct Attached {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) is_message: bool,
    /// Opening it runs it.
    pub(crate) is_program: bool,
}

/// Opens and judges the message, and keeps it among the recent ones.
pub(crate) fn read(desk: &Desk, origin: Origin) -> Result<Page, Problem> {
    let reading = reading(desk, &origin)?;
    let kept = match &origin {
        Origin::Kept(id) => Ok(*id),
        Origin::File(_) | Origin::Bytes { .. } => {
            let mut source = origin.source(desk)?;
            desk.keep_opened(&mut *source, &reading, origin.path()).map_err(|error| error.explain())
        }
    };
    // Of what is too large to be kept only the path is known: it goes on being read from its file.
    let origin = match &kept {
        Ok(id) if desk.recent_message(*id).is_ok() => Origin::Kept(*id),
        Ok(_) | Err(_) => origin,
    };
    Ok(Page { not_kept: kept.err(), ..page(origin, reading) })
}

/// What was opened or sent before, the newest first.
pub(crate) fn recent(desk: &Desk) -> Result<Vec<MessageEntry>, Problem> {
    desk.recent().map_err(|error| error.explain())
}

/// Forgets a message.
pub(crate) fn forget(desk: &Desk, origin: &Origin) -> Result<(), Problem> {
    match origin {
        Origin::Kept(id) => desk.remove_recent(*id).map_err(|error| error.explain()),
        Origin::File(_) | Origin::Bytes { .. } => Ok(()),
    }
}

fn reading(desk: &Desk, origin: &Origin) -> Result<Reading, Problem> {
    let source = origin.source(desk)?;
    let name = origin.name();
    let input = Input { name: name.as_deref(), ..source.into() };
    desk.read(input).map_err(|error| error.explain())
}

fn page(origin: Origin, reading: Reading) -> Page {
    let Reading { opened, verdict, closed, .. } = reading;
    let attachments = opened.attachments().iter().enumerate().map(|(index, one)| Attached {
        index,
        name: one.name.clone(),
        size: one.size,
        is_message: one.is_message,
        is_program: is_program(&one.name),
    });
    let newcomer = match verdict.signature.trust {
        Some(Trust::FirstSeen | Trust::Ca) => {
            verdict.signature.signer.as_ref().and_then(|signer| signer.address.clone())
        }
        Some(_) | None => None,
    };
    Page {
        subject: opened.headers.subject.clone().filter(|subject| !subject.trim().is_empty()),
        from: opened.headers.from.first().cloned(),
        to: opened.headers.to.clone(),
        date: opened.headers.date,
        sender: sender(&verdict),
        text: leaves(opened.text()),
        attachments: attachments.collect(),
        facts: facts(&opened.layers, &verdict),
        closed: closed.map(|closed| closed.explain()),
        not_kept: None,
        newcomer,
        verdict,
        origin,
    }
}

fn sender(verdict: &Verdict) -> Sender {
    let signature = &verdict.signature;
    match (signature.state, signature.matches_from, signature.trust) {
        ("valid", Some(false), _)
        | ("valid", _, Some(Trust::LookAlike | Trust::Changed | Trust::Revoked)) => Sender::Claimed,
        ("valid", _, _) => Sender::Proved,
        ("invalid", _, _) => Sender::Claimed,
        _ => Sender::NotProved,
    }
}

fn facts(layers: &[Layer], verdict: &Verdict) -> Vec<(&'static str, String)> {
    let (encryption, signature) = (&verdict.encryption, &verdict.signature);
    let layers = layers.iter().map(Layer::smime_type).collect::<Vec<_>>().join(", ");
    let signer = signature.signer.as_ref();
    let facts = [
        (say::LAYERS, Some(layers)),
        (say::ENCRYPTION, encryption.algorithm.clone()),
        (say::KEYS, Some(encryption.key_management.join(", "))),
        (say::RECIPIENTS, Some(encryption.recipients.join(", "))),
        (say::SIGNER, signer.map(|signer| signer.name.clone())),
        (say::FINGERPRINT, signer.map(|signer| signer.fingerprint.to_string())),
        (say::DIGEST, signature.digest.clone()),
        (say::SIGNED_AT, signature.signed_at.map(words::date_and_time)),
        (say::TRUST, signature.trust.map(|trust| trust.id().to_owned())),
    ];
    let known = |(label, value): (_, Option<String>)| {
        value.filter(|value| !value.is_empty()).map(|value| (label, value))
    };
    facts.into_iter().filter_map(known).collect()
}

/// The text in leaves of at most [`LEAF`] octets, cut at line ends where there are any.
fn leaves(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut leaves = Vec::new();
    while rest.len() > LEAF {
        let mut end = LEAF;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let end = rest[..end].rfind('\n').map_or(end, |line| line + 1);
        let (leaf, after) = rest.split_at(end);
        leaves.push(leaf.to_owned());
        rest = after;
    }
    leaves.push(rest.to_owned());
    leaves
}

/// Endings that systems run, or hand to something that runs them.
fn is_program(name: &str) -> bool {
    const PROGRAMS: &[&str] = &[
        "app", "appimage", "apk", "bat", "bin", "cmd", "com", "command", "cpl", "deb", "desktop", "dll",
        "dmg", "docm", "elf", "exe", "gadget", "hta", "htm", "html", "inf", "iso", "jar", "js", "jse", "lnk",
        "msc", "msi", "msp", "pif", "pkg", "pl", "pptm", "ps1", "py", "pyw", "rb", "reg", "rpm", "run",
        "scf", "scr", "sh", "svg", "terminal", "url", "vb", "vbe", "vbs", "ws", "wsf", "wsh", "xlsm",
        "xhtml",
    ];
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| PROGRAMS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Saves an attachment; the message is opened once more for it.
pub(crate) fn save(desk: &Desk, origin: &Origin, index: usize, to: &Path) -> Result<(), Problem> {
    let mut reading = reading(desk, origin)?;
    let mut outputs = desk.outputs();
    let out = outputs.begin(to).map_err(|error| error.explain())?;
    reading.opened.write_attachment(index, out).map_err(|error| FileError::new(to, &error).explain())?;
    outputs.commit().map_err(|error| error.explain())
}

/// An attached message as one of its own; at most 64 MiB are held in memory.
pub(crate) fn attached(desk: &Desk, origin: &Origin, index: usize) -> Result<Page, Problem> {
    const MOST: u64 = 64 << 20;
    let mut reading = reading(desk, origin)?;
    let attachment = reading.opened.attachments().get(index);
    let name = attachment.map(|attachment| attachment.name.clone());
    if attachment.is_none_or(|attachment| attachment.size > MOST) {
        return Err(say::too_large_inside());
    }
    let mut octets = Vec::new();
    reading.opened.write_attachment(index, &mut octets).map_err(|_| say::too_large_inside())?;
    read(desk, Origin::Bytes { name, octets: Arc::new(octets) })
}

/// What an answer starts with. Words that nobody signed are not quoted.
pub(crate) fn answer(desk: &Desk, origin: &Origin, page: &Page) -> Result<Prefill, Problem> {
    let source = origin.source(desk)?;
    let (reply, verdict) = desk.answer(source, true).map_err(|error| error.explain())?;
    let body = match (sender(&verdict), &page.from) {
        (Sender::Proved, Some(from)) => {
            let name = from.name.clone().unwrap_or_else(|| from.address.to_string());
            say::quoted(&name, page.date, &page.text.concat())
        }
        (Sender::Proved | Sender::NotProved | Sender::Claimed, _) => String::new(),
    };
    Ok(Prefill {
        to: reply.to.into_iter().map(|mailbox| mailbox.address).collect(),
        subject: reply.subject.unwrap_or_default(),
        body,
        thread: reply.thread,
        confidences: reply.confidences,
        ..Prefill::default()
    })
}

/// Puts the signer's certificate on record.
pub(crate) fn take_certificate(desk: &Desk, origin: &Origin) -> Result<Address, Problem> {
    let source = origin.source(desk)?;
    let learned = desk.learn_contact(source).map_err(|error| error.explain())?;
    let addresses = learned.iter().flat_map(|one| one.certificate.addresses()).next().cloned();
    addresses.ok_or_else(say::nobody_in_certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_hold_everything_and_break_at_lines() {
        let text = "Füße und Hände\n".repeat(20_000);
        let leaves = leaves(&text);
        assert!(leaves.len() > 1);
        assert!(leaves.iter().all(|leaf| leaf.len() <= LEAF && leaf.ends_with('\n')));
        assert_eq!(leaves.concat(), text);
        let one_line = "ü".repeat(100_000);
        assert_eq!(super::leaves(&one_line).concat(), one_line);
    }

    #[test]
    fn programs_are_known_by_their_endings() {
        assert!(is_program("invoice.PDF.exe") && is_program("page.html"));
        assert!(!is_program("invoice.exe.pdf") && !is_program("exe"));
    }
}
