//! A header section: fields as they came, decoded when asked for.

mod address_list;
mod charset;
mod encoded_word;
mod plain;

use std::borrow::Cow;
use std::fmt;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::smime::Address;

pub(in crate::smime::mime) use charset::decode as decode_charset;
pub use plain::{is_hidden, one_line};

/// Fields in one section; the rest is dropped, and the splitter refuses such a message.
pub(super) const MAX_FIELDS: usize = 10_000;

/// Octets of a Content-Type or Content-Disposition that are looked at. mail-parser joins RFC 2231
/// continuations in quadratic time, so this is a bound on work.
const MAX_PARAMETERS: usize = 16 << 10;

/// Message identifiers in all fields of one name.
const MAX_IDENTIFIERS: usize = 1000;

/// Octets of a date field that are looked at.
const MAX_DATE: usize = 512;

/// The fields of one entity (RFC 5322 section 2.2), in order, as they came. Lookup is without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    raw: Vec<u8>,
    /// Names and unfolded values, one after the other: names and values of a million fields cost no allocation each.
    text: String,
    fields: Vec<Field>,
}

/// Offsets into `Headers::text`: the name is `start..middle`, the value `middle..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    start: u32,
    middle: u32,
    end: u32,
}

/// One mailbox (RFC 5322 section 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Display name, decoded, on one line, without controls and bidi marks; never empty. Whoever wrote the
    /// message chose it.
    pub name: Option<String>,
    /// Where mail goes.
    pub address: Address,
}

/// For people: `Name <address>`.
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// The value of Content-Type (RFC 2045 section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentTypeField {
    /// Lower case: `text/plain`.
    pub essence: String,
    /// Names in lower case, values decoded (RFC 2231 continuations and charsets, RFC 2047 words).
    pub parameters: Vec<(String, String)>,
}

impl Headers {
    /// Parses a header section (with or without the blank line at its end). Never fails: lines that are no
    /// field are dropped, with what continues them.
    pub fn parse(section: &[u8]) -> Self {
        // Offsets are 32 bits wide, and Latin-1 may double the text.
        let mut rest = section.get(..1 << 30).unwrap_or(section);
        let mut headers = Self { raw: section.to_vec(), ..Self::default() };
        let mut field: Vec<u8> = Vec::new();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at(end);
            rest = after;
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                headers.push(&field);
                field.clear();
            }
            field.extend_from_slice(line);
        }
        headers.push(&field);
        headers
    }

    fn push(&mut self, line: &[u8]) {
        let Some((name, value)) = field(line) else { return };
        if self.fields.len() == MAX_FIELDS {
            return;
        }
        let offset = |text: &String| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let start = offset(&self.text);
        self.text.extend(name.iter().copied().map(char::from));
        let middle = offset(&self.text);
        self.text.push_str(unicode(value).trim());
        self.fields.push(Field { start, middle, end: offset(&self.text) });
    }

    /// The section as it came, octet for octet.
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Names (as written) and unfolded raw values (UTF-8, or Windows-1252 where it is not UTF-8), in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| {
            let part = |from: u32, to: u32| self.text.get(from as usize..to as usize).unwrap_or_default();
            (part(field.start, field.middle), part(field.middle, field.end))
        })
    }

    /// The first field of that name, unfolded, raw.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// How often the field occurs (From twice is ambiguous).
    pub fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }

    /// Decoded text of the first field of that name (RFC 2047 words, raw UTF-8 or Windows-1252): one line,
    /// without controls and bidi marks.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(one_line(&encoded_word::decode(self.raw(name)?)))
    }

    /// The mailboxes of all fields of that name, groups included (RFC 5322 section 3.4). What is no address, or
    /// has two of them between its commas, is dropped.
    pub fn mailboxes(&self, name: &str) -> Vec<Mailbox> {
        self.all(name).flat_map(address_list::parse).collect()
    }

    /// The message identifiers (`<id@domain>`, RFC 5322 section 3.6.4) of all fields of that name, with their brackets.
    pub fn identifiers(&self, name: &str) -> Vec<String> {
        // Each ends with a bracket, and begins with the last one before it.
        let ends = self.all(name).flat_map(|value| value.split_inclusive('>'));
        let one = |text: &str| {
            let word = text.get(text.rfind('<')?..)?;
            let sound = word.len() > 2 && word.ends_with('>') && !word.contains(char::is_whitespace);
            sound.then(|| word.to_owned())
        };
        ends.filter_map(one).take(MAX_IDENTIFIERS).collect()
    }

    /// The moment in the Date field (RFC 5322 section 3.3 and its old forms); None if there is none that exists.
    pub fn date(&self) -> Option<jiff::Timestamp> {
        let line = line(self.raw("Date")?, MAX_DATE);
        match MessageStream::new(&line).parse_date() {
            HeaderValue::DateTime(date) if date.is_valid() => {
                jiff::Timestamp::from_second(date.to_timestamp()).ok()
            }
            _ => None,
        }
    }

    /// The first Content-Type; None if there is none, or it is no `type/subtype`.
    pub fn content_type(&self) -> Option<ContentTypeField> {
        let (essence, parameters) = parameters(self.raw("Content-Type")?)?;
        let (kind, subtype) = essence.split_once('/')?;
        let token = |text: &str| !text.is_empty() && text.bytes().all(is_token);
        (token(kind) && token(subtype)).then_some(ContentTypeField { essence, parameters })
    }

    /// `attachment`, `inline` or another word in lower case (RFC 2183), and the decoded file name as its
    /// writer chose it: not safe to use as one.
    pub fn content_disposition(&self) -> Option<(String, Option<String>)> {
        let (kind, parameters) = parameters(self.raw("Content-Disposition")?)?;
        let name = parameters.into_iter().find(|(name, _)| name == "filename").map(|(_, value)| value);
        Some((kind, name))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl ContentTypeField {
    /// The first parameter of that name (lower case).
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The text of a value as it stands in a field, as [`Headers::text`] has it.
pub fn decoded(value: &str) -> String {
    one_line(&encoded_word::decode(value))
}

/// Name and value of a field line (RFC 5322 section 2.2; white space before the colon is an old form). None if
/// the line is no field.
pub(super) fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at(colon);
    let name = name.trim_ascii_end();
    let valid = !name.is_empty() && name.iter().all(|c| c.is_ascii_graphic());
    valid.then_some((name, value.get(1..).unwrap_or_default()))
}

/// The first word of a value, without comments (RFC 5322 section 3.2.2) and what follows a semicolon.
pub(super) fn first_token(value: &str) -> &str {
    let mut depth = 0_usize;
    let mut start = None;
    for (at, c) in value.char_indices() {
        match c {
            '(' if start.is_none() => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c if c.is_whitespace() || matches!(c, ';' | '(') => {
                if let Some(start) = start {
                    return value.get(start..at).unwrap_or_default();
                }
            }
            _ => start = start.or(Some(at)),
        }
    }
    start.and_then(|start| value.get(start..)).unwrap_or_default()
}

fn unicode(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(value).0,
    }
}

