//! Round trips with the real GpgSM (Kleopatra, KMail), for what the version on this machine supports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "gpgsm/home.rs"]
mod home;

use std::fs;
use std::path::Path;

use common::mail::{base64, enveloped_mail, multipart_signed, parts};
use common::{ENTITY, Profile, os, peer, shows_the_entity};
use home::{Gpgsm, gpgsm_installed};
use serde_json::Value;

const WANDA: &str = "wanda@example.com";
const CURVES: [(&str, &str); 2] = [("P-256", "NIST P-256"), ("P-384", "NIST P-384")];

/// Gives GpgSM the key of this address, in the one recipe that GpgSM 2.2 reads.
#[track_caller]
fn hand_over(from: &Profile, address: &str, to: &Gpgsm) {
    let (p12, password) = (from.path("compatible.p12"), from.path("password"));
    let words = ["identity", "export", address, "--recipe", "compatible", "--out"];
    let files = [p12.as_os_str(), os("--password-file"), password.as_os_str()];
    from.run(words.map(os).into_iter().chain(files)).succeeds();
    to.import(&p12);
}

/// GpgSM with the RSA and EC keys of the peers.
fn gpgsm() -> Gpgsm {
    let gpgsm = Gpgsm::new();
    for kind in ["rsa2048", "rsa3072"] {
        hand_over(&Profile::with_peer(peer(kind)), &peer(kind).address, &gpgsm);
        gpgsm.trust(&peer(kind).certificate);
    }
    for (kind, curve) in CURVES {
        gpgsm.lay_ec_key(peer(kind), curve);
    }
    gpgsm.file("entity.txt", ENTITY);
    gpgsm
}

/// A Waxseal user with a key that GpgSM can seal to, who knows all peers.
fn wanda(known_to: &Gpgsm) -> Profile {
    let wanda = Profile::with_identity("Wanda", WANDA, "rsa2048");
    for kind in ["rsa2048", "rsa3072", "P-256", "P-384"] {
        wanda.import_contact(&peer(kind).certificate);
    }
    let certificate = wanda.certificate(WANDA, "wanda.pem");
    known_to.import(&certificate);
    known_to.trust(&certificate);
    wanda
}

/// The digest that GpgSM wants with a key.
fn digest_for(kind: &str) -> &'static str {
    if kind == "P-384" { "SHA384" } else { "SHA256" }
}

#[track_caller]
fn valid_signature_by(opened: &Value, address: &str) {
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    assert_eq!(opened["signature"]["signer"]["address"], address, "{opened:#}");
    assert_eq!(opened["signature"]["covers_whole_message"], true, "{opened:#}");
}

#[test]
fn what_gpgsm_seals_is_opened() {
    if !gpgsm_installed() {
        return;
    }
    let gpgsm = gpgsm();
    let wanda = wanda(&gpgsm);
    let plain = wanda.path("plain");
    for (form, option) in [("der", None), ("pem", Some("--armor")), ("b64", Some("--base64"))] {
        for (cipher, algorithm) in [
            ("AES128", "AES-128-CBC"),
            ("AES192", "AES-192-CBC"),
            ("AES256", "AES-256-CBC"),
            ("3DES", "3DES"),
        ] {
            let name = format!("{cipher}.{form}");
            let mut arguments = vec!["--cipher-algo", cipher, "-r", "rsa3072@example.com", "-r", WANDA];
            arguments.extend(option);
            arguments.extend(["--output", &name, "--encrypt", "entity.txt"]);
            gpgsm.run(&arguments).succeeds();
            let sealed = gpgsm.path(&name);
            let opened = wanda.open(&sealed).exits(3).json();
            assert_eq!(opened["encryption"]["state"], "encrypted", "{opened:#}");
            assert_eq!(opened["encryption"]["algorithm"], algorithm);
            shows_the_entity(&opened);
            wanda.run([os("decrypt"), sealed.as_os_str(), os("--out"), plain.as_os_str()]).succeeds();
            assert_eq!(fs::read(&plain).unwrap(), ENTITY.as_bytes(), "{name}");
        }
    }
}

