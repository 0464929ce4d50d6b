//! Requests to authorities, and the keys that wait for their answers.
//!
//! Such a key has no certificate that could name it, so its vault knows it by the fingerprint of its public half. It
//! is put there and taken away in the same order as the keys of identities.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, types::Type};

use super::identities::read_vault;
use super::vault::VaultKind;
use super::{Store, StoreError, contacts};
use crate::smime::Fingerprint;
use crate::smime::crypto::PrivateKey;
use crate::smime::x509::CertificationRequest;

/// A request that waits for its answer.
#[derive(Debug, Clone)]
pub struct Request {
    /// What was asked.
    pub asked: CertificationRequest,
    /// When.
    pub made: Timestamp,
}

impl Store {
    /// All requests that wait, oldest first.
    pub fn requests(&self) -> Result<Vec<Request>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT der, made FROM requests ORDER BY made, rowid")?;
            statement.query_map([], read)?.collect()
        })
    }

    /// The request for the key with this fingerprint.
    pub fn request(&self, key: &Fingerprint) -> Result<Option<Request>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT der, made FROM requests WHERE key = ?1")?;
            statement.query_row([key.as_bytes()], read).optional()
        })
    }

    /// Puts the key into the vault and records its request.
    pub fn add_request(
        &self,
        asked: &CertificationRequest,
        key: &PrivateKey,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let name = asked.key_fingerprint();
        if key.public_key().to_spki_der() != asked.public_key().to_spki_der() {
            return Err(StoreError::KeyDoesNotFit { fingerprint: name });
        }
        let _held = self.hold_keys()?;
        let vault = self.put_key(&name, key)?;
        self.change(|change| {
            change.execute(
                "INSERT INTO requests VALUES (?1, ?2, ?3, ?4)",
                (name.as_bytes(), asked.as_der(), vault.as_str(), now.as_second()),
            )?;
            change.execute(
                "DELETE FROM pending_keys WHERE fingerprint = ?1 AND vault = ?2",
                (name.as_bytes(), vault.as_str()),
            )?;
            Ok(())
        })
    }

    /// The private key that waits.
    pub fn request_key(&self, key: &Fingerprint) -> Result<PrivateKey, StoreError> {
        let vault = self.request_vault(key)?.ok_or(StoreError::UnknownKey { fingerprint: *key })?;
        let private = self.vaults.naming(vault, self.vaults.of(vault).get(key))?;
        if Fingerprint::of(&private.public_key().to_spki_der()) != *key {
            return Err(StoreError::KeyDamaged { fingerprint: *key, vault });
        }
        Ok(private)
    }

    /// Forgets a request and the key that waits for its answer.
    pub fn delete_request(&self, key: &Fingerprint) -> Result<(), StoreError> {
        let vault = self.request_vault(key)?.ok_or(StoreError::UnknownKey { fingerprint: *key })?;
        let _held = self.hold_keys()?;
        self.change(|change| {
            change.execute(
                "INSERT OR IGNORE INTO pending_keys VALUES (?1, ?2)",
                (key.as_bytes(), vault.as_str()),
            )?;
            change.execute("DELETE FROM requests WHERE key = ?1", [key.as_bytes()])
        })?;
        self.vaults.naming(vault, self.vaults.of(vault).delete(key))?;
        self.forget_pending(key, vault)
    }

    fn request_vault(&self, key: &Fingerprint) -> Result<Option<VaultKind>, StoreError> {
        self.read(|connection| vault(connection, key))
    }
}

/// Which vault holds the key of this request.
pub(super) fn vault(connection: &Connection, key: &Fingerprint) -> rusqlite::Result<Option<VaultKind>> {
    connection
        .query_row("SELECT vault FROM requests WHERE key = ?1", [key.as_bytes()], |row| read_vault(row, 0))
        .optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Request> {
    let asked = CertificationRequest::from_der(row.get_ref(0)?.as_blob()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))?;
    Ok(Request { asked, made: contacts::read_time(row, 1)?.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::smime::secret::Passphrase;
    use crate::store::{Location, clock};

    fn open(folder: &Path) -> Store {
        let passphrase = Passphrase::from("correct horse".to_owned());
        Store::open(Location::Directory(folder.to_owned()), VaultKind::File, Box::new(passphrase)).unwrap()
    }

    fn made() -> (CertificationRequest, PrivateKey) {
        let key = PrivateKey::generate(KeyKind::P256, &mut clock::rng());
        let addresses = ["alex@example.org".parse().unwrap()];
        (CertificationRequest::new("Alex", &addresses, &key, &mut clock::rng()).unwrap(), key)
    }

    #[test]
    fn a_request_waits_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let (asked, key) = made();
        open(folder.path()).add_request(&asked, &key, clock::now()).unwrap();
        let store = open(folder.path());
        let name = asked.key_fingerprint();
        assert_eq!(store.request(&name).unwrap().unwrap().asked.as_der(), asked.as_der());
        assert_eq!(store.requests().unwrap().len(), 1);
        let kept = store.request_key(&name).unwrap();
        assert_eq!(kept.to_pkcs8_der().expose(), key.to_pkcs8_der().expose());

        store.delete_request(&name).unwrap();
        assert!(store.requests().unwrap().is_empty());
        assert!(matches!(store.vault().get(&name), Err(StoreError::KeyMissing { .. })));
        assert!(matches!(store.delete_request(&name), Err(StoreError::UnknownKey { .. })));
    }

    #[test]
    fn a_waiting_key_is_not_swept_and_a_left_over_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let ((kept, kept_key), (lost, lost_key)) = (made(), made());
        {
            let store = open(folder.path());
            store.add_request(&kept, &kept_key, clock::now()).unwrap();
            // Killed between a key and its row; and just before its row is forgotten.
            store.put_key(&lost.key_fingerprint(), &lost_key).unwrap();
            store.put_key(&kept.key_fingerprint(), &kept_key).unwrap();
        }
        let store = open(folder.path());
        assert!(store.request_key(&kept.key_fingerprint()).is_ok());
        let gone = store.vault().get(&lost.key_fingerprint());
        assert!(matches!(gone, Err(StoreError::KeyMissing { .. })));
    }
}
