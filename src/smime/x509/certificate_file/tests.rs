//! Every clothing on and off again.

use super::super::openssl::{AUTHORITY, OpenSsl, PERSON};
use super::*;
use crate::smime::asn1::writer;

#[test]
fn every_clothing_comes_off() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let two = openssl.certificate("two", "/CN=Two", None, PERSON);
    let (pem, other) = (to_pem(&one), to_pem(&two));
    assert_eq!(pem.as_bytes(), openssl.read("one.pem"));
    let both =
        format!("Bag Attributes\r\n  friendlyName: x\r\n{}text\r\n{other}{pem}", pem.replace('\n', "\r\n"));
    assert_eq!(read(both.as_bytes()).unwrap(), [one.clone(), two.clone()]);
    assert_eq!(read(format!("\u{feff}{pem}").as_bytes()).unwrap(), std::slice::from_ref(&one));
    assert_eq!(read(one.as_der()).unwrap(), std::slice::from_ref(&one));
    assert_eq!(read(&[one.as_der(), b"\r\n"].concat()).unwrap(), std::slice::from_ref(&one));
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\r\n");
    assert_eq!(read(bare.as_bytes()).unwrap(), std::slice::from_ref(&one));
    openssl.run(&[
        "x509",
        "-in",
        "one.pem",
        "-addtrust",
        "emailProtection",
        "-trustout",
        "-out",
        "trusted.pem",
    ]);
    assert_eq!(read(&openssl.read("trusted.pem")).unwrap(), std::slice::from_ref(&one));
    let key = openssl.read("one.key");
    assert_eq!(read(&[&key[..], pem.as_bytes()].concat()).unwrap(), std::slice::from_ref(&one));
}

#[test]
fn what_is_no_certificate_is_told_apart() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    openssl.run(&[
        "pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-passout", "pass:x", "-out", "one.p12",
    ]);
    openssl.run(&["pkey", "-in", "one.key", "-outform", "DER", "-out", "one.der"]);
    assert_eq!(read(&openssl.read("one.p12")), Err(CertificateFileError::Pkcs12));
    assert_eq!(read(&openssl.read("one.key")), Err(CertificateFileError::KeyOnly));
    assert_eq!(read(&openssl.read("one.der")), Err(CertificateFileError::KeyOnly));
    assert_eq!(read(b""), Err(CertificateFileError::None));
    assert_eq!(read(b"Hello, here is nothing."), Err(CertificateFileError::None));
    assert_eq!(read(&to_pem(&one).as_bytes()[..300]), Err(CertificateFileError::Damaged));
    assert_eq!(
        read(to_pem(&one).replacen("MII", "MIJ", 1).replacen("MIB", "MIC", 1).as_bytes()),
        Err(CertificateFileError::Damaged)
    );
}

#[test]
fn certificates_in_cms_are_found() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let two = openssl.certificate("two", "/CN=Two", None, PERSON);
    let make = ["crl2pkcs7", "-nocrl", "-certfile", "one.pem", "-certfile", "two.pem"];
    openssl.run(&[&make[..], &["-out", "both.p7b"]].concat());
    openssl.run(&[&make[..], &["-outform", "DER", "-out", "both.p7c"]].concat());
    for file in ["both.p7b", "both.p7c"] {
        assert_eq!(read(&openssl.read(file)).unwrap(), [one.clone(), two.clone()], "{file}");
    }
    let ours = to_p7c(&[one.clone(), two.clone()]);
    // A SET has DER's order, not the caller's.
    let back = read(&ours).unwrap();
    assert!(back.len() == 2 && back.contains(&one) && back.contains(&two));
    openssl.write("ours.p7c", ours);
    let printed = openssl.run(&["pkcs7", "-inform", "DER", "-in", "ours.p7c", "-print_certs"]);
    assert_eq!(String::from_utf8_lossy(&printed).matches("BEGIN CERTIFICATE").count(), 2);
}

/// One certificate, and what a test says of what is read out of `file`.
fn one_in(file: impl AsRef<[u8]>, certificate: &Certificate) {
    let file = file.as_ref();
    let text = String::from_utf8_lossy(file);
    assert_eq!(read(file), Ok(vec![certificate.clone()]), "{text}");
}

fn folded(text: &str, width: usize, end: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(end)
}

