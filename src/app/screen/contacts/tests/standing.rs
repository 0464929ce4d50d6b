//! Tables of what is said of a contact, and how fast a list of many is searched.

use std::time::Instant;
use waxseal::desk::answer::TakenBack;

use jiff::{Timestamp, ToSpan as _};

use super::*;
use crate::app::screen::contacts::standing::{Standing, Trust, ends_soon};
use waxseal::store::contacts::Origin;

fn after(time: Timestamp, days: i64) -> Timestamp {
    time.checked_add((days * 24).hours()).unwrap()
}

#[test]
fn what_is_said_of_a_contact() {
    let story = sam_and_robin();
    let (contact, now) = (contact(&story), clock::now());
    let key = contact.keys[0].clone();
    let with = |change: &dyn Fn(&mut Contact)| {
        let mut changed = contact.clone();
        change(&mut changed);
        changed
    };
    let mut vouchers = Vouchers::new();
    let trust = |contact: &Contact, vouchers: &Vouchers, now| {
        let standing = Standing::of(contact, vouchers, now);
        (standing.trust, standing.ends_in)
    };
    // The certificate is made for thirty days.
    assert_eq!(trust(&contact, &vouchers, now), (Trust::NotChecked, Some(29)));
    let earlier = key.certificate.not_before().checked_sub(1.hours()).unwrap();
    assert!(matches!(trust(&contact, &vouchers, earlier), (Trust::NotYet(_), None)));
    assert!(matches!(trust(&contact, &vouchers, after(now, 40)), (Trust::Expired(_), None)));
    let checked = with(&|contact| contact.keys[0].verified = Some(now));
    assert_eq!(trust(&checked, &vouchers, now).0, Trust::Checked(now));
    let made = with(&|contact| contact.keys[0].origin = Origin::MadeHere);
    assert_eq!(trust(&made, &vouchers, now).0, Trust::MadeHere(key.added));
    // A note goes to both devices: the one that was not checked counts.
    let two = with(&|contact| {
        contact.keys[0].verified = Some(now);
        contact.keys.push(key.clone());
    });
    assert_eq!(trust(&two, &vouchers, now).0, Trust::NotChecked);
    let states = [
        (KeyState::Pending, Trust::Changed),
        (KeyState::Distrusted, Trust::SetAside),
        (KeyState::Replaced, Trust::NoCertificate),
    ];
    for (state, expected) in states {
        let contact = with(&|contact| contact.keys[0].state = state);
        assert_eq!(trust(&contact, &vouchers, now), (expected, None));
    }

    let fingerprint = key.certificate.fingerprint();
    vouchers.insert(fingerprint, Vouched::By("Household Root".to_owned()));
    assert_eq!(trust(&contact, &vouchers, now).0, Trust::Vouched("Household Root".to_owned()));
    assert_eq!(trust(&checked, &vouchers, now).0, Trust::Checked(now));
    let issuer = "Household Root".to_owned();
    vouchers.insert(fingerprint, Vouched::Revoked(TakenBack { issuer: issuer.clone(), date: now }));
    let (revoked, _) = trust(&checked, &vouchers, now);
    assert_eq!(revoked, Trust::Revoked { issuer, date: now });
    for (trust, writable) in [(revoked, false), (Trust::Changed, false), (Trust::NotChecked, true)] {
        assert_eq!(Standing { trust, ends_in: None }.can_be_written_to(), writable);
    }
}

#[test]
fn ten_thousand_people_are_searched_within_a_frame() {
    let story = sam_and_robin();
    let one = contact(&story);
    let many: Vec<Contact> = (0..10_000)
        .map(|number| Contact {
            id: number,
            name: format!("Jérôme Nº {number}, 山本 はる"),
            addresses: vec![address(&format!("jerome.{number}@harbour-notaries.example")), robin()],
            ..one.clone()
        })
        .collect();
    let start = Instant::now();
    let mut people = People::of(&many, &Vouchers::new(), clock::now(), "");
    println!("rows of 10,000 people: {:?}", start.elapsed());
    assert_eq!(people.count(), 10_000);
    let searches = [("j", 10_000), ("jerome.9999", 1), ("はる 77@", 100), ("nobody", 0), ("HARBOUR", 10_000)];
    for (search, found) in searches {
        let start = Instant::now();
        people.search(search);
        println!("“{search}” among 10,000 people: {:?}", start.elapsed());
        assert_eq!(people.count(), found, "{search}");
    }
    people.search("jerome.9999");
    assert_eq!(people.at(0).map(|row| row.id), Some(9_999));
    assert_eq!(people.place(9_999), Some(0));
}

#[test]
fn only_rows_in_sight_are_laid_out() {
    assert_eq!(list::window(0.0, 702.0, 3), (0, 3));
    assert_eq!(list::window(0.0, 702.0, 10_000), (0, 14));
    assert_eq!(list::window(80_000.0, 702.0, 10_000), (998, 14));
    assert_eq!(list::window(799_300.0, 702.0, 10_000), (9_989, 11));
    assert_eq!(list::window(9e9, 702.0, 10_000), (10_000, 0));
    assert_eq!(list::window(0.0, 702.0, 0), (0, 0));
}

#[test]
fn days_are_counted_to_the_end() {
    let now: Timestamp = "2027-05-14T12:00:00Z".parse().unwrap();
    assert_eq!(ends_soon(after(now, 23), now), Some(23));
    assert_eq!(ends_soon(after(now, 61), now), None);
    assert_eq!(ends_soon(after(now, -1), now), None);
    assert_eq!(say::expires_in(23), "Expires in 23 days");
    assert_eq!(say::expires_in(1), "Expires tomorrow");
    assert_eq!(say::ends_in("Used for sealing", 23), "Used for sealing, expires in 23 days");
}
