//! Public keys: verify a signature, wrap a content-encryption key.

mod dsa;
mod verify;
mod wrap;

use const_oid::ObjectIdentifier;
use der::Decode as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign};
use spki::{AlgorithmIdentifierRef, EncodePublicKey as _, SubjectPublicKeyInfoRef};

pub use self::dsa::DsaPublicKey;
pub use self::verify::MessageVerifier;
pub use self::wrap::WrappedByAgreement;
use super::digest::with_digest;
use super::oid::{
    DSA, EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSAES_OAEP, RSASSA_PSS, SECP256R1, SECP384R1, SECP521R1,
    X25519,
};
use super::signature::algorithm_der;
use super::{DigestAlgorithm, KeyTransport, PssParameters, SignatureScheme, oid_name};
use crate::problem::{Explain, Problem};
use crate::smime::asn1::writer;

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
    /// id-RSASSA-PSS: it verifies RSASSA-PSS signatures and nothing else, with these parameters if there are any
    /// (RFC 4055 section 3.3).
    RsaPss(rsa::PublicKey, Option<PssParameters>),
    /// id-RSAES-OAEP: it takes keys under RSAES-OAEP and nothing else, with these parameters if there are any
    /// (RFC 4055 section 4.1).
    RsaOaep(rsa::PublicKey, Option<KeyTransport>),
    /// id-ecPublicKey on secp256r1 (RFC 5480).
    P256(p256::PublicKey),
    /// id-ecPublicKey on secp384r1 (RFC 5480).
    P384(p384::PublicKey),
    /// id-ecPublicKey on secp521r1 (RFC 5480).
    P521(p521::PublicKey),
    /// id-Ed25519 (RFC 8410): it verifies signatures.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// id-X25519 (RFC 8410): it takes keys.
    X25519(x25519_dalek::PublicKey),
    /// id-dsa (RFC 3279 section 2.3.2): it verifies signatures.
    Dsa(DsaPublicKey),
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
                "It works with RSA keys of 1024 to 8192 bits, with keys on the curves P-256, P-384 and P-521, and with Ed25519 and X25519.",
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

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo. A key of another algorithm is [`PublicKey::Unsupported`], no error.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        let octets = info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => rsa_from_der(octets).map(Self::Rsa),
            RSASSA_PSS => Ok(Self::RsaPss(rsa_from_der(octets)?, pss_parameters(info.algorithm)?)),
            RSAES_OAEP => Ok(Self::RsaOaep(rsa_from_der(octets)?, oaep_parameters(info.algorithm)?)),
            EC_PUBLIC_KEY => elliptic(info.algorithm, octets),
            ED25519 => ed25519(octets).map(Self::Ed25519),
            X25519 => {
                let octets = <[u8; 32]>::try_from(octets).map_err(|_| KeyError::Malformed)?;
                Ok(Self::X25519(octets.into()))
            }
            DSA => DsaPublicKey::read(info.algorithm, octets).map(Self::Dsa),
            other => Ok(Self::Unsupported(other)),
        }
    }

    /// The SubjectPublicKeyInfo; empty for a key that is not known here.
    pub fn to_spki_der(&self) -> Vec<u8> {
        // proof: DER refuses only lengths above 256 MiB; these keys have at most 8192 bits.
        match self {
            Self::Rsa(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
            Self::P521(key) => key.to_public_key_der(),
            Self::RsaPss(key, parameters) => return rsa_for(key, &rsa_pss_algorithm(parameters.as_ref())),
            Self::RsaOaep(key, parameters) => return rsa_for(key, &rsa_oaep_algorithm(parameters.as_ref())),
            Self::Ed25519(key) => return bare(ED25519, key.as_bytes()),
            Self::X25519(key) => return bare(X25519, key.as_bytes()),
            Self::Dsa(key) => return key.to_spki_der(),
            Self::Unsupported(_) => return Vec::new(),
        }
        .map(|document| document.into_vec())
        .unwrap_or_default()
    }

    /// "RSA 3072", "P-256", "Ed25519", "X25519"
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", rsa_bits(key)),
            Self::RsaPss(key, _) => format!("RSA {} (PSS)", rsa_bits(key)),
            Self::RsaOaep(key, _) => format!("RSA {} (OAEP)", rsa_bits(key)),
            Self::P256(_) => "P-256".to_owned(),
            Self::P384(_) => "P-384".to_owned(),
            Self::P521(_) => "P-521".to_owned(),
            Self::Ed25519(_) => "Ed25519".to_owned(),
            Self::X25519(_) => "X25519".to_owned(),
            Self::Dsa(key) => key.bits().map_or_else(|| "DSA".to_owned(), |bits| format!("DSA {bits}")),
            Self::Unsupported(oid) => oid_name(*oid),
        }
    }

    /// RSA and DSA under 2048 bits.
    pub fn is_weak(&self) -> bool {
        match self {
            Self::Rsa(key) | Self::RsaPss(key, _) | Self::RsaOaep(key, _) => rsa_bits(key) < STRONG_RSA_BITS,
            Self::Dsa(key) => key.bits().is_none_or(|bits| bits < STRONG_RSA_BITS),
            Self::P256(_)
            | Self::P384(_)
            | Self::P521(_)
            | Self::Ed25519(_)
            | Self::X25519(_)
            | Self::Unsupported(_) => false,
        }
    }

    /// Something can be sealed to it.
    pub fn takes_keys(&self) -> bool {
        match self {
            Self::Rsa(_)
            | Self::RsaOaep(..)
            | Self::P256(_)
            | Self::P384(_)
            | Self::P521(_)
            | Self::X25519(_) => true,
            Self::RsaPss(..) | Self::Ed25519(_) | Self::Dsa(_) | Self::Unsupported(_) => false,
        }
    }

    /// How the other half signs what everybody is to verify: RSA with PKCS#1 v1.5 (an id-RSASSA-PSS key: what it orders) and
    /// ECDSA, with SHA-256 (P-384: SHA-384, P-521: SHA-512), or Ed25519. None: it does not sign here.
    pub fn scheme(&self) -> Option<SignatureScheme> {
        match self {
            Self::Rsa(_) => Some(SignatureScheme::RsaPkcs1v15(DigestAlgorithm::Sha256)),
            Self::RsaPss(_, only) => {
                let parameters = only.unwrap_or_else(|| PssParameters::new(DigestAlgorithm::Sha256));
                Some(SignatureScheme::RsaPss(parameters))
            }
            Self::P256(_) => Some(SignatureScheme::Ecdsa(DigestAlgorithm::Sha256)),
            Self::P384(_) => Some(SignatureScheme::Ecdsa(DigestAlgorithm::Sha384)),
            Self::P521(_) => Some(SignatureScheme::Ecdsa(DigestAlgorithm::Sha512)),
            Self::Ed25519(_) => Some(SignatureScheme::Ed25519),
            Self::RsaOaep(..) | Self::X25519(_) | Self::Dsa(_) | Self::Unsupported(_) => None,
        }
    }

    /// The algorithm as one identifier: of the key, or of its curve.
    pub fn algorithm(&self) -> ObjectIdentifier {
        match self {
            Self::Rsa(_) => RSA_ENCRYPTION,
            Self::RsaPss(..) => RSASSA_PSS,
            Self::RsaOaep(..) => RSAES_OAEP,
            Self::P256(_) => SECP256R1,
            Self::P384(_) => SECP384R1,
            Self::P521(_) => SECP521R1,
            Self::Ed25519(_) => ED25519,
            Self::X25519(_) => X25519,
            Self::Dsa(_) => DSA,
            Self::Unsupported(oid) => *oid,
        }
    }

    /// A DSA key whose parameters are those of its issuer's: nothing can be verified with it alone.
    pub fn inherits_parameters(&self) -> bool {
        matches!(self, Self::Dsa(key) if key.inherits_parameters())
    }

    /// This key with the parameters of its issuer's, where it is a DSA key that has none itself (RFC 3279 section
    /// 2.3.2). None: it needs none, or the issuer has none to give.
    pub fn with_parameters_of(&self, issuer: &Self) -> Option<Self> {
        match (self, issuer) {
            (Self::Dsa(key), Self::Dsa(issuer)) => key.with_parameters_of(issuer).map(Self::Dsa),
            (_, _) => None,
        }
    }
}

