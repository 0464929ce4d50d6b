//! Mail of odd forms, as a person meets it at the command line: forwarded and nested messages, signed files, leftovers of other
//! programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::{ENTITY, Peer, Profile, installed, os, peer, shows_the_entity};
use serde_json::Value;

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Alice, and Bob who has sealed her `note.eml`, `note.p7m`, and signed `signed.eml`.
fn pair() -> &'static (Profile, Profile) {
    static PAIR: OnceLock<(Profile, Profile)> = OnceLock::new();
    PAIR.get_or_init(|| {
        let alice = Profile::with_identity("Alice", ALICE, "p256");
        let bob = Profile::with_identity("Bob", BOB, "p256");
        alice.import_contact(&bob.certificate(BOB, "bob.cer"));
        bob.import_contact(&alice.certificate(ALICE, "alice.cer"));
        bob.seal(BOB, ALICE, "The text of the note.\n", "note.eml", &["--subject", "Inner"]).succeeds();
        bob.seal(BOB, ALICE, "The text of the note.\n", "note.p7m", &[]).succeeds();
        bob.seal(BOB, ALICE, "Only signed.\n", "signed.eml", &["--sign-only"]).succeeds();
        (alice, bob)
    })
}

/// A mail around parts.
fn mixed(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--outer\r\n{part}\r\n")).collect();
    format!(
        "From: Carol <carol@example.com>\r\nTo: {ALICE}\r\nSubject: Outer\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=outer\r\n\r\n{parts}--outer--\r\n"
    )
}

fn base64_part(header: &str, octets: &[u8]) -> String {
    let body = base64_simd::STANDARD.encode_to_string(octets);
    let lines: Vec<&str> =
        body.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("{header}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", lines.join("\r\n"))
}

const WORDS: &str = "Content-Type: text/plain\r\n\r\nSee what Bob wrote.";

