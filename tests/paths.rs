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
#[path = "paths/mail.rs"]
mod mail;
#[path = "paths/names.rs"]
mod names;
#[path = "paths/policies.rs"]
mod policies;

use std::process::Command;

use common::issuer::{NOW, Party, Spec, moment};
use waxseal::smime::x509::path::{self, PathError, PathOutcome, Purpose};
use waxseal::smime::x509::{Certificate, certificate_file};

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

/// Says whether the path from below an anchor called `Anchor` down through `specs` is valid; OpenSSL is asked, too.
#[track_caller]
fn expect(specs: Vec<Spec>, expected: Result<(), PathError>, about: &str) {
    let whole: Vec<Spec> = std::iter::once(Spec::authority("Anchor")).chain(specs).collect();
    let chain = chain(whole);
    let length = chain.len();
    if let Some(agrees) = openssl_agrees(&chain, expected.is_ok()) {
        let differs =
            OPENSSL_DIFFERS.iter().any(|(_, cases)| cases.iter().any(|case| about.starts_with(case)));
        assert_eq!(agrees, !differs, "{about}: OpenSSL");
    }
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

/// Cases that OpenSSL 3.0 sees otherwise, and why. One that stands here and is seen alike fails, too.
const OPENSSL_DIFFERS: &[(&str, &[&str])] = &[
    (
        "it reads versions with extensions that they do not have",
        &["extensions before version 3", "version 4"],
    ),
    ("it reads mappings and inhibitAnyPolicy only where a policy is asked for", &["2.5.29.33", "2.5.29.54"]),
    ("and knows every qualifier", &["an unknown critical qualifier"]),
    ("and stops where they cannot be read, needed or not", &["policies that nobody asks for"]),
    ("and gives up a tree that grows", &["valid: "]),
    ("anyExtendedKeyUsage is no purpose of mail", &[r#"["2.5.29.37.0"] ["2.5.29.37.0"]"#]),
    ("an authority signs no mail", &["4.6.8"]),
    ("the last second is over when it begins", &["to the second"]),
    ("longer paths are nothing to it", &["eleven certificates"]),
    ("constraints without a subtree constrain nothing", &["constraints without a subtree"]),
    (
        "addresses that it cannot compare are outside what is excluded",
        &["none is good enough", "an address that is none", "beyond ASCII, excluded"],
    ),
    ("emailAddress must be an IA5String", &["4.13.29 from inside"]),
];

/// None: it is not here.
fn openssl_agrees(chain: &[Party], valid: bool) -> Option<bool> {
    if !common::installed("openssl") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, parties: &[Party]| {
        let path = folder.path().join(name);
        let pem: String = parties.iter().map(|party| certificate_file::to_pem(&party.certificate)).collect();
        std::fs::write(&path, pem).unwrap();
        path
    };
    let (first, last) = (&chain[..1], &chain[chain.len() - 1..]);
    let mut command = Command::new("openssl");
    command.args(["verify", "-policy_check", "-policy", "2.5.29.32.0", "-purpose", "smimesign", "-attime"]);
    command.arg(moment(NOW).as_second().to_string()).arg("-CAfile").arg(write("root.pem", first));
    if chain.len() > 2 {
        command.arg("-untrusted").arg(write("pool.pem", &chain[1..chain.len() - 1]));
    }
    let output = command.arg(write("end.pem", last)).output().unwrap();
    Some(output.status.success() == valid)
}
