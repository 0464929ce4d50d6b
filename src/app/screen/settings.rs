//! The pane that holds identities and what can be set.

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::row;
use iced::{Element, Task};

mod identities;
mod keeping;
mod sections;
mod view;

use crate::app::action::{Action, Wish};
use crate::app::key_file::{self, Report, Taken};
use crate::app::shared::Shared;
use crate::app::task;
use crate::app::words::settings as say;
use waxseal::desk::trust::Removed;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::secret::Passphrase;
use waxseal::smime::x509::Certificate;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::settings::Theme;
use waxseal::store::vault::VaultKind;

/// The sizes of text, in percent.
const TEXT_SIZES: [u16; 7] = [85, 90, 100, 110, 120, 135, 150];

/// The pane's state.
#[derive(Default)]
pub(crate) struct Settings {
    section: Section,
    keeping: keeping::Keeping,
    /// What came of the last import.
    report: Option<Report>,
    importing: bool,
    /// The place for keys was tried, and how that went.
    checked: Option<Result<VaultKind, Problem>>,
    authorities: Authorities,
    trouble: Option<Trouble>,
}

/// What the list at the left names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Section {
    #[default]
    Identities,
    Appearance,
    Writing,
    Keys,
    Authorities,
    About,
}

/// The authorities, as far as they are read.
#[derive(Debug, Clone, Default)]
enum Authorities {
    #[default]
    NotRead,
    Reading,
    Read(Trusted),
}

/// Who vouches for others here.
#[derive(Debug, Clone)]
pub(crate) struct Trusted {
    /// Those that the person chose.
    own: Vec<Certificate>,
    /// How many the computer brings, and where they stand.
    offered: usize,
    source: Option<PathBuf>,
}

struct Trouble {
    problem: Problem,
    /// What is to be done once the person has given what was missing.
    again: Option<Message>,
}

/// How text is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextStep {
    Larger,
    Smaller,
    Usual,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    SectionChosen(Section),
    NewPressed,
    GivePressed(Address),
    ImportPressed,
    FilesChosen(Vec<PathBuf>),
    PasswordEntered(PathBuf, Option<Passphrase>),
    Imported(PathBuf, Option<Passphrase>, Box<Result<Taken, Problem>>),
    ReportClosed,
    BackUpWanted(Fingerprint),
    Keeping(keeping::Message),
    ThemeChosen(Theme),
    TextSized(TextStep),
    DefaultChosen(Address),
    Kept(Result<(), Problem>),
    PlaceChosen(VaultKind),
    PassphraseChosen(Passphrase),
    PlaceKept(Result<(), Problem>),
    CheckPressed,
    Checked(Result<VaultKind, Problem>),
    AuthoritiesRead(Result<Trusted, Problem>),
    AddPressed,
    AuthorityFilesChosen(Vec<PathBuf>),
    AuthoritiesAdded(Result<usize, Problem>),
    RemovePressed(Fingerprint, String),
    RemoveConfirmed(Fingerprint),
    AuthorityRemoved(Result<String, Problem>),
    CopyPressed(String),
    FolderPressed(PathBuf),
    FolderShown(Result<(), Problem>),
    UnlockPressed,
    TroubleClosed,
}

