//! The first start, in three steps: who one is, a key, and the certificate for somebody else. One more identity is made in
//! the same way, and the certificate is handed over again later.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iced::widget::operation;
use iced::{Element, Task};

mod hand_over;
mod view;

use crate::app::action::{Action, Wish};
use crate::app::key_file::{self, Report, Taken};
use crate::app::shared::Shared;
use crate::app::task;
use crate::app::words::welcome as say;
use hand_over::HandOver;
pub(crate) use hand_over::file_name;
use waxseal::problem::{Explain as _, Need, Problem};
use waxseal::smime::Address;
use waxseal::smime::crypto::KeyKind;
use waxseal::smime::progress::Progress;
use waxseal::smime::secret::Passphrase;
use waxseal::smime::x509::Certificate;
use waxseal::smime::x509::issue::{MAX_DAYS, MAX_NAME};
use waxseal::store::vault::VaultKind;

const NAME: &str = "welcome-name";
const ADDRESS: &str = "welcome-address";
const SECOND: Duration = Duration::from_secs(1);

/// The state of the three steps.
pub(crate) struct Welcome {
    purpose: Purpose,
    name: String,
    address: String,
    /// "Continue" was pressed: what is missing is said.
    tried: bool,
    step: Step,
    trouble: Option<Trouble>,
    /// Late answers are of an earlier one.
    generation: u64,
}

/// Why the steps are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    First,
    Another,
    HandOver,
}

enum Step {
    You,
    Key { choice: Choice, work: Option<Work> },
    HandOver(Box<HandOver>),
}

/// Where the key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Make,
    Import,
}

/// What is being done.
enum Work {
    Making { progress: Progress, seconds: u32 },
    Importing,
}

struct Trouble {
    problem: Problem,
    again: Again,
}

/// What "Try again" does.
#[derive(Debug, Clone)]
enum Again {
    Make,
    /// Another password for this file.
    Password(PathBuf),
    /// The same file once more.
    Import(PathBuf, Option<Passphrase>),
    ChooseFile,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    NameChanged(String),
    AddressChanged(String),
    NameEntered,
    ContinuePressed,
    BackPressed,
    NotNowPressed,
    Chosen(Choice),
    MakePressed,
    SecondPassed(u64),
    StopPressed,
    Made {
        generation: u64,
        answer: Box<Result<Certificate, Problem>>,
    },
    ChooseFilePressed,
    FilesChosen(Vec<PathBuf>),
    PasswordEntered(PathBuf, Passphrase),
    Imported {
        generation: u64,
        path: PathBuf,
        password: Option<Passphrase>,
        answer: Box<Result<Taken, Problem>>,
    },
    CertificateFound(Box<Report>, Result<Certificate, Problem>),
    RetryPressed,
    UseFilesPressed,
    UnlockPressed,
    UnlockFor(Box<hand_over::Message>),
    FilesPassphraseChosen(Passphrase),
    FilesChosenForKeys(Result<(), Problem>),
    TroubleClosed,
    HandOver(hand_over::Message),
}

impl Welcome {
    /// The first start.
    pub(crate) fn first() -> Self {
        Self::new(Purpose::First, Step::You)
    }

    /// One more identity.
    pub(crate) fn another() -> Self {
        Self::new(Purpose::Another, Step::You)
    }

    /// The last step alone.
    pub(crate) fn hand_over(certificate: &Certificate, address: Address) -> Self {
        let step = Step::HandOver(Box::new(HandOver::new(certificate, address, None)));
        Self::new(Purpose::HandOver, step)
    }

