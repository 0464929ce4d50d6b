//! Algorithms: what the crates do not give as a stream, and one enum per kind of key.

pub mod agreement;
pub mod content_cipher;
pub mod digest;
pub mod kdf;
pub mod key_agreement;
pub mod key_kind;
pub mod key_transport;
pub mod key_wrap;
pub mod oid;
pub mod password_based;
pub mod pbe;
pub mod private_key;
pub mod pss;
pub mod public_key;
pub mod signature;

pub use content_cipher::ContentCipher;
pub use digest::{DigestAlgorithm, Digester};
pub use key_agreement::{AgreementScheme, KeyAgreement, KeyWrap};
pub use key_kind::KeyKind;
pub use key_transport::KeyTransport;
pub use oid::oid_name;
pub use password_based::PasswordBased;
pub use private_key::PrivateKey;
pub use pss::PssParameters;
pub use public_key::PublicKey;
pub use signature::SignatureScheme;

/// Known answers are written in hexadecimal.
#[cfg(test)]
pub(crate) mod test_hex {
    /// The octets that `digits` spells; anything else in it (a space) is passed over.
    pub(crate) fn unhex(digits: &str) -> Vec<u8> {
        let nibbles: Vec<u8> =
            digits.chars().filter_map(|digit| digit.to_digit(16)).map(|nibble| nibble as u8).collect();
        nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }
}
