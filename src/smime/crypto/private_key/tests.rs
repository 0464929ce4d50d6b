//! Both halves of keys against each other, against hostile input and against OpenSSL.

use std::process::Command;
use std::sync::LazyLock;

use der::Encode as _;
use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::*;
use crate::smime::crypto::AgreementScheme;
use crate::smime::crypto::signature::SignatureError;
use crate::smime::crypto::test_hex::unhex;
use crate::smime::crypto::{DigestAlgorithm, KeyAgreement, KeyWrap, key_wrap};
use crate::smime::secret::ContentEncryptionKey;

mod kinds;

static RSA: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(KeyKind::Rsa2048, &mut UnwrapErr(SysRng)));
static P256: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(KeyKind::P256, &mut UnwrapErr(SysRng)));
static P384: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(KeyKind::P384, &mut UnwrapErr(SysRng)));

static P521: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey(Kind::P521(p521::SecretKey::generate_from_rng(&mut UnwrapErr(SysRng)))));
/// The Ed25519 key of RFC 8410 section 10.3.
static ED25519_KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_der(&unhex(ED25519_DER)).unwrap());
const ED25519_DER: &str =
    "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";

/// Of every kind that signs hashes with one scheme a digest.
fn keys() -> [&'static PrivateKey; 4] {
    [&RSA, &P256, &P384, &P521]
}

fn cek() -> ContentEncryptionKey {
    SecretBytes::new((0..32).collect())
}

#[test]
fn keys_lead_back_through_der() {
    for key in keys() {
        let again = PrivateKey::from_der(key.to_pkcs8_der().expose()).unwrap();
        assert!(again.matches(&key.public_key()));
        let spki = key.public_key().to_spki_der();
        assert_eq!(PublicKey::from_spki_der(&spki).unwrap(), key.public_key());
    }
    assert!(!P256.matches(&P384.public_key()));
    assert_eq!(RSA.public_key().name(), "RSA 2048");
    assert_eq!(P384.public_key().name(), "P-384");
    assert!(!RSA.public_key().is_weak());
    assert_eq!(format!("{:?}", *RSA), "PrivateKey(…)");
}

/// The key inside PKCS#8 is the PKCS#1 or SEC1 structure.
#[test]
fn bare_structures_are_read() {
    let pkcs8 = RSA.to_pkcs8_der();
    let pkcs1 = PrivateKeyInfoRef::from_der(pkcs8.expose()).unwrap().private_key.as_bytes();
    assert!(PrivateKey::from_der(pkcs1).unwrap().matches(&RSA.public_key()));

    let Kind::P384(key) = &P384.0 else { unreachable!() };
    let sec1 = key.to_sec1_der().unwrap();
    assert!(PrivateKey::from_der(&sec1).unwrap().matches(&P384.public_key()));

    // Without the curve's name nobody knows what it is.
    let pkcs8 = P256.to_pkcs8_der();
    let nameless = PrivateKeyInfoRef::from_der(pkcs8.expose()).unwrap().private_key.as_bytes();
    assert_eq!(PrivateKey::from_der(nameless).unwrap_err(), KeyError::Unsupported);
}

#[test]
fn cut_and_changed_keys_are_no_panic() {
    for key in keys() {
        let der = key.to_pkcs8_der();
        for len in 0..der.expose().len() {
            assert!(PrivateKey::from_der(&der.expose()[..len]).is_err());
        }
        let spki = key.public_key().to_spki_der();
        for len in 0..spki.len() {
            assert!(PublicKey::from_spki_der(&spki[..len]).is_err());
        }
    }
    // The last octets of an EC key are its public half, those of an RSA key its CRT coefficient.
    let mut der = P256.to_pkcs8_der().expose().to_vec();
    *der.last_mut().unwrap() ^= 1;
    assert_eq!(PrivateKey::from_der(&der).unwrap_err(), KeyError::Malformed);
}

