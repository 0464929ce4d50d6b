//! Reads private keys: PKCS#8 (RFC 5958), and the PKCS#1 and SEC 1 structures inside it on their own.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, ContextSpecific, OctetStringRef};
use der::{Decode as _, SliceReader, Tag, TagNumber, Tagged as _};
use pkcs8::PrivateKeyInfoRef;
use rsa::pkcs1::RsaPrivateKeyRef;
use zeroize::Zeroizing;

use super::{Kind, PrivateKey};
use crate::smime::crypto::oid::{
    EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSAES_OAEP, RSASSA_PSS, SECP256R1, SECP384R1, SECP521R1, X25519,
};
use crate::smime::crypto::public_key::{
    KeyError, MAX_EXPONENT_LEN, RSA_BITS, bit_len, oaep_parameters, pss_parameters,
};

impl PrivateKey {
    /// PKCS#8 (RFC 5208/5958) DER, with the public key or without; also PKCS#1 RSAPrivateKey and SEC1 ECPrivateKey DER.
    /// RSA keys are checked: the primes make the modulus, the exponents belong together. `Unsupported`: DSA, Ed448,
    /// other curves, RSA with more than two primes or outside 1024..=8192 bits.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(info) = PrivateKeyInfoRef::from_der(der) {
            return from_info(&info).map(Self);
        }
        if let Ok(curve) = named_curve(der) {
            return elliptic(curve, der).map(Self);
        }
        rsa_from_der(der).map(Kind::Rsa).map(Self)
    }

    /// What the algorithm of a PKCS#8 key is called, whether it is supported or not: its curve, if it names one.
    pub fn algorithm_of(pkcs8: &[u8]) -> Option<ObjectIdentifier> {
        let algorithm = PrivateKeyInfoRef::from_der(pkcs8).ok()?.algorithm;
        Some(algorithm.parameters_oid().unwrap_or(algorithm.oid))
    }
}

fn from_info(info: &PrivateKeyInfoRef<'_>) -> Result<Kind, KeyError> {
    let octets = info.private_key.as_bytes();
    match info.algorithm.oid {
        RSA_ENCRYPTION => rsa_from_der(octets).map(Kind::Rsa),
        RSASSA_PSS => Ok(Kind::RsaPss(rsa_from_der(octets)?, pss_parameters(info.algorithm)?)),
        RSAES_OAEP => Ok(Kind::RsaOaep(rsa_from_der(octets)?, oaep_parameters(info.algorithm)?)),
        EC_PUBLIC_KEY => elliptic(info.algorithm.parameters_oid().ok(), octets),
        ED25519 => {
            let key = ed25519_dalek::SigningKey::from_bytes(&*curve_key(octets)?);
            check_public(info, key.verifying_key().as_bytes())?;
            Ok(Kind::Ed25519(Box::new(key)))
        }
        X25519 => {
            let key = x25519_dalek::StaticSecret::from(*curve_key(octets)?);
            check_public(info, x25519_dalek::PublicKey::from(&key).as_bytes())?;
            Ok(Kind::X25519(key))
        }
        _ => Err(KeyError::Unsupported),
    }
}

/// ```text
/// CurvePrivateKey ::= OCTET STRING
/// ```
///
/// RFC 8410 section 7.
fn curve_key(octets: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let key = <&OctetStringRef>::from_der(octets).map_err(|_| KeyError::Malformed)?;
    key.as_bytes().try_into().map(Zeroizing::new).map_err(|_| KeyError::Malformed)
}

/// The public key beside a private one, where there is one, must be its other half.
fn check_public(info: &PrivateKeyInfoRef<'_>, public: &[u8]) -> Result<(), KeyError> {
    match info.public_key {
        Some(beside) if beside.as_bytes() != Some(public) => Err(KeyError::Malformed),
        Some(_) | None => Ok(()),
    }
}

fn elliptic(curve: Option<ObjectIdentifier>, der: &[u8]) -> Result<Kind, KeyError> {
    let key = match curve {
        Some(SECP256R1) => p256::SecretKey::from_sec1_der(der).map(Kind::P256),
        Some(SECP384R1) => p384::SecretKey::from_sec1_der(der).map(Kind::P384),
        Some(SECP521R1) => p521::SecretKey::from_sec1_der(der).map(Kind::P521),
        Some(_) | None => return Err(KeyError::Unsupported),
    };
    key.map_err(|_| KeyError::Malformed)
}

/// RSAPrivateKey (RFC 8017 appendix A.1.2). Sizes are checked before any arithmetic.
fn rsa_from_der(der: &[u8]) -> Result<Box<rsa::PrivateKey>, KeyError> {
    let parts = RsaPrivateKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let modulus = parts.modulus.as_bytes();
    if !RSA_BITS.contains(&bit_len(modulus)) || parts.other_prime_infos.is_some() {
        return Err(KeyError::Unsupported);
    }
    let secrets = [parts.private_exponent, parts.prime1, parts.prime2];
    if secrets.iter().any(|number| number.as_bytes().len() > modulus.len()) {
        return Err(KeyError::Malformed);
    }
    if parts.public_exponent.as_bytes().len() > MAX_EXPONENT_LEN {
        return Err(KeyError::Unsupported);
    }
    let key = rsa::PrivateKey::try_from(parts).map_err(|_| KeyError::Malformed)?;
    Ok(Box::new(key))
}

/// ```text
/// ECPrivateKey ::= SEQUENCE {
///   version        INTEGER { ecPrivkeyVer1(1) } (ecPrivkeyVer1),
///   privateKey     OCTET STRING,
///   parameters [0] ECParameters {{ NamedCurve }} OPTIONAL,
///   publicKey  [1] BIT STRING OPTIONAL  }
/// ```
///
/// RFC 5915 section 3. Err: this is none. Ok(None): it names no curve.
fn named_curve(der: &[u8]) -> der::Result<Option<ObjectIdentifier>> {
    let sequence = AnyRef::from_der(der)?;
    sequence.tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(sequence.value())?;
    u8::decode(&mut reader)?;
    <&OctetStringRef>::decode(&mut reader)?;
    let curve = ContextSpecific::<AnyRef<'_>>::decode_explicit(&mut reader, TagNumber(0))?;
    Ok(curve.and_then(|curve| curve.value.decode_as().ok()))
}
