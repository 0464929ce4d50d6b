//! Two people, from a note to its verdict, and what somebody in between can do to it.

mod answers;
mod headers;
mod inside;
mod odd;
mod old;
mod signatures;

use std::io::Cursor;

use jiff::Timestamp;
use rand_core::UnwrapErr;

use super::header_protection::confidences::Confidences;
use super::layer::Layer;
use super::open::{CertificateLookup, Context, Input, OpenError, Opened, open};
use super::reply::Thread;
use super::seal::{Form, Note, SignWith, encrypt, seal, sign};
use super::verdict::{Evidence, Tier, Verdict, judge};
use crate::smime::asn1::{tag, writer};
use crate::smime::cms::attributes::Capabilities;
use crate::smime::cms::enveloped_data::DecryptionKeys;
use crate::smime::cms::recipient_info::{CertificateId, issuer_and_serial};
use crate::smime::cms::signed_data::{self, Signer};
use crate::smime::crypto::{DigestAlgorithm, KeyKind, PrivateKey, PublicKey};
use crate::smime::mime::build::Attachment;
use crate::smime::mime::header::Mailbox;
use crate::smime::recipient::Recipient;
use crate::smime::spool::MemorySpool;
use crate::smime::x509::{Certificate, issue};
use crate::smime::{Address, Limits, Source};

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

fn now() -> Timestamp {
    "2027-05-03T10:00:00Z".parse().unwrap()
}

struct Person {
    mailbox: Mailbox,
    key: PrivateKey,
    certificate: Certificate,
}

impl Person {
    fn new(name: &str, address: &str) -> Self {
        Self::with_key(name, address, PrivateKey::generate(KeyKind::P256, &mut rng()))
    }

    fn with_key(name: &str, address: &str, key: PrivateKey) -> Self {
        let address: Address = address.parse().unwrap();
        let addresses = std::slice::from_ref(&address);
        let certificate = issue::self_signed(name, addresses, &key, now(), 800, &mut rng()).unwrap();
        Self { mailbox: Mailbox { name: Some(name.into()), address }, key, certificate }
    }

    fn recipient(&self) -> Recipient {
        let certificates = vec![self.certificate.clone()];
        Recipient {
            address: self.mailbox.address.clone(),
            certificates,
            capabilities: None,
            reads_protected_headers: true,
            device: Default::default(),
            expired: Vec::new(),
        }
    }

    fn sign_with(&self) -> SignWith<'_> {
        SignWith {
            certificate: &self.certificate,
            key: &self.key,
            scheme: self.key.scheme().unwrap(),
            chain: &[],
            encryption_certificate: &self.certificate,
        }
    }

    fn read(&self, message: &[u8]) -> Result<Opened, OpenError> {
        let spool = MemorySpool::new(1 << 20);
        let limits = Limits::default();
        let context = Context { keys: self, certificates: &Nobody, spool: &spool, limits: &limits };
        let source: Box<dyn Source> = Box::new(Cursor::new(message.to_vec()));
        open(source.into(), &context, &mut rng())
    }
}

impl DecryptionKeys for Person {
    fn certificates(&self) -> Vec<Certificate> {
        vec![self.certificate.clone()]
    }

    fn private_key(&self, _certificate: &Certificate) -> Option<PrivateKey> {
        Some(self.key.clone())
    }
}

struct Nobody;

impl CertificateLookup for Nobody {
    fn find(&self, _id: &CertificateId) -> Vec<Certificate> {
        Vec::new()
    }

    fn inherited_key(&self, _: &Certificate, _: &[Certificate]) -> Option<(PublicKey, bool)> {
        None
    }
}

const PIN: &[u8] = b"PIN 4711\r\n";

fn note<'a>(from: &Person, to: &Person) -> Note<'a> {
    Note {
        from: from.mailbox.clone(),
        to: vec![to.mailbox.clone()],
        cc: Vec::new(),
        subject: Some("Röntgen am Dienstag".into()),
        thread: Thread::default(),
        confidences: Confidences::default(),
        text: "Grüße\nund bis bald".into(),
        attachments: vec![Attachment {
            name: "PIN für die Karte.txt".into(),
            media_type: "application/octet-stream".into(),
            len: PIN.len() as u64,
            open: Box::new(|| Ok(Box::new(PIN))),
        }],
        date: now(),
    }
}

fn sealed(from: &Person, to: &Person, form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    let recipients = [to.recipient(), from.recipient()];
    seal(note(from, to), &from.sign_with(), &recipients, form, &mut out, &mut rng()).unwrap();
    out
}

