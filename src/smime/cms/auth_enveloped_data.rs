//! What AuthEnvelopedData (RFC 5083) adds to EnvelopedData: AES-GCM and AES-CCM (RFC 5084), authenticated attributes, a
//! tag.
//!
//! ```text
//! AuthEnvelopedData ::= SEQUENCE {
//!     version CMSVersion,  -- 0
//!     originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL,
//!     recipientInfos RecipientInfos,
//!     authEncryptedContentInfo EncryptedContentInfo,
//!     authAttrs [1] IMPLICIT AuthAttributes OPTIONAL,
//!     mac MessageAuthenticationCode,
//!     unauthAttrs [2] IMPLICIT UnauthAttributes OPTIONAL }
//! ```

use super::ber::Reader;
use super::{CmsError, ContentType};
use crate::smime::asn1::{Cursor, Element, tag, writer};
use crate::smime::crypto::ContentCipher;
use crate::smime::crypto::content_cipher::is_ccm_tag_len;

/// GCM takes a nonce of any length; nobody needs a long one.
const LONGEST_NONCE: usize = 64;

/// What RFC 5084 means where aes-ICVlen is left out.
const DEFAULT_TAG: usize = 12;

/// What everybody writes.
const WHOLE_TAG: usize = 16;

/// The shortest tag that RFC 5084 section 3.2 allows for GCM. What is shorter can be guessed, or cut off a longer one:
/// nothing but the length of the tag itself says how long it was.
pub const SHORTEST_STRONG_TAG: usize = 12;

/// ```text
/// GCMParameters ::= SEQUENCE { aes-nonce OCTET STRING, aes-ICVlen INTEGER (12 | 13 | 14 | 15 | 16) DEFAULT 12 }
/// CCMParameters ::= SEQUENCE {
///     aes-nonce OCTET STRING (SIZE(7..13)), aes-ICVlen INTEGER (4 | 6 | 8 | 10 | 12 | 14 | 16) DEFAULT 12 }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AeadParameters {
    pub(super) nonce: Vec<u8>,
    pub(super) icv_len: Option<usize>,
}

impl AeadParameters {
    /// Reads them. A bare OCTET STRING is taken for the nonce before a whole tag: PKI.js writes that where it puts GCM
    /// into EnvelopedData.
    pub(super) fn from_element(parameters: Element<'_>, cipher: ContentCipher) -> Result<Self, CmsError> {
        let mut fields = parameters.cursor();
        let (nonce, icv_len) = match parameters.tag {
            tag::SEQUENCE => {
                let nonce = fields.expect(tag::OCTET_STRING)?.content;
                let icv_len =
                    fields.optional(tag::INTEGER)?.map(|length| length.small_integer()).transpose()?;
                (nonce, icv_len.map(|length| length as usize)) // u32 fits
            }
            tag::OCTET_STRING => (parameters.content, Some(WHOLE_TAG)),
            _ => return Err(CmsError::Malformed),
        };
        let (nonce_fits, tag_fits): (_, fn(usize) -> bool) = if cipher.needs_lengths() {
            ((7..=13).contains(&nonce.len()), is_ccm_tag_len)
        } else {
            ((1..=LONGEST_NONCE).contains(&nonce.len()), is_tag_len)
        };
        if !nonce_fits || icv_len.is_some_and(|length| !tag_fits(length)) {
            return Err(CmsError::Malformed);
        }
        Ok(Self { nonce: nonce.to_vec(), icv_len })
    }

    /// What is written: 16 octets of tag.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let icv_len = self.icv_len.and_then(|length| u8::try_from(length).ok());
        let icv_len = icv_len.map(writer::small_integer).unwrap_or_default();
        writer::sequence(&[&writer::octet_string(&self.nonce), &icv_len])
    }

    /// Octets of the tag, as promised.
    pub(super) fn tag_len(&self) -> usize {
        self.icv_len.unwrap_or(DEFAULT_TAG)
    }

    /// May a mac have this length? It must have the one that was promised; some programs promise nothing, which means
    /// 12, and write 16.
    pub(super) fn allow_mac_of(&self, length: usize) -> bool {
        length == self.tag_len() || (self.icv_len.is_none() && length == WHOLE_TAG)
    }
}

fn is_tag_len(length: usize) -> bool {
    (4..=WHOLE_TAG).contains(&length)
}

/// What follows the content.
#[derive(Debug, Clone, Default)]
pub(super) struct Authentication {
    /// The DER encoding of authAttrs as SET OF, which the tag covers; empty without attributes.
    pub(super) aad: Vec<u8>,
    pub(super) mac: Vec<u8>,
}

