//! Round trips with the real NSS (Thunderbird's library), for what the version on this machine supports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::Path;

use common::authority::Authority;
use common::mail::{enveloped_mail, multipart_signed, parts};
use common::nss::{Nss, nss_installed};
use common::{ENTITY, Peer, Profile, installed, os, peer, shows_the_entity};
use serde_json::Value;

const WANDA: &str = "wanda@example.com";
/// The peers' nicknames in the database are their names.
const PEERS: [(&str, &str); 4] =
    [("rsa2048", "rsa2048"), ("rsa3072", "rsa3072"), ("P-256", "p256"), ("P-384", "p384")];

fn missing() -> bool {
    !nss_installed() || !installed("openssl")
}

/// A database with the keys of all peers.
fn nss() -> Nss {
    let nss = Nss::new();
    for (kind, nickname) in PEERS {
        nss.import_p12(&peer(kind).p12, nickname);
    }
    nss.file("entity.txt", ENTITY);
    nss
}

/// A Waxseal user who knows all peers, with a key of their own that NSS can seal to; and the certificate.
fn wanda() -> (Profile, std::path::PathBuf) {
    let wanda = Profile::with_identity("Wanda", WANDA, "rsa2048");
    for (kind, _) in PEERS {
        wanda.import_contact(&peer(kind).certificate);
    }
    let certificate = wanda.certificate(WANDA, "wanda.cer");
    (wanda, certificate)
}

/// `cmsutil -D`: what comes out.
#[track_caller]
fn decoded(by: &Nss, file: &Path) -> String {
    by.cmsutil(&["-D", "-i", file.to_str().unwrap()]).succeeds().text()
}

/// NSS says that the one signature is good.
#[track_caller]
fn verifies(by: &Nss, file: &Path, content: Option<&Path>) {
    let content = content.map(|content| ["-c", content.to_str().unwrap()]);
    let arguments = ["-D", "-n", "-h", "1", "-i", file.to_str().unwrap()];
    let all: Vec<&str> = arguments.into_iter().chain(content.into_iter().flatten()).collect();
    let said = by.cmsutil(&all).succeeds().text();
    assert!(said.contains("nsigners=1") && said.contains("status=GoodSignature"), "{said}");
}

#[track_caller]
fn valid_signature_by(opened: &Value, address: &str) {
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    assert_eq!(opened["signature"]["signer"]["address"], address, "{opened:#}");
    assert_eq!(opened["signature"]["covers_whole_message"], true, "{opened:#}");
}

#[test]
fn what_nss_seals_is_opened() {
    if missing() {
        return;
    }
    let (nss, (wanda, certificate)) = (nss(), wanda());
    nss.add("wanda", &certificate, "P,P,P");
    // Its own copy first: the order of the recipients makes no difference.
    for (name, to) in [("one.p7m", WANDA.to_owned()), ("two.p7m", format!("rsa3072@example.com,{WANDA}"))] {
        nss.cmsutil(&["-E", "-r", &to, "-i", "entity.txt", "-o", name]).succeeds();
        let opened = wanda.open(&nss.path(name)).exits(3).json();
        assert_eq!(opened["encryption"]["state"], "encrypted", "{opened:#}");
        shows_the_entity(&opened);
        let (sealed, plain) = (nss.path(name), wanda.path("plain"));
        wanda.run([os("decrypt"), sealed.as_os_str(), os("--out"), plain.as_os_str()]).succeeds();
        assert_eq!(fs::read(plain).unwrap(), ENTITY.as_bytes());
    }
}

