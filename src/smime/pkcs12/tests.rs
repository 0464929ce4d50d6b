mod pbmac1;

use std::time::Instant;

use rand_core::UnwrapErr;

use super::*;
use crate::smime::asn1::writer;
use crate::smime::crypto::pbe::derivation::{hmac, pbkdf2};
use crate::smime::crypto::{DigestAlgorithm, KeyKind};
use crate::smime::secret::Passphrase;
use crate::smime::x509::issue::self_signed;
use crate::smime::x509::openssl::{AUTHORITY, OpenSsl, PERSON};

fn words(text: &str) -> Passphrase {
    Passphrase::from(text.to_owned())
}

fn failure(file: &[u8], password: &str) -> Pkcs12Error {
    read(file, &words(password)).err().unwrap()
}

fn explicit(content: &[u8]) -> Vec<u8> {
    writer::value(tag::context_constructed(0), &[content])
}

fn part(kind: ObjectIdentifier, content: &[u8]) -> Vec<u8> {
    writer::sequence(&[&writer::oid(kind), &explicit(content)])
}

/// SafeContents as a part that is not encrypted.
fn open_part(bags: &[Vec<u8>]) -> Vec<u8> {
    part(DATA, &writer::octet_string(&writer::sequence(&[&bags.concat()])))
}

fn bag(kind: &[u8], value: &[u8]) -> Vec<u8> {
    let kind = writer::value(tag::OBJECT_IDENTIFIER, &[kind]);
    writer::sequence(&[&kind, &explicit(value)])
}

fn known_bag(last: u8, value: &[u8]) -> Vec<u8> {
    bag(&[&BAGS[..], &[last]].concat(), value)
}

fn cert_bag(octets: &[u8]) -> Vec<u8> {
    let value = explicit(&writer::octet_string(octets));
    known_bag(3, &writer::sequence(&[&writer::oid(X509_CERTIFICATE), &value]))
}

/// A PFX without a MAC; or with `mac`, over the octets of all its parts.
fn pfx(parts: &[Vec<u8>], mac: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let safe = writer::sequence(&[&parts.concat()]);
    let info = part(DATA, &writer::octet_string(&safe));
    writer::sequence(&[&writer::small_integer(3), &info, &mac(&safe)])
}

fn no_mac(_: &[u8]) -> Vec<u8> {
    Vec::new()
}

fn own() -> (PrivateKey, Certificate) {
    let rng = &mut UnwrapErr(getrandom::SysRng);
    let key = PrivateKey::generate(KeyKind::P256, rng);
    let addresses = ["robin@example.org".parse().unwrap()];
    let certificate = self_signed("Robin", &addresses, &key, jiff::Timestamp::now(), 100, rng).unwrap();
    (key, certificate)
}

fn key_bag(key: &PrivateKey) -> Vec<u8> {
    known_bag(1, key.to_pkcs8_der().expose())
}

#[test]
fn what_openssl_writes_is_read() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    let one = openssl.certificate("one", "/CN=One", Some("root"), PERSON);
    let mut recipes: Vec<(Vec<&str>, &str)> =
        ["x", "", "wörter", "x🔑"].iter().flat_map(|p| [(vec![], *p), (vec!["-legacy"], *p)]).collect();
    for mac in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        recipes.push((vec!["-macalg", mac], "x"));
    }
    for pbe in [
        "PBE-SHA1-3DES",
        "PBE-SHA1-2DES",
        "PBE-SHA1-RC2-128",
        "PBE-SHA1-RC2-40",
        "PBE-SHA1-RC4-128",
        "PBE-SHA1-RC4-40",
        "PBE-MD5-DES",
        "PBE-SHA1-DES",
        "PBE-MD5-RC2-64",
        "PBE-SHA1-RC2-64",
        "aes-128-cbc",
        "aes-192-cbc",
        "aes-256-cbc",
        "des-ede3-cbc",
        "rc2-cbc",
        "camellia-128-cbc",
        "camellia-256-cbc",
        "NONE",
    ] {
        recipes.push((vec!["-legacy", "-certpbe", pbe, "-keypbe", pbe], "wörter"));
    }
    recipes.push((vec!["-nomac"], "x"));
    recipes.push((vec!["-legacy", "-nomac"], ""));
    recipes.push((vec!["-nomaciter", "-iter", "10000"], "x"));
    for (recipe, password) in recipes {
        let pass = format!("pass:{password}");
        let make = ["pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-certfile", "root.pem"];
        openssl
            .run(&[&make[..], &["-name", "Größe", "-passout", &pass, "-out", "one.p12"], &recipe].concat());
        let file = openssl.read("one.p12");
        let pfx = read(&file, &words(password)).unwrap_or_else(|error| panic!("{recipe:?}: {error}"));
        assert!(pfx.skipped.is_empty(), "{recipe:?}: {:?}", pfx.skipped);
        assert_eq!(pfx.keys.len(), 1, "{recipe:?}");
        assert_eq!(pfx.keys[0].friendly_name.as_deref(), Some("Größe"));
        assert!(pfx.keys[0].key.matches(one.public_key()));
        let found: Vec<_> = pfx.certificates.iter().map(|bag| bag.certificate.clone()).collect();
        assert_eq!(found, [one.clone(), root.clone()], "{recipe:?}");
        assert_eq!(pfx.certificates[0].local_key_id, pfx.keys[0].local_key_id);
        let checked = if recipe.contains(&"-nomac") { Integrity::NoMac } else { Integrity::Checked };
        assert_eq!(pfx.integrity, checked);
        let bare = recipe.contains(&"NONE") && recipe.contains(&"-nomac");
        assert!(bare || failure(&file, "another") == Pkcs12Error::WrongPassword, "{recipe:?}");
    }
}

