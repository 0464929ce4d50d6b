//! Encoded words (RFC 2047).

use super::charset;
use crate::smime::mime::encoding::{base64_word, q_word};

/// Octets of one word that are looked at; RFC 2047 allows 75, writers do not keep to it.
const MAX_WORD: usize = 1024;

/// Decodes the words in `text`. Octets of neighbours in the same charset are joined before they are decoded, since
/// many writers break characters in two. What is no word stays as it is.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Charset and octets of the words seen last.
    let mut words: Option<(&str, Vec<u8>)> = None;
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        let (gap, from) = rest.split_at(start);
        let Some(word) = Word::parse(from) else {
            finish(&mut words, &mut out);
            let (kept, after) = rest.split_at(start + 2);
            out.push_str(kept);
            rest = after;
            continue;
        };
        if words.is_none() || !gap.trim().is_empty() {
            finish(&mut words, &mut out);
            out.push_str(gap);
        }
        match &mut words {
            Some((charset, octets)) if charset.eq_ignore_ascii_case(word.charset) => {
                octets.extend(word.octets)
            }
            _ => {
                finish(&mut words, &mut out);
                words = Some((word.charset, word.octets));
            }
        }
        rest = from.get(word.length..).unwrap_or_default();
    }
    finish(&mut words, &mut out);
    out.push_str(rest);
    out
}

fn finish(words: &mut Option<(&str, Vec<u8>)>, out: &mut String) {
    if let Some((charset, octets)) = words.take() {
        out.push_str(&charset::decode(Some(charset), &octets));
    }
}

struct Word<'a> {
    charset: &'a str,
    octets: Vec<u8>,
    length: usize,
}

impl<'a> Word<'a> {
    /// `=?charset*language?q?data?=` at the start of `text`.
    fn parse(text: &'a str) -> Option<Self> {
        let window = text.as_bytes();
        let window = window.get(..MAX_WORD).unwrap_or(window);
        let charset_end = 2 + memchr::memchr(b'?', window.get(2..)?)?;
        let charset = text.get(2..charset_end)?;
        let charset = charset.split('*').next().unwrap_or_default();
        if charset.is_empty() || !charset.bytes().all(|c| c.is_ascii_graphic()) {
            return None;
        }
        let &[encoding, b'?'] = window.get(charset_end + 1..charset_end + 3)? else { return None };
        let data_start = charset_end + 3;
        let data_end = data_start + memchr::memmem::find(window.get(data_start..)?, b"?=")?;
        let data = window.get(data_start..data_end)?;
        let octets = match encoding {
            b'q' | b'Q' => q_word(data),
            b'b' | b'B' => base64_word(data),
            _ => return None,
        };
        Some(Self { charset, octets, length: data_end + 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded_and_neighbours_joined() {
        for (text, expected) in [
            ("=?US-ASCII?Q?a_b?=", "a b"),
            ("(=?iso-8859-1?q?a?= b)", "(a b)"),
            ("=?utf-8?q?a?=  \t =?utf-8?q?b?=", "ab"),
            ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
            ("=?utf-8?b?ww==?= =?UTF-8?b?qQ==?=", "é"),
            ("=?iso-8859-1*en?q?=E9?= =?utf-8?q?=C3=A9?= x", "éé x"),
            ("=?utf-8?q?=41?=", "A"),
            ("=?utf-8?q??=x", "x"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_word_stays() {
        for text in ["=?", "=?utf-8?x?a?=", "a =? b", "=??q?a?=", "=?utf-8?q?a", "=?ü?q?a?=", "2 =?= 3"] {
            assert_eq!(decode(text), text);
        }
    }
}
