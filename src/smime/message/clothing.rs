//! What a message wears: DER or BER as it is, PEM, bare base64, or MIME. Judged by the bytes, never by a name.

use std::io::{self, Read, Seek, SeekFrom};

use crate::smime::asn1::{Cursor, Malformed, tag};
use crate::smime::mime::encoding::Base64Source;
use crate::smime::mime::file_name;
use crate::smime::pkcs12;
use crate::smime::x509::Certificate;
use crate::smime::{Limits, Source, cms::content_info};

/// How many octets are looked at.
const HEAD: usize = 64 * 1024;

/// The labels of PEM that hold a ContentInfo: RFC 7468 sections 8 and 9, OpenSSL's and GpgSM's.
const CMS_LABELS: [&[u8]; 5] =
    [b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA", b"ENCRYPTED MESSAGE", b"SIGNED MESSAGE"];

/// A source without its armour.
pub enum Bare {
    /// A ContentInfo in DER or BER.
    Cms(Box<dyn Source>),
    /// Begins with a header field: a mail or another MIME entity.
    Entity(Box<dyn Source>),
    /// Neither; what it looks like instead.
    Other(Box<dyn Source>, Kind),
}

/// What a file is that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No octets at all.
    Empty,
    /// A certificate, alone or several.
    Certificate,
    /// Certificates that an authority has taken back.
    RevocationList,
    /// A key with its certificates under a password.
    Pkcs12,
    /// A private key.
    PrivateKey,
    /// A mail as Outlook keeps it (a compound file, MS-OXMSG).
    OutlookMessage,
    /// Another compound file: perhaps such a mail, perhaps an old office document.
    CompoundFile,
    /// Text in UTF-16.
    Utf16,
    /// A format that its first octets name: "a picture (PNG)".
    Named(&'static str),
    /// Text.
    Text,
    /// Anything else.
    Unknown,
}

/// Looks at the first octets and takes the armour off.
pub fn recognise(source: Box<dyn Source>, limits: &Limits) -> io::Result<Bare> {
    look(source, limits, true)
}

/// The same for what lay inside a layer. There is no armour there: a text that quotes some is a text.
pub fn recognise_inside(source: Box<dyn Source>, limits: &Limits) -> io::Result<Bare> {
    look(source, limits, false)
}

fn look(mut source: Box<dyn Source>, limits: &Limits, armour: bool) -> io::Result<Bare> {
    let mut head = Vec::with_capacity(4096);
    source.seek(SeekFrom::Start(0))?;
    source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;

    if head.is_empty() {
        return Ok(Bare::Other(source, Kind::Empty));
    }
    if head.first() == Some(&0x30) {
        // A text may begin with the digit 0 and a letter.
        let text = head.get(1).is_some_and(u8::is_ascii_alphabetic);
        if !text || content_info::peek(&mut &head[..], limits).is_ok() || der_kind(&head).is_some() {
            return classify_ber(source, &head, limits);
        }
    }
    let lead = head.iter().take_while(|octet| b" \t\r\n\xef\xbb\xbf".contains(octet)).count();
    let text = &head[lead..];
    if starts_with_field(text) {
        return Ok(Bare::Entity(source));
    }
    if !armour {
        let kind = known_format(&head);
        return Ok(Bare::Other(source, kind));
    }
    if let Some((label, start)) = pem_block(text) {
        let start = (lead + start) as u64;
        return match label {
            label if CMS_LABELS.contains(&label) => unarmour(source, start, limits),
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => {
                Ok(Bare::Other(source, Kind::Certificate))
            }
            b"X509 CRL" => Ok(Bare::Other(source, Kind::RevocationList)),
            other if other.ends_with(b"PRIVATE KEY") => Ok(Bare::Other(source, Kind::PrivateKey)),
            _ => Ok(Bare::Other(source, Kind::Text)),
        };
    }
    if is_base64_of_ber(text, limits) {
        return unarmour(source, lead as u64, limits);
    }
    let kind = known_format(&head);
    Ok(Bare::Other(source, kind))
}

/// Is this text the armour of a ContentInfo, PEM or base64, from its first line on?
pub(super) fn is_armoured_cms(text: &[u8], limits: &Limits) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    base64_line(text).is_some_and(|line| is_base64_of_content_info(line, limits))
        || CMS_LABELS.iter().any(|label| {
            let line = text.strip_prefix(b"-----BEGIN ").and_then(|line| line.strip_prefix(*label));
            line.is_some_and(|line| line.starts_with(b"-----"))
        })
}