/// A product that is not the product of the primes.
#[test]
fn an_rsa_key_that_does_not_fit_together_is_refused() {
    let pkcs8 = RSA.to_pkcs8_der();
    let mut der = PrivateKeyInfoRef::from_der(pkcs8.expose()).unwrap().private_key.as_bytes().to_vec();
    der[100] ^= 4;
    assert_eq!(PrivateKey::from_der(&der).unwrap_err(), KeyError::Malformed);
}

#[test]
fn moduli_outside_the_bounds_are_refused() {
    for (octets, expected) in
        [(64, false), (127, false), (128, true), (1024, true), (1025, false), (100_000, false)]
    {
        let modulus = vec![0xff; octets];
        let key = rsa::pkcs1::RsaPublicKeyRef {
            modulus: der::asn1::UintRef::new(&modulus).unwrap(),
            public_exponent: der::asn1::UintRef::new(&[1, 0, 1]).unwrap(),
        };
        let key = key.to_der().unwrap();
        let spki = spki::SubjectPublicKeyInfoRef {
            algorithm: rsa::pkcs1::ALGORITHM_ID,
            subject_public_key: der::asn1::BitStringRef::from_bytes(&key).unwrap(),
        };
        let read = PublicKey::from_spki_der(&spki.to_der().unwrap());
        assert_eq!(read.is_ok(), expected, "{octets}");
        if let Ok(key) = read {
            assert_eq!(key.is_weak(), octets < 256);
        }
    }
}

#[test]
fn signatures_of_every_digest_hold() {
    let rng = &mut UnwrapErr(SysRng);
    for key in keys() {
        for digest in DigestAlgorithm::ALL {
            let scheme = match key.scheme() {
                Some(SignatureScheme::RsaPkcs1v15(_)) => SignatureScheme::RsaPkcs1v15(digest),
                _ => SignatureScheme::Ecdsa(digest),
            };
            let hash = digest.digest(b"content");
            let mut signature = key.sign(&scheme, &hash, rng).unwrap();
            let public = key.public_key();
            assert_eq!(public.verify(&scheme, &hash, &signature), Ok(()), "{scheme:?}");
            let other = digest.digest(b"other content");
            assert_eq!(public.verify(&scheme, &other, &signature), Err(SignatureError::Mismatch));
            assert_eq!(public.verify(&scheme, &hash[1..], &signature), Err(SignatureError::Mismatch));
            *signature.last_mut().unwrap() ^= 1;
            assert_eq!(public.verify(&scheme, &hash, &signature), Err(SignatureError::Mismatch));
            assert_eq!(public.verify(&scheme, &hash, &[]), Err(SignatureError::Mismatch));
            assert_eq!(key.sign(&scheme, &hash[1..], rng).unwrap_err(), KeyError::WrongUse);
        }
    }
}

#[test]
fn a_scheme_for_another_key_is_refused() {
    let rng = &mut UnwrapErr(SysRng);
    assert_eq!(RSA.sign(&P256.scheme().unwrap(), &[0; 32], rng).unwrap_err(), KeyError::WrongUse);
    assert_eq!(P256.sign(&RSA.scheme().unwrap(), &[0; 32], rng).unwrap_err(), KeyError::WrongUse);
    assert_eq!(
        P256.public_key().verify(&RSA.scheme().unwrap(), &[0; 32], &[0; 256]),
        Err(SignatureError::Mismatch)
    );
}

/// (r, n − s) is as good as (r, s).
#[test]
fn both_values_of_s_are_accepted() {
    let hash = DigestAlgorithm::Sha256.digest(b"content");
    let der = P256.sign(&P256.scheme().unwrap(), &hash, &mut UnwrapErr(SysRng)).unwrap();
    let signature = p256::ecdsa::Signature::from_der(&der).unwrap();
    let other =
        p256::ecdsa::Signature::from_scalars(signature.r().to_bytes(), (-*signature.s()).to_bytes()).unwrap();
    for signature in [signature, other] {
        assert_eq!(
            P256.public_key().verify(&P256.scheme().unwrap(), &hash, signature.to_der().as_bytes()),
            Ok(())
        );
    }
}