fn in_person() -> Evidence {
    Evidence { in_person: Some(now()), ..Evidence::default() }
}

fn verdict(opened: &Opened) -> Verdict {
    judge(opened, Some(&in_person()), now())
}

#[test]
fn a_sealed_note_reaches_the_top() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    for form in [Form::Mail, Form::Cms] {
        let mut opened = robin.read(&sealed(&kim, &robin, form)).unwrap();
        assert_eq!(opened.text(), "Grüße\nund bis bald\n");
        assert_eq!(opened.headers.subject.as_deref(), Some("Röntgen am Dienstag"));
        assert!(opened.headers.protected);
        assert_eq!(opened.attachments()[0].name, "PIN für die Karte.txt");
        let mut attachment = Vec::new();
        opened.write_attachment(0, &mut attachment).unwrap();
        assert_eq!(attachment, PIN);
        let verdict = verdict(&opened);
        assert_eq!(verdict.tier, Some(Tier::BeyondReasonableDoubt), "{:?}", verdict.findings);
        assert_eq!(verdict.signature.matches_from, Some(true));
    }
}

#[test]
fn the_sender_can_read_it_and_a_stranger_cannot() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let message = sealed(&kim, &robin, Form::Mail);
    assert_eq!(kim.read(&message).unwrap().text(), "Grüße\nund bis bald\n");
    let stranger = Person::new("Eve", "eve@example.com").read(&message).unwrap();
    assert!(matches!(stranger.undecryptable, Some(OpenError::NoKey { .. })));
    assert_eq!(verdict(&stranger).tier, None);
    assert_eq!(stranger.text(), "");
    assert_eq!(stranger.headers.subject.as_deref(), Some("[...]"));
}

#[test]
fn nothing_of_the_inside_shows_outside() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let message = String::from_utf8(sealed(&kim, &robin, Form::Mail)).unwrap();
    let header = message.split("\r\n\r\n").next().unwrap();
    assert!(header.contains("Subject: [...]\r\n"), "{header}");
    assert!(!message.contains("ntgen"));
    assert!(message.lines().all(|line| line.len() <= 78));
}

/// Every octet of the ciphertext, and of the frame around it: changed content never shows, and no change panics.
#[test]
fn a_changed_octet_never_passes_as_secure() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let message = sealed(&kim, &robin, Form::Cms);
    for index in (0..message.len()).step_by(7) {
        let mut changed = message.clone();
        changed[index] ^= 0x20;
        let Ok(opened) = robin.read(&changed) else { continue };
        let same = opened.text() == "Grüße\nund bis bald\n" && opened.attachments().len() == 1;
        let tier = verdict(&opened).tier;
        assert!(same || tier.is_none_or(|tier| tier == Tier::NotSecure), "octet {index}: {tier:?}");
    }
}

#[test]
fn a_truncated_message_is_refused_or_closed() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let message = sealed(&kim, &robin, Form::Cms);
    for end in (0..message.len()).step_by(31) {
        match robin.read(&message[..end]) {
            Ok(opened) => assert!(opened.undecryptable.is_some(), "cut at {end}"),
            Err(error) => assert!(!error.is_closed(), "cut at {end}: {error:?}"),
        }
    }
}

#[test]
fn signed_only_is_readable_on_the_way() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    for form in [Form::Mail, Form::Cms] {
        let mut out = Vec::new();
        let spool = MemorySpool::new(1 << 20);
        sign(note(&kim, &robin), &kim.sign_with(), form, &spool, &mut out, &mut rng()).unwrap();
        let verdict = verdict(&robin.read(&out).unwrap());
        assert_eq!(verdict.signature.state, "valid");
        assert_eq!(verdict.encryption.state, "none");
        assert_eq!(verdict.tier, Some(Tier::NotSecure));
    }
}

#[test]
fn line_ends_that_a_disk_changed_do_not_break_a_signature_but_a_word_does() {
    let kim = Person::new("Kim", "kim@example.com");
    let robin = Person::new("Robin", "robin@example.com");
    let mut out = Vec::new();
    let spool = MemorySpool::new(1 << 20);
    sign(note(&kim, &robin), &kim.sign_with(), Form::Mail, &spool, &mut out, &mut rng()).unwrap();
    let unix = String::from_utf8(out).unwrap().replace("\r\n", "\n");
    assert_eq!(verdict(&robin.read(unix.as_bytes()).unwrap()).signature.state, "valid");
    let forged = unix.replace("und bis bald", "und bis nie.");
    assert_ne!(forged, unix);
    let verdict = verdict(&robin.read(forged.as_bytes()).unwrap());
    assert_eq!((verdict.signature.state, verdict.tier), ("invalid", Some(Tier::NotSecure)));
}

