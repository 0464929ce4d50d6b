use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::desk::seal::Letter;
use crate::smime::crypto::KeyKind;
use crate::smime::message::header_protection::confidences::Confidences;
use crate::smime::message::reply::Thread;
use crate::smime::policy::Device;
use crate::smime::secret::Passphrase;
use crate::store::contacts::Origin;
use crate::store::vault::{NobodyToAsk, VaultKind};
use crate::store::{Location, clock};

const ROBIN: &str = "robin@example.org";
const KIM: &str = "kim@example.org";
const LEE: &str = "lee@example.org";

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// Robin writes; Kim is on record with a certificate for `days`, Lee with one for 100.
fn desk(days: u32) -> Desk {
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
    desk.create_identity("Robin", &[address(ROBIN)], KeyKind::P256, 200).unwrap();
    for (name, who, days) in [("Kim", KIM, days), ("Lee", LEE, 100)] {
        let (_, certificate) = desk.new_key(name, &[address(who)], KeyKind::P256, days).unwrap().unwrap();
        desk.store().record_certificate(&certificate, name, Origin::File, desk.now()).unwrap();
    }
    desk
}

fn later(desk: Desk, days: i64) -> Desk {
    let now: Timestamp = desk.now() + SignedDuration::from_hours(24 * days);
    Desk { now, ..desk }
}

fn to(people: &[&str]) -> Outline {
    let to = people.iter().map(|who| address(who)).collect();
    Outline { from: Some(address(ROBIN)), to, text: 100, ..Outline::default() }
}

fn check(desk: &Desk, who: &str) -> Fingerprint {
    let contact = desk.contact(&address(who)).unwrap();
    let fingerprint = contact.keys[0].certificate.fingerprint();
    desk.verify_contact(&address(who), &fingerprint).unwrap();
    fingerprint
}

/// What is forecast is what happens.
fn seals(desk: &Desk, outline: &Outline) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let letter = Letter {
        from: outline.from.clone().unwrap(),
        to: outline.to.clone(),
        cc: outline.cc.clone(),
        bcc: outline.bcc.clone(),
        subject: None,
        text: "Hello.".to_owned(),
        attachments: Vec::new(),
        thread: Thread::default(),
        confidences: Confidences::default(),
        expired: outline.expired.clone(),
    };
    let sealed = desk.seal(&letter, false, &folder.path().join("note.eml")).is_ok();
    assert_eq!(desk.forecast(outline).unwrap().tier.is_some(), sealed, "the forecast did not hold");
    sealed
}

#[test]
fn a_draft_has_the_tier_of_its_weakest_recipient() {
    let desk = desk(100);
    let verdict = desk.forecast(&to(&[KIM, LEE])).unwrap();
    assert_eq!((verdict.tier, verdict.title()), (Some(Tier::ProbablySecure), "Probably secure"));
    assert_eq!(verdict.sentence(), "Kim: not checked yet.");
    check(&desk, KIM);
    let verdict = desk.forecast(&to(&[KIM])).unwrap();
    assert_eq!(verdict.tier, Some(Tier::BeyondReasonableDoubt));
    assert_eq!(verdict.sentence(), "Only you and Kim can read this.");
    let both = desk.forecast(&to(&[KIM, LEE])).unwrap();
    assert_eq!((both.tier, both.sentence().as_str()), (Some(Tier::ProbablySecure), "Lee: not checked yet."));
    assert!(seals(&desk, &to(&[KIM, LEE])));
    let own = desk.forecast(&to(&[ROBIN])).unwrap();
    assert_eq!(
        (own.sentence().as_str(), own.people[0].line().as_str()),
        ("Only you can read this.", "Yourself.")
    );
}

