//! Whole structures: what we write we read, OpenSSL reads, and damage never passes.

mod hostile;
mod openssl;
mod peers;
mod rare;
mod second_reader;

use std::io::{Cursor, Read as _, Write as _};
use std::sync::LazyLock;

use jiff::Timestamp;
use rand_core::UnwrapErr;

use super::attributes::Capabilities;
use super::enveloped_data::{self, DecryptionKeys, EnvelopeWriter};
use super::recipient_info::{RecipientSpec, SpecKeyManagement};
use super::signed_data::{self, SignedData, Signer};
use super::signer_info::SignerError;
use super::{CmsError, ContentType};
use crate::smime::Limits;
use crate::smime::crypto::{
    AgreementScheme, ContentCipher, DigestAlgorithm, KeyAgreement, KeyKind, KeyTransport, KeyWrap, PrivateKey,
};
use crate::smime::spool::MemorySpool;
use crate::smime::x509::{Certificate, issue};

const TEXT: &[u8] = b"Meet me at the old pier.\r\n";

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// A certificate with its key.
struct Person {
    certificate: Certificate,
    key: PrivateKey,
}

impl Person {
    fn new(kind: KeyKind) -> Self {
        let key = PrivateKey::generate(kind, &mut rng());
        let address = "alice@example.org".parse().unwrap();
        let certificate =
            issue::self_signed("Alice", &[address], &key, Timestamp::now(), 30, &mut rng()).unwrap();
        Self { certificate, key }
    }

    fn sign(&self, content: &[u8]) -> Vec<u8> {
        let capabilities = Capabilities(vec![(ContentCipher::Aes256Gcm.oid(), None)]);
        let digest = self.key.scheme().unwrap().content_digest().unwrap().digest(content);
        let mut out = Vec::new();
        let len = content.len() as u64;
        signed_data::write_attached(
            &mut out,
            &self.signer(&capabilities),
            &mut &content[..],
            len,
            &digest,
            &mut rng(),
        )
        .unwrap();
        out
    }

    fn signer<'a>(&'a self, capabilities: &'a Capabilities) -> Signer<'a> {
        Signer {
            certificate: &self.certificate,
            key: &self.key,
            scheme: self.key.scheme().unwrap(),
            chain: &[],
            encryption_certificate: &self.certificate,
            capabilities,
            time: "2026-11-24T02:00:00Z".parse().unwrap(),
        }
    }
}

static RSA: LazyLock<Person> = LazyLock::new(|| Person::new(KeyKind::Rsa2048));
static P256: LazyLock<Person> = LazyLock::new(|| Person::new(KeyKind::P256));
static P384: LazyLock<Person> = LazyLock::new(|| Person::new(KeyKind::P384));

struct Keys<'a>(Vec<&'a Person>);

impl DecryptionKeys for Keys<'_> {
    fn certificates(&self) -> Vec<Certificate> {
        self.0.iter().map(|person| person.certificate.clone()).collect()
    }

    fn private_key(&self, certificate: &Certificate) -> Option<PrivateKey> {
        self.0.iter().find(|person| person.certificate == *certificate).map(|person| person.key.clone())
    }
}

fn transport() -> SpecKeyManagement {
    SpecKeyManagement::Transport(KeyTransport::RsaPkcs1v15)
}

fn oaep() -> SpecKeyManagement {
    let digest = DigestAlgorithm::Sha256;
    SpecKeyManagement::Transport(KeyTransport::RsaOaep { digest, mgf_digest: digest, label: Vec::new() })
}

fn agreement(kdf_digest: DigestAlgorithm) -> SpecKeyManagement {
    SpecKeyManagement::Agreement(
        KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest },
        KeyWrap::Aes256,
    )
}

fn encrypt(recipients: &[(&Person, SpecKeyManagement)], cipher: ContentCipher, content: &[u8]) -> Vec<u8> {
    let specs: Vec<_> = recipients
        .iter()
        .map(|(person, how)| RecipientSpec { certificate: &person.certificate, how: how.clone() })
        .collect();
    let mut writer =
        EnvelopeWriter::new(Vec::new(), &specs, cipher, content.len() as u64, &mut rng()).unwrap();
    let total = writer.total_len();
    content.chunks(10_007).for_each(|piece| writer.write_all(piece).unwrap());
    let message = writer.finish().unwrap();
    assert_eq!(message.len() as u64, total);
    message
}

