//! Takes over one's own keys, out of every kind of file that holds them.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::Desk;
use super::learn::vouches_for_others;
use super::watch::aside;
use crate::problem::{Explain, Problem};
use crate::smime::crypto::{PrivateKey, PublicKey, oid_name};
use crate::smime::key_file::{self, KeyAndCertificates, KeyFileError};
use crate::smime::pkcs12::{Integrity, Skipped};
use crate::smime::progress::Stopped;
use crate::smime::secret::Passphrase;
use crate::smime::x509::{Certificate, CertificationRequest, Validity};
use crate::smime::{Address, Fingerprint};
use crate::store::StoreError;
use crate::store::identities::Added;

mod report;

pub use report::{NotTaken, unchecked};

/// What became of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Every key that is one's own now, once for each of its certificates.
    pub keys: Vec<ImportedKey>,
    /// Authorities that are kept to complete paths.
    pub authorities: Vec<Certificate>,
    /// What was left in the file.
    pub not_taken: Vec<NotTaken>,
    /// What the MAC of a PKCS#12 file says.
    pub integrity: Option<Integrity>,
}

/// One key that was taken over.
#[derive(Debug, Clone)]
pub struct ImportedKey {
    /// Its certificate.
    pub certificate: Certificate,
    /// The addresses that it is for now.
    pub addresses: Vec<Address>,
    /// What the file called it.
    pub friendly_name: Option<String>,
    /// What became of it.
    pub added: Added,
    /// For reading old mail only: expired, or without an address.
    pub reading_only: bool,
    /// What the authority was asked for, when this is its answer.
    pub asked: Option<CertificationRequest>,
}

/// Why a file's keys were not taken over.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityImportError {
    /// The file was not read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Certificates, but no key.
    #[error("certificates without a key")]
    NoKey,
    /// Certificates, but no key, while requests wait for an answer.
    #[error("an answer to none of the requests")]
    NotTheAnswer,
    /// A key, but no certificate that fits it.
    #[error("a key without its certificate")]
    NoCertificate,
    /// The key is protected in a way that is not known here, if it can be named.
    #[error("unknown protection")]
    UnknownCipher {
        /// The cipher or key derivation.
        algorithm: Option<ObjectIdentifier>,
    },
    /// It is locked with somebody's key.
    #[error("locked with a key")]
    ForAKey,
    /// The key is in the form of OpenSSH.
    #[error("a key of OpenSSH")]
    SshKey,
    /// The key itself is of a kind that is not used here.
    #[error("a key of the kind {algorithm}")]
    UnsupportedKey {
        /// Its algorithm or curve.
        algorithm: ObjectIdentifier,
    },
    /// The records or the vault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody wished that the work stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Explain for IdentityImportError {
    fn explain(&self) -> Problem {
        match self {
            Self::File(error) => explain_key_file(*error),
            Self::NoKey => Problem::new(
                "This file holds certificates, but no private key.",
                "Without its key nothing can be opened or signed.",
                "If it is somebody else's, run: waxseal-cli contact import FILE.",
            ),
            Self::NotTheAnswer => Problem::new(
                "This file answers none of your requests.",
                "None of its certificates is for a key that waits here, and it holds no key itself.",
                "Choose the file that the authority made from your request. If it is somebody else's certificate, run: waxseal-cli contact import FILE.",
            ),
            Self::NoCertificate => Problem::new(
                "This file holds a key without its certificate.",
                "Nobody could say whose key it is.",
                "Put key and certificate in one file, or export a .p12 file that has both.",
            ),
            Self::UnknownCipher { algorithm } => Problem::new(
                "This file is of a kind that cannot be read here.",
                match algorithm {
                    Some(algorithm) => {
                        format!(
                            "Its key is locked with {}, which is not known to this program.",
                            oid_name(*algorithm)
                        )
                    }
                    None => "Its key is locked in a way that is not known to this program.".to_owned(),
                },
                "Export it again as a .p12 file with a current program.",
            ),
            Self::ForAKey => Problem::new(
                "This file is of a kind that cannot be read here.",
                "It is a .p12 file that is locked with somebody's key instead of a password.",
                "Export it again, protected by a password.",
            ),
            Self::SshKey => Problem::new(
                "This is a key for SSH, not for mail.",
                "No certificate goes with it.",
                "Choose the file that your authority or your old mail program gave you (.p12, .pfx or .pem).",
            ),
            Self::UnsupportedKey { algorithm } => Problem::new(
                "The key in this file cannot be used.",
                format!("Its key is of the kind {}, which Waxseal cannot use yet.", oid_name(*algorithm)),
                "Use a certificate with an RSA, P-256, P-384, P-521 or Ed25519 key.",
            ),
            Self::Store(error) => error.explain(),
            Self::Stopped(stopped) => stopped.explain(),
        }
    }
}

