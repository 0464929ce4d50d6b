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
