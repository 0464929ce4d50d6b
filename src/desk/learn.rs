//! What certificates and signed messages teach about other people.

use super::Desk;
use super::contacts::ContactError;
use super::trust::NoCertificates;
use crate::smime::cms::attributes::Capabilities;
use crate::smime::message::header_protection::Scheme;
use crate::smime::message::open::Opened;
use crate::smime::policy::Device;
use crate::smime::x509::Certificate;
use crate::smime::x509::certificate_file::CertificateFileError;
use crate::smime::{Address, Source};
use crate::store::StoreError;
use crate::store::contacts::{HeaderHabit, Origin, Recorded};

/// One certificate out of a file, and what became of it.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The certificate.
    pub certificate: Certificate,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// One's own: nothing changed.
    Own,
    /// An authority's: kept to complete paths, not believed.
    Intermediate,
    /// A person's.
    Recorded(Recorded),
    /// Nobody's in particular: left out, while others in the file were taken.
    NoAddress,
}

impl Desk {
    /// Of several certificates the good ones are taken.
    pub(super) fn learn(
        &self,
        certificates: &[Certificate],
        origin: Origin,
    ) -> Result<Vec<Learned>, ContactError> {
        // Before anything is put down: after a stop a message may have seemed to teach nothing.
        self.go_on()?;
        let mut learned = Vec::new();
        let mut refused = None;
        for certificate in certificates {
            match self.learn_one(certificate, origin) {
                Err(error @ ContactError::Store(StoreError::NoAddress { .. })) => {
                    learned.push(Learned { certificate: certificate.clone(), outcome: Outcome::NoAddress });
                    refused.get_or_insert(error);
                }
                one => learned.push(one?),
            }
        }
        match refused.filter(|_| learned.iter().all(|one| one.outcome == Outcome::NoAddress)) {
            Some(error) => Err(error),
            None => Ok(learned),
        }
    }

    fn learn_one(&self, certificate: &Certificate, origin: Origin) -> Result<Learned, ContactError> {
        let outcome = if self.is_own(certificate)? {
            Outcome::Own
        } else if vouches_for_others(certificate) {
            self.store.add_intermediate(certificate)?;
            Outcome::Intermediate
        } else {
            let name = certificate.display_name();
            Outcome::Recorded(self.store.record_certificate(certificate, &name, origin, self.now)?)
        };
        Ok(Learned { certificate: certificate.clone(), outcome })
    }

    /// The certificates that a validly signed message brings along, and what its signer says about their programs.
    pub(super) fn learn_from_message(&self, source: Box<dyn Source>) -> Result<Vec<Learned>, ContactError> {
        let reading = self.read(source.into())?;
        if let Some(closed) = reading.closed {
            return Err(closed.into());
        }
        let opened = &reading.opened;
        if opened.layers.is_empty() && opened.headers.from.is_empty() {
            return Err(NoCertificates::None(CertificateFileError::None).into());
        }
        let signer = opened.signer().filter(|signer| signer.outcome.is_ok());
        let certificate =
            signer.and_then(|signer| signer.certificate.clone()).ok_or(ContactError::NotSigned)?;
        let capabilities: Option<Capabilities> = signer.and_then(|signer| signer.capabilities.clone());

        let preferred = signer.and_then(|signer| signer.encryption_key_preference.as_ref());
        let mut learned = vec![self.learn_one(&certificate, Origin::SignedMessage)?];
        let others = opened.certificates().filter(|other| **other != certificate);
        let (authorities, others): (Vec<_>, Vec<_>) = others.partition(|other| vouches_for_others(other));
        for authority in authorities {
            learned.push(self.learn_one(authority, Origin::SignedMessage)?);
        }
        for other in others {
            if is_other_half(other, &certificate) {
                learned.push(self.learn_one(other, Origin::SignedMessage)?);
            } else if preferred.is_some_and(|id| id.names(other)) && share_an_address(other, &certificate) {
                learned.push(self.learn_preferred(other, &certificate)?);
            }
        }
        // A key that awaits an answer, or was answered with no, says nothing about what its owner's device can do.
        let settled = learned.first().is_some_and(|first| match first.outcome {
            Outcome::Recorded(Recorded::New | Recorded::AlreadyThere | Recorded::Paired) => true,
            Outcome::Recorded(Recorded::Changed)
            | Outcome::Own
            | Outcome::Intermediate
            | Outcome::NoAddress => false,
        }) && self.is_accepted(&certificate)?;
        if settled && reading.verdict.signature.matches_from == Some(true) {
            self.store.record_header_habit(&certificate.fingerprint(), header_habit(&reading.opened))?;
        }
        if settled
            && reading.verdict.signature.matches_from == Some(true)
            && let Some(program) = &reading.opened.headers.program
        {
            for address in certificate.addresses() {
                if self.counts_for(&certificate, address)? {
                    self.store.record_device(address, Device::of_program(program))?;
                }
            }
        }
        if let Some(capabilities) = capabilities.filter(|_| settled) {
            let signed_at = signer.and_then(|signer| signer.signed_at);
            self.store.record_capabilities(&certificate, &capabilities, signed_at, self.now)?;
        }
        Ok(learned)
    }

