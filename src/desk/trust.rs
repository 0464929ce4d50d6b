//! Authorities that the person chose to believe.

use std::path::Path;

use super::Desk;
use super::file::{self, FileError};
use crate::problem::{Explain, Problem};
use crate::smime::Fingerprint;
use crate::smime::pkcs12::{self, Pkcs12Warning};
use crate::smime::secret::Passphrase;
use crate::smime::x509::Certificate;
use crate::smime::x509::certificate_file::{self, CertificateFileError, Contents};
use crate::smime::x509::revocation::RevocationList;
use crate::store::StoreError;

/// Why an authority was not taken or found.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrustError {
    /// The file is a person's certificate.
    #[error("not an authority")]
    NotAnAuthority {
        /// Whose it is.
        name: String,
    },
    /// The file itself says that none of its authorities is to be trusted for mail.
    #[error("not trusted for mail")]
    NotForMail {
        /// The first of them.
        name: String,
    },
    /// No certificate could be read.
    #[error(transparent)]
    Certificates(#[from] CertificateFileError),
    /// None of the anchors has this fingerprint.
    #[error("no such authority")]
    Unknown(Fingerprint),
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was taken away.
#[derive(Debug, Clone)]
pub enum Removed {
    /// An authority is not believed any more.
    Anchor(Certificate),
    /// A revocation list is forgotten.
    List(RevocationList),
}

impl Explain for TrustError {
    fn explain(&self) -> Problem {
        match self {
            Self::NotAnAuthority { name } => Problem::new(
                "This is a person's certificate, not an authority's.",
                format!("{name} cannot vouch for others."),
                "To write to them, run: waxseal-cli contact import FILE.",
            ),
            Self::NotForMail { name } => Problem::new(
                "This file does not offer its authorities for mail.",
                format!("It says for what each may be trusted; for {name} it leaves mail out."),
                "If you believe in it all the same, add its plain certificate (.cer, .crt).",
            ),
            Self::Certificates(error) => explain_certificates(error),
            Self::Unknown(fingerprint) => Problem::new(
                "This authority is not among yours.",
                format!("No authority and no revocation list has the fingerprint {fingerprint}."),
                "See them with: waxseal-cli trust list.",
            ),
            Self::File(error) => error.explain(),
            Self::Store(error) => error.explain(),
        }
    }
}

/// The sentences for a file in which no certificate was found.
pub(super) fn explain_certificates(error: &CertificateFileError) -> Problem {
    match error {
        CertificateFileError::None => Problem::new(
            "There is no certificate in this file.",
            "It is none of the forms in which certificates come (.cer, .crt, .pem, .p7c, .p7b, .vcf).",
            "Ask for the certificate again, or for a signed mail.",
        ),
        CertificateFileError::Damaged => Problem::new(
            "This certificate file is damaged.",
            "What it holds does not come out as a certificate.",
            "Ask for it again.",
        ),
        CertificateFileError::TooMuch => Problem::new(
            "This file holds more than Waxseal takes at once.",
            format!(
                "It may have {} certificates and {} at most.",
                certificate_file::MAX_CERTIFICATES,
                file::size(certificate_file::MAX_LENGTH as u64)
            ),
            "Divide it into several files.",
        ),
        CertificateFileError::Elsewhere { address } => Problem::new(
            "This contact card does not hold the certificate itself.",
            format!(
                "It only says where the certificate lies: {address}. Waxseal fetches nothing from there."
            ),
            "Fetch it with a browser and import that file, or ask for the certificate.",
        ),
        CertificateFileError::ListsOnly => Problem::new(
            "This is a revocation list and no certificate.",
            "It says which certificates an authority has taken back.",
            "To have it obeyed, run: waxseal-cli trust crl FILE.",
        ),
        CertificateFileError::KeyOnly => Problem::new(
            "This file holds a private key and no certificate.",
            "A private key is nobody's but its owner's.",
            "Ask for the certificate alone; if the key is yours, run: waxseal-cli identity import FILE.",
        ),
        CertificateFileError::Pkcs12 => Problem::new(
            "This file cannot be taken as a certificate.",
            "It is a .p12 file that holds a private key or is locked with a password: a file for its owner.",
            "If it is yours, run: waxseal-cli identity import FILE. Otherwise ask for the certificate alone.",
        ),
    }
}

/// The certificates in a file; in a .p12 file only when it is open and holds no key.
pub(super) fn certificates_of(octets: &[u8]) -> Result<Vec<Certificate>, CertificateFileError> {
    contents_of(octets)?.into_certificates()
}

/// The same with all that goes along.
pub(super) fn contents_of(octets: &[u8]) -> Result<Contents, CertificateFileError> {
    if pkcs12::looks_like(octets) {
        let open = pkcs12::read(octets, &Passphrase::default()).ok();
        let unread = |warning: &Pkcs12Warning| matches!(warning, Pkcs12Warning::UnsupportedKey { .. });
        let keyless = open.filter(|pfx| pfx.keys.is_empty() && !pfx.warnings.iter().any(unread));
        let certificates = keyless.map(|pfx| pfx.certificates).filter(|found| !found.is_empty());
        let certificates = certificates.ok_or(CertificateFileError::Pkcs12)?;
        return Ok(Contents { certificates, ..Contents::default() });
    }
    Ok(certificate_file::read_all(octets))
}

impl Desk {
    /// Makes the authorities in a file anchors, but for those that the file itself does not offer for mail. Each is returned
    /// with whether it is new, and how many were passed over.
    pub fn add_anchors(&self, path: &Path) -> Result<(Vec<(Certificate, bool)>, usize), TrustError> {
        let contents = contents_of(&file::read_small(path, file::SMALL_FILE)?)?;
        let not_for_mail = contents.not_for_mail.clone();
        let (passed_over, certificates): (Vec<_>, Vec<_>) = contents
            .into_certificates()?
            .into_iter()
            .partition(|certificate| not_for_mail.contains(&certificate.fingerprint()));
        if let (Some(first), true) = (passed_over.first(), certificates.is_empty()) {
            return Err(TrustError::NotForMail { name: first.display_name() });
        }
        if let Some(person) = certificates.iter().find(|certificate| !certificate.is_authority()) {
            return Err(TrustError::NotAnAuthority { name: person.display_name() });
        }
        let mut added = Vec::new();
        for certificate in certificates {
            let new = self.store.add_anchor(&certificate)?;
            added.push((certificate, new));
        }
        Ok((added, passed_over.len()))
    }

    /// Takes an anchor or a revocation list away.
    pub fn remove_trust(&self, fingerprint: Fingerprint) -> Result<Removed, TrustError> {
        if let Some(list) = self.store.remove_revocation_list(&fingerprint)? {
            return Ok(Removed::List(list));
        }
        let anchors = self.store.anchors()?;
        let anchor = anchors.into_iter().find(|anchor| anchor.fingerprint() == fingerprint);
        let anchor = anchor.ok_or(TrustError::Unknown(fingerprint))?;
        self.store.remove_anchor(&fingerprint)?;
        Ok(Removed::Anchor(anchor))
    }
}
