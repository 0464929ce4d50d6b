//! One revocation list, read in one pass and kept as it came.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use const_oid::ObjectIdentifier;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::entry::{self, EntryExtensions, Listed, RawEntries, RawEntry, Reason, Revoked, extension};
use super::scope::{PointName, Scope};
use crate::smime::Fingerprint;
use crate::smime::asn1::{Cursor, Malformed, tag, time};
use crate::smime::crypto::SignatureScheme;
use crate::smime::crypto::signature::SignatureError;
use crate::smime::x509::extensions::authority_key_id;
use crate::smime::x509::{Certificate, Name};

/// Octets of one list that are read at most: about three million entries.
pub const MAX_LENGTH: usize = 64 << 20;

const ISSUER_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.18");
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const DELTA_CRL_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const FRESHEST_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");
const AUTHORITY_INFO_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");

/// A revocation list (RFC 5280 section 5.1).
///
/// ```text
/// CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// TBSCertList     ::= SEQUENCE { version INTEGER { v2 (1) } OPTIONAL, signature AlgorithmIdentifier, issuer Name,
///     thisUpdate Time, nextUpdate Time OPTIONAL,
///     revokedCertificates SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time,
///         crlEntryExtensions Extensions OPTIONAL } OPTIONAL,
///     crlExtensions [0] Extensions OPTIONAL }
/// ```
///
/// Its entries stay where they lie and are searched from front to back: a list of a million entries costs its own
/// length in memory. Cheap to clone.
#[derive(Clone)]
pub struct RevocationList(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    header: Header,
    tbs: Range<usize>,
    entries: Range<usize>,
    count: u64,
    scheme: Option<SignatureScheme>,
    signature: Vec<u8>,
    /// Of the signed part, made when it is first asked for.
    digest: OnceLock<Vec<u8>>,
    unusable: Option<Unusable>,
}

/// Everything but the entries.
struct Header {
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Number>,
    /// The number of the list that this one adds to.
    base: Option<Number>,
    authority_key_id: Option<Vec<u8>>,
    scope: Scope,
    /// The issuingDistributionPoint as it came.
    scope_der: Vec<u8>,
}

/// A CRL number, for comparing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    length: usize,
    octets: Vec<u8>,
}

/// Why octets are not taken for a revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationListError {
    /// Not the structure of one.
    #[error("this is not a revocation list")]
    Malformed,
    /// Longer than [`MAX_LENGTH`].
    #[error("this revocation list is too long")]
    TooLarge,
}

/// Why a list that is well formed never says that a certificate was *not* revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// A critical extension, of the list or of an entry, that is not understood (RFC 5280 sections 5.2 and 5.3). Whoever is named
    /// is taken back all the same.
    UnknownCritical,
    /// It contradicts itself: a scope that cannot be, or extensions where there are none. It says nothing at all.
    Contradiction,
}

impl RevocationList {
    /// Exactly one DER list. One that cannot be used is still read: see [`Self::unusable`].
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self, RevocationListError> {
        let der = der.into();
        if der.len() > MAX_LENGTH {
            return Err(RevocationListError::TooLarge);
        }
        parse(der).map(|parsed| Self(Arc::new(parsed))).map_err(|Malformed| RevocationListError::Malformed)
    }

    /// The whole list as it came.
    pub fn as_der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the whole list.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// Who says so.
    pub fn issuer(&self) -> &Name {
        &self.0.header.issuer
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.0.header.this_update
    }

