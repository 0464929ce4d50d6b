//! Messages of odd forms: RFC 4134 and MimeKit. The folder is named by `WAXSEAL_CORPUS`; without it each test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::{Profile, corpus, os};

/// RFC 4134 section 3: a ContentInfo that holds nothing but octets, in BER and in DER.
#[test]
fn plain_data_is_shown_and_protected_by_nothing() {
    let Some(corpus) = corpus("rfc4134") else { return };
    let profile = Profile::new();
    for name in ["3.1.bin", "3.2.bin"] {
        let opened = profile.open(&corpus.join(name)).exits(3).json();
        assert_eq!(opened["text"], "This is some sample content.", "{name}");
        assert_eq!(opened["layers"].as_array().unwrap().len(), 0, "{name}");
        assert_eq!(opened["encryption"]["state"], "none", "{name}");
        assert_eq!(opened["signature"]["state"], "none", "{name}");
        let out = profile.path("data");
        profile.run([os("open"), corpus.join(name).as_os_str(), os("--content"), out.as_os_str()]).exits(3);
        assert_eq!(std::fs::read(out).unwrap(), b"This is some sample content.");
    }
}

/// RFC 4134 sections 6 and 7: a hash beside its content proves nothing; a key from elsewhere is not at hand.
#[test]
fn forms_that_are_no_mail_are_named() {
    let Some(corpus) = corpus("rfc4134") else { return };
    let profile = Profile::new();
    let run = profile.open(&corpus.join("6.0.bin")).fails();
    assert!(run.json()["error"]["cause"].as_str().unwrap().contains("DigestedData"), "{}", run.text());
    for name in ["7.1.bin", "7.2.bin"] {
        let run = profile.open(&corpus.join(name)).fails();
        let answer = run.json();
        assert_eq!(answer["state"], "undecryptable", "{name}");
        assert!(answer["error"]["cause"].as_str().unwrap().contains("EncryptedData"), "{answer:#}");
        let out = profile.path("out");
        let run = profile.run([os("decrypt"), corpus.join(name).as_os_str(), os("--out"), out.as_os_str()]);
        assert!(run.fails().stderr.contains("EncryptedData"));
    }
}

/// RFC 4134 sections 4.8 and 4.9: the same content clear-signed and opaque, without a header of its own. The certificate is one
/// for another domain.
#[test]
fn the_signed_mails_of_the_examples_verify() {
    let Some(corpus) = corpus("rfc4134") else { return };
    let profile = Profile::new();
    for name in ["4.8.eml", "4.9.eml"] {
        let opened = profile.open(&corpus.join(name)).exits(3).json();
        assert_eq!(opened["layers"], serde_json::json!(["signed-data"]), "{name}");
        assert_eq!(opened["text"].as_str().unwrap().trim(), "This is some sample content.", "{name}");
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
        assert_eq!(opened["signature"]["covers_whole_message"], true, "{name}");
        assert_eq!(opened["signature"]["matches_from"], false, "{name}");
        assert_eq!(opened["headers"]["from"], "aliceDss@examples.com", "{name}");
        assert_eq!(opened["headers"]["protected"], false, "{name}");
    }
}

#[test]
fn certificates_alone_are_told_with_a_remedy() {
    let Some(corpus) = corpus("rfc4134") else { return };
    let answer = Profile::new().open(&corpus.join("4.11.bin")).fails().json();
    assert!(answer["error"]["remedy"].as_str().unwrap().contains("contact import"), "{answer:#}");
}

/// A mail as Thunderbird 24 signed it in 2013, with a picture; also in a mailbox, and on a list.
#[test]
fn a_signed_mail_with_a_picture_verifies() {
    let Some(corpus) = corpus("mimekit") else { return };
    let profile = Profile::new();
    let mail = std::fs::read(corpus.join("thunderbird-signed.txt")).unwrap();
    let unix = String::from_utf8(mail.clone()).unwrap().replace("\r\n", "\n");
    let mbox = format!("From - Sat Nov 02 16:28:04 2013\nX-Mozilla-Status: 0001\n{unix}\n");
    for (name, bytes) in [("as it is", mail), ("mbox", mbox.into_bytes()), ("unix", unix.into_bytes())] {
        let opened = profile.open(&profile.file("signed.eml", bytes)).exits(3).json();
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
        assert_eq!(opened["signature"]["digest"], "SHA-1", "{name}");
        assert_eq!(opened["signature"]["matches_from"], true, "{name}");
        assert_eq!(opened["signature"]["validity"], "expired", "{name}");
        assert_eq!(opened["attachments"][0]["name"], "signed.jpg", "{name}");
        assert!(opened["text"].as_str().unwrap().contains("Hopefully this works..."), "{name}");
    }
}
