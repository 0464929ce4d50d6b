//! Compressed and nested layers.

use std::io::Write as _;

use flate2::write::ZlibEncoder;

use super::*;
use crate::smime::cms::ContentType;

const TEXT: &[u8] = b"Content-Type: text/plain\r\n\r\nMeet me at the old pier.\r\n";

fn pair() -> (Person, Person) {
    (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"))
}

fn content_info(content_type: ContentType, content: &[u8]) -> Vec<u8> {
    writer::sequence(&[&writer::oid(content_type.oid()), &writer::value(0xa0, &[content])])
}

fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    let zlib = writer::octet_string(&encoder.finish().unwrap());
    let algorithm = const_oid::ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.8");
    let content = writer::sequence(&[&writer::oid(ContentType::Data.oid()), &writer::value(0xa0, &[&zlib])]);
    let inside = writer::sequence(&[&writer::small_integer(0), &writer::algorithm(algorithm), &content]);
    content_info(ContentType::CompressedData, &inside)
}

fn signed(signer: &Person, content: &[u8]) -> Vec<u8> {
    let capabilities = Capabilities::default();
    let with = Signer {
        certificate: &signer.certificate,
        key: &signer.key,
        chain: &[],
        encryption_certificate: &signer.certificate,
        capabilities: &capabilities,
        time: now(),
    };
    let (mut signed, digest) = (Vec::new(), DigestAlgorithm::Sha256.digest(content));
    let len = content.len() as u64;
    signed_data::write_attached(&mut signed, &with, &mut &*content, len, &digest, &mut rng()).unwrap();
    signed
}

fn layers(opened: &Opened) -> Vec<&'static str> {
    opened.layers.iter().map(Layer::smime_type).collect()
}

#[test]
fn compression_is_read_in_every_place_and_protects_nothing() {
    let (kim, robin) = pair();
    let as_mail = |cms: &[u8]| mail("", cms);
    let (compress, sign) = (|content: &[u8]| compressed(content), |content: &[u8]| signed(&kim, content));
    let seal = |content: &[u8]| only_sealed(&robin, content);
    for (message, expected) in [
        (seal(&sign(&compress(TEXT))), &["enveloped-data", "signed-data", "compressed-data"][..]),
        (seal(&compress(&sign(TEXT))), &["enveloped-data", "compressed-data", "signed-data"]),
        (compress(&seal(&sign(TEXT))), &["compressed-data", "enveloped-data", "signed-data"]),
        (
            as_mail(&seal(&as_mail(&compress(&as_mail(&sign(TEXT)))))),
            &["enveloped-data", "compressed-data", "signed-data"],
        ),
    ] {
        let opened = robin.read(&message).unwrap();
        assert_eq!(layers(&opened), expected);
        assert_eq!(opened.text(), "Meet me at the old pier.\n");
        assert_eq!(verdict(&opened).tier, Some(Tier::BeyondReasonableDoubt), "{expected:?}");
    }
    let opened = robin.read(&compressed(TEXT)).unwrap();
    assert_eq!(opened.text(), "Meet me at the old pier.\n");
    assert_eq!(verdict(&opened).tier, Some(Tier::NotSecure));
    assert_eq!(verdict(&opened).encryption.state, "none");
}

#[test]
fn a_compressed_bomb_is_refused_however_it_is_wrapped() {
    let (kim, robin) = pair();
    let bomb = compressed(&vec![b'x'; 60 << 20]);
    for message in [bomb.clone(), compressed(&bomb), only_sealed(&robin, &signed(&kim, &bomb))] {
        let spool = MemorySpool::new(1 << 30);
        let limits = Limits::default();
        let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
        let outcome = open(Box::new(Cursor::new(message)), None, &context, &mut rng());
        assert!(matches!(outcome, Err(OpenError::TooMuch(_))));
    }
}

/// A signed mail whose text has lines that a mailbox file quotes.
fn signed_mail(signer: &Person, to: &Person, text: &str) -> String {
    let mut out = Vec::new();
    let spool = MemorySpool::new(1 << 20);
    let note = Note { text: text.into(), attachments: Vec::new(), ..note(signer, to) };
    sign(note, &signer.sign_with(), Form::Mail, &spool, &mut out, &mut rng()).unwrap();
    String::from_utf8(out).unwrap()
}