fn transports() -> Vec<KeyTransport> {
    let mut transports = vec![KeyTransport::RsaPkcs1v15];
    for digest in DigestAlgorithm::ALL {
        transports.push(KeyTransport::oaep(digest));
        transports.push(KeyTransport::RsaOaep {
            digest,
            mgf_digest: DigestAlgorithm::Sha1,
            label: b"\xff\xfe label".to_vec(),
        });
    }
    transports
}

#[test]
fn transport_round_trips() {
    let rng = &mut UnwrapErr(SysRng);
    for how in transports() {
        let encrypted = RSA.public_key().wrap_transport(&how, &cek(), rng).unwrap();
        let unwrapped = RSA.unwrap_transport(&how, &encrypted, 32, rng).unwrap();
        assert!(bool::from(unwrapped.genuine), "{how:?}");
        assert_eq!(unwrapped.key.expose(), cek().expose());
    }
    assert_eq!(
        P256.unwrap_transport(&KeyTransport::RsaPkcs1v15, &[], 32, rng).unwrap_err(),
        KeyError::WrongUse
    );
}

/// Damage, wrong sizes and wrong lengths all give a random key of the asked length and never an error.
#[test]
fn failed_transport_gives_a_key_that_opens_nothing() {
    let rng = &mut UnwrapErr(SysRng);
    for how in transports() {
        let good = RSA.public_key().wrap_transport(&how, &cek(), rng).unwrap();
        let mut damaged = good.clone();
        damaged[77] ^= 1;
        for (encrypted, cek_len) in [
            (damaged.as_slice(), 32),
            (&good[1..], 32),
            (&[], 32),
            (&[0xff; 256], 32),
            (&good, 16),
            (&good, 0),
        ] {
            let unwrapped = RSA.unwrap_transport(&how, encrypted, cek_len, rng).unwrap();
            assert_eq!(unwrapped.key.expose().len(), cek_len);
            if cek_len == 32 {
                assert_ne!(unwrapped.key.expose(), cek().expose());
                assert_ne!(unwrapped.key.expose(), [0; 32]);
            } else {
                assert!(!bool::from(unwrapped.genuine), "{how:?}");
            }
        }
    }
}

#[test]
fn agreement_round_trips() {
    let rng = &mut UnwrapErr(SysRng);
    for key in [&*P256, &*P384, &*P521] {
        for kdf_digest in DigestAlgorithm::ALL {
            for wrap in [KeyWrap::Aes128, KeyWrap::Aes192, KeyWrap::Aes256] {
                for ukm in [None, Some(b"user keying material".as_slice())] {
                    let how = KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest };
                    let sent = key.public_key().wrap_agreement(how, wrap, ukm, &cek(), rng).unwrap();
                    let wrap_der = wrap.to_algorithm_der();
                    let point = &sent.originator_point;
                    let opened =
                        key.unwrap_agreement(how, wrap, &wrap_der, point, ukm, &sent.encrypted_key).unwrap();
                    assert!(bool::from(opened.genuine));
                    assert_eq!(opened.key.expose(), cek().expose());

                    // What goes into the KDF counts: ukm and the identifier's parameters.
                    let other = Some(b"other".as_slice());
                    let opened = key
                        .unwrap_agreement(how, wrap, &wrap_der, point, other, &sent.encrypted_key)
                        .unwrap();
                    assert!(!bool::from(opened.genuine));
                    assert_eq!(opened.key.expose().len(), 32);
                }
            }
        }
    }
}

