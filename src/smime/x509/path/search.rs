//! The search itself: upwards from the certificate, the likeliest issuer first.

use std::collections::{HashMap, HashSet, VecDeque};

use super::authorities::{Authorities, Authority};
use super::{PathError, policy};
use crate::smime::crypto::PublicKey;
use crate::smime::x509::certificate::Certificate;

/// Certificates in a path, both ends included.
const LENGTH: usize = 10;

/// Signatures that are checked for one question.
const SIGNATURES: usize = 500;

/// Names that are held against name constraints for one question.
const NAMES: usize = 200_000;

/// Issuers that are considered for one question.
const STEPS: usize = 50_000;

/// Complete paths whose policies are looked at for one question.
const PATHS: usize = 100;

/// A path, the certificate first.
pub(super) struct Found {
    pub(super) path: Vec<Certificate>,
    pub(super) weak: bool,
}

pub(super) struct Search<'a> {
    certificate: &'a Certificate,
    authorities: &'a Authorities<'a>,
    /// Signatures over a broken digest or by a short key count.
    weak_counts: bool,
    weak_seen: bool,
    signatures: usize,
    names: usize,
    steps: usize,
    paths: usize,
    closest: (usize, PathError),
    /// By the signed certificate and the key.
    signed: HashMap<(Place, usize), bool>,
    /// By the issuer and the certificate below it.
    named: HashMap<(usize, Place), bool>,
}

/// The certificate that the question is about, or one of the authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    End,
    Authority(usize),
}

/// The budget is spent.
struct GivenUp;

impl<'a> Search<'a> {
    pub(super) fn new(certificate: &'a Certificate, authorities: &'a Authorities<'a>) -> Self {
        Self {
            certificate,
            authorities,
            weak_counts: false,
            weak_seen: false,
            signatures: SIGNATURES,
            names: NAMES,
            steps: STEPS,
            paths: PATHS,
            closest: (0, PathError::NoIssuer),
            signed: HashMap::new(),
            named: HashMap::new(),
        }
    }

    /// A strong path, else a weak one, else the reason that came closest.
    pub(super) fn run(mut self) -> Result<Found, PathError> {
        for weak in [false, true] {
            self.weak_counts = weak;
            let mut path = Vec::new();
            match self.extend(&mut path) {
                Ok(true) => return Ok(Found { path: self.certificates(&path), weak }),
                Ok(false) if self.weak_seen => {}
                Ok(false) => break,
                Err(GivenUp) => return Err(PathError::Budget),
            }
        }
        self.explain();
        Err(self.closest.1)
    }

    /// Who stands above by name and can vouch for nobody: no step of the search went there.
    fn explain(&mut self) {
        let mut seen = HashSet::new();
        let mut next = VecDeque::from([(1, self.authorities.issuers(self.certificate))]);
        while let Some((height, issuers)) = next.pop_front() {
            for place in issuers.into_iter().filter(|place| seen.insert(*place)) {
                let Some(issuer) = self.authorities.get(place) else { continue };
                match issuer.refusal {
                    Some(refusal) => self.closest = self.closest.max((height, refusal)),
                    None => next.push_back((height + 1, self.authorities.issuers_of(issuer).to_vec())),
                }
            }
        }
    }

    fn certificates(&self, path: &[usize]) -> Vec<Certificate> {
        self.whole(path).into_iter().cloned().collect()
    }

