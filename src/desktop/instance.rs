//! One window a profile: a second start hands its files to the first and ends.
//!
//! The first holds a lock in the profile's folder as long as it runs, so whoever died left nothing that binds; it
//! listens on a socket beside the lock, which only its owner can reach. A second start sends the paths of its files,
//! each ended by a zero octet, behind a line that names the protocol, and waits for one octet: they were taken.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::store::{StoreError, paths};

const LOCK: &str = "window.lock";
const SOCKET: &str = "window.sock";
const GREETING: &[u8] = b"waxseal files 1\n";
const TAKEN: u8 = b'+';
/// As many octets of paths as are read.
const LONGEST: u64 = 1 << 20;
/// Neither side waits longer for the other.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a start of the program turned out to be.
#[derive(Debug)]
pub enum Start {
    /// The first: it shows the window.
    First(Instance),
    /// Another one had a window already, and has taken the files.
    HandedOver,
}

/// The one that has the window. The socket goes with it.
#[derive(Debug)]
pub struct Instance {
    listener: UnixListener,
    socket: PathBuf,
    _lock: File,
}

/// Becomes the one that has the window of `profile`, or hands `files` to it.
///
/// Errors: the folder cannot be written to; or there is a window that does not answer, in which case a second window
/// does no harm.
pub fn start(profile: &Path, files: &[PathBuf]) -> Result<Start, StoreError> {
    paths::make_folder(profile)?;
    let failed = |error: io::Error| StoreError::from_io(&profile.join(SOCKET), &error);
    let lock = paths::open_private(&profile.join(LOCK))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Start::First(Instance::listen(profile, lock).map_err(failed)?)),
            Err(TryLockError::WouldBlock) => match hand_over(&profile.join(SOCKET), files) {
                Ok(()) => return Ok(Start::HandedOver),
                // It is about to listen, or about to end.
                Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => return Err(failed(error)),
            },
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

fn hand_over(socket: &Path, files: &[PathBuf]) -> io::Result<()> {
    let mut stream = connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut message = GREETING.to_vec();
    for file in files {
        message.extend(std::path::absolute(file)?.as_os_str().as_bytes());
        message.push(0);
    }
    stream.write_all(&message)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    if answer == [TAKEN] { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// A socket's path may have 107 octets; a longer one is reached through its folder.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    with_short(socket, |path| UnixStream::connect(path))
}

fn with_short<T>(socket: &Path, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return work(socket);
    };
    if socket.as_os_str().len() < 100 || !cfg!(target_os = "linux") {
        return work(socket);
    }
    use std::os::fd::AsRawFd as _;
    let folder = File::open(folder)?;
    work(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

impl Instance {
    fn listen(profile: &Path, lock: File) -> io::Result<Self> {
        let socket = profile.join(SOCKET);
        // With the lock in hand whatever lies there was left by somebody who is gone.
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = with_short(&socket, |path| UnixListener::bind(path))?;
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, socket, _lock: lock })
    }

    /// Waits for the files of the next start; none: it was started without, and asks for attention.
    pub fn next(&self) -> io::Result<Vec<PathBuf>> {
        loop {
            let (stream, _) = self.listener.accept()?;
            // Whoever talks nonsense or stops half-way is not listened to.
            if let Ok(files) = take(stream) {
                return Ok(files);
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Whoever comes next removes it otherwise.
        let _ = fs::remove_file(&self.socket);
    }
}

fn take(mut stream: UnixStream) -> io::Result<Vec<PathBuf>> {
    if !is_own(&stream) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut message = Vec::new();
    (&stream).take(LONGEST + 1).read_to_end(&mut message)?;
    let files = parse(&message).ok_or(io::ErrorKind::InvalidData)?;
    stream.write_all(&[TAKEN])?;
    Ok(files)
}

fn parse(message: &[u8]) -> Option<Vec<PathBuf>> {
    let list = message.strip_prefix(GREETING).filter(|_| message.len() as u64 <= LONGEST)?;
    if list.is_empty() {
        return Some(Vec::new());
    }
    let list = list.strip_suffix(&[0])?;
    let files: Vec<_> =
        list.split(|octet| *octet == 0).map(|path| PathBuf::from(OsStr::from_bytes(path))).collect();
    files.iter().all(|file| file.is_absolute()).then_some(files)
}

/// The other side belongs to the same person. The socket's mode says so already, where the file system heeds it.
#[cfg(target_os = "linux")]
fn is_own(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

#[cfg(not(target_os = "linux"))]
fn is_own(_stream: &UnixStream) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(profile: &Path) -> Instance {
        match start(profile, &[]).unwrap() {
            Start::First(instance) => instance,
            Start::HandedOver => panic!("somebody is there already"),
        }
    }

    #[test]
    fn the_second_hands_its_files_to_the_first_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let profile =
            folder.path().join("a profile with a name that is longer than sockets like").join("x".repeat(90));
        let instance = first(&profile);
        let files = ["one.p7m", "two\nlines.p7m", "\u{202e}rtl.p7m"].map(PathBuf::from);
        let sent = files.clone();
        let place = profile.clone();
        let second = std::thread::spawn(move || start(&place, &sent).unwrap());
        let taken = instance.next().unwrap();
        assert!(matches!(second.join().unwrap(), Start::HandedOver));
        let expected: Vec<_> = files.iter().map(|file| std::path::absolute(file).unwrap()).collect();
        assert_eq!(taken, expected);
        drop(instance);
        first(&profile);
    }

    #[test]
    fn what_a_dead_one_left_is_recovered() {
        let folder = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(folder.path().join(SOCKET)).unwrap());
        assert!(folder.path().join(SOCKET).exists());
        let instance = first(folder.path());
        let mode = fs::metadata(&instance.socket).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn nonsense_is_not_listened_to() {
        assert_eq!(parse(b"waxseal files 1\n"), Some(vec![]));
        assert_eq!(parse(b"waxseal files 1\n/a\0/b\0"), Some(vec!["/a".into(), "/b".into()]));
        for nonsense in
            [&b""[..], b"GET / HTTP/1.1\r\n", b"waxseal files 1\n/a", b"waxseal files 1\nrelative\0"]
        {
            assert_eq!(parse(nonsense), None);
        }
        let mut long = GREETING.to_vec();
        long.resize(LONGEST as usize + 1, b'/');
        long.push(0);
        assert_eq!(parse(&long), None);

        let folder = tempfile::tempdir().unwrap();
        let instance = first(folder.path());
        let socket = instance.socket.clone();
        let talk = std::thread::spawn(move || {
            let mut rude = connect(&socket).unwrap();
            rude.write_all(b"nonsense").unwrap();
            drop(rude);
            hand_over(&socket, &[PathBuf::from("/note.p7m")]).unwrap();
        });
        assert_eq!(instance.next().unwrap(), [PathBuf::from("/note.p7m")]);
        talk.join().unwrap();
    }

    #[test]
    fn a_window_that_does_not_answer_is_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let _instance = first(folder.path());
        // Nobody takes what is sent.
        assert!(start(folder.path(), &[PathBuf::from("/note.p7m")]).is_err());
    }
}
