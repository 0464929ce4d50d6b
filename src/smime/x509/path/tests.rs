use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::smime::asn1::{Cursor, writer};
use crate::smime::key_file;
use crate::smime::secret::Passphrase;
use crate::smime::x509::certificate_file;
use crate::smime::x509::openssl::{AUTHORITY, OpenSsl, PERSON};

fn build_mail(
    certificate: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    time: Timestamp,
) -> PathOutcome {
    build(certificate, pool, anchors, time, Purpose::Email)
}

fn error(certificate: &Certificate, pool: &[Certificate], anchor: &Certificate) -> PathError {
    match build_mail(certificate, pool, std::slice::from_ref(anchor), Timestamp::now()) {
        PathOutcome::None(error) => error,
        found => panic!("{found:?}"),
    }
}

fn days(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(24 * days)
}

#[test]
fn a_path_through_an_intermediate_is_found_in_any_order() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    let middle = openssl.certificate("middle", "/CN=Middle", Some("root"), AUTHORITY);
    let person = openssl.certificate("person", "/CN=Person", Some("middle"), PERSON);
    let stranger = openssl.certificate("stranger", "/CN=Middle", None, AUTHORITY);
    let pool = [person.clone(), stranger.clone(), root.clone(), middle.clone()];
    let whole = vec![person.clone(), middle.clone(), root.clone()];
    let now = Timestamp::now();
    assert_eq!(
        build_mail(&person, &pool, std::slice::from_ref(&root), now),
        PathOutcome::Valid(whole.clone())
    );
    // An anchor need not be self-signed, and the certificate may be one itself.
    let short = vec![person.clone(), middle.clone()];
    assert_eq!(build_mail(&person, &[], std::slice::from_ref(&middle), now), PathOutcome::Valid(short));
    let own = std::slice::from_ref(&person);
    assert_eq!(build_mail(&person, &[], own, now), PathOutcome::Valid(own.to_vec()));
    assert_eq!(error(&person, &[], &root), PathError::NoIssuer);
    assert_eq!(error(&person, &[], &stranger), PathError::BadSignature);
    assert_eq!(build_mail(&person, &pool, &[], now), PathOutcome::None(PathError::NoIssuer));
}

#[test]
fn the_own_dates_are_judged_apart() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.with("root", &EC, "/CN=Root", None, AUTHORITY, &["-days", "100"]);
    let person = openssl.with("person", &EC, "/CN=Person", Some("root"), PERSON, &["-days", "10"]);
    let path = vec![person.clone(), root.clone()];
    let anchors = std::slice::from_ref(&root);
    assert_eq!(build_mail(&person, &[], anchors, days(5)), PathOutcome::Valid(path.clone()));
    assert_eq!(build_mail(&person, &[], anchors, days(50)), PathOutcome::OutsideOwnDates(path));
    assert_eq!(build_mail(&person, &[], anchors, days(200)), PathOutcome::None(PathError::Expired));
}

const EC: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[test]
fn an_authority_must_be_allowed_to_be_one() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    for (extensions, reason) in [
        ("basicConstraints=CA:FALSE\n", PathError::NotAnAuthority),
        ("subjectKeyIdentifier=hash\n", PathError::NotAnAuthority),
        ("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature\n", PathError::KeyUsage),
        ("basicConstraints=CA:TRUE\nextendedKeyUsage=serverAuth\n", PathError::Purpose),
        ("basicConstraints=CA:TRUE\n1.2.3.4=critical,DER:0500\n", PathError::UnknownCritical),
        ("basicConstraints=CA:TRUE\nnameConstraints=DER:0500\n", PathError::NameConstraints),
    ] {
        let middle = openssl.certificate("middle", "/CN=Middle", Some("root"), extensions);
        let person = openssl.certificate("person", "/CN=Person", Some("middle"), PERSON);
        assert_eq!(error(&person, &[middle], &root), reason, "{extensions}");
    }
    let server = openssl.certificate("server", "/CN=S", Some("root"), "extendedKeyUsage=serverAuth\n");
    assert_eq!(error(&server, &[], &root), PathError::Purpose);
    let odd = openssl.certificate("odd", "/CN=S", Some("root"), "1.2.3.4=critical,DER:0500\n");
    assert_eq!(error(&odd, &[], &root), PathError::UnknownCritical);
}

