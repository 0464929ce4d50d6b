//! Signature algorithms as CMS and X.509 name them.

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc5912::ID_EC_PUBLIC_KEY};
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _};
use spki::AlgorithmIdentifierRef;

use super::{DigestAlgorithm, oid::RSA_ENCRYPTION, oid_name};

/// How a signature is made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2; RFC 5754 section 3.2).
    RsaPkcs1v15(DigestAlgorithm),
    /// ECDSA with any curve (RFC 5753 section 2.1; RFC 5754 section 3.3).
    Ecdsa(DigestAlgorithm),
    /// Known by name only ("Ed25519", "RSASSA-PSS", "DSA", "ML-DSA-65", or the dotted identifier).
    Unsupported(ObjectIdentifier),
}

/// A signature that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The mathematics says no: other content, other key, or damage.
    #[error("the signature does not belong to this content and key")]
    Mismatch,
    /// The scheme or the key is of a kind that is not known here.
    #[error("this kind of signature is not known here")]
    Unsupported,
}

const RSA: [(ObjectIdentifier, DigestAlgorithm); 5] = [
    (rfc5912::SHA_1_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha1),
    (rfc5912::SHA_224_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha224),
    (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha256),
    (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha384),
    (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha512),
];

/// The name that OIW gave to sha1WithRSAEncryption; some old programs still write it.
const OIW_SHA_1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.29");

/// ecdsa-with-SHA1 (RFC 5480 appendix A).
const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

const ECDSA: [(ObjectIdentifier, DigestAlgorithm); 5] = [
    (ECDSA_WITH_SHA_1, DigestAlgorithm::Sha1),
    (rfc5912::ECDSA_WITH_SHA_224, DigestAlgorithm::Sha224),
    (rfc5912::ECDSA_WITH_SHA_256, DigestAlgorithm::Sha256),
    (rfc5912::ECDSA_WITH_SHA_384, DigestAlgorithm::Sha384),
    (rfc5912::ECDSA_WITH_SHA_512, DigestAlgorithm::Sha512),
];

fn digest_of(
    oid: ObjectIdentifier,
    table: &[(ObjectIdentifier, DigestAlgorithm)],
) -> Option<DigestAlgorithm> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, digest)| *digest)
}

fn oid_of(digest: DigestAlgorithm, table: &[(ObjectIdentifier, DigestAlgorithm); 5]) -> ObjectIdentifier {
    // Both tables hold every digest in the order of its declaration.
    match digest {
        DigestAlgorithm::Sha1 => table[0].0,
        DigestAlgorithm::Sha224 => table[1].0,
        DigestAlgorithm::Sha256 => table[2].0,
        DigestAlgorithm::Sha384 => table[3].0,
        DigestAlgorithm::Sha512 => table[4].0,
    }
}

impl SignatureScheme {
    /// From a DER AlgorithmIdentifier. `digest` is the SignerInfo's digestAlgorithm: CMS allows rsaEncryption (and
    /// id-ecPublicKey) here, which take the digest from there. For X.509 pass None. The answer is None where this
    /// is no AlgorithmIdentifier.
    pub fn from_algorithm_der(der: &[u8], digest: Option<DigestAlgorithm>) -> Option<Self> {
        let oid = AlgorithmIdentifierRef::from_der(der).ok()?.oid;
        Some(if let Some(digest) = digest_of(oid, &RSA) {
            Self::RsaPkcs1v15(digest)
        } else if let Some(digest) = digest_of(oid, &ECDSA) {
            Self::Ecdsa(digest)
        } else if oid == OIW_SHA_1_WITH_RSA {
            Self::RsaPkcs1v15(DigestAlgorithm::Sha1)
        } else {
            match digest {
                Some(digest) if oid == RSA_ENCRYPTION => Self::RsaPkcs1v15(digest),
                Some(digest) if oid == ID_EC_PUBLIC_KEY => Self::Ecdsa(digest),
                Some(_) | None => Self::Unsupported(oid),
            }
        })
    }

