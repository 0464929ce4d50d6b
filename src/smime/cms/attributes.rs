//! Attributes (RFC 5652 section 11; RFC 8551 section 2.5; RFC 5035).

mod write;

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use super::CmsError;
use super::recipient_info::{CertificateId, same_serial};
use crate::smime::asn1::{Cursor, Element, tag, time, writer};
use crate::smime::crypto::{DigestAlgorithm, KeyTransport};
use crate::smime::x509::{Certificate, Name};

pub(super) use write::signed_attributes;

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SMIME_CAPABILITIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.15");
const ENCRYPTION_KEY_PREFERENCE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.11");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Each of these may stand once, with one value.
const UNIQUE: [ObjectIdentifier; 7] = [
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    SMIME_CAPABILITIES,
    ENCRYPTION_KEY_PREFERENCE,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
];

/// SMIMECapabilities (RFC 8551 section 2.5.2) as object identifiers with raw parameters, in the sender's order.
///
/// ```text
/// SMIMECapabilities ::= SEQUENCE OF SMIMECapability
/// SMIMECapability ::= SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY DEFINED BY capabilityID OPTIONAL }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities(pub Vec<(ObjectIdentifier, Option<Vec<u8>>)>);

impl Capabilities {
    /// None: not SMIMECapabilities. An identifier that is too long to be known is left out.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let list = Cursor::single(der).ok().filter(|list| list.tag == tag::SEQUENCE)?;
        let mut all = Vec::new();
        let mut rest = list.cursor();
        while !rest.is_empty() {
            let mut fields = rest.expect(tag::SEQUENCE).ok()?.cursor();
            let id = fields.expect(tag::OBJECT_IDENTIFIER).ok()?;
            let parameters = fields.element().ok().map(|parameters| parameters.der.to_vec());
            if let Ok(oid) = id.oid() {
                all.push((oid, parameters));
            }
        }
        Some(Self(all))
    }

    /// SMIMECapabilities, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let one = |(oid, parameters): &(ObjectIdentifier, Option<Vec<u8>>)| {
            writer::sequence(&[&writer::oid(*oid), parameters.as_deref().unwrap_or_default()])
        };
        writer::sequence(&[&self.0.iter().flat_map(one).collect::<Vec<u8>>()])
    }

    /// The ways of key transport among them that are known here.
    pub fn key_transports(&self) -> Vec<KeyTransport> {
        let read = |(oid, parameters): &(ObjectIdentifier, Option<Vec<u8>>)| {
            let algorithm =
                writer::sequence(&[&writer::oid(*oid), parameters.as_deref().unwrap_or_default()]);
            KeyTransport::from_algorithm_der(&algorithm)
        };
        self.0.iter().filter_map(read).collect()
    }

    /// Is `oid` among them, with whatever parameters?
    pub fn contains(&self, oid: ObjectIdentifier) -> bool {
        self.0.iter().any(|(id, _)| *id == oid)
    }
}

/// What the signed attributes of one SignerInfo said.
#[derive(Debug, Clone, Default)]
pub struct SignedAttributes {
    /// When the signer says that it was.
    pub signing_time: Option<Timestamp>,
    /// What the signer's program can read.
    pub capabilities: Option<Capabilities>,
    /// SMIMEEncryptionKeyPreference resolved to an id.
    pub encryption_key_preference: Option<CertificateId>,
    /// signingCertificateV2 (or V1 as weak) certHash of the first ESSCertID: (digest, hash).
    pub signing_certificate: Option<(DigestAlgorithm, Vec<u8>)>,
}

/// What a signature's attributes say, and what verification needs to know of them.
#[derive(Debug, Clone, Default)]
pub(super) struct ParsedAttributes {
    pub(super) facts: SignedAttributes,
    pub(super) content_type: Option<ObjectIdentifier>,
    pub(super) message_digest: Option<Vec<u8>>,
    /// From signingCertificate and signingCertificateV2; both must agree.
    pub(super) signing_certificates: Vec<EssCertificateId>,
    /// An attribute that must be unique stood twice or had not exactly one value, or one that counts cannot be read.
    pub(super) contradictory: bool,
}

