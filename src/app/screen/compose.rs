//! The pane that writes sealed notes: the drafts, and the one on the sheet.

use std::path::PathBuf;
use std::time::Duration;

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{operation, row};
use iced::{Element, Task};
use jiff::Timestamp;

mod body;
mod drafts;
mod edit;
mod field;
mod inspector;
mod note;
pub(crate) mod outlook;
mod people;
mod sealing;
mod sheet;
#[cfg(test)]
mod tests;
mod work;

use crate::app::action::{Action, Prefill, Wish};
use crate::app::shared::Shared;
use crate::app::task;
use crate::app::words::compose as say;
pub(crate) use edit::Edit;
use note::{Kept, Note, Which};
use outlook::Outlook;
pub(crate) use people::PersonMessage;
pub(crate) use sealing::SealMessage;
use waxseal::problem::{Explain as _, Problem};
use waxseal::store::KeptId;
use waxseal::store::drafts::DraftEntry;
use work::{Done, Help};

/// How long a change waits before the draft is kept.
const PAUSE: Duration = Duration::from_secs(2);
/// Name of the text, to be focused by.
const BODY: &str = "compose-body";

/// The pane's state.
#[derive(Default)]
pub(crate) struct Compose {
    /// As last read, the newest first; the one on the sheet is among them.
    drafts: Vec<DraftEntry>,
    /// Sealed or discarded since the window was opened.
    gone: Vec<KeptId>,
    sheet: Sheet,
    trouble: Option<Trouble>,
    /// Tells late judgements from the one that is waited for.
    generation: u64,
    /// Where it is to be sealed to, until it is.
    place: Option<PathBuf>,
    /// One's own addresses are shown to choose from.
    from_open: bool,
}

/// What lies on the sheet.
#[derive(Default)]
enum Sheet {
    /// The drafts, or that there are none.
    #[default]
    List,
    Writing(Box<Note>),
    /// It cannot be changed meanwhile.
    Sealing {
        note: Box<Note>,
        work: sealing::Work,
    },
    Sealed(Done),
}

/// What went wrong, and what helps.
#[derive(Debug, Clone)]
struct Trouble {
    problem: Problem,
    help: Option<Help>,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    DraftsLoaded(Result<Vec<DraftEntry>, Problem>),
    WritePressed,
    DraftChosen(KeptId),
    RemovePressed(KeptId),
    RemoveConfirmed(KeptId),
    Removed(Result<(), Problem>),
    Edit(Edit),
    Judged(u64, Box<Result<Outlook, Problem>>),
    PauseEnded(KeptId),
    DraftKept { id: KeptId, changes: u64, answer: Result<Timestamp, Problem> },
    LeavePressed,
    DiscardPressed,
    Person(PersonMessage),
    Seal(SealMessage),
    UnlockPressed,
    Unlocked,
    TroubleClosed,
}

impl Compose {
    /// What the window starts with: drafts that were left.
    pub(crate) fn start(&mut self, shared: &Shared) -> Action<Message> {
        Action::run(load(shared))
    }

    /// Drafts that there are.
    pub(crate) fn count(&self) -> usize {
        let unkept = match &self.sheet {
            Sheet::Writing(note) | Sheet::Sealing { note, .. } => {
                !note.is_empty() && !self.drafts.iter().any(|entry| entry.id == note.id)
            }
            Sheet::List | Sheet::Sealed(_) => false,
        };
        self.drafts.len() + usize::from(unkept)
    }

    /// Whether files that are dropped go to a note.
    pub(crate) fn is_writing(&self) -> bool {
        matches!(self.sheet, Sheet::Writing(_))
    }

    /// Starts a note; an unfinished one is kept first.
    pub(crate) fn begin(&mut self, prefill: Prefill, shared: &Shared) -> Action<Message> {
        if matches!(self.sheet, Sheet::Sealing { .. }) {
            return Action::none();
        }
        let left = self.leave(shared);
        let note = Note::new(prefill, &shared.people);
        let first = if note.to.is_empty() { Which::To.id() } else { BODY };
        let empty = note.is_empty();
        self.sheet = Sheet::Writing(Box::new(note));
        let changed = if empty { self.judge(shared) } else { self.changed(shared) };
        Action::run(Task::batch([left, changed, operation::focus(first)]))
    }

    /// People or identities were read again.
    pub(crate) fn people_changed(&mut self, shared: &Shared) -> Action<Message> {
        let Some(note) = self.note_mut() else { return Action::none() };
        if note.from.is_none() {
            note.from = shared.people.me().and_then(|me| me.addresses.first()).cloned();
        }
        Action::run(self.judge(shared))
    }