    /// When there will be a newer one at the latest.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.header.next_update
    }

    /// The cRLNumber: grows from list to list.
    pub fn number(&self) -> Option<&Number> {
        self.0.header.number.as_ref()
    }

    /// Only tells what has changed since an earlier list.
    pub fn is_delta(&self) -> bool {
        self.0.header.base.is_some()
    }

    /// Speaks of a part of its issuer's certificates, or of some reasons only.
    pub fn is_partial(&self) -> bool {
        self.0.header.scope.is_partial()
    }

    /// Speaks of certificates of other authorities, too.
    pub fn is_indirect(&self) -> bool {
        self.0.header.scope.indirect
    }

    /// How many certificates it names.
    pub fn entries(&self) -> u64 {
        self.0.count
    }

    /// Why it is not to be relied upon, if that is so.
    pub fn unusable(&self) -> Option<Unusable> {
        self.0.unusable
    }

    /// The keyIdentifier of the key that signed it, if it says so.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.header.authority_key_id.as_deref()
    }

    /// How it was signed; `None` when the two places that say it differ or cannot be read.
    pub fn signature_scheme(&self) -> Option<&SignatureScheme> {
        self.0.scheme.as_ref()
    }

    /// Signed over a digest that can be forged today.
    pub fn is_weak(&self) -> bool {
        self.0.scheme.as_ref().and_then(SignatureScheme::digest).is_some_and(|digest| digest.is_weak())
    }

    /// Lists with one answer here follow one another: the newer replaces the older. Issuer, key, scope, and whether
    /// it is a delta list.
    pub fn series(&self) -> [u8; 32] {
        let header = &self.0.header;
        let mut hash = Sha256::new();
        let key = header.authority_key_id.as_deref().unwrap_or_default();
        for part in [&header.issuer.canonical(), key, &header.scope_der] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update([u8::from(self.is_delta())]);
        hash.finalize().into()
    }

    /// Newer than `other`, of the same series.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.age() > other.age()
    }

    /// What orders lists of one series, the newest last.
    pub(super) fn age(&self) -> (Option<&Number>, Timestamp) {
        (self.number(), self.this_update())
    }

    /// Was it signed with `issuer`'s key? (mathematics only)
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.verify(issuer).is_ok()
    }

    /// The same, with the reason.
    pub(super) fn verify(&self, issuer: &Certificate) -> Result<(), SignatureError> {
        let Some(scheme) = self.0.scheme.as_ref() else { return Err(SignatureError::Unsupported) };
        let tbs = self.0.der.get(self.0.tbs.clone()).unwrap_or_default();
        let (key, signature) = (issuer.public_key(), &self.0.signature);
        match scheme.digest() {
            Some(digest) => {
                let hash = self.0.digest.get_or_init(|| digest.digest(tbs));
                key.verify(scheme, hash, signature)
            }
            // Ed25519 signs the list itself.
            None => key.verify_message(scheme, tbs, signature),
        }
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.0.header.scope
    }

    /// Of one series but for being a delta list.
    pub(super) fn has_scope_of(&self, other: &Self) -> bool {
        let (one, two) = (&self.0.header, &other.0.header);
        one.issuer == two.issuer
            && one.scope_der == two.scope_der
            && one.authority_key_id == two.authority_key_id
    }

    /// May this delta list be laid over `complete` (RFC 5280 section 5.2.4)?
    pub(super) fn updates(&self, complete: &Self) -> bool {
        let (Some(base), Some(number), Some(of)) = (&self.0.header.base, self.number(), complete.number())
        else {
            return false;
        };
        self.has_scope_of(complete) && base <= of && of < number
    }

    /// What it says of the certificate with this number by this issuer. Where it says several things, the worst counts.
    pub(super) fn find(&self, certificate: &Certificate) -> Option<Listed> {
        let serial = significant(certificate.serial());
        let mut by_issuer = self.issuer() == certificate.issuer();
        let mut found = None;
        for entry in self.raw_entries() {
            let Ok(entry) = entry else { return found };
            if self.is_indirect()
                && let Some(extensions) = entry.extensions
                && let Ok(Some(issuers)) = entry::certificate_issuer(extensions)
            {
                by_issuer = issuers.contains(&PointName::Directory(certificate.issuer().clone()));
            }
            if !by_issuer || significant(entry.serial) != serial {
                continue;
            }
            let listed = self.read(&entry);
            match (found, listed) {
                (Some(Listed::Revoked(before)), Listed::Revoked(_)) if before.reason != Reason::Hold => {}
                (Some(Listed::Revoked(_)), Listed::Removed) => {}
                _ => found = Some(listed),
            }
        }
        found
    }

    fn read(&self, entry: &RawEntry<'_>) -> Listed {
        let details = entry.extensions.and_then(|all| EntryExtensions::read(all).ok()).unwrap_or_default();
        // A complete list has nothing to remove: whoever stands in it is taken back.
        if details.removed && self.is_delta() {
            return Listed::Removed;
        }
        Listed::Revoked(Revoked {
            date: time::read(entry.date).unwrap_or(self.this_update()),
            reason: details.reason,
            invalid_since: details.invalid_since,
        })
    }

    fn raw_entries(&self) -> RawEntries<'_> {
        RawEntries(Cursor::new(self.0.der.get(self.0.entries.clone()).unwrap_or_default()))
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({}, {}, {} entries)", self.issuer(), self.this_update(), self.entries())
    }
}

impl Number {
    fn read(value: Cursor<'_>) -> Result<Self, Malformed> {
        let octets = value.only(tag::INTEGER)?.content;
        // Up to 20 octets (RFC 5280 section 5.2.3), and not negative.
        if octets.first().is_none_or(|first| first & 0x80 != 0) || octets.len() > 32 {
            return Err(Malformed);
        }
        let octets: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
        Ok(Self { length: octets.len(), octets })
    }
}

