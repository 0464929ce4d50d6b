//! One's own identities: make, find, export and delete keys.

use std::path::Path;

use super::Desk;
use super::file::FileError;
use super::watch::aside;
use crate::problem::{Explain, Problem};
use crate::smime::crypto::{KeyKind, PrivateKey};
use crate::smime::identity::{Identity, OwnKey};
use crate::smime::pkcs12::{self, Recipe, Unwritable};
use crate::smime::progress::Stopped;
use crate::smime::secret::Passphrase;
use crate::smime::x509::issue::{self, IssueError};
use crate::smime::x509::{Certificate, certificate_file};
use crate::smime::{Address, Fingerprint};
use crate::store::settings::Settings;
use crate::store::{StoreError, clock};

/// One of one's own keys, by address or by certificate.
#[derive(Debug, Clone)]
pub enum KeyName {
    /// The key that is used for this address now.
    Address(Address),
    /// The key of this very certificate.
    Fingerprint(Fingerprint),
}

impl std::str::FromStr for KeyName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(fingerprint) = text.parse() {
            return Ok(Self::Fingerprint(fingerprint));
        }
        text.parse().map(Self::Address).map_err(|_| "neither a mail address nor a fingerprint of 64 digits")
    }
}

/// What is lost with one of one's own keys.
#[derive(Debug, Clone)]
pub struct Loss {
    /// The key's certificate.
    pub certificate: Certificate,
    /// Whose it is.
    pub name: String,
    /// Everything that was ever sealed to it becomes unreadable; `false`: it has only signed.
    pub opens_old_mail: bool,
    /// Addresses from which nothing could be signed any more.
    pub no_longer_signs: Vec<Address>,
    /// Addresses that nothing could be sealed to any more.
    pub no_longer_receives: Vec<Address>,
    /// The identity goes with it.
    pub is_last_key: bool,
    /// When keys were last exported, this one or another.
    pub backed_up: Option<jiff::Timestamp>,
}

impl Loss {
    /// In sentences, for the question before it is deleted.
    pub fn sentences(&self) -> Vec<String> {
        let list =
            |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let mut sentences = Vec::new();
        if self.opens_old_mail {
            sentences.push(format!(
                "Every message that was sealed to {} with this key becomes unreadable for ever.",
                self.name
            ));
        }
        if !self.no_longer_receives.is_empty() {
            sentences
                .push(format!("Nobody could seal anything to {} any more.", list(&self.no_longer_receives)));
        }
        if !self.no_longer_signs.is_empty() {
            sentences.push(format!("You could not write from {} any more.", list(&self.no_longer_signs)));
        }
        sentences.push(match self.backed_up {
            None => "No copy of your keys was ever saved. Save one first.".to_owned(),
            Some(time) => format!(
                "You last saved a copy of a key on {}. If it was not this one, save it first.",
                super::recipients::date(time)
            ),
        });
        sentences
    }
}

