//! Files that come in and go out; `-` is standard input or output.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Desk;
use super::watch::aside;
use crate::problem::{Explain, Problem};
use crate::smime::progress::{Progress, Stopped};
use crate::smime::secret::Passphrase;
use crate::smime::{Source, Spool, SpoolFile};
use crate::store::{OutputFile, OutputSpool};

/// Octets that a file of keys or certificates may have.
pub const SMALL_FILE: u64 = 16 << 20;
/// Octets that a file with a password may have.
pub const PASSWORD_FILE: u64 = 64 << 10;

/// A file that could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", path.display())]
pub struct FileError {
    /// The file as it was named.
    pub path: PathBuf,
    /// What stood in the way.
    pub what: FileTrouble,
}

/// What can stand in the way of reading or writing a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileTrouble {
    /// Nothing has this name.
    #[error("not found")]
    Missing,
    /// The folder it should stand in is not there.
    #[error("no such folder")]
    NoFolder,
    /// It is a folder.
    #[error("a folder")]
    Folder,
    /// A folder is needed, and this is none.
    #[error("not a folder")]
    NotFolder,
    /// A device has no end; a pipe can be read only once and replaced never.
    #[error("a device or a pipe")]
    Device,
    /// The operating system refuses.
    #[error("permission denied")]
    Denied,
    /// No room is left.
    #[error("disk full")]
    Full,
    /// More octets than a file of its kind can have.
    #[error("more than {0} octets")]
    TooLarge(u64),
    /// It is not text in UTF-8.
    #[error("not text")]
    NotText,
    /// Whoever should read the output went away.
    #[error("nobody reads any more")]
    BrokenPipe,
    /// Somebody wished that the work stop.
    #[error("stopped")]
    Stopped,
    /// Anything else, as the operating system calls it.
    #[error("{0}")]
    Other(io::ErrorKind),
}

impl FileError {
    /// What the operating system said about `path`.
    pub fn new(path: &Path, error: &io::Error) -> Self {
        let what = match error.kind() {
            io::ErrorKind::NotFound => FileTrouble::Missing,
            io::ErrorKind::IsADirectory => FileTrouble::Folder,
            io::ErrorKind::NotADirectory => FileTrouble::NotFolder,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FileTrouble::Denied,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileTrouble::Full,
            io::ErrorKind::BrokenPipe => FileTrouble::BrokenPipe,
            _ if Stopped::is_reason(error) => FileTrouble::Stopped,
            kind => FileTrouble::Other(kind),
        };
        Self { path: path.to_owned(), what }
    }

    fn of(path: &Path, what: FileTrouble) -> Self {
        Self { path: path.to_owned(), what }
    }
}

impl Explain for FileError {
    fn explain(&self) -> Problem {
        let path = match (is_standard(&self.path), self.what) {
            (true, FileTrouble::Full) => "standard input or output".into(),
            (true, _) => "standard input".into(),
            (false, _) => self.path.to_string_lossy(),
        };
        match self.what {
            FileTrouble::Missing => Problem::new(
                "This file was not found.",
                format!("There is nothing at {path}."),
                "Check the name and the folder.",
            ),
            FileTrouble::NoFolder => Problem::new(
                "This folder was not found.",
                format!("{path} cannot be written: its folder is not there."),
                "Make the folder first, or choose another place.",
            ),
            FileTrouble::NotFolder => Problem::new(
                "This is not a folder.",
                format!("A file stands at {path} or above it."),
                "Name a folder.",
            ),
            FileTrouble::Device => Problem::new(
                "This is not an ordinary file.",
                format!("{path} is a device or a pipe."),
                "Name a file. To use standard input or output, name -.",
            ),
            FileTrouble::Folder => Problem::new(
                "This is a folder, not a file.",
                format!("{path} is a folder."),
                "Name a file in it.",
            ),
            FileTrouble::Denied => Problem::new(
                "This file may not be used.",
                format!("The system does not let you read or write {path}."),
                "Choose another place, or ask for the right to use this one.",
            ),
            FileTrouble::Full => Problem::new(
                "The disk is full.",
                format!("There was no room for {path}. Nothing was left half-written."),
                "Make room and try again.",
            ),
            FileTrouble::TooLarge(limit) => Problem::new(
                "This file is too large.",
                format!("{path} has more than {}, which no honest file of this kind has.", size(limit)),
                "Check that it is the right file.",
            ),
            FileTrouble::NotText => Problem::new(
                "This file is not text.",
                format!("{path} holds octets that are no text in UTF-8."),
                "Save it as UTF-8, or attach it with --attach.",
            ),
            FileTrouble::BrokenPipe => {
                Problem::new("The output was not read to its end.", "The reading program has stopped.", "")
            }
            FileTrouble::Stopped => Stopped.explain(),
            FileTrouble::Other(kind) => Problem::new(
                "This file could not be used.",
                format!("{path}: {kind}."),
                "Check that the disk is there and try again.",
            ),
        }
    }
}

