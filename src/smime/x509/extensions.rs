//! The extensions that decide what a certificate may be used for (RFC 5280 section 4.2).

use std::collections::HashSet;

use const_oid::ObjectIdentifier;

use crate::smime::Address;
use crate::smime::asn1::{Cursor, Element, Malformed, tag};

mod policies;

pub(crate) use policies::{Policy, PolicyConstraints};

const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const ISSUER_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.18");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const POLICY_MAPPINGS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.33");
const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const POLICY_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.36");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const FRESHEST_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");
const INHIBIT_ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.54");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const SMTP_UTF8_MAILBOX: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.8.9");

/// Names of one certificate that are looked at.
const NAMES: usize = 1_000;

/// One extension that is understood here.
///
/// One that stands twice or does not parse is `Unreadable`, and allows nothing: unknown means less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Known<T> {
    /// The certificate does not have it.
    #[default]
    Absent,
    /// It is there, and cannot be read.
    Unreadable,
    /// What it says.
    Present(T),
}

impl<T> Known<T> {
    /// What it says, if it says something.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }

    /// Absent, or says what `test` asks for.
    pub fn allows(&self, test: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Self::Absent => true,
            Self::Unreadable => false,
            Self::Present(value) => test(value),
        }
    }

    fn set(&mut self, value: Option<T>) {
        *self = match (&*self, value) {
            (Self::Absent, Some(value)) => Self::Present(value),
            (Self::Absent | Self::Unreadable | Self::Present(_), _) => Self::Unreadable,
        };
    }

    fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable)
    }
}

/// ```text
/// KeyUsage ::= BIT STRING { digitalSignature (0), nonRepudiation (1), keyEncipherment (2), dataEncipherment (3),
///     keyAgreement (4), keyCertSign (5), cRLSign (6), encipherOnly (7), decipherOnly (8) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signatures on content.
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// Signatures that bind (contentCommitment).
    pub fn non_repudiation(self) -> bool {
        self.bit(1)
    }

    /// Keys encrypted with this key: RSA.
    pub fn key_encipherment(self) -> bool {
        self.bit(2)
    }

    /// Data other than keys encrypted with this key.
    pub fn data_encipherment(self) -> bool {
        self.bit(3)
    }

    /// Keys agreed with this key: elliptic curves.
    pub fn key_agreement(self) -> bool {
        self.bit(4)
    }

    /// Signatures on certificates.
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// Signatures on revocation lists.
    pub fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// An agreed key encrypts only.
    pub fn encipher_only(self) -> bool {
        self.bit(7)
    }

    /// An agreed key decrypts only.
    pub fn decipher_only(self) -> bool {
        self.bit(8)
    }

    fn bit(self, number: u8) -> bool {
        self.0 & 0x8000 >> number != 0
    }
}

/// ```text
/// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// The subject may issue certificates.
    pub ca: bool,
    /// How many further authorities may follow below it.
    pub path_length: Option<u32>,
}

/// ```text
/// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedKeyUsage(pub Vec<ObjectIdentifier>);

impl ExtendedKeyUsage {
    /// emailProtection or anyExtendedKeyUsage (RFC 8550 section 4.4.4).
    pub fn email(&self) -> bool {
        self.0.iter().any(|purpose| *purpose == EMAIL_PROTECTION || *purpose == ANY_PURPOSE)
    }
}

/// One name of subjectAltName: its tag and content (RFC 5280 section 4.2.1.6, GeneralName).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeName {
    pub(crate) tag: u8,
    pub(crate) value: Vec<u8>,
}

impl AlternativeName {
    /// The mail address, if this is an rfc822Name or an SmtpUTF8Mailbox (RFC 9598).
    pub fn address(&self) -> Option<Address> {
        match self.tag {
            0x81 => std::str::from_utf8(&self.value).ok()?.parse().ok(),
            _ => self.smtp_utf8_mailbox()?.parse().ok(),
        }
    }

    /// ```text
    /// OtherName       ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }
    /// SmtpUTF8Mailbox ::= UTF8String (SIZE (1..MAX))
    /// ```
    pub(crate) fn smtp_utf8_mailbox(&self) -> Option<&str> {
        let mut parts = Cursor::new(&self.value);
        if self.tag != 0xa0 || parts.oid().ok()? != SMTP_UTF8_MAILBOX {
            return None;
        }
        let text = parts.only(0xa0).ok()?.cursor().element().ok()?;
        let fits = matches!(text.tag, tag::UTF8_STRING | tag::IA5_STRING);
        std::str::from_utf8(text.content).ok().filter(|_| fits)
    }
}

