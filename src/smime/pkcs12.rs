//! PKCS#12 (RFC 7292): keys with their certificates under one password.

use const_oid::ObjectIdentifier;

use crate::smime::asn1::{Malformed, tag};
use crate::smime::crypto::PrivateKey;
use crate::smime::crypto::pbe::PbeError;
use crate::smime::x509::Certificate;

mod attributes;
mod mac;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::read;
pub(in crate::smime) use read::{private_key, to_der};
pub use write::{Recipe, Unwritable, write};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");

/// bagtypes (RFC 7292 section 4.2), in front of their last arc.
const BAGS: [u8; 10] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1];

/// Octets of a file that is read.
pub const MAX_LENGTH: usize = 32 << 20;

/// Bags in one file, keys among them, and parts that are protected apart from each other.
const MAX_BAGS: usize = 10_000;
const MAX_KEYS: usize = 100;
const MAX_PARTS: usize = 100;

/// What a file holds, in its order, doubles included.
#[derive(Debug)]
pub struct Pfx {
    /// Every key of a kind that is known here.
    pub keys: Vec<KeyBag>,
    /// Every X.509 certificate.
    pub certificates: Vec<CertBag>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
    /// Whether the file is as it was made.
    pub integrity: Integrity,
}

/// A key and its attributes.
#[derive(Debug)]
pub struct KeyBag {
    /// The key itself.
    pub key: PrivateKey,
    /// What the file's maker called it, fit to be shown.
    pub friendly_name: Option<String>,
    /// Shared with its certificate.
    pub local_key_id: Option<Vec<u8>>,
}

/// A certificate and its attributes.
#[derive(Debug)]
pub struct CertBag {
    /// The certificate itself.
    pub certificate: Certificate,
    /// What the file's maker called it, fit to be shown.
    pub friendly_name: Option<String>,
    /// Shared with its key.
    pub local_key_id: Option<Vec<u8>>,
}

/// What the MAC of a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// The file is as it was made by somebody who knows the password.
    Checked,
    /// Nothing shows that the file is as it was made.
    NoMac,
    /// There is a MAC of a kind that is not known here.
    UnknownMac {
        /// Its algorithm.
        algorithm: ObjectIdentifier,
    },
}

/// Something in a file that was passed over, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// A key of a kind that is not used here.
    UnsupportedKey {
        /// Its algorithm or curve.
        algorithm: ObjectIdentifier,
    },
    /// A key that does not come out as one.
    DamagedKey,
    /// A certificate that does not come out as one.
    DamagedCertificate,
    /// A certificate that is not X.509 (SDSI).
    OtherCertificate,
    /// A revocation list.
    RevocationList,
    /// A secret that is no key for mail: a password, a symmetric key.
    Secret,
    /// A bag of another kind.
    UnknownBag {
        /// Its bagId.
        kind: ObjectIdentifier,
    },
    /// A part, or a key, under a cipher or a key derivation that is not known here.
    UnknownCipher {
        /// Which one.
        algorithm: ObjectIdentifier,
    },
    /// A key in an old PEM block under a cipher that is not known here.
    UnknownPemCipher,
    /// A key in the form of OpenSSH, which is none for mail.
    SshKey,
    /// A part, or a key, under another password than the rest.
    OtherPassword,
    /// A part that only a private key opens (public-key privacy mode).
    ForAKey,
    /// A part of another kind.
    UnknownPart {
        /// Its contentType.
        kind: ObjectIdentifier,
    },
}

impl Skipped {
    /// A private key, or a part that may hold one.
    pub fn may_be_a_key(self) -> bool {
        match self {
            Self::UnsupportedKey { .. }
            | Self::DamagedKey
            | Self::UnknownCipher { .. }
            | Self::UnknownPemCipher
            | Self::SshKey
            | Self::OtherPassword
            | Self::ForAKey
            | Self::UnknownPart { .. } => true,
            Self::DamagedCertificate
            | Self::OtherCertificate
            | Self::RevocationList
            | Self::Secret
            | Self::UnknownBag { .. } => false,
        }
    }
}

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Error {
    /// Not the structure of RFC 7292, or damaged, or beyond [`MAX_LENGTH`].
    #[error("not a PKCS#12 file")]
    Malformed,
    /// The password does not open it. (In a file without a MAC: or it is damaged.)
    #[error("wrong password")]
    WrongPassword,
    /// Protected by a signature instead of a password (public-key integrity mode).
    #[error("this PKCS#12 file is protected by a signature")]
    Signed,
    /// Opening it would take too long.
    #[error("this PKCS#12 file asks for too much work")]
    TooMuchWork,
}

impl From<Malformed> for Pkcs12Error {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// How something under a password did not open: it is passed over, or the whole file is not read.
fn passed_over(error: PbeError, integrity: Integrity) -> Result<Skipped, Pkcs12Error> {
    match (error, integrity) {
        // The MAC has shown that the password is the file's.
        (PbeError::WrongPassword, Integrity::Checked) => Ok(Skipped::OtherPassword),
        (PbeError::WrongPassword, Integrity::NoMac | Integrity::UnknownMac { .. }) => {
            Err(Pkcs12Error::WrongPassword)
        }
        (PbeError::Unsupported(algorithm), _) => Ok(Skipped::UnknownCipher { algorithm }),
        (PbeError::Malformed, _) => Err(Pkcs12Error::Malformed),
        (PbeError::TooMuchWork, _) => Err(Pkcs12Error::TooMuchWork),
    }
}

/// True for bytes that look like a PFX (DER/BER SEQUENCE { INTEGER 3, …).
pub fn looks_like(file: &[u8]) -> bool {
    let content = match file {
        [tag::SEQUENCE, 0..=0x80, rest @ ..] => rest,
        [tag::SEQUENCE, long @ 0x81..=0x88, rest @ ..] => {
            rest.get(usize::from(long & 0x7f)..).unwrap_or_default()
        }
        _ => return false,
    };
    content.starts_with(&[tag::INTEGER, 1, 3, tag::SEQUENCE])
}
