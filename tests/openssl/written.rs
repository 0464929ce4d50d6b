//! What Waxseal writes, OpenSSL opens and verifies.

use std::fs;
use std::path::Path;

use crate::common::{self, Peer, Profile, installed, openssl, os, peer};
use crate::{KINDS, reader, writer};

/// OpenSSL takes a sealed mail apart: decrypts with the peer's key, verifies against the writer's certificate; the result is the
/// inner MIME entity.
#[track_caller]
fn openssl_reads(writer: &Profile, from: &str, to: &Peer, sealed: &Path) -> String {
    let inner = writer.path(format!("{}.inner.eml", sealed.file_name().unwrap().to_string_lossy()));
    openssl([
        os("cms"),
        os("-decrypt"),
        os("-in"),
        sealed.as_os_str(),
        os("-recip"),
        to.certificate.as_os_str(),
        os("-inkey"),
        to.key.as_os_str(),
        os("-out"),
        inner.as_os_str(),
        os("-binary"),
    ]);
    openssl_verifies(writer, from, &inner)
}

#[track_caller]
fn openssl_verifies(writer: &Profile, from: &str, signed: &Path) -> String {
    let name = signed.file_name().unwrap().to_string_lossy();
    let certificate = writer.certificate(from, &format!("{name}.signer.pem"));
    let content = writer.path(format!("{name}.content"));
    openssl([
        os("cms"),
        os("-verify"),
        os("-in"),
        signed.as_os_str(),
        os("-CAfile"),
        certificate.as_os_str(),
        os("-out"),
        content.as_os_str(),
    ]);
    fs::read_to_string(content).unwrap()
}

#[test]
fn openssl_opens_and_verifies_what_waxseal_seals() {
    if !installed("openssl") {
        return;
    }
    let attachment = writer().file("numbers.csv", "iban,amount\nDE02,17\n");
    let attachment = attachment.to_string_lossy();
    for kind in KINDS {
        let to = peer(kind);
        let out = format!("sealed.{kind}.eml");
        let more = ["--subject", "Zahlen", "--attach", &attachment];
        writer()
            .seal("wanda@example.com", &to.address, "The numbers are attached.\n", &out, &more)
            .succeeds();
        let entity = openssl_reads(writer(), "wanda@example.com", to, &writer().path(&out));
        assert!(entity.contains("The numbers are attached."), "{kind}\n{entity}");
        assert!(entity.contains("numbers.csv"), "{kind}\n{entity}");
        let opened = reader().open(&writer().path(&out)).exits(0).json();
        assert_eq!(
            opened["encryption"]["algorithm"], "AES-256-CBC",
            "nothing is known about the recipient: {kind}"
        );
    }
}

#[test]
fn openssl_opens_the_bare_p7m_and_a_note_to_several() {
    if !installed("openssl") {
        return;
    }
    let more: Vec<&str> = KINDS[1..].iter().flat_map(|kind| ["--to", peer(kind).address.as_str()]).collect();
    writer()
        .seal("wanda@example.com", &peer(KINDS[0]).address, "For all of you.\n", "several.p7m", &more)
        .succeeds();
    for kind in KINDS {
        let to = peer(kind);
        let inner = writer().path(format!("several.{kind}.inner.eml"));
        openssl([
            os("cms"),
            os("-decrypt"),
            os("-inform"),
            os("DER"),
            os("-in"),
            writer().path("several.p7m").as_os_str(),
            os("-recip"),
            to.certificate.as_os_str(),
            os("-inkey"),
            to.key.as_os_str(),
            os("-out"),
            inner.as_os_str(),
            os("-binary"),
        ]);
        assert!(
            openssl_verifies(writer(), "wanda@example.com", &inner).contains("For all of you."),
            "{kind}"
        );
    }
}

#[test]
fn openssl_verifies_what_waxseal_signs_with_every_kind_of_key() {
    if !installed("openssl") {
        return;
    }
    for kind in KINDS {
        let by = peer(kind);
        let out = format!("clear.{kind}.eml");
        reader()
            .seal(&by.address, "somebody@example.net", "Signed in the clear.\n", &out, &["--sign-only"])
            .succeeds();
        let mail = String::from_utf8(reader().read(&out)).unwrap();
        assert!(mail.contains("multipart/signed"), "{mail}");
        assert!(mail.contains("Signed in the clear."), "{mail}");
        let text = openssl_verifies(reader(), &by.address, &reader().path(&out));
        assert!(text.contains("Signed in the clear."), "{kind}");
        let altered = reader()
            .file(&format!("altered.{out}"), mail.replace("Signed in the clear.", "Signed in the dark."));
        let verified = common::run(std::process::Command::new("openssl").args([
            os("cms"),
            os("-verify"),
            os("-noverify"),
            os("-in"),
            altered.as_os_str(),
            os("-out"),
            os("/dev/null"),
        ]));
        assert_ne!(verified.code, Some(0), "the check itself can fail");
    }
}

