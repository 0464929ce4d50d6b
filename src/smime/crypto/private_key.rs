//! Private keys: sign, and unwrap a content-encryption key.

use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, ContextSpecific, OctetStringRef};
use der::{Decode as _, SliceReader, Tag, TagNumber, Tagged as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::hazmat::RandomizedPrehashSigner as _;
use p256::elliptic_curve::Generate as _;
use pkcs8::{EncodePrivateKey as _, PrivateKeyInfoRef};
use rand_core::CryptoRng;
use rsa::pkcs1::RsaPrivateKeyRef;
use rsa::{Oaep, Pkcs1v15Encrypt};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::digest::with_digest;
use super::oid::{EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP256R1, SECP384R1};
use super::public_key::{KeyError, MAX_EXPONENT_LEN, RSA_BITS, bit_len, order_sized, pkcs1v15};
use super::{
    DigestAlgorithm, KeyAgreement, KeyTransport, KeyWrap, PublicKey, SignatureScheme, kdf, key_wrap,
};
use crate::smime::secret::{ContentEncryptionKey, SecretBytes};

/// Kinds of keys that are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyKind {
    /// RSA with 2048 bits
    Rsa2048,
    /// RSA with 3072 bits
    #[default]
    Rsa3072,
    /// RSA with 4096 bits
    Rsa4096,
    /// Elliptic curve P-256
    P256,
    /// Elliptic curve P-384
    P384,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::P256, Self::P384];

    /// "rsa3072", "p256": as it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
            Self::P256 => "p256",
            Self::P384 => "p384",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No kind of key has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kinds of keys are rsa2048, rsa3072, rsa4096, p256 and p384")]
pub struct UnknownKeyKind;

impl FromStr for KeyKind {
    type Err = UnknownKeyKind;

    /// The inverse of [`KeyKind::name`], in either case.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name)).ok_or(UnknownKeyKind)
    }
}

/// Zeroized when dropped, `…` when printed.
#[derive(Clone)]
pub struct PrivateKey(Kind);

#[derive(Clone)]
enum Kind {
    Rsa(Box<rsa::PrivateKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
}

/// A CEK and whether it is the real one. A failed unwrap gives a key that nobody can foresee and `genuine = 0`: the
/// caller decrypts all the same and fails at the end, as for any damaged content. So nobody learns from the outside
/// whether the padding of PKCS#1 v1.5 was right (RFC 3218).
pub struct Unwrapped {
    /// The content-encryption key, or one that opens nothing.
    pub key: ContentEncryptionKey,
    /// Whether the unwrapping went well; never to be told apart from damaged content. With PKCS#1 v1.5 a wrong key
    /// may come out as genuine.
    pub genuine: Choice,
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

