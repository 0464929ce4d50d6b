//! What is written outside, what stays inside, and what an answer gives away.

use super::*;
use crate::smime::message::reply::{Reply, reply};

/// The header section outside, unfolded.
fn outside(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ")
}

/// The entity that was sealed and signed, unfolded.
fn inside(reader: &Person, message: &[u8]) -> String {
    let mut opened = reader.read(message).unwrap();
    let mut content = String::new();
    opened.content().unwrap().read_to_string(&mut content).unwrap();
    content.replace("\r\n ", " ")
}

fn seal_note(from: &Person, note: Note<'_>, to: &[Recipient]) -> Vec<u8> {
    let mut out = Vec::new();
    seal(note, &from.sign_with(), to, Form::Mail, &mut out, &mut rng()).unwrap();
    out
}

fn answer_to(opened: &Opened, sealed: bool) -> Reply {
    reply(opened, &|who| who.as_str() == "robin@example.com", sealed)
}

fn take_over<'a>(mut note: Note<'a>, reply: Reply) -> Note<'a> {
    (note.to, note.subject) = (reply.to, reply.subject);
    (note.thread, note.confidences) = (reply.thread, reply.confidences);
    note
}

#[test]
fn the_outside_says_what_the_standard_leaves_there_and_the_inside_says_which() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let message = sealed(&kim, &robin, Form::Mail);
    let (outside, inside) = (outside(&message), inside(&robin, &message));
    for field in outside.lines().filter(|line| !line.starts_with("Content-") && !line.starts_with("MIME-")) {
        assert!(inside.contains(&format!("\r\nHP-Outer: {field}\r\n")), "{field}\n{inside}");
        let hidden = field.starts_with("Subject: ");
        assert_eq!(
            inside.contains(&format!("\r\n{field}\r\n")) || inside.starts_with(field),
            !hidden,
            "{field}"
        );
    }
    assert_eq!(inside.matches("HP-Outer: ").count(), 5, "{inside}");
    assert!(inside.contains("; hp=\"cipher\"") && !inside.contains("legacy"), "{inside}");

    let mut out = Vec::new();
    let spool = MemorySpool::new(1 << 20);
    sign(note(&kim, &robin), &kim.sign_with(), Form::Mail, &spool, &mut out, &mut rng()).unwrap();
    let signed = String::from_utf8(out).unwrap();
    assert!(
        signed.contains("; hp=\"clear\"") && !signed.contains("HP-Outer") && !signed.contains("[...]"),
        "{signed}"
    );
    let opened = robin.read(signed.as_bytes()).unwrap();
    let protection = opened.protection.unwrap();
    assert!(protection.fields.iter().all(|field| field.state.id() == "signed-only"));
    assert!(protection.changed.is_empty() && protection.added.is_empty());
}

#[test]
fn a_reader_who_may_not_show_the_subject_finds_it_at_the_head_of_the_text() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    for reads in [true, false] {
        for attached in [true, false] {
            let mut letter = note(&kim, &robin);
            if !attached {
                letter.attachments.clear();
            }
            let recipient = Recipient { reads_protected_headers: reads, ..robin.recipient() };
            let message = seal_note(&kim, letter, &[recipient, kim.recipient()]);
            let inside = inside(&robin, &message);
            let head = inside.split("charset=utf-8").nth(1).unwrap();
            let marked = head.lines().next().unwrap().contains("; hp-legacy-display=\"1\"");
            assert_eq!(
                (marked, inside.contains("\r\nSubject: R=C3=B6ntgen am Dienstag\r\n\r\n")),
                (!reads, !reads),
                "{inside}"
            );
            assert_eq!(robin.read(&message).unwrap().text(), "Grüße\nund bis bald\n");
        }
    }
    // Without a subject nothing is hidden that a person would see.
    let unsaid = Note { subject: None, ..note(&kim, &robin) };
    let recipient = Recipient { reads_protected_headers: false, ..robin.recipient() };
    assert!(!inside(&robin, &seal_note(&kim, unsaid, &[recipient])).contains("legacy"));
}

#[test]
fn an_answer_goes_to_the_sender_inside_and_belongs_to_the_message() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let message = sealed(&kim, &robin, Form::Mail);
    let text = String::from_utf8(message).unwrap();
    let added = text.replacen("From: ", "Reply-To: eve@example.com\r\nReferences: <eve@x>\r\nFrom: ", 1);
    let opened = robin.read(added.as_bytes()).unwrap();
    let id = opened.headers.message_id.clone().unwrap();
    let reply = answer_to(&opened, true);
    assert_eq!(reply.to, std::slice::from_ref(&kim.mailbox), "whoever adds himself outside is not answered");
    assert_eq!(reply.subject.as_deref(), Some("Re: Röntgen am Dienstag"));
    assert_eq!(
        (reply.thread.in_reply_to.as_ref(), &reply.thread.references[..]),
        (Some(&id), &[id.clone()][..])
    );

    let answer = seal_note(&robin, take_over(note(&robin, &kim), reply), &[kim.recipient()]);
    let header = outside(&answer);
    assert!(
        header.contains("Subject: [...]\r\n") && header.contains(&format!("In-Reply-To: {id}\r\n")),
        "{header}"
    );
    let opened = kim.read(&answer).unwrap();
    assert_eq!(opened.headers.subject.as_deref(), Some("Re: Röntgen am Dienstag"));
    assert_eq!(opened.headers.references, std::slice::from_ref(&id));

    // And the answer to the answer, and to one's own note.
    let again = reply_of(&kim, &answer);
    assert_eq!(again.subject.as_deref(), Some("Re: Röntgen am Dienstag"));
    assert_eq!((again.thread.references.len(), &again.thread.references[0]), (2, &id));
    assert_eq!(reply_of(&robin, &answer).to, std::slice::from_ref(&kim.mailbox));
}

