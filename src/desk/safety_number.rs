//! Compares all keys of two people with one number.

use super::Desk;
use crate::problem::{Explain, Problem};
use crate::smime::identity::{Identity, OwnKey};
use crate::smime::safety_number::{Claim, DIGITS, Half, SafetyNumber, is_for_mail};
use crate::smime::x509::{Certificate, Validity};
use crate::smime::{Address, Fingerprint};
use crate::store::StoreError;
use crate::store::contacts::{Contact, KeyState, complements};

/// A safety number and what it is made from.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The number.
    pub number: SafetyNumber,
    /// Which of one's own addresses it is for.
    pub own_address: Address,
    /// One's own keys in it.
    pub own: Vec<Certificate>,
    /// These are more than the newest ones, which others are given.
    pub all_own: bool,
    /// The other person's keys in it.
    pub theirs: Vec<Certificate>,
    /// Theirs wait for an answer: another key is on record.
    pub waiting: bool,
}

/// Why there is no safety number, or why it does not hold.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SafetyNumberError {
    /// The address is one's own.
    #[error("{0} is an own address")]
    OwnAddress(Address),
    /// None of one's identities has this address.
    #[error("{0} is not an own address")]
    NotMine(Address),
    /// There is no identity with an address.
    #[error("no identity")]
    NoIdentity,
    /// None of one's own keys for this address is in use now.
    #[error("no current key of {0}")]
    NoOwnKey(Address),
    /// None of the keys on record for this address counts now.
    #[error("no current key of {0} on record")]
    NoKey(Address),
    /// Not as many digits as a safety number has.
    #[error("{digits} digits")]
    Length {
        /// As many were given.
        digits: usize,
    },
    /// The other side sees another number.
    #[error("the numbers do not match")]
    Differs(Address),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for SafetyNumberError {
    fn explain(&self) -> Problem {
        match self {
            Self::OwnAddress(address) => Problem::new(
                format!("{address} is your own address."),
                "A safety number belongs to you and somebody else.",
                "Give the other person's address.",
            ),
            Self::NotMine(address) => Problem::new(
                format!("{address} is not your address here."),
                "None of your identities has it.",
                "See your identities with: waxseal-cli identity list.",
            ),
            Self::NoIdentity => Problem::new(
                "You have no key yet.",
                "A safety number is made from your keys and theirs.",
                "Make one: waxseal-cli identity create --name NAME --email ADDR.",
            ),
            Self::NoOwnKey(address) => Problem::new(
                format!("No key of {address} is in use now."),
                "Your certificates for it have expired, are not valid yet, were taken back, or are kept for reading only.",
                "Make or import a new one; the old key keeps opening your old mail.",
            ),
            Self::NoKey(address) => Problem::new(
                format!("There is nothing to compare with {address}."),
                "Every certificate on record for them has expired, is not valid yet, was taken back, was replaced or was set aside.",
                format!("Ask them for the new one, then run: waxseal-cli contact replace {address} FILE."),
            ),
            Self::Length { digits } => Problem::new(
                "This is not a whole safety number.",
                format!("It has {digits} digits, and a safety number has {DIGITS}. Nothing was changed."),
                "Read it to each other once more.",
            ),
            Self::Differs(address) => Problem::new(
                "The numbers do not match.",
                "One of you has another certificate, or somebody is in between. Nothing was changed.",
                format!(
                    "Give each other your certificates again, not by mail, and compare once more. If they still differ, run: waxseal-cli contact distrust {address}."
                ),
            ),
            Self::Store(error) => error.explain(),
        }
    }
}

impl Desk {
    /// The numbers that the other side may see, the likeliest first. `from`: which of one's own addresses they know;
    /// without it the first one that has a key. There is more than one when several of one's own keys are in use (they
    /// may know the newest or all of them), and when another key of theirs waits for an answer.
    pub fn safety_numbers(
        &self,
        address: &Address,
        from: Option<&Address>,
    ) -> Result<Vec<Comparison>, SafetyNumberError> {
        let theirs = self.their_keys(address)?;
        let own = self.own_halves(from)?;
        // All are for one address: the first.
        let own = own.iter().filter(|half| half.address == own[0].address);
        Ok(own.flat_map(|own| theirs.iter().map(|theirs| own.with(address, theirs))).collect())
    }

    /// Records an in-person check of every key in the number, when it is what the other side sees. Which of one's own
    /// addresses they know, and how many of one's own keys, makes no difference: all of these are one's own. (Each number
    /// more that is tried makes a false one easier to find by as much; sixteen of them cost 4 of 119 bits.)
    pub fn verify_safety_number(
        &self,
        address: &Address,
        claim: &Claim,
    ) -> Result<Comparison, SafetyNumberError> {
        let theirs = self.their_keys(address)?;
        let own = self.own_halves(None)?;
        let all = own.iter().flat_map(|own| theirs.iter().map(|theirs| own.with(address, theirs)));
        let agreed = all.into_iter().find(|comparison| comparison.number.agrees_with(claim));
        let agreed = agreed.ok_or_else(|| match claim {
            Claim::Digits(digits) if digits.len() != DIGITS => {
                SafetyNumberError::Length { digits: digits.len() }
            }
            Claim::Digits(_) | Claim::Payload(_) => SafetyNumberError::Differs(address.clone()),
        })?;
        let checked: Vec<Fingerprint> = agreed.theirs.iter().map(Certificate::fingerprint).collect();
        self.store.verify_contact(address, &checked, self.now)?;
        Ok(agreed)
    }

