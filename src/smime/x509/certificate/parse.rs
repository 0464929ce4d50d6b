//! From octets to what a certificate says.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::Parsed;
use crate::smime::asn1::{Cursor, Malformed, tag, time};
use crate::smime::crypto::{PublicKey, SignatureScheme};
use crate::smime::x509::Name;
use crate::smime::x509::extensions::{AlternativeName, Extensions, Known};
use crate::smime::{Address, Fingerprint};

pub(super) fn parse(der: &[u8]) -> Result<Parsed, Malformed> {
    let mut outer = Cursor::new(der).only(tag::SEQUENCE)?.cursor();
    let (tbs, algorithm) = (outer.expect(tag::SEQUENCE)?, outer.expect(tag::SEQUENCE)?);
    let signature = outer.only(tag::BIT_STRING)?.bits()?;
    let mut fields = tbs.cursor();
    let version = fields.optional(0xa0)?.map(|version| version.content);
    let serial = fields.expect(tag::INTEGER)?;
    let inner_algorithm = fields.expect(tag::SEQUENCE)?;
    let issuer = Name::from_der(fields.expect(tag::SEQUENCE)?.der).ok_or(Malformed)?;
    let mut validity = fields.expect(tag::SEQUENCE)?.cursor();
    let (not_before, not_after) = (
        time::read(validity.element()?).ok_or(Malformed)?,
        time::read(validity.element()?).ok_or(Malformed)?,
    );
    let subject = Name::from_der(fields.expect(tag::SEQUENCE)?.der).ok_or(Malformed)?;
    let spki = fields.expect(tag::SEQUENCE)?;
    for unique_id in [0x81, 0xa1, 0x82, 0xa2] {
        fields.optional(unique_id)?;
    }
    let list = fields.optional(0xa3)?;
    fields.finish()?;
    let mut extensions = list.map(|list| Extensions::read(list.cursor())).unwrap_or_default();
    let version = match version {
        None => 1,
        Some([tag::INTEGER, 1, number @ 0..=2]) => number + 1,
        Some(_) => u8::MAX,
    };
    // Versions 1 and 2 know no extensions, and what others know nobody knows.
    extensions.unknown_critical |= version < 3 && list.is_some() || version > 3;
    let key_kind = spki.cursor().expect(tag::SEQUENCE)?.cursor().oid()?;
    let same = inner_algorithm.der == algorithm.der;
    Ok(Parsed {
        fingerprint: Fingerprint::of(der),
        der: der.to_vec(),
        tbs: tbs.der.to_vec(),
        version,
        serial: serial.content.to_vec(),
        addresses: addresses(&extensions, &subject),
        issuer,
        subject,
        not_before,
        not_after,
        spki: spki.der.to_vec(),
        public_key: PublicKey::from_spki_der(spki.der).unwrap_or(PublicKey::Unsupported(key_kind)),
        scheme: if same { SignatureScheme::from_algorithm_der(algorithm.der, None) } else { None },
        signature: signature.to_vec(),
        extensions,
        self_signed: OnceLock::new(),
    })
}

fn addresses(extensions: &Extensions, subject: &Name) -> Vec<Address> {
    let names = extensions.subject_alt_name.present().map(Vec::as_slice).unwrap_or_default();
    let mut found = names.iter().filter_map(AlternativeName::address).collect::<Vec<_>>();
    if found.is_empty() && extensions.subject_alt_name != Known::Unreadable {
        found = subject.email_addresses().take(16).filter_map(|text| text.parse().ok()).collect();
    }
    let mut seen = HashSet::new();
    found.retain(|address| seen.insert(address.clone()));
    found
}
