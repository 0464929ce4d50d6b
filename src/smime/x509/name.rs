//! Distinguished names, compared as RFC 5280 section 7.1 does: without regard to case, to runs of spaces, to ways of
//! composing a letter and to the string type.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use const_oid::ObjectIdentifier;

use crate::smime::asn1::{Cursor, Element, Malformed, tag};

mod prepare;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// The short names of RFC 4514 section 3 and those that everybody else uses.
const SHORT_NAMES: [(ObjectIdentifier, &str); 15] = [
    (COMMON_NAME, "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.4"), "SN"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "serialNumber"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.12"), "title"),
    (ObjectIdentifier::new_unwrap("2.5.4.42"), "GN"),
    (ObjectIdentifier::new_unwrap("2.5.4.97"), "organizationIdentifier"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (EMAIL_ADDRESS, "E"),
];

/// Characters of one value that are shown; longer ones are cut.
const SHOWN: usize = 200;

/// A distinguished name.
///
/// ```text
/// Name                      ::= CHOICE { rdnSequence SEQUENCE OF RelativeDistinguishedName }
/// RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// AttributeTypeAndValue     ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
/// ```
///
/// Two names are equal when RFC 5280 section 7.1 says so, whatever their octets; what is shown holds no control
/// character and none that turns the direction of text.
#[derive(Debug, Clone)]
pub struct Name(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    der: Vec<u8>,
    common_name: Option<String>,
    rdns: Vec<Vec<Attribute>>,
    normalized: Vec<Vec<(Vec<u8>, Value)>>,
}

#[derive(Debug)]
struct Attribute {
    /// The content of its OBJECT IDENTIFIER, which may be too long to be named.
    kind: Vec<u8>,
    value: Value,
}

impl Attribute {
    fn is(&self, kind: ObjectIdentifier) -> bool {
        self.kind == kind.as_bytes()
    }
}

/// A string of any type, or the octets of something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Value {
    Text(String),
    Other(Vec<u8>),
}

impl Name {
    /// Exactly one DER `Name`; `None` if it is none.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let rdns = parse(der).ok()?;
        let normalized = rdns.iter().map(|rdn| normalize(rdn)).collect();
        let common_name = rdns.iter().rev().flatten().find_map(|attribute| match &attribute.value {
            Value::Text(text) if attribute.is(COMMON_NAME) => {
                Some(presentable(text)).filter(|name| !name.is_empty())
            }
            Value::Text(_) | Value::Other(_) => None,
        });
        Some(Self(Arc::new(Parsed { der: der.to_vec(), common_name, rdns, normalized })))
    }

    /// The octets as they came.
    pub fn as_der(&self) -> &[u8] {
        &self.0.der
    }

    /// Octets that are the same for names that are equal, and for no others.
    pub fn canonical(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let mut part = |kind: u8, content: &[u8]| {
            octets.push(kind);
            octets.extend((content.len() as u64).to_be_bytes());
            octets.extend_from_slice(content);
        };
        for rdn in &self.0.normalized {
            part(0, &[]);
            for (kind, value) in rdn {
                part(1, kind);
                match value {
                    Value::Text(text) => part(2, text.as_bytes()),
                    Value::Other(other) => part(3, other),
                }
            }
        }
        octets
    }

    /// The most specific commonName, fit to be shown.
    pub fn common_name(&self) -> Option<&str> {
        self.0.common_name.as_deref()
    }

    /// No attribute at all: the certificate names its subject in subjectAltName only.
    pub fn is_empty(&self) -> bool {
        self.0.rdns.is_empty()
    }

    /// Every emailAddress attribute, as written (RFC 5280 section 4.1.2.6: legacy).
    pub fn email_addresses(&self) -> impl Iterator<Item = &str> {
        self.0.rdns.iter().flatten().filter_map(|attribute| match &attribute.value {
            Value::Text(text) if attribute.is(EMAIL_ADDRESS) => Some(text.as_str()),
            Value::Text(_) | Value::Other(_) => None,
        })
    }

    /// This name begins with all of `base` (the subtree of a directoryName constraint; RFC 5280 section 4.2.1.10).
    pub fn is_within(&self, base: &Name) -> bool {
        self.0.normalized.starts_with(&base.0.normalized)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.normalized == other.0.normalized
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.normalized.hash(state);
    }
}