impl PartialEq for PublicKey {
    /// The same numbers, whatever the algorithm lets an RSA key do; keys that are known by name only equal nothing.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Rsa(one) | Self::RsaPss(one, _) | Self::RsaOaep(one, _),
                Self::Rsa(other) | Self::RsaPss(other, _) | Self::RsaOaep(other, _),
            ) => one.n() == other.n() && one.e() == other.e(),
            (Self::P256(one), Self::P256(other)) => one == other,
            (Self::P384(one), Self::P384(other)) => one == other,
            (Self::P521(one), Self::P521(other)) => one == other,
            (Self::Ed25519(one), Self::Ed25519(other)) => one == other,
            (Self::X25519(one), Self::X25519(other)) => one == other,
            (Self::Dsa(one), Self::Dsa(other)) => one == other,
            (
                Self::Rsa(_)
                | Self::RsaPss(..)
                | Self::RsaOaep(..)
                | Self::P256(_)
                | Self::P384(_)
                | Self::P521(_)
                | Self::Ed25519(_)
                | Self::X25519(_)
                | Self::Dsa(_)
                | Self::Unsupported(_),
                _,
            ) => false,
        }
    }
}

/// The parameters of an id-RSASSA-PSS key.
pub(super) fn pss_parameters(
    algorithm: AlgorithmIdentifierRef<'_>,
) -> Result<Option<PssParameters>, KeyError> {
    match algorithm.parameters.filter(|parameters| !parameters.is_null()) {
        Some(parameters) => PssParameters::from_parameters(parameters).map(Some).ok_or(KeyError::Unsupported),
        None => Ok(None),
    }
}

