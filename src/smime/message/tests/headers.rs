//! What stands inside, what stands outside, and who is believed.

use super::*;
use crate::smime::message::header_protection::Scheme;

fn first_seen() -> Evidence {
    Evidence { self_signed: true, ..Evidence::default() }
}

fn scheme(opened: &Opened) -> Option<Scheme> {
    opened.protection.as_ref().map(|protection| protection.scheme)
}

fn entity(from: &str, parameter: &str) -> String {
    format!("From: {from}\r\nSubject: inside\r\nContent-Type: text/plain; {parameter}\r\n\r\nHello.\r\n")
}

#[test]
fn a_sender_inside_that_nobody_signed_for_does_not_take_the_place_of_the_one_outside() {
    let (eve, robin) = (Person::new("Eve", "eve@example.com"), Person::new("Robin", "robin@example.com"));
    let inside = entity("kim@example.com", "hp=\"cipher\"");
    let unsigned = only_sealed(&robin, inside.as_bytes());
    let by_eve = signed_and_sealed(&eve, &robin, inside.as_bytes());
    for (name, cms) in [("unsigned", unsigned), ("signed by Eve", by_eve)] {
        let opened = robin.read(&mail("From: eve@example.com\r\n", &cms)).unwrap();
        assert_eq!(opened.headers.from[0].address.as_str(), "eve@example.com", "{name}");
        assert_eq!(opened.headers.subject.as_deref(), Some("inside"), "{name}");
        let verdict = verdict(&opened);
        assert_eq!(verdict.tier, Some(Tier::NotSecure), "{name}");
        let found =
            verdict.findings.iter().map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("\n");
        assert!(
            found.contains("another sender, eve@example.com; inside it is kim@example.com"),
            "{name}: {found}"
        );
    }
}

#[test]
fn a_signed_sender_counts_whatever_stands_outside_if_somebody_vouches_for_the_key() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let cms = signed_and_sealed(&kim, &robin, entity("kim@example.com", "hp=\"cipher\"").as_bytes());
    let opened = robin.read(&mail("From: list@example.org\r\n", &cms)).unwrap();
    assert_eq!(opened.headers.from[0].address.as_str(), "kim@example.com");
    assert_eq!(judge(&opened, Some(&in_person()), now()).tier, Some(Tier::BeyondReasonableDoubt));
    let stranger = judge(&opened, Some(&first_seen()), now());
    assert_eq!(stranger.tier, Some(Tier::NotSecure));
    assert!(stranger.sentence.contains("different senders"), "{}", stranger.sentence);
    // The same without another sender outside.
    let opened = robin.read(&mail("From: KIM@example.com\r\n", &cms)).unwrap();
    assert_eq!(judge(&opened, Some(&first_seen()), now()).tier, Some(Tier::ProbablySecure));
}

#[test]
fn what_its_writer_left_open_is_not_called_sealed() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    for (parameter, expected, tier) in [
        ("hp=\"cipher\"", Some(Scheme::Cipher), Tier::BeyondReasonableDoubt),
        ("hp=clear", Some(Scheme::Clear), Tier::NotSecure),
        ("protected-headers=\"v1\"", Some(Scheme::Forerunner), Tier::BeyondReasonableDoubt),
        ("hp=\"other\"", None, Tier::BeyondReasonableDoubt),
    ] {
        let cms = signed_and_sealed(&kim, &robin, entity("kim@example.com", parameter).as_bytes());
        let opened = robin.read(&mail("From: kim@example.com\r\nSubject: outside\r\n", &cms)).unwrap();
        assert_eq!((scheme(&opened), verdict(&opened).tier), (expected, Some(tier)), "{parameter}");
        let subject = if expected.is_some() { "inside" } else { "outside" };
        assert_eq!(opened.headers.subject.as_deref(), Some(subject), "{parameter}");
        assert_eq!(opened.headers.protected, expected.is_some(), "{parameter}");
    }
}

