//! Signatures of other programs and of the standards: BouncyCastle, pyca, RFC 4134, RFC 9882. The folder is named by
//! `WAXSEAL_CORPUS`; without it each test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{Profile, Run, corpus, os};
use serde_json::Value;

/// The names in a folder that do not end in one of `others`.
fn names(folder: &Path, others: &[&str]) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !others.iter().any(|other| name.ends_with(other))).collect()
}

#[track_caller]
fn are_all(listed: &[&str], found: BTreeSet<String>) {
    let listed: BTreeSet<String> = listed.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(listed, found);
}

fn over(profile: &Profile, signature: &Path, content: &Path) -> Run {
    let detached = [os("--detached"), content.as_os_str()];
    profile.run([os("--json"), os("open"), signature.as_os_str()].into_iter().chain(detached))
}

#[track_caller]
fn finds(opened: &Value, words: &str) {
    let findings = opened["findings"].to_string();
    assert!(findings.contains(words), "no {words:?}\n{opened:#}");
}

const WEAK: &str = "can be forged today";

/// RSASSA-PSS with each hash: over a content beside it (`…SHA256.sig`), and over one that it holds (`…SHA256Enc.sig`).
#[test]
fn the_pss_signatures_of_bouncycastle_verify() {
    let Some(folder) = corpus("bouncycastle") else { return };
    let content = folder.join("PSSSignData.data");
    let altered = [&fs::read(&content).unwrap()[..], b" "].concat();
    let profile = Profile::new();
    let altered = profile.file("altered", altered);
    let mut listed = vec!["LICENSE.md".to_owned(), "PSSSignData.data".to_owned()];
    for digest in ["SHA-1", "SHA-256", "SHA-512"] {
        let name = format!("PSSSignData{}", digest.replace('-', ""));
        let (beside, holds) = (format!("{name}.sig"), format!("{name}Enc.sig"));
        for opened in [
            over(&profile, &folder.join(&beside), &content).exits(3).json(),
            profile.open(&folder.join(&holds)).exits(3).json(),
        ] {
            assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
            assert_eq!(opened["signature"]["digest"], digest, "{name}\n{opened:#}");
            assert_eq!(opened["signature"]["covers_whole_message"], true, "{name}");
        }
        let opened = over(&profile, &folder.join(&beside), &altered).exits(3).json();
        assert_eq!(opened["signature"]["state"], "invalid", "{name}\n{opened:#}");
        // The content that such a file holds is shown, and nothing else is what it is over.
        let out = profile.path(&holds);
        profile.run([os("open"), folder.join(&holds).as_os_str(), os("--content"), out.as_os_str()]).exits(3);
        assert_eq!(fs::read(out).unwrap(), fs::read(&content).unwrap(), "{name}");
        over(&profile, &folder.join(&holds), &content).fails();
        listed.extend([beside, holds]);
    }
    // The rest is sealed, and opened elsewhere.
    let found = names(&folder, &[".asc", "ecc.crt", "ecc.key", "sess.txt"]);
    are_all(&listed.iter().map(String::as_str).collect::<Vec<_>>(), found);
}

/// What `pyca` signed, or only put into a signed form. What it sealed is opened elsewhere.
#[test]
fn the_files_of_pyca_are_what_they_are() {
    let Some(folder) = corpus("pyca/pkcs7") else { return };
    let (bundles, certificates) = (
        [("amazon-roots.der", 2), ("amazon-roots.p7b", 2), ("isrg.pem", 1)],
        ["ascii-san.pem", "non-ascii-san.pem"],
    );
    let mut listed = vec!["authenticode.der"];
    for (name, count) in bundles {
        let answer = Profile::new().open(&folder.join(name)).fails().json();
        assert!(answer["error"]["summary"].as_str().unwrap().contains("certificates"), "{name}: {answer:#}");
        assert!(answer["error"]["remedy"].as_str().unwrap().contains("contact import"), "{name}: {answer:#}");
        // They are authorities, so the person can choose them.
        let profile = Profile::new();
        profile.run([os("trust"), os("add"), folder.join(name).as_os_str()]).succeeds();
        let anchors = profile.run(["--json", "trust", "list"]).succeeds().json();
        assert_eq!(anchors["anchors"].as_array().unwrap().len(), count, "{name}\n{anchors:#}");
        listed.push(name);
    }
    for name in certificates {
        let answer = Profile::new().open(&folder.join(name)).fails().json();
        assert_eq!(answer["error"]["cause"], "It is a certificate.", "{name}\n{answer:#}");
        listed.push(name);
    }
    // The signature is over the octets inside of its content, which are no mail.
    let opened = Profile::new().open(&folder.join("authenticode.der")).exits(3).json();
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    finds(&opened, "structure can be read in different ways");
    are_all(&listed, names(&folder, &["enveloped.pem", "-oaep.pem", "-des.pem", "-no-content.der"]));
}

