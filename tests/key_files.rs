//! What `identity import` takes out of a file, what it leaves in it, and what it says about both.
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

use common::authority::Authority;
use common::{PASSWORD, Peer, Profile, Run, installed, openssl, os, peer};
use serde_json::{Value, json};

#[track_caller]
fn import(profile: &Profile, file: &Path, more: &[&OsStr]) -> Run {
    profile.run([&[os("--json"), os("identity"), os("import"), file.as_os_str()], more].concat())
}

/// One file out of several.
fn joined(profile: &Profile, name: &str, parts: &[&Path]) -> PathBuf {
    profile.file(name, parts.iter().flat_map(|part| fs::read(part).unwrap()).collect::<Vec<_>>())
}

fn fields<'a>(answer: &'a Value, list: &str, field: &str) -> Vec<&'a Value> {
    answer[list].as_array().unwrap().iter().map(|entry| &entry[field]).collect()
}

/// A certificate that `authority` makes for the key of `peer`.
fn certified(authority: &Authority, peer: &Peer, name: &str) -> PathBuf {
    let (request, out) = (authority.path(&format!("{name}.csr")), authority.path(&format!("{name}.pem")));
    let extension = format!("subjectAltName=email:{name}@example.com");
    let subject = format!("/CN={name}");
    openssl([
        os("req"),
        os("-new"),
        os("-key"),
        peer.key.as_os_str(),
        os("-subj"),
        os(&subject),
        os("-addext"),
        os(&extension),
        os("-out"),
        request.as_os_str(),
    ]);
    authority.sign(&request, &out);
    out
}

#[test]
fn several_keys_in_one_file_find_their_certificates_and_the_rest_is_told() {
    if !installed("openssl") {
        return;
    }
    let (one, two, stranger) = (peer("P-256"), peer("rsa2048"), peer("P-384"));
    let profile = Profile::new();
    let authority = Authority::new("Files");
    let lonely = profile.path("lonely.key");
    let odd = profile.path("odd.key");
    openssl([os("ecparam"), os("-name"), os("prime256v1"), os("-genkey"), os("-out"), lonely.as_os_str()]);
    openssl([os("genpkey"), os("-algorithm"), os("ed448"), os("-out"), odd.as_os_str()]);
    let parts: [&Path; 8] = [
        &one.key,
        &authority.intermediate,
        &two.certificate,
        &lonely,
        &stranger.certificate,
        &two.key,
        &odd,
        &one.certificate,
    ];
    let file = joined(&profile, "all.pem", &parts);
    let answer = import(&profile, &file, &[]).succeeds().json();
    assert_eq!(fields(&answer, "imported", "result"), [&json!("new"), &json!("new")], "{answer:#}");
    assert_eq!(fields(&answer, "authorities", "name"), [&json!("Files Issuing")], "{answer:#}");
    let skipped: Vec<_> =
        ["what", "severity"].iter().map(|field| fields(&answer, "skipped", field)).collect();
    assert_eq!(skipped[0], [&json!("key"), &json!("key"), &json!("certificate")], "{answer:#}");
    assert_eq!(skipped[1], [&json!("warning"), &json!("warning"), &json!("note")], "{answer:#}");
    let told = profile.run([os("identity"), os("import"), file.as_os_str()]).succeeds().text();
    for words in [
        "Ed448",
        "its certificate is not in the file",
        "The certificate of p384 was left out",
        "Files Issuing",
    ] {
        assert!(told.contains(words), "no {words} in {told}");
    }
    // Nothing of this was lost, and nothing doubled.
    let again = import(&profile, &file, &[]).succeeds().json();
    assert_eq!(fields(&again, "imported", "result"), [&json!("already-there"), &json!("already-there")]);
    let listed = profile.run(["--json", "identity", "list"]).succeeds().json();
    assert_eq!(listed["identities"].as_array().unwrap().len(), 2);
}

#[test]
fn a_renewed_certificate_joins_the_key_that_is_here() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let authority = Authority::new("Renewal");
    let renewed = certified(&authority, peer, "p256");
    // With its key, both at once: one identity with both certificates.
    let both = Profile::new();
    let file = joined(&both, "both.pem", &[&renewed, &peer.key, &peer.certificate, &authority.intermediate]);
    let answer = import(&both, &file, &[]).succeeds().json();
    assert_eq!(fields(&answer, "imported", "result"), [&json!("new"), &json!("merged")], "{answer:#}");
    // Alone, later: the key is here.
    let later = Profile::with_peer(peer);
    let file = joined(&later, "renewed.pem", &[&authority.intermediate, &renewed]);
    let answer = import(&later, &file, &[]).succeeds().json();
    assert_eq!(fields(&answer, "imported", "result"), [&json!("merged")], "{answer:#}");
    for profile in [&both, &later] {
        let listed = profile.run(["--json", "identity", "list"]).succeeds().json();
        let identities = listed["identities"].as_array().unwrap();
        assert_eq!(identities.len(), 1, "{listed:#}");
        assert_eq!(identities[0]["keys"].as_array().unwrap().len(), 2, "{listed:#}");
        // What is sealed to either is read.
        for certificate in [&renewed, &peer.certificate] {
            peer.cms(&["-encrypt", "-in", "entity.txt", "-out", "sealed.eml", certificate.to_str().unwrap()]);
            common::shows_the_entity(&profile.open(&peer.path("sealed.eml")).exits(3).json());
        }
    }
    // A stranger's certificate is no renewal.
    let file = joined(&later, "other.pem", &[&common::peer("rsa2048").certificate]);
    import(&later, &file, &[]).fails();
}

