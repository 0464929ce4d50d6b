//! A file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::smime::{Spool, SpoolFile};

/// Written where nobody sees it, put in its place by [`OutputFile::commit`]; dropped without it, nothing is
/// left. An existing file is replaced, a folder is refused. Its owner alone can read it (0600).
///
/// On Linux the file has no name until it is committed, so that a killed process leaves nothing; where the
/// file system knows no unnamed files, and elsewhere, it has a hidden temporary name in the same folder.
pub struct OutputFile {
    place: Place,
    target: PathBuf,
}

enum Place {
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named(NamedTempFile),
}

impl OutputFile {
    /// Begins a file that will stand at `path`.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.is_dir() || path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a folder stands there"));
        }
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a device or pipe stands there"));
        }
        // A link stays one: what it points to is replaced.
        let target = if path.is_symlink() { fs::canonicalize(path)? } else { path.to_owned() };
        Ok(Self { place: Place::create(folder_of(&target))?, target })
    }

    /// What brings the content to the disk, on any thread: it may take its time. [`commit`](Self::commit) does it, too.
    pub fn settle(&self) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        let file = self.file().try_clone()?;
        Ok(move || file.sync_all())
    }

    /// Brings the content to the disk and the file to its place.
    pub fn commit(self) -> io::Result<()> {
        self.file().sync_all()?;
        let folder = folder_of(&self.target).to_owned();
        match self.place {
            #[cfg(target_os = "linux")]
            Place::Unnamed(file) => unnamed::link(&file, &folder, &self.target)?,
            Place::Named(file) => {
                file.persist(&self.target).map_err(|error| error.error)?;
            }
        }
        // The name is on the disk when the folder is; where folders cannot be synced there is nothing to do.
        #[cfg(unix)]
        if let Ok(folder) = File::open(&folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    fn file(&self) -> &File {
        match &self.place {
            #[cfg(target_os = "linux")]
            Place::Unnamed(file) => file,
            Place::Named(file) => file.as_file(),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

impl Place {
    fn create(folder: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed::create(folder) {
            return Ok(Self::Unnamed(file));
        }
        Ok(Self::Named(tempfile::Builder::new().prefix(".waxseal-").tempfile_in(folder)?))
    }
}

#[cfg(target_os = "linux")]
mod unnamed {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags};

    /// None where the file system, or a sandbox without /proc, does not offer it.
    pub(super) fn create(folder: &Path) -> Option<File> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR).ok()?);
        Path::new(&name(&file)).exists().then_some(file)
    }

    /// linkat replaces nothing, so where a file stands already the new one gets a temporary name first.
    pub(super) fn link(file: &File, folder: &Path, target: &Path) -> io::Result<()> {
        let link = |to: &Path| {
            rustix::fs::linkat(CWD, name(file), CWD, to, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
        };
        match link(target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let named = tempfile::Builder::new().prefix(".waxseal-").make_in(folder, link)?;
                named.persist(target).map_err(|error| error.error)
            }
            other => other,
        }
    }

    fn name(file: &File) -> String {
        format!("/proc/self/fd/{}", file.as_raw_fd())
    }
}

impl Write for OutputFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file().write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Read for OutputFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file().read(buffer)
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file().seek(to)
    }
}

/// A spool whose content is written once, where it will stay: for content that is itself the result.
///
/// Each place made is a new [`OutputFile`] for the same path; [`OutputSpool::commit`] puts the one made last in
/// its place. Without it nothing is left.
pub struct OutputSpool {
    path: PathBuf,
    last: Mutex<Option<Arc<Mutex<OutputFile>>>>,
    trouble: Arc<Mutex<Option<io::ErrorKind>>>,
}

impl OutputSpool {
    /// Nothing is made before content comes.
    pub fn new(path: PathBuf) -> Self {
        Self { path, last: Mutex::new(None), trouble: Arc::default() }
    }

    /// Why the file could not be made or written, if that is what failed.
    pub fn trouble(&self) -> Option<io::ErrorKind> {
        *held(&self.trouble)
    }

    /// As [`OutputFile::settle`], of the file made last.
    pub fn settle(&self) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        match &*held(&self.last) {
            Some(file) => held(file).settle(),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Puts the file made last in its place. An error of kind `NotFound` says that none was made.
    pub fn commit(self) -> io::Result<()> {
        let last = self.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        let file = last.ok_or(io::ErrorKind::NotFound)?;
        // Whoever still holds the place may read on in an empty one; the content goes to the disk all the same.
        match Arc::try_unwrap(file) {
            Ok(file) => file.into_inner().unwrap_or_else(PoisonError::into_inner).commit(),
            Err(_) => Err(io::Error::new(io::ErrorKind::ResourceBusy, "the content is still being used")),
        }
    }
}

impl Spool for OutputSpool {
    fn create(&self) -> io::Result<Box<dyn SpoolFile>> {
        let made = OutputFile::create(&self.path).inspect_err(|error| note(&self.trouble, error))?;
        let file = Arc::new(Mutex::new(made));
        *held(&self.last) = Some(file.clone());
        Ok(Box::new(OutputPlace { file, trouble: self.trouble.clone() }))
    }
}

/// One place of an [`OutputSpool`].
struct OutputPlace {
    file: Arc<Mutex<OutputFile>>,
    trouble: Arc<Mutex<Option<io::ErrorKind>>>,
}

impl OutputPlace {
    fn file(&self) -> MutexGuard<'_, OutputFile> {
        held(&self.file)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(trouble: &Mutex<Option<io::ErrorKind>>, error: &io::Error) {
    if error.kind() != io::ErrorKind::Interrupted {
        *held(trouble) = Some(error.kind());
    }
}

impl SpoolFile for OutputPlace {}

impl Write for OutputPlace {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file().write(data).inspect_err(|error| note(&self.trouble, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Read for OutputPlace {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file().read(buffer)
    }
}

impl Seek for OutputPlace {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file().seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        fs::read_dir(folder).unwrap().map(name).collect()
    }

    #[test]
    fn it_appears_with_commit_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        for content in ["first", "second, longer"] {
            let mut file = OutputFile::create(&path).unwrap();
            file.write_all(content.as_bytes()).unwrap();
            assert_ne!(fs::read(&path).unwrap_or_default(), content.as_bytes());
            file.commit().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(names(folder.path()), ["out"]);
        }
    }

    #[test]
    fn the_named_way_does_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "before").unwrap();
        let temporary = tempfile::Builder::new().prefix(".waxseal-").tempfile_in(folder.path()).unwrap();
        let mut file = OutputFile { place: Place::Named(temporary), target: path.clone() };
        file.write_all(b"after").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn without_commit_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = OutputFile::create(&folder.path().join("out")).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let refused = OutputFile::create(folder.path()).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::IsADirectory);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        let refused = OutputFile::create(Path::new("/dev/null")).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone_and_a_link_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("out"), folder.path().join("link"));
        fs::write(&path, "before").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = OutputFile::create(&link).unwrap();
        file.write_all(b"after").unwrap();
        file.commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_spool_writes_where_the_file_will_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let spool = OutputSpool::new(path.clone());
        let mut place = spool.create().unwrap();
        place.write_all(b"content").unwrap();
        place.rewind().unwrap();
        let mut text = String::new();
        place.read_to_string(&mut text).unwrap();
        assert_eq!(text, "content");
        assert!(!path.exists());
        drop(place);
        spool.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "content");
        assert_eq!(OutputSpool::new(path).commit().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
