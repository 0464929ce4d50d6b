//! Whole lists: PKITS 4.4, 4.5 and 4.7.

use super::workshop::{authority_constraints, common_name, extension, new_key, usage};
use super::*;
use crate::smime::asn1::{tag, time, writer};

#[test]
fn who_is_named_is_revoked() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let list = |names: &[u8], reason| house.authority.list().names(names, reason).build();
    assert!(is_good(&house.asked(&person, &[house.authority.list().build()], &[])));
    assert!(is_good(&house.asked(&person, &[list(&[0x10, 0x02], None)], &[])));
    // 4.4.3
    let answer = house.asked(&person, &[list(PERSON, None)], &[]);
    assert_eq!(reason(&answer), Some(Reason::Unspecified));
    for (code, expected) in [
        (1, Reason::KeyCompromise),
        (2, Reason::AuthorityCompromise),
        (3, Reason::AffiliationChanged),
        (4, Reason::Superseded),
        (5, Reason::CessationOfOperation),
        (6, Reason::Hold),
        (7, Reason::Unspecified),
        (8, Reason::Unspecified),
        (9, Reason::PrivilegeWithdrawn),
        (10, Reason::AuthorityCompromise),
        (99, Reason::Unspecified),
    ] {
        let answer = house.asked(&person, &[list(PERSON, Some(code))], &[]);
        assert_eq!(reason(&answer), Some(expected), "{code}");
    }
    // 4.4.2: the authority.
    let by_root = house.root.list().names(&[2], Some(1)).build();
    let lists = [by_root, house.authority.list().build()];
    let Revocation::Revoked { certificate, authority: true, revoked } =
        check(&house.path(&person), &lists, &[], moment(NOW))
    else {
        panic!("the authority stands in the list");
    };
    assert_eq!(certificate, house.authority.certificate);
    assert_eq!(revoked.date, moment("2027-05-01T00:00:00Z"));
    // 4.4.1
    assert_eq!(unknown(&house.asked(&person, &[], &[])), Some(Unknown::NoList));
    assert_eq!(
        check(&house.path(&person)[2..], &[], &[], moment(NOW)),
        Revocation::Good { as_of: None },
        "nobody stands above an anchor"
    );
}

#[test]
fn a_list_must_be_the_issuers_own() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let stranger = Party::root("Authority");
    fn named(party: &Party) -> workshop::List<'_> {
        party.list().names(PERSON, None)
    }
    // 4.4.4: the right name and another key.
    let forged = named(&stranger).build();
    let answer = house.asked(&person, std::slice::from_ref(&forged), &[&stranger]);
    assert_eq!(unknown(&answer), Some(Unknown::Unproved));
    // 4.4.5 and 4.4.6: another name.
    let other = named(&stranger).by(&common_name("Other"), &house.authority.key).build();
    assert_eq!(unknown(&house.asked(&person, &[other], &[])), Some(Unknown::NoList));
    // 4.4.7: a right one beside wrong ones.
    let both = [forged, named(&house.root).build(), house.authority.list().build()];
    assert!(is_good(&house.asked(&person, &both, &[&stranger])));
    // Damage in the middle of the list.
    let mut der = named(&house.authority).der();
    let place = der.windows(2).position(|part| part == PERSON).unwrap();
    der[place + 1] ^= 1;
    let damaged = RevocationList::from_der(der).unwrap();
    assert_eq!(unknown(&house.asked(&person, &[damaged], &[])), Some(Unknown::Unproved));
}

