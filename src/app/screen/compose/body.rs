//! The text as it is written, with the way back that iced's editor has not.

use std::collections::VecDeque;

use iced::widget::text_editor::{self, Action, Content, Cursor, Position};

/// Steps back that are kept.
const STEPS: usize = 500;
/// Octets that they may hold in all.
const OCTETS: usize = 4 << 20;

/// The text and its past.
pub(super) struct Body {
    content: Content,
    text: String,
    past: VecDeque<Change>,
    undone: Vec<Change>,
    /// Octets in `past`.
    held: usize,
    /// The cursor was moved: what comes next is a step of its own.
    moved: bool,
}

/// At `at`, `removed` was replaced by `added`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    at: usize,
    removed: String,
    added: String,
}

impl Change {
    /// What makes `after` of `before`, if they differ.
    fn between(before: &str, after: &str) -> Option<Self> {
        let same = before.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
        let start = floor(before, same);
        let (rest_before, rest_after) = (&before[start..], &after[start..]);
        let same = rest_before.bytes().rev().zip(rest_after.bytes().rev());
        let mut end = same.take_while(|(one, other)| one == other).count();
        while !rest_before.is_char_boundary(rest_before.len() - end)
            || !rest_after.is_char_boundary(rest_after.len() - end)
        {
            end -= 1;
        }
        let change = Self {
            at: start,
            removed: rest_before[..rest_before.len() - end].to_owned(),
            added: rest_after[..rest_after.len() - end].to_owned(),
        };
        (!change.removed.is_empty() || !change.added.is_empty()).then_some(change)
    }

    fn size(&self) -> usize {
        self.removed.len() + self.added.len()
    }

    /// Takes `next` in, where both belong to the typing or deleting of one word.
    fn takes(&mut self, next: &Self) -> bool {
        if self.removed.is_empty() && next.removed.is_empty() {
            let follows = next.at == self.at + self.added.len() && next.added.chars().count() == 1;
            let begins_word =
                self.added.ends_with(char::is_whitespace) && next.added.chars().all(|c| !c.is_whitespace());
            if follows && !begins_word && !next.added.contains('\n') {
                self.added.push_str(&next.added);
                return true;
            }
        }
        if self.added.is_empty() && next.added.is_empty() && next.removed.chars().count() == 1 {
            let blank = next.removed.chars().all(char::is_whitespace);
            if next.at + next.removed.len() == self.at
                && self.removed.starts_with(char::is_whitespace) == blank
            {
                self.removed.insert_str(0, &next.removed);
                self.at = next.at;
                return true;
            }
            if next.at == self.at && self.removed.ends_with(char::is_whitespace) == blank {
                self.removed.push_str(&next.removed);
                return true;
            }
        }
        false
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Body {
    /// Starts with `text`, the cursor before it.
    pub(super) fn new(text: &str) -> Self {
        let content = Content::with_text(text);
        let text = content.text();
        Self { content, text, past: VecDeque::new(), undone: Vec::new(), held: 0, moved: false }
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Does what the editor wants; whether the text is another now.
    pub(super) fn perform(&mut self, action: Action) -> bool {
        let edits = action.is_edit();
        let pasted = matches!(action, Action::Edit(text_editor::Edit::Paste(_)));
        self.content.perform(action);
        if !edits {
            self.moved = true;
            return false;
        }
        let text = self.content.text();
        let Some(change) = Change::between(&self.text, &text) else { return false };
        self.text = text;
        self.undone.clear();
        let taken = !self.moved && !pasted && self.past.back_mut().is_some_and(|last| last.takes(&change));
        self.held += change.size();
        if !taken {
            self.past.push_back(change);
        }
        self.moved = pasted;
        while self.past.len() > STEPS || self.held > OCTETS {
            let Some(oldest) = self.past.pop_front() else { break };
            self.held -= oldest.size();
        }
        true
    }

    /// One step back; whether there was one.
    pub(super) fn undo(&mut self) -> bool {
        let Some(change) = self.past.pop_back() else { return false };
        self.held -= change.size();
        self.replace(change.at, change.added.len(), &change.removed);
        self.undone.push(change);
        true
    }

    /// One step forth again.
    pub(super) fn redo(&mut self) -> bool {
        let Some(change) = self.undone.pop() else { return false };
        self.replace(change.at, change.removed.len(), &change.added);
        self.held += change.size();
        self.past.push_back(change);
        true
    }

    fn replace(&mut self, at: usize, len: usize, with: &str) {
        self.text.replace_range(at..at + len, with);
        self.content = Content::with_text(&self.text);
        let before = &self.text[..at + with.len()];
        let line = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
        self.content.move_to(Cursor { position: Position { line, column }, selection: None });
        self.moved = true;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use iced::widget::text_editor::{Edit, Motion};

    use super::*;

    fn write(body: &mut Body, text: &str) {
        for c in text.chars() {
            let edit = if c == '\n' { Edit::Enter } else { Edit::Insert(c) };
            body.perform(Action::Edit(edit));
        }
    }

    fn states(body: &mut Body) -> Vec<String> {
        let mut states = Vec::new();
        while body.undo() {
            states.push(body.text().to_owned());
        }
        states
    }

    #[test]
    fn it_goes_back_word_by_word_and_forth_again() {
        let mut body = Body::new("");
        write(&mut body, "Dear Zoë,\nhello 山本");
        assert_eq!(
            states(&mut body),
            ["Dear Zoë,\nhello ", "Dear Zoë,\n", "Dear Zoë,", "Dear ", ""].map(str::to_owned)
        );
        while body.redo() {}
        assert_eq!(body.text(), "Dear Zoë,\nhello 山本");
        assert_eq!(body.content().text(), body.text());
        let position = body.content().cursor().position;
        assert_eq!((position.line, position.column), (1, "hello 山本".len()));
    }

    #[test]
    fn what_is_written_after_going_back_takes_the_place_of_what_was_undone() {
        let mut body = Body::new("");
        write(&mut body, "one two");
        body.undo();
        write(&mut body, "three");
        assert!(!body.redo());
        assert_eq!(body.text(), "one three");
        assert_eq!(states(&mut body), ["one ", ""].map(str::to_owned));
    }

    #[test]
    fn deleting_and_pasting_and_moving_are_steps_of_their_own() {
        let mut body = Body::new("");
        write(&mut body, "one two");
        for _ in 0..3 {
            body.perform(Action::Edit(Edit::Backspace));
        }
        assert_eq!(body.text(), "one ");
        body.perform(Action::Edit(Edit::Paste(Arc::new("a long\npasted text".to_owned()))));
        write(&mut body, "!");
        body.perform(Action::Move(Motion::Home));
        write(&mut body, "so ");
        assert_eq!(
            states(&mut body),
            ["one a long\npasted text!", "one a long\npasted text", "one ", "one two", "one ", ""]
                .map(str::to_owned)
        );
    }

    #[test]
    fn the_past_has_an_end() {
        let mut body = Body::new("");
        for _ in 0..2 * STEPS {
            write(&mut body, "word\n");
        }
        assert!(body.past.len() <= STEPS);
        let large = Arc::new("x".repeat(OCTETS / 2));
        for _ in 0..4 {
            body.perform(Action::Edit(Edit::Paste(Arc::clone(&large))));
        }
        assert!(body.held <= OCTETS && body.held == body.past.iter().map(Change::size).sum::<usize>());
    }
}
