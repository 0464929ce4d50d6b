//! What floats over the window: one modal, one toast.

use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container, mouse_area, opaque, row, rule, scrollable, space, stack};
use iced::{Element, Length, Padding};

use super::button;
use super::inert::inert;
use crate::app::icon::{Icon, icon};
use crate::app::theme;
use crate::app::typography as typo;

/// How wide a modal is where there is room.
pub(crate) const COMPARE_WIDTH: f32 = 720.0;
/// How wide every other modal is.
pub(crate) const WIDTH: f32 = 520.0;

/// `dialog` over a window that sleeps. `on_backdrop`: what a click beside it says, if it may be closed so.
pub(crate) fn over<'a, Message: Clone + 'a>(
    window: impl Into<Element<'a, Message>>,
    dialog: Option<(Element<'a, Message>, Option<Message>)>,
) -> Element<'a, Message> {
    let asleep = dialog.is_some();
    let dialog = dialog.map(|(dialog, on_backdrop)| {
        let ground = container(opaque(dialog)).center(Length::Fill).padding(24).style(theme::scrim);
        let ground = mouse_area(ground);
        opaque(match on_backdrop {
            Some(message) => ground.on_press(message),
            None => ground,
        })
    });
    stack![inert(window, asleep)].push(dialog).into()
}

/// The frame of a modal: title, the way out, what it says, and its buttons on the right (those in `left` on the left).
pub(crate) fn dialog<'a, Message: Clone + 'a>(
    title: impl Into<String>,
    close: Message,
    width: f32,
    content: impl Into<Element<'a, Message>>,
    left: Vec<Element<'a, Message>>,
    right: Vec<Element<'a, Message>>,
) -> Element<'a, Message> {
    let head =
        row![typo::title(title.into()).width(Length::Fill), button::icon(Icon::X, "Close", Some(close)),]
            .align_y(Vertical::Top);
    let foot = row![row(left), space::horizontal(), row(right)].align_y(Vertical::Center);
    let middle = scrollable(container(content).padding(Padding::from([8, 28])).width(Length::Fill))
        .style(theme::scrolling);
    container(column![
        container(head).padding(Padding { top: 24.0, right: 20.0, bottom: 4.0, left: 28.0 }),
        container(middle).max_height(560),
        rule::horizontal(1).style(theme::line),
        container(foot).padding([12, 24]),
    ])
    .max_width(width)
    .style(theme::floating(14.0))
    .into()
}

/// Something succeeded; shown bottom left of `sheet`.
pub(crate) fn with_toast<'a, Message: Clone + 'a>(
    sheet: Element<'a, Message>,
    toast: Option<Element<'a, Message>>,
) -> Element<'a, Message> {
    let toast = toast.map(|toast| {
        container(toast)
            .width(Length::Fill)
            .height(Length::Fill)
            .align_x(Horizontal::Left)
            .align_y(Vertical::Bottom)
            .padding(16)
    });
    stack![sheet].push(toast).into()
}

/// The words of a toast and at most one thing to do with what was done.
pub(crate) fn toast<'a, Message: Clone + 'a>(
    words: String,
    act: Option<(String, Message)>,
) -> Element<'a, Message> {
    let act = act.map(|(words, message)| Element::from(button::quiet(words).small().on_press(message)));
    let line = row![icon(Icon::Check, 18.0, |tokens| tokens.ink2), typo::label(words).width(Length::Fill)]
        .push(act)
        .spacing(12)
        .align_y(Vertical::Center);
    container(line).padding([10, 14]).width(360).style(theme::floating(8.0)).into()
}
