//! The pane that lists people and their certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{operation, row, scrollable};
use iced::{Element, Task};

mod changed;
mod import;
mod list;
mod people;
mod report;
mod sheet;
mod standing;

use crate::app::action::{Action, Ask, Pick, Prefill, Wish};
use crate::app::modal::compare;
use crate::app::shared::Shared;
use crate::app::words::contacts as say;
use import::{Refusal, Taken, Weight};
use people::People;
use standing::Vouchers;
use waxseal::desk::Desk;
use waxseal::desk::answer::Vouched;
use waxseal::desk::contacts::ContactError;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::policy::Device;
use waxseal::smime::secret::Passphrase;
use waxseal::smime::x509::Certificate;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::contacts::{Contact, KeyState};

const SEARCH: &str = "contacts-search";
const LIST: &str = "contacts-list";
const SHEET: &str = "contacts-sheet";

/// The pane's state.
#[derive(Default)]
pub(crate) struct Contacts {
    people: People,
    vouchers: Vouchers,
    search: String,
    chosen: Option<i64>,
    /// Is to be chosen as soon as the records are read again.
    wanted: Option<Address>,
    /// How far the list is scrolled, in pixels.
    scrolled: f32,
    unfolded: Option<Fold>,
    importing: bool,
    /// What became of the files that were last imported, where it needs to be read.
    report: Vec<Taken>,
    trouble: Option<Problem>,
    /// Tells readings of the records apart, so that a late answer does not stand beside newer people.
    generation: u64,
}

/// What is unfolded on the sheet; one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// What can be done with the contact.
    Menu,
    /// What can be done with one certificate.
    Certificate(Fingerprint),
    /// What they may read on.
    Device,
}

/// A step in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    By(isize),
    First,
    Last,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    Vouched {
        generation: u64,
        answer: Result<Vec<(Fingerprint, Vouched)>, Problem>,
    },
    SearchChanged(String),
    FirstChosen,
    Chosen(i64),
    Moved(Step),
    Scrolled(f32),
    BackPressed,
    Folded(Fold),
    ImportPressed,
    FilesChosen(Vec<PathBuf>),
    Imported(Arc<Result<Vec<Outcome>, Problem>>),
    PasswordPressed(PathBuf),
    PasswordGiven(PathBuf, Passphrase),
    OwnKeyPressed(PathBuf),
    ReportClosed,
    TroubleClosed,
    WritePressed,
    ComparePressed,
    Compared(compare::Answer),
    ReplacePressed,
    ReplacementChosen(Vec<Address>, Vec<PathBuf>),
    KeepOldPressed,
    UsePressed(Vec<Fingerprint>),
    UseConfirmed(Address, Vec<Fingerprint>),
    DeviceChosen(Device),
    SetAsidePressed,
    SetAsideConfirmed(Address),
    RemovePressed(Option<Fingerprint>),
    RemoveConfirmed(Address, Option<Fingerprint>),
    /// What was done with the records, in words.
    Answered(Result<String, Problem>),
    SavePressed(Option<Fingerprint>),
    SaveChosen(Vec<Certificate>, Vec<PathBuf>),
    Saved(Result<PathBuf, Problem>),
    CopyPressed(String),
}

/// What became of one file; opaque to the window.
#[derive(Debug)]
pub(crate) struct Outcome(Taken);

impl Contacts {
    /// Takes over what was read from the records.
    pub(crate) fn load(&mut self, shared: &Shared) -> Action<Message> {
        let contacts = &shared.people.contacts;
        self.list(shared);
        if let Some(address) = self.wanted.take() {
            match shared.people.contact(&address) {
                Some(contact) => self.chosen = Some(contact.id),
                None => self.trouble = Some(say::unknown(&address)),
            }
        }
        if self.chosen.is_some_and(|id| !contacts.iter().any(|contact| contact.id == id)) {
            self.chosen = None;
        }
        self.generation += 1;
        let generation = self.generation;
        let contacts = contacts.clone();
        let work = shared.clerk.ask(move |desk| desk.vouched(&contacts).map_err(|error| error.explain()));
        Action::run(Task::batch([
            self.reveal(shared),
            work.map(move |answer| Message::Vouched { generation, answer }),
        ]))
    }

    fn vouch(&mut self, answer: Result<Vec<(Fingerprint, Vouched)>, Problem>, shared: &Shared) {
        match answer {
            Ok(vouched) => {
                let vouchers: Vouchers = vouched.into_iter().collect();
                // Rows are made anew only where something is said otherwise.
                if vouchers != self.vouchers {
                    self.vouchers = vouchers;
                    self.list(shared);
                }
            }
            Err(problem) => self.trouble = Some(problem),
        }
    }

