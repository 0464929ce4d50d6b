//! Key transport: a content-encryption key under an RSA key.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, ContextSpecific, OctetStringRef};
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagMode, TagNumber, Tagged as _};
use spki::AlgorithmIdentifierRef;

use super::DigestAlgorithm;
use super::oid::{MGF1, P_SPECIFIED, RSA_ENCRYPTION, RSAES_OAEP};
use super::signature::algorithm_der;

/// Key transport (RFC 5652 section 6.2.1; RFC 3560 for OAEP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTransport {
    /// RSAES-PKCS1-v1_5 (RFC 8017 section 7.2).
    RsaPkcs1v15,
    /// RSAES-OAEP (RFC 8017 section 7.1).
    RsaOaep {
        /// Hashes the label.
        digest: DigestAlgorithm,
        /// Hash of the mask generation function, MGF1.
        mgf_digest: DigestAlgorithm,
        /// The encoding parameter P; nearly always empty. Octets of any kind.
        label: Vec<u8>,
    },
}

impl KeyTransport {
    /// RSAES-OAEP with one hash for both purposes and no label.
    pub fn oaep(digest: DigestAlgorithm) -> Self {
        Self::RsaOaep { digest, mgf_digest: digest, label: Vec::new() }
    }

    /// Reads a KeyEncryptionAlgorithmIdentifier (DER SEQUENCE). None: not a transport known here.
    pub fn from_algorithm_der(der: &[u8]) -> Option<Self> {
        let algorithm = AlgorithmIdentifierRef::from_der(der).ok()?;
        if algorithm.oid == RSA_ENCRYPTION {
            Some(Self::RsaPkcs1v15)
        } else if algorithm.oid == RSAES_OAEP {
            oaep_from_parameters(algorithm.parameters)
        } else {
            None
        }
    }

    /// The KeyEncryptionAlgorithmIdentifier; what is the default in OAEP is left out (DER).
    pub fn to_algorithm_der(&self) -> Vec<u8> {
        match self {
            Self::RsaPkcs1v15 => algorithm_der(RSA_ENCRYPTION, Some(AnyRef::NULL)),
            Self::RsaOaep { digest, mgf_digest, label } => {
                let parameters = oaep_parameters(*digest, *mgf_digest, label);
                let parameters = AnyRef::new(Tag::Sequence, &parameters).ok();
                algorithm_der(RSAES_OAEP, parameters)
            }
        }
    }

    /// "RSAES-PKCS1-v1_5", "RSAES-OAEP"
    pub fn name(&self) -> &'static str {
        match self {
            Self::RsaPkcs1v15 => "RSAES-PKCS1-v1_5",
            Self::RsaOaep { .. } => "RSAES-OAEP",
        }
    }
}

/// ```text
/// RSAES-OAEP-params ::= SEQUENCE {
///   hashFunc    [0] AlgorithmIdentifier DEFAULT sha1Identifier,
///   maskGenFunc [1] AlgorithmIdentifier DEFAULT mgf1SHA1Identifier,
///   pSourceFunc [2] AlgorithmIdentifier DEFAULT pSpecifiedEmptyIdentifier  }
/// ```
///
/// RFC 4055 section 4.1. Absent parameters and defaults that are written out are read, too.
fn oaep_from_parameters(parameters: Option<AnyRef<'_>>) -> Option<KeyTransport> {
    let (mut digest, mut mgf_digest, mut label) = (DigestAlgorithm::Sha1, DigestAlgorithm::Sha1, Vec::new());
    let Some(parameters) = parameters.filter(|parameters| *parameters != AnyRef::NULL) else {
        return Some(KeyTransport::RsaOaep { digest, mgf_digest, label });
    };
    if parameters.tag() != Tag::Sequence {
        return None;
    }
    let mut reader = SliceReader::new(parameters.value()).ok()?;
    if let Some(hash) = explicit(&mut reader, 0)? {
        digest = DigestAlgorithm::from_oid(hash.oid)?;
    }
    if let Some(mask) = explicit(&mut reader, 1)? {
        if mask.oid != MGF1 {
            return None;
        }
        if let Some(hash) = mask.parameters {
            mgf_digest = DigestAlgorithm::from_oid(hash.decode_as::<AlgorithmIdentifierRef<'_>>().ok()?.oid)?;
        }
    }
    if let Some(source) = explicit(&mut reader, 2)? {
        if source.oid != P_SPECIFIED {
            return None;
        }
        if let Some(octets) = source.parameters {
            label = octets.decode_as::<&OctetStringRef>().ok()?.as_bytes().to_vec();
        }
    }
    reader.is_finished().then_some(KeyTransport::RsaOaep { digest, mgf_digest, label })
}

/// The next `[number] EXPLICIT AlgorithmIdentifier` if it is there; the outer None: it is malformed.
fn explicit<'a>(reader: &mut SliceReader<'a>, number: u32) -> Option<Option<AlgorithmIdentifierRef<'a>>> {
    let field =
        ContextSpecific::<AlgorithmIdentifierRef<'a>>::decode_explicit(reader, TagNumber(number)).ok()?;
    Some(field.map(|field| field.value))
}

