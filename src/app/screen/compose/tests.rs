//! Stories of the pane that writes, in a window without a display and over the real desk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use iced::widget::{Id, text_editor};
use jiff::SignedDuration;

use super::field::Message as FieldMessage;
use super::outlook::Chip;
use super::*;
use crate::app::Message as Window;
use crate::app::story::{Story, answers};
use waxseal::desk::Desk;
use waxseal::smime::Address;
use waxseal::smime::crypto::{KeyKind, PrivateKey};
use waxseal::smime::message::verdict::Tier;
use waxseal::smime::x509::issue::self_signed;
use waxseal::store::clock;
use waxseal::store::contacts::Origin;

const SAM: &str = "sam@alder.example";
const ROBIN: &str = "robin@alder.example";

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// Puts a certificate on record that began `ago` days ago and is good for `days`.
pub(super) fn learn(desk: &Desk, name: &str, who: &str, ago: i64, days: u32) {
    let mut rng = clock::rng();
    let key = PrivateKey::generate(KeyKind::P256, &mut rng);
    let begin = desk.now() - SignedDuration::from_hours(24 * ago);
    let certificate = self_signed(name, &[address(who)], &key, begin, days, &mut rng).unwrap();
    desk.store().record_certificate(&certificate, name, Origin::File, desk.now()).unwrap();
}

fn check(desk: &Desk, who: &str) {
    let fingerprint = desk.contact(&address(who)).unwrap().keys[0].certificate.fingerprint();
    desk.verify_contact(&address(who), &fingerprint).unwrap();
}

/// Sam's window; Robin was checked, Kim was not, Lee's and Mia's certificates have ended and Mia was checked, and there are
/// two of Alex.
fn sam() -> Story {
    let mut story = Story::begin(|desk| {
        desk.create_identity("Sam Alder", &[address(SAM)], KeyKind::P256, 30).unwrap();
        learn(desk, "Robin Alder", ROBIN, 1, 30);
        check(desk, ROBIN);
        learn(desk, "Kim", "kim@example.org", 1, 30);
        learn(desk, "Lee", "lee@example.org", 40, 30);
        learn(desk, "Mia", "mia@example.org", 40, 30);
        check(desk, "mia@example.org");
        learn(desk, "Alex", "alex@example.org", 1, 30);
        learn(desk, "Alex", "alex@example.org", 1, 20);
    });
    tell(&mut story, Message::WritePressed);
    story
}

fn tell(story: &mut Story, message: Message) {
    story.tell(Window::Compose(message));
}

fn edit(story: &mut Story, edit: Edit) {
    tell(story, Message::Edit(edit));
}

fn to(story: &mut Story, which: Which, typed: &str) {
    edit(story, Edit::Field(which, FieldMessage::Typed(format!("{typed},"))));
}

fn write(story: &mut Story, text: &str) {
    let paste = text_editor::Edit::Paste(std::sync::Arc::new(text.to_owned()));
    edit(story, Edit::BodyTouched(text_editor::Action::Edit(paste)));
}

fn seal(story: &mut Story, place: &Path) {
    tell(story, Message::Seal(SealMessage::PlaceChosen(vec![place.to_owned()])));
}

fn note(story: &Story) -> &Note {
    match &story.app.compose.sheet {
        Sheet::Writing(note) => note,
        Sheet::List | Sheet::Sealing { .. } | Sheet::Sealed(_) => panic!("nothing is being written"),
    }
}

fn chip(story: &Story, who: &str) -> Option<Chip> {
    note(story).outlook.as_ref()?.person(&address(who)).map(|person| person.chip)
}

/// Types into a field of the window as a person does.
fn keys(story: &mut Story, field: &'static str, text: &str, then: &[Named]) {
    let messages: Vec<Window> = story.play(|window| {
        window.click(Id::new(field)).unwrap();
        window.typewrite(text);
        then.iter().for_each(|key| {
            window.tap_key(*key);
        });
    });
    messages.into_iter().for_each(|message| story.tell(message));
}

