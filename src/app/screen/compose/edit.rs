//! What the person does to the note.

use std::path::PathBuf;
use std::sync::Arc;

use iced::Task;
use iced::widget::{operation, text_editor};

use super::note::Which;
use super::{Compose, Message, field};
use crate::app::action::{Action, Pick, Wish};
use crate::app::shared::Shared;
use crate::app::words::compose as say;
use waxseal::smime::{Address, Fingerprint};

/// A change of the note.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    FromPressed,
    FromChosen(Address),
    Field(Which, field::Message),
    /// Cc or Bcc.
    Shown(Which),
    SubjectChanged(String),
    BodyTouched(text_editor::Action),
    Undone,
    Redone,
    AttachPressed,
    FilesChosen(Vec<PathBuf>),
    EnclosureRemoved(usize),
    ExpiredConfirmed(Vec<Fingerprint>),
    PersonRemoved(Address),
}

impl Compose {
    pub(super) fn edit(&mut self, edit: Edit, shared: &Shared) -> Action<Message> {
        let open = std::mem::take(&mut self.from_open);
        let Some(note) = self.note_mut() else { return Action::none() };
        let changed = match edit {
            Edit::FromPressed => {
                self.from_open = !open;
                false
            }
            Edit::FromChosen(address) => {
                note.from = Some(address);
                true
            }
            Edit::Field(which, message) => {
                let (before, typed) = (note.field(which).chips.len(), note.field(which).typed.clone());
                let by_pointer = matches!(message, field::Message::Taken(_) | field::Message::Removed(_));
                note.field_mut(which).update(message, &shared.people);
                let field = note.field(which);
                let same = before == field.chips.len();
                let task = match (same, typed == field.typed) {
                    (true, true) => Task::none(),
                    (true, false) => self.dirty(),
                    (false, _) => self.changed(shared),
                };
                // Whoever takes an offer with the pointer goes on typing.
                let focus = if by_pointer { operation::focus(which.id()) } else { Task::none() };
                return Action::run(Task::batch([task, focus]));
            }
            Edit::Shown(which) => {
                match which {
                    Which::To => {}
                    Which::Cc => note.cc_shown = true,
                    Which::Bcc => note.bcc_shown = true,
                }
                return Action::run(operation::focus(which.id()));
            }
            Edit::SubjectChanged(subject) => {
                note.subject = subject.replace(['\r', '\n'], " ");
                return Action::run(self.dirty());
            }
            Edit::BodyTouched(action) => {
                let changed = note.body.perform(action);
                return Action::run(if changed { self.dirty() } else { Task::none() });
            }
            Edit::Undone => note.body.undo(),
            Edit::Redone => note.body.redo(),
            Edit::AttachPressed => {
                let pick = Pick::Open { title: say::ATTACH_TITLE, kinds: ("", &[]), several: true };
                let then = Arc::new(|files| Message::Edit(Edit::FilesChosen(files)));
                return Action::wish(Wish::Pick(pick, then));
            }
            Edit::FilesChosen(files) => {
                let before = note.enclosures.len();
                note.attach(files);
                note.enclosures.len() != before
            }
            Edit::EnclosureRemoved(at) => {
                let there = at < note.enclosures.len();
                if there {
                    note.enclosures.remove(at);
                    self.trouble = None;
                }
                there
            }
            Edit::ExpiredConfirmed(certificates) => {
                note.expired.extend(certificates);
                true
            }
            Edit::PersonRemoved(address) => {
                Which::ALL.iter().for_each(|which| note.field_mut(*which).drop(&address));
                true
            }
        };
        Action::run(if changed { self.changed(shared) } else { Task::none() })
    }
}
