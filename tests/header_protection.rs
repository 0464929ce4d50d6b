//! Header protection (RFC 9788) between two people: what is written, what is learned from it, and what an answer gives away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Profile, Run, installed, os, peer};
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

const ALICE: &str = "alice@example.com";

/// Two people who have each other's certificate from a file.
fn couple() -> (Profile, Profile) {
    let alice = Profile::with_identity("Alice Ackermann", ALICE, "p256");
    let bob = Profile::with_identity("Bob", BOB, "p256");
    alice.import_contact(&bob.certificate(BOB, "bob.cer"));
    bob.import_contact(&alice.certificate(ALICE, "alice.cer"));
    (alice, bob)
}

/// `seal --from … --reply FILE --out NAME`.
#[track_caller]
fn answer(who: &Profile, from: &str, message: &Path, out: &str, more: &[&str]) -> Run {
    let (text, out) = (who.file("answer.txt", "Yes.\n"), who.path(out));
    let arguments = [os("seal"), os("--from"), os(from), os("--reply"), message.as_os_str(), os("--text")];
    let files = [text.as_os_str(), os("--out"), out.as_os_str()];
    who.run(arguments.into_iter().chain(files).chain(more.iter().map(OsStr::new)))
}

/// The header section of a mail, unfolded.
fn header(mail: &Path) -> String {
    let text = fs::read_to_string(mail).unwrap();
    text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ")
}

/// What was sealed, as it was signed.
fn inside(reader: &Profile, mail: &Path) -> String {
    let out = reader.path("inside");
    reader.run([os("decrypt"), mail.as_os_str(), os("--out"), out.as_os_str()]).succeeds();
    fs::read_to_string(out).unwrap()
}

#[test]
fn the_subject_stands_in_the_text_until_a_program_is_known_to_show_it() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "Hello.\n", "first.eml", &["--subject", "Biopsy"]).succeeds();
    let first = alice.path("first.eml");
    assert!(!fs::read_to_string(&first).unwrap().contains("Biopsy"));
    assert!(inside(&bob, &first).contains("hp-legacy-display=\"1\""));
    let opened = bob.open(&first).succeeds().json();
    assert_eq!(opened["text"], "Hello.\n");
    assert_eq!(opened["headers"]["subject"], "Biopsy");
    assert_eq!(opened["headers"]["hidden"], serde_json::json!(["Subject"]));
    assert_eq!(opened["headers"]["protection"]["scheme"], "hp-cipher");

    // Bob's program signs by the standard, and Alice has seen it.
    bob.seal(BOB, ALICE, "Hi.\n", "second.eml", &["--subject", "Biopsy"]).succeeds();
    alice.import_contact(&bob.path("second.eml"));
    alice.seal(ALICE, BOB, "Hello.\n", "third.eml", &["--subject", "Biopsy"]).succeeds();
    assert!(!inside(&bob, &alice.path("third.eml")).contains("legacy"));
    assert_eq!(bob.open(&alice.path("third.eml")).succeeds().json()["headers"]["subject"], "Biopsy");
}

#[test]
fn another_program_shows_the_subject_as_the_first_line() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let alice = Profile::with_identity("Alice Ackermann", ALICE, "p256");
    alice.import_contact(&peer.certificate);
    alice.seal(ALICE, &peer.address, "Hello.\n", "note.eml", &["--subject", "Biopsy"]).succeeds();
    let note = alice.path("note.eml");
    let recipient = ["-recip", "certificate.pem", "-inkey", "key.pem", "-out", "opened.eml"];
    peer.cms(&[&["-decrypt", "-in", note.to_str().unwrap()], &recipient[..]].concat());
    peer.cms(&["-verify", "-in", "opened.eml", "-noverify", "-out", "shown.txt"]);
    let shown = fs::read_to_string(peer.path("shown.txt")).unwrap();
    assert!(shown.ends_with("\r\n\r\nSubject: Biopsy\r\n\r\nHello.\r\n"), "{shown}");
}

#[test]
fn an_answer_keeps_what_was_hidden_and_belongs_to_its_message() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "Is it bad?\n", "note.eml", &["--subject", "Biopsy"]).succeeds();
    let note = alice.path("note.eml");
    let id = bob.open(&note).succeeds().json()["headers"]["message_id"].as_str().unwrap().to_owned();

    answer(&bob, BOB, &note, "answer.eml", &[]).succeeds();
    let mail = bob.path("answer.eml");
    let header = header(&mail);
    for line in ["Subject: [...]".to_owned(), format!("In-Reply-To: {id}"), format!("References: {id}")] {
        assert!(header.lines().any(|field| field == line), "{line}\n{header}");
    }
    assert!(header.contains("To: Alice Ackermann <alice@example.com>"), "{header}");
    let opened = alice.open(&mail).succeeds().json();
    assert_eq!(opened["headers"]["subject"], "Re: Biopsy");
    assert_eq!(opened["text"], "Yes.\n", "nothing is quoted");

    // Signed in the open: the subject is not repeated there either.
    answer(&bob, BOB, &note, "open.eml", &["--sign-only"]).succeeds();
    let open = fs::read_to_string(bob.path("open.eml")).unwrap();
    assert!(open.contains("Subject: Re: [...]\r\n") && !open.contains("Biopsy"), "{open}");
    // What is said on the command line counts.
    answer(&bob, BOB, &note, "said.eml", &["--subject", "Lunch", "--to", ALICE]).succeeds();
    assert_eq!(alice.open(&bob.path("said.eml")).succeeds().json()["headers"]["subject"], "Lunch");
}

#[test]
fn an_answer_goes_to_nobody_who_added_himself() {
    let (alice, bob) = couple();
    let eve = Profile::with_identity("Eve", "eve@example.org", "p256");
    bob.import_contact(&eve.certificate("eve@example.org", "eve.cer"));
    alice.seal(ALICE, BOB, "Hello.\n", "note.eml", &["--subject", "Biopsy"]).succeeds();
    let note = fs::read_to_string(alice.path("note.eml")).unwrap();
    let changed = format!("Reply-To: eve@example.org\r\nCc: eve@example.org\r\n{note}");
    answer(&bob, BOB, &bob.file("changed.eml", changed), "answer.eml", &[]).succeeds();
    let opened = alice.open(&bob.path("answer.eml")).succeeds().json();
    assert_eq!(opened["headers"]["to"], serde_json::json!(["Alice Ackermann <alice@example.com>"]));
    assert!(!opened.to_string().contains("eve@"), "{opened:#}");
}

#[test]
fn what_cannot_be_answered_says_why() {
    let (alice, bob) = couple();
    let eve = Profile::with_identity("Eve", "eve@example.org", "p256");
    alice.seal(ALICE, BOB, "Hello.\n", "note.eml", &[]).succeeds();
    answer(&eve, "eve@example.org", &alice.path("note.eml"), "answer.eml", &[]).fails();
    assert!(!eve.path("answer.eml").exists());

    let anonymous = bob.file("anonymous.eml", "Subject: Hello\r\nContent-Type: text/plain\r\n\r\nHi.\r\n");
    let run = answer(&bob, BOB, &anonymous, "answer.eml", &[]).fails();
    assert!(run.stderr.contains("--to"), "{}", run.stderr);
    let plain = bob.file("plain.eml", format!("From: {ALICE}\r\nSubject: Hello\r\n\r\nPay at once.\r\n"));
    let run = answer(&bob, BOB, &plain, "answer.eml", &[]).succeeds();
    assert!(run.stderr.contains("Anybody on the way could read this"), "{}", run.stderr);
    bob.run(["seal", "--from", BOB, "--text", "-"]).exits(2);
}
