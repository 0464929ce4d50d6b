//! A certificate as a card: what it is used for, until when, its facts and its fingerprint.

use iced::alignment::Vertical;
use iced::widget::{column, container, row};
use iced::{Element, Length, Padding};

use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::words::contacts as say;
use waxseal::smime::Fingerprint;

/// As wide as four hexadecimal digits stand in columns.
const GROUP: f32 = 44.0;
/// Groups in a line.
const IN_A_LINE: usize = 8;
/// As far in as the facts stand, below the sign.
const INDENT: f32 = 40.0;

/// What a card shows.
pub(crate) struct Card<'a, Message> {
    /// 28 pixels wide.
    pub(crate) sign: Element<'a, Message>,
    pub(crate) title: String,
    pub(crate) line: String,
    /// Label and value.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// In groups below the facts.
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Right of the title.
    pub(crate) buttons: Vec<Element<'a, Message>>,
    /// Below everything.
    pub(crate) foot: Option<Element<'a, Message>>,
    /// The border, where it asks for attention.
    pub(crate) wax: Option<Wax>,
}

/// Draws it; `narrow`: labels take less room.
pub(crate) fn card<'a, Message: 'a>(card: Card<'a, Message>, narrow: bool) -> Element<'a, Message> {
    let lines =
        column![typo::strong(card.title), typo::small(card.line).style(ink(|t| t.ink2))].width(Length::Fill);
    let head = row![container(card.sign).width(28), lines, row(card.buttons).align_y(Vertical::Center)]
        .spacing(12)
        .align_y(Vertical::Center);
    let mut facts: Vec<Element<'a, Message>> = card
        .facts
        .into_iter()
        .map(|(label, value)| {
            fact(label, typo::small(value).wrapping(iced::widget::text::Wrapping::WordOrGlyph).into(), narrow)
        })
        .collect();
    facts.extend(card.fingerprint.map(|print| fact(say::SHA256, fingerprint(&print), narrow)));
    let facts = (!facts.is_empty()).then(|| {
        container(column(facts).spacing(7)).padding(Padding { left: INDENT, top: 10.0, ..Padding::ZERO })
    });
    let foot = card
        .foot
        .map(|foot| container(foot).padding(Padding { left: INDENT - 14.0, top: 8.0, ..Padding::ZERO }));
    let content = container(column![head].push(facts).push(foot)).padding([14, 16]).width(Length::Fill);
    match card.wax {
        Some(wax) => content.style(theme::wax_card(wax, 10.0)).into(),
        None => content.style(theme::card(10.0)).into(),
    }
}

/// A label and what it is for.
pub(crate) fn fact<'a, Message: 'a>(
    label: &'static str,
    value: Element<'a, Message>,
    narrow: bool,
) -> Element<'a, Message> {
    let label = typo::small(label).style(ink(|t| t.ink2));
    row![container(label).width(if narrow { 76 } else { 112 }), container(value).width(Length::Fill)]
        .spacing(12)
        .into()
}

/// 64 digits in groups of four, in columns.
fn fingerprint<'a, Message: 'a>(fingerprint: &Fingerprint) -> Element<'a, Message> {
    let groups = groups(fingerprint);
    let line = |groups: &[String]| {
        row(groups.iter().map(|group| container(typo::small(group.clone())).width(GROUP).into())).into()
    };
    column(groups.chunks(IN_A_LINE).map(line)).spacing(2).into()
}

/// "9F2C", "71E0", …: sixteen of them.
pub(crate) fn groups(fingerprint: &Fingerprint) -> Vec<String> {
    let (pairs, _) = fingerprint.as_bytes().as_chunks::<2>();
    pairs.iter().map(|[high, low]| format!("{high:02X}{low:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_stands_in_sixteen_groups() {
        let fingerprint: Fingerprint = "9f2c71e0".repeat(8).parse().unwrap();
        let groups = groups(&fingerprint);
        assert_eq!((groups.len(), groups[0].as_str(), groups[15].as_str()), (16, "9F2C", "71E0"));
        assert_eq!(groups.concat().parse::<Fingerprint>().unwrap(), fingerprint);
    }
}
