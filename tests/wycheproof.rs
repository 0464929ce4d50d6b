//! Project Wycheproof's cases against the algorithms. The cases lie in the folder `wycheproof` under
//! `$WAXSEAL_CORPUS`; without that variable each test says that it was skipped.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write as _;
use std::path::PathBuf;

use der::Decode as _;
use getrandom::SysRng;
use rand_core::UnwrapErr;
use serde_json::Value;
use waxseal::smime::crypto::content_cipher::{ContentDecryptor, ContentEncryptor, Lengths};
use waxseal::smime::crypto::pbe::{cipher::Cipher, derivation::Derivation};
use waxseal::smime::crypto::{
    AgreementScheme, ContentCipher, DigestAlgorithm, KeyAgreement, KeyTransport, KeyWrap, PrivateKey,
    PssParameters, PublicKey, SignatureScheme, kdf, key_wrap,
};
use waxseal::smime::secret::SecretBytes;

/// Cases that come out otherwise here than the file says, and why. A case that stands here and comes out as the file
/// says fails, too.
const EXCEPTIONS: &[(&str, &[u64], &str)] = &[
    ("aes_wrap_test.json", &[10, 52, 107], "these keys are longer than any content-encryption key"),
    ("rsa_oaep_2048_sha256_mgf1sha256_test.json", &[1], "an empty message is no content-encryption key"),
    (
        "rsa_oaep_2048_sha256_mgf1sha256_test.json",
        &[23],
        "the rsa crate ignores the first octet, so that nobody can tell its value (Manger's attack)",
    ),
    ("rsa_pkcs1_2048_test.json", &[1], "an empty message is no content-encryption key"),
    ("rsa_pkcs1_3072_test.json", &[1], "an empty message is no content-encryption key"),
];

/// Runs `accepts` on every case: valid ones must be accepted, invalid ones refused, acceptable ones may be either.
fn each_case(file: &str, accepts: impl Fn(&Value, &Value) -> bool) {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        println!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    let path = PathBuf::from(corpus).join("wycheproof").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Value = serde_json::from_str(&text).unwrap();

    let (mut seen, mut wrong) = (0, Vec::new());
    for group in cases["testGroups"].as_array().unwrap() {
        for case in group["tests"].as_array().unwrap() {
            seen += 1;
            let id = case["tcId"].as_u64().unwrap();
            let expected = match case["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                "acceptable" => {
                    accepts(group, case);
                    continue;
                }
                other => panic!("{file} {id}: {other}"),
            };
            let is_exception = EXCEPTIONS.iter().any(|(name, ids, _)| *name == file && ids.contains(&id));
            if (accepts(group, case) == expected) == is_exception {
                wrong.push(format!("{id} {} {}", case["result"], case["comment"]));
            }
        }
    }
    assert_eq!(cases["numberOfTests"].as_u64(), Some(seen));
    assert!(wrong.is_empty(), "{file}: {wrong:#?}");
}

fn octets(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn digest_named(name: &Value) -> DigestAlgorithm {
    DigestAlgorithm::ALL.into_iter().find(|digest| name.as_str() == Some(digest.name())).unwrap()
}

fn signature(file: &str, scheme: fn(DigestAlgorithm) -> SignatureScheme) {
    each_case(file, |group, case| {
        let digest = digest_named(&group["sha"]);
        let key = PublicKey::from_spki_der(&octets(&group["publicKeyDer"])).unwrap();
        let hash = digest.digest(&octets(&case["msg"]));
        key.verify(&scheme(digest), &hash, &octets(&case["sig"])).is_ok()
    });
}

#[test]
fn rsa_signatures() {
    for file in [
        "rsa_signature_2048_sha256_test.json",
        "rsa_signature_2048_sha512_test.json",
        "rsa_signature_3072_sha256_test.json",
        "rsa_signature_4096_sha256_test.json",
    ] {
        signature(file, SignatureScheme::RsaPkcs1v15);
    }
}

/// The hash of the mask and the length of the salt are those of each group; any other makes the signature a wrong one.
#[test]
fn rsa_pss_signatures() {
    each_case("rsa_pss_2048_sha256_mgf1_32_test.json", |group, case| {
        let parameters = PssParameters {
            digest: digest_named(&group["sha"]),
            mgf_digest: digest_named(&group["mgfSha"]),
            salt_len: group["sLen"].as_u64().unwrap().try_into().unwrap(),
        };
        let key = PublicKey::from_spki_der(&octets(&group["publicKeyDer"])).unwrap();
        let scheme = SignatureScheme::RsaPss(parameters);
        key.verify_message(&scheme, &octets(&case["msg"]), &octets(&case["sig"])).is_ok()
    });
}

/// Also in pieces, as the content of a message comes.
#[test]
fn ed25519_signatures() {
    each_case("ed25519_test.json", |group, case| {
        let key = PublicKey::from_spki_der(&octets(&group["publicKeyDer"])).unwrap();
        let (message, signature) = (octets(&case["msg"]), octets(&case["sig"]));
        let whole = key.verify_message(&SignatureScheme::Ed25519, &message, &signature);
        let pieces = key.message_verifier(&signature).and_then(|mut verifier| {
            message.chunks(7).for_each(|piece| verifier.write_all(piece).unwrap());
            verifier.finish()
        });
        assert_eq!(whole, pieces, "{case}");
        whole.is_ok()
    });
}

/// Every file of cases has a test that names it.
#[test]
fn every_file_is_run() {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        println!("skipped: WAXSEAL_CORPUS is not set");
        return;
    };
    for entry in std::fs::read_dir(PathBuf::from(corpus).join("wycheproof")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let runs = include_str!("wycheproof.rs").matches(&format!("\"{name}\"")).count();
        let excepted = EXCEPTIONS.iter().filter(|(file, ..)| *file == name).count();
        assert!(runs > excepted || name == "LICENSE", "{name} has no test");
    }
}

