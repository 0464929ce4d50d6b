//! Other people: learning their certificates and answering for them.

use std::io::{Read as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::Desk;
use super::file::{self, FileError};
use super::learn::{Learned, vouches_for_others};
use super::open::ReadingError;
use super::trust::{NoCertificates, certificates_of, contents_of};
use super::watch::aside;
use crate::problem::{Explain, Problem};
use crate::smime::crypto::KeyKind;
use crate::smime::pkcs12::{self, Recipe, Unwritable};
use crate::smime::policy::Device;
use crate::smime::progress::Stopped;
use crate::smime::secret::Passphrase;
use crate::smime::x509::Certificate;
use crate::smime::x509::certificate_file::CertificateFileError;
use crate::smime::x509::issue::IssueError;
use crate::smime::{Address, Fingerprint, Source};
use crate::store::contacts::{Contact, Origin};
use crate::store::{StoreError, clock};

/// Why a contact could not be learned or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ContactError {
    /// Nobody on record has this address.
    #[error("no contact {0}")]
    Unknown(Address),
    /// The file has no certificate and is no signed message.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    /// A message without a valid signature teaches nothing.
    #[error("no valid signature")]
    NotSigned,
    /// The message could not be opened.
    #[error(transparent)]
    Reading(#[from] ReadingError),
    /// None of the file's certificates is for this address.
    #[error("no certificate for {0} in this file")]
    OtherAddress(Address),
    /// None of the keys on record has the fingerprint that was compared.
    #[error("the fingerprints differ")]
    FingerprintDiffers(Address),
    /// The address is one's own.
    #[error("{0} is an own address")]
    OwnAddress(Address),
    /// No certificate of this shape can be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The key cannot be put into PKCS#12.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The records or the vault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody wished that the work stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Explain for ContactError {
    fn explain(&self) -> Problem {
        match self {
            Self::Unknown(address) => StoreError::UnknownContact { address: address.clone() }.explain(),
            Self::Certificates(error) => error.explain(),
            Self::NotSigned => Problem::new(
                "This message carries no valid signature.",
                "Only a signature that holds shows whose certificate it is.",
                "Ask for a signed mail, or for the certificate as a file.",
            ),
            Self::Reading(error) => error.explain(),
            Self::OtherAddress(address) => Problem::new(
                format!("This file has no certificate for {address}."),
                "The certificates in it are for other addresses or for authorities.",
                "Check that it is the right file.",
            ),
            Self::FingerprintDiffers(address) => Problem::new(
                "The fingerprints do not match.",
                format!("No certificate on record for {address} has this fingerprint. Nothing was changed."),
                format!(
                    "Read it aloud to each other once more. If it still differs, somebody may stand between you: ask for a new certificate, and see waxseal-cli contact show {address}."
                ),
            ),
            Self::OwnAddress(address) => Problem::new(
                format!("{address} is your own address."),
                "A contact is somebody else.",
                "To make a key for yourself, run: waxseal-cli identity create.",
            ),
            Self::Issue(error) => super::identities::IdentityError::Issue(error.clone()).explain(),
            Self::Unwritable(error) => super::identities::IdentityError::Unwritable(*error).explain(),
            Self::File(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Stopped(stopped) => stopped.explain(),
        }
    }
}

impl Desk {
    /// Puts the certificates of a validly signed message on record; see [`Desk::import_contact`].
    pub fn learn_contact(&self, message: Box<dyn Source>) -> Result<Vec<Learned>, ContactError> {
        self.or_stopped(self.learn_from_message(message))
    }

    /// Learns from a certificate file or a signed message. `password`: of a .p12 file, which must hold no key.
    pub fn import_contact(
        &self,
        path: &Path,
        password: Option<&Passphrase>,
    ) -> Result<Vec<Learned>, ContactError> {
        let source = self.or_stopped(file::source(path, self.spool()).map_err(ContactError::from))?;
        self.import_contact_from(source, path, password)
    }

    /// The same from what was pasted, or is open already; `path`: what it is called when it cannot be read.
    pub fn import_contact_from(
        &self,
        source: Box<dyn Source>,
        path: &Path,
        password: Option<&Passphrase>,
    ) -> Result<Vec<Learned>, ContactError> {
        self.or_stopped(self.import_contact_to_its_end(source, path, password))
    }

    fn import_contact_to_its_end(
        &self,
        mut source: Box<dyn Source>,
        path: &Path,
        password: Option<&Passphrase>,
    ) -> Result<Vec<Learned>, ContactError> {
        let head = read_head(&mut *source).map_err(|error| FileError::new(path, &error))?;
        let (head, password) = (Arc::new(head), password.cloned());
        let octets = Arc::clone(&head);
        let contents = aside(self.progress(), move || contents_of(&octets, password.as_ref()))??;
        if names_smime(&head) || contents.signed {
            return match self.learn_from_message(source) {
                // A mail that nobody signed may hold certificates and nothing else, or bring one along.
                Err(error @ (ContactError::Reading(_) | ContactError::NotSigned)) if !contents.signed => {
                    contents
                        .into_certificates()
                        .map_err(|_| error)
                        .and_then(|found| self.learn(&found, Origin::File))
                }
                learned => learned,
            };
        }
        match contents.into_certificates() {
            Ok(found) => self.learn(&found, Origin::File),
            Err(
                error @ (CertificateFileError::Pkcs12
                | CertificateFileError::KeyOnly
                | CertificateFileError::TooMuch
                | CertificateFileError::Elsewhere { .. }
                | CertificateFileError::ListsOnly),
            ) => Err(NoCertificates::None(error).into()),
            Err(error @ (CertificateFileError::None | CertificateFileError::Damaged)) => {
                match self.learn_from_message(source) {
                    Err(ContactError::Reading(ReadingError::Open(_))) => {
                        Err(NoCertificates::None(error).into())
                    }
                    learned => learned,
                }
            }
        }
    }

    /// The contact with this address.
    pub fn contact(&self, address: &Address) -> Result<Contact, ContactError> {
        self.store.contact(address)?.ok_or_else(|| ContactError::Unknown(address.clone()))
    }

    /// Removes a contact, or one certificate of it.
    pub fn remove_contact(
        &self,
        address: &Address,
        only: Option<&Fingerprint>,
    ) -> Result<Contact, ContactError> {
        let contact = self.contact(address)?;
        match only {
            Some(fingerprint) => self.store.remove_contact_certificate(address, fingerprint)?,
            None => self.store.remove_contact(address)?,
        }
        Ok(contact)
    }

    /// Puts the certificates in a file in the place of those on record.
    pub fn replace_contact(&self, address: &Address, path: &Path) -> Result<Vec<Certificate>, ContactError> {
        self.contact(address)?;
        let found = certificates_of(&file::read_small(path, file::SMALL_FILE)?, None)?;
        let (authorities, people): (Vec<_>, Vec<_>) = found.into_iter().partition(vouches_for_others);
        let theirs: Vec<Certificate> =
            people.into_iter().filter(|certificate| certificate.addresses().contains(address)).collect();
        if theirs.is_empty() {
            return Err(ContactError::OtherAddress(address.clone()));
        }
        self.store.replace_contact_certificate(address, &theirs, self.now)?;
        for authority in &authorities {
            self.store.add_intermediate(authority)?;
        }
        Ok(theirs)
    }

    /// Says what a contact reads mail on; [`Device::Unknown`] takes it back.
    pub fn set_device(&self, address: &Address, device: Device) -> Result<Contact, ContactError> {
        self.contact(address)?;
        self.store.set_device(address, device)?;
        self.contact(address)
    }

    /// Sets all keys of a contact aside.
    pub fn distrust_contact(&self, address: &Address) -> Result<Contact, ContactError> {
        self.contact(address)?;
        self.store.distrust_contact(address)?;
        self.contact(address)
    }

    /// Records that a fingerprint was compared in person; refused when it is none of those on record.
    pub fn verify_contact(
        &self,
        address: &Address,
        fingerprint: &Fingerprint,
    ) -> Result<Contact, ContactError> {
        let contact = self.contact(address)?;
        if !contact.keys.iter().any(|key| key.certificate.fingerprint() == *fingerprint) {
            return Err(ContactError::FingerprintDiffers(address.clone()));
        }
        self.store.verify_contact(address, &[*fingerprint], self.now)?;
        self.contact(address)
    }

    /// Makes key and certificate for somebody else's device, writes them to a .p12 file and puts the certificate
    /// on record. The private key is kept here only with `keep_key`, for reading.
    pub fn create_contact(
        &self,
        name: &str,
        address: &Address,
        out: &Path,
        password: &Passphrase,
        keep_key: bool,
    ) -> Result<Certificate, ContactError> {
        if self.store.identity(address)?.is_some() {
            return Err(ContactError::OwnAddress(address.clone()));
        }
        if keep_key {
            self.store.vault().check()?;
        }
        let addresses = std::slice::from_ref(address);
        // Phones read RSA everywhere, and this recipe; Android and older iPhones read no other.
        let (key, certificate) = self.new_key(name, addresses, KeyKind::default(), issue_days())??;
        let rng = &mut clock::rng();
        let pfx = pkcs12::write(&[(&key, &certificate)], &[], name, password, Recipe::Compatible, rng)?;
        let mut outputs = self.outputs();
        outputs.begin(out)?.write_all(&pfx).map_err(|error| FileError::new(out, &error))?;
        self.store.record_certificate(&certificate, name, Origin::MadeHere, self.now)?;
        if keep_key {
            // Without an address: it is kept for reading, and no identity of one's own.
            self.store.add_own_key(name, &[], &certificate, &[], &key, true, self.now)?;
        }
        outputs.commit()?;
        Ok(certificate)
    }
}

fn issue_days() -> u32 {
    crate::smime::x509::issue::MAX_DAYS
}

/// As much of a file as a certificate file may have.
fn read_head(source: &mut dyn Source) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    source.take(file::SMALL_FILE).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// A mail whose header says that it is signed: certificates that lie in its text teach nothing.
fn names_smime(head: &[u8]) -> bool {
    let head = head.get(..64 << 10).unwrap_or(head).to_ascii_lowercase();
    [&b"pkcs7-signature"[..], b"pkcs7-mime"]
        .iter()
        .any(|word| head.windows(word.len()).any(|part| part == *word))
}
