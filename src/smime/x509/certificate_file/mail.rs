//! Mail with certificates in it: `smime-type=certs-only`, `application/pkix-cert`, a contact card.

use std::io::{Cursor, Read as _};

use super::collector::Collector;
use super::pem;
use crate::smime::Limits;
use crate::smime::mime::Entity;
use crate::smime::mime::split::split;

/// Types under which certificates, lists and cards travel.
const TYPES: [&str; 18] = [
    "application/pkix-cert",
    "application/pkix-crl",
    "application/pkix-pkipath",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/x-pkcs7-certificates",
    "application/x-pkcs7-crl",
    "application/x-x509-ca-cert",
    "application/x-x509-user-cert",
    "application/x-x509-email-cert",
    "application/x-pem-file",
    "application/pem-certificate-chain",
    "application/x-netscape-cert-sequence",
    "application/ldif",
    "text/ldif",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
];

/// Endings of names that tell as much where the type was lost.
const ENDINGS: [&str; 12] =
    [".cer", ".crt", ".der", ".pem", ".p7b", ".p7c", ".p7m", ".spc", ".crl", ".vcf", ".vcard", ".ldif"];

/// Looks into every part; false when this is no mail, or when there is nothing in it.
pub(super) fn read(text: &[u8], found: &mut Collector) -> bool {
    let head = text.get(..64 << 10).unwrap_or(text).to_ascii_lowercase();
    let says = |words: &[u8]| head.windows(words.len()).any(|part| part == words);
    if !says(b"content-type:") && !says(b"mime-version:") {
        return false;
    }
    let mut source = Cursor::new(text.to_vec());
    let Ok(entity) = split(&mut source, 0..u64::MAX, &Limits::default()) else { return false };
    if entity.headers.content_type().is_none() {
        return false;
    }
    let before = found.found();
    part(&entity, &mut source, found);
    found.found() > before
}

fn part(entity: &Entity, source: &mut Cursor<Vec<u8>>, found: &mut Collector) {
    if !entity.parts.is_empty() {
        return entity.parts.iter().for_each(|inner| part(inner, source, found));
    }
    let kind = entity.content_type.as_str();
    match kind {
        "application/x-pkcs12" | "application/pkcs12" => return found.pkcs12(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => {
            found.signed();
            // Who signed may have sent revocation lists along; the certificates wait for the signature to be checked.
            let mut octets = Vec::new();
            if entity.content(source).and_then(|mut content| content.read_to_end(&mut octets)).is_ok() {
                found.lists_of(&octets);
            }
            return;
        }
        _ => {}
    }
    let name = entity.file_name().unwrap_or_default().to_ascii_lowercase();
    let tells = TYPES.contains(&kind) || ENDINGS.iter().any(|ending| name.ends_with(ending));
    if !tells && kind != "text/plain" {
        return;
    }
    let mut octets = Vec::new();
    let read = entity.content(source).and_then(|mut content| content.read_to_end(&mut octets));
    if read.is_err() {
        found.damage();
    } else if tells {
        found.any(&octets);
    } else {
        // In the text of a mail there is PEM, or nothing.
        pem::read(&octets, found);
    }
}