/// The KEK is the recipient's alone: the wrapped key does not open under a KEK of zeros.
#[test]
fn the_wrap_is_under_a_real_key() {
    let how = KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest: DigestAlgorithm::Sha256 };
    let sent =
        P256.public_key().wrap_agreement(how, KeyWrap::Aes256, None, &cek(), &mut UnwrapErr(SysRng)).unwrap();
    assert!(key_wrap::unwrap(KeyWrap::Aes256, &[0; 32], &sent.encrypted_key).is_none());
    assert_eq!(sent.originator_algorithm, unhex("301306072a8648ce3d020106082a8648ce3d030107"));
    assert_eq!((sent.originator_point.len(), sent.originator_point[0]), (65, 4));
}

#[test]
fn points_off_the_curve_and_other_rubbish_open_nothing() {
    let how = KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest: DigestAlgorithm::Sha256 };
    let wrap_der = KeyWrap::Aes128.to_algorithm_der();
    let mut off_curve = vec![4];
    off_curve.extend([1; 64]);
    let other_curve = {
        let sent =
            P384.public_key().wrap_agreement(how, KeyWrap::Aes128, None, &cek(), &mut UnwrapErr(SysRng));
        sent.unwrap().originator_point
    };
    for point in [&[][..], &[0], &[4], &off_curve, &other_curve] {
        for encrypted in [&[][..], &[1; 7], &[1; 24], &[1; 100_000]] {
            let opened =
                P256.unwrap_agreement(how, KeyWrap::Aes128, &wrap_der, point, None, encrypted).unwrap();
            assert!(!bool::from(opened.genuine));
            assert!((16..=key_wrap::MAX_KEY_LEN).contains(&opened.key.expose().len()));
        }
    }
    let again = |encrypted: &[u8]| {
        P256.unwrap_agreement(how, KeyWrap::Aes128, &wrap_der, &[], None, encrypted)
            .unwrap()
            .key
            .expose()
            .to_vec()
    };
    assert_eq!(again(&[1; 24]), again(&[1; 24]));
    assert_ne!(again(&[1; 24]), again(&[2; 24]));
    let error = RSA.unwrap_agreement(how, KeyWrap::Aes128, &wrap_der, &[], None, &[]).unwrap_err();
    assert_eq!(error, KeyError::WrongUse);
}

/// OpenSSL reads the keys, verifies the signatures, and opens and makes OAEP with two hashes and a label.
#[test]
fn openssl_agrees() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: openssl not found");
        return;
    }
    let rng = &mut UnwrapErr(SysRng);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    std::fs::write(path("content"), b"content").unwrap();
    for key in keys() {
        std::fs::write(path("key"), key.to_pkcs8_der().expose()).unwrap();
        std::fs::write(path("public"), key.public_key().to_spki_der()).unwrap();
        let digest = key.scheme().unwrap().digest().unwrap();
        let signature = key.sign(&key.scheme().unwrap(), &digest.digest(b"content"), rng).unwrap();
        std::fs::write(path("signature"), &signature).unwrap();
        let hash = format!("-{}", digest.micalg().replace('-', ""));
        let (public, private, content, signed) =
            (path("public"), path("key"), path("content"), path("signature"));
        openssl(&["dgst", &hash, "-keyform", "DER", "-verify", &public, "-signature", &signed, &content]);
        openssl(&["dgst", &hash, "-keyform", "DER", "-sign", &private, "-out", &signed, &content]);
        let signature = std::fs::read(&signed).unwrap();
        assert_eq!(
            key.public_key().verify(&key.scheme().unwrap(), &digest.digest(b"content"), &signature),
            Ok(())
        );
    }

    std::fs::write(path("key"), RSA.to_pkcs8_der().expose()).unwrap();
    std::fs::write(path("cek"), cek().expose()).unwrap();
    let how = KeyTransport::RsaOaep {
        digest: DigestAlgorithm::Sha256,
        mgf_digest: DigestAlgorithm::Sha384,
        label: vec![0xff, 0, 1],
    };
    let (private, plain, encrypted) = (path("key"), path("cek"), path("encrypted"));
    let options =
        ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha384", "rsa_oaep_label:ff0001"];
    let options: Vec<&str> = options.iter().flat_map(|option| ["-pkeyopt", option]).collect();
    let run = |direction, from: &str, to: &str| {
        let start = ["pkeyutl", direction, "-keyform", "DER", "-inkey", &private, "-in", from, "-out", to];
        openssl(&[&start[..], &options].concat());
    };
    run("-encrypt", &plain, &encrypted);
    let unwrapped = RSA.unwrap_transport(&how, &std::fs::read(&encrypted).unwrap(), 32, rng).unwrap();
    assert_eq!(unwrapped.key.expose(), cek().expose());
    std::fs::write(&encrypted, RSA.public_key().wrap_transport(&how, &cek(), rng).unwrap()).unwrap();
    run("-decrypt", &encrypted, &plain);
    assert_eq!(std::fs::read(&plain).unwrap(), cek().expose());
}

