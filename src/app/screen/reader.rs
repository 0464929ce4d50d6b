//! The pane that opens messages: a list of what was opened, and the sheet of one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{operation, row, text_editor};
use iced::{Element, Task};
use jiff::Timestamp;

mod attachment;
mod list;
mod page;
mod sheet;
mod verdict_card;

use crate::app::action::{Action, Pick, Prefill, Wish};
use crate::app::shared::Shared;
use crate::app::task;
use crate::app::words::reader as say;
use page::{Origin, Page};
use waxseal::desk::Desk;
use waxseal::problem::Problem;
use waxseal::smime::Address;
use waxseal::smime::message::verdict::Tier;
use waxseal::smime::progress::Progress;
use waxseal::store::messages::{About, MessageEntry};

const SEARCH: &str = "reader-search";
/// Work that takes longer is shown, and how far it has come.
const PATIENCE: Duration = Duration::from_millis(300);

/// The reader's state.
#[derive(Default)]
pub(crate) struct Reader {
    /// Newest first.
    entries: Vec<Entry>,
    search: String,
    chosen: Option<u64>,
    sheet: Sheet,
    /// Told apart by number, so that a late answer does not replace a newer one.
    generation: u64,
    /// The work on a message; it is stopped when nobody waits for it any more.
    work: Work,
    trouble: Option<Problem>,
    /// It was said that opening an attachment is saving it.
    opening_explained: bool,
    borrowed: attachment::Borrowed,
}

/// Work that stops when it is replaced or dropped.
#[derive(Default)]
struct Work(Progress);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A message in the list.
#[derive(Debug, Clone)]
struct Entry {
    id: u64,
    origin: Origin,
    /// As far as it was opened.
    known: Option<Known>,
}

/// What the list shows of a message.
#[derive(Debug, Clone)]
struct Known {
    name: String,
    claimed: bool,
    subject: Option<String>,
    tier: Option<Tier>,
    date: Option<Timestamp>,
}

/// What lies on the sheet.
#[derive(Default)]
enum Sheet {
    #[default]
    Empty,
    Opening {
        name: String,
        /// It takes long enough to say so.
        long: bool,
    },
    Open(Box<OpenPage>),
    Failed(Problem),
}

/// A page and how it is being looked at.
struct OpenPage {
    page: Page,
    leaf: usize,
    text: text_editor::Content,
    /// "Show me why" is unfolded.
    why: bool,
    /// How far the sheet is scrolled, in pixels.
    scrolled: f32,
    trouble: Option<Problem>,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    OpenPressed,
    FilesChosen(Vec<PathBuf>),
    RecentLoaded(Result<Vec<MessageEntry>, Problem>),
    Chosen(u64),
    Moved(isize),
    SearchChanged(String),
    Opened { generation: u64, id: u64, answer: Box<Result<Page, Problem>> },
    StillOpening(u64),
    TextTouched(text_editor::Action),
    LeafTurned(usize),
    WhyToggled,
    ReplyPressed,
    ReplyReady(Box<Result<Prefill, Problem>>),
    SavePressed(usize),
    SaveChosen(usize, Vec<PathBuf>),
    Saved(Result<PathBuf, Problem>),
    AttachedOpened(usize),
    OpenAttachmentPressed(usize),
    OpenAttachmentConfirmed(usize),
    AttachmentOpened(Result<(), Problem>),
    OpeningExplained(Result<bool, Problem>),
    Scrolled(f32),
    TakeCertificate,
    CertificateTaken(Result<Address, Problem>),
    ComparePressed(Address),
    ImportKeyPressed,
    RetryPressed,
    UnlockPressed,
    Unlocked,
    RemovePressed,
    Removed(u64),
    Forgotten(Result<(), Problem>),
    BackPressed,
    TroubleClosed,
    CopyPressed(String),
}

impl OpenPage {
    fn new(page: Page) -> Self {
        let text = text_editor::Content::with_text(page.text.first().map_or("", String::as_str));
        Self { page, leaf: 0, text, why: false, scrolled: 0.0, trouble: None }
    }
}

impl Reader {
    /// What the window starts with.
    pub(crate) fn start(&mut self, shared: &Shared) -> Action<Message> {
        let recent = shared.clerk.ask(page::recent).map(Message::RecentLoaded);
        let explained = shared.clerk.ask(attachment::start).map(Message::OpeningExplained);
        Action::run(Task::batch([recent, explained]))
    }

