//! The only place for files, the database, the keyring and the clock.
//!
//! A *profile* is one folder: `waxseal.db` (SQLite), `keys/` when private keys are kept in protected files, and `kept/`
//! with sealed messages. Every change is one transaction. Private keys live in a [`vault::Vault`]; the database holds
//! certificates and who they belong to, and for each of one's own keys the vault it is in.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub mod borrowed;
pub mod certificates;
pub mod clock;
pub mod contacts;
pub mod database;
pub mod drafts;
pub mod error;
pub mod identities;
mod kept;
mod kept_files;
pub mod messages;
pub mod output_file;
pub mod paths;
pub mod platform_roots;
pub mod requests;
pub mod revocation_lists;
mod sealed_chunk;
pub mod sealed_spool;
mod sealing_key;
pub mod settings;
pub mod trust;
pub mod vault;

pub use error::StoreError;
pub use output_file::{OutputFile, OutputSpool};
pub use sealed_spool::SealedSpool;
pub use sealing_key::KeptId;

use kept_files::KeptFiles;
use sealing_key::SealingKey;
use vault::{Vault, VaultKind, Vaults};

/// An open profile.
pub struct Store {
    connection: Connection,
    /// Shared by all that opened this profile [`beside`](Store::beside) each other.
    vaults: Arc<Vaults>,
    /// The key for what is kept here, once it was needed; shared likewise.
    sealing: Arc<Mutex<Option<SealingKey>>>,
    /// Where sealed messages and files are.
    kept: KeptFiles,
    /// The database's file, for sentences.
    path: PathBuf,
    /// See [`paths::KEYS_LOCK`]; none in memory.
    lock: Option<PathBuf>,
}

/// Where a profile is.
#[derive(Debug, Clone)]
pub enum Location {
    /// In this folder, which is made if it is not there.
    Directory(PathBuf),
    /// Nothing is kept: the demo, `--vault memory`.
    Memory,
}

impl Location {
    /// `directory`, or the person's own profile.
    pub fn of(directory: Option<PathBuf>) -> Result<Self, StoreError> {
        Ok(Self::Directory(match directory {
            Some(directory) => directory,
            None => paths::default_profile()?,
        }))
    }
}

impl Store {
    /// Opens or makes the profile. `vault` is where new keys go; keys that are there already stay in the vault
    /// they are in and are read from it. `passphrase` is asked at most once, and only when a key file must be
    /// locked or unlocked. With [`Location::Memory`] or [`VaultKind::Memory`] nothing at all is kept: no folder
    /// is read or made, and keys live in memory.
    pub fn open(
        location: Location,
        vault: VaultKind,
        passphrase: Box<dyn vault::AskPassphrase>,
    ) -> Result<Self, StoreError> {
        let store = match (location, vault) {
            (Location::Directory(folder), VaultKind::Keyring | VaultKind::File) => {
                Self::open_folder(&folder, vault, passphrase)?
            }
            (Location::Memory, _) | (_, VaultKind::Memory) => {
                let connection = database::open_in_memory()?;
                let vaults = Vaults::new(VaultKind::Memory, String::new(), None, passphrase);
                Self {
                    connection,
                    vaults: Arc::new(vaults),
                    sealing: Arc::default(),
                    kept: KeptFiles::Memory(Mutex::default()),
                    path: PathBuf::from(":memory:"),
                    lock: None,
                }
            }
        };
        store.sweep_keys();
        Ok(store)
    }

    fn open_folder(
        folder: &Path,
        vault: VaultKind,
        passphrase: Box<dyn vault::AskPassphrase>,
    ) -> Result<Self, StoreError> {
        if !folder.is_dir() {
            paths::make_folder(folder)?;
        }
        let path = folder.join(paths::DATABASE);
        let connection = database::open(&path)?;
        let profile = connection
            .query_row("SELECT value FROM settings WHERE name = 'profile'", [], |row| row.get(0))
            .map_err(|error| StoreError::from_sqlite(&path, &error))?;
        let vaults = Vaults::new(vault, profile, Some(folder.join(paths::KEYS)), passphrase);
        Ok(Self {
            connection,
            vaults: Arc::new(vaults),
            sealing: Arc::default(),
            kept: KeptFiles::Folder(folder.join(paths::KEPT)),
            path,
            lock: Some(folder.join(paths::KEYS_LOCK)),
        })
    }