#[test]
fn the_path_length_holds() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.certificate("root", "/CN=Root", None, "basicConstraints=CA:TRUE,pathlen:0\n");
    let direct = openssl.certificate("direct", "/CN=Direct", Some("root"), PERSON);
    let middle = openssl.certificate("middle", "/CN=Middle", Some("root"), AUTHORITY);
    let person = openssl.certificate("person", "/CN=Person", Some("middle"), PERSON);
    let anchors = std::slice::from_ref(&root);
    assert!(matches!(build_mail(&direct, &[], anchors, Timestamp::now()), PathOutcome::Valid(_)));
    assert_eq!(error(&person, &[middle], &root), PathError::PathLength);
}

#[test]
fn name_constraints_hold_for_addresses_and_names() {
    let Some(openssl) = OpenSsl::start() else { return };
    for (constraints, good) in [
        ("permitted;email:example.org", true),
        ("permitted;email:robin@example.org", true),
        ("permitted;email:example.com", false),
        ("permitted;email:.example.org", false),
        ("excluded;email:example.org", false),
        ("excluded;email:example.com", true),
        ("permitted;DNS:example.com", true),
        ("permitted;dirName:here", true),
        ("permitted;dirName:there", false),
        ("excluded;dirName:here", false),
        ("permitted;URI:example.org", true),
    ] {
        let extensions = format!(
            "{AUTHORITY}nameConstraints=critical,{constraints}\n[here]\nO=example  ORG\n[there]\nO=Elsewhere\n"
        );
        let root = openssl.certificate("root", "/CN=Root", None, &extensions);
        let person = openssl.certificate("person", "/O=Example Org/CN=Person", Some("root"), PERSON);
        let outcome = build_mail(&person, &[], &[root], Timestamp::now());
        let expected = if good {
            matches!(outcome, PathOutcome::Valid(_))
        } else {
            outcome == PathOutcome::None(PathError::NameConstraints)
        };
        assert!(expected, "{constraints}: {outcome:?}");
    }
}

#[test]
fn a_broken_digest_makes_a_weak_path() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.with("root", &EC, "/CN=Root", None, AUTHORITY, &["-sha1"]);
    let weak = openssl.with("weak", &EC, "/CN=Person", Some("root"), PERSON, &["-sha1"]);
    let strong = openssl.with("strong", &EC, "/CN=Person", Some("root"), PERSON, &["-sha384"]);
    let anchors = std::slice::from_ref(&root);
    let path = vec![weak.clone(), root.clone()];
    assert_eq!(build_mail(&weak, &[], anchors, Timestamp::now()), PathOutcome::Weak(path));
    assert!(matches!(build_mail(&strong, &[], anchors, Timestamp::now()), PathOutcome::Valid(_)));
}

#[test]
fn circles_and_crowds_end() {
    let Some(openssl) = OpenSsl::start() else { return };
    let _ = openssl.certificate("a", "/CN=A", None, AUTHORITY);
    let b = openssl.certificate("b", "/CN=B", Some("a"), AUTHORITY);
    let a = openssl.certificate("a", "/CN=A", Some("b"), AUTHORITY);
    let person = openssl.certificate("person", "/CN=Person", Some("a"), PERSON);
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    assert_eq!(error(&person, &[a, b], &root), PathError::NoIssuer);
    // Many authorities of one name and one key, each signed by the one key: the budget ends it.
    let crowd: Vec<_> = (0..15)
        .map(|number| {
            let name = format!("crowd{number}");
            std::fs::copy(openssl.path("root.key"), openssl.path(&format!("{name}.key"))).unwrap();
            let subject = format!("/CN=Crowd/CN={number}");
            openssl.certificate(&name, &subject, Some("root"), AUTHORITY)
        })
        .collect();
    let lone = openssl.certificate("lone", "/CN=Lone", Some("crowd3"), PERSON);
    assert!(
        matches!(build_mail(&lone, &crowd, &[root], Timestamp::now()), PathOutcome::Valid(path) if path.len() == 3)
    );
}

