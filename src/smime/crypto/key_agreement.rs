//! Key agreement: a content-encryption key under a key that both sides can compute.

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5753, rfc5911};
use der::asn1::AnyRef;
use der::{Decode as _, Tag};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::oid::{CMS_3DES_WRAP, CMS_RC2_WRAP};
use super::signature::algorithm_der;
use super::{DigestAlgorithm, kdf};

/// Ephemeral-static ECDH (RFC 5753; RFC 8418 for X25519).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAgreement {
    /// How the secret comes about and what is derived from it.
    pub scheme: AgreementScheme,
    /// Hash of the key derivation function.
    pub kdf_digest: DigestAlgorithm,
}

/// The families of dhSinglePass schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgreementScheme {
    /// Standard ECDH with the X9.63 KDF.
    Standard,
    /// Cofactor ECDH with the X9.63 KDF; gives the same secret on P-256, P-384 and P-521, whose cofactor is 1.
    Cofactor,
    /// Standard ECDH with HKDF (RFC 8418 section 2.2).
    Hkdf,
}

/// How a key is wrapped under another one. AES is written and read; the others are read only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWrap {
    /// id-aes128-wrap (RFC 3394; RFC 3565 section 2.3.2)
    Aes128,
    /// id-aes192-wrap
    Aes192,
    /// id-aes256-wrap
    Aes256,
    /// id-alg-CMS3DESwrap (RFC 3217 section 3): old mail.
    TripleDes,
    /// id-alg-CMSRC2wrap with 128 effective bits (RFC 3217 section 4): old mail.
    Rc2,
}