    fn note_mut(&mut self) -> Option<&mut Note> {
        match &mut self.sheet {
            Sheet::Writing(note) => Some(note),
            Sheet::List | Sheet::Sealing { .. } | Sheet::Sealed(_) => None,
        }
    }

    pub(crate) fn update(&mut self, message: Message, shared: &Shared) -> Action<Message> {
        match message {
            Message::DraftsLoaded(Ok(drafts)) => {
                self.drafts = drafts.into_iter().filter(|entry| !self.gone.contains(&entry.id)).collect();
                Action::none()
            }
            Message::DraftsLoaded(Err(problem)) | Message::Removed(Err(problem)) => self.report(problem),
            Message::WritePressed => Action::wish(Wish::Compose(Prefill::default())),
            Message::DraftChosen(id) => self.choose(id, shared),
            Message::RemovePressed(id) => Action::wish(Wish::Ask(say::discard(Message::RemoveConfirmed(id)))),
            Message::RemoveConfirmed(id) => Action::run(self.remove(id, shared)),
            Message::Removed(Ok(())) => Action::run(load(shared)),
            Message::Edit(edit) => self.edit(edit, shared),
            Message::Judged(generation, answer) => match *answer {
                _ if generation != self.generation => Action::none(),
                Ok(outlook) => {
                    self.note_mut().into_iter().for_each(|note| note.outlook = Some(outlook.clone()));
                    Action::none()
                }
                Err(problem) => self.report(problem),
            },
            Message::PauseEnded(id) => {
                let Some(note) = self.note_mut().filter(|note| note.id == id) else { return Action::none() };
                note.timer = false;
                let judged = self.judge(shared);
                Action::run(Task::batch([self.keep(shared), judged]))
            }
            Message::DraftKept { id, changes, answer } => self.kept(id, changes, answer, shared),
            Message::LeavePressed => Action::run(self.leave(shared)),
            Message::DiscardPressed => match self.note_mut() {
                Some(note) if !note.is_empty() => {
                    Action::wish(Wish::Ask(say::discard(Message::RemoveConfirmed(note.id))))
                }
                Some(_) | None => Action::run(self.leave(shared)),
            },
            Message::Person(message) => self.person(message, shared),
            Message::Seal(message) => self.seal(message, shared),
            Message::UnlockPressed => Action::wish(Wish::Unlock(Message::Unlocked)),
            Message::Unlocked => {
                self.trouble = None;
                let sealing = self.place.clone().map_or_else(Task::none, |place| self.seal_to(place, shared));
                Action::run(Task::batch([sealing, self.keep(shared), load(shared)]))
            }
            Message::TroubleClosed => {
                self.trouble = None;
                Action::none()
            }
        }
    }

    fn report(&mut self, problem: Problem) -> Action<Message> {
        self.trouble = Some(Trouble { problem, help: None });
        Action::none()
    }

    /// The note is another than it was: it is judged again, and kept after a pause.
    fn changed(&mut self, shared: &Shared) -> Task<Message> {
        let dirty = self.dirty();
        Task::batch([dirty, self.judge(shared)])
    }

    /// It is kept after a pause.
    fn dirty(&mut self) -> Task<Message> {
        let Some(note) = self.note_mut() else { return Task::none() };
        note.changes += 1;
        if std::mem::replace(&mut note.timer, true) {
            return Task::none();
        }
        let id = note.id;
        task::after(PAUSE).map(move |()| Message::PauseEnded(id))
    }

    fn judge(&mut self, shared: &Shared) -> Task<Message> {
        self.generation += 1;
        let generation = self.generation;
        let Some(note) = self.note_mut() else { return Task::none() };
        let outline = note.outline();
        let judged = shared.clerk.ask(move |desk| outlook::judge(desk, &outline));
        judged.map(move |answer| Message::Judged(generation, Box::new(answer)))
    }

    /// Keeps the note as it is now, if the draft is another.
    fn keep(&mut self, shared: &Shared) -> Task<Message> {
        let Some(note) = self.note_mut() else { return Task::none() };
        if note.is_kept() || note.is_empty() && matches!(note.kept, Kept::Never) {
            return Task::none();
        }
        let (id, changes, draft) = (note.id, note.changes, note.draft());
        let kept = shared.clerk.ask(move |desk| {
            desk.save_draft(id, &draft).map_err(|error| error.explain())?;
            Ok(desk.now())
        });
        kept.map(move |answer| Message::DraftKept { id, changes, answer })
    }