/// As a program does that does not encode lines which begin with `From `.
fn clear_signed(signer: &Person, part: &str) -> String {
    let capabilities = Capabilities::default();
    let with = Signer {
        certificate: &signer.certificate,
        key: &signer.key,
        chain: &[],
        encryption_certificate: &signer.certificate,
        capabilities: &capabilities,
        time: now(),
    };
    let digest = DigestAlgorithm::Sha256.digest(part.as_bytes());
    let signature = signed_data::sign_detached(&with, &digest, &mut rng()).unwrap();
    let signature = base64_simd::STANDARD.encode_to_string(signature);
    format!(
        "From: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=s; micalg=sha-256;\r\n \
         protocol=\"application/pkcs7-signature\"\r\n\r\n--s\r\n{part}\r\n--s\r\n\
         Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {signature}\r\n--s--\r\n",
        signer.mailbox.address
    )
}

#[test]
fn a_mailbox_with_one_mail_is_that_mail_and_its_quotes_are_undone() {
    let (kim, robin) = pair();
    let part = "Content-Type: text/plain\r\n\r\nFrom now on:\r\n>From then on.\r\nBye.";
    let quoted = clear_signed(&kim, part)
        .replace("\r\nFrom now", "\r\n>From now")
        .replace("\r\n>From t", "\r\n>>From t");
    let mbox = format!("From kim@example.com Mon May  3 10:00:00 2027\r\n{quoted}");
    for message in [mbox.clone(), mbox.replace("\r\n", "\n")] {
        let opened = robin.read(message.as_bytes()).unwrap();
        assert_eq!(verdict(&opened).signature.state, "valid");
        assert_eq!(opened.text(), "From now on:\n>From then on.\nBye.");
        let twice = format!("{message}\n{message}");
        let refused = robin.read(twice.as_bytes()).err();
        assert!(matches!(refused, Some(OpenError::SeveralMessages { messages: 2 })), "{refused:?}");
    }
    let forged = mbox.replace("Bye.", "Pay.");
    assert_eq!(verdict(&robin.read(forged.as_bytes()).unwrap()).signature.state, "invalid");
}

#[test]
fn line_ends_of_every_kind_are_read() {
    let (kim, robin) = pair();
    let signed = signed_mail(&kim, &robin, "Meet me.\nAt the pier.");
    let mixed: String = signed
        .split("\r\n")
        .enumerate()
        .fold(String::new(), |mail, (index, line)| mail + line + if index % 3 == 0 { "\n" } else { "\r\n" });
    let blank = format!("\u{feff}\r\n\r\n{signed}");
    for message in [mixed, signed.replace("\r\n", "\n"), signed.replace("\r\n", "\r"), blank] {
        let opened = robin.read(message.as_bytes()).unwrap();
        assert_eq!(verdict(&opened).signature.state, "valid", "{message:?}");
        assert_eq!(opened.text(), "Meet me.\nAt the pier.\n");
    }
}

#[test]
fn a_body_is_read_in_any_encoding_and_with_things_in_it() {
    let (kim, robin) = pair();
    let cms = signed_and_sealed(&kim, &robin, TEXT);
    let base64 = base64_simd::STANDARD.encode_to_string(&cms);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let text = lines.join("\r\n");
    let broken = format!(
        "{}\r\n____________\r\nfooter of the list: http://x.example/\r\n",
        lines.join(" \t\r\n!\r\n")
    );
    let armour = format!("-----BEGIN PKCS7-----\r\n{text}\r\n-----END PKCS7-----\r\n");
    let quoted: String = cms.iter().map(|octet| format!("={octet:02X}=\r\n")).collect();
    for (encoding, body) in [
        ("base64", text.as_bytes()),
        ("base64", broken.as_bytes()),
        ("base64", armour.as_bytes()),
        ("base64", &cms),
        ("7bit", text.as_bytes()),
        ("7bit", armour.as_bytes()),
        ("binary", &cms),
        ("8bit", &cms),
        ("quoted-printable", quoted.as_bytes()),
        ("quoted-printable", text.as_bytes()),
        ("x-unknown", &cms),
    ] {
        for name in ["application/pkcs7-mime", "application/x-pkcs7-mime; smime-type=signed-data"] {
            let header = format!("Content-Type: {name}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n");
            let opened = robin.read(&[header.as_bytes(), body].concat()).unwrap();
            assert_eq!(opened.text(), "Meet me at the old pier.\n", "{encoding}");
        }
    }
}
