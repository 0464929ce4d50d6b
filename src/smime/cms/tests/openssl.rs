//! Against the real OpenSSL, both ways.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::smime::x509::certificate_file::to_pem;

/// A folder with the content, and a person's certificate and key in files. None: no OpenSSL here.
fn workplace(person: &Person) -> Option<tempfile::TempDir> {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl not found");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text"), TEXT).unwrap();
    std::fs::write(folder.path().join("crt"), to_pem(&person.certificate)).unwrap();
    std::fs::write(folder.path().join("der"), person.key.to_pkcs8_der().expose()).unwrap();
    run(folder.path(), "pkey -inform DER -in der -out key");
    Some(folder)
}

fn run(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_openssl_encrypts_we_open() {
    for (person, options) in [
        (&*RSA, "-recip crt"),
        (&*RSA, "-recip crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"),
        (&*P256, "-recip crt"),
        (&*P384, "-recip crt -keyopt ecdh_kdf_md:sha384"),
    ] {
        let Some(folder) = workplace(person) else { return };
        for cipher in ["aes-128-cbc", "aes-256-cbc", "aes-256-gcm"] {
            for form in ["", " -stream", " -keyid", " -stream -keyid"] {
                // `-keyid` belongs before the recipient that it is about
                let (before, form) = (form.contains("keyid"), form.replace(" -keyid", ""));
                let keyid = if before { " -keyid" } else { "" };
                run(
                    folder.path(),
                    &format!(
                        "cms -encrypt -binary -in text -outform DER -out cms -{cipher}{form}{keyid} {options}"
                    ),
                );
                let message = std::fs::read(folder.path().join("cms")).unwrap();
                assert_eq!(decrypt(&message, &[person]).unwrap(), TEXT, "{cipher} {options} {form}{keyid}");
            }
        }
    }
}

#[test]
fn what_openssl_signs_we_verify() {
    for person in [&*RSA, &*P256, &*P384] {
        let Some(folder) = workplace(person) else { return };
        for form in ["", " -stream", " -keyid", " -noattr", " -cades", " -md sha512 -stream"] {
            run(
                folder.path(),
                &format!(
                    "cms -sign -binary -nodetach -in text -outform DER -out cms -signer crt -inkey key{form}"
                ),
            );
            let (signed, content) = read_signed(&std::fs::read(folder.path().join("cms")).unwrap()).unwrap();
            assert_eq!(content, TEXT, "{form}");
            assert!(signed.signers[0].id.names(&person.certificate), "{form}");
            assert_eq!(verify_first(&signed, &person.certificate), Ok(()), "{form}");
            assert_eq!(signed.signers[0].has_signed_attributes, form != " -noattr");
        }
    }
}

#[test]
fn what_we_encrypt_openssl_opens() {
    for (person, how) in [
        (&*RSA, transport()),
        (&*RSA, oaep()),
        (&*P256, agreement(DigestAlgorithm::Sha1)),
        (&*P384, agreement(DigestAlgorithm::Sha384)),
    ] {
        let Some(folder) = workplace(person) else { return };
        for cipher in [ContentCipher::Aes128Cbc, ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm] {
            std::fs::write(folder.path().join("cms"), encrypt(&[(person, how.clone())], cipher, TEXT))
                .unwrap();
            run(folder.path(), "cms -decrypt -binary -inform DER -in cms -out opened -recip crt -inkey key");
            assert_eq!(std::fs::read(folder.path().join("opened")).unwrap(), TEXT);
        }
    }
}

#[test]
fn what_we_sign_openssl_verifies() {
    for person in [&*RSA, &*P256, &*P384] {
        let Some(folder) = workplace(person) else { return };
        let checks = "cms -verify -binary -inform DER -in cms -out opened -CAfile crt -purpose any -cades";
        std::fs::write(folder.path().join("cms"), person.sign(TEXT)).unwrap();
        run(folder.path(), checks);
        assert_eq!(std::fs::read(folder.path().join("opened")).unwrap(), TEXT);

        let digest = person.key.scheme().unwrap().content_digest().unwrap().digest(TEXT);
        let capabilities = Capabilities::default();
        let message = signed_data::sign_detached(&person.signer(&capabilities), &digest, &mut rng()).unwrap();
        std::fs::write(folder.path().join("cms"), message).unwrap();
        run(folder.path(), &format!("{checks} -content text"));
    }
}
