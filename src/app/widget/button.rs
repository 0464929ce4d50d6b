//! Buttons: primary (one a screen), secondary, danger, quiet, and those that are an icon with a tooltip.

use std::borrow::Cow;

use iced::alignment::Vertical;
use iced::widget::{Button, button, container, row, tooltip};
use iced::{Background, Border, Color, Element, Length, Theme, border};

use super::control::Control;
use crate::app::icon::{Icon, tinted_icon};
use crate::app::theme::{self, Tokens, Wax, tokens};
use crate::app::typography::{self as typo, LABEL, SMALL};

/// How much a button wants to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    Danger,
    DangerFinal,
    Quiet,
}

/// A button of words, off until it has a message.
#[must_use]
pub(crate) struct Press<'a, Message> {
    kind: Kind,
    words: Cow<'a, str>,
    icon: Option<Icon>,
    trailing: Option<Icon>,
    on_press: Option<Message>,
    small: bool,
    fill: bool,
}

/// The one thing to do here.
pub(crate) fn primary<'a, Message>(words: impl Into<Cow<'a, str>>) -> Press<'a, Message> {
    Press::new(Kind::Primary, words)
}

/// One of the things to do.
pub(crate) fn secondary<'a, Message>(words: impl Into<Cow<'a, str>>) -> Press<'a, Message> {
    Press::new(Kind::Secondary, words)
}

/// What opens the question before a thing that cannot be undone.
pub(crate) fn danger<'a, Message>(words: impl Into<Cow<'a, str>>) -> Press<'a, Message> {
    Press::new(Kind::Danger, words)
}

/// The answer to that question, inside it alone.
pub(crate) fn danger_final<'a, Message>(words: impl Into<Cow<'a, str>>) -> Press<'a, Message> {
    Press::new(Kind::DangerFinal, words)
}

/// A link.
pub(crate) fn quiet<'a, Message>(words: impl Into<Cow<'a, str>>) -> Press<'a, Message> {
    Press::new(Kind::Quiet, words)
}

impl<'a, Message> Press<'a, Message> {
    fn new(kind: Kind, words: impl Into<Cow<'a, str>>) -> Self {
        Self {
            kind,
            words: words.into(),
            icon: None,
            trailing: None,
            on_press: None,
            small: false,
            fill: false,
        }
    }

    /// Before the words.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// After the words.
    pub(crate) fn trailing(mut self, icon: Icon) -> Self {
        self.trailing = Some(icon);
        self
    }

    /// 30 instead of 36 pixels high.
    pub(crate) fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// As wide as there is room.
    pub(crate) fn fill(mut self) -> Self {
        self.fill = true;
        self
    }

    /// What pressing it says.
    pub(crate) fn on_press(mut self, message: Message) -> Self {
        self.on_press = Some(message);
        self
    }

    /// What pressing it says; nothing: it is off, and the reason stands beside it.
    pub(crate) fn on_press_maybe(mut self, message: Option<Message>) -> Self {
        self.on_press = message;
        self
    }
}

impl<'a, Message: Clone + 'a> From<Press<'a, Message>> for Element<'a, Message> {
    fn from(press: Press<'a, Message>) -> Self {
        let Press { kind, words, icon, trailing, on_press, small, fill } = press;
        let off = on_press.is_none();
        let color = move |theme: &Theme| text_color(kind, tokens(theme), off);
        let icon_size = if small { 16.0 } else { 17.0 };
        let label = typo::pressed(words, if small { SMALL } else { LABEL });
        let content = row![]
            .push(icon.map(|icon| tinted_icon(icon, icon_size, color)))
            .push(label.wrapping(iced::widget::text::Wrapping::None))
            .push(trailing.map(|icon| tinted_icon(icon, icon_size, color)))
            .spacing(8)
            .align_y(Vertical::Center);
        let content = container(content).center_y(Length::Fill);
        let content = if fill { content.center_x(Length::Fill) } else { content };
        let button = button(content)
            .height(if small { 30 } else { 36 })
            .width(if fill { Length::Fill } else { Length::Shrink })
            .padding([0, if small { 10 } else { 14 }])
            .style(move |theme, status| style(kind, tokens(theme), status));
        Control::new(button, on_press, 6.0).into()
    }
}

