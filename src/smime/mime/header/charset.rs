//! Charsets by name.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Unicode of `octets` by the charset's name. Unknown, missing and ASCII: UTF-8 if it is that, Windows-1252
/// (a superset of Latin-1) otherwise. What the charset does not know becomes U+FFFD.
pub(in crate::smime::mime) fn decode(charset: Option<&str>, octets: &[u8]) -> String {
    let name = charset.unwrap_or_default().trim();
    // WHATWG reads these as Windows-1252; UTF-8 under a wrong name is far more common.
    let plain =
        name.is_empty() || name.eq_ignore_ascii_case("us-ascii") || name.eq_ignore_ascii_case("ascii");
    match Encoding::for_label(name.as_bytes()) {
        Some(encoding) if !plain && encoding != REPLACEMENT => {
            encoding.decode_with_bom_removal(octets).0.into_owned()
        }
        _ if plain => guess(octets),
        _ => match charset_decoder(name.as_bytes()) {
            Some(decode) => decode(octets),
            None => guess(octets),
        },
    }
}

fn guess(octets: &[u8]) -> String {
    // A text that was cut off may end within a character.
    let valid = match std::str::from_utf8(octets) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let encoding = if valid { UTF_8 } else { WINDOWS_1252 };
    encoding.decode_with_bom_removal(octets).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_are_found_by_their_names() {
        assert_eq!(decode(Some("ISO-8859-1"), b"caf\xe9"), "café");
        assert_eq!(decode(Some("koi8-r"), b"\xf0\xd2"), "Пр");
        assert_eq!(decode(Some("iso-2022-jp"), b"\x1b$B%F\x1b(B"), "テ");
        assert_eq!(decode(Some("utf-7"), b"Hi +AOk-"), "Hi é");
        assert_eq!(decode(Some("utf-16be"), b"\0h\0i"), "hi");
    }

    #[test]
    fn an_unknown_charset_is_guessed() {
        for name in [None, Some(""), Some("x-unknown"), Some("us-ascii")] {
            assert_eq!(decode(name, "é".as_bytes()), "é", "{name:?}");
            assert_eq!(decode(name, b"caf\xe9."), "café.", "{name:?}");
        }
        assert_eq!(decode(Some("utf-8"), b"a\xff"), "a\u{fffd}");
    }
}