    /// Lists what is kept behind what was opened meanwhile.
    fn list(&mut self, recent: Vec<MessageEntry>) {
        for entry in recent {
            let origin = match &entry.about {
                Some(About { path: Some(path), .. }) if !entry.here => Origin::File(path.clone()),
                Some(_) | None => Origin::Kept(entry.id),
            };
            let there = |other: &Entry| matches!(&other.origin, Origin::Kept(id) if *id == entry.id);
            if !self.entries.iter().any(there) {
                let known = Some(entry.about.map_or_else(Known::damaged, |about| Known::remembered(&about)));
                let id = self.next_id();
                self.entries.push(Entry { id, origin, known });
            }
        }
    }

    /// Subject and tier, for the window's title.
    pub(crate) fn title(&self) -> Option<String> {
        match &self.sheet {
            Sheet::Open(open) => {
                let subject = open.page.subject.as_deref().unwrap_or(say::CLOSED_SUBJECT);
                Some(say::titled(subject, open.page.verdict.tier))
            }
            Sheet::Empty | Sheet::Opening { .. } | Sheet::Failed(_) => None,
        }
    }

    /// Something that concerns the whole pane.
    pub(crate) fn trouble(&mut self, problem: Problem) {
        self.trouble = Some(problem);
    }

    /// Lists the files in order and opens the first.
    pub(crate) fn open(&mut self, files: Vec<PathBuf>, shared: &Shared) -> Action<Message> {
        let origins = files.into_iter().map(Origin::File);
        self.add(origins.collect(), shared)
    }

    /// Opens what was pasted.
    pub(crate) fn paste(&mut self, octets: Vec<u8>, shared: &Shared) -> Action<Message> {
        let name = Some(say::PASTED.to_owned());
        self.add(vec![Origin::Bytes { name, octets: Arc::new(octets) }], shared)
    }

    fn add(&mut self, origins: Vec<Origin>, shared: &Shared) -> Action<Message> {
        let mut first = None;
        for (place, origin) in origins.into_iter().enumerate() {
            let id = self.next_id();
            self.entries.insert(place, Entry { id, origin, known: None });
            first.get_or_insert(id);
        }
        first.map_or_else(Action::none, |id| self.choose(id, shared))
    }

    fn next_id(&self) -> u64 {
        self.entries.iter().map(|entry| entry.id + 1).max().unwrap_or(0)
    }

    fn choose(&mut self, id: u64, shared: &Shared) -> Action<Message> {
        let Some(entry) = self.entries.iter().find(|entry| entry.id == id) else { return Action::none() };
        let origin = entry.origin.clone();
        self.chosen = Some(id);
        let name = origin.name().or_else(|| entry.known.as_ref().and_then(|known| known.subject.clone()));
        self.sheet = Sheet::Opening { name: name.unwrap_or_default(), long: false };
        self.await_page(id, shared, move |desk| page::read(desk, origin))
    }

    fn await_page(
        &mut self,
        id: u64,
        shared: &Shared,
        read: impl FnOnce(&Desk) -> Result<Page, Problem> + Send + 'static,
    ) -> Action<Message> {
        self.generation += 1;
        let generation = self.generation;
        self.work = Work::default();
        let opened = shared.clerk.ask_watched(&self.work.0, read);
        let opened = opened.map(move |answer| Message::Opened { generation, id, answer: Box::new(answer) });
        Action::run(Task::batch([opened, self.still_opening()]))
    }

    /// Looks again in a while.
    fn still_opening(&self) -> Task<Message> {
        let generation = self.generation;
        task::after(PATIENCE).map(move |()| Message::StillOpening(generation))
    }