fn text_color(kind: Kind, tokens: &Tokens, off: bool) -> Color {
    match kind {
        _ if off => tokens.ink3,
        Kind::Primary => tokens.on_action,
        Kind::Secondary => tokens.ink,
        Kind::Danger => tokens.wax(Wax::Alarm).ink,
        Kind::DangerFinal => tokens.on_alarm,
        Kind::Quiet => tokens.link,
    }
}

fn style(kind: Kind, tokens: &Tokens, status: button::Status) -> button::Style {
    let over = matches!(status, button::Status::Hovered | button::Status::Pressed);
    let off = status == button::Status::Disabled;
    let alarm = tokens.wax(Wax::Alarm);
    let lines = |color: Color| border::rounded(6).width(1).color(color);
    let (ground, border) = match kind {
        Kind::Quiet if over => (Some(tokens.hover), border::rounded(6)),
        Kind::Quiet => (None, border::rounded(6)),
        Kind::Primary | Kind::Secondary | Kind::Danger | Kind::DangerFinal if off => {
            let quiet = tokens.wax(Wax::Quiet);
            (Some(quiet.tint), lines(quiet.border))
        }
        Kind::Primary if over => (Some(tokens.action_hover), border::rounded(6)),
        Kind::Primary => (Some(tokens.action), border::rounded(6)),
        Kind::Secondary => (Some(if over { tokens.hover } else { tokens.raised }), lines(tokens.edge)),
        Kind::Danger => (Some(if over { alarm.tint } else { tokens.raised }), lines(alarm.ink)),
        Kind::DangerFinal => (Some(alarm.ink), border::rounded(6)),
    };
    button::Style {
        background: ground.map(Background::Color),
        text_color: text_color(kind, tokens, off),
        border,
        ..button::Style::default()
    }
}

/// An icon whose words are in its tooltip.
pub(crate) fn icon<'a, Message: Clone + 'a>(
    icon: Icon,
    words: impl Into<Cow<'a, str>>,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    let off = on_press.is_none();
    let drawing = tinted_icon(icon, 18.0, move |theme| {
        let tokens = tokens(theme);
        if off { tokens.ink3 } else { tokens.ink2 }
    });
    let button = button(container(drawing).center(Length::Fill)).width(36).height(36).padding(0).style(bare);
    with_tooltip(Control::new(button, on_press, 6.0).into(), words)
}

/// A row, card or cell that can be pressed as a whole; `ground` says how it looks.
pub(crate) fn area<'a, Message: Clone + 'a>(
    content: impl Into<Element<'a, Message>>,
    on_press: Option<Message>,
    radius: f32,
    selected: bool,
) -> Control<'a, Message> {
    let button = Button::new(content).padding(0).width(Length::Fill).style(move |theme, status| {
        let tokens = tokens(theme);
        let over = matches!(status, button::Status::Hovered | button::Status::Pressed);
        let ground = match (selected, over) {
            (true, _) => Some(tokens.selected),
            (false, true) => Some(tokens.hover),
            (false, false) => None,
        };
        button::Style {
            background: ground.map(Background::Color),
            text_color: tokens.ink,
            border: border::rounded(radius),
            ..button::Style::default()
        }
    });
    Control::new(button, on_press, radius).ring_inside()
}

fn bare(theme: &Theme, status: button::Status) -> button::Style {
    let tokens = tokens(theme);
    let over = matches!(status, button::Status::Hovered | button::Status::Pressed);
    button::Style {
        background: over.then_some(Background::Color(tokens.hover)),
        text_color: tokens.ink2,
        border: Border { radius: 6.into(), ..Border::default() },
        ..button::Style::default()
    }
}

/// Words that show while the pointer rests.
pub(crate) fn with_tooltip<'a, Message: 'a>(
    content: Element<'a, Message>,
    words: impl Into<Cow<'a, str>>,
) -> Element<'a, Message> {
    let words: Cow<'a, str> = words.into();
    let tip = container(typo::caption(words)).padding([4, 8]).style(theme::floating(6.0));
    tooltip(content, tip, tooltip::Position::Bottom).gap(2).into()
}