#[test]
fn whoever_stands_in_the_way_stands_first_with_the_reason() {
    let desk = desk(100);
    check(&desk, KIM);
    let verdict = desk.forecast(&Outline { bcc: vec![address("tax@example.net")], ..to(&[KIM]) }).unwrap();
    assert_eq!(verdict.title(), "Cannot be sealed yet");
    assert_eq!((verdict.tier, verdict.without), (None, Some(Tier::BeyondReasonableDoubt)));
    assert_eq!(verdict.sentence(), "There is no certificate for tax@example.net.");
    assert_eq!(verdict.waits_for().as_deref(), Some("Sealing waits for tax@example.net."));
    assert_eq!(verdict.people[0].standing, Standing::None);
    assert!(verdict.people[1].line().starts_with("Checked on "));
    assert!(!seals(&desk, &to(&[KIM, "tax@example.net"])));

    let (_, other) = desk.new_key("Kim", &[address(KIM)], KeyKind::P256, 50).unwrap().unwrap();
    desk.store().record_certificate(&other, "Kim", Origin::SignedMessage, desk.now()).unwrap();
    let verdict = desk.forecast(&to(&[LEE, KIM])).unwrap();
    assert_eq!((&verdict.people[0].standing, verdict.tier), (&Standing::Changed, None));
    assert!(matches!(verdict.people[0].obstacle, Some(RecipientError::Changed(_))));
    assert!(!seals(&desk, &to(&[LEE, KIM])));
    assert_eq!(desk.forecast(&to(&[])).unwrap().sentence(), "Say to whom it goes.");
}

#[test]
fn the_writer_needs_a_key_that_is_valid() {
    let fresh = desk(100);
    let from = |who: Option<&str>| Outline { from: who.map(address), ..to(&[LEE]) };
    let nobody = fresh.forecast(&from(None)).unwrap();
    assert_eq!((nobody.tier, nobody.sentence().as_str()), (None, "Choose the address that it comes from."));
    let verdict = fresh.forecast(&from(Some("sam@example.org"))).unwrap();
    assert_eq!(verdict.sentence(), "sam@example.org is not your address here.");
    let verdict = later(fresh, 300).forecast(&from(Some(ROBIN))).unwrap();
    assert!(matches!(verdict.sender, Some(SealingError::NoSigningKey(_))));
}

#[test]
fn an_expired_certificate_is_sealed_to_only_when_it_was_checked_and_is_confirmed_by_name() {
    let desk = desk(10);
    let fingerprint = desk.contact(&address(KIM)).unwrap().keys[0].certificate.fingerprint();
    let desk = later(desk, 20);
    let confirmed = Outline { expired: vec![fingerprint], ..to(&[KIM, LEE]) };
    let verdict = desk.forecast(&confirmed).unwrap();
    assert!(matches!(verdict.people[0].standing, Standing::Expired(_)));
    assert!(verdict.tier.is_none() && verdict.people[0].confirmable.is_empty(), "nobody has checked it");
    assert!(!seals(&desk, &confirmed));

    check(&desk, KIM);
    let verdict = desk.forecast(&to(&[KIM, LEE])).unwrap();
    assert_eq!((verdict.tier, &verdict.people[0].confirmable), (None, &vec![fingerprint]));
    assert!(!seals(&desk, &to(&[KIM, LEE])), "nobody has confirmed it");
    let other = Outline { expired: vec![Fingerprint::of(b"another")], ..to(&[KIM, LEE]) };
    assert!(!seals(&desk, &other));
    assert!(seals(&desk, &confirmed));
    assert_eq!(desk.forecast(&confirmed).unwrap().tier, Some(Tier::ProbablySecure));
}

#[test]
fn what_opens_where_is_told_for_each() {
    let desk = desk(100);
    desk.set_device(&address(KIM), Device::Iphone).unwrap();
    let verdict = desk.forecast(&to(&[KIM, LEE])).unwrap();
    assert_eq!(verdict.people[0].line(), "Not checked yet. Kim’s iPhone can open this.");
    assert_eq!(verdict.people[1].forecast, Some(Forecast::Unknown));
    let large = Outline { files: 30_000_000, ..to(&[KIM]) };
    let verdict = desk.forecast(&large).unwrap();
    assert!(verdict.people[0].line().ends_with("not on an iPhone.") && verdict.size > COMMON_MAIL);
    let password = Passphrase::from("for the phone".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let sam = address("sam@example.org");
    desk.create_contact("Sam", &sam, &folder.path().join("sam.p12"), &password, false).unwrap();
    let verdict = desk.forecast(&to(&["sam@example.org"])).unwrap();
    assert_eq!(
        (verdict.tier, &verdict.people[0].standing),
        (Some(Tier::BeyondReasonableDoubt), &Standing::MadeHere)
    );
}
