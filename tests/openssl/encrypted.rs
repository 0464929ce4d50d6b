//! What OpenSSL encrypts, Waxseal opens.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{ENTITY, Peer, Profile, installed, os, peer, shows_the_entity};
use crate::{KINDS, bystander, reader};

/// OpenSSL encrypts [`ENTITY`] to `to`; Waxseal must open it and take the encryption off byte for byte. `name` must be unique among
/// the tests, which run side by side.
fn opens_what_openssl_encrypts(to: &Peer, name: &str, cipher: &str, options: &[&str]) -> Value {
    let cipher_option = format!("-{}", cipher.to_lowercase());
    let mut arguments =
        vec!["-encrypt", "-binary", "-in", "entity.txt", "-out", name, cipher_option.as_str()];
    if !options.contains(&"-outform") {
        arguments.extend(["-outform", "DER"]);
    }
    let certificate = to.certificate.to_string_lossy();
    if !options.contains(&"-recip") {
        arguments.extend(["-recip", &certificate]);
    }
    arguments.extend(options);
    to.cms(&arguments);
    opens_to_the_entity(reader(), &to.path(name), cipher)
}

fn opens_to_the_entity(reader: &Profile, sealed: &Path, cipher: &str) -> Value {
    let run = reader.open(sealed).exits(3);
    let opened = run.json();
    assert_eq!(opened["encryption"]["state"], "encrypted", "{}\n{opened:#}", run.line);
    assert_eq!(opened["encryption"]["algorithm"], cipher, "{}", run.line);
    assert_eq!(opened["encryption"]["authenticated"], cipher.ends_with("GCM"), "{}", run.line);
    assert_eq!(opened["signature"]["state"], "none", "{}", run.line);
    assert_eq!(opened["tier"], "not-secure", "anybody could have written it\n{}", run.line);
    shows_the_entity(&opened);
    let plain = sealed.with_extension("plain");
    reader.run([os("decrypt"), sealed.as_os_str(), os("--out"), plain.as_os_str()]).succeeds();
    assert_eq!(fs::read(plain).unwrap(), ENTITY.as_bytes(), "{}", run.line);
    opened
}

