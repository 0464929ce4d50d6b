//! Where keys are to be kept: tried before it is chosen, and before any key is made.
//!
//! ```
//! # use waxseal::desk::office::Office;
//! # use waxseal::problem::Explain as _;
//! # use waxseal::store::{Location, clock, vault::{NobodyToAsk, VaultKind}};
//! # let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk))?;
//! let desk = office.desk(clock::now())?;
//! if let Err(error) = desk.choose_vault(VaultKind::Keyring) {
//!     let problem = error.explain(); // which program is missing, or that it is locked; offer VaultKind::File
//! #   let _ = problem;
//! }
//! # Ok::<(), waxseal::store::StoreError>(())
//! ```

use super::Desk;
use crate::store::StoreError;
use crate::store::settings::Settings;
use crate::store::vault::VaultKind;

impl Desk {
    /// A trial write: can keys be kept there? With a keyring it may wait for the person to unlock it, up to a minute.
    pub fn try_vault(&self, kind: VaultKind) -> Result<(), StoreError> {
        self.store.check_vault(kind)
    }

    /// Keeps new keys there from now on, and after the next start, if a trial write succeeds; else nothing changes. Keys
    /// that are there already stay where they are.
    pub fn choose_vault(&self, kind: VaultKind) -> Result<(), StoreError> {
        self.try_vault(kind)?;
        self.store.set(&Settings { keys: Some(kind), ..self.store.settings()? })?;
        self.store.use_vault(kind);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::vault::NobodyToAsk;
    use crate::store::{Location, clock};

    fn desk(folder: &Path) -> Desk {
        let location = Location::Directory(folder.to_owned());
        Desk::open(location, VaultKind::Keyring, Box::new(NobodyToAsk), clock::now()).unwrap()
    }

    #[test]
    fn a_place_that_can_be_written_to_is_used_from_now_on() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path());
        desk.choose_vault(VaultKind::File).unwrap();
        assert_eq!(desk.store().vault().kind(), VaultKind::File);
        assert_eq!(desk.store().settings().unwrap().keys, Some(VaultKind::File));
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_not_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path());
        std::fs::write(folder.path().join(crate::store::paths::KEYS), b"a file stands here").unwrap();
        assert!(desk.choose_vault(VaultKind::File).is_err());
        assert_eq!(desk.store().vault().kind(), VaultKind::Keyring);
        assert_eq!(desk.store().settings().unwrap().keys, None);
    }
}
