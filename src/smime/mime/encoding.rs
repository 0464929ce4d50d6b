//! Content-Transfer-Encodings (RFC 2045 section 6) as streams.

mod base64_len;
mod base64_source;
mod base64_text;
mod base64_writer;
mod quoted_printable;
mod section;
mod uuencode;

use std::io::Read;

pub use base64_source::Base64Source;
pub use base64_writer::Base64Writer;
pub use quoted_printable::write_quoted_printable;
pub use section::Section;
pub use uuencode::{uuencoded_files, uuencoded_name};

pub(in crate::smime::mime) use base64_len::base64_len;
pub(in crate::smime::mime) use base64_text::base64_word;
pub(in crate::smime::mime) use quoted_printable::q_word;

use base64_text::Base64Reader;
use quoted_printable::QuotedPrintableReader;
use uuencode::UuReader;

/// How a body is written in the message (RFC 2045 section 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransferEncoding {
    /// `7bit`, `8bit` or `binary`: the octets are the body.
    #[default]
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
    /// `x-uuencode` and its other names, of mail before MIME had base64 everywhere.
    Uuencode,
    /// Not known here: the octets are left as they are.
    Unknown,
}

impl TransferEncoding {
    /// Reads the value of Content-Transfer-Encoding; comments and case do not matter, no field means `7bit`.
    pub fn from_field(value: Option<&str>) -> Self {
        let Some(value) = value else { return Self::Identity };
        let token = super::header::first_token(value);
        match token.to_ascii_lowercase().as_str() {
            "" | "7bit" | "8bit" | "binary" => Self::Identity,
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            "x-uuencode" | "uuencode" | "x-uue" | "x-uu" => Self::Uuencode,
            _ => Self::Unknown,
        }
    }
}

/// A decoding reader over the encoded octets. It forgives: what does not belong to the encoding is skipped
/// (base64) or kept as it stands (quoted-printable). Errors are those of `encoded` alone.
pub fn decoder<'a>(encoding: TransferEncoding, encoded: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
    match encoding {
        TransferEncoding::Identity | TransferEncoding::Unknown => encoded,
        TransferEncoding::Base64 => Box::new(Base64Reader::new(encoded)),
        TransferEncoding::QuotedPrintable => Box::new(QuotedPrintableReader::new(encoded)),
        TransferEncoding::Uuencode => Box::new(UuReader::new(encoded)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_read_with_comments_and_in_any_case() {
        let read = |value| TransferEncoding::from_field(Some(value));
        assert_eq!(read(" (old) BASE64 (really)"), TransferEncoding::Base64);
        assert_eq!(read("Quoted-Printable;"), TransferEncoding::QuotedPrintable);
        assert_eq!(read("8bit"), TransferEncoding::Identity);
        assert_eq!(read("X-UUencode"), TransferEncoding::Uuencode);
        assert_eq!(read("x-binhex"), TransferEncoding::Unknown);
        assert_eq!(TransferEncoding::from_field(None), TransferEncoding::Identity);
    }

    #[test]
    fn a_decoder_decodes_what_its_encoding_says() {
        let decoded = |encoding, text: &'static str| {
            let mut out = String::new();
            decoder(encoding, Box::new(text.as_bytes())).read_to_string(&mut out).unwrap();
            out
        };
        assert_eq!(decoded(TransferEncoding::Base64, "Y2Fm\r\nw*6k="), "café");
        assert_eq!(decoded(TransferEncoding::QuotedPrintable, "caf=C3=\r\n=A9"), "café");
        assert_eq!(decoded(TransferEncoding::Uuencode, "begin 644 x\r\n#0V%T\r\n`\r\nend\r\n"), "Cat");
        assert_eq!(decoded(TransferEncoding::Identity, "caf=E9"), "caf=E9");
    }
}
