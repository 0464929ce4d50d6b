//! Takes keys of one's own out of files, and asks for the password where a file has one.

use std::path::Path;
use std::sync::Arc;

use super::action::{Ask, Pick};
use super::words::settings as say;
use waxseal::desk::Desk;
use waxseal::desk::file;
use waxseal::desk::import::{IdentityImportError, Imported, unchecked};
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::Address;
use waxseal::smime::key_file::KeyFileError;
use waxseal::smime::secret::Passphrase;

/// What became of a file.
#[derive(Debug, Clone)]
pub(crate) enum Taken {
    Keys(Report),
    /// It has a password; `wrong`: not this one.
    Locked {
        wrong: bool,
    },
}

/// What was taken, in sentences.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// Of the first key that others can seal to.
    pub(crate) address: Option<Address>,
    pub(crate) taken: Vec<String>,
    /// What was left, and what else should be known.
    pub(crate) left: Vec<String>,
}

/// Lets the person choose one file.
pub(crate) fn pick() -> Pick {
    let kinds = (say::KEY_FILES, ["p12", "pfx", "pem", "p7b", "p7c"].as_slice());
    Pick::Open { title: say::IMPORT_TITLE, kinds, several: false }
}

/// Asks for the password of the file at `path`.
pub(crate) fn ask<M>(path: &Path, then: impl Fn(Passphrase) -> M + Send + Sync + 'static) -> Ask<M> {
    say::password_of(&name(path), Arc::new(then))
}

/// The file's own name.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Takes the keys over. Without a password the empty one is tried.
pub(crate) fn take(desk: &Desk, path: &Path, password: Option<&Passphrase>) -> Result<Taken, Problem> {
    let octets = file::read_small(path, file::SMALL_FILE).map_err(|error| error.explain())?;
    match desk.import_identity(&octets, password) {
        Ok(imported) => Ok(Taken::Keys(report(&imported))),
        Err(IdentityImportError::File(KeyFileError::PasswordNeeded)) => Ok(Taken::Locked { wrong: false }),
        Err(IdentityImportError::File(KeyFileError::WrongPassword)) => {
            Ok(Taken::Locked { wrong: password.is_some() })
        }
        Err(error) => Err(error.explain()),
    }
}

fn report(imported: &Imported) -> Report {
    let own = imported.keys.iter().find(|key| !key.reading_only);
    let authorities = imported.authorities.iter().map(|one| say::authority_kept(&one.display_name()));
    let left = imported.not_taken.iter().map(|what| what.sentence());
    let check = imported.integrity.and_then(unchecked);
    Report {
        address: own.and_then(|key| key.addresses.first().cloned()),
        taken: imported.keys.iter().map(say::key_taken).collect(),
        left: authorities.chain(left).chain(check).collect(),
    }
}
