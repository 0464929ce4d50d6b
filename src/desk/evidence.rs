//! What the store knows, in the shape that the core asks for.

use std::cell::RefCell;

use super::Desk;
use super::watch::aside;
use crate::smime::Address;
use crate::smime::cms::enveloped_data::DecryptionKeys;
use crate::smime::cms::recipient_info::CertificateId;
use crate::smime::crypto::{PrivateKey, PublicKey};
use crate::smime::identity::Identity;
use crate::smime::message::open::CertificateLookup;
use crate::smime::message::verdict::Evidence;
use crate::smime::progress::Stopped;
use crate::smime::secret::{Passphrase, SecretBytes};
use crate::smime::x509::revocation::RevocationList;
use crate::smime::x509::{Certificate, path};
use crate::store::StoreError;
use crate::store::contacts::{HeaderHabit, KeyState, Origin};

impl Desk {
    /// What is known about a signer's certificate; `from` is the one address in From, `companions` are the certificates
    /// that came with it, `lists` the revocation lists.
    pub fn evidence(
        &self,
        certificate: &Certificate,
        from: Option<&Address>,
        companions: impl Iterator<Item = Certificate>,
        lists: impl Iterator<Item = RevocationList>,
    ) -> Result<Evidence, StoreError> {
        let fingerprint = certificate.fingerprint();
        let identities = self.store.identities()?;
        let owned = identities.iter().any(|identity| identity.owns(certificate));
        let record = self.store.contact_of(&fingerprint)?;
        let key = record
            .as_ref()
            .and_then(|contact| contact.keys.iter().find(|key| key.certificate == *certificate));

        let made_here = key.is_some_and(|key| key.origin == Origin::MadeHere);
        let vouching = self.vouching(certificate, companions, lists)?;
        let mut evidence = Evidence {
            // A key that was made here for somebody else and kept is theirs.
            own: owned && !made_here,
            self_signed: certificate.is_self_signed(),
            authority: vouching.anchor.map(|anchor| anchor.display_name()),
            weak_authority: vouching.weak,
            revocation: vouching.revocation,
            readers: identities.iter().flat_map(|identity| &identity.addresses).cloned().collect(),
            protects_headers: key.is_some_and(|key| key.headers > HeaderHabit::None),
            ..Evidence::default()
        };
        match key.map(|key| (key.state, key)) {
            Some((KeyState::Accepted, key)) => {
                evidence.known = true;
                evidence.made_here = made_here;
                evidence.in_person = key.verified;
                // Being on record counts for more than what may be forged.
                if evidence.weak_authority {
                    (evidence.authority, evidence.weak_authority) = (None, false);
                }
            }
            // Its signatures on old mail are recognised, but it no longer stands for the person.
            Some((KeyState::Replaced, _)) => evidence.known = true,
            Some((KeyState::Pending | KeyState::Distrusted, _)) => evidence.changed = true,
            None => {
                evidence.look_alike = self.imitated(certificate.addresses(), &identities)?;
            }
        }
        if !evidence.own {
            // The address that the message is shown under; without it any of them may be taken for the sender's.
            let shown = from.filter(|from| certificate.addresses().contains(from));
            for address in shown.map_or(certificate.addresses(), std::slice::from_ref) {
                self.weigh_address(address, certificate, &identities, &mut evidence)?;
            }
        }
        Ok(evidence)
    }

    /// One address, one answer: how a key stands with one contact says nothing about the address of another.
    fn weigh_address(
        &self,
        address: &Address,
        certificate: &Certificate,
        identities: &[Identity],
        evidence: &mut Evidence,
    ) -> Result<(), StoreError> {
        let contact = self.store.contact(address)?;
        let keys = contact.as_ref().map(|contact| contact.keys.as_slice()).unwrap_or_default();
        let here = keys.iter().find(|key| key.certificate == *certificate).map(|key| key.state);
        let is_own =
            || identities.iter().flat_map(|identity| &identity.addresses).any(|own| own.reaches(address));
        match here {
            Some(KeyState::Accepted) => {}
            Some(KeyState::Replaced) => (evidence.in_person, evidence.made_here) = (None, false),
            Some(KeyState::Pending | KeyState::Distrusted) => evidence.changed = true,
            // The encryption half of a pair says nothing about who signs.
            None if is_own() || keys.iter().any(|key| key.certificate.may_sign()) => evidence.changed = true,
            None if contact.is_some() => {
                (evidence.known, evidence.in_person, evidence.made_here) = (false, None, false);
            }
            None => {}
        }
        Ok(())
    }

