//! What `contact show`, `identity list` and `trust list` say of a certificate, and which one is chosen of several.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::issuer::{
    Party, Spec, alternative_names, basic_constraints, dn, extended_key_usage, general_name, key_usage,
};
use common::{Profile, os};
use serde_json::json;
use waxseal::smime::asn1::{tag, writer};

const EMAIL: &str = "1.3.6.1.5.5.7.3.4";

fn person(subject: &str, names: &[&str]) -> Spec {
    let names: Vec<Vec<u8>> = names.iter().map(|name| general_name(name)).collect();
    Spec::bare(dn(subject))
        .with(basic_constraints(false, false, None))
        .with(key_usage(true, 0x88))
        .with(extended_key_usage(&[EMAIL]))
        .with(alternative_names(&names))
}

#[test]
fn a_contact_is_shown_with_every_address_and_use() {
    let root = Party::root(Spec::authority("O=Household,CN=Household \u{202e}Root"));
    let names =
        &["email:robin@example.org", "utf8:jörg@example.org", "dns:example.org", "email:r@example.com"];
    let robin = root.issue(person("O=Example,CN=Robin\u{202e} \u{1b}[31mDoe", names));
    let profile = Profile::new();
    let file = profile.file("robin.cer", robin.certificate.as_der());
    profile.import_contact(&file);
    let shown = profile.run(["--json", "contact", "show", "robin@example.org"]).succeeds().json();
    let key = &shown["contact"]["keys"][0];
    for (field, expected) in [
        ("subject", json!("CN=Robin [31mDoe, O=Example")),
        ("addresses", json!(["robin@example.org", "jörg@example.org", "r@example.com"])),
        ("issuer", json!("CN=Household Root, O=Household")),
        ("serial", json!("01")),
        ("key", json!("P-256")),
        ("usages", json!(["signing", "agreeing on keys for what is sealed"])),
        ("purposes", json!(["mail"])),
        ("authority", json!(false)),
        ("self_signed", json!(false)),
        ("signs", json!(true)),
        ("encrypts", json!(true)),
        ("not_before", json!("2020-01-01T00:00:00Z")),
        ("not_after", json!("2049-01-01T00:00:00Z")),
        ("validity", json!("valid")),
        ("fingerprint", json!(robin.certificate.fingerprint().to_string())),
    ] {
        assert_eq!(key[field], expected, "{field}");
    }
    for address in ["robin@example.org", "jörg@example.org", "r@example.com"] {
        let text = profile.run(["contact", "show", address]).succeeds().text();
        for line in [
            "Name: CN=Robin [31mDoe, O=Example",
            "Addresses: robin@example.org, jörg@example.org, r@example.com",
            "Issued by: CN=Household Root, O=Household",
            "Uses: signing, agreeing on keys for what is sealed; meant for mail",
        ] {
            assert!(text.lines().any(|shown| shown.trim() == line), "{line}\n{text}");
        }
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
    }
}

#[test]
fn an_authority_is_shown() {
    let without_end = writer::value(tag::GENERALIZED_TIME, &[b"99991231235959Z"]);
    let from = writer::value(tag::UTC_TIME, &[b"500101000000Z"]);
    let root = Party::root(Spec::authority("O=Household,CN=Root").dates(from, without_end));
    let profile = Profile::new();
    let file = profile.file("root.cer", root.certificate.as_der());
    profile.run([os("trust"), os("add"), file.as_os_str()]).succeeds();
    let listed = profile.run(["--json", "trust", "list"]).succeeds().json();
    let anchor = &listed["anchors"][0];
    assert_eq!(anchor["subject"], "CN=Root, O=Household");
    assert_eq!(anchor["usages"], json!(["vouching for certificates", "signing revocation lists"]));
    assert_eq!(anchor["authority"], true);
    assert_eq!(anchor["self_signed"], true);
    assert_eq!(anchor["not_before"], "1950-01-01T00:00:00Z");
    assert_eq!(anchor["not_after"], "9999-12-31T23:59:59Z");
    let text = profile.run(["trust", "list"]).succeeds().text();
    for part in
        ["Root, P-256, from 1 January 1950", "until the end of time", "Issued by: itself", "Uses: vouching"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// Roots of old have no extensions with which they could say that they are authorities.
#[test]
fn a_root_of_version_1_can_be_believed() {
    let root = Party::root(Spec { version: 0, ..Spec::bare(dn("O=Old,CN=Root")) });
    let profile = Profile::new();
    let file = profile.file("root.cer", root.certificate.as_der());
    profile.run([os("trust"), os("add"), file.as_os_str()]).succeeds();
    // But somebody's own certificate is no authority.
    let person = Party::root(Spec { version: 0, ..Spec::bare(dn("CN=Robin,E=robin@example.org")) });
    let file = profile.file("robin.cer", person.certificate.as_der());
    profile.run([os("trust"), os("add"), file.as_os_str()]).fails();
}

/// Two keys that became one identity because a third certificate names both addresses: each address signs with its own.
#[test]
fn each_address_is_signed_for_with_its_own_key() {
    let profile = Profile::new();
    let import = |name: &str, names: &[&str]| {
        let party = Party::root(person(&format!("CN={name}"), names));
        let pem = |label: &str, der: &[u8]| {
            let base64 = base64_simd::STANDARD.encode_to_string(der);
            format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
        };
        let key = pem("PRIVATE KEY", party.key.to_pkcs8_der().expose());
        let both = key + &pem("CERTIFICATE", party.certificate.as_der());
        let file = profile.file(&format!("{name}.pem"), both);
        profile.run([os("identity"), os("import"), file.as_os_str()]).succeeds();
        party.certificate.fingerprint().to_string()
    };
    let home = import("home", &["email:r@home.example"]);
    let work = import("work", &["email:r@work.example"]);
    let both = import("both", &["email:r@home.example", "email:r@work.example", "email:r@more.example"]);
    let listed = profile.run(["--json", "identity", "list"]).succeeds().json();
    assert_eq!(listed["identities"].as_array().unwrap().len(), 1);
    let text = profile.run(["identity", "list"]).succeeds().text();
    for part in
        ["Addresses: r@home.example, r@work.example, r@more.example", "Name: CN=home", "Issued by: itself"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for (address, good) in [
        ("r@home.example", vec![&home, &both]),
        ("r@work.example", vec![&work, &both]),
        ("r@more.example", vec![&both]),
    ] {
        let out = format!("{address}.eml");
        profile.seal(address, address, "Hello", &out, &[]);
        let opened = profile.open(&profile.path(&out)).succeeds().json();
        let signer = opened["signature"]["signer"]["fingerprint"].as_str().unwrap().to_owned();
        assert!(good.contains(&&signer), "{opened:#}");
        assert_eq!(opened["signature"]["matches_from"], true);
    }
}
