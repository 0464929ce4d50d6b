//! Wraps a content-encryption key for the owner of a public key.

use rand_core::CryptoRng;
use rsa::{Oaep, Pkcs1v15Encrypt};

use super::{KeyError, PublicKey};
use crate::smime::crypto::digest::with_digest;
use crate::smime::crypto::{KeyAgreement, KeyTransport, KeyWrap, key_wrap};
use crate::smime::secret::ContentEncryptionKey;

/// What a KeyAgreeRecipientInfo carries for one ephemeral key.
#[derive(Debug, Clone)]
pub struct WrappedByAgreement {
    /// DER AlgorithmIdentifier of OriginatorPublicKey
    pub originator_algorithm: Vec<u8>,
    /// SEC1 point or X25519 key, the BIT STRING's octets
    pub originator_point: Vec<u8>,
    /// The RecipientEncryptedKey's encryptedKey
    pub encrypted_key: Vec<u8>,
}

impl PublicKey {
    /// The EncryptedKey of a KeyTransRecipientInfo. `WrongUse`: not an RSA key for this, or a modulus too short for it.
    pub fn wrap_transport(
        &self,
        how: &KeyTransport,
        cek: &ContentEncryptionKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        let key = match (self, how) {
            (Self::Rsa(key), _) | (Self::RsaOaep(key, None), KeyTransport::RsaOaep { .. }) => key,
            // Parameters in the key are an order (RFC 4055 section 4.1).
            (Self::RsaOaep(key, Some(only)), _) if only == how => key,
            (Self::Unsupported(_), _) => return Err(KeyError::Unsupported),
            (
                Self::RsaOaep(..)
                | Self::RsaPss(..)
                | Self::P256(_)
                | Self::P384(_)
                | Self::P521(_)
                | Self::Ed25519(_)
                | Self::X25519(_)
                | Self::Dsa(_),
                _,
            ) => return Err(KeyError::WrongUse),
        };
        match how {
            KeyTransport::RsaPkcs1v15 => key.encrypt(rng, Pkcs1v15Encrypt, cek.expose()),
            KeyTransport::RsaOaep { digest, mgf_digest, label } => {
                with_digest!(*digest, D => with_digest!(*mgf_digest, M => {
                    let padding = Oaep::<D, M>::new_with_mgf_hash_and_label(label.as_slice());
                    key.encrypt(rng, padding, cek.expose())
                }))
            }
        }
        .map_err(|_| KeyError::WrongUse)
    }

    /// Ephemeral-static: a fresh key agrees with this one on a KEK, which wraps `cek` (RFC 5753 section 3.1). The
    /// wrap's AlgorithmIdentifier stands without parameters, in the SharedInfo as in the message
    /// ([`KeyWrap::to_algorithm_der`]). `WrongUse`: a key that agrees on nothing, or no wrappable length of `cek`.
    pub fn wrap_agreement(
        &self,
        how: KeyAgreement,
        wrap: KeyWrap,
        ukm: Option<&[u8]>,
        cek: &ContentEncryptionKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<WrappedByAgreement, KeyError> {
        let fresh = self.agree(rng)?;
        let encrypted_key = wrap_under(how, wrap, ukm, &fresh.secret, cek);
        Ok(WrappedByAgreement {
            originator_algorithm: fresh.algorithm,
            originator_point: fresh.public_key,
            encrypted_key: encrypted_key.ok_or(KeyError::WrongUse)?,
        })
    }
}

fn wrap_under(
    how: KeyAgreement,
    wrap: KeyWrap,
    ukm: Option<&[u8]>,
    secret: &[u8],
    cek: &ContentEncryptionKey,
) -> Option<Vec<u8>> {
    let kek = how.derive(secret, wrap, &wrap.to_algorithm_der(), ukm)?;
    key_wrap::wrap(wrap, &kek, cek.expose())
}
