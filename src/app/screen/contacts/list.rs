//! The list of people. Only those rows are laid out that can be seen.

use iced::alignment::Vertical;
use iced::widget::{Space, column, container, keyed_column, row, rule, scrollable, space, stack, text_input};
use iced::{Color, Element, Length, Padding};

use super::people::Row;
use super::standing::{Standing, Trust};
use super::{Contacts, LIST, Message, SEARCH};
use crate::app::icon::{Glyph, Icon, glyph, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Tokens, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{avatar, button, elided};
use crate::app::words;
use crate::app::words::contacts as say;

/// A row and the gap below it.
pub(super) const ROW: f32 = 80.0;
/// What stands above the rows: title and search.
const HEAD: f32 = 98.0;
/// Rows beyond the edges, so that scrolling never shows a gap.
const MARGIN: usize = 2;

/// As much of the list as can be seen.
pub(super) fn height(shared: &Shared) -> f32 {
    (shared.size.height - HEAD).max(ROW)
}

/// The first row that is laid out, and how many.
pub(super) fn window(scrolled: f32, height: f32, count: usize) -> (usize, usize) {
    let first = ((scrolled.max(0.0) / ROW) as usize).saturating_sub(MARGIN).min(count);
    let seen = (height / ROW).ceil() as usize + 1 + 2 * MARGIN;
    (first, seen.min(count - first))
}

pub(super) fn view<'a>(contacts: &'a Contacts, shared: &'a Shared) -> Element<'a, Message> {
    let import = button::secondary(say::IMPORT).small().icon(Icon::Plus).on_press(Message::ImportPressed);
    let head = row![typo::heading(words::CONTACTS), space::horizontal(), Element::from(import)]
        .align_y(Vertical::Center)
        .height(56)
        .padding(Padding { left: 16.0, right: 10.0, ..Padding::ZERO });
    let content = column![
        head,
        container(search(&contacts.search)).height(42).padding([0, 12]),
        body(contacts, shared)
    ];
    let width = match (shared.has_two_panes(), shared.is_wide()) {
        (false, _) => Length::Fill,
        (true, true) => Length::Fixed(335.0),
        (true, false) => Length::Fixed(279.0),
    };
    let tray = container(content).width(width).height(Length::Fill).style(theme::surface(|t| t.tray));
    row![tray, rule::vertical(1).style(theme::line)].into()
}

fn search(search: &str) -> Element<'_, Message> {
    let field = text_input(say::SEARCH, search)
        .id(SEARCH)
        .on_input(Message::SearchChanged)
        .on_submit(Message::FirstChosen)
        .style(theme::field)
        .padding(Padding { left: 35.0, right: 12.0, top: 7.0, bottom: 7.0 })
        .size(typo::LABEL.size);
    let keys = search.is_empty().then(|| typo::caption(say::SEARCH_KEYS).style(ink(|t| t.ink3)));
    let signs = row![icon(Icon::Search, 16.0, |t| t.ink3), space::horizontal()]
        .push(keys)
        .align_y(Vertical::Center)
        .height(34)
        .padding([0, 11]);
    stack![field, signs].into()
}

fn body<'a>(contacts: &'a Contacts, shared: &'a Shared) -> Element<'a, Message> {
    let people = &contacts.people;
    if people.is_empty() {
        return container(typo::small(say::NOBODY_LIST).style(ink(|t| t.ink3))).padding([12, 16]).into();
    }
    if people.count() == 0 {
        let nothing = typo::small(words::nothing_matches(&contacts.search)).style(ink(|t| t.ink3));
        let all = button::quiet(words::SHOW_ALL).small().on_press(Message::SearchChanged(String::new()));
        return container(column![nothing, Element::from(all)].spacing(4)).padding([12, 16]).into();
    }
    let count = people.count();
    let (first, many) = window(contacts.scrolled, height(shared), count);
    let rows = people.window(first, many).map(|row| {
        let line = line(row, contacts.chosen == Some(row.id), shared);
        (row.id, container(line).height(ROW).padding(Padding { bottom: 1.0, ..Padding::ZERO }).into())
    });
    let above = Space::new().height(first as f32 * ROW);
    let below = Space::new().height((count - first - many) as f32 * ROW + 8.0);
    let rows = column![above, keyed_column(rows), below].padding([0, 8]);
    scrollable(rows)
        .id(LIST)
        .direction(slim())
        .on_scroll(|viewport| Message::Scrolled(viewport.absolute_offset().y))
        .height(Length::Fill)
        .style(theme::scrolling)
        .into()
}

