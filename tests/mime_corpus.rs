//! Messages of Apache James mime4j, many of them malformed: the splitter takes each of them in bounded work, and
//! finds the tree that is written down beside it.
//!
//! Reads `$WAXSEAL_CORPUS/james-mime4j`; without the variable the test says that it skipped.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Instant;

use waxseal::smime::Limits;
use waxseal::smime::mime::split::split;
use waxseal::smime::mime::{Entity, html};

/// Messages whose tree is ours and not mime4j's, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "base64encoded-rfc822message",
        "an encoded message stays a leaf (RFC 2046 section 5.2.1 forbids the encoding)",
    ),
    (
        "base64encoded-rfc822message-nested",
        "an encoded message stays a leaf (RFC 2046 section 5.2.1 forbids the encoding)",
    ),
    (
        "bad-newlines-multiple-parts-base64",
        "an encoded message stays a leaf (RFC 2046 section 5.2.1 forbids the encoding)",
    ),
    ("multi-2gifs-base64", "an encoded message stays a leaf (RFC 2046 section 5.2.1 forbids the encoding)"),
    (
        "ending-boundaries",
        "a boundary line holds the boundary and nothing more, so that one may begin with another",
    ),
    ("malformedHeader-noheader", "no header at all is no MIME entity"),
    ("malformedHeaderStartsBody-noheader", "no header at all is no MIME entity"),
    (
        "very-long-boundary",
        "a boundary does not end with white space (RFC 2046 section 5.1.1), so the line in the text is one",
    ),
    (
        "very-very-long-boundary",
        "a boundary does not end with white space (RFC 2046 section 5.1.1), so the line in the text is one",
    ),
    (
        "weird-boundary",
        "a boundary does not end with white space (RFC 2046 section 5.1.1), so the line in the text is one",
    ),
];

#[test]
fn messages_of_mime4j_are_split_as_expected() {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        println!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    let mut messages = Vec::new();
    collect(&Path::new(&corpus).join("james-mime4j"), &mut messages);
    assert!(messages.len() >= 80, "only {} messages found", messages.len());
    let (mut compared, mut wrong) = (0, Vec::new());
    for path in messages {
        let octets = fs::read(&path).unwrap();
        let started = Instant::now();
        let found = check(&octets);
        for cut in 1..20 {
            check(&octets[..octets.len() * cut / 20]);
        }
        assert!(started.elapsed().as_secs() < 20, "{} took too long", path.display());
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Ok(expected) = fs::read(path.with_extension("xml")) else { continue };
        let expected = expected_shape(&String::from_utf8_lossy(&expected));
        compared += 1;
        let same = found.as_deref() == Some(expected.as_str());
        if same == EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
            wrong.push(format!("{name}\n  expected {expected}\n  found    {found:?}"));
        }
    }
    println!("{compared} trees compared, {} exceptions", EXCEPTIONS.len());
    assert!(compared >= 70 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Splits, reads everything that can be asked for, and gives the shape; None if it was refused.
fn check(octets: &[u8]) -> Option<String> {
    let mut source = Cursor::new(octets);
    let entity = split(&mut source, 0..u64::MAX, &Limits::default()).ok()?;
    read(&entity, &mut source);
    Some(shape(&entity))
}

fn read(entity: &Entity, source: &mut Cursor<&[u8]>) {
    assert!(entity.range.start <= entity.body.start && entity.body.start <= entity.body.end);
    assert!(entity.body.end == entity.range.end && entity.range.end <= source.get_ref().len() as u64);
    let (text, _) = entity.text(source, 1 << 20).unwrap();
    assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
    html::to_text(&text);
    assert!(entity.decoded_len(source).unwrap() <= entity.body.end - entity.body.start);
    for name in ["Subject", "From", "To"] {
        entity.headers.text(name);
        entity.headers.mailboxes(name);
    }
    let _ = (entity.headers.date(), entity.file_name(), entity.is_attachment());
    entity.parts.iter().for_each(|part| read(part, source));
}

/// `l` a leaf, `m(…)` a multipart, `r(…)` a message in a message.
fn shape(entity: &Entity) -> String {
    let parts: String = entity.parts.iter().map(shape).collect();
    if entity.content_type.starts_with("multipart/") {
        format!("m({parts})")
    } else if entity.parts.is_empty() {
        "l".to_owned()
    } else {
        format!("r({parts})")
    }
}

/// The same from the tree in XML; its markup stands on lines of its own, text is escaped.
fn expected_shape(xml: &str) -> String {
    let (mut out, mut messages) = (String::new(), 0);
    for tag in xml.split('<').skip(1) {
        match tag.split(['>', ' ']).next().unwrap_or_default() {
            "multipart" => out.push_str("m("),
            "/multipart" => out.push(')'),
            "message" => {
                messages += 1;
                out.push_str(if messages > 1 { "r(" } else { "" });
            }
            "/message" => {
                out.push_str(if messages > 1 { ")" } else { "" });
                messages -= 1;
            }
            "body" => out.push('l'),
            _ => {}
        }
    }
    out
}

fn collect(folder: &Path, messages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, messages);
        } else if path.extension().is_some_and(|extension| extension == "msg") {
            messages.push(path);
        }
    }
    messages.sort();
}
