//! What the note will be when it leaves, as the desk judges it: off the window's thread, before anything is sealed.

use std::path::Path;

use crate::app::words::compose as say;
use waxseal::desk::Desk;
use waxseal::desk::file::FileError;
use waxseal::desk::forecast::{self, PersonVerdict};
use waxseal::desk::recipients::{RecipientError, date};
use waxseal::desk::standing::Standing;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::message::verdict::Tier;
use waxseal::smime::policy::Forecast;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::drafts::Enclosure;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    pub(crate) from: Option<Address>,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    pub(crate) bcc: Vec<Address>,
    pub(crate) text: u64,
    pub(crate) enclosures: Vec<Enclosure>,
    /// Certificates past their end that were confirmed by name.
    pub(crate) expired: Vec<Fingerprint>,
}

/// What the note will be.
#[derive(Debug, Clone)]
pub(crate) struct Outlook {
    /// `None`: it cannot be sealed yet.
    pub(crate) tier: Option<Tier>,
    /// The tier without those who stand in the way, where somebody is left.
    pub(crate) without: Option<Tier>,
    /// The line under the headline.
    pub(crate) sentence: String,
    /// What its writer lacks.
    pub(crate) sender: Option<Problem>,
    /// Those who stand in the way first.
    pub(crate) people: Vec<Person>,
    /// In the order of the note.
    pub(crate) files: Vec<Attached>,
    /// Octets once sealed, about.
    pub(crate) size: u64,
}

/// What it will be for one person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) address: Address,
    pub(crate) name: String,
    pub(crate) chip: Chip,
    /// "Checked on 3 May."
    pub(crate) line: String,
    pub(crate) obstacle: Option<Obstacle>,
}

/// How a person's certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chip {
    Checked,
    NotChecked,
    Changed,
    Expired,
    Missing,
    /// Their device is not known to open it.
    CannotOpen,
    /// There is one, but nothing can be sealed to it.
    Unfit,
}

/// Why it cannot be sealed to somebody, and what helps.
#[derive(Debug, Clone)]
pub(crate) struct Obstacle {
    pub(crate) why: String,
    pub(crate) help: Help,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Help {
    Import,
    Compare,
    /// Certificates past their end that may be sealed to after a confirmation by name.
    Renew(Vec<Fingerprint>),
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) size: Option<u64>,
    /// Why it cannot be taken along.
    pub(crate) trouble: Option<String>,
}

impl Outlook {
    pub(crate) fn person(&self, address: &Address) -> Option<&Person> {
        self.people.iter().find(|person| person.address == *address)
    }

    /// Octets of all files.
    pub(crate) fn files_size(&self) -> u64 {
        self.files.iter().filter_map(|file| file.size).sum()
    }
}

/// Judges the note as it is now.
pub(crate) fn judge(desk: &Desk, outline: &Outline) -> Result<Outlook, Problem> {
    let files: Vec<Attached> = outline.enclosures.iter().map(attached).collect();
    let verdict = desk
        .forecast(&forecast::Outline {
            from: outline.from.clone(),
            to: outline.to.clone(),
            cc: outline.cc.clone(),
            bcc: outline.bcc.clone(),
            text: outline.text,
            files: files.iter().filter_map(|file| file.size).sum(),
            expired: outline.expired.clone(),
            ..forecast::Outline::default()
        })
        .map_err(|error| error.explain())?;
    Ok(Outlook {
        tier: verdict.tier,
        without: verdict.without,
        sentence: verdict.sentence(),
        sender: verdict.sender.as_ref().and(outline.from.as_ref()).map(say::no_key),
        people: verdict.people.iter().map(person).collect(),
        files,
        size: verdict.size,
    })
}

fn person(verdict: &PersonVerdict) -> Person {
    let person = |chip, obstacle| Person {
        address: verdict.address.clone(),
        name: verdict.name.clone(),
        chip,
        line: verdict.line(),
        obstacle,
    };
    let Some(error) = &verdict.obstacle else {
        let opens = match &verdict.forecast {
            Some(Forecast::MayNot { .. } | Forecast::TooLarge { .. }) => false,
            Some(Forecast::Opens { .. } | Forecast::Unknown) | None => true,
        };
        let chip = match &verdict.standing {
            Standing::Expired(_) => Chip::Expired,
            _ if !opens => Chip::CannotOpen,
            Standing::Own | Standing::Checked(_) | Standing::MadeHere => Chip::Checked,
            Standing::Vouched { .. }
            | Standing::NotChecked
            | Standing::NotYet(_)
            | Standing::Changed
            | Standing::SetAside
            | Standing::None => Chip::NotChecked,
        };
        return person(chip, None);
    };
    let problem = error.explain();
    let (chip, help, why) = match error {
        RecipientError::NoCertificate(_) => (Chip::Missing, Help::Import, say::NO_CERTIFICATE.to_owned()),
        RecipientError::Changed(_) => (Chip::Changed, Help::Compare, problem.cause),
        RecipientError::Expired { not_after, .. } => {
            (Chip::Expired, Help::Renew(verdict.confirmable.clone()), say::expired(&date(*not_after)))
        }
        RecipientError::Store(_)
        | RecipientError::Distrusted(_)
        | RecipientError::Revoked { .. }
        | RecipientError::NotYet { .. }
        | RecipientError::SignsOnly(_)
        | RecipientError::UnfitKey { .. } => {
            (Chip::Unfit, Help::Import, format!("{} {}", problem.summary, problem.cause))
        }
    };
    person(chip, Some(Obstacle { why, help }))
}

fn attached(enclosure: &Enclosure) -> Attached {
    match enclosure {
        Enclosure::File(path) => match size_of(path) {
            Ok(size) => Attached { size: Some(size), trouble: None },
            Err(error) => Attached { size: None, trouble: Some(error.explain().summary) },
        },
        Enclosure::Kept(file) => Attached { size: Some(file.size), trouble: None },
    }
}

fn size_of(path: &Path) -> Result<u64, FileError> {
    let failed = |error: std::io::Error| FileError::new(path, &error);
    let about = path.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    if about.is_file() {
        // What may not be read is told before anything is begun.
        drop(std::fs::File::open(path).map_err(failed)?);
    }
    Ok(about.len())
}