#[test]
fn somebody_elses_signature_under_a_borrowed_name_is_found() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let eve = Person { mailbox: kim.mailbox.clone(), ..Person::new("Eve", "eve@example.com") };
    let opened = robin.read(&sealed(&eve, &robin, Form::Mail)).unwrap();
    let verdict = verdict(&opened);
    assert_eq!((verdict.signature.matches_from, verdict.tier), (Some(false), Some(Tier::NotSecure)));
}

#[test]
fn an_expired_certificate_keeps_from_the_top() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let opened = robin.read(&sealed(&kim, &robin, Form::Mail)).unwrap();
    let later = "2031-01-01T00:00:00Z".parse().unwrap();
    let verdict = judge(&opened, Some(&in_person()), later);
    assert_eq!(
        (verdict.signature.validity_id(), verdict.tier),
        (Some("expired"), Some(Tier::ProbablySecure))
    );
}

#[test]
fn a_signed_part_among_others_does_not_speak_for_the_whole() {
    let kim = Person::new("Kim", "kim@example.com");
    let robin = Person::new("Robin", "robin@example.com");
    let mut signed = Vec::new();
    let spool = MemorySpool::new(1 << 20);
    sign(note(&kim, &robin), &kim.sign_with(), Form::Mail, &spool, &mut signed, &mut rng()).unwrap();
    let signed = String::from_utf8(signed).unwrap();
    let part = &signed[signed.find("Content-Type: multipart/signed").unwrap()..];
    let mail = format!(
        "From: kim@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n\
         --list\r\n{part}\r\n--list\r\nContent-Type: text/plain\r\n\r\nA footer.\r\n--list--\r\n"
    );
    let opened = robin.read(mail.as_bytes()).unwrap();
    let verdict = verdict(&opened);
    assert_eq!(verdict.signature.state, "valid");
    assert!(!verdict.signature.covers_whole_message);
    assert_eq!(verdict.tier, Some(Tier::NotSecure));
    assert!(opened.text().contains("A footer."));
}

#[test]
fn the_layers_are_told_from_outside_in() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let mut opened = robin.read(&sealed(&kim, &robin, Form::Mail)).unwrap();
    let layers: Vec<_> = opened.layers.iter().map(Layer::smime_type).collect();
    assert_eq!(layers, ["enveloped-data", "signed-data"]);
    let mut content = String::new();
    opened.content().unwrap().read_to_string(&mut content).unwrap();
    assert!(content.starts_with("From: "), "{content}");
    assert!(content.contains("HP-Outer: Subject: [...]\r\n"), "{content}");
}

/// `content` in a SignedData by `signer` in an EnvelopedData for `to`, without a mail around.
fn signed_and_sealed(signer: &Person, to: &Person, content: &[u8]) -> Vec<u8> {
    only_sealed(to, &signed(signer, content))
}

fn signed(signer: &Person, content: &[u8]) -> Vec<u8> {
    let capabilities = Capabilities::default();
    let with = Signer {
        certificate: &signer.certificate,
        key: &signer.key,
        scheme: signer.key.scheme().unwrap(),
        chain: &[],
        encryption_certificate: &signer.certificate,
        capabilities: &capabilities,
        time: now(),
    };
    let (mut signed, digest) = (Vec::new(), DigestAlgorithm::Sha256.digest(content));
    let len = content.len() as u64;
    signed_data::write_attached(&mut signed, &with, &mut &*content, len, &digest, &mut rng()).unwrap();
    signed
}

fn only_sealed(to: &Person, content: &[u8]) -> Vec<u8> {
    let (mut out, len) = (Vec::new(), content.len() as u64);
    encrypt(&mut &*content, len, &[to.recipient()], now(), Form::Cms, &mut out, &mut rng()).unwrap();
    out
}

