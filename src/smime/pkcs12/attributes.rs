//! The attributes of a bag (RFC 7292 section 4.2): a name for people, and what pairs a key with its certificate.

use const_oid::ObjectIdentifier;

use crate::smime::asn1::{Element, Malformed, tag};
use crate::smime::x509::name::{presentable, text};

pub(super) const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
pub(super) const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");

/// A name that is longer is cut; nobody reads it.
const NAME: usize = 400;

#[derive(Default)]
pub(super) struct Attributes {
    pub(super) friendly_name: Option<String>,
    pub(super) local_key_id: Option<Vec<u8>>,
}

/// ```text
/// PKCS12Attribute ::= SEQUENCE { attrId OBJECT IDENTIFIER, attrValues SET OF ANY }
/// friendlyName: BMPString; localKeyID: OCTET STRING
/// ```
/// What does not have this form is passed over: nothing depends on it.
pub(super) fn read(set: Option<Element<'_>>) -> Attributes {
    let mut found = Attributes::default();
    let Some(Ok(list)) = set.map(|set| set.cursor().all()) else { return found };
    for (kind, value) in list.iter().filter_map(|attribute| first_value(attribute).ok()) {
        match kind {
            FRIENDLY_NAME => found.friendly_name = found.friendly_name.or_else(|| name(value)),
            LOCAL_KEY_ID => found.local_key_id = value.octets().ok(),
            _ => {}
        }
    }
    found
}

fn first_value<'a>(attribute: &Element<'a>) -> Result<(ObjectIdentifier, Element<'a>), Malformed> {
    let mut parts = attribute.sequence()?;
    let kind = parts.oid()?;
    Ok((kind, parts.expect(tag::SET)?.cursor().element()?))
}

/// A string of whatever type; `None` for one that shows nothing.
fn name(value: Element<'_>) -> Option<String> {
    let read = match value.tag {
        // Half a pair of surrogates, or half a character at the end, is no reason to lose the rest.
        tag::BMP_STRING => {
            let (units, _) = value.content.as_chunks::<2>();
            let units: Vec<u16> = units.iter().take(NAME).map(|two| u16::from_be_bytes(*two)).collect();
            String::from_utf16_lossy(&units)
        }
        _ => text(&value).unwrap_or_else(|| String::from_utf8_lossy(value.content).into_owned()),
    };
    let read = read.trim_end_matches('\0').chars().take(NAME).collect::<String>();
    Some(presentable(&read)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::{Cursor, writer};

    fn named(tag: u8, content: &[u8]) -> Option<String> {
        let value = writer::value(tag, &[content]);
        let attribute = writer::sequence(&[&writer::oid(FRIENDLY_NAME), &writer::value(tag::SET, &[&value])]);
        let id = writer::sequence(&[&writer::oid(LOCAL_KEY_ID), &writer::value(tag::SET, &[&[4, 1, 9]])]);
        let odd = writer::sequence(&[&writer::oid(LOCAL_KEY_ID), &[5, 0]]);
        let set = writer::value(tag::SET, &[&odd, &attribute, &id]);
        let found = read(Some(Cursor::single(&set).unwrap()));
        assert_eq!(found.local_key_id.as_deref(), Some(&[9][..]));
        found.friendly_name
    }

    #[test]
    fn names_come_in_every_encoding() {
        let bmp = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        for (tag, content, expected) in [
            (tag::BMP_STRING, bmp("Größe"), "Größe"),
            (tag::BMP_STRING, bmp("Robin 🦭"), "Robin 🦭"),
            (tag::BMP_STRING, bmp("Robin\0"), "Robin"),
            (tag::BMP_STRING, vec![0, b'a', 0xd8, 0x3d, 0, b'b'], "a\u{fffd}b"),
            (tag::BMP_STRING, vec![0, b'a', 0], "a"),
            (tag::UTF8_STRING, "Größe".into(), "Größe"),
            (tag::UTF8_STRING, vec![b'a', 0xff], "a\u{fffd}"),
            (0x14, vec![b'G', 0xf6], "Gö"),
            (0x13, b"Robin".to_vec(), "Robin"),
        ] {
            assert_eq!(named(tag, &content).as_deref(), Some(expected), "{tag:#x} {content:?}");
        }
        assert_eq!(named(tag::BMP_STRING, &[]), None);
        assert_eq!(named(tag::BMP_STRING, &bmp(&"x".repeat(100_000))).unwrap().len(), 201 + 2);
    }
}