/// A message that OpenSSL encrypted to a P-384 key with each KDF opens: the SharedInfo is the same on both sides.
#[test]
fn openssl_agreements_open() {
    use cms::content_info::ContentInfo;
    use cms::enveloped_data::{EnvelopedData, OriginatorIdentifierOrKey, RecipientInfo};

    use crate::smime::crypto::ContentCipher;
    use crate::smime::crypto::content_cipher::{ContentDecryptor, Lengths};

    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: openssl not found");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let output =
            Command::new("openssl").current_dir(folder.path()).args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    };
    std::fs::write(folder.path().join("key"), P384.to_pkcs8_der().expose()).unwrap();
    std::fs::write(folder.path().join("content"), b"content").unwrap();
    run("req -x509 -new -key key -keyform DER -subj /CN=test -out certificate");
    for digest in DigestAlgorithm::ALL {
        let hash = digest.micalg().replace('-', "");
        run(&format!(
            "cms -encrypt -binary -aes-256-cbc -in content -outform DER -out sealed -recip certificate \
             -keyopt ecdh_kdf_md:{hash}"
        ));
        let sealed = std::fs::read(folder.path().join("sealed")).unwrap();
        let enveloped: EnvelopedData = ContentInfo::from_der(&sealed).unwrap().content.decode_as().unwrap();
        let Some(RecipientInfo::Kari(recipient)) = enveloped.recip_infos.0.iter().next() else {
            panic!("no kari")
        };
        let OriginatorIdentifierOrKey::OriginatorKey(originator) = &recipient.originator else {
            panic!("no key")
        };
        let point = originator.public_key.raw_bytes();
        let (how, wrap) = KeyAgreement::from_algorithm_der(&recipient.key_enc_alg.to_der().unwrap()).unwrap();
        assert_eq!(how.kdf_digest, digest);
        let wrap_der = recipient.key_enc_alg.parameters.to_der().unwrap();
        let ukm = recipient.ukm.as_ref().map(|ukm| ukm.as_bytes());
        let encrypted = recipient.recipient_enc_keys[0].enc_key.as_bytes();
        let opened = P384.unwrap_agreement(how, wrap, &wrap_der, point, ukm, encrypted).unwrap();
        assert!(bool::from(opened.genuine), "{digest:?}");

        let content = enveloped.encrypted_content;
        let iv = content.content_enc_alg.parameters.unwrap();
        let mut plain = Vec::new();
        let lengths = Lengths { content: 0, tag: 0 };
        let mut decryptor =
            ContentDecryptor::new(ContentCipher::Aes256Cbc, &opened.key, iv.value(), &[], lengths).unwrap();
        decryptor.decrypt(content.encrypted_content.unwrap().as_bytes(), &mut plain).unwrap();
        assert_eq!(decryptor.finish(None, &mut plain).unwrap(), Ok(()));
        assert_eq!(plain, b"content");
    }
}
