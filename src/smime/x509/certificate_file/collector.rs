//! Takes the clothing off, layer by layer, and keeps what is found.

use std::collections::HashSet;
use std::io;

use const_oid::ObjectIdentifier;

use super::{CertificateFileError, Contents, MAX_CERTIFICATES, cards, mail, p11_kit, pem};
use crate::smime::asn1::{Cursor, Element, Malformed, tag};
use crate::smime::cms::CmsError;
use crate::smime::cms::signed_data::{self, SignedData};
use crate::smime::crypto::PrivateKey;
use crate::smime::x509::Certificate;
use crate::smime::x509::revocation::RevocationList;
use crate::smime::{Fingerprint, Limits, pkcs12};

/// One clothing inside the other: a card in a mail in base64.
const DEPTH: usize = 6;

/// netscape-cert-sequence: a ContentInfo with a SEQUENCE OF Certificate.
const NETSCAPE_CERT_SEQUENCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113730.2.5");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

pub(super) struct Collector {
    contents: Contents,
    seen: HashSet<Fingerprint>,
    /// Octets that may still be looked at, the same ones in several clothes counted each time.
    room: usize,
    longest: usize,
    depth: usize,
    damaged: bool,
    key: bool,
    pkcs12: bool,
    too_much: bool,
    elsewhere: Option<String>,
}

impl Collector {
    pub(super) fn new(longest: usize) -> Self {
        Self {
            contents: Contents::default(),
            seen: HashSet::new(),
            room: longest.saturating_mul(4),
            longest,
            depth: 0,
            damaged: false,
            key: false,
            pkcs12: false,
            too_much: false,
            elsewhere: None,
        }
    }

    pub(super) fn read(mut self, file: &[u8]) -> Contents {
        self.too_much = file.len() > self.longest;
        if !self.too_much {
            self.any(file);
        }
        // The most useful reason first.
        self.contents.lacks = if self.too_much {
            Some(CertificateFileError::TooMuch)
        } else if self.pkcs12 {
            Some(CertificateFileError::Pkcs12)
        } else if self.damaged {
            Some(CertificateFileError::Damaged)
        } else if self.key {
            Some(CertificateFileError::KeyOnly)
        } else {
            self.elsewhere.map(|address| CertificateFileError::Elsewhere { address })
        };
        self.contents
    }

    /// Octets of any kind.
    pub(super) fn any(&mut self, octets: &[u8]) {
        let Some(room) = self.room.checked_sub(octets.len()).filter(|_| self.depth < DEPTH) else {
            self.too_much = true;
            return;
        };
        self.room = room;
        self.depth += 1;
        match octets {
            [0xef, 0xbb, 0xbf, text @ ..] => self.text(text),
            [0xff, 0xfe, text @ ..] => self.wide(text, encoding_rs::UTF_16LE),
            [0xfe, 0xff, text @ ..] => self.wide(text, encoding_rs::UTF_16BE),
            [tag::SEQUENCE, length, ..] if !length.is_ascii_alphanumeric() || is_whole(octets) => {
                self.der(octets);
            }
            [1..0x80, 0, 1..0x80, 0, ..] => self.wide(octets, encoding_rs::UTF_16LE),
            [0, 1..0x80, 0, 1..0x80, ..] => self.wide(octets, encoding_rs::UTF_16BE),
            _ => self.text(octets),
        }
        self.depth -= 1;
    }

