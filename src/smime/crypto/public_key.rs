//! Public keys: verify a signature, wrap a content-encryption key.

use const_oid::ObjectIdentifier;
use der::Decode as _;
use der::asn1::AnyRef;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::elliptic_curve::Generate as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rand_core::CryptoRng;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Oaep, Pkcs1v15Encrypt, Pkcs1v15Sign};
use spki::{EncodePublicKey as _, SubjectPublicKeyInfoRef};

use super::digest::with_digest;
use super::oid::{EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP256R1, SECP384R1};
use super::signature::{SignatureError, algorithm_der};
use super::{DigestAlgorithm, KeyAgreement, KeyTransport, KeyWrap, SignatureScheme, kdf, key_wrap, oid_name};
use crate::problem::{Explain, Problem};
use crate::smime::secret::ContentEncryptionKey;

/// Lengths of RSA moduli that are read, in bits. Work grows with the cube of the length.
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

/// The shortest RSA modulus that counts as strong, in bits.
pub const STRONG_RSA_BITS: usize = 2048;

/// The longest encoding of an RSA public exponent, in octets; what the `rsa` crate takes is below 2³³.
pub(super) const MAX_EXPONENT_LEN: usize = 8;

/// A public key.
#[derive(Debug, Clone)]
pub enum PublicKey {
    /// rsaEncryption (RFC 3279 section 2.3.1).
    Rsa(rsa::PublicKey),
    /// id-ecPublicKey on secp256r1 (RFC 5480).
    P256(p256::PublicKey),
    /// id-ecPublicKey on secp384r1 (RFC 5480).
    P384(p384::PublicKey),
    /// Known by name only: the key's algorithm, or its curve.
    Unsupported(ObjectIdentifier),
}

/// A key that cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the structure of a key, or numbers that are none: a point off the curve, a wrong product of primes.
    #[error("this is not a key")]
    Malformed,
    /// Another algorithm or curve, or a modulus outside [`RSA_BITS`].
    #[error("this kind of key is not known here")]
    Unsupported,
    /// An RSA key was asked to do what only an EC key can, or the other way; or the key is too short for it.
    #[error("this key cannot be used in this way")]
    WrongUse,
}

impl Explain for KeyError {
    fn explain(&self) -> Problem {
        match self {
            Self::Malformed => Problem::new(
                "This key is damaged.",
                "What it holds does not fit together as a key.",
                "Export it again from the program it comes from.",
            ),
            Self::Unsupported => Problem::new(
                "Waxseal does not know this kind of key.",
                "It works with RSA keys of 1024 to 8192 bits and with keys on the curves P-256 and P-384.",
                "Use a key of one of these kinds.",
            ),
            Self::WrongUse => Problem::new(
                "This key cannot be used in this way.",
                "The way that was asked for needs another kind of key, or a longer one.",
                "Choose another key.",
            ),
        }
    }
}