#[test]
fn text_comes_in_every_encoding_and_with_every_line_end() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let pem = to_pem(&one);
    for file in [
        pem.replace('\n', "\r"),
        pem.replace('\n', "\r\n\r\n"),
        pem.replace('\n', "  \n"),
        format!("Hello,\n\n> here is my certificate:\n{}", pem.replace("\n", "\n> ")),
        pem.replace("CERTIFICATE-", "X509 CERTIFICATE-"),
        folded(&base64_simd::STANDARD.encode_to_string(one.as_der()), 76, "\n"),
    ] {
        one_in(&file, &one);
        let units: Vec<u16> = file.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        one_in([&[0xff, 0xfe][..], &little].concat(), &one);
        one_in([&[0xfe, 0xff][..], &big].concat(), &one);
        one_in(little, &one);
        one_in(big, &one);
    }
}

#[test]
fn certificates_follow_one_another_in_der() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let two = openssl.certificate("two", "/CN=Two", None, PERSON);
    let both = [one.as_der(), two.as_der()].concat();
    assert_eq!(read(&both).unwrap(), [one.clone(), two.clone()]);
    let sequence = writer::sequence(&[&both]);
    assert_eq!(read(&sequence).unwrap(), [one.clone(), two.clone()], "PkiPath");
    let kind = const_oid::ObjectIdentifier::new_unwrap("2.16.840.1.113730.2.5");
    let netscape = writer::sequence(&[&writer::oid(kind), &writer::value(0xa0, &[&sequence])]);
    assert_eq!(read(&netscape).unwrap(), [one.clone(), two.clone()]);
    let label = netscape_in_pem(&netscape);
    assert_eq!(read(label.as_bytes()).unwrap(), [one, two]);
}

fn netscape_in_pem(der: &[u8]) -> String {
    pem_block("CERTIFICATE", der)
}

#[test]
fn contact_cards_of_every_version_are_read() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let base64 = base64_simd::STANDARD.encode_to_string(one.as_der());
    let pem = to_pem(&one);
    let quoted = pem.replace('=', "=3D").replace('\n', "=0D=0A=\r\n");
    let percent: String = pem.bytes().map(|octet| format!("%{octet:02X}")).collect();
    for key in [
        format!("KEY;X509;ENCODING=BASE64:\r\n {}\r\n\r\n", folded(&base64, 74, "\r\n ")),
        format!("KEY;ENCODING=BASE64;TYPE=X509:\r\n{}\r\n\r\n", folded(&base64, 76, "\r\n")),
        format!("KEY;BASE64:{}", folded(&base64, 60, "\r\n  ")),
        format!("KEY;ENCODING=QUOTED-PRINTABLE;X509:{quoted}"),
        format!("item1.KEY;TYPE=X509;ENCODING=b:{}", folded(&base64, 60, "\n ")),
        format!("key;type=\"x509,home\";encoding=B:{base64}"),
        format!("KEY:data:application/pkix-cert;base64,{}", folded(&base64, 70, "\r\n ")),
        format!("KEY;PREF=1:data:application/pkix-cert;base64\\,{base64}"),
        format!("KEY;MEDIATYPE=application/x-pem-file:data:,{percent}"),
        format!("KEY;VALUE=text:{}", pem.replace('\n', "\\n")),
        format!("KEY:{base64}"),
    ] {
        for (version, begin) in [("2.1", "BEGIN:VCARD"), ("3.0", "begin:vcard"), ("4.0", "BEGIN:VCARD")] {
            one_in(format!("{begin}\r\nVERSION:{version}\r\nFN:One\r\n{key}\r\nEND:VCARD\r\n"), &one);
        }
    }
    let other = "KEY:data:application/pgp-keys;base64,AAAA\nKEY;TYPE=PGP;ENCODING=b:AAAA\n";
    one_in(format!("BEGIN:VCARD\n{other}KEY;ENCODING=b:{base64}\nEND:VCARD\n"), &one);
    let address = "https://example.org/one.cer".to_owned();
    let card =
        format!("BEGIN:VCARD\nVERSION:4.0\nKEY;MEDIATYPE=application/pkix-cert:{address}\nEND:VCARD\n");
    assert_eq!(read(card.as_bytes()), Err(CertificateFileError::Elsewhere { address }));
    assert_eq!(read(b"BEGIN:VCARD\nFN:One\nEND:VCARD\n"), Err(CertificateFileError::None));
    let broken = format!("BEGIN:VCARD\nKEY;ENCODING=b:{}\nEND:VCARD\n", &base64[..200]);
    assert_eq!(read(broken.as_bytes()), Err(CertificateFileError::Damaged));
}

