//! PKCS#12 round trips with the real NSS `pk12util`, the real OpenSSL and the real GpgSM.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::nss::{Nss, nss_installed};
use common::{PASSWORD, Profile, installed, openssl, os, peer, run};
use serde_json::Value;

const RECIPES: [&str; 2] = ["modern", "compatible"];
/// Passwords that are spelled in different ways: UTF-8, UTF-16, with surrogates.
const PASSWORDS: [&str; 3] = ["geheim", "Schlüssel €", "key 🔑"];

/// `identity import --json FILE`, whatever comes of it.
#[track_caller]
fn import(profile: &Profile, file: &Path, password: &str) -> common::Run {
    let password = profile.file("their-password", password);
    profile.run([
        os("--json"),
        os("identity"),
        os("import"),
        file.as_os_str(),
        os("--password-file"),
        password.as_os_str(),
    ])
}

/// It brings exactly one key, this one's, with a check that holds.
#[track_caller]
fn imports(file: &Path, password: &str, address: &str) -> Value {
    let imported = import(&Profile::new(), file, password).succeeds().json();
    assert_eq!(imported["imported"].as_array().unwrap().len(), 1, "{imported:#}");
    assert_eq!(imported["imported"][0]["addresses"][0], address, "{imported:#}");
    assert_eq!(imported["skipped"], Value::Array(Vec::new()), "{imported:#}");
    imported
}

/// The key of `address` as this profile exports it.
#[track_caller]
fn exported(profile: &Profile, address: &str, recipe: &str, password: &str) -> PathBuf {
    let (out, password) = (profile.path("ours.p12"), profile.file("our-password", password));
    let words = [os("identity"), os("export"), os(address), os("--recipe"), os(recipe), os("--out")];
    let more = [out.as_os_str(), os("--password-file"), password.as_os_str()];
    profile.run(words.into_iter().chain(more)).succeeds();
    out
}

#[test]
fn nss_takes_both_recipes() {
    if !nss_installed() || !installed("openssl") {
        return;
    }
    for kind in ["rsa2048", "P-256"] {
        let peer = peer(kind);
        let profile = Profile::with_peer(peer);
        for recipe in RECIPES {
            for password in PASSWORDS {
                let nss = Nss::new();
                let file = exported(&profile, &peer.address, recipe, password);
                nss.import_p12_under(&file, password).succeeds();
                let keys = nss.certutil([os("-K")]).succeeds().text();
                // The friendly name is the nickname.
                let name = peer.address.split('@').next().unwrap();
                assert!(keys.contains(name), "{recipe} {password}: {keys}");
                assert_ne!(nss.import_p12_under(&file, "another").code, Some(0));
            }
        }
    }
}

#[test]
fn what_nss_exports_is_imported_under_every_cipher_and_digest() {
    if !nss_installed() || !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    let nss = Nss::new();
    nss.import_p12(&peer.p12, "rsa2048");
    let export = |password: &str, more: &[&str]| {
        let file = nss.path("theirs.p12");
        let words = ["-o", "theirs.p12", "-n", "rsa2048", "-W", password, "-K", ""];
        nss.pk12util(&[&words[..], more].concat()).succeeds();
        file
    };
    let rc4_40 = "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC4";
    let rc2_40 = "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC";
    for more in [
        &["-c", "AES-256-CBC", "-C", "AES-192-CBC"][..],
        &["-c", "AES-128-CBC", "-C", "NONE", "-M", "SHA-512"],
        &["-c", "DES-EDE3-CBC", "-C", "DES-EDE3-CBC", "-M", "SHA-1"],
        &["-c", "RC2-CBC", "-C", rc2_40, "-M", "SHA-224"],
        &["-c", "RC4", "-C", rc4_40, "-M", "SHA-384"],
        &["-c", "CAMELLIA-256-CBC", "-C", "CAMELLIA-128-CBC"],
        &["-c", "DES-CBC", "-C", "DES-CBC"],
    ] {
        let imported = imports(&export("geheim", more), "geheim", &peer.address);
        assert_eq!(imported["findings"], Value::Array(Vec::new()), "{more:?}");
        assert_eq!(imported["imported"][0]["friendly_name"], "rsa2048", "{more:?}");
    }
    for password in PASSWORDS {
        for more in [&["-c", "AES-256-CBC"][..], &["-c", "DES-EDE3-CBC", "-C", "RC2-CBC"]] {
            let file = export(password, more);
            imports(&file, password, &peer.address);
            let refused = import(&Profile::new(), &file, "another").fails();
            assert_eq!(refused.json()["error"]["summary"], "The password does not fit.");
        }
    }
    // A check that is not known is no reason to lose the key, and is told.
    let imported = imports(&export("geheim", &["-M", "MD5"]), "geheim", &peer.address);
    assert_eq!(imported["findings"][0]["severity"], "warning", "{imported:#}");
}

