//! Graphs of authorities: rings, crowds, and those that were drawn to cost time.

use std::rc::Rc;
use std::time::{Duration, Instant};

use waxseal::smime::crypto::PrivateKey;
use waxseal::smime::x509::Certificate;
use waxseal::smime::x509::path::{PathError, PathOutcome};

use crate::build;
use crate::common::issuer::{
    Party, Spec, alternative_names, basic_constraints, general_name, name_constraints, new_key,
};

/// Longer than any one question may take, in an unoptimised build on a busy machine.
const TOO_LONG: Duration = Duration::from_secs(20);

fn timed(certificate: &Certificate, pool: &[Certificate], anchors: &[Certificate]) -> PathOutcome {
    let started = Instant::now();
    let outcome = build(certificate, pool, anchors);
    assert!(started.elapsed() < TOO_LONG, "{:?}: {outcome:?}", started.elapsed());
    outcome
}

/// A subject and its key.
type Named = (Vec<u8>, Rc<PrivateKey>);

/// `count` authorities that all certify one another; the last of the pool are certified by `root`.
fn everybody(count: usize, root: Option<&Party>) -> (Vec<Certificate>, Vec<Named>) {
    let parties: Vec<Named> =
        (0..count).map(|n| (crate::common::issuer::dn(&format!("Ring {n}")), new_key())).collect();
    let party = |(subject, key): &Named| Spec { subject: subject.clone(), ..Spec::authority("") }.key(key);
    let mut pool = Vec::new();
    for issuer in &parties {
        let above = Party::root(party(issuer));
        for subject in parties.iter().filter(|other| other.0 != issuer.0) {
            pool.push(above.issue(party(subject)).certificate);
        }
    }
    pool.extend(root.map(|root| root.issue(party(&parties[count - 1])).certificate));
    (pool, parties)
}

fn person_below((subject, key): &Named) -> Certificate {
    let above = Party::root(Spec { subject: subject.clone(), ..Spec::authority("") }.key(key));
    above.issue(Spec::person("Person")).certificate
}

#[test]
fn a_ring_of_cross_certificates_is_left_by_the_shortest_way() {
    let root = Party::root(Spec::authority("Anchor"));
    let (pool, parties) = everybody(12, Some(&root));
    let outcome = timed(&person_below(&parties[0]), &pool, &[root.certificate]);
    let PathOutcome::Valid(path) = outcome else { panic!("{outcome:?}") };
    assert_eq!(path.len(), 4);
}

#[test]
fn a_ring_that_leads_nowhere_ends() {
    let stranger = Party::root(Spec::authority("Anchor"));
    let (pool, parties) = everybody(12, None);
    let outcome = timed(&person_below(&parties[0]), &pool, &[stranger.certificate]);
    assert_eq!(outcome, PathOutcome::None(PathError::NoIssuer));
}

/// Every way through the ring reaches the anchor and fails there: there are millions.
#[test]
fn a_ring_whose_every_way_fails_at_the_anchor_ends() {
    let refuses = [
        Spec::authority("Anchor").without("2.5.29.19").with(basic_constraints(true, true, Some(0))),
        Spec::authority("Anchor").with(name_constraints(&["dn:CN=Nobody"], &[])),
        Spec::authority("Anchor").with(crate::common::issuer::extension(
            "2.5.29.36",
            true,
            &[0x30, 3, 0x80, 1, 0],
        )),
    ];
    for spec in refuses {
        let root = Party::root(spec);
        let (pool, parties) = everybody(12, Some(&root));
        let outcome = timed(&person_below(&parties[0]), &pool, &[root.certificate]);
        assert!(matches!(outcome, PathOutcome::None(_)), "{outcome:?}");
    }
}

#[test]
fn a_crowd_of_the_same_name_ends() {
    let root = Party::root(Spec::authority("Anchor"));
    let middle = root.issue(Spec::authority("Crowd"));
    let person = middle.issue(Spec::person("Person"));
    let mut pool: Vec<Certificate> = (0..250)
        .map(|_| Party::root(Spec::authority("Anchor")).issue(Spec::authority("Crowd")).certificate)
        .collect();
    pool.push(middle.certificate.clone());
    let outcome = timed(&person.certificate, &pool, std::slice::from_ref(&root.certificate));
    let path = vec![person.certificate.clone(), middle.certificate.clone(), root.certificate.clone()];
    assert_eq!(outcome, PathOutcome::Valid(path));
    // Each with the right key, and a forged signature of the anchor.
    let forged = |_| {
        let spec = Spec { breaks_signature: true, ..Spec::authority("Crowd").key(&middle.key) };
        root.issue(spec).certificate
    };
    let mut pool: Vec<Certificate> = (0..250).map(forged).collect();
    pool.push(middle.certificate);
    assert!(matches!(timed(&person.certificate, &pool, &[root.certificate]), PathOutcome::Valid(_)));
}