#[test]
fn a_name_that_is_typed_becomes_a_person_and_backspace_takes_them_away() {
    let mut story = sam();
    assert!(story.shows("Say to whom it goes."));
    keys(&mut story, "compose-to", "rob", &[]);
    assert!(note(&story).to.chips.is_empty() && story.shows(ROBIN), "Robin is offered");
    keys(&mut story, "compose-to", "", &[Named::Enter]);
    assert_eq!(note(&story).to.chips, [address(ROBIN)]);
    assert!(story.shows("Secure beyond reasonable doubt") && story.shows("Robin Alder"));
    keys(&mut story, "compose-to", "", &[Named::Backspace]);
    assert_eq!(note(&story).to.selected, Some(0));
    keys(&mut story, "compose-to", "", &[Named::Backspace]);
    assert!(note(&story).to.chips.is_empty());
    keys(&mut story, "compose-to", "half an", &[Named::Enter]);
    assert!(story.shows("“half an” is not an address yet."));
}

#[test]
fn the_tier_is_told_before_it_is_sealed() {
    for (people, tier) in [
        (&[ROBIN][..], Some(Tier::BeyondReasonableDoubt)),
        (&[SAM], Some(Tier::BeyondReasonableDoubt)),
        (&[ROBIN, "kim@example.org"], Some(Tier::ProbablySecure)),
        (&[ROBIN, "nobody@tax.example"], None),
        (&["lee@example.org"], None),
        (&["alex@example.org", "kim@example.org"], None),
        (&[], None),
    ] {
        let mut story = sam();
        people.iter().for_each(|who| to(&mut story, Which::To, who));
        let outlook = note(&story).outlook.as_ref().unwrap();
        assert_eq!(outlook.tier, tier, "{people:?}");
        assert_eq!(note(&story).is_ready(), tier.is_some());
        assert_eq!(story.shows("Cannot be sealed yet"), tier.is_none());
    }
}

#[test]
fn each_obstacle_has_its_reason_and_its_buttons() {
    let table = [
        ("nobody@tax.example", Chip::Missing, &["Import…", "Ask for it", "Remove"][..]),
        ("lee@example.org", Chip::Expired, &["Import…", "Ask for a new one", "Remove"]),
        ("alex@example.org", Chip::Changed, &["Compare…", "Remove"]),
    ];
    for (who, expected, buttons) in table {
        let mut story = sam();
        to(&mut story, Which::To, ROBIN);
        to(&mut story, Which::Cc, who);
        assert_eq!(chip(&story, who), Some(expected));
        buttons.iter().for_each(|words| assert!(story.shows(words), "{who}: {words}"));
        let place = tempfile::tempdir().unwrap().path().join("note.eml");
        seal(&mut story, &place);
        assert!(!place.exists() && matches!(story.app.compose.sheet, Sheet::Writing(_)));
        story.click("Remove");
        assert!(note(&story).is_ready(), "{who} is gone");
    }
}

#[test]
fn an_ended_certificate_that_was_checked_is_sealed_to_after_a_question_by_name() {
    let mut story = sam();
    to(&mut story, Which::To, "mia@example.org");
    assert!(!note(&story).is_ready());
    story.click("Seal all the same…");
    assert!(story.app.modal.is_some() && story.shows("Seal to Mia all the same?"));
    story.click("Seal to Mia");
    assert!(note(&story).is_ready() && story.shows("Probably secure"));
    let folder = tempfile::tempdir().unwrap();
    seal(&mut story, &folder.path().join("note.eml"));
    assert!(story.shows("Sealed and saved"));
}

#[test]
fn a_note_is_sealed_with_its_files_and_openssl_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
        done.is_ok_and(|done| done.status.success())
    };
    let request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=Sky \
                   -addext subjectAltName=email:sky@example.org";
    if !openssl(&request.split_whitespace().collect::<Vec<_>>()) {
        println!("skipped: openssl not found");
        return;
    }
    let mut story = sam();
    tell(&mut story, Message::Person(PersonMessage::FilesChosen(vec![place("cert.pem")])));
    to(&mut story, Which::To, "sky@example.org");
    to(&mut story, Which::Bcc, ROBIN);
    assert!(note(&story).is_ready(), "the certificate was imported");
    edit(&mut story, Edit::SubjectChanged("The spare key".to_owned()));
    write(&mut story, "It lies with the neighbours.");
    fs::write(place("plan.txt"), "third flower pot").unwrap();
    edit(&mut story, Edit::FilesChosen(vec![place("plan.txt"), place("plan.txt")]));
    assert!(story.shows("plan.txt") && note(&story).enclosures.len() == 1);
    seal(&mut story, &place("note.eml"));
    assert!(story.shows("Sealed and saved") && story.shows("The blind copy for Robin Alder"));
    assert!(place("note.bcc-1.eml").exists());
    assert!(story.app.compose.drafts.is_empty(), "the draft is not needed any more");
    let sent = story.with_desk(|desk| Ok(desk.recent().unwrap()));
    assert_eq!(sent[0].about.as_ref().unwrap().bcc[0].address, address(ROBIN), "one's own copy names Bcc");

    assert!(openssl(&["cms", "-decrypt", "-in", "note.eml", "-inkey", "key.pem", "-out", "inner.eml"]));
    assert!(openssl(&["cms", "-verify", "-noverify", "-in", "inner.eml", "-out", "text.eml"]));
    let text = fs::read_to_string(place("text.eml")).unwrap();
    assert!(text.contains("It lies with the neighbours.") && text.contains("The spare key"), "{text}");
    assert!(text.contains("plan.txt"));
    let outside = fs::read_to_string(place("note.eml")).unwrap();
    assert!(!outside.contains("spare key") && !outside.contains(ROBIN));
}