/// What the extensions of a certificate say.
///
/// ```text
/// Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    pub(crate) basic_constraints: Known<BasicConstraints>,
    pub(crate) key_usage: Known<KeyUsage>,
    pub(crate) extended_key_usage: Known<ExtendedKeyUsage>,
    pub(crate) subject_alt_name: Known<Vec<AlternativeName>>,
    pub(crate) name_constraints: Known<Vec<u8>>,
    pub(crate) subject_key_id: Known<Vec<u8>>,
    pub(crate) authority_key_id: Known<Option<Vec<u8>>>,
    pub(crate) crl_distribution_points: Known<Vec<u8>>,
    pub(crate) policies: Known<Vec<Policy>>,
    pub(crate) policy_mappings: Known<Vec<(Policy, Policy)>>,
    pub(crate) policy_constraints: Known<PolicyConstraints>,
    pub(crate) inhibit_any_policy: Known<u32>,
    pub(crate) unknown_critical: bool,
}

impl Extensions {
    /// `content`: what stands inside the `[3]` of a TBSCertificate. Never fails.
    pub(crate) fn read(content: Cursor<'_>) -> Self {
        let mut extensions = Self::default();
        let mut seen = HashSet::new();
        let read = content.only(tag::SEQUENCE).and_then(|list| list.cursor().all());
        let Some(list) = read
            .ok()
            .filter(|list| list.iter().all(|extension| extensions.add(extension, &mut seen).is_ok()))
        else {
            // Nobody can say what else would have stood there.
            return Self {
                basic_constraints: Known::Unreadable,
                key_usage: Known::Unreadable,
                extended_key_usage: Known::Unreadable,
                subject_alt_name: Known::Unreadable,
                name_constraints: Known::Unreadable,
                subject_key_id: Known::Unreadable,
                authority_key_id: Known::Unreadable,
                crl_distribution_points: Known::Unreadable,
                policies: Known::Unreadable,
                policy_mappings: Known::Unreadable,
                policy_constraints: Known::Unreadable,
                inhibit_any_policy: Known::Unreadable,
                unknown_critical: true,
            };
        };
        drop(list);
        extensions
    }

    fn add<'a>(&mut self, extension: &Element<'a>, seen: &mut HashSet<&'a [u8]>) -> Result<(), Malformed> {
        let mut parts = extension.sequence()?;
        let name = parts.expect(tag::OBJECT_IDENTIFIER)?;
        // "A certificate MUST NOT include more than one instance of a particular extension": which of them counts?
        self.unknown_critical |= !seen.insert(name.content);
        // An identifier that is too long to be named is no known one.
        let Ok(kind) = name.oid() else {
            self.unknown_critical |= parts.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.boolean());
            return parts.only(tag::OCTET_STRING).map(|_| ());
        };
        let critical = parts.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.boolean());
        let value = Cursor::new(parts.only(tag::OCTET_STRING)?.content);
        let unreadable = match kind {
            KEY_USAGE => known(&mut self.key_usage, key_usage(value)),
            BASIC_CONSTRAINTS => known(&mut self.basic_constraints, basic_constraints(value)),
            EXTENDED_KEY_USAGE => known(&mut self.extended_key_usage, extended_key_usage(value)),
            SUBJECT_ALT_NAME => known(&mut self.subject_alt_name, alternative_names(value)),
            NAME_CONSTRAINTS => {
                known(&mut self.name_constraints, value.only(tag::SEQUENCE).map(|all| all.content.to_vec()))
            }
            SUBJECT_KEY_ID => {
                known(&mut self.subject_key_id, value.only(tag::OCTET_STRING).map(|id| id.content.to_vec()))
            }
            AUTHORITY_KEY_ID => known(&mut self.authority_key_id, authority_key_id(value)),
            CRL_DISTRIBUTION_POINTS => known(
                &mut self.crl_distribution_points,
                value.only(tag::SEQUENCE).map(|all| all.content.to_vec()),
            ),
            // Says where newer lists lie; those at hand are found by their issuer and scope.
            FRESHEST_CRL => false,
            CERTIFICATE_POLICIES => {
                known(&mut self.policies, policies::certificate_policies(value, critical))
            }
            POLICY_MAPPINGS => known(&mut self.policy_mappings, policies::policy_mappings(value)),
            POLICY_CONSTRAINTS => known(&mut self.policy_constraints, policies::policy_constraints(value)),
            INHIBIT_ANY_POLICY => known(&mut self.inhibit_any_policy, policies::inhibit_any_policy(value)),
            // Another name of the issuer changes nothing.
            ISSUER_ALT_NAME => false,
            _ => true,
        };
        self.unknown_critical |= critical && unreadable;
        Ok(())
    }
}

fn known<T>(place: &mut Known<T>, value: Result<T, Malformed>) -> bool {
    place.set(value.ok());
    place.is_unreadable()
}

fn key_usage(value: Cursor<'_>) -> Result<KeyUsage, Malformed> {
    match value.only(tag::BIT_STRING)?.content {
        [0..8] => Ok(KeyUsage(0)),
        [0..8, first] => Ok(KeyUsage(u16::from_be_bytes([*first, 0]))),
        [0..8, first, second] => Ok(KeyUsage(u16::from_be_bytes([*first, *second]))),
        _ => Err(Malformed),
    }
}

