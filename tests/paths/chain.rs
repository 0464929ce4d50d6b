//! Sections 4.1, 4.2, 4.5, 4.6, 4.7 and 4.16: signatures, dates, self-issued certificates, basic constraints, key
//! usage, extensions that nobody knows.

use std::rc::Rc;

use waxseal::smime::asn1::{tag, time, writer};
use waxseal::smime::crypto::{KeyKind, PrivateKey};
use waxseal::smime::x509::path::{PathError, PathOutcome, Purpose, build as build_for};

use crate::common::issuer::{
    NOW, Party, Spec, authority_key_id, basic_constraints, dn, extended_key_usage, extension, key_usage,
    moment, new_key, subject_key_id,
};
use crate::{build, expect, judge};

#[test]
fn signatures() {
    let authority = || Spec::authority("Good CA");
    let person = || Spec::person("Person");
    expect(vec![authority(), person()], Ok(()), "4.1.1");
    let bad = Spec { breaks_signature: true, ..authority() };
    expect(vec![bad, person()], Err(PathError::BadSignature), "4.1.2");
    let bad = Spec { breaks_signature: true, ..person() };
    expect(vec![authority(), bad], Err(PathError::BadSignature), "4.1.3");
    let ecdsa_with_sha384 = writer::sequence(&[&crate::common::issuer::oid("1.2.840.10045.4.3.3")]);
    let bad = Spec { outer_algorithm: Some(ecdsa_with_sha384), ..person() };
    expect(vec![authority(), bad], Err(PathError::BadSignature), "two algorithms");
}

#[test]
fn keys_that_are_made_here_sign() {
    let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        let key = Rc::new(PrivateKey::generate(kind, &mut rng));
        let authority = Spec::authority("Good CA").key(&key);
        expect(vec![authority, Spec::person("Person")], Ok(()), &format!("{kind:?}"));
    }
}

#[test]
fn dates() {
    let utc = |text: &str| writer::value(tag::UTC_TIME, &[text.as_bytes()]);
    let general = |text: &str| writer::value(tag::GENERALIZED_TIME, &[text.as_bytes()]);
    let (from, until) = (|| utc("200101000000Z"), || utc("491231235959Z"));
    let authority = |from, until| Spec::authority("CA").dates(from, until);
    let person = |from, until| Spec::person("Person").dates(from, until);
    let both = |authority, person, expected, about: &str| expect(vec![authority, person], expected, about);

    let late = || utc("470101120100Z");
    both(authority(late(), until()), person(from(), until()), Err(PathError::Expired), "4.2.1");
    both(authority(from(), until()), person(utc("500101120100Z"), until()), Ok(()), "4.2.3");
    both(authority(from(), until()), person(general("20020101120100Z"), until()), Ok(()), "4.2.4");
    both(authority(from(), utc("260101083000Z")), person(from(), until()), Err(PathError::Expired), "4.2.5");
    both(authority(from(), until()), person(from(), general("20500101120100Z")), Ok(()), "4.2.8");
    both(authority(from(), until()), person(from(), general("99991231235959Z")), Ok(()), "no end");
    both(authority(general("18990101000000Z"), until()), person(from(), until()), Ok(()), "long ago");

    // The signer's own dates are judged apart.
    for (from, until, about) in [
        (late(), until(), "4.2.2"),
        (from(), utc("270503095959Z"), "4.2.6"),
        (utc("990101120100Z"), utc("990101120100Z"), "4.2.7"),
    ] {
        let chain = crate::chain([Spec::authority("CA"), person(from, until)]);
        assert!(matches!(judge(&chain), PathOutcome::OutsideOwnDates(_)), "{about}");
    }
    // Both ends belong to it, and the anchor has dates, too.
    let now = || time::write(moment(NOW));
    both(authority(now(), now()), person(now(), now()), Ok(()), "to the second");
    let chain = crate::chain([authority(from(), utc("260101000000Z")), person(from(), until())]);
    assert_eq!(judge(&chain), PathOutcome::None(PathError::Expired));
}

#[test]
fn versions_and_serial_numbers() {
    let person = || Spec::person("Person");
    for (serial, about) in [
        (vec![0xff], "4.4.14: negative"),
        (vec![0], "zero"),
        (vec![0x7f; 20], "4.4.16: 20 octets"),
        (vec![0x7f; 40], "40 octets"),
    ] {
        expect(vec![Spec::authority("CA"), Spec { serial, ..person() }], Ok(()), about);
    }
    for version in [0, 1] {
        let bare = || Spec { version, ..Spec::bare(dn("Person")) };
        expect(vec![Spec::authority("CA"), bare()], Ok(()), "an old version without extensions");
        let odd = Spec { version, ..person() };
        expect(
            vec![Spec::authority("CA"), odd],
            Err(PathError::UnknownCritical),
            "extensions before version 3",
        );
        let old = Spec { version, ..Spec::bare(dn("Old CA")) };
        expect(vec![old.clone(), person()], Err(PathError::NotAnAuthority), "an old authority");
        // As an anchor it was chosen by somebody.
        assert!(matches!(judge(&crate::chain([old, person()])), PathOutcome::Valid(_)));
    }
    // Those of version 3 must say that they are authorities, whoever chose them (section 4.2.1.9).
    let silent = crate::chain([Spec::bare(dn("Silent")), person()]);
    assert_eq!(judge(&silent), PathOutcome::None(PathError::NotAnAuthority));
    let odd = Spec { version: 3, ..person() };
    expect(vec![Spec::authority("CA"), odd], Err(PathError::UnknownCritical), "version 4");
    let unique = [writer::value(0x81, &[&[0, 1]]), writer::value(0x82, &[&[0, 2]])].concat();
    let with_ids = |spec: Spec| Spec { unique_ids: unique.clone(), ..spec };
    expect(vec![with_ids(Spec::authority("UID CA")), with_ids(person())], Ok(()), "4.3.6");
}

