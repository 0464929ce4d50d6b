//! Signatures in every form that CMS has, made octet by octet.

use super::*;
use crate::smime::cms::ContentType;
use crate::smime::cms::signer_info::SignerError;
use crate::smime::crypto::test_hex::unhex;
use crate::smime::crypto::{PssParameters, SignatureScheme};
use crate::smime::message::layer::{Signature, SignerFacts};

const TEXT: &[u8] = b"Content-Type: text/plain\r\n\r\nGut so.\r\n";

fn ed25519() -> Person {
    let der =
        [&unhex("302e020100300506032b657004220420")[..], b"a key of exactly thirty-two octets"].concat();
    Person::with_key("Edda", "edda@example.com", PrivateKey::from_der(&der[..48]).unwrap())
}

fn rsa() -> Person {
    Person::with_key("Rosa", "rosa@example.com", PrivateKey::generate(KeyKind::Rsa2048, &mut rng()))
}

/// One SignerInfo in the making.
struct Info<'a> {
    by: &'a Person,
    digest: DigestAlgorithm,
    scheme: SignatureScheme,
    /// SET OF Attribute, if there are any.
    attributes: Option<Vec<u8>>,
    unsigned: Vec<u8>,
}

impl<'a> Info<'a> {
    fn new(by: &'a Person) -> Self {
        let scheme = by.key.scheme().unwrap();
        let digest = scheme.content_digest().unwrap();
        Self { by, digest, scheme, attributes: None, unsigned: Vec::new() }
    }

    fn with_attributes(mut self, content: &[u8]) -> Self {
        let message_digest = writer::octet_string(&self.digest.digest(content));
        self.attributes = Some(writer::set_of(
            tag::SET,
            vec![
                attribute("1.2.840.113549.1.9.3", &writer::oid(ContentType::Data.oid())),
                attribute("1.2.840.113549.1.9.4", &message_digest),
            ],
        ));
        self
    }

    fn der(&self, content: &[u8]) -> Vec<u8> {
        let signed = self.attributes.as_deref().unwrap_or(content);
        let signature = self.by.key.sign_message(&self.scheme, signed, &mut rng()).unwrap();
        let mut sent = self.attributes.clone().unwrap_or_default();
        if let Some(identifier) = sent.first_mut() {
            *identifier = tag::context_constructed(0);
        }
        writer::sequence(&[
            &writer::small_integer(1),
            &writer::sequence(&[&issuer_and_serial(&self.by.certificate)]),
            &writer::algorithm(self.digest.oid()),
            &sent,
            &self.scheme.to_algorithm_der(),
            &writer::octet_string(&signature),
            &self.unsigned,
        ])
    }
}

fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    let kind = writer::oid(const_oid::ObjectIdentifier::new_unwrap(kind));
    writer::sequence(&[&kind, &writer::value(tag::SET, &[value])])
}

