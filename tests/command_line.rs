//! The command-line contract, as a script sees it: exit codes, `--json`, two people exchanging notes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "command_line/files.rs"]
mod files;
#[path = "command_line/people.rs"]
mod people;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use common::{Profile, Run, os, run, waxseal};
use serde_json::Value;

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const CAROL: &str = "carol@example.com";

/// Two people who have each other's certificate, imported from files. Take copies of them.
fn couple() -> (Profile, Profile) {
    static COUPLE: OnceLock<(Profile, Profile)> = OnceLock::new();
    let (alice, bob) = COUPLE.get_or_init(|| {
        let alice = Profile::with_identity("Alice Ackermann", ALICE, "p256");
        let bob = Profile::with_identity("Bob Bäcker", BOB, "p256");
        alice.import_contact(&bob.certificate(BOB, "bob.cer"));
        bob.import_contact(&alice.certificate(ALICE, "alice.pem"));
        (alice, bob)
    });
    (alice.copy(), bob.copy())
}

/// A third person, whose certificate nobody has yet.
fn carol() -> Profile {
    static CAROL_: OnceLock<Profile> = OnceLock::new();
    CAROL_.get_or_init(|| Profile::with_identity("Carol", CAROL, "p256")).copy()
}

/// The fingerprint, 64 hexadecimal digits, of one's certificate: SHA-256 over its DER.
fn fingerprint(profile: &Profile, address: &str) -> String {
    use sha2::Digest;
    let der = fs::read(profile.certificate(address, "for-the-fingerprint.cer")).unwrap();
    sha2::Sha256::digest(der).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// `open --json` that must exit with `code`.
#[track_caller]
fn opened(profile: &Profile, file: &Path, code: i32) -> Value {
    profile.open(file).exits(code).json()
}

fn usage(arguments: &[&str]) -> Run {
    Profile::new().run(arguments)
}

#[test]
fn wrong_usage_is_exit_2() {
    for arguments in [
        &["no-such-command"][..],
        &["seal", "--from", ALICE],
        &["open"],
        &["identity", "create", "--name", "A"],
        &["identity", "create", "--name", "A", "--email", ALICE, "--key", "dsa"],
        &["contact", "verify", ALICE],
        &["--no-such-option", "demo"],
        &["--time", "yesterday", "contact", "list"],
    ] {
        let run = usage(arguments).exits(2);
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_is_json_for_programs() {
    let run = usage(&["--json", "--time", "yesterday", "contact", "list"]).exits(2);
    assert!(run.json()["error"]["cause"].as_str().unwrap().contains("2026-05-03T12:00:00Z"));
}

#[test]
fn help_teaches_by_example() {
    for arguments in [
        &["--help"][..],
        &["seal", "--help"],
        &["open", "--help"],
        &["contact", "--help"],
        &["identity", "--help"],
    ] {
        let help = usage(arguments).succeeds().text();
        assert!(help.contains("waxseal-cli "), "{arguments:?} shows no example:\n{help}");
        assert!(help.to_lowercase().contains("example"), "{arguments:?} shows no example:\n{help}");
    }
    assert!(usage(&["--version"]).succeeds().text().contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_shells_get_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = usage(&["completions", shell]).succeeds().text();
        assert!(script.contains("waxseal-cli") && script.contains("identity"), "{shell}");
    }
}

#[test]
fn the_demo_prints_its_verdicts_and_keeps_nothing() {
    let home = tempfile::tempdir().unwrap();
    let shown = run(waxseal(home.path()).arg("demo")).succeeds();
    let text = shown.text();
    for tier in ["Not secure", "Probably secure", "Secure beyond reasonable doubt"] {
        assert!(text.to_lowercase().contains(&tier.to_lowercase()), "{tier} is missing from\n{text}");
    }
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "the demo left {left:?}");
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    let (alice, _) = couple();
    let before = alice.run(["--json", "contact", "list"]).succeeds();
    let after = alice.run(["contact", "list", "--json"]).succeeds();
    let between = alice.run(["contact", "--json", "list"]).succeeds();
    assert_eq!(before.json(), after.json());
    assert_eq!(before.json(), between.json());
    let home = tempfile::tempdir().unwrap();
    let late = run(waxseal(home.path())
        .args(["contact", "list", "--json", "--profile"])
        .arg(alice.profile())
        .args(["--vault", "file"]));
    assert_eq!(late.succeeds().json(), before.json());
}

#[test]
fn a_failure_is_a_sentence_or_an_error_object() {
    let profile = Profile::new();
    let run = profile.run(["open", "no-such-file.eml"]).fails();
    assert!(run.stdout.is_empty());
    assert!(run.stderr.contains("no-such-file.eml"), "{}", run.stderr);
    let object = profile.run(["--json", "open", "no-such-file.eml"]).fails().json();
    assert_eq!(object.as_object().unwrap().len(), 1);
    for sentence in ["summary", "cause", "remedy"] {
        assert!(!object["error"][sentence].as_str().unwrap().is_empty(), "{object:#}");
    }
}

#[test]
fn open_has_every_key_of_the_contract() {
    let (alice, bob) = couple();
    let attachment = alice.file("a.txt", "a");
    alice
        .seal(
            ALICE,
            BOB,
            "Hello Bob.\n",
            "note.eml",
            &["--subject", "Hello", "--attach", &attachment.to_string_lossy()],
        )
        .succeeds();
    let note = opened(&bob, &alice.path("note.eml"), 0);
    let has = |at: &str, keys: &[&str]| {
        let object =
            note.pointer(at).and_then(Value::as_object).unwrap_or_else(|| panic!("{at} of {note:#}"));
        for key in keys {
            assert!(object.contains_key(*key), "{at}/{key} is missing from {note:#}");
        }
    };
    has("", &["tier", "encryption", "signature", "headers", "layers", "text", "attachments", "findings"]);
    has("/encryption", &["state", "algorithm", "authenticated", "key_management", "recipients"]);
    has(
        "/signature",
        &[
            "state",
            "signer",
            "digest",
            "signed_at",
            "covers_whole_message",
            "matches_from",
            "trust",
            "validity",
        ],
    );
    has("/signature/signer", &["address", "fingerprint"]);
    has("/headers", &["from", "to", "subject", "date", "protected"]);
    has("/attachments/0", &["name", "type", "size"]);
    has("/findings/0", &["severity", "text"]);

    assert_eq!(note["tier"], "probably-secure");
    assert_eq!(note["encryption"]["state"], "encrypted");
    assert_eq!(note["encryption"]["recipients"].as_array().unwrap().len(), 2, "also sealed to its sender");
    assert_eq!(note["signature"]["state"], "valid");
    assert_eq!(note["signature"]["digest"], "SHA-256");
    assert_eq!(note["signature"]["trust"], "known");
    assert_eq!(note["signature"]["validity"], "valid");
    assert_eq!(note["signature"]["matches_from"], true);
    assert_eq!(note["signature"]["covers_whole_message"], true);
    assert_eq!(note["signature"]["signer"]["address"], ALICE);
    assert_eq!(note["signature"]["signer"]["fingerprint"], fingerprint(&alice, ALICE).as_str());
    assert!(note["signature"]["signed_at"].as_str().unwrap().ends_with('Z'), "times are UTC in JSON");
    assert!(note["headers"]["from"].as_str().unwrap().contains(ALICE));
    assert!(note["headers"]["to"][0].as_str().unwrap().contains(BOB));
    assert_eq!(note["layers"][1], "signed-data");
    assert_eq!(note["text"].as_str().unwrap().trim_end(), "Hello Bob.");
    assert_eq!(note["attachments"][0]["name"], "a.txt");
    assert_eq!(note["attachments"][0]["size"], 1);
    for finding in note["findings"].as_array().unwrap() {
        let severity = finding["severity"].as_str().unwrap();
        assert!(["ok", "note", "warning", "danger"].contains(&severity), "{severity}");
    }
}

#[test]
fn the_same_verdict_is_shown_to_people() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "Hello Bob.\n", "note.eml", &[]).succeeds();
    let shown = bob.run([os("open"), alice.path("note.eml").as_os_str()]).succeeds().text();
    assert!(shown.contains("Probably secure") && shown.contains("Hello Bob."), "{shown}");
}

