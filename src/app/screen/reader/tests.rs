//! What the reader does with messages of every kind, in a window without a display.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::app::Profile;
use crate::app::story::Story;
use waxseal::desk::Desk;
use waxseal::desk::seal::Letter;
use waxseal::smime::crypto::KeyKind;
use waxseal::store::vault::{NobodyToAsk, VaultKind};
use waxseal::store::{Location, clock};

fn address(who: &str) -> Address {
    who.parse().unwrap()
}

/// Somebody with a profile of their own in memory.
fn person(name: &str, email: &str) -> Desk {
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
    desk.create_identity(name, &[address(email)], KeyKind::P256, 30).unwrap();
    desk
}

fn note(from: &str, to: &str, attachments: Vec<PathBuf>) -> Letter {
    Letter {
        from: address(from),
        to: vec![address(to)],
        cc: vec![],
        bcc: vec![],
        subject: Some("The spare key".to_owned()),
        text: "It lies with the neighbours.\n".to_owned(),
        attachments: attachments.into_iter().map(Into::into).collect(),
        thread: Default::default(),
        confidences: Default::default(),
        expired: Vec::new(),
    }
}

/// Kim's window, and a folder with what Robin wrote: a sealed note with an attachment.
fn kim_and_robin(folder: &Path, verified: bool) -> Story {
    let story = Story::begin(|desk| {
        desk.create_identity("Kim", &[address("kim@example.org")], KeyKind::P256, 30).unwrap();
    });
    let robin = person("Robin", "robin@example.org");
    let (kims, robins) = (folder.join("kim.cer"), folder.join("robin.cer"));
    let own = kims.clone();
    story.with_desk(move |desk| Ok(desk.write_certificate(&address("kim@example.org"), &own).unwrap()));
    robin.import_contact(&kims, None).unwrap();
    let own = robin.write_certificate(&address("robin@example.org"), &robins).unwrap();
    story.with_desk(move |desk| {
        desk.import_contact(&robins, None).unwrap();
        if verified {
            desk.verify_contact(&address("robin@example.org"), &own[0].fingerprint()).unwrap();
        }
        Ok(())
    });
    let attachment = folder.join("results.txt");
    fs::write(&attachment, "ferritin 62\n").unwrap();
    let letter = note("robin@example.org", "kim@example.org", vec![attachment]);
    robin.seal(&letter, false, &folder.join("note.eml")).unwrap();
    story
}

#[test]
fn a_checked_persons_note_is_beyond_reasonable_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), true);
    story.open(&[folder.path().join("note.eml")]);
    assert!(story.shows("Secure beyond reasonable doubt"));
    assert!(story.shows("The spare key"));
    assert!(story.shows("results.txt"));
    assert_eq!(story.app.title(), "The spare key (Secure beyond reasonable doubt) — Waxseal");
    story.click("Show me why");
    assert!(story.shows("Fingerprint"));
}

#[test]
fn an_unchecked_one_is_probably_secure_and_says_what_would_lift_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), false);
    story.open(&[folder.path().join("note.eml")]);
    assert!(story.shows("Probably secure"));
    assert!(story.shows("To lift it:") && story.shows("Compare…"));
}

#[test]
fn ten_files_at_once_are_ten_entries_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::begin(|_| {});
    let files: Vec<PathBuf> = (0..10)
        .map(|number| {
            let file = folder.path().join(format!("{number}.eml"));
            fs::write(
                &file,
                format!("From: kim@example.org\r\nSubject: number {number}\r\n\r\n{number}\r\n"),
            )
            .unwrap();
            file
        })
        .collect();
    story.open(&files);
    let names: Vec<_> = story.app.reader.entries.iter().skip(1).map(|entry| entry.origin.name()).collect();
    let expected: Vec<_> = (1..10).map(|number| Some(format!("{number}.eml"))).collect();
    assert_eq!(names, expected);
    assert!(story.shows("Not secure") && story.shows("number 0"));
    for _ in 0..9 {
        story.tell(crate::app::Message::Reader(Message::Moved(1)));
    }
    assert!(story.shows("number 9"));
    assert_eq!(story.app.reader.entries.len(), 10);
}