/// The sentences for a file of keys that was not read.
pub(super) fn explain_key_file(error: KeyFileError) -> Problem {
    match error {
        KeyFileError::Unknown => Problem::new(
            "This file holds no key.",
            "It is neither a .p12 file nor PEM text.",
            "Choose the file that your authority or your old mail program gave you (.p12, .pfx or .pem).",
        ),
        KeyFileError::Damaged => Problem::new(
            "This file is damaged.",
            "What it holds does not come out as a key.",
            "Export it again where it came from.",
        ),
        KeyFileError::PasswordNeeded => Problem::new(
            "This file is protected by a password.",
            "It was made with one, and none was given.",
            "Run this in a terminal, or give the password with --password-file.",
        ),
        KeyFileError::WrongPassword => Problem::new(
            "The password does not fit.",
            "It is not the one this file was made with. Capital letters count.",
            "Try again.",
        ),
        KeyFileError::Signed => Problem::new(
            "This file is of a kind that cannot be read here.",
            "It is a .p12 file that is protected by somebody's signature instead of a password.",
            "Export it again, protected by a password.",
        ),
        KeyFileError::TooMuchWork => Problem::new(
            "This file asks for too much work.",
            "Its password would have to be tried more often than any honest file needs.",
            "Export it again where it came from.",
        ),
    }
}

impl Desk {
    /// Takes the keys of a .p12, .pfx, PEM or DER file over, and certificates for keys that are here already: an
    /// authority's answer to a request. Without a `password` the empty one is tried. Repeating it changes nothing.
    pub fn import_identity(
        &self,
        file: &[u8],
        password: Option<&Passphrase>,
    ) -> Result<Imported, IdentityImportError> {
        // An honest file takes a moment, a dishonest one seconds.
        let (octets, password) = (Zeroizing::new(file.to_vec()), password.cloned());
        let found = aside(self.progress(), move || key_file::read(&octets, password.as_ref()))??;
        let mut above: Vec<Certificate> =
            found.certificates.iter().filter(|certificate| certificate.is_authority()).cloned().collect();
        above.extend(self.store.intermediates()?);
        let mut imported = Imported {
            keys: Vec::new(),
            authorities: Vec::new(),
            not_taken: found.skipped.into_iter().map(NotTaken::Skipped).collect(),
            integrity: found.integrity,
        };
        for pair in found.keys {
            self.take_key(pair, &above, &mut imported)?;
        }
        for certificate in found.certificates {
            match self.key_of(&certificate)? {
                Some(key) => imported.keys.push(self.take_certified(&key, certificate, None, &above)?),
                None if vouches_for_others(&certificate) => imported.authorities.push(certificate),
                None => imported.not_taken.push(NotTaken::Foreign(certificate)),
            }
        }
        if imported.keys.is_empty() {
            let waiting = !self.store.requests()?.is_empty();
            return Err(why_nothing(&imported.not_taken, waiting));
        }
        for authority in &imported.authorities {
            self.store.add_intermediate(authority)?;
        }
        Ok(imported)
    }

    fn take_key(
        &self,
        pair: KeyAndCertificates,
        above: &[Certificate],
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        let mut certificates = pair.certificates;
        if certificates.is_empty() {
            certificates = self.own_certificates(&pair.key.public_key())?;
        }
        if certificates.is_empty() {
            imported.not_taken.push(NotTaken::KeyWithoutCertificate { kind: pair.key.public_key().name() });
        }
        for certificate in certificates {
            let name = pair.friendly_name.clone();
            imported.keys.push(self.take_certified(&pair.key, certificate, name, above)?);
        }
        Ok(())
    }

