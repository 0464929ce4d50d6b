//! What every screen may look at.

use iced::{Size, Task};
use jiff::Timestamp;

use super::clerk::Clerk;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::identity::Identity;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::contacts::Contact;
use waxseal::store::settings::Settings;
use waxseal::store::{Store, StoreError, clock};

/// Below this width the sidebar shows icons alone.
const WIDE: f32 = 1040.0;
/// Below this width a list hides behind what was chosen in it.
const TWO_PANES: f32 = 820.0;

/// The state that goes down to every screen.
pub(crate) struct Shared {
    pub(crate) clerk: Clerk,
    /// In logical pixels.
    pub(crate) size: Size,
    /// As of the last minute.
    pub(crate) now: Timestamp,
    pub(crate) people: People,
}

/// One's own identities, everybody on record and what is set, as last read.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    pub(crate) identities: Vec<Identity>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) settings: Settings,
}

impl People {
    /// As much as the first frame needs: nobody but oneself.
    pub(crate) fn own(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { identities: store.identities()?, contacts: Vec::new(), settings: store.settings()? })
    }

    fn all(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { contacts: store.contacts()?, ..Self::own(store)? })
    }

    /// Who writes unless another is chosen: the default identity, else the first.
    pub(crate) fn me(&self) -> Option<&Identity> {
        let default = self.settings.default_identity.as_ref();
        let chosen = default.and_then(|address| self.identities.iter().find(|one| one.has_address(address)));
        chosen.or_else(|| self.identities.iter().find(|identity| !identity.addresses.is_empty()))
    }

    /// Whose address this is.
    pub(crate) fn contact(&self, address: &Address) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.addresses.contains(address))
    }

    /// Whether the address is one's own.
    pub(crate) fn is_own(&self, address: &Address) -> bool {
        self.identities.iter().any(|identity| identity.addresses.contains(address))
    }

    /// The name that a person goes by here, or the address.
    pub(crate) fn name(&self, address: &Address) -> String {
        match self.contact(address) {
            Some(contact) if !contact.name.is_empty() => contact.name.clone(),
            Some(_) | None => address.to_string(),
        }
    }
}

impl Shared {
    pub(crate) fn new(clerk: Clerk, size: Size) -> Self {
        Self { clerk, size, now: clock::now(), people: People::default() }
    }

    /// Room for words in the sidebar.
    pub(crate) fn is_wide(&self) -> bool {
        self.size.width >= WIDE
    }

    /// Room for a list beside what was chosen in it.
    pub(crate) fn has_two_panes(&self) -> bool {
        self.size.width >= TWO_PANES
    }

    /// Changes what is set, as it stands in the records now.
    pub(crate) fn set(
        &self,
        change: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Task<Result<(), Problem>> {
        self.clerk.ask(|desk| {
            let mut settings = desk.store().settings().map_err(|error| error.explain())?;
            change(&mut settings);
            desk.store().set(&settings).map_err(|error| error.explain())
        })
    }

    /// The key of one's own that exists only here, until one was backed up.
    pub(crate) fn key_without_copy(&self) -> Option<Fingerprint> {
        let kept = self.clerk.folder().is_some() && self.people.settings.backed_up.is_none();
        let me = self.people.me().filter(|_| kept)?;
        let address = me.addresses.first()?;
        me.encryption_key(address, self.now).map(|key| key.certificate.fingerprint())
    }

    /// Reads identities, contacts and settings.
    pub(crate) fn load(&self) -> Task<Result<People, Problem>> {
        self.clerk.ask(|desk| People::all(desk.store()).map_err(|error| error.explain()))
    }
}
