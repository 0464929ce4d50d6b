//! Revocation lists, as a person brings them and as messages carry them: made by the real `openssl ca -gencrl`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "crl/household.rs"]
mod household;

use std::fs;

use common::{Profile, corpus, installed, os};
use household::{Household, KIM, ROBIN};
use serde_json::Value;

/// A profile that trusts the household's root.
fn believer(house: &Household) -> Profile {
    let profile = Profile::new();
    profile.run([os("trust"), os("add"), house.path("root.pem").as_os_str()]).succeeds();
    profile
}

#[track_caller]
fn trust_of(opened: &Value, expected: &str, finding: &str) {
    assert_eq!(opened["signature"]["trust"], expected, "{opened:#}");
    let findings = opened["findings"].as_array().unwrap();
    let found = findings.iter().any(|one| one["text"].as_str().unwrap().contains(finding));
    assert!(found, "{finding:?} is not in {findings:#?}");
}

#[track_caller]
fn opened(profile: &Profile, message: &std::path::Path, time: Option<&str>) -> Value {
    let mut arguments = vec![os("--json"), os("open"), message.as_os_str()];
    if let Some(time) = time {
        arguments.extend([os("--time"), os(time)]);
    }
    profile.run(arguments).exits(3).json()
}

#[test]
fn what_an_authority_takes_back_counts_no_longer() {
    let Some(house) = Household::new() else { return };
    let profile = believer(&house);
    let (robin, kim) = (house.signed_by("robin"), house.signed_by("kim"));
    trust_of(&opened(&profile, &robin, None), "ca", "Whether it was revoked is not known.");

    // Nobody is taken back: both lists are needed, of the authority and of the root.
    house.list("middle", "empty.crl", &[]);
    house.list("root", "root.crl", &[]);
    let run = profile.run([os("trust"), os("crl"), house.path("empty.crl").as_os_str()]).succeeds();
    assert!(run.text().contains("The revocation list of Middle"), "{}", run.text());
    trust_of(&opened(&profile, &robin, None), "ca", "Whether it was revoked is not known.");
    profile.run([os("trust"), os("crl"), house.path("root.crl").as_os_str()]).succeeds();
    trust_of(&opened(&profile, &robin, None), "ca", "Not revoked, by the list of");

    // Robin is.
    house.revoke("middle", "robin", "keyCompromise");
    house.list("middle", "newer.crl", &[]);
    let run = profile.run([os("--json"), os("trust"), os("crl"), house.path("newer.crl").as_os_str()]);
    let taken = run.succeeds().json();
    assert_eq!(taken["lists"][0]["entries"], 1, "{taken:#}");
    assert_eq!(taken["lists"][0]["result"], "new");
    assert_eq!(taken["lists"][0]["signer_known"], false, "the authority comes with its mails only");
    let verdict = opened(&profile, &robin, None);
    trust_of(&verdict, "revoked", "Middle took this certificate back on");
    assert_eq!(verdict["signature"]["state"], "valid", "the mathematics is another question");
    assert_eq!(verdict["tier"], "not-secure");
    trust_of(&opened(&profile, &kim, None), "ca", "Not revoked");

    // The newer one has replaced the older, and the older does not come back.
    let listed = profile.run(["--json", "trust", "list"]).succeeds().json();
    let lists = listed["revocation_lists"].as_array().unwrap();
    assert_eq!(lists.len(), 2, "{listed:#}");
    let again = profile.run([os("--json"), os("trust"), os("crl"), house.path("empty.crl").as_os_str()]);
    assert_eq!(again.succeeds().json()["lists"][0]["result"], "older");
    trust_of(&opened(&profile, &robin, None), "revoked", "took this certificate back");
    let shown = profile.run(["trust", "list"]).succeeds().text();
    assert!(shown.contains("one certificate is taken back"), "{shown}");

    // Forgetting the list brings the question back.
    let fingerprint =
        lists.iter().find(|list| list["entries"] == 1).unwrap()["fingerprint"].as_str().unwrap();
    profile.run(["trust", "remove", fingerprint]).succeeds();
    trust_of(&opened(&profile, &robin, None), "ca", "Whether it was revoked is not known.");
    profile.run(["trust", "remove", fingerprint]).fails();
}