#[test]
fn every_kind_of_key_vouches() {
    let Some(openssl) = OpenSsl::start() else { return };
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sha256"];
    for (name, new_key, signing) in [
        ("p521", &curve[..], &["-sha512"][..]),
        ("ed", &["-newkey", "ed25519"], &[]),
        ("rsa", &["-newkey", "rsa:2048"], &pss),
        ("pss", &["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], &pss),
    ] {
        let root = openssl.with(name, new_key, "/CN=Root", None, AUTHORITY, signing);
        let person = openssl.with("person", &EC, "/CN=Person", Some(name), PERSON, signing);
        let path = vec![person.clone(), root.clone()];
        assert_eq!(build_mail(&person, &[], &[root], Timestamp::now()), PathOutcome::Valid(path), "{name}");
    }
}

/// Section 4.1.5 of NIST's suite: a DSA key whose parameters stand in the certificate of its issuer.
#[test]
fn a_dsa_key_inherits_its_parameters() {
    let Some(openssl) = OpenSsl::start() else { return };
    openssl.run(&["dsaparam", "-out", "dsa.param", "2048"]);
    let new_key = ["-newkey", "dsa:dsa.param"];
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    let rich = openssl.with("rich", &new_key, "/CN=Rich", Some("root"), AUTHORITY, &["-sha256"]);
    let heir = openssl.with("heir", &new_key, "/CN=Heir", Some("rich"), AUTHORITY, &["-sha256"]);
    let person = openssl.with("person", &EC, "/CN=Person", Some("heir"), PERSON, &["-sha256"]);
    let now = Timestamp::now();
    let anchors = [root.clone()];
    let outcome = build_mail(&person, &[heir.clone(), rich.clone()], &anchors, now);
    assert!(matches!(outcome, PathOutcome::Valid(ref path) if path.len() == 4), "{outcome:?}");

    let poor = without_parameters(&openssl, &heir, "rich");
    let outcome = build_mail(&person, &[poor.clone(), rich.clone()], &anchors, now);
    // How long such a key is nobody can tell from its own certificate.
    let path = vec![person.clone(), poor.clone(), rich, root.clone()];
    assert_eq!(key_along(&path[1..]).as_ref(), Some(heir.public_key()));
    assert_eq!(key_along(&[poor.clone(), root.clone()]), None);
    assert_eq!(outcome, PathOutcome::Weak(path));
    // An issuer that is no DSA key has no parameters to give.
    let orphan = without_parameters(&openssl, &heir, "root");
    let path = build_mail(&person, &[orphan], &anchors, now);
    assert_eq!(path, PathOutcome::None(PathError::NoIssuer));
    assert_eq!(error(&person, &[], &poor), PathError::BadSignature);
}

/// The same certificate with a key that has no parameters, signed again.
fn without_parameters(openssl: &OpenSsl, certificate: &Certificate, issuer: &str) -> Certificate {
    let tbs = Cursor::single(certificate.tbs_der()).unwrap().cursor().all().unwrap();
    let key = Cursor::single(certificate.spki_der()).unwrap().cursor().all().unwrap();
    let algorithm = key[0].cursor().oid().unwrap();
    let spki = writer::sequence(&[&writer::algorithm(algorithm), key[1].der]);
    let parts: Vec<&[u8]> =
        tbs.iter().map(|part| if part.der == certificate.spki_der() { &spki } else { part.der }).collect();
    let tbs = writer::sequence(&parts);
    openssl.write("poor.tbs", &tbs);
    let key = format!("{issuer}.key");
    openssl.run(&["dgst", "-sha256", "-sign", &key, "-out", "poor.sig", "poor.tbs"]);
    let signature = writer::bit_string(&openssl.read("poor.sig"));
    let algorithm = Cursor::single(certificate.as_der()).unwrap().cursor().all().unwrap()[1].der;
    Certificate::from_der(&writer::sequence(&[&tbs, algorithm, &signature])).unwrap()
}

fn corpus(folder: &str) -> Option<std::path::PathBuf> {
    let corpus = std::env::var_os("WAXSEAL_CORPUS").map(std::path::PathBuf::from);
    if corpus.is_none() {
        println!("skipped: WAXSEAL_CORPUS is not set");
    }
    Some(corpus?.join(folder))
}

fn read(file: &std::path::Path) -> Certificate {
    certificate_file::read(&std::fs::read(file).unwrap()).unwrap().remove(0)
}

#[test]
fn the_sample_identities_have_their_paths() {
    let Some(folder) = corpus("rfc9216") else { return };
    let read = |name: &str| read(&folder.join(name));
    let now = Timestamp::now();
    let (rsa, ed) = (read("ca.rsa.crt"), read("ca.25519.crt"));
    let cross = [read("ca.rsa.cross.crt"), read("ca.25519.cross.crt")];
    for (names, own, other) in [(["alice", "bob"], &rsa, &ed), (["carlos", "dana"], &ed, &rsa)] {
        for name in names.iter().flat_map(|name| [format!("{name}.sign.crt"), format!("{name}.encrypt.crt")])
        {
            let person = read(&name);
            let length = |pool: &[Certificate], anchor: &Certificate| match build_mail(
                &person,
                pool,
                std::slice::from_ref(anchor),
                now,
            ) {
                PathOutcome::Valid(path) => path.len(),
                outcome => panic!("{name}: {outcome:?}"),
            };
            assert_eq!((length(&[], own), length(&cross, own), length(&cross, other)), (2, 2, 3), "{name}");
            assert_eq!(error(&person, &[], other), PathError::NoIssuer, "{name}");
        }
    }
}

#[test]
fn the_authorities_of_old_make_weak_paths() {
    let Some(folder) = corpus("rfc4134") else { return };
    let read = |name: &str| read(&folder.join(name));
    let time = "2005-01-01T00:00:00Z".parse().unwrap();
    for (name, authority) in [
        ("AliceRSASignByCarl.cer", "CarlRSASelf.cer"),
        ("BobRSASignByCarl.cer", "CarlRSASelf.cer"),
        ("DianeRSASignByCarl.cer", "CarlRSASelf.cer"),
        ("AliceDSSSignByCarlNoInherit.cer", "CarlDSSSelf.cer"),
        ("DianeDSSSignByCarlInherit.cer", "CarlDSSSelf.cer"),
    ] {
        let (person, authority) = (read(name), read(authority));
        let outcome = build_mail(&person, &[], std::slice::from_ref(&authority), time);
        assert_eq!(outcome, PathOutcome::Weak(vec![person, authority]), "{name}");
    }
}

#[test]
fn chains_of_another_program_have_their_paths() {
    let Some(folder) = corpus("mimekit") else { return };
    let password = Passphrase::from("no.secret".to_owned());
    let open =
        |name: &str| key_file::read(&std::fs::read(folder.join(name)).unwrap(), Some(&password)).unwrap();
    for name in ["smime.pfx", "intermediate1.pfx", "intermediate2.pfx", "revoked-intermediate.pfx"] {
        let file = open(name);
        let person = &file.keys[0].certificates[0];
        let all = file.keys.iter().flat_map(|key| &key.certificates).chain(&file.certificates).cloned();
        let (anchors, pool): (Vec<_>, Vec<_>) = all.partition(Certificate::is_self_signed);
        let outcome = build_mail(person, &pool, &anchors, person.not_before());
        println!("{name}: {outcome:?}");
        assert!(matches!(outcome, PathOutcome::Valid(_)), "{name}: {outcome:?}");
    }
}