    fn wide(&mut self, octets: &[u8], encoding: &'static encoding_rs::Encoding) {
        let (text, _) = encoding.decode_without_bom_handling(octets);
        self.text(text.as_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        if mail::read(text, self)
            || p11_kit::read(text, self)
            || pem::read(text, self)
            || cards::read(text, self)
        {
            return;
        }
        if let Ok(octets) = base64_simd::forgiving_decode_to_vec(text)
            && octets.first() == Some(&tag::SEQUENCE)
        {
            self.der(&octets);
        }
    }

    /// One value after the other; what stands behind the last is the work of an editor or a mail program.
    pub(super) fn der(&mut self, octets: &[u8]) {
        let mut rest = octets;
        let mut last = None;
        while rest.first() == Some(&tag::SEQUENCE) && !self.too_much {
            let Ok(value) = Cursor::new(rest).element() else {
                // The indefinite form, which only CMS and PKCS#12 come in.
                self.cms(rest);
                return;
            };
            rest = rest.get(value.der.len()..).unwrap_or_default();
            last = match last {
                Some(certificate) if self.openssl_trust(certificate, &value) => None,
                Some(_) | None => self.value(&value),
            };
        }
        if rest.len() == octets.len() {
            self.damaged = true;
        }
    }

    /// What one value is; its fingerprint, if it is a certificate.
    fn value(&mut self, value: &Element<'_>) -> Option<Fingerprint> {
        if let Ok(certificate) = Certificate::from_der(value.der) {
            let fingerprint = certificate.fingerprint();
            self.certificate(certificate);
            return Some(fingerprint);
        }
        if let Ok(list) = RevocationList::from_der(value.der) {
            self.list(list);
        } else if pkcs12::looks_like(value.der) {
            self.pkcs12 = true;
        } else if PrivateKey::from_der(value.der).is_ok() || PrivateKey::algorithm_of(value.der).is_some() {
            self.key = true;
        } else if let Some(certificates) = sequence_of_certificates(value) {
            certificates.into_iter().for_each(|certificate| self.certificate(certificate));
        } else {
            self.cms(value.der);
        }
        None
    }

    pub(super) fn certificate(&mut self, certificate: Certificate) {
        if self.contents.certificates.len() >= MAX_CERTIFICATES {
            self.too_much = true;
        } else if self.seen.insert(certificate.fingerprint()) {
            self.contents.certificates.push(certificate);
        }
    }

    fn list(&mut self, list: RevocationList) {
        if self.contents.revocation_lists.len() >= MAX_CERTIFICATES {
            self.too_much = true;
        } else if self.seen.insert(list.fingerprint()) {
            self.contents.revocation_lists.push(list);
        }
    }

    /// The certificates and lists of a SignedData.
    pub(super) fn cms(&mut self, octets: &[u8]) {
        if pkcs12::looks_like(octets) {
            self.pkcs12 = true;
            return;
        }
        match self.signed_data(octets) {
            Ok(signed) => {
                self.contents.signed |= signed.attached && !signed.signers.is_empty();
                signed.certificates.into_iter().for_each(|certificate| self.certificate(certificate));
                signed.revocation_lists.into_iter().for_each(|list| self.list(list));
            }
            Err(_) => self.damaged = true,
        }
    }

    /// The revocation lists of a SignedData, and nothing else of it.
    pub(super) fn lists_of(&mut self, octets: &[u8]) {
        if let Ok(signed) = self.signed_data(octets) {
            signed.revocation_lists.into_iter().for_each(|list| self.list(list));
        }
    }

    fn signed_data(&self, mut octets: &[u8]) -> Result<SignedData, CmsError> {
        let limits = Limits {
            certificates: MAX_CERTIFICATES,
            revocation_lists: MAX_CERTIFICATES,
            structure: self.longest.saturating_mul(2),
            ..Limits::default()
        };
        signed_data::read(&mut octets, &limits, &mut io::sink())
    }

    /// ```text
    /// CertAux ::= SEQUENCE { trust SEQUENCE OF OBJECT IDENTIFIER OPTIONAL, reject [0] SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
    ///     alias UTF8String OPTIONAL, keyid OCTET STRING OPTIONAL, other [1] SEQUENCE OF AlgorithmIdentifier OPTIONAL }
    /// ```
    /// What OpenSSL was told about the certificate before it (`TRUSTED CERTIFICATE`); false: it is something else.
    fn openssl_trust(&mut self, certificate: Fingerprint, value: &Element<'_>) -> bool {
        let Ok((trusted, rejected)) = cert_aux(value) else { return false };
        let mail = |purposes: &[ObjectIdentifier]| {
            purposes.iter().any(|purpose| [EMAIL_PROTECTION, ANY_PURPOSE].contains(purpose))
        };
        if mail(&rejected) || trusted.is_some_and(|trusted| !mail(&trusted)) {
            self.not_for_mail(certificate);
        }
        true
    }

    pub(super) fn not_for_mail(&mut self, certificate: Fingerprint) {
        self.contents.not_for_mail.insert(certificate);
    }

    pub(super) fn signed(&mut self) {
        self.contents.signed = true;
    }

    pub(super) fn key(&mut self) {
        self.key = true;
    }

    pub(super) fn pkcs12(&mut self) {
        self.pkcs12 = true;
    }

    pub(super) fn damage(&mut self) {
        self.damaged = true;
    }

    pub(super) fn elsewhere(&mut self, address: &str) {
        self.elsewhere.get_or_insert_with(|| address.chars().take(500).collect());
    }

    /// How many things were found or told.
    pub(super) fn found(&self) -> usize {
        self.contents.certificates.len()
            + self.contents.revocation_lists.len()
            + usize::from(self.damaged)
            + usize::from(self.pkcs12)
            + usize::from(self.key)
            + usize::from(self.elsewhere.is_some())
    }
}

/// A SEQUENCE with a length that fits: text that begins with `0` is none.
fn is_whole(octets: &[u8]) -> bool {
    Cursor::new(octets).element().is_ok()
}

fn cert_aux(
    value: &Element<'_>,
) -> Result<(Option<Vec<ObjectIdentifier>>, Vec<ObjectIdentifier>), Malformed> {
    let purposes = |list: Element<'_>| list.cursor().all()?.iter().map(Element::oid).collect();
    let mut parts = value.sequence()?;
    let trusted = parts.optional(tag::SEQUENCE)?.map(purposes).transpose()?;
    let rejected = parts.optional(0xa0)?.map(purposes).transpose()?.unwrap_or_default();
    for other in [tag::UTF8_STRING, tag::OCTET_STRING, 0xa1] {
        parts.optional(other)?;
    }
    parts.finish()?;
    Ok((trusted, rejected))
}

/// PkiPath (RFC 4387 section 2.1: a SEQUENCE OF Certificate), or netscape-cert-sequence around one.
fn sequence_of_certificates(value: &Element<'_>) -> Option<Vec<Certificate>> {
    let mut parts = value.sequence().ok()?;
    let sequence = match parts.peek()? {
        tag::SEQUENCE => *value,
        tag::OBJECT_IDENTIFIER if parts.oid().ok()? == NETSCAPE_CERT_SEQUENCE => {
            parts.only(0xa0).ok()?.cursor().only(tag::SEQUENCE).ok()?
        }
        _ => return None,
    };
    let certificates = sequence.cursor().all().ok()?;
    // The first one tells: other structures begin with a SEQUENCE, too.
    Certificate::from_der(certificates.first()?.der).ok()?;
    certificates.into_iter().map(|one| Certificate::from_der(one.der).ok()).collect()
}
