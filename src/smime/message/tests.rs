//! Two people, from a note to its verdict, and what somebody in between can do to it.

use std::io::Cursor;

use jiff::Timestamp;
use rand_core::UnwrapErr;

use super::layer::Layer;
use super::open::{CertificateLookup, Context, OpenError, Opened, open};
use super::seal::{Form, Note, SignWith, seal, sign};
use super::verdict::{Evidence, Tier, Verdict, judge};
use crate::smime::cms::enveloped_data::DecryptionKeys;
use crate::smime::cms::recipient_info::CertificateId;
use crate::smime::crypto::{KeyKind, PrivateKey};
use crate::smime::mime::build::Attachment;
use crate::smime::mime::header::Mailbox;
use crate::smime::recipient::Recipient;
use crate::smime::spool::MemorySpool;
use crate::smime::x509::{Certificate, issue};
use crate::smime::{Address, Limits};

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
        let address: Address = address.parse().unwrap();
        let key = PrivateKey::generate(KeyKind::P256, &mut rng());
        let addresses = std::slice::from_ref(&address);
        let certificate = issue::self_signed(name, addresses, &key, now(), 800, &mut rng()).unwrap();
        Self { mailbox: Mailbox { name: Some(name.into()), address }, key, certificate }
    }

    fn recipient(&self) -> Recipient {
        let certificates = vec![self.certificate.clone()];
        Recipient { address: self.mailbox.address.clone(), certificates, capabilities: None }
    }

    fn sign_with(&self) -> SignWith<'_> {
        SignWith {
            certificate: &self.certificate,
            key: &self.key,
            chain: &[],
            encryption_certificate: &self.certificate,
        }
    }

    fn read(&self, message: &[u8]) -> Result<Opened, OpenError> {
        let spool = MemorySpool::new(1 << 20);
        let limits = Limits::default();
        let context = Context { keys: self, certificates: &Nobody, spool: &spool, limits: &limits };
        open(Box::new(Cursor::new(message.to_vec())), None, &context, &mut rng())
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
}

const PIN: &[u8] = b"PIN 4711\r\n";

fn note<'a>(from: &Person, to: &Person) -> Note<'a> {
    Note {
        from: from.mailbox.clone(),
        to: vec![to.mailbox.clone()],
        cc: Vec::new(),
        subject: Some("Röntgen am Dienstag".into()),
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
