//! Keys that are gone when the program ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Vault, VaultKind};
use crate::smime::{Fingerprint, crypto::PrivateKey};
use crate::store::StoreError;

/// The vault of the demo and of `--vault memory`.
#[derive(Default)]
pub struct KeysInMemory(Mutex<HashMap<Fingerprint, PrivateKey>>);

impl KeysInMemory {
    fn keys(&self) -> MutexGuard<'_, HashMap<Fingerprint, PrivateKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault for KeysInMemory {
    fn kind(&self) -> VaultKind {
        VaultKind::Memory
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn put(&self, name: &Fingerprint, key: &PrivateKey) -> Result<(), StoreError> {
        self.keys().insert(*name, key.clone());
        Ok(())
    }

    fn get(&self, name: &Fingerprint) -> Result<PrivateKey, StoreError> {
        let missing = StoreError::KeyMissing { fingerprint: *name, vault: VaultKind::Memory };
        self.keys().get(name).cloned().ok_or(missing)
    }

    fn delete(&self, name: &Fingerprint) -> Result<(), StoreError> {
        self.keys().remove(name);
        Ok(())
    }
}