#[test]
fn password_based_encryption() {
    each_case("pbes2_hmacsha256_aes_256_test.json", |_, case| {
        let (salt, iterations) = (octets(&case["salt"]), case["iterationCount"].as_u64().unwrap());
        let derivation = Derivation::Pbkdf2 {
            salt: &salt,
            iterations: iterations.try_into().unwrap(),
            key_length: None,
            prf: DigestAlgorithm::Sha256,
        };
        let cipher = Cipher::Aes { key_length: 32 };
        let key = derivation.derive(&octets(&case["password"]), cipher.key_length()).unwrap();
        let opened = cipher.open(&key, &octets(&case["iv"]), &octets(&case["ct"]));
        opened.is_some_and(|plain| *plain == octets(&case["msg"]))
    });
}

#[test]
fn ecdsa_signatures() {
    signature("ecdsa_secp256r1_sha256_test.json", SignatureScheme::Ecdsa);
    signature("ecdsa_secp384r1_sha384_test.json", SignatureScheme::Ecdsa);
}

/// The cases hold bare shared secrets: a key that is wrapped under what such a secret gives must open.
fn ecdh(file: &str, private_der: fn(&[u8]) -> Vec<u8>) {
    let how = KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest: DigestAlgorithm::Sha256 };
    let wrap = KeyWrap::Aes256;
    let wrap_der = wrap.to_algorithm_der();
    each_case(file, |_, case| {
        let spki = octets(&case["public"]);
        let scalar = octets(&case["private"]);
        let key = PrivateKey::from_der(&private_der(&scalar)).unwrap();
        let same_curve = match PublicKey::from_spki_der(&spki) {
            Ok(public) => public.name() == key.public_key().name(),
            Err(_) => false,
        };
        if !same_curve {
            return false;
        }
        let info = spki::SubjectPublicKeyInfoRef::from_der(&spki).unwrap();
        let point = info.subject_public_key.as_bytes().unwrap();
        let shared_info = kdf::ecc_cms_shared_info(wrap, &wrap_der, None).unwrap();
        let kek = kdf::x963(how.kdf_digest, &octets(&case["shared"]), &shared_info, 32).unwrap();
        let encrypted = key_wrap::wrap(wrap, &kek, &[7; 32]).unwrap();
        let opened = key.unwrap_agreement(how, wrap, &wrap_der, point, None, &encrypted).unwrap();
        bool::from(opened.genuine) && opened.key.expose() == [7; 32]
    });
}

/// The scalar without the zeros that an INTEGER has in front, at the curve's length.
fn at_length(scalar: &[u8], len: usize) -> Vec<u8> {
    let start = scalar.iter().position(|octet| *octet != 0).unwrap_or(scalar.len());
    let mut sized = vec![0; len - (scalar.len() - start)];
    sized.extend(&scalar[start..]);
    sized
}

#[test]
fn ecdh_p256() {
    ecdh("ecdh_secp256r1_test.json", |scalar| {
        p256::SecretKey::from_slice(&at_length(scalar, 32)).unwrap().to_sec1_der().unwrap().to_vec()
    });
}

#[test]
fn ecdh_p384() {
    ecdh("ecdh_secp384r1_test.json", |scalar| {
        p384::SecretKey::from_slice(&at_length(scalar, 48)).unwrap().to_sec1_der().unwrap().to_vec()
    });
}