#[test]
fn what_is_not_understood_vouches_for_nobody() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let odd = |critical| extension("1.2.3.4", critical, &[5, 0]);
    let date = "2027-05-01T00:00:00Z";
    // 4.4.8: in an entry. 4.4.9 and 4.4.10: in the list.
    for critical in [true, false] {
        let lists = |serial: &[u8]| {
            let in_entry = house.authority.list().entry(serial, date, &[odd(critical)]);
            let in_list = house.authority.list().extension("1.2.3.4", critical, &[5, 0]);
            [in_entry.build(), in_list.entry(serial, date, &[]).build()]
        };
        for list in lists(&[9]) {
            assert_eq!(list.unusable(), critical.then_some(Unusable::UnknownCritical));
            assert_eq!(is_good(&house.asked(&person, &[list], &[])), !critical);
        }
        for list in lists(PERSON) {
            let answer = house.asked(&person, &[list], &[]);
            assert_eq!(reason(&answer), Some(Reason::Unspecified), "who is named is revoked all the same");
        }
    }
    let contradictions = [
        house.authority.list().names_of(&common_name("Other"), &[9]),
        house.authority.list().scope(&[&[0x81, 1, 0xff], &[0x82, 1, 0xff]]),
        house.authority.list().extension("2.5.29.27", true, &[2, 1, 0xff]),
        house.authority.list().entry(&[9], "2027-05-01T00:00:00Z", &[extension("2.5.29.21", false, &[5, 0])]),
    ];
    for list in contradictions {
        let list = list.build();
        assert_eq!(list.unusable(), Some(Unusable::Contradiction));
        assert_eq!(unknown(&house.asked(&person, &[list], &[])), Some(Unknown::Unusable));
    }
    // One that is understood stands beside one that is not.
    let odd = house.authority.list().extension("1.2.3.4", true, &[5, 0]).build();
    assert!(is_good(&house.asked(&person, &[odd, house.authority.list().build()], &[])));
}

#[test]
fn only_a_current_list_says_that_nobody_is_named() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let ask = |list: RevocationList| house.asked(&person, &[list], &[]);
    let outdated = Some(Unknown::Outdated { made: moment("2027-05-02T00:00:00Z") });
    // 4.4.11 and 4.4.12
    assert_eq!(unknown(&ask(house.authority.list().until("2027-05-03T09:59:59Z").build())), outdated);
    assert!(is_good(&ask(house.authority.list().until(NOW).build())));
    assert_eq!(unknown(&ask(house.authority.list().next(None).build())), outdated);
    // 4.4.13, and the end of time.
    assert!(is_good(&ask(house.authority.list().until("2055-01-01T00:00:00Z").build())));
    let for_ever = writer::value(tag::GENERALIZED_TIME, &[b"99991231235959Z"]);
    assert!(is_good(&ask(house.authority.list().next(Some(for_ever)).build())));
    let early = house.authority.list().made("2027-05-03T10:00:01Z").build();
    assert_eq!(unknown(&ask(early)), Some(Unknown::NotYet));
    // Revoked is revoked, also by a list that is out of date, and by one of later for what had happened by now.
    let old = house.authority.list().until("2027-05-03T00:00:00Z").names(PERSON, Some(4)).build();
    assert_eq!(reason(&ask(old)), Some(Reason::Superseded));
    let later = |date| {
        let list = house.authority.list().made("2027-06-01T00:00:00Z").until("2027-07-01T00:00:00Z");
        ask(list.entry(PERSON, date, &[]).build())
    };
    assert_eq!(reason(&later("2027-05-01T00:00:00Z")), Some(Reason::Unspecified));
    assert_eq!(unknown(&later("2027-05-20T00:00:00Z")), Some(Unknown::NotYet));
}

#[test]
fn a_list_that_can_be_forged_takes_back_and_does_not_vouch() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let list = house.authority.list().sha_1().build();
    assert_eq!(unknown(&house.asked(&person, &[list], &[])), Some(Unknown::Weak));
    let list = house.authority.list().sha_1().names(PERSON, None).build();
    assert_eq!(reason(&house.asked(&person, &[list], &[])), Some(Reason::Unspecified));
}

