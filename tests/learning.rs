//! What signed mail teaches: certificates, pairs of them, and what their owner's programs read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::nss::{Nss, nss_installed};
use common::{ENTITY, PASSWORD, Profile, installed, openssl, os};
use serde_json::Value;

const ROBIN: &str = "robin@example.org";
const KIM: &str = "kim@example.org";

#[track_caller]
fn learned(by: &Profile, from: &Path) -> Vec<String> {
    let imported = by.run([os("--json"), os("contact"), os("import"), from.as_os_str()]).succeeds().json();
    let results = imported["imported"].as_array().unwrap().iter();
    results.map(|one| one["result"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn keys(by: &Profile, of: &str) -> Vec<Value> {
    let shown = by.run(["--json", "contact", "show", of]).succeeds().json();
    shown["contact"]["keys"].as_array().unwrap().clone()
}

/// The sample identities with two certificates each, Alice and Bob (RSA), Carlos and Dana (Ed25519 and X25519).
fn sample(name: &str) -> Option<Profile> {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: WAXSEAL_CORPUS is not set");
        return None;
    };
    let profile = Profile::new();
    let (p12, password) = (corpus.join(format!("rfc9216/{name}.bin.p12")), profile.file("first", name));
    let words = [os("identity"), os("import"), p12.as_os_str(), os("--password-file"), password.as_os_str()];
    profile.run(words).succeeds();
    Some(profile)
}

#[test]
fn both_certificates_of_a_pair_are_learned_sealed_to_compared_and_handed_on() {
    for (one, other) in [("alice", "bob"), ("carlos", "dana")] {
        let (Some(first), Some(second)) = (sample(one), sample(other)) else { return };
        let (one, other) = (format!("{one}@smime.example"), format!("{other}@smime.example"));
        first.seal(&one, &other, "Here I am.\n", "hello.eml", &["--sign-only"]).succeeds();
        assert_eq!(
            learned(&second, &first.path("hello.eml"))
                .iter()
                .filter(|result| *result != "intermediate")
                .collect::<Vec<_>>(),
            ["new", "paired"]
        );
        second.seal(&other, &one, "And here am I.\n", "answer.eml", &[]).succeeds();
        let answer = second.path("answer.eml");
        assert!(learned(&first, &answer).contains(&"paired".to_owned()));
        let opened = first.open(&answer).exits(0).json();
        assert_eq!(opened["encryption"]["algorithm"], "AES-256-GCM", "what was said was learned: {opened:#}");
        assert_eq!(opened["tier"], "probably-secure");

        let number = |by: &Profile, of: &str| {
            by.run(["--json", "safety-number", of]).succeeds().json()["safety_number"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(number(&first, &other), number(&second, &one));
        first.run(["contact", "verify", &other, "--safety-number", &number(&second, &one)]).succeeds();
        assert!(keys(&first, &other).iter().all(|key| key["verified"].is_string()), "both keys were in it");
        assert_eq!(first.open(&answer).exits(0).json()["tier"], "beyond-reasonable-doubt");

        // One file has both keys, and opens the same mail elsewhere.
        let (p12, password) = (first.path("both.p12"), first.path("password"));
        let export = ["identity", "export", &one, "--out"].map(os);
        let files = [p12.as_os_str(), os("--password-file"), password.as_os_str()];
        first.run(export.into_iter().chain(files)).succeeds();
        let elsewhere = Profile::new();
        elsewhere.import_identity(&p12);
        let opened = elsewhere.open(&answer).json();
        assert!(opened["text"].as_str().unwrap().contains("And here am I."), "{opened:#}");
        elsewhere.seal(&one, &one, "To myself.\n", "note.eml", &[]).succeeds();
        assert_eq!(elsewhere.open(&elsewhere.path("note.eml")).exits(0).json()["signature"]["trust"], "own");
    }
}

/// Two certificates that have nothing in common but the address; and both as .p12 files.
fn unlike_halves(folder: &Profile) -> [PathBuf; 2] {
    [("sign", "digitalSignature"), ("seal", "keyEncipherment")].map(|(name, usage)| {
        let (key, pem, p12) =
            (folder.path("half.key"), folder.path(format!("{name}.pem")), folder.path(format!("{name}.p12")));
        let (subject, usage) = (format!("/CN=Robin {name}"), format!("keyUsage=critical,{usage}"));
        let address = format!("subjectAltName=email:{ROBIN}");
        let words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", &subject, "-addext", &usage];
        let more = ["-addext", &address, "-addext", "basicConstraints=critical,CA:FALSE", "-keyout"];
        let files = [key.as_os_str(), os("-out"), pem.as_os_str()];
        openssl(words.into_iter().chain(more).map(os).chain(files));
        let password = format!("pass:{PASSWORD}");
        let words = [os("pkcs12"), os("-export"), os("-inkey"), key.as_os_str(), os("-in"), pem.as_os_str()];
        let more = [os("-name"), os(name), os("-passout"), os(&password), os("-out"), p12.as_os_str()];
        openssl(words.into_iter().chain(more));
        p12
    })
}

/// SMIMEEncryptionKeyPreference as NSS writes it.
#[test]
fn the_certificate_that_a_signer_prefers_is_learned_too() {
    if !nss_installed() || !installed("openssl") {
        return;
    }
    // RSA: an NSS without key agreement cannot read a message in which anybody's key is agreed on.
    let kim = Profile::with_identity("Kim", KIM, "rsa2048");
    let nss = Nss::new();
    for (p12, nickname) in unlike_halves(&kim).iter().zip(["sign", "seal"]) {
        nss.import_p12(p12, nickname);
    }
    nss.file("entity.txt", ENTITY);
    let sign = ["-S", "-G", "-P", "-N", "sign", "-i", "entity.txt", "-o"];
    nss.cmsutil(&[&sign[..], &["plain.p7m", "-Y", "NONE"]].concat()).succeeds();
    nss.cmsutil(&[&sign[..], &["preferred.p7m", "-Y", "seal"]].concat()).succeeds();

    assert_eq!(learned(&kim, &nss.path("plain.p7m")), ["new"]);
    kim.seal(KIM, ROBIN, "Not yet.\n", "note.p7m", &[]).fails();
    assert_eq!(learned(&kim, &nss.path("preferred.p7m")), ["already-there", "paired"]);
    kim.seal(KIM, ROBIN, "To the preferred one.\n", "note.p7m", &[]).succeeds();
    let note = fs::canonicalize(kim.path("note.p7m")).unwrap();
    nss.cmsutil(&["-D", "-n", "-i", note.to_str().unwrap()]).succeeds();

    // Whoever is not on record, or waits for an answer, has no say in it.
    let other = Profile::with_identity("Other", "other@example.org", "p256");
    let imposed = Profile::with_identity("Robin", ROBIN, "p256");
    other.import_contact(&imposed.certificate(ROBIN, "first.cer"));
    assert_eq!(learned(&other, &nss.path("preferred.p7m")), ["changed", "changed"]);
}

#[test]
fn a_key_that_was_set_aside_teaches_nothing() {
    let kim = Profile::with_identity("Kim", KIM, "p256");
    let robin = Profile::with_identity("Robin", ROBIN, "p256");
    let certificate = robin.certificate(ROBIN, "robin.cer");
    kim.import_contact(&certificate);
    kim.run(["contact", "distrust", ROBIN]).succeeds();
    robin.seal(ROBIN, KIM, "I read GCM.\n", "hello.eml", &["--sign-only"]).succeeds();
    let hello = robin.path("hello.eml");
    learned(&kim, &hello);
    let algorithm = || {
        kim.run([os("contact"), os("replace"), os(ROBIN), certificate.as_os_str()]).succeeds();
        kim.seal(KIM, ROBIN, "Which one?\n", "note.eml", &[]).succeeds();
        robin.open(&kim.path("note.eml")).json()["encryption"]["algorithm"].as_str().unwrap().to_owned()
    };
    assert_eq!(algorithm(), "AES-256-CBC");
    learned(&kim, &hello);
    assert_eq!(algorithm(), "AES-256-GCM");
}
