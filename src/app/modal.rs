//! The one question over the window.

use std::path::PathBuf;

use iced::widget::{column, operation, text_input};
use iced::{Element, Task};

use super::action::{Ask, Then};
use super::shared::Shared;
use super::theme::{self, ink};
use super::typography as typo;
use super::widget::{button, overlay};
use super::words;
use waxseal::smime::secret::Passphrase;

pub(crate) mod chooser;
pub(crate) mod compare;
mod shortcuts;

use chooser::Chooser;
use compare::Compare;

/// A question, or something to read; `M` is the window's message.
pub(crate) enum Modal<M> {
    Confirm { title: String, body: Vec<String>, safe: String, act: String, danger: bool, then: M },
    Passphrase(Entry<M>),
    Chooser(Chooser, Then<Vec<PathBuf>, M>),
    Compare(Box<Compare>, Then<compare::Answer, M>),
    Shortcuts,
}

/// A passphrase as it is typed.
pub(crate) struct Entry<M> {
    title: String,
    reason: String,
    new: bool,
    act: String,
    first: Passphrase,
    again: Passphrase,
    then: Then<Passphrase, M>,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    Closed,
    Confirmed,
    PassphraseChanged(Passphrase),
    PassphraseAgainChanged(Passphrase),
    PassphraseEntered,
    Chooser(chooser::Message),
    Compare(compare::Message),
}

/// What became of the question.
pub(crate) enum Outcome<M> {
    /// It stands.
    Open(Task<Message>),
    /// It is answered, or given up.
    Closed(Option<M>),
}

const FIELD: &str = "modal-passphrase";

impl<M: Clone + 'static> Modal<M> {
    pub(crate) fn ask(ask: Ask<M>) -> (Self, Task<Message>) {
        match ask {
            Ask::Confirm { title, body, safe, act, danger, then } => {
                (Self::Confirm { title, body, safe, act, danger, then }, Task::none())
            }
            Ask::Passphrase { title, reason, new, act, then } => {
                let (first, again) = (Passphrase::from(String::new()), Passphrase::from(String::new()));
                let entry = Entry { title, reason, new, act, first, again, then };
                (Self::Passphrase(entry), operation::focus(FIELD))
            }
        }
    }

    pub(crate) fn update(&mut self, message: Message) -> Outcome<M> {
        match (self, message) {
            (_, Message::Closed) => Outcome::Closed(None),
            (Self::Confirm { then, .. }, Message::Confirmed) => Outcome::Closed(Some(then.clone())),
            (Self::Passphrase(entry), Message::PassphraseChanged(typed)) => {
                entry.first = typed;
                Outcome::Open(Task::none())
            }
            (Self::Passphrase(entry), Message::PassphraseAgainChanged(typed)) => {
                entry.again = typed;
                Outcome::Open(Task::none())
            }
            (Self::Passphrase(entry), Message::PassphraseEntered) => match entry.obstacle() {
                None => Outcome::Closed(Some((entry.then)(entry.first.clone()))),
                Some(_) => Outcome::Open(Task::none()),
            },
            (Self::Chooser(chooser, then), Message::Chooser(message)) => match chooser.update(message) {
                chooser::Outcome::Open(task) => Outcome::Open(task.map(Message::Chooser)),
                chooser::Outcome::Chosen(paths) => Outcome::Closed(Some(then(paths))),
            },
            (Self::Compare(compare, then), Message::Compare(message)) => match compare.update(message) {
                compare::Outcome::Open(task) => Outcome::Open(task.map(Message::Compare)),
                compare::Outcome::Closed(answer) => Outcome::Closed(answer.map(|answer| then(answer))),
            },
            (
                Self::Confirm { .. }
                | Self::Passphrase(_)
                | Self::Chooser(..)
                | Self::Compare(..)
                | Self::Shortcuts,
                Message::Confirmed
                | Message::PassphraseChanged(_)
                | Message::PassphraseAgainChanged(_)
                | Message::PassphraseEntered
                | Message::Chooser(_)
                | Message::Compare(_),
            ) => Outcome::Open(Task::none()),
        }
    }

    /// What Ctrl+Enter says: the answer that stands there.
    pub(crate) fn answer(&self) -> Option<Message> {
        match self {
            Self::Confirm { .. } => Some(Message::Confirmed),
            Self::Passphrase(_) => Some(Message::PassphraseEntered),
            // Of two numbers nobody says by a key that they are the same.
            Self::Chooser(..) | Self::Compare(..) | Self::Shortcuts => None,
        }
    }

    /// The dialog, and what a click beside it says.
    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> (Element<'a, Message>, Option<Message>) {
        match self {
            Self::Confirm { title, body, safe, act, danger, .. } => {
                let body = body.iter().map(|line| typo::label(line).style(ink(|t| t.ink2)).into());
                let act = if *danger { button::danger_final(act) } else { button::primary(act) };
                let dialog = overlay::dialog(
                    title,
                    Message::Closed,
                    overlay::WIDTH,
                    column(body).spacing(8),
                    vec![button::secondary(safe).on_press(Message::Closed).into()],
                    vec![act.on_press(Message::Confirmed).into()],
                );
                (dialog, Some(Message::Closed))
            }
            Self::Passphrase(entry) => {
                (entry.view(), entry.first.expose().is_empty().then_some(Message::Closed))
            }
            Self::Chooser(chooser, _) => (chooser.view(shared).map(Message::Chooser), None),
            Self::Compare(compare, _) => {
                let on_backdrop = compare.is_untouched().then_some(Message::Closed);
                (compare.view(shared).map(Message::Compare), on_backdrop)
            }
            Self::Shortcuts => (shortcuts::view(Message::Closed), Some(Message::Closed)),
        }
    }
}

/// The least for a new passphrase.
const LEAST: usize = 12;

impl<M> Entry<M> {
    /// Why it cannot be taken yet.
    fn obstacle(&self) -> Option<&'static str> {
        if !self.new {
            return None;
        }
        let characters = self.first.expose().chars().count();
        if characters < LEAST {
            Some(words::PASSPHRASE_SHORT)
        } else if self.first.expose() != self.again.expose() {
            Some(words::PASSPHRASE_DIFFERS)
        } else {
            None
        }
    }

    fn view(&self) -> Element<'_, Message> {
        let secret = |value: &str, placeholder: &str| {
            text_input(placeholder, value)
                .secure(true)
                .style(theme::field)
                .padding([8, 12])
                .size(typo::LABEL.size)
                .on_submit(Message::PassphraseEntered)
        };
        let first = secret(self.first.expose(), words::PASSPHRASE)
            .id(FIELD)
            .on_input(|typed| Message::PassphraseChanged(Passphrase::from(typed)));
        let again = self.new.then(|| {
            secret(self.again.expose(), words::PASSPHRASE_AGAIN)
                .on_input(|typed| Message::PassphraseAgainChanged(Passphrase::from(typed)))
        });
        let obstacle = self.obstacle();
        let hint = obstacle.map(|obstacle| typo::small(obstacle).style(ink(|t| t.ink3)));
        let reason = typo::label(&self.reason).style(ink(|t| t.ink2));
        overlay::dialog(
            &self.title,
            Message::Closed,
            overlay::WIDTH,
            column![reason, first].push(again).push(hint).spacing(12),
            vec![button::secondary(words::CANCEL).on_press(Message::Closed).into()],
            vec![
                button::primary(self.act.as_str())
                    .on_press_maybe(obstacle.is_none().then_some(Message::PassphraseEntered))
                    .into(),
            ],
        )
    }
}