/// The mail that carries `cms`.
fn mail(from: &str, cms: &[u8]) -> Vec<u8> {
    let body = base64_simd::STANDARD.encode_to_string(cms);
    format!(
        "{from}Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

#[test]
fn a_header_inside_without_from_does_not_hide_the_one_outside() {
    let (eve, robin) = (Person::new("Eve", "eve@example.com"), Person::new("Robin", "robin@example.com"));
    for inside in [
        "Subject: hello\r\nContent-Type: text/plain; hp=\"cipher\"\r\n\r\nPay.\r\n",
        "Content-Type: message/rfc822\r\n\r\nSubject: hello\r\n\r\nPay.\r\n",
    ] {
        let cms = signed_and_sealed(&eve, &robin, inside.as_bytes());
        for (from, matches, tier) in [
            ("From: kim@example.com\r\n", Some(false), Tier::NotSecure),
            ("From: eve@example.com\r\nFrom: kim@example.com\r\n", Some(false), Tier::NotSecure),
            ("From: eve@example.com\r\n", Some(true), Tier::BeyondReasonableDoubt),
        ] {
            let verdict = verdict(&robin.read(&mail(from, &cms)).unwrap());
            assert_eq!((verdict.signature.matches_from, verdict.tier), (matches, Some(tier)), "{from}");
        }
    }
}

/// Eve has one genuine signature of Kim's, leaves its attributes out and makes them the content.
#[test]
fn signed_attributes_do_not_pass_for_a_content() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let digest = |octets: &[u8]| DigestAlgorithm::Sha256.digest(octets);
    let attribute = |oid: const_oid::ObjectIdentifier, value: &[u8]| {
        writer::sequence(&[&writer::oid(oid), &writer::value(tag::SET, &[value])])
    };
    let (content_type, message_digest) =
        (const_oid::db::rfc5911::ID_CONTENT_TYPE, const_oid::db::rfc5911::ID_MESSAGE_DIGEST);
    let data = writer::oid(const_oid::db::rfc5911::ID_DATA);
    let attributes =
        [attribute(content_type, &data), attribute(message_digest, &writer::octet_string(&digest(b"hello")))];
    let attributes = writer::set_of(tag::SET, attributes.to_vec());
    for (content, state) in [(&attributes[..], "invalid"), (&b"1 apple"[..], "valid")] {
        let scheme = kim.key.scheme().unwrap();
        let signature = kim.key.sign(&scheme, &digest(content), &mut rng()).unwrap();
        let sha256 = writer::algorithm(const_oid::db::rfc5912::ID_SHA_256);
        let signer = writer::sequence(&[
            &writer::small_integer(1),
            &writer::sequence(&[&issuer_and_serial(&kim.certificate)]),
            &sha256,
            &writer::algorithm(const_oid::db::rfc5912::ECDSA_WITH_SHA_256),
            &writer::octet_string(&signature),
        ]);
        let inside = writer::sequence(&[
            &writer::small_integer(1),
            &writer::value(tag::SET, &[&sha256]),
            &writer::sequence(&[&data, &writer::value(0xa0, &[&writer::octet_string(content)])]),
            &writer::value(0xa0, &[kim.certificate.as_der()]),
            &writer::value(tag::SET, &[&signer]),
        ]);
        let signed_data = writer::oid(const_oid::db::rfc5911::ID_SIGNED_DATA);
        let cms = writer::sequence(&[&signed_data, &writer::value(0xa0, &[&inside])]);
        let verdict = verdict(&robin.read(&only_sealed(&robin, &cms)).unwrap());
        assert_eq!(verdict.signature.state, state);
        assert_eq!(verdict.tier == Some(Tier::NotSecure), state == "invalid");
    }
}

#[test]
fn a_bare_text_is_shown_whole_and_clean() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let armour = "See:\n-----BEGIN CMS-----\nMAA=\n-----END CMS-----\nBye.\n";
    for (text, shown) in [
        ("a\r\nb\u{1b}[2J\u{202e}c\u{9b}0m", "a\nb[2J\u{fffd}c0m"),
        (armour, armour),
        ("MIIBIjANBgkqhkiG9w0BAQEFAA\n", "MIIBIjANBgkqhkiG9w0BAQEFAA\n"),
    ] {
        let opened = robin.read(&signed_and_sealed(&kim, &robin, text.as_bytes())).unwrap();
        assert_eq!(opened.text(), shown);
        assert_eq!(verdict(&opened).tier, Some(Tier::BeyondReasonableDoubt));
    }
}

#[test]
fn a_thousand_attachments_of_one_name_take_no_time() {
    let robin = Person::new("Robin", "robin@example.com");
    let part = "--b\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n".repeat(1900);
    let mail = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{part}--b--\r\n");
    let start = std::time::Instant::now();
    let opened = robin.read(mail.as_bytes()).unwrap();
    assert_eq!(opened.attachments().len(), 1900);
    assert_eq!(opened.attachments()[1899].name, "a (1900).png");
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