    /// The known address that one of these looks like without being known itself.
    fn imitated(
        &self,
        addresses: &[Address],
        identities: &[Identity],
    ) -> Result<Option<Address>, StoreError> {
        let contacts = self.store.contacts()?;
        let own = identities.iter().flat_map(|identity| &identity.addresses);
        let known: Vec<&Address> =
            contacts.iter().flat_map(|contact| &contact.addresses).chain(own).collect();
        let unknown = addresses.iter().filter(|address| !known.contains(address));
        let imitated = |address: &Address| known.iter().find(|known| address.imitates(known)).copied();
        Ok(unknown.filter_map(imitated).next().cloned())
    }
}

/// One's own keys, also the expired and retired ones: old mail stays readable.
pub(super) struct OwnKeys<'a> {
    desk: &'a Desk,
    certificates: Vec<Certificate>,
    password: Option<Passphrase>,
    /// Why the vault last refused a key.
    refusal: RefCell<Option<StoreError>>,
}

impl<'a> OwnKeys<'a> {
    pub(super) fn of(desk: &'a Desk) -> Result<Self, StoreError> {
        let identities = desk.store.identities()?;
        let certificates =
            identities.into_iter().flat_map(|identity| identity.keys).map(|key| key.certificate).collect();
        Ok(Self { desk, certificates, password: None, refusal: RefCell::new(None) })
    }

    /// And a password that was given for one message.
    pub(super) fn with_password(self, password: Option<Passphrase>) -> Self {
        Self { password, ..self }
    }

    /// Why a key that was needed could not be had.
    pub(super) fn into_refusal(self) -> Option<StoreError> {
        self.refusal.into_inner()
    }
}

impl DecryptionKeys for OwnKeys<'_> {
    fn certificates(&self) -> Vec<Certificate> {
        self.certificates.clone()
    }

    fn private_key(&self, certificate: &Certificate) -> Option<PrivateKey> {
        match self.desk.private_key(certificate) {
            Ok(Ok(key)) => Some(key),
            Ok(Err(error)) => {
                self.refusal.replace(Some(error));
                None
            }
            Err(Stopped) => None,
        }
    }

    fn password(&self) -> Option<&Passphrase> {
        self.password.as_ref()
    }

    fn derive(&self, work: Box<dyn FnOnce() -> Option<SecretBytes> + Send>) -> Option<SecretBytes> {
        aside(self.desk.progress(), work).unwrap_or(None)
    }
}

/// Every certificate of a person on record.
pub(super) struct KnownCertificates<'a> {
    desk: &'a Desk,
    certificates: Vec<Certificate>,
}

impl<'a> KnownCertificates<'a> {
    pub(super) fn of(desk: &'a Desk) -> Result<Self, StoreError> {
        let store = &desk.store;
        let own =
            store.identities()?.into_iter().flat_map(|identity| identity.keys).map(|key| key.certificate);
        let others =
            store.contacts()?.into_iter().flat_map(|contact| contact.keys).map(|key| key.certificate);
        Ok(Self { desk, certificates: own.chain(others).collect() })
    }
}

