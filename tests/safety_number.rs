//! The safety number: the same on both sides, and in another language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use common::{Profile, installed, openssl, os, run};
use serde_json::{Value, json};
use waxseal::smime::safety_number::{Half, SafetyNumber};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const VECTORS: &str = include_str!("safety_number/vectors.json");

/// Two people who have each other's certificate.
fn couple() -> (Profile, Profile) {
    static COUPLE: OnceLock<(Profile, Profile)> = OnceLock::new();
    let (alice, bob) = COUPLE.get_or_init(|| {
        let alice = Profile::with_identity("Alice", ALICE, "p256");
        let bob = Profile::with_identity("Bob", BOB, "p384");
        alice.import_contact(&bob.certificate(BOB, "bob.cer"));
        bob.import_contact(&alice.certificate(ALICE, "alice.cer"));
        (alice, bob)
    });
    (alice.copy(), bob.copy())
}

#[track_caller]
fn seen(by: &Profile, arguments: &[&str]) -> Value {
    by.run([&["--json", "safety-number"], arguments].concat()).succeeds().json()
}

#[track_caller]
fn number(by: &Profile, of: &str) -> String {
    seen(by, &[of])["safety_number"].as_str().unwrap().to_owned()
}

fn another_key(of: &Profile, address: &str) -> std::path::PathBuf {
    of.run(["identity", "create", "--name", "N", "--email", address, "--key", "p256"]).succeeds();
    of.certificate(address, "another.cer")
}

/// What the program in Python makes of these cases; None where there is no Python.
fn python(cases: &Value) -> Option<Vec<Value>> {
    if !installed("python3") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("cases.json");
    std::fs::write(&input, cases.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/safety_number/safety_number.py");
    let made = run(Command::new("python3").arg(script).stdin(File::open(input).unwrap())).succeeds();
    Some(made.json().as_array().unwrap().clone())
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_vectors_come_out_here_and_in_python() {
    let cases: Value = serde_json::from_str(VECTORS).unwrap();
    for case in cases.as_array().unwrap() {
        let halves: Vec<Half> = case["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| {
                let keys: Vec<Vec<u8>> = person["keys"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|key| unhex(key.as_str().unwrap()))
                    .collect();
                let address = person["address"].as_str().unwrap().parse().unwrap();
                Half::of(&address, keys.iter().map(Vec::as_slice))
            })
            .collect();
        let number = SafetyNumber::of(halves[0], halves[1]);
        assert_eq!(case["number"], number.to_string());
        assert_eq!(case["qr"], number.payload());
    }
    let Some(made) = python(&cases) else { return };
    for (case, made) in cases.as_array().unwrap().iter().zip(made) {
        assert_eq!((&case["number"], &case["qr"]), (&made["number"], &made["qr"]));
    }
}

#[test]
fn both_sides_see_what_python_makes_of_their_certificates() {
    let (alice, bob) = couple();
    let (one, other) = (seen(&alice, &[BOB]), seen(&bob, &[ALICE]));
    assert_eq!(one["safety_number"], other["safety_number"]);
    assert_eq!((&one["qr"], &one["groups"]), (&other["qr"], &other["groups"]));
    assert_eq!(one["groups"].as_array().unwrap().len(), 12);
    let text = alice.run(["safety-number", BOB]).succeeds().text();
    for group in one["groups"].as_array().unwrap() {
        assert!(text.contains(group.as_str().unwrap()), "{text}");
    }

    if !installed("openssl") {
        return;
    }
    let key = |of: &Profile, address: &str| {
        let (pem, spki) = (of.certificate(address, "own.pem"), of.path("own.spki"));
        let printed = openssl([os("x509"), os("-pubkey"), os("-noout"), os("-in"), pem.as_os_str()]);
        let public = of.file("own.pub", printed.stdout);
        let turn = [os("pkey"), os("-pubin"), os("-in"), public.as_os_str(), os("-outform"), os("DER")];
        openssl(turn.into_iter().chain([os("-out"), spki.as_os_str()]));
        of.read("own.spki").iter().map(|octet| format!("{octet:02x}")).collect::<String>()
    };
    let people = json!([
        { "address": BOB, "keys": [key(&bob, BOB)] },
        { "address": ALICE, "keys": [key(&alice, ALICE)] },
    ]);
    let Some(made) = python(&json!([{ "people": people }])) else { return };
    assert_eq!((&made[0]["number"], &made[0]["qr"]), (&one["safety_number"], &one["qr"]));
}

#[test]
fn comparing_it_lifts_the_tier() {
    let (alice, bob) = couple();
    let digits = number(&bob, ALICE);
    alice.seal(ALICE, BOB, "Compared.\n", "note.eml", &[]).succeeds();
    bob.seal(BOB, ALICE, "Compared, too.\n", "answer.eml", &[]).succeeds();
    let note = alice.path("note.eml");
    assert_eq!(bob.open(&note).json()["tier"], "probably-secure");

    let last = if digits.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &digits[..digits.len() - 1]);
    for wrong in [wrong.as_str(), &digits[1..], "12345", &"0".repeat(72)] {
        let refused = bob.run(["contact", "verify", ALICE, "--safety-number", wrong]).fails();
        assert!(refused.stderr.contains("Nothing was changed"), "{}", refused.stderr);
    }
    bob.run(["contact", "verify", ALICE, "--safety-number", "letters"]).exits(2);
    bob.run(["contact", "verify", ALICE, "--safety-number", &digits, "--fingerprint", &"0".repeat(64)])
        .exits(2);
    assert_eq!(bob.open(&note).json()["tier"], "probably-secure", "a wrong number lifts nothing");

    let read_aloud = digits.replace(' ', "-");
    bob.run(["contact", "verify", ALICE, "--safety-number", &read_aloud]).succeeds();
    let lifted = bob.open(&note).exits(0).json();
    assert_eq!(lifted["signature"]["trust"], "in-person");
    assert_eq!(lifted["tier"], "beyond-reasonable-doubt");

    let scanned = seen(&bob, &[ALICE])["qr"].as_str().unwrap().to_owned();
    alice.run(["contact", "verify", BOB, "--safety-number", &scanned]).succeeds();
    assert_eq!(alice.open(&bob.path("answer.eml")).json()["tier"], "beyond-reasonable-doubt");
}