/// The name of what was signed or sealed in a file of this name, made safe: `invoice.xml` of `invoice.xml.p7m`. None: the
/// name does not say.
pub fn inner_name(name: &str) -> Option<String> {
    let mut inner = name.trim();
    while let Some((stem, extension)) = inner.rsplit_once('.')
        && !stem.is_empty()
        && ["p7m", "p7s", "p7z", "p7e"].iter().any(|known| known.eq_ignore_ascii_case(extension))
    {
        inner = stem;
    }
    (inner.len() < name.trim().len()).then(|| file_name::safe(inner))
}

/// Does the name end as those of files of a certain kind do?
pub(super) fn has_extension(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=5).contains(&extension.len())
            && extension.bytes().all(|octet| octet.is_ascii_alphanumeric())
    })
}

fn unarmour(mut source: Box<dyn Source>, start: u64, limits: &Limits) -> io::Result<Bare> {
    let end = source.seek(SeekFrom::End(0))?;
    let mut decoded = Base64Source::new(source, start, end);
    let mut head = Vec::new();
    // An illegal character further on is found, and told, when the content is read.
    let _ = decoded.by_ref().take(HEAD as u64).read_to_end(&mut head);
    decoded.seek(SeekFrom::Start(0))?;
    classify_ber(Box::new(decoded), &head, limits)
}

fn classify_ber(source: Box<dyn Source>, head: &[u8], limits: &Limits) -> io::Result<Bare> {
    if content_info::peek(&mut &head[..], limits).is_ok() {
        return Ok(Bare::Cms(source));
    }
    Ok(Bare::Other(source, der_kind(head).unwrap_or(Kind::Unknown)))
}

/// What is known in DER beside messages.
fn der_kind(head: &[u8]) -> Option<Kind> {
    if pkcs12::looks_like(head) {
        Some(Kind::Pkcs12)
    } else if Certificate::from_der(head).is_ok() {
        Some(Kind::Certificate)
    } else if looks_like_revocation_list(head) {
        Some(Kind::RevocationList)
    } else {
        looks_like_private_key(head).then_some(Kind::PrivateKey)
    }
}

/// The beginning of a CertificateList (RFC 5280 section 5.1), which may be long: tbsCertList with a version, if it has one,
/// an algorithm, an issuer and a time.
fn looks_like_revocation_list(head: &[u8]) -> bool {
    let time = |fields: &[u8]| {
        let mut fields = Cursor::new(fields);
        fields.optional(tag::INTEGER)?;
        fields.expect(tag::SEQUENCE)?.cursor().oid()?;
        fields.expect(tag::SEQUENCE)?;
        Ok::<_, Malformed>(fields.element()?.tag)
    };
    let inside = inside_sequence(head).and_then(inside_sequence);
    inside.is_some_and(|fields| matches!(time(fields), Ok(tag::UTC_TIME | tag::GENERALIZED_TIME)))
}

/// PrivateKeyInfo (RFC 5958 section 2).
fn looks_like_private_key(head: &[u8]) -> bool {
    let read = || {
        let mut fields = Cursor::single(head)?.sequence()?;
        let version = fields.element()?.small_integer()?;
        fields.expect(tag::SEQUENCE)?.cursor().oid()?;
        fields.expect(tag::OCTET_STRING)?;
        Ok::<_, Malformed>(version)
    };
    matches!(read(), Ok(0 | 1))
}

/// What follows the identifier and the length of a SEQUENCE of definite length, whether all of it is there or not.
fn inside_sequence(der: &[u8]) -> Option<&[u8]> {
    match der {
        [tag::SEQUENCE, 0..=0x7f, inside @ ..] => Some(inside),
        [tag::SEQUENCE, long @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(long & 0x7f)..),
        _ => None,
    }
}