fn basic_constraints(value: Cursor<'_>) -> Result<BasicConstraints, Malformed> {
    let mut parts = value.only(tag::SEQUENCE)?.cursor();
    let ca = parts.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.boolean());
    let path_length = parts.optional(tag::INTEGER)?.map(|number| number.small_integer()).transpose()?;
    parts.finish()?;
    Ok(BasicConstraints { ca, path_length })
}

fn extended_key_usage(value: Cursor<'_>) -> Result<ExtendedKeyUsage, Malformed> {
    let purposes = value.only(tag::SEQUENCE)?.cursor().all()?;
    if purposes.is_empty() || purposes.iter().any(|purpose| purpose.tag != tag::OBJECT_IDENTIFIER) {
        return Err(Malformed);
    }
    // A purpose that is too long to be named is none that anybody asks for.
    Ok(ExtendedKeyUsage(purposes.iter().filter_map(|purpose| purpose.oid().ok()).collect()))
}

fn alternative_names(value: Cursor<'_>) -> Result<Vec<AlternativeName>, Malformed> {
    let names = value.only(tag::SEQUENCE)?.cursor().all()?;
    if names.len() > NAMES {
        return Err(Malformed);
    }
    Ok(names.iter().map(|name| AlternativeName { tag: name.tag, value: name.content.to_vec() }).collect())
}

/// ```text
/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] KeyIdentifier OPTIONAL, authorityCertIssuer [1] …,
///     authorityCertSerialNumber [2] … }
/// ```
pub(super) fn authority_key_id(value: Cursor<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    let mut parts = value.only(tag::SEQUENCE)?.cursor();
    let key_id = parts.optional(0x80)?.map(|id| id.content.to_vec());
    parts.all().map(|_| key_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;

    fn extension(kind: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
        let flag = writer::value(tag::BOOLEAN, &[&[0xff]]);
        let flag: &[u8] = if critical { &flag } else { &[] };
        writer::sequence(&[&writer::oid(kind), flag, &writer::octet_string(value)])
    }

    fn read(list: &[Vec<u8>]) -> Extensions {
        Extensions::read(Cursor::new(&writer::sequence(&[&list.concat()])))
    }

    #[test]
    fn twice_is_as_bad_as_broken() {
        let usage = extension(KEY_USAGE, true, &[3, 2, 5, 0xa0]);
        let once = read(std::slice::from_ref(&usage));
        assert!(once.key_usage.allows(|usage| usage.digital_signature() && usage.key_encipherment()));
        assert!(!once.unknown_critical);
        let twice = read(&[usage.clone(), usage]);
        assert_eq!(twice.key_usage, Known::Unreadable);
        assert!(twice.unknown_critical);
        let odd = extension(ObjectIdentifier::new_unwrap("1.2.3.4"), false, &[]);
        assert!(read(&[odd.clone(), odd]).unknown_critical);
        let broken = read(&[extension(KEY_USAGE, false, &[4, 0])]);
        assert!(!broken.key_usage.allows(|_| true) && !broken.unknown_critical);
    }

    #[test]
    fn what_is_not_known_counts_only_when_critical() {
        let odd = ObjectIdentifier::new_unwrap("1.2.3.4");
        assert!(!read(&[extension(odd, false, &[])]).unknown_critical);
        assert!(read(&[extension(odd, true, &[])]).unknown_critical);
        // 2.25 and a UUID.
        let uuid = [0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        let long = writer::value(tag::OBJECT_IDENTIFIER, &[&uuid]);
        let value = writer::octet_string(&[]);
        assert!(!read(&[writer::sequence(&[&long, &value])]).unknown_critical);
        assert!(read(&[writer::sequence(&[&long, &[1, 1, 0xff], &value])]).unknown_critical);
        let garbage = Extensions::read(Cursor::new(&[1, 2, 3]));
        assert!(garbage.unknown_critical && !garbage.key_usage.allows(|_| true));
    }

    #[test]
    fn both_kinds_of_address_are_read() {
        let international = writer::value(tag::UTF8_STRING, &["jörg@example.org".as_bytes()]);
        let other =
            writer::value(0xa0, &[&writer::oid(SMTP_UTF8_MAILBOX), &writer::value(0xa0, &[&international])]);
        let names = writer::sequence(&[
            &writer::value(0x81, &[b"robin@example.org"]),
            &other,
            &writer::value(0x82, &[b"example.org"]),
        ]);
        let read = read(&[extension(SUBJECT_ALT_NAME, false, &names)]);
        let addresses: Vec<_> =
            read.subject_alt_name.present().unwrap().iter().map(AlternativeName::address).collect();
        assert_eq!(addresses, ["robin@example.org".parse().ok(), "jörg@example.org".parse().ok(), None]);
    }
}