/// The parameters of an id-RSAES-OAEP key.
pub(super) fn oaep_parameters(
    algorithm: AlgorithmIdentifierRef<'_>,
) -> Result<Option<KeyTransport>, KeyError> {
    match algorithm.parameters.filter(|parameters| !parameters.is_null()) {
        Some(_) => {
            let der = algorithm_der(algorithm.oid, algorithm.parameters);
            KeyTransport::from_algorithm_der(&der).map(Some).ok_or(KeyError::Unsupported)
        }
        None => Ok(None),
    }
}

/// The AlgorithmIdentifier of an id-RSASSA-PSS key.
pub(super) fn rsa_pss_algorithm(parameters: Option<&PssParameters>) -> Vec<u8> {
    parameters.map_or_else(|| writer::algorithm(RSASSA_PSS), PssParameters::to_algorithm_der)
}

/// The AlgorithmIdentifier of an id-RSAES-OAEP key.
pub(super) fn rsa_oaep_algorithm(parameters: Option<&KeyTransport>) -> Vec<u8> {
    parameters.map_or_else(|| writer::algorithm(RSAES_OAEP), KeyTransport::to_algorithm_der)
}

/// The SubjectPublicKeyInfo of an RSA key under another algorithm.
fn rsa_for(key: &rsa::PublicKey, algorithm: &[u8]) -> Vec<u8> {
    let numbers = rsa::pkcs1::EncodeRsaPublicKey::to_pkcs1_der(key);
    // proof: DER refuses only lengths above 256 MiB.
    let numbers = numbers.map(|document| document.into_vec()).unwrap_or_default();
    writer::sequence(&[algorithm, &writer::bit_string(&numbers)])
}

/// The SubjectPublicKeyInfo of a key without parameters (RFC 8410 section 4).
fn bare(algorithm: ObjectIdentifier, key: &[u8]) -> Vec<u8> {
    writer::sequence(&[&writer::algorithm(algorithm), &writer::bit_string(key)])
}

fn elliptic(algorithm: AlgorithmIdentifierRef<'_>, point: &[u8]) -> Result<PublicKey, KeyError> {
    // A curve that is spelled out instead of named is no curve that is known here.
    let curve = algorithm.parameters_oid().unwrap_or(EC_PUBLIC_KEY);
    let key = match curve {
        SECP256R1 => p256::PublicKey::from_sec1_bytes(point).map(PublicKey::P256),
        SECP384R1 => p384::PublicKey::from_sec1_bytes(point).map(PublicKey::P384),
        SECP521R1 => p521::PublicKey::from_sec1_bytes(point).map(PublicKey::P521),
        other => return Ok(PublicKey::Unsupported(other)),
    };
    key.map_err(|_| KeyError::Malformed)
}

/// 32 octets that are a point of large order: under one of small order, many signatures hold for any content.
fn ed25519(octets: &[u8]) -> Result<ed25519_dalek::VerifyingKey, KeyError> {
    let octets = octets.try_into().map_err(|_| KeyError::Malformed)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(octets).map_err(|_| KeyError::Malformed)?;
    if key.is_weak() { Err(KeyError::Malformed) } else { Ok(key) }
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