#[test]
fn an_authority_that_was_taken_back_vouches_for_nobody() {
    let Some(house) = Household::new() else { return };
    let profile = believer(&house);
    let robin = house.signed_by("robin");
    house.revoke("root", "middle", "cACompromise");
    house.list("root", "root.crl", &[]);
    profile.run([os("trust"), os("crl"), house.path("root.crl").as_os_str()]).succeeds();
    trust_of(&opened(&profile, &robin, None), "revoked", "Root took back the certificate of Middle");
    // Who compared the key needs no authority.
    profile.import_contact(&robin);
    let fingerprint = house.fingerprint("robin");
    profile.run(["contact", "verify", ROBIN, "--fingerprint", &fingerprint]).succeeds();
    trust_of(&opened(&profile, &robin, None), "in-person", "Checked: in person");
}

#[test]
fn a_list_that_cannot_be_used_leaves_the_question_open() {
    let Some(house) = Household::new() else { return };
    let kim = house.signed_by("kim");
    house.revoke("middle", "robin", "superseded");
    house.list("root", "root.crl", &[]);
    house.list("middle", "list.crl", &["-crldays", "5"]);
    let profile = believer(&house);
    for file in ["root.crl", "list.crl"] {
        profile.run([os("trust"), os("crl"), house.path(file).as_os_str()]).succeeds();
    }
    // Out of date: silence says nothing any more, what was taken back stays so.
    let later = house.days(20);
    trust_of(&opened(&profile, &kim, Some(&later)), "ca", "is not known: the list of Middle is of");
    let robin = house.signed_by("robin");
    trust_of(&opened(&profile, &robin, Some(&later)), "revoked", "another one stands in its place");
    let listed = profile.run(["trust", "list", "--time", &later]).succeeds().text();
    assert!(listed.contains("it is out of date since"), "{listed}");

    // One that has something unknown in it vouches for nobody, and takes back what it names.
    house.list("middle", "odd.crl", &["-crlexts", "odd"]);
    let profile = believer(&house);
    for file in ["root.crl", "odd.crl"] {
        profile.run([os("trust"), os("crl"), house.path(file).as_os_str()]).succeeds();
    }
    trust_of(&opened(&profile, &kim, None), "ca", "has something that is not understood here");
    trust_of(&opened(&profile, &robin, None), "revoked", "another one stands in its place");

    // By somebody else with the same name; damaged; nothing at all.
    house.forge("middle", "forged.crl");
    let mut damaged = fs::read(house.path("list.crl")).unwrap();
    damaged.truncate(200);
    fs::write(house.path("damaged.crl"), damaged).unwrap();
    fs::write(house.path("text.crl"), "Hello.\n").unwrap();
    let profile = believer(&house);
    profile.import_contact(&house.path("middle.pem"));
    for (file, words) in [
        ("forged.crl", "not genuine"),
        ("damaged.crl", "damaged"),
        ("text.crl", "no revocation list"),
        ("middle.pem", "no revocation list"),
        ("absent.crl", "not found"),
    ] {
        let run = profile.run([os("trust"), os("crl"), house.path(file).as_os_str()]).fails();
        assert!(run.stderr.contains(words), "{file}: {}", run.stderr);
    }
    trust_of(&opened(&profile, &robin, None), "ca", "Whether it was revoked is not known.");
    // Each file stands alone.
    let [bad, good] = ["text.crl", "list.crl"].map(|file| house.path(file));
    let run = profile.run([os("--json"), os("trust"), os("crl"), bad.as_os_str(), good.as_os_str()]).exits(1);
    let both = run.json();
    assert_eq!(both["lists"].as_array().unwrap().len(), 1, "{both:#}");
    assert!(both["error"]["summary"].is_string() && both["failed"][0]["file"].is_string());
    trust_of(&opened(&profile, &robin, None), "revoked", "took this certificate back");
}

#[test]
fn a_list_waits_for_its_authority() {
    let Some(house) = Household::new() else { return };
    let robin = house.signed_by("robin");
    house.revoke("middle", "robin", "");
    house.list("middle", "list.crl", &[]);
    let profile = Profile::new();
    let run = profile.run([os("trust"), os("crl"), house.path("list.crl").as_os_str()]).succeeds();
    assert!(run.text().contains("Who signed it is not known here yet"), "{}", run.text());
    trust_of(&opened(&profile, &robin, None), "untrusted", "no authority");
    profile.run([os("trust"), os("add"), house.path("root.pem").as_os_str()]).succeeds();
    trust_of(&opened(&profile, &robin, None), "revoked", "Middle took this certificate back on");
}