fn oaep_parameters(digest: DigestAlgorithm, mgf_digest: DigestAlgorithm, label: &[u8]) -> Vec<u8> {
    let mut parameters = Vec::new();
    if digest != DigestAlgorithm::Sha1 {
        parameters.extend(tagged(0, digest.oid(), Some(AnyRef::NULL)));
    }
    if mgf_digest != DigestAlgorithm::Sha1 {
        let hash = algorithm_der(mgf_digest.oid(), Some(AnyRef::NULL));
        parameters.extend(tagged(1, MGF1, AnyRef::from_der(&hash).ok()));
    }
    if !label.is_empty() {
        parameters.extend(tagged(2, P_SPECIFIED, AnyRef::new(Tag::OctetString, label).ok()));
    }
    parameters
}

fn tagged(number: u32, oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>) -> Vec<u8> {
    let value = AlgorithmIdentifierRef { oid, parameters };
    // proof: DER refuses only lengths above 256 MiB.
    ContextSpecific { tag_number: TagNumber(number), tag_mode: TagMode::Explicit, value }
        .to_der()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::test_hex::unhex;

    #[test]
    fn transports_lead_back() {
        let mut transports = vec![KeyTransport::RsaPkcs1v15];
        for digest in DigestAlgorithm::ALL {
            for mgf_digest in DigestAlgorithm::ALL {
                for label in [Vec::new(), b"\xff\x00 no text".to_vec()] {
                    transports.push(KeyTransport::RsaOaep { digest, mgf_digest, label });
                }
            }
        }
        for transport in transports {
            let der = transport.to_algorithm_der();
            assert_eq!(KeyTransport::from_algorithm_der(&der), Some(transport));
        }
    }

    #[test]
    fn oaep_defaults_are_sha1() {
        let sha1 = KeyTransport::oaep(DigestAlgorithm::Sha1);
        assert_eq!(sha1.to_algorithm_der(), unhex("300d06092a864886f70d0101073000"));
        for der in ["300b06092a864886f70d010107", "300d06092a864886f70d0101070500"] {
            assert_eq!(KeyTransport::from_algorithm_der(&unhex(der)).as_ref(), Some(&sha1), "{der}");
        }

        let hash = algorithm_der(DigestAlgorithm::Sha1.oid(), None);
        let mut written_out = tagged(0, DigestAlgorithm::Sha1.oid(), Some(AnyRef::NULL));
        written_out.extend(tagged(1, MGF1, AnyRef::from_der(&hash).ok()));
        written_out.extend(tagged(2, P_SPECIFIED, AnyRef::new(Tag::OctetString, b"").ok()));
        let der = algorithm_der(RSAES_OAEP, AnyRef::new(Tag::Sequence, &written_out).ok());
        assert_eq!(KeyTransport::from_algorithm_der(&der), Some(sha1));
    }

    #[test]
    fn oaep_with_what_is_not_known_is_not_guessed() {
        let mut der = KeyTransport::oaep(DigestAlgorithm::Sha256).to_algorithm_der();
        let md5_like = der.windows(9).position(|octets| octets == unhex("608648016503040201")).unwrap();
        der[md5_like + 8] = 0x77;
        assert_eq!(KeyTransport::from_algorithm_der(&der), None);
        assert_eq!(KeyTransport::from_algorithm_der(&unhex("300d06092a864886f70d0101070403")), None);
    }
}
