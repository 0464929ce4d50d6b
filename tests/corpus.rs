//! Messages that other programs made: OpenSSL, BouncyCastle, GpgSM, NSS, pyca, PKI.js, forge and M2Crypto; and the identities of
//! RFC 9216. The folder is named by `WAXSEAL_CORPUS`; without it each test says that it skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::{Profile, os};
use serde_json::Value;

/// Files under `peers` that are sealed, all to the same text.
const SEALED: &[&str] = &[
    "bc.ec.cbc.der",
    "bc.ec.gcm.der",
    "bc.oaep.cbc.der",
    "bc.oaep.gcm.der",
    "bc.rsa.cbc.der",
    "bc.rsa.gcm.der",
    "e.ec.cbc.der",
    "e.ec.cbc.eml",
    "e.ec.cbc.kdf256.der",
    "e.ec.cbc.kdf256.eml",
    "e.ec.gcm.der",
    "e.ec.gcm.eml",
    "e.multi.cbc.der",
    "e.multi.cbc.eml",
    "e.rsa.cbc.der",
    "e.rsa.cbc.eml",
    "e.rsa.gcm.der",
    "e.rsa.gcm.eml",
    "e.rsa.oaep.der",
    "e.rsa.oaep.eml",
    "g.ec.der",
    "g.rsa.der",
    "g.x.der",
    "m2.eml",
    "n.rsa.der",
    "nf.rsa.der",
    "pk.ec.AES-CBC.der",
    "pk.rsa.AES-CBC.oaep.der",
    "py.rsa.AES128.der",
    "py.rsa.AES256.der",
];

/// Detached signatures over `msg.txt`.
const DETACHED: &[&str] = &[
    "bcs.Ed25519.der",
    "bcs.SHA256withECDSA.der",
    "bcs.SHA256withRSA.der",
    "bcs.SHA256withRSAandMGF1.der",
    "gs.ec.der",
    "gs.rsa.der",
    "nfs.rsa.der",
    "ns.ec.der",
    "ns.rsa.der",
    "pks.ECDSA.der",
    "pks.RSA-PSS.der",
    "pks.RSASSA-PKCS1-v1_5.der",
    "pys.ec.der",
    "pys.pss.der",
    "pys.rsa.der",
    "s.ec.det.der",
    "s.ed35.der",
    "s.pss.det.der",
    "s.rsa.det.der",
];

/// Signed messages that hold their content.
const SIGNED: &[&str] =
    &["m2s.eml", "s.ec.det.eml", "s.pss.det.eml", "s.rsa.det.eml", "s.rsa.opq.der", "s.rsa.opq.eml"];

/// What is no message that can be judged: identities, the text, a multipart without its second half, and AES-GCM where it is forbidden.
const OTHER: &[&str] = &["pk.ec.AES-GCM.der", "s.ed.det.eml", "msg.txt"];

/// The unpacked corpus, or `None` and a word about it.
fn corpus() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("WAXSEAL_CORPUS") else {
        eprintln!("skipped: WAXSEAL_CORPUS is not set");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(folder.join("peers").is_dir(), "WAXSEAL_CORPUS names {}, which holds no peers", folder.display());
    Some(folder)
}

/// Runs with a password file that holds `password`.
#[track_caller]
fn import(profile: &Profile, file: &Path, password: &str) -> common::Run {
    let password = profile.file("corpus-password", password);
    profile.run([os("identity"), os("import"), file.as_os_str(), os("--password-file"), password.as_os_str()])
}

/// Holds the RSA and the EC identity of `peers`, and their authority as a trust anchor.
fn holder(peers: &Path) -> &'static Profile {
    static HOLDER: OnceLock<Profile> = OnceLock::new();
    HOLDER.get_or_init(|| {
        let profile = Profile::new();
        for identity in ["rsa.p12", "ec.legacy.p12"] {
            import(&profile, &peers.join(identity), "test").succeeds();
        }
        profile.run([os("trust"), os("add"), peers.join("ca.crt").as_os_str()]).succeeds();
        profile
    })
}

/// Has no key; trusts the authority.
fn verifier(peers: &Path) -> Profile {
    let profile = Profile::new();
    profile.run([os("trust"), os("add"), peers.join("ca.crt").as_os_str()]).succeeds();
    profile
}

