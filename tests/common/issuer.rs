//! A small issuing kit: certificates octet by octet, as no honest authority would write them, too.

use std::rc::Rc;

use const_oid::ObjectIdentifier;
use getrandom::SysRng;
use jiff::Timestamp;
use rand_core::UnwrapErr;
use waxseal::smime::Fingerprint;
use waxseal::smime::asn1::{tag, time, writer};
use waxseal::smime::crypto::{KeyKind, PrivateKey, SignatureScheme};
use waxseal::smime::x509::Certificate;

/// The moment that all paths are judged at.
pub const NOW: &str = "2027-05-03T10:00:00Z";

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A certificate to be made. Whatever is not said is as an honest one would have it.
#[derive(Clone)]
pub struct Spec {
    /// DER; empty: the issuer's.
    pub subject: Vec<u8>,
    /// DER; the issuer's, else.
    pub issuer: Option<Vec<u8>>,
    pub extensions: Vec<Vec<u8>>,
    /// DER.
    pub dates: [Vec<u8>; 2],
    /// The INTEGER's content.
    pub serial: Vec<u8>,
    /// 0 is version 1.
    pub version: u8,
    /// What stands before the extensions.
    pub unique_ids: Vec<u8>,
    pub key: Option<Rc<PrivateKey>>,
    /// Octets of the SubjectPublicKeyInfo in the place of the key's own.
    pub spki: Option<Vec<u8>>,
    /// The algorithm in the certificate's outer part.
    pub outer_algorithm: Option<Vec<u8>>,
    pub breaks_signature: bool,
    /// It names its own key and its issuer's.
    pub names_keys: bool,
}

impl Spec {
    /// No extension at all.
    pub fn bare(subject: Vec<u8>) -> Self {
        let dates = ["2020-01-01T00:00:00Z", "2049-01-01T00:00:00Z"].map(|text| time::write(moment(text)));
        Self {
            subject,
            issuer: None,
            extensions: Vec::new(),
            dates,
            serial: vec![1],
            version: 2,
            unique_ids: Vec::new(),
            key: None,
            spki: None,
            outer_algorithm: None,
            breaks_signature: false,
            names_keys: false,
        }
    }

    /// An authority with basic constraints and key usage.
    pub fn authority(name: &str) -> Self {
        let bare = Self { names_keys: true, ..Self::bare(dn(name)) };
        bare.with(basic_constraints(true, true, None)).with(key_usage(true, 0x06))
    }

    /// A person with a key usage for signatures.
    pub fn person(name: &str) -> Self {
        Self { names_keys: true, ..Self::bare(dn(name)) }.with(key_usage(true, 0xc0))
    }

    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Takes out what came before of this kind.
    pub fn without(mut self, kind: &str) -> Self {
        let kind = oid(kind);
        self.extensions.retain(|extension| !extension.windows(kind.len()).any(|part| part == kind));
        self
    }

    /// Another key under the issuer's own name.
    pub fn self_issued(mut self) -> Self {
        self.subject = Vec::new();
        self
    }

    pub fn key(mut self, key: &Rc<PrivateKey>) -> Self {
        self.key = Some(Rc::clone(key));
        self
    }

    /// Two [`time`] values.
    pub fn dates(mut self, from: Vec<u8>, until: Vec<u8>) -> Self {
        self.dates = [from, until];
        self
    }
}

/// Somebody with a key and a certificate.
#[derive(Clone)]
pub struct Party {
    pub subject: Vec<u8>,
    pub key: Rc<PrivateKey>,
    pub certificate: Certificate,
}

impl Party {
    /// Signed with its own key.
    pub fn root(spec: Spec) -> Self {
        let key = spec.key.clone().unwrap_or_else(new_key);
        let subject = spec.subject.clone();
        make(spec, key.clone(), &subject, &key)
    }

    /// Below this one.
    pub fn issue(&self, spec: Spec) -> Self {
        let key = spec.key.clone().unwrap_or_else(new_key);
        make(spec, key, &self.subject, &self.key)
    }
}

pub fn new_key() -> Rc<PrivateKey> {
    Rc::new(PrivateKey::generate(KeyKind::P256, &mut UnwrapErr(SysRng)))
}

fn make(spec: Spec, key: Rc<PrivateKey>, issuer: &[u8], by: &PrivateKey) -> Party {
    let issuer = spec.issuer.unwrap_or_else(|| issuer.to_vec());
    let subject = if spec.subject.is_empty() { issuer.clone() } else { spec.subject };
    let scheme = by.scheme().unwrap();
    let algorithm = scheme.to_algorithm_der();
    let mut extensions = spec.extensions.concat();
    if spec.names_keys {
        let id =
            |key: &PrivateKey| Fingerprint::of(&key.public_key().to_spki_der()).as_bytes()[..20].to_vec();
        extensions.extend([subject_key_id(&id(&key)), authority_key_id(&id(by))].concat());
    }
    let version = writer::value(0xa0, &[&writer::small_integer(spec.version)]);
    let list = writer::value(0xa3, &[&writer::sequence(&[&extensions])]);
    let spki = spec.spki.unwrap_or_else(|| key.public_key().to_spki_der());
    let tbs = writer::sequence(&[
        if spec.version == 0 { &[] } else { &version },
        &writer::value(tag::INTEGER, &[&spec.serial]),
        &algorithm,
        &issuer,
        &writer::sequence(&[&spec.dates[0], &spec.dates[1]]),
        &subject,
        &spki,
        &spec.unique_ids,
        if extensions.is_empty() { &[] } else { &list },
    ]);
    let mut signature = sign(by, &scheme, &tbs);
    if spec.breaks_signature {
        signature = sign(by, &scheme, &[&tbs[..], b"?"].concat());
    }
    let outer = spec.outer_algorithm.unwrap_or(algorithm);
    let der = writer::sequence(&[&tbs, &outer, &writer::bit_string(&signature)]);
    Party { subject, key, certificate: Certificate::from_der(&der).unwrap() }
}