impl fmt::Display for Name {
    /// One line, the most specific part first, as in RFC 4514: `CN=Robin Doe, O=Example`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, rdn) in self.0.rdns.iter().rev().enumerate() {
            for (place, attribute) in rdn.iter().enumerate() {
                f.write_str(if place > 0 {
                    " + "
                } else if number > 0 {
                    ", "
                } else {
                    ""
                })?;
                match SHORT_NAMES.iter().find(|(kind, _)| attribute.is(*kind)) {
                    Some((_, short)) => write!(f, "{short}=")?,
                    None => match ObjectIdentifier::from_bytes(&attribute.kind) {
                        Ok(kind) => write!(f, "{kind}=")?,
                        Err(_) => write!(f, "{}=", Value::Other(attribute.kind.clone()))?,
                    },
                }
                attribute.value.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => escape(&presentable(text)).fmt(f),
            Self::Other(octets) => {
                f.write_str("#")?;
                octets.iter().take(SHOWN / 2).try_for_each(|octet| write!(f, "{octet:02x}"))?;
                f.write_str(if octets.len() > SHOWN / 2 { "…" } else { "" })
            }
        }
    }
}

fn parse(der: &[u8]) -> Result<Vec<Vec<Attribute>>, Malformed> {
    let mut sets = Cursor::new(der).only(tag::SEQUENCE)?.cursor();
    let mut rdns = Vec::new();
    while !sets.is_empty() {
        rdns.push(sets.expect(tag::SET)?.cursor().all()?.iter().map(attribute).collect::<Result<_, _>>()?);
    }
    Ok(rdns)
}

fn attribute(sequence: &Element<'_>) -> Result<Attribute, Malformed> {
    let mut parts = sequence.sequence()?;
    let kind = parts.expect(tag::OBJECT_IDENTIFIER)?.content.to_vec();
    let value = parts.element()?;
    let value = text(&value).map_or_else(|| Value::Other(value.der.to_vec()), Value::Text);
    parts.finish()?;
    Ok(Attribute { kind, value })
}

/// A string of any of the types that stand in names.
pub(crate) fn text(value: &Element<'_>) -> Option<String> {
    match value.tag {
        // UTF8String.
        0x0c => String::from_utf8(value.content.to_vec()).ok(),
        // NumericString, PrintableString, TeletexString, IA5String, VisibleString. The world writes UTF-8 and
        // Latin-1 into all of them.
        0x12 | 0x13 | 0x14 | 0x16 | 0x1a => Some(match std::str::from_utf8(value.content) {
            Ok(text) => text.to_owned(),
            Err(_) => value.content.iter().copied().map(char::from).collect(),
        }),
        // UniversalString: UTF-32, big-endian.
        0x1c => {
            let (characters, rest) = value.content.as_chunks::<4>();
            let text = characters.iter().map(|four| char::from_u32(u32::from_be_bytes(*four))).collect();
            if rest.is_empty() { text } else { None }
        }
        // BMPString: UTF-16, big-endian.
        0x1e => {
            let (units, rest) = value.content.as_chunks::<2>();
            let text = char::decode_utf16(units.iter().map(|two| u16::from_be_bytes(*two)))
                .collect::<Result<_, _>>();
            if rest.is_empty() { text.ok() } else { None }
        }
        _ => None,
    }
}

/// The form that is compared; a SET has no order.
fn normalize(rdn: &[Attribute]) -> Vec<(Vec<u8>, Value)> {
    let mut attributes: Vec<_> = rdn
        .iter()
        .map(|attribute| match &attribute.value {
            Value::Text(text) => (attribute.kind.clone(), Value::Text(prepare::prepare(text))),
            Value::Other(octets) => (attribute.kind.clone(), Value::Other(octets.clone())),
        })
        .collect();
    attributes.sort();
    attributes
}