#[test]
fn what_gpgsm_signs_is_verified() {
    if !gpgsm_installed() {
        return;
    }
    let gpgsm = gpgsm();
    for kind in ["rsa2048", "P-256", "P-384"] {
        let by = peer(kind);
        // By itself GpgSM leaves out the certificate of a signer for whom nobody vouches.
        let (known, bystander) = (Profile::new(), Profile::new());
        known.import_contact(&by.certificate);
        let sign = ["-u", &by.address, "--digest-algo", digest_for(kind), "--output"];
        gpgsm.run(&[&sign[..], &["bare.der", "--sign", "entity.txt"]].concat()).succeeds();
        let opened = bystander.open(&gpgsm.path("bare.der")).exits(3).json();
        assert_eq!(opened["signature"]["state"], "unknown-signer", "{opened:#}");
        valid_signature_by(&known.open(&gpgsm.path("bare.der")).exits(3).json(), &by.address);

        let sign = [&["--include-certs", "-1"], &sign[..]].concat();
        for (form, option) in [("der", None), ("pem", Some("--armor")), ("b64", Some("--base64"))] {
            let name = format!("{kind}.{form}");
            let form: Vec<&str> = option.into_iter().collect();
            gpgsm.run(&[&form[..], &sign, &[&name, "--sign", "entity.txt"]].concat()).succeeds();
            let opened = bystander.open(&gpgsm.path(&name)).exits(3).json();
            valid_signature_by(&opened, &by.address);
            shows_the_entity(&opened);
        }

        let name = format!("{kind}.p7s");
        gpgsm.run(&[&sign[..], &[&name, "--detach-sign", "entity.txt"]].concat()).succeeds();
        let open = |content: &Path| {
            let signature = gpgsm.path(&name);
            let words = [os("--json"), os("open"), signature.as_os_str(), os("--detached")];
            bystander.run(words.into_iter().chain([content.as_os_str()])).exits(3).json()
        };
        valid_signature_by(&open(&gpgsm.path("entity.txt")), &by.address);
        let altered = bystander.file("altered.txt", ENTITY.replace("Zweite", "Dritte"));
        assert_eq!(open(&altered)["signature"]["state"], "invalid");
    }
}

/// As KMail does it: a signed entity inside the envelope of a mail.
#[test]
fn what_gpgsm_signs_and_then_seals_is_opened() {
    if !gpgsm_installed() {
        return;
    }
    let gpgsm = gpgsm();
    let wanda = wanda(&gpgsm);
    for kind in ["rsa3072", "P-256", "P-384"] {
        let by = peer(kind);
        let sign = ["-u", &by.address, "--digest-algo", digest_for(kind), "--output", "detached.p7s"];
        gpgsm.run(&[&sign[..], &["--detach-sign", "entity.txt"]].concat()).succeeds();
        let signature = fs::read(gpgsm.path("detached.p7s")).unwrap();
        gpgsm.file("inner.txt", multipart_signed(ENTITY, &signature));
        gpgsm.run(&["-r", WANDA, "--output", "sealed.der", "--encrypt", "inner.txt"]).succeeds();
        let sealed = fs::read(gpgsm.path("sealed.der")).unwrap();
        let mail = wanda.file("mail.eml", enveloped_mail(&by.address, WANDA, &sealed));
        let opened = wanda.open(&mail).exits(0).json();
        valid_signature_by(&opened, &by.address);
        assert_eq!(opened["tier"], "probably-secure", "{opened:#}");
        shows_the_entity(&opened);
    }
}

#[test]
fn gpgsm_opens_what_is_sealed() {
    if !gpgsm_installed() {
        return;
    }
    let gpgsm = gpgsm();
    let wanda = wanda(&gpgsm);
    // Its exit code is 2 already when the first recipient is another one; what counts is what comes out.
    let opens = |file: &Path, form: &[&str]| {
        let _ = fs::remove_file(gpgsm.path("out"));
        let run = gpgsm.run(&[form, &["--output", "out", "--decrypt", file.to_str().unwrap()]].concat());
        let out = fs::read_to_string(gpgsm.path("out")).unwrap_or_default();
        if out.is_empty() { Err(run.stderr) } else { Ok(out) }
    };
    for kind in ["rsa2048", "rsa3072", "P-256", "P-384"] {
        let to = peer(kind);
        let certificate = to.certificate.to_str().unwrap();
        let control = ["-encrypt", "-binary", "-in", "entity.txt", "-outform", "DER", "-aes-256-cbc"];
        to.cms(&[&control[..], &["-recip", certificate, "-out", "for-gpgsm.der"]].concat());
        if opens(&to.path("for-gpgsm.der"), &[]).is_err() {
            assert!(kind.starts_with("P-"), "RSA is opened by every GpgSM");
            eprintln!("skipped: this GpgSM opens nothing that is sealed to {kind}");
            continue;
        }
        let plain = wanda.file("plain.txt", ENTITY);
        for name in ["file.p7m", "file.eml"] {
            let sealed = wanda.path(name);
            let words = [os("encrypt"), plain.as_os_str(), os("--to"), os(&to.address), os("--out")];
            wanda.run(words.into_iter().chain([sealed.as_os_str()])).succeeds();
        }
        assert_eq!(opens(&wanda.path("file.p7m"), &[]).as_deref(), Ok(ENTITY), "{kind}");
        let mail = String::from_utf8(wanda.read("file.eml")).unwrap();
        let body = wanda.file("body.b64", mail.split_once("\r\n\r\n").unwrap().1);
        assert_eq!(opens(&body, &["--assume-base64"]).as_deref(), Ok(ENTITY), "{kind}");
        let armoured = format!(
            "-----BEGIN ENCRYPTED MESSAGE-----\n{}\n-----END ENCRYPTED MESSAGE-----\n",
            base64(&wanda.read("file.p7m"))
        );
        let armoured = wanda.file("file.asc", armoured);
        assert_eq!(opens(&armoured, &["--assume-armor"]).as_deref(), Ok(ENTITY), "{kind}");

        wanda.seal(WANDA, &to.address, "Für Dich allein.\n", "note.p7m", &[]).succeeds();
        let inner = opens(&wanda.path("note.p7m"), &[]).unwrap();
        let (entity, signature) = parts(&inner);
        gpgsm.file("part.txt", entity);
        gpgsm.file("part.p7s", signature);
        let verified = gpgsm.run(&["--verify", "part.p7s", "part.txt"]).succeeds();
        assert!(verified.stderr.contains("Good signature"), "{}", verified.stderr);
    }
}

