//! Revocation lists given as octets, and what they say of a path (RFC 5280 sections 5 and 6.3).
//!
//! Nothing is fetched. A list counts when its signer is the certificate's issuer, or somebody whom the certificate names
//! for that, with a path to the same anchor; complete lists, delta lists over them and indirect ones are put together as section
//! 6.3.3 does. Three things are decided so that unknown means less:
//!
//! - *Revoked is revoked.* A certificate that a proved list names counts for nothing, whatever the reason and whenever it
//!   signed: the time in a signature is the signer's word. A list that is out of date still takes back what it names, and so does
//!   one with a critical extension that is not understood (X.509 section 7.3; RFC 5280 would not look at it at all).
//! - Only a list that is current, complete for all reasons, and signed with a method that cannot be forged lets a
//!   certificate pass as not revoked.
//! - Everything else leaves the question open, which is a finding and not a failed path.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::path::{self, PathOutcome, Purpose};
use super::{Certificate, Name};
use crate::smime::crypto::signature::SignatureError;

mod entry;
mod judge;
mod list;
mod scope;
#[cfg(test)]
mod tests;

pub use entry::{Reason, Revoked};
pub use list::{MAX_LENGTH, Number, RevocationList, RevocationListError, Unusable};

use scope::DistributionPoint;

/// How often a path is looked for that goes around a revoked authority.
const DETOURS: usize = 4;

/// Other certificates for the keys of a path that are looked at.
const TWINS: usize = 8;

/// Certificates that are tried as the signer of one list.
const CANDIDATES: usize = 20;

/// What revocation lists say of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// Current lists speak of every certificate below the anchor, and name none of them.
    Good {
        /// When the oldest of them was made; `None`: the certificate is an anchor itself.
        as_of: Option<Timestamp>,
    },
    /// A certificate of the path was taken back.
    Revoked {
        /// Which.
        certificate: Certificate,
        /// It is an authority's, not the one that the path begins with.
        authority: bool,
        /// When and why.
        revoked: Revoked,
    },
    /// Nobody can say.
    Unknown {
        /// The first certificate of the path of which that is so.
        certificate: Certificate,
        /// What comes closest to a reason.
        why: Unknown,
    },
}

/// Why it is not known whether a certificate was revoked. The later one came closer to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// No list of its issuer is at hand.
    NoList,
    /// The list has something that is not understood.
    Unusable,
    /// It is not known who signed the list.
    Unproved,
    /// The search was given up.
    Budget,
    /// The list's signature can be forged.
    Weak,
    /// The list was made after the moment that is asked about.
    NotYet,
    /// A newer list should be there by now, or the list does not say when.
    Outdated {
        /// When it was made.
        made: Timestamp,
    },
    /// The lists do not speak of all reasons.
    Partial,
}

/// The best path from `certificate` at `time`, as [`path::build`] finds it, and what `lists` say of it. A path that goes around a
/// revoked authority is taken if there is one; but not one over a key that is said to be stolen, whoever certified it.
pub fn build(
    certificate: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    lists: &[RevocationList],
    time: Timestamp,
) -> (PathOutcome, Option<Revocation>) {
    let mut pool = pool.to_vec();
    let mut first = None;
    for _ in 0..DETOURS {
        let outcome = path::build(certificate, &pool, anchors, time, Purpose::Email);
        let path = match &outcome {
            PathOutcome::Valid(path) | PathOutcome::OutsideOwnDates(path) | PathOutcome::Weak(path) => path,
            PathOutcome::None(_) => return first.unwrap_or((outcome, None)),
        };
        let revocation = check(path, lists, &pool, time);
        let Revocation::Revoked { certificate: lost, revoked, .. } = &revocation else {
            let stolen = stolen_key(path, &pool, anchors, lists, time);
            return (outcome, Some(stolen.unwrap_or(revocation)));
        };
        let stolen = revoked.reason.is_theft();
        let spki = lost.spki_der().to_vec();
        let is_lost = |other: &Certificate| other == lost || stolen && other.spki_der() == spki;
        let own = is_lost(certificate);
        pool.retain(|other| !is_lost(other));
        let found = first.get_or_insert((outcome, Some(revocation)));
        if own {
            return found.clone();
        }
    }
    first.unwrap_or((PathOutcome::None(path::PathError::Budget), None))
}