#[test]
fn one_changed_key_changes_it_until_both_have_it() {
    let (alice, bob) = couple();
    let before = number(&alice, BOB);
    let new = another_key(&bob, BOB);
    assert_ne!(number(&bob, ALICE), before);
    assert_eq!(number(&alice, BOB), before);

    // The new certificate waits for an answer, and the number gives it.
    alice.import_contact(&new);
    let with_the_new_one = seen(&alice, &[BOB]);
    assert_eq!(with_the_new_one["safety_number"], before);
    assert_eq!(with_the_new_one["also"][0]["waiting"], true);
    assert_eq!(with_the_new_one["also"][0]["safety_number"], number(&bob, ALICE));
    alice.seal(ALICE, BOB, "Which key?\n", "note.eml", &[]).fails();
    alice.run(["contact", "verify", BOB, "--safety-number", &number(&bob, ALICE)]).succeeds();
    alice.seal(ALICE, BOB, "This one.\n", "note.eml", &[]).succeeds();
    assert_eq!(number(&alice, BOB), number(&bob, ALICE));
    let keys = alice.run(["--json", "contact", "show", BOB]).succeeds().json()["contact"]["keys"].clone();
    assert_eq!([&keys[0]["state"], &keys[1]["state"]], ["replaced", "accepted"], "{keys:#}");
    assert!(keys[0]["verified"].is_null() && keys[1]["verified"].is_string(), "{keys:#}");
}

#[test]
fn somebody_in_between_is_seen() {
    let (alice, bob) = couple();
    let mallory = Profile::with_identity("Bob", BOB, "p256");
    another_key(&mallory, ALICE);
    let (alice_too, bob_too) = (Profile::new(), Profile::new());
    for (profile, from, false_one) in [(&alice_too, &alice, BOB), (&bob_too, &bob, ALICE)] {
        let own = if false_one == BOB { ALICE } else { BOB };
        let (p12, password) = (from.path("own.p12"), from.path("password"));
        let export = [os("identity"), os("export"), os(own), os("--out"), p12.as_os_str()];
        from.run(export.into_iter().chain([os("--password-file"), password.as_os_str()])).succeeds();
        profile.import_identity(&p12);
        profile.import_contact(&mallory.certificate(false_one, "false.cer"));
    }
    let (one, other) = (number(&alice_too, BOB), number(&bob_too, ALICE));
    assert_ne!(one, other);
    alice_too.run(["contact", "verify", BOB, "--safety-number", &other]).fails();
}

