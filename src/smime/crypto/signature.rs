//! Signature algorithms as CMS and X.509 name them.

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc5912::ID_EC_PUBLIC_KEY};
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _};
use spki::AlgorithmIdentifierRef;

use super::oid::{DSA, ED25519, RSA_ENCRYPTION, RSASSA_PSS};
use super::{DigestAlgorithm, PssParameters, oid_name};

/// How a signature is made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2; RFC 5754 section 3.2).
    RsaPkcs1v15(DigestAlgorithm),
    /// ECDSA with any curve (RFC 5753 section 2.1; RFC 5754 section 3.3).
    Ecdsa(DigestAlgorithm),
    /// RSASSA-PSS (RFC 8017 section 8.1; RFC 4056).
    RsaPss(PssParameters),
    /// DSA (RFC 3370 section 3.1; RFC 5754 section 3.1).
    Dsa(DigestAlgorithm),
    /// Ed25519 over the content itself (RFC 8419; RFC 8410).
    Ed25519,
    /// Known by name only ("Ed448", "ML-DSA-65", or the dotted identifier).
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

/// id-dsa-with-sha1 (RFC 3370 section 3.1), id-dsa-with-sha224 and -sha256 (RFC 5758 section 3.1), and NIST's for the others.
const DSA_WITH: [(ObjectIdentifier, DigestAlgorithm); 5] = [
    (rfc5912::DSA_WITH_SHA_1, DigestAlgorithm::Sha1),
    (rfc5912::DSA_WITH_SHA_224, DigestAlgorithm::Sha224),
    (rfc5912::DSA_WITH_SHA_256, DigestAlgorithm::Sha256),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.3"), DigestAlgorithm::Sha384),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.4"), DigestAlgorithm::Sha512),
];

fn digest_of(
    oid: ObjectIdentifier,
    table: &[(ObjectIdentifier, DigestAlgorithm)],
) -> Option<DigestAlgorithm> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, digest)| *digest)
}

fn oid_of(digest: DigestAlgorithm, table: &[(ObjectIdentifier, DigestAlgorithm); 5]) -> ObjectIdentifier {
    // Every table holds every digest in the order of its declaration.
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
    /// id-ecPublicKey, id-dsa) here, which take the digest from there. For X.509 pass None. The answer is None where
    /// this is no AlgorithmIdentifier.
    pub fn from_algorithm_der(der: &[u8], digest: Option<DigestAlgorithm>) -> Option<Self> {
        let algorithm = AlgorithmIdentifierRef::from_der(der).ok()?;
        let oid = algorithm.oid;
        let with_digest = [
            (digest_of(oid, &RSA), Self::RsaPkcs1v15 as fn(DigestAlgorithm) -> Self),
            (digest_of(oid, &ECDSA), Self::Ecdsa),
            (digest_of(oid, &DSA_WITH), Self::Dsa),
        ];
        for (digest, scheme) in with_digest {
            if let Some(digest) = digest {
                return Some(scheme(digest));
            }
        }
        Some(match (oid, digest) {
            (OIW_SHA_1_WITH_RSA, _) => Self::RsaPkcs1v15(DigestAlgorithm::Sha1),
            // Without parameters nobody knows how it was made (RFC 4055 section 3.1).
            (RSASSA_PSS, _) => algorithm
                .parameters
                .and_then(PssParameters::from_parameters)
                .map_or(Self::Unsupported(oid), Self::RsaPss),
            (ED25519, _) => Self::Ed25519,
            (RSA_ENCRYPTION, Some(digest)) => Self::RsaPkcs1v15(digest),
            (ID_EC_PUBLIC_KEY, Some(digest)) => Self::Ecdsa(digest),
            (DSA, Some(digest)) => Self::Dsa(digest),
            (_, _) => Self::Unsupported(oid),
        })
    }

    /// The DER AlgorithmIdentifier: NULL parameters for RSA, none for the others (RFC 5754 section 3), and those of
    /// RSASSA-PSS.
    pub fn to_algorithm_der(&self) -> Vec<u8> {
        let (oid, parameters) = match self {
            Self::RsaPkcs1v15(digest) => (oid_of(*digest, &RSA), Some(AnyRef::NULL)),
            Self::RsaPss(parameters) => return parameters.to_algorithm_der(),
            Self::Ecdsa(digest) => (oid_of(*digest, &ECDSA), None),
            Self::Dsa(digest) => (oid_of(*digest, &DSA_WITH), None),
            Self::Ed25519 => (ED25519, None),
            Self::Unsupported(oid) => (*oid, None),
        };
        algorithm_der(oid, parameters)
    }

    /// The hash that is signed. None: the scheme is not known here, or signs the content itself.
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        match self {
            Self::RsaPkcs1v15(digest)
            | Self::RsaPss(PssParameters { digest, .. })
            | Self::Ecdsa(digest)
            | Self::Dsa(digest) => Some(*digest),
            Self::Ed25519 | Self::Unsupported(_) => None,
        }
    }

    /// The hash that CMS names as digestAlgorithm and puts into the message-digest attribute: with Ed25519 SHA-512
    /// (RFC 8419 section 2.3). None: the scheme is not known here.
    pub fn content_digest(&self) -> Option<DigestAlgorithm> {
        match self {
            Self::Ed25519 => Some(DigestAlgorithm::Sha512),
            Self::RsaPkcs1v15(_) | Self::RsaPss(_) | Self::Ecdsa(_) | Self::Dsa(_) | Self::Unsupported(_) => {
                self.digest()
            }
        }
    }

    /// "RSA with SHA-256", "Ed25519"
    pub fn name(&self) -> String {
        match self {
            Self::RsaPkcs1v15(digest) => format!("RSA with {}", digest.name()),
            Self::RsaPss(parameters) => format!("RSASSA-PSS with {}", parameters.digest.name()),
            Self::Ecdsa(digest) => format!("ECDSA with {}", digest.name()),
            Self::Dsa(digest) => format!("DSA with {}", digest.name()),
            Self::Ed25519 => "Ed25519".to_owned(),
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
            let mut schemes = vec![
                SignatureScheme::RsaPkcs1v15(digest),
                SignatureScheme::Ecdsa(digest),
                SignatureScheme::Dsa(digest),
                SignatureScheme::Ed25519,
            ];
            for mgf_digest in DigestAlgorithm::ALL {
                for salt_len in [0, 20, 32, 127, 128, 300, 70_000] {
                    schemes.push(SignatureScheme::RsaPss(PssParameters { digest, mgf_digest, salt_len }));
                }
            }
            for scheme in schemes {
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
            ("1.3.101.113", "Ed448"),
            ("1.2.840.113549.1.1.4", "RSA with MD5"),
            ("2.16.840.1.101.3.4.3.10", "ECDSA with SHA3-256"),
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