    /// The DER AlgorithmIdentifier: NULL parameters for RSA, none for the others (RFC 5754 section 3).
    pub fn to_algorithm_der(&self) -> Vec<u8> {
        let (oid, parameters) = match self {
            Self::RsaPkcs1v15(digest) => (oid_of(*digest, &RSA), Some(AnyRef::NULL)),
            Self::Ecdsa(digest) => (oid_of(*digest, &ECDSA), None),
            Self::Unsupported(oid) => (*oid, None),
        };
        algorithm_der(oid, parameters)
    }

    /// The hash that is signed. None: the scheme is not known here.
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        match self {
            Self::RsaPkcs1v15(digest) | Self::Ecdsa(digest) => Some(*digest),
            Self::Unsupported(_) => None,
        }
    }

    /// "RSA with SHA-256", "Ed25519"
    pub fn name(&self) -> String {
        match self {
            Self::RsaPkcs1v15(digest) => format!("RSA with {}", digest.name()),
            Self::Ecdsa(digest) => format!("ECDSA with {}", digest.name()),
            Self::Unsupported(oid) => oid_name(*oid),
        }
    }
}

/// DER of an AlgorithmIdentifier.
pub(super) fn algorithm_der(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>) -> Vec<u8> {
    // proof: DER refuses only lengths above 256 MiB; an identifier and parameters made here are tiny.
    AlgorithmIdentifierRef { oid, parameters }.to_der().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_leads_back() {
        for digest in DigestAlgorithm::ALL {
            for scheme in [SignatureScheme::RsaPkcs1v15(digest), SignatureScheme::Ecdsa(digest)] {
                let der = scheme.to_algorithm_der();
                assert_eq!(SignatureScheme::from_algorithm_der(&der, None), Some(scheme));
            }
        }
    }

    #[test]
    fn a_bare_key_algorithm_takes_the_digest_of_the_signer() {
        let rsa = algorithm_der(RSA_ENCRYPTION, Some(AnyRef::NULL));
        assert_eq!(
            SignatureScheme::from_algorithm_der(&rsa, Some(DigestAlgorithm::Sha512)),
            Some(SignatureScheme::RsaPkcs1v15(DigestAlgorithm::Sha512))
        );
        let ec = algorithm_der(ID_EC_PUBLIC_KEY, None);
        assert_eq!(
            SignatureScheme::from_algorithm_der(&ec, Some(DigestAlgorithm::Sha256)),
            Some(SignatureScheme::Ecdsa(DigestAlgorithm::Sha256))
        );
        assert_eq!(
            SignatureScheme::from_algorithm_der(&rsa, None),
            Some(SignatureScheme::Unsupported(RSA_ENCRYPTION))
        );
    }

    #[test]
    fn absent_parameters_are_read_too() {
        let der = algorithm_der(rfc5912::SHA_256_WITH_RSA_ENCRYPTION, None);
        assert_eq!(
            SignatureScheme::from_algorithm_der(&der, None),
            Some(SignatureScheme::RsaPkcs1v15(DigestAlgorithm::Sha256))
        );
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (oid, name) in [
            ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
            ("1.3.101.112", "Ed25519"),
            ("1.2.840.10040.4.3", "DSA with SHA-1"),
            ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
            ("1.2.3", "1.2.3"),
        ] {
            let der = algorithm_der(ObjectIdentifier::new_unwrap(oid), None);
            let scheme = SignatureScheme::from_algorithm_der(&der, Some(DigestAlgorithm::Sha256)).unwrap();
            assert_eq!((scheme.name().as_str(), scheme.digest()), (name, None));
        }
    }

    #[test]
    fn rubbish_is_no_algorithm() {
        assert_eq!(SignatureScheme::from_algorithm_der(&[], None), None);
        assert_eq!(SignatureScheme::from_algorithm_der(&[0x30, 0x05, 0x06, 0x01], None), None);
    }
}