    /// From the certificate upwards.
    fn whole(&self, path: &[usize]) -> Vec<&'a Certificate> {
        let authorities = self.authorities;
        let above = path.iter().filter_map(|place| authorities.get(*place));
        std::iter::once(self.certificate).chain(above.map(|authority| authority.certificate)).collect()
    }

    /// Grows `path`, the authorities above the certificate, until an anchor is its last; true if that came to pass,
    /// else `path` is as it was.
    fn extend(&mut self, path: &mut Vec<usize>) -> Result<bool, GivenUp> {
        let authorities = self.authorities;
        let first;
        let candidates = match path.last().and_then(|place| authorities.get(*place)) {
            Some(below) => authorities.issuers_of(below),
            None => {
                first = authorities.issuers(self.certificate);
                &first
            }
        };
        self.reached(path, PathError::NoIssuer);
        for place in candidates {
            let Some(issuer) = authorities.get(*place) else { continue };
            self.steps = self.steps.checked_sub(1).ok_or(GivenUp)?;
            match self.check(path, *place, issuer)? {
                Ok(()) => {
                    path.push(*place);
                    let found = if issuer.anchor { self.complete(path)? } else { self.extend(path)? };
                    if found {
                        return Ok(true);
                    }
                    path.pop();
                }
                Err(Some(reason)) => self.reached(path, reason),
                Err(None) => {}
            }
        }
        Ok(false)
    }

    fn reached(&mut self, path: &[usize], reason: PathError) {
        self.closest = self.closest.max((path.len() + 1, reason));
    }

    /// May `issuer` stand above `path`? The signature last: it costs most. No reason: it is not worth a word.
    fn check(
        &mut self,
        path: &[usize],
        place: usize,
        issuer: &'a Authority<'a>,
    ) -> Result<Result<(), Option<PathError>>, GivenUp> {
        if self.is_in(path, issuer) {
            return Ok(Err(None));
        }
        if let Some(refusal) = issuer.refusal {
            return Ok(Err(Some(refusal)));
        }
        let Some(distance) = issuer.distance else { return Ok(Err(None)) };
        if path.len() + 2 + distance > LENGTH || !self.long_enough(path, issuer) {
            return Ok(Err(Some(PathError::PathLength)));
        }
        if !self.names_allowed(path, place, issuer)? {
            return Ok(Err(Some(PathError::NameConstraints)));
        }
        let last = self.last(path);
        if !self.weak_counts && self.is_weak(last, issuer) {
            self.weak_seen = true;
            return Ok(Err(None));
        }
        Ok(if self.is_signed(last, issuer)? { Ok(()) } else { Err(Some(PathError::BadSignature)) })
    }

    /// The same name with the same key again is a circle.
    fn is_in(&self, path: &[usize], issuer: &Authority<'_>) -> bool {
        let same = |one: &Certificate| {
            one.spki_der() == issuer.certificate.spki_der() && one.subject() == issuer.certificate.subject()
        };
        self.whole(path).into_iter().any(same)
    }

    /// pathLenConstraint counts the authorities below that are not self-issued (RFC 5280 section 4.2.1.9).
    fn long_enough(&self, path: &[usize], issuer: &Authority<'_>) -> bool {
        let constraints = issuer.certificate.basic_constraints().present();
        let Some(most) = constraints.and_then(|constraints| constraints.path_length) else { return true };
        let below = path.iter().filter_map(|place| self.authorities.get(*place));
        let counted = below.filter(|authority| !authority.certificate.is_self_issued()).count();
        counted <= most as usize
    }

    /// Every name below the issuer is one that it may vouch for. A self-issued authority renews its key under its own
    /// name, and is let through (RFC 5280 section 6.1.3, b and c).
    fn names_allowed(
        &mut self,
        path: &[usize],
        place: usize,
        issuer: &'a Authority<'a>,
    ) -> Result<bool, GivenUp> {
        let Some(constraints) = &issuer.constraints else { return Ok(true) };
        let authorities = self.authorities;
        let renewed = |place: &&usize| {
            authorities.get(**place).is_some_and(|authority| authority.certificate.is_self_issued())
        };
        let below = path.iter().filter(|place| !renewed(place)).map(|place| Place::Authority(*place));
        for below in std::iter::once(Place::End).chain(below) {
            if let Some(allowed) = self.named.get(&(place, below)) {
                if !allowed {
                    return Ok(false);
                }
                continue;
            }
            let allowed = constraints.allow(self.certificate_at(below), &mut self.names).ok_or(GivenUp)?;
            self.named.insert((place, below), allowed);
            if !allowed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What can be told from the anchor downwards only.
    fn complete(&mut self, path: &[usize]) -> Result<bool, GivenUp> {
        self.paths = self.paths.checked_sub(1).ok_or(GivenUp)?;
        let whole = self.whole(path);
        let missing = if !self.are_signed_by_heirs(&whole)? {
            PathError::BadSignature
        } else if !policy::allow(&whole) {
            PathError::Policy
        } else {
            return Ok(true);
        };
        self.reached(path, missing);
        Ok(false)
    }

    /// A DSA key without parameters has those of its issuer's key (RFC 5280 section 6.1.4, d to f): what it signed is
    /// verified here.
    fn are_signed_by_heirs(&mut self, whole: &[&Certificate]) -> Result<bool, GivenUp> {
        if !whole.iter().skip(1).any(|certificate| certificate.public_key().inherits_parameters()) {
            return Ok(true);
        }
        let mut above: Option<PublicKey> = None;
        for pair in whole.windows(2).rev() {
            let [below, issuer] = pair else { return Ok(false) };
            let own = issuer.public_key();
            let inherited = above.and_then(|above| own.with_parameters_of(&above));
            let key = inherited.unwrap_or_else(|| own.clone());
            if own.inherits_parameters() {
                self.signatures = self.signatures.checked_sub(1).ok_or(GivenUp)?;
                if !below.is_signed_with(&key) {
                    return Ok(false);
                }
            }
            above = Some(key);
        }
        Ok(true)
    }

    fn is_weak(&self, below: Place, issuer: &Authority<'_>) -> bool {
        let digest = self.certificate_at(below).signature_scheme().and_then(|scheme| scheme.digest());
        digest.is_some_and(|digest| digest.is_weak()) || issuer.certificate.public_key().is_weak()
    }

    fn is_signed(&mut self, below: Place, issuer: &Authority<'_>) -> Result<bool, GivenUp> {
        if issuer.certificate.public_key().inherits_parameters() {
            return Ok(true);
        }
        if let Some(signed) = self.signed.get(&(below, issuer.key)) {
            return Ok(*signed);
        }
        self.signatures = self.signatures.checked_sub(1).ok_or(GivenUp)?;
        let signed = self.certificate_at(below).is_signed_by(issuer.certificate);
        self.signed.insert((below, issuer.key), signed);
        Ok(signed)
    }

    fn last(&self, path: &[usize]) -> Place {
        path.last().map_or(Place::End, |place| Place::Authority(*place))
    }

    fn certificate_at(&self, place: Place) -> &'a Certificate {
        match place {
            Place::End => self.certificate,
            Place::Authority(place) => {
                self.authorities.get(place).map_or(self.certificate, |authority| authority.certificate)
            }
        }
    }
}