#[test]
fn what_cannot_be_saved_leaves_the_draft_and_asks_for_another_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    write(&mut story, "It lies with the neighbours.");
    seal(&mut story, &folder.path().join("missing/note.eml"));
    assert!(story.shows("The note was not saved.") && story.shows("Save elsewhere…"));
    assert_eq!(story.app.compose.drafts.len(), 1, "the draft is safe");
    let place = folder.path().join("note.eml");
    seal(&mut story, &place);
    assert!(place.exists() && story.shows("Sealed and saved"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        println!("skipped: this user may write everywhere");
        return;
    }
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    seal(&mut story, &folder.path().join("note.eml"));
    let trouble = story.app.compose.trouble.clone().unwrap();
    assert!(trouble.problem.cause.contains("read-only") && trouble.help == Some(Help::Elsewhere));
}

#[test]
fn a_file_that_is_gone_stops_the_sealing_and_can_be_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.txt");
    fs::write(&file, "third flower pot").unwrap();
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    edit(&mut story, Edit::FilesChosen(vec![file.clone(), folder.path().to_owned()]));
    assert!(story.shows("Sealing waits for") || !note(&story).is_ready(), "a folder is no file");
    edit(&mut story, Edit::EnclosureRemoved(1));
    assert!(note(&story).is_ready());
    fs::remove_file(&file).unwrap();
    seal(&mut story, &folder.path().join("note.eml"));
    let trouble = story.app.compose.trouble.clone().unwrap();
    assert_eq!(trouble.help, Some(Help::File(0)));
    assert!(!folder.path().join("note.eml").exists() && story.shows("This file was not found."));
    story.click("Take it off");
    assert!(note(&story).enclosures.is_empty() && note(&story).is_ready());
}

#[test]
fn what_is_written_is_kept_and_there_again_after_a_crash() {
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    edit(&mut story, Edit::Field(Which::Cc, FieldMessage::Typed("half an addr".to_owned())));
    write(&mut story, "It lies with the neighbours.");
    let id = note(&story).id;
    assert!(note(&story).timer && !note(&story).is_kept());
    // The clock stands still in stories.
    tell(&mut story, Message::PauseEnded(id));
    assert!(note(&story).is_kept() && story.app.compose.count() == 1);
    // Whatever was on the sheet is lost; the profile is not.
    story.app.compose = Compose::default();
    let start = story.app.compose.start(&story.app.shared).task;
    answers(start).into_iter().for_each(|message| tell(&mut story, message));
    assert!(story.app.compose.count() == 1 && story.shows("To Robin Alder, half an addr"));
    story.click("To Robin Alder, half an addr");
    assert_eq!(note(&story).body.text(), "It lies with the neighbours.");
    assert_eq!((note(&story).to.chips.len(), note(&story).cc.typed.as_str()), (1, "half an addr"));
}

#[test]
fn another_note_keeps_the_first_and_an_empty_one_leaves_nothing() {
    let mut story = sam();
    write(&mut story, "first");
    tell(&mut story, Message::WritePressed);
    assert!(note(&story).is_empty() && story.app.compose.count() == 1);
    tell(&mut story, Message::LeavePressed);
    assert_eq!(story.app.compose.count(), 1);
    let id = story.app.compose.drafts[0].id;
    tell(&mut story, Message::DraftChosen(id));
    edit(&mut story, Edit::Undone);
    assert!(!note(&story).is_empty(), "a draft starts without a past");
    tell(&mut story, Message::DiscardPressed);
    assert!(story.app.modal.is_some(), "it asks");
    story.click("Discard");
    assert_eq!(story.app.compose.count(), 0);
    assert!(story.shows("No drafts"));
}