fn reply_of(reader: &Person, message: &[u8]) -> Reply {
    let own = reader.mailbox.address.clone();
    reply(&reader.read(message).unwrap(), &|who| *who == own, true)
}

/// Kim's program hides names, one of two addressees, and the message's identifier.
const SHY: &str = "From: Kim Kardia <kim@example.com>\r\nTo: Robin <robin@example.com>\r\nCc: Doctor <doc@example.com>\r\n\
    Message-ID: <secret@example.com>\r\nReferences: <old@example.com> <older@example.com>\r\nSubject: Biopsy\r\n\
    HP-Outer: From: kim@example.com\r\nHP-Outer: To: robin@example.com\r\nHP-Outer: References: <old@example.com>\r\n\
    HP-Outer: Subject: [...]\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\nHello.\r\n";

#[test]
fn what_was_hidden_stays_hidden_in_the_answer() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let outer = "From: kim@example.com\r\nTo: robin@example.com\r\nSubject: [...]\r\n";
    let message = mail(outer, &signed_and_sealed(&kim, &robin, SHY.as_bytes()));
    let mut letter = take_over(note(&robin, &kim), answer_to(&robin.read(&message).unwrap(), true));
    letter.cc = vec![Mailbox { name: Some("Doctor".into()), address: "doc@example.com".parse().unwrap() }];
    let recipient = Recipient { reads_protected_headers: false, ..kim.recipient() };
    let answer = seal_note(&robin, letter, &[recipient]);

    let header = outside(&answer);
    for line in
        ["From: robin@example.com", "To: kim@example.com", "Subject: [...]", "References: <old@example.com>"]
    {
        assert!(header.lines().any(|field| field == line), "{line}\n{header}");
    }
    for leak in ["Kardia", "Doctor", "doc@", "secret@", "older@", "Biopsy", "In-Reply-To", "Cc:"] {
        assert!(!header.contains(leak), "{leak}\n{header}");
    }
    let opened = kim.read(&answer).unwrap();
    let hidden: Vec<_> =
        opened.protection.as_ref().unwrap().hidden().map(|field| field.name.as_str()).collect();
    assert_eq!(hidden, ["From", "To", "Cc", "In-Reply-To", "References", "Subject"]);
    assert_eq!(opened.headers.cc[0].address.as_str(), "doc@example.com");
    assert_eq!(opened.headers.subject.as_deref(), Some("Re: Biopsy"));
    assert_eq!(opened.text(), "Grüße\nund bis bald\n", "the fields at the head of the text are left out");
}

#[test]
fn an_open_answer_repeats_nothing_that_was_hidden() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let cms = signed_and_sealed(&kim, &robin, SHY.as_bytes());
    let message = mail("From: kim@example.com\r\nSubject: [...]\r\n", &cms);
    let letter = take_over(note(&robin, &kim), answer_to(&robin.read(&message).unwrap(), false));
    assert_eq!(letter.subject.as_deref(), Some("Re: [...]"));
    let (mut out, spool) = (Vec::new(), MemorySpool::new(1 << 20));
    sign(letter, &robin.sign_with(), Form::Mail, &spool, &mut out, &mut rng()).unwrap();
    let signed = String::from_utf8(out).unwrap();
    for leak in ["Kardia", "secret@", "older@", "Biopsy"] {
        assert!(!signed.contains(leak), "{leak}\n{signed}");
    }
    assert!(signed.contains("To: kim@example.com\r\n"));
}

#[test]
fn of_a_message_that_protects_a_few_fields_the_others_do_not_steer_the_answer() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let inside = "From: kim@example.com\r\nSubject: x\r\nContent-Type: text/plain; protected-headers=v1\r\n\r\nHi.\r\n";
    let outside = "From: kim@example.com\r\nReply-To: eve@example.com\r\nTo: eve@example.com\r\n";
    let message = mail(outside, &signed_and_sealed(&kim, &robin, inside.as_bytes()));
    let opened = robin.read(&message).unwrap();
    assert_eq!(opened.headers.reply_to[0].address.as_str(), "eve@example.com", "it is shown");
    assert_eq!(answer_to(&opened, true).to[0].address.as_str(), "kim@example.com");
    assert_eq!(reply(&opened, &|_| true, true).to[0].address.as_str(), "kim@example.com");
}

#[test]
fn an_answer_to_open_mail_hides_no_more_than_any_other() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let many: Vec<String> = (0..200).map(|n| format!("<{n}@x>")).collect();
    let message = format!(
        "From: Kim <kim@example.com>\r\nMessage-ID: <this@x>\r\nReferences: {}\r\nSubject: RE: Lunch\r\n\r\nHi.\r\n",
        many.join("\r\n ")
    );
    let reply = answer_to(&robin.read(message.as_bytes()).unwrap(), false);
    assert_eq!(reply.subject.as_deref(), Some("RE: Lunch"));
    let references = &reply.thread.references;
    assert_eq!((references.len(), &*references[0], &*references[49]), (50, "<0@x>", "<this@x>"));
    let answer = seal_note(&robin, take_over(note(&robin, &kim), reply), &[kim.recipient()]);
    assert!(outside(&answer).contains("To: Kim <kim@example.com>\r\n"), "{}", outside(&answer));
}