#[test]
fn openssl_reads_what_is_written() {
    let Some(openssl) = OpenSsl::start() else { return };
    let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
    let one = openssl.certificate("one", "/CN=One", Some("root"), PERSON);
    openssl.run(&["pkcs8", "-topk8", "-nocrypt", "-in", "one.key", "-outform", "DER", "-out", "one.der"]);
    let key = PrivateKey::from_der(&openssl.read("one.der")).unwrap();
    let (other_key, other) = own();
    for (recipe, expected) in [
        (
            Recipe::Modern,
            &[
                "MAC: sha256, Iteration 100000",
                "PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256",
            ][..],
        ),
        (
            Recipe::Compatible,
            &["MAC: sha1, Iteration 100000", "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 100000"],
        ),
    ] {
        for password in ["geheim", "", "wörter 🔑"] {
            let (keys, chain) = ([(&key, &one), (&other_key, &other)], [one.clone(), root.clone()]);
            let rng = &mut UnwrapErr(getrandom::SysRng);
            let file = write(&keys, &chain, "Robin 🦭", &words(password), recipe, rng).unwrap();
            assert!(looks_like(&file));
            openssl.write("ours.p12", &file);
            let pass = format!("pass:{password}");
            let info = ["pkcs12", "-info", "-nodes", "-legacy", "-in", "ours.p12", "-passin", &pass];
            let printed = String::from_utf8_lossy(&openssl.run(&info)).into_owned();
            for text in expected {
                assert!(printed.contains(text), "{recipe:?}: no {text} in {printed}");
            }
            assert_eq!(printed.matches("localKeyID").count(), 4);
            assert_eq!(printed.matches("friendlyName: Robin ").count(), 4, "{printed}");
            assert_eq!(printed.matches("BEGIN CERTIFICATE").count(), 3);
            assert_eq!(printed.matches("BEGIN PRIVATE KEY").count(), 2);
            let back = read(&file, &words(password)).unwrap();
            assert_eq!(back.integrity, Integrity::Checked);
            assert!(
                back.keys[0].key.matches(one.public_key()) && back.keys[1].key.matches(other.public_key())
            );
            assert_eq!(back.keys[1].local_key_id, back.certificates[1].local_key_id);
            assert_eq!(back.keys[0].friendly_name.as_deref(), Some("Robin 🦭"));
            assert_eq!(back.certificates[2].certificate, root);
        }
    }
}

#[test]
fn a_key_with_two_certificates_is_written_once() {
    let (key, one) = own();
    let rng = &mut UnwrapErr(getrandom::SysRng);
    let addresses = ["robin@example.net".parse().unwrap()];
    let two = self_signed("Robin", &addresses, &key, jiff::Timestamp::now(), 200, rng).unwrap();
    let file = write(&[(&key, &one), (&key, &two)], &[], "", &words("x"), Recipe::Modern, rng).unwrap();
    let back = read(&file, &words("x")).unwrap();
    assert_eq!((back.keys.len(), back.certificates.len()), (1, 2));
    assert!(back.certificates.iter().all(|bag| bag.local_key_id == back.keys[0].local_key_id));
    assert_eq!(back.keys[0].friendly_name, None);
}

