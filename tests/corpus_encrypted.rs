//! Encrypted messages of other programs and of the standards, opened with the keys that lie beside them. The folder is
//! named by `WAXSEAL_CORPUS`; without it each test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{Profile, Run, corpus, os};
use serde_json::Value;

/// Holds one key with its certificate; both are PEM or DER.
fn holder(key: &Path, certificate: &Path) -> Profile {
    let profile = Profile::new();
    let both = format!("{}{}", pem("PRIVATE KEY", key), pem("CERTIFICATE", certificate));
    let both = profile.file("both.pem", both);
    profile.run([os("identity"), os("import"), both.as_os_str()]).succeeds();
    profile
}

fn pem(label: &str, file: &Path) -> String {
    let octets = fs::read(file).unwrap();
    if octets.starts_with(b"-----") {
        return String::from_utf8(octets).unwrap();
    }
    let body = base64_simd::STANDARD.encode_to_string(octets);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn decrypt(profile: &Profile, file: &Path) -> Run {
    let out = profile.path("plain");
    profile.run([os("decrypt"), file.as_os_str(), os("--out"), out.as_os_str()])
}

/// It opens, as unsigned mail does, and what it was sealed with is named; decrypting gives the same.
#[track_caller]
fn opens(profile: &Profile, file: &Path, algorithm: &str, way: &str, text: &str) -> Value {
    let opened = profile.open(file).exits(3).json();
    assert_eq!(opened["encryption"]["state"], "encrypted", "{opened:#}");
    assert_eq!(opened["encryption"]["algorithm"], algorithm, "{opened:#}");
    let ways = opened["encryption"]["key_management"].to_string();
    assert!(ways.contains(way), "{way}\n{opened:#}");
    assert!(opened["text"].as_str().unwrap_or_default().contains(text), "{opened:#}");
    decrypt(profile, file).succeeds();
    let plain = String::from_utf8(profile.read("plain")).unwrap();
    assert!(plain.contains(text), "{plain}");
    opened
}

#[track_caller]
fn finds(opened: &Value, severity: &str, words: &str) {
    let findings = opened["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .any(|one| one["severity"] == severity && one["text"].as_str().unwrap().contains(words));
    assert!(found, "no {severity} with {words:?}\n{opened:#}");
}

/// Standard and cofactor ECDH, every KDF, wraps of 3DES and AES; a letter or figure a message.
#[test]
fn every_agreement_of_bouncycastle_opens() {
    let Some(folder) = corpus("bouncycastle") else { return };
    let profile = holder(&folder.join("ecc.key"), &folder.join("ecc.crt"));
    let expected = fs::read_to_string(folder.join("sess.txt")).unwrap();
    let (mut opened, mut weak) = (0, 0);
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !name.starts_with("encSess") {
            continue;
        }
        decrypt(&profile, &entry.path()).succeeds();
        let plain = String::from_utf8(profile.read("plain")).unwrap();
        assert_eq!(plain.trim_end(), expected.trim_end(), "{name}");
        let answer = profile.open(&entry.path()).exits(3).json();
        assert_eq!(answer["text"].as_str().unwrap().trim_end(), expected.trim_end(), "{name}");
        let ways = answer["encryption"]["key_management"].to_string();
        assert!(ways.contains("ECDH"), "{name}: {ways}");
        if ways.contains("3DES") || answer["encryption"]["algorithm"] == "3DES" {
            finds(&answer, "danger", "broken");
            weak += 1;
        }
        opened += 1;
    }
    assert_eq!((opened, weak), (16, 4));
}

#[test]
fn the_examples_of_rfc_4134_open() {
    let Some(folder) = corpus("rfc4134") else { return };
    let profile = holder(&folder.join("BobPrivRSAEncrypt.pri"), &folder.join("BobRSASignByCarl.cer"));
    let text = fs::read_to_string(folder.join("ExContent.bin")).unwrap();
    for (name, algorithm) in [("5.1.bin", "3DES"), ("5.2.bin", "RC2 (40 bits)"), ("5.3.eml", "3DES")] {
        let opened = opens(&profile, &folder.join(name), algorithm, "RSAES-PKCS1-v1_5", &text);
        assert_eq!(profile.read("plain"), text.as_bytes(), "{name}");
        assert_eq!(opened["tier"], "not-secure");
        finds(&opened, "danger", &format!("only {algorithm}, which can be broken"));
    }
    // 5.2 is also for the members of a mailing list, who share a key.
    let ways = profile.open(&folder.join("5.2.bin")).json()["encryption"]["key_management"].to_string();
    assert!(ways.contains("shared beforehand"), "{ways}");
}

#[test]
fn what_pyca_wrote_opens() {
    let Some(folder) = corpus("pyca") else { return };
    let profile = holder(&folder.join("ca/rsa_key.pem"), &folder.join("ca/rsa_ca.pem"));
    let folder = folder.join("pkcs7");
    opens(&profile, &folder.join("enveloped-rsa-oaep.pem"), "AES-128-CBC", "RSAES-OAEP", "Hello, world!");
    opens(&profile, &folder.join("enveloped-triple-des.pem"), "3DES", "RSAES-PKCS1-v1_5", "Hello, World!");
    // Nothing is in this one at all, and this one is sealed for two people whose keys nobody has.
    decrypt(&profile, &folder.join("enveloped-no-content.der")).fails();
    let closed = profile.open(&folder.join("enveloped.pem")).fails().json();
    assert_eq!(closed["encryption"]["state"], "undecryptable");
    assert!(closed["error"]["cause"].to_string().contains("Sample LAMPS"), "{closed:#}");
}

#[test]
fn odd_but_readable_messages_open_with_what_is_odd_about_them() {
    let Some(folder) = corpus("cms-vectors") else { return };
    let keys = folder.join("keys");
    let rsa = holder(&keys.join("test_rsa.key"), &keys.join("test_rsa.pem"));
    let curve = holder(&keys.join("test_x25519.key"), &keys.join("test_x25519.pem"));
    let pkcs1 = "RSAES-PKCS1-v1_5";
    // ICVlen left out means 12, and 12 it is.
    opens(&rsa, &folder.join("test_encrypted_gcm_icvlen12.eml"), "AES-256-GCM", pkcs1, "ICVlen 12 test");
    let opened = opens(
        &rsa,
        &folder.join("test_encrypted_gcm_nonce16.eml"),
        "AES-256-GCM",
        pkcs1,
        "AES-GCM 16-byte nonce test",
    );
    finds(&opened, "warning", "nonce");
    let opened = opens(
        &rsa,
        &folder.join("test_encrypted_ktri_bad_version.eml"),
        "AES-256-CBC",
        pkcs1,
        "Multi-recipient-type test",
    );
    finds(&opened, "note", "numbers a recipient wrongly");
    opens(
        &rsa,
        &folder.join("test_encrypted_oaep_mgf1_mismatch.eml"),
        "AES-256-CBC",
        "RSAES-OAEP",
        "OpenSSL-generated test fixture",
    );
    for (name, way) in [
        ("x25519", "ECDH (SHA-256 KDF, AES-128 wrap)"),
        ("x25519_hkdf256", "ECDH (HKDF SHA-256, AES-128 wrap)"),
        ("x25519_hkdf256_ukm", "ECDH (HKDF SHA-256, AES-128 wrap)"),
    ] {
        let file = folder.join(format!("test_encrypted_{name}.eml"));
        opens(&curve, &file, "AES-128-CBC", way, "deterministic X25519 test");
    }
}

/// RFC 5084 forbids AES-GCM in EnvelopedData; PKI.js puts it there, with the tag behind the content.
#[test]
fn gcm_where_it_is_forbidden_opens_with_a_warning() {
    let Some(folder) = corpus("peers") else { return };
    let profile = holder(&folder.join("ec.key"), &folder.join("ec.crt"));
    let file = folder.join("pk.ec.AES-GCM.der");
    let opened = opens(&profile, &file, "AES-256-GCM", "ECDH", "Line two.");
    assert_eq!(opened["encryption"]["authenticated"], false);
    finds(&opened, "warning", "where the standard does not allow it");
}

#[test]
fn ml_kem_is_named() {
    let Some(folder) = corpus("lamps-pqc") else { return };
    let file = folder.join("cms-kyber/example/ML-KEM-512.cms");
    let profile = Profile::with_identity("Robin", "robin@example.org", "p256");
    let closed = profile.open(&file).fails().json();
    assert_eq!(closed["encryption"]["state"], "undecryptable");
    assert_eq!(closed["encryption"]["key_management"][0], "ML-KEM-512");
    let cause = closed["error"]["cause"].as_str().unwrap();
    assert!(cause.contains("ML-KEM-512") && cause.contains("does not read yet"), "{cause}");
    assert_eq!(closed["sentence"], "It is sealed in a way that cannot be read here.");
    let run = decrypt(&profile, &file).fails();
    assert!(run.stderr.contains("ML-KEM-512"), "{}", run.stderr);
}

/// The sample identities of RFC 9216 on curve 25519: they seal to each other, and to those with RSA keys.
#[test]
fn the_sample_identities_seal_to_each_other() {
    let Some(folder) = corpus("rfc9216") else { return };
    let person = |name: &str| {
        let profile = Profile::new();
        let password = profile.file("p12-password", name);
        let p12 = folder.join(format!("{name}.bin.p12"));
        let arguments = [os("identity"), os("import"), p12.as_os_str(), os("--password-file")];
        profile.run(arguments.into_iter().chain([password.as_os_str()])).succeeds();
        for authority in ["ca.rsa.crt", "ca.25519.crt"] {
            profile.run([os("trust"), os("add"), folder.join(authority).as_os_str()]).succeeds();
        }
        profile
    };
    let (dana, carlos, bob) = (person("dana"), person("carlos"), person("bob"));
    for other in ["carlos", "bob"] {
        for usage in ["sign", "encrypt"] {
            dana.import_contact(&folder.join(format!("{other}.{usage}.crt")));
        }
    }
    let more = ["--to", "bob@smime.example"];
    dana.seal("dana@smime.example", "carlos@smime.example", "On another curve.\n", "note.eml", &more)
        .succeeds();
    for reader in [&dana, &carlos, &bob] {
        let opened = reader.open(&dana.path("note.eml")).succeeds().json();
        assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
        assert_eq!(
            opened["tier"],
            if std::ptr::eq(reader, &dana) { "beyond-reasonable-doubt" } else { "probably-secure" }
        );
        assert!(opened["text"].as_str().unwrap().contains("On another curve."));
        let ways = opened["encryption"]["key_management"].to_string();
        assert!(ways.contains("HKDF SHA-256") && ways.contains("RSAES-PKCS1-v1_5"), "{ways}");
    }
}