    fn list(&mut self, shared: &Shared) {
        self.people = People::of(&shared.people.contacts, &self.vouchers, shared.now, &self.search);
    }

    /// Shows the person with this address.
    pub(crate) fn show(&mut self, address: Address, shared: &Shared) -> Action<Message> {
        self.report.clear();
        match shared.people.contact(&address) {
            Some(contact) => self.choose(contact.id, shared),
            // Perhaps it is being read just now.
            None => {
                self.wanted = Some(address);
                Action::wish(Wish::Reload)
            }
        }
    }

    /// Takes certificate files in.
    pub(crate) fn import(&mut self, files: Vec<PathBuf>, shared: &Shared) -> Action<Message> {
        self.report.clear();
        self.take(shared, move |desk| import::files(desk, files, None))
    }

    /// Takes pasted certificates in.
    pub(crate) fn paste(&mut self, octets: Vec<u8>, shared: &Shared) -> Action<Message> {
        self.report.clear();
        self.take(shared, move |desk| import::pasted(desk, octets))
    }

    fn take(
        &mut self,
        shared: &Shared,
        work: impl FnOnce(&Desk) -> Vec<Taken> + Send + 'static,
    ) -> Action<Message> {
        self.importing = true;
        let work = shared.clerk.ask(move |desk| Ok(work(desk).into_iter().map(Outcome).collect()));
        Action::run(work.map(|taken| Message::Imported(Arc::new(taken))))
    }

