//! Distribution points, reasons and indirect lists: PKITS 4.14.

use super::workshop::{
    common_name, directory, list_issuer, new_key, points, rdn, reasons, relative, uris, usage,
};
use super::*;
use crate::smime::asn1::writer;

const INDIRECT: &[u8] = &[0x84, 1, 0xff];
/// keyCompromise and cACompromise.
const STOLEN: u16 = 0x6000;
/// The other six.
const OTHERWISE: u16 = 0x1f80;

#[test]
fn the_names_of_list_and_certificate_must_meet() {
    let house = House::new();
    let below = writer::sequence(&[&rdn("Authority"), &rdn("Lists")]);
    let (whole, short) = (directory(&below), relative("Lists"));
    let (uri, many) = (uris(&["http://x/1"]), uris(&["http://x/0", "http://x/1"]));
    let other = uris(&["http://x/2"]);
    // 4.14.1 to 4.14.9
    for (in_certificate, in_list, meet) in [
        (Some(&whole), Some(&whole), true),
        (Some(&whole), Some(&short), true),
        (Some(&short), Some(&whole), true),
        (Some(&short), Some(&short), true),
        (Some(&uri), Some(&many), true),
        (Some(&many), Some(&uri), true),
        (Some(&uri), Some(&other), false),
        (Some(&uri), Some(&whole), false),
        (None, Some(&uri), false),
        // 4.14.10
        (Some(&uri), None, true),
        (None, None, true),
    ] {
        let point = in_certificate.map(|name| points(&[&[name]]));
        let person = house.authority.person(PERSON, point.as_slice());
        for named in [false, true] {
            let list = house.authority.list();
            let list = if named { list.names(PERSON, Some(1)) } else { list };
            let list = if let Some(name) = in_list { list.scope(&[name]) } else { list };
            let answer = house.asked(&person, &[list.build()], &[]);
            match (meet, named) {
                (true, false) => assert!(is_good(&answer), "{answer:?}"),
                (true, true) => assert_eq!(reason(&answer), Some(Reason::KeyCompromise)),
                (false, _) => assert_eq!(unknown(&answer), Some(Unknown::NoList)),
            }
        }
    }
    // The issuer's own name is the point of every certificate.
    let own = directory(&house.authority.name);
    let person = house.authority.person(PERSON, &[]);
    assert!(is_good(&house.asked(&person, &[house.authority.list().scope(&[&own]).build()], &[])));
}

#[test]
fn lists_of_one_kind_speak_of_that_kind() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let only = |number: u8| [0x80 | number, 1, 0xff];
    // 4.14.11 to 4.14.14
    for (number, for_person, for_authority) in [(1, true, false), (2, false, true), (5, false, false)] {
        let by_authority = house.authority.list().scope(&[&only(number)]).build();
        assert_eq!(is_good(&house.asked(&person, &[by_authority], &[])), for_person, "{number}");
        let by_root = house.root.list().scope(&[&only(number)]).build();
        let path = &house.path(&person)[1..];
        assert_eq!(is_good(&check(path, &[by_root], &[], moment(NOW))), for_authority, "{number}");
    }
}

#[test]
fn all_reasons_must_be_spoken_of() {
    let house = House::new();
    let person = house.authority.person(PERSON, &[]);
    let some = |bits| house.authority.list().scope(&[&reasons(0x83, bits)]);
    let ask = |lists: &[RevocationList]| house.asked(&person, lists, &[]);
    // 4.14.15, 4.14.16, 4.14.20 and 4.14.21
    let named = some(OTHERWISE).names(PERSON, Some(3)).build();
    assert_eq!(reason(&ask(&[some(STOLEN).build(), named])), Some(Reason::AffiliationChanged));
    let held = some(OTHERWISE).names(PERSON, Some(6)).build();
    assert_eq!(reason(&ask(&[some(STOLEN).build(), held])), Some(Reason::Hold));
    // 4.14.17
    assert_eq!(unknown(&ask(&[some(STOLEN).build()])), Some(Unknown::Partial));
    // 4.14.18
    assert!(is_good(&ask(&[some(STOLEN).build(), some(OTHERWISE).build()])));
    // 4.14.19: a point for each.
    let (one, two) = (uris(&["http://x/1"]), uris(&["http://x/2"]));
    let point = points(&[&[&one, &reasons(0x81, STOLEN)], &[&two, &reasons(0x81, OTHERWISE)]]);
    let person = house.authority.person(PERSON, &[point]);
    let first = || house.authority.list().scope(&[&one, &reasons(0x83, STOLEN)]);
    let second = || house.authority.list().scope(&[&two, &reasons(0x83, OTHERWISE)]);
    assert!(is_good(&house.asked(&person, &[first().build(), second().build()], &[])));
    assert_eq!(unknown(&house.asked(&person, &[second().build()], &[])), Some(Unknown::Partial));
    let named = second().names(PERSON, Some(5)).build();
    let answer = house.asked(&person, &[first().build(), named], &[]);
    assert_eq!(reason(&answer), Some(Reason::CessationOfOperation));
}

