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

pub(super) fn compressed(content: &[u8]) -> Vec<u8> {
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
        scheme: signer.key.scheme().unwrap(),
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
        let source: Box<dyn Source> = Box::new(Cursor::new(message));
        let outcome = open(source.into(), &context, &mut rng());
        assert!(matches!(outcome, Err(OpenError::TooMuch(_))));
    }
}

/// A file in the open is not private because the signature over it came sealed.
#[test]
fn a_content_beside_belongs_to_a_bare_signature_and_to_nothing_else() {
    let (kim, robin) = pair();
    let capabilities = Capabilities::default();
    let with = Signer {
        scheme: kim.key.scheme().unwrap(),
        certificate: &kim.certificate,
        key: &kim.key,
        chain: &[],
        encryption_certificate: &kim.certificate,
        capabilities: &capabilities,
        time: now(),
    };
    let digest = DigestAlgorithm::Sha256.digest(TEXT);
    let signature = signed_data::sign_detached(&with, &digest, &mut rng()).unwrap();
    let read = |message: &[u8]| {
        let (spool, limits) = (MemorySpool::new(1 << 20), Limits::default());
        let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
        let source: Box<dyn Source> = Box::new(Cursor::new(message.to_vec()));
        let beside: Box<dyn Source> = Box::new(Cursor::new(TEXT.to_vec()));
        let input = Input { detached: Some(beside), ..source.into() };
        open(input, &context, &mut rng())
    };
    let bare = read(&signature).unwrap();
    assert_eq!(verdict(&bare).signature.state, "valid");
    assert_eq!(verdict(&bare).tier, Some(Tier::NotSecure));
    let attached = signed(&kim, TEXT);
    for message in [
        only_sealed(&robin, &signature),
        compressed(&signature),
        only_sealed(&robin, &attached),
        attached,
        clear_signed(&kim, "Content-Type: text/plain\r\n\r\nBye.").into_bytes(),
    ] {
        assert!(matches!(read(&message).err(), Some(OpenError::NotBesideContent)));
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
        scheme: signer.key.scheme().unwrap(),
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

/// What a mailing list makes of a mail: the part and its footer, under the same sender.
fn listed(from: &Person, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--list\r\n{part}\r\n")).collect();
    format!(
        "From: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n{parts}--list--\r\n",
        from.mailbox.address
    )
}

/// The entity that follows the header of the mail itself.
fn part_of(mail: &str) -> &str {
    &mail[mail.find("Content-Type: ").unwrap()..]
}

const FOOTER: &str = "Content-Type: text/plain\r\n\r\nYou are on the list.";
const PART: &str = "Content-Type: text/plain\r\n\r\nMeet me at the old pier.";

#[test]
fn a_footer_around_a_signed_part_is_shown_as_not_signed() {
    let (kim, robin) = pair();
    let signed = clear_signed(&kim, PART);
    let signed = part_of(&signed);
    let expected = "Meet me at the old pier.\n\n[What follows is not signed, and may come from anybody:]\nYou are on the list.";
    let within = signed.replace("--s--", &format!("--s\r\n{FOOTER}\r\n--s--"));
    let mail = format!("From: kim@example.com\r\nMIME-Version: 1.0\r\n{within}");
    for message in [listed(&kim, &[signed, FOOTER]), listed(&kim, &[FOOTER, signed]), mail] {
        let opened = robin.read(message.as_bytes()).unwrap();
        assert_eq!(opened.text().trim_end(), expected, "{message}");
        assert!(opened.attachments().is_empty());
        let verdict = verdict(&opened);
        assert_eq!((verdict.signature.state, verdict.signature.covers_whole_message), ("valid", false));
        assert!(opened.layers.iter().all(|layer| matches!(layer, Layer::Signed(signed) if !signed.whole)));
        assert_eq!(verdict.tier, Some(Tier::NotSecure));
    }
    // Nothing but blank lines around it: the signature is over all there is.
    let blank = "Content-Type: text/plain\r\n\r\n \r\n";
    let opened = robin.read(listed(&kim, &[signed, blank]).as_bytes()).unwrap();
    assert!(verdict(&opened).signature.covers_whole_message);
    // A gateway renamed multipart/signed; without the signature it would be an ordinary mail with an attachment.
    let renamed = signed.replace("multipart/signed", "multipart/mixed");
    for (message, state) in [(renamed.clone(), "valid"), (renamed.replace("pier", "quay"), "none")] {
        let message = format!("From: kim@example.com\r\nMIME-Version: 1.0\r\n{message}");
        assert_eq!(verdict(&robin.read(message.as_bytes()).unwrap()).signature.state, state);
    }
}

#[test]
fn a_footer_around_a_sealed_part_caps_and_is_told() {
    let (kim, robin) = pair();
    let sealed = String::from_utf8(mail("", &signed_and_sealed(&kim, &robin, TEXT))).unwrap();
    let untyped = sealed.replace("application/pkcs7-mime", "application/octet-stream; name=smime.p7m");
    let misnamed = sealed.replace("application/pkcs7-mime", "application/x-unknown");
    let signature = sealed.replace("pkcs7-mime", "pkcs7-signature");
    let opened = robin.read(format!("From: kim@example.com\r\n{signature}").as_bytes()).unwrap();
    assert_eq!(opened.text(), "Meet me at the old pier.\n");
    for part in [&sealed, &untyped, &misnamed] {
        let opened = robin.read(listed(&kim, &[part, FOOTER]).as_bytes()).unwrap();
        assert_eq!(layers(&opened), ["enveloped-data", "signed-data"]);
        assert!(
            opened.text().starts_with("Meet me at the old pier.\n\n[What follows was not sealed"),
            "{}",
            opened.text()
        );
        assert!(opened.text().ends_with("You are on the list."));
        let verdict = verdict(&opened);
        assert_eq!(verdict.tier, Some(Tier::NotSecure));
        assert!(
            verdict
                .findings
                .iter()
                .any(|finding| finding.text.contains("Only a part of this message is sealed"))
        );
        // Alone in its multipart, it is the message.
        let opened = robin.read(listed(&kim, &[part]).as_bytes()).unwrap();
        assert_eq!(super::verdict(&opened).tier, Some(Tier::BeyondReasonableDoubt));
        // The mail's only body, whatever its type.
        let opened = robin.read(format!("From: kim@example.com\r\n{part}").as_bytes()).unwrap();
        assert_eq!(super::verdict(&opened).tier, Some(Tier::BeyondReasonableDoubt));
    }
    // Unencrypted attachments beside it are marked.
    let file = "Content-Type: application/pdf; name=bill.pdf\r\n\r\nx";
    let opened = robin.read(listed(&kim, &[&sealed, file]).as_bytes()).unwrap();
    assert_eq!(opened.text(), "Meet me at the old pier.\n");
    assert!(opened.attachments()[0].beside);
    assert_eq!(verdict(&opened).tier, Some(Tier::NotSecure));
}

#[test]
fn a_message_that_was_attached_is_one_of_its_own() {
    let (kim, robin) = pair();
    let cms = signed_and_sealed(&kim, &robin, TEXT);
    let sealed = String::from_utf8(mail("", &cms)).unwrap();
    let forwarded = format!(
        "Content-Type: message/rfc822\r\n\r\nFrom: kim@example.com\r\nSubject: Pier\r\nMIME-Version: 1.0\r\n{sealed}"
    );
    let untyped = sealed.replace("application/pkcs7-mime", "application/octet-stream; name=smime.p7m");
    let signed = format!("Content-Type: message/rfc822\r\n\r\n{}", clear_signed(&kim, PART));
    let words = "Content-Type: text/plain\r\n\r\nSee below.";
    let plain = "Content-Type: message/rfc822\r\n\r\nFrom: x@example.com\r\n\r\nHello.";
    for (part, is_message) in
        [(&sealed[..], true), (&forwarded, true), (&untyped, true), (&signed, true), (plain, false)]
    {
        let outer = listed(&robin, &[words, part]);
        let around = robin.read(&only_sealed(&robin, &self::signed(&kim, outer.as_bytes()))).unwrap();
        for mut opened in [robin.read(outer.as_bytes()).unwrap(), around] {
            assert_eq!(opened.text(), "See below.");
            assert_eq!(opened.attachments().len(), 1);
            assert_eq!(opened.attachments()[0].is_message, is_message, "{part}");
            let count = opened.layers.len();
            assert!(count == 0 || count == 2, "its layers are not those of the message around it");
            if is_message {
                let spool = MemorySpool::new(1 << 20);
                let limits = Limits::default();
                let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
                let inner = open(opened.message(0, &spool).unwrap(), &context, &mut rng()).unwrap();
                assert_eq!(inner.text().trim_end(), "Meet me at the old pier.");
                assert_eq!(verdict(&inner).signature.state, "valid");
                let sealed = inner.layers.iter().any(|layer| matches!(layer, Layer::Encrypted(_)));
                assert_eq!(inner.came_sealed, count == 2 && !sealed);
            }
        }
    }
}

/// Exchange keeps a clear-signed mail as one attachment that holds the whole multipart/signed.
#[test]
fn a_multipart_that_exchange_put_away_is_read() {
    let (kim, robin) = pair();
    let signed = clear_signed(&kim, PART);
    let body = base64_simd::STANDARD.encode_to_string(part_of(&signed));
    for kind in ["application/octet-stream", "application/x-pkcs7-mime"] {
        let mail = format!(
            "From: kim@example.com\r\nContent-Type: {kind}; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
        );
        let opened = robin.read(mail.as_bytes()).unwrap();
        assert_eq!(verdict(&opened).signature.state, "valid");
        assert_eq!(opened.text(), "Meet me at the old pier.");
    }
}

#[test]
fn a_file_that_was_signed_is_that_file() {
    let (kim, robin) = pair();
    let named = |message: &[u8], name: &str| {
        let spool = MemorySpool::new(1 << 20);
        let limits = Limits::default();
        let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
        let source: Box<dyn Source> = Box::new(Cursor::new(message.to_vec()));
        open(crate::smime::message::open::Input { name: Some(name), ..source.into() }, &context, &mut rng())
            .unwrap()
    };
    let xml =
        b"<?xml version=\"1.0\"?>\n<p:Fattura xmlns:p=\"http://x.example\">Content-Type: a</p:Fattura>\n";
    for content in [&xml[..], b"<p:Fattura/>", b"From: mum@example.com\n\nPay.\n"] {
        let message = signed(&kim, &signed(&kim, content));
        let mut opened = named(&message, "fattura.xml.p7m");
        assert!(opened.is_file);
        assert_eq!(opened.text().as_bytes(), content);
        assert_eq!(opened.attachments()[0].name, "fattura.xml");
        let mut written = Vec::new();
        opened.write_attachment(0, &mut written).unwrap();
        assert_eq!(written, content);
        let verdict = verdict(&opened);
        assert_eq!((verdict.signature.state, verdict.signature.matches_from), ("valid", None));
    }
    // What is long is not printed whole.
    let long = "Lé\n".repeat(200_000);
    let opened = named(&signed(&kim, long.as_bytes()), "long.txt.p7m");
    assert!(opened.text().len() < 300_000 && long.starts_with(opened.text()));
    assert_eq!(opened.attachments()[0].size, long.len() as u64);
    let opened = robin.read(&signed(&kim, b"%PDF-1.7\xff")).unwrap();
    assert_eq!(opened.attachments()[0].name, "content.pdf");
    // A mail in a file with dots in its name stays a mail.
    let opened = named(&signed(&kim, TEXT), "from.kim.p7m");
    assert!(!opened.is_file && opened.attachments().is_empty());
    // In a mail, it is an attachment that was signed, not the mail's own signature.
    let body = base64_simd::STANDARD.encode_to_string(signed(&kim, xml));
    let part = format!(
        "Content-Type: application/pkcs7-mime; name=\"fattura.xml.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"
    );
    let opened = robin.read(listed(&robin, &[&part]).as_bytes()).unwrap();
    assert!(opened.layers.is_empty() && opened.attachments()[0].is_message);
}

#[test]
fn a_part_without_a_header_is_text() {
    let (kim, robin) = pair();
    for message in [
        signed(&kim, b"\r\nFrom: mum\r\n\r\nPay.\r\n"),
        clear_signed(&kim, "\r\nFrom: mum\r\n\r\nPay.\r\n").into_bytes(),
    ] {
        let opened = robin.read(&message).unwrap();
        assert_eq!(opened.text(), "From: mum\n\nPay.\n");
        assert_eq!(verdict(&opened).signature.state, "valid");
        assert_eq!(opened.headers.from.len(), usize::from(message.starts_with(b"From")));
    }
}

#[test]
fn a_text_that_only_looks_like_base64_is_a_text() {
    let robin = Person::new("Robin", "robin@example.com");
    let opened = robin.read(b"From: a@example.com\r\n\r\nMInutesOfTheMeeting\r\n").unwrap();
    assert_eq!(opened.text(), "MInutesOfTheMeeting\n");
}

#[test]
fn what_outlook_put_into_winmail_dat_is_unpacked_inside_the_seal() {
    let (kim, robin) = pair();
    let letter = crate::smime::mime::tnef::tests::letter();
    let body = |octets: &[u8]| base64_simd::STANDARD.encode_to_string(octets);
    for (kind, words) in
        [("application/ms-tnef", ""), ("application/octet-stream; name=winmail.dat", "The same for others.")]
    {
        let tnef =
            format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", body(&letter));
        let text = format!("Content-Type: text/plain\r\n\r\n{words}");
        let mail = listed(&kim, &[&text, &tnef]);
        let mut opened = robin.read(&signed_and_sealed(&kim, &robin, mail.as_bytes())).unwrap();
        assert_eq!(opened.text().trim(), if words.is_empty() { "Grüße, Kim" } else { words });
        let names: Vec<_> = opened.attachments().iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["прив.txt", "Long name.pdf"]);
        let mut octets = Vec::new();
        opened.write_attachment(1, &mut octets).unwrap();
        assert_eq!(octets, b"second");
        assert_eq!(opened.attachments()[1].size, 6);
        assert_eq!(verdict(&opened).tier, Some(Tier::BeyondReasonableDoubt));
    }
    // What is damaged goes along as well.
    let half = body(&letter[..letter.len() - 40]);
    let tnef = format!(
        "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n{half}"
    );
    let opened = robin.read(listed(&kim, &[&tnef]).as_bytes()).unwrap();
    assert_eq!(opened.attachments().last().unwrap().name, "winmail.dat");
    assert_eq!(opened.attachments()[0].name, "прив.txt");
}
