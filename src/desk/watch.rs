//! Work that somebody watches from another thread, and can stop.
//!
//! The window makes a [`Progress`] for each piece of work, keeps it with the screen that waits, and gives a clone to the
//! thread that works:
//!
//! ```no_run
//! use waxseal::desk::file;
//! use waxseal::desk::office::Office;
//! use waxseal::desk::open::{Reading, ReadingError};
//! use waxseal::smime::progress::Progress;
//! use waxseal::store::clock;
//!
//! # fn begin(office: Office, source: Box<dyn waxseal::smime::Source>) {
//! let progress = Progress::default();
//! let (office, watched) = (office.clone(), progress.clone());
//! std::thread::spawn(move || -> Result<Reading, ReadingError> {
//!     let desk = office.desk(clock::now())?.watched_by(&watched);
//!     desk.read(source.into())
//! });
//! let bar = progress.fraction();  // at every tick: `None`, or how full the bar is
//! progress.stop();                // the person pressed Stop, or left the screen
//! # }
//! ```
//!
//! Within a tenth of a second the work ends with the variant `Stopped` of its error, or with what it had come to already: what
//! is finished is not undone. Nothing is left of it on the disk or in the records. A progress is for one piece of work. What
//! was read under it is read under it later, too: to save an attachment so that it can be stopped, make a new one and write
//! to `progress.watch(file)`; stopping that one leaves the message as it is.

use std::io::Read;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::Desk;
use crate::smime::Source;
use crate::smime::crypto::PrivateKey;
use crate::smime::progress::{Progress, Stopped};
use crate::smime::x509::Certificate;
use crate::store::{SealedSpool, StoreError};

/// How long a wish to stop may go unnoticed.
const BEAT: Duration = Duration::from_millis(20);

impl Desk {
    /// Lets `progress` watch and stop what is done at this desk from now on.
    #[must_use]
    pub fn watched_by(mut self, progress: &Progress) -> Self {
        self.watch(Some(progress));
        self
    }

    pub(super) fn watch(&mut self, progress: Option<&Progress>) {
        self.progress = progress.cloned();
        self.spool = match progress {
            Some(progress) => Box::new(progress.watch(SealedSpool::default())),
            None => Box::new(SealedSpool::default()),
        };
    }

    /// Who watches what is done at this desk.
    pub(super) fn progress(&self) -> Option<&Progress> {
        self.progress.as_ref()
    }

    /// `source`, read as long as nobody wishes to stop.
    pub(super) fn watched(&self, source: Box<dyn Source>) -> Box<dyn Source> {
        match &self.progress {
            Some(progress) => Box::new(progress.watch(source)),
            None => source,
        }
    }

    /// `reader`, as long as nobody wishes to stop.
    pub(super) fn watched_reader<'a>(&self, reader: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
        match &self.progress {
            Some(progress) => Box::new(progress.watch(reader)),
            None => reader,
        }
    }

    /// So many octets more will be read.
    pub(super) fn expect(&self, octets: u64) {
        if let Some(progress) = &self.progress {
            progress.expect(octets);
        }
    }

    /// Refuses to go on if somebody wishes to stop.
    pub(super) fn go_on(&self) -> Result<(), Stopped> {
        self.progress.as_ref().map_or(Ok(()), Progress::check)
    }

    /// What fails after somebody wished to stop has failed for that reason.
    pub(super) fn or_stopped<T, E: From<Stopped>>(&self, outcome: Result<T, E>) -> Result<T, E> {
        outcome.map_err(|error| self.go_on().err().map_or(error, E::from))
    }

    /// One's own private key. The vault may ask for a passphrase, or take its time.
    pub(super) fn private_key(
        &self,
        certificate: &Certificate,
    ) -> Result<Result<PrivateKey, StoreError>, Stopped> {
        match self.store.find_private_key(&certificate.fingerprint()) {
            Ok(find) => aside(self.progress(), find),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// Does `work`, which takes long without reading anything. Where somebody may wish to stop, it has a thread of its own, which
/// is left to itself then: it must change nothing.
pub(super) fn aside<T: Send + 'static, Work: FnOnce() -> T + Send + 'static>(
    progress: Option<&Progress>,
    work: Work,
) -> Result<T, Stopped> {
    let Some(progress) = progress else { return Ok(work()) };
    progress.check()?;
    let (give, take) = mpsc::sync_channel::<Work>(1);
    let (done, result) = mpsc::sync_channel(1);
    let started = thread::Builder::new().name("aside".to_owned()).spawn(move || {
        if let Ok(work) = take.recv() {
            // Nobody is listening any more after a stop.
            let _ = done.send(work());
        }
    });
    let Ok(thread) = started else { return Ok(work()) };
    if let Err(mpsc::SendError(work)) = give.send(work) {
        return Ok(work());
    }
    loop {
        match result.recv_timeout(BEAT) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) => progress.check()?,
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(cause) => std::panic::resume_unwind(cause),
                Ok(()) => return Err(Stopped),
            },
        }
    }
}