/// Points of small order, which give zeros, are refused; the twist and numbers above the field's are not (RFC 7748).
#[test]
fn x25519() {
    const PKCS8: &str = "302e020100300506032b656e04220420";
    each_case("x25519_test.json", |_, case| {
        let private = [octets(&Value::from(PKCS8)), octets(&case["private"])].concat();
        let secret = PrivateKey::from_der(&private).unwrap().agree(&octets(&case["public"])).unwrap();
        let zeros = case["flags"].as_array().unwrap().iter().any(|flag| flag == "ZeroSharedSecret");
        assert_eq!(secret.is_none(), zeros, "{case}");
        secret.is_none_or(|secret| *secret == octets(&case["shared"]))
    });
}

#[test]
fn aes_key_wrap() {
    each_case("aes_wrap_test.json", |group, case| {
        let how = match group["keySize"].as_u64() {
            Some(128) => KeyWrap::Aes128,
            Some(192) => KeyWrap::Aes192,
            _ => KeyWrap::Aes256,
        };
        let (kek, key, wrapped) = (octets(&case["key"]), octets(&case["msg"]), octets(&case["ct"]));
        let opened = key_wrap::unwrap(how, &kek, &wrapped);
        opened.is_some_and(|opened| opened.expose() == key)
            && key_wrap::wrap(how, &kek, &key) == Some(wrapped)
    });
}

fn cipher(group: &Value, ciphers: [ContentCipher; 3]) -> ContentCipher {
    let bits = group["keySize"].as_u64().unwrap();
    ciphers.into_iter().find(|cipher| cipher.key_len() as u64 * 8 == bits).unwrap()
}

/// Whether the content opens, cut into pieces of seven octets, and is sealed to the same octets again.
fn content(cipher: ContentCipher, case: &Value, tag: Option<Vec<u8>>, aad: &[u8]) -> bool {
    let (key, iv) = (SecretBytes::new(octets(&case["key"])), octets(&case["iv"]));
    let (plain, sealed) = (octets(&case["msg"]), octets(&case["ct"]));
    let lengths = Lengths { content: sealed.len() as u64, tag: tag.as_ref().map_or(0, Vec::len) };
    let Some(mut decryptor) = ContentDecryptor::new(cipher, &key, &iv, aad, lengths) else { return false };
    let mut opened = Vec::new();
    for piece in sealed.chunks(7) {
        decryptor.decrypt(piece, &mut opened).unwrap();
    }
    if decryptor.finish(tag.as_deref(), &mut opened).unwrap().is_err() {
        return false;
    }
    let mut encryptor = ContentEncryptor::new(cipher, &key, &iv, aad).unwrap();
    let mut again = Vec::new();
    encryptor.encrypt(&plain, &mut again).unwrap();
    let tag_again = encryptor.finish(&mut again).unwrap();
    opened == plain && again == sealed && tag_again.map(Vec::from) == tag
}

#[test]
fn aes_gcm() {
    let ciphers = [ContentCipher::Aes128Gcm, ContentCipher::Aes192Gcm, ContentCipher::Aes256Gcm];
    each_case("aes_gcm_test.json", |group, case| {
        content(cipher(group, ciphers), case, Some(octets(&case["tag"])), &octets(&case["aad"]))
    });
}

#[test]
fn aes_cbc() {
    let ciphers = [ContentCipher::Aes128Cbc, ContentCipher::Aes192Cbc, ContentCipher::Aes256Cbc];
    each_case("aes_cbc_pkcs5_test.json", |group, case| content(cipher(group, ciphers), case, None, &[]));
}

/// A key of the message's length comes out, the message itself where the case is valid. Nothing is ever an error.
fn transport(file: &str, how: impl Fn(&Value, &Value) -> KeyTransport) {
    each_case(file, |group, case| {
        let key = PrivateKey::from_der(&octets(&group["privateKeyPkcs8"])).unwrap();
        let (plain, encrypted) = (octets(&case["msg"]), octets(&case["ct"]));
        let how = how(group, case);
        for cek_len in [16, 24, 32] {
            let opened = key.unwrap_transport(&how, &encrypted, cek_len, &mut UnwrapErr(SysRng)).unwrap();
            assert_eq!(opened.key.expose().len(), cek_len);
        }
        let opened = key.unwrap_transport(&how, &encrypted, plain.len(), &mut UnwrapErr(SysRng)).unwrap();
        bool::from(opened.genuine) && opened.key.expose() == plain
    });
}

#[test]
fn rsa_oaep() {
    transport("rsa_oaep_2048_sha256_mgf1sha256_test.json", |group, case| KeyTransport::RsaOaep {
        digest: digest_named(&group["sha"]),
        mgf_digest: digest_named(&group["mgfSha"]),
        label: octets(&case["label"]),
    });
}

#[test]
fn rsa_pkcs1v15() {
    for file in ["rsa_pkcs1_2048_test.json", "rsa_pkcs1_3072_test.json"] {
        transport(file, |_, _| KeyTransport::RsaPkcs1v15);
    }
}
