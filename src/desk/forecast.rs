//! What a draft will be once it is sealed: its tier, who stands in the way, and what opens where.
//!
//! It asks the same question by which [`Desk::seal`] refuses, so what is forecast as sealable is sealed.
//!
//! ```
//! # use waxseal::desk::{forecast::Outline, office::Office};
//! # use waxseal::store::{Location, clock, vault::NobodyToAsk};
//! # let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk))?;
//! let outline = Outline { to: vec!["kim@example.org".parse().unwrap()], text: 120, ..Outline::default() };
//! let verdict = office.desk(clock::now())?.forecast(&outline)?; // after each change of the fields
//! assert_eq!(verdict.title(), "Cannot be sealed yet");
//! assert_eq!(verdict.people[0].standing.words(), "No certificate");
//! # Ok::<(), waxseal::store::StoreError>(())
//! ```

use super::Desk;
use super::recipients::RecipientError;
use super::seal::SealingError;
use super::standing::Standing;
use crate::problem::{Explain as _, Problem};
use crate::smime::message::seal::Form;
use crate::smime::message::verdict::Tier;
use crate::smime::policy::{Forecast, sealed_size};
use crate::smime::{Address, Fingerprint};
use crate::store::StoreError;
use crate::store::contacts::Contact;

/// Octets of a mail that many mail servers still take.
pub const COMMON_MAIL: u64 = 20_000_000;

/// A draft, as far as its fate depends on it.
#[derive(Debug, Clone)]
pub struct Outline {
    /// One's own address; `None`: nobody has chosen yet.
    pub from: Option<Address>,
    /// To whom.
    pub to: Vec<Address>,
    /// Who is to see it, too.
    pub cc: Vec<Address>,
    /// Who is to see it without the others' knowing.
    pub bcc: Vec<Address>,
    /// Octets of text.
    pub text: u64,
    /// Octets of all files that go along.
    pub files: u64,
    /// A whole mail, or the CMS alone.
    pub form: Form,
    /// As in [`Letter::expired`](super::seal::Letter::expired).
    pub expired: Vec<Fingerprint>,
}

impl Default for Outline {
    fn default() -> Self {
        Self {
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            text: 0,
            files: 0,
            form: Form::Mail,
            expired: Vec::new(),
        }
    }
}

/// What a draft will be.
#[derive(Debug, Clone)]
pub struct DraftVerdict {
    /// The tier of its weakest recipient; `None`: it cannot be sealed yet.
    pub tier: Option<Tier>,
    /// The tier without those who stand in the way, where somebody is left.
    pub without: Option<Tier>,
    /// What its writer lacks.
    pub sender: Option<SealingError>,
    /// Everybody it goes to, those who stand in the way first.
    pub people: Vec<PersonVerdict>,
    /// Octets once sealed, about.
    pub size: u64,
}

/// What a draft will be for one of the people it goes to.
#[derive(Debug, Clone)]
pub struct PersonVerdict {
    /// Where it goes.
    pub address: Address,
    /// What they are called; without a name, the address.
    pub name: String,
    /// How it stands with their certificate.
    pub standing: Standing,
    /// The best tier that the note can have for them; `None`: it cannot be sealed to them.
    pub tier: Option<Tier>,
    /// Why it cannot be sealed to them.
    pub obstacle: Option<RecipientError>,
    /// Certificates past their end that a confirmation by name would let through: see [`Outline::expired`].
    pub confirmable: Vec<Fingerprint>,
    /// Whether it opens for them; `None` when it cannot be sealed.
    pub forecast: Option<Forecast>,
}

