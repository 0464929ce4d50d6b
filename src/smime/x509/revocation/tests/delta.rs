//! Delta lists: PKITS 4.15.

use super::*;

const OLD: &str = "2027-05-03T00:00:00Z";

#[test]
fn a_delta_list_needs_the_list_that_it_adds_to() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let ask = |lists: &[RevocationList]| house.asked(&person, lists, &[]);
    let complete = || house.authority.list().number(5);
    let delta = || house.authority.list().number(7).delta(5);
    // 4.15.1
    assert_eq!(unknown(&ask(&[delta().build()])), Some(Unknown::NoList));
    // 4.15.2
    assert!(is_good(&ask(&[complete().build(), delta().build()])));
    // 4.15.3 and 4.15.4: named in the one, or in the other.
    let named = complete().names(PERSON, Some(1)).build();
    assert_eq!(reason(&ask(&[named, delta().build()])), Some(Reason::KeyCompromise));
    let named = delta().names(PERSON, Some(4)).build();
    assert_eq!(reason(&ask(&[complete().build(), named])), Some(Reason::Superseded));
    // 4.15.5: the hold has ended. 4.15.6: it has come to the worst. 4.15.7: it is new.
    let held = || complete().names(PERSON, Some(6)).build();
    assert!(is_good(&ask(&[held(), delta().names(PERSON, Some(8)).build()])));
    let worse = delta().names(PERSON, Some(1)).build();
    assert_eq!(reason(&ask(&[held(), worse])), Some(Reason::KeyCompromise));
    assert_eq!(reason(&ask(&[held(), delta().build()])), Some(Reason::Hold));
    let held_now = delta().names(PERSON, Some(6)).build();
    assert_eq!(reason(&ask(&[complete().build(), held_now])), Some(Reason::Hold));
    // Only a hold can end.
    let stolen = complete().names(PERSON, Some(1)).build();
    let removed = delta().names(PERSON, Some(8)).build();
    assert_eq!(reason(&ask(&[stolen, removed])), Some(Reason::KeyCompromise));
}

#[test]
fn the_numbers_must_fit() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    // The complete list is out of date; a delta list that fits makes it current (RFC 5280 section 5.2.4).
    let complete = || house.authority.list().number(5).until(OLD).names(PERSON, Some(6));
    let delta = |number, base| house.authority.list().number(number).delta(base).names(PERSON, Some(8));
    let ask = |lists: &[RevocationList]| house.asked(&person, lists, &[]);
    // 4.15.8
    assert!(is_good(&ask(&[complete().build(), delta(7, 5).build()])));
    assert!(is_good(&ask(&[complete().build(), delta(7, 3).build()])));
    // 4.15.9 and 4.15.10: made for a later list, or no newer than the list itself.
    for (number, base) in [(7, 6), (5, 5), (4, 3)] {
        let answer = ask(&[complete().build(), delta(number, base).build()]);
        assert_eq!(reason(&answer), Some(Reason::Hold), "{number} {base}");
    }
    // The newest counts.
    let again = house.authority.list().number(9).delta(5).names(PERSON, Some(6)).build();
    assert_eq!(reason(&ask(&[complete().build(), delta(7, 5).build(), again])), Some(Reason::Hold));
    // Both are out of date.
    let empty = || house.authority.list().number(5).until(OLD).build();
    let stale = house.authority.list().number(7).delta(5).until(OLD).build();
    assert!(matches!(unknown(&ask(&[empty(), stale])), Some(Unknown::Outdated { .. })));
    // Without a number nothing can be laid over a list.
    let unnumbered = house.authority.list().version_1().until(OLD).build();
    let delta = house.authority.list().number(7).delta(5).build();
    assert!(matches!(unknown(&ask(&[unnumbered, delta])), Some(Unknown::Outdated { .. })));
}

#[test]
fn the_scope_must_be_the_same() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let users: &[&[u8]] = &[&[0x81, 1, 0xff]];
    let complete = || house.authority.list().number(5).names(PERSON, Some(6));
    let delta = house.authority.list().number(7).delta(5).names(PERSON, Some(8));
    let lists = [complete().build(), delta.scope(users).build()];
    assert_eq!(reason(&house.asked(&person, &lists, &[])), Some(Reason::Hold));
    let delta = house.authority.list().number(7).delta(5).names(PERSON, Some(8));
    let lists = [complete().scope(users).build(), delta.scope(users).build()];
    assert!(is_good(&house.asked(&person, &lists, &[])));
    let stranger = Party::root("Authority");
    let forged = stranger.list().number(7).delta(5).names(PERSON, Some(8)).build();
    let answer = house.asked(&person, &[complete().build(), forged], &[&stranger]);
    assert_eq!(reason(&answer), Some(Reason::Hold));
}
