//! A person as the first letter of the name.

use iced::widget::{Container, container};
use iced::{Background, Theme, border};

use crate::app::theme::{Wax, ink, tokens};
use crate::app::typography as typo;

/// A circle of `size` pixels; `wax` other than quiet warns.
pub(crate) fn avatar<'a, Message: 'a>(name: &str, size: f32, wax: Wax) -> Container<'a, Message> {
    let initial = name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
    let initial = initial.unwrap_or_else(|| "?".to_owned());
    let letter = if size >= 40.0 { typo::heading(initial) } else { typo::small_strong(initial) };
    container(letter.style(ink(|t| t.ink2))).center(size).style(move |theme: &Theme| {
        let tones = tokens(theme).wax(wax);
        container::Style {
            background: Some(Background::Color(tones.tint)),
            border: border::rounded(size / 2.0).width(1).color(tones.border),
            ..container::Style::default()
        }
    })
}
