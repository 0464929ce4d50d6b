//! What a revocation list speaks of: distribution points, reasons and names (RFC 5280 sections 4.2.1.13 and 5.2.5).

use crate::smime::asn1::{Cursor, Element, Malformed, tag, writer};
use crate::smime::x509::extensions::Known;
use crate::smime::x509::{Certificate, Name};

/// Names of one distribution point that are looked at.
const NAMES: usize = 64;

/// Distribution points of one certificate that are looked at.
const POINTS: usize = 64;

/// The reasons for which a list, or one distribution point, names certificates.
///
/// ```text
/// ReasonFlags ::= BIT STRING { unused (0), keyCompromise (1), cACompromise (2), affiliationChanged (3), superseded (4),
///     cessationOfOperation (5), certificateHold (6), privilegeWithdrawn (7), aACompromise (8) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reasons(u16);

impl Reasons {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self(0x7f80);

    /// `flags`: the content octets of the BIT STRING.
    fn read(flags: &[u8]) -> Result<Self, Malformed> {
        match flags {
            [0..8, bits @ ..] if bits.len() <= 2 => {
                let octet = |place| u16::from(bits.get(place).copied().unwrap_or(0));
                Ok(Self(octet(0) << 8 | octet(1)).both(Self::ALL))
            }
            _ => Err(Malformed),
        }
    }

    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One name of a distribution point or of a list's issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PointName {
    Directory(Name),
    /// Tag and content of any other GeneralName: compared octet by octet.
    Other(u8, Vec<u8>),
}

/// Where a certificate says that its revocation is told.
///
/// ```text
/// CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
/// DistributionPoint     ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
///     reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
/// ```
#[derive(Debug)]
pub(super) struct DistributionPoint {
    names: Option<Vec<PointName>>,
    reasons: Reasons,
    /// Who signs the list, where that is not the certificate's issuer.
    issuers: Option<Vec<PointName>>,
}

impl DistributionPoint {
    /// Those that the certificate names, and the one that every certificate has: its issuer's own list (RFC 5280 section
    /// 6.3.3, at the end).
    pub(super) fn all(certificate: &Certificate) -> Vec<Self> {
        let mut points = match certificate.crl_distribution_points() {
            Known::Present(content) => Self::read(content, certificate.issuer()).unwrap_or_default(),
            Known::Absent | Known::Unreadable => Vec::new(),
        };
        points.push(Self {
            names: Some(vec![PointName::Directory(certificate.issuer().clone())]),
            reasons: Reasons::ALL,
            issuers: None,
        });
        points
    }

    /// The names of those who sign the lists of these points.
    pub(super) fn list_issuers(&self) -> impl Iterator<Item = &Name> {
        self.issuers.iter().flatten().filter_map(|name| match name {
            PointName::Directory(name) => Some(name),
            PointName::Other(..) => None,
        })
    }

    fn read(content: &[u8], certificate_issuer: &Name) -> Result<Vec<Self>, Malformed> {
        let points = Cursor::new(content).all()?;
        if points.len() > POINTS {
            return Err(Malformed);
        }
        points.iter().map(|point| Self::read_one(point, certificate_issuer)).collect()
    }

    fn read_one(point: &Element<'_>, certificate_issuer: &Name) -> Result<Self, Malformed> {
        let mut parts = point.sequence()?;
        let names = parts.optional(0xa0)?;
        let reasons = parts.optional(0x81)?.map(|flags| Reasons::read(flags.content)).transpose()?;
        let issuers = parts.optional(0xa2)?.map(|names| general_names(names.cursor())).transpose()?;
        parts.finish()?;
        let signer = issuers.iter().flatten().find_map(|name| match name {
            PointName::Directory(name) => Some(name),
            PointName::Other(..) => None,
        });
        let names = names.map(|names| point_name(names.cursor(), signer.unwrap_or(certificate_issuer)));
        Ok(Self { names: names.transpose()?, reasons: reasons.unwrap_or(Reasons::ALL), issuers })
    }
}

/// What a list restricts itself to. Without the extension: all certificates of its issuer, and all reasons.
///
/// ```text
/// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
///     onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE, onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE,
///     onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] BOOLEAN DEFAULT FALSE,
///     onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// ```
#[derive(Debug)]
pub(super) struct Scope {
    names: Option<Vec<PointName>>,
    only_users: bool,
    only_authorities: bool,
    only_attributes: bool,
    reasons: Reasons,
    pub(super) indirect: bool,
}

impl Scope {
    /// All certificates, all reasons.
    pub(super) fn whole() -> Self {
        Self {
            names: None,
            only_users: false,
            only_authorities: false,
            only_attributes: false,
            reasons: Reasons::ALL,
            indirect: false,
        }
    }

    /// `value`: the extension's octets.
    pub(super) fn read(value: Cursor<'_>, list_issuer: &Name) -> Result<Self, Malformed> {
        let mut parts = value.only(tag::SEQUENCE)?.cursor();
        let names = parts.optional(0xa0)?.map(|names| point_name(names.cursor(), list_issuer)).transpose()?;
        let mut flag =
            |number| parts.optional(tag::context(number)).map(|flag| flag.is_some_and(|flag| flag.boolean()));
        let (only_users, only_authorities) = (flag(1)?, flag(2)?);
        let reasons = parts.optional(0x83)?.map(|flags| Reasons::read(flags.content)).transpose()?;
        let mut flag =
            |number| parts.optional(tag::context(number)).map(|flag| flag.is_some_and(|flag| flag.boolean()));
        let (indirect, only_attributes) = (flag(4)?, flag(5)?);
        parts.finish()?;
        // "at most one of" the three (RFC 5280 section 5.2.5).
        if [only_users, only_authorities, only_attributes].iter().filter(|only| **only).count() > 1 {
            return Err(Malformed);
        }
        let reasons = reasons.unwrap_or(Reasons::ALL);
        Ok(Self { names, only_users, only_authorities, only_attributes, reasons, indirect })
    }

