//! The record over time, with real certificates.

use super::*;
use crate::smime::crypto::{KeyKind, PrivateKey};
use crate::smime::x509::issue;
use crate::smime::x509::openssl::{AUTHORITY, OpenSsl};
use crate::store::vault::{NobodyToAsk, VaultKind};
use crate::store::{Location, clock};

fn store() -> Store {
    Store::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk)).unwrap()
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn certificate(addresses: &[&str]) -> Certificate {
    let addresses: Vec<Address> = addresses.iter().map(|text| address(text)).collect();
    let key = PrivateKey::generate(KeyKind::P256, &mut clock::rng());
    issue::self_signed("Robin Doe", &addresses, &key, clock::now(), 365, &mut clock::rng()).unwrap()
}

fn record(store: &Store, certificate: &Certificate) -> Recorded {
    store.record_certificate(certificate, "", Origin::File, clock::now()).unwrap()
}

fn states(store: &Store, of: &str) -> Vec<KeyState> {
    store.contact(&address(of)).unwrap().unwrap().keys.iter().map(|key| key.state).collect()
}

#[test]
fn the_first_certificate_is_accepted_for_all_its_addresses() {
    let store = store();
    let robin = certificate(&["robin@example.org", "r@work.example"]);
    assert_eq!(record(&store, &robin), Recorded::New);
    assert_eq!(record(&store, &robin), Recorded::AlreadyThere);
    let contact = store.contact(&address("r@WORK.example")).unwrap().unwrap();
    assert_eq!((contact.name.as_str(), contact.addresses.len()), ("Robin Doe", 2));
    assert_eq!(store.contact_of(&robin.fingerprint()).unwrap().unwrap().id, contact.id);
    assert_eq!(store.contact(&address("Robin@example.org")).unwrap().unwrap().id, contact.id, "one mailbox");
    assert!(store.contact(&address("robin+x@example.org")).unwrap().is_none());
    assert_eq!(store.contacts().unwrap().len(), 1);
}

#[test]
fn the_same_mailbox_in_another_form_is_no_new_contact() {
    let store = store();
    record(&store, &certificate(&["robin@d\u{f6}m\u{e4}in.example"]));
    for other in ["Robin@xn--dmin-moa0i.example", "ROBIN@d\u{f6}m\u{e4}in.example"] {
        assert_eq!(record(&store, &certificate(&[other])), Recorded::Changed, "{other}");
    }
    assert_eq!(store.contacts().unwrap().len(), 1);
}

#[test]
fn another_key_waits_and_claims_nothing() {
    let store = store();
    record(&store, &certificate(&["robin@example.org"]));
    let other = certificate(&["robin@example.org", "elsewhere@example.net"]);
    assert_eq!(record(&store, &other), Recorded::Changed);
    assert_eq!(record(&store, &other), Recorded::Changed);
    assert_eq!(states(&store, "robin@example.org"), [KeyState::Accepted, KeyState::Pending]);
    assert!(store.contact(&address("robin@example.org")).unwrap().unwrap().is_changed());
    assert!(store.contact(&address("elsewhere@example.net")).unwrap().is_none());
}

#[test]
fn replacing_answers_a_change() {
    let store = store();
    record(&store, &certificate(&["robin@example.org"]));
    let new = certificate(&["robin@example.org"]);
    record(&store, &new);
    let robin = address("robin@example.org");
    store.replace_contact_certificate(&robin, std::slice::from_ref(&new), clock::now()).unwrap();
    assert_eq!(states(&store, "robin@example.org"), [KeyState::Replaced, KeyState::Accepted]);
}

#[test]
fn a_check_in_person_answers_for_the_key_that_was_checked() {
    for the_new_one in [false, true] {
        let store = store();
        let (old, new) = (certificate(&["robin@example.org"]), certificate(&["robin@example.org"]));
        record(&store, &old);
        record(&store, &new);
        let checked = if the_new_one { &new } else { &old };
        let robin = address("robin@example.org");
        store.verify_contact(&robin, &[checked.fingerprint()], clock::now()).unwrap();
        let expected = match the_new_one {
            true => [KeyState::Replaced, KeyState::Accepted],
            false => [KeyState::Accepted, KeyState::Distrusted],
        };
        assert_eq!(states(&store, "robin@example.org"), expected);
        let contact = store.contact(&robin).unwrap().unwrap();
        let verified: Vec<bool> = contact.keys.iter().map(|key| key.verified.is_some()).collect();
        assert_eq!(verified, [!the_new_one, the_new_one]);
    }
}

#[test]
fn whoever_was_set_aside_gets_no_new_key_unasked() {
    let store = store();
    record(&store, &certificate(&["robin@example.org"]));
    store.distrust_contact(&address("robin@example.org")).unwrap();
    assert_eq!(record(&store, &certificate(&["robin@example.org"])), Recorded::Changed);
    assert_eq!(states(&store, "robin@example.org"), [KeyState::Distrusted, KeyState::Pending]);
}