#[test]
fn an_identity_moves_by_p12_both_ways() {
    if !common::installed("openssl") {
        return;
    }
    for recipe in ["modern", "compatible"] {
        let (alice, bob) = couple();
        let (p12, password) = (alice.path("alice.p12"), alice.path("password"));
        alice
            .run([
                os("identity"),
                os("export"),
                os(ALICE),
                os("--out"),
                p12.as_os_str(),
                os("--password-file"),
                password.as_os_str(),
                os("--recipe"),
                os(recipe),
            ])
            .succeeds();
        let pass = format!("pass:{}", common::PASSWORD);
        let mut arguments =
            vec![os("pkcs12"), os("-in"), p12.as_os_str(), os("-noout"), os("-passin"), os(&pass)];
        if recipe == "compatible" {
            arguments.push(os("-legacy"));
        }
        common::openssl(arguments);
        let moved = Profile::new();
        moved.import_identity(&p12);
        moved.import_identity(&p12);
        let listed = moved.run(["--json", "identity", "list"]).succeeds().text();
        let mark = fingerprint(&alice, ALICE);
        assert_eq!(listed.to_lowercase().matches(&mark).count().min(1), 1, "{listed}");
        bob.seal(BOB, ALICE, "Still readable.\n", "note.eml", &[]).succeeds();
        moved.open(&bob.path("note.eml")).succeeds();

        let wrong = moved.file("wrong", "not the password\n");
        Profile::new()
            .run([os("identity"), os("import"), p12.as_os_str(), os("--password-file"), wrong.as_os_str()])
            .fails();
    }
}