#[test]
fn a_key_without_its_certificate_is_taken_only_where_that_is_known() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let refused = import(&Profile::new(), &peer.key, &[]).fails().json();
    assert_eq!(refused["error"]["summary"], "This file holds a key without its certificate.");
    let answer = import(&Profile::with_peer(peer), &peer.key, &[]).succeeds().json();
    assert_eq!(fields(&answer, "imported", "result"), [&json!("already-there")]);
}

#[test]
fn expired_keys_read_old_mail() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let profile = Profile::new();
    let password = profile.path("password");
    let late = [os("--password-file"), password.as_os_str(), os("--time"), os("2050-01-01T00:00:00Z")];
    let answer = import(&profile, &peer.p12, &late).succeeds().json();
    assert_eq!(answer["imported"][0]["reading_only"], true, "{answer:#}");
    let listed = profile.run(["--json", "identity", "list"]).succeeds().json();
    assert_eq!(listed["identities"][0]["keys"][0]["retired"], true);
    peer.cms(&["-encrypt", "-in", "entity.txt", "-out", "old.eml", peer.certificate.to_str().unwrap()]);
    common::shows_the_entity(&profile.open(&peer.path("old.eml")).exits(3).json());
}

#[test]
fn old_pem_files_open_with_their_password() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    let profile = Profile::new();
    let key = profile.path("old.key");
    let pass = format!("pass:{PASSWORD}");
    let words =
        [os("rsa"), os("-traditional"), os("-aes256"), os("-in"), peer.key.as_os_str(), os("-passout")];
    openssl(words.into_iter().chain([os(&pass), os("-out"), key.as_os_str()]));
    assert!(fs::read_to_string(&key).unwrap().contains("Proc-Type: 4,ENCRYPTED"));
    let file = joined(&profile, "old.pem", &[&key, &peer.certificate]);
    let refused = import(&profile, &file, &[]).fails().json();
    assert_eq!(refused["error"]["summary"], "This file is protected by a password.");
    let wrong = profile.file("wrong", "wrong");
    import(&profile, &file, &[os("--password-file"), wrong.as_os_str()]).fails();
    let password = profile.path("password");
    import(&profile, &file, &[os("--password-file"), password.as_os_str()]).succeeds();
}

/// Certificates alone, under a password: not one's own, so `contact import` and `trust add` take them.
#[test]
fn a_p12_without_a_key_is_a_certificate_file() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let authority = Authority::new("Keyless");
    let profile = Profile::new();
    let (people, anchors) = (profile.path("people.p12"), profile.path("anchors.p12"));
    let pass = format!("pass:{PASSWORD}");
    for (certificate, out) in [(&peer.certificate, &people), (&authority.root, &anchors)] {
        let words = [os("pkcs12"), os("-export"), os("-nokeys"), os("-in"), certificate.as_os_str()];
        openssl(words.into_iter().chain([os("-out"), out.as_os_str(), os("-passout"), os(&pass)]));
    }
    let password = profile.path("password");
    let given = [os("--password-file"), password.as_os_str()];
    let refused = import(&profile, &people, &given).fails().json();
    assert_eq!(refused["error"]["summary"], "This file holds certificates, but no private key.");
    let before = profile.state();
    let asked = profile.run([os("--json"), os("contact"), os("import"), people.as_os_str()]).fails().json();
    assert_eq!(asked["error"]["summary"], "This file is protected by a password.");
    assert_eq!(profile.state(), before);
    let learn = [os("--json"), os("contact"), os("import"), people.as_os_str()];
    let learned = profile.run(learn.into_iter().chain(given)).succeeds().json();
    assert_eq!(learned["imported"][0]["addresses"][0], peer.address);
    let believe = [os("--json"), os("trust"), os("add"), anchors.as_os_str()];
    let believed = profile.run(believe.into_iter().chain(given)).succeeds().json();
    assert_eq!(believed["added"][0]["name"], "Keyless Root");
    // One with a key is its owner's.
    let theirs = [os("--json"), os("contact"), os("import"), peer.p12.as_os_str()];
    let refused = profile.run(theirs.into_iter().chain(given)).fails().json();
    assert!(refused["error"]["cause"].as_str().unwrap().contains("private key"), "{refused:#}");
}
