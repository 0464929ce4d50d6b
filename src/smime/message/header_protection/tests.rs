use std::io::Cursor;

use super::*;
use crate::smime::Limits;
use crate::smime::mime::split::split;

const INNER: &str = "From: Kim <kim@example.com>\r\nTo: Robin <robin@example.com>\r\nDate: Tue, 5 Mar 2024 10:00:00 +0100\r\n\
    Subject: Results\r\nKeywords: health\r\nX-Note: a\r\n  b\r\nHP-Outer: From: kim@example.com\r\n\
    HP-Outer: To: Robin <robin@example.com>\r\nHP-Outer: Date: Tue, 5 Mar 2024 10:00:00 +0100\r\n\
    HP-Outer: Subject: [...]\r\nHP-Outer: X-Note: a b\r\nHP-Outer: Content-Type: no\r\nHP-Outer: nothing\r\n\
    Content-Type: text/plain; hp=\"cipher\"\r\nMIME-Version: 1.0\r\n";
const OUTER: &str = "From: kim@example.com\r\nTo: Robin <robin@example.com>\r\nDate: Tue, 5 Mar 2024 10:00:00 +0100\r\n\
    Subject: [...]\r\nX-Note: a b\r\nReceived: here\r\n";

fn protection(scheme: Scheme, outer: &str, encrypted: bool, signed: bool) -> HeaderProtection {
    let (inner, outer) = (Headers::parse(INNER.as_bytes()), Headers::parse(outer.as_bytes()));
    HeaderProtection::of(scheme, &inner, Surroundings { outer: Some(&outer), encrypted, signed })
}

fn states(protection: &HeaderProtection) -> Vec<(&str, &str)> {
    protection.fields.iter().map(|field| (field.name.as_str(), field.state.id())).collect()
}

#[test]
fn what_the_writer_left_outside_decides() {
    let found = protection(Scheme::Cipher, OUTER, true, true);
    assert_eq!(
        states(&found),
        [
            ("From", "signed-and-encrypted"),
            ("To", "signed-only"),
            ("Date", "signed-only"),
            ("Subject", "signed-and-encrypted"),
            ("Keywords", "signed-and-encrypted"),
            ("X-Note", "signed-only"),
        ]
    );
    assert_eq!(found.fields[3].left_outside.as_deref(), Some("[...]"));
    assert_eq!(found.fields[4].left_outside, None);
    assert!(found.changed.is_empty() && found.added.is_empty() && found.other_from.is_none());
    // Whatever happens to the outside on the way.
    assert_eq!(states(&protection(Scheme::Cipher, "Keywords: health\r\n", true, true)), states(&found));
}

#[test]
fn a_field_is_worth_what_is_around_it() {
    for (scheme, encrypted, signed, subject, to) in [
        (Scheme::Cipher, true, false, "encrypted-only", "unprotected"),
        (Scheme::Clear, true, true, "signed-only", "signed-only"),
        (Scheme::Clear, false, false, "unprotected", "unprotected"),
        (Scheme::Wrapped, true, true, "signed-and-encrypted", "signed-only"),
        (Scheme::Forerunner, true, false, "encrypted-only", "unprotected"),
        (Scheme::Wrapped, false, true, "signed-only", "signed-only"),
    ] {
        let found = protection(scheme, OUTER, encrypted, signed);
        let state = |name: &str| found.fields.iter().find(|field| field.name == name).unwrap().state.id();
        assert_eq!((state("Subject"), state("To")), (subject, to), "{scheme:?} {encrypted} {signed}");
    }
}

