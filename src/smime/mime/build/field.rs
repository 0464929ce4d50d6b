//! Header fields: folded, encoded, and never more than one.

use base64_simd::STANDARD;
use jiff::Timestamp;
use rand_core::CryptoRng;

use crate::smime::mime::header::Mailbox;

/// Characters in a line.
const LINE: usize = 76;
/// Characters in an encoded word (RFC 2047 section 2) beside its data: `=?utf-8?q?` and `?=`.
const WORD_FRAME: usize = 12;
/// Characters in a message identifier; a line has at most 998 (RFC 5322 section 2.1.1).
const IDENTIFIER: usize = 900;
/// Characters in an encoded word in all.
const WORD: usize = 75;

/// `Name: value` folded at 76 with CRLF at its end; the value is encoded (RFC 2047) where it needs to be. Line
/// ends in the value become spaces, other controls go.
pub fn text_field(name: &str, value: &str) -> String {
    let (name, value) = (field_name(name), clean(value));
    let long = value.split(' ').any(|word| word.len() > LINE - 2);
    if value.is_ascii() && !value.contains("=?") && !long {
        return fold(&name, &value);
    }
    fold(&name, &encoded_words(&value, (LINE - WORD_FRAME).saturating_sub(name.len() + 2), is_text_safe))
}

/// An address list field (RFC 5322 section 3.4) with CRLF at its end; names as atoms, quoted strings or encoded
/// words. An address with characters beyond ASCII is written as it is (RFC 6532).
pub fn mailbox_field(name: &str, mailboxes: &[Mailbox]) -> String {
    let list: Vec<String> = mailboxes.iter().map(mailbox).collect();
    fold(&field_name(name), &list.join(", "))
}

fn mailbox(mailbox: &Mailbox) -> String {
    let address = &mailbox.address;
    let name = mailbox.name.as_deref().map(clean).filter(|name| !name.is_empty());
    let Some(name) = name else { return address.to_string() };
    let atoms = |c: u8| c.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&c);
    let long = name.split(' ').any(|word| word.len() > 60);
    let phrase = if !name.is_ascii() || name.contains("=?") || long {
        encoded_words(&name, WORD - WORD_FRAME, is_phrase_safe)
    } else if name.bytes().all(atoms) {
        name
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    };
    format!("{phrase} <{address}>")
}

/// A field of message identifiers (`<id@domain>`, RFC 5322 section 3.6.4) with CRLF at its end; None without any. What is
/// no identifier is left out.
pub fn identifiers_field(name: &str, identifiers: &[String]) -> Option<String> {
    let is_one = |text: &&str| text.len() <= IDENTIFIER && text.bytes().all(|c| c.is_ascii_graphic());
    let list: Vec<&str> = identifiers.iter().map(String::as_str).filter(is_one).collect();
    (!list.is_empty()).then(|| fold(&field_name(name), &list.join(" ")))
}

/// `Date: …` (RFC 5322 section 3.3) in UTC (+0000) with CRLF at its end.
pub fn date_field(time: Timestamp) -> String {
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    format!("Date: {}\r\n", time.strftime("%a, %d %b %Y %H:%M:%S +0000"))
}

/// `<random@domain>` with 144 random bits; characters that a domain cannot have are left out.
pub fn message_id(domain: &str, rng: &mut dyn CryptoRng) -> String {
    let domain: String =
        domain.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    let domain = if domain.is_empty() { "localhost" } else { &domain };
    format!("<{}@{domain}>", random(rng))
}

