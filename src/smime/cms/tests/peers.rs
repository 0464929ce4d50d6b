//! Messages of other programs, read from the folder that `WAXSEAL_CORPUS` names.

use std::path::Path;

use super::*;
use crate::smime::x509::certificate_file;

fn person(folder: &Path, name: &str) -> Person {
    let certificates =
        certificate_file::read(&std::fs::read(folder.join(format!("{name}.crt"))).unwrap()).unwrap();
    let pem = std::fs::read_to_string(folder.join(format!("{name}.key"))).unwrap();
    let (_, der) = pkcs8::SecretDocument::from_pem(&pem).unwrap();
    Person { certificate: certificates[0].clone(), key: PrivateKey::from_der(der.as_bytes()).unwrap() }
}

#[test]
fn every_peer_is_understood() {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        eprintln!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    let folder = Path::new(&corpus).join("peers");
    let (rsa, ec) = (person(&folder, "rsa"), person(&folder, "ec"));
    let text = std::fs::read(folder.join("msg.txt")).unwrap();
    let crlf = String::from_utf8(text.clone()).unwrap().replace('\n', "\r\n").into_bytes();
    let lines = |content: &[u8]| String::from_utf8_lossy(content).replace("\r\n", "\n").trim().to_owned();
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".der") {
            continue;
        }
        let message = std::fs::read(&path).unwrap();
        let outcome = match super::super::content_info::peek(&mut &message[..], &Limits::default()) {
            Ok(ContentType::SignedData) => {
                read_signed(&message).map_err(|error| error.to_string()).and_then(|(mut signed, _)| {
                    let own = [&rsa.certificate, &ec.certificate];
                    let signer = signed.signers[0].clone();
                    let candidates = signed.certificates.iter().chain(own);
                    let certificate = candidates
                        .into_iter()
                        .find(|one| signer.id.names(one))
                        .ok_or("no certificate")?
                        .clone();
                    let contents = if signed.attached { vec![None] } else { vec![Some(&text), Some(&crlf)] };
                    let verified = contents.into_iter().any(|content| {
                        if let Some(content) = content {
                            signed.digests.0 = signed
                                .digest_algorithms()
                                .into_iter()
                                .map(|one| (one, one.digest(content)))
                                .collect();
                        }
                        verify_first(&signed, &certificate).is_ok()
                    });
                    if verified {
                        Ok(())
                    } else {
                        Err(format!("{:?} {}", verify_first(&signed, &certificate), signer.scheme_name))
                    }
                })
            }
            Ok(_) => decrypt(&message, &[&rsa, &ec]).map_err(|error| error.to_string()).and_then(|content| {
                if lines(&content).contains(&lines(&text)) { Ok(()) } else { Err("other content".to_owned()) }
            }),
            Err(error) => Err(error.to_string()),
        };
        if outcome.is_err() {
            failures.push((name, outcome));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The first CMS in a mail: the base64 behind the last header that says so.
fn cms_of_mail(mail: &str) -> Vec<u8> {
    let mail = mail.replace("\r\n", "\n");
    let start = mail.find("pkcs7-signature").or_else(|| mail.find("pkcs7-mime")).unwrap();
    let start = mail.rfind("pkcs7-signature;\n").unwrap_or(start);
    let body = &mail[start..];
    let body = &body[body.find("\n\n").unwrap()..];
    let body: String = body.split("\n--").next().unwrap().split_whitespace().collect();
    base64_simd::STANDARD.decode_to_vec(body).unwrap()
}

#[test]
fn odd_forms_open_with_their_finding() {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        eprintln!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    let folder = Path::new(&corpus).join("cms-vectors");
    let pem = std::fs::read_to_string(folder.join("keys/test_rsa.key")).unwrap();
    let (_, der) = pkcs8::SecretDocument::from_pem(&pem).unwrap();
    let certificates =
        certificate_file::read(&std::fs::read(folder.join("keys/test_rsa.pem")).unwrap()).unwrap();
    let owner =
        Person { certificate: certificates[0].clone(), key: PrivateKey::from_der(der.as_bytes()).unwrap() };
    for (name, odd_version, tag_len, nonce_len) in [
        ("test_encrypted_gcm_icvlen12", false, 12, 12),
        ("test_encrypted_gcm_nonce16", false, 16, 16),
        ("test_encrypted_ktri_bad_version", true, 0, 16),
        ("test_encrypted_oaep_mgf1_mismatch", false, 0, 16),
    ] {
        let message = cms_of_mail(&std::fs::read_to_string(folder.join(format!("{name}.eml"))).unwrap());
        let envelope = enveloped_data::read(&mut Cursor::new(&message), &Limits::default()).unwrap();
        let seen = (envelope.recipients[0].odd_version, envelope.tag_len, envelope.nonce_len);
        assert_eq!(seen, (odd_version, tag_len, nonce_len), "{name}");
        assert!(decrypt(&message, &[&owner]).is_ok(), "{name}");
    }
    for name in ["duplicate-signed-attrs", "no-message-digest-attr"] {
        let message = cms_of_mail(&std::fs::read_to_string(folder.join(format!("{name}.eml"))).unwrap());
        let (mut signed, _) = read_signed(&message).unwrap();
        if !signed.attached {
            signed.digests.0 =
                signed.digest_algorithms().into_iter().map(|one| (one, one.digest(TEXT))).collect();
        }
        let certificate = signed.certificates.first().unwrap_or(&owner.certificate).clone();
        assert_eq!(verify_first(&signed, &certificate), Err(SignerError::Attributes), "{name}");
    }
}

#[test]
fn every_derivation_of_a_key_agreement_is_understood() {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        eprintln!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    let folder = Path::new(&corpus).join("bouncycastle");
    let pem = std::fs::read_to_string(folder.join("ecc.key")).unwrap();
    let (_, der) =
        pkcs8::SecretDocument::from_pem(&pem[pem.find("-----BEGIN EC PRIVATE").unwrap()..]).unwrap();
    let certificates = certificate_file::read(&std::fs::read(folder.join("ecc.crt")).unwrap()).unwrap();
    let owner =
        Person { certificate: certificates[0].clone(), key: PrivateKey::from_der(der.as_bytes()).unwrap() };
    let text = std::fs::read_to_string(folder.join("sess.txt")).unwrap();
    let mut opened = 0;
    for name in "12345678ABCDEFGH".chars() {
        let pem = std::fs::read_to_string(folder.join(format!("encSess{name}.asc"))).unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let message = base64_simd::STANDARD.decode_to_vec(body).unwrap();
        match decrypt(&message, &[&owner]) {
            Ok(content) => {
                assert!(String::from_utf8_lossy(&content).contains(text.trim()), "{name}");
                opened += 1;
            }
            // Triple DES is not ours; everything else is.
            Err(error) => assert!(
                matches!(error, CmsError::Algorithm(oid) if oid.to_string() == "1.2.840.113549.3.7"),
                "{name}: {error}"
            ),
        }
    }
    assert!(opened >= 8, "{opened}");
}
