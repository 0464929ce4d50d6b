//! How it stands with a person's certificate, in the words of the contacts list.

use jiff::Timestamp;

use super::Desk;
use super::recipients::date;
use crate::smime::message::verdict::{Tier, Trust};
use crate::store::StoreError;
use crate::store::contacts::{Contact, ContactSummary, KeyState, KeySummary, Origin};

/// How it stands with a person's certificates: of several the weakest counts, for a note is sealed to all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is oneself.
    Own,
    /// Compared in person, the first of them then.
    Checked(Timestamp),
    /// Made here, and handed over.
    MadeHere,
    /// Not compared, but an authority that is believed vouches for it.
    Vouched {
        /// Who.
        authority: String,
    },
    /// On record, and nobody has compared it.
    NotChecked,
    /// Not valid before this moment.
    NotYet(Timestamp),
    /// Past its end.
    Expired(Timestamp),
    /// Another certificate waits for an answer.
    Changed,
    /// The person set it aside.
    SetAside,
    /// There is none.
    None,
}

/// When an end that comes near is told, in days.
const SOON: i64 = 60;

impl Standing {
    /// Of a person in the list. Whether an authority vouches for them is not looked at: see [`Desk::standing`].
    pub fn of(person: &ContactSummary, now: Timestamp) -> Self {
        let with = |state| person.keys.iter().filter(move |key| key.state == state);
        if with(KeyState::Pending).next().is_some() {
            return Self::Changed;
        }
        let mut counting: Vec<&KeySummary> = with(KeyState::Accepted).filter(|key| key.encrypts).collect();
        if counting.is_empty() {
            counting = with(KeyState::Accepted).collect();
        }
        let valid = |key: &&&KeySummary| key.begins <= now && now <= key.ends;
        let mut weakest: Option<Self> = None;
        for key in counting.iter().filter(valid) {
            let standing = match (key.verified, key.origin) {
                (Some(time), _) => Self::Checked(time),
                (None, Origin::MadeHere) => Self::MadeHere,
                (None, Origin::File | Origin::SignedMessage) => Self::NotChecked,
            };
            weakest = Some(match (weakest, standing) {
                (None, standing) => standing,
                (Some(Self::NotChecked), _) | (_, Self::NotChecked) => Self::NotChecked,
                (Some(Self::Checked(one)), Self::Checked(other)) => Self::Checked(one.min(other)),
                (Some(first), _) => first,
            });
        }
        let ends = counting.iter().map(|key| key.ends).max();
        let begins = counting.iter().map(|key| key.begins).min();
        match (weakest, ends, begins) {
            (Some(standing), _, _) => standing,
            (None, Some(ends), _) if ends < now => Self::Expired(ends),
            (None, _, Some(begins)) => Self::NotYet(begins),
            (None, _, None) if with(KeyState::Distrusted).next().is_some() => Self::SetAside,
            (None, _, None) => Self::None,
        }
    }

    /// The best tier that a message under this certificate can have; `None` without one. The trust decides, by the one
    /// table there is, and who is outside the dates is no more than *Probably secure*.
    pub fn tier(&self) -> Option<Tier> {
        let trust = match self {
            Self::Own => Trust::Own,
            Self::Checked(_) => Trust::InPerson,
            Self::MadeHere => Trust::MadeHere,
            Self::Vouched { .. } => Trust::Ca,
            Self::NotChecked | Self::NotYet(_) | Self::Expired(_) => Trust::Known,
            Self::Changed | Self::SetAside => Trust::Changed,
            Self::None => return None,
        };
        Some(trust.highest_tier())
    }

    /// "Checked on 3 May 2027", "No certificate".
    pub fn words(&self) -> String {
        match self {
            Self::Own => "Yourself".to_owned(),
            Self::Checked(time) => format!("Checked on {}", date(*time)),
            Self::MadeHere => "Made here for them".to_owned(),
            Self::Vouched { authority } => format!("Vouched for by {authority}"),
            Self::NotChecked => "Not checked yet".to_owned(),
            Self::NotYet(begins) => format!("Valid from {}", date(*begins)),
            Self::Expired(ends) => format!("Expired on {}", date(*ends)),
            Self::Changed => "Certificate changed".to_owned(),
            Self::SetAside => "Certificate set aside".to_owned(),
            Self::None => "No certificate".to_owned(),
        }
    }
}

