//! Whom a note can be sealed to, and why not.

use jiff::Timestamp;

use super::Desk;
use super::vouching::TakenBack;
use crate::problem::{Explain, Problem};
use crate::smime::crypto::PublicKey;
use crate::smime::identity::Identity;
use crate::smime::message::capabilities;
use crate::smime::policy::{Device, DeviceProfile};
use crate::smime::recipient::Recipient;
use crate::smime::x509::{Certificate, Validity};
use crate::smime::{Address, Fingerprint};
use crate::store::StoreError;
use crate::store::contacts::{Contact, KeyState, Origin};

/// Why a note cannot be sealed to an address.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecipientError {
    /// Nobody with this address is on record.
    #[error("no certificate for {0}")]
    NoCertificate(Address),
    /// Another certificate arrived, and the person has not answered.
    #[error("the certificate of {0} has changed")]
    Changed(Address),
    /// Set aside by the person.
    #[error("{0} is not trusted any more")]
    Distrusted(Address),
    /// All of the certificates are past their end.
    #[error("the certificate of {address} has expired")]
    Expired {
        /// Whose.
        address: Address,
        /// The latest end.
        not_after: Timestamp,
    },
    /// All of the certificates were taken back by their authority.
    #[error("the certificate of {address} was taken back")]
    Revoked {
        /// Whose.
        address: Address,
        /// Who took it back.
        issuer: String,
        /// When.
        date: Timestamp,
    },
    /// None of the certificates is valid yet.
    #[error("the certificate of {address} is not valid yet")]
    NotYet {
        /// Whose.
        address: Address,
        /// The earliest beginning.
        not_before: Timestamp,
    },
    /// The certificates are for signing only.
    #[error("the certificate of {0} is for signatures only")]
    SignsOnly(Address),
    /// The key is of a kind that is not known here, or too short.
    #[error("the key of {address} cannot be used")]
    UnfitKey {
        /// Whose.
        address: Address,
        /// "Ed25519", "RSA 1024".
        key: String,
    },
    /// The records could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for RecipientError {
    fn explain(&self) -> Problem {
        match self {
            Self::NoCertificate(address) => Problem::new(
                format!("There is no certificate for {address}."),
                "Without it nothing can be sealed so that only they can read it.",
                "Ask them for it, or for a signed mail, then run: waxseal-cli contact import FILE.",
            ),
            Self::Changed(address) => Problem::new(
                format!("Another certificate has arrived for {address}."),
                "It may be a new phone, or somebody who pretends to be them. Nothing is sealed until you have answered.",
                format!(
                    "Ask them, not by mail, for their fingerprint, then run: waxseal-cli contact verify {address} --fingerprint …"
                ),
            ),
            Self::Distrusted(address) => Problem::new(
                format!("You set the certificate of {address} aside."),
                "Nothing is sealed to a key that you distrust.",
                format!(
                    "When you have a new certificate from them, run: waxseal-cli contact replace {address} FILE."
                ),
            ),
            Self::Expired { address, not_after } => Problem::new(
                format!("The certificate of {address} has expired."),
                format!("It was valid until {}.", date(*not_after)),
                format!("Ask them for the new one, then run: waxseal-cli contact replace {address} FILE."),
            ),
            Self::Revoked { address, issuer, date: when } => Problem::new(
                format!("{issuer} took the certificate of {address} back."),
                format!("It counts no longer since {}. Nothing is sealed to it.", date(*when)),
                format!(
                    "Ask them, not by mail, for a new one, then run: waxseal-cli contact replace {address} FILE."
                ),
            ),
            Self::NotYet { address, not_before } => Problem::new(
                format!("The certificate of {address} is not valid yet."),
                format!("It begins on {}.", date(*not_before)),
                "Check the date of this computer, or wait until then.",
            ),
            Self::SignsOnly(address) => Problem::new(
                format!("The certificate of {address} is for signatures only."),
                "Nothing can be sealed to it.",
                "Ask them for their encryption certificate.",
            ),
            Self::UnfitKey { address, key } => Problem::new(
                format!("Nothing can be sealed to the key of {address}."),
                format!("It is of the kind {key}, which is too weak or not known here."),
                "Ask them for a certificate with an RSA key of 2048 bits or more, or with P-256 or P-384.",
            ),
            Self::Store(error) => error.explain(),
        }
    }
}

/// "3 May 2026", in the local time zone.
pub fn date(time: Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %B %Y").to_string()
}

impl Desk {
    /// The certificates that a note to `address` is sealed to: every accepted one that is fit and valid now.
    pub fn recipient(&self, address: &Address) -> Result<Recipient, RecipientError> {
        self.recipient_with(address, &[])
    }

    /// As [`Desk::recipient`]. When all are past their end, those are taken that the person has confirmed by name and has
    /// once checked ([`Desk::expired_but_checked`]).
    pub fn recipient_with(
        &self,
        address: &Address,
        confirmed: &[Fingerprint],
    ) -> Result<Recipient, RecipientError> {
        if let Some(identity) = self.store.identity(address)? {
            return self.own_recipient(address, &identity);
        }
        let contact =
            self.store.contact(address)?.ok_or_else(|| RecipientError::NoCertificate(address.clone()))?;
        match self.contact_recipient(address, &contact) {
            Err(expired @ RecipientError::Expired { .. }) => {
                let checked = self.expired_but_checked(address, &contact)?;
                let taken: Vec<Certificate> = checked
                    .into_iter()
                    .filter(|certificate| confirmed.contains(&certificate.fingerprint()))
                    .collect();
                if taken.is_empty() {
                    return Err(expired);
                }
                let expired = taken.iter().map(Certificate::fingerprint).collect();
                Ok(Recipient { expired, ..made_of(address, &contact, taken) })
            }
            recipient => recipient,
        }
    }