/// As Thunderbird does it: a signed entity inside the envelope, which is the root of a mail.
#[test]
fn what_nss_signs_and_then_seals_is_opened() {
    if missing() {
        return;
    }
    let (nss, (wanda, certificate)) = (nss(), wanda());
    nss.add("wanda", &certificate, "P,P,P");
    for (kind, nickname) in PEERS {
        let signed = ["-S", "-T", "-G", "-P", "-Y", nickname, "-N", nickname];
        nss.cmsutil(&[&signed[..], &["-i", "entity.txt", "-o", "detached.p7s"]].concat()).succeeds();
        let signature = fs::read(nss.path("detached.p7s")).unwrap();
        nss.file("inner.txt", multipart_signed(ENTITY, &signature));
        nss.cmsutil(&["-E", "-r", WANDA, "-i", "inner.txt", "-o", "sealed.der"]).succeeds();
        let address = &peer(kind).address;
        let sealed = fs::read(nss.path("sealed.der")).unwrap();
        let mail = wanda.file("mail.eml", enveloped_mail(address, WANDA, &sealed));
        let opened = wanda.open(&mail).exits(0).json();
        valid_signature_by(&opened, address);
        assert_eq!(opened["signature"]["matches_from"], true, "{opened:#}");
        assert_eq!(opened["tier"], "probably-secure", "{opened:#}");
        shows_the_entity(&opened);
    }
}

#[test]
fn what_nss_signs_is_verified_and_learned_from() {
    if missing() {
        return;
    }
    let nss = nss();
    for (kind, nickname) in PEERS {
        let address = &peer(kind).address;
        let stranger = Profile::with_identity("Wanda", WANDA, "p256");
        let sign = ["-S", "-G", "-P", "-Y", nickname, "-N", nickname, "-i", "entity.txt", "-o"];
        for digest in ["SHA256", "SHA384", "SHA512"] {
            nss.cmsutil(&[&sign[..], &["attached.p7m", "-H", digest]].concat()).succeeds();
            let opened = stranger.open(&nss.path("attached.p7m")).exits(3).json();
            valid_signature_by(&opened, address);
            assert_eq!(opened["signature"]["digest"], format!("SHA-{}", &digest[3..]));
            shows_the_entity(&opened);
        }

        nss.cmsutil(&[&sign[..], &["detached.p7s", "-T"]].concat()).succeeds();
        let (signature, content) = (nss.path("detached.p7s"), nss.path("entity.txt"));
        let words = [os("--json"), os("open"), signature.as_os_str(), os("--detached")];
        let opened = stranger.run(words.into_iter().chain([content.as_os_str()])).exits(3).json();
        valid_signature_by(&opened, address);
        let altered = stranger.file("altered.txt", ENTITY.replace("Zweite", "Dritte"));
        let opened = stranger.run(words.into_iter().chain([altered.as_os_str()])).exits(3).json();
        assert_eq!(opened["signature"]["state"], "invalid", "{opened:#}");

        // NSS says that it reads AES-CBC, and the note stays with that.
        stranger.import_contact(&nss.path("attached.p7m"));
        stranger.seal(WANDA, address, "Learned.\n", "note.p7m", &[]).succeeds();
        let note = Profile::with_peer(peer(kind)).open(&stranger.path("note.p7m")).exits(0).json();
        assert!(note["encryption"]["algorithm"].as_str().unwrap().ends_with("CBC"), "{note:#}");
    }
}

#[test]
fn nss_opens_what_is_sealed() {
    if missing() {
        return;
    }
    let (nss, (wanda, certificate)) = (nss(), wanda());
    nss.add("wanda", &certificate, "P,P,P");
    for (kind, _) in PEERS {
        let to = peer(kind);
        if !opens_openssls(&nss, to) {
            eprintln!("skipped: this NSS opens nothing that is sealed to {kind}");
            continue;
        }
        let (plain, sealed) = (wanda.file("plain.txt", ENTITY), wanda.path("file.p7m"));
        let words = [os("encrypt"), plain.as_os_str(), os("--to"), os(&to.address), os("--out")];
        wanda.run(words.into_iter().chain([sealed.as_os_str()])).succeeds();
        assert_eq!(decoded(&nss, &sealed), ENTITY, "{kind}");

        wanda.seal(WANDA, &to.address, "Für Dich allein.\n", "note.p7m", &[]).succeeds();
        let inner = decoded(&nss, &wanda.path("note.p7m"));
        let (entity, signature) = parts(&inner);
        let (entity, signature) = (nss.file("part.txt", entity), nss.file("part.p7s", signature));
        verifies(&nss, &signature, Some(&entity));
    }
}

