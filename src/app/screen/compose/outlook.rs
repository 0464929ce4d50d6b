//! What the note will be when it leaves, as the desk judges it: off the window's thread, before anything is sealed.

use std::path::Path;

use crate::app::words::compose as say;
use waxseal::desk::Desk;
use waxseal::desk::file::FileError;
use waxseal::desk::recipients::{RecipientError, date};
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::message::verdict::{Tier, Trust};
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::contacts::{Contact, Origin};
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
}

/// What the note will be.
#[derive(Debug, Clone)]
pub(crate) struct Outlook {
    /// `None`: it cannot be sealed yet.
    pub(crate) tier: Option<Tier>,
    /// The tier without those who stand in the way, where somebody is left.
    pub(crate) without: Option<Tier>,
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
    pub(crate) tier: Option<Tier>,
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
    let mut people: Vec<Person> = Vec::new();
    for address in outline.to.iter().chain(&outline.cc).chain(&outline.bcc) {
        if !people.iter().any(|person| person.address == *address) {
            people.push(person(desk, address)?);
        }
    }
    people.sort_by_key(|person| person.obstacle.is_none());
    let sender = match &outline.from {
        Some(from) => sender(desk, from)?,
        None => None,
    };
    let without = people.iter().filter_map(|person| person.tier).min();
    let ready = outline.from.is_some()
        && sender.is_none()
        && !outline.to.is_empty()
        && people.iter().all(|person| person.obstacle.is_none());
    let content: u64 = outline.text + files.iter().filter_map(|file| file.size).sum::<u64>();
    Ok(Outlook {
        tier: without.filter(|_| ready),
        without,
        sender,
        people,
        files,
        size: content.saturating_mul(137) / 100 + 8192,
    })
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

fn sender(desk: &Desk, from: &Address) -> Result<Option<Problem>, Problem> {
    let identity = desk.store().identity(from).map_err(|error| error.explain())?;
    let able = identity.is_some_and(|identity| {
        identity.signing_key(from, desk.now()).is_some()
            && identity.encryption_key(from, desk.now()).is_some()
    });
    Ok((!able).then(|| say::no_key(from)))
}

fn person(desk: &Desk, address: &Address) -> Result<Person, Problem> {
    let store = desk.store();
    let own = store.identity(address).map_err(|error| error.explain())?;
    let contact = store.contact(address).map_err(|error| error.explain())?;
    let name = own.as_ref().map(|own| &own.name).or(contact.as_ref().map(|contact| &contact.name));
    let name = name.filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| address.to_string());
    let person =
        |chip, tier, line, obstacle| Person { address: address.clone(), name, chip, tier, line, obstacle };
    let obstacle = match desk.recipient(address) {
        Ok(_) => {
            let trust = own.as_ref().map_or_else(|| trust(contact.as_ref()), |_| Trust::Own);
            let (chip, line) = match trust {
                Trust::Own => (Chip::Checked, say::YOURSELF.to_owned()),
                Trust::InPerson => (Chip::Checked, say::checked(checked_on(contact.as_ref()))),
                Trust::MadeHere => (Chip::Checked, say::MADE_HERE.to_owned()),
                _ => (Chip::NotChecked, say::NOT_CHECKED.to_owned()),
            };
            return Ok(person(chip, Some(trust.highest_tier()), line, None));
        }
        Err(error) => error,
    };
    let problem = obstacle.explain();
    let (chip, help, why) = match obstacle {
        RecipientError::NoCertificate(_) => (Chip::Missing, Help::Import, say::NO_CERTIFICATE.to_owned()),
        RecipientError::Changed(_) => (Chip::Changed, Help::Compare, problem.cause),
        RecipientError::Expired { not_after, .. } => {
            (Chip::Expired, Help::Renew(Vec::new()), say::expired(&date(not_after)))
        }
        RecipientError::Store(_) => return Err(problem),
        RecipientError::Distrusted(_)
        | RecipientError::Revoked { .. }
        | RecipientError::NotYet { .. }
        | RecipientError::SignsOnly(_)
        | RecipientError::UnfitKey { .. } => {
            (Chip::Unfit, Help::Import, format!("{} {}", problem.summary, problem.cause))
        }
    };
    Ok(person(chip, None, String::new(), Some(Obstacle { why, help })))
}

/// Of several certificates the weakest counts: it is sealed to all of them.
fn trust(contact: Option<&Contact>) -> Trust {
    let keys = || contact.into_iter().flat_map(Contact::accepted);
    if keys().all(|key| key.verified.is_some()) {
        Trust::InPerson
    } else if keys().all(|key| key.verified.is_some() || key.origin == Origin::MadeHere) {
        Trust::MadeHere
    } else {
        Trust::Known
    }
}

fn checked_on(contact: Option<&Contact>) -> Option<jiff::Timestamp> {
    contact.into_iter().flat_map(Contact::accepted).filter_map(|key| key.verified).min()
}
