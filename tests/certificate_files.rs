//! Certificates as other programs and people send them: every file that OpenSSL, NSS, GpgSM or an address book makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{ENTITY, Peer, Profile, installed, openssl, os, peer, run};
use serde_json::Value;

/// A file in the peer's folder.
fn file(peer: &Peer, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = peer.path(name);
    fs::write(&path, content).unwrap();
    path
}

/// The addresses that an import of this file has put on record.
#[track_caller]
fn learned(file: &Path) -> Vec<String> {
    let profile = Profile::new();
    profile.import_contact(file);
    addresses(&profile)
}

#[track_caller]
fn addresses(profile: &Profile) -> Vec<String> {
    let list = profile.run(["--json", "contact", "list"]).succeeds().json();
    let addresses = |contact: &Value| contact["addresses"][0].as_str().unwrap().to_owned();
    list["contacts"].as_array().unwrap().iter().map(addresses).collect()
}

fn base64(octets: &[u8], between: &str) -> String {
    let text = base64_simd::STANDARD.encode_to_string(octets);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(between)
}

#[test]
fn every_clothing_of_a_certificate_is_imported() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let pem = fs::read_to_string(&peer.certificate).unwrap();
    let (der, p7b, p7c) = (peer.path("c.der"), peer.path("c.p7b"), peer.path("c.p7c"));
    let (certificate, trusted) = (peer.certificate.as_os_str(), peer.path("trusted.pem"));
    let x509 = |words: &[&str], out: &Path| {
        let words = words.iter().map(|word| os(word));
        openssl(
            [os("x509"), os("-in"), certificate]
                .into_iter()
                .chain(words)
                .chain([os("-out"), out.as_os_str()]),
        );
    };
    x509(&["-outform", "DER"], &der);
    x509(&["-addtrust", "serverAuth", "-trustout"], &trusted);
    x509(&["-text"], &peer.path("text.crt"));
    for (form, out) in [("PEM", &p7b), ("DER", &p7c)] {
        let words = [os("crl2pkcs7"), os("-nocrl"), os("-certfile"), certificate, os("-outform"), os(form)];
        openssl(words.into_iter().chain([os("-out"), out.as_os_str()]));
    }
    let der_octets = fs::read(&der).unwrap();
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(pem.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let card = |key: &str| format!("BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Peer;;;\r\n{key}\r\nEND:VCARD\r\n");
    let mail = |part: &str| {
        format!(
            "From: {0}\r\nTo: me@example.org\r\nSubject: my certificate\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n\
             --b\r\n{part}\r\n--b--\r\n",
            peer.address
        )
    };
    let attached = format!(
        "Content-Type: application/pkix-cert; name=peer.cer\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=peer.cer\r\n\r\n{}\r\n",
        base64(&der_octets, "\r\n")
    );
    let certs_only = format!(
        "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only; name=smime.p7c\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(&fs::read(&p7c).unwrap(), "\r\n")
    );
    for path in [
        peer.certificate.clone(),
        der,
        p7b,
        p7c,
        trusted,
        peer.path("text.crt"),
        file(peer, "crlf.pem", pem.replace('\n', "\r\n")),
        file(peer, "cr.pem", pem.replace('\n', "\r")),
        file(peer, "bom.pem", format!("\u{feff}{pem}")),
        file(peer, "utf16.cer", utf16),
        file(peer, "bare.txt", base64(&der_octets, "\r\n")),
        file(peer, "around.txt", format!("Hello,\n\nmy certificate:\n{pem}\nYours\n")),
        file(
            peer,
            "v21.vcf",
            card(&format!("KEY;X509;ENCODING=BASE64:\r\n {}\r\n", base64(&der_octets, "\r\n "))),
        ),
        file(peer, "v3.vcf", card(&format!("KEY;TYPE=X509;ENCODING=b:{}", base64(&der_octets, "\r\n ")))),
        file(
            peer,
            "v4.vcf",
            card(&format!("KEY:data:application/pkix-cert;base64,{}", base64(&der_octets, "\r\n "))),
        ),
        file(
            peer,
            "entry.ldif",
            format!(
                "dn: cn=peer\nobjectClass: person\nuserCertificate;binary:: {}\n",
                base64(&der_octets, "\n ")
            ),
        ),
        file(peer, "attached.eml", mail(&attached)),
        file(peer, "certs-only.eml", certs_only),
    ] {
        assert_eq!(learned(&path), std::slice::from_ref(&peer.address), "{}", path.display());
    }
}

#[test]
fn several_in_one_file_are_taken_together() {
    if !installed("openssl") {
        return;
    }
    let (one, two) = (peer("P-256"), peer("rsa2048"));
    let both = [&one.certificate, &two.certificate].map(|file| fs::read_to_string(file).unwrap()).concat();
    let both = file(one, "both.pem", both);
    assert_eq!(learned(&both).len(), 2);
    let p7b = one.path("both.p7b");
    openssl([os("crl2pkcs7"), os("-nocrl"), os("-certfile"), both.as_os_str(), os("-out"), p7b.as_os_str()]);
    assert_eq!(learned(&p7b).len(), 2);
}