    /// The certificate that the signer asks to be sealed to, whoever issued it.
    fn learn_preferred(&self, other: &Certificate, signer: &Certificate) -> Result<Learned, ContactError> {
        if self.is_own(other)? {
            return Ok(Learned { certificate: other.clone(), outcome: Outcome::Own });
        }
        let recorded = self.store.record_preferred(other, signer, self.now)?;
        Ok(Learned { certificate: other.clone(), outcome: Outcome::Recorded(recorded) })
    }

    fn is_accepted(&self, certificate: &Certificate) -> Result<bool, StoreError> {
        let contact = self.store.contact_of(&certificate.fingerprint())?;
        Ok(contact.is_some_and(|contact| contact.accepted().any(|key| key.certificate == *certificate)))
    }

    /// Is it the person with this very address whose key this is?
    fn counts_for(&self, certificate: &Certificate, address: &Address) -> Result<bool, StoreError> {
        let contact = self.store.contact(address)?;
        Ok(contact.is_some_and(|contact| contact.accepted().any(|key| key.certificate == *certificate)))
    }

    fn is_own(&self, certificate: &Certificate) -> Result<bool, StoreError> {
        let identities = self.store.identities()?;
        Ok(identities.iter().any(|identity| identity.owns(certificate)))
    }
}

/// The other certificate of the same person (RFC 9216): same name, same addresses, same issuer.
fn is_other_half(one: &Certificate, other: &Certificate) -> bool {
    one.addresses() == other.addresses() && one.subject() == other.subject() && one.issuer() == other.issuer()
}

fn share_an_address(one: &Certificate, other: &Certificate) -> bool {
    one.addresses().iter().any(|address| other.addresses().contains(address))
}

/// An authority's certificate is kept to complete paths and nothing more. One that says so only in its basic
/// constraints, and names an address, is a person's: `openssl req -x509` makes them like that.
pub(super) fn vouches_for_others(certificate: &Certificate) -> bool {
    let usage = certificate.key_usage().present();
    let signs = usage.is_some_and(|usage| usage.key_cert_sign() || usage.crl_sign());
    signs || (certificate.is_authority() && certificate.addresses().is_empty())
}

/// By which custom the header fields of a message were signed.
fn header_habit(opened: &Opened) -> HeaderHabit {
    let whole = opened.counting_signature().is_some_and(|(_, signature)| signature.whole);
    match opened.protection.as_ref().filter(|_| whole && opened.headers.protected).map(|found| found.scheme) {
        Some(Scheme::Cipher | Scheme::Clear) => HeaderHabit::Rfc9788,
        Some(Scheme::Wrapped | Scheme::Forerunner) => HeaderHabit::Older,
        Some(Scheme::Inside) | None => HeaderHabit::None,
    }
}
