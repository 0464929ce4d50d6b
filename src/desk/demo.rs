//! Two throw-away people in memory exchange certificates, seal, open, and compare their keys.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;

use super::Desk;
use super::contacts::ContactError;
use super::identities::IdentityError;
use super::open::{Reading, ReadingError};
use super::seal::{Letter, SealingError};
use crate::problem::{Explain, Problem};
use crate::smime::Address;
use crate::smime::crypto::{KeyKind, PrivateKey};
use crate::smime::message::header_protection::confidences::Confidences;
use crate::smime::message::reply::Thread;
use crate::smime::x509::issue;
use crate::store::vault::{NobodyToAsk, VaultKind};
use crate::store::{Location, StoreError, clock};

/// What happens in one step.
pub struct Step {
    /// "Robin seals a note to Kim."
    pub what: String,
    /// The message that came of it, judged by its reader.
    pub reading: Option<Reading>,
}

/// Why the demo stopped.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DemoError {
    /// Making or giving out a key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Learning a certificate.
    #[error(transparent)]
    Contact(#[from] ContactError),
    /// Sealing.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// Opening.
    #[error(transparent)]
    Reading(#[from] ReadingError),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The throw-away folder.
    #[error(transparent)]
    Folder(#[from] std::sync::Arc<std::io::Error>),
}

impl Explain for DemoError {
    fn explain(&self) -> Problem {
        match self {
            Self::Identity(error) => error.explain(),
            Self::Contact(error) => error.explain(),
            Self::Sealing(error) => error.explain(),
            Self::Reading(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Folder(error) => Problem::new(
                "The demo has no place for its throw-away files.",
                format!("The folder for temporary files: {}.", error.kind()),
                "Make room there and try again.",
            ),
        }
    }
}

struct Person {
    name: &'static str,
    address: Address,
    desk: Desk,
}

/// Plays the demo; `tell` gets each step as it is done.
pub fn play(now: Timestamp, tell: &mut dyn FnMut(Step)) -> Result<(), DemoError> {
    let folder = tempfile::tempdir().map_err(std::sync::Arc::new)?;
    let place = |name: &str| folder.path().join(name);
    let mut say = |what: &str| tell(Step { what: what.to_owned(), reading: None });

    say("Robin and Kim each make a key and a certificate.");
    let robin = person("Robin", "robin@example.org", now)?;
    let kim = person("Kim", "kim@example.org", now)?;

    let plain = place("plain.eml");
    write_plain(&plain).map_err(std::sync::Arc::new)?;
    let reading = open(&kim, &plain)?;
    tell(Step {
        what: "An ordinary mail reaches Kim. This is what all mail is like:".into(),
        reading: Some(reading),
    });

    tell(Step { what: "They give each other their certificates, as files.".into(), reading: None });
    for (from, to) in [(&robin, &kim), (&kim, &robin)] {
        let file = place(&format!("{}.cer", from.name));
        from.desk.write_certificate(&from.address, &file)?;
        to.desk.import_contact(&file, None)?;
    }

    let note = place("note.eml");
    robin.desk.seal(
        &letter(&robin, &kim.address, "The spare key lies with the neighbours.\n"),
        false,
        &note,
    )?;
    let reading = open(&kim, &note)?;
    tell(Step { what: "Robin seals a note to Kim, and Kim opens it:".into(), reading: Some(reading) });

    let fingerprint = robin.desk.write_certificate(&robin.address, &place("again.cer"))?;
    for certificate in &fingerprint {
        kim.desk.verify_contact(&robin.address, &certificate.fingerprint())?;
    }
    let reading = open(&kim, &note)?;
    tell(Step {
        what: "They meet and compare the fingerprint of Robin's certificate. The same note again:".into(),
        reading: Some(reading),
    });

    let impostor = person("Robin", "robin@example.org", now)?;
    impostor.desk.import_contact(&place("Kim.cer"), None)?;
    let forged = place("forged.eml");
    impostor.desk.seal(
        &letter(&impostor, &kim.address, "Please send me the password again.\n"),
        false,
        &forged,
    )?;
    let reading = open(&kim, &forged)?;
    tell(Step { what: "Somebody else seals a note to Kim in Robin's name:".into(), reading: Some(reading) });
    Ok(())
}

/// Fills `desk`, a profile in memory, with a person who looks around, two throw-away people and what they wrote.
pub fn furnish(desk: &Desk) -> Result<(), DemoError> {
    let folder = tempfile::tempdir().map_err(std::sync::Arc::new)?;
    let place = |name: &str| folder.path().join(name);
    let ago = |hours: i64| desk.now - jiff::SignedDuration::from_hours(hours);
    let mut robin = person("Robin Alder", "robin@alder.example", ago(24 * 6))?;
    let mut clinic = person("Clinic North", "reception@clinic-north.example", ago(24 * 6))?;
    let mut impostor = person("Robin Alder", "robin@alder.example", ago(24 * 6))?;
    let kim = furnish_kim(desk, ago(24 * 6))?;
    let own = place("kim.cer");
    desk.write_certificate(&kim, &own)?;
    for one in [&robin, &clinic, &impostor] {
        one.desk.import_contact(&own, None)?;
    }
    for one in [&robin, &clinic] {
        let file = place(&format!("{}.cer", one.address));
        let certificates = one.desk.write_certificate(&one.address, &file)?;
        desk.import_contact(&file, None)?;
        if let (Some(certificate), true) = (certificates.first(), one.address == robin.address) {
            desk.verify_contact(&one.address, &certificate.fingerprint())?;
        }
    }

    let mut written = Vec::new();
    let mut write = |from: &mut Person, hours: i64, subject: &str, text: &str| {
        let file = place(&format!("{}.eml", written.len()));
        from.desk.now = ago(hours);
        let letter = Letter { subject: Some(subject.to_owned()), ..letter(from, &kim, text) };
        from.desk.seal(&letter, false, &file)?;
        written.push(file);
        Ok::<(), DemoError>(())
    };
    write(&mut clinic, 75, "Your appointment", CLINIC)?;
    write(&mut impostor, 26, "Please send me the password again", FORGED)?;
    write(&mut robin, 3, "Your blood results", RESULTS)?;
    let plain = place("plain.eml");
    let mail = PLAIN.replace("DATE", &ago(50).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string());
    std::fs::write(&plain, mail).map_err(std::sync::Arc::new)?;
    written.insert(1, plain);
    for file in written {
        let source = || super::file::source(&file, desk.spool()).map_err(SealingError::File);
        let reading = desk.read(source()?.into())?;
        desk.keep_opened(&mut *source()?, &reading, None)?;
    }
    Ok(())
}

const CLINIC: &str = "Dear Kim,\n\nyour appointment is on Thursday at 9:15. Please bring the letter of your family doctor.\n\nClinic North, reception\n";
const FORGED: &str =
    "Hi,\n\nI have lost the password of our bank. Can you send it to me once more? It is urgent.\n\nRobin\n";
const RESULTS: &str = "Morning love,\n\nthe lab sent the results last night. Ferritin is back to normal (62), the thyroid value is at the upper edge, but Dr. Ito is not worried: same dose, next test in September.\n\nThe insurance asked for the policy number again. Please do not send it to them by plain mail, I will call on Monday.\n\nR.\n";

const PLAIN: &str = "From: Insurance West <service@insurance-west.example>\r\nTo: Kim Alder <kim@alder.example>\r\nSubject: Your policy\r\nDate: DATE\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear Kim Alder,\r\n\r\nplease answer with the number of your policy and of your bank account.\r\n";

/// Kim's key is older than what was written to it.
fn furnish_kim(desk: &Desk, then: Timestamp) -> Result<Address, DemoError> {
    let kim: Address = KIM.parse().map_err(|_| no_address())?;
    let rng = &mut clock::rng();
    let key = PrivateKey::generate(KeyKind::P256, rng);
    let certificate = issue::self_signed("Kim Alder", std::slice::from_ref(&kim), &key, then, 365, rng)
        .map_err(IdentityError::Issue)?;
    desk.store.add_own_key("Kim Alder", std::slice::from_ref(&kim), &certificate, &[], &key, false, then)?;
    Ok(kim)
}

const KIM: &str = "kim@alder.example";

fn no_address() -> IdentityError {
    IdentityError::Issue(issue::IssueError::NoAddress)
}

fn person(name: &'static str, address: &str, now: Timestamp) -> Result<Person, DemoError> {
    let address: Address = address.parse().map_err(|_| no_address())?;
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), now)?;
    desk.create_identity(name, std::slice::from_ref(&address), KeyKind::P256, 30)?;
    Ok(Person { name, address, desk })
}

fn letter(from: &Person, to: &Address, text: &str) -> Letter {
    Letter {
        from: from.address.clone(),
        to: vec![to.clone()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: Some("For you alone".to_owned()),
        text: text.to_owned(),
        attachments: Vec::new(),
        thread: Thread::default(),
        confidences: Confidences::default(),
        expired: Vec::new(),
    }
}

fn open(reader: &Person, note: &std::path::Path) -> Result<Reading, DemoError> {
    let source = super::file::source(note, reader.desk.spool()).map_err(SealingError::File)?;
    Ok(reader.desk.read(source.into())?)
}

fn write_plain(path: &PathBuf) -> std::io::Result<()> {
    std::fs::File::create(path)?.write_all(
        b"From: Robin <robin@example.org>\r\nTo: Kim <kim@example.org>\r\nSubject: For everybody\r\n\
          MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe spare key lies with the neighbours.\r\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::message::verdict::Tier;

    #[test]
    fn whoever_looks_around_sees_every_tier() {
        let now = clock::now();
        let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), now).unwrap();
        furnish(&desk).unwrap();
        let seen = |subject: &str| {
            let recent = desk.recent().unwrap();
            let entry = recent.iter().find(|entry| {
                entry.about.as_ref().and_then(|about| about.subject.as_deref()) == Some(subject)
            });
            entry.unwrap().about.as_ref().unwrap().tier
        };
        assert_eq!(seen("Your blood results"), Some(Tier::BeyondReasonableDoubt));
        assert_eq!(seen("Your appointment"), Some(Tier::ProbablySecure));
        assert_eq!(seen("Your policy"), Some(Tier::NotSecure));
        assert_eq!(seen("Please send me the password again"), Some(Tier::NotSecure));
        assert_eq!(desk.store.contacts().unwrap().len(), 2);
    }
}