    /// PKCS#8 (RFC 5208/5958) DER; also PKCS#1 RSAPrivateKey and SEC1 ECPrivateKey DER. RSA keys are checked: the
    /// primes make the modulus, the exponents belong together. `Unsupported`: Ed25519, P-521, RSA with more than two
    /// primes or outside 1024..=8192 bits.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(info) = PrivateKeyInfoRef::from_der(der) {
            let octets = info.private_key.as_bytes();
            if info.algorithm.oid == RSA_ENCRYPTION {
                return rsa_from_der(octets).map(Self);
            }
            if info.algorithm.oid != EC_PUBLIC_KEY {
                return Err(KeyError::Unsupported);
            }
            return match info.algorithm.parameters_oid() {
                Ok(SECP256R1) => p256_from_der(octets).map(Self),
                Ok(SECP384R1) => p384_from_der(octets).map(Self),
                Ok(_) | Err(_) => Err(KeyError::Unsupported),
            };
        }
        if let Ok(curve) = named_curve(der) {
            return match curve {
                Some(SECP256R1) => p256_from_der(der).map(Self),
                Some(SECP384R1) => p384_from_der(der).map(Self),
                Some(_) | None => Err(KeyError::Unsupported),
            };
        }
        rsa_from_der(der).map(Self)
    }

    /// What the algorithm of a PKCS#8 key is called, whether it is supported or not: its curve, if it names one.
    pub fn algorithm_of(pkcs8: &[u8]) -> Option<ObjectIdentifier> {
        let algorithm = PrivateKeyInfoRef::from_der(pkcs8).ok()?.algorithm;
        Some(algorithm.parameters_oid().unwrap_or(algorithm.oid))
    }

    /// The PKCS#8 PrivateKeyInfo (RFC 5208), not encrypted.
    pub fn to_pkcs8_der(&self) -> SecretBytes {
        let document = match &self.0 {
            Kind::Rsa(key) => key.to_pkcs8_der(),
            Kind::P256(key) => key.to_pkcs8_der(),
            Kind::P384(key) => key.to_pkcs8_der(),
        };
        // proof: DER refuses only lengths above 256 MiB, and an RSA key here has two primes with an inverse: it was
        // checked when it was read or made.
        document.map_or_else(|_| SecretBytes::new(Vec::new()), |document| document.to_bytes().into())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Kind::Rsa(key) => PublicKey::Rsa(key.to_public_key()),
            Kind::P256(key) => PublicKey::P256(key.public_key()),
            Kind::P384(key) => PublicKey::P384(key.public_key()),
        }
    }

    /// Whether `public` is the other half of this key.
    pub fn matches(&self, public: &PublicKey) -> bool {
        self.public_key() == *public
    }

    /// The scheme this key signs with: RSA PKCS#1 v1.5 or ECDSA, SHA-256 (P-384: SHA-384).
    pub fn scheme(&self) -> SignatureScheme {
        match &self.0 {
            Kind::Rsa(_) => SignatureScheme::RsaPkcs1v15(DigestAlgorithm::Sha256),
            Kind::P256(_) => SignatureScheme::Ecdsa(DigestAlgorithm::Sha256),
            Kind::P384(_) => SignatureScheme::Ecdsa(DigestAlgorithm::Sha384),
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
        let algorithm = scheme.digest().ok_or(KeyError::Unsupported)?;
        if digest.len() != algorithm.output_len() {
            return Err(KeyError::WrongUse);
        }
        match (&self.0, scheme) {
            (Kind::Rsa(key), SignatureScheme::RsaPkcs1v15(_)) => {
                key.sign_with_rng(rng, pkcs1v15(algorithm), digest).map_err(|_| KeyError::WrongUse)
            }
            (Kind::P256(key), SignatureScheme::Ecdsa(_)) => {
                let signature: p256::ecdsa::DerSignature = p256::ecdsa::SigningKey::from(key)
                    .sign_prehash_with_rng(rng, &order_sized::<32>(digest))
                    .map_err(|_| KeyError::WrongUse)?;
                Ok(signature.as_bytes().to_vec())
            }
            (Kind::P384(key), SignatureScheme::Ecdsa(_)) => {
                let signature: p384::ecdsa::DerSignature = p384::ecdsa::SigningKey::from(key)
                    .sign_prehash_with_rng(rng, &order_sized::<48>(digest))
                    .map_err(|_| KeyError::WrongUse)?;
                Ok(signature.as_bytes().to_vec())
            }
            (Kind::Rsa(_), SignatureScheme::Ecdsa(_) | SignatureScheme::Unsupported(_))
            | (
                Kind::P256(_) | Kind::P384(_),
                SignatureScheme::RsaPkcs1v15(_) | SignatureScheme::Unsupported(_),
            ) => Err(KeyError::WrongUse),
        }
    }

    /// Opens the EncryptedKey of a KeyTransRecipientInfo. The key that comes out always has `cek_len` octets, the real
    /// one or another. `WrongUse`: not an RSA key, the only error that there is.
    pub fn unwrap_transport(
        &self,
        how: &KeyTransport,
        encrypted: &[u8],
        cek_len: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Unwrapped, KeyError> {
        let Kind::Rsa(key) = &self.0 else { return Err(KeyError::WrongUse) };
        let mut cek = Zeroizing::new(vec![0; cek_len]);
        rng.fill_bytes(&mut cek);

        let opened = match how {
            KeyTransport::RsaPkcs1v15 => key.decrypt_blinded(rng, Pkcs1v15Encrypt, encrypted),
            KeyTransport::RsaOaep { digest, mgf_digest, label } => {
                with_digest!(*digest, D => with_digest!(*mgf_digest, M => {
                    let padding = Oaep::<D, M>::new_with_mgf_hash_and_label(label.as_slice());
                    key.decrypt_blinded(rng, padding, encrypted)
                }))
            }
        };
        // PKCS#1 v1.5 fails here only for a ciphertext of the wrong size, which everybody sees; bad padding gives
        // octets of another length, as a rule.
        let opened = Zeroizing::new(opened.unwrap_or_default());
        let genuine = opened.len().ct_eq(&cek_len) & !cek_len.ct_eq(&0);
        for (index, octet) in cek.iter_mut().enumerate() {
            octet.conditional_assign(&opened.get(index).copied().unwrap_or(0), genuine);
        }
        Ok(Unwrapped { key: cek.into(), genuine })
    }

    /// Opens the encryptedKey of a KeyAgreeRecipientInfo. `wrap_der`: the KeyWrapAlgorithm AlgorithmIdentifier as it
    /// came (it goes into the SharedInfo). A point off the curve or a wrong wrap gives a key that only this private
    /// key can foresee. `WrongUse`: not an EC key, the only error that there is.
    pub fn unwrap_agreement(
        &self,
        how: KeyAgreement,
        wrap: KeyWrap,
        wrap_der: &[u8],
        originator_point: &[u8],
        ukm: Option<&[u8]>,
        encrypted: &[u8],
    ) -> Result<Unwrapped, KeyError> {
        let secret = match &self.0 {
            Kind::P256(key) => p256::PublicKey::from_sec1_bytes(originator_point).ok().map(|point| {
                let secret = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), point.as_affine());
                Zeroizing::new(secret.raw_secret_bytes().to_vec())
            }),
            Kind::P384(key) => p384::PublicKey::from_sec1_bytes(originator_point).ok().map(|point| {
                let secret = p384::ecdh::diffie_hellman(key.to_nonzero_scalar(), point.as_affine());
                Zeroizing::new(secret.raw_secret_bytes().to_vec())
            }),
            Kind::Rsa(_) => return Err(KeyError::WrongUse),
        };
        let opened = secret.and_then(|secret| {
            let shared_info = kdf::ecc_cms_shared_info(wrap, wrap_der, ukm)?;
            let kek = kdf::x963(how.kdf_digest, &secret, &shared_info, wrap.key_len())?;
            key_wrap::unwrap(wrap, &kek, encrypted)
        });
        Ok(match opened {
            Some(key) => Unwrapped { key, genuine: Choice::from(1) },
            None => Unwrapped { key: self.rejection_key(encrypted), genuine: Choice::from(0) },
        })
    }

    /// A key of the length that the wrapped one would have, from the private key and the ciphertext: the same for
    /// the same message, and unknown to everybody else.
    fn rejection_key(&self, encrypted: &[u8]) -> ContentEncryptionKey {
        let len = encrypted.len().saturating_sub(key_wrap::OVERHEAD).clamp(16, key_wrap::MAX_KEY_LEN);
        let private = self.to_pkcs8_der();
        let mut key = Zeroizing::new(vec![0; len]);
        // proof: HMAC takes keys of every length.
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(private.expose()) {
            for (index, chunk) in (0u8..).zip(key.chunks_mut(32)) {
                let block =
                    mac.clone().chain_update(b"rejected key").chain_update([index]).chain_update(encrypted);
                let block = Zeroizing::new(<[u8; 32]>::from(block.finalize().into_bytes()));
                chunk.copy_from_slice(block.get(..chunk.len()).unwrap_or_default());
            }
        }
        key.into()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl fmt::Debug for Unwrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unwrapped(…)")
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

/// RSAPrivateKey (RFC 8017 appendix A.1.2). Sizes are checked before any arithmetic.
fn rsa_from_der(der: &[u8]) -> Result<Kind, KeyError> {
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
    Ok(Kind::Rsa(Box::new(key)))
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

fn p256_from_der(der: &[u8]) -> Result<Kind, KeyError> {
    p256::SecretKey::from_sec1_der(der).map(Kind::P256).map_err(|_| KeyError::Malformed)
}

fn p384_from_der(der: &[u8]) -> Result<Kind, KeyError> {
    p384::SecretKey::from_sec1_der(der).map(Kind::P384).map_err(|_| KeyError::Malformed)
}

#[cfg(test)]
mod tests;
