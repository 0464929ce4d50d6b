//! One of several, and on or off: with a place in the order of Tab, which iced's own have not.

use std::borrow::Cow;

use iced::alignment::Vertical;
use iced::widget::{Button, button, column, container, row};
use iced::{Background, Element, Length, Theme, border};

use super::control::Control;
use crate::app::icon::{Icon, tinted_icon};
use crate::app::theme::{ink, tokens};
use crate::app::typography as typo;

/// A line with a round mark: one of several.
pub(crate) fn radio<'a, Message: Clone + 'a>(
    chosen: bool,
    words: impl Into<Cow<'a, str>>,
    detail: impl Into<Cow<'a, str>>,
    on_press: Message,
) -> Element<'a, Message> {
    line(mark(chosen), words.into(), detail.into(), on_press)
}

/// A line with a square mark: on or off.
pub(crate) fn tick<'a, Message: Clone + 'a>(
    on: bool,
    words: impl Into<Cow<'a, str>>,
    detail: impl Into<Cow<'a, str>>,
    on_press: Message,
) -> Element<'a, Message> {
    let sign = on.then(|| tinted_icon(Icon::Check, 14.0, |theme| tokens(theme).on_action));
    let square = container(row![].push(sign)).center(18).style(move |theme: &Theme| {
        let tokens = tokens(theme);
        let (ground, edge) = if on { (tokens.action, tokens.action) } else { (tokens.paper, tokens.edge) };
        container::Style {
            background: Some(Background::Color(ground)),
            border: border::rounded(4).width(1).color(edge),
            ..container::Style::default()
        }
    });
    line(square.into(), words.into(), detail.into(), on_press)
}

fn line<'a, Message: Clone + 'a>(
    mark: Element<'a, Message>,
    words: Cow<'a, str>,
    detail: Cow<'a, str>,
    on_press: Message,
) -> Element<'a, Message> {
    let detail = (!detail.is_empty()).then(|| typo::small(detail).style(ink(|t| t.ink2)));
    let words = column![typo::label(words).style(ink(|t| t.ink))].push(detail).width(Length::Fill);
    let mark = container(mark).padding([1, 0]);
    let content = row![mark, words].spacing(12).align_y(Vertical::Top).padding(8);
    super::button::area(content, Some(on_press), 6.0, false).into()
}

/// A card that is chosen as a whole; its head bears the mark.
pub(crate) fn card<'a, Message: Clone + 'a>(
    chosen: bool,
    head: Element<'a, Message>,
    content: Element<'a, Message>,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    let head = row![mark(chosen), head].spacing(12).align_y(Vertical::Center);
    let content = column![head, container(content).padding(iced::Padding::ZERO.left(30))].spacing(8);
    let card = Button::new(content).padding(20).width(Length::Fill).height(Length::Fill).style(
        move |theme: &Theme, status| {
            let tokens = tokens(theme);
            let over = matches!(status, button::Status::Hovered | button::Status::Pressed);
            let (width, color) = if chosen { (2, tokens.action) } else { (1, tokens.line) };
            button::Style {
                background: Some(Background::Color(if over && !chosen {
                    tokens.hover
                } else {
                    tokens.paper
                })),
                text_color: tokens.ink,
                border: border::rounded(10).width(width).color(color),
                ..button::Style::default()
            }
        },
    );
    Control::new(card, on_press, 10.0).into()
}

fn mark<'a, Message: 'a>(chosen: bool) -> Element<'a, Message> {
    let dot = chosen.then(|| {
        container(row![].width(6).height(6)).style(|theme: &Theme| container::Style {
            background: Some(Background::Color(tokens(theme).on_action)),
            border: border::rounded(3),
            ..container::Style::default()
        })
    });
    container(row![].push(dot))
        .center(18)
        .style(move |theme: &Theme| {
            let tokens = tokens(theme);
            let (ground, edge) =
                if chosen { (tokens.action, tokens.action) } else { (tokens.paper, tokens.edge) };
            container::Style {
                background: Some(Background::Color(ground)),
                border: border::rounded(9).width(1).color(edge),
                ..container::Style::default()
            }
        })
        .into()
}
