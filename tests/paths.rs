//! Certification paths (RFC 5280 section 6), rule by rule: the sections of NIST's Public Key Interoperability Test Suite
//! with certificates made here, name constraints, and graphs that mean harm.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

#[path = "paths/chain.rs"]
mod chain;
#[path = "paths/constraints.rs"]
mod constraints;
#[path = "paths/graphs.rs"]
mod graphs;
#[path = "paths/names.rs"]
mod names;
#[path = "paths/policies.rs"]
mod policies;

use common::issuer::{NOW, Party, Spec, moment};
use waxseal::smime::x509::Certificate;
use waxseal::smime::x509::path::{self, PathError, PathOutcome, Purpose};

/// Certificates one below the other, the anchor first.
fn chain(specs: impl IntoIterator<Item = Spec>) -> Vec<Party> {
    let mut chain: Vec<Party> = Vec::new();
    for spec in specs {
        let next = match chain.last() {
            Some(above) => above.issue(spec),
            None => Party::root(spec),
        };
        chain.push(next);
    }
    chain
}

/// The path of the last one to the first one.
fn judge(chain: &[Party]) -> PathOutcome {
    let certificates: Vec<Certificate> = chain.iter().map(|party| party.certificate.clone()).collect();
    build(certificates.last().unwrap(), &certificates, &certificates[..1])
}

fn build(certificate: &Certificate, pool: &[Certificate], anchors: &[Certificate]) -> PathOutcome {
    path::build(certificate, pool, anchors, moment(NOW), Purpose::Email)
}

/// Says whether the path from below an anchor called `Anchor` down through `specs` is valid.
#[track_caller]
fn expect(specs: Vec<Spec>, expected: Result<(), PathError>, about: &str) {
    let whole: Vec<Spec> = std::iter::once(Spec::authority("Anchor")).chain(specs).collect();
    let chain = chain(whole);
    let length = chain.len();
    match (judge(&chain), expected) {
        (PathOutcome::Valid(path), Ok(())) => {
            let mut all: Vec<Certificate> = chain.iter().map(|party| party.certificate.clone()).collect();
            all.reverse();
            assert_eq!((path.len(), &path), (length, &all), "{about}");
        }
        (PathOutcome::None(found), Err(reason)) => assert_eq!(found, reason, "{about}"),
        (found, expected) => panic!("{about}: {found:?}, not {expected:?}"),
    }
}