/// RFC 9579: the MAC's key comes from PBKDF2.
#[test]
fn a_pbmac1_is_checked() {
    let (key, certificate) = own();
    let hmac_oid = |last| {
        writer::sequence(&[&writer::value(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, last]]), &[5, 0]])
    };
    let mac = |length: &[u8], prf: u8, content: &[u8]| {
        let rounds = [2, 2, 8, 0];
        let parameters =
            writer::sequence(&[&writer::octet_string(b"salt and pepper"), &rounds, length, &hmac_oid(prf)]);
        let oid = |dotted| writer::oid(ObjectIdentifier::new_unwrap(dotted));
        let derivation = writer::sequence(&[&oid("1.2.840.113549.1.5.12"), &parameters]);
        let schemes = writer::sequence(&[&derivation, &hmac_oid(11)]);
        let algorithm = writer::sequence(&[&oid("1.2.840.113549.1.5.14"), &schemes]);
        let key = pbkdf2(DigestAlgorithm::Sha256, "wörter".as_bytes(), b"salt and pepper", 2048, 32);
        let digest = writer::octet_string(&hmac(DigestAlgorithm::Sha512, &key, content));
        let info = writer::sequence(&[&algorithm, &digest]);
        writer::sequence(&[&info, &writer::octet_string(b"NOT USED"), &writer::small_integer(1)])
    };
    let parts = [open_part(&[key_bag(&key), cert_bag(certificate.as_der())])];
    let file = pfx(&parts, |content| mac(&[2, 1, 32], 9, content));
    let found = read(&file, &words("wörter")).unwrap();
    assert_eq!((found.keys.len(), found.integrity), (1, Integrity::Checked));
    assert_eq!(failure(&file, "worter"), Pkcs12Error::WrongPassword);
    let mut changed = file.clone();
    let place = changed.windows(5).position(|octets| octets == b"Robin").unwrap();
    changed[place] ^= 1;
    assert_eq!(failure(&changed, "wörter"), Pkcs12Error::WrongPassword);
    // The length of the key must be there, and no short one.
    for length in [&[][..], &[2, 1, 19]] {
        assert_eq!(
            failure(&pfx(&parts, |content| mac(length, 9, content)), "wörter"),
            Pkcs12Error::Malformed
        );
    }
    // GOST's HMAC is no reason to lose a key.
    let unknown = read(&pfx(&parts, |content| mac(&[2, 1, 32], 12, content)), &words("wörter")).unwrap();
    assert!(matches!(unknown.integrity, Integrity::UnknownMac { .. }) && unknown.keys.len() == 1);
}

#[test]
fn what_is_not_for_mail_is_passed_over_and_told() {
    let (key, certificate) = own();
    let oid = ObjectIdentifier::new_unwrap;
    let ed448 = writer::sequence(&[
        &writer::small_integer(0),
        &writer::algorithm(oid("1.3.101.113")),
        &writer::octet_string(&writer::octet_string(&[7; 57])),
    ]);
    let sdsi = writer::sequence(&[&writer::oid(oid("1.2.840.113549.1.9.22.2")), &explicit(&[0x16, 1, b'x'])]);
    let inner = writer::sequence(&[
        &key_bag(&key),
        &known_bag(6, &writer::sequence(&[&cert_bag(certificate.as_der())])),
    ]);
    let bags = [
        known_bag(1, &ed448),
        known_bag(1, &writer::sequence(&[&writer::small_integer(0)])),
        cert_bag(b"no certificate"),
        known_bag(3, &sdsi),
        known_bag(4, &writer::sequence(&[])),
        known_bag(5, &writer::sequence(&[])),
        known_bag(6, &inner),
        known_bag(9, &writer::sequence(&[])),
        bag(&[42, 3], &writer::sequence(&[])),
    ];
    let rc5 = writer::sequence(&[&writer::oid(oid("1.2.840.113549.1.12.1.9")), &writer::sequence(&[])]);
    let info = writer::sequence(&[&writer::oid(DATA), &rc5, &[0x80, 8, 1, 2, 3, 4, 5, 6, 7, 8]]);
    let encrypted = writer::sequence(&[&writer::small_integer(0), &info]);
    let parts = [
        open_part(&bags),
        part(ENVELOPED_DATA, &writer::sequence(&[])),
        part(ENCRYPTED_DATA, &encrypted),
        part(oid("1.2.3.4"), &writer::sequence(&[])),
    ];
    let found = read(&pfx(&parts, no_mac), &words("x")).unwrap();
    assert_eq!((found.keys.len(), found.certificates.len()), (1, 1));
    assert_eq!(
        found.skipped,
        [
            Skipped::UnsupportedKey { algorithm: oid("1.3.101.113") },
            Skipped::DamagedKey,
            Skipped::DamagedCertificate,
            Skipped::OtherCertificate,
            Skipped::RevocationList,
            Skipped::Secret,
            Skipped::UnknownBag { kind: oid("1.2.840.113549.1.12.10.1.9") },
            Skipped::UnknownBag { kind: oid("1.2.3") },
            Skipped::ForAKey,
            Skipped::UnknownCipher { algorithm: oid("1.2.840.113549.1.12.1.9") },
            Skipped::UnknownPart { kind: oid("1.2.3.4") },
        ]
    );
    let signed = writer::sequence(&[&writer::small_integer(3), &part(SIGNED_DATA, &writer::sequence(&[]))]);
    assert_eq!(failure(&signed, "x"), Pkcs12Error::Signed);
}

