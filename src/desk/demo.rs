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
use crate::smime::crypto::KeyKind;
use crate::smime::message::header_protection::confidences::Confidences;
use crate::smime::message::reply::Thread;
use crate::store::vault::{NobodyToAsk, VaultKind};
use crate::store::{Location, StoreError};

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
    robin.desk.seal(&letter(&robin, &kim, "The spare key lies with the neighbours.\n"), false, &note)?;
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
    impostor.desk.seal(&letter(&impostor, &kim, "Please send me the password again.\n"), false, &forged)?;
    let reading = open(&kim, &forged)?;
    tell(Step { what: "Somebody else seals a note to Kim in Robin's name:".into(), reading: Some(reading) });
    Ok(())
}

fn person(name: &'static str, address: &str, now: Timestamp) -> Result<Person, DemoError> {
    let address: Address = address
        .parse()
        .map_err(|_| IdentityError::Issue(crate::smime::x509::issue::IssueError::NoAddress))?;
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), now)?;
    desk.create_identity(name, std::slice::from_ref(&address), KeyKind::P256, 30)?;
    Ok(Person { name, address, desk })
}

fn letter(from: &Person, to: &Person, text: &str) -> Letter {
    Letter {
        from: from.address.clone(),
        to: vec![to.address.clone()],
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