#[test]
fn self_issued_certificates() {
    let root = Party::root(Spec::authority("Anchor"));
    let old = root.issue(Spec::authority("Renewing CA"));
    let new = root.issue(Spec::authority("Renewing CA"));
    let new_with_old = old.issue(Spec::authority("").self_issued().key(&new.key));
    let old_with_new = new.issue(Spec::authority("").self_issued().key(&old.key));
    let anchors = [root.certificate.clone()];
    let path = |end: &Party, pool: &[&Party]| {
        let pool: Vec<_> = pool.iter().map(|party| party.certificate.clone()).collect();
        match build(&end.certificate, &pool, &anchors) {
            PathOutcome::Valid(path) => Ok(path.len()),
            PathOutcome::None(reason) => Err(reason),
            other => panic!("{other:?}"),
        }
    };
    let by_old = old.issue(Spec::person("Signed with the old key"));
    let by_new = new.issue(Spec::person("Signed with the new key"));
    assert_eq!(path(&by_old, &[&old_with_new, &new]), Ok(4), "4.5.1");
    assert_eq!(path(&by_new, &[&new_with_old, &old]), Ok(4), "4.5.3");
    assert_eq!(path(&by_new, &[&old]), Err(PathError::BadSignature), "no bridge");
    assert_eq!(path(&by_new, &[&new_with_old, &old_with_new, &old, &new]), Ok(3), "the shortest");
    // 4.5.8: a self-issued certificate for a key that signs lists only.
    let lists = Spec::bare(Vec::new()).with(key_usage(true, 0x02)).key(&new.key);
    let lists = old.issue(lists);
    assert_eq!(path(&by_new, &[&lists, &old]), Err(PathError::NotAnAuthority), "4.5.8");
}

#[test]
fn basic_constraints_and_path_length() {
    let person = || Spec::person("Person");
    let ca = |constraints: Vec<u8>| Spec::authority("CA").without("2.5.29.19").with(constraints);
    let named = |name: &str, length| {
        Spec::authority(name).without("2.5.29.19").with(basic_constraints(true, true, length))
    };
    let renewed = |length| named("", length).self_issued();
    let (no, long) = (Err(PathError::NotAnAuthority), Err(PathError::PathLength));
    for (specs, expected, about) in [
        (vec![Spec::authority("CA").without("2.5.29.19"), person()], no, "4.6.1"),
        (vec![ca(basic_constraints(true, false, None)), person()], no, "4.6.2"),
        (vec![ca(basic_constraints(false, false, None)), person()], no, "4.6.3"),
        (vec![ca(basic_constraints(false, true, None)), person()], Ok(()), "4.6.4"),
        (vec![named("0", Some(0)), named("sub", None), person()], long, "4.6.5"),
        (vec![named("0", Some(0)), named("sub", None), named("last", None)], long, "4.6.6"),
        (vec![named("0", Some(0)), person()], Ok(()), "4.6.7"),
        (vec![named("0", Some(0)), named("last", None)], Ok(()), "4.6.8"),
        (vec![named("6", Some(6)), named("a", Some(0)), named("b", None), person()], long, "4.6.9"),
        (vec![named("6", Some(6)), named("a", Some(0)), named("b", None), named("c", None)], long, "4.6.10"),
        (
            vec![named("6", Some(6)), named("a", Some(1)), named("b", Some(1)), named("c", None), person()],
            long,
            "4.6.11",
        ),
        (
            vec![named("6", Some(6)), named("a", Some(4)), named("b", Some(1)), named("c", None), person()],
            Ok(()),
            "4.6.13",
        ),
        (vec![named("0", Some(0)), renewed(Some(0)), person()], Ok(()), "4.6.15"),
        (vec![named("0", Some(0)), renewed(Some(0)), named("sub", None), person()], long, "4.6.16"),
        (
            vec![named("1", Some(1)), renewed(Some(1)), named("sub", Some(0)), renewed(Some(0)), person()],
            Ok(()),
            "4.6.17",
        ),
    ] {
        expect(specs, expected, about);
    }
    // More than anybody needs.
    let deep: Vec<Spec> = (0..8).map(|n| named(&n.to_string(), None)).chain([person()]).collect();
    expect(deep, Ok(()), "ten certificates");
    let deep: Vec<Spec> = (0..9).map(|n| named(&n.to_string(), None)).chain([person()]).collect();
    expect(deep, Err(PathError::PathLength), "eleven certificates");
}

