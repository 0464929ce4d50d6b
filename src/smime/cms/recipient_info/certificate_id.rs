//! Which certificate a RecipientInfo or a SignerInfo means.

use crate::smime::asn1::{Cursor, Element, tag, writer};
use crate::smime::cms::CmsError;
use crate::smime::crypto::DigestAlgorithm;
use crate::smime::x509::{Certificate, Name};

/// Whom a RecipientInfo (or SignerInfo) means.
///
/// ```text
/// RecipientIdentifier ::= CHOICE {
///     issuerAndSerialNumber IssuerAndSerialNumber,
///     subjectKeyIdentifier [0] SubjectKeyIdentifier }
/// IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber CertificateSerialNumber }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateId {
    /// RFC 5652 section 10.2.4.
    IssuerAndSerial {
        /// The certificate's issuer.
        issuer: Name,
        /// The INTEGER's content octets as they came.
        serial: Vec<u8>,
    },
    /// The subjectKeyIdentifier extension's octets.
    SubjectKeyId(Vec<u8>),
}

impl CertificateId {
    /// Does this name `certificate`? SKI: the extension's, or SHA-1 of the key bits when there is none.
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                same_serial(serial, certificate.serial()) && issuer == certificate.issuer()
            }
            Self::SubjectKeyId(id) => match certificate.subject_key_id() {
                Some(extension) => id == extension,
                None => key_hash(certificate).is_some_and(|hash| *id == hash),
            },
        }
    }

    /// The name that everybody understands: issuer and serial number.
    pub fn of(certificate: &Certificate) -> Self {
        Self::IssuerAndSerial { issuer: certificate.issuer().clone(), serial: certificate.serial().to_vec() }
    }

    /// RecipientIdentifier or SignerIdentifier.
    pub(crate) fn from_element(element: Element<'_>) -> Result<Self, CmsError> {
        match element.tag {
            tag::SEQUENCE => Self::from_issuer_and_serial(element.content),
            _ if element.tag & !tag::CONSTRUCTED == tag::context(0) => {
                Ok(Self::SubjectKeyId(element.octets()?))
            }
            _ => Err(CmsError::Malformed),
        }
    }

    /// The content of an IssuerAndSerialNumber.
    pub(crate) fn from_issuer_and_serial(content: &[u8]) -> Result<Self, CmsError> {
        let mut fields = Cursor::new(content);
        let issuer = Name::from_der(fields.expect(tag::SEQUENCE)?.der).ok_or(CmsError::Malformed)?;
        let serial = fields.expect(tag::INTEGER)?.content.to_vec();
        Ok(Self::IssuerAndSerial { issuer, serial })
    }
}

/// Some programs write serial numbers with a zero too many or too few in front.
pub(crate) fn same_serial(one: &[u8], other: &[u8]) -> bool {
    let significant = |serial: &[u8]| serial.iter().position(|octet| *octet != 0).unwrap_or(serial.len());
    one.get(significant(one)..) == other.get(significant(other)..)
}

/// RFC 5280 section 4.2.1.2, the first method.
fn key_hash(certificate: &Certificate) -> Option<Vec<u8>> {
    let spki = Cursor::single(certificate.spki_der()).ok()?;
    let mut fields = spki.cursor();
    fields.expect(tag::SEQUENCE).ok()?;
    let bits = fields.expect(tag::BIT_STRING).ok()?.bits().ok()?;
    Some(DigestAlgorithm::Sha1.digest(bits))
}

/// The content of `certificate`'s IssuerAndSerialNumber.
pub(crate) fn issuer_and_serial(certificate: &Certificate) -> Vec<u8> {
    [certificate.issuer().as_der(), &writer::value(tag::INTEGER, &[certificate.serial()])].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_in_front_of_a_serial_do_not_count() {
        assert!(same_serial(&[0, 0x80, 1], &[0x80, 1]));
        assert!(same_serial(&[0], &[]));
        assert!(!same_serial(&[1, 0], &[1]));
    }

    #[test]
    fn a_key_id_is_read_in_every_form() {
        let expected = CertificateId::SubjectKeyId(vec![1, 2]);
        for der in [&[0x80, 2, 1, 2][..], &[0xa0, 4, 4, 2, 1, 2], &[0xa0, 6, 4, 1, 1, 4, 1, 2]] {
            let element = Cursor::single(der).unwrap();
            assert_eq!(CertificateId::from_element(element).unwrap(), expected);
        }
        assert!(CertificateId::from_element(Cursor::single(&[0x81, 1, 1]).unwrap()).is_err());
    }
}