    /// Could the other person know one under several addresses?
    pub fn has_several_addresses(&self) -> Result<bool, StoreError> {
        Ok(self.store.identities()?.iter().map(|identity| identity.addresses.len()).sum::<usize>() > 1)
    }

    /// What is on record for the other person: all keys that notes are sealed to or whose signatures count, and
    /// what these will be if the waiting ones are right. At least one.
    fn their_keys(&self, address: &Address) -> Result<Vec<Theirs>, SafetyNumberError> {
        if self.store.identity(address)?.is_some() {
            return Err(SafetyNumberError::OwnAddress(address.clone()));
        }
        let unknown = || StoreError::UnknownContact { address: address.clone() };
        let contact = self.store.contact(address)?.ok_or_else(unknown)?;
        let sets = [(false, self.accepted(&contact, address)?), (true, self.waiting(&contact, address)?)];
        let theirs: Vec<Theirs> = sets
            .into_iter()
            .filter(|(_, keys)| !keys.is_empty())
            .map(|(waiting, keys)| Theirs { waiting, keys })
            .collect();
        if theirs.is_empty() { Err(SafetyNumberError::NoKey(address.clone())) } else { Ok(theirs) }
    }

    fn accepted(&self, contact: &Contact, address: &Address) -> Result<Vec<Certificate>, StoreError> {
        self.current(contact.accepted().map(|key| &key.certificate), address)
    }

    /// The waiting keys, and those accepted ones that would stay beside them.
    fn waiting(&self, contact: &Contact, address: &Address) -> Result<Vec<Certificate>, StoreError> {
        let pending = contact.keys.iter().filter(|key| key.state == KeyState::Pending);
        let mut keys = self.current(pending.map(|key| &key.certificate), address)?;
        if !keys.is_empty() {
            let accepted = self.accepted(contact, address)?;
            let staying = accepted.into_iter().filter(|old| keys.iter().any(|new| complements(old, new)));
            keys.extend(staying.collect::<Vec<_>>());
        }
        Ok(keys)
    }

    /// One's own sides: for each address the newest keys, and all of them if these are more. At least one.
    fn own_halves(&self, from: Option<&Address>) -> Result<Vec<Own>, SafetyNumberError> {
        let identities = match from {
            Some(from) => {
                let identity = self.store.identity(from)?;
                vec![identity.ok_or_else(|| SafetyNumberError::NotMine(from.clone()))?]
            }
            None => self.store.identities()?,
        };
        let mut own = Vec::new();
        let mut without = None;
        for identity in &identities {
            for address in
                identity.addresses.iter().filter(|address| from.is_none_or(|from| from == *address))
            {
                let [newest, all] = self.own_keys_for(identity, address)?;
                if newest.is_empty() {
                    without.get_or_insert(address);
                    continue;
                }
                let more = all.len() > newest.len();
                own.push(Own { address: address.clone(), keys: newest, all: false });
                if more {
                    own.push(Own { address: address.clone(), keys: all, all: true });
                }
            }
        }
        match (own.is_empty(), without) {
            (false, _) => Ok(own),
            (true, Some(address)) => Err(SafetyNumberError::NoOwnKey(address.clone())),
            (true, None) => Err(SafetyNumberError::NoIdentity),
        }
    }

    /// The newest key for each use, which is what others are given; and every key that is in use.
    fn own_keys_for(
        &self,
        identity: &Identity,
        address: &Address,
    ) -> Result<[Vec<Certificate>; 2], StoreError> {
        let in_use = || identity.keys.iter().filter(|key| !key.retired);
        let all = self.current(in_use().map(|key| &key.certificate), address)?;
        let newest_that = |fit: fn(&OwnKey) -> bool| {
            let fitting = in_use().filter(|key| fit(key) && all.contains(&key.certificate));
            fitting.map(|key| &key.certificate).max_by_key(|certificate| certificate.not_before())
        };
        let (signing, sealing) = (newest_that(|key| key.signs), newest_that(|key| key.decrypts));
        let sealing = sealing.filter(|sealing| Some(*sealing) != signing);
        let newest: Vec<Certificate> = signing.into_iter().chain(sealing).cloned().collect();
        Ok([newest, all])
    }

    /// Those within their dates, and not taken back, that are for mail and name the address; where none names it, all.
    fn current<'a>(
        &self,
        certificates: impl Iterator<Item = &'a Certificate>,
        address: &Address,
    ) -> Result<Vec<Certificate>, StoreError> {
        let current = certificates
            .filter(|certificate| certificate.validity(self.now) == Validity::Valid)
            .filter(|certificate| is_for_mail(certificate));
        let (mut named, mut others) = (Vec::new(), Vec::new());
        for certificate in current {
            if self.taken_back(certificate)?.is_none() {
                let set = if certificate.addresses().contains(address) { &mut named } else { &mut others };
                set.push(certificate.clone());
            }
        }
        Ok(if named.is_empty() { others } else { named })
    }
}

/// One's own half before it is hashed.
struct Own {
    address: Address,
    keys: Vec<Certificate>,
    all: bool,
}

struct Theirs {
    waiting: bool,
    keys: Vec<Certificate>,
}

impl Own {
    fn with(&self, address: &Address, theirs: &Theirs) -> Comparison {
        let half = |address: &Address, keys: &[Certificate]| {
            Half::of(address, keys.iter().map(Certificate::spki_der))
        };
        Comparison {
            number: SafetyNumber::of(half(&self.address, &self.keys), half(address, &theirs.keys)),
            own_address: self.address.clone(),
            own: self.keys.clone(),
            all_own: self.all,
            theirs: theirs.keys.clone(),
            waiting: theirs.waiting,
        }
    }
}
