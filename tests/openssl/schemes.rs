//! Signature schemes beside the usual ones, against the real OpenSSL, both ways.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bystander;
use crate::common::{Peer, Profile, installed, openssl, os, peer, shows_the_entity};

/// OpenSSL signs its entity with these options; what a bystander says of it.
#[track_caller]
fn signed_by(by: &Peer, name: &str, options: &[&str]) -> Value {
    let mut arguments = vec!["-sign", "-binary", "-in", "entity.txt", "-out", name];
    let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
    if !options.contains(&"-signer") {
        arguments.extend(["-signer", &signer, "-inkey", &key]);
    }
    arguments.extend(options);
    by.cms(&arguments);
    bystander().open(&by.path(name)).exits(3).json()
}

#[track_caller]
fn is_valid(opened: &Value, weak: bool) {
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    shows_the_entity(opened);
    let said = opened["findings"].to_string().contains("a method that can be forged");
    assert_eq!(said, weak, "{opened:#}");
}

/// Another word in the text of a message in DER or in the clear.
#[track_caller]
fn is_invalid_when_changed(by: &Peer, name: &str) {
    let mut message = fs::read(by.path(name)).unwrap();
    let at = message.windows(6).position(|window| window == b"Zweite").unwrap();
    message[at] ^= 1;
    let changed = by.path(&format!("changed.{name}"));
    fs::write(&changed, message).unwrap();
    let opened = bystander().open(&changed).exits(3).json();
    assert_eq!(opened["signature"]["state"], "invalid", "{opened:#}");
}

const PSS: [&str; 2] = ["-keyopt", "rsa_padding_mode:pss"];

#[test]
fn every_pss_of_an_rsa_key_verifies() {
    if !installed("openssl") {
        return;
    }
    let by = peer("rsa2048");
    for (index, (options, weak)) in [
        (&["-md", "sha256"][..], false),
        (&["-md", "sha384", "-keyopt", "rsa_pss_saltlen:0"], false),
        (&["-md", "sha256", "-keyopt", "rsa_pss_saltlen:20"], false),
        (&["-md", "sha512", "-keyopt", "rsa_pss_saltlen:max"], false),
        (&["-md", "sha224", "-keyopt", "rsa_mgf1_md:sha512"], false),
        (&["-md", "sha256", "-keyopt", "rsa_mgf1_md:sha1"], false),
        (&["-md", "sha1"], true),
    ]
    .into_iter()
    .enumerate()
    {
        for (form, more) in [
            ("eml", &["-outform", "SMIME"][..]),
            ("der", &["-outform", "DER", "-nodetach"]),
            ("noattr.der", &["-outform", "DER", "-nodetach", "-noattr"]),
        ] {
            let name = format!("pss.{index}.{form}");
            is_valid(&signed_by(by, &name, &[&PSS, options, more].concat()), weak);
            is_invalid_when_changed(by, &name);
        }
    }
}