/// A signing and an encryption certificate of one person, issued by an authority with OpenSSL.
fn halves(folder: &std::path::Path) -> Option<[Certificate; 2]> {
    let run = |arguments: &str| {
        let output = std::process::Command::new("openssl")
            .current_dir(folder)
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -outform".split(' '))
            .args(arguments.split(' '))
            .output()
            .ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(())
    };
    run("PEM -subj /CN=Root -keyout ca.key -out ca.pem")?;
    ["digitalSignature", "keyAgreement"].map(|usage| {
        run(&format!(
            "DER -subj /CN=Robin -keyout key.pem -CA ca.pem -CAkey ca.key -out {usage}.cer -addext \
             basicConstraints=CA:FALSE -addext keyUsage={usage} -addext subjectAltName=email:robin@example.org"
        ))?;
        Certificate::from_der(&std::fs::read(folder.join(format!("{usage}.cer"))).ok()?).ok()
    })
    .into_iter()
    .collect::<Option<Vec<_>>>()?
    .try_into()
    .ok()
}

#[test]
fn the_two_halves_of_one_person_go_together() {
    let folder = tempfile::tempdir().unwrap();
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl not found");
        return;
    }
    let [signing, encryption] = halves(folder.path()).unwrap();
    let store = store();
    assert_eq!(record(&store, &signing), Recorded::New);
    assert_eq!(record(&store, &encryption), Recorded::Paired);
    let robin = address("robin@example.org");
    store.verify_contact(&robin, &[signing.fingerprint()], clock::now()).unwrap();
    assert_eq!(states(&store, "robin@example.org"), [KeyState::Accepted, KeyState::Accepted]);
    assert_eq!(record(&store, &certificate(&["robin@example.org"])), Recorded::Changed);
}

#[test]
fn an_answer_about_one_address_says_nothing_about_another() {
    let store = store();
    let both = certificate(&["robin@example.org", "office@example.org"]);
    record(&store, &both);
    let new = certificate(&["robin@example.org"]);
    assert_eq!(record(&store, &new), Recorded::Changed);
    let robin = address("robin@example.org");
    store.verify_contact(&robin, &[new.fingerprint()], clock::now()).unwrap();
    assert_eq!(states(&store, "robin@example.org"), [KeyState::Replaced, KeyState::Accepted]);
    assert_eq!(states(&store, "office@example.org"), [KeyState::Accepted]);
}

#[test]
fn a_shared_certificate_stays_with_the_other_contact() {
    let store = store();
    record(&store, &certificate(&["a@example.org"]));
    record(&store, &certificate(&["b@example.org"]));
    let shared = certificate(&["a@example.org", "b@example.org"]);
    assert_eq!(record(&store, &shared), Recorded::Changed);
    store.remove_contact(&address("a@example.org")).unwrap();
    assert!(store.contact(&address("a@example.org")).unwrap().is_none());
    assert_eq!(states(&store, "b@example.org"), [KeyState::Accepted, KeyState::Pending]);
    store.remove_contact_certificate(&address("b@example.org"), &shared.fingerprint()).unwrap();
    assert!(store.certificate(&shared.fingerprint()).unwrap().is_none());
}

#[test]
fn a_contact_goes_with_its_last_certificate() {
    let store = store();
    let robin = certificate(&["robin@example.org"]);
    record(&store, &robin);
    let unknown = store.remove_contact_certificate(&address("robin@example.org"), &Fingerprint::of(b"x"));
    assert!(matches!(unknown, Err(StoreError::UnknownCertificate { .. })));
    store.remove_contact_certificate(&address("robin@example.org"), &robin.fingerprint()).unwrap();
    assert!(matches!(
        store.remove_contact(&address("robin@example.org")),
        Err(StoreError::UnknownContact { .. })
    ));
}

#[test]
fn anchors_and_intermediates_are_kept_once() {
    let store = store();
    let one = certificate(&["ca@example.org"]);
    assert!(store.add_anchor(&one).unwrap());
    assert!(!store.add_anchor(&one).unwrap());
    assert!(store.add_intermediate(&one).unwrap());
    assert!(store.remove_anchor(&one.fingerprint()).unwrap());
    assert!(!store.remove_anchor(&one.fingerprint()).unwrap());
    assert_eq!((store.anchors().unwrap().len(), store.intermediates().unwrap().len()), (0, 1));
}

#[test]
fn a_habit_of_signing_header_fields_is_learned_and_not_unlearned() {
    let store = store();
    let robin = certificate(&["robin@example.org"]);
    record(&store, &robin);
    let habit = || store.contact(&address("robin@example.org")).unwrap().unwrap().keys[0].headers;
    assert_eq!(habit(), HeaderHabit::None);
    for (learned, known) in [
        (HeaderHabit::None, HeaderHabit::None),
        (HeaderHabit::Older, HeaderHabit::Older),
        (HeaderHabit::Rfc9788, HeaderHabit::Rfc9788),
        (HeaderHabit::Older, HeaderHabit::Rfc9788),
        (HeaderHabit::None, HeaderHabit::Rfc9788),
    ] {
        store.record_header_habit(&robin.fingerprint(), learned).unwrap();
        assert_eq!(habit(), known);
    }
}