impl fmt::Display for Number {
    /// In decimal where it is short enough for that, else in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.octets.len() {
            0..=16 => self.octets.iter().fold(0_u128, |sum, octet| sum << 8 | u128::from(*octet)).fmt(f),
            _ => self.octets.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

/// An INTEGER without the zeros in front that somebody wrote needlessly. One that makes it positive stays.
fn significant(mut integer: &[u8]) -> &[u8] {
    while let [0, next, ..] = integer
        && *next < 0x80
    {
        integer = integer.get(1..).unwrap_or_default();
    }
    integer
}

fn parse(der: Vec<u8>) -> Result<Parsed, Malformed> {
    let mut outer = Cursor::new(&der).only(tag::SEQUENCE)?.cursor();
    let (tbs, algorithm) = (outer.expect(tag::SEQUENCE)?, outer.expect(tag::SEQUENCE)?);
    let signature = outer.only(tag::BIT_STRING)?.bits()?.to_vec();
    let mut fields = tbs.cursor();
    let version = fields.optional(tag::INTEGER)?.map(|version| version.small_integer()).transpose()?;
    let inner_algorithm = fields.expect(tag::SEQUENCE)?;
    let issuer = Name::from_der(fields.expect(tag::SEQUENCE)?.der).ok_or(Malformed)?;
    let this_update = time::read(fields.element()?).ok_or(Malformed)?;
    let next_update = match fields.peek() {
        Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(time::read(fields.element()?).ok_or(Malformed)?),
        Some(_) | None => None,
    };
    let entries = fields.optional(tag::SEQUENCE)?.map(|list| list.content).unwrap_or_default();
    let extensions = fields.optional(0xa0)?;
    fields.finish()?;

    let mut header = Header {
        issuer,
        this_update,
        next_update,
        number: None,
        base: None,
        authority_key_id: None,
        scope: Scope::whole(),
        scope_der: Vec::new(),
    };
    // v1 says nothing, v2 says 1 (RFC 5280 section 5.1.2.1).
    let mut unusable = match (version, extensions) {
        (None | Some(0), None) | (Some(1), _) => None,
        (None | Some(_), _) => Some(Unusable::Contradiction),
    };
    if let Some(extensions) = extensions {
        let read = extensions.cursor().only(tag::SEQUENCE).and_then(|list| header.read(list.cursor()));
        unusable = unusable.or(read.unwrap_or(Some(Unusable::Contradiction)));
    }
    let mut count = 0;
    for entry in RawEntries(Cursor::new(entries)) {
        let entry = entry?;
        time::read(entry.date).ok_or(Malformed)?;
        unusable = unusable.or(entry::judge(entry.extensions, header.scope.indirect));
        count += 1;
    }
    let same = inner_algorithm.der == algorithm.der;
    let scheme = if same { SignatureScheme::from_algorithm_der(algorithm.der, None) } else { None };
    Ok(Parsed {
        fingerprint: Fingerprint::of(&der),
        tbs: place(&der, tbs.der),
        entries: place(&der, entries),
        header,
        count,
        scheme,
        signature,
        digest: OnceLock::new(),
        unusable,
        der,
    })
}

impl Header {
    /// The extensions of the list (RFC 5280 section 5.2). Each stands once.
    fn read(&mut self, mut list: Cursor<'_>) -> Result<Option<Unusable>, Malformed> {
        let mut seen = Vec::new();
        let mut unknown = false;
        while !list.is_empty() {
            let (kind, critical, value) = extension(&list.element()?)?;
            if seen.contains(&kind) || seen.len() > 100 {
                return Err(Malformed);
            }
            seen.push(kind);
            match kind {
                CRL_NUMBER => self.number = Some(Number::read(value)?),
                DELTA_CRL_INDICATOR => self.base = Some(Number::read(value)?),
                AUTHORITY_KEY_ID => self.authority_key_id = authority_key_id(value)?,
                ISSUING_DISTRIBUTION_POINT => {
                    self.scope_der = value.only(tag::SEQUENCE)?.der.to_vec();
                    self.scope = Scope::read(value, &self.issuer)?;
                }
                ISSUER_ALT_NAME | FRESHEST_CRL | AUTHORITY_INFO_ACCESS => {}
                _ => unknown |= critical,
            }
        }
        Ok(unknown.then_some(Unusable::UnknownCritical))
    }
}

/// Where `part`, which lies in `whole`, lies there.
fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    if part.is_empty() {
        return 0..0;
    }
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}
