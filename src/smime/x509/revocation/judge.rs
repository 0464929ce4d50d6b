//! The validation of RFC 5280 section 6.3.3, for one path.

use std::collections::HashMap;

use jiff::Timestamp;

use super::entry::Listed;
use super::scope::{DistributionPoint, Reasons};
use super::{Reason, Revocation, RevocationList, Revoked, Unknown, Unusable};
use crate::smime::Fingerprint;
use crate::smime::x509::Certificate;
use crate::smime::x509::extensions::{KeyUsage, Known};
use crate::smime::x509::path::{self, PathOutcome, Purpose};

/// Lists that are looked at for one path.
const LISTS: usize = 512;

/// Signatures on lists that are checked for one path.
const SIGNATURES: usize = 100;

/// Paths of signers that are looked for.
const PATHS: usize = 20;

/// Signers whose lists are signed by others, one above the other.
const DEPTH: usize = 3;

pub(super) struct Judge<'a> {
    path: &'a [Certificate],
    lists: &'a [RevocationList],
    /// The authorities of the path, and all others among whom signers may be.
    pool: Vec<Certificate>,
    time: Timestamp,
    /// Whether a list's signer was found. While it is looked for: no, so that no list proves itself.
    proofs: HashMap<Fingerprint, Proof>,
    signatures: usize,
    paths: usize,
    depth: usize,
    given_up: bool,
}

/// Who signed a list?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Nobody who may.
    None,
    /// Somebody who may, as it seems: the signature can be forged, or that on the signer's certificate.
    Weak,
    /// Somebody who may.
    Strong,
}

/// What is known of one certificate.
enum Standing {
    Good(Timestamp),
    Revoked(Revoked),
    Unknown(Unknown),
}

