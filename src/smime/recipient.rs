//! Somebody a note is sealed to.

use jiff::Timestamp;

use crate::smime::cms::attributes::Capabilities;
use crate::smime::policy::{Abilities, DeviceProfile};
use crate::smime::x509::{Certificate, Validity};
use crate::smime::{Address, Fingerprint};

/// An address with every accepted encryption certificate and what its owner's programs said they can do.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Where the note goes.
    pub address: Address,
    /// Every certificate that was accepted for the address: one for each device.
    pub certificates: Vec<Certificate>,
    /// What the owner's programs said; `None` when they said nothing.
    pub capabilities: Option<Capabilities>,
    /// Their programs are known to show protected header fields (RFC 9788).
    pub reads_protected_headers: bool,
    /// What they read mail on.
    pub device: DeviceProfile,
    /// Certificates past their end that the person has confirmed by name: sealed to all the same.
    pub expired: Vec<Fingerprint>,
}

impl Recipient {
    /// What they open beyond what everybody does.
    pub fn abilities(&self) -> Abilities {
        Abilities::of(self.device, self.capabilities.as_ref(), self.reads_protected_headers)
    }

    /// The certificates that a note is sealed to at `time`: all that may encrypt, are within their dates (or past their
    /// end and confirmed) and have a key that is known here; each key once.
    pub fn usable(&self, time: Timestamp) -> Vec<&Certificate> {
        let mut usable: Vec<&Certificate> = Vec::new();
        for certificate in &self.certificates {
            let fits = certificate.public_key().takes_keys()
                && certificate.may_encrypt()
                && match certificate.validity(time) {
                    Validity::Valid => true,
                    Validity::Expired => self.expired.contains(&certificate.fingerprint()),
                    Validity::NotYet => false,
                };
            let doubled = usable.iter().position(|other| other.spki_der() == certificate.spki_der());
            match doubled {
                _ if !fits => {}
                // A renewed certificate for the same key takes the old one's place.
                Some(place) if usable[place].not_before() < certificate.not_before() => {
                    usable[place] = certificate
                }
                Some(_) => {}
                None => usable.push(certificate),
            }
        }
        usable
    }
}
