//! The examples of RFC 9788, header protection. The folder is named by `WAXSEAL_CORPUS`; without it each test says that it
//! skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Profile, corpus, os};
use serde_json::Value;

/// Bob of RFC 9216, who trusts the authority of its certificates.
fn bob(rfc9216: &Path) -> Profile {
    let profile = Profile::new();
    let (p12, password) = (rfc9216.join("bob.bin.p12"), profile.file("bob", "bob\n"));
    let import = [os("identity"), os("import"), p12.as_os_str()];
    profile.run(import.into_iter().chain([os("--password-file"), password.as_os_str()])).succeeds();
    profile.run([os("trust"), os("add"), rfc9216.join("ca.rsa.crt").as_os_str()]).succeeds();
    profile
}

/// A field of every protected field, by name.
fn of_each<'a>(opened: &'a Value, what: &str) -> BTreeMap<&'a str, Value> {
    let fields = opened["headers"]["protection"]["fields"].as_array().unwrap();
    fields.iter().map(|field| (field["name"].as_str().unwrap(), field[what].clone())).collect()
}

fn object(value: &Value) -> BTreeMap<&str, Value> {
    value.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

#[test]
fn every_example_has_the_headers_states_and_text_that_it_should() {
    let (Some(folder), Some(rfc9216)) = (corpus("rfc9788"), corpus("rfc9216")) else { return };
    let bob = bob(&rfc9216);
    let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(
        files.by_ref().filter(|path| path.extension().is_some_and(|end| end == "eml")).count(),
        expected.as_object().unwrap().len()
    );
    for (name, expected) in expected.as_object().unwrap() {
        let sealed = expected["encrypted"] == true;
        let opened = bob.open(&folder.join(format!("{name}.eml"))).exits(if sealed { 0 } else { 3 }).json();
        assert_eq!(opened["encryption"]["state"], if sealed { "encrypted" } else { "none" }, "{name}");
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
        assert_eq!(opened["signature"]["trust"], "ca", "{name}");
        assert_eq!(opened["signature"]["matches_from"], true, "{name}");

        let headers = &opened["headers"];
        let scheme = match expected["hp"].as_str() {
            Some(hp) => format!("hp-{hp}"),
            None => "message-rfc822".to_owned(),
        };
        assert_eq!(headers["protection"]["scheme"], scheme.as_str(), "{name}");
        assert_eq!(headers["protected"], true, "{name}");
        assert_eq!(headers["subject"], expected["protected"]["Subject"], "{name}");
        assert_eq!(headers["from"], expected["protected"]["From"], "{name}");
        assert_eq!(headers["to"][0], expected["protected"]["To"], "{name}");
        assert_eq!(of_each(&opened, "value"), object(&expected["protected"]), "{name}");
        assert_eq!(of_each(&opened, "outside"), object(&expected["outer"]), "{name}");
        assert_eq!(of_each(&opened, "state"), object(&expected["states"]), "{name}");
        if expected["hp"] == "cipher" {
            let left = of_each(&opened, "left_outside");
            let recorded = expected["hp_outer"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
            let recorded: BTreeMap<_, _> = recorded.map(|line| line.split_once(": ").unwrap()).collect();
            assert_eq!(left.len(), recorded.len(), "{name}");
            assert!(left.iter().all(|(field, value)| recorded[field] == value), "{name}: {left:?}");
        }
        let hidden: &[&str] = if sealed { &["Subject"] } else { &[] };
        assert_eq!(headers["hidden"], serde_json::json!(hidden), "{name}");
        for what in ["changed_outside", "added_outside"] {
            assert_eq!(headers["protection"][what], serde_json::json!([]), "{name}");
        }

        let text = opened["text"].as_str().unwrap();
        assert_eq!(text, expected["rendered"]["text/plain"], "{name}");
        for element in expected["legacy_display_must_not_render"].as_array().unwrap() {
            for line in element["text"].as_array().unwrap() {
                assert!(!text.contains(line.as_str().unwrap()), "{name} shows {line}");
            }
        }
        let told = bob.run([os("open"), folder.join(format!("{name}.eml")).as_os_str()]).text();
        assert!(!told.contains("stood outside the seal"), "{told}");
    }
}

/// Everybody on the way can write outside what he likes: it is never shown in the place of what was signed, and is told.
#[test]
fn the_outside_changes_nothing_that_was_signed() {
    let (Some(folder), Some(rfc9216)) = (corpus("rfc9788"), corpus("rfc9216")) else { return };
    let bob = bob(&rfc9216);
    let mail = fs::read_to_string(folder.join("c3.1-signed-enc-hp-baseline.eml")).unwrap();
    let changed = mail
        .replacen(
            "Subject: [...]",
            "Subject: Pay at once\r\nCc: eve@example.org\r\nReply-To: eve@example.org",
            1,
        )
        .replacen("From: Alice <alice@smime.example>", "From: Eve <eve@example.org>", 1);
    let opened = bob.open(&bob.file("changed.eml", changed)).exits(0).json();
    let headers = &opened["headers"];
    assert_eq!(headers["subject"], "smime-signed-enc-hp-baseline");
    assert_eq!(headers["from"], "Alice <alice@smime.example>");
    assert_eq!(headers["cc"], serde_json::json!([]));
    assert_eq!(headers["reply_to"], serde_json::json!([]));
    assert_eq!(headers["protection"]["changed_outside"], serde_json::json!(["From", "Subject"]));
    assert_eq!(headers["protection"]["added_outside"], serde_json::json!(["Cc", "Reply-To"]));
    let found = opened["findings"].to_string();
    for word in ["another sender, eve@example.org", "(Subject)", "(Cc, Reply-To)"] {
        assert!(found.contains(word), "{word}: {found}");
    }
    // A subject alone that was guessed outside does not make it less hidden.
    let guessed = mail.replacen("Subject: [...]", "Subject: smime-signed-enc-hp-baseline", 1);
    let opened = bob.open(&bob.file("guessed.eml", guessed)).exits(0).json();
    assert_eq!(opened["headers"]["hidden"], serde_json::json!(["Subject"]));
}