#[test]
fn key_usage_of_authorities() {
    let ca = |critical, bits| {
        let ca = Spec::authority("CA").without("2.5.29.15").with(key_usage(critical, bits));
        vec![ca, Spec::person("Person")]
    };
    expect(ca(true, 0x02), Err(PathError::KeyUsage), "4.7.1");
    expect(ca(false, 0x02), Err(PathError::KeyUsage), "4.7.2");
    expect(ca(false, 0x06), Ok(()), "4.7.3");
    expect(ca(true, 0x04), Ok(()), "4.7.4 and 4.7.5 are about lists");
    let none = Spec::authority("CA").without("2.5.29.15");
    expect(vec![none, Spec::person("Person")], Ok(()), "no key usage");
}

#[test]
fn purposes_narrow_down() {
    const EMAIL: &str = "1.3.6.1.5.5.7.3.4";
    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    const ANY: &str = "2.5.29.37.0";
    let pair = |authority: &[&str], person: &[&str]| {
        let with = |spec: Spec, purposes: &[&str]| match purposes {
            [] => spec,
            some => spec.with(extended_key_usage(some)),
        };
        vec![with(Spec::authority("CA"), authority), with(Spec::person("Person"), person)]
    };
    let no = Err(PathError::Purpose);
    for (authority, person, expected) in [
        (&[][..], &[][..], Ok(())),
        (&[], &[EMAIL], Ok(())),
        (&[], &[SERVER, EMAIL], Ok(())),
        (&[ANY], &[ANY], Ok(())),
        (&[EMAIL], &[], Ok(())),
        (&[], &[SERVER], no),
        (&[SERVER], &[EMAIL], no),
        (&[SERVER], &[], no),
        (&[SERVER, EMAIL], &[EMAIL], Ok(())),
    ] {
        expect(pair(authority, person), expected, &format!("{authority:?} {person:?}"));
    }
    // For whom it is all the same, it is.
    let whole: Vec<Spec> =
        std::iter::once(Spec::authority("Anchor")).chain(pair(&[SERVER], &[SERVER])).collect();
    let chain: Vec<_> = crate::chain(whole).into_iter().map(|party| party.certificate).collect();
    let outcome = build_for(&chain[2], &chain, &chain[..1], moment(NOW), Purpose::Any);
    assert!(matches!(outcome, PathOutcome::Valid(_)), "{outcome:?}");
    let unreadable = Spec::person("Person").with(extension("2.5.29.37", false, &writer::sequence(&[])));
    expect(vec![Spec::authority("CA"), unreadable], no, "an empty list");
}

#[test]
fn extensions_that_nobody_knows() {
    let odd = |critical| extension("2.16.840.1.101.2.1.12.2", critical, &[5, 0]);
    let person = || Spec::person("Person");
    let no = Err(PathError::UnknownCritical);
    expect(vec![Spec::authority("CA"), person().with(odd(false))], Ok(()), "4.16.1");
    expect(vec![Spec::authority("CA"), person().with(odd(true))], no, "4.16.2");
    expect(vec![Spec::authority("CA").with(odd(true)), person()], no, "an authority's");
    let names = person().with(extension("2.5.29.17", false, b"a@example.org"));
    expect(vec![Spec::authority("CA"), names], no, "unreadable names");
    let twice = person().with(subject_key_id(b"one"));
    expect(vec![Spec::authority("CA"), twice], no, "twice");
    let anchor = crate::chain([Spec::authority("Anchor").with(odd(true)), person()]);
    assert_eq!(judge(&anchor), PathOutcome::None(PathError::UnknownCritical));
}

#[test]
fn the_issuer_with_the_key_that_is_named_comes_first() {
    let root = Party::root(Spec::authority("Anchor"));
    let key = new_key();
    let silent = |spec: Spec| Spec { names_keys: false, ..spec };
    let twin = |id: &[u8]| root.issue(silent(Spec::authority("Twin")).key(&key).with(subject_key_id(id)));
    let (one, two) = (twin(b"one"), twin(b"two"));
    for (id, expected) in [(b"one", &one), (b"two", &two)] {
        let person = expected.issue(silent(Spec::person("Person")).with(authority_key_id(id)));
        for pool in [[&one, &two], [&two, &one]] {
            let pool: Vec<_> = pool.iter().map(|party| party.certificate.clone()).collect();
            let anchors = [root.certificate.clone()];
            let PathOutcome::Valid(path) = build(&person.certificate, &pool, &anchors) else { panic!() };
            assert_eq!(path[1], expected.certificate);
        }
    }
    // A wrong hint is a hint and no more.
    let person = one.issue(silent(Spec::person("Person")).with(authority_key_id(b"three")));
    let outcome = build(&person.certificate, &[one.certificate], &[root.certificate]);
    assert!(matches!(outcome, PathOutcome::Valid(_)));
}
