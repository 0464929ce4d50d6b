//! Asking an authority for a certificate, with OpenSSL as the authority.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::authority::Authority;
use common::{Profile, installed, openssl, os};
use serde_json::Value;

const ROBIN: &str = "robin@example.org";
const KIM: &str = "kim@example.org";

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new("Household"))
}

/// `identity request` for Robin; the file.
#[track_caller]
fn requested(by: &Profile, key: &str, file: &str, more: &[&str]) -> PathBuf {
    let out = by.path(file);
    let words = ["identity", "request", "--name", "Robin", "--email", ROBIN];
    by.run(words.iter().chain(more).map(OsStr::new).chain([
        os("--key"),
        os(key),
        os("--out"),
        out.as_os_str(),
    ]))
    .succeeds();
    out
}

#[track_caller]
fn listed(by: &Profile) -> Value {
    by.run(["--json", "identity", "list"]).succeeds().json()
}

#[track_caller]
fn imported(by: &Profile, file: &Path) -> Value {
    by.run([os("--json"), os("identity"), os("import"), file.as_os_str()]).succeeds().json()["imported"]
        .clone()
}

/// The answer of an authority, in four kinds of clothing.
fn answers(signed: &Path) -> Vec<PathBuf> {
    let file = |extension: &str| signed.with_extension(extension);
    let intermediate = &authority().intermediate;
    let chain = file("chain.pem");
    fs::write(&chain, [fs::read(intermediate).unwrap(), fs::read(signed).unwrap()].concat()).unwrap();
    let (cer, p7b, p7c) = (file("cer"), file("p7b"), file("p7c"));
    openssl(["x509", "-outform", "DER", "-in"].map(os).into_iter().chain([
        signed.as_os_str(),
        os("-out"),
        cer.as_os_str(),
    ]));
    for (form, out) in [("PEM", &p7b), ("DER", &p7c)] {
        openssl(["crl2pkcs7", "-nocrl", "-outform", form, "-certfile"].map(os).into_iter().chain([
            chain.as_os_str(),
            os("-out"),
            out.as_os_str(),
        ]));
    }
    vec![cer, chain, p7b, p7c]
}