#[test]
fn the_answer_to_a_message_keeps_its_thread_and_its_secrets() {
    let mut story = sam();
    let thread = waxseal::smime::message::reply::Thread {
        in_reply_to: Some("<1@example.org>".to_owned()),
        references: vec!["<1@example.org>".to_owned()],
    };
    let confidences = waxseal::smime::message::header_protection::confidences::Confidences::from_parts(
        [("robin@alder.example".to_owned(), None)],
        ["<1@example.org>".to_owned()],
    );
    let prefill = Prefill {
        to: vec![address(ROBIN)],
        subject: "Re: The spare key".to_owned(),
        body: "\n\n> It lies".to_owned(),
        thread: thread.clone(),
        confidences: confidences.clone(),
        ..Prefill::default()
    };
    let begun = story.app.compose.begin(prefill, &story.app.shared).task;
    answers(begun).into_iter().for_each(|message| tell(&mut story, message));
    let letter = note(&story).letter().unwrap();
    assert_eq!((letter.thread, letter.confidences), (thread, confidences));
    assert_eq!((letter.subject.as_deref(), letter.to), (Some("Re: The spare key"), vec![address(ROBIN)]));
    assert!(story.shows("Seal and save…"));
}

#[test]
fn keys_of_the_pane_do_what_the_list_says() {
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    let compose = &story.app.compose;
    let (ctrl, shift) = (keyboard::Modifiers::COMMAND, keyboard::Modifiers::SHIFT);
    let none = keyboard::Modifiers::empty();
    assert!(matches!(
        compose.key(Key::Named(Named::Enter), ctrl),
        Some(Message::Seal(SealMessage::SealPressed))
    ));
    assert!(matches!(
        compose.key(Key::Character("a"), ctrl | shift),
        Some(Message::Edit(Edit::AttachPressed))
    ));
    assert!(matches!(compose.key(Key::Named(Named::Escape), none), Some(Message::LeavePressed)));
    assert!(compose.key(Key::Character("a"), none).is_none());
}

#[test]
fn a_late_judgement_does_not_replace_a_newer_one() {
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    let old = note(&story).outlook.clone().unwrap();
    let generation = story.app.compose.generation;
    to(&mut story, Which::To, "nobody@tax.example");
    tell(&mut story, Message::Judged(generation, Box::new(Ok(old))));
    assert!(!note(&story).is_ready());
}

#[test]
fn a_small_note_goes_to_the_clipboard_and_its_draft_stays() {
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    write(&mut story, "It lies with the neighbours.");
    assert!(story.shows("Copy sealed"));
    story.click("Copy sealed");
    assert!(story.app.compose.trouble.is_none() && story.app.compose.count() == 1);
    to(&mut story, Which::Bcc, "kim@example.org");
    assert!(!story.shows("Copy sealed"), "a blind copy has no place there");
}

#[test]
fn who_has_no_key_is_told_so() {
    let mut story = Story::begin(|desk| learn(desk, "Kim", "kim@example.org", 1, 30));
    tell(&mut story, Message::WritePressed);
    to(&mut story, Which::To, "kim@example.org");
    assert!(!note(&story).is_ready() && story.shows("No address of yours has a key yet"));
    let place: PathBuf = std::env::temp_dir().join("waxseal-none.eml");
    seal(&mut story, &place);
    assert!(!place.exists());
}

#[test]
fn an_answer_that_was_on_its_way_brings_no_sealed_note_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = sam();
    to(&mut story, Which::To, ROBIN);
    write(&mut story, "It lies with the neighbours.");
    let (id, draft) = (note(&story).id, note(&story).draft());
    seal(&mut story, &folder.path().join("note.eml"));
    assert!(story.shows("Sealed and saved"));
    // The draft that was being kept meanwhile is there only now, and the list of drafts is older still.
    let (drafts, kept) = story.with_desk(move |desk| {
        desk.save_draft(id, &draft).unwrap();
        Ok((desk.drafts().unwrap(), desk.now()))
    });
    assert_eq!(drafts.len(), 1);
    tell(&mut story, Message::DraftKept { id, changes: 1, answer: Ok(kept) });
    tell(&mut story, Message::DraftsLoaded(Ok(drafts)));
    assert!(story.app.compose.drafts.is_empty());
    assert!(story.with_desk(|desk| Ok(desk.drafts().unwrap())).is_empty());
}