#[test]
fn the_same_message_again_is_the_same_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), true);
    let (one, copy) = (folder.path().join("note.eml"), folder.path().join("copy.eml"));
    fs::copy(&one, &copy).unwrap();
    story.open(std::slice::from_ref(&one));
    story.open(&[copy]);
    assert_eq!(story.app.reader.entries.len(), 1);
    // Kept as it came: the file may go.
    fs::remove_file(one).unwrap();
    story.tell(crate::app::Message::Reader(Message::RetryPressed));
    assert!(story.shows("Secure beyond reasonable doubt"));
}

#[test]
fn what_cannot_be_read_says_so_and_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), true);
    let whole = fs::read(folder.path().join("note.eml")).unwrap();
    for (name, octets) in [
        ("cut.eml", &whole[..whole.len() * 2 / 3]),
        ("empty.p7m", &b""[..]),
        ("picture.p7m", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, octets).unwrap();
        story.open(&[file]);
        let Sheet::Failed(problem) = &story.app.reader.sheet else { panic!("{name} was shown") };
        assert!(story.shows(&problem.summary), "{name}: {problem}");
        assert!(story.app.reader.entries.is_empty(), "{name}");
    }
    story.open(&[folder.path().join("missing.eml"), folder.path().to_owned()]);
    assert!(matches!(story.app.reader.sheet, Sheet::Failed(_)));
}

#[test]
fn a_message_for_a_key_that_is_not_here_offers_to_import_one() {
    let folder = tempfile::tempdir().unwrap();
    drop(kim_and_robin(folder.path(), true));
    let mut story = Story::begin(|desk| {
        desk.create_identity("Alex", &[address("alex@example.org")], KeyKind::P256, 30).unwrap();
    });
    story.open(&[folder.path().join("note.eml")]);
    assert!(story.shows("Not judged") && story.shows("Import key…"));
    assert!(!story.shows("Reply sealed"));
}

#[test]
fn a_strangers_certificate_is_offered_and_taken_only_on_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), true);
    let alex = person("Alex", "alex@example.org");
    alex.import_contact(&folder.path().join("kim.cer"), None).unwrap();
    let file = folder.path().join("alex.eml");
    alex.seal(&note("alex@example.org", "kim@example.org", vec![]), false, &file).unwrap();
    story.open(&[file]);
    assert!(story.app.shared.people.contact(&address("alex@example.org")).is_none());
    story.click("Keep certificate");
    assert!(story.app.shared.people.contact(&address("alex@example.org")).is_some());
    assert!(!story.shows("Keep certificate"));
    assert!(story.shows("Probably secure"));
}

#[test]
fn an_answer_quotes_only_what_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let story = kim_and_robin(folder.path(), true);
    let signed = folder.path().join("note.eml");
    let open = folder.path().join("open.eml");
    fs::write(&open, "From: robin@example.org\r\nSubject: hello\r\n\r\nsend money\r\n").unwrap();
    let answers = story.with_desk(move |desk| {
        let answer = |path: &Path| {
            let page = page::read(desk, Origin::File(path.to_owned()))?;
            page::answer(desk, &page.origin, &page)
        };
        Ok((answer(&signed)?, answer(&open)?))
    });
    assert!(answers.0.body.contains("> It lies with the neighbours."), "{}", answers.0.body);
    assert_eq!(answers.0.subject, "Re: The spare key");
    assert_eq!(answers.0.to, [address("robin@example.org")]);
    assert_eq!(answers.1.body, "");
}

#[test]
fn attachments_are_saved_as_they_were_and_programs_ask_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), true);
    story.open(&[folder.path().join("note.eml")]);
    let saved = folder.path().join("saved.txt");
    story.tell(crate::app::Message::Reader(Message::SaveChosen(0, vec![saved.clone()])));
    assert_eq!(fs::read(&saved).unwrap(), b"ferritin 62\n");
    assert!(story.shows("Saved as saved.txt"));

    let nowhere = folder.path().join("no/such/folder/saved.txt");
    story.tell(crate::app::Message::Reader(Message::SaveChosen(0, vec![nowhere])));
    let Sheet::Open(open) = &story.app.reader.sheet else { panic!() };
    assert!(open.trouble.is_some());

    let robin = person("Robin", "robin@example.net");
    robin.import_contact(&folder.path().join("kim.cer"), None).unwrap();
    let program = folder.path().join("setup.exe");
    fs::write(&program, "MZ").unwrap();
    let file = folder.path().join("program.eml");
    robin.seal(&note("robin@example.net", "kim@example.org", vec![program]), false, &file).unwrap();
    story.open(&[file]);
    story.click("Open");
    assert!(story.shows("This is a program"));
    story.click("Do not open it");
    assert!(!story.shows("This is a program"));
}

