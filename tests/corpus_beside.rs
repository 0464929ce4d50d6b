//! What lies beside the messages of the standards, RFC 4134 and RFC 9936: certificates, keys, revocation lists, contents. The
//! folder is named by `WAXSEAL_CORPUS`; without it each test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{Profile, corpus, os};

/// `open` names what it is no message of.
#[track_caller]
fn is_called(profile: &Profile, file: &Path, cause: &str, remedy: &str) {
    let answer = profile.open(file).fails().json();
    let said = |field: &str| answer["error"][field].as_str().unwrap().to_owned();
    assert!(
        said("cause").contains(cause) && said("remedy").contains(remedy),
        "{}: {answer:#}",
        file.display()
    );
}

/// The files of a folder without those named, with what their names end in.
fn others(folder: &Path, messages: &[&str]) -> Vec<(std::path::PathBuf, String)> {
    let mut left: Vec<&str> = messages.to_vec();
    let mut others = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        match left.iter().position(|message| *message == name) {
            Some(place) => _ = left.remove(place),
            None => others.push((entry.path(), name.rsplit('.').next().unwrap().to_owned())),
        }
    }
    assert!(left.is_empty(), "not in the corpus: {left:?}");
    others.sort();
    others
}

#[test]
fn every_other_file_of_rfc_4134_is_what_it_is() {
    let Some(folder) = corpus("rfc4134") else { return };
    // Opened in corpus_odd, corpus_signed and corpus_encrypted.
    let messages = [
        "3.1.bin", "3.2.bin", "4.1.bin", "4.2.bin", "4.3.bin", "4.4.bin", "4.5.bin", "4.6.bin", "4.7.bin",
        "4.8.eml", "4.9.eml", "4.10.bin", "4.11.bin", "5.1.bin", "5.2.bin", "5.3.eml", "6.0.bin", "7.1.bin",
        "7.2.bin",
    ];
    let profile = Profile::new();
    for (file, kind) in others(&folder, &messages) {
        match kind.as_str() {
            "cer" => {
                is_called(&profile, &file, "It is a certificate", "contact import");
                profile.import_contact(&file);
            }
            "crl" => {
                is_called(&profile, &file, "revocation list", "trust crl");
                let kept = profile.run([os("trust"), os("crl"), file.as_os_str()]).succeeds().text();
                assert!(kept.contains("The revocation list of Carl"), "{kept}");
            }
            "pri" => {
                is_called(&profile, &file, "It is a private key", "identity import");
                // One that signs with DSA only is of no use here, and says so before it says what is missing.
                let dsa = file.to_string_lossy().contains("DSS");
                let run = profile.run([os("identity"), os("import"), file.as_os_str()]).fails();
                let words = if dsa { "of the kind DSA" } else { "without its certificate" };
                assert!(run.stderr.contains(words), "{}: {}", file.display(), run.stderr);
            }
            // The content of the examples, and the standard itself.
            "bin" | "txt" => is_called(&profile, &file, "It is plain text", "another file"),
            other => panic!("{}: what is {other}?", file.display()),
        }
    }
    let people = profile.run(["contact", "list"]).succeeds().text();
    for person in ["AliceDSS", "AliceRSA", "BobRSA", "DianeDSS", "DianeRSA"] {
        assert!(people.contains(person), "{people}");
    }
}

#[test]
fn every_other_file_of_the_ml_kem_example_is_what_it_is() {
    let Some(folder) = corpus("lamps-pqc/cms-kyber/example") else { return };
    let profile = Profile::new();
    for (file, kind) in others(&folder, &["ML-KEM-512.cms"]) {
        let name = file.file_name().unwrap().to_str().unwrap();
        match (kind.as_str(), name) {
            ("priv", _) => {
                is_called(&profile, &file, "It is a private key", "identity import");
                let run = profile.run([os("identity"), os("import"), file.as_os_str()]).fails();
                assert!(run.stderr.contains("of the kind ML-"), "{name}: {}", run.stderr);
            }
            ("pem", "mldsa65RootCA.pem") => {
                is_called(&profile, &file, "It is a certificate", "contact import");
                profile.run([os("trust"), os("add"), file.as_os_str()]).succeeds();
            }
            ("pem", _) => {
                is_called(&profile, &file, "It is a certificate", "contact import");
                let run = profile.run([os("contact"), os("import"), file.as_os_str()]).fails();
                assert!(run.stderr.contains("names no mail address"), "{}", run.stderr);
            }
            // Every value on the way, in hexadecimal; the public key by itself.
            ("txt" | "keyid" | "pub" | "srl", _) => is_called(&profile, &file, "plain text", "another file"),
            (other, _) => panic!("{name}: what is {other}?"),
        }
    }
}