#[test]
fn a_key_accepted_beside_the_true_one_is_seen() {
    let (alice, bob) = couple();
    let digits = number(&bob, ALICE);
    let mallory = Profile::with_identity("Bob", BOB, "p256");
    let both = [bob.certificate(BOB, "one.pem"), mallory.certificate(BOB, "two.pem")]
        .map(|file| std::fs::read(file).unwrap())
        .concat();
    let both = alice.file("both.pem", both);
    alice.run([os("contact"), os("replace"), os(BOB), both.as_os_str()]).succeeds();
    assert_ne!(number(&alice, BOB), digits);
    alice.run(["contact", "verify", BOB, "--safety-number", &digits]).fails();
}

#[test]
fn several_keys_in_use_are_compared_together() {
    let (alice, bob) = couple();
    let first = std::fs::read(bob.certificate(BOB, "one.pem")).unwrap();
    another_key(&bob, BOB);
    let second = std::fs::read(bob.certificate(BOB, "two.pem")).unwrap();
    let both = alice.file("both.pem", [first, second].concat());
    alice.run([os("contact"), os("replace"), os(BOB), both.as_os_str()]).succeeds();
    // Bob cannot know which of his keys she has.
    let (hers, his) = (seen(&alice, &[BOB]), seen(&bob, &[ALICE]));
    assert_eq!(hers["safety_number"], his["also"][0]["safety_number"]);
    bob.run(["contact", "verify", ALICE, "--safety-number", hers["safety_number"].as_str().unwrap()])
        .succeeds();
    let all_his = his["also"][0]["safety_number"].as_str().unwrap();
    let checked =
        alice.run(["--json", "contact", "verify", BOB, "--safety-number", all_his]).succeeds().json();
    assert_eq!(checked["checked"].as_array().unwrap().len(), 2, "{checked:#}");
}

#[test]
fn whoever_has_several_addresses_names_the_one_that_is_known() {
    let (alice, bob) = couple();
    let other = "a.ackermann@work.example";
    another_key(&alice, other);
    let carol = Profile::with_identity("Carol", "carol@example.com", "p256");
    carol.import_contact(&alice.certificate(other, "work.cer"));
    alice.import_contact(&carol.certificate("carol@example.com", "carol.cer"));
    let hers = number(&carol, other);
    let named = seen(&alice, &["carol@example.com", "--from", other]);
    assert_eq!(named["safety_number"], hers);
    assert_ne!(number(&alice, "carol@example.com"), hers, "the first address");
    let text = alice.run(["safety-number", "carol@example.com"]).succeeds().text();
    assert!(text.contains("--from"), "{text}");
    alice.run(["contact", "verify", "carol@example.com", "--safety-number", &hers]).succeeds();
    assert_eq!(number(&alice, BOB), number(&bob, ALICE), "the first address is still Alice's");
}

#[test]
fn where_there_is_nothing_to_compare_it_says_so() {
    let (alice, _) = couple();
    for arguments in [
        &["safety-number", "nobody@example.com"][..],
        &["safety-number", ALICE],
        &["safety-number", BOB, "--from", "nobody@example.com"],
        &["--time", "2040-01-01T00:00:00Z", "safety-number", BOB],
        &["contact", "verify", "nobody@example.com", "--safety-number", "1"],
    ] {
        alice.run(arguments).fails();
    }
    alice.run(["contact", "distrust", BOB]).succeeds();
    alice.run(["safety-number", BOB]).fails();
    let nobody = Profile::new();
    nobody.import_contact(&alice.certificate(ALICE, "alice.cer"));
    let refused = nobody.run(["safety-number", ALICE]).fails();
    assert!(refused.stderr.contains("identity create"), "{}", refused.stderr);
}
