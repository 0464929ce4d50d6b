//! How the person answers when a certificate changed, and what authorities say of those on record.

use std::path::Path;

use super::Desk;
use super::contacts::ContactError;
use crate::smime::x509::Certificate;
use crate::smime::x509::certificate_file;
use crate::smime::{Address, Fingerprint};
use crate::store::StoreError;
use crate::store::contacts::{Contact, KeyState, complements};

pub use super::vouching::TakenBack;

/// What authorities say of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vouched {
    /// A path ends in this authority.
    By(String),
    /// It was taken back.
    Revoked(TakenBack),
}

impl Desk {
    /// Sets the certificates aside that wait for an answer; those that counted before go on counting.
    pub fn keep_contact(&self, address: &Address) -> Result<Contact, ContactError> {
        self.contact(address)?;
        self.store.set_pending_aside(address)?;
        self.contact(address)
    }

    /// Uses certificates that are on record for the address, in whatever state they are, in the place of the others,
    /// without a check in person. The other half of a pair (RFC 9216) stays.
    pub fn use_contact(&self, address: &Address, chosen: &[Fingerprint]) -> Result<Contact, ContactError> {
        let contact = self.contact(address)?;
        let mut certificates = Vec::new();
        for fingerprint in chosen {
            let known = contact.keys.iter().find(|key| key.certificate.fingerprint() == *fingerprint);
            let known = known.ok_or_else(|| StoreError::UnknownCertificate {
                address: address.clone(),
                fingerprint: *fingerprint,
            })?;
            certificates.push(known.certificate.clone());
        }
        let halves = contact.accepted().map(|key| &key.certificate);
        let halves = halves.filter(|half| certificates.iter().any(|chosen| complements(half, chosen)));
        let halves: Vec<Certificate> = halves.cloned().collect();
        certificates.extend(halves);
        self.store.replace_contact_certificate(address, &certificates, self.now)?;
        self.contact(address)
    }

    /// Writes certificates that are on record: .cer (DER, the first of them), .pem or .p7c by the ending.
    pub fn write_contact_certificates(
        &self,
        certificates: &[Certificate],
        out: &Path,
    ) -> Result<(), ContactError> {
        let ending = out.extension().map(|ending| ending.to_ascii_lowercase());
        let octets = match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("pem") => certificates.iter().map(certificate_file::to_pem).collect::<String>().into_bytes(),
            Some("p7c" | "p7b") => certificate_file::to_p7c(certificates),
            Some(_) | None => certificates.first().map(|first| first.as_der().to_vec()).unwrap_or_default(),
        };
        Ok(self.write_file(out, &octets)?)
    }

    /// What authorities say of every certificate that counts and that somebody else issued.
    pub fn vouched(&self, contacts: &[Contact]) -> Result<Vec<(Fingerprint, Vouched)>, StoreError> {
        let mut all = Vec::new();
        let counts = |state| matches!(state, KeyState::Accepted | KeyState::Pending);
        let issued = contacts.iter().flat_map(|contact| &contact.keys).filter(|key| counts(key.state));
        for key in issued.filter(|key| !key.certificate.is_self_signed()) {
            let certificate = &key.certificate;
            let vouching = self.vouching(certificate, std::iter::empty(), std::iter::empty())?;
            let said = vouching.taken_back(certificate).map(Vouched::Revoked);
            let by = || vouching.anchor.as_ref().filter(|_| !vouching.weak);
            let said = said.or_else(|| by().map(|anchor| Vouched::By(anchor.display_name())));
            all.extend(said.map(|said| (certificate.fingerprint(), said)));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::store::Location;
    use crate::store::contacts::Origin;
    use crate::store::vault::{NobodyToAsk, VaultKind};

    /// Somebody whose certificate has changed; the old one and the new one.
    fn changed() -> (Desk, Address, Fingerprint, Fingerprint) {
        let now: Timestamp = "2026-07-24T12:00:00Z".parse().unwrap();
        let desk = || Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), now).unwrap();
        let sam = desk();
        let robin: Address = "robin@example.org".parse().unwrap();
        let keys = [(); 2].map(|()| {
            desk().create_identity("Robin", std::slice::from_ref(&robin), KeyKind::P256, 30).unwrap()
        });
        for key in &keys {
            sam.store().record_certificate(key, "Robin", Origin::File, now).unwrap();
        }
        assert!(sam.contact(&robin).unwrap().is_changed());
        let [old, new] = keys.map(|key| key.fingerprint());
        (sam, robin, old, new)
    }

    fn states(contact: &Contact) -> Vec<(Fingerprint, KeyState)> {
        contact.keys.iter().map(|key| (key.certificate.fingerprint(), key.state)).collect()
    }

    #[test]
    fn the_old_certificate_can_be_kept() {
        let (desk, robin, old, new) = changed();
        let contact = desk.keep_contact(&robin).unwrap();
        assert_eq!(states(&contact), [(old, KeyState::Accepted), (new, KeyState::Distrusted)]);
        assert_eq!(contact.keys[0].verified, None);
    }

    #[test]
    fn the_new_certificate_can_be_used_unchecked_and_the_old_one_again() {
        let (desk, robin, old, new) = changed();
        let contact = desk.use_contact(&robin, &[new]).unwrap();
        assert_eq!(states(&contact), [(old, KeyState::Replaced), (new, KeyState::Accepted)]);
        assert_eq!(contact.keys[1].verified, None);
        let contact = desk.use_contact(&robin, &[old]).unwrap();
        assert_eq!(states(&contact), [(old, KeyState::Accepted), (new, KeyState::Replaced)]);
        let error = desk.use_contact(&robin, &[Fingerprint::of(b"nobody's")]).unwrap_err();
        assert!(matches!(error, ContactError::Store(StoreError::UnknownCertificate { .. })));
        assert_eq!(states(&desk.contact(&robin).unwrap()), states(&contact));
    }

    #[test]
    fn certificates_on_record_are_written_by_the_ending() {
        let (desk, robin, ..) = changed();
        let contact = desk.contact(&robin).unwrap();
        let certificates: Vec<Certificate> = contact.keys.iter().map(|key| key.certificate.clone()).collect();
        let folder = tempfile::tempdir().unwrap();
        for (name, count) in [("robin.cer", 1), ("robin.pem", 2), ("robin.p7c", 2)] {
            let path = folder.path().join(name);
            desk.write_contact_certificates(&certificates, &path).unwrap();
            let read = certificate_file::read(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(read.len(), count, "{name}");
            assert!(read.iter().all(|one| certificates.contains(one)));
        }
    }
}