/// What a KeyAgreeRecipientInfo carries for one ephemeral key.
#[derive(Debug, Clone)]
pub struct WrappedByAgreement {
    /// DER AlgorithmIdentifier of OriginatorPublicKey
    pub originator_algorithm: Vec<u8>,
    /// SEC1 point, the BIT STRING's octets
    pub originator_point: Vec<u8>,
    /// The RecipientEncryptedKey's encryptedKey
    pub encrypted_key: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo. A key of another algorithm is [`PublicKey::Unsupported`], no error.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        let octets = info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
        if info.algorithm.oid == RSA_ENCRYPTION {
            return rsa_from_der(octets).map(Self::Rsa);
        }
        if info.algorithm.oid != EC_PUBLIC_KEY {
            return Ok(Self::Unsupported(info.algorithm.oid));
        }
        // A curve that is spelled out instead of named is no curve that is known here.
        let curve = info.algorithm.parameters_oid().unwrap_or(EC_PUBLIC_KEY);
        if curve == SECP256R1 {
            p256::PublicKey::from_sec1_bytes(octets).map(Self::P256).map_err(|_| KeyError::Malformed)
        } else if curve == SECP384R1 {
            p384::PublicKey::from_sec1_bytes(octets).map(Self::P384).map_err(|_| KeyError::Malformed)
        } else {
            Ok(Self::Unsupported(curve))
        }
    }

    /// The SubjectPublicKeyInfo; empty for a key that is not known here.
    pub fn to_spki_der(&self) -> Vec<u8> {
        // proof: DER refuses only lengths above 256 MiB; these keys have at most 8192 bits.
        match self {
            Self::Rsa(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
            Self::Unsupported(_) => return Vec::new(),
        }
        .map(|document| document.into_vec())
        .unwrap_or_default()
    }

    /// "RSA 3072", "P-256", "Ed25519", "X25519"
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", rsa_bits(key)),
            Self::P256(_) => "P-256".to_owned(),
            Self::P384(_) => "P-384".to_owned(),
            Self::Unsupported(oid) => oid_name(*oid),
        }
    }

    /// RSA under 2048 bits.
    pub fn is_weak(&self) -> bool {
        match self {
            Self::Rsa(key) => rsa_bits(key) < STRONG_RSA_BITS,
            Self::P256(_) | Self::P384(_) | Self::Unsupported(_) => false,
        }
    }

    /// `digest` is the finished hash of what was signed, made with the scheme's digest. ECDSA signatures are DER
    /// `Ecdsa-Sig-Value` (RFC 5753 section 2.1.1); the greater of the two possible s is as good as the smaller.
    pub fn verify(
        &self,
        scheme: &SignatureScheme,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        match (self, scheme) {
            (Self::Rsa(key), SignatureScheme::RsaPkcs1v15(algorithm)) => {
                key.verify(pkcs1v15(*algorithm), digest, signature).map_err(|_| SignatureError::Mismatch)
            }
            (Self::P256(key), SignatureScheme::Ecdsa(algorithm)) => {
                check_len(*algorithm, digest)?;
                let signature =
                    p256::ecdsa::Signature::from_der(signature).map_err(|_| SignatureError::Mismatch)?;
                p256::ecdsa::VerifyingKey::from(key)
                    .verify_prehash(&order_sized::<32>(digest), &signature)
                    .map_err(|_| SignatureError::Mismatch)
            }
            (Self::P384(key), SignatureScheme::Ecdsa(algorithm)) => {
                check_len(*algorithm, digest)?;
                let signature =
                    p384::ecdsa::Signature::from_der(signature).map_err(|_| SignatureError::Mismatch)?;
                p384::ecdsa::VerifyingKey::from(key)
                    .verify_prehash(&order_sized::<48>(digest), &signature)
                    .map_err(|_| SignatureError::Mismatch)
            }
            (Self::Unsupported(_), _) | (_, SignatureScheme::Unsupported(_)) => {
                Err(SignatureError::Unsupported)
            }
            (Self::Rsa(_), SignatureScheme::Ecdsa(_))
            | (Self::P256(_) | Self::P384(_), SignatureScheme::RsaPkcs1v15(_)) => {
                Err(SignatureError::Mismatch)
            }
        }
    }

    /// The EncryptedKey of a KeyTransRecipientInfo. `WrongUse`: not an RSA key, or a modulus too short for it.
    pub fn wrap_transport(
        &self,
        how: &KeyTransport,
        cek: &ContentEncryptionKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        let key = match self {
            Self::Rsa(key) => key,
            Self::P256(_) | Self::P384(_) => return Err(KeyError::WrongUse),
            Self::Unsupported(_) => return Err(KeyError::Unsupported),
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
    /// ([`KeyWrap::to_algorithm_der`]). `WrongUse`: not an EC key, or no wrappable length of `cek`.
    pub fn wrap_agreement(
        &self,
        how: KeyAgreement,
        wrap: KeyWrap,
        ukm: Option<&[u8]>,
        cek: &ContentEncryptionKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<WrappedByAgreement, KeyError> {
        let (curve, originator_point, encrypted_key) = match self {
            Self::P256(key) => {
                let ephemeral = p256::ecdh::EphemeralSecret::generate_from_rng(rng);
                let point = ephemeral.public_key().to_sec1_point(false).as_bytes().to_vec();
                let secret = ephemeral.diffie_hellman(key);
                (SECP256R1, point, wrap_under(how, wrap, ukm, secret.raw_secret_bytes(), cek))
            }
            Self::P384(key) => {
                let ephemeral = p384::ecdh::EphemeralSecret::generate_from_rng(rng);
                let point = ephemeral.public_key().to_sec1_point(false).as_bytes().to_vec();
                let secret = ephemeral.diffie_hellman(key);
                (SECP384R1, point, wrap_under(how, wrap, ukm, secret.raw_secret_bytes(), cek))
            }
            Self::Rsa(_) => return Err(KeyError::WrongUse),
            Self::Unsupported(_) => return Err(KeyError::Unsupported),
        };
        Ok(WrappedByAgreement {
            originator_algorithm: algorithm_der(EC_PUBLIC_KEY, Some(AnyRef::from(&curve))),
            originator_point,
            encrypted_key: encrypted_key.ok_or(KeyError::WrongUse)?,
        })
    }
}

impl PartialEq for PublicKey {
    /// The same key; keys that are known by name only equal nothing.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rsa(one), Self::Rsa(other)) => one.n() == other.n() && one.e() == other.e(),
            (Self::P256(one), Self::P256(other)) => one == other,
            (Self::P384(one), Self::P384(other)) => one == other,
            (Self::Rsa(_) | Self::P256(_) | Self::P384(_) | Self::Unsupported(_), _) => false,
        }
    }
}