#[test]
fn an_indirect_list_speaks_of_others() {
    let house = House::new();
    let name = common_name("Lists");
    let signer = house.root.certifies(name.clone(), new_key(), &[7], &[usage(0x02)]);
    let person = house.authority.person(PERSON, &[points(&[&[&list_issuer(&name)]])]);
    let ask = |list: RevocationList| house.asked(&person, &[list], &[&signer]);
    let list = || signer.list().scope(&[INDIRECT]);
    // 4.14.24 and 4.14.25
    assert!(is_good(&ask(list().build())));
    let answer = ask(list().names_of(&house.authority.name, PERSON).build());
    assert_eq!(reason(&answer), Some(Reason::Unspecified));
    // 4.14.22 and 4.14.23: entries are of the issuer that was named last, at first the list's own.
    assert!(is_good(&ask(list().names(PERSON, None).build())));
    let sticky = list().names_of(&house.authority.name, &[9]).names(PERSON, Some(4)).build();
    assert_eq!(reason(&ask(sticky)), Some(Reason::Superseded));
    let elsewhere =
        list().names_of(&house.authority.name, &[9]).names_of(&house.root.name, &[8]).names(PERSON, None);
    assert!(is_good(&ask(elsewhere.build())));
    // 4.14.26 and 4.14.27: a list that is not indirect, or not by the one whom the certificate names.
    assert_eq!(unknown(&ask(signer.list().build())), Some(Unknown::NoList));
    let plain = house.authority.person(PERSON, &[]);
    let answer = house.asked(&plain, &[list().build()], &[&signer]);
    assert_eq!(unknown(&answer), Some(Unknown::NoList), "the certificate does not name its issuer");
    let stranger = house.root.issues("Stranger", &[8], &[usage(0x02)]);
    let by_stranger = stranger.list().scope(&[INDIRECT]).names_of(&house.authority.name, PERSON).build();
    assert_eq!(unknown(&house.asked(&person, &[by_stranger], &[&stranger])), Some(Unknown::NoList));
    // 4.14.34 and 4.14.35: its signer is revoked, or is not at hand.
    let by_root = house.root.list().number(2).names(&[7], Some(1)).build();
    let answer = house.asked(&person, &[list().build(), by_root], &[&signer]);
    assert_eq!(unknown(&answer), Some(Unknown::Unproved));
    assert_eq!(unknown(&house.asked(&person, &[list().build()], &[])), Some(Unknown::Unproved));
}

#[test]
fn an_indirect_list_may_have_points_of_its_own() {
    let house = House::new();
    let name = common_name("Lists");
    let signer = house.root.certifies(name.clone(), new_key(), &[7], &[usage(0x02)]);
    // 4.14.28 to 4.14.33: a relative name is below the list's issuer on both sides.
    let (issuer, short) = (list_issuer(&name), relative("Part"));
    for (point, in_list, meet) in [
        (vec![short.as_slice(), &issuer], short.clone(), true),
        (vec![short.as_slice(), &issuer], directory(&writer::sequence(&[&rdn("Lists"), &rdn("Part")])), true),
        (vec![short.as_slice(), &issuer], relative("Other"), false),
        (vec![issuer.as_slice()], directory(&name), true),
        (vec![issuer.as_slice()], short.clone(), false),
    ] {
        let person = house.authority.person(PERSON, &[points(&[&point])]);
        let list = || signer.list().scope(&[&in_list, INDIRECT]);
        assert_eq!(is_good(&house.asked(&person, &[list().build()], &[&signer])), meet);
        let named = list().names_of(&house.authority.name, PERSON).build();
        assert_eq!(reason(&house.asked(&person, &[named], &[&signer])).is_some(), meet);
    }
}

#[test]
fn a_point_that_cannot_be_read_leaves_the_issuers_own_list() {
    let house = House::new();
    let broken = workshop::extension("2.5.29.31", false, &writer::sequence(&[&[5, 0]]));
    let person = house.authority.person(PERSON, &[broken]);
    assert!(is_good(&house.asked(&person, &[house.authority.list().build()], &[])));
    let many: Vec<u8> = std::iter::repeat_n(writer::sequence(&[&uris(&["u"])]), 100).flatten().collect();
    let many = workshop::extension("2.5.29.31", false, &writer::sequence(&[&many]));
    let person = house.authority.person(PERSON, &[many]);
    let list = house.authority.list().scope(&[&uris(&["u"])]).build();
    assert_eq!(unknown(&house.asked(&person, &[list], &[])), Some(Unknown::NoList));
}
