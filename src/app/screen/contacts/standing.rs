//! How far a person's certificates can be trusted today: one answer for the list and for the sheet.

use std::collections::HashMap;

use jiff::{Timestamp, ToSpan as _};

use waxseal::desk::answer::{TakenBack, Vouched};
use waxseal::smime::Fingerprint;
use waxseal::smime::x509::Validity;
use waxseal::store::contacts::{Contact, ContactKey, KeyState, Origin};

/// As many days before its end a certificate asks to be replaced.
const SOON: i64 = 60;

/// What authorities say, as far as they were asked.
pub(super) type Vouchers = HashMap<Fingerprint, Vouched>;

/// What is to be said of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) trust: Trust,
    /// Days until the last certificate for sealing ends, when these are few.
    pub(super) ends_in: Option<i64>,
}

/// Most attention first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Another certificate waits for an answer.
    Changed,
    /// Its authority took it back.
    Revoked {
        issuer: String,
        date: Timestamp,
    },
    /// The person set it aside.
    SetAside,
    /// Nothing that notes are sealed to.
    NoCertificate,
    /// For signatures alone.
    SignsOnly,
    Expired(Timestamp),
    NotYet(Timestamp),
    /// Compared in person.
    Checked(Timestamp),
    /// Made here for this person.
    MadeHere(Timestamp),
    /// By an authority, and not compared.
    Vouched(String),
    NotChecked,
}

impl Standing {
    pub(super) fn of(contact: &Contact, vouchers: &Vouchers, now: Timestamp) -> Self {
        let for_good = |trust| Self { trust, ends_in: None };
        if contact.is_changed() {
            return for_good(Trust::Changed);
        }
        if contact.accepted().next().is_none() {
            let set_aside = contact.keys.iter().any(|key| key.state == KeyState::Distrusted);
            return for_good(if set_aside { Trust::SetAside } else { Trust::NoCertificate });
        }
        let sealing: Vec<&ContactKey> =
            contact.accepted().filter(|key| key.certificate.may_encrypt()).collect();
        if sealing.is_empty() {
            return for_good(Trust::SignsOnly);
        }
        let valid = |key: &&&ContactKey| key.certificate.validity(now) == Validity::Valid;
        let current: Vec<&ContactKey> = sealing.iter().filter(valid).copied().collect();
        let usable: Vec<&ContactKey> =
            current.iter().filter(|key| revoked(key, vouchers).is_none()).copied().collect();
        let last = usable.iter().map(|key| key.certificate.not_after()).max();
        let Some(last) = last else {
            return for_good(unusable(&sealing, &current, vouchers, now));
        };
        let left = (last.as_second() - now.as_second()) / 86_400;
        Self { trust: trust_in(&usable, vouchers), ends_in: (left < SOON).then_some(left) }
    }

    /// Whether notes can be sealed to this person now.
    pub(super) fn can_be_written_to(&self) -> bool {
        match self.trust {
            Trust::Checked(_) | Trust::MadeHere(_) | Trust::Vouched(_) | Trust::NotChecked => true,
            Trust::Changed
            | Trust::Revoked { .. }
            | Trust::SetAside
            | Trust::NoCertificate
            | Trust::SignsOnly
            | Trust::Expired(_)
            | Trust::NotYet(_) => false,
        }
    }
}

/// Days until a certificate ends, when these are few.
pub(super) fn ends_soon(end: Timestamp, now: Timestamp) -> Option<i64> {
    let soon = now.checked_add((SOON * 24).hours()).is_ok_and(|soon| end < soon);
    (end >= now && soon).then(|| (end.as_second() - now.as_second()) / 86_400)
}

fn revoked<'a>(key: &ContactKey, vouchers: &'a Vouchers) -> Option<(&'a String, Timestamp)> {
    match vouchers.get(&key.certificate.fingerprint()) {
        Some(Vouched::Revoked(TakenBack { issuer, date })) => Some((issuer, *date)),
        Some(Vouched::By(_)) | None => None,
    }
}

/// Why none of the sealing certificates can be used.
fn unusable(sealing: &[&ContactKey], current: &[&ContactKey], vouchers: &Vouchers, now: Timestamp) -> Trust {
    if let Some((issuer, date)) = current.iter().find_map(|key| revoked(key, vouchers)) {
        return Trust::Revoked { issuer: issuer.clone(), date };
    }
    let ends = sealing.iter().map(|key| key.certificate.not_after()).max();
    let begins = sealing.iter().map(|key| key.certificate.not_before()).min();
    match (ends, begins) {
        (Some(end), _) if end < now => Trust::Expired(end),
        (_, Some(begin)) => Trust::NotYet(begin),
        (_, None) => Trust::NoCertificate,
    }
}

/// A note is sealed to all of them: the weakest counts.
fn trust_in(usable: &[&ContactKey], vouchers: &Vouchers) -> Trust {
    let oldest = |times: Option<Vec<Timestamp>>| times.and_then(|times| times.into_iter().min());
    if let Some(checked) = oldest(usable.iter().map(|key| key.verified).collect()) {
        return Trust::Checked(checked);
    }
    let by_hand = |key: &&ContactKey| {
        let made = (key.origin == Origin::MadeHere).then_some(key.added);
        key.verified.or(made)
    };
    if let Some(made) = oldest(usable.iter().map(by_hand).collect()) {
        return Trust::MadeHere(made);
    }
    let by = |key: &&ContactKey| match vouchers.get(&key.certificate.fingerprint()) {
        Some(Vouched::By(authority)) => Some(authority.clone()),
        Some(Vouched::Revoked(_)) | None => None,
    };
    let unchecked = usable.iter().filter(|key| by_hand(key).is_none());
    let by: Option<Vec<String>> = unchecked.map(by).collect();
    by.and_then(|by| by.into_iter().next()).map_or(Trust::NotChecked, Trust::Vouched)
}