#[test]
fn who_signed_a_list_is_found_among_those_who_may() {
    let house = House::new();
    let anchors = [house.root.certificate.clone()];
    let pool = [house.authority.certificate.clone()];
    let signed_by = |list: RevocationList, pool: &[Certificate]| signer(&list, pool, &anchors, moment(NOW));
    assert_eq!(signed_by(house.authority.list().build(), &pool), Ok(pool[0].clone()));
    assert_eq!(signed_by(house.root.list().build(), &[]), Ok(anchors[0].clone()));
    assert_eq!(signed_by(house.authority.list().build(), &[]), Err(NoSigner::Unknown));
    let stranger = Party::root("Authority");
    let lists = || stranger.list().build();
    assert_eq!(signed_by(lists(), &pool), Err(NoSigner::Forged));
    assert_eq!(signed_by(lists(), std::slice::from_ref(&stranger.certificate)), Err(NoSigner::Unknown));
    let may_not = house.root.issues("Authority", &[3], &[authority_constraints(), usage(0x04)]);
    let pool = [may_not.certificate.clone()];
    assert_eq!(signed_by(may_not.list().build(), &pool), Err(NoSigner::Unknown));
}

#[test]
fn a_hold_lasts_until_a_newer_list_ends_it() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let hold = || house.authority.list().number(3).names(PERSON, Some(6));
    let clear = |number| house.authority.list().number(number).build();
    assert_eq!(reason(&house.asked(&person, &[clear(2), hold().build()], &[])), Some(Reason::Hold));
    assert!(is_good(&house.asked(&person, &[clear(4), hold().build()], &[])));
    // Taken back for good, and a newer list has forgotten it.
    let lists = [clear(4), house.authority.list().number(3).names(PERSON, Some(1)).build()];
    assert_eq!(reason(&house.asked(&person, &lists, &[])), Some(Reason::KeyCompromise));
    // Named twice: the worse counts, whatever the order.
    let twice = hold().names(PERSON, Some(1)).names(PERSON, Some(6)).build();
    assert_eq!(reason(&house.asked(&person, &[twice], &[])), Some(Reason::KeyCompromise));
}

#[test]
fn old_lists_have_no_version_and_no_extensions() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let named = house.authority.list().names(PERSON, None).version_1();
    assert_eq!(reason(&house.asked(&person, &[named.build()], &[])), Some(Reason::Unspecified));
    let empty = house.authority.list().version_1().build();
    assert_eq!((empty.number(), empty.entries(), empty.unusable()), (None, 0, None));
    assert!(is_good(&house.asked(&person, &[empty], &[])));
}

#[test]
fn numbers_of_any_length_are_compared_as_they_stand() {
    let house = House::new();
    let long = [[0x7f].as_slice(), &[0xee; 19]].concat();
    // 4.4.14 and 4.4.15: 255 is not minus one. 4.4.16 to 4.4.18: twenty octets.
    for (serial, named, revoked) in [
        (&[0, 0xff][..], &[0xff][..], false),
        (&[0xff], &[0xff], true),
        (&long, &long, true),
        (&long, &long[..19], false),
        (&[0, 5], &[5], true),
        (&[0], &[0], true),
    ] {
        let person = house.authority.person(serial, &[]);
        let list = house.authority.list().names(named, None).build();
        assert_eq!(reason(&house.asked(&person, &[list], &[])).is_some(), revoked, "{serial:?} {named:?}");
    }
}

#[test]
fn lists_may_have_a_key_of_their_own() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    // 4.4.19: the authority's name, a key that signs lists only, under the same anchor.
    let extensions = [usage(0x02)];
    let signer = house.root.certifies(house.authority.name.clone(), new_key(), &[7], &extensions);
    assert!(is_good(&house.asked(&person, &[signer.list().build()], &[&signer])));
    // 4.4.20
    let named = || signer.list().names(PERSON, Some(1)).build();
    assert_eq!(reason(&house.asked(&person, &[named()], &[&signer])), Some(Reason::KeyCompromise));
    assert_eq!(unknown(&house.asked(&person, &[named()], &[])), Some(Unknown::Unproved));
    // 4.4.21: the signer of lists is revoked itself.
    let by_root = house.root.list().number(2).names(&[7], Some(1)).build();
    let answer = house.asked(&person, &[by_root, signer.list().build()], &[&signer]);
    assert_eq!(unknown(&answer), Some(Unknown::Unproved));
    // Of another household.
    let elsewhere = Party::root("Elsewhere");
    let stranger = elsewhere.certifies(house.authority.name.clone(), new_key(), &[7], &extensions);
    let lists = [stranger.list().names(PERSON, None).build()];
    assert_eq!(unknown(&house.asked(&person, &lists, &[&stranger, &elsewhere])), Some(Unknown::Unproved));
    // 4.5.6 to 4.5.8: certified by the authority's own older key.
    let renewed = house.authority.certifies(house.authority.name.clone(), new_key(), &[8], &extensions);
    assert!(is_good(&house.asked(&person, &[renewed.list().build()], &[&renewed])));
    assert!(
        reason(&house.asked(&person, &[renewed.list().names(PERSON, None).build()], &[&renewed])).is_some()
    );
}

