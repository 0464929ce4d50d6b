//! Writes canonical entities: CRLF, 7-bit lines of at most 76, names by RFC 2231, words by RFC 2047.

mod field;
mod media_type;

use std::cell::Cell;
use std::io::{self, Read, Write};

use rand_core::CryptoRng;

use super::encoding::{Base64Writer, write_quoted_printable};
use super::file_name;

pub use field::{date_field, identifiers_field, mailbox_field, message_id, text_field};
pub use media_type::media_type;

/// Characters in a line of base64.
const LINE: usize = 76;

/// A file that goes along. `open` may be called more than once and must give the same octets each time.
pub struct Attachment<'a> {
    /// The name to save it under; written as [`file_name::safe`] leaves it.
    pub name: String,
    /// `application/pdf`; what is no media type is written as `application/octet-stream`.
    pub media_type: String,
    /// Octets that `open` gives.
    pub len: u64,
    /// Reads the file from its beginning.
    pub open: Box<dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a>,
}

/// The body: text/plain (quoted-printable or 7bit) alone, or multipart/mixed with base64 attachments. Write it as
/// often as needed: the octets are the same every time.
pub struct Body<'a> {
    /// Whole fields in front of Content-Type.
    fields: String,
    /// More parameters of the outermost Content-Type.
    parameters: String,
    /// More parameters of the text's Content-Type.
    text_parameters: String,
    attachments: Vec<Attachment<'a>>,
    /// The text as it is written, with its last line end.
    text: Vec<u8>,
    encoding: &'static str,
    boundary: String,
}

impl<'a> Body<'a> {
    /// A body with this text (line ends LF or CRLF; the last one is added if it is missing).
    pub fn new(text: &str, attachments: Vec<Attachment<'a>>, rng: &mut dyn CryptoRng) -> Self {
        let mut encoded = Vec::new();
        let encoding = if is_seven_bit(text) {
            for line in text.lines() {
                encoded.extend_from_slice(line.as_bytes());
                encoded.extend_from_slice(b"\r\n");
            }
            "7bit"
        } else {
            // Writing to memory does not fail.
            let _ = write_quoted_printable(text, &mut encoded);
            "quoted-printable"
        };
        Self {
            fields: String::new(),
            parameters: String::new(),
            text_parameters: String::new(),
            attachments,
            text: encoded,
            encoding,
            boundary: boundary(rng),
        }
    }

    /// Adds a field to the entity's header, in front of Content-Type: one that [`text_field`] or its like has made.
    pub fn push_field(&mut self, field: &str) {
        self.fields.push_str(field);
    }

    /// Adds a parameter to the entity's Content-Type; both are tokens (RFC 2045 section 5.1).
    pub fn push_content_type_parameter(&mut self, name: &str, token: &str) {
        self.parameters.push_str(&format!("; {name}=\"{token}\""));
    }

    /// Adds a parameter to the Content-Type of the text, which may be the entity itself.
    pub fn push_text_parameter(&mut self, name: &str, token: &str) {
        self.text_parameters.push_str(&format!("; {name}=\"{token}\""));
    }

    /// Writes the entity. An attachment that is longer or shorter than it said is an
    /// [`io::ErrorKind::InvalidData`] error.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_with(out, &|attachment, out| {
            let mut writer = Base64Writer::new(out, LINE);
            // One octet more than there should be tells that the file has grown.
            let mut content = (attachment.open)()?.take(attachment.len.saturating_add(1));
            if io::copy(&mut content, &mut writer)? != attachment.len {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "an attachment changed while it was read",
                ));
            }
            writer.finish().map(|_| ())
        })
    }

    /// How many octets [`Body::write_to`] writes. Reads no attachment.
    pub fn encoded_len(&self) -> u64 {
        let attached = Cell::new(0_u64);
        let mut rest = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write_with(&mut rest, &|attachment, _| {
            let length = Base64Writer::<Vec<u8>>::encoded_len(attachment.len, LINE);
            attached.set(attached.get().saturating_add(length));
            Ok(())
        });
        attached.get().saturating_add(rest.len() as u64)
    }

    fn write_with(
        &self,
        out: &mut dyn Write,
        content: &dyn Fn(&Attachment<'a>, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        out.write_all(self.fields.as_bytes())?;
        let parameters = &self.parameters;
        if self.attachments.is_empty() {
            return self.write_text(parameters, out);
        }
        let boundary = &self.boundary;
        write!(
            out,
            "Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"{parameters}\r\n\r\n--{boundary}\r\n"
        )?;
        self.write_text("", out)?;
        out.write_all(b"\r\n")?;
        for attachment in &self.attachments {
            write!(out, "--{boundary}\r\n")?;
            out.write_all(header(attachment).as_bytes())?;
            content(attachment, out)?;
        }
        write!(out, "--{boundary}--\r\n")
    }

    fn write_text(&self, parameters: &str, out: &mut dyn Write) -> io::Result<()> {
        let (encoding, own) = (self.encoding, &self.text_parameters);
        write!(
            out,
            "Content-Type: text/plain; charset=utf-8{own}{parameters}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        )?;
        out.write_all(&self.text)
    }
}

/// The header of an attachment with the blank line. The name stands there twice: by RFC 2231 for those who know
/// it, and in encoded words for the old ones.
fn header(attachment: &Attachment<'_>) -> String {
    let name = file_name::safe(&attachment.name);
    let media_type = media_type::checked(&attachment.media_type);
    format!(
        "Content-Type: {media_type};\r\n {}\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment;\r\n {}\r\n\r\n",
        field::old_parameter("name", &name),
        field::parameter("filename", &name)
    )
}

/// ASCII in lines of at most 76 with nothing that a server on the way may change.
fn is_seven_bit(text: &str) -> bool {
    text.lines().all(|line| {
        let changes = line.starts_with("From ")
            || line.starts_with('.')
            || line.starts_with("--")
            || line.ends_with([' ', '\t']);
        line.len() <= LINE && !changes && line.bytes().all(|c| matches!(c, b'\t' | b' '..=b'~'))
    })
}

/// A boundary that no line of base64 or quoted-printable can hold (`=_` and 144 random bits).
pub fn boundary(rng: &mut dyn CryptoRng) -> String {
    format!("=_{}", field::random(rng))
}

#[cfg(test)]
mod tests;