/// Schemes by the KDF's hash: RFC 5753 section 7.1.4, RFC 8418 section 2.2.
const AGREEMENTS: [(AgreementScheme, DigestAlgorithm, ObjectIdentifier); 13] = {
    use AgreementScheme::{Cofactor, Hkdf, Standard};
    use DigestAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
    [
        (Standard, Sha1, rfc5753::DH_SINGLE_PASS_STD_DH_SHA_1_KDF_SCHEME),
        (Standard, Sha224, rfc5753::DH_SINGLE_PASS_STD_DH_SHA_224_KDF_SCHEME),
        (Standard, Sha256, rfc5753::DH_SINGLE_PASS_STD_DH_SHA_256_KDF_SCHEME),
        (Standard, Sha384, rfc5753::DH_SINGLE_PASS_STD_DH_SHA_384_KDF_SCHEME),
        (Standard, Sha512, rfc5753::DH_SINGLE_PASS_STD_DH_SHA_512_KDF_SCHEME),
        (Cofactor, Sha1, rfc5753::DH_SINGLE_PASS_COFACTOR_DH_SHA_1_KDF_SCHEME),
        (Cofactor, Sha224, rfc5753::DH_SINGLE_PASS_COFACTOR_DH_SHA_224_KDF_SCHEME),
        (Cofactor, Sha256, rfc5753::DH_SINGLE_PASS_COFACTOR_DH_SHA_256_KDF_SCHEME),
        (Cofactor, Sha384, rfc5753::DH_SINGLE_PASS_COFACTOR_DH_SHA_384_KDF_SCHEME),
        (Cofactor, Sha512, rfc5753::DH_SINGLE_PASS_COFACTOR_DH_SHA_512_KDF_SCHEME),
        (Hkdf, Sha256, ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.19")),
        (Hkdf, Sha384, ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.20")),
        (Hkdf, Sha512, ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.21")),
    ]
};

impl KeyAgreement {
    /// Reads a dhSinglePass scheme with its KeyWrapAlgorithm parameter. None: not known here.
    pub fn from_algorithm_der(der: &[u8]) -> Option<(Self, KeyWrap)> {
        let algorithm = AlgorithmIdentifierRef::from_der(der).ok()?;
        let (scheme, kdf_digest, _) = AGREEMENTS.into_iter().find(|(.., oid)| *oid == algorithm.oid)?;
        let wrap = algorithm.parameters?.decode_as::<AlgorithmIdentifierRef<'_>>().ok()?;
        Some((Self { scheme, kdf_digest }, KeyWrap::from_algorithm(&wrap)?))
    }

    /// Is this the identifier of a scheme that is known here, whatever its wrap is?
    pub fn is_known(oid: ObjectIdentifier) -> bool {
        AGREEMENTS.iter().any(|(.., scheme)| *scheme == oid)
    }

    /// The KeyEncryptionAlgorithmIdentifier with `wrap` as its parameter. None: there is no such scheme (HKDF with
    /// SHA-1).
    pub fn to_algorithm_der(&self, wrap: KeyWrap) -> Option<Vec<u8>> {
        Some(algorithm_der(self.oid()?, AnyRef::from_der(&wrap.to_algorithm_der()).ok()))
    }

    /// The scheme's identifier, if it has one.
    pub fn oid(&self) -> Option<ObjectIdentifier> {
        AGREEMENTS
            .into_iter()
            .find(|(scheme, digest, _)| *scheme == self.scheme && *digest == self.kdf_digest)
            .map(|(.., oid)| oid)
    }

    /// "ECDH (SHA-256 KDF)"; curve is the caller's business
    pub fn name(&self) -> String {
        format!("ECDH ({})", self.kdf_name())
    }

    /// "SHA-256 KDF", "HKDF SHA-256"
    pub fn kdf_name(&self) -> String {
        match self.scheme {
            AgreementScheme::Standard | AgreementScheme::Cofactor => {
                format!("{} KDF", self.kdf_digest.name())
            }
            AgreementScheme::Hkdf => format!("HKDF {}", self.kdf_digest.name()),
        }
    }

    /// The key-encryption key that follows from the shared secret. `wrap_der` is the KeyWrapAlgorithm exactly as it
    /// stands in the message. None: too long for DER.
    pub(super) fn derive(
        &self,
        secret: &[u8],
        wrap: KeyWrap,
        wrap_der: &[u8],
        ukm: Option<&[u8]>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let info = kdf::ecc_cms_shared_info(wrap, wrap_der, ukm)?;
        match self.scheme {
            AgreementScheme::Standard | AgreementScheme::Cofactor => {
                kdf::x963(self.kdf_digest, secret, &info, wrap.key_len())
            }
            // RFC 8418 section 2.2: the ukm is the salt, and stands in the SharedInfo, too.
            AgreementScheme::Hkdf => kdf::hkdf(self.kdf_digest, ukm, secret, &info, wrap.key_len()),
        }
    }
}

impl KeyWrap {
    /// Every wrap.
    const ALL: [Self; 5] = [Self::Aes128, Self::Aes192, Self::Aes256, Self::TripleDes, Self::Rc2];

    /// RC2wrapParameter for 128 effective bits, the only number that RFC 3370 section 4.3.2 allows.
    const RC2_128: u8 = 58;

    /// The wrap that this KeyWrapAlgorithm names. None: not known here.
    pub fn from_algorithm(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<Self> {
        let wrap = Self::ALL.into_iter().find(|wrap| wrap.oid() == algorithm.oid)?;
        if wrap == Self::Rc2 {
            let version: u8 = algorithm.parameters?.decode_as().ok()?;
            return (version == Self::RC2_128).then_some(wrap);
        }
        Some(wrap)
    }

    /// id-aes128-wrap and so on.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Aes128 => rfc5911::ID_AES_128_WRAP,
            Self::Aes192 => rfc5911::ID_AES_192_WRAP,
            Self::Aes256 => rfc5911::ID_AES_256_WRAP,
            Self::TripleDes => CMS_3DES_WRAP,
            Self::Rc2 => CMS_RC2_WRAP,
        }
    }

    /// Octets of the key-encryption key.
    pub fn key_len(self) -> usize {
        match self {
            Self::Aes128 | Self::Rc2 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    /// "AES-256", "3DES"
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
            Self::TripleDes => "3DES",
            Self::Rc2 => "RC2",
        }
    }

    /// Made with a cipher that is weak by itself.
    pub fn is_weak(self) -> bool {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => false,
            Self::TripleDes | Self::Rc2 => true,
        }
    }

    /// The KeyWrapAlgorithm, with the parameters that RFC 3565 and RFC 3370 ask for.
    pub fn to_algorithm_der(self) -> Vec<u8> {
        let version = [Self::RC2_128];
        let parameters = match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => None,
            Self::TripleDes => Some(AnyRef::NULL),
            Self::Rc2 => AnyRef::new(Tag::Integer, &version).ok(),
        };
        algorithm_der(self.oid(), parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::test_hex::unhex;

    #[test]
    fn agreements_lead_back() {
        for (scheme, kdf_digest, oid) in AGREEMENTS {
            for wrap in KeyWrap::ALL {
                let agreement = KeyAgreement { scheme, kdf_digest };
                assert_eq!(agreement.oid(), Some(oid));
                let der = agreement.to_algorithm_der(wrap).unwrap();
                assert_eq!(KeyAgreement::from_algorithm_der(&der), Some((agreement, wrap)));
            }
        }
        let none = KeyAgreement { scheme: AgreementScheme::Hkdf, kdf_digest: DigestAlgorithm::Sha1 };
        assert_eq!(none.to_algorithm_der(KeyWrap::Aes128), None);
    }

    /// dhSinglePass-stdDH-sha1kdf-scheme with an old wrap, as an old program writes it.
    #[test]
    fn old_wraps_are_read() {
        let agreement = KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest: DigestAlgorithm::Sha1 };
        for (der, wrap) in [
            ("301a06092b8105108648 3f0002 300d0609608648016503040105 0500", Some(KeyWrap::Aes128)),
            ("301c06092b8105108648 3f0002 300f060b2a864886f70d0109100306 0500", Some(KeyWrap::TripleDes)),
            ("301a06092b8105108648 3f0002 300d060b2a864886f70d0109100306", Some(KeyWrap::TripleDes)),
            ("301d06092b8105108648 3f0002 3010060b2a864886f70d0109100307 02013a", Some(KeyWrap::Rc2)),
            ("301e06092b8105108648 3f0002 3011060b2a864886f70d0109100307 020200a0", None),
            ("301c06092b8105108648 3f0002 300f060b2a864886f70d0109100307 0500", None),
        ] {
            let read = KeyAgreement::from_algorithm_der(&unhex(der));
            assert_eq!(read, wrap.map(|wrap| (agreement, wrap)), "{der}");
        }
    }
}