#[test]
fn lists_come_in_every_clothing() {
    let Some(house) = Household::new() else { return };
    let robin = house.signed_by("robin");
    house.revoke("middle", "robin", "affiliationChanged");
    house.list("middle", "list.crl", &[]);
    house.list("root", "root.crl", &[]);
    let crl = |words: &[&str]| house.openssl(&[&["crl", "-in", "list.crl"], words].concat());
    crl(&["-outform", "DER", "-out", "list.der"]);
    crl(&["-text", "-out", "list.txt"]);
    let bundle = ["crl2pkcs7", "-certfile", "middle.pem", "-in", "list.crl"];
    house.openssl(&[&bundle[..], &["-out", "list.p7b"]].concat());
    house.openssl(&[&bundle[..], &["-outform", "DER", "-out", "list.p7c"]].concat());
    let both =
        [fs::read(house.path("root.crl")).unwrap(), fs::read(house.path("list.crl")).unwrap()].concat();
    let crlf = String::from_utf8(both.clone()).unwrap().replace('\n', "\r\n");
    fs::write(house.path("both.pem"), both).unwrap();
    fs::write(house.path("crlf.pem"), crlf).unwrap();
    for (file, lists) in
        [("list.der", 1), ("list.txt", 1), ("list.p7b", 1), ("list.p7c", 1), ("both.pem", 2), ("crlf.pem", 2)]
    {
        let profile = believer(&house);
        let run =
            profile.run([os("--json"), os("trust"), os("crl"), house.path(file).as_os_str()]).succeeds();
        assert_eq!(run.json()["lists"].as_array().unwrap().len(), lists, "{file}");
        trust_of(&opened(&profile, &robin, None), "revoked", "what it says is no longer so");
    }
    // A list is no certificate.
    let run = Profile::new().run([os("contact"), os("import"), house.path("list.der").as_os_str()]).fails();
    assert!(run.stderr.contains("trust crl"), "{}", run.stderr);
}

#[test]
fn a_message_may_carry_lists_and_they_are_not_kept() {
    let Some(house) = Household::new() else { return };
    house.revoke("middle", "robin", "");
    house.list("middle", "list.crl", &[]);
    house.list("root", "root.crl", &[]);
    let profile = believer(&house);
    let before = profile.state();
    for (who, trust, finding) in
        [("robin", "revoked", "took this certificate back"), ("kim", "ca", "Not revoked")]
    {
        let plain = house.signed_by(who);
        let with_lists = house.with_lists(&plain, &["list.crl", "root.crl"]);
        trust_of(&opened(&profile, &with_lists, None), trust, finding);
        trust_of(&opened(&profile, &plain, None), "ca", "Whether it was revoked is not known.");
    }
    assert_eq!(profile.state(), before);
    // Who wants to keep them says so.
    let mail = house.path("robin.eml.lists.eml");
    let taken = profile.run([os("--json"), os("trust"), os("crl"), mail.as_os_str()]).succeeds().json();
    assert_eq!(taken["lists"].as_array().unwrap().len(), 2, "{taken:#}");
    trust_of(&opened(&profile, &house.path("robin.eml"), None), "revoked", "took this certificate back");
}

#[test]
fn nothing_is_sealed_to_a_certificate_that_was_taken_back() {
    let Some(house) = Household::new() else { return };
    let profile = believer(&house);
    profile
        .run(["identity", "create", "--name", "Me", "--email", "me@example.org", "--key", "p256"])
        .succeeds();
    for who in ["robin", "kim"] {
        profile.import_contact(&house.signed_by(who));
    }
    house.revoke("middle", "robin", "keyCompromise");
    house.list("middle", "list.crl", &[]);
    profile.run([os("trust"), os("crl"), house.path("list.crl").as_os_str()]).succeeds();
    profile.seal("me@example.org", KIM, "Hello", "kim.eml", &[]).succeeds();
    let run = profile.seal("me@example.org", ROBIN, "Hello", "robin.eml", &[]).fails();
    assert!(run.stderr.contains("took the certificate") && run.stderr.contains("back"), "{}", run.stderr);
}