impl CertificateLookup for KnownCertificates<'_> {
    fn find(&self, id: &CertificateId) -> Vec<Certificate> {
        self.certificates.iter().filter(|certificate| id.names(certificate)).cloned().collect()
    }

    fn inherited_key(
        &self,
        certificate: &Certificate,
        companions: &[Certificate],
    ) -> Option<(PublicKey, bool)> {
        // Records that cannot be read are told when the signer is looked up in them.
        let (path, weak) = self.desk.path_of(certificate, companions).ok()??;
        Some((path::key_along(&path)?, weak))
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::smime::message::verdict::Trust;
    use crate::smime::x509::issue;
    use crate::store::vault::{NobodyToAsk, VaultKind};
    use crate::store::{Location, clock};

    const ROBIN: &str = "robin@example.com";
    const MALLORY: &str = "mallory@example.net";
    const OWN: &str = "me@example.org";

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn made(addresses: &[&str]) -> (PrivateKey, Certificate) {
        let mut rng = clock::rng();
        let addresses: Vec<Address> = addresses.iter().map(|text| address(text)).collect();
        let key = PrivateKey::generate(KeyKind::P256, &mut rng);
        let certificate =
            issue::self_signed("Somebody", &addresses, &key, clock::now(), 9, &mut rng).unwrap();
        (key, certificate)
    }

    fn certificate(addresses: &[&str]) -> Certificate {
        made(addresses).1
    }

    fn desk() -> Desk {
        let desk =
            Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
        let (key, own) = made(&[OWN]);
        desk.store.add_own_key("Me", &[address(OWN)], &own, &[], &key, false, desk.now).unwrap();
        desk
    }

    fn import(desk: &Desk, certificate: &Certificate) {
        desk.store.record_certificate(certificate, "", Origin::File, desk.now).unwrap();
    }

    fn verify(desk: &Desk, of: &str, certificate: &Certificate) {
        let fingerprint = certificate.fingerprint();
        desk.store.verify_contact(&address(of), slice::from_ref(&fingerprint), desk.now).unwrap();
    }

    fn trust(desk: &Desk, certificate: &Certificate, from: Option<&str>) -> Trust {
        let from = from.map(address);
        let nothing = (std::iter::empty(), std::iter::empty());
        desk.evidence(certificate, from.as_ref(), nothing.0, nothing.1).unwrap().trust()
    }

    #[test]
    fn a_key_that_counts_for_one_address_does_not_count_for_anothers() {
        let desk = desk();
        let (robin, mallory) = (certificate(&[ROBIN]), certificate(&[MALLORY]));
        let both = certificate(&[MALLORY, ROBIN, OWN]);
        import(&desk, &robin);
        import(&desk, &mallory);
        import(&desk, &both);
        verify(&desk, MALLORY, &both);
        assert_eq!(trust(&desk, &both, Some(MALLORY)), Trust::InPerson);
        for from in [Some(ROBIN), Some(OWN), None] {
            assert_eq!(trust(&desk, &both, from), Trust::Changed, "{from:?}");
        }
        // Also when it is no longer on record for the other one.
        desk.store.remove_contact_certificate(&address(ROBIN), &both.fingerprint()).unwrap();
        assert_eq!(trust(&desk, &both, Some(ROBIN)), Trust::Changed);
        assert_eq!(trust(&desk, &robin, Some(ROBIN)), Trust::Known);
    }

    #[test]
    fn a_key_that_was_replaced_for_one_address_was_not_compared_for_it() {
        let desk = desk();
        let (old, new) = (certificate(&[ROBIN, MALLORY]), certificate(&[ROBIN]));
        import(&desk, &old);
        verify(&desk, ROBIN, &old);
        import(&desk, &new);
        verify(&desk, ROBIN, &new);
        assert_eq!(trust(&desk, &old, Some(ROBIN)), Trust::Known);
        assert_eq!(trust(&desk, &old, Some(MALLORY)), Trust::InPerson);
        assert_eq!(trust(&desk, &new, Some(ROBIN)), Trust::InPerson);
    }

    #[test]
    fn a_key_that_is_kept_for_somebody_else_is_not_ones_own() {
        let desk = desk();
        let (key, robin) = made(&[ROBIN]);
        desk.store.record_certificate(&robin, "", Origin::MadeHere, desk.now).unwrap();
        desk.store.add_own_key("Robin", &[], &robin, &[], &key, true, desk.now).unwrap();
        assert_eq!(trust(&desk, &robin, Some(ROBIN)), Trust::MadeHere);
        desk.store.remove_contact(&address(ROBIN)).unwrap();
        assert_eq!(trust(&desk, &robin, Some(ROBIN)), Trust::FirstSeen);
        import(&desk, &robin);
        assert_eq!(trust(&desk, &robin, Some(ROBIN)), Trust::Known);
    }

    #[test]
    fn another_form_of_a_known_address_is_no_new_one() {
        let desk = desk();
        import(&desk, &certificate(&[ROBIN]));
        for (other, expected) in [
            ("Robin@example.com", Trust::Changed),
            ("ROBIN@EXAMPLE.COM", Trust::Changed),
            ("Me@example.org", Trust::Changed),
            ("robin+bank@example.com", Trust::LookAlike),
            ("robin@xn--exmple-cua.com", Trust::LookAlike),
            ("robina@example.com", Trust::FirstSeen),
        ] {
            assert_eq!(trust(&desk, &certificate(&[other]), Some(other)), expected, "{other}");
        }
    }
}