#[test]
fn the_signer_must_be_allowed_to_sign_lists() {
    let root = Party::root("Root");
    // 4.7.4 and 4.7.5
    for (extensions, good) in [
        (vec![authority_constraints(), usage(0x04)], false),
        (vec![authority_constraints(), usage(0x06)], true),
        (vec![authority_constraints()], true),
    ] {
        let authority = root.issues("Authority", &[2], &extensions);
        let house = House { root: Party::root("Root"), authority };
        let person = house.authority.person(PERSON, &[]);
        let answer = house.asked(&person, &[house.authority.list().build(), root.list().build()], &[]);
        let certified = check(
            &[person.clone(), house.authority.certificate.clone(), root.certificate.clone()],
            &[house.authority.list().build(), root.list().build()],
            &[],
            moment(NOW),
        );
        assert_eq!(is_good(&certified), good, "{answer:?}");
    }
    // A person with the authority's name.
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let double = house.authority.certifies(house.authority.name.clone(), new_key(), &[9], &[]);
    let lists = [double.list().build()];
    assert_eq!(unknown(&house.asked(&person, &lists, &[&double])), Some(Unknown::Unproved));
}

#[test]
fn a_way_around_a_revoked_authority_is_taken_whichever_is_found_first() {
    for first in [true, false] {
        way_around(first);
    }
}

/// `revoked_first`: the search comes to the revoked certificate before it comes to the other one of the same key.
fn way_around(revoked_first: bool) {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let other_root = Party::root("Other");
    let extensions = [authority_constraints(), usage(0x06)];
    // Of two issuers that are equally good, the one with the smaller fingerprint is tried first.
    let first = house.authority.certificate.fingerprint();
    let cross = loop {
        let key =
            crate::smime::crypto::PrivateKey::from_der(house.authority.key.to_pkcs8_der().expose()).unwrap();
        let cross = other_root.certifies(house.authority.name.clone(), key, &[3], &extensions);
        if (cross.certificate.fingerprint() > first) == revoked_first {
            break cross;
        }
    };
    let anchors = [house.root.certificate.clone(), other_root.certificate.clone()];
    let pool = [house.authority.certificate.clone(), cross.certificate.clone()];
    for (code, around) in [(4, true), (1, false)] {
        let lists = [
            house.root.list().names(&[2], Some(code)).build(),
            house.authority.list().build(),
            other_root.list().build(),
        ];
        let (outcome, revocation) = build(&person, &pool, &anchors, &lists, moment(NOW));
        let PathOutcome::Valid(path) = outcome else { panic!("{outcome:?}") };
        assert!(path[1] == cross.certificate || !around);
        assert_eq!(is_good(&revocation.unwrap()), around, "the key of {code} is stolen or not");
    }
    let lists = [house.authority.list().names(PERSON, None).build()];
    let (_, revocation) = build(&person, &pool, &anchors, &lists, moment(NOW));
    assert!(reason(&revocation.unwrap()).is_some());
    assert!(build(&person, &pool, &[], &lists, moment(NOW)).1.is_none());
}

#[test]
fn the_issuers_of_lists_are_found_up_to_the_anchor() {
    let house = House::new();
    let indirect = common_name("Lists");
    let point = workshop::points(&[&[&workshop::list_issuer(&indirect)]]);
    let person = house.authority.person(PERSON, &[point]);
    let signer = house.root.certifies(indirect.clone(), new_key(), &[7], &[usage(0x02)]);
    let pool =
        [signer.certificate.clone(), house.authority.certificate.clone(), house.root.certificate.clone()];
    let names = list_issuers(&person, pool.iter());
    for name in [&indirect, &house.authority.name, &house.root.name] {
        assert!(names.contains(&Name::from_der(name).unwrap()));
    }
    assert_eq!(names.len(), 3);
}

