//! Mails that Thunderbird is tested with: Alice writes to Bob. The folder is named by `WAXSEAL_CORPUS`; without it each
//! test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Profile, corpus, os};
use serde_json::{Value, json};

/// All certificates are within their dates then.
const THEN: &str = "2026-06-01T12:00:00Z";

/// What the name of a file says about it.
struct Mail {
    path: PathBuf,
    name: String,
    layers: Vec<&'static str>,
    digest: Option<&'static str>,
}

impl Mail {
    /// `alice.env.dsig.SHA256.multipart.eml`: innermost first.
    fn of(path: PathBuf) -> Self {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (mut layers, mut digest) = (Vec::new(), None);
        for word in name.split('.') {
            match word {
                "env" => layers.insert(0, "enveloped-data"),
                "sig" | "dsig" => layers.insert(0, "signed-data"),
                "SHA1" => digest = Some("SHA-1"),
                "SHA256" => digest = Some("SHA-256"),
                "SHA384" => digest = Some("SHA-384"),
                "SHA512" => digest = Some("SHA-512"),
                "alice" | "html" | "multipart" | "opaque" | "eml" => {}
                other => panic!("{name}: what is {other}?"),
            }
        }
        Self { path, name, layers, digest }
    }

    fn sealed(&self) -> bool {
        self.layers.contains(&"enveloped-data")
    }

    fn tier(&self) -> &'static str {
        match self.digest {
            Some("SHA-256" | "SHA-384" | "SHA-512") if self.sealed() => "probably-secure",
            Some(_) | None => "not-secure",
        }
    }
}

fn mails(folder: &Path) -> Vec<Mail> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut mails: Vec<Mail> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "eml")).map(Mail::of).collect();
    mails.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(mails.len(), 33);
    mails
}

/// Trusts the authority; holds no key yet.
fn reader(folder: &Path) -> Profile {
    let profile = Profile::new();
    profile.run([os("trust"), os("add"), folder.join("TestCA.pem").as_os_str()]).succeeds();
    profile
}

#[track_caller]
fn import(profile: &Profile, file: &Path) {
    let password = profile.file("nss", "nss\n");
    let import = [os("identity"), os("import"), file.as_os_str()];
    profile.run(import.into_iter().chain([os("--password-file"), password.as_os_str()])).succeeds();
}

#[track_caller]
fn open(profile: &Profile, mail: &Mail, code: i32) -> Value {
    let then = ["--json", "--time", THEN, "open"].map(os);
    profile.run(then.into_iter().chain([mail.path.as_os_str()])).exits(code).json()
}

#[test]
fn every_identity_imports() {
    let Some(folder) = corpus("thunderbird") else { return };
    for (name, address) in [
        ("Alice", "Alice@example.com"),
        ("Alice-ec", "Alice-ec@example.com"),
        ("Bob", "Bob@example.com"),
        ("Dave", "Dave@example.com"),
        ("Fran-ec", "Fran-ec@example.com"),
    ] {
        let profile = Profile::new();
        import(&profile, &folder.join(format!("{name}.p12")));
        let listed = profile.run(["identity", "list"]).succeeds().text();
        assert!(listed.contains(address), "{name}\n{listed}");
    }
}

#[test]
fn bob_opens_every_mail_and_every_signature_holds() {
    let Some(folder) = corpus("thunderbird") else { return };
    let bob = reader(&folder);
    import(&bob, &folder.join("Bob.p12"));
    for mail in mails(&folder) {
        let name = &mail.name;
        let opened = open(&bob, &mail, if mail.tier() == "not-secure" { 3 } else { 0 });
        assert_eq!(opened["tier"], mail.tier(), "{name}\n{opened:#}");
        assert_eq!(opened["layers"], json!(mail.layers), "{name}");
        assert_eq!(opened["encryption"]["state"], if mail.sealed() { "encrypted" } else { "none" }, "{name}");
        assert!(
            opened["text"].as_str().unwrap().contains("This is a test message from Alice to Bob."),
            "{name}"
        );
        assert_eq!(opened["headers"]["from"], "Alice@example.com", "{name}");
        assert_eq!(opened["headers"]["protected"], false, "{name}");

        let signature = &opened["signature"];
        let Some(digest) = mail.digest else {
            assert_eq!(signature["state"], "none", "{name}");
            continue;
        };
        assert_eq!(signature["state"], "valid", "{name}\n{opened:#}");
        assert_eq!(signature["digest"], digest, "{name}");
        assert_eq!(signature["trust"], "ca", "{name}");
        assert_eq!(signature["matches_from"], true, "{name}");
        let found = opened["findings"].to_string();
        assert_eq!(found.contains("can be forged today"), digest == "SHA-1", "{name}: {found}");
        let outside = mail.layers == ["signed-data", "enveloped-data"];
        assert_eq!(found.contains("Signed outside the seal"), outside, "{name}: {found}");
        // NSS signed these over lines that end with LF; the mail has CRLF, and neither OpenSSL nor Thunderbird verifies them.
        let changed = name.starts_with("alice.env.dsig.");
        assert_eq!(found.contains("line ends were changed"), changed, "{name}: {found}");
    }
}

#[test]
fn nobody_but_bob_opens_what_is_sealed_for_him() {
    let Some(folder) = corpus("thunderbird") else { return };
    let others = reader(&folder);
    for name in ["Alice", "Alice-ec", "Dave", "Fran-ec"] {
        import(&others, &folder.join(format!("{name}.p12")));
    }
    for mail in mails(&folder).iter().filter(|mail| mail.sealed()) {
        let closed = open(&others, mail, 1);
        assert_eq!(closed["state"], "undecryptable", "{}", mail.name);
        assert_eq!(closed["tier"], Value::Null, "{}", mail.name);
        assert_eq!(closed["text"], Value::Null, "{}", mail.name);
    }
}

#[test]
fn one_changed_character_breaks_a_clear_signature_however_its_lines_end() {
    let Some(folder) = corpus("thunderbird") else { return };
    let bob = reader(&folder);
    import(&bob, &folder.join("Bob.p12"));
    for mail in mails(&folder).iter().filter(|mail| mail.name.ends_with(".multipart.eml")) {
        let whole = fs::read_to_string(&mail.path).unwrap();
        let unix = bob.file("unix.eml", whole.replace("\r\n", "\n"));
        let opened = bob.open(&unix).json();
        assert_eq!(opened["signature"]["state"], "valid", "{} with LF\n{opened:#}", mail.name);
        // The first content line of the signed part.
        let changed = if whole.contains("This is a test message") {
            whole.replace("This is a test message", "This is a best message")
        } else {
            whole.replace("Content-Description: S/MIME Encrypted", "Content-Description: S/MIME encrypted")
        };
        assert_ne!(changed, whole);
        let opened = bob.open(&bob.file("changed.eml", changed)).json();
        assert_eq!(opened["signature"]["state"], "invalid", "{}\n{opened:#}", mail.name);
    }
}