/// ```text
/// ESSCertID ::= SEQUENCE { certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }  -- SHA-1
/// ESSCertIDv2 ::= SEQUENCE {
///     hashAlgorithm AlgorithmIdentifier DEFAULT {algorithm id-sha256},
///     certHash OCTET STRING,
///     issuerSerial IssuerSerial OPTIONAL }
/// IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }
/// ```
#[derive(Debug, Clone)]
pub(super) struct EssCertificateId {
    digest: Option<DigestAlgorithm>,
    hash: Vec<u8>,
    issuer_serial: Option<(Option<Name>, Vec<u8>)>,
}

impl EssCertificateId {
    /// Does it mean `certificate`? Not if its hash function is not known.
    pub(super) fn names(&self, certificate: &Certificate) -> bool {
        let Some(digest) = self.digest else { return false };
        let issuer_agrees = self.issuer_serial.as_ref().is_none_or(|(issuer, serial)| {
            same_serial(serial, certificate.serial())
                && issuer.as_ref().is_none_or(|issuer| issuer == certificate.issuer())
        });
        issuer_agrees && digest.digest(certificate.as_der()) == self.hash
    }

    fn from_element(id: Element<'_>, version_2: bool) -> Result<Self, CmsError> {
        let mut fields = id.cursor();
        let algorithm = if version_2 { fields.optional(tag::SEQUENCE)? } else { None };
        let digest = match algorithm {
            Some(algorithm) => {
                DigestAlgorithm::from_oid(algorithm.cursor().expect(tag::OBJECT_IDENTIFIER)?.oid()?)
            }
            None if version_2 => Some(DigestAlgorithm::Sha256),
            None => Some(DigestAlgorithm::Sha1),
        };
        let hash = fields.expect(tag::OCTET_STRING)?.content.to_vec();
        let issuer_serial = fields.optional(tag::SEQUENCE)?.map(issuer_serial).transpose()?;
        Ok(Self { digest, hash, issuer_serial })
    }
}

/// Only a directoryName can be compared with a certificate's issuer.
fn issuer_serial(element: Element<'_>) -> Result<(Option<Name>, Vec<u8>), CmsError> {
    let mut fields = element.cursor();
    let mut names = fields.expect(tag::SEQUENCE)?.cursor();
    let mut issuer = None;
    while !names.is_empty() {
        let name = names.element()?;
        if name.tag == tag::context_constructed(4) && issuer.is_none() {
            issuer = Some(Name::from_der(name.content).ok_or(CmsError::Malformed)?);
        }
    }
    Ok((issuer, fields.expect(tag::INTEGER)?.content.to_vec()))
}

impl ParsedAttributes {
    /// Reads the content of a SignedAttributes. Attributes that are not known are passed over.
    ///
    /// ```text
    /// SignedAttributes ::= SET SIZE (1..MAX) OF Attribute
    /// Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }
    /// ```
    pub(super) fn parse(attributes: &[u8]) -> Self {
        let mut all = Self::default();
        let mut seen = Vec::new();
        let mut rest = Cursor::new(attributes);
        while !rest.is_empty() && !all.contradictory {
            all.contradictory = all.read(&mut rest, &mut seen).is_err();
        }
        all
    }

