use std::io::Cursor;

use super::*;
use crate::smime::Limits;
use crate::smime::mime::Headers;
use crate::smime::mime::header::Mailbox;
use crate::smime::mime::split::split;

fn rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
    rand_core::UnwrapErr(getrandom::SysRng)
}

fn attachment<'a>(name: &str, data: &'a [u8]) -> Attachment<'a> {
    Attachment {
        name: name.to_owned(),
        media_type: media_type(name).to_owned(),
        len: data.len() as u64,
        open: Box::new(move || Ok(Box::new(data))),
    }
}

fn check_lines(written: &[u8]) {
    let text = std::str::from_utf8(written).unwrap();
    assert!(text.is_ascii() && text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 76, "{line}");
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let data: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
    let names =
        ["plain.pdf", "Grüße an die Übermütigen \u{1f600}.txt", "a \"quoted\" name.bin", &"lang ".repeat(28)];
    let attachments = names.iter().map(|name| attachment(name, &data)).collect();
    let text = "Grüße\n\nFrom here on\n.\n--\nRobin";
    let mut body = Body::new(text, attachments, &mut rng());
    body.push_field(&text_field("Subject", "x\r\nBcc: y"));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    body.write_to(&mut first).unwrap();
    body.write_to(&mut second).unwrap();
    assert_eq!(first, second);
    assert_eq!(body.encoded_len(), first.len() as u64);
    check_lines(&first);

    let mut source = Cursor::new(first);
    let entity = split(&mut source, 0..u64::MAX, &Limits::default()).unwrap();
    assert_eq!(entity.headers.raw("subject"), Some("x Bcc: y"));
    assert_eq!(entity.headers.raw("bcc"), None);
    assert!(!entity.unclosed);
    assert_eq!(entity.parts[0].text(&mut source, 1000).unwrap().0, format!("{text}\n"));
    assert_eq!(entity.parts.len(), 1 + names.len());
    for (part, name) in entity.parts[1..].iter().zip(names) {
        let mut content = Vec::new();
        part.content(&mut source).unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content, data);
        assert_eq!(part.file_name().unwrap(), file_name::safe(name));
        // mail-parser leaves spaces between several encoded words in quotes; those who read RFC 2231 never see them.
        let field = part.headers.content_type().unwrap();
        if name.len() < 60 {
            assert_eq!(field.parameter("name"), Some(file_name::safe(name).as_str()));
        }
        assert!(part.is_attachment());
    }
}

#[test]
fn plain_text_stays_plain() {
    for (text, encoding) in
        [("hello\nworld\n", "7bit"), ("", "7bit"), ("é", "quoted-printable"), ("a \n", "quoted-printable")]
    {
        let mut written = Vec::new();
        let body = Body::new(text, Vec::new(), &mut rng());
        body.write_to(&mut written).unwrap();
        assert_eq!(Headers::parse(&written).raw("content-transfer-encoding"), Some(encoding));
        check_lines(&written);
    }
}

#[test]
fn an_attachment_that_changes_is_an_error() {
    for said in [2, 4] {
        let mut wrong = attachment("a.bin", b"abc");
        wrong.len = said;
        assert!(Body::new("x", vec![wrong], &mut rng()).write_to(&mut io::sink()).is_err());
    }
}

#[test]
fn fields_are_encoded_folded_and_never_two() {
    for value in [
        "",
        "short",
        "Grüße",
        "a\r\nBcc: b",
        "=?utf-8?q?x?=",
        &"word ".repeat(100),
        &"x".repeat(500),
        &"日本語".repeat(40),
        &"aé ".repeat(60),
        &"\u{1f600}".repeat(50),
        "a\u{0}b",
    ] {
        let field = text_field("Subject", value);
        check_lines(field.as_bytes());
        let headers = Headers::parse(field.as_bytes());
        assert_eq!(headers.len(), 1);
        let expected = value.replace("\r\n", " ").replace('\0', "");
        assert_eq!(headers.text("subject").unwrap(), expected.trim(), "{field}");
    }
    assert_eq!(text_field("Sub\r\nject: x", "y"), "Subjectx: y\r\n");
}

#[test]
fn mailboxes_are_read_back() {
    let long = "Ein sehr langer Name mit Ümlauten ".repeat(5);
    let names = [
        None,
        Some("Robin Reed"),
        Some("Reed, \"Robin\" <x@y>"),
        Some("Jörg Ö."),
        Some(long.trim()),
        Some("a\\b"),
    ];
    let mailboxes: Vec<Mailbox> = names
        .iter()
        .map(|name| Mailbox {
            name: name.map(str::to_owned),
            address: "robin.reed@mail.example.com".parse().unwrap(),
        })
        .collect();
    let field = mailbox_field("To", &mailboxes);
    check_lines(field.as_bytes());
    assert_eq!(Headers::parse(field.as_bytes()).mailboxes("to"), mailboxes);
}

#[test]
fn dates_and_identifiers() {
    let time: jiff::Timestamp = "2024-03-05T09:08:07Z".parse().unwrap();
    let field = date_field(time);
    assert_eq!(field, "Date: Tue, 05 Mar 2024 09:08:07 +0000\r\n");
    assert_eq!(Headers::parse(field.as_bytes()).date(), Some(time));
    let id = message_id("exa>\r\nmple.com", &mut rng());
    assert!(id.starts_with('<') && id.ends_with("@example.com>") && id.len() == 36 + 14);
    assert_ne!(boundary(&mut rng()), boundary(&mut rng()));
    assert!(boundary(&mut rng()).starts_with("=_"));
}
