//! RecipientInfo (RFC 5652 section 6.2): how each recipient gets the content-encryption key.

mod build;
mod certificate_id;
mod parse;

use const_oid::ObjectIdentifier;
use rand_core::CryptoRng;

use crate::smime::crypto::private_key::Unwrapped;
use crate::smime::crypto::public_key::KeyError;
use crate::smime::crypto::{KeyAgreement, KeyTransport, KeyWrap, PasswordBased, PrivateKey};
use crate::smime::x509::Certificate;

pub(crate) use build::build;
pub use certificate_id::CertificateId;
pub(crate) use certificate_id::{issuer_and_serial, same_serial};
pub(crate) use parse::parse;

/// One recipient of one message.
///
/// A KeyAgreeRecipientInfo for several recipients gives one of these for each.
#[derive(Debug, Clone)]
pub struct RecipientInfo {
    /// Whose key opens it; None: it names no certificate (a password), or in a way that is not known here.
    pub id: Option<CertificateId>,
    /// How the key gets there.
    pub how: KeyManagement,
    /// The version is not the one its form demands, e.g. KeyTransRecipientInfo by issuer and serial with 2.
    pub odd_version: bool,
    /// keyEncryptionAlgorithm, if there is one.
    pub(crate) algorithm: Option<ObjectIdentifier>,
    pub(crate) encrypted_key: Vec<u8>,
}

/// How one recipient gets the content-encryption key, when reading.
#[derive(Debug, Clone)]
pub enum KeyManagement {
    /// Encrypted under the recipient's public key.
    Transport(KeyTransport),
    /// Wrapped under a key that both sides can compute.
    Agreement {
        /// The agreement and its derivation.
        how: KeyAgreement,
        /// What the derived key wraps with.
        wrap: KeyWrap,
        /// KeyWrapAlgorithm, DER, as it came: it goes into the derivation.
        wrap_der: Vec<u8>,
        /// The originator's ephemeral public key: a SEC1 point, or what X25519 has for one.
        originator_point: Vec<u8>,
        /// UserKeyingMaterial.
        ukm: Option<Vec<u8>>,
    },
    /// Wrapped under a key from a password.
    Password(PasswordBased),
    /// By name: "static-static key agreement", "ECMQV", "ML-KEM-768", or the dotted identifier.
    Unsupported(String),
}

impl KeyManagement {
    /// "RSAES-OAEP", "ECDH (SHA-1 KDF, AES-256 wrap)", "password"
    pub fn name(&self) -> String {
        match self {
            Self::Transport(how) => how.name().to_owned(),
            Self::Agreement { how, wrap, .. } => format!("ECDH ({}, {} wrap)", how.kdf_name(), wrap.name()),
            Self::Password(_) => "password".to_owned(),
            Self::Unsupported(name) => name.clone(),
        }
    }

    /// The content-encryption key travels under a cipher that is weak by itself.
    pub fn is_weak(&self) -> bool {
        match self {
            Self::Agreement { wrap, .. } => wrap.is_weak(),
            Self::Password(how) => how.is_weak(),
            Self::Transport(_) | Self::Unsupported(_) => false,
        }
    }
}

/// Somebody to encrypt to.
pub struct RecipientSpec<'a> {
    /// Names the recipient and gives the public key.
    pub certificate: &'a Certificate,
    /// How the key gets there.
    pub how: SpecKeyManagement,
}

/// How one recipient gets the content-encryption key, when writing.
#[derive(Debug, Clone)]
pub enum SpecKeyManagement {
    /// Encrypted under the recipient's public key.
    Transport(KeyTransport),
    /// Ephemeral-static agreement.
    Agreement(KeyAgreement, KeyWrap),
}

/// Takes the content-encryption key of `cek_len` octets out with `key`. An error means that this key cannot be used
/// in this way at all; a key that merely comes out wrong is not told apart here (see [`Unwrapped`]).
pub(crate) fn unwrap(
    info: &RecipientInfo,
    key: &PrivateKey,
    cek_len: usize,
    rng: &mut dyn CryptoRng,
) -> Result<Unwrapped, KeyError> {
    match &info.how {
        KeyManagement::Transport(how) => key.unwrap_transport(how, &info.encrypted_key, cek_len, rng),
        KeyManagement::Agreement { how, wrap, wrap_der, originator_point, ukm } => {
            key.unwrap_agreement(*how, *wrap, wrap_der, originator_point, ukm.as_deref(), &info.encrypted_key)
        }
        // A password is no key of anybody's.
        KeyManagement::Password(_) => Err(KeyError::WrongUse),
        KeyManagement::Unsupported(_) => Err(KeyError::Unsupported),
    }
}