    pub(crate) fn update(&mut self, message: Message, shared: &Shared) -> Action<Message> {
        match message {
            Message::Vouched { generation, answer } => {
                if generation == self.generation {
                    self.vouch(answer, shared);
                }
                Action::none()
            }
            Message::SearchChanged(search) => {
                self.search = search;
                self.people.search(&self.search);
                self.scroll_to(0.0)
            }
            Message::FirstChosen => match self.people.at(0).map(|row| row.id) {
                Some(id) => self.choose(id, shared),
                None => Action::none(),
            },
            Message::Chosen(id) => self.choose(id, shared),
            Message::Moved(step) => self.step(step, shared),
            Message::Scrolled(by) => {
                self.scrolled = by;
                Action::none()
            }
            Message::BackPressed => {
                self.back();
                Action::none()
            }
            Message::Folded(fold) => {
                self.unfolded = if self.unfolded == Some(fold) { None } else { Some(fold) };
                match self.unfolded {
                    Some(Fold::Menu) => Action::run(operation::focus(sheet::MENU)),
                    Some(Fold::Certificate(_) | Fold::Device) | None => Action::none(),
                }
            }
            Message::ImportPressed => {
                let kinds = (say::CERTIFICATE_FILES, say::CERTIFICATE_ENDINGS);
                let pick = Pick::Open { title: say::IMPORT_TITLE, kinds, several: true };
                Action::wish(Wish::Pick(pick, Arc::new(Message::FilesChosen)))
            }
            Message::FilesChosen(files) if files.is_empty() => Action::none(),
            Message::FilesChosen(files) => self.import(files, shared),
            Message::Imported(taken) => match &*taken {
                Ok(taken) => self.imported(taken.iter().map(|one| one.0.clone()).collect()),
                Err(problem) => self.report_trouble(problem.clone()),
            },
            Message::PasswordPressed(path) => Action::wish(Wish::Ask(ask_password(path, false))),
            Message::PasswordGiven(path, password) => {
                self.take(shared, move |desk| import::files(desk, vec![path], Some(&password)))
            }
            Message::OwnKeyPressed(path) => Action::wish(Wish::Open(vec![path])),
            Message::ReportClosed => {
                self.report.clear();
                Action::none()
            }
            Message::TroubleClosed => {
                self.trouble = None;
                Action::none()
            }
            Message::WritePressed => self.with_address(shared, |_, address| {
                let to = vec![address.clone()];
                Action::wish(Wish::Compose(Prefill { to, ..Prefill::default() }))
            }),
            Message::ComparePressed => {
                self.unfolded = None;
                self.with_address(shared, |contact, first| {
                    let pending = contact.keys.iter().filter(|key| key.state == KeyState::Pending);
                    let pending: Vec<Fingerprint> =
                        pending.map(|key| key.certificate.fingerprint()).collect();
                    let address = named(contact, &pending).unwrap_or(first);
                    Action::wish(Wish::Compare(address.clone()))
                })
            }
            Message::Compared(answer) => {
                let words = match answer {
                    compare::Answer::Recorded { name } => say::recorded(&name),
                    compare::Answer::SetAside { name } => say::was_put_aside(&name),
                };
                self.answered(words)
            }
            Message::ReplacePressed => {
                self.unfolded = None;
                self.with_address(shared, |contact, _| {
                    let addresses = contact.addresses.clone();
                    let kinds = (say::CERTIFICATE_FILES, say::CERTIFICATE_ENDINGS);
                    let pick = Pick::Open { title: say::REPLACE_TITLE, kinds, several: false };
                    let then = move |chosen| Message::ReplacementChosen(addresses.clone(), chosen);
                    Action::wish(Wish::Pick(pick, Arc::new(then)))
                })
            }
            Message::ReplacementChosen(addresses, chosen) => {
                match (chosen.into_iter().next(), addresses.first()) {
                    (Some(path), Some(first)) => {
                        let name = shared.people.name(first);
                        change(shared, say::replaced(&name), move |desk| replace(desk, &addresses, &path))
                    }
                    (Some(_) | None, _) => Action::none(),
                }
            }
            Message::KeepOldPressed => self.with_address(shared, |contact, address| {
                let address = address.clone();
                change(shared, say::kept(&contact.name), move |desk| desk.keep_contact(&address).map(|_| ()))
            }),
            Message::UsePressed(keys) => {
                self.unfolded = None;
                self.with_address(shared, |contact, first| {
                    let address = named(contact, &keys).unwrap_or(first);
                    let then = Message::UseConfirmed(address.clone(), keys);
                    Action::wish(Wish::Ask(say::ask_use(&contact.name, then)))
                })
            }
            Message::UseConfirmed(address, keys) => {
                let name = shared.people.name(&address);
                change(shared, say::used(&name), move |desk| desk.use_contact(&address, &keys).map(|_| ()))
            }
            Message::DeviceChosen(device) => {
                self.unfolded = None;
                self.with_address(shared, |contact, address| {
                    let address = address.clone();
                    change(shared, say::device_set(&contact.name), move |desk| {
                        desk.set_device(&address, device).map(|_| ())
                    })
                })
            }
            Message::SetAsidePressed => {
                self.unfolded = None;
                self.with_address(shared, |contact, address| {
                    let then = Message::SetAsideConfirmed(address.clone());
                    Action::wish(Wish::Ask(say::ask_set_aside(&contact.name, then)))
                })
            }
            Message::SetAsideConfirmed(address) => {
                let name = shared.people.name(&address);
                change(shared, say::was_put_aside(&name), move |desk| {
                    desk.distrust_contact(&address).map(|_| ())
                })
            }
            Message::RemovePressed(only) => {
                self.unfolded = None;
                self.with_address(shared, |contact, address| {
                    let then = Message::RemoveConfirmed(address.clone(), only);
                    // The last certificate goes with the person.
                    let whole = only.is_none() || contact.keys.len() == 1;
                    let ask = if whole { say::ask_remove } else { say::ask_remove_certificate };
                    Action::wish(Wish::Ask(ask(&contact.name, then)))
                })
            }
            Message::RemoveConfirmed(address, only) => {
                let name = shared.people.name(&address);
                let words =
                    if only.is_none() { say::removed(&name) } else { say::certificate_removed(&name) };
                change(shared, words, move |desk| desk.remove_contact(&address, only.as_ref()).map(|_| ()))
            }
            Message::Answered(Ok(words)) => self.answered(words),
            Message::Answered(Err(problem)) | Message::Saved(Err(problem)) => self.report_trouble(problem),
            Message::SavePressed(only) => {
                self.unfolded = None;
                self.with_address(shared, |contact, _| save(contact, only))
            }
            Message::SaveChosen(certificates, chosen) => match chosen.into_iter().next() {
                Some(path) => {
                    let work = shared.clerk.ask(move |desk| {
                        desk.write_contact_certificates(&certificates, &path)
                            .map_err(|error| error.explain())?;
                        Ok(path)
                    });
                    Action::run(work.map(Message::Saved))
                }
                None => Action::none(),
            },
            Message::Saved(Ok(path)) => {
                Action::wish(Wish::Toast(say::saved(&import::file_name(&path)), None))
            }
            Message::CopyPressed(text) => {
                self.unfolded = None;
                Action::wish(Wish::Copy(text))
            }
        }
    }