    /// Less than all certificates, or less than all reasons.
    pub(super) fn is_partial(&self) -> bool {
        self.names.is_some()
            || self.only_users
            || self.only_authorities
            || self.only_attributes
            || self.reasons != Reasons::ALL
    }

    /// For which reasons a list of this scope, signed by `list_issuer`, speaks of `certificate` by way of `point`; `None`: for none
    /// (RFC 5280 section 6.3.3, b and d).
    pub(super) fn covers(
        &self,
        list_issuer: &Name,
        certificate: &Certificate,
        point: &DistributionPoint,
    ) -> Option<Reasons> {
        let right_issuer = match &point.issuers {
            Some(issuers) => self.indirect && issuers.contains(&PointName::Directory(list_issuer.clone())),
            None => list_issuer == certificate.issuer(),
        };
        let right_point = match (&self.names, &point.names, &point.issuers) {
            (None, ..) => true,
            (Some(own), Some(names), _) | (Some(own), None, Some(names)) => {
                own.iter().any(|name| names.contains(name))
            }
            (Some(_), None, None) => false,
        };
        let is_authority =
            certificate.basic_constraints().present().is_some_and(|constraints| constraints.ca);
        let other_kind = if is_authority { self.only_users } else { self.only_authorities };
        let right_kind = !self.only_attributes && !other_kind;
        let reasons = self.reasons.both(point.reasons);
        (right_issuer && right_point && right_kind && reasons != Reasons::NONE).then_some(reasons)
    }
}

/// ```text
/// DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }
/// ```
fn point_name(choice: Cursor<'_>, base: &Name) -> Result<Vec<PointName>, Malformed> {
    let mut choice = choice;
    let name = choice.element()?;
    choice.finish()?;
    match name.tag {
        0xa0 => general_names(name.cursor()),
        0xa1 => {
            let above = Cursor::single(base.as_der())?.content;
            let der = writer::sequence(&[above, &writer::value(tag::SET, &[name.content])]);
            Ok(vec![PointName::Directory(Name::from_der(&der).ok_or(Malformed)?)])
        }
        _ => Err(Malformed),
    }
}

/// GeneralNames (RFC 5280 section 4.2.1.6); a directoryName has an explicit tag.
pub(super) fn general_names(names: Cursor<'_>) -> Result<Vec<PointName>, Malformed> {
    let names = names.all()?;
    if names.is_empty() || names.len() > NAMES {
        return Err(Malformed);
    }
    let read = |name: &Element<'_>| match name.tag {
        0xa4 => Name::from_der(name.content).map(PointName::Directory).ok_or(Malformed),
        tag => Ok(PointName::Other(tag, name.content.to_vec())),
    };
    names.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(common: &str) -> Name {
        let attribute = writer::sequence(&[
            &writer::oid(const_oid::ObjectIdentifier::new_unwrap("2.5.4.3")),
            &writer::value(tag::UTF8_STRING, &[common.as_bytes()]),
        ]);
        Name::from_der(&writer::sequence(&[&writer::value(tag::SET, &[&attribute])])).unwrap()
    }

    fn scope(parts: &[&[u8]]) -> Result<Scope, Malformed> {
        Scope::read(Cursor::new(&writer::sequence(parts)), &name("Authority"))
    }

    #[test]
    fn a_scope_is_read_whole_or_not_at_all() {
        let whole = scope(&[]).unwrap();
        assert!(!whole.is_partial() && !whole.indirect && whole.reasons == Reasons::ALL);
        let partial = scope(&[&[0x81, 1, 0xff], &[0x83, 2, 5, 0x60], &[0x84, 1, 0xff]]).unwrap();
        assert!(partial.is_partial() && partial.indirect && partial.only_users);
        assert_eq!(partial.reasons, Reasons(0x6000));
        assert!(scope(&[&[0x81, 1, 0xff], &[0x82, 1, 0xff]]).is_err(), "users and authorities");
        assert!(scope(&[&[0x82, 1, 0xff], &[0x81, 1, 0xff]]).is_err(), "out of order");
        assert!(scope(&[&[0x83, 4, 0, 1, 2, 3]]).is_err(), "more flags than there are");
        assert!(scope(&[&[0x86, 1, 0]]).is_err(), "nobody knows this one");
    }

    #[test]
    fn a_relative_name_stands_below_the_issuer_of_the_list() {
        let below = name("Below");
        let rdn = Cursor::single(below.as_der()).unwrap().cursor().element().unwrap().content;
        let relative = writer::value(0xa1, &[rdn]);
        let names = point_name(Cursor::new(&relative), &name("Authority")).unwrap();
        let [PointName::Directory(whole)] = names.as_slice() else { panic!("{names:?}") };
        assert_eq!(whole.to_string(), "CN=Below, CN=Authority");
        assert!(point_name(Cursor::new(&[0xa2, 0]), &name("Authority")).is_err());
    }
}
