use super::*;
use crate::smime::x509::openssl::{OpenSsl, PERSON};

#[test]
fn a_certificate_of_openssl_is_read() {
    let Some(openssl) = OpenSsl::start() else { return };
    let subject = "/C=DE/O=Example, Inc./CN=Jörg Ü/emailAddress=other@example.org";
    let extensions = format!("{PERSON}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
    let certificate = openssl.certificate("person", subject, None, &extensions);
    assert_eq!(certificate.display_name(), "Jörg Ü");
    assert_eq!(certificate.subject().to_string(), r"E=other@example.org, CN=Jörg Ü, O=Example\, Inc., C=DE");
    assert_eq!(certificate.addresses(), ["robin@example.org".parse().unwrap()]);
    assert!(certificate.may_sign() && certificate.may_encrypt() && !certificate.is_authority());
    assert!(certificate.is_self_signed() && certificate.is_signed_by(&certificate));
    assert_eq!(certificate.subject_key_id().map(<[u8]>::len), Some(20));
    let printed = openssl.run(&["x509", "-in", "person.pem", "-noout", "-fingerprint", "-sha256", "-serial"]);
    let printed = String::from_utf8(printed).unwrap();
    let fingerprint = printed.lines().next().and_then(|line| line.split('=').nth(1)).unwrap();
    assert_eq!(fingerprint.parse(), Ok(certificate.fingerprint()));
    assert_eq!(certificate.validity(certificate.not_after()), Validity::Valid);
    assert_eq!(certificate.validity(Timestamp::MAX), Validity::Expired);
    assert_eq!(certificate.validity(Timestamp::MIN), Validity::NotYet);
}

#[test]
fn usages_and_addresses_follow_the_extensions() {
    let Some(openssl) = OpenSsl::start() else { return };
    let make = |extensions: &str| {
        openssl.certificate("person", "/CN=R/emailAddress=r@example.org", None, extensions)
    };
    let plain = make("basicConstraints=CA:FALSE\n");
    assert!(plain.may_sign() && plain.may_encrypt());
    assert_eq!(plain.addresses(), ["r@example.org".parse().unwrap()]);
    assert!(!make("extendedKeyUsage=serverAuth\n").may_sign());
    assert!(make("extendedKeyUsage=anyExtendedKeyUsage\n").may_sign());
    // keyEncipherment says nothing about a key on a curve.
    let encipherment = make("keyUsage=keyEncipherment\n");
    assert!(!encipherment.may_sign() && !encipherment.may_encrypt());
    assert!(make("keyUsage=cRLSign\n").is_authority());
    assert!(!make("keyUsage=DER:0500\n").may_sign());
    assert!(make("1.2.3.4=critical,DER:0500\n").has_unknown_critical_extension());
    let tls = make("subjectAltName=DNS:example.org\n");
    assert_eq!(tls.addresses(), ["r@example.org".parse().unwrap()]);
}

/// Signed by themselves, with every kind of signature that OpenSSL makes.
#[test]
fn certificates_of_every_kind_verify() {
    let Some(openssl) = OpenSsl::start() else { return };
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"];
    let pss_384 = [&["-sha384"], &pss[..]].concat();
    let mixed = [&pss[..], &["-sha256", "-sigopt", "rsa_mgf1_md:sha512"]].concat();
    let p521 = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"][..];
    let rsa = &["-newkey", "rsa:2048"][..];
    let rsa_pss = &["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"][..];
    for (name, words, signing, scheme, encrypts) in [
        ("p521", p521, &[][..], "ECDSA with SHA-256", true),
        ("ed", &["-newkey", "ed25519"], &[], "Ed25519", false),
        ("only", rsa_pss, &[], "RSASSA-PSS with SHA-256", false),
        ("pss", rsa, &pss_384, "RSASSA-PSS with SHA-384", true),
        ("mixed", rsa, &mixed, "RSASSA-PSS with SHA-256", true),
        ("old", rsa, &["-sha1"], "RSA with SHA-1", true),
    ] {
        let certificate =
            openssl.with(name, words, "/CN=Robin", None, "basicConstraints=CA:FALSE\n", signing);
        assert_eq!(certificate.signature_scheme().map(SignatureScheme::name).as_deref(), Some(scheme));
        assert!(certificate.is_self_signed() && certificate.may_sign(), "{name}");
        assert_eq!(certificate.may_encrypt(), encrypts, "{name}");
        let mut damaged = certificate.as_der().to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(!Certificate::from_der(&damaged).unwrap().is_self_signed(), "{name}");
    }
}

#[test]
fn keys_of_other_kinds_are_named() {
    let Some(openssl) = OpenSsl::start() else { return };
    for (name, words) in [
        ("Ed448", &["-newkey", "ed448"][..]),
        ("secp256k1", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
    ] {
        let certificate = openssl.with(name, words, "/CN=Robin", None, "basicConstraints=CA:FALSE\n", &[]);
        assert!(matches!(certificate.public_key(), PublicKey::Unsupported(_)), "{name}");
        assert_eq!(certificate.public_key().name(), name);
        assert!(!certificate.is_self_signed(), "{name}");
        assert_eq!(certificate.may_encrypt(), name == "secp256k1");
    }
}

#[test]
fn no_damage_is_a_panic() {
    let Some(openssl) = OpenSsl::start() else { return };
    let der = openssl.certificate("person", "/CN=Robin", None, PERSON).as_der().to_vec();
    for length in 0..der.len() {
        assert_eq!(Certificate::from_der(&der[..length]), Err(CertificateError::Malformed));
    }
    for place in 0..der.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut damaged = der.clone();
            damaged[place] ^= flip;
            if let Ok(certificate) = Certificate::from_der(&damaged) {
                assert!(!certificate.is_self_signed(), "octet {place}");
                let _ = (certificate.display_name(), certificate.may_sign(), certificate.may_encrypt());
            }
        }
    }
    assert!(Certificate::from_der(&[&der[..], &[0]].concat()).is_err());
}