#[test]
fn gpgsm_verifies_what_is_signed() {
    if !gpgsm_installed() {
        return;
    }
    let gpgsm = Gpgsm::new();
    for (key, address) in
        [("rsa2048", "one@example.com"), ("p256", "two@example.com"), ("p384", "three@example.com")]
    {
        let by = Profile::with_identity(address, address, key);
        gpgsm.trust(&by.certificate(address, "own.pem"));
        let good = |arguments: &[&str]| {
            let verified = gpgsm.run(&[&["--verify"], arguments].concat());
            verified.code == Some(0) && verified.stderr.contains("Good signature")
        };
        by.seal(address, "all@example.com", "Unterschrieben.\n", "signed.p7m", &["--sign-only"]).succeeds();
        assert!(good(&[by.path("signed.p7m").to_str().unwrap()]), "{key}");

        by.seal(address, "all@example.com", "Unterschrieben.\n", "signed.eml", &["--sign-only"]).succeeds();
        let mail = String::from_utf8(by.read("signed.eml")).unwrap();
        let (entity, signature) = parts(&mail);
        gpgsm.file("part.txt", entity);
        gpgsm.file("part.p7s", signature);
        gpgsm.file("altered.txt", entity.replace("Unter", "Ueber"));
        assert!(good(&["part.p7s", "part.txt"]), "{key}");
        assert!(!good(&["part.p7s", "altered.txt"]), "the check itself can fail");
    }
}

#[test]
fn keys_and_certificates_go_both_ways() {
    if !gpgsm_installed() {
        return;
    }
    let gpgsm = Gpgsm::new();
    let wanda = Profile::with_identity("Wanda", WANDA, "rsa3072");
    gpgsm.import(&wanda.certificate(WANDA, "wanda.p7c"));
    let listed = gpgsm.run(&["-k", WANDA]).succeeds().text();
    assert!(listed.contains("Wanda"), "{listed}");

    hand_over(&wanda, WANDA, &gpgsm);
    assert!(gpgsm.run(&["-K", WANDA]).succeeds().text().contains("Wanda"));

    // And back: what GpgSM writes.
    let bob = Profile::new();
    for (name, option) in [("exported.cer", None), ("exported.pem", Some("--armor"))] {
        let form: Vec<&str> = option.into_iter().collect();
        gpgsm.run(&[&form[..], &["--output", name, "--export", WANDA]].concat()).succeeds();
        bob.import_contact(&gpgsm.path(name));
    }
    assert!(bob.run(["contact", "list"]).succeeds().text().contains(WANDA));
    for (name, option) in [("exported.p12", None), ("exported.p12.pem", Some("--armor"))] {
        let form: Vec<&str> = option.into_iter().collect();
        gpgsm.run(&[&form[..], &["--output", name, "--export-secret-key-p12", WANDA]].concat()).succeeds();
        let again = Profile::new();
        again.import_identity(&gpgsm.path(name));
        let written = again.certificate(WANDA, "again.cer");
        assert_eq!(fs::read(written).unwrap(), fs::read(wanda.certificate(WANDA, "first.cer")).unwrap());
        let (plain, sealed, back) =
            (wanda.file("plain.txt", "plain"), wanda.path("x.p7m"), again.path("back"));
        let words = [os("encrypt"), plain.as_os_str(), os("--to"), os(WANDA), os("--out")];
        wanda.run(words.into_iter().chain([sealed.as_os_str()])).succeeds();
        again.run([os("decrypt"), sealed.as_os_str(), os("--out"), back.as_os_str()]).succeeds();
        assert_eq!(fs::read(back).unwrap(), b"plain");
    }
}
