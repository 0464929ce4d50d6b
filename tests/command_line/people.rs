//! Two people and a third: whom a note reaches, and how far it is believed.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use crate::common::{Profile, installed, openssl, os};
use crate::{ALICE, BOB, CAROL, carol, couple, fingerprint, opened};

/// A second person who claims Alice's address.
fn impostor() -> &'static Profile {
    static IMPOSTOR: OnceLock<Profile> = OnceLock::new();
    IMPOSTOR.get_or_init(|| Profile::with_identity("Alice Ackermann", ALICE, "p256"))
}

#[test]
fn a_note_is_readable_in_the_senders_own_copy() {
    let (alice, _) = couple();
    alice.seal(ALICE, BOB, "What did I write?\n", "note.eml", &[]).succeeds();
    let own = opened(&alice, &alice.path("note.eml"), 0);
    assert_eq!(own["signature"]["trust"], "own");
    assert!(own["text"].as_str().unwrap().contains("What did I write?"));
}

#[test]
fn a_bcc_name_leaks_to_nobody_else() {
    let (alice, bob) = couple();
    let carol = carol();
    alice.import_contact(&carol.certificate(CAROL, "carol.cer"));
    alice.seal(ALICE, BOB, "Between us.\n", "note.eml", &["--bcc", CAROL]).succeeds();
    let (main, copy) = (alice.path("note.eml"), alice.path("note.bcc-1.eml"));

    let leaks = |profile: &Profile, file: &Path| {
        let inside = profile.path("inside");
        profile.run([os("decrypt"), file.as_os_str(), os("--out"), inside.as_os_str()]).succeeds();
        let clear = [fs::read(file).unwrap(), fs::read(inside).unwrap()].concat();
        String::from_utf8_lossy(&clear).to_lowercase().contains("carol")
    };
    assert!(!leaks(&bob, &main), "the Bcc name stands in the note to Bob");
    let to_bob = opened(&bob, &main, 0);
    assert_eq!(to_bob["encryption"]["recipients"].as_array().unwrap().len(), 2, "Bob and Alice: {to_bob:#}");
    assert!(!to_bob.to_string().to_lowercase().contains("carol"), "{to_bob:#}");

    assert_eq!(opened(&carol, &main, 1)["encryption"]["state"], "undecryptable");
    assert_eq!(opened(&bob, &copy, 1)["encryption"]["state"], "undecryptable");
    let to_carol = carol.open(&copy).exits(0).json();
    assert!(to_carol["text"].as_str().unwrap().contains("Between us."));
    assert!(!to_carol["headers"]["to"].to_string().to_lowercase().contains("carol"), "{to_carol:#}");
    let says = "not among the addressees";
    assert!(
        to_carol["findings"].to_string().contains(says) && !to_bob["findings"].to_string().contains(says)
    );
    assert!(!opened(&alice, &copy, 0)["findings"].to_string().contains(says), "one's own copy");
    assert!(!alice.path("note.bcc-2.eml").exists());
}

#[test]
fn a_comparison_in_person_lifts_the_tier() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "Hello.\n", "note.eml", &[]).succeeds();
    let note = alice.path("note.eml");
    assert_eq!(opened(&bob, &note, 0)["tier"], "probably-secure");

    let right = fingerprint(&alice, ALICE);
    let wrong = fingerprint(&bob, BOB);
    bob.run(["contact", "verify", ALICE, "--fingerprint", &wrong]).fails();
    bob.run(["contact", "verify", "nobody@example.com", "--fingerprint", &right]).fails();
    assert_eq!(opened(&bob, &note, 0)["tier"], "probably-secure", "a wrong comparison lifts nothing");

    bob.run(["contact", "verify", ALICE, "--fingerprint", &right]).succeeds();
    let lifted = opened(&bob, &note, 0);
    assert_eq!(lifted["tier"], "beyond-reasonable-doubt", "{lifted:#}");
    assert_eq!(lifted["signature"]["trust"], "in-person");
    let shown = bob.run([os("open"), note.as_os_str()]).succeeds().text();
    assert!(shown.contains("Secure beyond reasonable doubt"), "{shown}");
}