#[track_caller]
fn shows_the_message(opened: &Value, name: &str) {
    let text = opened["text"].as_str().unwrap_or_default();
    assert!(text.contains("Grüße aus dem Test.") && text.contains("Line two."), "{name}\n{opened:#}");
}

#[test]
fn every_file_of_peers_is_accounted_for() {
    let Some(corpus) = corpus() else { return };
    let mut known: BTreeSet<&str> = [SEALED, DETACHED, SIGNED, OTHER].concat().into_iter().collect();
    for entry in fs::read_dir(corpus.join("peers")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let identity = ["p12", "crt", "key"].map(OsStr::new).contains(&Path::new(&name).extension().unwrap());
        assert!(identity || known.remove(name.as_str()), "{name} is in no list");
    }
    assert!(known.is_empty(), "not in the corpus: {known:?}");
}

#[test]
fn what_peers_sealed_opens() {
    let Some(corpus) = corpus() else { return };
    let peers = corpus.join("peers");
    let message = fs::read(peers.join("msg.txt")).unwrap();
    for name in SEALED {
        let profile = holder(&peers);
        let opened = profile.open(&peers.join(name)).exits(3).json();
        assert_eq!(opened["encryption"]["state"], "encrypted", "{name}");
        shows_the_message(&opened, name);
        let out = profile.path(format!("{name}.plain"));
        profile.run([os("decrypt"), peers.join(name).as_os_str(), os("--out"), out.as_os_str()]).succeeds();
        assert_eq!(fs::read(out).unwrap(), message, "{name}");
    }
}

#[test]
fn what_peers_signed_verifies() {
    let Some(corpus) = corpus() else { return };
    let peers = corpus.join("peers");
    let profile = verifier(&peers);
    for name in SIGNED {
        let opened = profile.open(&peers.join(name)).exits(3).json();
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
        assert_eq!(opened["signature"]["trust"], "ca", "{name}\n{opened:#}");
        shows_the_message(&opened, name);
    }
}

#[test]
fn what_peers_signed_apart_verifies_over_its_file_and_over_no_other() {
    let Some(corpus) = corpus() else { return };
    let peers = corpus.join("peers");
    let profile = verifier(&peers);
    for certificate in ["rsa.crt", "ec.crt", "ed.crt"] {
        // Some of these carry no certificate at all.
        profile.import_contact(&peers.join(certificate));
    }
    let altered = profile.file("altered.txt", "Content-Type: text/plain\r\n\r\nSomething else.\r\n");
    let verify = |name: &str, content: &Path| {
        profile
            .run([
                os("--json"),
                os("open"),
                peers.join(name).as_os_str(),
                os("--detached"),
                content.as_os_str(),
            ])
            .exits(3)
            .json()
    };
    for name in DETACHED {
        let opened = verify(name, &peers.join("msg.txt"));
        assert_eq!(opened["signature"]["state"], "valid", "{name}\n{opened:#}");
        shows_the_message(&opened, name);
        assert_eq!(verify(name, &altered)["signature"]["state"], "invalid", "{name}");
    }
}

/// RFC 5084 forbids AES-GCM in EnvelopedData, where nothing carries the tag in its place.
#[test]
fn gcm_in_enveloped_data_is_never_taken_for_sealed() {
    let Some(corpus) = corpus() else { return };
    let peers = corpus.join("peers");
    let run = holder(&peers).open(&peers.join("pk.ec.AES-GCM.der"));
    assert!(matches!(run.code, Some(1 | 3)), "{:?}\n{}", run.code, run.stderr);
    assert_ne!(run.json()["encryption"]["authenticated"], true);
    assert!(run.text().contains("GCM"), "{}", run.text());
}

#[test]
fn both_recipes_of_every_supported_identity_import() {
    let Some(corpus) = corpus() else { return };
    for name in ["rsa", "ec", "ed"] {
        for recipe in ["p12", "legacy.p12"] {
            let profile = Profile::new();
            import(&profile, &corpus.join(format!("peers/{name}.{recipe}")), "test").succeeds();
            let listed = profile.run(["identity", "list"]).succeeds().text();
            assert!(listed.contains(&format!("{name}@example.com")), "{listed}");
        }
    }
    let profile = Profile::new();
    import(&profile, &corpus.join("peers/rsa.p12"), "wrong").fails();
}

