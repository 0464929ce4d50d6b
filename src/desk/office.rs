//! One profile for many threads.
//!
//! A [`Desk`] is for one piece of work at a time. An [`Office`] is cloned into every thread of the window and hands
//! a desk to each that asks; all of them have the same vaults, so a passphrase is asked for once, the keyring is
//! connected to once and the computer's authorities are read once.
//!
//! ```
//! use waxseal::desk::office::Office;
//! use waxseal::store::{Location, clock, vault::NobodyToAsk};
//!
//! let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk))?;
//! let other = office.clone();
//! let people = std::thread::spawn(move || other.desk(clock::now())?.store().contacts());
//! assert!(people.join().unwrap()?.is_empty());
//! # Ok::<(), waxseal::store::StoreError>(())
//! ```

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;

use super::Desk;
use crate::smime::progress::Progress;
use crate::store::platform_roots::PlatformRoots;
use crate::store::vault::{AskPassphrase, VaultKind};
use crate::store::{Location, Store, StoreError};

/// Desks that are kept for the next piece of work.
const IDLE: usize = 4;

/// A profile that hands out desks.
#[derive(Clone)]
pub struct Office(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// A desk came back.
    free: Condvar,
    platform: Arc<OnceLock<PlatformRoots>>,
}

struct State {
    idle: Vec<Desk>,
    /// What further desks are made after; `None` in memory, where one desk serves all.
    first: Option<Store>,
}

/// A desk for one piece of work; it goes back to its [`Office`] when dropped. Take one at a time in each thread: in
/// memory there is only one, and whoever asks for a second one while holding it waits for ever.
pub struct Lease {
    desk: Option<Desk>,
    office: Arc<Shared>,
}

impl Office {
    /// Opens or makes the profile. `vault`: where new keys go; `None`: where the settings say, else the keyring.
    /// Nothing is asked and no keyring is touched before a key is wanted.
    pub fn open(
        location: Location,
        vault: Option<VaultKind>,
        passphrase: Box<dyn AskPassphrase>,
    ) -> Result<Self, StoreError> {
        let store = Store::open(location, vault.unwrap_or_default(), passphrase)?;
        if vault.is_none()
            && let Some(kind) = store.settings()?.keys
        {
            store.use_vault(kind);
        }
        store.sweep_kept();
        let platform = Arc::default();
        let state = if store.is_in_memory() {
            State { idle: vec![Desk::at(store, Timestamp::UNIX_EPOCH, Arc::clone(&platform))], first: None }
        } else {
            State { idle: Vec::new(), first: Some(store) }
        };
        Ok(Self(Arc::new(Shared { state: Mutex::new(state), free: Condvar::new(), platform })))
    }

    /// A desk at which everything is judged as of `now`.
    pub fn desk(&self, now: Timestamp) -> Result<Lease, StoreError> {
        let mut state = self.0.state();
        let mut desk = loop {
            if let Some(desk) = state.idle.pop() {
                break desk;
            }
            if let Some(store) = state.first.as_ref().map(Store::beside).transpose()?.flatten() {
                break Desk::at(store, now, Arc::clone(&self.0.platform));
            }
            state = self.0.free.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        desk.now = now;
        desk.watch(None);
        Ok(Lease { desk: Some(desk), office: Arc::clone(&self.0) })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Lets `progress` watch and stop the work.
    #[must_use]
    pub fn watched_by(mut self, progress: &Progress) -> Self {
        if let Some(desk) = &mut self.desk {
            desk.watch(Some(progress));
        }
        self
    }
}

impl Deref for Lease {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        match &self.desk {
            Some(desk) => desk,
            // proof: it is taken by drop alone.
            None => unreachable!(),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.office.state();
        if state.idle.len() < IDLE {
            state.idle.extend(self.desk.take());
        }
        drop(state);
        self.office.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::smime::secret::Passphrase;
    use crate::store::clock;
    use crate::store::settings::Settings;
    use crate::store::vault::NobodyToAsk;

    struct Asked(Arc<AtomicUsize>);

    impl AskPassphrase for Asked {
        fn ask(&self, _new: bool) -> Result<Passphrase, StoreError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Passphrase::from("correct horse".to_owned()))
        }
    }

    #[test]
    fn many_threads_work_at_once_and_the_passphrase_is_asked_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let location = Location::Directory(folder.path().join("profile"));
        let office = Office::open(location, Some(VaultKind::File), Box::new(Asked(asked.clone()))).unwrap();
        let now = clock::now();
        std::thread::scope(|scope| {
            for n in 0..6 {
                let office = office.clone();
                scope.spawn(move || {
                    let desk = office.desk(now).unwrap();
                    let address = format!("robin{n}@example.org").parse().unwrap();
                    desk.create_identity("Robin", &[address], KeyKind::P256, 30).unwrap();
                });
            }
        });
        let desk = office.desk(now).unwrap();
        let identities = desk.store().identities().unwrap();
        assert_eq!(identities.len(), 6);
        for identity in &identities {
            desk.store().private_key(&identity.keys[0].certificate.fingerprint()).unwrap();
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn in_memory_all_see_the_same() {
        let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk)).unwrap();
        std::thread::scope(|scope| {
            for n in 0..4 {
                let office = &office;
                scope.spawn(move || {
                    let address = format!("robin{n}@example.org").parse().unwrap();
                    let desk = office.desk(clock::now()).unwrap();
                    desk.create_identity("Robin", &[address], KeyKind::P256, 30).unwrap();
                });
            }
        });
        assert_eq!(office.desk(clock::now()).unwrap().store().identities().unwrap().len(), 4);
    }

    #[test]
    fn keys_go_where_the_settings_say() {
        let folder = tempfile::tempdir().unwrap();
        let open = |vault| {
            Office::open(Location::Directory(folder.path().to_owned()), vault, Box::new(NobodyToAsk)).unwrap()
        };
        let kind = |office: &Office| office.desk(clock::now()).unwrap().store().vault().kind();
        let office = open(None);
        assert_eq!(kind(&office), VaultKind::Keyring);
        let settings = Settings { keys: Some(VaultKind::File), ..Settings::default() };
        office.desk(clock::now()).unwrap().store().set(&settings).unwrap();
        assert_eq!(kind(&open(None)), VaultKind::File);
        assert_eq!(kind(&open(Some(VaultKind::Keyring))), VaultKind::Keyring);
        office.desk(clock::now()).unwrap().store().use_vault(VaultKind::File);
        assert_eq!(kind(&office), VaultKind::File);
    }
}