/// Why something could not be done with an own key.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityError {
    /// None of one's identities has this address.
    #[error("{0} is not an own address")]
    NotMine(Address),
    /// None of one's own certificates has this fingerprint.
    #[error("{0} is not an own certificate")]
    UnknownKey(Fingerprint),
    /// No certificate of this shape can be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The key cannot be put into PKCS#12.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// Deleting was not confirmed.
    #[error("not confirmed")]
    NotConfirmed {
        /// The certificate whose key would go.
        fingerprint: Fingerprint,
        /// Whose it is.
        name: String,
    },
    /// Deleting a request was not confirmed.
    #[error("not confirmed")]
    RequestNotConfirmed {
        /// Its key.
        key: Fingerprint,
        /// The name that was asked for.
        name: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The records or the vault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody wished that the work stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Explain for IdentityError {
    fn explain(&self) -> Problem {
        match self {
            Self::NotMine(address) => Problem::new(
                format!("{address} is not your address here."),
                "None of your identities has it.",
                "See your identities with: waxseal-cli identity list.",
            ),
            Self::UnknownKey(fingerprint) => StoreError::UnknownKey { fingerprint: *fingerprint }.explain(),
            Self::Issue(error) => Problem::new(
                "No certificate can be made of this.",
                match error {
                    IssueError::NoAddress => "It needs at least one mail address.",
                    IssueError::Days => "It can be valid for 1 to 825 days.",
                    IssueError::Name => "The name must have 1 to 64 characters.",
                    IssueError::Key => "The key is of a kind that cannot sign it.",
                },
                "Change that and try again.",
            ),
            Self::Unwritable(Unwritable) => Problem::new(
                "This key cannot be exported.",
                "It does not go into a .p12 file.",
                "Choose another key with its fingerprint.",
            ),
            Self::NotConfirmed { fingerprint, name } => Problem::new(
                "Nothing was deleted.",
                format!(
                    "Every message that was sealed to {name} with this key would become unreadable for ever: {fingerprint}."
                ),
                format!(
                    "Keep a copy first with: waxseal-cli identity export {fingerprint} --out FILE.p12 --password-file F. Then delete it with --yes."
                ),
            ),
            Self::RequestNotConfirmed { key, name } => Problem::new(
                "Nothing was deleted.",
                format!(
                    "The authority's answer to the request for {name} could not be used any more without its key: {key}."
                ),
                "Delete it with --yes.",
            ),
            Self::File(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Stopped(stopped) => stopped.explain(),
        }
    }
}

impl Desk {
    /// Makes a key and a self-signed certificate for `addresses`.
    pub fn create_identity(
        &self,
        name: &str,
        addresses: &[Address],
        kind: KeyKind,
        days: u32,
    ) -> Result<Certificate, IdentityError> {
        // Before the work: is there a place for the key at all?
        self.store.vault().check()?;
        let (key, certificate) = self.new_key(name, addresses, kind, days)??;
        self.store.add_own_key(name, addresses, &certificate, &[], &key, false, self.now)?;
        Ok(certificate)
    }

    pub(super) fn new_key(
        &self,
        name: &str,
        addresses: &[Address],
        kind: KeyKind,
        days: u32,
    ) -> Result<Result<(PrivateKey, Certificate), IssueError>, Stopped> {
        let key = self.generate(kind)?;
        let certificate = issue::self_signed(name, addresses, &key, self.now, days, &mut clock::rng());
        Ok(certificate.map(|certificate| (key, certificate)))
    }

    /// A new key. Large ones take seconds.
    pub(super) fn generate(&self, kind: KeyKind) -> Result<PrivateKey, Stopped> {
        aside(self.progress(), move || PrivateKey::generate(kind, &mut clock::rng()))
    }

    /// The key that `name` means: for an address the one that others seal to now, else the newest.
    pub fn own_key(&self, name: &KeyName) -> Result<(Identity, OwnKey), IdentityError> {
        match name {
            KeyName::Fingerprint(fingerprint) => {
                for identity in self.store.identities()? {
                    let found =
                        identity.keys.iter().find(|key| key.certificate.fingerprint() == *fingerprint);
                    if let Some(key) = found.cloned() {
                        return Ok((identity, key));
                    }
                }
                Err(IdentityError::UnknownKey(*fingerprint))
            }
            KeyName::Address(address) => {
                let not_mine = || IdentityError::NotMine(address.clone());
                let identity = self.store.identity(address)?.ok_or_else(not_mine)?;
                let current =
                    identity.encryption_key(address, self.now).or(identity.signing_key(address, self.now));
                let newest = || {
                    let named = |key: &OwnKey| key.certificate.addresses().contains(address);
                    identity.keys.iter().max_by_key(|key| (named(key), key.certificate.not_before()))
                };
                let key = current.or_else(newest).cloned().ok_or_else(not_mine)?;
                Ok((identity, key))
            }
        }
    }

    /// Writes a key with its certificate and chain to a .p12 file; for an address both halves of a pair.
    pub fn export_identity(
        &self,
        name: &KeyName,
        out: &Path,
        password: &Passphrase,
        recipe: Recipe,
    ) -> Result<Vec<Certificate>, IdentityError> {
        let (identity, own) = self.own_key(name)?;
        let mut certificates = vec![own.certificate.clone()];
        let mut chain = own.chain.clone();
        if let KeyName::Address(address) = name
            && let Some(signing) = identity.signing_key(address, self.now)
            && signing.certificate != own.certificate
        {
            certificates.push(signing.certificate.clone());
            chain.extend(signing.chain.iter().filter(|above| !own.chain.contains(above)).cloned());
        }
        let keys: Vec<_> = certificates.iter().map(|one| self.private_key(one)).collect::<Result<_, _>>()?;
        let keys = keys.into_iter().collect::<Result<Vec<_>, _>>()?;
        let pairs: Vec<_> = keys.iter().zip(&certificates).collect();
        let pfx = pkcs12::write(&pairs, &chain, &identity.name, password, recipe, &mut clock::rng())?;
        self.write_file(out, &pfx)?;
        // The file is there: that it cannot be noted is no reason to call the export a failure.
        if let Ok(settings) = self.store.settings() {
            let _ = self.store.set(&Settings { backed_up: Some(self.now), ..settings });
        }
        Ok(certificates)
    }

    /// Writes the certificates that others need: `.pem`, `.p7c`/`.p7b` with the chain, else one in DER.
    pub fn write_certificate(
        &self,
        address: &Address,
        out: &Path,
    ) -> Result<Vec<Certificate>, IdentityError> {
        let (identity, own) = self.own_key(&KeyName::Address(address.clone()))?;
        let mut certificates = vec![own.certificate.clone()];
        // The signing half of a pair (RFC 9216) goes along where there is room for it.
        if let Some(signing) = identity.signing_key(address, self.now)
            && signing.certificate != own.certificate
        {
            certificates.push(signing.certificate.clone());
        }
        let extension = out.extension().map(|extension| extension.to_ascii_lowercase());
        let octets = match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("pem") => certificates.iter().map(certificate_file::to_pem).collect::<String>().into_bytes(),
            Some("p7c" | "p7b") => {
                certificates.extend(own.chain.iter().cloned());
                certificate_file::to_p7c(&certificates)
            }
            Some(_) | None => {
                certificates.truncate(1);
                own.certificate.as_der().to_vec()
            }
        };
        self.write_file(out, &octets)?;
        Ok(certificates)
    }

    /// What would be lost with this key, to be said before it is deleted.
    pub fn loss(&self, fingerprint: Fingerprint) -> Result<Loss, IdentityError> {
        let (identity, own) = self.own_key(&KeyName::Fingerprint(fingerprint))?;
        let others: Vec<OwnKey> =
            identity.keys.iter().filter(|key| key.certificate != own.certificate).cloned().collect();
        let left = Identity { keys: others, ..identity.clone() };
        let lost = |has: &dyn Fn(&Identity, &Address) -> bool| {
            let addresses = identity.addresses.iter().filter(|one| has(&identity, one) && !has(&left, one));
            addresses.cloned().collect::<Vec<_>>()
        };
        Ok(Loss {
            opens_old_mail: own.certificate.may_encrypt(),
            no_longer_signs: lost(&|identity, address| identity.signing_key(address, self.now).is_some()),
            no_longer_receives: lost(&|identity, address| {
                identity.encryption_key(address, self.now).is_some()
            }),
            is_last_key: left.keys.is_empty(),
            backed_up: self.store.settings()?.backed_up,
            name: identity.name,
            certificate: own.certificate,
        })
    }

    /// Keeps a key for reading alone: its device or file was lost, or somebody else may have it. It signs nothing any more,
    /// and nothing is sealed to it; it goes on opening what was.
    pub fn mark_lost(&self, fingerprint: Fingerprint) -> Result<Certificate, IdentityError> {
        let (_, own) = self.own_key(&KeyName::Fingerprint(fingerprint))?;
        self.store.retire_own_key(&fingerprint)?;
        Ok(own.certificate)
    }

    /// Deletes a key for ever; without `confirmed` it says what would become unreadable.
    pub fn delete_own_key(
        &self,
        fingerprint: Fingerprint,
        confirmed: bool,
    ) -> Result<Certificate, IdentityError> {
        let (identity, own) = self.own_key(&KeyName::Fingerprint(fingerprint))?;
        if !confirmed {
            return Err(IdentityError::NotConfirmed { fingerprint, name: identity.name });
        }
        self.store.delete_own_key(&fingerprint)?;
        Ok(own.certificate)
    }

    pub(super) fn write_file(&self, out: &Path, octets: &[u8]) -> Result<(), FileError> {
        let mut outputs = self.outputs();
        outputs.begin(out)?.write_all(octets).map_err(|error| FileError::new(out, &error))?;
        outputs.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Location;
    use crate::store::vault::{NobodyToAsk, VaultKind};

    #[test]
    fn what_is_lost_with_a_key_is_said_before() {
        let desk =
            Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
        let robin: Address = "robin@example.org".parse().unwrap();
        let make = || {
            let addresses = std::slice::from_ref(&robin);
            let (key, certificate) = desk.new_key("Robin", addresses, KeyKind::P256, 30).unwrap().unwrap();
            desk.store.add_own_key("Robin", addresses, &certificate, &[], &key, false, desk.now).unwrap();
            certificate.fingerprint()
        };
        let first = make();
        let loss = desk.loss(first).unwrap();
        assert!(loss.is_last_key && loss.opens_old_mail && loss.backed_up.is_none());
        assert_eq!(
            (loss.no_longer_signs, loss.no_longer_receives),
            (vec![robin.clone()], vec![robin.clone()])
        );
        assert_eq!(desk.loss(first).unwrap().sentences().len(), 4);

        let second = make();
        let folder = tempfile::tempdir().unwrap();
        let password = Passphrase::from("password".to_owned());
        let (name, out) = (KeyName::Fingerprint(first), folder.path().join("robin.p12"));
        desk.export_identity(&name, &out, &password, Recipe::Modern).unwrap();
        let loss = desk.loss(first).unwrap();
        assert!(!loss.is_last_key && loss.no_longer_signs.is_empty() && loss.no_longer_receives.is_empty());
        assert_eq!((loss.backed_up, loss.sentences().len()), (Some(desk.now), 2));

        desk.mark_lost(second).unwrap();
        let identity = desk.store.identity(&robin).unwrap().unwrap();
        let current = identity.signing_key(&robin, desk.now).unwrap();
        assert_eq!(current.certificate.fingerprint(), first, "the lost one signs nothing any more");
        assert!(desk.store.private_key(&second).is_ok(), "and still opens old mail");
        assert_eq!(desk.loss(first).unwrap().no_longer_signs, [robin]);
        assert!(desk.mark_lost(Fingerprint::of(b"no key")).is_err());
    }
}
