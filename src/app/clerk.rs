//! The window's one way to the desk: work is handed over and done off the window's thread.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use iced::Task;

use super::task;
use waxseal::desk::Desk;
use waxseal::desk::office::Office;
use waxseal::problem::{Explain as _, Need, Problem};
use waxseal::smime::progress::Progress;
use waxseal::smime::secret::Passphrase;
use waxseal::store::vault::{AskPassphrase, VaultKind};
use waxseal::store::{Location, StoreError, clock};

/// Which profile the window works with.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    location: Location,
    /// Where new keys go; `None`: where the settings say.
    vault: Option<VaultKind>,
    /// Throw-away people and messages are put into it first.
    demo: bool,
}

impl Profile {
    /// The profile in `folder`, or the person's own.
    pub(crate) fn of(folder: Option<PathBuf>, vault: Option<VaultKind>) -> Result<Self, Problem> {
        let location = match vault {
            Some(VaultKind::Memory) => Location::Memory,
            Some(VaultKind::Keyring | VaultKind::File) | None => {
                Location::of(folder).map_err(|error| error.explain())?
            }
        };
        Ok(Self { location, vault, demo: false })
    }

    /// One that is gone when the window closes.
    pub(crate) fn in_memory() -> Self {
        Self { location: Location::Memory, vault: Some(VaultKind::Memory), demo: false }
    }

    /// One to look around in, that is gone when the window closes.
    pub(crate) fn demo() -> Self {
        Self { demo: true, ..Self::in_memory() }
    }

    /// Whether it is one to look around in.
    pub(crate) fn is_demo(&self) -> bool {
        self.demo
    }

    /// The folder that it lies in.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.location {
            Location::Directory(folder) => Some(folder),
            Location::Memory => None,
        }
    }
}

/// Does work with the profile. Cloning gives another handle to the same profile.
#[derive(Clone)]
pub(crate) struct Clerk {
    profile: Profile,
    /// Opened when there is work.
    office: Arc<Mutex<Option<Office>>>,
    passphrase: Keeper,
}

impl Clerk {
    pub(crate) fn new(profile: Profile) -> Self {
        Self { profile, office: Arc::default(), passphrase: Keeper::default() }
    }

    /// Does `work` on a thread of its own, and answers with what it answers.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Task<Result<T, Problem>> {
        let clerk = self.clone();
        task::off_thread(move || clerk.at_once(work))
    }

    /// The same, for long work that `progress` watches and stops.
    pub(crate) fn ask_watched<T: Send + 'static>(
        &self,
        progress: &Progress,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Task<Result<T, Problem>> {
        let (clerk, progress) = (self.clone(), progress.clone());
        task::off_thread(move || clerk.work(Some(&progress), work))
    }

    /// Does `work` here and now: before there is a window that could stand still.
    pub(crate) fn at_once<T>(&self, work: impl FnOnce(&Desk) -> Result<T, Problem>) -> Result<T, Problem> {
        self.work(None, work)
    }

    fn work<T>(
        &self,
        progress: Option<&Progress>,
        work: impl FnOnce(&Desk) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let office = self.office().map_err(|error| error.explain())?;
        let desk = office.desk(clock::now()).map_err(|error| error.explain())?;
        let desk = match progress {
            Some(progress) => desk.watched_by(progress),
            None => desk,
        };
        let answer = work(&desk);
        if let Err(Problem { need: Some(Need::OtherPassphrase), .. }) = &answer {
            self.lock();
        }
        answer
    }

    /// Where the records lie; nothing: they are gone when the window closes.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.profile.folder()
    }

    /// Where new keys go, as far as `set` says it.
    pub(crate) fn keys_go(&self, set: Option<VaultKind>) -> VaultKind {
        match self.folder() {
            Some(_) => self.profile.vault.or(set).unwrap_or_default(),
            None => VaultKind::Memory,
        }
    }

    /// Whether the passphrase that was last asked for is to be chosen, not remembered: there are no key files yet.
    pub(crate) fn wants_new_passphrase(&self) -> bool {
        self.passphrase.new.load(Ordering::Relaxed)
    }

    fn office(&self) -> Result<Office, StoreError> {
        let mut office = self.office.lock().unwrap_or_else(PoisonError::into_inner);
        match &*office {
            Some(office) => Ok(office.clone()),
            None => {
                let asker = Box::new(self.passphrase.clone());
                let opened = Office::open(self.profile.location.clone(), self.profile.vault, asker)?;
                *office = Some(opened.clone());
                Ok(opened)
            }
        }
    }

    /// Remembers the passphrase of the key files until the window closes.
    pub(crate) fn unlock(&self, passphrase: Passphrase) {
        self.passphrase.keep(Some(passphrase));
    }

    /// Forgets it: it did not fit.
    pub(crate) fn lock(&self) {
        self.passphrase.keep(None);
    }
}

/// Answers for the person, who was asked in the window before.
#[derive(Clone, Default)]
struct Keeper {
    kept: Arc<Mutex<Option<Passphrase>>>,
    /// The one that was wanted last was a new one.
    new: Arc<AtomicBool>,
}

impl Keeper {
    fn keep(&self, passphrase: Option<Passphrase>) {
        if let Ok(mut kept) = self.kept.lock() {
            *kept = passphrase;
        }
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper(…)")
    }
}

impl AskPassphrase for Keeper {
    fn ask(&self, new: bool) -> Result<Passphrase, StoreError> {
        self.new.store(new, Ordering::Relaxed);
        let kept = self.kept.lock().ok().and_then(|kept| kept.clone());
        kept.ok_or(StoreError::NoPassphrase)
    }
}