    fn answered(&mut self, words: String) -> Action<Message> {
        self.trouble = None;
        Action::wish(Wish::Reload).and(Wish::Toast(words, None))
    }

    fn report_trouble(&mut self, problem: Problem) -> Action<Message> {
        self.importing = false;
        self.trouble = Some(problem);
        Action::run(operation::snap_to(SHEET, operation::RelativeOffset::START))
    }

    /// Tells what became of files: in passing where one certificate was taken and all is well, else as a report.
    fn imported(&mut self, taken: Vec<Taken>) -> Action<Message> {
        self.importing = false;
        self.trouble = None;
        for one in taken {
            match self.report.iter_mut().find(|other| other.path.is_some() && other.path == one.path) {
                Some(line) => *line = one,
                None => self.report.push(one),
            }
        }
        let told = || self.report.iter().filter_map(|one| one.result.as_ref().ok()).flatten();
        let first = |weight| told().find(|one| one.weight == weight).and_then(|one| one.address.clone());
        let taken_any = told().any(|one| one.weight != Weight::Nothing);
        let wanted = first(Weight::Changed).or_else(|| first(Weight::Taken));
        let locked = self.report.iter().find_map(|one| match (&one.path, &one.result) {
            (Some(path), Err(Refusal::Password { tried })) => Some((path.clone(), *tried)),
            (Some(_) | None, _) => None,
        });
        let words = match self.report.as_slice() {
            [Taken { result: Ok(told), .. }] => match told.as_slice() {
                [one] if one.weight == Weight::Taken => Some(one.words.clone()),
                _ => None,
            },
            _ => None,
        };
        if wanted.is_some() {
            self.wanted = wanted;
        }
        let mut action = if taken_any { Action::wish(Wish::Reload) } else { Action::none() };
        if let Some(words) = words {
            self.report.clear();
            action = action.and(Wish::Toast(words, None));
        }
        match locked {
            Some((path, tried)) => action.and(Wish::Ask(ask_password(path, tried))),
            None => action,
        }
    }

    fn choose(&mut self, id: i64, shared: &Shared) -> Action<Message> {
        if self.chosen != Some(id) {
            self.unfolded = None;
            self.trouble = None;
            self.report.clear();
        }
        self.chosen = Some(id);
        let top = operation::snap_to(SHEET, operation::RelativeOffset::START);
        Action::run(Task::batch([self.reveal(shared), top]))
    }

    /// Closes the topmost thing.
    fn back(&mut self) {
        if self.unfolded.take().is_some() {
            return;
        }
        if self.report.is_empty() {
            self.chosen = None;
        }
        self.report.clear();
        self.trouble = None;
    }

    fn step(&mut self, step: Step, shared: &Shared) -> Action<Message> {
        let last = self.people.count().saturating_sub(1);
        let at = self.chosen.and_then(|id| self.people.place(id));
        let next = match (step, at) {
            (Step::By(steps), Some(at)) => at.saturating_add_signed(steps).min(last),
            (Step::By(_), None) | (Step::First, _) => 0,
            (Step::Last, _) => last,
        };
        match self.people.at(next).map(|row| row.id) {
            Some(id) => self.choose(id, shared),
            None => Action::none(),
        }
    }