/// RFC 9882: signed with ML-DSA, and without a certificate.
#[test]
fn ml_dsa_is_named_as_not_yet_readable() {
    let Some(folder) = corpus("lamps-pqc/cms-ml-dsa/examples") else { return };
    let mut listed = Vec::new();
    for level in ["44", "65", "87"] {
        let name = format!("mldsa{level}-signed-attrs.pem");
        let opened = Profile::new().open(&folder.join(&name)).exits(3).json();
        assert_eq!(opened["signature"]["state"], "unknown-signer", "{opened:#}");
        assert_eq!(opened["tier"], "not-secure", "{opened:#}");
        assert_eq!(opened["text"], format!("ML-DSA-{level} signed-data example with signed attributes"));
        finds(
            &opened,
            &format!("signed with ML-DSA-{level}, a post-quantum method that Waxseal does not read yet"),
        );
        listed.push(name);
    }
    are_all(&listed.iter().map(String::as_str).collect::<Vec<_>>(), names(&folder, &[".txt"]));
}

/// RFC 4134 section 4: what each file holds besides a signature of 1024 bits over SHA-1.
#[test]
fn the_signed_examples_of_rfc_4134_verify_and_are_weak() {
    let Some(folder) = corpus("rfc4134") else { return };
    let content = folder.join("ExContent.bin");
    let profile = Profile::new();
    let examples = [
        ("4.1.bin", "AliceDSS"),
        ("4.2.bin", "AliceRSA"),
        ("4.3.bin", "AliceDSS"),
        ("4.4.bin", "AliceDSS"),
        ("4.5.bin", "AliceRSA"),
        ("4.6.bin", "AliceDSS"),
        ("4.7.bin", "AliceDSS"),
        ("4.8.eml", "AliceDSS"),
        ("4.9.eml", "AliceDSS"),
        ("4.10.bin", "AliceDSS"),
    ];
    let mut listed = vec!["4.11.bin"];
    for (name, signer) in examples {
        let file = folder.join(name);
        let opened = match name {
            "4.3.bin" => over(&profile, &file, &content),
            _ => profile.open(&file),
        };
        let opened = opened.exits(3).json();
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
        assert_eq!(opened["signature"]["signer"]["name"], signer, "{name}\n{opened:#}");
        assert_eq!(opened["signature"]["digest"], "SHA-1", "{name}");
        assert_eq!(opened["signature"]["covers_whole_message"], true, "{name}");
        assert_eq!(opened["tier"], "not-secure", "{name}");
        assert_eq!(opened["text"].as_str().unwrap().trim(), "This is some sample content.", "{name}");
        finds(&opened, WEAK);
        // Diane's key has its parameters from Carl's, and nothing says yet that Carl is to be believed.
        let others = opened["findings"].to_string().contains("Another signature");
        assert_eq!(others, name == "4.6.bin", "{name}\n{opened:#}");
        listed.push(name);
    }
    let other = over(&profile, &folder.join("4.3.bin"), &folder.join("4.1.bin")).exits(3).json();
    assert_eq!(other["signature"]["state"], "invalid", "{other:#}");
    let answer = profile.open(&folder.join("4.11.bin")).fails().json();
    assert!(answer["error"]["summary"].as_str().unwrap().contains("certificates"), "{answer:#}");
    let found = names(&folder, &[]).into_iter().filter(|name| name.starts_with("4."));
    are_all(&listed, found.collect());
}

/// RFC 4134 section 4.6: two signers. The key of the second has no parameters but those of its issuer's.
#[test]
fn inherited_dsa_parameters_come_from_an_authority_that_is_trusted() {
    let Some(folder) = corpus("rfc4134") else { return };
    let file = folder.join("4.6.bin");
    let alone = |profile: &Profile| profile.open(&file).exits(3).json()["findings"].to_string();
    let profile = Profile::new();
    assert!(alone(&profile).contains("Another signature"));
    // To have the authority's certificate is not to believe it.
    profile.import_contact(&folder.join("CarlDSSSelf.cer"));
    assert!(alone(&profile).contains("Another signature"));
    profile.run([os("trust"), os("add"), folder.join("CarlDSSSelf.cer").as_os_str()]).succeeds();
    let findings = alone(&profile);
    assert!(
        findings.contains("vouched for by CarlDSS") && !findings.contains("Another signature"),
        "{findings}"
    );
}
