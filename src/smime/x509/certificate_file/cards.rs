//! Contact cards (vCard: RFC 6350, RFC 2426 and version 2.1) and directory entries (LDIF, RFC 2849).

use std::borrow::Cow;
use std::io::Read as _;

use super::collector::Collector;
use crate::smime::mime::encoding::{TransferEncoding, decoder};

/// Attributes of directory entries that hold certificates or lists (RFC 4523, RFC 2798).
const ATTRIBUTES: [&str; 6] = [
    "usercertificate",
    "usersmimecertificate",
    "cacertificate",
    "certificaterevocationlist",
    "authorityrevocationlist",
    "deltarevocationlist",
];

/// Takes the keys of all cards and entries; false when this is neither.
pub(super) fn read(text: &[u8], found: &mut Collector) -> bool {
    let lines = text.split(|octet| matches!(octet, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    let begins = |line: &[u8], word: &[u8]| {
        line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if !lines.into_iter().any(|line| begins(line, b"begin:vcard") || begins(line, b"dn:")) {
        return false;
    }
    let mut is_card = false;
    let mut is_entry = false;
    for line in unfold(text) {
        let Some((names, value)) = split(&line) else { continue };
        let mut names = names.split(';');
        // A card may group its properties: `item1.KEY`.
        let name = names.next().unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or(name).trim().to_ascii_lowercase();
        match name.as_str() {
            "begin" => is_card |= value.trim_ascii().eq_ignore_ascii_case(b"vcard"),
            "key" if is_card => {
                card_key(&names.map(str::to_ascii_lowercase).collect::<Vec<_>>(), value, found)
            }
            "dn" if !is_card => is_entry = true,
            // Two colons: the value is in base64.
            name if is_entry && ATTRIBUTES.contains(&name) => {
                if let Some(base64) = value.strip_prefix(b":") {
                    base64_value(base64, found);
                }
            }
            _ => {}
        }
    }
    is_card || is_entry
}

/// ```text
/// KEY;ENCODING=b:MII…    KEY;X509;ENCODING=BASE64:MII…    KEY:data:application/pkix-cert;base64,MII…    KEY:https://…
/// ```
fn card_key(parameters: &[String], value: &[u8], found: &mut Collector) {
    let says = |words: &[&str]| {
        parameters.iter().any(|parameter| {
            let word = parameter.rsplit('=').next().unwrap_or(parameter).trim_matches('"');
            words.contains(&word)
        })
    };
    if says(&["pgp", "application/pgp-keys"]) {
        return;
    }
    if says(&["b", "base64"]) {
        return base64_value(value, found);
    }
    if says(&["quoted-printable"]) {
        let mut decoded = Vec::new();
        let read = decoder(TransferEncoding::QuotedPrintable, Box::new(value)).read_to_end(&mut decoded);
        if read.is_ok() {
            found.any(&decoded);
        }
        return;
    }
    let text = value.trim_ascii();
    let lower = text.get(..64.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    if lower.starts_with(b"data:") {
        data_uri(text.get(5..).unwrap_or_default(), found);
    } else if [&b"http:"[..], b"https:", b"ldap:", b"ldaps:", b"ftp:"].iter().any(|s| lower.starts_with(s)) {
        found.elsewhere(&String::from_utf8_lossy(text));
    } else {
        found.any(&unescape(text));
    }
}

/// RFC 2397, without the scheme: type, parameters, a comma, the content.
fn data_uri(uri: &[u8], found: &mut Collector) {
    // A card may have put a backslash before the comma.
    let Some(comma) = uri.iter().position(|octet| *octet == b',') else { return found.damage() };
    let (kind, content) = uri.split_at(comma);
    let kind = String::from_utf8_lossy(kind).to_ascii_lowercase();
    if kind.starts_with("application/pgp") {
        return;
    }
    let content = content.get(1..).unwrap_or_default();
    let content = percent_decode(content);
    if kind.trim_end_matches('\\').ends_with("base64") {
        base64_value(&content, found);
    } else {
        found.any(&content);
    }
}

fn base64_value(value: &[u8], found: &mut Collector) {
    let base64: Vec<u8> = value.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    // Some programs put PEM in base64 once more.
    match base64_simd::forgiving_decode_to_vec(&base64) {
        Ok(octets) => found.any(&octets),
        Err(_) => found.damage(),
    }
}

/// `%41` is an A.
pub(super) fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(octet) => {
                decoded.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

/// `\n` is a line end (RFC 6350 section 3.4).
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut octets = text.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match (octet, octets.peek()) {
            (b'\\', Some(b'n' | b'N')) => {
                octets.next();
                plain.push(b'\n');
            }
            (b'\\', Some(_)) => plain.extend(octets.next()),
            _ => plain.push(octet),
        }
    }
    plain
}

/// Name with parameters, and value: the first colon outside of quotes parts them.
fn split(line: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let mut quoted = false;
    let colon = line.iter().position(|octet| {
        quoted ^= *octet == b'"';
        *octet == b':' && !quoted
    })?;
    let name = String::from_utf8_lossy(line.get(..colon)?);
    Some((name, line.get(colon + 1..)?))
}

/// Lines put together: one that begins with a space or a tab goes on with the one before (RFC 6350 section 3.2, RFC 2849), and so
/// does one after `=` in quoted-printable, and base64 that old programs did not indent.
fn unfold(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let text = text.split(|octet| *octet == b'\n').flat_map(|line| {
        // Lines of old Macs end with CR alone.
        line.strip_suffix(b"\r").unwrap_or(line).split(|octet| *octet == b'\r')
    });
    for line in text {
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        match lines.last_mut() {
            Some(before) if folded => before.extend_from_slice(line.get(1..).unwrap_or_default()),
            Some(before) if before.ends_with(b"=") && is_quoted_printable(before) => {
                before.pop();
                before.extend_from_slice(line);
            }
            Some(before) if !line.is_empty() && !line.contains(&b':') && is_base64(before) => {
                before.extend_from_slice(line.trim_ascii());
            }
            Some(_) | None => lines.push(line.to_vec()),
        }
    }
    lines
}

fn parameters_of(line: &[u8]) -> String {
    let start = line.get(..500).unwrap_or(line);
    let end = start.iter().position(|octet| *octet == b':').unwrap_or(0);
    String::from_utf8_lossy(start.get(..end).unwrap_or_default()).to_ascii_lowercase()
}

fn is_quoted_printable(line: &[u8]) -> bool {
    parameters_of(line).contains("quoted-printable")
}

fn is_base64(line: &[u8]) -> bool {
    let parameters = parameters_of(line);
    parameters.contains("encoding=base64")
        || parameters.contains("encoding=b")
        || parameters.ends_with(";base64")
}