    fn kept(
        &mut self,
        id: KeptId,
        changes: u64,
        answer: Result<Timestamp, Problem>,
        shared: &Shared,
    ) -> Action<Message> {
        let gone = self.gone.contains(&id);
        match (self.note_mut().filter(|note| note.id == id), answer) {
            (Some(note), Ok(time)) => {
                (note.kept, note.kept_changes) = (Kept::At(time), changes);
                Action::run(load(shared))
            }
            // It was sealed or discarded while it was being kept.
            (None, Ok(_)) if gone => Action::run(self.remove(id, shared)),
            (None, Ok(_)) => Action::run(load(shared)),
            (Some(note), Err(problem)) => {
                note.kept = Kept::Failed(problem);
                Action::none()
            }
            // It is not on the sheet any more: this is the last that is heard of it.
            (None, Err(problem)) => self.report(problem),
        }
    }

    /// Puts the note away, kept, and shows the drafts.
    fn leave(&mut self, shared: &Shared) -> Task<Message> {
        if matches!(self.sheet, Sheet::Sealing { .. }) {
            return Task::none();
        }
        (self.trouble, self.place, self.from_open) = (None, None, false);
        let task = match self.note_mut() {
            Some(note) if note.is_empty() && !matches!(note.kept, Kept::Never) => {
                let id = note.id;
                return self.remove(id, shared);
            }
            Some(_) => {
                Which::ALL.iter().for_each(|which| {
                    self.note_mut().into_iter().for_each(|note| note.field_mut(*which).settle());
                });
                self.keep(shared)
            }
            None => Task::none(),
        };
        self.sheet = Sheet::List;
        task
    }

    /// Lists a draft no more, whatever an answer says that is on its way.
    fn forget(&mut self, id: KeptId) {
        self.drafts.retain(|entry| entry.id != id);
        self.gone.push(id);
    }

    fn choose(&mut self, id: KeptId, shared: &Shared) -> Action<Message> {
        let Some(entry) = self.drafts.iter().find(|entry| entry.id == id) else { return Action::none() };
        let Some(draft) = &entry.draft else { return Action::none() };
        let note = Note::of_draft(id, draft, entry.updated, &shared.people);
        self.sheet = Sheet::Writing(Box::new(note));
        self.trouble = None;
        Action::run(Task::batch([self.judge(shared), operation::focus(BODY)]))
    }

    /// Forgets a draft for good.
    fn remove(&mut self, id: KeptId, shared: &Shared) -> Task<Message> {
        if self.note_mut().is_some_and(|note| note.id == id) {
            self.sheet = Sheet::List;
            self.trouble = None;
        }
        self.forget(id);
        let removed = shared.clerk.ask(move |desk| desk.remove_draft(id).map_err(|error| error.explain()));
        removed.map(Message::Removed)
    }

    /// What a key does here that no field took.
    pub(crate) fn key(&self, key: Key<&str>, modifiers: keyboard::Modifiers) -> Option<Message> {
        match (key, modifiers.command(), modifiers.shift()) {
            (Key::Named(Named::Enter), true, _) => Some(Message::Seal(SealMessage::SealPressed)),
            (Key::Character("a" | "A"), true, true) => Some(Message::Edit(Edit::AttachPressed)),
            (Key::Named(Named::Escape), false, _) => match self.sheet {
                Sheet::Sealing { .. } => Some(Message::Seal(SealMessage::CancelPressed)),
                Sheet::Writing(_) if self.from_open => Some(Message::Edit(Edit::FromPressed)),
                Sheet::List | Sheet::Writing(_) | Sheet::Sealed(_) => Some(Message::LeavePressed),
            },
            _ => None,
        }
    }

    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> Element<'a, Message> {
        match &self.sheet {
            Sheet::List => drafts::view(&self.drafts, self.trouble.as_ref(), shared),
            Sheet::Writing(note) => {
                row![sheet::view(self, note, false, shared), inspector::view(self, note, false, shared)]
                    .into()
            }
            Sheet::Sealing { note, .. } => {
                row![sheet::view(self, note, true, shared), inspector::view(self, note, true, shared)].into()
            }
            Sheet::Sealed(done) => drafts::sealed(done, self.trouble.as_ref(), shared),
        }
    }
}

fn load(shared: &Shared) -> Task<Message> {
    shared.clerk.ask(|desk| desk.drafts().map_err(|error| error.explain())).map(Message::DraftsLoaded)
}