/// "64 KiB", "1.4 MiB": octets for people.
pub fn size(octets: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if octets == 1 {
        return "1 byte".to_owned();
    }
    if octets < 1024 {
        return format!("{octets} bytes");
    }
    let mut value = octets as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if value.fract() < 0.05 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// Does `-` stand for standard input or output here?
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file that can be read from front to back and again. Standard input and pipes go through `spool`; a device,
/// which may have no end, is refused.
pub fn source(path: &Path, spool: &dyn Spool) -> Result<Box<dyn Source>, FileError> {
    let failed = |error: io::Error| FileError::new(path, &error);
    if is_standard(path) {
        return spooled(&mut io::stdin().lock(), spool).map_err(failed);
    }
    let mut file = open(path)?;
    let is_file = file.metadata().map_err(failed)?.is_file();
    if is_file { Ok(Box::new(file)) } else { spooled(&mut file, spool).map_err(failed) }
}

/// Opens what can be read to an end. What it is must be known before: opening a pipe waits for its writer.
fn open(path: &Path) -> Result<File, FileError> {
    let failed = |error: io::Error| FileError::new(path, &error);
    let about = std::fs::metadata(path).map_err(failed)?;
    if about.is_dir() {
        return Err(FileError::of(path, FileTrouble::Folder));
    }
    if is_endless(path, &about) {
        return Err(FileError::of(path, FileTrouble::Device));
    }
    File::open(path).map_err(failed)
}

/// A device, or a pipe by name, which nobody may be writing to. The shell's own pipes (`<(…)`) have a writer.
#[cfg(unix)]
fn is_endless(path: &Path, about: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = about.file_type();
    let of_the_shell = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    kind.is_char_device() || kind.is_block_device() || kind.is_fifo() && !of_the_shell
}

#[cfg(not(unix))]
fn is_endless(_path: &Path, _about: &Metadata) -> bool {
    false
}

fn spooled(input: &mut dyn Read, spool: &dyn Spool) -> io::Result<Box<dyn Source>> {
    let mut file = spool.create()?;
    io::copy(input, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Box::new(file))
}

/// A whole file of at most `limit` octets, wiped when dropped.
pub fn read_small(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let failed = |error: io::Error| FileError::new(path, &error);
    let mut octets = Zeroizing::new(Vec::new());
    if is_standard(path) {
        io::stdin().lock().take(limit + 1).read_to_end(&mut octets).map_err(failed)?;
    } else {
        open(path)?.take(limit + 1).read_to_end(&mut octets).map_err(failed)?;
    }
    if octets.len() as u64 > limit {
        return Err(FileError { path: path.to_owned(), what: FileTrouble::TooLarge(limit) });
    }
    Ok(octets)
}

/// The first line of a file, without its line ending. An empty file is the empty password.
pub fn read_password(path: &Path) -> Result<Passphrase, FileError> {
    let octets = read_small(path, PASSWORD_FILE)?;
    let line = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(words) => Ok(Passphrase::from(words.to_owned())),
        Err(_) => Err(FileError { path: path.to_owned(), what: FileTrouble::NotText }),
    }
}

/// Text in UTF-8, with or without a byte order mark.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    let octets = read_small(path, limit)?;
    match std::str::from_utf8(&octets) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
        Err(_) => Err(FileError { path: path.to_owned(), what: FileTrouble::NotText }),
    }
}

/// Files that appear together when all of them are complete, or not at all. Standard output gets its octets last,
/// after every check, out of the spool.
pub struct Outputs<'a> {
    spool: &'a dyn Spool,
    progress: Option<&'a Progress>,
    files: Vec<(PathBuf, Written)>,
}

enum Written {
    File(OutputFile),
    Spooled(Box<dyn SpoolFile>),
}

impl Desk {
    /// No files yet.
    pub fn outputs(&self) -> Outputs<'_> {
        Outputs { spool: self.spool(), progress: self.progress(), files: Vec::new() }
    }

    /// A place for the one result of some work. Nothing is made before content comes.
    pub fn result_file<'a>(&'a self, path: &'a Path) -> Result<ResultFile<'a>, FileError> {
        may_be_written(path)?;
        let file = (!is_standard(path)).then(|| OutputSpool::new(path.to_owned()));
        Ok(ResultFile { path, file, spool: self.spool(), progress: self.progress() })
    }
}

impl Outputs<'_> {
    /// Begins `path` (`-`: standard output) and returns it for writing.
    pub fn begin(&mut self, path: &Path) -> Result<&mut dyn Write, FileError> {
        let failed = |error: io::Error| FileError::new(path, &error);
        may_be_written(path)?;
        let written = if is_standard(path) {
            Written::Spooled(self.spool.create().map_err(failed)?)
        } else {
            Written::File(OutputFile::create(path).map_err(failed)?)
        };
        let place = self.files.push_mut((path.to_owned(), written));
        Ok(match &mut place.1 {
            Written::File(file) => file,
            Written::Spooled(file) => file,
        })
    }

    /// Puts all of them in place.
    pub fn commit(self) -> Result<(), FileError> {
        let mut standard = Vec::new();
        for (path, written) in &self.files {
            if let Written::File(file) = written {
                settle(file.settle(), self.progress).map_err(|error| FileError::new(path, &error))?;
            }
        }
        for (path, written) in self.files {
            match written {
                Written::File(file) => file.commit().map_err(|error| FileError::new(&path, &error))?,
                Written::Spooled(file) => standard.push((path, file)),
            }
        }
        for (path, mut file) in standard {
            print(&mut *file).map_err(|error| FileError::new(&path, &error))?;
        }
        Ok(())
    }
}