#[test]
fn many_constraints_on_many_names_end() {
    let bases: Vec<String> = (0..2_000).map(|n| format!("email:{n}.example.org")).collect();
    let bases: Vec<&str> = bases.iter().map(String::as_str).collect();
    let names: Vec<Vec<u8>> =
        (0..900).map(|n| general_name(&format!("email:a{n}@1999.example.org"))).collect();
    let root = Party::root(Spec::authority("Anchor").with(name_constraints(&bases, &bases[..1])));
    let person = root.issue(Spec::person("Person").with(alternative_names(&names)));
    let outcome = timed(&person.certificate, &[], &[root.certificate]);
    assert_eq!(outcome, PathOutcome::None(PathError::Budget));
}

/// Cross certificates, renewed keys, doubles and strangers: in whatever order they come, the path is the same.
#[test]
fn the_order_of_the_pool_does_not_matter() {
    let (root, other) = (Party::root(Spec::authority("Root")), Party::root(Spec::authority("Other")));
    let middle = root.issue(Spec::authority("Middle"));
    let mut pool = vec![
        other.issue(Spec::authority("Middle").key(&middle.key)).certificate,
        other.issue(Spec::authority("Root").key(&root.key)).certificate,
        root.issue(Spec::authority("Middle").key(&middle.key)).certificate,
        Party::root(Spec::authority("Middle")).certificate,
        middle.issue(Spec::authority("").self_issued()).certificate,
        middle.certificate.clone(),
        root.certificate.clone(),
        other.certificate.clone(),
    ];
    let person = middle.issue(Spec::person("Person"));
    pool.push(person.certificate.clone());
    let mut anchors = vec![other.certificate, root.certificate];
    let expected = build(&person.certificate, &pool, &anchors);
    assert!(matches!(expected, PathOutcome::Valid(_)));
    let mut state = 1_u32;
    for _ in 0..200 {
        for place in (1..pool.len()).rev() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            pool.swap(place, (state >> 16) as usize % (place + 1));
        }
        let double = pool[0].clone();
        pool.push(double);
        anchors.reverse();
        assert_eq!(build(&person.certificate, &pool, &anchors), expected);
        pool.pop();
    }
}

#[test]
fn another_certificate_of_the_same_authority_is_tried() {
    // One of the two may not vouch for the address.
    let root = Party::root(Spec::authority("Anchor"));
    let key = new_key();
    let narrow =
        root.issue(Spec::authority("Middle").key(&key).with(name_constraints(&["email:example.com"], &[])));
    let wide = root.issue(Spec::authority("Middle").key(&key));
    let address = alternative_names(&[general_name("email:a@example.org")]);
    let person = wide.issue(Spec::person("Person").with(address));
    let anchors = [root.certificate];
    let pool = [narrow.certificate.clone(), wide.certificate];
    assert!(matches!(build(&person.certificate, &pool, &anchors), PathOutcome::Valid(_)));
    let outcome = build(&person.certificate, &pool[..1], &anchors);
    assert_eq!(outcome, PathOutcome::None(PathError::NameConstraints));
}

/// Whatever octet of an authority's certificate is another one: it vouches for nobody.
#[test]
fn no_damage_makes_a_path() {
    let root = Party::root(Spec::authority("Anchor"));
    let middle = root.issue(Spec::authority("Middle").with(name_constraints(&["email:example.org"], &[])));
    let address = alternative_names(&[general_name("email:a@example.org")]);
    let person = middle.issue(Spec::person("Person").with(address));
    let anchors = [root.certificate];
    let (mut der, mut read) = (middle.certificate.as_der().to_vec(), 0);
    for place in 0..der.len() {
        for flip in [0x01, 0x20, 0x80] {
            der[place] ^= flip;
            if let Ok(damaged) = Certificate::from_der(&der) {
                read += 1;
                let outcome = build(&person.certificate, &[damaged], &anchors);
                assert!(matches!(outcome, PathOutcome::None(_)), "octet {place}: {outcome:?}");
            }
            der[place] ^= flip;
        }
    }
    assert!(read > 100);
    let outcome = build(&person.certificate, &[middle.certificate], &anchors);
    assert!(matches!(outcome, PathOutcome::Valid(_)));
}
