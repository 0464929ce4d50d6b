//! The entries of a revocation list (RFC 5280 section 5.3), one after the other as they lie.

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use super::list::Unusable;
use super::scope::{PointName, general_names};
use crate::smime::asn1::{Cursor, Element, Malformed, tag, time};

const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const HOLD_INSTRUCTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.23");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");

/// Why a certificate was taken back.
///
/// ```text
/// CRLReason ::= ENUMERATED { unspecified (0), keyCompromise (1), cACompromise (2), affiliationChanged (3), superseded (4),
///     cessationOfOperation (5), certificateHold (6), removeFromCRL (8), privilegeWithdrawn (9), aACompromise (10) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not said, or in a way that is not known here.
    Unspecified,
    /// Somebody else has, or may have, the private key.
    KeyCompromise,
    /// Somebody else has, or may have, the authority's private key.
    AuthorityCompromise,
    /// The name or another thing in it has changed.
    AffiliationChanged,
    /// Another certificate stands in its place.
    Superseded,
    /// Nobody needs it any more.
    CessationOfOperation,
    /// For the time being.
    Hold,
    /// A right was taken away.
    PrivilegeWithdrawn,
}

impl Reason {
    /// Somebody else has, or may have, a key.
    pub fn is_theft(self) -> bool {
        match self {
            Self::KeyCompromise | Self::AuthorityCompromise => true,
            Self::Unspecified
            | Self::AffiliationChanged
            | Self::Superseded
            | Self::CessationOfOperation
            | Self::Hold
            | Self::PrivilegeWithdrawn => false,
        }
    }
}

/// What a list says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// Taken back.
    Revoked(Revoked),
    /// A hold has ended, or the certificate has expired: only a delta list says so.
    Removed,
}

/// When and why a certificate was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// When it was taken back.
    pub date: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Since when the key must be taken for stolen, if that is known (invalidityDate).
    pub invalid_since: Option<Timestamp>,
}

/// One entry, not looked into.
pub(super) struct RawEntry<'a> {
    pub(super) serial: &'a [u8],
    pub(super) date: Element<'a>,
    pub(super) extensions: Option<Element<'a>>,
}

pub(super) struct RawEntries<'a>(pub(super) Cursor<'a>);

impl<'a> Iterator for RawEntries<'a> {
    type Item = Result<RawEntry<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() { None } else { Some(self.entry()) }
    }
}

impl<'a> RawEntries<'a> {
    fn entry(&mut self) -> Result<RawEntry<'a>, Malformed> {
        let mut parts = self.0.expect(tag::SEQUENCE)?.cursor();
        let serial = parts.expect(tag::INTEGER)?.content;
        let date = parts.element()?;
        let extensions = parts.optional(tag::SEQUENCE)?;
        parts.finish()?;
        Ok(RawEntry { serial, date, extensions })
    }
}

/// One extension: what it is, whether it is critical, and its octets.
pub(super) fn extension<'a>(
    extension: &Element<'a>,
) -> Result<(ObjectIdentifier, bool, Cursor<'a>), Malformed> {
    let mut parts = extension.sequence()?;
    let kind = parts.oid()?;
    let critical = parts.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.boolean());
    Ok((kind, critical, Cursor::new(parts.only(tag::OCTET_STRING)?.content)))
}

/// The extensions of an entry (RFC 5280 section 5.3).
pub(super) struct EntryExtensions {
    pub(super) reason: Reason,
    pub(super) removed: bool,
    pub(super) invalid_since: Option<Timestamp>,
    names_issuer: bool,
    unknown_critical: bool,
}

impl Default for EntryExtensions {
    fn default() -> Self {
        Self {
            reason: Reason::Unspecified,
            removed: false,
            invalid_since: None,
            names_issuer: false,
            unknown_critical: false,
        }
    }
}

impl EntryExtensions {
    pub(super) fn read(all: Element<'_>) -> Result<Self, Malformed> {
        let mut read = Self::default();
        let mut list = all.cursor();
        while !list.is_empty() {
            let (kind, critical, value) = extension(&list.element()?)?;
            match kind {
                REASON_CODE => (read.reason, read.removed) = reason(value)?,
                INVALIDITY_DATE => read.invalid_since = time::read(value.only(tag::GENERALIZED_TIME)?),
                CERTIFICATE_ISSUER => {
                    general_names(value.only(tag::SEQUENCE)?.cursor())?;
                    read.names_issuer = true;
                }
                HOLD_INSTRUCTION => {}
                _ => read.unknown_critical |= critical,
            }
        }
        Ok(read)
    }
}

fn reason(value: Cursor<'_>) -> Result<(Reason, bool), Malformed> {
    let [code] = value.only(0x0a)?.content else { return Err(Malformed) };
    Ok(match code {
        1 => (Reason::KeyCompromise, false),
        2 | 10 => (Reason::AuthorityCompromise, false),
        3 => (Reason::AffiliationChanged, false),
        4 => (Reason::Superseded, false),
        5 => (Reason::CessationOfOperation, false),
        6 => (Reason::Hold, false),
        8 => (Reason::Unspecified, true),
        9 => (Reason::PrivilegeWithdrawn, false),
        _ => (Reason::Unspecified, false),
    })
}

/// Whose certificates this entry and those behind it are of (RFC 5280 section 5.3.3), if the entry says so.
pub(super) fn certificate_issuer(extensions: Element<'_>) -> Result<Option<Vec<PointName>>, Malformed> {
    let mut list = extensions.cursor();
    while !list.is_empty() {
        let (kind, _, value) = extension(&list.element()?)?;
        if kind == CERTIFICATE_ISSUER {
            return general_names(value.only(tag::SEQUENCE)?.cursor()).map(Some);
        }
    }
    Ok(None)
}

/// Is there something in an entry's extensions that makes the whole list useless?
pub(super) fn judge(extensions: Option<Element<'_>>, indirect: bool) -> Option<Unusable> {
    match EntryExtensions::read(extensions?) {
        Ok(read) if read.unknown_critical => Some(Unusable::UnknownCritical),
        // Only an indirect list speaks of other issuers' certificates.
        Ok(read) if read.names_issuer && !indirect => Some(Unusable::Contradiction),
        Ok(_) => None,
        Err(Malformed) => Some(Unusable::Contradiction),
    }
}
