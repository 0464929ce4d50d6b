//! What OpenSSL signs, Waxseal verifies.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{ENTITY, Peer, Profile, installed, os, peer, shows_the_entity};
use crate::{KINDS, bystander};

/// OpenSSL signs [`ENTITY`]; the signature must hold, with this digest.
fn verifies_what_openssl_signs(by: &Peer, name: &str, digest: &str, options: &[&str]) -> Value {
    let md = digest.to_lowercase().replace('-', "");
    let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
    let mut arguments = vec!["-sign", "-binary", "-in", "entity.txt", "-out", name, "-md", md.as_str()];
    arguments.extend(["-signer", &signer, "-inkey", &key]);
    arguments.extend(options);
    by.cms(&arguments);
    let run = bystander().open(&by.path(name)).exits(3);
    let opened = run.json();
    assert_eq!(opened["tier"], "not-secure", "it is not encrypted\n{}", run.line);
    assert_eq!(opened["encryption"]["state"], "none", "{}", run.line);
    assert_eq!(opened["signature"]["state"], "valid", "{}\n{opened:#}", run.line);
    assert_eq!(opened["signature"]["digest"], digest, "{}", run.line);
    assert_eq!(opened["signature"]["signer"]["address"], by.address.as_str(), "{}", run.line);
    assert_eq!(opened["signature"]["covers_whole_message"], true, "{}", run.line);
    assert_eq!(opened["signature"]["trust"], "first-seen", "{}", run.line);
    shows_the_entity(&opened);
    opened
}

#[test]
fn every_signature_algorithm_verifies_detached_and_attached() {
    if !installed("openssl") {
        return;
    }
    for kind in KINDS {
        for digest in ["SHA-256", "SHA-384", "SHA-512"] {
            let by = peer(kind);
            let name = format!("signed.{kind}.{digest}");
            verifies_what_openssl_signs(by, &format!("{name}.detached.eml"), digest, &["-outform", "SMIME"]);
            verifies_what_openssl_signs(
                by,
                &format!("{name}.attached.eml"),
                digest,
                &["-outform", "SMIME", "-nodetach"],
            );
            verifies_what_openssl_signs(
                by,
                &format!("{name}.der"),
                digest,
                &["-outform", "DER", "-nodetach"],
            );
        }
    }
}

#[test]
fn every_form_of_a_signature_verifies() {
    if !installed("openssl") {
        return;
    }
    for kind in ["rsa2048", "P-256"] {
        for (form, options) in [
            ("keyid.der", &["-outform", "DER", "-nodetach", "-keyid"][..]),
            ("noattr.der", &["-outform", "DER", "-nodetach", "-noattr"]),
            ("noattr.eml", &["-outform", "SMIME", "-noattr"]),
            ("indefinite.der", &["-outform", "DER", "-nodetach", "-stream", "-indef"]),
            ("pem", &["-outform", "PEM", "-nodetach"]),
            ("cades.der", &["-outform", "DER", "-nodetach", "-cades"]),
        ] {
            verifies_what_openssl_signs(peer(kind), &format!("form.{kind}.{form}"), "SHA-256", options);
        }
    }
}

#[test]
fn a_detached_signature_verifies_over_its_file() {
    if !installed("openssl") {
        return;
    }
    let by = peer("rsa2048");
    let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
    by.cms(&[
        "-sign",
        "-binary",
        "-in",
        "entity.txt",
        "-outform",
        "DER",
        "-out",
        "alone.p7s",
        "-signer",
        &signer,
        "-inkey",
        &key,
    ]);
    let (signature, content) = (by.path("alone.p7s"), by.path("entity.txt"));
    let verify = |content: &Path| {
        bystander().run([
            os("--json"),
            os("open"),
            signature.as_os_str(),
            os("--detached"),
            content.as_os_str(),
        ])
    };
    assert_eq!(verify(&content).exits(3).json()["signature"]["state"], "valid");
    let altered = bystander().file("altered.txt", ENTITY.replace("Zweite", "Dritte"));
    assert_eq!(verify(&altered).exits(3).json()["signature"]["state"], "invalid");
}

