//! Bombs of compression, of layers, of messages in messages, and of `winmail.dat`.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use waxseal::smime::asn1::writer;

use crate::common::os;
use crate::{bounded, decrypt, ends_well, pair};

const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const COMPRESSED: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09";
const ZLIB: &[u8] = b"\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08";

fn content_info(kind: &[u8], value: &[u8]) -> Vec<u8> {
    writer::sequence(&[kind, &writer::value(0xa0, &[value])])
}

fn data(content: &[u8]) -> Vec<u8> {
    writer::sequence(&[DATA, &writer::value(0xa0, &[&writer::octet_string(content)])])
}

/// CompressedData over `mebibytes` of one letter behind `start`.
fn deflated(start: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(start).unwrap();
    (0..mebibytes).for_each(|_| encoder.write_all(&[b'x'; 1 << 20]).unwrap());
    let content = data(&encoder.finish().unwrap());
    content_info(COMPRESSED, &writer::sequence(&[&[2, 1, 0], ZLIB, &content]))
}

/// SignedData that nobody signed.
fn wrapped(content: &[u8]) -> Vec<u8> {
    content_info(SIGNED, &writer::sequence(&[&[2, 1, 1, 0x31, 0], &data(content), &[0x31, 0]]))
}

fn part(kind: &str, octets: &[u8]) -> String {
    let body = base64_simd::STANDARD.encode_to_string(octets);
    format!("--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n")
}

fn mail(parts: &[String]) -> Vec<u8> {
    let parts = parts.concat();
    format!("From: m@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")
        .into_bytes()
}

/// One attribute of TNEF; its checksum is not right.
fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    [&[level][..], &id.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data, &[0, 0]].concat()
}

fn tnef(attributes: &[Vec<u8>]) -> Vec<u8> {
    [&b"\x78\x9f\x3e\x22\x01\x00"[..], &attributes.concat()].concat()
}

/// A TNEF with compressed RTF that says that it becomes four gibibytes.
fn rich_text() -> Vec<u8> {
    let runs = [0xff, 0x0c, 0xff].repeat(300_000);
    let rtf = [&(runs.len() as u32).to_le_bytes()[..], &[0xff; 4], b"LZFu", &[0; 4], &runs].concat();
    let value = [&(rtf.len() as u32).to_le_bytes()[..], &rtf].concat();
    let list =
        [&1_u32.to_le_bytes()[..], &0x1009_0102_u32.to_le_bytes(), &1_u32.to_le_bytes(), &value].concat();
    tnef(&[attribute(1, 0x0006_9003, &list)])
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let letter = b"Content-Type: text/plain\r\n\r\n";
    let bomb = deflated(letter, 400);
    let again = deflated(&bomb, 0);
    let layers = (0..400).fold(letter.to_vec(), |content, _| wrapped(&content));
    let bodies =
        format!("From: m@example.com\r\n{}", "Content-Type: application/pkcs7-mime\r\n\r\n".repeat(20_000));
    let nested = |octets: &[u8], count: usize| {
        let words = part("text/plain", b"Words.");
        mail(&[vec![words], vec![part("application/octet-stream; name=a.p7m", octets); count]].concat())
    };
    let many = vec![attribute(2, 0x0006_9002, &[0; 14]); 100_000];
    let message = |inner: &[u8]| {
        let iid = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46";
        let length = (inner.len() as u32 + 16).to_le_bytes();
        let list = [
            &1_u32.to_le_bytes()[..],
            &0x3701_000d_u32.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &length,
            iid,
            inner,
        ];
        tnef(&[attribute(2, 0x0006_9002, &[0; 14]), attribute(2, 0x0006_9005, &list.concat())])
    };
    let deep = (0..2_000).fold(tnef(&[]), |inner, _| message(&inner));
    let winmail =
        |octets: &[u8], count| mail(&vec![part("application/ms-tnef; name=winmail.dat", octets); count]);
    vec![
        ("400 MiB of a letter", bomb.clone()),
        ("400 MiB of a letter, compressed twice", again.clone()),
        (
            "400 MiB of a letter in a mail",
            mail(&[part("application/pkcs7-mime; smime-type=compressed-data", &again)]),
        ),
        ("400 layers of signature", layers.clone()),
        ("20 000 bodies, one in the other", bodies.into_bytes()),
        ("a bomb among the attachments", nested(&again, 3)),
        ("200 messages among the attachments", nested(&wrapped(letter), 200)),
        ("40 compressed messages among the attachments", nested(&deflated(letter, 15), 40)),
        ("400 layers among the attachments", nested(&layers, 40)),
        ("rich text without end", winmail(&rich_text(), 1)),
        ("rich text without end, again and again", winmail(&rich_text(), 10)),
        ("a hundred thousand attachments in TNEF", winmail(&tnef(&many), 1)),
        ("TNEF in TNEF", winmail(&deep, 1)),
        ("a mailbox of a hundred thousand lines", b"From a Mon Mar  4 10:00:00 2024\n\n".repeat(100_000)),
        (
            "a mailbox of a hundred thousand mails",
            b"From a Mon Mar  4 10:00:00 2024\nA: b\n\n".repeat(100_000),
        ),
    ]
}

#[test]
fn odd_mail_made_to_hurt_ends_in_a_sentence_within_bounds() {
    let (alice, _) = pair();
    let alice = alice.copy();
    let before = alice.state();
    for (name, bytes) in bombs() {
        let file = alice.file("bomb", bytes);
        let run = bounded(&alice.command([os("--json"), os("open"), file.as_os_str()]));
        assert!(matches!(run.code, Some(1 | 3)), "{name}: {:?}\n{}", run.code, run.stderr);
        println!("{name}: exit {:?} after {:?}", run.code, run.took);
        ends_well(&run, &[1, 3]);
        let answer = run.json();
        assert!(answer["messages"].as_array().is_none_or(|messages| messages.len() <= 32), "{name}");
        let text = answer["text"].as_str().unwrap_or_default();
        assert!(text.len() <= 33 << 20, "{name}");
        assert_eq!(decrypt(&alice, &file, "bomb.out"), None, "{name}");
    }
    assert_eq!(alice.state(), before);
}

/// What grows is told as what it is.
#[test]
fn a_compressed_bomb_is_told_in_a_sentence() {
    let (alice, _) = pair();
    let file = alice.file("bomb.p7z", deflated(b"", 400));
    let run = alice.run([os("open"), file.as_os_str()]).fails();
    assert!(run.stderr.contains("compressed part"), "{}", run.stderr);
    // A file of one letter that is not as large is honest.
    let file = alice.file("letter.p7z", deflated(b"", 8));
    let answer = alice.open(&file).exits(3).json();
    assert_eq!(answer["layers"][0], "compressed-data");
    assert_eq!(answer["text"].as_str().unwrap().len(), 8 << 20);
}
