//! The note on the sheet: what it holds, and how it is kept.

use std::path::PathBuf;

use jiff::Timestamp;

use super::body::Body;
use super::field::Field;
use super::outlook::{Outline, Outlook};
use crate::app::action::Prefill;
use crate::app::shared::People;
use crate::app::words::compose as say;
use waxseal::desk::seal::Letter;
use waxseal::problem::Problem;
use waxseal::smime::message::header_protection::confidences::Confidences;
use waxseal::smime::message::reply::Thread;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::KeptId;
use waxseal::store::drafts::{Draft, Enclosure};

/// One of the fields for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    To,
    Cc,
    Bcc,
}

impl Which {
    pub(super) const ALL: [Self; 3] = [Self::To, Self::Cc, Self::Bcc];

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::To => "compose-to",
            Self::Cc => "compose-cc",
            Self::Bcc => "compose-bcc",
        }
    }
}

/// A note that is being written.
pub(super) struct Note {
    pub(super) id: KeptId,
    pub(super) from: Option<Address>,
    pub(super) to: Field,
    pub(super) cc: Field,
    pub(super) bcc: Field,
    /// Cc and Bcc are shown although nobody stands in them.
    pub(super) cc_shown: bool,
    pub(super) bcc_shown: bool,
    pub(super) subject: String,
    pub(super) body: Body,
    pub(super) enclosures: Vec<Enclosure>,
    pub(super) thread: Thread,
    pub(super) confidences: Confidences,
    /// Certificates past their end that were confirmed by name for this note.
    pub(super) expired: Vec<Fingerprint>,
    pub(super) outlook: Option<Outlook>,
    pub(super) kept: Kept,
    /// Counts changes, so that it is known whether the draft is as the note.
    pub(super) changes: u64,
    /// When `changes` was so, the draft was kept.
    pub(super) kept_changes: u64,
    pub(super) timer: bool,
}

/// Whether the draft is in the store.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Never,
    At(Timestamp),
    Failed(Problem),
}

impl Note {
    pub(super) fn new(prefill: Prefill, people: &People) -> Self {
        let from = people.me().and_then(|me| me.addresses.first()).cloned();
        let Prefill { to, cc, subject, body, attachments, thread, confidences } = prefill;
        Self {
            id: KeptId::random(),
            from,
            to: Field::of(&to),
            cc: Field::of(&cc),
            bcc: Field::default(),
            cc_shown: false,
            bcc_shown: false,
            subject,
            body: Body::new(&body),
            enclosures: attachments.into_iter().map(Enclosure::File).collect(),
            thread,
            confidences,
            expired: Vec::new(),
            outlook: None,
            kept: Kept::Never,
            changes: 0,
            kept_changes: 0,
            timer: false,
        }
    }

    pub(super) fn of_draft(id: KeptId, draft: &Draft, kept: Timestamp, people: &People) -> Self {
        let mine = draft.from.clone().filter(|from| people.is_own(from));
        Self {
            id,
            from: mine.or_else(|| people.me().and_then(|me| me.addresses.first()).cloned()),
            to: Field::written(&draft.to),
            cc: Field::written(&draft.cc),
            bcc: Field::written(&draft.bcc),
            subject: draft.subject.clone(),
            body: Body::new(&draft.text),
            enclosures: draft.enclosures.clone(),
            thread: draft.thread.clone(),
            confidences: draft.confidences.clone(),
            kept: Kept::At(kept),
            ..Self::new(Prefill::default(), people)
        }
    }

    pub(super) fn draft(&self) -> Draft {
        Draft {
            from: self.from.clone(),
            to: self.to.to_written(),
            cc: self.cc.to_written(),
            bcc: self.bcc.to_written(),
            subject: self.subject.clone(),
            text: self.body.text().to_owned(),
            enclosures: self.enclosures.clone(),
            thread: self.thread.clone(),
            confidences: self.confidences.clone(),
        }
    }

    pub(super) fn outline(&self) -> Outline {
        Outline {
            from: self.from.clone(),
            to: self.to.chips.clone(),
            cc: self.cc.chips.clone(),
            bcc: self.bcc.chips.clone(),
            text: self.body.text().len() as u64,
            enclosures: self.enclosures.clone(),
            expired: self.expired.clone(),
        }
    }

    pub(super) fn field(&self, which: Which) -> &Field {
        match which {
            Which::To => &self.to,
            Which::Cc => &self.cc,
            Which::Bcc => &self.bcc,
        }
    }

    pub(super) fn field_mut(&mut self, which: Which) -> &mut Field {
        match which {
            Which::To => &mut self.to,
            Which::Cc => &mut self.cc,
            Which::Bcc => &mut self.bcc,
        }
    }

    pub(super) fn shows(&self, which: Which) -> bool {
        match which {
            Which::To => true,
            Which::Cc => self.cc_shown || !self.cc.is_empty(),
            Which::Bcc => self.bcc_shown || !self.bcc.is_empty(),
        }
    }

    /// Nothing that somebody could miss.
    pub(super) fn is_empty(&self) -> bool {
        Which::ALL.iter().all(|which| self.field(*which).is_empty())
            && self.subject.trim().is_empty()
            && self.body.text().trim().is_empty()
            && self.enclosures.is_empty()
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self.kept, Kept::At(_)) && self.kept_changes == self.changes
    }

    /// The letter that it is, once it goes to somebody.
    pub(super) fn letter(&self) -> Option<Letter> {
        let letter = self.draft().to_letter().ok()?;
        Some(Letter { expired: self.expired.clone(), ..letter })
    }

    /// Nothing stands in the way of sealing it.
    pub(super) fn is_ready(&self) -> bool {
        self.waits().is_none() && self.outlook.as_ref().is_some_and(|outlook| outlook.tier.is_some())
    }

    /// Files that are not there already.
    pub(super) fn attach(&mut self, files: Vec<PathBuf>) {
        for file in files.into_iter().map(Enclosure::File) {
            if !self.enclosures.contains(&file) {
                self.enclosures.push(file);
            }
        }
    }

    /// Why it cannot be sealed now, beside what its people lack.
    pub(super) fn waits(&self) -> Option<String> {
        let half =
            Which::ALL.iter().map(|which| self.field(*which)).find(|field| !field.typed.trim().is_empty());
        if let Some(half) = half {
            let chooses = !half.offered.is_empty();
            return Some(if chooses { say::SAY_TO_WHOM.to_owned() } else { say::no_address(&half.typed) });
        }
        if self.to.chips.is_empty() {
            return Some(say::SAY_TO_WHOM.to_owned());
        }
        let Some(outlook) = &self.outlook else { return Some(say::LOOKING.to_owned()) };
        if let Some(sender) = &outlook.sender {
            return Some(sender.summary.clone());
        }
        if self.from.is_none() {
            return Some(format!("{}.", say::NO_SENDER));
        }
        let waiting: Vec<&str> = outlook
            .people
            .iter()
            .filter(|person| person.obstacle.is_some())
            .map(|person| person.name.as_str())
            .collect();
        if !waiting.is_empty() {
            return Some(say::waits_for(&waiting));
        }
        let lost = outlook.files.iter().zip(&self.enclosures).find(|(file, _)| file.trouble.is_some());
        lost.map(|(_, enclosure)| say::waits_for_file(&name_of(enclosure)))
    }
}

/// What a file is called.
pub(super) fn name_of(enclosure: &Enclosure) -> String {
    match enclosure {
        Enclosure::File(path) => {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
        Enclosure::Kept(file) => file.name.clone(),
    }
}