    /// Scrolls so far that the chosen row can be seen.
    fn reveal<T: 'static>(&mut self, shared: &Shared) -> Task<T> {
        let Some(place) = self.chosen.and_then(|id| self.people.place(id)) else { return Task::none() };
        let (top, height) = (place as f32 * list::ROW, list::height(shared));
        if top < self.scrolled {
            self.scrolled = top;
        } else if top + list::ROW > self.scrolled + height {
            self.scrolled = top + list::ROW - height;
        } else {
            return Task::none();
        }
        operation::scroll_to(LIST, scrollable::AbsoluteOffset { x: 0.0, y: self.scrolled })
    }

    fn scroll_to(&mut self, y: f32) -> Action<Message> {
        self.scrolled = y;
        Action::run(operation::scroll_to(LIST, scrollable::AbsoluteOffset { x: 0.0, y }))
    }

    fn chosen<'a>(&self, shared: &'a Shared) -> Option<&'a Contact> {
        let id = self.chosen?;
        shared.people.contacts.iter().find(|contact| contact.id == id)
    }

    /// The chosen person, and the address that stands for them.
    fn with_address(
        &self,
        shared: &Shared,
        work: impl FnOnce(&Contact, &Address) -> Action<Message>,
    ) -> Action<Message> {
        match self.chosen(shared).and_then(|contact| contact.addresses.first().map(|first| (contact, first)))
        {
            Some((contact, address)) => work(contact, address),
            None => Action::none(),
        }
    }

    /// What a key does here that no field took.
    pub(crate) fn key(&self, key: Key<&str>, modifiers: keyboard::Modifiers) -> Option<Message> {
        let page = Step::By;
        match (key, modifiers.command()) {
            (Key::Character("i"), true) => Some(Message::ImportPressed),
            (Key::Named(Named::ArrowDown), false) => Some(Message::Moved(Step::By(1))),
            (Key::Named(Named::ArrowUp), false) => Some(Message::Moved(Step::By(-1))),
            (Key::Named(Named::PageDown), false) => Some(Message::Moved(page(6))),
            (Key::Named(Named::PageUp), false) => Some(Message::Moved(page(-6))),
            (Key::Named(Named::Home), false) => Some(Message::Moved(Step::First)),
            (Key::Named(Named::End), false) => Some(Message::Moved(Step::Last)),
            (Key::Named(Named::Enter), false) if self.chosen.is_none() => Some(Message::FirstChosen),
            (Key::Named(Named::Delete), false) => Some(Message::RemovePressed(None)),
            (Key::Named(Named::Escape), false) => Some(Message::BackPressed),
            _ => None,
        }
    }

    /// Puts the cursor into the search field.
    pub(crate) fn search() -> Task<Message> {
        operation::focus(SEARCH)
    }

    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> Element<'a, Message> {
        let has_sheet = self.chosen.is_some() || !self.report.is_empty() || self.people.is_empty();
        match (shared.has_two_panes(), has_sheet || self.trouble.is_some()) {
            (true, _) => row![list::view(self, shared), sheet::view(self, shared)].into(),
            (false, true) => sheet::view(self, shared),
            (false, false) => list::view(self, shared),
        }
    }
}

/// Does something to the records that is told in `words` once it is done.
fn change(
    shared: &Shared,
    words: String,
    work: impl FnOnce(&Desk) -> Result<(), ContactError> + Send + 'static,
) -> Action<Message> {
    let work = shared.clerk.ask(move |desk| work(desk).map_err(|error| error.explain()));
    Action::run(work.map(move |done| Message::Answered(done.map(|()| words.clone()))))
}

/// The address of a contact that these certificates are for: an answer about one says nothing about another.
fn named<'a>(contact: &'a Contact, keys: &[Fingerprint]) -> Option<&'a Address> {
    let chosen = || contact.keys.iter().filter(|key| keys.contains(&key.certificate.fingerprint()));
    let names = |address: &&Address| chosen().any(|key| key.certificate.addresses().contains(address));
    contact.addresses.iter().find(names)
}

/// Replaces the certificates of the first of these addresses that the file has one for.
fn replace(desk: &Desk, addresses: &[Address], path: &Path) -> Result<(), ContactError> {
    let mut refused = Ok(());
    for address in addresses {
        match desk.replace_contact(address, path) {
            Err(error @ ContactError::OtherAddress(_)) => refused = refused.and(Err(error)),
            replaced => return replaced.map(|_| ()),
        }
    }
    refused
}

fn ask_password(path: PathBuf, tried: bool) -> Ask<Message> {
    let name = import::file_name(&path);
    say::ask_password(&name, tried, Arc::new(move |password| Message::PasswordGiven(path.clone(), password)))
}

/// Saves the certificates that count, or one of them.
fn save(contact: &Contact, only: Option<Fingerprint>) -> Action<Message> {
    let wanted = |fingerprint: &Fingerprint, state| match only {
        Some(only) => *fingerprint == only,
        None => state == KeyState::Accepted,
    };
    let keys = contact.keys.iter().filter(|key| wanted(&key.certificate.fingerprint(), key.state));
    let certificates: Vec<Certificate> = keys.map(|key| key.certificate.clone()).collect();
    if certificates.is_empty() {
        return Action::none();
    }
    let ending = if certificates.len() == 1 { "cer" } else { "p7c" };
    let pick = Pick::Save { title: say::SAVE_TITLE, name: say::file_name(&contact.name, ending) };
    let then = move |chosen| Message::SaveChosen(certificates.clone(), chosen);
    Action::wish(Wish::Pick(pick, Arc::new(then)))
}

#[cfg(test)]
mod tests;