#[test]
fn a_series_is_one_issuer_one_key_one_scope() {
    let house = House::new();
    let list = |number| house.authority.list().number(number);
    let (one, two) = (list(1).build(), list(200 & 0x7f).names(PERSON, None).build());
    assert_eq!(one.series(), two.series());
    assert!(two.is_newer_than(&one) && !one.is_newer_than(&two) && !one.is_newer_than(&one));
    for other in [
        list(1).delta(1).build(),
        list(1).scope(&[&[0x81, 1, 0xff]]).build(),
        list(1).extension("2.5.29.35", false, &writer::sequence(&[&[0x80, 1, 7]])).build(),
        house.root.list().build(),
    ] {
        assert_ne!(one.series(), other.series());
    }
}

/// SignedData without signers, with these lists.
fn signed_data(lists: &[u8]) -> Vec<u8> {
    let oid = |text| workshop::oid(text);
    let content = writer::sequence(&[&oid("1.2.840.113549.1.7.1")]);
    let (empty, lists) = (writer::value(tag::SET, &[]), writer::value(0xa1, &[lists]));
    let signed = writer::sequence(&[&[2, 1, 1], &empty, &content, &lists, &empty]);
    writer::sequence(&[&oid("1.2.840.113549.1.7.2"), &writer::value(0xa0, &[&signed])])
}

#[test]
fn a_message_brings_lists_within_bounds() {
    use crate::smime::cms::{CmsError, signed_data};
    let house = House::new();
    let list = house.authority.list().names(PERSON, None).der();
    let read = |lists: &[u8], limits: &crate::smime::Limits| {
        signed_data::read(&mut &signed_data(lists)[..], limits, &mut std::io::sink())
    };
    let ocsp = writer::value(0xa1, &[&[5, 0]]);
    let some =
        read(&[&list[..], &ocsp, &list, &[0x30, 0]].concat(), &crate::smime::Limits::default()).unwrap();
    assert_eq!((some.revocation_lists.len(), some.unread_revocation_lists), (2, 2));
    // One that is too long is passed over, too many of them are too much.
    let limits = crate::smime::Limits { structure: 2 * list.len() - 20, ..Default::default() };
    let long = read(&list, &limits).unwrap();
    assert_eq!((long.revocation_lists.len(), long.unread_revocation_lists), (0, 1));
    let many = [0x30, 0].repeat(1_000);
    assert!(matches!(read(&many, &Default::default()), Err(CmsError::Limit("revocation lists"))));
}

#[test]
fn no_damage_is_a_panic() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let list = house.authority.list().names(PERSON, Some(1)).scope(&[&workshop::uris(&["http://x/"])]);
    let der = list.names_of(&common_name("Other"), &[9]).delta(1).der();
    for length in 0..der.len() {
        assert!(RevocationList::from_der(&der[..length]).is_err());
    }
    for place in 0..der.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut damaged = der.clone();
            damaged[place] ^= flip;
            if let Ok(list) = RevocationList::from_der(damaged) {
                assert!(reason(&house.asked(&person, &[list], &[])).is_none(), "octet {place}");
            }
        }
    }
}

#[test]
fn a_million_entries_are_read_in_linear_time() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let date = time::write(moment("2027-05-01T00:00:00Z"));
    let entry = |number: u32| {
        let serial = [&[0x40], [0x55; 15].as_slice(), &number.to_be_bytes()].concat();
        writer::sequence(&[&writer::value(tag::INTEGER, &[&serial]), &date])
    };
    let mut list = house.authority.list();
    list.set_entries((0..1_000_000).map(entry));
    let der = list.der();
    assert!(der.len() > 38_000_000);
    let started = std::time::Instant::now();
    let list = RevocationList::from_der(der).unwrap();
    assert_eq!(list.entries(), 1_000_000);
    assert!(is_good(&house.asked(&person, &[list], &[])));
    // Some 0.3 s here; what is not linear would take hours.
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
