//! Own identities, and the order in which keys and rows are written.
//!
//! A private key is put into its vault first and gets its row second; it loses its row first and leaves the
//! vault second. Before either, `pending_keys` says what is going to happen. Whoever dies in between leaves a
//! pending row, and the next one to open the profile takes the left-over key out of the vault. Only keys that
//! stand there are ever swept: nothing of other profiles or programs is touched.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::contacts::{clean, read_address};
use super::vault::VaultKind;
use super::{Store, StoreError, certificates, requests};
use crate::smime::crypto::PrivateKey;
use crate::smime::identity::{Identity, OwnKey};
use crate::smime::x509::Certificate;
use crate::smime::{Address, Fingerprint};

/// What became of a key of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is the first key of a new identity.
    New,
    /// It, or an address, was added to an identity that was there.
    Merged,
    /// It was there, with all its addresses.
    AlreadyThere,
}

impl Store {
    /// All identities with their keys, oldest first; the first is the default.
    pub fn identities(&self) -> Result<Vec<Identity>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT id FROM identities ORDER BY id")?;
            let ids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            ids.into_iter().map(|id| identity(connection, id)).collect()
        })
    }

    /// The identity that owns `address`.
    pub fn identity(&self, address: &Address) -> Result<Option<Identity>, StoreError> {
        self.read(|connection| {
            let owner = owner(connection, address)?;
            owner.map(|id| identity(connection, id)).transpose()
        })
    }

    /// Puts a key (private half first, row second) and makes or extends the identity of any of `addresses`; if
    /// they belonged to several identities, these become one. Repeating it changes nothing, except that a key
    /// which the vault has lost is put again. `retired`: for reading only. With no address it is kept for
    /// reading under `name`.
    #[expect(clippy::too_many_arguments, reason = "each is a fact about the key")]
    pub fn add_own_key(
        &self,
        name: &str,
        addresses: &[Address],
        certificate: &Certificate,
        chain: &[Certificate],
        key: &PrivateKey,
        retired: bool,
        now: Timestamp,
    ) -> Result<Added, StoreError> {
        let fingerprint = certificate.fingerprint();
        if key.public_key().to_spki_der() != certificate.public_key().to_spki_der() {
            return Err(StoreError::KeyDoesNotFit { fingerprint });
        }
        let _held = self.hold_keys()?;
        let vault = match self.vault_of(&fingerprint)? {
            Some(vault) => match self.private_key(&fingerprint) {
                Ok(_) => vault,
                Err(StoreError::KeyMissing { .. } | StoreError::KeyDamaged { .. }) => {
                    self.put_key(&fingerprint, key)?
                }
                Err(error) => return Err(error),
            },
            None => self.put_key(&fingerprint, key)?,
        };
        self.change(|change| {
            let known = own_key(change, &fingerprint)?.is_some();
            let (identity, made) = identity_for(change, name, addresses)?;
            let mut extended = false;
            for address in addresses {
                extended |= change.execute(
                    "INSERT OR IGNORE INTO identity_addresses VALUES (?1, ?2, ?3)",
                    (address.normalized(), address.as_str(), identity),
                )? > 0;
            }
            if !known {
                let retired = retired || addresses.is_empty();
                certificates::put(change, certificate)?;
                change.execute(
                    "INSERT INTO own_keys VALUES (?1, ?2, ?3, ?4, ?5)",
                    (fingerprint.as_bytes(), identity, vault.as_str(), retired, now.as_second()),
                )?;
            } else if !addresses.is_empty() {
                change.execute(
                    "UPDATE own_keys SET identity = ?2, vault = ?3 WHERE fingerprint = ?1",
                    (fingerprint.as_bytes(), identity, vault.as_str()),
                )?;
            }
            keep_chain(change, &fingerprint, chain)?;
            change.execute(
                "DELETE FROM pending_keys WHERE fingerprint = ?1 AND vault = ?2",
                (fingerprint.as_bytes(), vault.as_str()),
            )?;
            sweep_identities(change)?;
            Ok(match (made, known, extended) {
                (true, _, _) => Added::New,
                (false, true, false) => Added::AlreadyThere,
                (false, false, _) | (false, true, true) => Added::Merged,
            })
        })
    }

    /// The private key of one of one's own certificates, from the vault it is in.
    pub fn private_key(&self, fingerprint: &Fingerprint) -> Result<PrivateKey, StoreError> {
        self.find_private_key(fingerprint)?()
    }

    /// What gets the private key from its vault, on any thread: it may take its time.
    pub fn find_private_key(
        &self,
        fingerprint: &Fingerprint,
    ) -> Result<impl FnOnce() -> Result<PrivateKey, StoreError> + Send + use<>, StoreError> {
        let fingerprint = *fingerprint;
        let unknown = StoreError::UnknownKey { fingerprint };
        let (vault, certificate) =
            self.read(|connection| own_key(connection, &fingerprint))?.ok_or(unknown)?;
        let vaults = Arc::clone(&self.vaults);
        Ok(move || {
            let key = vaults.naming(vault, vaults.of(vault).get(&fingerprint))?;
            if key.public_key().to_spki_der() != certificate.public_key().to_spki_der() {
                return Err(StoreError::KeyDamaged { fingerprint, vault });
            }
            Ok(key)
        })
    }

    /// Which vault holds the key of this certificate, if it is one's own.
    pub fn vault_of(&self, fingerprint: &Fingerprint) -> Result<Option<VaultKind>, StoreError> {
        self.read(|connection| Ok(own_key(connection, fingerprint)?.map(|(vault, _)| vault)))
    }

    /// Keeps the key for reading only from now on.
    pub fn retire_own_key(&self, fingerprint: &Fingerprint) -> Result<(), StoreError> {
        let retired = self.change(|change| {
            change.execute("UPDATE own_keys SET retired = 1 WHERE fingerprint = ?1", [fingerprint.as_bytes()])
        })?;
        if retired == 0 { Err(StoreError::UnknownKey { fingerprint: *fingerprint }) } else { Ok(()) }
    }

    /// Forgets the key and its certificate, and the identity if it was its last key.
    pub fn delete_own_key(&self, fingerprint: &Fingerprint) -> Result<(), StoreError> {
        let unknown = StoreError::UnknownKey { fingerprint: *fingerprint };
        let vault = self.vault_of(fingerprint)?.ok_or(unknown)?;
        let _held = self.hold_keys()?;
        self.change(|change| {
            change.execute(
                "INSERT OR IGNORE INTO pending_keys VALUES (?1, ?2)",
                (fingerprint.as_bytes(), vault.as_str()),
            )?;
            change.execute("DELETE FROM own_keys WHERE fingerprint = ?1", [fingerprint.as_bytes()])?;
            sweep_identities(change)?;
            certificates::sweep(change)
        })?;
        self.vaults.naming(vault, self.vaults.of(vault).delete(fingerprint))?;
        self.forget_pending(fingerprint, vault)
    }

    /// Finishes what a process that died half-way has left: keys without a row go. It is tried each time the
    /// profile is opened and says nothing when it cannot be done now.
    pub(super) fn sweep_keys(&self) {
        let pending = |connection: &Connection| {
            let mut statement = connection.prepare("SELECT fingerprint, vault FROM pending_keys")?;
            statement
                .query_map([], |row| Ok((row.get::<_, [u8; 32]>(0)?.into(), read_vault(row, 1)?)))?
                .collect::<rusqlite::Result<Vec<(Fingerprint, VaultKind)>>>()
        };
        // Almost always there is nothing, and then nothing is locked or written.
        if self.read(pending).is_ok_and(|pending| pending.is_empty()) {
            return;
        }
        let Some(_held) = self.hold_keys_alone() else { return };
        for (fingerprint, vault) in self.read(pending).unwrap_or_default() {
            // Nobody who asked for key files is made to wait for a keyring.
            if vault != self.vaults.chosen().kind() {
                continue;
            }
            if matches!(self.sealing_place(), Ok(Some(place)) if place == (fingerprint, vault)) {
                let _ = self.forget_pending(&fingerprint, vault);
                continue;
            }
            let owner = self.read(|connection| {
                let own = own_key(connection, &fingerprint)?.map(|(vault, _)| vault);
                own.map_or_else(|| requests::vault(connection, &fingerprint), |vault| Ok(Some(vault)))
            });
            let swept = match owner {
                Ok(owner) if owner == Some(vault) => true,
                Ok(_) => self.vaults.of(vault).delete(&fingerprint).is_ok(),
                Err(_) => false,
            };
            if swept {
                let _ = self.forget_pending(&fingerprint, vault);
            }
        }
    }

    /// Announces the key and puts it into the chosen vault.
    pub(super) fn put_key(
        &self,
        fingerprint: &Fingerprint,
        key: &PrivateKey,
    ) -> Result<VaultKind, StoreError> {
        let vault = self.vaults.chosen();
        let kind = vault.kind();
        self.change(|change| {
            change.execute(
                "INSERT OR IGNORE INTO pending_keys VALUES (?1, ?2)",
                (fingerprint.as_bytes(), kind.as_str()),
            )
        })?;
        let put = vault.put(fingerprint, key);
        match put {
            Ok(()) => Ok(kind),
            // Whether these left something behind is not known; after all others there is nothing to sweep.
            Err(error @ (StoreError::KeyringSilent { .. } | StoreError::KeyringRefused)) => Err(error),
            Err(error) => {
                let _ = self.forget_pending(fingerprint, kind);
                Err(error)
            }
        }
    }

    pub(super) fn forget_pending(
        &self,
        fingerprint: &Fingerprint,
        vault: VaultKind,
    ) -> Result<(), StoreError> {
        self.change(|change| {
            change
                .execute(
                    "DELETE FROM pending_keys WHERE fingerprint = ?1 AND vault = ?2",
                    (fingerprint.as_bytes(), vault.as_str()),
                )
                .map(|_| ())
        })
    }
}

