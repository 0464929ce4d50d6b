//! What the contacts pane does, in a window without a display.

use std::fs;
use std::process::Command;

use super::*;
use crate::app::Message as Window;
use crate::app::modal;
use crate::app::story::{Story, answers};
use waxseal::desk::identities::KeyName;
use waxseal::desk::recipients::RecipientError;
use waxseal::smime::crypto::KeyKind;
use waxseal::smime::pkcs12::Recipe;
use waxseal::smime::x509::certificate_file::to_pem;
use waxseal::store::vault::{NobodyToAsk, VaultKind};
use waxseal::store::{Location, clock};

mod standing;

fn address(who: &str) -> Address {
    who.parse().unwrap()
}

fn robin() -> Address {
    address("robin@alder.example")
}

/// Somebody with a profile of their own in memory.
fn person(name: &str, email: &str) -> Desk {
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
    desk.create_identity(name, &[address(email)], KeyKind::P256, 30).unwrap();
    desk
}

/// A new certificate for Robin, each time with another key.
fn certificate() -> Certificate {
    let desk = person("Robin Alder", "robin@alder.example");
    desk.store().identities().unwrap().remove(0).keys.remove(0).certificate
}

/// Sam's window, without contacts.
fn sam() -> Story {
    Story::begin(|desk| {
        desk.create_identity("Sam Alder", &[address("sam@alder.example")], KeyKind::P256, 30).unwrap();
    })
}

/// Sam's window with Robin chosen in it.
fn sam_and_robin() -> Story {
    let mut story = sam();
    paste(&mut story, &certificate());
    assert!(story.shows("Robin Alder") && story.shows("Not checked yet"));
    story
}

/// And another certificate for Robin, which waits.
fn changed_robin() -> Story {
    let mut story = sam_and_robin();
    paste(&mut story, &certificate());
    assert!(story.shows("Robin’s certificate has changed"));
    story
}

fn paste(story: &mut Story, certificate: &Certificate) {
    story.tell(Window::Pasted(Some(to_pem(certificate))));
    story.tell(Window::Contacts(Message::ReportClosed));
}

/// Tells the pane, which is shown.
fn tell(story: &mut Story, message: Message) {
    story.tell(Window::Went(crate::app::Pane::Contacts));
    story.tell(Window::Contacts(message));
}

/// Answers the question for a password.
fn enter(story: &mut Story, password: &str) {
    assert!(story.shows("The password of this file"), "it is asked for");
    let typed = Passphrase::from(password.to_owned());
    story.tell(Window::Modal(modal::Message::PassphraseChanged(typed)));
    story.tell(Window::Modal(modal::Message::PassphraseEntered));
}

fn contact(story: &Story) -> Contact {
    story.with_desk(|desk| Ok(desk.contact(&robin()).unwrap()))
}

fn states(story: &Story) -> Vec<KeyState> {
    contact(story).keys.iter().map(|key| key.state).collect()
}

#[test]
fn a_file_makes_a_contact_who_can_be_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("robin.cer");
    fs::write(&file, certificate().as_der()).unwrap();
    let mut story = sam();
    assert!(story.app.contacts.people.is_empty());
    story.open(&[file]);
    assert_eq!(story.app.pane, crate::app::Pane::Contacts);
    assert!(story.shows("Robin Alder") && story.shows("Not checked yet"));
    assert!(story.shows("Notes to Robin are probably secure until you compare."));
    assert!(story.app.contacts.report.is_empty());
    story.click("Write to Robin");
    assert_eq!(story.app.pane, crate::app::Pane::Drafts);
}

#[test]
fn every_file_stands_alone_and_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("robin.pem"), to_pem(&certificate())).unwrap();
    let whole = certificate();
    fs::write(place("cut.cer"), &whole.as_der()[..whole.as_der().len() / 2]).unwrap();
    fs::write(place("empty.cer"), b"").unwrap();
    let mut story = sam();
    let files = ["robin.pem", "cut.cer", "empty.cer", "missing.cer"].map(place).to_vec();
    tell(&mut story, Message::FilesChosen(files));
    assert!(story.shows("1 of 4 files were read"));
    assert!(story.shows("Robin Alder is among your contacts now"));
    let refused: Vec<_> =
        story.app.contacts.report.iter().filter_map(|one| one.result.as_ref().err()).collect();
    assert_eq!(refused.len(), 3);
    for refusal in refused {
        let Refusal::Other(problem) = refusal else { panic!("{refusal:?}") };
        assert!(story.shows(&problem.summary), "{problem}");
    }
    story.click("Done");
    assert!(!story.shows("1 of 4 files were read") && story.shows("Not checked yet"));
}