/// The value as the one line that mail-parser wants, at most `limit` octets of it.
fn line(value: &str, limit: usize) -> Vec<u8> {
    let mut line: Vec<u8> =
        value.bytes().take(limit).map(|c| if matches!(c, b'\r' | b'\n') { b' ' } else { c }).collect();
    line.extend_from_slice(b"\r\n");
    line
}

fn parameters(value: &str) -> Option<(String, Vec<(String, String)>)> {
    let line = line(value, MAX_PARAMETERS);
    let HeaderValue::ContentType(value) = MessageStream::new(&line).parse_content_type() else { return None };
    let mut essence = value.c_type.trim().to_lowercase();
    if let Some(subtype) = &value.c_subtype {
        essence.push('/');
        essence.push_str(&subtype.trim().to_lowercase());
    }
    let parameters = value.attributes.unwrap_or_default().into_iter();
    Some((essence, parameters.map(|p| (p.name.to_lowercase(), p.value.into_owned())).collect()))
}

/// RFC 2045 section 5.1.
fn is_token(c: u8) -> bool {
    c.is_ascii_graphic() && !br#"()<>@,;:\"/[]?="#.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTION: &[u8] = b"Received: one\r\nreceived: two\r\nSubject: =?utf-8?B?R3LDvMOf?=\r\n =?utf-8?q?e_?= you\r\n\
        not a field\r\n goes on\r\nDate: Tue, 5 Mar 2024 10:00:00 +0100 (CET)\r\nX-Raw : caf\xe9\r\n\r\nBody: no\r\n";

    #[test]
    fn fields_are_found_unfolded_and_decoded() {
        let headers = Headers::parse(SECTION);
        assert_eq!(headers.len(), 5);
        assert_eq!(headers.count("RECEIVED"), 2);
        assert_eq!(headers.raw("received"), Some("one"));
        assert_eq!(headers.raw("subject"), Some("=?utf-8?B?R3LDvMOf?= =?utf-8?q?e_?= you"));
        assert_eq!(headers.text("Subject").unwrap(), "Grüße  you");
        assert_eq!(headers.text("X-Raw").unwrap(), "café");
        assert_eq!(headers.raw("Body"), None);
        assert_eq!(headers.as_bytes(), SECTION);
        assert_eq!(headers.date().unwrap().to_string(), "2024-03-05T09:00:00Z");
        assert!(headers.iter().all(|(name, _)| name != "not a field"));
    }

    #[test]
    fn text_is_one_clean_line() {
        let headers =
            Headers::parse("Subject: =?utf-8?q?a=0D=0AFrom:_b?= \u{202e}x\u{200b}\x07y\n".as_bytes());
        assert_eq!(headers.text("subject").unwrap(), "a From: b xy");
    }

    #[test]
    fn parameters_are_decoded() {
        let headers = Headers::parse(
            b"Content-Type: Application/X-Y; CHARSET=\"us-ascii\";\r\n name*0*=iso-8859-1'en'caf%E9;\r\n name*1=\" two.pdf\"\r\n\
              Content-Disposition: ATTACHMENT; filename*=utf-8''%e2%82%ac%20rates.txt\r\n",
        );
        let field = headers.content_type().unwrap();
        assert_eq!(field.essence, "application/x-y");
        assert_eq!(field.parameter("charset"), Some("us-ascii"));
        assert_eq!(field.parameter("name"), Some("café two.pdf"));
        assert_eq!(headers.content_disposition(), Some(("attachment".into(), Some("€ rates.txt".into()))));
    }

    #[test]
    fn no_type_and_no_date_are_no_type_and_no_date() {
        for value in ["text", "", "/", "text/", "a b/c", "text/pl ain=x", "="] {
            let headers = Headers::parse(format!("Content-Type: {value}\nDate: {value}\n").as_bytes());
            assert!(headers.content_type().is_none_or(|field| field.essence.split_once('/').is_some()));
            assert_eq!(headers.date(), None, "{value}");
        }
        assert_eq!(Headers::parse(b"Date: Tue, 99 Foo 2024 99:00:00\n").date(), None);
    }

    #[test]
    fn identifiers_are_found_between_their_brackets() {
        let headers = Headers::parse(
            b"References: <a@x>\r\n <b@y><c@z> (comment) d@w, <e f@x> <<g@x> <>\r\nReferences: <h@x\r\n",
        );
        assert_eq!(headers.identifiers("references"), ["<a@x>", "<b@y>", "<c@z>", "<g@x>"]);
        let many = Headers::parse("References: <a@x>".repeat(5_000).as_bytes());
        assert_eq!(many.identifiers("References").len(), MAX_IDENTIFIERS);
    }

    #[test]
    fn comments_before_the_word_do_not_count() {
        assert_eq!(first_token(" (a (b) c) base64 ; x"), "base64");
        assert_eq!(first_token("(open"), "");
        assert_eq!(first_token(""), "");
    }

    #[test]
    fn hostile_sections_are_done_quickly() {
        let started = std::time::Instant::now();
        let mut sections = vec![vec![b':'; 1 << 20], vec![b' '; 1 << 20], b"a:\n".repeat(300_000)];
        for value in
            ["=?", "=?a?q?", "(", "\"", "<", "a*1=x;", "a@b,", "\\", ";", "=?utf-8?b?", ":", "x*0*=%"]
        {
            let value = value.repeat((1 << 20) / value.len());
            for name in ["Subject", "From", "Content-Type", "Date", "Content-Disposition"] {
                sections.push(format!("{name}: text/plain; {value}\r\n").into_bytes());
                sections.push(format!("{name}: {value}\r\n").into_bytes());
            }
        }
        for section in sections {
            let headers = Headers::parse(&section);
            assert!(headers.len() <= MAX_FIELDS);
            let _ = (headers.text("Subject"), headers.mailboxes("From"), headers.content_type());
            let _ = (headers.date(), headers.content_disposition());
        }
        assert!(started.elapsed().as_secs() < 30);
    }

    #[test]
    fn every_prefix_is_survived() {
        for end in 0..SECTION.len() {
            let headers = Headers::parse(&SECTION[..end]);
            assert!(headers.len() <= 5);
            let _ = (headers.text("Subject"), headers.date());
        }
    }
}
