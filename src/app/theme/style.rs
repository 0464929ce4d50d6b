//! Styles for iced's widgets, by the roles of colour.

use iced::widget::{container, progress_bar, rule, scrollable, text, text_editor, text_input};
use iced::{Background, Border, Color, Theme, border};

use super::{SCRIM, Tokens, Wax, tokens};

/// Text in one role: `text("…").style(ink(|t| t.ink2))`.
pub(crate) fn ink(role: fn(&Tokens) -> Color) -> impl Fn(&Theme) -> text::Style {
    move |theme| text::Style { color: Some(role(tokens(theme))) }
}

/// Text in a wax colour.
pub(crate) fn wax(wax: Wax) -> impl Fn(&Theme) -> text::Style {
    move |theme| text::Style { color: Some(tokens(theme).wax(wax).ink) }
}

/// A surface without a border.
pub(crate) fn surface(role: fn(&Tokens) -> Color) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tokens = tokens(theme);
        container::Style { text_color: Some(tokens.ink), ..plain(role(tokens)) }
    }
}

fn plain(color: Color) -> container::Style {
    container::Style { background: Some(Background::Color(color)), ..container::Style::default() }
}

/// A surface with a rounded border in the colour of lines.
pub(crate) fn card(radius: f32) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tokens = tokens(theme);
        container::Style {
            border: border::rounded(radius).width(1).color(tokens.line),
            text_color: Some(tokens.ink),
            ..plain(tokens.paper)
        }
    }
}

/// A card whose border is of wax, its ground paper.
pub(crate) fn wax_card(wax: Wax, radius: f32) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tokens = tokens(theme);
        container::Style {
            border: border::rounded(radius).width(1).color(tokens.wax(wax).border),
            ..plain(tokens.paper)
        }
    }
}

/// A tinted box with a border of the same wax: banners and chips.
pub(crate) fn tinted(wax: Wax, radius: f32) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tones = tokens(theme).wax(wax);
        container::Style { border: border::rounded(radius).width(1).color(tones.border), ..plain(tones.tint) }
    }
}

/// A tinted ground without a border.
pub(crate) fn tinted_ground(wax: Wax, radius: f32) -> impl Fn(&Theme) -> container::Style {
    move |theme| container::Style { border: border::rounded(radius), ..plain(tokens(theme).wax(wax).tint) }
}

/// The tinted head of a card whose corners have `radius`.
pub(crate) fn head(wax: Wax, radius: f32) -> impl Fn(&Theme) -> container::Style {
    move |theme| container::Style {
        border: Border { radius: border::top(radius), ..Border::default() },
        ..plain(tokens(theme).wax(wax).tint)
    }
}

/// What floats: modal, menu, toast. Its edge sets it off: the software renderer draws shadows beyond the part of the
/// window that it draws anew, so that they grow darker with every blink of a cursor.
pub(crate) fn floating(radius: f32) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tokens = tokens(theme);
        container::Style {
            border: border::rounded(radius).width(1).color(tokens.edge),
            text_color: Some(tokens.ink),
            ..plain(tokens.raised)
        }
    }
}

/// Behind a modal.
pub(crate) fn scrim(_theme: &Theme) -> container::Style {
    plain(SCRIM)
}

/// A hairline.
pub(crate) fn line(theme: &Theme) -> rule::Style {
    rule::Style { color: tokens(theme).line, radius: 0.0.into(), fill_mode: rule::FillMode::Full, snap: true }
}

/// A field for one line.
pub(crate) fn field(theme: &Theme, status: text_input::Status) -> text_input::Style {
    let tokens = tokens(theme);
    let (border, width) = match status {
        text_input::Status::Focused { .. } => (tokens.focus, 2.0),
        text_input::Status::Hovered => (tokens.ink2, 1.0),
        text_input::Status::Active | text_input::Status::Disabled => (tokens.edge, 1.0),
    };
    text_input::Style {
        background: Background::Color(tokens.paper),
        border: border::rounded(6).width(width).color(border),
        icon: tokens.ink3,
        placeholder: tokens.ink3,
        value: tokens.ink,
        selection: tokens.selected,
    }
}

/// A field without a border, on a sheet that draws its own rules.
pub(crate) fn bare_field(theme: &Theme, status: text_input::Status) -> text_input::Style {
    text_input::Style {
        background: Background::Color(Color::TRANSPARENT),
        border: Border::default(),
        ..field(theme, status)
    }
}

/// Text that is written or selected on a sheet, without a border.
pub(crate) fn sheet_editor(theme: &Theme, _status: text_editor::Status) -> text_editor::Style {
    let tokens = tokens(theme);
    text_editor::Style {
        background: Background::Color(Color::TRANSPARENT),
        border: Border::default(),
        placeholder: tokens.ink3,
        value: tokens.ink,
        selection: tokens.selected,
    }
}

/// A thin bar that shows itself on the sheet's edge.
pub(crate) fn scrolling(theme: &Theme, status: scrollable::Status) -> scrollable::Style {
    let tokens = tokens(theme);
    let mut style = scrollable::default(theme, status);
    style.container = container::Style::default();
    for rail in [&mut style.vertical_rail, &mut style.horizontal_rail] {
        rail.background = None;
        rail.border = Border::default();
        rail.scroller.background = Background::Color(tokens.edge);
        rail.scroller.border = border::rounded(3);
    }
    style
}

/// Work that goes on.
pub(crate) fn progress(theme: &Theme) -> progress_bar::Style {
    let tokens = tokens(theme);
    progress_bar::Style {
        background: Background::Color(tokens.wax(Wax::Quiet).border),
        bar: Background::Color(tokens.action),
        border: border::rounded(3),
    }
}
