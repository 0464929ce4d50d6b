//! A sign of life while long work runs, and how far it has come: on a terminal, after 300 ms.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::desk::Desk;
use crate::smime::progress::Progress;

const QUIET: Duration = Duration::from_millis(300);
const BEAT: Duration = Duration::from_millis(120);
const SIGNS: [&str; 4] = ["·  ", "·· ", "···", " ··"];

/// A desk whose work is watched, if somebody looks.
pub(super) fn watched(desk: Desk) -> (Desk, Option<Progress>) {
    if !std::io::stderr().is_terminal() {
        return (desk, None);
    }
    let progress = Progress::default();
    (desk.watched_by(&progress), Some(progress))
}

/// Shown until it is dropped.
pub(super) struct SignOfLife {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl SignOfLife {
    /// "Sealing": what is being done, and how far it is, if that is known.
    pub(super) fn of(what: &'static str, progress: Option<Progress>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { running: None };
        }
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut shown = false;
            let mut wait = QUIET;
            for sign in SIGNS.iter().cycle() {
                match stopped.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
                }
                let far = progress.as_ref().and_then(Progress::fraction);
                let far = far.map_or(String::new(), |fraction| format!("{:3.0} % ", 100.0 * fraction));
                let mut terminal = std::io::stderr().lock();
                let _ = write!(terminal, "\r{what} {far}{sign}").and_then(|()| terminal.flush());
                shown = true;
                wait = BEAT;
            }
            if shown {
                let mut terminal = std::io::stderr().lock();
                let _ = write!(terminal, "\r\x1b[K").and_then(|()| terminal.flush());
            }
        });
        Self { running: Some((stop, thread)) }
    }
}

impl Drop for SignOfLife {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