#[test]
fn ones_own_certificate_is_no_contact() {
    let mut story = sam();
    let own = story.app.shared.people.me().unwrap().keys[0].certificate.clone();
    story.tell(Window::Pasted(Some(to_pem(&own))));
    assert!(story.shows("This is your own certificate, Sam Alder. Nothing changed."));
    assert!(story.app.contacts.people.is_empty());
}

#[test]
fn a_file_with_a_private_key_is_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("robin.p12");
    let password = || Passphrase::from("a long password".to_owned());
    let desk = person("Robin Alder", "robin@alder.example");
    desk.export_identity(&KeyName::Address(robin()), &file, &password(), Recipe::Modern).unwrap();
    let mut story = sam();
    tell(&mut story, Message::FilesChosen(vec![file]));
    enter(&mut story, "another one");
    assert!(story.shows("The password did not fit robin.p12. Capital letters count."));
    enter(&mut story, "a long password");
    assert!(story.shows("This file cannot be taken as a certificate."));
    assert!(story.shows("It is mine: import the key…"));
    assert!(story.app.contacts.people.is_empty());
}

#[test]
fn certificates_behind_a_password_are_taken_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (pem, file) = (folder.path().join("robin.pem"), folder.path().join("robin.p12"));
    fs::write(&pem, to_pem(&certificate())).unwrap();
    let made = Command::new("openssl")
        .args(["pkcs12", "-export", "-nokeys", "-passout", "pass:secret", "-in"])
        .arg(&pem)
        .arg("-out")
        .arg(&file)
        .output();
    let Ok(made) = made else {
        println!("skipped: openssl not found");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut story = sam();
    tell(&mut story, Message::FilesChosen(vec![file]));
    enter(&mut story, "secret");
    assert!(story.shows("Robin Alder") && story.app.contacts.report.is_empty());
}

#[test]
fn a_changed_certificate_blocks_sealing_until_it_is_answered() {
    let mut story = changed_robin();
    story.click("Write to Robin");
    assert_eq!(story.app.pane, crate::app::Pane::Contacts, "the button is off");
    let refused = story.with_desk(|desk| Ok(desk.recipient(&robin())));
    assert!(matches!(refused, Err(RecipientError::Changed(_))));
    story.click("Keep old");
    assert_eq!(states(&story), [KeyState::Accepted, KeyState::Distrusted]);
    assert!(story.shows("Not checked yet"));
    story.with_desk(|desk| Ok(desk.recipient(&robin()).unwrap()));
}

#[test]
fn the_new_one_is_used_after_a_question() {
    let mut story = changed_robin();
    story.click("Use new…");
    assert!(story.shows("Use it without checking?"));
    story.click("Do not use it");
    assert!(contact(&story).is_changed());
    story.click("Use new…");
    story.click("Use it");
    assert_eq!(states(&story), [KeyState::Replaced, KeyState::Accepted]);
    assert_eq!(contact(&story).keys[1].verified, None);
    assert!(story.shows("Not checked yet"));
}

#[test]
fn the_new_one_is_compared_first() {
    let mut story = changed_robin();
    story.click("Compare now…");
    assert!(story.shows("Compare with Robin"));
    story.click("All twelve match");
    assert_eq!(states(&story), [KeyState::Replaced, KeyState::Accepted]);
    assert!(contact(&story).keys[1].verified.is_some() && story.app.modal.is_none());
    assert!(story.shows("Notes to Robin can be secure beyond reasonable doubt."));
}

#[test]
fn the_same_key_in_a_new_certificate_is_told_from_another() {
    use changed::{Bond, bond};
    let (old, new) = (certificate(), certificate());
    assert_eq!(bond(&old, &old, &Vouchers::new()), Bond::SameKey);
    assert_eq!(bond(&old, &new, &Vouchers::new()), Bond::Nothing, "a name alone binds nothing");
    let by = |one: &Certificate| (one.fingerprint(), Vouched::By("Household Root".to_owned()));
    assert_eq!(bond(&old, &new, &[by(&old), by(&new)].into()), Bond::SameIssuer);
}

#[test]
fn removing_says_what_it_means_and_asks() {
    let mut story = sam_and_robin();
    tell(&mut story, Message::RemovePressed(None));
    assert!(story.shows("Remove Robin?"));
    assert!(story.shows("Mail you have stays readable: that takes your own key, not theirs."));
    story.click("Keep Robin");
    assert!(story.shows("Not checked yet"));
    tell(&mut story, Message::RemovePressed(None));
    story.click("Remove");
    assert!(story.app.contacts.people.is_empty() && story.app.contacts.chosen.is_none());
    assert!(story.with_desk(|desk| Ok(desk.contact(&robin()).is_err())));
}

