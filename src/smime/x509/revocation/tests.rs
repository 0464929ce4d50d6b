//! The cases of the NIST's path validation suite (PKITS) that are about revocation lists, made anew here, and others. Where the suite
//! says "path invalid" because nobody can know, the answer here is [`Revocation::Unknown`].

use super::*;
use workshop::{NOW, Party, moment};

mod delta;
mod lists;
mod points;
mod workshop;

/// A household: an anchor, an authority below it, and a person below that.
struct House {
    root: Party,
    authority: Party,
}

const PERSON: &[u8] = &[0x10, 0x01];

impl House {
    fn new() -> Self {
        let root = Party::root("Root");
        let authority = root.authority("Authority", &[2]);
        Self { root, authority }
    }

    fn path(&self, person: &Certificate) -> Vec<Certificate> {
        vec![person.clone(), self.authority.certificate.clone(), self.root.certificate.clone()]
    }

    fn asked(&self, person: &Certificate, lists: &[RevocationList], others: &[&Party]) -> Revocation {
        let pool: Vec<_> = others.iter().map(|other| other.certificate.clone()).collect();
        let lists = [&[self.root.list().build()], lists].concat();
        check(&self.path(person), &lists, &pool, moment(NOW))
    }
}

fn is_good(answer: &Revocation) -> bool {
    matches!(answer, Revocation::Good { .. })
}

fn reason(answer: &Revocation) -> Option<Reason> {
    match answer {
        Revocation::Revoked { revoked, .. } => Some(revoked.reason),
        Revocation::Good { .. } | Revocation::Unknown { .. } => None,
    }
}

fn unknown(answer: &Revocation) -> Option<Unknown> {
    match answer {
        Revocation::Unknown { why, .. } => Some(*why),
        Revocation::Good { .. } | Revocation::Revoked { .. } => None,
    }
}