/// One line without characters that are not seen or turn the text around them, cut where it gets long.
pub(crate) fn presentable(text: &str) -> String {
    let unseen = |c: char| {
        matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffc}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e01ef}')
    };
    let spaced = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let visible: String = text.chars().filter(|c| !unseen(*c)).map(spaced).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Backslashes before what separates the parts of a name (RFC 4514 section 2.4).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if r#",+"\<>;="#.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;

    fn name(rdns: &[&[(&str, u8, &[u8])]]) -> Name {
        let sets: Vec<u8> = rdns
            .iter()
            .flat_map(|rdn| {
                let attributes: Vec<u8> = rdn
                    .iter()
                    .flat_map(|(kind, tag, value)| {
                        let kind = ObjectIdentifier::new_unwrap(kind);
                        writer::sequence(&[&writer::oid(kind), &writer::value(*tag, &[value])])
                    })
                    .collect();
                writer::value(tag::SET, &[&attributes])
            })
            .collect();
        Name::from_der(&writer::sequence(&[&sets])).unwrap()
    }

    #[test]
    fn case_spaces_and_string_types_make_no_difference() {
        let utf8 =
            name(&[&[("2.5.4.10", 0x0c, b"Example  Org")], &[("2.5.4.3", 0x0c, "J\u{f6}rg".as_bytes())]]);
        let bmp = name(&[
            &[("2.5.4.10", 0x13, b" EXAMPLE ORG")],
            &[("2.5.4.3", 0x1e, &[0, b'J', 0, 0xd6, 0, b'R', 0, b'G'])],
        ]);
        let t61 = name(&[&[("2.5.4.10", 0x16, b"example org")], &[("2.5.4.3", 0x14, b"j\xf6rg")]]);
        assert_eq!(utf8, bmp);
        assert_eq!(utf8, t61);
        assert_ne!(
            utf8,
            name(&[&[("2.5.4.3", 0x0c, "J\u{f6}rg".as_bytes())], &[("2.5.4.10", 0x0c, b"Example Org")]])
        );
        assert_ne!(
            utf8,
            name(&[&[("2.5.4.10", 0x0c, b"ExampleOrg")], &[("2.5.4.3", 0x0c, "J\u{f6}rg".as_bytes())]])
        );
    }

    #[test]
    fn it_is_shown_in_one_honest_line() {
        let shown = name(&[
            &[("2.5.4.10", 0x0c, "Good, O=Evil\n\u{202e}x".as_bytes())],
            &[("2.5.4.3", 0x0c, b"Robin"), ("1.2.3.4", 0x02, &[5])],
        ]);
        assert_eq!(shown.to_string(), r"CN=Robin + 1.2.3.4=#020105, O=Good\, O\=Evil x");
        assert_eq!(shown.common_name(), Some("Robin"));
        let unseen = name(&[&[("2.5.4.3", 0x0c, "\u{3164}\u{2800}\u{fe0f}".as_bytes())]]);
        assert_eq!(unseen.common_name(), None);
    }

    #[test]
    fn an_attribute_may_be_longer_than_its_name() {
        // 2.25 and a UUID.
        let uuid = [0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        let attribute = writer::sequence(&[
            &writer::value(tag::OBJECT_IDENTIFIER, &[&uuid]),
            &writer::value(0x0c, &[b"x"]),
        ]);
        let der = writer::sequence(&[&writer::value(tag::SET, &[&attribute])]);
        assert_eq!(Name::from_der(&der).unwrap().to_string(), "#6983ffffffffffffffffffffffff7f=x");
    }

    #[test]
    fn a_set_has_no_order_and_a_subtree_begins_alike() {
        let one = name(&[&[("2.5.4.3", 0x0c, b"a"), ("2.5.4.10", 0x0c, b"b")], &[("2.5.4.11", 0x0c, b"c")]]);
        let other = name(&[&[("2.5.4.10", 0x0c, b"B"), ("2.5.4.3", 0x0c, b"A")]]);
        assert!(one.is_within(&other));
        assert!(!other.is_within(&one));
        assert!(name(&[]).is_empty());
    }

    #[test]
    fn broken_names_are_none() {
        let der = name(&[&[("2.5.4.3", 0x0c, b"Robin")]]).as_der().to_vec();
        for length in 0..der.len() {
            assert!(Name::from_der(&der[..length]).is_none());
        }
    }
}