    /// The same profile once more, for another thread: with a connection of its own, and with the same vaults, so
    /// that a passphrase is asked for once. `None` for a profile in memory, which only one can have.
    pub fn beside(&self) -> Result<Option<Self>, StoreError> {
        let KeptFiles::Folder(kept) = &self.kept else { return Ok(None) };
        Ok(Some(Self {
            connection: database::open(&self.path)?,
            vaults: Arc::clone(&self.vaults),
            sealing: Arc::clone(&self.sealing),
            kept: KeptFiles::Folder(kept.clone()),
            path: self.path.clone(),
            lock: self.lock.clone(),
        }))
    }

    /// Nothing is kept.
    pub fn is_in_memory(&self) -> bool {
        self.lock.is_none()
    }

    /// Where new keys go.
    pub fn vault(&self) -> &dyn Vault {
        self.vaults.chosen()
    }

    /// A trial write to this vault, whether or not it is the one for new keys.
    pub fn check_vault(&self, kind: VaultKind) -> Result<(), StoreError> {
        self.vaults.of(kind).check()
    }

    /// Puts new keys there from now on; in memory nothing changes. It is not kept: see [`settings`].
    pub fn use_vault(&self, kind: VaultKind) {
        if self.lock.is_some() {
            self.vaults.choose(kind);
        }
    }

    /// Reads several things as they were at one moment.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let reading = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)
            .map_err(|error| self.explain(&error))?;
        work(&reading).map_err(|error| self.explain(&error))
    }

    /// Changes several things or none.
    fn change<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.try_change(|change| work(change).map_err(|error| self.explain(&error)))
    }

    /// Changes several things or none; `work` may refuse with a reason of its own.
    fn try_change<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let change = database::begin(&self.connection).map_err(|error| self.explain(&error))?;
        let done = work(&change)?;
        change.commit().map_err(|error| self.explain(&error))?;
        Ok(done)
    }

    fn explain(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(&self.path, error)
    }

    /// Held while a key and its row are not in step, so that nobody takes the key for a left-over.
    fn hold_keys(&self) -> Result<Option<File>, StoreError> {
        let Some(path) = &self.lock else { return Ok(None) };
        let file = paths::open_private(path)?;
        file.lock_shared().map_err(|error| StoreError::from_io(path, &error))?;
        Ok(Some(file))
    }

    /// The lock for oneself, if nobody is between a key and its row.
    fn hold_keys_alone(&self) -> Option<Option<File>> {
        let Some(path) = &self.lock else { return Some(None) };
        let file = paths::open_private(path).ok()?;
        file.try_lock().ok()?;
        Some(Some(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vault::NobodyToAsk;

    fn open(folder: &Path) -> Result<Store, StoreError> {
        Store::open(Location::Directory(folder.to_owned()), VaultKind::File, Box::new(NobodyToAsk))
    }

    #[test]
    fn a_full_disk_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        let pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        store.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        let large = |connection: &Connection| {
            connection.execute("INSERT INTO settings VALUES ('small', 'x')", [])?;
            connection.execute("INSERT INTO settings VALUES ('large', hex(zeroblob(100000)))", [])
        };
        assert!(matches!(store.change(large), Err(StoreError::DiskFull { .. })));
        let rows = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM settings", [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(store.read(rows).unwrap(), 1);
    }

    #[test]
    fn a_change_that_is_given_up_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        let refused: Result<(), StoreError> = store.try_change(|change| {
            change.execute("DELETE FROM settings", []).unwrap();
            Err(StoreError::NoHome)
        });
        assert!(matches!(refused, Err(StoreError::NoHome)));
        assert!(open(folder.path()).is_ok(), "the profile's id is still there");
    }

    #[test]
    fn nothing_is_kept_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("profile");
        let location = Location::Directory(profile.clone());
        let store = Store::open(location, VaultKind::Memory, Box::new(NobodyToAsk)).unwrap();
        assert_eq!(store.vault().kind(), VaultKind::Memory);
        assert!(!profile.exists());
    }

    #[cfg(unix)]
    #[test]
    fn the_profile_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("profile");
        open(&profile).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&profile), 0o700);
        assert_eq!(mode(&profile.join(paths::DATABASE)), 0o600);
    }
}
