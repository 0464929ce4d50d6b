//! Sealing: a place is chosen, and the work is done off the window's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iced::Task;

use super::note::Note;
use super::work::{self, Done, Failure, Help, Order};
use super::{Compose, Message, Sheet, Trouble};
use crate::app::action::{Action, Pick, Wish};
use crate::app::shared::Shared;
use crate::app::task;
use crate::app::words::compose as say;
use waxseal::problem::{Need, Problem};
use waxseal::smime::progress::Progress;

/// Between two looks at how far it is.
const BEAT: Duration = Duration::from_millis(150);
/// As long as it takes no longer, nothing is shown.
const QUIET: Duration = Duration::from_millis(300);

/// On the way from a draft to a file.
#[derive(Debug, Clone)]
pub(crate) enum SealMessage {
    SealPressed,
    SaveAsP7mPressed,
    PlaceChosen(Vec<PathBuf>),
    Beat,
    Sealed(Box<Result<Done, Failure>>),
    CancelPressed,
    CopyPressed,
    TextSealed(Box<Result<String, Failure>>),
    ShowPressed(PathBuf),
    FolderShown(Result<(), Problem>),
}

/// The work that goes on.
pub(super) struct Work {
    progress: Progress,
    started: Instant,
    /// As of the last beat.
    pub(super) shown: Option<Shown>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shown {
    /// From 0 to 1, if it is known.
    pub(super) fraction: Option<f32>,
    /// Until it is done, about, if it is known.
    pub(super) left: Option<Duration>,
    pub(super) stopping: bool,
}

impl Work {
    fn look(&mut self) {
        let elapsed = self.started.elapsed();
        if elapsed < QUIET {
            return;
        }
        let fraction = self.progress.fraction().map(|fraction| fraction as f32);
        let left = fraction
            .filter(|fraction| *fraction > 0.02)
            .map(|fraction| elapsed.mul_f32((1.0 - fraction) / fraction));
        self.shown = Some(Shown { fraction, left, stopping: self.progress.is_stopped() });
    }
}

impl Compose {
    pub(super) fn seal(&mut self, message: SealMessage, shared: &Shared) -> Action<Message> {
        match message {
            SealMessage::SealPressed => self.pick("eml"),
            SealMessage::SaveAsP7mPressed => self.pick("p7m"),
            SealMessage::PlaceChosen(places) => match places.into_iter().next() {
                Some(place) => Action::run(self.seal_to(place, shared)),
                None => Action::none(),
            },
            SealMessage::Beat => match &mut self.sheet {
                Sheet::Sealing { work, .. } => {
                    work.look();
                    Action::run(beat())
                }
                Sheet::List | Sheet::Writing(_) | Sheet::Sealed(_) => Action::none(),
            },
            SealMessage::Sealed(answer) => self.sealed(*answer, shared),
            SealMessage::CancelPressed => {
                if let Sheet::Sealing { work, .. } = &mut self.sheet {
                    work.progress.stop();
                    work.look();
                }
                Action::none()
            }
            SealMessage::CopyPressed => {
                let Some(order) = self.order() else { return Action::none() };
                let sealed = shared.clerk.ask(move |desk| Ok(work::seal_text(desk, &order)));
                Action::run(sealed.map(|answer| {
                    let answer = answer.unwrap_or_else(|problem| Err(Failure::of(problem)));
                    Message::Seal(SealMessage::TextSealed(Box::new(answer)))
                }))
            }
            SealMessage::TextSealed(answer) => match *answer {
                Ok(text) => {
                    Action::wish(Wish::Copy(text)).and(Wish::Toast(say::COPIED_TEXT.to_owned(), None))
                }
                Err(failure) => self.failed(failure, shared),
            },
            SealMessage::ShowPressed(path) => {
                let folder = path.parent().unwrap_or(&path).to_owned();
                let shown = task::off_thread(move || task::show(&folder));
                Action::run(shown.map(|answer| Message::Seal(SealMessage::FolderShown(answer))))
            }
            SealMessage::FolderShown(Ok(())) => Action::none(),
            SealMessage::FolderShown(Err(problem)) => self.report(problem),
        }
    }

