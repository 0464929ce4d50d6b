use super::*;
use crate::smime::x509::certificate_file::to_pem;
use crate::smime::x509::openssl::{AUTHORITY, OpenSsl, PERSON};

fn words(text: &str) -> Passphrase {
    Passphrase::from(text.to_owned())
}

fn opened(file: &[u8], password: &str) -> KeyFile {
    read(file, Some(&words(password))).unwrap()
}

fn failure(file: &[u8], password: Option<&str>) -> KeyFileError {
    read(file, password.map(words).as_ref()).err().unwrap()
}

#[test]
fn keys_come_in_every_clothing() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let rsa = ["-newkey", "rsa:2048"];
    let two = openssl.with("two", &rsa, "/CN=Two", None, PERSON, &[]);
    let mut made = 0;
    for (name, certificate) in [("one", &one), ("two", &two)] {
        let key = format!("{name}.key");
        let pkcs8 = ["pkcs8", "-topk8", "-in", &key, "-out", "key.out", "-passout", "pass:wörter"];
        let old = [
            if name == "one" { "ec" } else { "rsa" },
            "-in",
            &key,
            "-out",
            "key.out",
            "-passout",
            "pass:wörter",
        ];
        let mut commands = vec![
            vec!["pkey", "-in", &key, "-out", "key.out"],
            vec!["pkey", "-traditional", "-in", &key, "-out", "key.out"],
        ];
        for more in [
            &["-v2", "aes128"][..],
            &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"],
            &["-v2", "des3"],
            &["-v2prf", "hmacWithSHA1"],
            &["-v2", "des3", "-v2prf", "hmacWithSHA384"],
            &["-scrypt"],
            &["-v2", "camellia256"],
        ] {
            commands.push([&pkcs8[..], more].concat());
        }
        for pbe in [
            "PBE-MD5-DES",
            "PBE-SHA1-DES",
            "PBE-SHA1-RC2-64",
            "PBE-SHA1-RC2-40",
            "PBE-SHA1-RC2-128",
            "PBE-SHA1-3DES",
            "PBE-SHA1-2DES",
            "PBE-SHA1-RC4-128",
        ] {
            commands
                .push([&pkcs8[..], &["-provider", "legacy", "-provider", "default", "-v1", pbe]].concat());
        }
        for cipher in ["-des3", "-aes128", "-aes192", "-aes256", "-camellia128", "-des"] {
            let legacy = ["-provider", "legacy", "-provider", "default"];
            let traditional: &[&str] = if name == "one" { &[] } else { &["-traditional"] };
            commands.push([&old[..], traditional, &legacy, &[cipher]].concat());
        }
        for command in commands {
            openssl.run(&command);
            let key = openssl.read("key.out");
            let file = [b"Some text\r\n", &key[..], to_pem(certificate).as_bytes()].concat();
            let found = opened(&file, "wörter");
            assert_eq!(found.keys.len(), 1, "{command:?}");
            assert_eq!(found.keys[0].certificates, std::slice::from_ref(certificate), "{command:?}");
            assert!(found.skipped.is_empty() && found.integrity.is_none());
            if !command.contains(&"pkey") {
                assert_eq!(failure(&file, Some("x")), KeyFileError::WrongPassword, "{command:?}");
                assert_eq!(failure(&file, None), KeyFileError::PasswordNeeded, "{command:?}");
            }
            // The same alone, as DER.
            let der = pem::blocks(&key).last().unwrap().octets.clone().unwrap();
            if !key.windows(9).any(|octets| octets == b"Proc-Type") {
                assert_eq!(opened(&der, "wörter").keys.len(), 1, "{command:?}");
            }
            made += 1;
        }
    }
    assert_eq!(made, 46);
}

#[test]
fn several_keys_and_certificates_find_each_other() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    let one = openssl.certificate("one", "/CN=One", Some("root"), PERSON);
    let two = openssl.certificate("two", "/CN=Two", Some("root"), PERSON);
    // The same key once more, and a key that nobody certified.
    let renewed = openssl.certificate("one", "/CN=One renewed", Some("root"), PERSON);
    openssl.run(&["ecparam", "-name", "prime256v1", "-genkey", "-out", "three.key"]);
    openssl.run(&["genpkey", "-algorithm", "ed448", "-out", "four.key"]);
    let text = |name: &str| String::from_utf8(openssl.read(name)).unwrap();
    let file = [
        to_pem(&root), to_pem(&two), text("one.key"), text("three.key"), to_pem(&renewed), text("two.key"),
        to_pem(&one), text("one.key"), text("four.key"), to_pem(&one),
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAQ==\n-----END OPENSSH PRIVATE KEY-----\n".into(),
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: IDEA-CBC,0011223344556677\n\nAQ==\n\
         -----END RSA PRIVATE KEY-----\n".into(),
        "-----BEGIN PRIVATE KEY-----\nAQ==\n".into(),
    ]
    .concat();
    let found = read(file.as_bytes(), None).unwrap();
    let certificates: Vec<_> = found.keys.iter().map(|key| key.certificates.clone()).collect();
    assert_eq!(certificates.len(), 3);
    assert!(
        certificates[0].len() == 2 && certificates[0].contains(&one) && certificates[0].contains(&renewed)
    );
    assert_eq!(certificates[1..], [vec![], vec![two]]);
    assert_eq!(found.certificates, [root]);
    let algorithm = const_oid::ObjectIdentifier::new_unwrap("1.3.101.113");
    assert_eq!(
        found.skipped,
        [
            Skipped::UnsupportedKey { algorithm },
            Skipped::SshKey,
            Skipped::UnknownPemCipher,
            Skipped::DamagedKey
        ]
    );
}

#[test]
fn a_pkcs12_file_may_come_as_text() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    openssl.run(&[
        "pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-passout", "pass:x", "-out", "one.p12",
    ]);
    let base64 = base64_simd::STANDARD.encode_to_string(openssl.read("one.p12"));
    for text in [base64.clone(), format!("-----BEGIN PKCS12-----\r\n{base64}\r\n-----END PKCS12-----\r\n")] {
        let found = opened(text.as_bytes(), "x");
        assert_eq!(found.keys[0].certificates, std::slice::from_ref(&one));
        assert_eq!(found.integrity, Some(Integrity::Checked));
        assert_eq!(failure(text.as_bytes(), None), KeyFileError::PasswordNeeded);
    }
}

#[test]
fn what_holds_no_key_is_told_apart() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    for file in [one.as_der(), to_pem(&one).as_bytes()] {
        let found = read(file, None).unwrap();
        assert!(found.keys.is_empty() && found.skipped.is_empty());
        assert_eq!(found.certificates, std::slice::from_ref(&one));
    }
    for nothing in [&b""[..], b"Hello.", b"aGVsbG8=", &[0x30, 3, 2, 1, 0]] {
        assert_eq!(failure(nothing, None), KeyFileError::Unknown, "{nothing:?}");
    }
    assert_eq!(failure(&[0x30, 0x82], None), KeyFileError::Damaged);
}

#[test]
fn nobody_has_more_keys_than_a_hundred() {
    let Some(openssl) = OpenSsl::start() else { return };
    openssl.run(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "one.key"]);
    let plain = String::from_utf8(openssl.read("one.key")).unwrap();
    assert_eq!(read(plain.repeat(100).as_bytes(), None).unwrap().keys.len(), 1);
    assert_eq!(failure(plain.repeat(101).as_bytes(), None), KeyFileError::TooMuchWork);
}
