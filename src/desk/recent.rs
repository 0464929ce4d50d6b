//! Recent messages: what was opened and what was sealed here, kept as it came, sealed.
//!
//! ```
//! # use std::io::Cursor;
//! # use waxseal::desk::{file, office::Office};
//! # use waxseal::store::{Location, clock, vault::NobodyToAsk};
//! # let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk))?;
//! # let desk = office.desk(clock::now())?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("note.eml");
//! # std::fs::write(&path, b"From: kim@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n")?;
//! let reading = desk.read(file::source(&path, desk.spool())?.into())?;
//! let id = desk.keep_opened(&mut *file::source(&path, desk.spool())?, &reading, Some(&path))?;
//!
//! let list = desk.recent()?; // the newest first
//! assert_eq!(list[0].about.as_ref().and_then(|about| about.subject.as_deref()), Some("Hello"));
//! let again = desk.read(desk.recent_message(id)?.into())?; // judged anew
//! # assert_eq!(again.opened.text().trim_end(), "Hello.");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;

use super::Desk;
use super::file;
use super::open::Reading;
use super::seal::{Letter, Sealed, SealingError};
use crate::smime::message::verdict::Tier;
use crate::smime::{Address, Source};
use crate::store::messages::{About, MessageEntry};
use crate::store::{KeptId, StoreError};

impl Desk {
    /// Keeps a message that was read, as it came; `path`: the file it was opened from. The same message again is the same
    /// entry. Up to 64 MiB each, 500 messages and 1 GiB in all are kept, and the oldest make room; of a larger one only
    /// its path is remembered.
    pub fn keep_opened(
        &self,
        content: &mut dyn Source,
        reading: &Reading,
        path: Option<&Path>,
    ) -> Result<KeptId, StoreError> {
        let headers = &reading.opened.headers;
        let about = About {
            sent: false,
            from: headers.from.clone(),
            to: headers.to.clone(),
            cc: headers.cc.clone(),
            bcc: Vec::new(),
            subject: headers.subject.clone(),
            date: headers.date,
            tier: reading.verdict.tier,
            from_proved: reading.verdict.signature.matches_from,
            path: path.map(Path::to_owned),
        };
        self.store.keep_message(content, &about, self.now)
    }

    /// Keeps the sender's own copy of what [`Desk::seal`] wrote: the one place where the names of Bcc people stand.
    /// `tier`: what the draft was said to have. Nothing is kept of a note that went to standard output.
    pub fn keep_sent(
        &self,
        letter: &Letter,
        sealed: &Sealed,
        tier: Option<Tier>,
    ) -> Result<Option<KeptId>, SealingError> {
        let Some((path, _)) = sealed.files.first().filter(|(path, _)| !file::is_standard(path)) else {
            return Ok(None);
        };
        let named = |addresses: &[Address]| -> Result<Vec<_>, StoreError> {
            addresses.iter().map(|address| self.mailbox(address)).collect()
        };
        let about = About {
            sent: true,
            from: named(std::slice::from_ref(&letter.from))?,
            to: named(&letter.to)?,
            cc: named(&letter.cc)?,
            bcc: named(&letter.bcc)?,
            subject: letter.subject.clone(),
            date: Some(self.now),
            tier,
            from_proved: Some(true),
            path: Some(path.clone()),
        };
        let mut content = file::source(path, self.spool())?;
        Ok(Some(self.store.keep_message(&mut *content, &about, self.now)?))
    }

    /// All messages, the one opened last first.
    pub fn recent(&self) -> Result<Vec<MessageEntry>, StoreError> {
        self.store.messages()
    }

    /// A message as it came, to be read anew. For an entry that is not [`here`](MessageEntry::here) open its path instead.
    pub fn recent_message(&self, id: KeptId) -> Result<Box<dyn Source>, StoreError> {
        self.store.message(id)
    }

    /// Forgets one message.
    pub fn remove_recent(&self, id: KeptId) -> Result<(), StoreError> {
        self.store.remove_message(id)
    }
}