/// A content that is itself the result: it is written where it will stay (`-`: rests in the spool), and stays there only if
/// all went well.
pub struct ResultFile<'a> {
    path: &'a Path,
    file: Option<OutputSpool>,
    spool: &'a dyn Spool,
    progress: Option<&'a Progress>,
}

impl ResultFile<'_> {
    /// Where the content goes.
    pub fn spool(&self) -> &dyn Spool {
        match &self.file {
            Some(file) => file,
            None => self.spool,
        }
    }

    /// Why the file could not be made or written, if that is what failed.
    pub fn trouble(&self) -> Option<FileError> {
        let kind = self.file.as_ref()?.trouble()?;
        Some(FileError::new(self.path, &kind.into()))
    }

    /// Puts the content, which rests in a place of [`spool`](Self::spool), where it belongs.
    pub fn commit(self, mut content: Box<dyn SpoolFile>) -> Result<(), FileError> {
        let committed = match self.file {
            Some(file) => {
                drop(content);
                settle(file.settle(), self.progress).and_then(|()| file.commit())
            }
            None => print(&mut *content),
        };
        committed.map_err(|error| FileError::new(self.path, &error))
    }
}

/// Brings a content to the disk, where it has no name yet: the last moment to stop.
fn settle(
    work: io::Result<impl FnOnce() -> io::Result<()> + Send + 'static>,
    progress: Option<&Progress>,
) -> io::Result<()> {
    // Else it is done once, by the commit.
    if progress.is_some() { aside(progress, work?)? } else { Ok(()) }
}

/// Writes a content to standard output.
fn print(content: &mut dyn SpoolFile) -> io::Result<()> {
    content.seek(SeekFrom::Start(0))?;
    let mut out = io::stdout().lock();
    io::copy(content, &mut out).and_then(|_| out.flush())
}

/// Can a file be made at `path`, or the one there be replaced?
fn may_be_written(path: &Path) -> Result<(), FileError> {
    let refused = |what| Err(FileError::of(path, what));
    if path.is_dir() {
        return refused(FileTrouble::Folder);
    }
    if !is_standard(path) && path.metadata().is_ok_and(|there| !there.is_file()) {
        return refused(FileTrouble::Device);
    }
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        return refused(FileTrouble::NoFolder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::vault::{NobodyToAsk, VaultKind};
    use crate::store::{Location, clock};

    fn desk() -> Desk {
        Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap()
    }

    #[test]
    fn a_password_is_the_first_line_without_its_ending() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        for (content, password) in [
            ("secret\n", "secret"),
            ("secret\r\nmore\n", "secret"),
            (" a b ", " a b "),
            ("", ""),
            ("\nx", ""),
        ] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(read_password(&file).unwrap().expose(), password, "{content:?}");
        }
        std::fs::write(&file, vec![b'x'; PASSWORD_FILE as usize + 1]).unwrap();
        assert_eq!(read_password(&file).unwrap_err().what, FileTrouble::TooLarge(PASSWORD_FILE));
    }

    #[test]
    fn a_folder_or_nothing_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let spool = crate::smime::spool::MemorySpool::new(1024);
        let trouble = |path: &Path| source(path, &spool).err().map(|error| error.what);
        assert_eq!(trouble(folder.path()), Some(FileTrouble::Folder));
        assert_eq!(trouble(&folder.path().join("none")), Some(FileTrouble::Missing));
    }

    #[test]
    fn what_cannot_be_written_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk();
        let trouble = |path: &Path| desk.outputs().begin(path).err().map(|error| error.what);
        assert_eq!(trouble(folder.path()), Some(FileTrouble::Folder));
        assert_eq!(trouble(&folder.path().join("none/x")), Some(FileTrouble::NoFolder));
        assert_eq!(trouble(&folder.path().join("x")), None);
        assert_eq!(trouble(Path::new("-")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_has_no_end_and_is_refused() {
        let desk = desk();
        let zero = Path::new("/dev/zero");
        assert_eq!(source(zero, desk.spool()).err().map(|error| error.what), Some(FileTrouble::Device));
        assert_eq!(desk.outputs().begin(zero).err().map(|error| error.what), Some(FileTrouble::Device));
    }

    #[test]
    fn octets_are_told_to_people() {
        assert_eq!(
            [size(0), size(1), size(1023), size(1024), size(1_500_000)],
            ["0 bytes", "1 byte", "1023 bytes", "1 KiB", "1.4 MiB"]
        );
    }
}
