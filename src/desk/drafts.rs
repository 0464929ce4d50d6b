//! Notes that are being written: kept sealed, and made into letters.
//!
//! ```
//! # use waxseal::desk::office::Office;
//! # use waxseal::store::{KeptId, Location, clock, vault::NobodyToAsk};
//! use waxseal::store::drafts::Draft;
//!
//! # let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk))?;
//! let desk = office.desk(clock::now())?;
//! let id = KeptId::random(); // once for each new note
//! let draft = Draft { to: vec!["kim@example.org".into()], text: "Dear K".into(), ..Draft::default() };
//! desk.save_draft(id, &draft)?; // every few seconds, off the window's thread
//! assert_eq!(desk.drafts()?[0].draft, Some(draft)); // at the next start
//! # Ok::<(), waxseal::store::StoreError>(())
//! ```

use std::io::Read;

use super::Desk;
use super::forecast::Outline;
use super::seal::{Letter, size_of};
use crate::problem::{Explain, Problem};
use crate::smime::Address;
use crate::store::drafts::{Draft, DraftEntry, Enclosure, KeptFile};
use crate::store::{KeptId, StoreError};

/// Why a draft is no letter yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nobody writes it.
    #[error("no sender")]
    NoSender,
    /// It goes to nobody.
    #[error("no recipient")]
    NoRecipient,
    /// Something in To, Cc or Bcc is no address.
    #[error("not an address")]
    NotAnAddress {
        /// As it was written.
        written: Written,
    },
}

/// Words of a person, as they stand in a field.
pub type Written = Box<str>;

impl Explain for DraftError {
    fn explain(&self) -> Problem {
        match self {
            Self::NoSender => Problem::new(
                "Nobody writes this note yet.",
                "A sealed note is signed by one of your addresses.",
                "Choose the address that it comes from.",
            ),
            Self::NoRecipient => Problem::new(
                "This note goes to nobody yet.",
                "Nobody stands in To.",
                "Enter the address of a person.",
            ),
            Self::NotAnAddress { written } => Problem::new(
                "This is not a mail address.",
                format!("“{written}” has not the form name@domain."),
                "Correct it, or remove it.",
            ),
        }
    }
}

impl Draft {
    /// The letter that this draft would be.
    pub fn to_letter(&self) -> Result<Letter, DraftError> {
        let addresses = |written: &[String]| -> Result<Vec<Address>, DraftError> {
            let parse = |one: &String| {
                one.parse().map_err(|_| DraftError::NotAnAddress { written: one.as_str().into() })
            };
            written.iter().filter(|one| !one.trim().is_empty()).map(parse).collect()
        };
        let from = self.from.clone().ok_or(DraftError::NoSender)?;
        let to = addresses(&self.to)?;
        if to.is_empty() {
            return Err(DraftError::NoRecipient);
        }
        let subject = Some(self.subject.trim()).filter(|subject| !subject.is_empty());
        Ok(Letter {
            from,
            to,
            cc: addresses(&self.cc)?,
            bcc: addresses(&self.bcc)?,
            subject: subject.map(str::to_owned),
            text: self.text.clone(),
            attachments: self.enclosures.clone(),
            thread: self.thread.clone(),
            confidences: self.confidences.clone(),
            expired: Vec::new(),
        })
    }
}

impl Draft {
    /// What its fate depends on, as far as it is written: what is no address yet is left out, and
    /// [`to_letter`](Self::to_letter) names it.
    pub fn outline(&self) -> Outline {
        let addresses = |written: &[String]| written.iter().filter_map(|one| one.parse().ok()).collect();
        Outline {
            from: self.from.clone(),
            to: addresses(&self.to),
            cc: addresses(&self.cc),
            bcc: addresses(&self.bcc),
            text: self.text.len() as u64,
            files: self.enclosures.iter().map(size_of).sum(),
            ..Outline::default()
        }
    }
}

impl Desk {
    /// Keeps the draft as it is now: one sealed row, so whoever dies meanwhile leaves the old one or the new one.
    pub fn save_draft(&self, id: KeptId, draft: &Draft) -> Result<(), StoreError> {
        self.store.save_draft(id, draft, self.now)
    }

    /// All drafts, the one saved last first.
    pub fn drafts(&self) -> Result<Vec<DraftEntry>, StoreError> {
        self.store.drafts()
    }

    /// One draft.
    pub fn draft(&self, id: KeptId) -> Result<Draft, StoreError> {
        self.store.draft(id)
    }

    /// Forgets a draft with its files: it was sealed, or is not wanted.
    pub fn remove_draft(&self, id: KeptId) -> Result<(), StoreError> {
        self.store.remove_draft(id)
    }

    /// Keeps a file that has no place of its own (pasted, forwarded) with a draft that was saved before.
    pub fn enclose(
        &self,
        draft: KeptId,
        name: &str,
        content: &mut dyn Read,
    ) -> Result<Enclosure, StoreError> {
        self.store.keep_draft_file(draft, name, content).map(Enclosure::Kept)
    }

    /// Forgets such a file; the draft has to be saved without it.
    pub fn remove_enclosure(&self, file: &KeptFile) -> Result<(), StoreError> {
        self.store.remove_draft_file(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_becomes_a_letter_when_everybody_has_an_address() {
        let mut draft = Draft { to: vec!["kim@example.org".into(), "  ".into()], ..Draft::default() };
        assert_eq!(draft.to_letter().err(), Some(DraftError::NoSender));
        draft.from = Some("robin@example.org".parse().unwrap());
        draft.bcc = vec!["half an addr".into()];
        let written = "half an addr".into();
        assert_eq!(draft.to_letter().err(), Some(DraftError::NotAnAddress { written }));
        draft.bcc = vec!["lee@example.org".into()];
        let letter = draft.to_letter().unwrap();
        assert_eq!((letter.to.len(), letter.bcc.len(), letter.subject), (1, 1, None));
        draft.to.clear();
        assert_eq!(draft.to_letter().err(), Some(DraftError::NoRecipient));
    }
}