impl DraftVerdict {
    /// The headline.
    pub fn title(&self) -> &'static str {
        self.tier.map_or("Cannot be sealed yet", Tier::title)
    }

    /// The line under the headline.
    pub fn sentence(&self) -> String {
        if let Some(sender) = &self.sender {
            return sender.explain().summary;
        }
        let weakest = self.people.iter().find(|person| person.tier == self.tier);
        match (self.tier, weakest) {
            (_, None) if self.people.is_empty() => "Say to whom it goes.".to_owned(),
            (_, None) => "Choose the address that it comes from.".to_owned(),
            (None, Some(person)) => person.problem().map(|problem| problem.summary).unwrap_or_default(),
            (Some(Tier::BeyondReasonableDoubt), Some(_)) => match self.people.as_slice() {
                [one] if one.standing == Standing::Own => "Only you can read this.".to_owned(),
                [one] => format!("Only you and {} can read this.", one.name),
                _ => "Only you and these people can read this, and each of them was checked.".to_owned(),
            },
            (Some(Tier::ProbablySecure | Tier::NotSecure), Some(person)) => {
                format!("{}: {}.", person.name, lower_first(&person.standing.words()))
            }
        }
    }

    /// What holds the sealing up, for the line above the button: "Sealing waits for mailbox-14@tax.example."
    pub fn waits_for(&self) -> Option<String> {
        let names: Vec<&str> = self
            .people
            .iter()
            .filter(|person| person.obstacle.is_some())
            .map(|person| person.address.as_str())
            .collect();
        (!names.is_empty()).then(|| format!("Sealing waits for {}.", names.join(", ")))
    }
}

impl PersonVerdict {
    /// Why it cannot be sealed to them, in sentences.
    pub fn problem(&self) -> Option<Problem> {
        self.obstacle.as_ref().map(RecipientError::explain)
    }

    /// "Checked on 3 May 2027. Robin’s iPhone can open this."
    pub fn line(&self) -> String {
        match &self.forecast {
            Some(forecast) if self.standing != Standing::Own => {
                format!("{}. {}", self.standing.words(), forecast.sentence(&self.name))
            }
            Some(_) | None => format!("{}.", self.standing.words()),
        }
    }
}

fn lower_first(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

impl Desk {
    /// Judges a draft before it is sealed.
    pub fn forecast(&self, outline: &Outline) -> Result<DraftVerdict, StoreError> {
        let size = sealed_size(outline.text, outline.files, outline.form);
        let mut everybody: Vec<&Address> = Vec::new();
        for address in outline.to.iter().chain(&outline.cc).chain(&outline.bcc) {
            if !everybody.contains(&address) {
                everybody.push(address);
            }
        }
        let mut people = Vec::new();
        for address in everybody {
            people.push(self.person(address, outline, size)?);
        }
        people.sort_by_key(|person| person.obstacle.is_none());
        let sender = match &outline.from {
            Some(from) => self.sender_obstacle(from)?,
            None => None,
        };
        let without = people.iter().filter_map(|person| person.tier).min();
        let ready = sender.is_none()
            && outline.from.is_some()
            && !outline.to.is_empty()
            && people.iter().all(|person| person.obstacle.is_none());
        Ok(DraftVerdict { tier: without.filter(|_| ready), without, sender, people, size })
    }

    fn person(&self, address: &Address, outline: &Outline, size: u64) -> Result<PersonVerdict, StoreError> {
        let own = self.store.identity(address)?;
        let contact = if own.is_none() { self.store.contact(address)? } else { None };
        let name = own.as_ref().map(|own| &own.name).or(contact.as_ref().map(|contact| &contact.name));
        let name = name.filter(|name| !name.is_empty()).cloned();
        let standing = match (&own, &contact) {
            (Some(_), _) => Standing::Own,
            (None, Some(contact)) => self.standing(contact)?,
            (None, None) => Standing::None,
        };
        let recipient = match self.recipient_with(address, &outline.expired) {
            Ok(recipient) => Ok(recipient),
            Err(RecipientError::Store(error)) => return Err(error),
            Err(obstacle) => Err(obstacle),
        };
        let forecast = recipient.as_ref().ok().map(|to| Forecast::of(to, self.now, size, outline.form));
        Ok(PersonVerdict {
            address: address.clone(),
            name: name.unwrap_or_else(|| address.to_string()),
            tier: recipient.as_ref().ok().and_then(|_| standing.tier()),
            confirmable: match (&recipient, &contact) {
                (Err(RecipientError::Expired { .. }), Some(contact)) => self.confirmable(address, contact)?,
                _ => Vec::new(),
            },
            obstacle: recipient.err(),
            standing,
            forecast,
        })
    }

    fn confirmable(&self, address: &Address, contact: &Contact) -> Result<Vec<Fingerprint>, StoreError> {
        let checked = self.expired_but_checked(address, contact)?;
        Ok(checked.iter().map(crate::smime::x509::Certificate::fingerprint).collect())
    }
}

#[cfg(test)]
mod tests;