/// Can this NSS open what is sealed to keys of this kind at all? Older ones know no key agreement.
fn opens_openssls(nss: &Nss, to: &Peer) -> bool {
    let certificate = to.certificate.to_str().unwrap();
    to.cms(&[
        "-encrypt",
        "-binary",
        "-in",
        "entity.txt",
        "-outform",
        "DER",
        "-aes-256-cbc",
        "-recip",
        certificate,
        "-out",
        "control.der",
    ]);
    nss.cmsutil(&["-D", "-i", to.path("control.der").to_str().unwrap()]).code == Some(0)
}

#[test]
fn nss_verifies_what_is_signed() {
    if missing() {
        return;
    }
    let nss = Nss::new();
    for (key, address) in
        [("rsa2048", "one@example.com"), ("p256", "two@example.com"), ("p384", "three@example.com")]
    {
        let by = Profile::with_identity(address, address, key);
        nss.add(address, &by.certificate(address, "own.cer"), "P,P,P");
        by.seal(address, "all@example.com", "Unterschrieben.\n", "signed.p7m", &["--sign-only"]).succeeds();
        let signed = by.path("signed.p7m");
        verifies(&nss, &signed, None);
        assert!(decoded(&nss, &signed).contains("Unterschrieben."));

        by.seal(address, "all@example.com", "Unterschrieben.\n", "signed.eml", &["--sign-only"]).succeeds();
        let mail = String::from_utf8(by.read("signed.eml")).unwrap();
        let (entity, signature) = parts(&mail);
        let (part, signature) = (nss.file("part.txt", entity), nss.file("part.p7s", signature));
        verifies(&nss, &signature, Some(&part));
        let altered = nss.file("altered.txt", entity.replace("Unter", "Ueber"));
        let refused = nss.cmsutil(&[
            "-D",
            "-n",
            "-h",
            "1",
            "-i",
            signature.to_str().unwrap(),
            "-c",
            altered.to_str().unwrap(),
        ]);
        assert!(!refused.text().contains("GoodSignature"), "the check itself can fail: {}", refused.text());
    }
}

#[test]
fn certificates_go_both_ways() {
    if missing() {
        return;
    }
    let nss = nss();
    nss.cmsutil(&["-O", "-r", "rsa2048@example.com,p384@example.com", "-o", "both.p7c"]).succeeds();
    let wanda = Profile::new();
    wanda.import_contact(&nss.path("both.p7c"));
    let listed = wanda.run(["contact", "list"]).succeeds().text();
    assert!(listed.contains("rsa2048@example.com") && listed.contains("p384@example.com"), "{listed}");
}

/// With an authority, NSS needs its root alone: the rest of the path travels with the certificate and the signature.
#[test]
fn a_certificate_of_an_authority_is_believed_with_its_chain() {
    if missing() {
        return;
    }
    let authority = Authority::new("NSS");
    let wanda = Profile::new();
    let (request, signed, chain) = (wanda.path("w.csr"), wanda.path("w.pem"), wanda.path("chain.pem"));
    let words = ["identity", "request", "--name", "Wanda", "--email", WANDA, "--key", "rsa2048", "--out"];
    wanda.run(words.map(os).into_iter().chain([request.as_os_str()])).succeeds();
    authority.sign(&request, &signed);
    fs::write(&chain, [fs::read(&signed).unwrap(), fs::read(&authority.intermediate).unwrap()].concat())
        .unwrap();
    wanda.run([os("identity"), os("import"), chain.as_os_str()]).succeeds();

    let nss = Nss::new();
    nss.add("root", &authority.root, "CT,C,C");
    let p7c = wanda.certificate(WANDA, "wanda.p7c");
    nss.add("issuing", &authority.intermediate, ",,");
    // cmsutil wants every certificate to be a person's, so that its exit code is 1 for a chain, whoever wrote it.
    nss.cmsutil(&["-D", "-k", "-u", "5", "-i", p7c.to_str().unwrap()]);
    let kept = nss.certutil([os("-L")]).succeeds().text();
    assert!(kept.contains(WANDA), "{kept}");

    wanda.seal(WANDA, "all@example.com", "Beglaubigt.\n", "signed.p7m", &["--sign-only"]).succeeds();
    let stranger = Nss::new();
    stranger.add("root", &authority.root, "CT,C,C");
    verifies(&stranger, &wanda.path("signed.p7m"), None);
}