#[test]
fn what_somebody_changed_or_added_on_the_way_is_found() {
    let outer = "From: Kim <KIM@example.com>\r\nTo: robin@example.com\r\nDate: Tue, 5 Mar 2024 09:00:00 +0000\r\n\
        Subject: [list] [...]\r\nCc: eve@example.com\r\nReply-To: eve@example.com\r\n";
    let found = protection(Scheme::Cipher, outer, true, true);
    assert_eq!(found.changed, ["Subject"], "the others mean the same");
    assert_eq!(found.added, ["Cc", "Reply-To"]);
    // Nobody wrote down what stood there.
    assert!(protection(Scheme::Wrapped, outer, true, true).changed.is_empty());
    assert_eq!(protection(Scheme::Wrapped, outer, false, true).changed, ["Subject"]);
    assert_eq!(protection(Scheme::Clear, outer, false, true).changed, ["Subject"]);

    let found = protection(
        Scheme::Clear,
        "From: eve@example.com\r\nDate: 1 Jan 2020 00:00:00 +0000\r\n",
        false,
        true,
    );
    assert_eq!(found.changed, ["From", "Date"]);
    assert_eq!(found.other_from.unwrap()[0].address.as_str(), "eve@example.com");
}

#[test]
fn thousands_of_fields_take_no_time() {
    let started = std::time::Instant::now();
    let many = "A: b\r\n".repeat(9_000) + &"HP-Outer: A: c\r\n".repeat(900);
    let headers = Headers::parse(many.as_bytes());
    let around = Surroundings { outer: Some(&headers), encrypted: true, signed: true };
    assert_eq!(HeaderProtection::of(Scheme::Cipher, &headers, around).hidden().count(), 9_000);
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn only_protected_fields_are_taken_for_a_legacy_display() {
    let found = protection(Scheme::Cipher, OUTER, true, true);
    for (text, shown) in [
        ("Subject: Results\n\nHello\n", "Hello\n"),
        ("subject:\n  Results\nTo: \"Robin\" <robin@example.com>\n\nHello\n\nBye\n", "Hello\n\nBye\n"),
        ("Subject: =?utf-8?q?Results?=\nX-Note: a b\n\nHello\n", "Hello\n"),
        ("Subject: Other\n\nHello\n", "Subject: Other\n\nHello\n"),
        ("Subject: Results\n Pay at once.\n\nHello\n", "Subject: Results\n Pay at once.\n\nHello\n"),
        ("Subject: Results\nTo: eve@example.com\n\nHi\n", "Subject: Results\nTo: eve@example.com\n\nHi\n"),
        ("Subject: Results\nPay at once.\n\nHello\n", "Subject: Results\nPay at once.\n\nHello\n"),
        ("PIN: 4711\n\nHello\n", "PIN: 4711\n\nHello\n"),
        (" Subject: x\n\nHello\n", " Subject: x\n\nHello\n"),
        ("Subject: Results\nHello\n", "Subject: Results\nHello\n"),
        ("\n\nHello\n", "\n\nHello\n"),
        ("", ""),
    ] {
        assert_eq!(legacy_display::without_in_text(text, &found), shown);
    }
    let element = |inside: &str| {
        format!(
            "<body><div class=\"header-protection-legacy-display\"><pre>{inside}</pre></div><p>Hello</p></body>"
        )
    };
    for (inside, kept) in [
        ("Subject: Results\nKeywords: health", false),
        ("Keywords: x", true),
        ("Pay at once.", true),
        ("", true),
    ] {
        let html = element(inside);
        let shown = legacy_display::without_in_html(&html, &found);
        assert_eq!(shown.contains("legacy-display"), kept, "{inside}");
        assert!(shown.contains("Hello"));
    }
}

#[test]
fn the_mark_of_a_part_is_read() {
    for (field, marked) in [
        ("text/plain; hp-legacy-display=\"1\"", true),
        ("text/plain; hp-legacy-display=0", false),
        ("text/plain", false),
    ] {
        let mut source = Cursor::new(format!("Content-Type: {field}\r\n\r\nx\r\n"));
        let part = split(&mut source, 0..u64::MAX, &Limits::default()).unwrap();
        assert_eq!(legacy_display::is_marked(&part), marked, "{field}");
    }
}
