//! Use cases, written once for the window and the command line: over the store and the core.
//!
//! A [`Desk`] is an open profile with the moment at which things are judged. It collects what the store knows
//! and hands it to the core; it keeps what the core found where a use case says so.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

pub mod answer;
pub mod contacts;
pub mod demo;
pub mod drafts;
pub mod evidence;
pub mod file;
pub mod forecast;
pub mod identities;
pub mod import;
pub mod kind;
pub mod learn;
pub mod messages;
pub mod office;
pub mod open;
pub mod people;
pub mod recent;
pub mod recipients;
pub mod request;
pub mod revocation;
pub mod safety_number;
pub mod seal;
pub mod standing;
pub mod trust;
pub mod vault;
mod vouching;
pub mod watch;

use crate::smime::progress::Progress;
use crate::smime::{Limits, Spool};
use crate::store::platform_roots::PlatformRoots;
use crate::store::vault::{AskPassphrase, VaultKind};
use crate::store::{Location, SealedSpool, Store, StoreError};

/// An open profile, with the time, the budget and the place for content in passing.
pub struct Desk {
    store: Store,
    now: Timestamp,
    limits: Limits,
    spool: Box<dyn Spool + Send>,
    /// Who watches the work, and may stop it.
    progress: Option<Progress>,
    /// Read when they are first asked for.
    platform: Arc<OnceLock<PlatformRoots>>,
}

impl Desk {
    /// Opens or makes the profile at `location`. `now` is the moment that everything is judged at.
    pub fn open(
        location: Location,
        vault: VaultKind,
        passphrase: Box<dyn AskPassphrase>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let store = Store::open(location, vault, passphrase)?;
        Ok(Self::at(store, now, Arc::default()))
    }

    fn at(store: Store, now: Timestamp, platform: Arc<OnceLock<PlatformRoots>>) -> Self {
        let spool = Box::new(SealedSpool::default());
        Self { store, now, limits: Limits::default(), spool, progress: None, platform }
    }

    /// The records.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The moment that everything is judged at.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The authorities that this computer offers for mail.
    pub fn platform(&self) -> &PlatformRoots {
        self.platform.get_or_init(PlatformRoots::of_this_computer)
    }

    /// Where content rests while it is worked on.
    pub fn spool(&self) -> &dyn Spool {
        &*self.spool
    }
}