/// A SignedData over `content`, which it holds or not.
fn signed_data(content: &[u8], attached: bool, infos: &[Info<'_>]) -> Vec<u8> {
    let inside = writer::value(tag::context_constructed(0), &[&writer::octet_string(content)]);
    let (algorithms, infos, certificates) = (
        infos.iter().map(|info| writer::algorithm(info.digest.oid())).collect(),
        infos.iter().map(|info| info.der(content)).collect(),
        infos.iter().map(|info| info.by.certificate.as_der().to_vec()).collect(),
    );
    let signed = writer::sequence(&[
        &writer::small_integer(1),
        &writer::set_of(tag::SET, algorithms),
        &writer::sequence(&[&writer::oid(ContentType::Data.oid()), if attached { &inside } else { &[] }]),
        &writer::set_of(tag::context_constructed(0), certificates),
        &writer::set_of(tag::SET, infos),
    ]);
    let content = writer::value(tag::context_constructed(0), &[&signed]);
    writer::sequence(&[&writer::oid(ContentType::SignedData.oid()), &content])
}

fn multipart(part: &str, signature: &[u8]) -> String {
    let signature = base64_simd::STANDARD.encode_to_string(signature);
    format!(
        "From: edda@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; \
         protocol=\"application/pkcs7-signature\"; micalg=sha-512; boundary=b\r\n\r\n--b\r\n{part}\r\n--b\r\n\
         Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n{signature}\r\n--b--\r\n"
    )
}

/// Another word in the text.
fn changed(message: &[u8]) -> Vec<u8> {
    let place = message.windows(3).position(|octets| octets == b"Gut").unwrap();
    [&message[..place], b"Nun", &message[place + 3..]].concat()
}

fn signature(opened: &Opened) -> &Signature {
    opened.counting_signature().unwrap().1
}

#[track_caller]
fn only_signer(message: &[u8]) -> SignerFacts {
    let opened = Person::new("Nobody", "nobody@example.com").read(message).unwrap();
    let signature = signature(&opened);
    assert_eq!(signature.signers.len(), 1);
    signature.signers[0].clone()
}

/// RFC 8419 section 3: without attributes Ed25519 signs the content itself, which is then read again.
#[test]
fn ed25519_without_attributes_is_over_the_content_itself() {
    let edda = ed25519();
    let good = signed_data(TEXT, true, &[Info::new(&edda)]);
    let signer = only_signer(&good);
    assert!(signer.is_valid(), "{:?}", signer.outcome);
    assert_eq!((signer.scheme.as_str(), signer.digest.as_str(), signer.weak), ("Ed25519", "SHA-512", false));

    assert_eq!(only_signer(&changed(&good)).outcome, Err(SignerError::BadSignature));

    let part = std::str::from_utf8(TEXT).unwrap();
    let mail = multipart(part, &signed_data(TEXT, false, &[Info::new(&edda)]));
    for mail in [mail.clone(), mail.replace("\r\n", "\n")] {
        assert!(only_signer(mail.as_bytes()).is_valid(), "{mail}");
        let changed = mail.replace("Gut", "Nun");
        assert_eq!(only_signer(changed.as_bytes()).outcome, Err(SignerError::BadSignature));
    }
    // Signed before the mail system turned LF into CRLF.
    let unix = part.replace("\r\n", "\n");
    let mail = multipart(part, &signed_data(unix.as_bytes(), false, &[Info::new(&edda)]));
    assert!(only_signer(mail.as_bytes()).is_valid());
}

#[test]
fn ed25519_with_attributes_holds_with_any_good_hash() {
    let edda = ed25519();
    for digest in DigestAlgorithm::ALL {
        let info = Info { digest, ..Info::new(&edda) }.with_attributes(TEXT);
        let signer = only_signer(&signed_data(TEXT, true, &[info]));
        assert!(signer.is_valid());
        assert_eq!(signer.weak, digest == DigestAlgorithm::Sha1);
        let other = Info { digest, ..Info::new(&edda) }.with_attributes(b"other content");
        let signer = only_signer(&signed_data(TEXT, true, &[other]));
        assert_eq!(signer.outcome, Err(SignerError::ContentChanged));
    }
}

/// Whoever cuts the attributes off and puts them in the content's place must not get a valid signature out of it.
#[test]
fn signed_attributes_as_the_content_are_refused() {
    for person in [ed25519(), rsa()] {
        let attributes = Info::new(&person).with_attributes(TEXT).attributes.unwrap();
        let message = signed_data(&attributes, true, &[Info::new(&person)]);
        assert_eq!(only_signer(&message).outcome, Err(SignerError::Attributes));
    }
}

/// The content is read once for each signature over it: not as often as somebody likes.
#[test]
fn readings_of_the_content_are_counted() {
    let edda = ed25519();
    let many =
        |count: usize| signed_data(TEXT, true, &(0..count).map(|_| Info::new(&edda)).collect::<Vec<_>>());
    let opened = edda.read(&many(16)).unwrap();
    assert!(signature(&opened).signers.iter().all(SignerFacts::is_valid));
    assert!(matches!(edda.read(&many(17)).err(), Some(OpenError::TooMuch(_))));
}

#[test]
fn pss_with_and_without_attributes() {
    let rosa = rsa();
    for (parameters, weak) in [
        (PssParameters::new(DigestAlgorithm::Sha256), false),
        (PssParameters { salt_len: 0, ..PssParameters::new(DigestAlgorithm::Sha384) }, false),
        (
            PssParameters {
                digest: DigestAlgorithm::Sha512,
                mgf_digest: DigestAlgorithm::Sha1,
                salt_len: 100,
            },
            false,
        ),
        (PssParameters::new(DigestAlgorithm::Sha1), true),
    ] {
        let info = || Info {
            scheme: SignatureScheme::RsaPss(parameters),
            digest: parameters.digest,
            ..Info::new(&rosa)
        };
        for info in [info(), info().with_attributes(TEXT)] {
            let message = signed_data(TEXT, true, &[info]);
            let signer = only_signer(&message);
            assert!(signer.is_valid(), "{parameters:?}");
            assert_eq!(signer.weak, weak, "{parameters:?}");
            assert!(only_signer(&changed(&message)).outcome.is_err(), "{parameters:?}");
        }
    }
}

/// The hash of the content and the hash that is signed may be different ones; the weaker counts.
#[test]
fn two_hashes_that_disagree() {
    let rosa = rsa();
    let (sha1, sha256) = (DigestAlgorithm::Sha1, DigestAlgorithm::Sha256);
    for (digest, signed, weak) in
        [(sha256, sha1, true), (sha1, sha256, true), (sha256, DigestAlgorithm::Sha384, false)]
    {
        let info = Info { digest, scheme: SignatureScheme::RsaPkcs1v15(signed), ..Info::new(&rosa) };
        let signer = only_signer(&signed_data(TEXT, true, &[info.with_attributes(TEXT)]));
        assert!(signer.is_valid());
        assert_eq!(signer.weak, weak, "{digest:?} {signed:?}");
    }
}

/// Counter-signatures and what nobody knows stand among the unsigned attributes, and some program's own things among the
/// signed ones.
#[test]
fn other_attributes_are_passed_over() {
    let rosa = rsa();
    let mut info = Info::new(&rosa).with_attributes(TEXT);
    let counter_signature = Info::new(&rosa).with_attributes(b"the signature").der(b"");
    info.unsigned = writer::set_of(
        tag::context_constructed(1),
        vec![attribute("1.2.840.113549.1.9.6", &counter_signature), attribute("1.2.3.4", &[5, 0])],
    );
    let members = [
        attribute("1.2.840.113549.1.9.3", &writer::oid(ContentType::Data.oid())),
        attribute("1.2.840.113549.1.9.4", &writer::octet_string(&info.digest.digest(TEXT))),
        attribute("1.2.3.5", &writer::octet_string(b"anything")),
    ];
    info.attributes = Some(writer::set_of(tag::SET, members.to_vec()));
    assert!(only_signer(&signed_data(TEXT, true, &[info])).is_valid());
}

/// All are checked; the one that counts is valid and the sender's, and one that fails is said.
#[test]
fn of_several_signers_the_senders_counts() {
    let (edda, rosa, kim) = (ed25519(), rsa(), Person::new("Kim", "kim@example.com"));
    let infos = || [&rosa, &edda, &kim].map(|by| Info::new(by).with_attributes(TEXT));
    let from = |address: &str, infos: &[Info<'_>]| {
        let part = std::str::from_utf8(TEXT).unwrap();
        let mail = multipart(part, &signed_data(TEXT, false, infos)).replace("edda@example.com", address);
        kim.read(mail.as_bytes()).unwrap()
    };
    for person in [&edda, &rosa, &kim] {
        let opened = from(person.mailbox.address.as_str(), &infos());
        assert_eq!(signature(&opened).signers.len(), 3);
        assert!(signature(&opened).signers.iter().all(SignerFacts::is_valid));
        assert_eq!(opened.signer().unwrap().certificate.as_ref(), Some(&person.certificate));
    }
    let mut one_bad = infos();
    one_bad[1] = Info::new(&edda).with_attributes(b"other content");
    let opened = from("edda@example.com", &one_bad);
    assert_eq!(signature(&opened).signers.iter().filter(|signer| signer.is_valid()).count(), 2);
    assert_ne!(opened.signer().unwrap().certificate.as_ref(), Some(&edda.certificate));
    let verdict = verdict(&opened);
    assert_eq!((verdict.signature.state, verdict.signature.matches_from), ("valid", Some(false)));
    assert!(verdict.findings.iter().any(|finding| finding.text.contains("Another signature")));
}

#[test]
fn without_a_signer_nothing_is_signed() {
    let opened = rsa().read(&signed_data(TEXT, true, &[])).unwrap();
    assert!(opened.counting_signature().is_none());
    let verdict = verdict(&opened);
    assert_eq!((verdict.signature.state, verdict.tier), ("none", Some(Tier::NotSecure)));
    assert_eq!(opened.text(), "Gut so.\n");
}

/// A scheme that nobody here computes is named, and neither valid nor called a forgery.
#[test]
fn schemes_of_tomorrow_are_named() {
    let rosa = rsa();
    let mut message = signed_data(TEXT, true, &[Info::new(&rosa).with_attributes(TEXT)]);
    // sha256WithRSAEncryption, in the SignerInfo at the end, becomes id-ml-dsa-65.
    let (rsa, ml_dsa) = (
        SignatureScheme::RsaPkcs1v15(DigestAlgorithm::Sha256).to_algorithm_der(),
        [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12, 5, 0],
    );
    let place = message.windows(rsa.len()).rposition(|octets| octets == rsa).unwrap();
    message[place..place + rsa.len()].copy_from_slice(&ml_dsa);
    let opened = rosa.read(&message).unwrap();
    assert_eq!(signature(&opened).signers[0].outcome, Err(SignerError::UnknownAlgorithm));
    let verdict = verdict(&opened);
    assert_eq!((verdict.signature.state, verdict.tier), ("invalid", Some(Tier::NotSecure)));
    assert!(
        verdict.sentence.contains("ML-DSA-65, a post-quantum method that Waxseal does not read yet"),
        "{}",
        verdict.sentence
    );
    assert!(verdict.findings.iter().any(|finding| finding.text.contains("ML-DSA-65")));
    // Where the certificate is missing, too, it is not all that is missing.
    let serial = issuer_and_serial(&rosa.certificate);
    let place = message.windows(serial.len()).rposition(|octets| octets == serial).unwrap();
    message[place + serial.len() - 1] ^= 1;
    let opened = rosa.read(&message).unwrap();
    let verdict = self::verdict(&opened);
    assert_eq!((verdict.signature.state, verdict.tier), ("unknown-signer", Some(Tier::NotSecure)));
    assert!(verdict.findings.iter().any(|finding| finding.text.contains("ML-DSA-65, a post-quantum")));
}
