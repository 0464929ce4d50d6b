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