/// 144 random bits in letters and digits.
pub(super) fn random(rng: &mut dyn CryptoRng) -> String {
    let mut octets = [0; 18];
    rng.fill_bytes(&mut octets);
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A parameter in RFC 2231: `name="value"`, or in parts of a line each, in UTF-8 with percent signs.
pub(super) fn parameter(name: &str, value: &str) -> String {
    let plain = value.is_ascii() && !value.contains("=?") && !value.contains(|c: char| c.is_control());
    if plain && value.len() + name.len() + 5 <= LINE {
        return format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut parts = vec![String::from("utf-8''")];
    // ` name*10*=` and `;` around each.
    let room = LINE - name.len() - 8;
    for c in value.chars() {
        let encoded = percent(c);
        match parts.last_mut() {
            Some(part) if part.len() + encoded.len() <= room => part.push_str(&encoded),
            _ => parts.push(encoded),
        }
    }
    if let [part] = parts.as_slice() {
        return format!("{name}*={part}");
    }
    let parts: Vec<_> = parts.iter().enumerate().map(|(i, part)| format!("{name}*{i}*={part}")).collect();
    parts.join(";\r\n ")
}

/// A parameter as mailers write it that do not know RFC 2231: encoded words in quotes.
pub(super) fn old_parameter(name: &str, value: &str) -> String {
    let plain = value.is_ascii() && !value.contains("=?") && value.len() + name.len() + 5 <= LINE;
    if plain {
        return parameter(name, value);
    }
    let words = encoded_words(value, WORD - WORD_FRAME - name.len() - 4, is_phrase_safe);
    let words: Vec<&str> = words.split(' ').collect();
    format!("{name}=\"{}\"", words.join("\r\n "))
}

fn percent(c: char) -> String {
    if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
        return c.to_string();
    }
    c.encode_utf8(&mut [0; 4]).bytes().map(|octet| format!("%{octet:02X}")).collect()
}

/// Encoded words with spaces between them, no character broken in two; `first` is the room for data in the first.
/// Each word is written in Q or B, whichever is shorter for the whole text.
fn encoded_words(text: &str, first: usize, safe: fn(u8) -> bool) -> String {
    let q_length: usize = text.bytes().map(|c| if safe(c) || c == b' ' { 1 } else { 3 }).sum();
    let use_q = q_length <= text.len().div_ceil(3) * 4;
    // A character of four octets fits in any word.
    let mut room = first.clamp(12, WORD - WORD_FRAME);
    let mut words: Vec<String> = Vec::new();
    let mut octets: Vec<u8> = Vec::new();
    for c in text.chars() {
        let mut buffer = [0; 4];
        let c = c.encode_utf8(&mut buffer).as_bytes();
        octets.extend_from_slice(c);
        if data(&octets, use_q, safe).len() > room {
            octets.truncate(octets.len() - c.len());
            words.push(word(&octets, use_q, safe));
            octets.clear();
            octets.extend_from_slice(c);
            room = WORD - WORD_FRAME - 1;
        }
    }
    words.push(word(&octets, use_q, safe));
    words.join(" ")
}

fn word(octets: &[u8], use_q: bool, safe: fn(u8) -> bool) -> String {
    format!("=?utf-8?{}?{}?=", if use_q { 'q' } else { 'b' }, data(octets, use_q, safe))
}

fn data(octets: &[u8], use_q: bool, safe: fn(u8) -> bool) -> String {
    if !use_q {
        return STANDARD.encode_to_string(octets);
    }
    let octet = |&c: &u8| match c {
        b' ' => "_".to_owned(),
        c if safe(c) => char::from(c).to_string(),
        c => format!("={c:02X}"),
    };
    octets.iter().map(octet).collect()
}

fn is_text_safe(c: u8) -> bool {
    c.is_ascii_graphic() && !b"=?_".contains(&c)
}

/// RFC 2047 section 5 (3).
fn is_phrase_safe(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"!*+-/".contains(&c)
}

fn field_name(name: &str) -> String {
    name.chars().filter(|&c| c.is_ascii_graphic() && c != ':').collect()
}

/// On one line: a value can never begin another field.
fn clean(value: &str) -> String {
    let value = value.replace("\r\n", " ");
    let one_line = |c: char| if c.is_whitespace() { ' ' } else { c };
    let clean: String = value.chars().map(one_line).filter(|c| !c.is_control()).collect();
    clean.trim().to_owned()
}

/// Breaks lines before white space (RFC 5322 section 2.2.3).
fn fold(name: &str, value: &str) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    let mut rest = value;
    let mut leading = 1;
    while !rest.is_empty() {
        let end = rest.find(' ').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if column + leading + word.len() > LINE && column > name.len() + 1 {
            out.push_str("\r\n");
            column = 0;
        }
        out.extend(std::iter::repeat_n(' ', leading));
        out.push_str(word);
        column += leading + word.len();
        rest = after.trim_start_matches(' ');
        leading = after.len() - rest.len();
    }
    out.push_str("\r\n");
    out
}