#[test]
fn a_key_that_was_taken_back_is_shown_as_such_and_neither_compared_nor_signed_with() {
    let Some(house) = Household::new() else { return };
    let (friend, robin) = (believer(&house), believer(&house));
    friend
        .run(["identity", "create", "--name", "Me", "--email", "me@example.org", "--key", "p256"])
        .succeeds();
    friend.import_contact(&house.signed_by("robin"));
    let pem = house.path("robin-whole.pem");
    let parts = ["robin.key", "robin.pem", "middle.pem"].map(|part| fs::read(house.path(part)).unwrap());
    fs::write(&pem, parts.concat()).unwrap();
    robin.import_identity(&pem);
    robin.import_contact(&house.signed_by("kim"));

    friend.run(["safety-number", ROBIN]).succeeds();
    robin.seal(ROBIN, KIM, "Hello", "before.eml", &[]).succeeds();
    house.revoke("middle", "robin", "keyCompromise");
    house.list("middle", "list.crl", &[]);
    for profile in [&friend, &robin] {
        profile.run([os("trust"), os("crl"), house.path("list.crl").as_os_str()]).succeeds();
    }
    let shown = friend.run(["--json", "contact", "show", ROBIN]).succeeds().json();
    assert!(shown["contact"]["keys"][0]["revoked"].is_string(), "{shown:#}");
    assert!(friend.run(["contact", "show", ROBIN]).succeeds().text().contains("TAKEN BACK by Middle"));
    let shown = robin.run(["--json", "contact", "show", KIM]).succeeds().json();
    assert!(shown["contact"]["keys"][0]["revoked"].is_null(), "{shown:#}");
    let run = friend.run(["safety-number", ROBIN]).fails();
    assert!(run.stderr.contains("taken back"), "{}", run.stderr);
    let run = robin.seal(ROBIN, KIM, "Hello", "after.eml", &[]).fails();
    assert!(run.stderr.contains("taken back"), "{}", run.stderr);
}

#[test]
fn the_lists_of_the_corpus_are_read() {
    let Some(folder) = corpus("rfc4134") else { return };
    let profile = Profile::new();
    for file in ["CarlDSSCRLForAll", "CarlDSSCRLEmpty", "CarlRSACRLForAll", "CarlRSACRLForCarl"] {
        let file = folder.join(format!("{file}.crl"));
        profile.run([os("trust"), os("crl"), file.as_os_str()]).succeeds();
    }
    let listed = profile.run(["--json", "trust", "list"]).succeeds().json();
    let entries: Vec<_> = listed["revocation_lists"]
        .as_array()
        .unwrap()
        .iter()
        .map(|list| (list["issuer"].as_str().unwrap().to_owned(), list["entries"].as_u64().unwrap()))
        .collect();
    // Version 1 lists have no number: the later one of each authority is kept.
    assert_eq!(entries, [("CN=CarlDSS".to_owned(), 5), ("CN=CarlRSA".to_owned(), 3)]);
    // Who trusts Carl is told that MD5 cannot be checked.
    profile.run([os("trust"), os("add"), folder.join("CarlRSASelf.cer").as_os_str()]).succeeds();
    let file = folder.join("CarlRSACRLForCarl.crl");
    let run = profile.run([os("trust"), os("crl"), file.as_os_str()]).fails();
    assert!(run.stderr.contains("cannot be checked"), "{}", run.stderr);
}

#[test]
fn a_revoked_intermediate_of_mimekit_is_noticed() {
    let Some(folder) = corpus("mimekit") else { return };
    if !installed("openssl") {
        return;
    }
    let Some(house) = Household::of_mimekit(&folder) else { return };
    let profile = believer(&house);
    let robin = house.signed_by("robin");
    trust_of(&opened(&profile, &robin, None), "ca", "Whether it was revoked is not known.");
    house.revoke("root", "middle", "keyCompromise");
    house.list("root", "root.crl", &[]);
    profile.run([os("trust"), os("crl"), house.path("root.crl").as_os_str()]).succeeds();
    trust_of(
        &opened(&profile, &robin, None),
        "revoked",
        "took back the certificate of MimeKit Revoked Intermediate CA",
    );
}