fn rsa_bits(key: &rsa::PublicKey) -> usize {
    key.n().as_ref().bit_width_vartime() as usize
}

fn rsa_from_der(der: &[u8]) -> Result<rsa::PublicKey, KeyError> {
    let key = rsa::pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    if !RSA_BITS.contains(&bit_len(modulus)) || exponent.len() > MAX_EXPONENT_LEN {
        return Err(KeyError::Unsupported);
    }
    let number = |octets: &[u8]| {
        let bits = u32::try_from(octets.len() * 8).map_err(|_| KeyError::Unsupported)?;
        BoxedUint::from_be_slice(octets, bits).map_err(|_| KeyError::Malformed)
    };
    rsa::PublicKey::new(number(modulus)?, number(exponent)?).map_err(|error| match error {
        rsa::Error::PublicExponentTooLarge => KeyError::Unsupported,
        _ => KeyError::Malformed,
    })
}

/// Bits of a big-endian number without leading zeros.
pub(super) fn bit_len(number: &[u8]) -> usize {
    let leading = number.first().map_or(0, |octet| octet.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(leading)
}

/// RSASSA-PKCS1-v1_5 with the DigestInfo of this hash.
pub(super) fn pkcs1v15(digest: DigestAlgorithm) -> Pkcs1v15Sign {
    with_digest!(digest, D => Pkcs1v15Sign::new::<D>())
}

fn check_len(algorithm: DigestAlgorithm, digest: &[u8]) -> Result<(), SignatureError> {
    if digest.len() == algorithm.output_len() { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// A hash as the number that ECDSA signs, `N` octets long like the order of the curve: a longer one gives its
/// front, a shorter one is padded on the left (SEC 1 section 4.1.3, step 5).
pub(super) fn order_sized<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut sized = [0; N];
    let front = digest.get(..N).unwrap_or(digest);
    // proof: `front` has at most N octets.
    if let Some(place) = sized.get_mut(N - front.len()..) {
        place.copy_from_slice(front);
    }
    sized
}

fn wrap_under(
    how: KeyAgreement,
    wrap: KeyWrap,
    ukm: Option<&[u8]>,
    secret: &[u8],
    cek: &ContentEncryptionKey,
) -> Option<Vec<u8>> {
    let shared_info = kdf::ecc_cms_shared_info(wrap, &wrap.to_algorithm_der(), ukm)?;
    let kek = kdf::x963(how.kdf_digest, secret, &shared_info, wrap.key_len())?;
    key_wrap::wrap(wrap, &kek, cek.expose())
}