#[test]
fn every_cipher_opens_under_every_kind_of_key() {
    if !installed("openssl") {
        return;
    }
    for kind in KINDS {
        for cipher in
            ["AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "AES-128-GCM", "AES-192-GCM", "AES-256-GCM"]
        {
            let opened =
                opens_what_openssl_encrypts(peer(kind), &format!("{kind}.{cipher}.der"), cipher, &[]);
            assert_eq!(opened["encryption"]["key_management"].as_array().unwrap().len(), 1, "{opened:#}");
        }
    }
}

#[test]
fn oaep_opens_with_every_digest() {
    if !installed("openssl") {
        return;
    }
    for digest in ["sha1", "sha256", "sha384", "sha512"] {
        let oaep = format!("rsa_oaep_md:{digest}");
        let mgf1 = format!("rsa_mgf1_md:{digest}");
        let to = peer("rsa2048");
        let certificate = to.certificate.to_string_lossy();
        let options =
            ["-recip", &certificate, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", &oaep, "-keyopt", &mgf1];
        let opened = opens_what_openssl_encrypts(to, &format!("oaep.{digest}.der"), "AES-256-CBC", &options);
        assert_eq!(opened["encryption"]["key_management"][0], "RSAES-OAEP");
    }
}

#[test]
fn oaep_opens_when_the_mask_has_another_digest() {
    if !installed("openssl") {
        return;
    }
    let to = peer("rsa3072");
    let certificate = to.certificate.to_string_lossy();
    let options = [
        "-recip",
        &certificate,
        "-keyopt",
        "rsa_padding_mode:oaep",
        "-keyopt",
        "rsa_oaep_md:sha256",
        "-keyopt",
        "rsa_mgf1_md:sha1",
    ];
    opens_what_openssl_encrypts(to, "oaep.mixed.der", "AES-256-GCM", &options);
}

#[test]
fn ecdh_opens_with_every_kdf_digest_and_wrap() {
    if !installed("openssl") {
        return;
    }
    for kind in ["P-256", "P-384", "P-521"] {
        for digest in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
            let kdf = format!("ecdh_kdf_md:{digest}");
            let to = peer(kind);
            let certificate = to.certificate.to_string_lossy();
            for wrap in ["-aes128-wrap", "-aes256-wrap"] {
                let name = format!("{kind}.{digest}{wrap}.der");
                let options = ["-recip", &certificate, "-keyopt", &kdf, wrap];
                opens_what_openssl_encrypts(to, &name, "AES-256-CBC", &options);
            }
        }
    }
}

#[test]
fn every_clothing_opens() {
    if !installed("openssl") {
        return;
    }
    for kind in ["rsa2048", "P-256"] {
        for cipher in ["AES-256-CBC", "AES-256-GCM"] {
            for (form, options) in [
                ("indefinite.der", &["-outform", "DER", "-stream", "-indef"][..]),
                ("pem", &["-outform", "PEM"]),
                ("stream.pem", &["-outform", "PEM", "-stream"]),
                ("eml", &["-outform", "SMIME"]),
                ("crlf.eml", &["-outform", "SMIME", "-crlfeol"]),
                ("keyid.der", &["-keyid"]),
            ] {
                let name = format!("clothing.{kind}.{cipher}.{form}");
                opens_what_openssl_encrypts(peer(kind), &name, cipher, options);
            }
        }
    }
}

#[test]
fn bare_base64_opens() {
    if !installed("openssl") {
        return;
    }
    let to = peer("P-256");
    opens_what_openssl_encrypts(to, "bare.eml", "AES-256-CBC", &["-outform", "SMIME"]);
    let mail = fs::read_to_string(to.path("bare.eml")).unwrap();
    let body = mail.split_once("\n\n").unwrap().1.trim_end();
    for (name, text) in [
        ("bare.b64", body.to_owned()),
        ("bare.crlf.b64", body.replace('\n', "\r\n")),
        ("bare.one.b64", body.replace('\n', "")),
    ] {
        fs::write(to.path(name), text).unwrap();
        opens_to_the_entity(reader(), &to.path(name), "AES-256-CBC");
    }
}

#[test]
fn a_mail_with_either_line_end_opens() {
    if !installed("openssl") {
        return;
    }
    let to = peer("rsa2048");
    opens_what_openssl_encrypts(to, "ends.eml", "AES-256-CBC", &["-outform", "SMIME"]);
    let lf = fs::read_to_string(to.path("ends.eml")).unwrap().replace("\r\n", "\n");
    fs::write(to.path("ends.lf.eml"), &lf).unwrap();
    fs::write(to.path("ends.crlf.eml"), lf.replace('\n', "\r\n")).unwrap();
    opens_to_the_entity(reader(), &to.path("ends.lf.eml"), "AES-256-CBC");
    opens_to_the_entity(reader(), &to.path("ends.crlf.eml"), "AES-256-CBC");
}

#[test]
fn each_of_several_recipients_opens_it() {
    if !installed("openssl") {
        return;
    }
    let first = peer("rsa2048");
    let certificates: Vec<String> =
        KINDS.iter().map(|kind| peer(kind).certificate.to_string_lossy().into_owned()).collect();
    let options: Vec<&str> = certificates.iter().flat_map(|path| ["-recip", path.as_str()]).collect();
    let opened = opens_what_openssl_encrypts(first, "several.der", "AES-256-CBC", &options);
    assert_eq!(opened["encryption"]["recipients"].as_array().unwrap().len(), KINDS.len(), "{opened:#}");
    for kind in KINDS {
        let one = Profile::with_peer(peer(kind));
        opens_to_the_entity(&one, &first.path("several.der"), "AES-256-CBC");
    }
}

#[test]
fn a_message_for_somebody_else_is_undecryptable() {
    if !installed("openssl") {
        return;
    }
    let stranger = Profile::with_identity("Stranger", "stranger@example.com", "p256");
    for kind in KINDS {
        let to = peer(kind);
        let name = format!("else.{kind}.eml");
        opens_what_openssl_encrypts(to, &name, "AES-256-CBC", &["-outform", "SMIME"]);
        for profile in [&stranger, bystander()] {
            let opened = profile.open(&to.path(&name)).fails().json();
            assert_eq!(opened["tier"], Value::Null, "{opened:#}");
            assert_eq!(opened["encryption"]["state"], "undecryptable", "{opened:#}");
            for sentence in ["summary", "cause", "remedy"] {
                assert!(opened["error"][sentence].is_string(), "{opened:#}");
            }
            let out = profile.path("must-not-appear");
            profile.run([os("decrypt"), to.path(&name).as_os_str(), os("--out"), out.as_os_str()]).fails();
            assert!(!out.exists());
        }
    }
}

/// The whole inside of a `.p7m` that ended a chunk early, or whose padding is wrong, stays unseen.
#[test]
fn a_flipped_byte_never_shows_garbage() {
    if !installed("openssl") {
        return;
    }
    for (kind, cipher) in [("rsa2048", "AES-256-CBC"), ("P-256", "AES-256-GCM")] {
        let to = peer(kind);
        let name = format!("flip.{kind}.der");
        opens_what_openssl_encrypts(to, &name, cipher, &[]);
        let whole = fs::read(to.path(&name)).unwrap();
        let out: PathBuf = reader().path(format!("flip.{kind}.out"));
        let mut last = whole.clone();
        *last.last_mut().unwrap() ^= 0x40;
        fs::write(to.path(&name), last).unwrap();
        let run = reader().run([os("decrypt"), to.path(&name).as_os_str(), os("--out"), out.as_os_str()]);
        if cipher.ends_with("GCM") {
            run.fails();
            assert!(!out.exists());
            reader().open(&to.path(&name)).fails();
        } else {
            // CBC cannot tell every change; what it can tell is refused, and nothing is left half written.
            assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
            assert_eq!(out.exists(), run.code == Some(0));
        }
    }
}