/// A proved list that speaks of the certificate, for which reasons, and what it says.
struct Statement<'a> {
    list: &'a RevocationList,
    /// Why it must not say that a certificate was *not* revoked.
    flaw: Option<Unknown>,
    reasons: Reasons,
    listed: Option<Listed>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        path: &'a [Certificate],
        lists: &'a [RevocationList],
        pool: &[Certificate],
        time: Timestamp,
    ) -> Self {
        let authorities = path.get(1..).unwrap_or_default();
        let pool = authorities.iter().chain(pool).cloned().collect();
        Self {
            path,
            lists: lists.get(..LISTS).unwrap_or(lists),
            pool,
            time,
            proofs: HashMap::new(),
            signatures: SIGNATURES,
            paths: PATHS,
            depth: 0,
            given_up: lists.len() > LISTS,
        }
    }

    /// Every certificate but the anchor, which nobody can take back but the person who chose it.
    pub(super) fn path(&mut self) -> Revocation {
        let mut as_of: Option<Timestamp> = None;
        let mut unknown = None;
        let path = self.path;
        for (place, certificate) in path.iter().take(path.len().saturating_sub(1)).enumerate() {
            match self.certificate(certificate) {
                Standing::Revoked(revoked) => {
                    let certificate = certificate.clone();
                    return Revocation::Revoked { certificate, authority: place > 0, revoked };
                }
                Standing::Good(made) => as_of = Some(as_of.map_or(made, |before| before.min(made))),
                Standing::Unknown(why) => {
                    unknown.get_or_insert(Revocation::Unknown { certificate: certificate.clone(), why });
                }
            }
        }
        unknown.unwrap_or(Revocation::Good { as_of })
    }

    fn certificate(&mut self, certificate: &Certificate) -> Standing {
        let mut why = if self.given_up { Unknown::Budget } else { Unknown::NoList };
        let mut covered = Reasons::NONE;
        let mut as_of: Option<Timestamp> = None;
        let mut found = HashMap::new();
        for point in DistributionPoint::all(certificate) {
            let statements = self.statements(certificate, &point, &mut found, &mut why);
            if let Some(revoked) = statements.iter().find_map(|statement| self.for_good(statement)) {
                return Standing::Revoked(revoked);
            }
            for complete in statements.iter().filter(|statement| !statement.list.is_delta()) {
                if complete.list.this_update() > self.time {
                    why = why.max(Unknown::NotYet);
                    continue;
                }
                let newest = !self.made(&statements).any(|other| {
                    !other.list.is_delta()
                        && other.flaw.is_none()
                        && other.list.has_scope_of(complete.list)
                        && other.list.is_newer_than(complete.list)
                });
                if !newest {
                    continue;
                }
                let delta = self
                    .made(&statements)
                    .filter(|other| other.list.updates(complete.list))
                    .max_by_key(|other| other.list.age());
                // A hold lasts until a newer list ends it.
                let ended =
                    |delta: &&Statement<'_>| delta.flaw.is_none() || delta.listed != Some(Listed::Removed);
                let last_word = delta.filter(ended).and_then(|delta| delta.listed).or(complete.listed);
                if let Some(Listed::Revoked(revoked)) = last_word {
                    return Standing::Revoked(revoked);
                }
                let newer = delta.unwrap_or(complete).list;
                match self.vouches(complete, delta) {
                    Ok(()) => {
                        covered = covered.either(complete.reasons);
                        as_of = Some(as_of.map_or(newer.this_update(), |made| made.min(newer.this_update())));
                    }
                    Err(reason) => why = why.max(reason),
                }
            }
        }
        match as_of {
            Some(made) if covered == Reasons::ALL => Standing::Good(made),
            Some(_) => Standing::Unknown(Unknown::Partial),
            None => Standing::Unknown(why),
        }
    }

    /// What the lists say that speak of `certificate` by way of `point` and whose signer is proved.
    fn statements(
        &mut self,
        certificate: &Certificate,
        point: &DistributionPoint,
        found: &mut HashMap<Fingerprint, Option<Listed>>,
        why: &mut Unknown,
    ) -> Vec<Statement<'a>> {
        let mut statements = Vec::new();
        for list in self.lists {
            let Some(reasons) = list.scope().covers(list.issuer(), certificate, point) else { continue };
            if list.unusable() == Some(Unusable::Contradiction) {
                *why = Unknown::Unusable.max(*why);
                continue;
            }
            let proof = self.proof(list);
            if proof == Proof::None {
                *why = if self.given_up { Unknown::Budget } else { Unknown::Unproved }.max(*why);
                continue;
            }
            let flaw = match (list.unusable(), proof) {
                (Some(_), _) => Some(Unknown::Unusable),
                (None, Proof::Weak) => Some(Unknown::Weak),
                (None, Proof::Strong | Proof::None) => None,
            };
            let listed = *found.entry(list.fingerprint()).or_insert_with(|| list.find(certificate));
            statements.push(Statement { list, flaw, reasons, listed });
        }
        statements
    }

    /// Those that were made by now.
    fn made<'s>(&self, statements: &'s [Statement<'a>]) -> impl Iterator<Item = &'s Statement<'a>> {
        statements.iter().filter(|statement| statement.list.this_update() <= self.time)
    }

    /// Taken back and not only held: no later list undoes it. A list of later than now counts for what had happened by now.
    fn for_good(&self, statement: &Statement<'_>) -> Option<Revoked> {
        match statement.listed {
            Some(Listed::Revoked(revoked)) if revoked.reason != Reason::Hold => {
                (statement.list.this_update() <= self.time || revoked.date <= self.time).then_some(revoked)
            }
            Some(Listed::Revoked(_) | Listed::Removed) | None => None,
        }
    }

    /// May this list, with the delta list over it, say that a certificate was *not* revoked?
    fn vouches(&self, complete: &Statement<'_>, delta: Option<&Statement<'_>>) -> Result<(), Unknown> {
        let current =
            |statement: &Statement<'_>| statement.list.next_update().is_some_and(|next| self.time <= next);
        let newer = delta.unwrap_or(complete);
        if let Some(flaw) = complete.flaw.or(newer.flaw) {
            Err(flaw)
        } else if current(complete) || current(newer) {
            Ok(())
        } else {
            Err(Unknown::Outdated { made: newer.list.this_update() })
        }
    }

    /// Was this list signed by somebody who may, and whose path ends in the same anchor (RFC 5280 section 6.3.3, f and g)?
    fn proof(&mut self, list: &RevocationList) -> Proof {
        if let Some(known) = self.proofs.get(&list.fingerprint()) {
            return *known;
        }
        self.proofs.insert(list.fingerprint(), Proof::None);
        let proof = self.prove(list);
        self.proofs.insert(list.fingerprint(), proof);
        proof
    }

    fn prove(&mut self, list: &RevocationList) -> Proof {
        let path = self.path;
        let authorities = path.get(1..).unwrap_or_default();
        let named = |signer: &&Certificate| signer.subject() == list.issuer();
        let strength = |signer: &Certificate| match list.is_weak() || signer.public_key().is_weak() {
            true => Proof::Weak,
            false => Proof::Strong,
        };
        if let Some(signer) = authorities.iter().filter(named).find(|signer| self.signed(list, signer)) {
            return strength(signer);
        }
        let others = self.pool.iter().filter(named).filter(|signer| !authorities.contains(signer));
        let mut others: Vec<Certificate> = others.cloned().collect();
        // Whoever has the key that the list names.
        let key = list.authority_key_id();
        others.sort_by_key(|signer| key.is_some() && signer.subject_key_id() != key);
        for signer in &others {
            if self.signed(list, signer) {
                match self.belief(signer) {
                    Proof::None => {}
                    Proof::Weak => return Proof::Weak,
                    Proof::Strong => return strength(signer),
                }
            }
        }
        Proof::None
    }

    fn signed(&mut self, list: &RevocationList, signer: &Certificate) -> bool {
        if !may_sign_lists(signer, self.path.last() == Some(signer)) {
            return false;
        }
        match self.signatures.checked_sub(1) {
            Some(left) => {
                self.signatures = left;
                list.is_signed_by(signer)
            }
            None => {
                self.given_up = true;
                false
            }
        }
    }

    /// A signer outside of the path: does its own path end in the same anchor, and is it not revoked itself?
    fn belief(&mut self, signer: &Certificate) -> Proof {
        let Some(anchor) = self.path.last() else { return Proof::None };
        if self.depth >= DEPTH || self.paths == 0 {
            self.given_up = true;
            return Proof::None;
        }
        self.paths -= 1;
        let anchors = std::slice::from_ref(anchor);
        let (above, proof) = match path::build(signer, &self.pool, anchors, self.time, Purpose::Any) {
            PathOutcome::Valid(above) => (above, Proof::Strong),
            PathOutcome::Weak(above) => (above, Proof::Weak),
            PathOutcome::OutsideOwnDates(_) | PathOutcome::None(_) => return Proof::None,
        };
        self.depth += 1;
        let path = self.path;
        let revoked = above
            .iter()
            .take(above.len().saturating_sub(1))
            .filter(|certificate| !path.contains(certificate))
            .any(|certificate| matches!(self.certificate(certificate), Standing::Revoked(_)));
        self.depth -= 1;
        if revoked { Proof::None } else { proof }
    }
}

/// cRLSign, where key usage says anything (RFC 5280 section 6.3.3, f); else an authority, or the anchor.
pub(super) fn may_sign_lists(signer: &Certificate, anchor: bool) -> bool {
    match signer.key_usage() {
        Known::Present(usage) => KeyUsage::crl_sign(*usage),
        Known::Unreadable => false,
        Known::Absent => {
            anchor || signer.basic_constraints().present().is_some_and(|constraints| constraints.ca)
        }
    }
}
