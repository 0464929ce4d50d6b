//! PKCS#12 files that other programs wrote. The folder is named by `WAXSEAL_CORPUS`; without it each test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Profile, Run, corpus, os};
use serde_json::Value;

/// The certificate of `pyca`'s key.
const CA: &str = "cryptography CA";

/// `verb`: identity or contact.
#[track_caller]
fn import(profile: &Profile, verb: &str, file: &Path, password: &str) -> Run {
    let password = profile.file("their-password", password);
    profile.run([
        os("--json"),
        os(verb),
        os("import"),
        file.as_os_str(),
        os("--password-file"),
        password.as_os_str(),
    ])
}

/// What a list in the answer says under `field`, in order.
fn all<'a>(answer: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    answer[list].as_array().unwrap().iter().map(|entry| entry[field].as_str().unwrap_or("-")).collect()
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| endings.iter().any(|ending| path.to_str().unwrap().ends_with(ending)));
    files.sort();
    files
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// `pyca`: the password, and what the file calls its key; none where no key can be taken.
fn pyca(name: &str) -> (&'static str, Option<&'static str>) {
    let password = match name {
        _ if name.contains("-no-pwd") || name == "no-password.p12" => "",
        _ if name.contains("-pwd") => "password",
        "java-truststore.p12" => "",
        _ => "cryptography",
    };
    let key = match name {
        _ if name.starts_with("no-cert") || name.contains("no-key") || name.starts_with("java") => None,
        _ if name.starts_with("name-unicode") => Some("\u{263a}"),
        _ if name.starts_with("name-1") || name.starts_with("name-all") => Some("name"),
        "no-password.p12" => Some("6BC162DA"),
        _ => Some("-"),
    };
    (password, key)
}

#[test]
fn pyca_files_give_their_keys_or_their_certificates() {
    let Some(folder) = corpus("pyca/pkcs12") else { return };
    let (mut with_key, mut without) = (0, 0);
    for file in files(&folder, &[".p12"]) {
        let (name, profile) = (name(&file), Profile::new());
        let (password, key) = pyca(name);
        let Some(key) = key else {
            let before = profile.state();
            let refused = import(&profile, "identity", &file, password).fails().json();
            let summary = refused["error"]["summary"].as_str().unwrap();
            without += 1;
            if name == "no-cert-key-aes256cbc.p12" {
                assert_eq!(summary, "This file holds a key without its certificate.", "{name}");
                continue;
            }
            assert_eq!(summary, "This file holds certificates, but no private key.", "{name}");
            assert_eq!(profile.state(), before, "{name}");
            let learned = import(&profile, "contact", &file, password).succeeds().json();
            assert!(all(&learned, "imported", "result").contains(&"intermediate"), "{name}: {learned:#}");
            continue;
        };
        let imported = import(&profile, "identity", &file, password).succeeds().json();
        with_key += 1;
        assert_eq!(all(&imported, "imported", "name"), [CA], "{name}");
        assert_eq!(all(&imported, "imported", "friendly_name"), [key], "{name}");
        // It names no address, so it opens old mail and no more.
        assert_eq!(imported["imported"][0]["reading_only"], true, "{name}");
        assert_eq!(imported["findings"].as_array().unwrap().len(), 0, "{name}: {imported:#}");
        if name.contains("name") && !name.starts_with("cert") {
            assert_eq!(all(&imported, "skipped", "what"), ["certificate"], "{name}: {imported:#}");
            assert_eq!(all(&imported, "authorities", "name"), ["Let's Encrypt Authority X3"], "{name}");
        }
        // Each cipher once: opening a vault takes its time.
        if name.starts_with("cert") {
            let again = import(&profile, "identity", &file, password).succeeds().json();
            assert_eq!(all(&again, "imported", "result"), ["already-there"], "{name}");
            let refused = import(&profile, "identity", &file, "wrong").fails().json();
            assert_eq!(refused["error"]["summary"], "The password does not fit.", "{name}");
        }
    }
    assert_eq!((with_key, without), (18, 13));
}

