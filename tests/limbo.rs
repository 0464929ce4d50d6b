//! C2SP's x509-limbo against the paths of certificates and revocation lists: the folder `x509-limbo` under
//! `$WAXSEAL_CORPUS`; without that variable the test says that it was skipped.
//!
//! Path rules only: names of servers are nothing that mail asks for, and the purpose is left open, since the cases are
//! about TLS.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;
use waxseal::smime::x509::path::{self, PathOutcome, Purpose};
use waxseal::smime::x509::revocation::{self, Revocation, RevocationList};
use waxseal::smime::x509::{Certificate, certificate_file};

/// Cases that come out otherwise here than the file says, and why. A case that stands here and comes out as the file
/// says fails, too.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    (
        "the name of a server, which nobody asks mail for",
        &[
            "rfc5280::ca-as-leaf-wrong-san",
            "rfc5280::san::underscore-dns",
            "rfc5280::san::ip-in-dns",
            "webpki::cn::ipv4-hex-mismatch",
            "webpki::cn::ipv4-leading-zeros-mismatch",
            "webpki::cn::ipv6-uppercase-mismatch",
            "webpki::cn::ipv6-uncompressed-mismatch",
            "webpki::cn::ipv6-non-rfc5952-mismatch",
            "webpki::cn::punycode-not-in-san",
            "webpki::cn::utf8-vs-punycode-mismatch",
            "webpki::cn::not-in-san",
            "webpki::cn::case-mismatch",
            "webpki::san::mismatch-domain-san",
            "webpki::san::mismatch-subdomain-san",
            "webpki::san::mismatch-subdomain-apex-san",
            "webpki::san::mismatch-apex-subdomain-san",
            "webpki::san::public-suffix-wildcard-san",
            "webpki::san::public-suffix-multi-label-wildcard-san",
            "webpki::san::public-suffix-private-namespace-wildcard-san",
            "webpki::san::wildcard-embedded-leftmost-san",
            "webpki::san::wildcard-not-in-leftmost-san",
            "webpki::san::wildcard-match-across-labels-san",
            "webpki::san::wildcard-embedded-ulabel-san",
            "webpki::san::unicode-emoji-san",
            "webpki::san::no-san",
            "webpki::san::san-wildcard-only",
            "webpki::san::san-wildcard-only-tld",
        ],
    ),
    (
        "purposes of TLS, which are left open here; the mail purpose has its own tests",
        &[
            "rfc5280::eku::ee-wrong-eku",
            "webpki::eku::ee-anyeku",
            "webpki::eku::ee-critical-eku",
            "webpki::eku::ee-without-eku",
            "webpki::eku::root-has-eku",
        ],
    ),
    (
        "binds who issues certificates, and is no part of validation (RFC 5280 section 6.1): authorities that forget a key \
         identifier, or mark an extension wrongly, are about, and NIST's suite has some that must be accepted",
        &[
            "rfc5280::aki::critical-aki",
            "rfc5280::aki::leaf-missing-aki",
            "rfc5280::aki::intermediate-missing-aki",
            "rfc5280::aki::cross-signed-root-missing-aki",
            "rfc5280::ski::critical-ski",
            "rfc5280::ski::root-missing-ski",
            "rfc5280::ski::intermediate-missing-ski",
            "rfc5280::nc::permitted-dns-match-noncritical",
            "rfc5280::pc::ica-noncritical-pc",
            "rfc5280::san::noncritical-with-empty-subject",
            "rfc5280::root-non-critical-basic-constraints",
            "webpki::aki::root-with-aki-missing-keyidentifier",
            "webpki::aki::root-with-aki-authoritycertissuer",
            "webpki::aki::root-with-aki-authoritycertserialnumber",
            "webpki::aki::root-with-aki-all-fields",
            "webpki::aki::root-with-aki-ski-mismatch",
            "webpki::san::san-critical-with-nonempty-subject",
        ],
    ),
    (
        "an end entity that is or calls itself an authority can sign all the same, and may vouch for nobody below it",
        &[
            "rfc5280::nc::not-allowed-in-ee-noncritical",
            "rfc5280::nc::not-allowed-in-ee-critical",
            "rfc5280::leaf-ku-keycertsign",
            "webpki::ee-basicconstraints-ca",
            "webpki::ca-as-leaf",
        ],
    ),
    (
        "serial numbers of any form are read: whose they are is compared octet by octet",
        &["rfc5280::serial::too-long", "rfc5280::serial::zero", "rfc5280::serial::negative"],
    ),
    (
        "the signer's own key is judged with the signature, and not with the path",
        &["webpki::forbidden-p192-leaf", "webpki::forbidden-dsa-leaf", "webpki::forbidden-weak-rsa-in-leaf"],
    ),
    (
        "the web's choice of keys; these are strong",
        &[
            "webpki::forbidden-dsa-root",
            "webpki::forbidden-rsa-not-divisible-by-8-in-root",
            "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
        ],
    ),
    ("old versions of certificates are read: they have no usage to leave mail out", &["webpki::v1-cert"]),
    ("nobody here follows authorityInfoAccess", &["webpki::malformed-aia"]),
    (
        "the longest path is fixed, and asks nobody",
        &["pathlen::max-chain-depth-0-exhausted", "pathlen::max-chain-depth-1-exhausted"],
    ),
    (
        "a list without a number, or with one that is marked wrongly, says all the same whom it takes back",
        &["crl::crlnumber-missing", "crl::crlnumber-critical"],
    ),
];