    /// Puts the cursor where the person begins.
    pub(crate) fn start<M: Send + 'static>() -> Task<M> {
        operation::focus(NAME)
    }

    fn new(purpose: Purpose, step: Step) -> Self {
        Self {
            purpose,
            name: String::new(),
            address: String::new(),
            tried: false,
            step,
            trouble: None,
            generation: 0,
        }
    }

    pub(crate) fn update(&mut self, message: Message, shared: &Shared) -> Action<Message> {
        match message {
            Message::NameChanged(name) => {
                self.name = name;
                Action::none()
            }
            Message::AddressChanged(address) => {
                self.address = address;
                Action::none()
            }
            Message::NameEntered => Action::run(operation::focus(ADDRESS)),
            Message::ContinuePressed => {
                self.tried = true;
                if self.name_obstacle().is_some() {
                    return Action::run(operation::focus(NAME));
                }
                if self.address_obstacle(shared).is_some() {
                    return Action::run(operation::focus(ADDRESS));
                }
                self.step = Step::Key { choice: Choice::Make, work: None };
                Action::none()
            }
            Message::BackPressed => {
                if let Step::Key { work: None, .. } = self.step {
                    self.trouble = None;
                    self.step = Step::You;
                }
                Action::none()
            }
            Message::NotNowPressed => Action::wish(Wish::LeaveWelcome),
            Message::Chosen(chosen) => {
                if let Step::Key { choice, work: None } = &mut self.step {
                    *choice = chosen;
                }
                Action::none()
            }
            Message::MakePressed => self.make(shared),
            Message::SecondPassed(generation) => self.second_passed(generation),
            Message::StopPressed => {
                if let Step::Key { work: Some(Work::Making { progress, .. }), .. } = &self.step {
                    progress.stop();
                }
                Action::none()
            }
            Message::Made { generation, answer } => {
                if generation != self.generation {
                    return Action::none();
                }
                self.made(*answer)
            }
            Message::ChooseFilePressed => {
                self.trouble = None;
                Action::wish(Wish::Pick(key_file::pick(), Arc::new(Message::FilesChosen)))
            }
            Message::FilesChosen(paths) => match paths.into_iter().next() {
                Some(path) => self.import(path, None, shared),
                None => Action::none(),
            },
            Message::PasswordEntered(path, password) => self.import(path, Some(password), shared),
            Message::Imported { generation, path, password, answer } => {
                if generation != self.generation {
                    return Action::none();
                }
                self.imported(path, password, *answer, shared)
            }
            Message::CertificateFound(report, Ok(certificate)) => {
                let address = report.address.clone();
                match address.or_else(|| certificate.addresses().first().cloned()) {
                    Some(address) => {
                        let hand_over = HandOver::new(&certificate, address, Some(*report));
                        self.step = Step::HandOver(Box::new(hand_over));
                        Action::none()
                    }
                    None => Action::wish(Wish::LeaveWelcome),
                }
            }
            Message::CertificateFound(_, Err(problem)) => self.fail(problem, Again::ChooseFile),
            Message::RetryPressed => self.retry(shared),
            Message::UseFilesPressed => {
                Action::wish(Wish::Ask(say::passphrase_for_files(Arc::new(Message::FilesPassphraseChosen))))
            }
            Message::UnlockPressed => Action::wish(Wish::Unlock(Message::RetryPressed)),
            Message::UnlockFor(again) => Action::wish(Wish::Unlock(Message::HandOver(*again))),
            Message::FilesPassphraseChosen(passphrase) => {
                shared.clerk.unlock(passphrase);
                let keep = shared
                    .clerk
                    .ask(|desk| desk.choose_vault(VaultKind::File).map_err(|error| error.explain()));
                Action::run(keep.map(Message::FilesChosenForKeys))
            }
            Message::FilesChosenForKeys(Ok(())) => self.retry(shared).and(Wish::Reload),
            Message::FilesChosenForKeys(Err(problem)) => self.fail(problem, Again::Make),
            Message::TroubleClosed => {
                self.trouble = None;
                Action::none()
            }
            Message::HandOver(message) => match &mut self.step {
                Step::HandOver(hand_over) => hand_over.update(message, shared),
                Step::You | Step::Key { .. } => Action::none(),
            },
        }
    }

    /// Why this is no name yet.
    fn name_obstacle(&self) -> Option<&'static str> {
        match self.name.trim().chars().count() {
            0 => Some(say::NAME_MISSING),
            1..=MAX_NAME => None,
            _ => Some(say::NAME_LONG),
        }
    }

    /// Why this is no address yet.
    fn address_obstacle(&self, shared: &Shared) -> Option<&'static str> {
        let address = self.address.trim();
        match address.parse::<Address>() {
            _ if address.is_empty() => Some(say::ADDRESS_MISSING),
            Ok(address) if shared.people.is_own(&address) => Some(say::ADDRESS_OWN),
            Ok(_) => None,
            Err(_) => Some(say::ADDRESS_WRONG),
        }
    }

    /// The name and address, if they will do.
    fn who(&self) -> Option<(String, Address)> {
        let address = self.address.trim().parse().ok()?;
        self.name_obstacle().is_none().then(|| (self.name.trim().to_owned(), address))
    }

    fn make(&mut self, shared: &Shared) -> Action<Message> {
        let Some((name, address)) = self.who() else { return Action::none() };
        let Step::Key { work: work @ None, .. } = &mut self.step else { return Action::none() };
        self.trouble = None;
        self.generation += 1;
        let generation = self.generation;
        let progress = Progress::default();
        let making = shared.clerk.ask_watched(&progress, move |desk| {
            desk.create_identity(&name, &[address], KeyKind::default(), MAX_DAYS)
                .map_err(|error| error.explain())
        });
        *work = Some(Work::Making { progress, seconds: 0 });
        let made = making.map(move |answer| Message::Made { generation, answer: Box::new(answer) });
        Action::run(Task::batch([made, second(generation)]))
    }

    fn second_passed(&mut self, generation: u64) -> Action<Message> {
        match &mut self.step {
            Step::Key { work: Some(Work::Making { seconds, .. }), .. } if generation == self.generation => {
                *seconds += 1;
                Action::run(second(generation))
            }
            Step::You | Step::Key { .. } | Step::HandOver(_) => Action::none(),
        }
    }

    fn made(&mut self, answer: Result<Certificate, Problem>) -> Action<Message> {
        let stopped = match &self.step {
            Step::Key { work: Some(Work::Making { progress, .. }), .. } => progress.is_stopped(),
            Step::You | Step::Key { .. } | Step::HandOver(_) => false,
        };
        self.rest();
        match answer {
            // Also where "Cancel" came too late: a key that is made is shown.
            Ok(certificate) => {
                if let Some((_, address)) = self.who() {
                    self.step = Step::HandOver(Box::new(HandOver::new(&certificate, address, None)));
                }
                Action::wish(Wish::Reload)
            }
            Err(_) if stopped => Action::none(),
            Err(problem) => self.fail(problem, Again::Make),
        }
    }

    fn import(&mut self, path: PathBuf, password: Option<Passphrase>, shared: &Shared) -> Action<Message> {
        if let Step::You = self.step {
            self.step = Step::Key { choice: Choice::Import, work: None };
        }
        let Step::Key { choice, work: work @ None } = &mut self.step else { return Action::none() };
        (*choice, *work) = (Choice::Import, Some(Work::Importing));
        self.trouble = None;
        self.generation += 1;
        let generation = self.generation;
        let (file, tried) = (path.clone(), password.clone());
        let taking = shared.clerk.ask(move |desk| key_file::take(desk, &file, tried.as_ref()));
        Action::run(taking.map(move |answer| Message::Imported {
            generation,
            path: path.clone(),
            password: password.clone(),
            answer: Box::new(answer),
        }))
    }

    fn imported(
        &mut self,
        path: PathBuf,
        password: Option<Passphrase>,
        answer: Result<Taken, Problem>,
        shared: &Shared,
    ) -> Action<Message> {
        self.rest();
        match answer {
            Ok(Taken::Keys(report)) => {
                let Some(address) = report.address.clone() else {
                    // It opens old mail, but nobody can seal to it: a key of one's own is still wanted.
                    let problem = say::reading_only(&report.taken);
                    return self.fail(problem, Again::ChooseFile).and(Wish::Reload);
                };
                let report = Box::new(report);
                let found = shared.clerk.ask(move |desk| hand_over::certificate_of(desk, &address));
                let found = found.map(move |found| Message::CertificateFound(report.clone(), found));
                Action::run(found).and(Wish::Reload)
            }
            Ok(Taken::Locked { wrong: false }) => {
                let file = path.clone();
                let ask =
                    key_file::ask(&path, move |password| Message::PasswordEntered(file.clone(), password));
                Action::wish(Wish::Ask(ask))
            }
            Ok(Taken::Locked { wrong: true }) => self.fail(say::wrong_password(), Again::Password(path)),
            Err(problem) if problem.need.is_some() => self.fail(problem, Again::Import(path, password)),
            Err(problem) => self.fail(problem, Again::ChooseFile),
        }
    }

    fn retry(&mut self, shared: &Shared) -> Action<Message> {
        let Some(Trouble { again, .. }) = self.trouble.take() else { return Action::none() };
        match again {
            Again::Make => self.make(shared),
            Again::Password(path) => {
                let file = path.clone();
                let ask =
                    key_file::ask(&path, move |password| Message::PasswordEntered(file.clone(), password));
                Action::wish(Wish::Ask(ask))
            }
            Again::Import(path, password) => self.import(path, password, shared),
            Again::ChooseFile => self.update(Message::ChooseFilePressed, shared),
        }
    }

    fn fail(&mut self, problem: Problem, again: Again) -> Action<Message> {
        self.trouble = Some(Trouble { problem, again });
        Action::none()
    }

    fn rest(&mut self) {
        if let Step::Key { work, .. } = &mut self.step {
            *work = None;
        }
    }

    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> Element<'a, Message> {
        view::view(self, shared)
    }
}

fn second(generation: u64) -> Task<Message> {
    task::after(SECOND).map(move |()| Message::SecondPassed(generation))
}

impl Trouble {
    fn need(&self) -> Option<Need> {
        self.problem.need
    }
}

#[cfg(test)]
mod tests;
