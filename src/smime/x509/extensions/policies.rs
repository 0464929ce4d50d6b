//! Certificate policies (RFC 5280 sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and 4.2.1.14).

use const_oid::ObjectIdentifier;

use crate::smime::asn1::{Cursor, Element, Malformed, tag};

const ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");
/// id-qt-cps and id-qt-unotice, which say something to people and nothing to programs.
const QUALIFIERS: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1"), ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.2")];

/// Policies, or mappings, in one extension.
const MAX: usize = 1_000;

/// A policy: the content of its OBJECT IDENTIFIER, which may be longer than any that is named here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Policy(Vec<u8>);

impl Policy {
    /// anyPolicy.
    pub(crate) fn any() -> Self {
        Self(ANY_POLICY.as_bytes().to_vec())
    }

    /// Stands for every policy.
    pub(crate) fn is_any(&self) -> bool {
        self.0 == ANY_POLICY.as_bytes()
    }

    fn read(value: &Element<'_>) -> Result<Self, Malformed> {
        let named = value.tag == tag::OBJECT_IDENTIFIER && !value.content.is_empty();
        if named { Ok(Self(value.content.to_vec())) } else { Err(Malformed) }
    }
}

/// ```text
/// PolicyConstraints ::= SEQUENCE { requireExplicitPolicy [0] SkipCerts OPTIONAL,
///     inhibitPolicyMapping [1] SkipCerts OPTIONAL }
/// SkipCerts ::= INTEGER (0..MAX)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PolicyConstraints {
    pub(crate) require_explicit: Option<u32>,
    pub(crate) inhibit_mapping: Option<u32>,
}

/// ```text
/// certificatePolicies  ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
/// PolicyInformation    ::= SEQUENCE { policyIdentifier OBJECT IDENTIFIER,
///     policyQualifiers SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
/// PolicyQualifierInfo  ::= SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY }
/// ```
///
/// `critical`: a qualifier that nobody here knows makes it unreadable, too.
pub(super) fn certificate_policies(value: Cursor<'_>, critical: bool) -> Result<Vec<Policy>, Malformed> {
    let list = list(value)?;
    list.iter()
        .map(|information| {
            let mut parts = information.sequence()?;
            let policy = Policy::read(&parts.element()?)?;
            let qualifiers = parts.optional(tag::SEQUENCE)?;
            parts.finish()?;
            let mut known = true;
            for qualifier in qualifiers.map_or(Ok(Vec::new()), |all| all.cursor().all())? {
                known &= qualifier.sequence()?.oid().is_ok_and(|kind| QUALIFIERS.contains(&kind));
            }
            if critical && !known { Err(Malformed) } else { Ok(policy) }
        })
        .collect()
}

/// ```text
/// PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { issuerDomainPolicy CertPolicyId,
///     subjectDomainPolicy CertPolicyId }
/// ```
pub(super) fn policy_mappings(value: Cursor<'_>) -> Result<Vec<(Policy, Policy)>, Malformed> {
    let list = list(value)?;
    list.iter()
        .map(|mapping| {
            let mut parts = mapping.sequence()?;
            let pair = (Policy::read(&parts.element()?)?, Policy::read(&parts.element()?)?);
            parts.finish().map(|()| pair)
        })
        .collect()
}

pub(super) fn policy_constraints(value: Cursor<'_>) -> Result<PolicyConstraints, Malformed> {
    let mut parts = value.only(tag::SEQUENCE)?.cursor();
    let require_explicit = parts.optional(0x80)?.map(skip).transpose()?;
    let inhibit_mapping = parts.optional(0x81)?.map(skip).transpose()?;
    parts.finish()?;
    Ok(PolicyConstraints { require_explicit, inhibit_mapping })
}

/// ```text
/// InhibitAnyPolicy ::= SkipCerts
/// ```
pub(super) fn inhibit_any_policy(value: Cursor<'_>) -> Result<u32, Malformed> {
    value.only(tag::INTEGER).and_then(skip)
}

fn skip(number: Element<'_>) -> Result<u32, Malformed> {
    Element { tag: tag::INTEGER, ..number }.small_integer()
}

fn list(value: Cursor<'_>) -> Result<Vec<Element<'_>>, Malformed> {
    let list = value.only(tag::SEQUENCE)?.cursor().all()?;
    if (1..=MAX).contains(&list.len()) { Ok(list) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer::{oid, sequence, small_integer, value};

    const ONE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.3");

    #[test]
    fn an_unknown_qualifier_counts_only_where_it_is_critical() {
        let policies = |qualifier: ObjectIdentifier| {
            let qualifiers = sequence(&[&sequence(&[&oid(qualifier), &[5, 0]])]);
            sequence(&[&sequence(&[&oid(ONE), &qualifiers])])
        };
        let (known, odd) = (policies(QUALIFIERS[1]), policies(ONE));
        for (der, critical, good) in
            [(&known, true, true), (&known, false, true), (&odd, false, true), (&odd, true, false)]
        {
            assert_eq!(certificate_policies(Cursor::new(der), critical).is_ok(), good);
        }
        assert!(certificate_policies(Cursor::new(&sequence(&[])), false).is_err());
    }

    #[test]
    fn a_policy_may_be_longer_than_its_name() {
        // 2.25 and a UUID.
        let uuid = [0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        let der = sequence(&[&sequence(&[&value(tag::OBJECT_IDENTIFIER, &[&uuid])])]);
        assert_eq!(certificate_policies(Cursor::new(&der), true), Ok(vec![Policy(uuid.to_vec())]));
    }

    #[test]
    fn numbers_of_certificates_are_bounded() {
        let constraints =
            |parts: &[&[u8]]| policy_constraints(Cursor::new(&sequence(parts))).map_err(|Malformed| ());
        let (zero, two) = (value(0x80, &[&[0]]), value(0x81, &[&[2]]));
        let both = PolicyConstraints { require_explicit: Some(0), inhibit_mapping: Some(2) };
        assert_eq!(constraints(&[&zero, &two]), Ok(both));
        assert_eq!(constraints(&[&two, &zero]), Err(()));
        assert_eq!(constraints(&[&value(0x80, &[&[0xff]])]), Err(()));
        assert_eq!(inhibit_any_policy(Cursor::new(&small_integer(3))), Ok(3));
        assert!(inhibit_any_policy(Cursor::new(&[2, 1, 0x80])).is_err());
    }
}