    fn take_certified(
        &self,
        key: &PrivateKey,
        certificate: Certificate,
        friendly_name: Option<String>,
        above: &[Certificate],
    ) -> Result<ImportedKey, StoreError> {
        let addresses = certificate.addresses().to_vec();
        let reading_only = addresses.is_empty() || certificate.validity(self.now) == Validity::Expired;
        let chain = chain_of(&certificate, above);
        let name = certificate.display_name();
        let added =
            self.store.add_own_key(&name, &addresses, &certificate, &chain, key, reading_only, self.now)?;
        let request = self.store.request(&request_name(&certificate))?;
        let asked = request.map(|request| request.asked);
        if let Some(asked) = &asked {
            self.store.delete_request(&asked.key_fingerprint())?;
        }
        Ok(ImportedKey { certificate, addresses, friendly_name, added, reading_only, asked })
    }

    /// The private key here that this certificate is for: one that waits for an answer, or one whose answer has come
    /// already, for an authority may certify the same key again.
    fn key_of(&self, certificate: &Certificate) -> Result<Option<PrivateKey>, StoreError> {
        let name = request_name(certificate);
        if self.store.request(&name)?.is_some() {
            return self.store.request_key(&name).map(Some);
        }
        if certificate.is_self_signed() {
            return Ok(None);
        }
        let own = self.own_certificates(certificate.public_key())?;
        own.first().map(|known| self.store.private_key(&known.fingerprint())).transpose()
    }

    /// One's own certificates with this key.
    fn own_certificates(&self, public_key: &PublicKey) -> Result<Vec<Certificate>, StoreError> {
        let keys = self.store.identities()?.into_iter().flat_map(|identity| identity.keys);
        Ok(keys.map(|key| key.certificate).filter(|known| known.public_key() == public_key).collect())
    }
}

/// What a request for the key of this certificate is known by.
fn request_name(certificate: &Certificate) -> Fingerprint {
    Fingerprint::of(&certificate.public_key().to_spki_der())
}

/// The sentence for a file of which nothing was taken: the most useful of its reasons.
fn why_nothing(not_taken: &[NotTaken], waiting: bool) -> IdentityImportError {
    let reason = |what: &NotTaken| match what {
        NotTaken::Skipped(skipped) => match skipped {
            Skipped::UnsupportedKey { algorithm } => {
                Some((0, IdentityImportError::UnsupportedKey { algorithm: *algorithm }))
            }
            Skipped::UnknownCipher { algorithm } => {
                Some((1, IdentityImportError::UnknownCipher { algorithm: Some(*algorithm) }))
            }
            Skipped::UnknownPemCipher => Some((1, IdentityImportError::UnknownCipher { algorithm: None })),
            Skipped::OtherPassword => Some((2, KeyFileError::WrongPassword.into())),
            Skipped::SshKey => Some((3, IdentityImportError::SshKey)),
            Skipped::ForAKey => Some((4, IdentityImportError::ForAKey)),
            Skipped::DamagedKey => Some((5, KeyFileError::Damaged.into())),
            Skipped::DamagedCertificate
            | Skipped::OtherCertificate
            | Skipped::RevocationList
            | Skipped::Secret
            | Skipped::UnknownBag { .. }
            | Skipped::UnknownPart { .. } => None,
        },
        NotTaken::KeyWithoutCertificate { .. } => Some((6, IdentityImportError::NoCertificate)),
        NotTaken::Foreign(_) => None,
    };
    let first = not_taken.iter().filter_map(reason).min_by_key(|(rank, _)| *rank);
    match first {
        Some((_, error)) => error,
        None if waiting => IdentityImportError::NotTheAnswer,
        None => IdentityImportError::NoKey,
    }
}

/// The authorities above `certificate`, its own issuer first, without a self-signed one.
fn chain_of(certificate: &Certificate, authorities: &[Certificate]) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    let mut below = certificate;
    while let Some(issuer) = authorities.iter().find(|issuer| {
        below.issuer() == issuer.subject()
            && !issuer.is_self_signed()
            && !chain.contains(issuer)
            && below.is_signed_by(issuer)
    }) {
        chain.push(issuer.clone());
        below = issuer;
    }
    chain
}