/// Alice or Bob: separate certificates for signing and for decryption.
fn sample(corpus: &Path, name: &str) -> Profile {
    let profile = Profile::new();
    import(&profile, &corpus.join(format!("rfc9216/{name}.bin.p12")), name).succeeds();
    profile.run([os("trust"), os("add"), corpus.join("rfc9216/ca.rsa.crt").as_os_str()]).succeeds();
    profile
}

#[test]
fn the_sample_identities_exchange_notes_with_separate_certificates() {
    let Some(corpus) = corpus() else { return };
    let (alice, bob) = (sample(&corpus, "alice"), sample(&corpus, "bob"));
    for (profile, other) in [(&alice, "bob"), (&bob, "alice")] {
        for usage in ["sign", "encrypt"] {
            profile.import_contact(&corpus.join(format!("rfc9216/{other}.{usage}.crt")));
        }
    }
    alice.seal("alice@smime.example", "bob@smime.example", "Two keys each.\n", "note.eml", &[]).succeeds();
    let opened = bob.open(&alice.path("note.eml")).succeeds().json();
    assert_eq!(opened["signature"]["state"], "valid");
    assert_eq!(opened["signature"]["signer"]["address"], "alice@smime.example");
    assert_eq!(opened["signature"]["trust"], "ca", "{opened:#}");
    assert_eq!(opened["tier"], "probably-secure");
    bob.seal("bob@smime.example", "alice@smime.example", "And back.\n", "answer.eml", &[]).succeeds();
    assert_eq!(alice.open(&bob.path("answer.eml")).succeeds().json()["signature"]["state"], "valid");

    if common::installed("openssl") {
        let rfc = corpus.join("rfc9216");
        let inner = alice.path("inner.eml");
        common::openssl([
            os("cms"),
            os("-decrypt"),
            os("-in"),
            alice.path("note.eml").as_os_str(),
            os("-recip"),
            rfc.join("bob.encrypt.crt").as_os_str(),
            os("-inkey"),
            rfc.join("bob.encrypt.key").as_os_str(),
            os("-out"),
            inner.as_os_str(),
        ]);
        common::openssl([
            os("cms"),
            os("-verify"),
            os("-in"),
            inner.as_os_str(),
            os("-CAfile"),
            rfc.join("ca.rsa.crt").as_os_str(),
            os("-out"),
            os("/dev/null"),
        ]);
    }
}

#[test]
fn an_armoured_p12_imports_too() {
    let Some(corpus) = corpus() else { return };
    let profile = Profile::new();
    import(&profile, &corpus.join("rfc9216/alice.p12"), "alice").succeeds();
    assert!(profile.run(["identity", "list"]).succeeds().text().contains("alice@smime.example"));

    // Both halves of the pair leave as one file.
    let (p12, password) = (profile.path("alice.p12"), profile.file("export-password", "x"));
    let file = [os("--out"), p12.as_os_str(), os("--password-file"), password.as_os_str()];
    profile.run(["identity", "export", "alice@smime.example"].map(os).into_iter().chain(file)).succeeds();
    let other = Profile::new();
    import(&other, &p12, "x").succeeds();
    let keys = other.run(["--json", "identity", "list"]).succeeds().json();
    assert_eq!(keys["identities"][0]["keys"].as_array().unwrap().len(), 2, "{keys:#}");
}

/// Carlos and Dana sign with Ed25519, and are sealed to under X25519.
#[test]
fn the_sample_identities_on_curve_25519_import() {
    let Some(corpus) = corpus() else { return };
    let rfc = corpus.join("rfc9216");
    let (carlos, dana) = (Profile::new(), Profile::new());
    for (profile, name, other) in [(&carlos, "carlos", "dana"), (&dana, "dana", "carlos")] {
        import(profile, &rfc.join(format!("{name}.bin.p12")), name).succeeds();
        profile.run([os("trust"), os("add"), rfc.join("ca.25519.crt").as_os_str()]).succeeds();
        for usage in ["sign", "encrypt"] {
            profile.import_contact(&rfc.join(format!("{other}.{usage}.crt")));
        }
    }
    let options = &["--sign-only"];
    carlos.seal("carlos@smime.example", "dana@smime.example", "Signed.\n", "note.eml", options).succeeds();
    let opened = dana.open(&carlos.path("note.eml")).exits(3).json();
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    assert_eq!(opened["signature"]["trust"], "ca", "{opened:#}");
    assert_eq!(opened["signature"]["digest"], "SHA-512");
}
