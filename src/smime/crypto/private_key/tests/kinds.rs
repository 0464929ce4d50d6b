//! The kinds of keys that others make: Ed25519, X25519, RSA for one purpose, DSA.

use super::*;

fn openssl(folder: &std::path::Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn openssl_is_here() -> bool {
    let here = Command::new("openssl").arg("version").output().is_ok();
    if !here {
        println!("skipped: openssl not found");
    }
    here
}

/// A key that `openssl genpkey` makes, and its public half as OpenSSL writes it.
fn made_by_openssl(folder: &std::path::Path, options: &[&str]) -> (Vec<u8>, PublicKey) {
    let key = openssl(folder, &[&["genpkey", "-outform", "DER", "-out", "key.der"], options].concat());
    assert!(key.is_empty());
    let spki = openssl(folder, &["pkey", "-in", "key.der", "-inform", "DER", "-pubout", "-outform", "DER"]);
    (std::fs::read(folder.join("key.der")).unwrap(), PublicKey::from_spki_der(&spki).unwrap())
}

/// RFC 8410 sections 10.1 and 10.3: the same key without and with its public half.
#[test]
fn ed25519_keys_are_read_in_both_versions() {
    let key = PrivateKey::from_der(&unhex(ED25519_DER)).unwrap();
    let spki =
        unhex("302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    let public = PublicKey::from_spki_der(&spki).unwrap();
    assert!(key.matches(&public));
    assert_eq!((public.name().as_str(), public.to_spki_der()), ("Ed25519", spki));
    assert_eq!(key.to_pkcs8_der().expose(), unhex(ED25519_DER));

    let version_2 = unhex(
        "3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842
         a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273
         81210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
    );
    assert!(PrivateKey::from_der(&version_2).unwrap().matches(&public));
    let mut other_half = version_2;
    *other_half.last_mut().unwrap() ^= 1;
    assert_eq!(PrivateKey::from_der(&other_half).unwrap_err(), KeyError::Malformed);
}

#[test]
fn ed25519_signs_messages_and_no_hashes() {
    let rng = &mut UnwrapErr(SysRng);
    let scheme = ED25519_KEY.scheme().unwrap();
    let public = ED25519_KEY.public_key();
    let mut signature = ED25519_KEY.sign_message(&scheme, b"content", rng).unwrap();
    assert_eq!(public.verify_message(&scheme, b"content", &signature), Ok(()));
    assert_eq!(public.verify_message(&scheme, b"kontent", &signature), Err(SignatureError::Mismatch));
    assert_eq!(public.verify_message(&scheme, b"content", &signature[1..]), Err(SignatureError::Mismatch));
    assert_eq!(public.verify(&scheme, &[0; 64], &signature), Err(SignatureError::Unsupported));
    assert_eq!(
        RSA.public_key().verify_message(&scheme, b"content", &signature),
        Err(SignatureError::Mismatch)
    );
    assert_eq!(ED25519_KEY.sign(&scheme, &[0; 64], rng).unwrap_err(), KeyError::WrongUse);
    assert_eq!(RSA.sign_message(&scheme, b"content", rng).unwrap_err(), KeyError::WrongUse);
    signature[5] ^= 1;
    assert_eq!(public.verify_message(&scheme, b"content", &signature), Err(SignatureError::Mismatch));
}

/// Under the neutral element every signature with R = S = 0 · B would hold.
#[test]
fn ed25519_keys_of_small_order_are_refused() {
    for point in [[&[1][..], &[0; 31]].concat(), vec![0; 32], [&[0xec][..], &[0xff; 30], &[0x7f]].concat()] {
        let spki = [unhex("302a300506032b6570032100"), point].concat();
        assert_eq!(PublicKey::from_spki_der(&spki).unwrap_err(), KeyError::Malformed);
    }
}

/// RFC 7748 section 6.1, with the keys in the structures of RFC 8410.
#[test]
fn x25519_agrees() {
    let private = |digits: &str| {
        PrivateKey::from_der(&[unhex("302e020100300506032b656e04220420"), unhex(digits)].concat()).unwrap()
    };
    let alice = private("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let bob = private("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let secret = unhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    let point = |key: &PrivateKey| key.public_key().to_spki_der()[12..].to_vec();
    assert_eq!(point(&alice), unhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
    assert_eq!(alice.agree(&point(&bob)).unwrap().as_deref(), Some(&secret));
    assert_eq!(bob.agree(&point(&alice)).unwrap().as_deref(), Some(&secret));
    for small in [vec![0; 32], [&[1][..], &[0; 31]].concat(), vec![9; 31]] {
        assert_eq!(alice.agree(&small).unwrap(), None);
    }
    let again = PrivateKey::from_der(alice.to_pkcs8_der().expose()).unwrap();
    assert!(again.matches(&alice.public_key()) && alice.scheme().is_none());
}

#[test]
fn both_sides_of_an_agreement_know_the_same() {
    let rng = &mut UnwrapErr(SysRng);
    let x25519 = PrivateKey(Kind::X25519(x25519_dalek::StaticSecret::random_from_rng(rng)));
    for key in [&*P256, &*P384, &*P521, &x25519] {
        let fresh = key.public_key().agree(rng).unwrap();
        assert_eq!(key.agree(&fresh.public_key).unwrap().as_deref(), Some(&*fresh.secret));
    }
    for key in [&*RSA, &*ED25519_KEY] {
        assert_eq!(key.public_key().agree(rng).err(), Some(KeyError::WrongUse));
        assert_eq!(key.agree(&[4; 65]), Err(KeyError::WrongUse));
    }
}

/// What a key is for stays with it, and is kept to.
#[test]
fn rsa_keys_for_one_purpose() {
    if !openssl_is_here() {
        return;
    }
    let rng = &mut UnwrapErr(SysRng);
    let folder = tempfile::tempdir().unwrap();
    let bits = ["-pkeyopt", "rsa_keygen_bits:2048"];
    let pss = &[&["-algorithm", "RSA-PSS"], &bits[..]].concat();
    let (der, public) = made_by_openssl(folder.path(), pss);
    let key = PrivateKey::from_der(&der).unwrap();
    assert_eq!(key.to_pkcs8_der().expose(), der);
    assert!(key.matches(&public) && matches!(public, PublicKey::RsaPss(_, None)) && !public.takes_keys());
    assert_eq!(public.name(), "RSA 2048 (PSS)");
    let scheme = key.scheme().unwrap();
    assert_eq!(scheme, SignatureScheme::RsaPss(PssParameters::new(DigestAlgorithm::Sha256)));
    let signature = key.sign_message(&scheme, b"content", rng).unwrap();
    assert_eq!(public.verify_message(&scheme, b"content", &signature), Ok(()));
    let old = SignatureScheme::RsaPkcs1v15(DigestAlgorithm::Sha256);
    assert_eq!(key.sign_message(&old, b"content", rng).unwrap_err(), KeyError::WrongUse);
    assert_eq!(
        public.wrap_transport(&KeyTransport::RsaPkcs1v15, &cek(), rng).unwrap_err(),
        KeyError::WrongUse
    );

    let orders = ["rsa_pss_keygen_md:sha384", "rsa_pss_keygen_mgf1_md:sha512", "rsa_pss_keygen_saltlen:40"];
    let orders: Vec<&str> = orders.iter().flat_map(|order| ["-pkeyopt", order]).collect();
    let (der, public) = made_by_openssl(folder.path(), &[pss, &orders[..]].concat());
    let key = PrivateKey::from_der(&der).unwrap();
    assert_eq!(key.to_pkcs8_der().expose(), der);
    let ordered =
        PssParameters { digest: DigestAlgorithm::Sha384, mgf_digest: DigestAlgorithm::Sha512, salt_len: 40 };
    assert_eq!(key.scheme(), Some(SignatureScheme::RsaPss(ordered)));
    for (parameters, fits) in [
        (ordered, true),
        (PssParameters { salt_len: 48, ..ordered }, true),
        (PssParameters { salt_len: 39, ..ordered }, false),
        (PssParameters { mgf_digest: DigestAlgorithm::Sha384, ..ordered }, false),
        (PssParameters::new(DigestAlgorithm::Sha256), false),
    ] {
        let scheme = SignatureScheme::RsaPss(parameters);
        assert_eq!(key.sign_message(&scheme, b"content", rng).is_ok(), fits, "{parameters:?}");
        // The same numbers without the order.
        let PublicKey::RsaPss(numbers, _) = &public else { unreachable!() };
        let Kind::RsaPss(private, _) = &key.0 else { unreachable!() };
        let signature =
            PrivateKey(Kind::Rsa(private.clone())).sign_message(&scheme, b"content", rng).unwrap();
        assert_eq!(public.verify_message(&scheme, b"content", &signature).is_ok(), fits);
        let free = PublicKey::Rsa(numbers.clone());
        assert_eq!(free.verify_message(&scheme, b"content", &signature), Ok(()));
    }
}

#[test]
fn an_oaep_key_takes_keys_and_signs_nothing() {
    let rng = &mut UnwrapErr(SysRng);
    let Kind::Rsa(numbers) = &RSA.0 else { unreachable!() };
    for only in [None, Some(KeyTransport::oaep(DigestAlgorithm::Sha384))] {
        let key = PrivateKey(Kind::RsaOaep(numbers.clone(), only.clone()));
        let again = PrivateKey::from_der(key.to_pkcs8_der().expose()).unwrap();
        assert!(matches!(&again.0, Kind::RsaOaep(_, back) if *back == only));
        let public = PublicKey::from_spki_der(&key.public_key().to_spki_der()).unwrap();
        assert!(public.takes_keys() && key.matches(&public) && key.scheme().is_none());
        for (how, fits) in [
            (KeyTransport::RsaPkcs1v15, false),
            (KeyTransport::oaep(DigestAlgorithm::Sha256), only.is_none()),
            (KeyTransport::oaep(DigestAlgorithm::Sha384), true),
        ] {
            let wrapped = public.wrap_transport(&how, &cek(), rng);
            assert_eq!(wrapped.is_ok(), fits);
            if let Ok(wrapped) = wrapped {
                let opened = key.unwrap_transport(&how, &wrapped, 32, rng).unwrap();
                assert_eq!(opened.key.expose(), cek().expose());
            }
        }
        let scheme = RSA.scheme().unwrap();
        assert_eq!(key.sign_message(&scheme, b"content", rng).unwrap_err(), KeyError::WrongUse);
        let signature = RSA.sign_message(&scheme, b"content", rng).unwrap();
        assert_eq!(public.verify_message(&scheme, b"content", &signature), Err(SignatureError::Mismatch));
    }
}

/// DSA signatures of OpenSSL, with every size that it makes and every hash.
#[test]
fn dsa_signatures_are_verified() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("content"), b"content").unwrap();
    for (p, q) in [(1024, 160), (2048, 224), (2048, 256)] {
        let (p_bits, q_bits) = (format!("dsa_paramgen_bits:{p}"), format!("dsa_paramgen_q_bits:{q}"));
        let parameters = ["genpkey", "-genparam", "-algorithm", "DSA", "-out", "parameters"];
        let options = ["-pkeyopt", &p_bits, "-pkeyopt", &q_bits];
        openssl(folder.path(), &[&parameters[..], &options].concat());
        let (der, public) = made_by_openssl(folder.path(), &["-paramfile", "parameters"]);
        assert!(PrivateKey::from_der(&der).is_err());
        let convert = ["pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "key.der", "-outform", "DER"];
        let pkcs8 = openssl(folder.path(), &convert);
        assert_eq!(PrivateKey::from_der(&pkcs8).unwrap_err(), KeyError::Unsupported);
        assert_eq!(PrivateKey::algorithm_of(&pkcs8), Some(crate::smime::crypto::oid::DSA));
        assert_eq!(public.name(), format!("DSA {p}"));
        assert_eq!(public.is_weak(), p < 2048);
        assert_eq!(PublicKey::from_spki_der(&public.to_spki_der()).unwrap(), public);

        for digest in DigestAlgorithm::ALL {
            let hash = format!("-{}", digest.micalg().replace('-', ""));
            let sign = ["dgst", &hash, "-keyform", "DER", "-sign", "key.der", "content"];
            let mut signature = openssl(folder.path(), &sign);
            let scheme = SignatureScheme::Dsa(digest);
            assert_eq!(public.verify_message(&scheme, b"content", &signature), Ok(()), "{p} {q} {digest:?}");
            assert_eq!(public.verify_message(&scheme, b"kontent", &signature), Err(SignatureError::Mismatch));
            *signature.last_mut().unwrap() ^= 1;
            for signature in [&signature[..], &[], &unhex("3006020100020100"), &unhex("3006020101020100")] {
                let outcome = public.verify_message(&scheme, b"content", signature);
                assert_eq!(outcome, Err(SignatureError::Mismatch));
            }
        }
        cut_and_damaged(&public);
        inherited(&public);
    }
}

/// No damage to a DSA key makes its reading or its arithmetic panic.
fn cut_and_damaged(public: &PublicKey) {
    let spki = public.to_spki_der();
    for len in 0..spki.len() {
        assert!(PublicKey::from_spki_der(&spki[..len]).is_err());
    }
    for place in (0..spki.len()).step_by(7) {
        let mut damaged = spki.clone();
        damaged[place] ^= 0x81;
        if let Ok(key) = PublicKey::from_spki_der(&damaged) {
            for signature in ["3006020101020101", "300702020101020103"] {
                let scheme = SignatureScheme::Dsa(DigestAlgorithm::Sha256);
                assert!(key.verify_message(&scheme, b"content", &unhex(signature)).is_err());
            }
        }
    }
}

/// RFC 3279 section 2.3.2: a key without parameters has its issuer's.
fn inherited(public: &PublicKey) {
    let spki = public.to_spki_der();
    let info = spki::SubjectPublicKeyInfoRef::from_der(&spki).unwrap();
    let bare = spki::SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { parameters: None, ..info.algorithm },
        ..info
    };
    let bare = PublicKey::from_spki_der(&bare.to_der().unwrap()).unwrap();
    assert_eq!(bare.name(), "DSA");
    let scheme = SignatureScheme::Dsa(DigestAlgorithm::Sha256);
    assert_eq!(bare.verify_message(&scheme, b"content", &[]), Err(SignatureError::Unsupported));
    assert_eq!(bare.with_parameters_of(public).as_ref(), Some(public));
    assert!(public.with_parameters_of(public).is_none() && bare.with_parameters_of(&bare).is_none());
}