    /// Asks for a place, if nothing stands in the way.
    fn pick(&mut self, extension: &str) -> Action<Message> {
        let Some(note) = self.note_mut() else { return Action::none() };
        [&mut note.to, &mut note.cc, &mut note.bcc].into_iter().for_each(super::field::Field::settle);
        if !note.is_ready() {
            return Action::none();
        }
        let name = work::name_of(&note.subject, extension);
        let then = Arc::new(|places| Message::Seal(SealMessage::PlaceChosen(places)));
        Action::wish(Wish::Pick(Pick::Save { title: say::SAVE_TITLE, name }, then))
    }

    /// The note as the desk wants it.
    fn order(&mut self) -> Option<Order> {
        let note = self.note_mut().filter(|note| note.is_ready())?;
        let letter = note.letter()?;
        let tier = note.outlook.as_ref().and_then(|outlook| outlook.tier);
        Some(Order { draft: note.id, letter, tier })
    }

    pub(super) fn seal_to(&mut self, place: PathBuf, shared: &Shared) -> Task<Message> {
        // What is sealed is kept, whatever comes: the draft goes when the file is there.
        let kept = self.keep(shared);
        let Some(order) = self.order() else { return kept };
        let note = match std::mem::take(&mut self.sheet) {
            Sheet::Writing(note) => note,
            sheet @ (Sheet::List | Sheet::Sealing { .. } | Sheet::Sealed(_)) => {
                self.sheet = sheet;
                return kept;
            }
        };
        let progress = Progress::default();
        let sealed = {
            let place = place.clone();
            shared.clerk.ask_watched(&progress, move |desk| Ok(work::seal(desk, &order, &place)))
        };
        let work = Work { progress, started: Instant::now(), shown: None };
        self.sheet = Sheet::Sealing { note, work };
        (self.place, self.trouble) = (Some(place), None);
        let sealed = sealed.map(|answer| {
            let answer = answer.unwrap_or_else(|problem| Err(Failure::of(problem)));
            Message::Seal(SealMessage::Sealed(Box::new(answer)))
        });
        kept.chain(Task::batch([sealed, beat()]))
    }

    fn sealed(&mut self, answer: Result<Done, Failure>, shared: &Shared) -> Action<Message> {
        let (note, stopped) = match std::mem::take(&mut self.sheet) {
            Sheet::Sealing { note, work } => (note, work.progress.is_stopped()),
            sheet @ (Sheet::List | Sheet::Writing(_) | Sheet::Sealed(_)) => {
                self.sheet = sheet;
                return Action::none();
            }
        };
        match answer {
            Ok(done) => {
                self.forget(note.id);
                self.place = None;
                self.sheet = Sheet::Sealed(done);
                Action::run(super::load(shared))
            }
            Err(failure) => {
                self.back_to(note);
                if stopped { Action::none() } else { self.failed(failure, shared) }
            }
        }
    }

    fn back_to(&mut self, note: Box<Note>) {
        self.sheet = Sheet::Writing(note);
    }

    fn failed(&mut self, failure: Failure, shared: &Shared) -> Action<Message> {
        let Failure { problem, help } = failure;
        if problem.need == Some(Need::OtherPassphrase) {
            shared.clerk.lock();
        }
        self.trouble = Some(Trouble { problem, help: Some(help) });
        match help {
            Help::Unlock => Action::wish(Wish::Unlock(Message::Unlocked)),
            Help::Elsewhere | Help::File(_) | Help::Retry => Action::run(self.judge(shared)),
        }
    }
}

fn beat() -> Task<Message> {
    task::after(BEAT).map(|()| Message::Seal(SealMessage::Beat))
}