/// A bar that does not cover what it stands over.
pub(super) fn slim() -> scrollable::Direction {
    let bar = scrollable::Scrollbar::new().width(6).scroller_width(6).margin(1);
    scrollable::Direction::Vertical(bar)
}

fn line<'a>(person: &'a Row, chosen: bool, shared: &'a Shared) -> Element<'a, Message> {
    let lines = column![
        elided::line(person.name.as_str()).strong(),
        elided::address(person.address.as_str()),
        state(&person.standing, shared),
    ]
    .width(Length::Fill)
    .spacing(1);
    let content =
        row![avatar::avatar(&person.name, 40.0, Wax::Quiet), lines].spacing(12).padding(10).height(79);
    button::area(content, Some(Message::Chosen(person.id)), 8.0, chosen).into()
}

/// What the state line of a contact shows before its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Glyph(Glyph),
    Icon(Icon),
}

/// Sign, colour and words of a standing.
pub(super) fn told(standing: &Standing, shared: &Shared) -> (Sign, Wax, String) {
    let now = shared.now;
    if let Some(days) = standing.ends_in {
        return (Sign::Icon(Icon::CalendarClock), Wax::Faith, say::expires_in(days));
    }
    let clock = Sign::Icon(Icon::CalendarClock);
    let broken = Sign::Glyph(Glyph::Broken);
    match &standing.trust {
        Trust::Changed => (broken, Wax::Alarm, say::CHANGED.to_owned()),
        Trust::Revoked { date, .. } => (broken, Wax::Alarm, say::taken_back(*date, now)),
        Trust::SetAside => (broken, Wax::Alarm, say::SET_ASIDE.to_owned()),
        Trust::NoCertificate => (Sign::Icon(Icon::CircleDashed), Wax::Quiet, say::NO_CERTIFICATE.to_owned()),
        Trust::SignsOnly => (Sign::Icon(Icon::CircleDashed), Wax::Quiet, say::SIGNS_ONLY.to_owned()),
        Trust::Expired(end) => (clock, Wax::Faith, say::expired(*end, now)),
        Trust::NotYet(begin) => (clock, Wax::Faith, say::begins(*begin, now)),
        Trust::Checked(time) => (Sign::Glyph(Glyph::Whole), Wax::Seal, say::checked(*time)),
        Trust::MadeHere(time) => (Sign::Glyph(Glyph::Whole), Wax::Seal, say::made_here(*time)),
        Trust::Vouched(authority) => (Sign::Glyph(Glyph::Envelope), Wax::Faith, say::vouched(authority)),
        Trust::NotChecked => (Sign::Glyph(Glyph::Envelope), Wax::Faith, say::NOT_CHECKED.to_owned()),
    }
}

/// The sign at this size.
pub(super) fn sign<'a>(sign: Sign, size: f32, wax: Wax) -> Element<'a, Message> {
    match sign {
        Sign::Glyph(shape) => glyph(shape, size, wax).into(),
        Sign::Icon(shape) => wax_icon(shape, size, wax).into(),
    }
}

fn state<'a>(standing: &Standing, shared: &Shared) -> Element<'a, Message> {
    let (shape, wax, words) = told(standing, shared);
    row![sign(shape, 14.0, wax), elided::line(words).tier().color(wax_ink(wax))]
        .spacing(6)
        .align_y(Vertical::Center)
        .padding(Padding { top: 2.0, ..Padding::ZERO })
        .into()
}

fn wax_ink(wax: Wax) -> fn(&Tokens) -> Color {
    match wax {
        Wax::Seal => |tokens| tokens.wax(Wax::Seal).ink,
        Wax::Faith => |tokens| tokens.wax(Wax::Faith).ink,
        Wax::Alarm => |tokens| tokens.wax(Wax::Alarm).ink,
        Wax::Quiet => |tokens| tokens.wax(Wax::Quiet).ink,
    }
}
