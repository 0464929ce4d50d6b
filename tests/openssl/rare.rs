//! What OpenSSL encrypts in ways that are old or rare: old ciphers, passwords, labels, other wraps.

use std::fs;

use serde_json::Value;

use crate::common::{ENTITY, Peer, Profile, Run, installed, os, peer, shows_the_entity};
use crate::reader;

/// The providers that hold RC2 and DES.
const LEGACY: [&str; 4] = ["-provider", "legacy", "-provider", "default"];

/// OpenSSL encrypts [`ENTITY`] in `to`'s folder; nobody is named by itself.
fn encrypt(to: &Peer, name: &str, options: &[&str]) {
    let fixed = ["-encrypt", "-binary", "-in", "entity.txt", "-outform", "DER", "-out", name];
    to.cms(&[&fixed, options].concat());
}

fn decrypt(profile: &Profile, to: &Peer, name: &str, password: Option<&str>) -> Run {
    let (file, out) = (to.path(name), profile.path(format!("{name}.plain")));
    let password = password.map(|words| profile.file(&format!("{name}.password"), words));
    let mut arguments = vec![os("decrypt"), file.as_os_str(), os("--out"), out.as_os_str()];
    if let Some(password) = &password {
        arguments.extend([os("--password-file"), password.as_os_str()]);
    }
    profile.run(arguments)
}

/// Encrypted to `to`'s certificate, it opens here.
fn opens(to: &Peer, name: &str, options: &[&str]) -> Value {
    let certificate = to.certificate.to_string_lossy();
    encrypt(to, name, &[&["-recip", &certificate], options].concat());
    let opened = reader().open(&to.path(name)).exits(3).json();
    shows_the_entity(&opened);
    decrypt(reader(), to, name, None).succeeds();
    assert_eq!(reader().read(format!("{name}.plain")), ENTITY.as_bytes(), "{name}");
    opened
}

#[track_caller]
fn is_called_weak(opened: &Value, what: &str) {
    assert_eq!(opened["tier"], "not-secure");
    let sentence = opened["sentence"].as_str().unwrap();
    assert!(sentence.contains("can be broken today"), "{sentence}");
    let findings = opened["findings"].as_array().unwrap();
    let named = |one: &Value| one["severity"] == "danger" && one["text"].as_str().unwrap().contains(what);
    assert!(findings.iter().any(named), "{what}\n{opened:#}");
}

#[test]
fn old_ciphers_open_and_are_called_weak() {
    if !installed("openssl") {
        return;
    }
    for (option, name) in [
        ("-des3", "3DES"),
        ("-rc2", "RC2 (128 bits)"),
        ("-rc2-64", "RC2 (64 bits)"),
        ("-rc2-40", "RC2 (40 bits)"),
    ] {
        let options = [&[option][..], &LEGACY].concat();
        let opened = opens(peer("rsa2048"), &format!("old{option}.der"), &options);
        assert_eq!(opened["encryption"]["algorithm"], name);
        is_called_weak(&opened, &format!("only {name}"));
    }
    let opened = opens(peer("P-256"), "old.ec.der", &["-des3"]);
    assert_eq!(opened["encryption"]["key_management"][0], "ECDH (SHA-1 KDF, 3DES wrap)");
    is_called_weak(&opened, "only 3DES");
}

#[test]
fn des_is_named() {
    if !installed("openssl") {
        return;
    }
    let to = peer("rsa2048");
    let certificate = to.certificate.to_string_lossy();
    encrypt(to, "des.der", &[&["-des", "-recip", &certificate][..], &LEGACY].concat());
    let closed = reader().open(&to.path("des.der")).fails().json();
    assert!(closed["error"]["cause"].as_str().unwrap().contains("DES"), "{closed:#}");
}

