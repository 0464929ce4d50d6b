//! The list of messages.

use iced::alignment::Vertical;
use iced::widget::{column, container, row, rule, scrollable, space, text_input};
use iced::{Element, Length, Padding};

use super::{Entry, Message, Reader, SEARCH};
use crate::app::icon::{Icon, glyph, icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, ink};
use crate::app::typography as typo;
use crate::app::widget::{badge, button, elided};
use crate::app::words;
use crate::app::words::reader as say;

pub(super) fn view<'a>(reader: &'a Reader, shared: &'a Shared) -> Element<'a, Message> {
    let head = row![
        typo::heading(words::MESSAGES),
        space::horizontal(),
        button::icon(Icon::FolderOpen, say::OPEN, Some(Message::OpenPressed)),
    ]
    .align_y(Vertical::Center)
    .height(56)
    .padding(Padding { left: 16.0, right: 10.0, ..Padding::ZERO });
    let search = text_input(say::SEARCH, &reader.search)
        .id(SEARCH)
        .on_input(Message::SearchChanged)
        .style(theme::field)
        .padding([7, 12])
        .size(typo::LABEL.size);
    let mut rows = column![].spacing(1).padding(Padding { left: 8.0, right: 8.0, bottom: 8.0, top: 0.0 });
    let mut group = "";
    for entry in reader.shown() {
        let here = group_of(entry, shared);
        if here != group {
            group = here;
            let caption = typo::tier(group).style(ink(|t| t.ink3));
            rows = rows.push(container(caption).padding(Padding {
                top: 12.0,
                bottom: 6.0,
                left: 8.0,
                right: 8.0,
            }));
        }
        rows = rows.push(line(entry, reader.chosen == Some(entry.id), shared));
    }
    let body: Element<'a, Message> = if reader.entries.is_empty() {
        container(typo::small(say::EMPTY_LIST).style(ink(|t| t.ink3))).padding([12, 16]).into()
    } else if reader.shown().next().is_none() {
        let nothing = typo::small(words::nothing_matches(&reader.search)).style(ink(|t| t.ink3));
        let all = button::quiet(words::SHOW_ALL).small().on_press(Message::SearchChanged(String::new()));
        container(column![nothing, Element::from(all)].spacing(4)).padding([12, 16]).into()
    } else {
        scrollable(rows).height(Length::Fill).style(theme::scrolling).into()
    };
    let content = column![head, container(search).padding([0, 12]), body];
    let width = match (shared.has_two_panes(), shared.is_wide()) {
        (false, _) => Length::Fill,
        (true, true) => Length::Fixed(335.0),
        (true, false) => Length::Fixed(279.0),
    };
    let tray = container(content).width(width).height(Length::Fill).style(theme::surface(|t| t.tray));
    row![tray, rule::vertical(1).style(theme::line)].into()
}

fn group_of(entry: &Entry, shared: &Shared) -> &'static str {
    let Some(date) = entry.known.as_ref().and_then(|known| known.date) else { return say::TODAY };
    let days = (words::local(shared.now).date() - words::local(date).date()).get_days();
    match days {
        ..=0 => say::TODAY,
        1..=6 => say::THIS_WEEK,
        7.. => say::EARLIER,
    }
}

fn line<'a>(entry: &'a Entry, chosen: bool, shared: &'a Shared) -> Element<'a, Message> {
    let known = entry.known.as_ref();
    let tier = known.map(|known| known.tier);
    let seal: Element<'a, Message> = match tier {
        Some(tier) => {
            let (shape, wax) = badge::of(tier);
            glyph(shape, 28.0, wax).into()
        }
        None => icon(Icon::CircleDashed, 28.0, |t| t.ink3).into(),
    };
    let name = match known {
        Some(known) if known.claimed => say::claims(&known.name),
        Some(known) => known.name.clone(),
        None => entry.origin.name().unwrap_or_default(),
    };
    let date = known.and_then(|known| known.date).map(|date| words::short_date(date, shared.now));
    let subject = match known {
        Some(known) => known.subject.as_deref().unwrap_or(match known.tier {
            Some(_) => say::NO_SUBJECT,
            None => say::CLOSED_SUBJECT,
        }),
        None => "",
    };
    let words = tier.map(|tier| {
        let (_, wax) = badge::of(tier);
        typo::tier(badge::words(tier)).style(theme::wax(wax))
    });
    let first = row![
        container(elided::line(name).strong()).width(Length::Fill),
        typo::caption(date.unwrap_or_default()).style(ink(|t| t.ink2)),
    ]
    .spacing(8)
    .align_y(Vertical::Center);
    let lines = column![first, elided::line(subject).size(typo::SMALL).color(|t| t.ink2)]
        .push(words)
        .width(Length::Fill);
    let content = row![seal, lines].spacing(12).padding(10).height(76);
    button::area(content, Some(Message::Chosen(entry.id)), 8.0, chosen).into()
}
