//! What is set or learned of a person's device decides what is written to them; OpenSSL says what was written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{Peer, Profile, installed, os, peer};
use serde_json::Value;

const ROBIN: &str = "robin@example.org";

/// What OpenSSL finds in a sealed mail that it opens: AES-GCM, OAEP, and ECDH with the SHA-256 KDF for them. (The writer's own
/// copy has that KDF in any case.)
#[track_caller]
fn written(by: &Profile, to: &Peer, name: &str) -> [bool; 3] {
    let out = format!("{name}.eml");
    by.seal(ROBIN, &to.address, "Hello.\n", &out, &[]).succeeds();
    let (sealed, opened) = (by.path(&out), by.path(format!("{name}.txt")));
    let [sealed, opened] = [&sealed, &opened].map(|path| path.to_str().unwrap().to_owned());
    let (key, certificate) = (to.key.to_str().unwrap(), to.certificate.to_str().unwrap());
    to.cms(&["-decrypt", "-in", &sealed, "-inkey", key, "-recip", certificate, "-out", &opened]);
    assert!(fs::read_to_string(&opened).unwrap().contains("Hello."));
    let said = to.cms(&["-cmsout", "-print", "-noout", "-in", &sealed]).text();
    let has = |word: &str| said.contains(word);
    let gcm = has("id-smime-ct-authEnvelopedData") && has("aes-256-gcm");
    assert_eq!(!gcm, has("pkcs7-envelopedData") && has("aes-256-cbc"), "{said}");
    let count = |word: &str| said.matches(word).count();
    let kdfs = count("dhSinglePass-stdDH-sha256kdf-scheme");
    let old = count("dhSinglePass-stdDH-sha1kdf-scheme");
    assert!(kdfs + old == 2 || kdfs == 1 && old == 0, "{said}");
    [gcm, has("rsaesOaep"), kdfs == 2]
}

#[track_caller]
fn device(by: &Profile, of: &Peer) -> (String, String) {
    let shown = by.run(["--json", "contact", "show", &of.address]).succeeds().json();
    let word = |name: &str| shown["contact"][name].as_str().unwrap().to_owned();
    (word("device"), word("device_origin"))
}

fn writer(to: &[&Peer]) -> Profile {
    let robin = Profile::with_identity("Robin", ROBIN, "p256");
    to.iter().for_each(|peer| drop(robin.import_contact(&peer.certificate)));
    robin
}

#[test]
fn openssl_finds_what_the_profile_chose() {
    if !installed("openssl") {
        return;
    }
    let (rsa, curve) = (peer("rsa2048"), peer("P-256"));
    let robin = writer(&[rsa, curve]);
    //  device          RSA: GCM, OAEP     P-256: GCM, SHA-256 KDF
    let table = [
        ("unknown", [false, false], [false, false]),
        ("iphone", [false, false], [false, false]),
        ("mac-mail", [false, false], [false, false]),
        ("thunderbird", [false, true], [false, true]),
        ("outlook", [false, false], [false, false]),
        ("android", [false, false], [false, false]),
        ("waxseal", [true, true], [true, true]),
    ];
    for (word, [gcm, oaep], [gcm_too, sha256]) in table {
        for peer in [rsa, curve] {
            robin.run(["contact", "device", &peer.address, word]).succeeds();
            let origin = if word == "unknown" { "none" } else { "set" };
            assert_eq!(device(&robin, peer), (word.to_owned(), origin.to_owned()));
        }
        assert_eq!(written(&robin, rsa, &format!("rsa-{word}")), [gcm, oaep, false], "{word}");
        assert_eq!(written(&robin, curve, &format!("ec-{word}")), [gcm_too, false, sha256], "{word}");
    }
    // Whoever opens least decides for all.
    let text = robin.file("text", "Hello.\n");
    let out = robin.path("both.eml");
    let words = ["seal", "--from", ROBIN, "--to", &rsa.address, &curve.address, "--text"].map(os);
    robin.run(["contact", "device", &curve.address, "iphone"]).succeeds();
    robin.run(words.into_iter().chain([text.as_os_str(), os("--out"), out.as_os_str()])).succeeds();
    let said = rsa.cms(&["-cmsout", "-print", "-noout", "-in", out.to_str().unwrap()]).text();
    assert!(said.contains("aes-256-cbc") && said.contains("dhSinglePass-stdDH-sha1kdf-scheme"));
    robin.run(["contact", "device", &rsa.address, "fax"]).exits(2);
    robin.run(["contact", "device", "nobody@example.org", "iphone"]).fails();
}

/// `from` signs a mail that names `program` as its writer's.
fn signed_mail(from: &Peer, program: Option<&str>) -> std::path::PathBuf {
    let (key, certificate) = (from.key.to_str().unwrap(), from.certificate.to_str().unwrap());
    let words = ["-sign", "-in", "entity.txt", "-signer", certificate, "-inkey", key, "-crlfeol"];
    from.cms(&[&words[..], &["-from", &from.address, "-subject", "Hello", "-out", "signed.eml"]].concat());
    let mail = fs::read_to_string(from.path("signed.eml")).unwrap();
    let line = program.map(|program| format!("X-Mailer: {program}\n")).unwrap_or_default();
    let path = from.path("learned.eml");
    fs::write(&path, format!("{line}{mail}")).unwrap();
    path
}