#[test]
fn a_weak_wrap_makes_a_strong_cipher_weak() {
    if !installed("openssl") {
        return;
    }
    let opened = opens(peer("P-256"), "wrap.3des.der", &["-aes-256-cbc", "-des3-wrap"]);
    assert_eq!(opened["encryption"]["algorithm"], "AES-256-CBC");
    is_called_weak(&opened, "its key travelled under a cipher");
    let opened = opens(peer("P-384"), "wrap.192.der", &["-aes-128-cbc", "-aes192-wrap"]);
    assert_eq!(opened["encryption"]["key_management"][0], "ECDH (SHA-1 KDF, AES-192 wrap)");
    let opened = opens(peer("P-521"), "wrap.521.der", &["-aes-192-gcm", "-keyopt", "ecdh_kdf_md:sha512"]);
    assert_eq!(opened["encryption"]["algorithm"], "AES-192-GCM");
    assert_eq!(opened["encryption"]["key_management"][0], "ECDH (SHA-512 KDF, AES-192 wrap)");
}

#[test]
fn oaep_opens_with_a_label_and_every_pair_of_digests() {
    if !installed("openssl") {
        return;
    }
    for digest in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        for mask in ["sha1", "sha512"] {
            let (md, mgf1) = (format!("rsa_oaep_md:{digest}"), format!("rsa_mgf1_md:{mask}"));
            let mut options = vec!["-aes-256-cbc"];
            for option in ["rsa_padding_mode:oaep", &md, &mgf1, "rsa_oaep_label:00ff41"] {
                options.extend(["-keyopt", option]);
            }
            let opened = opens(peer("rsa2048"), &format!("label.{digest}.{mask}.der"), &options);
            assert_eq!(opened["encryption"]["key_management"][0], "RSAES-OAEP");
        }
    }
}

#[test]
fn a_password_opens_what_is_sealed_with_it() {
    if !installed("openssl") {
        return;
    }
    let to = peer("P-256");
    let nobody = Profile::new();
    for option in ["-aes-128-cbc", "-aes-192-cbc", "-aes-256-cbc", "-des3", "-rc2", "-rc2-40"] {
        let name = format!("password{option}.der");
        encrypt(to, &name, &[&[option, "-pwri_password", "Grüße, Welt"][..], &LEGACY].concat());
        decrypt(&nobody, to, &name, Some("Grüße, Welt\n")).succeeds();
        assert_eq!(nobody.read(format!("{name}.plain")), ENTITY.as_bytes(), "{option}");

        let wrong = decrypt(reader(), to, &name, Some("Gruesse, Welt")).fails();
        assert!(wrong.stderr.contains("cannot be opened with this password"), "{}", wrong.stderr);
        let none = decrypt(reader(), to, &name, None).fails();
        assert!(none.stderr.contains("--password-file"), "{}", none.stderr);
        assert!(!reader().path(format!("{name}.plain")).exists());
        let closed = nobody.open(&to.path(&name)).fails().json();
        assert_eq!(closed["encryption"]["state"], "undecryptable");
        assert_eq!(closed["encryption"]["key_management"][0], "password");
        assert_eq!(closed["sentence"], "It is sealed with a password.");
        assert!(closed["error"]["remedy"].as_str().unwrap().contains("--password-file"), "{closed:#}");
    }
}

/// Whoever has a key needs no password; that there is one is told.
#[test]
fn a_key_opens_what_a_password_would_open_too() {
    if !installed("openssl") {
        return;
    }
    let to = peer("rsa2048");
    let opened = opens(to, "both.der", &["-aes-256-cbc", "-pwri_password", "secret"]);
    let told =
        |one: &Value| one["severity"] == "warning" && one["text"].as_str().unwrap().contains("a password");
    assert!(opened["findings"].as_array().unwrap().iter().any(told), "{opened:#}");
    let stranger = Profile::new();
    decrypt(&stranger, to, "both.der", Some("secret")).succeeds();
    // A password that is none does not keep the key from opening it.
    decrypt(reader(), to, "both.der", Some("wrong")).succeeds();
    let damaged = fs::read(to.path("both.der")).unwrap();
    fs::write(to.path("both.cut.der"), &damaged[..damaged.len() - 16]).unwrap();
    decrypt(&stranger, to, "both.cut.der", Some("secret")).fails();
}
