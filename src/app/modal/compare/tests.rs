//! Comparing, with what can go wrong.

use super::*;
use crate::app::action::Wish;
use crate::app::modal::{self, Modal};
use crate::app::story::{Story, answers};
use waxseal::smime::crypto::KeyKind;
use waxseal::store::contacts::Origin;
use waxseal::store::vault::{NobodyToAsk, VaultKind};
use waxseal::store::{Location, clock};

fn robin() -> Address {
    "robin@alder.example".parse().unwrap()
}

/// Sam's window, comparing with Robin. `identity`: Sam has a key.
fn comparing(identity: bool) -> Story {
    let mut story = Story::begin(move |desk| {
        if identity {
            let sam = "sam@alder.example".parse().unwrap();
            desk.create_identity("Sam Alder", &[sam], KeyKind::P256, 30).unwrap();
        }
        let other =
            Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
        let certificate = other.create_identity("Robin Alder", &[robin()], KeyKind::P256, 30).unwrap();
        desk.store().record_certificate(&certificate, "", Origin::File, clock::now()).unwrap();
    });
    for message in answers(story.app.grant(Wish::Compare(robin()))) {
        story.tell(message);
    }
    assert!(story.shows("Compare with Robin"));
    story
}

fn say(story: &mut Story, message: Message) {
    story.tell(crate::app::Message::Modal(modal::Message::Compare(message)));
}

fn checked(story: &Story) -> bool {
    story.with_desk(|desk| Ok(desk.contact(&robin()).unwrap().keys[0].verified.is_some()))
}

fn number(story: &Story) -> Comparison {
    story.with_desk(|desk| Ok(desk.safety_numbers(&robin(), None).unwrap().remove(0)))
}

#[test]
fn all_groups_are_shown_and_a_button_records_that_they_match() {
    let mut story = comparing(true);
    for group in number(&story).number.groups() {
        assert!(story.shows(&group), "{group}");
    }
    story.click("All twelve match");
    assert!(checked(&story) && story.app.modal.is_none());
}

#[test]
fn no_key_says_that_they_match() {
    let story = comparing(true);
    let modal = story.app.modal.as_ref().unwrap();
    assert!(modal.answer().is_none());
    assert!(!checked(&story));
}

#[test]
fn what_is_typed_is_compared() {
    let mut story = comparing(true);
    let comparison = number(&story);
    say(&mut story, Message::TypedChanged("12345".to_owned()));
    story.click("Compare");
    assert!(story.shows("These are 5 digits; a safety number has 72."));
    say(&mut story, Message::TypedChanged("twelve".to_owned()));
    story.click("Compare");
    assert!(story.shows("A safety number has digits only."));
    assert!(!checked(&story));
    say(&mut story, Message::TypedChanged(comparison.number.to_string()));
    story.click("Compare");
    assert!(checked(&story) && story.app.modal.is_none());
}

#[test]
fn another_number_records_nothing_and_says_what_to_do() {
    let mut story = comparing(true);
    let digits = number(&story).number.digits();
    let last = if digits.ends_with('7') { "8" } else { "7" };
    let wrong = format!("{}{last}", &digits[..digits.len() - 1]);
    say(&mut story, Message::TypedChanged(wrong));
    say(&mut story, Message::CheckPressed);
    assert!(story.shows("They do not match") && !checked(&story));
    story.click("Start again");
    assert!(story.shows("All twelve match"));
    story.click("They are different");
    story.click("Set it aside");
    assert!(story.app.modal.is_none());
    let state = story.with_desk(|desk| Ok(desk.contact(&robin()).unwrap().keys[0].state));
    assert_eq!(state, KeyState::Distrusted);
}

#[test]
fn a_phone_is_compared_by_fingerprint() {
    let mut story = comparing(true);
    story.click("Robin reads on a phone");
    let fingerprint =
        story.with_desk(|desk| Ok(desk.contact(&robin()).unwrap().keys[0].certificate.fingerprint()));
    let groups = crate::app::widget::certificate_card::groups(&fingerprint);
    assert!(groups.iter().all(|group| story.shows(group)));
    say(&mut story, Message::TypedChanged("ab".repeat(31)));
    say(&mut story, Message::CheckPressed);
    assert!(story.shows("A fingerprint has 64 digits, from 0 to 9 and from A to F."));
    say(&mut story, Message::TypedChanged("ab".repeat(32)));
    say(&mut story, Message::CheckPressed);
    assert!(story.shows("They do not match") && !checked(&story));
    story.click("Start again");
    story.click("All sixteen match");
    assert!(checked(&story));
}

#[test]
fn without_a_key_of_ones_own_there_are_still_fingerprints() {
    let mut story = comparing(false);
    assert!(story.shows("All sixteen match"));
    story.click("Robin has Waxseal");
    assert!(story.shows("You have no key yet."));
    story.click("All twelve match");
    assert!(story.app.modal.is_some() && !checked(&story), "the button is off");
}

#[test]
fn somebody_unknown_is_a_sentence() {
    let mut story = comparing(true);
    story.app.modal = None;
    let nobody = "kim@example.org".parse().unwrap();
    for message in answers(story.app.grant(Wish::Compare(nobody))) {
        story.tell(message);
    }
    let Some(Modal::Compare(compare, _)) = &story.app.modal else { panic!("there is a dialog") };
    let State::Failed(problem) = &compare.state else { panic!("it says why") };
    assert!(story.shows(&problem.summary));
}
