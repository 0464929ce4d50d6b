//! What a message kept from everybody on the way, so that an answer keeps it, too (RFC 9788 section 6.1).

use std::collections::{HashMap, HashSet};

use super::{HeaderProtection, Scheme};
use crate::smime::mime::Headers;
use crate::smime::mime::header::Mailbox;

/// Mailboxes and identifiers that stood inside of a message otherwise than outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confidences {
    /// By address, in lower case: how the mailbox stood outside, if it did.
    mailboxes: HashMap<String, Option<Mailbox>>,
    identifiers: HashSet<String>,
}

/// Fields that hold mailboxes (RFC 5322 section 3.6).
const MAILBOXES: [&str; 6] = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"];
/// Fields that hold message identifiers.
const IDENTIFIERS: [&str; 3] = ["Message-ID", "In-Reply-To", "References"];

impl Confidences {
    /// Of a message with these protected fields.
    pub fn of(protection: &HeaderProtection) -> Self {
        let section = |values: &dyn Fn(&super::ProtectedField) -> Option<String>| {
            let lines = protection.fields.iter().filter_map(|field| {
                let value = values(field)?.replace(['\r', '\n'], " ");
                Some(format!("{}: {value}\r\n", field.name))
            });
            Headers::parse(lines.collect::<String>().as_bytes())
        };
        let inside = section(&|field| Some(field.value.clone()));
        let outside = section(&|field| field.left_outside.clone());

        let outside_mailboxes = MAILBOXES.iter().flat_map(|name| outside.mailboxes(name));
        let seen: HashMap<String, Mailbox> =
            outside_mailboxes.map(|mailbox| (key(&mailbox), mailbox)).collect();
        let mut mailboxes = HashMap::new();
        // A message that came without a header outside has hidden its people from nobody: an answer names them.
        let named = MAILBOXES.iter().filter(|_| protection.scheme != Scheme::Inside);
        for mailbox in named.flat_map(|name| inside.mailboxes(name)) {
            let there = seen.get(&key(&mailbox));
            if there != Some(&mailbox) {
                mailboxes.insert(key(&mailbox), there.cloned());
            }
        }
        let seen: HashSet<String> = IDENTIFIERS.iter().flat_map(|name| outside.identifiers(name)).collect();
        let identifiers = IDENTIFIERS.iter().flat_map(|name| inside.identifiers(name));
        Self { mailboxes, identifiers: identifiers.filter(|one| !seen.contains(one)).collect() }
    }

    /// What [`mailboxes`](Self::mailboxes) and [`identifiers`](Self::identifiers) gave, put together again.
    pub fn from_parts(
        mailboxes: impl IntoIterator<Item = (String, Option<Mailbox>)>,
        identifiers: impl IntoIterator<Item = String>,
    ) -> Self {
        Self { mailboxes: mailboxes.into_iter().collect(), identifiers: identifiers.into_iter().collect() }
    }

    /// Each address in lower case, with how its mailbox stood outside, if it did.
    pub fn mailboxes(&self) -> impl Iterator<Item = (&str, Option<&Mailbox>)> {
        self.mailboxes.iter().map(|(address, outside)| (address.as_str(), outside.as_ref()))
    }

    /// Each identifier that may not stand outside.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.identifiers.iter().map(String::as_str)
    }

    /// How a mailbox may stand outside of an answer: as it is, as it stood outside before, or not at all.
    pub fn outside(&self, mailbox: &Mailbox) -> Option<Mailbox> {
        self.mailboxes.get(&key(mailbox)).map_or_else(|| Some(mailbox.clone()), Clone::clone)
    }

    /// An identifier that may not stand outside.
    pub fn hides(&self, identifier: &str) -> bool {
        self.identifiers.contains(identifier)
    }
}

fn key(mailbox: &Mailbox) -> String {
    mailbox.address.as_str().to_lowercase()
}