#[test]
fn written_signatures_carry_the_promised_attributes() {
    if !installed("openssl") {
        return;
    }
    let by = peer("rsa2048");
    reader()
        .seal(&by.address, "somebody@example.net", "Attributes.\n", "attributes.eml", &["--sign-only"])
        .succeeds();
    let printed = openssl([
        os("cms"),
        os("-cmsout"),
        os("-print"),
        os("-noout"),
        os("-in"),
        reader().path("attributes.eml").as_os_str(),
    ])
    .text();
    for attribute in
        ["signingTime", "S/MIME Capabilities", "id-smime-aa-signingCertificateV2", "messageDigest"]
    {
        assert!(printed.contains(attribute), "{attribute} is missing from\n{printed}");
    }
    let preference =
        printed.contains("id-smime-aa-encrypKeyPref") || printed.contains("1.2.840.113549.1.9.16.2.11");
    assert!(preference, "SMIMEEncryptionKeyPreference is missing from\n{printed}");
}

#[test]
fn a_recipient_who_advertised_gcm_gets_gcm_and_openssl_opens_it() {
    if !installed("openssl") {
        return;
    }
    for kind in KINDS {
        let to = peer(kind);
        let hello = format!("hello.{kind}.eml");
        reader()
            .seal(&to.address, "gina@example.com", "Here is my certificate.\n", &hello, &["--sign-only"])
            .succeeds();
        let gina = Profile::with_identity("Gina", "gina@example.com", "p256");
        gina.import_contact(&reader().path(&hello));
        gina.seal("gina@example.com", &to.address, "Under GCM.\n", "gcm.eml", &[]).succeeds();
        let opened = reader().open(&gina.path("gcm.eml")).exits(0).json();
        assert_eq!(opened["encryption"]["algorithm"], "AES-256-GCM", "{kind}\n{opened:#}");
        assert_eq!(opened["encryption"]["authenticated"], true);
        let text = openssl_reads(&gina, "gina@example.com", to, &gina.path("gcm.eml"));
        assert!(text.contains("Under GCM."), "{kind}\n{text}");
    }
}

#[test]
fn openssl_decrypts_files_that_waxseal_encrypts() {
    if !installed("openssl") {
        return;
    }
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let plain = writer().file("file.bin", &bytes);
    for kind in KINDS {
        let to = peer(kind);
        for (form, extension) in [("DER", "p7m"), ("SMIME", "eml")] {
            let sealed = writer().path(format!("file.{kind}.{extension}"));
            writer()
                .run([
                    os("encrypt"),
                    plain.as_os_str(),
                    os("--to"),
                    os(&to.address),
                    os("--out"),
                    sealed.as_os_str(),
                ])
                .succeeds();
            let back = writer().path(format!("file.{kind}.{extension}.back"));
            openssl([
                os("cms"),
                os("-decrypt"),
                os("-inform"),
                os(form),
                os("-in"),
                sealed.as_os_str(),
                os("-recip"),
                to.certificate.as_os_str(),
                os("-inkey"),
                to.key.as_os_str(),
                os("-out"),
                back.as_os_str(),
                os("-binary"),
            ]);
            assert!(fs::read(&back).unwrap() == bytes, "{kind} {form}");
            let own = writer().path(format!("file.{kind}.{extension}.own"));
            writer().run([os("decrypt"), sealed.as_os_str(), os("--out"), own.as_os_str()]).succeeds();
            assert!(fs::read(own).unwrap() == bytes, "it is also sealed to its sender");
        }
    }
}

/// OpenSSL reads a key file of the file vault and a PEM of our certificate: nobody is locked in.
#[test]
fn openssl_reads_the_key_files_of_the_file_vault() {
    if !installed("openssl") {
        return;
    }
    let profile = writer();
    let mut found = 0;
    for entry in fs::read_dir(profile.profile().join("keys")).unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            let pass = format!("pass:{}", common::PASSPHRASE);
            openssl([
                os("pkey"),
                os("-in"),
                entry.path().as_os_str(),
                os("-passin"),
                os(&pass),
                os("-noout"),
            ]);
            found += 1;
        }
    }
    assert_eq!(found, 1, "one key, one file");
}
