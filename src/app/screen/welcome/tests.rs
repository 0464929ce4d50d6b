//! States, messages and stories of the first start.

use std::fs;
use std::path::Path;

use super::*;
use crate::app::Profile;
use crate::app::story::Story;
use waxseal::desk::Desk;
use waxseal::desk::identities::KeyName;
use waxseal::smime::pkcs12::Recipe;
use waxseal::smime::progress::Stopped;
use waxseal::store::vault::NobodyToAsk;
use waxseal::store::{Location, StoreError, clock};

fn tell(story: &mut Story, message: Message) {
    story.tell(crate::app::Message::Welcome(message));
}

fn give(story: &mut Story, message: hand_over::Message) {
    tell(story, Message::HandOver(message));
}

fn first_start() -> Story {
    Story::first_start(Profile::in_memory())
}

/// At the second step, as Sam.
fn with_name(mut story: Story) -> Story {
    tell(&mut story, Message::NameChanged("Sam Alder".to_owned()));
    tell(&mut story, Message::AddressChanged("sam@alder.example".to_owned()));
    story.click(say::CONTINUE);
    assert!(story.shows("Your key, Sam"));
    story
}

/// At the last step, with a small key.
fn with_key() -> Story {
    let mut story = with_name(first_start());
    let certificate = story.with_desk(|desk| {
        let address = "sam@alder.example".parse().unwrap();
        Ok(desk.create_identity("Sam Alder", &[address], KeyKind::P256, 30).unwrap())
    });
    tell(&mut story, Message::Made { generation: 0, answer: Box::new(Ok(certificate)) });
    assert!(story.shows(say::GIVE));
    story
}

fn passphrase(words: &str) -> Passphrase {
    Passphrase::from(words.to_owned())
}

/// Robin's key in a .p12 file under "correct horse", and the certificate alone.
fn files_of_robin(folder: &Path) -> (PathBuf, PathBuf) {
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
    let address: Address = "robin@alder.example".parse().unwrap();
    desk.create_identity("Robin Alder", std::slice::from_ref(&address), KeyKind::P256, 30).unwrap();
    let (key, certificate) = (folder.join("robin.p12"), folder.join("robin.cer"));
    let name = KeyName::Address(address.clone());
    desk.export_identity(&name, &key, &passphrase("correct horse"), Recipe::Modern).unwrap();
    desk.write_certificate(&address, &certificate).unwrap();
    (key, certificate)
}

#[test]
fn who_one_is_is_asked_until_it_will_do() {
    let mut story = first_start();
    assert!(story.shows(say::WHO));
    story.click(say::CONTINUE);
    assert!(story.shows(say::NAME_MISSING) && story.shows(say::ADDRESS_MISSING));
    for (name, address, said) in [
        ("Sam", "sam", say::ADDRESS_WRONG),
        ("Sam", "sam@", say::ADDRESS_WRONG),
        ("Sam", "sam alder@example.org", say::ADDRESS_WRONG),
        ("  ", "sam@alder.example", say::NAME_MISSING),
        ("m".repeat(65).as_str(), "sam@alder.example", say::NAME_LONG),
    ] {
        tell(&mut story, Message::NameChanged(name.to_owned()));
        tell(&mut story, Message::AddressChanged(address.to_owned()));
        story.click(say::CONTINUE);
        assert!(story.shows(said), "{name} {address}");
    }
    let mut story = with_name(story);
    story.click(say::BACK);
    assert!(story.shows(say::WHO));
}

#[test]
fn looking_around_needs_no_key() {
    let mut story = first_start();
    story.click(say::NOT_NOW);
    assert!(story.app.welcome.is_none());
    assert!(story.shows("Messages"));
}

#[test]
fn a_key_is_made_and_the_certificate_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = with_name(first_start());
    assert!(story.shows(say::NOTHING_LEAVES));
    story.click(say::MAKE_BUTTON);
    assert!(story.shows(say::GIVE) && story.shows(say::FINGERPRINT));
    let own = &story.app.shared.people.identities;
    assert_eq!(own[0].keys[0].certificate.public_key().name(), "RSA 3072");
    let file = folder.path().join("sam.cer");
    give(&mut story, hand_over::Message::SaveChosen(vec![file.clone()]));
    assert!(Certificate::from_der(&fs::read(file).unwrap()).is_ok());
    assert!(story.shows(&say::saved_as("sam.cer")));
    story.click(say::OPEN_BUTTON);
    assert!(story.app.welcome.is_none());
}

#[test]
fn a_key_is_not_kept_when_it_is_given_up() {
    let mut story = with_name(first_start());
    // The work itself is left undone: it is stopped first.
    let _work = story.app.update(crate::app::Message::Welcome(Message::MakePressed));
    assert!(story.shows(&say::making(0)));
    story.click(say::CANCEL);
    let answer = Box::new(Err(Stopped.explain()));
    tell(&mut story, Message::Made { generation: 1, answer });
    assert!(story.shows(say::MAKE_BUTTON));
    assert!(!story.shows(say::TRY_AGAIN));
    let late = Box::new(Err(StoreError::KeyringLocked.explain()));
    tell(&mut story, Message::Made { generation: 0, answer: late });
    assert!(!story.shows(say::TRY_AGAIN), "an answer that nobody waits for");
}

