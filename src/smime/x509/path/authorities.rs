//! The certificates that a path may lead through, and how far each is from an anchor.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;

use super::constraints::Constraints;
use super::{PathError, Purpose};
use crate::smime::x509::certificate::{Certificate, Validity};
use crate::smime::x509::extensions::{KeyUsage, Known};
use crate::smime::x509::name::Name;

/// All authorities that one question may lead to; each certificate once.
pub(super) struct Authorities<'a> {
    all: Vec<Authority<'a>>,
    by_subject: HashMap<&'a Name, Vec<usize>>,
}

/// One certificate that may stand above others.
pub(super) struct Authority<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) anchor: bool,
    /// Why it can vouch for nobody, whatever stands below it.
    pub(super) refusal: Option<PathError>,
    /// Certificates between it and the nearest anchor, that one included, as far as names tell.
    pub(super) distance: Option<usize>,
    pub(super) constraints: Option<Constraints>,
    /// The first authority with the same key.
    pub(super) key: usize,
    /// Its own issuers, the likeliest first.
    issuers: OnceCell<Vec<usize>>,
}

impl<'a> Authorities<'a> {
    pub(super) fn new(
        pool: &'a [Certificate],
        anchors: &'a [Certificate],
        time: Timestamp,
        purpose: Purpose,
    ) -> Self {
        let mut seen = HashSet::new();
        let mut keys = HashMap::new();
        let mut all: Vec<Authority<'a>> = Vec::new();
        let both = anchors.iter().map(|one| (one, true)).chain(pool.iter().map(|one| (one, false)));
        for (certificate, anchor) in both {
            if !seen.insert(certificate.fingerprint()) {
                continue;
            }
            let (refusal, constraints) = match may_issue(certificate, anchor, time, purpose) {
                Ok(constraints) => (None, constraints),
                Err(refusal) => (Some(refusal), None),
            };
            let key = *keys.entry(certificate.spki_der()).or_insert(all.len());
            let (distance, issuers) = (None, OnceCell::new());
            all.push(Authority { certificate, anchor, refusal, distance, constraints, key, issuers });
        }
        let mut by_subject: HashMap<&Name, Vec<usize>> = HashMap::new();
        for (place, authority) in all.iter().enumerate() {
            by_subject.entry(authority.certificate.subject()).or_default().push(place);
        }
        let mut authorities = Self { all, by_subject };
        authorities.measure();
        authorities
    }

    /// From the anchors downwards, along names.
    fn measure(&mut self) {
        let mut by_issuer: HashMap<&Name, Vec<usize>> = HashMap::new();
        let mut next = VecDeque::new();
        for (place, authority) in self.all.iter_mut().enumerate() {
            match (authority.refusal, authority.anchor) {
                (Some(_), _) => {}
                (None, true) => {
                    authority.distance = Some(0);
                    next.push_back((authority.certificate, 0));
                }
                (None, false) => by_issuer.entry(authority.certificate.issuer()).or_default().push(place),
            }
        }
        while let Some((above, distance)) = next.pop_front() {
            // Taken out: every certificate is reached once.
            for place in by_issuer.remove(above.subject()).unwrap_or_default() {
                if let Some(authority) = self.all.get_mut(place) {
                    authority.distance = Some(distance + 1);
                    next.push_back((authority.certificate, distance + 1));
                }
            }
        }
    }

    pub(super) fn get(&self, place: usize) -> Option<&Authority<'a>> {
        self.all.get(place)
    }

    /// Who may have issued this authority's certificate.
    pub(super) fn issuers_of<'b>(&self, authority: &'b Authority<'a>) -> &'b [usize] {
        authority.issuers.get_or_init(|| self.issuers(authority.certificate))
    }

    /// Whoever has the issuer's name: those with the key that the certificate names first, then anchors, then whoever
    /// is nearer to one, then the newer one. The last word is the fingerprint's, so that no order of the pool matters.
    pub(super) fn issuers(&self, certificate: &Certificate) -> Vec<usize> {
        let named = certificate.authority_key_id();
        let mut places = self.by_subject.get(certificate.issuer()).cloned().unwrap_or_default();
        places.sort_by_cached_key(|place| {
            self.get(*place).map(|issuer| {
                let other_key = named.is_some() && issuer.certificate.subject_key_id() != named;
                let distance = issuer.distance.unwrap_or(usize::MAX);
                let newest = Reverse(issuer.certificate.not_before());
                (other_key, !issuer.anchor, distance, newest, issuer.certificate.fingerprint())
            })
        });
        places
    }
}

/// What an authority says of itself (RFC 5280 section 6.1.4, k to o, and 6.1.3, a). An anchor of version 1, which has no
/// extensions to say it with, is an authority because the person chose it.
fn may_issue(
    issuer: &Certificate,
    anchor: bool,
    time: Timestamp,
    purpose: Purpose,
) -> Result<Option<Constraints>, PathError> {
    match issuer.basic_constraints() {
        Known::Present(constraints) if constraints.ca => {}
        Known::Absent if anchor && issuer.predates_extensions() => {}
        Known::Present(_) | Known::Absent | Known::Unreadable => return Err(PathError::NotAnAuthority),
    }
    // An empty name is nobody's (section 4.1.2.4).
    if issuer.subject().is_empty() {
        return Err(PathError::NotAnAuthority);
    }
    if !issuer.key_usage().allows(|usage| KeyUsage::key_cert_sign(*usage)) {
        return Err(PathError::KeyUsage);
    }
    if issuer.has_unknown_critical_extension() {
        return Err(PathError::UnknownCritical);
    }
    if !purpose.allows(issuer) {
        return Err(PathError::Purpose);
    }
    let constraints = match issuer.name_constraints() {
        Known::Absent => None,
        Known::Unreadable => return Err(PathError::NameConstraints),
        Known::Present(octets) => Some(Constraints::read(octets).map_err(|_| PathError::NameConstraints)?),
    };
    match issuer.validity(time) {
        Validity::Valid => Ok(constraints),
        Validity::NotYet | Validity::Expired => Err(PathError::Expired),
    }
}
