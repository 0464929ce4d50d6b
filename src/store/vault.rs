//! Where private keys live: the operating system's keyring, protected files, or memory.
//!
//! The one a person asked for is where new keys go. There is no falling back from one to another: when the
//! keyring cannot be used, that is an error with a sentence.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::StoreError;
use crate::smime::crypto::PrivateKey;
use crate::smime::{Fingerprint, secret::Passphrase};

pub mod files;
pub mod keyring;
pub mod memory;

pub use files::KeyFiles;
pub use keyring::Keyring;
pub use memory::KeysInMemory;

/// The three places for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VaultKind {
    /// The operating system's.
    #[default]
    Keyring,
    /// One `ENCRYPTED PRIVATE KEY` file per key, under one passphrase for the profile.
    File,
    /// Gone when the program ends.
    Memory,
}

impl VaultKind {
    /// The word in the records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }

    /// Reads what [`VaultKind::as_str`] wrote.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Keyring, Self::File, Self::Memory].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Somebody who can be asked for the passphrase of the key files.
pub trait AskPassphrase: Send + Sync {
    /// `new`: it is being chosen now (ask twice), not asked for.
    fn ask(&self, new: bool) -> Result<Passphrase, StoreError>;
}

/// Nobody: every question ends in [`StoreError::NoPassphrase`].
#[derive(Debug, Clone, Copy)]
pub struct NobodyToAsk;

impl AskPassphrase for NobodyToAsk {
    fn ask(&self, _new: bool) -> Result<Passphrase, StoreError> {
        Err(StoreError::NoPassphrase)
    }
}

impl AskPassphrase for Passphrase {
    /// A passphrase that is known beforehand, from a file.
    fn ask(&self, _new: bool) -> Result<Passphrase, StoreError> {
        Ok(self.clone())
    }
}

/// Keys are named by the fingerprint of their certificate; as long as they wait for one, by that of their public half.
pub trait Vault: Send + Sync {
    /// Which of the three this is.
    fn kind(&self) -> VaultKind;
    /// A trial write: is there a place for keys at all?
    fn check(&self) -> Result<(), StoreError>;
    /// Keeps the key; the same key may be put again.
    fn put(&self, name: &Fingerprint, key: &PrivateKey) -> Result<(), StoreError>;
    /// The key, or [`StoreError::KeyMissing`].
    fn get(&self, name: &Fingerprint) -> Result<PrivateKey, StoreError>;
    /// Forgets the key. One that is not there is no error.
    fn delete(&self, name: &Fingerprint) -> Result<(), StoreError>;
}

/// All three, each idle until a key is wanted from it.
pub(super) struct Vaults {
    chosen: Mutex<VaultKind>,
    keyring: Keyring,
    files: Option<KeyFiles>,
    memory: KeysInMemory,
}

impl Vaults {
    /// `folder` is where key files go; without one there are none.
    pub(super) fn new(
        chosen: VaultKind,
        profile: String,
        folder: Option<PathBuf>,
        passphrase: Box<dyn AskPassphrase>,
    ) -> Self {
        let files = folder.map(|folder| KeyFiles::new(folder, passphrase));
        let chosen = Mutex::new(chosen);
        Self { chosen, keyring: Keyring::new(profile), files, memory: KeysInMemory::default() }
    }

    pub(super) fn chosen(&self) -> &dyn Vault {
        self.of(*self.chosen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn choose(&self, kind: VaultKind) {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    /// The vault of this kind. In a profile without a folder every key is in memory.
    pub(super) fn of(&self, kind: VaultKind) -> &dyn Vault {
        match (kind, &self.files) {
            (VaultKind::Keyring, _) => &self.keyring,
            (VaultKind::File, Some(files)) => files,
            (VaultKind::File, None) | (VaultKind::Memory, _) => &self.memory,
        }
    }

    /// When a vault fails that was not the one asked for, the sentence has to say whose failure it is.
    pub(super) fn naming<T>(&self, vault: VaultKind, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| match error {
            StoreError::KeyMissing { .. } | StoreError::KeyDamaged { .. } => error,
            error if vault == self.chosen().kind() || vault == VaultKind::File => error,
            error => StoreError::KeptElsewhere { vault, reason: Box::new(error) },
        })
    }
}
