//! Drafts and messages that are kept here survive a process that is killed, and are readable for their owner alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use waxseal::desk::file;
use waxseal::desk::office::Office;
use waxseal::desk::seal::Letter;
use waxseal::smime::Address;
use waxseal::smime::crypto::KeyKind;
use waxseal::smime::message::verdict::Tier;
use waxseal::smime::secret::Passphrase;
use waxseal::store::drafts::Draft;
use waxseal::store::messages::About;
use waxseal::store::vault::VaultKind;
use waxseal::store::{KeptId, Location, clock};

const FOLDER: &str = "WAXSEAL_TEST_KEPT";
const DRAFT: [u8; 16] = [7; 16];

fn office(folder: &Path) -> Office {
    let passphrase = Passphrase::from("correct horse".to_owned());
    let location = Location::Directory(folder.join("profile"));
    Office::open(location, Some(VaultKind::File), Box::new(passphrase)).unwrap()
}

/// The content tells by itself whether it is whole.
fn content(n: usize) -> String {
    format!("{n} {}", "word ".repeat(20_000 + n % 7 * 9_000))
}

fn is_whole(text: &str) -> bool {
    text.split(' ').next().and_then(|n| n.parse().ok()).is_some_and(|n| text == content(n))
}

/// Not a test of its own: the process that is killed.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let office = office(Path::new(&folder));
    for n in 0.. {
        let desk = office.desk(clock::now()).unwrap();
        let id = KeptId::from(DRAFT);
        let draft = Draft { text: content(n), ..Draft::default() };
        desk.save_draft(id, &draft).unwrap();
        let message = content(n).into_bytes();
        desk.store().keep_message(&mut Cursor::new(message), &About::default(), clock::now()).unwrap();
        if n % 3 == 2 {
            desk.store().remove_messages().unwrap();
        }
    }
}

#[test]
fn whoever_is_killed_leaves_whole_drafts_and_messages() {
    let folder = TempDir::new().unwrap();
    // The key is made before, so that the short lives below do something.
    office(folder.path()).desk(clock::now()).unwrap().save_draft(DRAFT.into(), &Draft::default()).unwrap();
    let (mut drafts, mut messages) = (0, 0);
    for life in 0..8_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_it_is_killed"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(700 + life * 137));
        child.kill().unwrap();
        child.wait().unwrap();

        let office = office(folder.path());
        let desk = office.desk(clock::now()).unwrap();
        let draft = desk.draft(DRAFT.into()).unwrap();
        assert!(draft.text.is_empty() || is_whole(&draft.text), "a draft is half there");
        drafts += usize::from(!draft.text.is_empty());
        for entry in desk.recent().unwrap() {
            let mut text = String::new();
            desk.recent_message(entry.id).unwrap().read_to_string(&mut text).unwrap();
            assert!(entry.about.is_some() && is_whole(&text), "a message is half there");
            messages += 1;
        }
        let files = std::fs::read_dir(folder.path().join("profile/kept")).map_or(0, Iterator::count);
        assert_eq!(files, desk.recent().unwrap().len(), "something was left behind");
    }
    assert!(drafts > 0 && messages > 0, "nothing was tried");
}

#[test]
fn what_was_sealed_is_kept_with_its_blind_copies_and_opens_again() {
    let folder = TempDir::new().unwrap();
    let office = office(folder.path());
    let desk = office.desk(clock::now()).unwrap();
    let address = |text: &str| text.parse::<Address>().unwrap();
    let password = Passphrase::from("for the phone".to_owned());
    desk.create_identity("Robin", &[address("robin@example.org")], KeyKind::P256, 30).unwrap();
    for (name, who) in [("Kim", "kim@example.org"), ("Lee", "lee@example.org")] {
        desk.create_contact(name, &address(who), &folder.path().join(name), &password, false).unwrap();
    }
    let draft_id = KeptId::random();
    let mut draft = Draft {
        from: Some(address("robin@example.org")),
        to: vec!["kim@example.org".into()],
        bcc: vec!["lee@example.org".into()],
        subject: "Numbers".into(),
        text: "As promised.".into(),
        ..Draft::default()
    };
    desk.save_draft(draft_id, &draft).unwrap();
    draft.enclosures.push(desk.enclose(draft_id, "numbers.csv", &mut b"1,2,3\n".as_slice()).unwrap());
    desk.save_draft(draft_id, &draft).unwrap();

    let letter: Letter = desk.draft(draft_id).unwrap().to_letter().unwrap();
    let out = folder.path().join("note.eml");
    let sealed = desk.seal(&letter, false, &out).unwrap();
    let id = desk.keep_sent(&letter, &sealed, Some(Tier::BeyondReasonableDoubt)).unwrap().unwrap();
    desk.remove_draft(draft_id).unwrap();
    std::fs::remove_file(&out).unwrap();

    let entry = desk.recent().unwrap().remove(0);
    let about = entry.about.unwrap();
    assert_eq!((entry.id, about.sent, about.tier), (id, true, Some(Tier::BeyondReasonableDoubt)));
    assert_eq!(about.bcc[0].to_string(), "Lee <lee@example.org>");
    let reading = desk.read(desk.recent_message(id).unwrap().into()).unwrap();
    assert_eq!(reading.opened.text().trim_end(), "As promised.");
    assert_eq!(reading.opened.attachments()[0].name, "numbers.csv");
    // Opened again from elsewhere, it is the same entry and still knows of its blind copies.
    let elsewhere = folder.path().join("again.eml");
    std::io::copy(&mut desk.recent_message(id).unwrap(), &mut std::fs::File::create(&elsewhere).unwrap())
        .unwrap();
    let mut source = file::source(&elsewhere, desk.spool()).unwrap();
    assert_eq!(desk.keep_opened(&mut *source, &reading, Some(&elsewhere)).unwrap(), id);
    assert_eq!(desk.recent().unwrap()[0].about.as_ref().unwrap().bcc.len(), 1);
    assert!(desk.drafts().unwrap().is_empty());
}