#[test]
fn a_signed_message_in_any_clothing_teaches_its_signer() {
    if !installed("openssl") {
        return;
    }
    let by = peer("P-256");
    let (signer, key) = (by.certificate.to_str().unwrap(), by.key.to_str().unwrap());
    for (name, options) in [
        ("signed.eml", &["-outform", "SMIME"][..]),
        ("opaque.eml", &["-outform", "SMIME", "-nodetach"]),
        ("opaque.p7m", &["-outform", "DER", "-nodetach"]),
        ("opaque.pem", &["-outform", "PEM", "-nodetach"]),
        ("detached.p7s", &["-outform", "DER"]),
    ] {
        let words = ["-sign", "-in", "entity.txt", "-signer", signer, "-inkey", key, "-out", name];
        by.cms(&[&words[..], options].concat());
        assert_eq!(learned(&by.path(name)), std::slice::from_ref(&by.address), "{name}");
    }
    // Changed on its way, it teaches nothing: neither the signer nor what lies in its text or beside it.
    let other = fs::read_to_string(&peer("rsa2048").certificate).unwrap();
    let mut opaque = fs::read(by.path("opaque.p7m")).unwrap();
    let place = opaque.windows(5).position(|part| part == b"Zweit").unwrap();
    opaque[place] = b'z';
    let opaque = file(by, "changed.p7m", opaque);
    let clear = fs::read_to_string(by.path("signed.eml")).unwrap();
    let clear = file(by, "changed.eml", clear.replace("Zweite Zeile.", &format!("Zwei Zeilen.\r\n{other}")));
    for changed in [opaque, clear] {
        let profile = Profile::new();
        let said = profile.run([os("contact"), os("import"), changed.as_os_str()]).fails();
        assert!(said.stderr.contains("no valid signature"), "{}", said.stderr);
        assert!(addresses(&profile).is_empty());
    }
    assert!(ENTITY.contains("Zweite Zeile."));
}

#[test]
fn what_gives_no_certificate_is_told_apart() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    let link = "BEGIN:VCARD\nVERSION:4.0\nKEY;MEDIATYPE=application/pkix-cert:https://example.org/k.cer\nEND:VCARD\n";
    for (path, words) in [
        (file(peer, "link.vcf", link), "https://example.org/k.cer"),
        (file(peer, "empty.vcf", "BEGIN:VCARD\nVERSION:3.0\nFN:X\nEND:VCARD\n"), "no certificate"),
        (file(peer, "text.txt", "Hello."), "no certificate"),
        (peer.key.clone(), "private key"),
        (peer.p12.clone(), "--password-file"),
    ] {
        let profile = Profile::new();
        let said = profile.run([os("contact"), os("import"), path.as_os_str()]).fails();
        assert!(said.stderr.contains(words), "{}: {}", path.display(), said.stderr);
    }
    // Each file stands alone.
    let profile = Profile::new();
    let (bad, good) = (peer.path("text.txt"), &peer.certificate);
    profile.run([os("contact"), os("import"), bad.as_os_str(), good.as_os_str()]).exits(1);
    assert_eq!(addresses(&profile), std::slice::from_ref(&peer.address));
}

#[test]
fn trust_add_hears_what_a_file_says_of_mail() {
    if !installed("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["mail", "web"] {
        let (key, out) = (path(&format!("{name}.key")), path(&format!("{name}.pem")));
        let subject = format!("/CN={name}");
        let words =
            ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj"];
        let more = [os(&subject), os("-keyout"), key.as_os_str(), os("-out"), out.as_os_str()];
        openssl(words.iter().map(|word| os(word)).chain(more));
        let purpose = if name == "mail" { "emailProtection" } else { "serverAuth" };
        let trusted = path(&format!("{name}.trusted"));
        let words = [os("x509"), os("-in"), out.as_os_str(), os("-addtrust"), os(purpose), os("-trustout")];
        openssl(words.into_iter().chain([os("-out"), trusted.as_os_str()]));
    }
    let bundle = ["mail.trusted", "web.trusted"].map(|name| fs::read_to_string(path(name)).unwrap()).concat();
    fs::write(path("bundle.crt"), bundle).unwrap();
    let profile = Profile::new();
    let added =
        profile.run([os("--json"), os("trust"), os("add"), path("bundle.crt").as_os_str()]).succeeds();
    assert_eq!(added.json()["added"].as_array().unwrap().len(), 1);
    assert_eq!(added.json()["added"][0]["name"], "mail");
    let said = profile.run([os("trust"), os("add"), path("web.trusted").as_os_str()]).fails();
    assert!(said.stderr.contains("for mail"), "{}", said.stderr);
    profile.run([os("trust"), os("add"), path("web.pem").as_os_str()]).succeeds();
}

#[test]
fn what_gpgsm_and_nss_export_is_imported() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    if installed("certutil") {
        let database = format!("sql:{}", home.display());
        let certutil =
            |words: &[&str]| run(Command::new("certutil").args(["-d", &database]).args(words)).succeeds();
        certutil(&["-N", "--empty-password"]);
        certutil(&["-A", "-n", "peer", "-t", ",,", "-a", "-i", peer.certificate.to_str().unwrap()]);
        for (words, name) in
            [(&["-L", "-n", "peer", "-a"][..], "nss.pem"), (&["-L", "-n", "peer", "-r"], "nss.der")]
        {
            let exported = certutil(words).stdout;
            fs::write(home.join(name), exported).unwrap();
            assert_eq!(learned(&home.join(name)), std::slice::from_ref(&peer.address), "{name}");
        }
    }
    if installed("gpgsm") {
        let gpgsm = |words: &[&str]| {
            run(Command::new("gpgsm")
                .env("GNUPGHOME", home)
                .args(["--batch", "--disable-dirmngr"])
                .args(words))
        };
        gpgsm(&["--import", peer.certificate.to_str().unwrap()]);
        for (words, name) in [(&["--armor", "--export"][..], "gpgsm.pem"), (&["--export"], "gpgsm.der")] {
            let exported = gpgsm(words).succeeds().stdout;
            fs::write(home.join(name), exported).unwrap();
            assert_eq!(learned(&home.join(name)), std::slice::from_ref(&peer.address), "{name}");
        }
        let _ = Command::new("gpgconf").env("GNUPGHOME", home).args(["--kill", "all"]).status();
    }
}
