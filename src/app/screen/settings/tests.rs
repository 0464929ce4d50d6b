//! States, messages and stories of the settings.

use std::fs;

use super::keeping::Message as Keep;
use super::*;
use crate::app::story::Story;
use crate::app::{Pane, Profile};
use waxseal::smime::crypto::KeyKind;
use waxseal::smime::pkcs12::Recipe;

fn tell(story: &mut Story, message: Message) {
    story.tell(crate::app::Message::Settings(message));
}

fn passphrase(words: &str) -> Passphrase {
    Passphrase::from(words.to_owned())
}

/// Kim's settings, on a profile in memory.
fn kim() -> Story {
    let mut story = Story::begin(|desk| {
        for (name, address) in [("Kim", "kim@example.org"), ("Kim at work", "kim@work.example")] {
            desk.create_identity(name, &[address.parse().unwrap()], KeyKind::P256, 30).unwrap();
        }
    });
    story.tell(crate::app::Message::Went(Pane::Settings));
    story
}

fn first_key(story: &Story) -> Fingerprint {
    story.app.shared.people.identities[0].keys[0].certificate.fingerprint()
}

#[test]
fn every_section_is_shown() {
    let mut story = kim();
    for (section, shown) in [
        (say::APPEARANCE, say::THEME),
        (say::WRITING, say::DEFAULT_IDENTITY),
        (say::KEYS, say::CHECK),
        (say::AUTHORITIES, say::NO_AUTHORITY),
        (say::ABOUT, say::PARTS_TITLE),
        (say::IDENTITIES, "kim@work.example"),
    ] {
        story.click(section);
        assert!(story.shows(shown), "{section}");
    }
}

#[test]
fn theme_and_text_size_change_at_once_and_are_kept() {
    let mut story = kim();
    story.click(say::APPEARANCE);
    story.click(say::THEME_DARK);
    assert!(story.app.theme().extended_palette().is_dark);
    story.click(say::THEME_LIGHT);
    assert!(!story.app.theme().extended_palette().is_dark);
    story.click(say::LARGER);
    assert_eq!(story.app.scale(), 1.1);
    for _ in 0..9 {
        tell(&mut story, Message::TextSized(TextStep::Smaller));
    }
    assert_eq!(story.app.scale(), 0.85);
    let kept = story.with_desk(|desk| Ok(desk.store().settings().unwrap()));
    assert_eq!((kept.theme, kept.text_size), (Theme::Light, 85));
    tell(&mut story, Message::TextSized(TextStep::Usual));
    assert_eq!(story.app.scale(), 1.0);
}

#[test]
fn the_default_identity_is_who_writes() {
    let mut story = kim();
    story.click(say::WRITING);
    story.click("kim@work.example");
    assert_eq!(story.app.shared.people.me().unwrap().name, "Kim at work");
}

#[test]
fn a_key_is_deleted_after_a_backup_was_offered_and_a_question() {
    let mut story = kim();
    let key = first_key(&story);
    tell(&mut story, Message::Keeping(Keep::DeletePressed(key)));
    assert!(story.shows(say::DELETE_WHAT) && story.shows(say::BACK_UP_FIRST));
    story.click(say::DELETE_FOR_EVER);
    assert!(story.shows("Delete this key for ever?"));
    story.click("Keep the key");
    assert_eq!(story.app.shared.people.identities.len(), 2);
    story.click(say::DELETE_FOR_EVER);
    story.click("Delete for ever");
    assert_eq!(story.app.shared.people.identities.len(), 1);
}

#[test]
fn keys_in_files_are_unlocked_backed_up_and_not_reminded_of_again() {
    let folder = tempfile::tempdir().unwrap();
    let profile = || Profile::of(Some(folder.path().join("profile")), Some(VaultKind::File)).unwrap();
    let mut story = Story::first_start(profile());
    story.app.shared.clerk.unlock(passphrase("four words that fit"));
    story.with_desk(|desk| {
        let address = "kim@example.org".parse().unwrap();
        Ok(desk.create_identity("Kim", &[address], KeyKind::P256, 30).unwrap())
    });
    drop(story);

    story = Story::first_start(profile());
    let people = crate::app::story::answers(story.app.shared.load()).remove(0);
    story.tell(crate::app::Message::PeopleLoaded(people));
    story.app.welcome = None;
    story.tell(crate::app::Message::Went(Pane::Settings));
    assert!(story.shows(say::ONLY_HERE));
    let key = first_key(&story);
    let file = folder.path().join("kim.p12");
    tell(&mut story, Message::Keeping(Keep::BackUpPressed(key)));
    tell(&mut story, Message::Keeping(Keep::RecipeChosen(Recipe::Compatible)));
    let write = || Keep::FileChosen(passphrase("another four words"), vec![file.clone()]);
    tell(&mut story, Message::Keeping(write()));
    assert!(story.shows("A passphrase is needed.") || story.shows("This key is kept in passphrase files."));
    assert!(!file.exists());
    story.click(say::UNLOCK);
    assert!(story.shows("Unlock your keys"));
    story.tell(crate::app::Message::Modal(crate::app::modal::Message::Closed));

    story.app.shared.clerk.unlock(passphrase("not this one at all"));
    tell(&mut story, Message::Keeping(write()));
    assert!(story.shows(say::UNLOCK) && !file.exists());
    // The one that does not fit is forgotten.
    tell(&mut story, Message::Keeping(write()));
    assert_eq!(
        story.app.settings.trouble.as_ref().and_then(|t| t.problem.need),
        Some(waxseal::problem::Need::Passphrase)
    );

    story.app.shared.clerk.unlock(passphrase("four words that fit"));
    tell(&mut story, Message::Keeping(write()));
    assert!(fs::metadata(&file).unwrap().len() > 500);
    assert!(!story.shows(say::ONLY_HERE));
    assert!(story.app.settings.trouble.is_none());
}

#[test]
fn a_certificate_is_saved_in_the_form_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = kim();
    let address: Address = "kim@example.org".parse().unwrap();
    for (name, begins) in
        [("kim.cer", &b"\x30\x82"[..]), ("kim.pem", b"-----BEGIN CERTIFICATE-----"), ("kim.p7c", b"\x30\x82")]
    {
        let file = folder.path().join(name);
        let chosen = Keep::CertificateFileChosen(address.clone(), vec![file.clone()]);
        tell(&mut story, Message::Keeping(chosen));
        assert!(fs::read(file).unwrap().starts_with(begins), "{name}");
    }
    let nowhere = folder.path().join("kim.cer").join("kim.cer");
    tell(&mut story, Message::Keeping(Keep::CertificateFileChosen(address, vec![nowhere])));
    assert!(story.shows(say::TRY_AGAIN));
}

#[test]
fn a_person_is_no_authority() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kim.cer");
    let mut story = kim();
    story.click(say::AUTHORITIES);
    let out = file.clone();
    story.with_desk(move |desk| {
        Ok(desk.write_certificate(&"kim@example.org".parse().unwrap(), &out).unwrap())
    });
    tell(&mut story, Message::AuthorityFilesChosen(vec![file]));
    assert!(story.shows("This is a person's certificate, not an authority's."));
    assert!(!story.shows("waxseal-cli"));
}

#[test]
fn the_place_for_keys_is_checked() {
    let mut story = kim();
    story.click(say::KEYS);
    story.click(say::CHECK);
    assert!(story.shows(say::READY));
    let locked = waxseal::store::StoreError::KeyringLocked.explain();
    tell(&mut story, Message::Checked(Err(locked)));
    assert!(story.shows("The keyring is locked."));
}