#[track_caller]
fn severities(message: &Value, words: &str) -> Vec<String> {
    let findings = message["findings"].as_array().unwrap().iter();
    let said = findings.filter(|finding| finding["text"].as_str().unwrap().contains(words));
    said.map(|finding| finding["severity"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_forwarded_message_has_an_entry_and_a_verdict_of_its_own() {
    let (alice, bob) = pair();
    let note = String::from_utf8(bob.read("note.eml")).unwrap();
    let cms = bob.read("note.p7m");
    let forwarded = format!("Content-Type: message/rfc822\r\n\r\n{note}");
    let typed = base64_part("Content-Type: application/pkcs7-mime; name=smime.p7m", &cms);
    let untyped = base64_part("Content-Type: application/octet-stream; name=\"from Bob.p7m\"", &cms);
    let encoded = base64_part("Content-Type: application/octet-stream; name=note.eml", note.as_bytes());
    for part in [&forwarded, &typed, &untyped, &encoded] {
        let file = alice.file("forwarded.eml", mixed(&[WORDS, part]));
        let outer = alice.open(&file).exits(3).json();
        assert_eq!(outer["tier"], "not-secure", "{outer:#}");
        assert_eq!(outer["encryption"]["state"], "none");
        assert_eq!(outer["signature"]["state"], "none");
        assert_eq!(outer["headers"]["subject"], "Outer");
        assert_eq!(outer["layers"].as_array().unwrap().len(), 0);
        assert_eq!(outer["text"], "See what Bob wrote.");
        assert_eq!(outer["attachments"].as_array().unwrap().len(), 1);
        let [inner] = outer["messages"].as_array().unwrap().as_slice() else { panic!("{outer:#}") };
        assert_eq!(inner["attachment"], outer["attachments"][0]["name"]);
        assert_eq!(inner["tier"], "probably-secure", "{inner:#}");
        assert_eq!(inner["text"].as_str().unwrap().trim(), "The text of the note.");
        assert_eq!(inner["signature"]["state"], "valid");
        assert_eq!(inner["signature"]["signer"]["address"], BOB);
        assert_eq!(inner["layers"].as_array().unwrap().len(), 2);
        assert!(inner["messages"].as_array().unwrap().is_empty());

        // For people: the verdicts stand before any words of the message, each with its own headline.
        let told = alice.run([os("open"), file.as_os_str()]).exits(3).text();
        let summary = told.find("judged by itself: Probably secure").expect(&told);
        assert!(summary < told.find("See what Bob wrote.").unwrap(), "{told}");
        assert!(told.find("── In the attachment").unwrap() > summary, "{told}");
        assert!(told.contains("The text of the note."), "{told}");
    }
}

#[test]
fn what_lies_inside_does_not_lift_what_lies_around_nor_the_other_way_round() {
    let (alice, bob) = pair();
    let cms = bob.read("note.p7m");
    let message = mixed(&[WORDS, &base64_part("Content-Type: application/pkcs7-mime; name=smime.p7m", &cms)]);
    let plain = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nnot CMS";
    // Bob seals to Alice a mail around a message that only Bob can open, and around one that nobody signed.
    let (own, file) = (bob.path("own.p7m"), bob.file("file.txt", "For Bob alone."));
    bob.run([os("encrypt"), file.as_os_str(), os("--to"), os(BOB), os("--out"), own.as_os_str()]).succeeds();
    let attached = bob.file("attached.p7m", &cms);
    let paths = [attached.to_str().unwrap(), own.to_str().unwrap()];
    bob.seal(BOB, ALICE, "Two for you.\n", "around.eml", &["--attach", paths[0], "--attach", paths[1]])
        .succeeds();
    let outer = alice.open(&bob.path("around.eml")).succeeds().json();
    assert_eq!(outer["tier"], "probably-secure");
    assert_eq!(outer["text"].as_str().unwrap().trim(), "Two for you.");
    let messages = outer["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "{outer:#}");
    assert_eq!(messages[0]["tier"], "probably-secure");
    assert_eq!(messages[1]["tier"], Value::Null);
    assert_eq!(messages[1]["state"], "undecryptable");
    assert!(messages[1]["error"]["summary"].as_str().unwrap().contains("key"), "{outer:#}");
    // An attachment that only says that it is one stays an attachment.
    let file = alice.file("named.eml", mixed(&[WORDS, plain]));
    let named = alice.open(&file).exits(3).json();
    assert!(named["messages"].as_array().unwrap().is_empty(), "{named:#}");
    assert_eq!(named["attachments"][0]["name"], "smime.p7m");
    // One in another: opened to a depth, each by itself.
    let deep = (0..12)
        .fold(message, |inner, _| mixed(&[WORDS, &format!("Content-Type: message/rfc822\r\n\r\n{inner}")]));
    let mut level = alice.open(&alice.file("deep.eml", deep)).exits(3).json();
    let mut depth = 0;
    while let Some(inner) = level["messages"].get_mut(0) {
        level = inner.take();
        depth += 1;
    }
    assert_eq!(depth, 8);
}

#[test]
fn attachments_that_are_signatures_or_certificates_are_no_messages() {
    let (alice, bob) = pair();
    let certificates = fs::read(bob.certificate(BOB, "bob.p7c")).unwrap();
    let signed = String::from_utf8(bob.read("signed.eml")).unwrap();
    let parts = [
        base64_part("Content-Type: application/pkcs7-mime; name=bob.p7c", &certificates),
        base64_part("Content-Type: application/octet-stream; name=bob.p7m", &certificates),
        base64_part("Content-Type: application/pkix-cert; name=bob.cer", &bob.read("bob.cer")),
    ];
    let [p7c, p7m, cer] = parts.each_ref().map(String::as_str);
    let answer = alice.open(&alice.file("certificates.eml", mixed(&[WORDS, p7c, p7m, cer]))).exits(3).json();
    assert!(answer["messages"].as_array().unwrap().is_empty(), "{answer:#}");
    // A signed one is, with its text.
    let forwarded = format!("Content-Type: message/rfc822\r\n\r\n{signed}");
    let answer = alice.open(&alice.file("signed.eml", mixed(&[WORDS, &forwarded]))).exits(3).json();
    assert_eq!(answer["messages"][0]["signature"]["state"], "valid");
    assert_eq!(answer["messages"][0]["tier"], "not-secure");
    assert_eq!(answer["signature"]["state"], "none");
}

#[test]
fn a_list_footer_is_told_apart_at_the_command_line() {
    let (alice, bob) = pair();
    let signed = String::from_utf8(bob.read("signed.eml")).unwrap();
    let part = &signed[signed.find("Content-Type: multipart/signed").unwrap()..];
    let file = alice.file("list.eml", mixed(&[part, "Content-Type: text/plain\r\n\r\nA footer.", ""]));
    let answer = alice.open(&file).exits(3).json();
    assert_eq!(answer["signature"]["state"], "valid");
    assert_eq!(answer["signature"]["covers_whole_message"], false);
    assert_eq!(severities(&answer, "Only a part of this message is signed"), ["danger"]);
    let text = answer["text"].as_str().unwrap();
    let mark = text.find("[What follows is not signed").unwrap();
    assert!(text.find("Only signed.").unwrap() < mark && mark < text.find("A footer.").unwrap(), "{text}");
}

/// An invoice as Italian offices exchange it: CAdES over XML, in all the clothing that there is.
#[test]
fn a_signed_file_is_that_file_with_its_signature() {
    if !installed("openssl") {
        return;
    }
    let by = peer("rsa2048");
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<p:Fattura xmlns:p=\"urn:x\">\r\nContent-Type: text/plain\r\n\r\nè\r\n</p:Fattura>\r\n";
    fs::write(by.path("fattura.xml"), xml).unwrap();
    let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
    let sign = |out: &str, options: &[&str]| {
        let mut arguments =
            vec!["-sign", "-binary", "-nodetach", "-cades", "-in", "fattura.xml", "-out", out];
        arguments.extend(["-signer", &signer, "-inkey", &key]);
        arguments.extend(options);
        by.cms(&arguments);
    };
    sign("der", &["-outform", "DER"]);
    sign("ber", &["-outform", "DER", "-stream", "-indef"]);
    sign("pem", &["-outform", "PEM"]);
    let der = fs::read(by.path("der")).unwrap();
    let base64 = base64_simd::STANDARD.encode_to_string(&der);
    fs::write(by.path("base64"), &base64).unwrap();
    let reader = Profile::new();
    for clothing in ["der", "ber", "pem", "base64"] {
        let file = reader.file("Fattura.xml.P7M", fs::read(by.path(clothing)).unwrap());
        let out = reader.path("content.xml");
        let answer = reader
            .run([os("--json"), os("open"), file.as_os_str(), os("--content"), out.as_os_str()])
            .exits(3)
            .json();
        assert_eq!(fs::read(&out).unwrap(), xml.as_bytes(), "{clothing}");
        assert_eq!(answer["signature"]["state"], "valid", "{answer:#}");
        assert_eq!(answer["signature"]["matches_from"], Value::Null);
        assert_eq!(answer["headers"]["from"], Value::Null);
        assert_eq!(answer["text"].as_str().unwrap(), xml.replace("\r\n", "\n"));
        assert_eq!(answer["attachments"].as_array().unwrap().len(), 1);
        assert_eq!(answer["attachments"][0]["name"], "Fattura.xml");
        assert_eq!(answer["attachments"][0]["size"], xml.len());
        assert!(answer["sentence"].as_str().unwrap().contains("a file that rsa2048 signed"), "{answer:#}");
        let folder = reader.path(format!("saved-{clothing}"));
        reader.run([os("open"), file.as_os_str(), os("--save-attachments"), folder.as_os_str()]).exits(3);
        assert_eq!(fs::read(folder.join("Fattura.xml")).unwrap(), xml.as_bytes());
    }
    // Changed: it says so of a file.
    let at = der.windows(7).position(|octets| octets == b"Fattura").unwrap();
    let mut changed = der.clone();
    changed[at] ^= 1;
    let answer = reader.open(&reader.file("changed.xml.p7m", changed)).exits(3).json();
    assert!(answer["sentence"].as_str().unwrap().starts_with("The file was changed"), "{answer:#}");
    // Attached to a mail, it is a file of its own, and not the mail's signature.
    let header = "Content-Type: application/pkcs7-mime; name=\"fattura.xml.p7m\"\r\nContent-Disposition: attachment; filename=\"fattura.xml.p7m\"";
    for parts in [&[WORDS, &base64_part(header, &der)][..], &[&base64_part(header, &der)]] {
        let answer = reader.open(&reader.file("mail.eml", mixed(parts))).exits(3).json();
        assert_eq!(answer["signature"]["state"], "none", "{answer:#}");
        assert_eq!(answer["messages"][0]["signature"]["state"], "valid", "{answer:#}");
        assert_eq!(answer["messages"][0]["attachments"][0]["name"], "fattura.xml");
    }
}

#[test]
fn a_sealed_file_keeps_its_name() {
    let (alice, bob) = pair();
    let octets = [&[0xff, 0xfe, 0x00][..], &[7; 1000]].concat();
    let (file, out) = (bob.file("backup.tar", &octets), bob.path("backup.tar.p7m"));
    bob.run([os("encrypt"), file.as_os_str(), os("--to"), os(ALICE), os("--out"), out.as_os_str()])
        .succeeds();
    let answer = alice.open(&out).exits(3).json();
    assert_eq!(answer["attachments"][0]["name"], "backup.tar");
    assert_eq!(answer["text"], "");
}

/// What a person may drop here by mistake is named, with what to do.
#[test]
fn files_of_other_programs_are_named_with_a_remedy() {
    let profile = Profile::new();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let compound = [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 1016]].concat();
    let outlook = [&compound[..], &utf16("__properties_version1.0")].concat();
    let mail = "From a@example.com Mon Mar  4 10:00:00 2024\nFrom: a@example.com\nSubject: x\n\nText.\n\n";
    for (name, bytes, words) in [
        ("mail.msg", outlook, ".eml"),
        ("old.doc", compound, "office document"),
        ("mail.eml", [&b"\xff\xfe"[..], &utf16("From: a@example.com\r\n\r\nText.\r\n")].concat(), "UTF-16"),
        ("mbox", mail.repeat(3).into_bytes(), "3 mails"),
    ] {
        let file = profile.file(name, bytes);
        let out = profile.path("out");
        for arguments in [
            &[os("open"), file.as_os_str()][..],
            &[os("decrypt"), file.as_os_str(), os("--out"), out.as_os_str()],
        ] {
            let run = profile.run(arguments).fails();
            assert!(run.stderr.contains(words), "{name}: {}", run.stderr);
        }
    }
    let answer = profile.open(&profile.file("one.mbox", mail)).exits(3).json();
    assert_eq!(answer["text"].as_str().unwrap().trim(), "Text.");
    assert_eq!(answer["headers"]["subject"], "x");
}

/// `decrypt` finds the sealed part of a mail, whatever its type, and still judges nothing.
#[test]
fn the_seal_is_taken_off_a_part_and_off_misnamed_bodies() {
    if !installed("openssl") {
        return;
    }
    let to = peer("P-256");
    let sealed = sealed(to);
    let profile = Profile::with_peer(to);
    let footer = "Content-Type: text/plain\r\n\r\nA footer.";
    let part = |kind: &str| base64_part(&format!("Content-Type: {kind}"), &sealed);
    let typed = part("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m");
    let untyped = part("application/octet-stream; name=smime.p7m");
    let text = part("text/plain; name=smime.p7m");
    for message in [
        mixed(&[&typed, footer]),
        mixed(&[&untyped, footer]),
        format!("From: a@example.com\r\n{typed}"),
        format!("From: a@example.com\r\n{untyped}"),
        format!("From: a@example.com\r\n{text}"),
        format!("From: a@example.com\r\n\r\n{}", base64_simd::STANDARD.encode_to_string(&sealed)),
    ] {
        let (file, out) = (profile.file("sealed.eml", &message), profile.path("content"));
        profile.run([os("decrypt"), file.as_os_str(), os("--out"), out.as_os_str()]).succeeds();
        assert_eq!(fs::read(&out).unwrap(), ENTITY.as_bytes(), "{message}");
        let answer = profile.open(&file).exits(3).json();
        assert_eq!(answer["encryption"]["state"], "encrypted", "{answer:#}");
        shows_the_entity(&answer);
    }
    let file = profile.file("plain.eml", mixed(&[WORDS, footer]));
    let out = profile.path("nothing");
    let run = profile.run([os("decrypt"), file.as_os_str(), os("--out"), out.as_os_str()]).fails();
    assert!(run.stderr.contains("not encrypted"), "{}", run.stderr);
}

fn sealed(to: &Peer) -> Vec<u8> {
    let certificate = to.certificate.to_string_lossy();
    to.cms(&[
        "-encrypt",
        "-binary",
        "-aes256",
        "-in",
        "entity.txt",
        "-out",
        "odd.der",
        "-outform",
        "DER",
        &certificate,
    ]);
    let path: PathBuf = to.path("odd.der");
    fs::read(Path::new(&path)).unwrap()
}