/// A certificate whose key makes RSASSA-PSS signatures and nothing else; with and without orders.
#[test]
fn keys_for_pss_alone_verify_import_and_sign() {
    if !installed("openssl") {
        return;
    }
    let orders = ["rsa_pss_keygen_md:sha384", "rsa_pss_keygen_mgf1_md:sha384", "rsa_pss_keygen_saltlen:40"];
    let orders: Vec<&str> = orders.iter().flat_map(|order| ["-pkeyopt", order]).collect();
    for (name, orders, digest) in [("plain", &[][..], "SHA-256"), ("ordered", &orders, "SHA-384")] {
        let new_key = [&["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], orders].concat();
        let by = Peer::with_key(name, &new_key, "nonRepudiation");
        let md = digest.to_lowercase().replace('-', "");
        // Unless it is told so, this OpenSSL calls even the signature of such a key another one, which it then refuses.
        let options = [&PSS[..], &["-md", &md, "-outform", "DER", "-nodetach"]].concat();
        is_valid(&signed_by(&by, "pss.der", &options), false);

        let profile = Profile::with_peer(&by);
        profile.seal(&by.address, &by.address, "Signed.\n", "pss.eml", &["--sign-only"]).succeeds();
        let opened = bystander().open(&profile.path("pss.eml")).exits(3).json();
        assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
        assert_eq!(opened["signature"]["digest"], digest);
        openssl_verifies(&profile.path("pss.eml"), &by);
    }
}

#[track_caller]
fn openssl_verifies(mail: &Path, by: &Peer) {
    openssl([
        os("cms"),
        os("-verify"),
        os("-in"),
        mail.as_os_str(),
        os("-CAfile"),
        by.certificate.as_os_str(),
        os("-out"),
        os("/dev/null"),
    ]);
}

#[test]
fn weak_hashes_verify_and_are_called_weak() {
    if !installed("openssl") {
        return;
    }
    for kind in ["rsa2048", "P-256", "P-521"] {
        for (form, more) in [
            ("eml", &["-outform", "SMIME"][..]),
            ("der", &["-outform", "DER", "-nodetach"]),
            ("noattr.der", &["-outform", "DER", "-nodetach", "-noattr"]),
        ] {
            let name = format!("sha1.{kind}.{form}");
            let opened = signed_by(peer(kind), &name, &[&["-md", "sha1"], more].concat());
            is_valid(&opened, true);
            assert_eq!(opened["signature"]["digest"], "SHA-1");
        }
    }
}

#[test]
fn hashes_that_are_not_computed_here_are_named() {
    if !installed("openssl") {
        return;
    }
    for (md, name) in [("sha3-256", "SHA3-256"), ("ripemd160", "RIPEMD-160")] {
        let by = peer("rsa2048");
        let file = format!("{md}.der");
        let mut arguments = vec!["-sign", "-binary", "-in", "entity.txt", "-outform", "DER", "-nodetach"];
        let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
        arguments.extend(["-md", md, "-out", &file, "-signer", &signer, "-inkey", &key]);
        let run = by.try_cms(&arguments);
        if run.code != Some(0) {
            eprintln!("skipped: this OpenSSL does not sign with {md}");
            continue;
        }
        let opened = bystander().open(&by.path(&file)).exits(3).json();
        assert_eq!(opened["signature"]["state"], "invalid", "{opened:#}");
        assert_eq!(opened["signature"]["digest"], name);
        let said = opened["findings"].to_string();
        assert!(said.contains(name) && said.contains("cannot be checked here"), "{opened:#}");
    }
}

#[test]
fn dsa_verifies_and_is_weak_when_it_is_short() {
    if !installed("openssl") {
        return;
    }
    for (p, q) in [("1024", "160"), ("2048", "256")] {
        let parameters = tempfile::NamedTempFile::new().unwrap();
        let path = parameters.path().to_string_lossy().into_owned();
        let sizes = [format!("dsa_paramgen_bits:{p}"), format!("dsa_paramgen_q_bits:{q}")];
        openssl([
            "genpkey",
            "-genparam",
            "-algorithm",
            "DSA",
            "-out",
            &path,
            "-pkeyopt",
            &sizes[0],
            "-pkeyopt",
            &sizes[1],
        ]);
        let by = Peer::with_key(&format!("dsa{p}"), &["-newkey", &format!("dsa:{path}")], "nonRepudiation");
        for (md, weak) in [("sha256", p == "1024"), ("sha1", true)] {
            for (form, more) in [
                ("eml", &["-outform", "SMIME"][..]),
                ("noattr.der", &["-outform", "DER", "-nodetach", "-noattr"]),
            ] {
                let name = format!("{md}.{form}");
                is_valid(&signed_by(&by, &name, &[&["-md", md], more].concat()), weak);
                is_invalid_when_changed(&by, &name);
            }
        }
        // Its key only signs: it is no contact that anything can be sealed to, and no identity.
        let profile = Profile::new();
        let password = profile.file("password", crate::common::PASSWORD);
        let run = profile.run([
            os("identity"),
            os("import"),
            by.p12.as_os_str(),
            os("--password-file"),
            password.as_os_str(),
        ]);
        assert!(run.fails().stderr.contains("DSA"));
    }
}

#[test]
fn all_of_several_signers_are_checked() {
    if !installed("openssl") {
        return;
    }
    let (one, other) = (peer("rsa2048"), peer("P-256"));
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let (certificates, keys) =
        ([path(&one.certificate), path(&other.certificate)], [path(&one.key), path(&other.key)]);
    let signers =
        ["-signer", &certificates[0], "-inkey", &keys[0], "-signer", &certificates[1], "-inkey", &keys[1]];
    for from in [&one.address, &other.address] {
        let mail = [&signers[..], &["-outform", "SMIME", "-from", from]].concat();
        let opened = signed_by(one, "two.eml", &mail);
        is_valid(&opened, false);
        assert_eq!(opened["signature"]["signer"]["address"], from.as_str(), "{opened:#}");
        assert_eq!(opened["signature"]["matches_from"], true, "{opened:#}");
    }
}

/// RSASSA-PSS once the other side's program has said that it reads it, and not before.
#[test]
fn pss_is_written_when_everybody_announced_it() {
    if !installed("openssl") {
        return;
    }
    let anna = Profile::with_identity("Anna", "anna@example.com", "rsa2048");
    let bert = Profile::with_identity("Bert", "bert@example.com", "p256");
    bert.import_contact(&anna.certificate("anna@example.com", "anna.cer"));
    anna.import_contact(&bert.certificate("bert@example.com", "bert.cer"));
    let options = &["--sign-only"][..];
    let scheme = |name: &str, options: &[&str]| {
        anna.seal("anna@example.com", "bert@example.com", "Signed.\n", name, options).succeeds();
        let inner = anna.path(format!("inner.{name}"));
        let mail = if options.contains(&"--sign-only") {
            anna.path(name)
        } else {
            bert.run([os("decrypt"), anna.path(name).as_os_str(), os("--out"), inner.as_os_str()]).succeeds();
            inner
        };
        let certificate = anna.certificate("anna@example.com", "anna.pem");
        let verify =
            [os("cms"), os("-verify"), os("-in"), mail.as_os_str(), os("-CAfile"), certificate.as_os_str()];
        openssl(verify.into_iter().chain([os("-out"), os("/dev/null")]));
        let opened = bert.open(&mail).exits(3).json();
        assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
        let printed =
            openssl([os("cms"), os("-cmsout"), os("-print"), os("-noout"), os("-in"), mail.as_os_str()]);
        printed.text().contains("algorithm: rsassaPss (")
    };
    assert!(!scheme("before.eml", options) && !scheme("before.sealed.eml", &[]));

    bert.seal("bert@example.com", "anna@example.com", "Hello.\n", "hello.eml", options).succeeds();
    anna.import_contact(&bert.path("hello.eml"));
    assert!(scheme("after.eml", options) && scheme("after.sealed.eml", &[]));

    // One more reader who has said nothing.
    anna.import_contact(&peer("P-384").certificate);
    let more = ["--cc", peer("P-384").address.as_str(), "--sign-only"];
    assert!(!scheme("silent.eml", &more));
}
