//! The command line: arguments in, sentences or one JSON object out.
//!
//! Exit codes: 0 done, 1 could not, 2 wrong usage, 3 opened, but judged *Not secure*.

use std::process::ExitCode;

use clap::Parser as _;

use crate::problem::{Explain, Problem};
use crate::smime::secret::Passphrase;
use crate::store::vault::AskPassphrase;
use crate::store::{Location, StoreError, clock};

mod args;
mod command;
mod output;
mod progress;

use args::{Arguments, Global};
use output::Output;

use crate::desk::Desk;
use crate::desk::file::{FileError, FileTrouble, read_password};

/// What a command came to.
enum Done {
    /// As asked: exit 0.
    Well,
    /// Something was told as a failure already: exit 1.
    Failed,
    /// Opened, but *Not secure*: exit 3.
    NotSecure,
}

/// Why a command stopped.
enum Failure {
    /// To be told.
    Problem(Problem),
    /// Nobody reads the output any more: nothing is told.
    BrokenPipe,
}

impl<E: Explain + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let any: &dyn std::any::Any = &error;
        match any.downcast_ref::<FileError>() {
            Some(FileError { what: FileTrouble::BrokenPipe, .. }) => Self::BrokenPipe,
            Some(_) | None => Self::Problem(error.explain()),
        }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            if !error.use_stderr() {
                // A closed pipe behind --help is nobody's fault.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            if std::env::args_os().any(|argument| argument == "--json") {
                Output::new(true).failure(&wrong_usage(&error));
            } else {
                let _ = error.print();
            }
            return ExitCode::from(2);
        }
    };
    let mut output = Output::new(arguments.global.json);
    match command::run(arguments, &mut output) {
        Ok(Done::Well) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Done::Failed) => ExitCode::from(1),
        Ok(Done::NotSecure) => ExitCode::from(3),
        Err(Failure::Problem(problem)) => {
            output.failure(&problem);
            ExitCode::from(1)
        }
    }
}

/// clap's first paragraph as a problem, for programs.
fn wrong_usage(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let cause = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let cause = format!("{}.", cause.trim_end_matches('.'));
    Problem::new("This command was not understood.", cause, "See: waxseal-cli --help.")
}

impl Global {
    /// The moment that things are judged at.
    fn now(&self) -> jiff::Timestamp {
        self.time.unwrap_or_else(clock::now)
    }

    /// Opens the profile that the options name.
    fn desk(&self) -> Result<Desk, Failure> {
        let asker: Box<dyn AskPassphrase> = match &self.passphrase_file {
            Some(path) => Box::new(read_password(path)?),
            None => Box::new(Terminal),
        };
        let location = Location::of(self.profile.clone())?;
        Ok(Desk::open(location, self.vault.into(), asker, self.now())?)
    }
}

/// Asks the person at the terminal, if there is one.
struct Terminal;

impl AskPassphrase for Terminal {
    fn ask(&self, new: bool) -> Result<Passphrase, StoreError> {
        if !new {
            return ask("Passphrase of your key files: ").ok_or(StoreError::NoPassphrase);
        }
        let first = ask("New passphrase for your key files: ").ok_or(StoreError::NoPassphrase)?;
        // Nobody chooses it by pressing Enter; an empty --passphrase-file is another matter.
        if first.expose().is_empty() {
            return Err(StoreError::EmptyPassphrase);
        }
        let second = ask("The same again: ").ok_or(StoreError::NoPassphrase)?;
        if first.expose() == second.expose() { Ok(first) } else { Err(StoreError::PassphrasesDiffer) }
    }
}

/// A password from the terminal; `None` without one.
fn ask(prompt: &str) -> Option<Passphrase> {
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() {
        return None;
    }
    rpassword::prompt_password(prompt).ok().map(Passphrase::from)
}