/// "Expires in 23 days", when that is near; `ends`: the last end of the certificates that count.
pub fn expiry(ends: Timestamp, now: Timestamp) -> Option<String> {
    let seconds = ends.as_second().checked_sub(now.as_second()).filter(|left| *left >= 0)?;
    match seconds / 86_400 {
        0 => Some("Expires today".to_owned()),
        1 => Some("Expires tomorrow".to_owned()),
        days if days <= SOON => Some(format!("Expires in {days} days")),
        _ => None,
    }
}

impl Desk {
    /// How it stands with this person, with a look at the authorities.
    pub fn standing(&self, contact: &Contact) -> Result<Standing, StoreError> {
        let standing = Standing::of(&contact.summary(), self.now);
        if standing != Standing::NotChecked {
            return Ok(standing);
        }
        for key in contact.accepted().filter(|key| key.verified.is_none()) {
            let vouching = self.vouching(&key.certificate, std::iter::empty(), std::iter::empty())?;
            if let Some(anchor) = vouching.anchor.filter(|_| !vouching.weak) {
                return Ok(Standing::Vouched { authority: anchor.display_name() });
            }
        }
        Ok(standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn key(state: KeyState, verified: Option<i64>, ends: i64) -> KeySummary {
        let (origin, verified) = (Origin::File, verified.map(at));
        KeySummary { state, origin, verified, begins: at(10), ends: at(ends), encrypts: true }
    }

    #[test]
    fn the_weakest_key_counts_and_what_needs_an_answer_goes_first() {
        use KeyState::{Accepted, Distrusted, Pending, Replaced};
        let made = KeySummary { origin: Origin::MadeHere, ..key(Accepted, None, 100) };
        let signs = KeySummary { encrypts: false, ..key(Accepted, None, 100) };
        let table: [(Vec<KeySummary>, Standing, Option<Tier>); 9] = [
            (vec![], Standing::None, None),
            (
                vec![key(Accepted, Some(20), 100), key(Accepted, Some(15), 100)],
                Standing::Checked(at(15)),
                Some(Tier::BeyondReasonableDoubt),
            ),
            (
                vec![key(Accepted, Some(20), 100), key(Accepted, None, 100)],
                Standing::NotChecked,
                Some(Tier::ProbablySecure),
            ),
            (
                vec![key(Accepted, Some(20), 100), key(Accepted, None, 40)],
                Standing::Checked(at(20)),
                Some(Tier::BeyondReasonableDoubt),
            ),
            (vec![key(Accepted, Some(20), 40)], Standing::Expired(at(40)), Some(Tier::ProbablySecure)),
            (
                vec![key(Accepted, Some(20), 100), key(Pending, None, 100)],
                Standing::Changed,
                Some(Tier::NotSecure),
            ),
            (
                vec![key(Distrusted, Some(20), 100), key(Replaced, None, 100)],
                Standing::SetAside,
                Some(Tier::NotSecure),
            ),
            (vec![made], Standing::MadeHere, Some(Tier::BeyondReasonableDoubt)),
            (vec![signs], Standing::NotChecked, Some(Tier::ProbablySecure)),
        ];
        for (keys, standing, tier) in table {
            let person = ContactSummary { id: 1, name: "Robin".into(), addresses: Vec::new(), keys };
            assert_eq!(
                (Standing::of(&person, at(50)), Standing::of(&person, at(50)).tier()),
                (standing, tier)
            );
        }
        assert_eq!(
            Standing::of(
                &ContactSummary {
                    id: 1,
                    name: String::new(),
                    addresses: Vec::new(),
                    keys: vec![key(Accepted, None, 90)]
                },
                at(5)
            ),
            Standing::NotYet(at(10))
        );
    }

    #[test]
    fn an_end_that_comes_near_is_told_in_days() {
        let told = |ends| expiry(at(ends), at(100));
        assert_eq!(told(123).as_deref(), Some("Expires in 23 days"));
        assert_eq!(
            (told(100).as_deref(), told(101).as_deref()),
            (Some("Expires today"), Some("Expires tomorrow"))
        );
        assert_eq!((told(161), told(99)), (None, None));
    }
}