/// Every constructed value with an indefinite length, every string in chunks of seven octets.
fn chunked(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in crate::smime::asn1::Cursor::new(der).all().unwrap() {
        match value.tag {
            tag::OCTET_STRING => {
                out.extend([0x24, 0x80]);
                value.content.chunks(7).for_each(|chunk| out.extend(writer::octet_string(chunk)));
                out.extend([0, 0]);
            }
            0x80 => {
                out.extend([0xa0, 0x80]);
                value.content.chunks(7).for_each(|chunk| out.extend(writer::octet_string(chunk)));
                out.extend([0, 0]);
            }
            constructed if constructed & tag::CONSTRUCTED != 0 => {
                out.extend([constructed, 0x80]);
                out.extend(chunked(value.content));
                out.extend([0, 0]);
            }
            _ => out.extend(value.der),
        }
    }
    out
}

#[test]
fn ber_in_its_loosest_form_and_what_follows_the_file_do_no_harm() {
    let (key, certificate) = own();
    let rng = &mut UnwrapErr(getrandom::SysRng);
    let file = write(&[(&key, &certificate)], &[], "Robin", &words("x"), Recipe::Compatible, rng).unwrap();
    for file in
        [chunked(&file), [&file[..], b"\r\ntrailing"].concat(), [chunked(&file), file.clone()].concat()]
    {
        assert!(looks_like(&file));
        let found = read(&file, &words("x")).unwrap();
        assert_eq!(found.certificates[0].certificate, certificate);
        assert_eq!(found.keys[0].friendly_name.as_deref(), Some("Robin"));
    }
    // What is inside is BER, too.
    let loose = chunked(&writer::sequence(&[&key_bag(&key), &cert_bag(certificate.as_der())]));
    let parts = chunked(&writer::sequence(&[&part(DATA, &writer::octet_string(&loose))]));
    let info = part(DATA, &writer::octet_string(&parts));
    let found = read(&writer::sequence(&[&writer::small_integer(3), &info]), &words("")).unwrap();
    assert_eq!((found.keys.len(), found.certificates.len()), (1, 1));
}

#[test]
fn no_damage_is_a_panic() {
    let (key, certificate) = own();
    let (bags, parts);
    bags = [key_bag(&key), known_bag(6, &writer::sequence(&[&cert_bag(certificate.as_der())]))];
    parts = [open_part(&bags)];
    let file = pfx(&parts, no_mac);
    for length in 0..file.len() {
        assert_eq!(failure(&file[..length], "x"), Pkcs12Error::Malformed);
    }
    for place in 0..file.len() {
        for flip in [0x81, 0x20, 0x7f] {
            let mut damaged = file.clone();
            damaged[place] ^= flip;
            let _ = read(&damaged, &words("x"));
        }
    }
}

