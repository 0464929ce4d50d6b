//! A sign of life while long work runs: on a terminal, after 300 ms.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

const QUIET: Duration = Duration::from_millis(300);
const BEAT: Duration = Duration::from_millis(120);
const SIGNS: [&str; 4] = ["·  ", "·· ", "···", " ··"];

/// Shown until it is dropped.
pub(super) struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// "Sealing": what is being done.
    pub(super) fn of(what: &'static str) -> Self {
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
                let mut terminal = std::io::stderr().lock();
                let _ = write!(terminal, "\r{what} {sign}").and_then(|()| terminal.flush());
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

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