pub fn sign(by: &PrivateKey, scheme: &SignatureScheme, message: &[u8]) -> Vec<u8> {
    by.sign_message(scheme, message, &mut UnwrapErr(SysRng)).unwrap()
}

pub fn oid(text: &str) -> Vec<u8> {
    writer::oid(ObjectIdentifier::new_unwrap(text))
}

/// `C=US,O=Test,CN=Somebody` in UTF8String; a text without `=` is a commonName.
pub fn dn(text: &str) -> Vec<u8> {
    dn_in(tag::UTF8_STRING, text)
}

/// The same in another string type.
pub fn dn_in(string: u8, text: &str) -> Vec<u8> {
    let rdns: Vec<u8> = text
        .split(',')
        .filter(|part| !part.is_empty())
        .flat_map(|part| {
            let (kind, value) = part.split_once('=').unwrap_or(("CN", part));
            let kind = match kind {
                "CN" => "2.5.4.3",
                "C" => "2.5.4.6",
                "O" => "2.5.4.10",
                "OU" => "2.5.4.11",
                "DC" => "0.9.2342.19200300.100.1.25",
                "E" => "1.2.840.113549.1.9.1",
                dotted => dotted,
            };
            let value = match string {
                0x1e => value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                0x1c => value.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
                // T61String, as the world writes it: Latin-1.
                0x14 => value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
                _ => value.as_bytes().to_vec(),
            };
            let attribute = writer::sequence(&[&oid(kind), &writer::value(string, &[&value])]);
            writer::value(tag::SET, &[&attribute])
        })
        .collect();
    writer::sequence(&[&rdns])
}

pub fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    writer::sequence(&[&oid(kind), flag, &writer::octet_string(value)])
}

pub fn basic_constraints(critical: bool, ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let ca: &[u8] = if ca { &[1, 1, 0xff] } else { &[] };
    let length = path_length.map(writer::small_integer).unwrap_or_default();
    extension("2.5.29.19", critical, &writer::sequence(&[ca, &length]))
}

/// digitalSignature is 0x80, nonRepudiation 0x40, keyEncipherment 0x20, keyCertSign 0x04, cRLSign 0x02.
pub fn key_usage(critical: bool, bits: u8) -> Vec<u8> {
    extension("2.5.29.15", critical, &writer::value(tag::BIT_STRING, &[&[0, bits]]))
}

pub fn extended_key_usage(purposes: &[&str]) -> Vec<u8> {
    let purposes: Vec<u8> = purposes.iter().flat_map(|purpose| oid(purpose)).collect();
    extension("2.5.29.37", false, &writer::sequence(&[&purposes]))
}

pub fn subject_key_id(id: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", false, &writer::octet_string(id))
}

pub fn authority_key_id(id: &[u8]) -> Vec<u8> {
    extension("2.5.29.35", false, &writer::sequence(&[&writer::value(0x80, &[id])]))
}

/// subjectAltName of these GeneralNames.
pub fn alternative_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.17", false, &writer::sequence(&[&names.concat()]))
}

/// A GeneralName: `email:`, `dns:`, `uri:`, `dn:`, `ip:` (hexadecimal digits), `utf8:` (SmtpUTF8Mailbox), or
/// `other:` (an otherName that nobody knows).
pub fn general_name(text: &str) -> Vec<u8> {
    let other = |kind: &str, value: &str| {
        let value = writer::value(tag::UTF8_STRING, &[value.as_bytes()]);
        writer::value(0xa0, &[&oid(kind), &writer::value(0xa0, &[&value])])
    };
    match text.split_once(':').unwrap() {
        ("email", value) => writer::value(0x81, &[value.as_bytes()]),
        ("dns", value) => writer::value(0x82, &[value.as_bytes()]),
        ("uri", value) => writer::value(0x86, &[value.as_bytes()]),
        ("dn", value) => writer::value(0xa4, &[&dn(value)]),
        ("ip", value) => {
            let octets: Vec<u8> = value
                .as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect();
            writer::value(0x87, &[&octets])
        }
        ("utf8", value) => other("1.3.6.1.5.5.7.8.9", value),
        ("other", value) => other("1.2.3.4", value),
        (kind, _) => panic!("{kind}"),
    }
}

/// nameConstraints out of [`general_name`]s.
pub fn name_constraints(permitted: &[&str], excluded: &[&str]) -> Vec<u8> {
    let subtrees = |outer: u8, names: &[&str]| {
        let list: Vec<u8> = names.iter().flat_map(|name| writer::sequence(&[&general_name(name)])).collect();
        if names.is_empty() { Vec::new() } else { writer::value(outer, &[&list]) }
    };
    let value = writer::sequence(&[&subtrees(0xa0, permitted), &subtrees(0xa1, excluded)]);
    extension("2.5.29.30", true, &value)
}
