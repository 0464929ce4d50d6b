//! The files in which p11-kit keeps what a computer trusts, and for what.
//!
//! ```text
//! [p11-kit-object-v1]
//! trusted: true
//! -----BEGIN CERTIFICATE-----
//! …
//! [p11-kit-object-v1]
//! class: x-certificate-extension
//! object-id: 2.5.29.37
//! value: "%30%16…"
//! -----BEGIN PUBLIC KEY-----
//! …
//! ```
//!
//! An extension that stands by itself is of every certificate with that key, in the place of the certificate's own.

use std::collections::HashMap;

use const_oid::ObjectIdentifier;

use super::cards::percent_decode;
use super::collector::Collector;
use crate::smime::asn1::{Cursor, Malformed, tag};
use crate::smime::pem::label;
use crate::smime::x509::Certificate;
use crate::smime::x509::extensions::ExtendedKeyUsage;

const OBJECT: &[u8] = b"[p11-kit-object-v1]";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// What a certificate is *not* to be trusted for.
const REJECTED: &str = "1.3.6.1.4.1.3319.6.10.1";

#[derive(Default)]
struct Object<'a> {
    attributes: HashMap<&'a str, &'a str>,
    certificate: Option<Vec<u8>>,
    public_key: Option<Vec<u8>>,
}

/// Takes every certificate that is trusted; false when this is no such file.
pub(super) fn read(text: &[u8], found: &mut Collector) -> bool {
    if !text.split(|octet| *octet == b'\n').any(|line| line.trim_ascii() == OBJECT) {
        return false;
    }
    let objects = objects(text);
    // By SubjectPublicKeyInfo: may it vouch for mail?
    let mut mail: HashMap<&[u8], bool> = HashMap::new();
    for object in &objects {
        let Some(key) = object.public_key.as_deref() else { continue };
        if let Some(good) = object.allows_mail() {
            let before = mail.entry(key).or_insert(true);
            *before &= good;
        }
    }
    for object in &objects {
        let Some(certificate) = object.certificate.as_deref().and_then(|der| Certificate::from_der(der).ok())
        else {
            continue;
        };
        let is = |name| object.attributes.get(name).is_some_and(|value| *value == "true");
        let for_mail = mail.get(certificate.spki_der()).copied().unwrap_or(certificate.allows_email());
        if !is("trusted") || is("x-distrusted") || !for_mail {
            found.not_for_mail(certificate.fingerprint());
        }
        found.certificate(certificate);
    }
    true
}

impl Object<'_> {
    /// What an extension that stands by itself says about mail.
    fn allows_mail(&self) -> Option<bool> {
        let kind = *self.attributes.get("object-id")?;
        let value = self.attributes.get("value")?.trim_matches('"');
        let usage = extended_key_usage(&percent_decode(value.as_bytes()));
        match kind {
            EXTENDED_KEY_USAGE => Some(usage.is_ok_and(|usage| usage.email())),
            REJECTED => Some(usage.is_ok_and(|usage| !usage.email())),
            _ => None,
        }
    }
}

/// The whole extension, or its value alone.
fn extended_key_usage(der: &[u8]) -> Result<ExtendedKeyUsage, Malformed> {
    let mut parts = Cursor::single(der)?.sequence()?;
    let first = parts.oid()?;
    if parts.is_empty() || parts.peek() == Some(tag::OBJECT_IDENTIFIER) {
        let mut purposes = vec![first];
        while !parts.is_empty() {
            purposes.push(parts.oid()?);
        }
        return Ok(ExtendedKeyUsage(purposes));
    }
    parts.optional(tag::BOOLEAN)?;
    let value = parts.only(tag::OCTET_STRING)?.content;
    let purposes: Vec<ObjectIdentifier> = Cursor::new(value)
        .only(tag::SEQUENCE)?
        .cursor()
        .all()?
        .iter()
        .map(crate::smime::asn1::Element::oid)
        .collect::<Result<_, _>>()?;
    Ok(ExtendedKeyUsage(purposes))
}

fn objects(text: &[u8]) -> Vec<Object<'_>> {
    let mut objects: Vec<Object<'_>> = Vec::new();
    let mut block: Option<(&str, Vec<u8>)> = None;
    for line in text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii) {
        if line == OBJECT {
            objects.push(Object::default());
            block = None;
            continue;
        }
        let Some(object) = objects.last_mut() else { continue };
        if let Some(label) = label(line, "-----BEGIN ") {
            block = Some((label, Vec::new()));
        } else if line.starts_with(b"-----END ") {
            let Some((label, base64)) = block.take() else { continue };
            let octets = base64_simd::forgiving_decode_to_vec(&base64).ok();
            match label {
                "PUBLIC KEY" => object.public_key = octets,
                "CERTIFICATE" => object.certificate = octets,
                // OpenSSL's own words about trust stand behind the certificate; here the attributes count.
                "TRUSTED CERTIFICATE" => {
                    let first = octets.as_deref().and_then(|o| Cursor::new(o).element().ok());
                    object.certificate = first.map(|certificate| certificate.der.to_vec());
                }
                _ => {}
            }
        } else if let Some((_, base64)) = &mut block {
            base64.extend_from_slice(line);
        } else if !line.starts_with(b"#")
            && let Ok(line) = std::str::from_utf8(line)
            && let Some((name, value)) = line.split_once(':')
        {
            object.attributes.insert(name.trim(), value.trim());
        }
    }
    // Both at once in one object: a key that stands for itself.
    for object in &mut objects {
        if object.public_key.is_none()
            && let Some(value) =
                object.attributes.get("public-key-info").or(object.attributes.get("x-public-key-info"))
        {
            object.public_key = Some(percent_decode(value.trim_matches('"').as_bytes()));
        }
    }
    objects
}
