use std::io::Cursor;

use super::*;

fn try_split(message: &[u8]) -> Result<Entity, SplitError> {
    split(&mut Cursor::new(message.to_vec()), 0..u64::MAX, &Limits::default())
}

fn parsed(message: &str) -> Entity {
    try_split(message.as_bytes()).unwrap()
}

/// The tree as text: type, and parts in brackets; `!` for a multipart that is not closed.
fn shape(entity: &Entity) -> String {
    let parts: Vec<_> = entity.parts.iter().map(shape).collect();
    let unclosed = if entity.unclosed { "!" } else { "" };
    if parts.is_empty() {
        format!("{}{unclosed}", entity.content_type)
    } else {
        format!("{}{unclosed}[{}]", entity.content_type, parts.join(" "))
    }
}

fn octets<'a>(message: &'a str, range: &Range<u64>) -> &'a str {
    &message[range.start as usize..range.end as usize]
}

const NESTED: &str = "From: a@example.com\r\nContent-Type: multipart/mixed; boundary=\"outer\"\r\n\r\npreamble\r\n\
    --outer\r\n\r\nimplicit\r\n\r\n--outer \t\r\nContent-Type: multipart/alternative; boundary=outer2\r\n\r\n\
    --outer2\r\nContent-Type: text/html\r\n\r\n<p>\r\n--outer2x\r\n--outer2--\r\ninner epilogue\r\n\
    --outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/enriched\r\n\r\nhello\r\n\
    --outer--\r\nepilogue\r\n--outer\r\n";

#[test]
fn a_nested_message_is_split_where_the_standard_says() {
    for message in [NESTED.to_owned(), NESTED.replace("\r\n", "\n")] {
        let entity = parsed(&message);
        assert_eq!(
            shape(&entity),
            "multipart/mixed[text/plain multipart/alternative[text/html] message/rfc822[text/enriched]]"
        );
        let eol = if message.contains('\r') { "\r\n" } else { "\n" };
        assert_eq!(octets(&message, &entity.parts[0].body), format!("implicit{eol}"));
        assert_eq!(octets(&message, &entity.parts[0].range), format!("{eol}implicit{eol}"));
        assert_eq!(octets(&message, &entity.parts[1].parts[0].body), format!("<p>{eol}--outer2x"));
        let inner = &entity.parts[2].parts[0];
        assert_eq!(octets(&message, &inner.body), "hello");
        assert_eq!(inner.headers.text("subject").unwrap(), "inner");
        assert_eq!(inner.range, entity.parts[2].body);
        assert_eq!(entity.range, 0..message.len() as u64);
    }
}

#[test]
fn every_prefix_and_every_damaged_octet_is_survived() {
    for end in 0..NESTED.len() {
        if let Ok(entity) = try_split(&NESTED.as_bytes()[..end]) {
            check_ranges(&entity);
        }
        let mut damaged = NESTED.as_bytes().to_vec();
        for octet in [0, b'\n', b'-', 0xff] {
            damaged[end] = octet;
            if let Ok(entity) = try_split(&damaged) {
                check_ranges(&entity);
            }
        }
    }
}

fn check_ranges(entity: &Entity) {
    assert!(entity.range.start <= entity.body.start && entity.body.start <= entity.body.end);
    assert_eq!(entity.body.end, entity.range.end);
    for part in &entity.parts {
        assert!(entity.body.start <= part.range.start && part.range.end <= entity.body.end);
        check_ranges(part);
    }
}

#[test]
fn an_outer_boundary_ends_what_is_open_inside() {
    let entity = parsed(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n\
         --a\n\ny\n--a--\n",
    );
    assert_eq!(shape(&entity), "multipart/mixed[multipart/mixed![text/plain] text/plain]");
    assert_eq!(
        shape(&parsed("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx")),
        "multipart/mixed![text/plain]"
    );
    assert_eq!(shape(&parsed("Content-Type: multipart/mixed; boundary=a\n\nno part")), "multipart/mixed!");
}