#[test]
fn altered_content_is_invalid() {
    if !installed("openssl") {
        return;
    }
    for kind in KINDS {
        let by = peer(kind);
        for (form, options) in
            [("eml", &["-outform", "SMIME"][..]), ("der", &["-outform", "DER", "-nodetach"])]
        {
            let name = format!("altered.{kind}.{form}");
            verifies_what_openssl_signs(by, &name, "SHA-256", options);
            let mut message = fs::read(by.path(&name)).unwrap();
            let at = message.windows(6).position(|window| window == b"Zweite").unwrap();
            message[at] ^= 1;
            fs::write(by.path(&name), message).unwrap();
            let opened = bystander().open(&by.path(&name)).exits(3).json();
            assert_eq!(opened["signature"]["state"], "invalid", "{kind} {form}\n{opened:#}");
            assert_eq!(opened["tier"], "not-secure");
        }
    }
}

#[test]
fn a_clear_signed_mail_verifies_with_either_line_end() {
    if !installed("openssl") {
        return;
    }
    let by = peer("P-256");
    verifies_what_openssl_signs(by, "ends.signed.eml", "SHA-256", &["-outform", "SMIME"]);
    let lf = fs::read_to_string(by.path("ends.signed.eml")).unwrap().replace("\r\n", "\n");
    for (name, text) in
        [("ends.signed.lf.eml", lf.clone()), ("ends.signed.crlf.eml", lf.replace('\n', "\r\n"))]
    {
        fs::write(by.path(name), text).unwrap();
        let opened = bystander().open(&by.path(name)).exits(3).json();
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
    }
}

#[test]
fn a_signer_without_a_certificate_is_unknown_until_imported() {
    if !installed("openssl") {
        return;
    }
    let by = peer("P-256");
    let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
    by.cms(&[
        "-sign",
        "-binary",
        "-in",
        "entity.txt",
        "-nodetach",
        "-nocerts",
        "-outform",
        "DER",
        "-out",
        "nocerts.der",
        "-signer",
        &signer,
        "-inkey",
        &key,
    ]);
    let profile = Profile::new();
    let opened = profile.open(&by.path("nocerts.der")).exits(3).json();
    assert_eq!(opened["signature"]["state"], "unknown-signer", "{opened:#}");
    profile.import_contact(&by.certificate);
    let opened = profile.open(&by.path("nocerts.der")).exits(3).json();
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    assert_eq!(opened["signature"]["trust"], "known", "{opened:#}");
}

#[test]
fn signed_then_encrypted_mail_is_probably_secure_at_first_sight() {
    if !installed("openssl") {
        return;
    }
    for (from, to, cipher) in [("rsa2048", "P-256", "AES-256-CBC"), ("P-384", "rsa3072", "AES-256-GCM")] {
        let (by, to) = (peer(from), peer(to));
        let name = format!("inner.{from}.eml");
        verifies_what_openssl_signs(by, &name, "SHA-256", &["-outform", "SMIME"]);
        let inner = by.path(&name);
        let outer = format!("outer.{from}.eml");
        let certificate = to.certificate.to_string_lossy();
        let inner = inner.to_string_lossy();
        to.cms(&[
            "-encrypt",
            "-in",
            &inner,
            "-out",
            &outer,
            &format!("-{}", cipher.to_lowercase()),
            "-recip",
            &certificate,
            "-from",
            &by.address,
            "-to",
            &to.address,
            "-subject",
            "Kassenzettel",
        ]);
        let forged = format!("forged.{from}.eml");
        let mail = fs::read_to_string(to.path(&outer)).unwrap();
        fs::write(to.path(&forged), mail.replacen(&by.address, "mallory@example.com", 1)).unwrap();
        let opened = Profile::with_peer(to).open(&to.path(&forged)).exits(3).json();
        assert_eq!(opened["signature"]["matches_from"], false, "{opened:#}");
        assert_eq!(opened["tier"], "not-secure");

        let reader = Profile::with_peer(to);
        let opened = reader.open(&to.path(&outer)).exits(0).json();
        assert_eq!(opened["tier"], "probably-secure", "{opened:#}");
        assert_eq!(opened["signature"]["trust"], "first-seen");
        assert_eq!(opened["signature"]["matches_from"], true, "{opened:#}");
        assert_eq!(opened["headers"]["subject"], "Kassenzettel");
        assert_eq!(opened["layers"].as_array().unwrap().len(), 2, "{opened:#}");
        shows_the_entity(&opened);
    }
}
