//! Files that lie unsealed for another program to show them: in a folder that is their owner's alone, as long as the
//! window is open. What a process that died has left is removed by the next one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::paths;
use super::{Store, StoreError};

const FOLDER: &str = "opened";
const LOCK: &str = ".lock";

/// A folder of opened files; dropping it removes them.
#[derive(Debug)]
pub struct BorrowedFiles {
    folder: PathBuf,
    /// Tells others that the folder is in use.
    _lock: File,
}

impl Store {
    /// A folder for files of this process.
    pub fn borrow_files(&self) -> Result<BorrowedFiles, StoreError> {
        let all = self.opened_folder();
        paths::make_folder(&all)?;
        let failed = |error: std::io::Error| StoreError::from_io(&all, &error);
        let folder = tempfile::Builder::new().prefix("files-").tempdir_in(&all).map_err(failed)?;
        let lock = paths::open_private(&folder.path().join(LOCK))?;
        lock.lock().map_err(failed)?;
        Ok(BorrowedFiles { folder: folder.keep(), _lock: lock })
    }

    /// Removes what processes that are gone have left.
    pub fn sweep_borrowed(&self) {
        let Ok(folders) = fs::read_dir(self.opened_folder()) else { return };
        for folder in folders.filter_map(Result::ok).map(|entry| entry.path()) {
            let is_left = match File::open(folder.join(LOCK)) {
                Ok(lock) => lock.try_lock().is_ok(),
                // Its process died before it had a lock, or is about to make it: then there is nothing in it yet.
                Err(_) => true,
            };
            if is_left {
                // What cannot be removed now is tried again at the next start.
                let _ = fs::remove_dir_all(&folder);
            }
        }
    }

    fn opened_folder(&self) -> PathBuf {
        match self.path.parent().filter(|_| !self.is_in_memory()) {
            Some(profile) => profile.join(FOLDER),
            None => std::env::temp_dir().join("waxseal-opened"),
        }
    }
}

impl BorrowedFiles {
    /// Where a file of this name goes; one that is there keeps its place.
    pub fn place(&self, name: &str) -> Result<PathBuf, StoreError> {
        let failed = |error: std::io::Error| StoreError::from_io(&self.folder, &error);
        let own = tempfile::Builder::new().prefix("").tempdir_in(&self.folder).map_err(failed)?.keep();
        let name = Path::new(name).file_name().unwrap_or("attachment".as_ref());
        Ok(own.join(name))
    }
}

impl Drop for BorrowedFiles {
    fn drop(&mut self) {
        // What a program still holds open is removed at the next start.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Location;
    use crate::store::vault::{NobodyToAsk, VaultKind};

    #[test]
    fn nothing_stays_and_nobody_elses_files_go() {
        let place = tempfile::tempdir().unwrap();
        let location = Location::Directory(place.path().to_owned());
        let store = Store::open(location, VaultKind::Keyring, Box::new(NobodyToAsk)).unwrap();
        let mine = store.borrow_files().unwrap();
        let (one, other) = (mine.place("a/../report.pdf").unwrap(), mine.place("report.pdf").unwrap());
        assert_ne!(one, other, "the same name twice");
        assert!(one.starts_with(place.path().join(FOLDER)) && one.ends_with("report.pdf"));
        fs::write(&one, b"secret").unwrap();

        let dead = place.path().join(FOLDER).join("files-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), b"").unwrap();
        fs::write(dead.join("left.pdf"), b"secret").unwrap();
        store.sweep_borrowed();
        assert!(!dead.exists() && one.exists());
        drop(mine);
        assert!(!one.exists());
    }
}