#[test]
fn deleting_a_key_needs_a_yes_and_ends_reading() {
    let (alice, bob) = couple();
    bob.seal(BOB, ALICE, "Soon unreadable.\n", "note.eml", &[]).succeeds();
    let mark = fingerprint(&alice, ALICE);
    assert_ne!(alice.run(["identity", "delete", &mark]).code, Some(0));
    alice.open(&bob.path("note.eml")).succeeds();
    alice.run(["identity", "delete", &mark, "--yes"]).succeeds();
    assert_eq!(opened(&alice, &bob.path("note.eml"), 1)["encryption"]["state"], "undecryptable");
}

#[test]
fn a_plain_mail_is_not_secure() {
    let profile = Profile::new();
    let mail = profile.file(
        "plain.eml",
        "From: Eve <eve@example.com>\r\nTo: bob@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello.\r\n",
    );
    let note = opened(&profile, &mail, 3);
    assert_eq!(note["tier"], "not-secure");
    assert_eq!(note["encryption"]["state"], "none");
    assert_eq!(note["signature"]["state"], "none");
    assert_eq!(note["headers"]["subject"], "Grüße");
    assert!(note["text"].as_str().unwrap().contains("Hello."));
}

#[test]
fn a_bare_p7m_has_no_from() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "Bare.\n", "note.p7m", &[]).succeeds();
    assert_eq!(alice.read("note.p7m")[0], 0x30);
    let note = bob.open(&alice.path("note.p7m")).json();
    assert_eq!(note["signature"]["signer"]["address"], ALICE);
    assert!(note["text"].as_str().unwrap().contains("Bare."), "{note:#}");
}

#[test]
fn the_memory_vault_keeps_nothing() {
    let home = tempfile::tempdir().unwrap();
    run(waxseal(home.path())
        .args(["--vault", "memory", "identity", "create", "--name", "A", "--email", ALICE, "--key", "p256"]))
    .succeeds();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_passphrase_is_a_sentence() {
    let (alice, bob) = couple();
    bob.seal(BOB, ALICE, "Locked.\n", "note.eml", &[]).succeeds();
    alice.file("passphrase", "not the passphrase\n");
    let before = alice.state();
    alice.run([os("open"), bob.path("note.eml").as_os_str()]).fails();
    assert_eq!(alice.state(), before);
}

#[test]
fn a_newer_profile_is_refused_untouched() {
    let (alice, _) = couple();
    let database = alice.profile().join("waxseal.db");
    let mut bytes = fs::read(&database).unwrap();
    // SQLite keeps `user_version` as a big-endian number at offset 60 of the header.
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    fs::write(&database, &bytes).unwrap();
    alice.run(["contact", "list"]).fails();
    assert!(fs::read(&database).unwrap() == bytes);
}

#[test]
fn trust_anchors_come_and_go() {
    if !common::installed("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (key, root) = (folder.path().join("ca.key"), folder.path().join("ca.pem"));
    common::openssl([
        os("req"),
        os("-x509"),
        os("-newkey"),
        os("rsa:2048"),
        os("-nodes"),
        os("-days"),
        os("30"),
        os("-subj"),
        os("/CN=Household CA"),
        os("-addext"),
        os("keyUsage=critical,keyCertSign,cRLSign"),
        os("-keyout"),
        key.as_os_str(),
        os("-out"),
        root.as_os_str(),
    ]);
    let profile = Profile::new();
    profile.run([OsStr::new("trust"), os("add"), root.as_os_str()]).succeeds();
    let listed = profile.run(["trust", "list"]).succeeds().text();
    assert!(listed.contains("Household CA"), "{listed}");
    let printed = common::openssl([
        os("x509"),
        os("-in"),
        root.as_os_str(),
        os("-noout"),
        os("-fingerprint"),
        os("-sha256"),
    ])
    .text();
    let mark: String = printed.rsplit('=').next().unwrap().chars().filter(char::is_ascii_hexdigit).collect();
    profile.run(["trust", "remove", &mark]).succeeds();
    assert!(!profile.run(["trust", "list"]).succeeds().text().contains("Household CA"));
    profile.run(["trust", "remove", &mark]).fails();
}
