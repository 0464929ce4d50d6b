//! Private keys: sign, and unwrap a content-encryption key.

mod read;
mod unwrap;

use std::fmt;

use der::Decode as _;
use der::asn1::OctetStringRef;
use p256::ecdsa::signature::hazmat::RandomizedPrehashSigner as _;
use p256::elliptic_curve::Generate as _;
use pkcs8::{EncodePrivateKey as _, PrivateKeyInfoRef, SecretDocument};
use rand_core::CryptoRng;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

pub use self::unwrap::Unwrapped;
use super::oid::{ED25519, X25519};
use super::public_key::{KeyError, order_sized, pkcs1v15, rsa_oaep_algorithm, rsa_pss_algorithm};
use super::signature::algorithm_der;
use super::{KeyKind, KeyTransport, PssParameters, PublicKey, SignatureScheme};
use crate::smime::secret::SecretBytes;

/// Zeroized when dropped, `…` when printed.
#[derive(Clone)]
pub struct PrivateKey(Kind);

#[derive(Clone)]
enum Kind {
    Rsa(Box<rsa::PrivateKey>),
    RsaPss(Box<rsa::PrivateKey>, Option<PssParameters>),
    RsaOaep(Box<rsa::PrivateKey>, Option<KeyTransport>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    X25519(x25519_dalek::StaticSecret),
}

impl PrivateKey {
    /// A new key. RSA-4096 takes a second or several.
    pub fn generate(kind: KeyKind, rng: &mut dyn CryptoRng) -> Self {
        Self(match kind {
            KeyKind::Rsa2048 => generate_rsa(2048, rng),
            KeyKind::Rsa3072 => generate_rsa(3072, rng),
            KeyKind::Rsa4096 => generate_rsa(4096, rng),
            KeyKind::P256 => Kind::P256(p256::SecretKey::generate_from_rng(rng)),
            KeyKind::P384 => Kind::P384(p384::SecretKey::generate_from_rng(rng)),
        })
    }

    /// The X25519 key of these octets, which may be any (RFC 7748 section 5).
    pub fn from_x25519(octets: [u8; 32]) -> Self {
        Self(Kind::X25519(octets.into()))
    }

    /// The octets of an X25519 key, as they were given; `None` for every other kind.
    pub fn x25519_octets(&self) -> Option<&[u8; 32]> {
        match &self.0 {
            Kind::X25519(key) => Some(key.as_bytes()),
            Kind::Rsa(_) | Kind::RsaPss(..) | Kind::RsaOaep(..) => None,
            Kind::P256(_) | Kind::P384(_) | Kind::P521(_) | Kind::Ed25519(_) => None,
        }
    }

    /// The PKCS#8 PrivateKeyInfo (RFC 5208), not encrypted.
    pub fn to_pkcs8_der(&self) -> SecretBytes {
        let document = match &self.0 {
            Kind::Rsa(key) => key.to_pkcs8_der().ok(),
            Kind::RsaPss(key, parameters) => rsa_info(key, &rsa_pss_algorithm(parameters.as_ref())),
            Kind::RsaOaep(key, parameters) => rsa_info(key, &rsa_oaep_algorithm(parameters.as_ref())),
            Kind::P256(key) => key.to_pkcs8_der().ok(),
            Kind::P384(key) => key.to_pkcs8_der().ok(),
            Kind::P521(key) => key.to_pkcs8_der().ok(),
            Kind::Ed25519(key) => curve_info(&algorithm_der(ED25519, None), key.as_bytes()),
            Kind::X25519(key) => curve_info(&algorithm_der(X25519, None), key.as_bytes()),
        };
        // proof: DER refuses only lengths above 256 MiB, and an RSA key here has two primes with an inverse: it was
        // checked when it was read or made.
        document.map_or_else(|| SecretBytes::new(Vec::new()), |document| document.to_bytes().into())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Kind::Rsa(key) => PublicKey::Rsa(key.to_public_key()),
            Kind::RsaPss(key, parameters) => PublicKey::RsaPss(key.to_public_key(), *parameters),
            Kind::RsaOaep(key, parameters) => PublicKey::RsaOaep(key.to_public_key(), parameters.clone()),
            Kind::P256(key) => PublicKey::P256(key.public_key()),
            Kind::P384(key) => PublicKey::P384(key.public_key()),
            Kind::P521(key) => PublicKey::P521(key.public_key()),
            Kind::Ed25519(key) => PublicKey::Ed25519(key.verifying_key()),
            Kind::X25519(key) => PublicKey::X25519(key.into()),
        }
    }

    /// Whether `public` is the other half of this key.
    pub fn matches(&self, public: &PublicKey) -> bool {
        self.public_key() == *public
    }