    pub(crate) fn update(&mut self, message: Message, shared: &Shared) -> Action<Message> {
        match message {
            Message::OpenPressed => {
                let pick = Pick::Open { title: say::OPEN_TITLE, kinds: ("", &[]), several: true };
                Action::wish(Wish::Pick(pick, Arc::new(Message::FilesChosen)))
            }
            Message::FilesChosen(files) if files.is_empty() => Action::none(),
            Message::FilesChosen(files) => Action::wish(Wish::Open(files)),
            Message::RecentLoaded(Ok(recent)) => {
                self.list(recent);
                Action::none()
            }
            Message::RecentLoaded(Err(problem)) => self.report(problem),
            Message::Chosen(id) => self.choose(id, shared),
            Message::Moved(steps) => self.step(steps, shared),
            Message::SearchChanged(search) => {
                self.search = search;
                Action::none()
            }
            Message::Opened { generation, id, answer } => {
                if generation == self.generation {
                    self.opened(id, *answer);
                }
                Action::none()
            }
            Message::StillOpening(generation) => match &mut self.sheet {
                Sheet::Opening { long, .. } if generation == self.generation => {
                    *long = true;
                    Action::run(self.still_opening())
                }
                Sheet::Empty | Sheet::Opening { .. } | Sheet::Open(_) | Sheet::Failed(_) => Action::none(),
            },
            Message::TextTouched(action) => {
                // Read-only: what selects and scrolls is let through, what edits is not.
                if let Sheet::Open(open) = &mut self.sheet
                    && !action.is_edit()
                {
                    open.text.perform(action);
                }
                Action::none()
            }
            Message::LeafTurned(leaf) => {
                if let Sheet::Open(open) = &mut self.sheet
                    && let Some(text) = open.page.text.get(leaf)
                {
                    open.text = text_editor::Content::with_text(text);
                    open.leaf = leaf;
                }
                Action::run(operation::snap_to(sheet::SCROLL, operation::RelativeOffset::START))
            }
            Message::WhyToggled => {
                if let Sheet::Open(open) = &mut self.sheet {
                    open.why = !open.why;
                }
                Action::none()
            }
            Message::ReplyPressed => self.with_page(|page| {
                let (origin, page) = (page.origin.clone(), page.clone());
                let work = shared.clerk.ask(move |desk| page::answer(desk, &origin, &page));
                Action::run(work.map(|answer| Message::ReplyReady(Box::new(answer))))
            }),
            Message::ReplyReady(answer) => match *answer {
                Ok(prefill) => Action::wish(Wish::Compose(prefill)),
                Err(problem) => self.report(problem),
            },
            Message::SavePressed(index) => self.with_page(|page| {
                let name = page.attachments.get(index).map(|one| one.name.clone()).unwrap_or_default();
                let pick = Pick::Save { title: say::SAVE_TITLE, name };
                Action::wish(Wish::Pick(pick, Arc::new(move |chosen| Message::SaveChosen(index, chosen))))
            }),
            Message::SaveChosen(index, chosen) => {
                let Some(path) = chosen.into_iter().next() else { return Action::none() };
                self.with_page(|page| {
                    let origin = page.origin.clone();
                    let work = shared.clerk.ask(move |desk| {
                        page::save(desk, &origin, index, &path)?;
                        Ok(path)
                    });
                    Action::run(work.map(Message::Saved))
                })
            }
            Message::Saved(Ok(path)) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                Action::wish(Wish::Toast(say::saved_as(&name.unwrap_or_default()), None))
            }
            Message::Saved(Err(problem))
            | Message::CertificateTaken(Err(problem))
            | Message::AttachmentOpened(Err(problem))
            | Message::Forgotten(Err(problem)) => self.report(problem),
            Message::AttachedOpened(index) => {
                let Sheet::Open(open) = &self.sheet else { return Action::none() };
                let origin = open.page.origin.clone();
                let id = self.next_id();
                self.await_page(id, shared, move |desk| page::attached(desk, &origin, index))
            }
            Message::OpenAttachmentPressed(index) => {
                let explained = self.opening_explained;
                self.with_page(|page| {
                    let Some(one) = page.attachments.get(index) else { return Action::none() };
                    let then = Message::OpenAttachmentConfirmed(index);
                    if one.is_program {
                        Action::wish(Wish::Ask(say::open_program(&one.name, then)))
                    } else if explained {
                        Action::run(Task::done(then))
                    } else {
                        Action::wish(Wish::Ask(say::explain_opening(then)))
                    }
                })
            }
            Message::OpenAttachmentConfirmed(index) => {
                self.opening_explained = true;
                let borrowed = Arc::clone(&self.borrowed);
                self.with_page(|page| {
                    let (origin, name) = (page.origin.clone(), page.attachments.get(index));
                    let name = name.map(|one| one.name.clone()).unwrap_or_default();
                    let work = shared
                        .clerk
                        .ask(move |desk| attachment::open(desk, &borrowed, &origin, index, &name));
                    Action::run(work.map(Message::AttachmentOpened))
                })
            }
            Message::AttachmentOpened(Ok(())) => Action::none(),
            Message::OpeningExplained(explained) => {
                // Where it cannot be known it is said once more.
                self.opening_explained = explained.unwrap_or(false);
                Action::none()
            }
            Message::Scrolled(by) => {
                if let Sheet::Open(open) = &mut self.sheet {
                    open.scrolled = by;
                }
                Action::none()
            }
            Message::TakeCertificate => self.with_page(|page| {
                let origin = page.origin.clone();
                let work = shared.clerk.ask(move |desk| page::take_certificate(desk, &origin));
                Action::run(work.map(Message::CertificateTaken))
            }),
            Message::CertificateTaken(Ok(address)) => {
                let again = match self.chosen {
                    Some(id) => self.choose(id, shared),
                    None => Action::none(),
                };
                again.and(Wish::Reload).and(Wish::Toast(say::certificate_kept(&address), None))
            }
            Message::ComparePressed(address) => Action::wish(Wish::Compare(address)),
            Message::ImportKeyPressed => {
                let kinds = (say::KEY_FILES, ["p12", "pfx", "pem"].as_slice());
                let pick = Pick::Open { title: say::IMPORT_KEY, kinds, several: false };
                Action::wish(Wish::Pick(pick, Arc::new(Message::FilesChosen)))
            }
            Message::RetryPressed => match self.chosen {
                Some(id) => self.choose(id, shared),
                None => Action::none(),
            },
            Message::UnlockPressed => Action::wish(Wish::Unlock(Message::Unlocked)),
            Message::Unlocked => {
                self.trouble = None;
                let listed = self.start(shared);
                match self.chosen {
                    Some(id) => {
                        let again = self.choose(id, shared);
                        Action::run(Task::batch([again.task, listed.task]))
                    }
                    None => listed,
                }
            }
            Message::RemovePressed => {
                let Some(id) = self.chosen else { return Action::none() };
                Action::wish(Wish::Ask(say::remove(Message::Removed(id))))
            }
            Message::Removed(id) => {
                let Some(place) = self.entries.iter().position(|entry| entry.id == id) else {
                    return Action::none();
                };
                let entry = self.entries.remove(place);
                if self.chosen == Some(id) {
                    self.put_away();
                }
                let work = shared.clerk.ask(move |desk| page::forget(desk, &entry.origin));
                Action::run(work.map(Message::Forgotten))
            }
            Message::Forgotten(Ok(())) => Action::none(),
            Message::BackPressed => {
                self.put_away();
                Action::none()
            }
            Message::TroubleClosed => {
                self.trouble = None;
                if let Sheet::Open(open) = &mut self.sheet {
                    open.trouble = None;
                }
                Action::none()
            }
            Message::CopyPressed(text) => Action::wish(Wish::Copy(text)),
        }
    }

    fn put_away(&mut self) {
        self.chosen = None;
        self.sheet = Sheet::Empty;
        self.work = Work::default();
        self.generation += 1;
    }

    fn opened(&mut self, id: u64, answer: Result<Page, Problem>) {
        self.chosen = Some(id);
        self.sheet = match answer {
            Ok(page) => {
                if !self.entries.iter().any(|entry| entry.id == id) {
                    let entry = Entry { id, origin: page.origin.clone(), known: None };
                    self.entries.insert(0, entry);
                }
                // The same message again is the same entry.
                if let Origin::Kept(kept) = &page.origin {
                    let same = |entry: &Entry| matches!(&entry.origin, Origin::Kept(other) if other == kept);
                    self.entries.retain(|entry| entry.id == id || !same(entry));
                }
                if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
                    entry.origin = page.origin.clone();
                    entry.known = Some(Known::of(&page));
                }
                Sheet::Open(Box::new(OpenPage::new(page)))
            }
            Err(problem) => {
                // What is no message is not listed; where only a passphrase is missing it stays.
                if problem.need.is_none() {
                    self.entries.retain(|entry| entry.id != id);
                }
                Sheet::Failed(problem)
            }
        };
    }

    fn with_page(&self, work: impl FnOnce(&Page) -> Action<Message>) -> Action<Message> {
        match &self.sheet {
            Sheet::Open(open) => work(&open.page),
            Sheet::Empty | Sheet::Opening { .. } | Sheet::Failed(_) => Action::none(),
        }
    }

    fn report(&mut self, problem: Problem) -> Action<Message> {
        match &mut self.sheet {
            Sheet::Open(open) => open.trouble = Some(problem),
            Sheet::Empty | Sheet::Opening { .. } | Sheet::Failed(_) => self.trouble = Some(problem),
        }
        Action::none()
    }

    fn step(&mut self, steps: isize, shared: &Shared) -> Action<Message> {
        let shown: Vec<u64> = self.shown().map(|entry| entry.id).collect();
        let at = shown.iter().position(|id| Some(*id) == self.chosen);
        let next = match at {
            Some(at) => at.saturating_add_signed(steps).min(shown.len().saturating_sub(1)),
            None => 0,
        };
        match shown.get(next) {
            Some(id) if Some(*id) != self.chosen => self.choose(*id, shared),
            Some(_) | None => Action::none(),
        }
    }

    /// The entries that the search leaves.
    fn shown(&self) -> impl Iterator<Item = &Entry> {
        let wanted = self.search.trim().to_lowercase();
        self.entries.iter().filter(move |entry| wanted.is_empty() || entry.holds(&wanted))
    }

    /// What a key does here that no field took.
    pub(crate) fn key(&self, key: Key<&str>, modifiers: keyboard::Modifiers) -> Option<Message> {
        match (key, modifiers.command(), modifiers.shift()) {
            (Key::Character("r"), true, _) => Some(Message::ReplyPressed),
            (Key::Character("d" | "D"), true, true) => Some(Message::WhyToggled),
            (Key::Named(Named::ArrowDown), false, _) => Some(Message::Moved(1)),
            (Key::Named(Named::ArrowUp), false, _) => Some(Message::Moved(-1)),
            (Key::Named(Named::Delete), false, _) => Some(Message::RemovePressed),
            (Key::Named(Named::Escape), false, _) => Some(Message::BackPressed),
            _ => None,
        }
    }

    /// Puts the cursor into the search field.
    pub(crate) fn search() -> Task<Message> {
        operation::focus(SEARCH)
    }

    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> Element<'a, Message> {
        let sheet = || sheet::view(&self.sheet, &self.work.0, self.trouble.as_ref(), shared);
        let list = || list::view(self, shared);
        match (shared.has_two_panes(), &self.sheet) {
            (true, _) => row![list(), sheet()].into(),
            (false, Sheet::Empty) => list(),
            (false, Sheet::Opening { .. } | Sheet::Open(_) | Sheet::Failed(_)) => sheet(),
        }
    }
}