impl Settings {
    pub(crate) fn update(&mut self, message: Message, shared: &Shared) -> Action<Message> {
        match message {
            Message::SectionChosen(section) => {
                self.section = section;
                (self.trouble, self.checked) = (None, None);
                match (section, &self.authorities) {
                    (Section::Authorities, Authorities::NotRead) => self.read_authorities(shared),
                    _ => Action::none(),
                }
            }
            Message::NewPressed => Action::wish(Wish::NewIdentity),
            Message::GivePressed(address) => Action::wish(Wish::HandOver(address)),
            Message::ImportPressed => {
                self.trouble = None;
                Action::wish(Wish::Pick(key_file::pick(), Arc::new(Message::FilesChosen)))
            }
            Message::FilesChosen(paths) => match paths.into_iter().next() {
                Some(path) => self.import(path, None, shared),
                None => Action::none(),
            },
            Message::PasswordEntered(path, password) => self.import(path, password, shared),
            Message::Imported(path, password, answer) => self.imported(path, password, *answer),
            Message::ReportClosed => {
                self.report = None;
                Action::none()
            }
            Message::BackUpWanted(key) => {
                self.section = Section::Identities;
                self.keeping.open = None;
                self.update(Message::Keeping(keeping::Message::BackUpPressed(key)), shared)
            }
            Message::Keeping(message) => {
                self.trouble = None;
                match self.keeping.update(message, shared) {
                    Ok(action) => action.map(Message::Keeping),
                    Err(failure) => {
                        let (problem, again) = *failure;
                        self.fail(problem, again.map(Message::Keeping))
                    }
                }
            }
            Message::ThemeChosen(theme) => keep(shared.set(move |settings| settings.theme = theme)),
            Message::TextSized(step) => {
                let size = step.from(shared.people.settings.text_size);
                keep(shared.set(move |settings| settings.text_size = size))
            }
            Message::DefaultChosen(address) => {
                keep(shared.set(move |settings| settings.default_identity = Some(address)))
            }
            Message::Kept(Ok(())) => Action::wish(Wish::Reload),
            Message::PlaceChosen(VaultKind::File) => {
                Action::wish(Wish::Ask(say::passphrase_of_files(Arc::new(Message::PassphraseChosen))))
            }
            Message::PlaceChosen(kind @ (VaultKind::Keyring | VaultKind::Memory)) => {
                self.move_keys(kind, shared)
            }
            Message::PassphraseChosen(passphrase) => {
                shared.clerk.unlock(passphrase);
                self.move_keys(VaultKind::File, shared)
            }
            Message::PlaceKept(Ok(())) => {
                self.trouble = None;
                self.update(Message::CheckPressed, shared).and(Wish::Reload)
            }
            Message::CheckPressed => {
                self.checked = None;
                let check = shared.clerk.ask(|desk| {
                    let vault = desk.store().vault();
                    vault.check().map_err(|error| error.explain())?;
                    Ok(vault.kind())
                });
                Action::run(check.map(Message::Checked))
            }
            Message::Checked(answer) => {
                self.checked = Some(answer);
                Action::none()
            }
            Message::AuthoritiesRead(Ok(trusted)) => {
                self.authorities = Authorities::Read(trusted);
                Action::none()
            }
            Message::AddPressed => {
                self.trouble = None;
                Action::wish(Wish::Pick(say::pick_authority(), Arc::new(Message::AuthorityFilesChosen)))
            }
            Message::AuthorityFilesChosen(paths) => {
                let Some(path) = paths.into_iter().next() else { return Action::none() };
                let add = shared.clerk.ask(move |desk| {
                    let (added, _passed_over) =
                        desk.add_anchors(&path, None).map_err(|error| error.explain())?;
                    Ok(added.into_iter().filter(|(_, new)| *new).count())
                });
                Action::run(add.map(Message::AuthoritiesAdded))
            }
            Message::AuthoritiesAdded(Ok(count)) => {
                self.read_authorities(shared).and(Wish::Toast(say::authorities_added(count), None))
            }
            Message::RemovePressed(fingerprint, name) => {
                Action::wish(Wish::Ask(say::remove_authority(&name, Message::RemoveConfirmed(fingerprint))))
            }
            Message::RemoveConfirmed(fingerprint) => {
                let remove = shared.clerk.ask(move |desk| match desk.remove_trust(fingerprint) {
                    Ok(Removed::Anchor(anchor)) => Ok(anchor.display_name()),
                    Ok(Removed::List(_)) => Ok(String::new()),
                    Err(error) => Err(error.explain()),
                });
                Action::run(remove.map(Message::AuthorityRemoved))
            }
            Message::AuthorityRemoved(Ok(name)) => {
                self.read_authorities(shared).and(Wish::Toast(say::authority_removed(&name), None))
            }
            Message::CopyPressed(text) => Action::wish(Wish::Copy(text)),
            Message::FolderPressed(folder) => {
                Action::run(task::off_thread(move || task::show(&folder)).map(Message::FolderShown))
            }
            Message::FolderShown(Ok(())) => Action::none(),
            Message::PlaceKept(Err(problem)) => {
                self.fail(problem, Some(Message::PlaceChosen(VaultKind::File)))
            }
            Message::Kept(Err(problem))
            | Message::AuthoritiesRead(Err(problem))
            | Message::AuthoritiesAdded(Err(problem))
            | Message::AuthorityRemoved(Err(problem))
            | Message::FolderShown(Err(problem)) => self.fail(problem, None),
            Message::UnlockPressed => match self.trouble.take().and_then(|trouble| trouble.again) {
                Some(again) => Action::wish(Wish::Unlock(again)),
                None => Action::none(),
            },
            Message::TroubleClosed => {
                self.trouble = None;
                Action::none()
            }
        }
    }