    /// The scheme this key signs with ([`PublicKey::scheme`]). None: it does not sign.
    pub fn scheme(&self) -> Option<SignatureScheme> {
        self.public_key().scheme()
    }

    /// Signs a message: its hash, or with Ed25519 the message itself. As [`PrivateKey::sign`].
    pub fn sign_message(
        &self,
        scheme: &SignatureScheme,
        message: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        match (&self.0, scheme) {
            (Kind::Ed25519(key), SignatureScheme::Ed25519) => {
                use ed25519_dalek::Signer as _;
                Ok(key.sign(message).to_bytes().to_vec())
            }
            (_, _) => {
                let digest = scheme.digest().ok_or(KeyError::WrongUse)?;
                self.sign(scheme, &digest.digest(message), rng)
            }
        }
    }

    /// Signs a finished hash, made with the scheme's digest. RSA is blinded; ECDSA takes its nonce from RFC 6979 with
    /// randomness added, and is DER. `WrongUse`: the scheme is for another kind of key, or the hash has another
    /// length.
    pub fn sign(
        &self,
        scheme: &SignatureScheme,
        digest: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        /// ECDSA on `$curve`, whose order has `$octets` octets.
        macro_rules! ecdsa {
            ($curve:ident, $octets:literal, $key:expr) => {{
                let signature: $curve::ecdsa::DerSignature = $curve::ecdsa::SigningKey::from($key)
                    .sign_prehash_with_rng(rng, &order_sized::<$octets>(digest))
                    .map_err(|_| KeyError::WrongUse)?;
                Ok(signature.as_bytes().to_vec())
            }};
        }
        let algorithm = scheme.digest().ok_or(KeyError::WrongUse)?;
        if digest.len() != algorithm.output_len() {
            return Err(KeyError::WrongUse);
        }
        match (&self.0, scheme) {
            (Kind::Rsa(key), SignatureScheme::RsaPkcs1v15(_)) => {
                key.sign_with_rng(rng, pkcs1v15(algorithm), digest).map_err(|_| KeyError::WrongUse)
            }
            (Kind::Rsa(key), SignatureScheme::RsaPss(parameters)) => {
                parameters.sign(key, digest, rng).ok_or(KeyError::WrongUse)
            }
            (Kind::RsaPss(key, only), SignatureScheme::RsaPss(parameters))
                if only.is_none_or(|only| only.allow(parameters)) =>
            {
                parameters.sign(key, digest, rng).ok_or(KeyError::WrongUse)
            }
            (Kind::P256(key), SignatureScheme::Ecdsa(_)) => ecdsa!(p256, 32, key),
            (Kind::P384(key), SignatureScheme::Ecdsa(_)) => ecdsa!(p384, 48, key),
            (Kind::P521(key), SignatureScheme::Ecdsa(_)) => ecdsa!(p521, 66, key),
            (
                Kind::Rsa(_)
                | Kind::RsaPss(..)
                | Kind::RsaOaep(..)
                | Kind::P256(_)
                | Kind::P384(_)
                | Kind::P521(_)
                | Kind::Ed25519(_)
                | Kind::X25519(_),
                SignatureScheme::RsaPkcs1v15(_)
                | SignatureScheme::RsaPss(_)
                | SignatureScheme::Ecdsa(_)
                | SignatureScheme::Dsa(_)
                | SignatureScheme::Ed25519
                | SignatureScheme::Unsupported(_),
            ) => Err(KeyError::WrongUse),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

fn generate_rsa(bits: usize, rng: &mut dyn CryptoRng) -> Kind {
    // The search for primes fails once in a great while by chance; then it starts again.
    loop {
        if let Ok(key) = rsa::PrivateKey::new(rng, bits) {
            return Kind::Rsa(Box::new(key));
        }
    }
}

/// The PKCS#8 structure of an RSA key under another algorithm.
fn rsa_info(key: &rsa::PrivateKey, algorithm: &[u8]) -> Option<SecretDocument> {
    info(algorithm, key.to_pkcs1_der().ok()?.as_bytes())
}

/// The PKCS#8 structure of 32 octets: CurvePrivateKey is an OCTET STRING inside the OCTET STRING (RFC 8410 section 7).
fn curve_info(algorithm: &[u8], key: &[u8; 32]) -> Option<SecretDocument> {
    let mut octets = Zeroizing::new([4_u8; 34]);
    octets[1] = 32;
    octets[2..].copy_from_slice(key);
    info(algorithm, &*octets)
}

fn info(algorithm: &[u8], octets: &[u8]) -> Option<SecretDocument> {
    let algorithm = AlgorithmIdentifierRef::from_der(algorithm).ok()?;
    SecretDocument::try_from(PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(octets).ok()?)).ok()
}

#[cfg(test)]
mod tests;