#[test]
fn without_a_keyring_it_says_so_and_offers_files() {
    for (error, summary) in [
        (StoreError::NoKeyringService, "No place for your keys was found."),
        (StoreError::NoBus, "No place for your keys was found."),
        (StoreError::NoCollection, "No place for your keys was found."),
        (StoreError::KeyringLocked, "The keyring is locked."),
        (StoreError::KeyringSilent { seconds: 25 }, "The keyring does not answer."),
    ] {
        let mut story = with_name(first_start());
        tell(&mut story, Message::Made { generation: 0, answer: Box::new(Err(error.explain())) });
        assert!(story.shows(summary) && story.shows(say::USE_FILES) && story.shows(say::TRY_AGAIN));
        assert!(story.app.shared.people.identities.is_empty());
        story.click(say::USE_FILES);
        assert!(story.shows("A passphrase for your keys"));
    }
}

#[test]
fn files_under_a_passphrase_are_used_now_and_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let profile = || Profile::of(Some(folder.path().to_owned()), None).unwrap();
    let mut story = with_name(Story::first_start(profile()));
    let locked = Box::new(Err(StoreError::KeyringLocked.explain()));
    tell(&mut story, Message::Made { generation: 0, answer: locked });
    tell(&mut story, Message::FilesPassphraseChosen(passphrase("four words that fit")));
    assert!(story.shows(say::GIVE));
    let keys = fs::read_dir(folder.path().join("keys")).unwrap();
    assert_eq!(
        keys.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "pem")).count(),
        1
    );
    drop(story);

    let story = Story::first_start(profile());
    let used = story.with_desk(|desk| Ok(desk.store().vault().kind()));
    assert_eq!(used, VaultKind::File);
}

#[test]
fn a_file_is_tried_until_its_password_fits() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = files_of_robin(folder.path());
    let mut story = with_name(first_start());
    tell(&mut story, Message::FilesChosen(vec![file.clone()]));
    assert!(story.shows("The password of this file"));
    story.tell(crate::app::Message::Modal(crate::app::modal::Message::Closed));
    tell(&mut story, Message::PasswordEntered(file.clone(), passphrase("wrong")));
    assert!(story.shows("The password does not fit.") && story.shows(say::TRY_AGAIN));
    story.click(say::TRY_AGAIN);
    assert!(story.shows("The password of this file"));
    story.tell(crate::app::Message::Modal(crate::app::modal::Message::Closed));
    tell(&mut story, Message::PasswordEntered(file, passphrase("correct horse")));
    assert!(story.shows(say::TAKEN) && story.shows(say::GIVE));
    assert_eq!(story.app.shared.people.identities[0].name, "Robin Alder");
}

#[test]
fn a_file_that_holds_no_key_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = files_of_robin(folder.path());
    let damaged = folder.path().join("damaged.p12");
    let octets = fs::read(key).unwrap();
    fs::write(&damaged, &octets[..octets.len() / 2]).unwrap();
    let missing = folder.path().join("missing.p12");
    for (file, said) in [
        (certificate, "This file holds certificates, but no private key."),
        (damaged, "This file is damaged."),
        (missing, "This file was not found."),
    ] {
        let mut story = with_name(first_start());
        tell(&mut story, Message::FilesChosen(vec![file.clone()]));
        if story.app.modal.is_some() {
            story.tell(crate::app::Message::Modal(crate::app::modal::Message::Closed));
            tell(&mut story, Message::PasswordEntered(file.clone(), passphrase("correct horse")));
        }
        assert!(story.shows(said), "{}", file.display());
        assert!(story.shows(say::CHOOSE_ANOTHER));
    }
}

#[test]
fn a_certificate_that_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    let mut story = with_key();
    give(&mut story, hand_over::Message::SaveChosen(vec![file.join("sam.cer")]));
    assert!(story.shows(say::TRY_AGAIN));
    let refused = StoreError::NotWritable { path: "/read-only".into() };
    give(&mut story, hand_over::Message::Saved(Err(refused.explain())));
    assert!(story.shows("This folder cannot be written to.") && story.shows(say::LATER_BUTTON));
}

#[test]
fn a_key_for_a_phone_is_in_its_file_and_nowhere_else() {
    use hand_over::Message as Give;
    let folder = tempfile::tempdir().unwrap();
    let mut story = with_key();
    story.click(say::PHONE_START);
    story.click(say::PHONE_MAKE);
    assert!(story.shows(say::NAME_MISSING));
    give(&mut story, Give::PhoneNameChanged("Robin Alder".to_owned()));
    give(&mut story, Give::PhoneAddressChanged("sam@alder.example".to_owned()));
    assert!(story.shows(say::ADDRESS_OWN));
    give(&mut story, Give::PhoneAddressChanged("robin@alder.example".to_owned()));
    story.click(say::PHONE_MAKE);
    assert!(story.shows("A password for Robin Alder’s key"));
    story.tell(crate::app::Message::Modal(crate::app::modal::Message::Closed));
    let file = folder.path().join("robin.p12");
    give(&mut story, Give::PhoneFileChosen(passphrase("four words that fit"), vec![file.clone()]));
    assert!(story.shows(&say::phone_made("Robin Alder", "robin.p12")));
    assert!(file.is_file());
    let people = &story.app.shared.people;
    assert_eq!(people.contacts[0].addresses[0].as_str(), "robin@alder.example");
    assert_eq!(people.identities.len(), 1, "the private half is not kept");
}

#[test]
fn files_have_names_that_lead_nowhere_else() {
    for (words, name) in
        [("Robin Alder", "robin-alder"), ("../../etc", "etc"), ("山本", "山本"), ("/", "key"), ("", "key")]
    {
        assert_eq!(file_name(words), name);
    }
}