#[test]
fn a_late_answer_does_not_replace_a_newer_one() {
    let mut reader = Reader {
        generation: 5,
        sheet: Sheet::Opening { name: "new".into(), long: false },
        ..Reader::default()
    };
    let shared = Story::begin(|_| {}).app.shared;
    let late = Box::new(Err(Problem::new("old", "", "")));
    let _ = reader.update(Message::Opened { generation: 4, id: 0, answer: late }, &shared);
    assert!(matches!(reader.sheet, Sheet::Opening { .. }));
}

#[test]
fn removing_asks_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim_and_robin(folder.path(), true);
    story.open(&[folder.path().join("note.eml")]);
    story.tell(crate::app::Message::Reader(Message::RemovePressed));
    story.click("Keep it");
    assert_eq!(story.app.reader.entries.len(), 1);
    story.tell(crate::app::Message::Reader(Message::RemovePressed));
    story.click("Remove");
    assert!(story.app.reader.entries.is_empty());
    assert!(story.with_desk(|desk| Ok(desk.recent().unwrap())).is_empty());
    assert!(story.shows("Drop a sealed message here"));
}

/// Prints how long the window's thread is held up by a text of 25 MiB: `tools/light` shows it from a release build.
#[test]
fn a_long_text_is_laid_out_leaf_by_leaf() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        "The insurance asked for the policy number again, it is at the bottom of page two. 山本 ليلى\n";
    let text = line.repeat((25 << 20) / line.len());
    let file = folder.path().join("long.eml");
    let head = "From: kim@example.org\r\nSubject: long\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
    fs::write(&file, format!("{head}{text}")).unwrap();
    let mut story = Story::begin(|_| {});
    let origin = Origin::File(file);
    let page = story.with_desk(move |desk| page::read(desk, origin));
    let leaves = page.text.len();
    assert!(leaves > 500 && page.text.concat().trim_end() == text.trim_end());

    let mut longest = std::time::Duration::ZERO;
    let mut held_up = |work: &mut dyn FnMut()| {
        let start = std::time::Instant::now();
        work();
        longest = longest.max(start.elapsed());
    };
    let opened = Message::Opened { generation: 0, id: 0, answer: Box::new(Ok(page)) };
    let mut opened = Some(crate::app::Message::Reader(opened));
    held_up(&mut || story.tell(opened.take().unwrap()));
    held_up(&mut || assert!(story.shows(&format!("Part 1 of {leaves}"))));
    for turned in [1, leaves - 1] {
        let message = Message::LeafTurned(turned);
        held_up(&mut || story.tell(crate::app::Message::Reader(message.clone())));
        held_up(&mut || assert!(story.shows(&format!("Part {} of {leaves}", turned + 1))));
    }
    println!("25 MiB of text: the window's thread was held up for {} ms at most", longest.as_millis());
}

#[test]
fn keys_in_files_are_unlocked_and_the_message_opens() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("profile");
    let profile = || Profile::of(Some(place.clone()), Some(VaultKind::File)).unwrap();
    let before = Story::first_start(profile());
    before.app.shared.clerk.unlock("four words that fit".to_owned().into());
    let own = folder.path().join("kim.cer");
    let out = own.clone();
    before.with_desk(move |desk| {
        desk.create_identity("Kim", &[address("kim@example.org")], KeyKind::P256, 30).unwrap();
        Ok(desk.write_certificate(&address("kim@example.org"), &out).unwrap())
    });
    drop(before);
    let robin = person("Robin", "robin@example.org");
    robin.import_contact(&own, None).unwrap();
    let file = folder.path().join("note.eml");
    robin.seal(&note("robin@example.org", "kim@example.org", vec![]), false, &file).unwrap();

    let mut story = Story::first_start(profile());
    story.app.welcome = None;
    story.open(&[file]);
    assert!(!story.shows("The spare key"));
    for (typed, opens) in [("not these words", false), ("four words that fit", true)] {
        story.click(crate::app::words::UNLOCK);
        assert!(story.shows("Unlock your keys"));
        story.type_into(crate::app::words::PASSPHRASE, typed);
        story.click("Unlock");
        assert_eq!(story.shows("The spare key"), opens, "{typed}");
    }
}