impl Entry {
    fn holds(&self, wanted: &str) -> bool {
        let known = self.known.as_ref();
        let words = [
            known.map(|known| known.name.to_lowercase()),
            known.and_then(|known| known.subject.as_ref()).map(|subject| subject.to_lowercase()),
            self.origin.name().map(|name| name.to_lowercase()),
        ];
        words.into_iter().flatten().any(|words| words.contains(wanted))
    }
}

impl Known {
    fn of(page: &Page) -> Self {
        let name =
            page.from.as_ref().map(|from| from.name.clone().unwrap_or_else(|| from.address.to_string()));
        let signer = page.verdict.signature.signer.as_ref().map(|signer| signer.name.clone());
        Self {
            name: name.or(signer).or_else(|| page.origin.name()).unwrap_or_default(),
            claimed: page.sender == page::Sender::Claimed,
            subject: page.subject.clone(),
            tier: page.verdict.tier,
            date: page.date,
        }
    }

    /// As it was when it was opened last.
    fn remembered(about: &About) -> Self {
        let shown = if about.sent { &about.to } else { &about.from };
        let names = shown.iter().map(|mailbox| mailbox.name.as_deref().unwrap_or(mailbox.address.as_str()));
        let names = names.collect::<Vec<_>>().join(", ");
        Self {
            name: if about.sent { say::to(&names) } else { names },
            claimed: about.from_proved == Some(false),
            subject: about.subject.clone(),
            tier: about.tier,
            date: about.date,
        }
    }

    fn damaged() -> Self {
        Self { name: say::DAMAGED.to_owned(), claimed: false, subject: None, tier: None, date: None }
    }
}

#[cfg(test)]
mod tests;