#[test]
fn boundaries_that_begin_with_one_another_are_told_apart() {
    for (outer, inner) in [("a", "ab"), ("ab", "a"), ("a", "a--"), ("a", "a a"), ("a", "a-")] {
        let message = format!(
            "Content-Type: multipart/mixed; boundary=\"{outer}\"\r\n\r\n--{outer}\r\n\
             Content-Type: multipart/related; boundary=\"{inner}\"\r\n\r\n--{inner}\r\n\r\n1\r\n--{inner}\r\n\r\n2\r\n\
             --{inner}x\r\n--{inner}--\r\n--{outer}\r\n\r\n3\r\n--{outer}--\r\n"
        );
        assert_eq!(
            shape(&parsed(&message)),
            "multipart/mixed[multipart/related[text/plain text/plain] text/plain]",
            "{outer} {inner}"
        );
    }
}

#[test]
fn parts_without_body_or_header() {
    let message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\n--b\r\nX: y\r\n--b\r\nX: y\r\n\r\n--b\r\n\r\n\r\n--b--";
    let entity = parsed(message);
    let parts: Vec<_> =
        entity.parts.iter().map(|p| (octets(message, &p.range), octets(message, &p.body))).collect();
    assert_eq!(parts, [("", ""), ("", ""), ("X: y", ""), ("X: y\r\n", ""), ("\r\n", "")]);
    assert!(!entity.unclosed);
}

#[test]
fn what_stands_before_the_header_is_skipped() {
    for before in ["", "\u{feff}", "\r\n \r\n", "From robin Tue Mar  5\n", "\u{feff}\n>From robin\n"] {
        let message = format!("{before}Subject: x\n\nbody\n");
        let entity = parsed(&message);
        assert_eq!(entity.range.start, before.len() as u64);
        assert_eq!(octets(&message, &entity.body), "body\n");
    }
    for message in [
        "",
        "\n\n",
        "Hello there: x\n",
        ": x\n",
        "From robin\nFrom robin\nA: b\n",
        "{\"a\": 1}",
        "\u{30}\u{82}",
    ] {
        let refused = matches!(try_split(message.as_bytes()), Err(SplitError::NoHeader));
        assert_eq!(refused, !message.starts_with("{\"a\":"), "{message:?}");
    }
}

#[test]
fn a_multipart_without_boundary_is_text() {
    assert_eq!(shape(&parsed("Content-Type: multipart/mixed\n\n--\n\nx\n----\n")), "text/plain");
    assert_eq!(shape(&parsed("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n")), "text/plain");
}

#[test]
fn digests_hold_messages_and_encoded_messages_are_leaves() {
    let digest = "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nx\n--d\nContent-Type: text/plain\n\ny\n--d--\n";
    assert_eq!(shape(&parsed(digest)), "multipart/digest[message/rfc822[text/plain] text/plain]");
    let encoded = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAo=\n";
    assert_eq!(shape(&parsed(encoded)), "message/rfc822");
}

#[test]
fn lines_longer_than_the_buffer_are_content() {
    for length in [65_530, 65_535, 65_536, 65_537, 131_071, 131_072, 200_000] {
        let line = "x".repeat(length);
        let message = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{line}\r\n--b\r\nX: {line}\r\n\r\n{line}\r\n--b--\r\n"
        );
        let entity = parsed(&message);
        assert_eq!(entity.parts.len(), 2);
        assert_eq!(octets(&message, &entity.parts[0].body), line);
        assert_eq!(entity.parts[1].headers.raw("x").unwrap().len(), length);
        assert_eq!(octets(&message, &entity.parts[1].body), line);
    }
}

#[test]
fn bounds_are_kept() {
    let deep: String =
        (0..100).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")).collect();
    assert!(matches!(try_split(deep.as_bytes()), Err(SplitError::Limit(_))));
    let messages = "Content-Type: message/rfc822\n\n".repeat(100_000);
    assert!(matches!(try_split(messages.as_bytes()), Err(SplitError::Limit(_))));
    let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n".repeat(100_000));
    assert!(matches!(try_split(wide.as_bytes()), Err(SplitError::Limit("parts"))));
    assert!(matches!(try_split(&b"a: b\n".repeat(20_000)), Err(SplitError::Limit(_))));
    let long = format!("a: {}\n", "x".repeat(2 << 20));
    assert!(matches!(try_split(long.as_bytes()), Err(SplitError::Limit(_))));
}

#[test]
fn only_the_range_is_seen() {
    let message = "junk\nSubject: x\n\nbody\nmore";
    let entity = split(&mut Cursor::new(message), 5..21, &Limits::default()).unwrap();
    assert_eq!(octets(message, &entity.range), "Subject: x\n\nbody");
    assert_eq!(octets(message, &entity.body), "body");
}
