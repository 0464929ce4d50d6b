//! ContentInfo (RFC 5652 section 3).

use std::io::{Read, Write};

use const_oid::ObjectIdentifier;

use super::CmsError;
use super::ber::{self, Reader};
use crate::smime::Limits;
use crate::smime::asn1::{Cursor, tag, writer};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
const COMPRESSED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.9");
const AUTH_ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.23");

/// What a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// id-data: octets without further meaning, in S/MIME a MIME entity.
    Data,
    /// id-signedData.
    SignedData,
    /// id-envelopedData.
    EnvelopedData,
    /// id-ct-authEnvelopedData (RFC 5083).
    AuthEnvelopedData,
    /// id-ct-compressedData (RFC 3274).
    CompressedData,
    /// Any other.
    Other(ObjectIdentifier),
}

impl ContentType {
    /// The type with this identifier.
    pub fn from_oid(oid: ObjectIdentifier) -> Self {
        match oid {
            DATA => Self::Data,
            SIGNED_DATA => Self::SignedData,
            ENVELOPED_DATA => Self::EnvelopedData,
            AUTH_ENVELOPED_DATA => Self::AuthEnvelopedData,
            COMPRESSED_DATA => Self::CompressedData,
            other => Self::Other(other),
        }
    }

    /// Its identifier.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Data => DATA,
            Self::SignedData => SIGNED_DATA,
            Self::EnvelopedData => ENVELOPED_DATA,
            Self::AuthEnvelopedData => AUTH_ENVELOPED_DATA,
            Self::CompressedData => COMPRESSED_DATA,
            Self::Other(oid) => oid,
        }
    }

    /// Its identifier as DER.
    pub(super) fn to_der(self) -> Vec<u8> {
        writer::oid(self.oid())
    }
}

/// Reads as far as the contentType of a ContentInfo at the start of `input`, and somewhat ahead.
///
/// ```text
/// ContentInfo ::= SEQUENCE { contentType ContentType, content [0] EXPLICIT ANY DEFINED BY contentType }
/// ```
pub fn peek(input: &mut dyn Read, limits: &Limits) -> Result<ContentType, CmsError> {
    enter(&mut Reader::new(input, limits))
}

/// Copies the octets of a ContentInfo of the type id-data (RFC 5652 section 4).
pub fn data(input: &mut dyn Read, limits: &Limits, out: &mut dyn Write) -> Result<(), CmsError> {
    let mut reader = Reader::new(input, limits);
    if enter(&mut reader)? != ContentType::Data {
        return Err(CmsError::Malformed);
    }
    reader.enter(tag::context_constructed(0))?;
    if !ber::is_octet_string(reader.peek()?) {
        return Err(CmsError::Malformed);
    }
    reader.octets(&mut |piece| Ok(out.write_all(piece)?))?;
    reader.leave_all()
}

/// What stands before and behind the octets of a value of this type in a ContentInfo. The indefinite form: how many octets
/// there are need not be known.
pub fn frame(content_type: ContentType) -> (Vec<u8>, [u8; 4]) {
    let head = [&[0x30, 0x80][..], &content_type.to_der(), &[tag::context_constructed(0), 0x80]].concat();
    (head, [0; 4])
}

/// Enters a ContentInfo and reads its contentType.
pub(super) fn enter(reader: &mut Reader<'_>) -> Result<ContentType, CmsError> {
    reader.enter(tag::SEQUENCE)?;
    content_type(reader)
}

/// Reads a ContentType.
pub(super) fn content_type(reader: &mut Reader<'_>) -> Result<ContentType, CmsError> {
    if !reader.is_next(tag::OBJECT_IDENTIFIER)? {
        return Err(CmsError::Malformed);
    }
    let der = reader.element()?;
    Ok(ContentType::from_oid(Cursor::single(&der)?.oid()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_found_and_kept() {
        let limits = Limits::default();
        for (last, expected) in
            [(1, ContentType::Data), (2, ContentType::SignedData), (3, ContentType::EnvelopedData)]
        {
            let start = [0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last];
            assert_eq!(peek(&mut &start[..], &limits).unwrap(), expected);
            assert_eq!(ContentType::from_oid(expected.oid()), expected);
        }
        assert!(matches!(
            peek(&mut &b"From: alice"[..], &limits),
            Err(CmsError::Malformed | CmsError::Truncated)
        ));
        assert!(matches!(peek(&mut &[0x30, 3, 2, 1, 1][..], &limits), Err(CmsError::Malformed)));
    }
}
