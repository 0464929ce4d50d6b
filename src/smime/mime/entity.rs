//! The tree of a message, by offsets into its source.

use std::io::{self, Read};
use std::ops::Range;

use super::encoding::{Section, TransferEncoding, base64_len, decoder};
use super::header::decode_charset;
use super::{Headers, file_name};
use crate::smime::Source;

/// One entity (RFC 2045 section 2.4). Offsets are into the source that it was split from; nothing of the body is
/// held in memory.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Its header section.
    pub headers: Headers,
    /// Header section and body, as signed: without the line end before the next boundary (RFC 2046 section 5.1.1).
    pub range: Range<u64>,
    /// What follows the blank line, up to the end of `range`.
    pub body: Range<u64>,
    /// Lower case; `text/plain` without a field (`message/rfc822` inside multipart/digest).
    pub content_type: String,
    /// How the body is written.
    pub encoding: TransferEncoding,
    /// The parts of a multipart; the one message of an unencoded message/rfc822.
    pub parts: Vec<Entity>,
    /// A multipart whose closing boundary is missing.
    pub unclosed: bool,
}

impl Entity {
    /// The decoded body as a stream; of a multipart or a message the octets as they are.
    pub fn content<'a>(&self, source: &'a mut dyn Source) -> io::Result<Box<dyn Read + 'a>> {
        let body = Section::new(source, self.body.start, self.body.end);
        Ok(decoder(self.applied_encoding(), Box::new(body)))
    }

    fn applied_encoding(&self) -> TransferEncoding {
        if self.parts.is_empty() { self.encoding } else { TransferEncoding::Identity }
    }

    /// The decoded body as Unicode text by its charset, at most `limit` octets of it; the flag tells that there
    /// was more. Lines end with `\n`; other controls than the tab are gone, and marks that turn the direction of
    /// the text are U+FFFD.
    pub fn text(&self, source: &mut dyn Source, limit: usize) -> io::Result<(String, bool)> {
        let mut octets = Vec::new();
        self.content(source)?.take((limit as u64).saturating_add(1)).read_to_end(&mut octets)?;
        let more = octets.len() > limit;
        octets.truncate(limit);
        let field = self.headers.content_type();
        let text = decode_charset(field.as_ref().and_then(|field| field.parameter("charset")), &octets);
        // The cut may have hit a character.
        let text = if more { text.trim_end_matches('\u{fffd}') } else { &text };
        Ok((plain(text), more))
    }

    /// Name from Content-Disposition or Content-Type, made safe; None if there is none.
    pub fn file_name(&self) -> Option<String> {
        let from_type = || self.headers.content_type()?.parameter("name").map(str::to_owned);
        let name = self.headers.content_disposition().and_then(|(_, name)| name).or_else(from_type)?;
        (!name.trim().is_empty()).then(|| file_name::safe(&name))
    }

    /// Whether it is offered as a file: said so by Content-Disposition, or not text, or text with a name that is
    /// not meant to be shown in place. A multipart and the message in a message/rfc822 are not.
    pub fn is_attachment(&self) -> bool {
        let disposition = self.headers.content_disposition().map(|(kind, _)| kind);
        match disposition.as_deref() {
            Some("attachment") => true,
            _ if self.content_type.starts_with("multipart/") || !self.parts.is_empty() => false,
            Some("inline") => !self.content_type.starts_with("text/"),
            _ => !self.content_type.starts_with("text/") || self.file_name().is_some(),
        }
    }

    /// Decoded size in octets (of what is encoded, counted by reading; no memory).
    pub fn decoded_len(&self, source: &mut dyn Source) -> io::Result<u64> {
        match self.applied_encoding() {
            TransferEncoding::Identity | TransferEncoding::Unknown => {
                Ok(self.body.end.saturating_sub(self.body.start))
            }
            TransferEncoding::Base64 => base64_len(Section::new(source, self.body.start, self.body.end)),
            TransferEncoding::QuotedPrintable | TransferEncoding::Uuencode => {
                io::copy(&mut self.content(source)?, &mut io::sink())
            }
        }
    }
}

/// Text for a screen: lines end with `\n`, other controls than the tab are gone, and marks that turn the direction of
/// the text are U+FFFD.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' | '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::smime::Limits;
    use crate::smime::mime::split::split;

    fn entity(message: &str) -> (Entity, Cursor<Vec<u8>>) {
        let mut source = Cursor::new(message.as_bytes().to_vec());
        let entity = split(&mut source, 0..u64::MAX, &Limits::default()).unwrap();
        (entity, source)
    }

    #[test]
    fn text_is_decoded_and_cleaned() {
        let (entity, mut source) = entity(
            "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
             caf=E9=00\r\nline=\r\n two\r\n",
        );
        assert_eq!(entity.text(&mut source, 1000).unwrap(), ("café\nline two\n".into(), false));
        assert_eq!(entity.text(&mut source, 4).unwrap(), ("café".into(), true));
        assert_eq!(entity.decoded_len(&mut source).unwrap(), 17);
    }

    #[test]
    fn direction_marks_are_shown_and_cut_characters_are_not() {
        let (entity, mut source) = entity("X: y\n\na\u{202e}b\u{7}\tcé");
        assert_eq!(entity.text(&mut source, 1000).unwrap().0, "a\u{fffd}b\tcé");
        assert_eq!(entity.text(&mut source, 9).unwrap(), ("a\u{fffd}b\tc".into(), true));
    }

    #[test]
    fn attachments_are_told_from_text() {
        for (header, is, name) in [
            ("Content-Type: text/plain", false, None),
            ("Content-Type: text/plain; name=\"../a.txt\"", true, Some("a.txt")),
            ("Content-Type: text/html\nContent-Disposition: inline; filename=x.html", false, Some("x.html")),
            ("Content-Type: text/plain\nContent-Disposition: attachment", true, None),
            ("Content-Type: image/png", true, None),
            ("Content-Type: multipart/mixed; boundary=b", false, None),
        ] {
            let (entity, _) = entity(&format!("{header}\n\nbody\n"));
            assert_eq!(entity.is_attachment(), is, "{header}");
            assert_eq!(entity.file_name().as_deref(), name, "{header}");
        }
    }
}
