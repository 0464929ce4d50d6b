//! The quiet line over the messages until a key was backed up once.

use iced::widget::container;
use iced::{Element, Padding};
use jiff::SignedDuration;

use super::Message;
use super::shared::Shared;
use super::theme::Wax;
use super::widget::{banner, button};
use super::words::settings as say;

/// Put aside, it comes again after this time.
const AGAIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The reminder, where one is due.
pub(super) fn view<'a>(shared: &Shared) -> Option<Element<'a, Message>> {
    let key = shared.key_without_copy()?;
    let reminded = shared.people.settings.backup_reminded;
    if reminded.is_some_and(|then| shared.now.duration_since(then) < AGAIN) {
        return None;
    }
    let back_up = button::secondary(say::BACK_UP).small().on_press(Message::BackUpWanted(key)).into();
    let banner = banner::banner(
        Wax::Quiet,
        say::REMIND.to_owned(),
        say::REMIND_WHY.to_owned(),
        vec![back_up],
        Some(Message::ReminderClosed),
    );
    Some(container(banner).padding(Padding::new(12.0).bottom(0.0)).into())
}