#[test]
fn chains_of_mimekit_are_kept_in_their_order() {
    let Some(folder) = corpus("mimekit") else { return };
    let expected: [(&str, &str, &[&str]); 5] = [
        ("certificate-authority.pfx", "MimeKit Root Certification Authority", &[]),
        ("intermediate1.pfx", "MimeKit Primary Intermediate CA", &["MimeKit Root Certification Authority"]),
        (
            "intermediate2.pfx",
            "MimeKit Secondary Intermediate CA",
            &["MimeKit Primary Intermediate CA", "MimeKit Root Certification Authority"],
        ),
        (
            "revoked-intermediate.pfx",
            "MimeKit Revoked Intermediate CA",
            &["MimeKit Root Certification Authority"],
        ),
        (
            "smime.pfx",
            "MimeKit UnitTests",
            &[
                "MimeKit Secondary Intermediate CA",
                "MimeKit Primary Intermediate CA",
                "MimeKit Root Certification Authority",
            ],
        ),
    ];
    assert_eq!(
        files(&folder, &[".pfx"]).iter().map(|file| name(file)).collect::<BTreeSet<_>>(),
        expected.iter().map(|row| row.0).collect()
    );
    for (file, key, chain) in expected {
        let imported = import(&Profile::new(), "identity", &folder.join(file), "no.secret").succeeds().json();
        assert_eq!(all(&imported, "imported", "name"), [key]);
        assert_eq!(all(&imported, "authorities", "name"), chain, "{file}");
        assert_eq!(imported["skipped"].as_array().unwrap().len(), 0, "{imported:#}");
    }
    // A key leaves with its chain, but for the root.
    let profile = Profile::new();
    import(&profile, "identity", &folder.join("smime.pfx"), "no.secret").succeeds();
    let (out, password) = (profile.path("out.p12"), profile.file("password", "x"));
    let address = profile.run(["--json", "identity", "list"]).json()["identities"][0]["addresses"][0].clone();
    let words = [os("identity"), os("export"), os(address.as_str().unwrap()), os("--out"), out.as_os_str()];
    profile.run(words.into_iter().chain([os("--password-file"), password.as_os_str()])).succeeds();
    let back = import(&Profile::new(), "identity", &out, "x").succeeds().json();
    assert_eq!(all(&back, "authorities", "name"), &expected[4].2[..2]);
}

#[test]
fn pairs_of_two_keys_become_one_identity() {
    let Some(folder) = corpus("rfc9216") else { return };
    for file in files(&folder, &[".p12"]) {
        let person = name(&file).split('.').next().unwrap().to_owned();
        let profile = Profile::new();
        let imported = import(&profile, "identity", &file, &person).succeeds().json();
        assert_eq!(all(&imported, "imported", "result"), ["new", "merged"], "{}", file.display());
        let identities = profile.run(["--json", "identity", "list"]).succeeds().json();
        let identities = identities["identities"].as_array().unwrap();
        assert_eq!(identities.len(), 1);
        let keys = identities[0]["keys"].as_array().unwrap();
        let used = |what: &str| keys.iter().filter(|key| key[what] == true).count();
        assert_eq!(
            (keys.len(), used("signs"), used("decrypts"), used("retired")),
            (2, 1, 1, 0),
            "{identities:#?}"
        );
    }
}

#[test]
fn files_of_openssl_and_nss_give_their_keys() {
    for (folder, endings, password, count) in
        [("peers", &[".p12"][..], "test", 6), ("thunderbird", &[".p12"], "nss", 5)]
    {
        let Some(folder) = corpus(folder) else { return };
        let files = files(&folder, endings);
        assert_eq!(files.len(), count);
        for file in files {
            let imported = import(&Profile::new(), "identity", &file, password).succeeds().json();
            assert_eq!(all(&imported, "imported", "result"), ["new"], "{}", file.display());
            assert_eq!(imported["findings"].as_array().unwrap().len(), 0, "{imported:#}");
            import(&Profile::new(), "identity", &file, "wrong").fails();
        }
    }
}