#[test]
fn a_key_made_for_somebody_else_is_made_here() {
    let (alice, _) = couple();
    let (p12, password) = (alice.path("dora.p12"), alice.path("password"));
    alice
        .run([
            os("contact"),
            os("create"),
            os("--name"),
            os("Dora"),
            os("--email"),
            os("dora@example.com"),
            os("--out"),
            p12.as_os_str(),
            os("--password-file"),
            password.as_os_str(),
        ])
        .succeeds();
    let dora = Profile::new();
    dora.import_identity(&p12);
    dora.import_contact(&alice.certificate(ALICE, "alice.cer"));
    dora.seal("dora@example.com", ALICE, "It works.\n", "note.eml", &[]).succeeds();
    let note = opened(&alice, &dora.path("note.eml"), 0);
    assert_eq!(note["signature"]["trust"], "made-here", "{note:#}");
    assert_eq!(note["tier"], "beyond-reasonable-doubt", "{note:#}");
    alice.seal(ALICE, "dora@example.com", "Good.\n", "answer.eml", &[]).succeeds();
    opened(&dora, &alice.path("answer.eml"), 0);
}

#[test]
fn a_changed_key_is_loud_and_blocks_sealing_until_replaced() {
    let (alice, bob) = couple();
    let new = impostor().copy();
    new.import_contact(&bob.certificate(BOB, "bob.cer"));
    new.seal(ALICE, BOB, "I have a new key.\n", "note.eml", &[]).succeeds();
    let note = new.path("note.eml");

    let before = opened(&bob, &note, 3);
    assert_eq!(before["signature"]["state"], "valid");
    assert_eq!(before["signature"]["trust"], "changed", "{before:#}");
    assert_eq!(before["tier"], "not-secure");
    assert!(
        before["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "danger"),
        "{before:#}"
    );

    let certificate = new.certificate(ALICE, "new.cer");
    bob.run([os("contact"), os("import"), certificate.as_os_str()]);
    bob.seal(BOB, ALICE, "Which key?\n", "question.eml", &[]).fails();
    assert!(!bob.path("question.eml").exists());

    bob.run([os("contact"), os("replace"), os(ALICE), certificate.as_os_str()]).succeeds();
    bob.seal(BOB, ALICE, "To the new key.\n", "answer.eml", &[]).succeeds();
    new.open(&bob.path("answer.eml")).succeeds();
    assert_eq!(opened(&alice, &bob.path("answer.eml"), 1)["encryption"]["state"], "undecryptable");
    let after = opened(&bob, &note, 0);
    assert_eq!(after["tier"], "probably-secure", "a replaced key is not yet compared: {after:#}");
}

#[test]
fn an_address_that_looks_like_a_known_one_is_not_believed() {
    let (_, bob) = couple();
    let imitator = Profile::with_identity("Alice Ackermann", "alice@examp1e.com", "p256");
    imitator.import_contact(&bob.certificate(BOB, "bob.cer"));
    imitator.seal("alice@examp1e.com", BOB, "Please pay.\n", "note.eml", &[]).succeeds();
    let said = opened(&bob, &imitator.path("note.eml"), 3);
    assert_eq!((&said["tier"], &said["signature"]["trust"]), (&"not-secure".into(), &"look-alike".into()));
    assert!(said["findings"].to_string().contains(ALICE));
}

#[test]
fn a_removed_contact_gets_nothing() {
    let (alice, _) = couple();
    alice.seal(ALICE, BOB, "Hello.\n", "before.eml", &[]).succeeds();
    alice.run(["contact", "remove", BOB]).succeeds();
    assert!(!alice.run(["contact", "list"]).succeeds().text().contains(BOB));
    alice.run(["contact", "show", BOB]).fails();
    let refused = alice.seal(ALICE, BOB, "Hello.\n", "after.eml", &[]).fails();
    assert!(refused.stderr.contains(BOB), "{}", refused.stderr);
    assert!(!alice.path("after.eml").exists());
    alice.run(["contact", "remove", BOB]).fails();
}

#[test]
fn a_distrusted_contact_gets_nothing_and_is_not_believed() {
    let (alice, bob) = couple();
    bob.seal(BOB, ALICE, "Believe me.\n", "note.eml", &[]).succeeds();
    opened(&alice, &bob.path("note.eml"), 0);
    alice.run(["contact", "distrust", BOB]).succeeds();
    let note = opened(&alice, &bob.path("note.eml"), 3);
    assert_eq!(note["tier"], "not-secure", "{note:#}");
    alice.seal(ALICE, BOB, "No more.\n", "after.eml", &[]).fails();
    assert!(!alice.path("after.eml").exists());
}

#[test]
fn a_note_goes_to_everybody_or_to_nobody() {
    let (alice, _) = couple();
    alice.seal(ALICE, BOB, "Both of you.\n", "note.eml", &["--to", "stranger@example.com"]).fails();
    alice.seal(ALICE, BOB, "Both of you.\n", "note.eml", &["--bcc", "stranger@example.com"]).fails();
    alice.seal("stranger@example.com", BOB, "Not mine.\n", "note.eml", &[]).fails();
    let left: Vec<_> = fs::read_dir(alice.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("note"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_expired_certificate_is_judged_by_the_given_time() {
    let alice = Profile::new();
    alice
        .run(["identity", "create", "--name", "A", "--email", ALICE, "--key", "p256", "--days", "30"])
        .succeeds();
    let bob = Profile::with_identity("Bob", BOB, "p256");
    alice.import_contact(&bob.certificate(BOB, "bob.cer"));
    bob.import_contact(&alice.certificate(ALICE, "alice.cer"));
    alice.seal(ALICE, BOB, "In time.\n", "note.eml", &[]).succeeds();
    let note = alice.path("note.eml");
    assert_eq!(opened(&bob, &note, 0)["signature"]["validity"], "valid");

    let at =
        |time: &str| bob.run([os("--json"), os("--time"), os(time), os("open"), note.as_os_str()]).json();
    let later = at("2040-01-01T00:00:00Z");
    assert_eq!(later["signature"]["validity"], "expired", "{later:#}");
    assert_eq!(later["signature"]["trust"], "known", "whatever the date");
    assert_ne!(later["tier"], "beyond-reasonable-doubt");
    let earlier = at("2000-01-01T00:00:00Z");
    assert_eq!(earlier["signature"]["validity"], "not-yet", "{earlier:#}");

    let text = bob.file("t.txt", "Too late.\n");
    let out = bob.path("late.eml");
    bob.run([
        os("--time"),
        os("2040-01-01T00:00:00Z"),
        os("seal"),
        os("--from"),
        os(BOB),
        os("--to"),
        os(ALICE),
        os("--text"),
        text.as_os_str(),
        os("--out"),
        out.as_os_str(),
    ])
    .fails();
    assert!(!out.exists());
}

#[test]
fn open_never_writes_the_store() {
    let (alice, _) = couple();
    let stranger = carol();
    stranger.import_contact(&alice.certificate(ALICE, "alice.cer"));
    stranger.seal(CAROL, ALICE, "We have not met.\n", "note.eml", &[]).succeeds();
    let before = alice.state();
    let note = opened(&alice, &stranger.path("note.eml"), 0);
    assert_eq!(note["signature"]["trust"], "first-seen");
    assert_eq!(alice.state(), before);
    let note = opened(&alice, &stranger.path("note.eml"), 0);
    assert_eq!(note["signature"]["trust"], "first-seen", "still");
}

#[test]
fn a_signed_mail_is_a_way_to_hand_over_a_certificate() {
    let (alice, _) = couple();
    let carol = carol();
    carol.seal(CAROL, ALICE, "My certificate.\n", "hello.eml", &["--sign-only"]).succeeds();
    let note = opened(&alice, &carol.path("hello.eml"), 3);
    assert_eq!(note["encryption"]["state"], "none");
    alice.import_contact(&carol.path("hello.eml"));
    alice.seal(ALICE, CAROL, "Thank you.\n", "thanks.eml", &[]).succeeds();
    let thanks = carol.open(&alice.path("thanks.eml")).succeeds().json();
    assert_eq!(thanks["encryption"]["algorithm"], "AES-256-GCM", "two Waxseals, after the first signed mail");
}

#[test]
fn the_signed_sender_is_shown_whatever_stands_outside() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "It is me.\n", "note.eml", &[]).succeeds();
    let mail = String::from_utf8(alice.read("note.eml")).unwrap();
    let forged: String = mail
        .split_inclusive('\n')
        .map(|line| if line.starts_with("From:") { "From: Mallory <mallory@example.com>\r\n" } else { line })
        .collect();
    assert_ne!(forged, mail);
    let forged = bob.file("forged.eml", forged);
    let note = bob.open(&forged).json();
    if note["headers"]["protected"] == true {
        assert!(note["headers"]["from"].as_str().unwrap().contains(ALICE), "{note:#}");
        assert!(note["findings"].to_string().contains("another sender"), "{note:#}");
    } else {
        assert_eq!(note["signature"]["matches_from"], false, "{note:#}");
        assert_eq!(note["tier"], "not-secure");
    }
}

#[test]
fn importing_ones_own_certificate_changes_nothing() {
    let (alice, _) = couple();
    let own = alice.certificate(ALICE, "own.cer");
    let before = alice.state();
    alice.import_contact(&own);
    assert_eq!(alice.state(), before);
}

#[test]
fn good_files_are_taken_and_bad_ones_reported() {
    let (alice, _) = couple();
    let bad = alice.file("bad.cer", "this is no certificate");
    let carol = carol();
    let good = carol.certificate(CAROL, "carol.p7c");
    let run = alice.run([os("contact"), os("import"), bad.as_os_str(), good.as_os_str()]).exits(1);
    assert!(run.stderr.contains("bad.cer"), "{}", run.stderr);
    assert!(alice.run(["contact", "list"]).succeeds().text().contains(CAROL));
}

#[test]
fn a_certificate_as_openssl_makes_it_is_a_persons() {
    if !installed("openssl") {
        eprintln!("skipped: openssl not found");
        return;
    }
    let profile = Profile::new();
    let (key, certificate) = (profile.path("kim.key"), profile.path("kim.pem"));
    // Without more words it says CA:TRUE, and has no key usage.
    openssl(
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Kim"]
            .map(os)
            .into_iter()
            .chain(["-addext", "subjectAltName=email:kim@example.com", "-keyout"].map(os))
            .chain([key.as_os_str(), os("-out"), certificate.as_os_str()]),
    )
    .succeeds();
    let imported =
        profile.run([os("contact"), os("import"), certificate.as_os_str(), os("--json")]).succeeds().json();
    assert_eq!(imported["imported"][0]["result"], "new", "{imported:#}");
}

#[test]
fn a_waiting_certificate_is_loud_every_time_and_a_distrusted_one_says_so() {
    let (alice, bob) = couple();
    let other = impostor().certificate(ALICE, "other.cer");
    let import = || {
        let file = other.as_os_str();
        bob.run([os("contact"), os("import"), file, os("--json")]).succeeds().json()["imported"][0]["result"]
            .clone()
    };
    assert_eq!([import(), import()], ["changed", "changed"]);
    bob.run(["contact", "distrust", ALICE]).succeeds();
    let said = bob.run([os("contact"), os("import"), other.as_os_str()]).succeeds().text();
    assert!(said.contains("aside"), "{said}");
    drop(alice);
}