#[test]
fn work_depth_and_numbers_are_bounded() {
    let started = Instant::now();
    let (key, certificate) = own();
    let rounds = |count: [u8; 4]| {
        let parameters = writer::sequence(&[&writer::octet_string(&[1; 8]), &writer::value(2, &[&count])]);
        let algorithm = writer::sequence(&[
            &writer::oid(ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3")),
            &parameters,
        ]);
        known_bag(2, &writer::sequence(&[&algorithm, &writer::octet_string(&[9; 64])]))
    };
    let mac = |_: &[u8]| {
        let info = writer::sequence(&[
            &writer::algorithm(DigestAlgorithm::Sha256.oid()),
            &writer::octet_string(&[0; 32]),
        ]);
        writer::sequence(&[&info, &writer::octet_string(&[1; 8]), &[2, 4, 0x7f, 255, 255, 255]])
    };
    let too_much =
        |parts: &[Vec<u8>]| assert_eq!(failure(&pfx(parts, no_mac), "x"), Pkcs12Error::TooMuchWork);
    assert_eq!(failure(&pfx(&[], mac), "x"), Pkcs12Error::TooMuchWork);
    too_much(&[open_part(&[rounds([0x7f, 0xff, 0xff, 0xff])])]);
    too_much(&vec![open_part(&[]); MAX_PARTS + 1]);
    too_much(&[open_part(&vec![known_bag(4, &writer::sequence(&[])); MAX_BAGS + 1])]);
    too_much(&[open_part(&vec![key_bag(&key); MAX_KEYS + 1])]);
    let mut deep = cert_bag(certificate.as_der());
    for _ in 0..5_000 {
        deep = known_bag(6, &writer::sequence(&[&deep]));
    }
    assert_eq!(failure(&pfx(&[open_part(&[deep])], no_mac), "x"), Pkcs12Error::Malformed);
    let giant = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 3, 0x30, 0x84, 0x7f, 0xff, 0xff, 0xff];
    assert_eq!(failure(&giant, "x"), Pkcs12Error::Malformed);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// A file with a MAC that is right and another password for its key than for the rest.
#[test]
fn a_part_under_another_password_is_told() {
    let Some(openssl) = OpenSsl::start() else { return };
    let one = openssl.certificate("one", "/CN=One", None, PERSON);
    openssl.write("passwords", "outer\ninner\n");
    openssl.run(&[
        "pkcs8",
        "-topk8",
        "-in",
        "one.key",
        "-outform",
        "DER",
        "-out",
        "one.der",
        "-passout",
        "pass:inner",
    ]);
    let shrouded = known_bag(2, &openssl.read("one.der"));
    let mac = |content: &[u8]| {
        let password: Vec<u8> = "outer\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let rounds = crate::smime::crypto::pbe::derivation::OwnRounds { salt: &[1; 8], iterations: 1 };
        let key =
            crate::smime::crypto::pbe::derivation::own_key(DigestAlgorithm::Sha1, 3, &password, rounds, 20);
        let digest = writer::octet_string(&hmac(DigestAlgorithm::Sha1, &key, content));
        let info = writer::sequence(&[&writer::algorithm(DigestAlgorithm::Sha1.oid()), &digest]);
        writer::sequence(&[&info, &writer::octet_string(&[1; 8])])
    };
    let parts = [open_part(&[shrouded, cert_bag(one.as_der())])];
    let found = read(&pfx(&parts, mac), &words("outer")).unwrap();
    assert_eq!((found.certificates.len(), found.skipped), (1, vec![Skipped::OtherPassword]));
    assert_eq!(failure(&pfx(&parts, no_mac), "outer"), Pkcs12Error::WrongPassword);
    assert_eq!(read(&pfx(&parts, no_mac), &words("inner")).unwrap().keys.len(), 1);
}

/// As Windows writes it: a PrivateKeyInfo with the attribute keyUsage; and one with something behind it.
#[test]
fn a_key_with_attributes_is_a_key() {
    let (key, certificate) = own();
    let pkcs8 = key.to_pkcs8_der();
    let parts = crate::smime::asn1::Cursor::single(pkcs8.expose()).unwrap().cursor().all().unwrap();
    let usage = writer::sequence(&[
        &writer::oid(ObjectIdentifier::new_unwrap("2.5.29.15")),
        &writer::value(tag::SET, &[&writer::value(tag::BIT_STRING, &[&[4, 0x10]])]),
    ]);
    let attributes = writer::value(tag::context_constructed(0), &[&usage]);
    let with = writer::sequence(&[parts[0].der, parts[1].der, parts[2].der, &attributes]);
    for info in [with, chunked(pkcs8.expose())] {
        let parts = [open_part(&[known_bag(1, &info), cert_bag(certificate.as_der())])];
        let found = read(&pfx(&parts, no_mac), &words("")).unwrap();
        assert!(found.skipped.is_empty(), "{:?}", found.skipped);
        assert!(found.keys[0].key.matches(certificate.public_key()));
    }
}