#[test]
fn what_openssl_exports_is_imported_whatever_the_password() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let folder = Profile::new();
    let file = folder.path("theirs.p12");
    for password in PASSWORDS.into_iter().chain([""]) {
        for more in [&[][..], &["-legacy"], &["-nomac"], &["-keypbe", "NONE", "-certpbe", "NONE"]] {
            let pass = format!("pass:{password}");
            let words = [os("pkcs12"), os("-export"), os("-inkey"), peer.key.as_os_str(), os("-in")];
            let files =
                [peer.certificate.as_os_str(), os("-out"), file.as_os_str(), os("-passout"), os(&pass)];
            openssl(words.into_iter().chain(files).chain(more.iter().map(|word| os(word))));
            let imported = imports(&file, password, &peer.address);
            let warned = imported["findings"].as_array().unwrap().len();
            assert_eq!(warned, usize::from(more.contains(&"-nomac")), "{imported:#}");
        }
    }
    // The file in hand is the last one, which has the empty password: nobody needs to be asked for it.
    let profile = Profile::new();
    profile.run([os("identity"), os("import"), file.as_os_str()]).succeeds();
}

#[test]
fn openssl_takes_both_recipes() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-384");
    let profile = Profile::with_peer(peer);
    for recipe in RECIPES {
        for password in PASSWORDS.into_iter().chain([""]) {
            let file = exported(&profile, &peer.address, recipe, password);
            let pass = format!("pass:{password}");
            let words = [os("pkcs12"), os("-nodes"), os("-in"), file.as_os_str(), os("-passin"), os(&pass)];
            let text = openssl(words).text();
            assert!(text.contains("BEGIN PRIVATE KEY") && text.contains("BEGIN CERTIFICATE"), "{recipe}");
        }
    }
}

/// GpgSM's keys after it imported a file.
fn taken_by_gpgsm(file: &Path, password: &Path) -> String {
    // Its sockets want a short path.
    let home = tempfile::Builder::new().prefix("wx").tempdir_in("/tmp").unwrap();
    std::fs::write(home.path().join("gpg-agent.conf"), "allow-loopback-pinentry\n").unwrap();
    let gpgsm = |words: &[&std::ffi::OsStr]| {
        let mut command = Command::new("gpgsm");
        command.args(["--batch", "--disable-dirmngr", "--pinentry-mode", "loopback", "--passphrase-fd", "0"]);
        command.env("GNUPGHOME", home.path()).stdin(std::fs::File::open(password).unwrap());
        run(command.args(words))
    };
    gpgsm(&[os("--import"), file.as_os_str()]);
    let listed = gpgsm(&[os("--with-colons"), os("--list-secret-keys")]).text();
    run(Command::new("gpgconf").args(["--kill", "gpg-agent"]).env("GNUPGHOME", home.path())).succeeds();
    listed
}

/// GpgSM before 2.4 knows PBES2 only with SHA-1, so it takes the modern recipe where it takes OpenSSL's own.
#[test]
fn gpgsm_takes_what_it_knows() {
    if !installed("gpgsm") || !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    let profile = Profile::with_peer(peer);
    let usual = profile.file("usual", PASSWORD);
    let knows_modern = taken_by_gpgsm(&peer.p12, &usual).contains(&peer.address);
    for password in [PASSWORD, "Schlüssel"] {
        let words = profile.file("gpgsm-password", password);
        for recipe in RECIPES.into_iter().filter(|recipe| *recipe == "compatible" || knows_modern) {
            let listed = taken_by_gpgsm(&exported(&profile, &peer.address, recipe, password), &words);
            assert!(listed.contains(&peer.address), "{recipe} {password}: {listed}");
        }
    }
    if !knows_modern {
        eprintln!("skipped: this gpgsm takes the compatible recipe only");
    }
}

/// A pair, a chain and a name go out and come back whole.
#[test]
fn nothing_is_lost_on_the_way_out_and_back() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    let profile = Profile::with_peer(peer);
    let (first, second) = (Profile::new(), Profile::new());
    let file = exported(&profile, &peer.address, "modern", PASSWORD);
    let one = import(&first, &file, PASSWORD).succeeds().json();
    assert_eq!(one["imported"][0]["result"], "new");
    assert_eq!(import(&first, &file, PASSWORD).succeeds().json()["imported"][0]["result"], "already-there");
    let again = exported(&first, &peer.address, "compatible", "x");
    let two = import(&second, &again, "x").succeeds().json();
    for field in ["fingerprint", "friendly_name", "addresses"] {
        assert_eq!(one["imported"][0][field], two["imported"][0][field]);
    }
}
