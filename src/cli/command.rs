//! One file per group of commands.

use std::path::Path;

use serde_json::{Value, json};

use super::args::{Arguments, Command};
use super::output::{self, Output};
use super::{Done, Failure};
use crate::problem::{Explain, Problem};
use crate::smime::mime::header::one_line;

mod contact;
mod demo;
mod identity;
mod open;
mod safety_number;
mod seal;
mod trust;

/// Runs what was typed.
pub(super) fn run(arguments: Arguments, output: &mut Output) -> Result<Done, Failure> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Identity(command) => identity::run(&global, command, output),
        Command::Contact(command) => contact::run(&global, command, output),
        Command::SafetyNumber(arguments) => safety_number::run(&global, &arguments, output),
        Command::Seal(arguments) => seal::seal(&global, &arguments, output),
        Command::Open(arguments) => open::open(&global, &arguments, output),
        Command::Decrypt(arguments) => open::decrypt(&global, &arguments, output),
        Command::Encrypt(arguments) => seal::encrypt(&global, &arguments, output),
        Command::Trust(command) => trust::run(&global, command, output),
        Command::Demo => demo::run(&global, output),
        Command::Completions { shell } => demo::completions(shell),
    }
}

/// Several files, each of which stands alone: what became of the good ones, and what the bad ones lack.
struct Files {
    done: Vec<Value>,
    failed: Vec<Value>,
    first: Option<Problem>,
}

impl Files {
    fn new() -> Self {
        Self { done: Vec::new(), failed: Vec::new(), first: None }
    }

    fn failed(&mut self, path: &Path, error: &dyn Explain, output: &mut Output) {
        let problem = error.explain();
        let path = path.display().to_string();
        output.complain(&format!("{}: {problem}", one_line(&path)));
        self.failed.push(json!({ "file": path, "error": output::error(&problem) }));
        self.first.get_or_insert(problem);
    }

    /// Prints the object: what was done under `name`, and an error if any file failed.
    fn finish(self, name: &str, output: &mut Output) -> Result<Done, Failure> {
        let mut object = serde_json::Map::new();
        object.insert(name.to_owned(), self.done.into());
        if let Some(problem) = &self.first {
            object.insert("failed".to_owned(), self.failed.into());
            object.insert("error".to_owned(), output::error(problem));
        }
        output.print(&Value::Object(object), &[])?;
        Ok(if self.first.is_some() { Done::Failed } else { Done::Well })
    }
}