/// The vault and the certificate of one's own key.
fn own_key(
    connection: &Connection,
    fingerprint: &Fingerprint,
) -> rusqlite::Result<Option<(VaultKind, Certificate)>> {
    connection
        .query_row(
            "SELECT vault, der FROM own_keys JOIN certificates USING (fingerprint) WHERE fingerprint = ?1",
            [fingerprint.as_bytes()],
            |row| Ok((read_vault(row, 0)?, certificates::read(row, 1)?)),
        )
        .optional()
}

pub(super) fn read_vault(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<VaultKind> {
    let word = row.get_ref(index)?.as_str()?;
    VaultKind::from_word(word).ok_or(rusqlite::Error::InvalidQuery)
}

fn owner(connection: &Connection, address: &Address) -> rusqlite::Result<Option<i64>> {
    connection
        .query_row(
            "SELECT identity FROM identity_addresses WHERE address = ?1",
            [address.normalized()],
            |row| row.get(0),
        )
        .optional()
}

/// The identity that these addresses belong to, and whether it had to be made.
fn identity_for(change: &Connection, name: &str, addresses: &[Address]) -> rusqlite::Result<(i64, bool)> {
    let name = clean(name);
    let mut owners = Vec::new();
    for address in addresses {
        owners.extend(owner(change, address)?);
    }
    if addresses.is_empty() {
        let named = "SELECT id FROM identities WHERE name = ?1 ORDER BY id LIMIT 1";
        owners.extend(change.query_row(named, [&name], |row| row.get::<_, i64>(0)).optional()?);
    }
    owners.sort_unstable();
    owners.dedup();
    let Some((&first, others)) = owners.split_first() else {
        change.execute("INSERT INTO identities (name) VALUES (?1)", [&name])?;
        return Ok((change.last_insert_rowid(), true));
    };
    for other in others {
        change.execute("UPDATE identity_addresses SET identity = ?1 WHERE identity = ?2", (first, other))?;
        change.execute("UPDATE own_keys SET identity = ?1 WHERE identity = ?2", (first, other))?;
    }
    Ok((first, false))
}

/// Keeps the certificates above one's own, unless some are kept already.
fn keep_chain(change: &Connection, key: &Fingerprint, chain: &[Certificate]) -> rusqlite::Result<()> {
    let kept: i64 = change.query_row(
        "SELECT count(*) FROM own_key_chains WHERE own_key = ?1",
        [key.as_bytes()],
        |row| row.get(0),
    )?;
    if kept > 0 {
        return Ok(());
    }
    for (position, certificate) in (0_i64..).zip(chain) {
        certificates::put(change, certificate)?;
        change.execute(
            "INSERT INTO own_key_chains VALUES (?1, ?2, ?3)",
            (key.as_bytes(), position, certificate.fingerprint().as_bytes()),
        )?;
    }
    Ok(())
}

fn sweep_identities(change: &Connection) -> rusqlite::Result<()> {
    change.execute_batch("DELETE FROM identities WHERE id NOT IN (SELECT identity FROM own_keys)")
}

fn identity(connection: &Connection, id: i64) -> rusqlite::Result<Identity> {
    let name = connection.query_row("SELECT name FROM identities WHERE id = ?1", [id], |row| row.get(0))?;
    let addresses = connection
        .prepare("SELECT shown FROM identity_addresses WHERE identity = ?1 ORDER BY rowid")?
        .query_map([id], |row| read_address(row, 0))?
        .collect::<Result<_, _>>()?;
    let mut keys: Vec<OwnKey> = connection
        .prepare(
            "SELECT der, retired FROM own_keys JOIN certificates USING (fingerprint)
             WHERE identity = ?1 ORDER BY added, own_keys.rowid",
        )?
        .query_map([id], |row| {
            let certificate = certificates::read(row, 0)?;
            let (signs, decrypts) = (certificate.may_sign(), certificate.may_encrypt());
            Ok(OwnKey { certificate, signs, decrypts, retired: row.get(1)?, chain: Vec::new() })
        })?
        .collect::<Result<_, _>>()?;
    for key in &mut keys {
        key.chain = connection
            .prepare(
                "SELECT der FROM own_key_chains JOIN certificates ON fingerprint = certificate
                 WHERE own_key = ?1 ORDER BY position",
            )?
            .query_map([key.certificate.fingerprint().as_bytes()], |row| certificates::read(row, 0))?
            .collect::<Result<_, _>>()?;
    }
    Ok(Identity { name, addresses, keys })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::smime::secret::Passphrase;
    use crate::smime::x509::issue;
    use crate::store::{Location, clock};

    fn open(folder: &Path) -> Store {
        let passphrase = Passphrase::from("correct horse".to_owned());
        Store::open(Location::Directory(folder.to_owned()), VaultKind::File, Box::new(passphrase)).unwrap()
    }

    fn made(name: &str, addresses: &[&str]) -> (Vec<Address>, PrivateKey, Certificate) {
        let addresses: Vec<Address> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let key = PrivateKey::generate(KeyKind::P256, &mut clock::rng());
        let rng = &mut clock::rng();
        let certificate = issue::self_signed(name, &addresses, &key, clock::now(), 365, rng).unwrap();
        (addresses, key, certificate)
    }

    fn add(store: &Store, (addresses, key, certificate): &(Vec<Address>, PrivateKey, Certificate)) -> Added {
        store.add_own_key("Alex", addresses, certificate, &[], key, false, clock::now()).unwrap()
    }

    fn pending(store: &Store) -> i64 {
        store.connection.query_row("SELECT count(*) FROM pending_keys", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_identity_is_made_extended_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = made("Alex", &["alex@example.org"]);
        let second = made("Alex", &["alex@Example.org", "a@work.example"]);
        {
            let store = open(folder.path());
            assert_eq!(add(&store, &first), Added::New);
            assert_eq!(add(&store, &first), Added::AlreadyThere);
            assert_eq!(add(&store, &second), Added::Merged);
            assert_eq!(pending(&store), 0);
        }
        let store = open(folder.path());
        let identities = store.identities().unwrap();
        assert_eq!(identities.len(), 1);
        assert_eq!(identities[0].addresses, second.0);
        assert_eq!(identities[0].keys.len(), 2);
        let key = store.private_key(&second.2.fingerprint()).unwrap();
        assert_eq!(key.to_pkcs8_der().expose(), second.1.to_pkcs8_der().expose());
        store.delete_own_key(&first.2.fingerprint()).unwrap();
        store.delete_own_key(&second.2.fingerprint()).unwrap();
        assert!(store.identities().unwrap().is_empty());
        assert!(store.identity(&first.0[0]).unwrap().is_none());
        assert!(store.certificate(&first.2.fingerprint()).unwrap().is_none());
    }

    #[test]
    fn two_identities_become_one_by_a_certificate_that_names_both() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        add(&store, &made("Alex", &["a@example.org"]));
        add(&store, &made("Alex", &["b@example.org"]));
        assert_eq!(store.identities().unwrap().len(), 2);
        assert_eq!(add(&store, &made("Alex", &["a@example.org", "b@example.org"])), Added::Merged);
        let identities = store.identities().unwrap();
        assert_eq!((identities.len(), identities[0].keys.len()), (1, 3));
    }

    #[test]
    fn a_key_that_does_not_fit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let (addresses, _, certificate) = made("Alex", &["a@example.org"]);
        let other = made("Alex", &["a@example.org"]).1;
        let added = store.add_own_key("Alex", &addresses, &certificate, &[], &other, false, clock::now());
        assert!(matches!(added, Err(StoreError::KeyDoesNotFit { .. })));
        assert!(store.identities().unwrap().is_empty());
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, lost, foreign) =
            (made("A", &["a@example.org"]), made("B", &["b@example.org"]), Fingerprint::of(b"foreign"));
        {
            let store = open(folder.path());
            add(&store, &kept);
            // Killed between the key and its row; and a key file that is not ours to remove.
            store.put_key(&lost.2.fingerprint(), &lost.1).unwrap();
            store.vault().put(&foreign, &lost.1).unwrap();
            assert_eq!(pending(&store), 1);
        }
        {
            // While somebody is between a key and its row, nothing is swept.
            let busy = open(folder.path());
            store_put_back(&busy, &lost);
            let _held = busy.hold_keys().unwrap();
            assert_eq!(pending(&open(folder.path())), 1);
        }
        let store = open(folder.path());
        assert_eq!(pending(&store), 0);
        assert!(matches!(store.vault().get(&lost.2.fingerprint()), Err(StoreError::KeyMissing { .. })));
        assert!(store.vault().get(&foreign).is_ok());
        assert!(store.private_key(&kept.2.fingerprint()).is_ok());
    }

    fn store_put_back(store: &Store, lost: &(Vec<Address>, PrivateKey, Certificate)) {
        store.put_key(&lost.2.fingerprint(), &lost.1).unwrap();
    }

    #[test]
    fn a_lost_key_is_put_again_by_importing_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let own = made("A", &["a@example.org"]);
        add(&store, &own);
        store.vault().delete(&own.2.fingerprint()).unwrap();
        assert!(matches!(store.private_key(&own.2.fingerprint()), Err(StoreError::KeyMissing { .. })));
        assert_eq!(add(&store, &own), Added::AlreadyThere);
        assert!(store.private_key(&own.2.fingerprint()).is_ok());
    }

    #[test]
    fn a_key_is_read_from_the_vault_it_is_in() {
        let folder = tempfile::tempdir().unwrap();
        let own = made("A", &["a@example.org"]);
        add(&open(folder.path()), &own);
        let passphrase = Passphrase::from("correct horse".to_owned());
        let location = Location::Directory(folder.path().to_owned());
        let store = Store::open(location, VaultKind::Keyring, Box::new(passphrase)).unwrap();
        assert_eq!(store.vault().kind(), VaultKind::Keyring);
        assert!(store.private_key(&own.2.fingerprint()).is_ok());
    }

    #[test]
    fn two_at_once_keep_every_key() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()));
        std::thread::scope(|scope| {
            for n in 0..4 {
                let folder = folder.path();
                scope.spawn(move || add(&open(folder), &made("A", &[&format!("a{n}@example.org")])));
            }
        });
        let store = open(folder.path());
        assert_eq!(store.identities().unwrap().len(), 4);
        for identity in store.identities().unwrap() {
            assert!(store.private_key(&identity.keys[0].certificate.fingerprint()).is_ok());
        }
    }
}