#[test]
fn the_answer_completes_the_identity() {
    if !installed("openssl") {
        return;
    }
    for (kind, place) in [("p256", 0), ("rsa2048", 1), ("p384", 2), ("rsa2048", 3)] {
        let robin = Profile::new();
        let request = requested(&robin, kind, "robin.csr", &[]);
        assert!(fs::read_to_string(&request).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        let waiting = listed(&robin);
        assert_eq!(waiting["identities"].as_array().unwrap().len(), 0);
        assert_eq!(waiting["requests"][0]["addresses"][0], ROBIN, "{waiting:#}");
        assert!(robin.run(["identity", "list"]).succeeds().text().contains("waits for an authority"));

        let signed = robin.path("robin.pem");
        authority().sign(&request, &signed);
        let answer = answers(&signed).swap_remove(place);
        let first = imported(&robin, &answer);
        assert_eq!(
            (&first[0]["result"], &first[0]["reading_only"]),
            (&"new".into(), &false.into()),
            "{first:#}"
        );
        assert_eq!(first[0]["answers_request"], waiting["requests"][0]["key_fingerprint"]);
        assert_eq!(
            imported(&robin, &answer)[0]["result"],
            "already-there",
            "repeated import changes nothing"
        );
        let complete = listed(&robin);
        assert_eq!(complete["requests"].as_array().unwrap().len(), 0, "{complete:#}");
        assert_eq!(complete["identities"][0]["keys"][0]["signs"], true);
        let keys = fs::read_dir(robin.profile().join("keys")).unwrap();
        let pem = keys.filter(|entry| entry.as_ref().unwrap().path().extension() == Some(os("pem"))).count();
        assert_eq!(pem, 1, "the key has its certificate's name now, and no other");

        if place == 0 {
            // The authority's own certificate comes later; the same answer once more takes it along.
            robin.import_contact(&authority().intermediate);
            imported(&robin, &answer);
        }

        let kim = Profile::with_identity("Kim", KIM, "p256");
        for (from, to, writer, reader) in [(ROBIN, KIM, &robin, &kim), (KIM, ROBIN, &kim, &robin)] {
            reader.import_contact(&writer.certificate(from, "own.p7c"));
            writer.import_contact(&reader.certificate(to, "own.p7c"));
            writer.seal(from, to, "With an authority's blessing.\n", "note.eml", &[]).succeeds();
        }
        robin.open(&kim.path("note.eml")).succeeds();
        kim.run([os("trust"), os("add"), authority().root.as_os_str()]).succeeds();
        let note = kim.open(&robin.path("note.eml")).succeeds().json();
        assert_eq!(note["signature"]["trust"], "ca", "the chain went along: {note:#}");
    }
}

#[test]
fn an_authority_may_certify_the_same_key_again() {
    if !installed("openssl") {
        return;
    }
    let robin = Profile::new();
    let request = requested(&robin, "p256", "robin.p10", &["--email", "r@work.example"]);
    assert_eq!(fs::read(&request).unwrap()[0], 0x30, "DER");
    let pem = robin.path("robin.csr");
    openssl(["req", "-inform", "DER", "-verify", "-in"].map(os).into_iter().chain([
        request.as_os_str(),
        os("-out"),
        pem.as_os_str(),
    ]));
    let (first, second) = (robin.path("first.pem"), robin.path("second.pem"));
    authority().sign(&pem, &first);
    authority().sign(&pem, &second);
    assert_eq!(imported(&robin, &first)[0]["result"], "new");
    assert_eq!(imported(&robin, &second)[0]["result"], "merged");
    let identities = listed(&robin);
    assert_eq!(identities["identities"][0]["keys"].as_array().unwrap().len(), 2, "{identities:#}");
    assert_eq!(identities["identities"][0]["addresses"].as_array().unwrap().len(), 2);
}

#[test]
fn what_answers_nothing_is_refused() {
    if !installed("openssl") {
        return;
    }
    let robin = Profile::new();
    let other = Profile::with_identity("Other", "other@example.org", "p256");
    let certificate = other.certificate("other@example.org", "other.cer");
    let import = |file: &Path| robin.run([os("identity"), os("import"), file.as_os_str()]).fails().stderr;
    assert!(import(&certificate).contains("no private key"));
    let request = requested(&robin, "p256", "robin.csr", &[]);
    assert!(import(&certificate).contains("answers none of your requests"));
    import(&request);
    let own = other.run([os("identity"), os("import"), certificate.as_os_str()]).fails();
    assert!(own.stderr.contains("contact import"), "{}", own.stderr);
    assert_eq!(listed(&robin)["requests"].as_array().unwrap().len(), 1);
}

#[test]
fn an_answer_for_another_address_says_so() {
    if !installed("openssl") {
        return;
    }
    let robin = Profile::new();
    let request = requested(&robin, "p256", "robin.csr", &["--email", "r@work.example"]);
    let signed = robin.path("robin.pem");
    fs::write(authority().path("one.ext"), format!("subjectAltName=email:{ROBIN}\n")).unwrap();
    let (ca, key, one) =
        (&authority().intermediate, authority().path("intermediate.key"), authority().path("one.ext"));
    let words =
        [os("x509"), os("-req"), os("-in"), request.as_os_str(), os("-CA"), ca.as_os_str(), os("-CAkey")];
    let files = [key.as_os_str(), os("-extfile"), one.as_os_str(), os("-out"), signed.as_os_str()];
    openssl(words.into_iter().chain(files));
    let said = robin.run([os("identity"), os("import"), signed.as_os_str()]).succeeds().text();
    assert!(said.contains("not for r@work.example"), "{said}");
}

#[test]
fn a_request_is_given_up_only_on_purpose() {
    let robin = Profile::new();
    requested(&robin, "p256", "robin.csr", &[]);
    let key = listed(&robin)["requests"][0]["key_fingerprint"].as_str().unwrap().to_owned();
    robin.run(["identity", "delete", &key]).fails();
    assert_eq!(listed(&robin)["requests"].as_array().unwrap().len(), 1);
    robin.run(["identity", "delete", &key, "--yes"]).succeeds();
    assert_eq!(listed(&robin)["requests"].as_array().unwrap().len(), 0);
    robin.run(["identity", "delete", &key, "--yes"]).fails();
    let keys = fs::read_dir(robin.profile().join("keys")).unwrap();
    assert!(keys.filter_map(Result::ok).all(|entry| entry.path().extension() != Some(os("pem"))));
}

#[test]
fn a_request_that_cannot_be_written_leaves_nothing() {
    let robin = Profile::new();
    let out = robin.path("no/such/folder/robin.csr");
    let words = ["identity", "request", "--name", "Robin", "--email", ROBIN, "--key", "p256", "--out"];
    robin.run(words.map(os).into_iter().chain([out.as_os_str()])).fails();
    assert_eq!(listed(&robin)["requests"].as_array().unwrap().len(), 0);
    robin.run(["identity", "request", "--name", "Robin", "--out", "x.csr"]).exits(2);
}