#[test]
fn a_device_is_learned_from_signed_mail_and_named_but_what_was_announced_decides() {
    if !installed("openssl") {
        return;
    }
    let kim = Peer::new("kim", "rsa2048");
    let robin = writer(&[]);
    robin.import_contact(&signed_mail(&kim, None));
    assert_eq!(device(&robin, &kim), ("waxseal".to_owned(), "learned".to_owned()), "OpenSSL's own list");
    // That list has no AES-GCM and no OAEP, and the name of a program adds none.
    assert_eq!(written(&robin, &kim, "one"), [false; 3]);
    for (program, word) in [("iPhone Mail (21A329)", "iphone"), ("Microsoft Outlook 16.0", "outlook")] {
        robin.import_contact(&signed_mail(&kim, Some(program)));
        assert_eq!(device(&robin, &kim), (word.to_owned(), "learned".to_owned()));
    }
    robin.run(["contact", "device", &kim.address, "thunderbird"]).succeeds();
    robin.import_contact(&signed_mail(&kim, Some("Apple Mail (2.3731)")));
    assert_eq!(device(&robin, &kim), ("thunderbird".to_owned(), "set".to_owned()), "what was said stays");
    assert_eq!(written(&robin, &kim, "two"), [false, true, false]);
    robin.run(["contact", "device", &kim.address, "unknown"]).succeeds();
    assert_eq!(device(&robin, &kim), ("mac-mail".to_owned(), "learned".to_owned()));
}

#[track_caller]
fn sealed(by: &Profile, to: &Peer, out: &str, attachment: &Path) -> (String, Value) {
    let words = ["seal", "--from", ROBIN, "--to", &to.address, "--out"].map(os);
    let (out, json) = (by.path(out), by.path(format!("json-{out}")));
    let attach = [os("--attach"), attachment.as_os_str()];
    let said = by.run(words.into_iter().chain([out.as_os_str()]).chain(attach)).succeeds();
    let words = [os("--json")].into_iter().chain(words).chain([json.as_os_str()]).chain(attach);
    let object = by.run(words).succeeds();
    assert!(object.stderr.is_empty(), "with --json it stands in the object: {}", object.stderr);
    (said.stderr, object.json())
}

#[test]
fn the_forecast_is_told_where_a_note_may_not_open() {
    if !installed("openssl") {
        return;
    }
    let rsa = peer("rsa2048");
    let robin = writer(&[rsa]);
    let (small, large) = (robin.file("small", "x"), robin.path("large"));
    fs::File::create(&large).unwrap().set_len(12_000_000).unwrap();
    let (said, object) = sealed(&robin, rsa, "unknown.eml", &small);
    assert_eq!(
        said.trim(),
        format!(
            "{}: Nothing is known about this device; written so that every common one can open it.",
            rsa.address
        )
    );
    assert_eq!(object["forecasts"][0]["forecast"], "unknown", "{object:#}");
    robin.run(["contact", "device", &rsa.address, "iphone"]).succeeds();
    let (said, object) = sealed(&robin, rsa, "small.eml", &small);
    assert_eq!((said.as_str(), &object["forecasts"][0]["forecast"]), ("", &Value::from("opens")));
    let (said, object) = sealed(&robin, rsa, "large.eml", &large);
    assert!(said.contains("A file this large opens in Waxseal on a computer, not on an iPhone."), "{said}");
    assert_eq!(object["forecasts"][0]["forecast"], "too-large");
    // The estimate is near what is written.
    let written = fs::metadata(robin.path("large.eml")).unwrap().len();
    let estimate =
        waxseal::smime::policy::sealed_size(0, 12_000_000, waxseal::smime::message::seal::Form::Mail);
    assert!(estimate.abs_diff(written) < written / 100, "{estimate} for {written}");
    let (said, _) = sealed(&robin, rsa, "small.p7m", &small);
    assert!(said.contains("no .p7m file that stands alone"), "{said}");
}

#[test]
fn a_key_for_somebody_elses_phone_is_in_the_recipe_that_every_phone_reads() {
    if !installed("openssl") {
        return;
    }
    let robin = Profile::with_identity("Robin", ROBIN, "p256");
    let (p12, password) = (robin.path("kim.p12"), robin.path("password"));
    let words = ["contact", "create", "--name", "Kim", "--email", "kim@example.org", "--out"].map(os);
    let more = [p12.as_os_str(), os("--password-file"), password.as_os_str()];
    robin.run(words.into_iter().chain(more)).succeeds();
    let pass = format!("pass:{}", common::PASSWORD);
    // -legacy: OpenSSL 3 keeps 3DES apart.
    let words = ["pkcs12", "-legacy", "-info", "-nokeys", "-passin", &pass, "-in"].map(os);
    let info = common::openssl(words.into_iter().chain([p12.as_os_str()])).stderr;
    assert!(info.contains("pbeWithSHA1And3-KeyTripleDES-CBC") && info.contains("MAC: sha1"), "{info}");
    let shown = robin.run(["--json", "contact", "show", "kim@example.org"]).succeeds().json();
    assert_eq!(shown["contact"]["keys"][0]["origin"], "made-here");
    // Whoever holds the file reads what is sealed to them; here nobody else does.
    let kim = Profile::new();
    kim.import_identity(&p12);
    robin.seal(ROBIN, "kim@example.org", "For your phone.\n", "note.eml", &[]).succeeds();
    assert!(kim.open(&robin.path("note.eml")).json()["text"].as_str().unwrap().contains("For your phone."));
    let identities = robin.run(["--json", "identity", "list"]).succeeds().json();
    assert_eq!(identities["identities"].as_array().unwrap().len(), 1, "{identities:#}");
}