/// A line `Name: …` (RFC 5322 section 2.2; `Name :` in old mail, section 4.5) or an mbox `From ` line at the start.
fn starts_with_field(text: &[u8]) -> bool {
    let text = match text.strip_prefix(b"From ").or(text.strip_prefix(b">From ")) {
        Some(rest) => rest.iter().position(|octet| *octet == b'\n').map_or(&[][..], |end| &rest[end + 1..]),
        None => text,
    };
    let name = text.iter().take(80).take_while(|octet| octet.is_ascii_graphic() && **octet != b':').count();
    let rest = text.get(name..).unwrap_or_default();
    let space = rest.iter().take(80).take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    name > 0 && rest.get(space) == Some(&b':')
}

/// The label of the first PEM block and where its body starts.
fn pem_block(text: &[u8]) -> Option<(&[u8], usize)> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let mut at = 0;
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        at += line.len();
        if let Some(label) = line.strip_prefix(BEGIN) {
            let end = label.windows(5).position(|window| window == b"-----")?;
            return Some((&label[..end], at));
        }
    }
    None
}

/// Base64 whose first octets are a SEQUENCE: `MI…` if its length has a length, else it must be a ContentInfo.
fn is_base64_of_ber(text: &[u8], limits: &Limits) -> bool {
    let Some(line) = base64_line(text) else { return false };
    line.starts_with(b"MI") || is_base64_of_content_info(line, limits)
}

/// The first line, if it is base64 that may begin with a SEQUENCE.
fn base64_line(text: &[u8]) -> Option<&[u8]> {
    let line = text.split(|octet| matches!(octet, b'\n' | b'\r')).next().unwrap_or_default().trim_ascii_end();
    let letters = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/=".contains(octet);
    (line.len() >= 16 && line.starts_with(b"M") && line.iter().all(letters)).then_some(line)
}

fn is_base64_of_content_info(line: &[u8], limits: &Limits) -> bool {
    let groups = line.get(..line.len().min(64) / 4 * 4).unwrap_or_default();
    let octets = base64_simd::STANDARD.decode_to_vec(groups);
    octets.is_ok_and(|octets| content_info::peek(&mut &octets[..], limits).is_ok())
}

fn known_format(head: &[u8]) -> Kind {
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound_file(head);
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Kind::Utf16;
    }
    const FORMATS: [(&[u8], &str); 9] = [
        (b"\x89PNG\r\n", "a picture (PNG)"),
        (b"\xff\xd8\xff", "a picture (JPEG)"),
        (b"GIF8", "a picture (GIF)"),
        (b"%PDF-", "a document (PDF)"),
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"\x1f\x8b", "a compressed file (gzip)"),
        (b"\x7fELF", "a program"),
        (b"MZ", "a program"),
        (b"-----BEGIN PGP", "an OpenPGP message"),
    ];
    match FORMATS.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, name)) => Kind::Named(name),
        None if std::str::from_utf8(&head[..head.len().min(512)]).is_ok() => Kind::Text,
        None => Kind::Unknown,
    }
}