#[test]
fn directory_entries_are_read() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let two = openssl.certificate("two", "/CN=Two", None, PERSON);
    let base64 = |certificate: &Certificate| {
        folded(&base64_simd::STANDARD.encode_to_string(certificate.as_der()), 76, "\n ")
    };
    let entries = format!(
        "version: 1\n\ndn: cn=One,o=Example\ncn: One\nuserCertificate;binary:: {}\njpegPhoto:: AAAA\n\n\
         dn: cn=Two\nuserSMIMECertificate:: {}\n",
        base64(&one),
        base64(&two)
    );
    assert_eq!(read(entries.as_bytes()).unwrap(), [one.clone(), two.clone()]);
    assert_eq!(read(entries.replace('\n', "\r\n").as_bytes()).unwrap(), [one, two]);
}

#[test]
fn mail_brings_certificates_along() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let base64 = |octets: &[u8]| folded(&base64_simd::STANDARD.encode_to_string(octets), 76, "\r\n");
    let head = "From: one@example.org\r\nMIME-Version: 1.0\r\n";
    let part = |kind: &str, body: &[u8]| {
        format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n", base64(body))
    };
    let card =
        format!("BEGIN:VCARD\nKEY;ENCODING=b:{}\nEND:VCARD\n", base64(one.as_der()).replace("\r\n", ""));
    for part in [
        part("application/pkix-cert; name=one.cer", one.as_der()),
        part("application/octet-stream; name=one.CRT", to_pem(&one).as_bytes()),
        part(
            "application/pkcs7-mime; smime-type=certs-only; name=smime.p7c",
            &to_p7c(std::slice::from_ref(&one)),
        ),
        part("text/vcard", card.as_bytes()),
        part("text/plain; charset=utf-8", to_pem(&one).as_bytes()),
    ] {
        one_in(format!("{head}{part}"), &one);
        let multipart = format!(
            "{head}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x\r\n{part}\r\n--x--\r\n"
        );
        one_in(&multipart, &one);
        one_in(multipart.replace("\r\n", "\n"), &one);
        let forwarded = format!("{head}Content-Type: message/rfc822\r\n\r\n{multipart}");
        one_in(forwarded, &one);
    }
    let none = format!("{head}{}", part("text/plain", b"Hello"));
    assert_eq!(read(none.as_bytes()), Err(CertificateFileError::None));
    let locked = format!("{head}{}", part("application/x-pkcs12", b"x"));
    assert_eq!(read(locked.as_bytes()), Err(CertificateFileError::Pkcs12));
}

#[test]
fn what_openssl_was_told_about_trust_is_heard() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, AUTHORITY);
    for (words, for_mail) in [
        (&["-addtrust", "emailProtection"][..], true),
        (&["-addtrust", "serverAuth"], false),
        (&["-addtrust", "anyExtendedKeyUsage"], true),
        (&["-addreject", "emailProtection"], false),
        (&["-addreject", "serverAuth"], true),
        (&["-addtrust", "emailProtection", "-addreject", "emailProtection"], false),
        (&["-setalias", "one"], true),
    ] {
        openssl.run(&[&["x509", "-in", "one.pem", "-trustout", "-out", "out"], words].concat());
        let contents = read_all(&openssl.read("out"));
        assert_eq!(contents.certificates, std::slice::from_ref(&one));
        assert_eq!(contents.not_for_mail.is_empty(), for_mail, "{words:?}");
    }
}