#[test]
fn a_half_that_anybody_could_have_put_there_waits() {
    let Some(openssl) = OpenSsl::start() else { return };
    let half = |name: &str, issuer: &str, usage: &str| {
        let extensions = format!(
            "basicConstraints=CA:FALSE\nkeyUsage=critical,{usage}\nextendedKeyUsage=emailProtection\n\
             subjectAltName=email:robin@example.org\n"
        );
        openssl.certificate(name, "/CN=Robin", Some(issuer), &extensions)
    };
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    openssl.certificate("false", "/CN=Root", None, AUTHORITY);
    let signing = half("sign", "root", "digitalSignature");
    let (sealing, forged) = (half("seal", "root", "keyAgreement"), half("forged", "false", "keyAgreement"));
    let with = |authority: bool, compared: bool| {
        let store = store();
        if authority {
            store.add_intermediate(&root).unwrap();
        }
        record(&store, &signing);
        if compared {
            store
                .verify_contact(&address("robin@example.org"), &[signing.fingerprint()], clock::now())
                .unwrap();
        }
        store
    };
    for (other, authority, compared, expected, preferred) in [
        (&sealing, true, false, Recorded::Paired, Recorded::Paired),
        (&sealing, true, true, Recorded::Paired, Recorded::Paired),
        (&sealing, false, false, Recorded::Paired, Recorded::Paired),
        (&sealing, false, true, Recorded::Changed, Recorded::Changed),
        (&forged, true, false, Recorded::Changed, Recorded::Paired),
        (&forged, true, true, Recorded::Changed, Recorded::Changed),
        (&forged, false, true, Recorded::Changed, Recorded::Changed),
    ] {
        let case = format!("{authority} {compared} {expected:?}");
        assert_eq!(record(&with(authority, compared), other), expected, "{case}");
        let asked = with(authority, compared).record_preferred(other, &signing, clock::now()).unwrap();
        assert_eq!(asked, preferred, "{case}");
    }
}

#[test]
fn what_an_older_message_says_of_a_program_changes_nothing() {
    let store = store();
    let (robin, other) =
        (certificate(&["robin@example.org"]), certificate(&["robin@example.org", "o@example.net"]));
    record(&store, &robin);
    let (now, hour) = (clock::now(), jiff::SignedDuration::from_hours(1));
    let all = crate::smime::message::capabilities::own(&robin);
    let none = Capabilities::from_der(&[0x30, 0]).unwrap();
    let says = |signer: &Certificate, what: &Capabilities, signed| {
        store.record_capabilities(signer, what, signed, now).unwrap();
        store.contact(&address("robin@example.org")).unwrap().unwrap().capabilities.map(|said| said.to_der())
    };
    let (all_der, none_der) = (Some(all.to_der()), Some(none.to_der()));
    assert_eq!(says(&robin, &none, None), none_der);
    assert_eq!(says(&robin, &all, Some(now - hour)), all_der);
    assert_eq!(says(&robin, &none, Some(now - hour * 2)), all_der);
    assert_eq!(says(&robin, &none, None), all_der);
    // A clock that goes before does not decide for ever.
    assert_eq!(says(&robin, &none, Some(now + hour * 99)), none_der);
    assert_eq!(says(&robin, &all, Some(now)), all_der);
    // A key that does not count here says nothing, also if it counts for somebody else.
    record(&store, &certificate(&["o@example.net"]));
    record(&store, &other);
    store.verify_contact(&address("o@example.net"), &[other.fingerprint()], now).unwrap();
    assert_eq!(says(&other, &none, Some(now)), all_der);
}

impl Store {
    /// Puts so many people on record, with one certificate for all of them: for tests of lists, where nothing is sealed.
    pub(crate) fn seed_people(&self, people: i64) {
        const FIRST: [&str; 5] = ["Ada", "Béla", "Chidi", "Émile", "山本"];
        let shared = certificate(&["shared@example.org"]);
        self.change(|change| {
            certificates::put(change, &shared)?;
            for n in 1..=people {
                let name = format!("{} Family{}", FIRST[(n % 5) as usize], n / 10);
                let address = format!("person{n}@town{}.example", n % 97);
                let verified = (n % 3 == 0).then_some(1_700_000_000);
                change.execute("INSERT INTO contacts (id, name) VALUES (?1, ?2)", (n, name))?;
                change.execute("INSERT INTO contact_addresses VALUES (?1, ?1, ?2)", (address, n))?;
                change.execute(
                    "INSERT INTO contact_keys (contact, certificate, state, origin, added, verified)
                     VALUES (?1, ?2, 'accepted', 'file', 1700000000, ?3)",
                    (n, shared.fingerprint().as_bytes(), verified),
                )?;
            }
            Ok(())
        })
        .unwrap();
    }
}