impl Authentication {
    /// Reads authAttrs and mac; a content-type attribute must agree with `content_type`.
    pub(super) fn read(reader: &mut Reader<'_>, content_type: ContentType) -> Result<Self, CmsError> {
        let mut aad = Vec::new();
        if reader.is_next(tag::context_constructed(1))? {
            let attributes = reader.element()?;
            aad = authenticated_attributes(Cursor::single(&attributes)?, content_type)?;
        }
        let mac = reader.element()?;
        let mac = Cursor::single(&mac)?;
        if mac.tag != tag::OCTET_STRING || !is_tag_len(mac.content.len()) {
            return Err(CmsError::Malformed);
        }
        Ok(Self { aad, mac: mac.content.to_vec() })
    }
}

fn authenticated_attributes(attributes: Element<'_>, content_type: ContentType) -> Result<Vec<u8>, CmsError> {
    let expected = writer::value(tag::SET, &[&content_type.to_der()]);
    let mut members = Vec::new();
    let mut named = 0;
    let mut rest = attributes.cursor();
    while !rest.is_empty() {
        let attribute = rest.expect(tag::SEQUENCE)?;
        let mut fields = attribute.cursor();
        if fields.expect(tag::OBJECT_IDENTIFIER)?.content
            == const_oid::db::rfc5911::ID_CONTENT_TYPE.as_bytes()
        {
            named += 1;
            if named > 1 || fields.expect(tag::SET)?.der != expected {
                return Err(CmsError::Malformed);
            }
        }
        members.push(attribute.der.to_vec());
    }
    Ok(writer::set_of(tag::SET, members))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gcm(der: &[u8]) -> Result<AeadParameters, CmsError> {
        AeadParameters::from_element(Cursor::single(der)?, ContentCipher::Aes128Gcm)
    }

    fn ccm(der: &[u8]) -> Result<AeadParameters, CmsError> {
        AeadParameters::from_element(Cursor::single(der)?, ContentCipher::Aes128Ccm)
    }

    #[test]
    fn parameters_are_read_as_the_world_writes_them() {
        let ours = AeadParameters { nonce: vec![7; 12], icv_len: Some(16) };
        assert_eq!(gcm(&ours.to_der()).unwrap(), ours);
        assert_eq!(ccm(&ours.to_der()).unwrap(), ours);
        assert!(ours.allow_mac_of(16) && !ours.allow_mac_of(12));
        let without = gcm(&[0x30, 3, 4, 1, 9]).unwrap();
        assert!(without.allow_mac_of(12) && without.allow_mac_of(16) && !without.allow_mac_of(13));
        assert_eq!(gcm(&[4, 1, 9]).unwrap().tag_len(), 16);
        assert_eq!(gcm(&[0x30, 6, 4, 1, 9, 2, 1, 4]).unwrap().tag_len(), 4);
    }

    #[test]
    fn bad_parameters_are_refused() {
        for der in
            [&[0x30, 2, 4, 0][..], &[0x30, 6, 4, 1, 9, 2, 1, 3], &[0x30, 6, 4, 1, 9, 2, 1, 17], &[5, 0]]
        {
            assert!(gcm(der).is_err(), "{der:?}");
        }
        assert!(gcm(&writer::sequence(&[&writer::octet_string(&[0; 65])])).is_err());
        for (nonce, tag_len, fits) in
            [(7, 4, true), (13, 16, true), (6, 16, false), (14, 16, false), (12, 11, false), (12, 18, false)]
        {
            let der = writer::sequence(&[&writer::octet_string(&vec![0; nonce]), &[2, 1, tag_len]]);
            assert_eq!(ccm(&der).is_ok(), fits, "{nonce} {tag_len}");
        }
    }

    #[test]
    fn attributes_are_covered_as_a_sorted_set_and_agree_with_the_content_type() {
        let kind = |value: ContentType| {
            let oid = writer::oid(const_oid::db::rfc5911::ID_CONTENT_TYPE);
            writer::sequence(&[&oid, &writer::value(tag::SET, &[&value.to_der()])])
        };
        let other =
            writer::sequence(&[&writer::oid(const_oid::ObjectIdentifier::new_unwrap("1.2.3")), &[0x31, 0]]);
        let check = |members: &[&[u8]]| {
            let der = writer::value(0xa1, members);
            authenticated_attributes(Cursor::single(&der).unwrap(), ContentType::Data)
        };
        let data = kind(ContentType::Data);
        assert_eq!(check(&[&data, &other]).unwrap(), writer::value(tag::SET, &[&other, &data]));
        assert!(check(&[&kind(ContentType::SignedData)]).is_err());
        assert!(check(&[&data, &data]).is_err());
    }
}
