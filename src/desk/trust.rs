//! Authorities that the person chose to believe.

use std::collections::HashSet;
use std::path::Path;

use super::Desk;
use super::file::{self, FileError};
use super::import::explain_key_file;
use crate::problem::{Explain, Problem};
use crate::smime::Fingerprint;
use crate::smime::key_file::{self, KeyFileError};
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
    Certificates(#[from] NoCertificates),
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
            Self::Certificates(error) => error.explain(),
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

/// Why no certificate was taken from a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCertificates {
    /// There is none, or none that may be taken.
    #[error(transparent)]
    None(#[from] CertificateFileError),
    /// A PKCS#12 file was not read.
    #[error(transparent)]
    Pkcs12(#[from] KeyFileError),
}

impl Explain for NoCertificates {
    fn explain(&self) -> Problem {
        match self {
            Self::None(error) => explain_certificates(error),
            Self::Pkcs12(error) => explain_key_file(*error),
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
            "It is a .p12 file that holds a private key: a file for its owner.",
            "If it is yours, run: waxseal-cli identity import FILE. Otherwise ask for the certificate alone.",
        ),
    }
}

/// The certificates in a file; in a .p12 file only when it holds no key. Without a `password` the empty one is tried.
pub(super) fn certificates_of(
    octets: &[u8],
    password: Option<&Passphrase>,
) -> Result<Vec<Certificate>, NoCertificates> {
    Ok(contents_of(octets, password)?.into_certificates()?)
}

/// The same with all that goes along.
pub(super) fn contents_of(octets: &[u8], password: Option<&Passphrase>) -> Result<Contents, NoCertificates> {
    let contents = certificate_file::read_all(octets);
    if contents.lacks != Some(CertificateFileError::Pkcs12) || !contents.certificates.is_empty() {
        return Ok(contents);
    }
    let found = match key_file::read(octets, password) {
        // It lies deeper, in a mail.
        Err(KeyFileError::Unknown) => return Err(CertificateFileError::Pkcs12.into()),
        read => read?,
    };
    let keys = found.keys.len() + found.skipped.iter().filter(|what| what.may_be_a_key()).count();
    if keys > 0 {
        return Err(CertificateFileError::Pkcs12.into());
    }
    Ok(Contents { certificates: found.certificates, ..Contents::default() })
}

impl Desk {
    /// Makes the authorities in a file anchors, but for those that the file itself does not offer for mail. Each is returned
    /// with whether it is new, and how many were passed over. `password`: of a .p12 file, which must hold no key.
    pub fn add_anchors(
        &self,
        path: &Path,
        password: Option<&Passphrase>,
    ) -> Result<(Vec<(Certificate, bool)>, usize), TrustError> {
        let contents = contents_of(&file::read_small(path, file::SMALL_FILE)?, password)?;
        let not_for_mail = contents.not_for_mail.clone();
        let (passed_over, certificates): (Vec<_>, Vec<_>) = contents
            .into_certificates()
            .map_err(NoCertificates::None)?
            .into_iter()
            .partition(|certificate| not_for_mail.contains(&certificate.fingerprint()));
        if let (Some(first), true) = (passed_over.first(), certificates.is_empty()) {
            return Err(TrustError::NotForMail { name: first.display_name() });
        }
        if let Some(person) = certificates
            .iter()
            .find(|certificate| !certificate.is_authority() && !certificate.may_be_old_root())
        {
            return Err(TrustError::NotAnAuthority { name: person.display_name() });
        }
        let mut added = Vec::new();
        for certificate in certificates {
            let new = self.store.add_anchor(&certificate)?;
            added.push((certificate, new));
        }
        Ok((added, passed_over.len()))
    }

    /// The authorities that paths may end in: those that the person chose, and those that this computer offers for mail.
    pub fn anchors(&self) -> Result<Vec<Certificate>, StoreError> {
        let mut anchors = self.store.anchors()?;
        let known: HashSet<Fingerprint> = anchors.iter().map(Certificate::fingerprint).collect();
        let offered = self.offered_anchors()?.into_iter();
        anchors.extend(offered.filter(|root| !known.contains(&root.fingerprint())));
        Ok(anchors)
    }

    /// Those of this computer, without the ones that the person does not believe.
    pub fn offered_anchors(&self) -> Result<Vec<Certificate>, StoreError> {
        let offered = &self.platform().certificates;
        if offered.is_empty() {
            return Ok(Vec::new());
        }
        let removed = self.store.removed_roots()?;
        Ok(offered.iter().filter(|root| !removed.contains(&root.fingerprint())).cloned().collect())
    }

    /// Takes an anchor or a revocation list away.
    pub fn remove_trust(&self, fingerprint: Fingerprint) -> Result<Removed, TrustError> {
        if let Some(list) = self.store.remove_revocation_list(&fingerprint)? {
            return Ok(Removed::List(list));
        }
        let offered = self.offered_anchors()?.into_iter().find(|root| root.fingerprint() == fingerprint);
        if let Some(root) = offered {
            self.store.remove_anchor(&fingerprint)?;
            self.store.remove_root(&fingerprint)?;
            return Ok(Removed::Anchor(root));
        }
        let anchors = self.store.anchors()?;
        let anchor = anchors.into_iter().find(|anchor| anchor.fingerprint() == fingerprint);
        let anchor = anchor.ok_or(TrustError::Unknown(fingerprint))?;
        self.store.remove_anchor(&fingerprint)?;
        Ok(Removed::Anchor(anchor))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use jiff::Timestamp;

    use super::*;
    use crate::smime::x509::openssl::{AUTHORITY, OpenSsl, PERSON};
    use crate::store::Location;
    use crate::store::platform_roots::PlatformRoots;
    use crate::store::vault::{NobodyToAsk, VaultKind};

    #[test]
    fn the_roots_of_the_computer_count_until_the_person_takes_one_away() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
        let person = openssl.certificate("person", "/CN=Person", Some("root"), PERSON);
        let now = Timestamp::now();
        let mut desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), now).unwrap();
        let certificates = vec![root.clone()];
        desk.platform = Arc::new(OnceLock::from(PlatformRoots { certificates, ..PlatformRoots::default() }));
        let authority =
            || desk.evidence(&person, None, std::iter::empty(), std::iter::empty()).unwrap().authority;
        assert_eq!(authority().as_deref(), Some("Root"));

        assert!(matches!(desk.remove_trust(root.fingerprint()), Ok(Removed::Anchor(gone)) if gone == root));
        assert_eq!(authority(), None);
        assert!(matches!(desk.remove_trust(root.fingerprint()), Err(TrustError::Unknown(_))));

        let (added, _) = desk.add_anchors(&openssl.path("root.pem"), None).unwrap();
        assert_eq!(added, [(root.clone(), true)]);
        assert_eq!((authority().as_deref(), desk.anchors().unwrap().len()), (Some("Root"), 1));
        // Taken away, it is not believed for the computer's word either.
        desk.remove_trust(root.fingerprint()).unwrap();
        assert_eq!(authority(), None);
    }
}