#[test]
fn what_p11_kit_keeps_about_trust_is_heard() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, AUTHORITY);
    let key = pem_block("PUBLIC KEY", one.spki_der());
    let purposes = |purposes: &[&str]| {
        let purposes: Vec<u8> = purposes
            .iter()
            .flat_map(|purpose| writer::oid(const_oid::ObjectIdentifier::new_unwrap(purpose)))
            .collect();
        writer::sequence(&[&purposes])
    };
    let extension = |kind: &str, usage: &[u8]| {
        let oid = const_oid::ObjectIdentifier::new_unwrap(kind);
        let der = writer::sequence(&[&writer::oid(oid), &[1, 1, 0xff], &writer::octet_string(usage)]);
        let value: String = der.iter().map(|octet| format!("%{octet:02x}")).collect();
        format!(
            "# a remark\n[p11-kit-object-v1]\nlabel: \"One\"\nclass: x-certificate-extension\n\
             object-id: {kind}\nvalue: \"{value}\"\nmodifiable: false\n{key}\n"
        )
    };
    let (server, mail) = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4");
    let certificate = |attributes: &str| {
        format!("[p11-kit-object-v1]\nlabel: \"One\"\n{attributes}modifiable: false\n{}\n", to_pem(&one))
    };
    for (file, for_mail) in [
        (certificate("trusted: true\nnss-mozilla-ca-policy: true\n"), true),
        (certificate(""), false),
        (certificate("trusted: true\nx-distrusted: true\n"), false),
        (extension("2.5.29.37", &purposes(&[server, mail])) + &certificate("trusted: true\n"), true),
        (certificate("trusted: true\n") + &extension("2.5.29.37", &purposes(&[server])), false),
        (certificate("trusted: true\n") + &extension("1.3.6.1.4.1.3319.6.10.1", &purposes(&[server])), true),
        (certificate("trusted: true\n") + &extension("1.3.6.1.4.1.3319.6.10.1", &purposes(&[mail])), false),
    ] {
        let contents = read_all(file.as_bytes());
        assert_eq!(contents.certificates, std::slice::from_ref(&one));
        assert_eq!(contents.not_for_mail.is_empty(), for_mail, "{file}");
    }
}

#[test]
fn revocation_lists_are_found_beside_certificates() {
    let Some(openssl) = OpenSsl::start() else { return };
    openssl.certificate("one", "/CN=One", None, AUTHORITY);
    openssl.write("index.txt", "");
    openssl.write(
        "ca.cnf",
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=9\n",
    );
    let words =
        ["ca", "-config", "ca.cnf", "-gencrl", "-cert", "one.pem", "-keyfile", "one.key", "-out", "one.crl"];
    openssl.run(&words);
    openssl.run(&["crl", "-in", "one.crl", "-outform", "DER", "-out", "one.der"]);
    openssl.run(&["crl2pkcs7", "-in", "one.crl", "-certfile", "one.pem", "-out", "both.p7b"]);
    let list = RevocationList::from_der(openssl.read("one.der")).unwrap();
    for file in ["one.crl", "one.der", "both.p7b"] {
        let contents = read_lists(&openssl.read(file));
        let found: Vec<_> = contents.revocation_lists.iter().map(RevocationList::fingerprint).collect();
        assert_eq!(found, [list.fingerprint()], "{file}");
        assert_eq!(contents.certificates.len(), usize::from(file == "both.p7b"));
    }
    assert_eq!(read(&openssl.read("one.crl")), Err(CertificateFileError::ListsOnly));
}

#[test]
fn no_damage_is_a_panic() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let base64 = folded(&base64_simd::STANDARD.encode_to_string(one.as_der()), 76, "\r\n ");
    let mail = "MIME-Version: 1.0\r\nContent-Type: text/vcard\r\n\r\n";
    let files = [
        format!("{mail}BEGIN:VCARD\r\nitem1.KEY;TYPE=X509;ENCODING=b:{base64}\r\nEND:VCARD\r\n"),
        format!("dn: cn=One\nuserCertificate;binary:: {base64}\n"),
        format!("[p11-kit-object-v1]\ntrusted: true\nvalue: \"%30%00\"\n{}", to_pem(&one)),
    ];
    for file in files.map(String::into_bytes).into_iter().chain([to_p7c(std::slice::from_ref(&one))]) {
        assert_eq!(read(&file), Ok(vec![one.clone()]));
        for length in (0..file.len()).step_by(7) {
            let _ = read_all(&file[..length]);
        }
        for place in (0..file.len()).step_by(3) {
            for octet in [0, b'\n', b':', b'%', b'=', 0x30, 0xff] {
                let mut damaged = file.clone();
                damaged[place] = octet;
                let _ = read_all(&damaged);
            }
        }
    }
}

#[test]
fn a_file_has_a_bound() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    let long = vec![b' '; MAX_LENGTH + 1];
    assert_eq!(read(&long), Err(CertificateFileError::TooMuch));
    // Cards in cards in cards.
    let mut nested = one.as_der().to_vec();
    for _ in 0..20 {
        let base64 = base64_simd::STANDARD.encode_to_string(&nested);
        nested = format!("BEGIN:VCARD\nKEY;ENCODING=b:{base64}\nEND:VCARD\n").into_bytes();
    }
    assert_eq!(read(&nested), Err(CertificateFileError::TooMuch));
}