    /// The certificates of a contact that are past their end and could still be sealed to by a confirmation that names
    /// them: those that were compared in person, or made here, and that nobody has taken back.
    pub fn expired_but_checked(
        &self,
        address: &Address,
        contact: &Contact,
    ) -> Result<Vec<Certificate>, StoreError> {
        let mut checked = Vec::new();
        for key in contact.accepted() {
            let certificate = &key.certificate;
            let known = key.verified.is_some() || key.origin == Origin::MadeHere;
            let named = certificate.addresses().is_empty() || certificate.addresses().contains(address);
            let expired = certificate.validity(self.now) == Validity::Expired;
            let fit = certificate.may_encrypt() && is_fit(certificate.public_key());
            if known && named && expired && fit && self.taken_back(certificate)?.is_none() {
                checked.push(certificate.clone());
            }
        }
        Ok(checked)
    }

    /// One's own address: a note to oneself.
    pub(super) fn own_recipient(
        &self,
        address: &Address,
        identity: &Identity,
    ) -> Result<Recipient, RecipientError> {
        let certificates = match identity.encryption_key(address, self.now) {
            Some(key) => vec![key.certificate.clone()],
            None => self.fit(address, identity.keys.iter().map(|key| &key.certificate))?,
        };
        let capabilities = certificates.first().map(capabilities::own);
        Ok(Recipient {
            address: address.clone(),
            certificates,
            capabilities,
            reads_protected_headers: true,
            device: DeviceProfile::learned(Device::Waxseal),
            expired: Vec::new(),
        })
    }

    fn contact_recipient(&self, address: &Address, contact: &Contact) -> Result<Recipient, RecipientError> {
        if contact.is_changed() {
            return Err(RecipientError::Changed(address.clone()));
        }
        let accepted =
            || contact.keys.iter().filter(|key| key.state == KeyState::Accepted).map(|key| &key.certificate);
        if accepted().next().is_none() {
            let distrusted = contact.keys.iter().any(|key| key.state == KeyState::Distrusted);
            let error = if distrusted { RecipientError::Distrusted } else { RecipientError::NoCertificate };
            return Err(error(address.clone()));
        }
        // A certificate that names other addresses of the same person says nothing about this one.
        let named = |certificate: &&Certificate| {
            certificate.addresses().is_empty() || certificate.addresses().contains(address)
        };
        let mut offered: Vec<&Certificate> = accepted().filter(named).collect();
        if offered.is_empty() {
            offered = accepted().collect();
        }
        let certificates = self.fit(address, offered.into_iter())?;
        Ok(made_of(address, contact, certificates))
    }

    /// Those of `offered` that can be sealed to now, or what the best of them lacks.
    fn fit<'a>(
        &self,
        address: &Address,
        offered: impl Iterator<Item = &'a Certificate>,
    ) -> Result<Vec<Certificate>, RecipientError> {
        let address = || address.clone();
        let (encrypting, _): (Vec<_>, Vec<_>) = offered.partition(|certificate| certificate.may_encrypt());
        if encrypting.is_empty() {
            return Err(RecipientError::SignsOnly(address()));
        }
        let valid: Vec<_> = encrypting
            .iter()
            .filter(|certificate| certificate.validity(self.now) == Validity::Valid)
            .collect();
        let mut usable: Vec<Certificate> = Vec::new();
        let mut taken_back = None;
        for certificate in valid.iter().filter(|certificate| is_fit(certificate.public_key())) {
            match self.taken_back(certificate)? {
                Some(TakenBack { issuer, date }) => {
                    taken_back = Some(RecipientError::Revoked { address: address(), issuer, date });
                }
                None => usable.push((**certificate).clone()),
            }
        }
        if !usable.is_empty() {
            return Ok(usable);
        }
        if let Some(error) = taken_back {
            return Err(error);
        }
        if let Some(unfit) = valid.first() {
            return Err(RecipientError::UnfitKey { address: address(), key: unfit.public_key().name() });
        }
        let ends = encrypting.iter().map(|certificate| certificate.not_after()).max();
        let begins = encrypting.iter().map(|certificate| certificate.not_before()).min();
        match (ends, begins) {
            (Some(not_after), _) if not_after < self.now => {
                Err(RecipientError::Expired { address: address(), not_after })
            }
            (_, Some(not_before)) => Err(RecipientError::NotYet { address: address(), not_before }),
            (_, None) => Err(RecipientError::NoCertificate(address())),
        }
    }
}

fn made_of(address: &Address, contact: &Contact, certificates: Vec<Certificate>) -> Recipient {
    Recipient {
        address: address.clone(),
        certificates,
        capabilities: contact.capabilities.clone(),
        reads_protected_headers: contact.reads_protected_headers(),
        device: contact.device,
        expired: Vec::new(),
    }
}

fn is_fit(key: &PublicKey) -> bool {
    key.takes_keys() && !key.is_weak()
}