    fn read(&mut self, rest: &mut Cursor<'_>, seen: &mut Vec<ObjectIdentifier>) -> Result<(), CmsError> {
        let mut fields = rest.expect(tag::SEQUENCE)?.cursor();
        let kind = fields.expect(tag::OBJECT_IDENTIFIER)?;
        let mut values = fields.expect(tag::SET)?.cursor();
        // An identifier that is too long to be held is none of these.
        let Some(kind) = kind.oid().ok().filter(|kind| UNIQUE.contains(kind)) else { return Ok(()) };
        let value = values.element()?;
        values.finish()?;
        if seen.contains(&kind) {
            return Err(CmsError::Malformed);
        }
        seen.push(kind);
        match kind {
            CONTENT_TYPE if value.tag == tag::OBJECT_IDENTIFIER => self.content_type = Some(value.oid()?),
            MESSAGE_DIGEST if value.tag == tag::OCTET_STRING => {
                self.message_digest = Some(value.content.to_vec())
            }
            CONTENT_TYPE | MESSAGE_DIGEST => return Err(CmsError::Malformed),
            SIGNING_TIME => self.facts.signing_time = time::read(value),
            SMIME_CAPABILITIES => self.facts.capabilities = Capabilities::from_der(value.der),
            ENCRYPTION_KEY_PREFERENCE => self.facts.encryption_key_preference = key_preference(value),
            SIGNING_CERTIFICATE | SIGNING_CERTIFICATE_V2 => {
                self.signing_certificate(value, kind == SIGNING_CERTIFICATE_V2)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// ```text
    /// SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF … OPTIONAL }
    /// ```
    ///
    /// The first one is the signer's; the others limit the path.
    fn signing_certificate(&mut self, value: Element<'_>, version_2: bool) -> Result<(), CmsError> {
        let mut certificates = value.cursor().expect(tag::SEQUENCE)?.cursor();
        let id = EssCertificateId::from_element(certificates.expect(tag::SEQUENCE)?, version_2)?;
        if let Some(digest) = id.digest
            && (version_2 || self.facts.signing_certificate.is_none())
        {
            self.facts.signing_certificate = Some((digest, id.hash.clone()));
        }
        self.signing_certificates.push(id);
        Ok(())
    }
}

/// ```text
/// SMIMEEncryptionKeyPreference ::= CHOICE {
///     issuerAndSerialNumber [0] IssuerAndSerialNumber,
///     receipentKeyId [1] RecipientKeyIdentifier,
///     subjectAltKeyIdentifier [2] SubjectKeyIdentifier }
/// ```
fn key_preference(value: Element<'_>) -> Option<CertificateId> {
    let mut fields = value.cursor();
    match value.tag {
        0xa0 => {
            // Some tag it explicitly: then there is one SEQUENCE inside and nothing behind it.
            let first = fields.element().ok()?;
            let content = if fields.is_empty() { first.content } else { value.content };
            CertificateId::from_issuer_and_serial(content).ok()
        }
        0xa1 => Some(CertificateId::SubjectKeyId(fields.expect(tag::OCTET_STRING).ok()?.content.to_vec())),
        0x82 | 0xa2 => Some(CertificateId::SubjectKeyId(value.octets().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: ObjectIdentifier, values: &[&[u8]]) -> Vec<u8> {
        writer::sequence(&[&writer::oid(kind), &writer::value(tag::SET, values)])
    }

    #[test]
    fn capabilities_come_back_in_their_order() {
        let aes = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.46");
        let rc2 = ObjectIdentifier::new_unwrap("1.2.840.113549.3.2");
        let capabilities = Capabilities(vec![(rc2, Some(vec![2, 1, 40])), (aes, None)]);
        assert_eq!(Capabilities::from_der(&capabilities.to_der()), Some(capabilities.clone()));
        assert!(capabilities.contains(aes) && !capabilities.contains(CONTENT_TYPE));
        assert_eq!(Capabilities::from_der(&[0x31, 0]), None);
        assert_eq!(Capabilities::from_der(&[0x30, 2, 5, 0]), None);
    }

    #[test]
    fn a_unique_attribute_may_stand_once_with_one_value() {
        let digest = attribute(MESSAGE_DIGEST, &[&[4, 1, 7]]);
        let parsed = ParsedAttributes::parse(&digest);
        assert_eq!((parsed.message_digest, parsed.contradictory), (Some(vec![7]), false));
        assert!(ParsedAttributes::parse(&[digest.clone(), digest.clone()].concat()).contradictory);
        assert!(ParsedAttributes::parse(&attribute(MESSAGE_DIGEST, &[])).contradictory);
        assert!(ParsedAttributes::parse(&attribute(MESSAGE_DIGEST, &[&[4, 1, 7], &[4, 1, 8]])).contradictory);
        assert!(ParsedAttributes::parse(&attribute(MESSAGE_DIGEST, &[&[5, 0]])).contradictory);
        assert!(ParsedAttributes::parse(&digest[..digest.len() - 1]).contradictory);
        let unknown = attribute(ObjectIdentifier::new_unwrap("1.2.3"), &[&[5, 0], &[5, 0]]);
        assert!(!ParsedAttributes::parse(&[unknown.clone(), unknown].concat()).contradictory);
    }

    #[test]
    fn a_hash_without_an_algorithm_is_sha256_or_in_the_old_form_sha1() {
        let ids = writer::sequence(&[&writer::sequence(&[&writer::sequence(&[&[4, 1, 9]])])]);
        let of = |kind| ParsedAttributes::parse(&attribute(kind, &[&ids])).facts.signing_certificate;
        assert_eq!(of(SIGNING_CERTIFICATE_V2), Some((DigestAlgorithm::Sha256, vec![9])));
        assert_eq!(of(SIGNING_CERTIFICATE), Some((DigestAlgorithm::Sha1, vec![9])));
    }
}
