//! The window's one way to the desk: work is handed over and done off the window's thread, in the order it was given.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};

use iced::Task;
use iced::futures::channel::oneshot;

use waxseal::desk::Desk;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::secret::Passphrase;
use waxseal::store::vault::{AskPassphrase, VaultKind};
use waxseal::store::{Location, StoreError, clock};

/// How many things are done at once; more would only wait for each other at the database.
const HANDS: usize = 3;

type Work = Box<dyn FnOnce(&Desk) + Send>;
/// Work, and what is told when the profile cannot be opened.
type Job = (Work, Box<dyn FnOnce(Problem) + Send>);

/// Which profile the window works with.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) location: Location,
    pub(crate) vault: VaultKind,
}

impl Profile {
    /// The profile in `folder`, or the person's own.
    pub(crate) fn of(folder: Option<PathBuf>, vault: VaultKind) -> Result<Self, Problem> {
        let location = Location::of(folder).map_err(|error| error.explain())?;
        Ok(Self { location, vault })
    }

    /// One that is gone when the window closes.
    pub(crate) fn in_memory() -> Self {
        Self { location: Location::Memory, vault: VaultKind::Memory }
    }
}

/// Hands work to threads that each hold the profile open. Cloning gives another handle to the same threads.
#[derive(Debug, Clone)]
pub(crate) struct Clerk {
    queue: mpsc::Sender<Job>,
    passphrase: Keeper,
}

impl Clerk {
    /// Starts the threads; the profile is opened when there is work.
    pub(crate) fn new(profile: &Profile) -> Self {
        let (queue, jobs) = mpsc::channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        let passphrase = Keeper::default();
        // What lives in memory lives on one thread.
        let hands = if matches!(profile.location, Location::Memory) { 1 } else { HANDS };
        for _ in 0..hands {
            let (jobs, profile, passphrase) = (Arc::clone(&jobs), profile.clone(), passphrase.clone());
            std::thread::spawn(move || serve(&jobs, &profile, &passphrase));
        }
        Self { queue, passphrase }
    }

    /// Does `work`, and answers with what it answers.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Task<Result<T, Problem>> {
        let (answer, answered) = oneshot::channel();
        let answer = Arc::new(Mutex::new(Some(answer)));
        let refusal = Arc::clone(&answer);
        let tell = |answer: &Mutex<Option<oneshot::Sender<_>>>, told| {
            if let Some(answer) = answer.lock().ok().and_then(|mut answer| answer.take()) {
                // Nobody waits any more when the window is closed or the person went on.
                let _ = answer.send(told);
            }
        };
        let job: Job = (
            Box::new(move |desk| tell(&answer, work(desk))),
            Box::new(move |problem| tell(&refusal, Err(problem))),
        );
        // The threads end only when every handle is gone.
        let _ = self.queue.send(job);
        Task::perform(answered, |answer| answer.unwrap_or_else(|_| Err(stopped())))
    }

    /// Remembers the passphrase of the key files until the window closes.
    pub(crate) fn unlock(&self, passphrase: Passphrase) {
        self.passphrase.keep(Some(passphrase));
    }

    /// Forgets it: it did not fit.
    pub(crate) fn lock(&self) {
        self.passphrase.keep(None);
    }
}

fn serve(jobs: &Mutex<mpsc::Receiver<Job>>, profile: &Profile, passphrase: &Keeper) {
    let mut open: Option<Desk> = None;
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok((work, refuse)) = job else { return };
        if open.is_none() {
            let asker = Box::new(passphrase.clone());
            match Desk::open(profile.location.clone(), profile.vault, asker, clock::now()) {
                Ok(desk) => open = Some(desk),
                Err(error) => {
                    refuse(error.explain());
                    continue;
                }
            }
        }
        if let Some(desk) = &mut open {
            desk.set_now(clock::now());
            work(desk);
        }
    }
}

/// Answers for the person, who was asked in the window before.
#[derive(Clone, Default)]
struct Keeper(Arc<Mutex<Option<Passphrase>>>);

impl Keeper {
    fn keep(&self, passphrase: Option<Passphrase>) {
        if let Ok(mut kept) = self.0.lock() {
            *kept = passphrase;
        }
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper(…)")
    }
}

impl AskPassphrase for Keeper {
    fn ask(&self, _new: bool) -> Result<Passphrase, StoreError> {
        let kept = self.0.lock().ok().and_then(|kept| kept.clone());
        kept.ok_or(StoreError::NoPassphrase)
    }
}

fn stopped() -> Problem {
    Problem::new("This could not be done.", "The work stopped before its end.", "Try it again.")
}
