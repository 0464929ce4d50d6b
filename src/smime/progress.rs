//! How far a piece of work has come, and somebody's wish that it stop.
//!
//! Whoever starts the work keeps a [`Progress`]; the work has a clone of it around everything that it reads and writes.
//!
//! ```
//! use std::io;
//! use waxseal::smime::progress::{Progress, Stopped};
//!
//! let progress = Progress::default();
//! let work = progress.clone();
//! let copying = std::thread::spawn(move || io::copy(&mut work.watch(io::repeat(7)), &mut io::sink()));
//! while progress.done() == 0 {}
//! progress.stop();
//! assert!(Stopped::is_reason(&copying.join().unwrap().unwrap_err()));
//! ```

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::{Spool, SpoolFile};
use crate::problem::{Explain, Problem};

/// One piece of work, seen from outside. A clone is the same one. It is for one piece of work alone: what was stopped
/// stays stopped.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stopped: AtomicBool,
    done: AtomicU64,
    expected: AtomicU64,
}

impl Progress {
    /// Wishes that the work end at its next read or write.
    pub fn stop(&self) {
        self.0.stopped.store(true, Relaxed);
    }

    /// Somebody wishes so.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Relaxed)
    }

    /// Refuses to go on if somebody wishes so.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.is_stopped() { Err(Stopped) } else { Ok(()) }
    }

    /// Octets that were read so far, each as often as it was.
    pub fn done(&self) -> u64 {
        self.0.done.load(Relaxed)
    }

    /// Octets that will have been read in the end, as far as is known.
    pub fn expected(&self) -> u64 {
        self.0.expected.load(Relaxed).max(self.done())
    }

    /// From 0 to 1, about; `None` as long as nothing is known.
    pub fn fraction(&self) -> Option<f64> {
        let (done, expected) = (self.done(), self.0.expected.load(Relaxed));
        (expected > 0).then(|| (done as f64 / expected as f64).min(1.0))
    }

    /// So many octets more will be read.
    pub fn expect(&self, octets: u64) {
        self.0.expected.fetch_add(octets, Relaxed);
    }

    /// What reads from, writes to and seeks in `inner` as long as nobody wishes that it stop.
    pub fn watch<T>(&self, inner: T) -> Watched<T> {
        Watched { inner, progress: self.clone() }
    }
}

/// Somebody wished that the work stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl Stopped {
    /// Is that what this error says?
    pub fn is_reason(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|cause| cause.is::<Self>())
    }
}

impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> Self {
        // Not `Interrupted`: that would be tried again.
        Self::other(stopped)
    }
}

impl Explain for Stopped {
    fn explain(&self) -> Problem {
        Problem::new("Stopped.", "Nothing was changed.", "")
    }
}

/// Made by [`Progress::watch`], around a source, a place for content, a spool, or where something is written.
#[derive(Debug)]
pub struct Watched<T> {
    inner: T,
    progress: Progress,
}

impl<T: Read> Read for Watched<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.progress.check()?;
        let count = self.inner.read(buffer)?;
        self.progress.0.done.fetch_add(count as u64, Relaxed);
        Ok(count)
    }
}

impl<T: Write> Write for Watched<T> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.progress.check()?;
        self.inner.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Seek> Seek for Watched<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl<T: SpoolFile> SpoolFile for Watched<T> {}

impl<T: Spool> Spool for Watched<T> {
    fn create(&self) -> io::Result<Box<dyn SpoolFile>> {
        Ok(Box::new(self.progress.watch(self.inner.create()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::spool::MemorySpool;

    #[test]
    fn it_counts_what_is_read() {
        let progress = Progress::default();
        assert_eq!(progress.fraction(), None);
        progress.expect(12);
        let mut source = progress.watch(io::Cursor::new(b"abcdef"));
        io::copy(&mut source, &mut io::sink()).unwrap();
        assert_eq!((progress.done(), progress.expected(), progress.fraction()), (6, 12, Some(0.5)));
        for _ in 0..2 {
            source.rewind().unwrap();
            io::copy(&mut source, &mut io::sink()).unwrap();
        }
        assert_eq!((progress.done(), progress.expected(), progress.fraction()), (18, 18, Some(1.0)));
    }

    #[test]
    fn after_a_stop_nothing_is_read_or_written() {
        let progress = Progress::default();
        let mut file = progress.watch(MemorySpool::new(100)).create().unwrap();
        file.write_all(b"abc").unwrap();
        progress.clone().stop();
        assert!(Stopped::is_reason(&file.write_all(b"d").unwrap_err()));
        file.rewind().unwrap();
        assert!(Stopped::is_reason(&file.read(&mut [0]).unwrap_err()));
        assert!(!Stopped::is_reason(&io::Error::other("full")));
        assert_eq!(progress.check(), Err(Stopped));
        assert_eq!(Stopped.explain().to_string(), "Stopped. Nothing was changed.");
    }
}
