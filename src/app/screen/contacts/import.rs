//! Taking certificates in: each file stands alone, and what became of each is told.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::app::words::contacts as say;
use waxseal::desk::Desk;
use waxseal::desk::contacts::ContactError;
use waxseal::desk::learn::{Learned, Outcome};
use waxseal::desk::trust::NoCertificates;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::Address;
use waxseal::smime::key_file::KeyFileError;
use waxseal::smime::secret::Passphrase;
use waxseal::smime::x509::certificate_file::CertificateFileError;
use waxseal::store::contacts::{KeyState, Recorded};

/// What became of one file.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    /// As it is shown.
    pub(super) name: String,
    /// Where it lies; `None`: it was pasted.
    pub(super) path: Option<PathBuf>,
    pub(super) result: Result<Vec<Told>, Refusal>,
}

/// What became of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) weight: Weight,
    pub(super) words: String,
    /// Whose it is.
    pub(super) address: Option<Address>,
}

/// How much attention the outcome asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Taken,
    /// Nothing changed.
    Nothing,
    /// It waits for an answer.
    Changed,
}

/// Why a file was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is protected by a password; `tried`: the one that was given does not fit.
    Password {
        tried: bool,
    },
    /// It holds a private key.
    Key(Problem),
    Other(Problem),
}

/// Takes every file, with this password where one is asked for.
pub(super) fn files(desk: &Desk, paths: Vec<PathBuf>, password: Option<&Passphrase>) -> Vec<Taken> {
    let one = |path: PathBuf| {
        let learned = desk.import_contact(&path, password);
        Taken { name: file_name(&path), result: result(desk, learned, password.is_some()), path: Some(path) }
    };
    paths.into_iter().map(one).collect()
}

/// Takes what was pasted.
pub(super) fn pasted(desk: &Desk, octets: Vec<u8>) -> Vec<Taken> {
    let learned = desk.import_contact_from(Box::new(Cursor::new(octets)), Path::new(say::PASTED), None);
    vec![Taken { name: say::PASTED.to_owned(), path: None, result: result(desk, learned, false) }]
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn result(
    desk: &Desk,
    learned: Result<Vec<Learned>, ContactError>,
    tried: bool,
) -> Result<Vec<Told>, Refusal> {
    match learned {
        Ok(learned) => learned
            .into_iter()
            .map(|one| told(desk, &one))
            .collect::<Result<_, _>>()
            .map_err(|error: ContactError| Refusal::Other(error.explain())),
        Err(ContactError::Certificates(NoCertificates::Pkcs12(
            KeyFileError::PasswordNeeded | KeyFileError::WrongPassword,
        ))) => Err(Refusal::Password { tried }),
        Err(
            error @ ContactError::Certificates(NoCertificates::None(
                CertificateFileError::Pkcs12 | CertificateFileError::KeyOnly,
            )),
        ) => Err(Refusal::Key(error.explain())),
        Err(error) => Err(Refusal::Other(error.explain())),
    }
}

fn told(desk: &Desk, learned: &Learned) -> Result<Told, ContactError> {
    let certificate = &learned.certificate;
    let name = certificate.display_name();
    let address = certificate.addresses().first().cloned();
    let (weight, words) = match learned.outcome {
        Outcome::Own => (Weight::Nothing, say::own_certificate(&name)),
        Outcome::Intermediate => (Weight::Nothing, say::authority_kept(&name)),
        Outcome::NoAddress => (Weight::Nothing, say::names_no_address(&name)),
        Outcome::Recorded(Recorded::New) => (Weight::Taken, say::taken(&name)),
        Outcome::Recorded(Recorded::Paired) => (Weight::Taken, say::second_taken(&name)),
        Outcome::Recorded(Recorded::Changed) => (Weight::Changed, say::waits(&name)),
        Outcome::Recorded(Recorded::AlreadyThere) => {
            let contact = desk.store().contact_of(&certificate.fingerprint())?;
            let keys = contact.map(|contact| contact.keys).unwrap_or_default();
            let state = keys.iter().find(|key| key.certificate == *certificate).map(|key| key.state);
            match state {
                Some(KeyState::Accepted) | None => (Weight::Nothing, say::there_already(&name)),
                Some(KeyState::Pending) => (Weight::Changed, say::waits(&name)),
                Some(KeyState::Replaced) => (Weight::Nothing, say::was_replaced(&name)),
                Some(KeyState::Distrusted) => (Weight::Nothing, say::was_set_aside(&name)),
            }
        }
    };
    Ok(Told { weight, words, address })
}