    fn import(&mut self, path: PathBuf, password: Option<Passphrase>, shared: &Shared) -> Action<Message> {
        (self.section, self.trouble, self.report) = (Section::Identities, None, None);
        self.importing = true;
        let (file, tried) = (path.clone(), password.clone());
        let taking = shared.clerk.ask(move |desk| key_file::take(desk, &file, tried.as_ref()));
        Action::run(
            taking.map(move |answer| Message::Imported(path.clone(), password.clone(), Box::new(answer))),
        )
    }

    fn imported(
        &mut self,
        path: PathBuf,
        password: Option<Passphrase>,
        answer: Result<Taken, Problem>,
    ) -> Action<Message> {
        self.importing = false;
        let file = path.clone();
        let asked = move |password| Message::PasswordEntered(file.clone(), Some(password));
        match answer {
            Ok(Taken::Keys(report)) => {
                self.report = Some(report);
                Action::wish(Wish::Reload)
            }
            Ok(Taken::Locked { wrong: false }) => Action::wish(Wish::Ask(key_file::ask(&path, asked))),
            Ok(Taken::Locked { wrong: true }) => {
                self.fail(say::wrong_password(), Some(Message::PasswordEntered(path, None)))
            }
            Err(problem) => {
                let again = Message::PasswordEntered(path, password);
                let again = problem.need.map_or(Message::ImportPressed, |_| again);
                self.fail(problem, Some(again))
            }
        }
    }

    fn move_keys(&self, kind: VaultKind, shared: &Shared) -> Action<Message> {
        Action::run({
            let chosen =
                shared.clerk.ask(move |desk| desk.choose_vault(kind).map_err(|error| error.explain()));
            chosen.map(Message::PlaceKept)
        })
    }

    fn read_authorities(&mut self, shared: &Shared) -> Action<Message> {
        self.authorities = Authorities::Reading;
        let read = shared.clerk.ask(|desk| {
            let own = desk.store().anchors().map_err(|error| error.explain())?;
            let offered = desk.offered_anchors().map_err(|error| error.explain())?.len();
            Ok(Trusted { own, offered, source: desk.platform().source.clone() })
        });
        Action::run(read.map(Message::AuthoritiesRead))
    }

    fn fail(&mut self, problem: Problem, again: Option<Message>) -> Action<Message> {
        self.trouble = Some(Trouble { problem, again });
        Action::none()
    }

    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> Element<'a, Message> {
        row![view::list(self.section, shared), view::sheet(self, shared)].into()
    }
}

fn keep(task: Task<Result<(), Problem>>) -> Action<Message> {
    Action::run(task.map(Message::Kept))
}

impl TextStep {
    /// The next size.
    fn from(self, size: u16) -> u16 {
        match self {
            Self::Larger => TEXT_SIZES.into_iter().find(|next| *next > size).unwrap_or(size),
            Self::Smaller => TEXT_SIZES.into_iter().rev().find(|next| *next < size).unwrap_or(size),
            Self::Usual => 100,
        }
    }
}

impl Section {
    const ALL: [Self; 6] =
        [Self::Identities, Self::Appearance, Self::Writing, Self::Keys, Self::Authorities, Self::About];
}

#[cfg(test)]
mod tests;