#[test]
fn cipher_without_encryption_is_clear() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let inside = "From: kim@example.com\r\nSubject: inside\r\nHP-Outer: Subject: [...]\r\n\
        Content-Type: text/plain; hp=cipher; hp-legacy-display=1\r\n\r\nSubject: inside\r\n\r\nHello.\r\n";
    let cms = signed(&kim, inside.as_bytes());
    let opened = robin.read(&mail("From: kim@example.com\r\n", &cms)).unwrap();
    assert_eq!(scheme(&opened), Some(Scheme::Clear));
    assert_eq!(opened.protection.as_ref().unwrap().hidden().count(), 0);
    assert_eq!(opened.text(), "Subject: inside\n\nHello.\n", "nothing is left out of what was open");
}

#[test]
fn the_forerunner_protects_what_it_has_and_a_new_message_is_told_from_a_forwarded_one() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let outside = "From: kim@example.com\r\nTo: robin@example.com\r\nSubject: outside\r\n";
    let inside = "Subject: inside\r\nContent-Type: text/plain; protected-headers=v1\r\n\r\nHello.\r\n";
    let opened = robin.read(&mail(outside, &signed_and_sealed(&kim, &robin, inside.as_bytes()))).unwrap();
    assert_eq!(opened.headers.subject.as_deref(), Some("inside"));
    assert_eq!(opened.headers.to[0].address.as_str(), "robin@example.com");

    for (parameter, from, wrapped) in [
        ("", "kim@example.com", true),
        ("; forwarded=no", "eve@example.com", true),
        ("", "eve@example.com", false),
        // It protects its own fields: it was forwarded.
        ("", "kim@example.com\r\nContent-Type: text/plain; hp=cipher", false),
        ("; forwarded=yes", "kim@example.com", false),
    ] {
        let inside = format!(
            "Content-Type: message/rfc822{parameter}\r\n\r\nFrom: {from}\r\nSubject: inside\r\n\r\nHello.\r\n"
        );
        let opened = robin.read(&mail(outside, &signed_and_sealed(&kim, &robin, inside.as_bytes()))).unwrap();
        assert_eq!(scheme(&opened) == Some(Scheme::Wrapped), wrapped, "{parameter} {from}");
        assert_eq!(opened.text() == "Hello.\n", wrapped, "{parameter} {from}");
        assert_eq!(opened.attachments().len(), usize::from(!wrapped), "{parameter} {from}");
        let top = verdict(&opened).tier == Some(Tier::BeyondReasonableDoubt);
        assert_eq!(top, from.starts_with("kim@example.com") || !wrapped, "{parameter} {from}");
    }
}

#[test]
fn a_broken_signature_protects_nothing() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let mut cms = signed(&kim, entity("kim@example.com", "hp=\"clear\"").as_bytes());
    let at = cms.windows(6).position(|window| window == b"Hello.").unwrap();
    cms[at] = b'J';
    let opened = robin.read(&mail("From: kim@example.com\r\nSubject: outside\r\n", &cms)).unwrap();
    assert_eq!(verdict(&opened).signature.state, "invalid");
    assert!(!opened.headers.protected);
    assert!(opened.protection.unwrap().fields.iter().all(|field| field.state.id() == "unprotected"));
}

#[test]
fn a_legacy_display_is_left_out_in_every_form_of_the_text() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let plain = "Content-Type: text/plain; hp-legacy-display=1\r\n\r\nSubject: inside\r\n\r\nHello.\r\n";
    let blank = "Content-Type: text/plain; hp-legacy-display=1\r\n\r\nSubject: inside\r\n\r\n\r\n";
    let html = "Content-Type: text/html; hp-legacy-display=1\r\n\r\n<body><div class=\"header-protection-legacy-display\">\
        <pre>Subject: inside</pre></div><p>Hello.</p></body>\r\n";
    for parts in [&[plain, html][..], &[blank, html], &[html]] {
        let parts: String = parts.iter().map(|part| format!("--b\r\n{part}")).collect();
        let inside = format!(
            "From: kim@example.com\r\nSubject: inside\r\n\
             Content-Type: multipart/alternative; boundary=b; hp=cipher\r\n\r\n{parts}--b--\r\n"
        );
        let opened = robin.read(&mail("", &signed_and_sealed(&kim, &robin, inside.as_bytes()))).unwrap();
        assert_eq!(opened.text().trim(), "Hello.", "{inside}");
    }
}