#[test]
fn setting_aside_can_be_taken_back() {
    let mut story = sam_and_robin();
    tell(&mut story, Message::SetAsidePressed);
    story.click("Set aside");
    assert!(story.shows("You set this certificate aside"));
    let key = contact(&story).keys[0].certificate.fingerprint();
    tell(&mut story, Message::Folded(Fold::Certificate(key)));
    story.click("Use this one…");
    story.click("Use it");
    assert!(story.shows("Not checked yet"));
}

#[test]
fn what_they_read_on_is_set() {
    let mut story = sam_and_robin();
    assert!(story.shows("What Robin reads on is not known."));
    story.click("Change…");
    story.click("iPhone or iPad");
    assert!(story.shows("Robin reads on an iPhone or iPad") && story.shows("(set by you)"));
    assert_eq!(contact(&story).device.device, Device::Iphone);
    assert!(!story.shows("Outlook"), "the choice is folded again");
}

#[test]
fn a_replacement_must_be_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let kim = person("Kim", "kim@example.org");
    kim.write_certificate(&address("kim@example.org"), &place("kim.cer")).unwrap();
    let new = certificate();
    fs::write(place("new.cer"), new.as_der()).unwrap();
    let mut story = sam_and_robin();
    tell(&mut story, Message::ReplacementChosen(vec![robin()], vec![place("kim.cer")]));
    assert!(story.shows("This file has no certificate for robin@alder.example."));
    assert_eq!(states(&story), [KeyState::Accepted]);
    tell(&mut story, Message::ReplacementChosen(vec![robin()], vec![place("new.cer")]));
    assert_eq!(states(&story), [KeyState::Replaced, KeyState::Accepted]);
    assert_eq!(contact(&story).keys[1].certificate, new);
    assert!(story.app.contacts.trouble.is_none());
}

#[test]
fn their_certificate_is_saved_and_a_folder_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = sam_and_robin();
    let certificates = vec![contact(&story).keys[0].certificate.clone()];
    let out = folder.path().join("robin.cer");
    tell(&mut story, Message::SaveChosen(certificates.clone(), vec![out.clone()]));
    assert_eq!(fs::read(&out).unwrap(), certificates[0].as_der());
    let nowhere = folder.path().join("no folder").join("robin.cer");
    tell(&mut story, Message::SaveChosen(certificates, vec![nowhere]));
    let trouble = story.app.contacts.trouble.clone().unwrap();
    assert!(story.shows(&trouble.summary));
}

#[test]
fn a_wish_shows_a_person_also_one_who_is_not_there() {
    let mut story = sam_and_robin();
    tell(&mut story, Message::BackPressed);
    let shown = story.app.grant(Wish::ShowContact(robin()));
    answers(shown).into_iter().for_each(|message| story.tell(message));
    assert!(story.shows("Not checked yet"));
    let shown = story.app.grant(Wish::ShowContact(address("kim@example.org")));
    answers(shown).into_iter().for_each(|message| story.tell(message));
    assert!(story.shows("kim@example.org is not among your contacts."));
}

#[test]
fn keys_move_in_the_list_and_close_what_is_on_top() {
    let contacts = Contacts::default();
    let step = |key| match contacts.key(Key::Named(key), keyboard::Modifiers::default()) {
        Some(Message::Moved(step)) => Some(step),
        _ => None,
    };
    assert_eq!(step(Named::ArrowDown), Some(Step::By(1)));
    assert_eq!(step(Named::Home), Some(Step::First));
    assert_eq!(step(Named::End), Some(Step::Last));
    assert_eq!(step(Named::F3), None);

    let mut story = sam_and_robin();
    tell(&mut story, Message::Folded(Fold::Menu));
    assert!(story.shows("Set aside…"));
    tell(&mut story, Message::BackPressed);
    assert!(!story.shows("Set aside…") && story.app.contacts.chosen.is_some());
    tell(&mut story, Message::BackPressed);
    assert!(story.app.contacts.chosen.is_none());
    tell(&mut story, Message::Moved(Step::Last));
    assert!(story.shows("Not checked yet"));
}

#[test]
fn names_are_spoken_as_people_speak() {
    let table = [
        ("Robin Alder", "Robin"),
        ("Clinic North, Reception", "Clinic North, Reception"),
        ("Dr. Ito", "Dr. Ito"),
        ("山本 はる", "山本 はる"),
        ("Tax office", "Tax office"),
        ("Maximiliane Freifrau von Hohenberg-Lichtenstein", "Maximiliane Freifrau von Ho…"),
        ("robin@alder.example", "robin@alder.example"),
    ];
    for (name, spoken) in table {
        assert_eq!(say::short(name), spoken);
    }
    assert_eq!(say::file_name("../Robin / Alder", "cer"), "Robin - Alder.cer");
}