#[test]
fn every_case_comes_out_as_it_says() {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        println!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    let path = PathBuf::from(corpus).join("x509-limbo/limbo.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&text).unwrap();
    let cases = file["testcases"].as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let expected = match case["expected_result"].as_str().unwrap() {
            "SUCCESS" => true,
            "FAILURE" => false,
            other => panic!("{id}: {other}"),
        };
        let is_exception = EXCEPTIONS.iter().any(|(_, ids)| ids.contains(&id));
        let outcome = judge(case);
        if (outcome == Ok(())) != (expected != is_exception) {
            wrong.push(format!("{id}: {} expected, found {outcome:?}", case["expected_result"]));
        }
    }
    let known = |id: &&&str| cases.iter().any(|case| case["id"] == **id);
    let gone: Vec<_> = EXCEPTIONS.iter().flat_map(|(_, ids)| *ids).filter(|id| !known(id)).collect();
    assert!(gone.is_empty(), "no such case: {gone:?}");
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
}

/// Is it a valid path, and is nobody on it revoked, as far as lists are given? `Err`: why not.
fn judge(case: &Value) -> Result<(), String> {
    let time: Timestamp = case["validation_time"].as_str().unwrap_or("2025-06-01T00:00:00Z").parse().unwrap();
    let Some(certificate) = certificates(&case["peer_certificate"]).pop() else {
        return Err("no certificate".to_owned());
    };
    let (anchors, mut pool) = (all(&case["trusted_certs"]), all(&case["untrusted_intermediates"]));
    let path = match path::build(&certificate, &pool, &anchors, time, Purpose::Any) {
        PathOutcome::Valid(path) => path,
        outcome @ (PathOutcome::OutsideOwnDates(_) | PathOutcome::Weak(_) | PathOutcome::None(_)) => {
            return Err(format!("{outcome:?}"));
        }
    };
    let lists = case["crls"].as_array().unwrap();
    if lists.is_empty() {
        return Ok(());
    }
    let lists: Vec<RevocationList> = lists.iter().flat_map(list).collect();
    pool.extend(anchors);
    match revocation::check(&path, &lists, &pool, time) {
        Revocation::Good { .. } => Ok(()),
        other @ (Revocation::Revoked { .. } | Revocation::Unknown { .. }) => Err(format!("{other:?}")),
    }
}

fn all(list: &Value) -> Vec<Certificate> {
    list.as_array().unwrap().iter().flat_map(certificates).collect()
}

/// A text that is none gives none.
fn certificates(pem: &Value) -> Vec<Certificate> {
    certificate_file::read(pem.as_str().unwrap().as_bytes()).unwrap_or_default()
}

fn list(pem: &Value) -> Option<RevocationList> {
    let base64: String = pem.as_str().unwrap().lines().filter(|line| !line.starts_with('-')).collect();
    RevocationList::from_der(base64_simd::STANDARD.decode_to_vec(base64).unwrap()).ok()
}
