//! Where a profile lies, and folders and files that only their owner can read.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The database inside a profile.
pub const DATABASE: &str = "waxseal.db";
/// The folder of protected key files inside a profile.
pub const KEYS: &str = "keys";
/// Held while a private key and its row are not in step.
pub const KEYS_LOCK: &str = "waxseal.lock";
/// The folder of sealed messages and files inside a profile.
pub const KEPT: &str = "kept";
/// Held while a sealed file and its row are not in step.
pub const KEPT_LOCK: &str = "kept.lock";

/// The person's own profile: the operating system's folder for application data.
pub fn default_profile() -> Result<PathBuf, StoreError> {
    directories::ProjectDirs::from("app", "Waxseal", "Waxseal")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or(StoreError::NoHome)
}

/// Makes `folder` and what is missing above it; what is made can be entered by its owner alone (0700).
pub fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.exists() && !folder.is_dir() {
        return Err(StoreError::NotAFolder { path: folder.to_owned() });
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|error| StoreError::from_io(folder, &error))
}

/// Opens `file` for reading and writing; if it is made, its owner alone can read it (0600).
pub fn open_private(file: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file).map_err(|error| StoreError::from_io(file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_taken_for_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, b"x").unwrap();
        assert!(matches!(make_folder(&file), Err(StoreError::NotAFolder { .. })));
        assert!(matches!(make_folder(&file.join("below")), Err(StoreError::NotAFolder { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        make_folder(&folder).unwrap();
        open_private(&folder.join("c")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("c")), 0o600);
    }
}