fn decrypt(message: &[u8], keys: &[&Person]) -> Result<Vec<u8>, CmsError> {
    let limits = Limits::default();
    let mut source = Cursor::new(message);
    let envelope = enveloped_data::read(&mut source, &limits)?;
    let spool = MemorySpool::new(1 << 24);
    let (mut file, _) = envelope.decrypt(&mut source, &Keys(keys.to_vec()), &spool, &limits, &mut rng())?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

fn read_signed(message: &[u8]) -> Result<(SignedData, Vec<u8>), CmsError> {
    let mut content = Vec::new();
    let signed = signed_data::read(&mut &message[..], &Limits::default(), &mut content)?;
    Ok((signed, content))
}

fn verify_first(signed: &SignedData, certificate: &Certificate) -> Result<(), SignerError> {
    signed.signers[0].verify(&signed.digests, signed.content_type, certificate, certificate.public_key())
}

#[test]
fn every_way_of_encrypting_comes_back() {
    let large: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    for cipher in [
        ContentCipher::Aes128Cbc,
        ContentCipher::Aes256Cbc,
        ContentCipher::Aes128Gcm,
        ContentCipher::Aes256Gcm,
    ] {
        for (person, how) in [
            (&*RSA, transport()),
            (&*RSA, oaep()),
            (&*P256, agreement(DigestAlgorithm::Sha1)),
            (&*P384, agreement(DigestAlgorithm::Sha384)),
        ] {
            for content in [&b""[..], TEXT, &large] {
                let message = encrypt(&[(person, how.clone())], cipher, content);
                assert_eq!(decrypt(&message, &[person]).unwrap(), content);
            }
        }
    }
}

#[test]
fn each_of_several_recipients_opens_and_nobody_else() {
    let recipients = [
        (&*RSA, transport()),
        (&*P256, agreement(DigestAlgorithm::Sha256)),
        (&*P384, agreement(DigestAlgorithm::Sha1)),
    ];
    let message = encrypt(&recipients, ContentCipher::Aes256Gcm, TEXT);
    for (person, _) in &recipients {
        assert_eq!(decrypt(&message, &[person]).unwrap(), TEXT);
    }
    let stranger = Person::new(KeyKind::P256);
    assert!(matches!(decrypt(&message, &[&stranger]), Err(CmsError::NoKey)));
    assert!(matches!(decrypt(&message, &[]), Err(CmsError::NoKey)));
}

#[test]
fn a_named_certificate_with_another_key_opens_nothing() {
    for (kind, how) in [
        (KeyKind::Rsa2048, transport()),
        (KeyKind::Rsa2048, oaep()),
        (KeyKind::P256, agreement(DigestAlgorithm::Sha1)),
    ] {
        let right = Person::new(kind);
        let wrong =
            Person { certificate: right.certificate.clone(), key: PrivateKey::generate(kind, &mut rng()) };
        for cipher in [ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm] {
            let message = encrypt(&[(&right, how.clone())], cipher, TEXT);
            assert!(matches!(decrypt(&message, &[&wrong]), Err(CmsError::Undecryptable)));
        }
    }
}

#[test]
fn a_content_of_another_length_is_refused() {
    let spec = [RecipientSpec { certificate: &P256.certificate, how: agreement(DigestAlgorithm::Sha1) }];
    let writer = || EnvelopeWriter::new(Vec::new(), &spec, ContentCipher::Aes128Cbc, 3, &mut rng()).unwrap();
    let mut longer = writer();
    assert!(longer.write_all(b"four").is_err());
    let mut shorter = writer();
    shorter.write_all(b"12").unwrap();
    assert!(shorter.finish().is_err());
    assert!(matches!(
        EnvelopeWriter::new(Vec::new(), &[], ContentCipher::Aes128Cbc, 3, &mut rng()),
        Err(CmsError::NoKey)
    ));
}

#[test]
fn a_key_that_cannot_be_used_so_is_named() {
    let spec = [RecipientSpec { certificate: &P256.certificate, how: transport() }];
    let outcome = EnvelopeWriter::new(Vec::new(), &spec, ContentCipher::Aes128Cbc, 3, &mut rng());
    assert!(matches!(outcome, Err(CmsError::Algorithm(oid)) if oid.to_string() == "1.2.840.10045.2.1"));
}

#[test]
fn an_attached_signature_comes_back_with_what_it_says() {
    for person in [&*RSA, &*P256, &*P384] {
        let (signed, content) = read_signed(&person.sign(TEXT)).unwrap();
        assert_eq!(
            (content.as_slice(), signed.attached, signed.content_type),
            (TEXT, true, ContentType::Data)
        );
        assert_eq!(signed.certificates, std::slice::from_ref(&person.certificate));
        verify_first(&signed, &person.certificate).unwrap();
        let signer = &signed.signers[0];
        assert!(signer.id.names(&person.certificate) && signer.has_signed_attributes);
        assert_eq!(signer.attributes.signing_time, Some("2026-11-24T02:00:00Z".parse().unwrap()));
        assert!(signer.attributes.capabilities.as_ref().unwrap().contains(ContentCipher::Aes256Gcm.oid()));
        assert!(signer.attributes.encryption_key_preference.as_ref().unwrap().names(&person.certificate));
        let (digest, hash) = signer.attributes.signing_certificate.clone().unwrap();
        assert_eq!(hash, digest.digest(person.certificate.as_der()));
    }
}

#[test]
fn a_detached_signature_holds_for_its_content_only() {
    let capabilities = Capabilities::default();
    let digest = DigestAlgorithm::Sha256.digest(TEXT);
    let message = signed_data::sign_detached(&P256.signer(&capabilities), &digest, &mut rng()).unwrap();
    let (mut signed, content) = read_signed(&message).unwrap();
    assert!(content.is_empty() && !signed.attached && signed.digests.0.is_empty());
    assert_eq!(signed.digest_algorithms(), [DigestAlgorithm::Sha256]);
    assert_eq!(verify_first(&signed, &P256.certificate), Err(SignerError::UnknownAlgorithm));
    signed.digests.0 = vec![(DigestAlgorithm::Sha256, digest)];
    assert_eq!(verify_first(&signed, &P256.certificate), Ok(()));
    assert_eq!(verify_first(&signed, &P384.certificate), Err(SignerError::BadSignature));
    signed.content_type = ContentType::EnvelopedData;
    assert_eq!(verify_first(&signed, &P256.certificate), Err(SignerError::Attributes));
    signed.content_type = ContentType::Data;
    signed.digests.0[0].1 = DigestAlgorithm::Sha256.digest(b"other");
    assert_eq!(verify_first(&signed, &P256.certificate), Err(SignerError::ContentChanged));
}

#[test]
fn another_certificate_for_the_same_key_is_noticed() {
    let address = "alice@example.org".parse().unwrap();
    let other = issue::self_signed("Alice", &[address], &P256.key, Timestamp::now(), 30, &mut rng()).unwrap();
    let (signed, _) = read_signed(&P256.sign(TEXT)).unwrap();
    assert_eq!(verify_first(&signed, &other), Err(SignerError::OtherCertificate));
}

#[test]
fn content_that_changes_while_it_is_signed_is_an_io_error() {
    let capabilities = Capabilities::default();
    let digest = DigestAlgorithm::Sha256.digest(TEXT);
    for (content, len) in [(&b"other"[..], 5), (TEXT, 5), (TEXT, 100)] {
        let outcome = signed_data::write_attached(
            &mut Vec::new(),
            &P256.signer(&capabilities),
            &mut &content[..],
            len,
            &digest,
            &mut rng(),
        );
        assert!(matches!(outcome, Err(CmsError::Io(_))));
    }
}

#[test]
fn certificates_alone_come_back_once_each() {
    let both = [RSA.certificate.clone(), P256.certificate.clone(), RSA.certificate.clone()];
    let (signed, _) = read_signed(&signed_data::certs_only(&both)).unwrap();
    assert_eq!((signed.certificates.len(), signed.signers.len(), signed.attached), (2, 0, false));
    assert!(both.iter().all(|certificate| signed.certificates.contains(certificate)));
}

#[test]
fn attributes_in_another_order_are_verified_as_they_were_signed() {
    let mut message = P256.sign(TEXT);
    // contentType and signingTime are the shortest and so come first: 26 and 30 octets
    let first = [0x30, 0x18, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
    let start = message.windows(first.len()).position(|window| window == first).unwrap();
    message[start..start + 56].rotate_left(26);
    assert_ne!(message[start..start + 13], first);
    let (signed, _) = read_signed(&message).unwrap();
    assert_eq!(verify_first(&signed, &P256.certificate), Ok(()));
}