/// Another certificate for one of the keys of this path that was taken back because the key is stolen.
fn stolen_key(
    path: &[Certificate],
    pool: &[Certificate],
    anchors: &[Certificate],
    lists: &[RevocationList],
    time: Timestamp,
) -> Option<Revocation> {
    let others = pool.iter().filter(|other| !path.contains(other));
    let twins = others.filter_map(|other| {
        let place = path.iter().position(|one| one.spki_der() == other.spki_der())?;
        Some((place, other))
    });
    twins.take(TWINS).find_map(|(place, twin)| {
        let (PathOutcome::Valid(path) | PathOutcome::OutsideOwnDates(path) | PathOutcome::Weak(path)) =
            path::build(twin, pool, anchors, time, Purpose::Any)
        else {
            return None;
        };
        match check(&path, lists, pool, time) {
            Revocation::Revoked { certificate, authority: false, revoked } if revoked.reason.is_theft() => {
                Some(Revocation::Revoked { certificate, authority: place > 0, revoked })
            }
            Revocation::Revoked { .. } | Revocation::Good { .. } | Revocation::Unknown { .. } => None,
        }
    })
}

/// What `lists` say of a `path` from a certificate (first) to an anchor (last). `pool`: certificates among which the lists' signers
/// may be.
pub fn check(
    path: &[Certificate],
    lists: &[RevocationList],
    pool: &[Certificate],
    time: Timestamp,
) -> Revocation {
    judge::Judge::new(path, lists, pool, time).path()
}

/// Who signed this list, among `pool` and `anchors`: somebody who may, with a path to an anchor.
pub fn signer(
    list: &RevocationList,
    pool: &[Certificate],
    anchors: &[Certificate],
    time: Timestamp,
) -> Result<Certificate, NoSigner> {
    let mut closest = NoSigner::Unknown;
    let candidates = pool.iter().chain(anchors).filter(|candidate| candidate.subject() == list.issuer());
    for candidate in candidates.take(CANDIDATES) {
        if !judge::may_sign_lists(candidate, anchors.contains(candidate)) {
            continue;
        }
        match path::build(candidate, pool, anchors, time, Purpose::Any) {
            PathOutcome::Valid(_) | PathOutcome::OutsideOwnDates(_) | PathOutcome::Weak(_) => {}
            PathOutcome::None(_) => continue,
        }
        match list.verify(candidate) {
            Ok(()) => return Ok(candidate.clone()),
            Err(SignatureError::Unsupported) => closest = closest.max(NoSigner::Unsupported),
            // An authority may have other keys than those that are known here.
            Err(SignatureError::Mismatch) => {
                let named = list.authority_key_id().filter(|_| candidate.subject_key_id().is_some());
                if named.is_none_or(|key| candidate.subject_key_id() == Some(key)) {
                    closest = closest.max(NoSigner::Forged);
                }
            }
        }
    }
    Err(closest)
}

/// Why nobody was found who signed a list. The later one came closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoSigner {
    /// Nobody with the name and the key that it says.
    Unknown,
    /// Signed in a way that is not known here.
    Unsupported,
    /// There is somebody with that name and key, and the signature does not fit.
    Forged,
}

/// Whose lists may speak of `certificate` and of those above it among `authorities`.
pub fn list_issuers<'a>(
    certificate: &'a Certificate,
    authorities: impl Iterator<Item = &'a Certificate>,
) -> HashSet<Name> {
    let mut by_name: HashMap<&Name, Vec<&Certificate>> = HashMap::new();
    let mut by_key: HashMap<&[u8], Vec<&Certificate>> = HashMap::new();
    for authority in authorities {
        by_name.entry(authority.subject()).or_default().push(authority);
        by_key.entry(authority.spki_der()).or_default().push(authority);
    }
    let mut names = HashSet::new();
    let mut waiting = vec![certificate];
    let mut seen = HashSet::new();
    while let Some(certificate) = waiting.pop() {
        if !seen.insert(certificate.fingerprint()) {
            continue;
        }
        // Whatever is said of another certificate for the same key may concern the key.
        waiting.extend(by_key.remove(certificate.spki_der()).unwrap_or_default());
        let mut above = vec![certificate.issuer().clone()];
        for point in DistributionPoint::all(certificate) {
            above.extend(point.list_issuers().cloned());
        }
        for name in above {
            if names.insert(name.clone()) {
                waiting.extend(by_name.get(&name).into_iter().flatten().copied());
            }
        }
    }
    names
}
