//! Header protection (RFC 9788) between two people: what is written, what is learned from it, and what an answer gives away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::path::PathBuf;

use common::{Profile, installed, peer};
use serde_json::Value;

const BOB: &str = "bob@example.com";

/// Bob, who has the certificate of an OpenSSL user on record and has compared it.
fn bob_who_compared(peer: &common::Peer) -> Profile {
    let bob = Profile::with_identity("Bob", BOB, "p256");
    bob.import_contact(&peer.certificate);
    let contact = bob.run(["--json", "contact", "show", &peer.address]).succeeds().json();
    let print = contact.pointer("/contact/keys/0/fingerprint").and_then(Value::as_str).unwrap().to_owned();
    bob.run(["contact", "verify", &peer.address, "--fingerprint", &print]).succeeds();
    bob
}

/// The peer's program signs and seals for Bob and leaves every header field outside.
fn unprotected(peer: &common::Peer, bob: &Profile) -> PathBuf {
    let certificate = bob.certificate(BOB, "bob.pem");
    let files = ["-signer", "certificate.pem", "-inkey", "key.pem", "-out", "signed.eml"];
    peer.cms(&[&["-sign", "-in", "entity.txt", "-md", "sha256"], &files[..]].concat());
    let out = bob.path("unprotected.eml");
    let seal =
        ["-encrypt", "-aes256", "-in", "signed.eml", "-from", &peer.address, "-to", BOB, "-subject", "Open"];
    let files = ["-out", out.to_str().unwrap(), certificate.to_str().unwrap()];
    peer.cms(&[&seal[..], &files[..]].concat());
    out
}

#[test]
fn a_key_that_once_signed_header_fields_does_not_reach_the_top_without() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    let bob = bob_who_compared(peer);
    let unprotected = unprotected(peer, &bob);
    let first = bob.open(&unprotected).succeeds().json();
    assert_eq!(first["tier"], "beyond-reasonable-doubt", "{first:#}");
    assert_eq!(first["headers"]["protected"], false);
    assert!(first["findings"].to_string().contains("stood outside the seal"));

    // The same key with a program that protects them.
    let waxseal = Profile::with_peer(peer);
    waxseal.import_contact(&bob.certificate(BOB, "bob.cer"));
    waxseal.seal(&peer.address, BOB, "Hello.\n", "note.eml", &["--subject", "Inside"]).succeeds();
    let note = waxseal.path("note.eml");
    assert_eq!(bob.open(&note).succeeds().json()["headers"]["protected"], true);
    assert_eq!(bob.open(&unprotected).succeeds().json()["tier"], first["tier"], "opening teaches nothing");
    bob.import_contact(&note);

    let then = bob.open(&unprotected).succeeds().json();
    assert_eq!(then["tier"], "probably-secure", "{then:#}");
    assert!(then["sentence"].as_str().unwrap().contains("as a rule"), "{then:#}");
    assert_eq!(then["signature"]["trust"], "in-person");
    assert_eq!(bob.open(&note).succeeds().json()["tier"], "beyond-reasonable-doubt");
}
