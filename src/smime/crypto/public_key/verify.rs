//! Verifies signatures.

use std::io::{self, Write};

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

use super::{PublicKey, order_sized, pkcs1v15};
use crate::smime::crypto::signature::SignatureError;
use crate::smime::crypto::{PssParameters, SignatureScheme};

impl PublicKey {
    /// Is `signature` one over `message`? What is signed is the scheme's hash of it, or with Ed25519 the message itself.
    pub fn verify_message(
        &self,
        scheme: &SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        match (self, scheme) {
            (_, SignatureScheme::Ed25519) => {
                let mut verifier = self.message_verifier(signature)?;
                verifier.0.update(message);
                verifier.finish()
            }
            (_, SignatureScheme::Unsupported(_)) => Err(SignatureError::Unsupported),
            (
                _,
                SignatureScheme::RsaPkcs1v15(digest)
                | SignatureScheme::RsaPss(PssParameters { digest, .. })
                | SignatureScheme::Ecdsa(digest)
                | SignatureScheme::Dsa(digest),
            ) => self.verify(scheme, &digest.digest(message), signature),
        }
    }

    /// Verifies an Ed25519 signature over a message that comes in pieces. `Mismatch`: no such key, or no such signature.
    pub fn message_verifier(&self, signature: &[u8]) -> Result<MessageVerifier, SignatureError> {
        let Self::Ed25519(key) = self else { return Err(SignatureError::Mismatch) };
        let signature =
            ed25519_dalek::Signature::from_slice(signature).map_err(|_| SignatureError::Mismatch)?;
        key.verify_stream(&signature).map(MessageVerifier).map_err(|_| SignatureError::Mismatch)
    }

    /// `digest` is the finished hash of what was signed, made with the scheme's digest. ECDSA signatures are DER
    /// `Ecdsa-Sig-Value` (RFC 5753 section 2.1.1); the greater of the two possible s is as good as the smaller.
    /// `Unsupported`: also Ed25519, which signs no hash.
    pub fn verify(
        &self,
        scheme: &SignatureScheme,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        /// ECDSA on `$curve`, whose order has `$octets` octets.
        macro_rules! ecdsa {
            ($curve:ident, $octets:literal, $key:expr) => {{
                let signature =
                    $curve::ecdsa::Signature::from_der(signature).map_err(|_| SignatureError::Mismatch)?;
                $curve::ecdsa::VerifyingKey::from($key)
                    .verify_prehash(&order_sized::<$octets>(digest), &signature)
                    .map_err(|_| SignatureError::Mismatch)
            }};
        }
        let holds = |holds: bool| if holds { Ok(()) } else { Err(SignatureError::Mismatch) };
        holds(scheme.digest().is_none_or(|algorithm| algorithm.output_len() == digest.len()))?;
        match (self, scheme) {
            (Self::Unsupported(_), _) | (_, SignatureScheme::Unsupported(_) | SignatureScheme::Ed25519) => {
                Err(SignatureError::Unsupported)
            }
            (Self::Rsa(key), SignatureScheme::RsaPkcs1v15(algorithm)) => {
                holds(key.verify(pkcs1v15(*algorithm), digest, signature).is_ok())
            }
            (Self::Rsa(key), SignatureScheme::RsaPss(parameters)) => {
                parameters.verify(key, digest, signature)
            }
            // Parameters in the key are an order (RFC 4055 section 3.3).
            (Self::RsaPss(key, only), SignatureScheme::RsaPss(parameters)) => {
                holds(only.is_none_or(|only| only.allow(parameters)))?;
                parameters.verify(key, digest, signature)
            }
            (Self::P256(key), SignatureScheme::Ecdsa(_)) => ecdsa!(p256, 32, key),
            (Self::P384(key), SignatureScheme::Ecdsa(_)) => ecdsa!(p384, 48, key),
            (Self::P521(key), SignatureScheme::Ecdsa(_)) => ecdsa!(p521, 66, key),
            (Self::Dsa(key), SignatureScheme::Dsa(_)) => {
                holds(key.verify(digest, signature).ok_or(SignatureError::Unsupported)?)
            }
            (
                Self::Rsa(_)
                | Self::RsaPss(..)
                | Self::RsaOaep(..)
                | Self::P256(_)
                | Self::P384(_)
                | Self::P521(_)
                | Self::Ed25519(_)
                | Self::X25519(_)
                | Self::Dsa(_),
                SignatureScheme::RsaPkcs1v15(_)
                | SignatureScheme::RsaPss(_)
                | SignatureScheme::Ecdsa(_)
                | SignatureScheme::Dsa(_),
            ) => Err(SignatureError::Mismatch),
        }
    }
}

/// Takes the message of an Ed25519 signature as it is written.
pub struct MessageVerifier(ed25519_dalek::StreamVerifier);

impl MessageVerifier {
    /// Does the signature hold for all that was written?
    pub fn finish(self) -> Result<(), SignatureError> {
        self.0.finalize_and_verify().map_err(|_| SignatureError::Mismatch)
    }
}

impl Write for MessageVerifier {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
