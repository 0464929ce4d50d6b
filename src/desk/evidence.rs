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
use crate::store::contacts::{Contact, HeaderHabit, KeyState, Origin};

impl Desk {
    /// What is known about a signer's certificate; `companions` are the certificates that came with it, `lists` the
    /// revocation lists.
    pub fn evidence(
        &self,
        certificate: &Certificate,
        companions: impl Iterator<Item = Certificate>,
        lists: impl Iterator<Item = RevocationList>,
    ) -> Result<Evidence, StoreError> {
        let fingerprint = certificate.fingerprint();
        let identities = self.store.identities()?;
        let owned =
            identities.iter().flat_map(|identity| &identity.keys).any(|key| key.certificate == *certificate);
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
                for address in certificate.addresses() {
                    let contact = self.store.contact(address)?;
                    evidence.changed |= contact.is_some_and(|contact| has_signing_key(&contact))
                        || identities.iter().any(|identity| identity.addresses.contains(address));
                }
            }
        }
        Ok(evidence)
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

/// A key with which this person signs is on record. (The encryption half of a pair says nothing about who signs.)
fn has_signing_key(contact: &Contact) -> bool {
    contact.keys.iter().any(|key| match key.state {
        KeyState::Accepted | KeyState::Distrusted => key.certificate.may_sign(),
        KeyState::Pending | KeyState::Replaced => false,
    })
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