/// The directory of an Outlook message has entries of certain names, in UTF-16; it mostly stands near the beginning.
fn compound_file(head: &[u8]) -> Kind {
    let utf16 = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let names = ["__properties_version1.0", "__nameid_version1.0", "__substg1.0_"];
    if names.iter().any(|name| memchr::memmem::find(head, &utf16(name)).is_some()) {
        Kind::OutlookMessage
    } else {
        Kind::CompoundFile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(bytes: &[u8]) -> String {
        let source = Box::new(io::Cursor::new(bytes.to_vec()));
        match recognise(source, &Limits::default()).unwrap() {
            Bare::Cms(_) => "cms".into(),
            Bare::Entity(_) => "entity".into(),
            Bare::Other(_, kind) => format!("{kind:?}"),
        }
    }

    #[test]
    fn the_bytes_tell_what_a_file_is() {
        assert_eq!(kind(b""), "Empty");
        assert_eq!(kind(b"Subject: hello\r\n\r\n"), "entity");
        assert_eq!(kind(b"Subject : hello\r\n\r\n"), "entity");
        assert_eq!(kind(b"Subject hello: hello\r\n\r\n"), "Text");
        assert_eq!(kind(b"\xef\xbb\xbf\r\nMIME-Version: 1.0\r\n"), "entity");
        assert_eq!(kind(b"From robin Mon\nTo: b@example.com\n"), "entity");
        assert_eq!(kind(b">From robin Mon\nTo: b@example.com\n"), "entity");
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n"), "Named(\"a picture (PNG)\")");
        assert_eq!(kind(b"just some words"), "Text");
        assert_eq!(kind(b"\xff\xfeF\0r\0o\0m\0:\0"), "Utf16");
        let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        assert_eq!(kind(&compound), "CompoundFile");
        let name = "__nameid_version1.0".encode_utf16().flat_map(u16::to_le_bytes);
        assert_eq!(
            kind(&compound.into_iter().chain([0; 1024]).chain(name).collect::<Vec<u8>>()),
            "OutlookMessage"
        );
        assert_eq!(kind(b"-----BEGIN X509 CRL-----\nAA==\n"), "RevocationList");
        // tbsCertList without a version, long and cut short; PKCS #8; and neither.
        let list = b"\x30\x84\0\x10\0\0\x30\x84\0\x0f\0\0\x30\x05\x06\x03\x2a\x03\x04\x30\0\x17\x01Z";
        assert_eq!(kind(list), "RevocationList");
        assert_eq!(kind(&[&list[..22], b"\x04\x01Z"].concat()), "Unknown");
        assert_eq!(kind(&list[..20]), "Unknown");
        assert_eq!(kind(b"\x30\x0d\x02\x01\0\x30\x05\x06\x03\x2a\x03\x04\x04\x01\0"), "PrivateKey");
        assert_eq!(kind(b"\x30\x0d\x02\x01\x02\x30\x05\x06\x03\x2a\x03\x04\x04\x01\0"), "Unknown");
        assert_eq!(kind(b"-----BEGIN EC PRIVATE KEY-----\nAA==\n"), "PrivateKey");
        assert_eq!(kind(b"bag\r\n-----BEGIN CERTIFICATE-----\r\nAA==\r\n"), "Certificate");
    }

    #[test]
    fn a_content_info_is_found_under_every_armour() {
        // SEQUENCE { OID signedData, [0] … }, its content cut short
        let der = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01";
        let base64 = base64_simd::STANDARD.encode_to_string(der);
        assert_eq!(kind(der), "cms");
        // A length that is a letter
        assert_eq!(kind(b"0W\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06\xa0\x4a"), "cms");
        assert_eq!(kind(b"0W of text"), "Text");
        assert_eq!(kind(base64.as_bytes()), "cms");
        assert_eq!(
            kind(format!("-----BEGIN CMS-----\r\n{base64}\r\n-----END CMS-----\r\n").as_bytes()),
            "cms"
        );
        let small =
            base64_simd::STANDARD.encode_to_string(b"0W\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06\xa0\x4a");
        assert_eq!(kind(format!("{small}\r{small}").as_bytes()), "cms");
        assert_eq!(kind(b"MerelyAWordOfSixteenLetters"), "Text");
        assert_eq!(kind(format!("note\n-----BEGIN PKCS7-----\n{base64}\n").as_bytes()), "cms");
    }

    #[test]
    fn the_name_of_what_is_inside_follows() {
        for (name, inner) in [
            ("invoice.xml.p7m", Some("invoice.xml")),
            ("Invoice.XML.P7M.p7m", Some("Invoice.XML")),
            ("../x/contract.pdf.p7s", Some("contract.pdf")),
            ("smime.p7m", Some("smime")),
            (".p7m", None),
            ("invoice.xml", None),
        ] {
            assert_eq!(inner_name(name).as_deref(), inner, "{name}");
        }
        assert!(has_extension("invoice.xml") && !has_extension("smime") && !has_extension("Dr. Reed"));
    }
}
