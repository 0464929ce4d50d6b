//! "When it leaves": what the note will be, who stands in the way, what the outside sees, and the button that seals.

use iced::alignment::Vertical;
use iced::widget::{Space, column, container, progress_bar, row, rule, scrollable, space};
use iced::{Element, Length, Padding};

use super::note::Note;
use super::outlook::{Help, Outlook, Person};
use super::sealing::Shown;
use super::sheet::sign;
use super::work::CLIPBOARD;
use super::{Compose, Edit, Message, PersonMessage, SealMessage, Sheet};
use crate::app::icon::{Icon, glyph, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{badge, button, elided};
use crate::app::words;
use crate::app::words::compose as say;
use waxseal::desk::forecast::COMMON_MAIL;

pub(super) fn view<'a>(
    compose: &'a Compose,
    note: &'a Note,
    sealing: bool,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let (width, side) = if shared.is_wide() { (320.0, 24.0) } else { (296.0, 16.0) };
    let head = container(typo::heading(say::WHEN_IT_LEAVES)).center_y(56);
    let outlook = note.outlook.as_ref();
    let middle =
        column![card(note, outlook)].push(outlook.map(|outlook| forecasts(note, outlook))).spacing(20);
    let middle = container(middle).padding(Padding { left: side, right: side, bottom: 16.0, top: 0.0 });
    let middle = scrollable(middle).height(Length::Fill).style(theme::scrolling);
    let foot: Element<'a, Message> = match &compose.sheet {
        Sheet::Sealing { work, .. } => progress(note, work.shown),
        Sheet::List | Sheet::Writing(_) | Sheet::Sealed(_) => foot(note, sealing),
    };
    let content = column![
        container(head).padding([0.0, side]),
        middle,
        rule::horizontal(1).style(theme::line),
        container(foot).padding(Padding { left: side - 4.0, right: side - 4.0, top: 12.0, bottom: 12.0 }),
    ];
    let tray = container(content).width(width - 1.0).height(Length::Fill).style(theme::surface(|t| t.tray));
    row![rule::vertical(1).style(theme::line), tray].into()
}

fn card<'a>(note: &'a Note, outlook: Option<&'a Outlook>) -> Element<'a, Message> {
    let tier = if note.is_ready() { outlook.and_then(|outlook| outlook.tier) } else { None };
    let (title, sentence, wax, drawing): (_, _, _, Element<'a, Message>) = match (tier, outlook) {
        (Some(tier), Some(outlook)) => {
            let (shape, wax) = badge::of(Some(tier));
            (tier.title(), outlook.sentence.clone(), wax, glyph(shape, 36.0, wax).into())
        }
        (_, _) => {
            let why = note.waits().unwrap_or_else(|| say::LOOKING.to_owned());
            (say::CANNOT, why, Wax::Quiet, wax_icon(Icon::Ban, 32.0, Wax::Quiet).into())
        }
    };
    let title = typo::small_verdict(title);
    let title = if wax == Wax::Quiet { title.style(ink(|t| t.ink)) } else { title.style(theme::wax(wax)) };
    let lines = column![title, typo::small(sentence).style(ink(|t| t.ink2))].width(Length::Fill);
    let head = row![drawing, lines].spacing(12).align_y(Vertical::Center);
    let without = outlook.filter(|_| tier.is_none()).and_then(|outlook| outlook.without);
    let head = container(head).padding([12, 14]).width(Length::Fill);
    let card = match without {
        Some(tier) => {
            let rest = column![
                typo::caption(say::WITHOUT).style(ink(|t| t.ink3)),
                badge::badge(badge::of(Some(tier)), tier.title()),
            ]
            .spacing(2);
            column![
                head.style(theme::head(wax, 9.0)),
                rule::horizontal(1).style(theme::line),
                container(rest).padding([10, 14]),
            ]
        }
        None => column![head.style(theme::tinted_ground(wax, 9.0))],
    };
    container(card).padding(1).style(theme::wax_card(wax, 10.0)).into()
}

fn forecasts<'a>(note: &'a Note, outlook: &'a Outlook) -> Element<'a, Message> {
    let people = outlook.people.iter().map(person);
    let large = (outlook.size > COMMON_MAIL).then(|| {
        row_of(
            wax_icon(Icon::TriangleAlert, 20.0, Wax::Faith).into(),
            say::TOO_LARGE.to_owned(),
            say::once_sealed(outlook.size),
            None,
        )
    });
    let blind = if note.bcc.chips.is_empty() { "" } else { say::OUTSIDE_BCC };
    let outside = row_of(
        icon(Icon::Eye, 20.0, |t| t.ink2).into(),
        say::OUTSIDE.to_owned(),
        format!("{} {blind}", say::OUTSIDE_WHAT).trim_end().to_owned(),
        None,
    );
    column(people).push(large).push(rule::horizontal(1).style(theme::line)).push(outside).spacing(16).into()
}

fn row_of<'a>(
    sign: Element<'a, Message>,
    what: String,
    why: String,
    buttons: Option<Element<'a, Message>>,
) -> Element<'a, Message> {
    let lines = column![elided::address(what).size(typo::LABEL).color(|t| t.ink).strong()]
        .push((!why.is_empty()).then(|| typo::small(why).style(ink(|t| t.ink2))))
        .push(buttons)
        .spacing(4)
        .width(Length::Fill);
    row![sign, lines].spacing(12).into()
}

fn person<'a>(person: &'a Person) -> Element<'a, Message> {
    let Some(obstacle) = &person.obstacle else {
        return row_of(sign(Some(person.chip), 20.0), person.name.clone(), person.line.clone(), None);
    };
    let address = || person.address.clone();
    let small = |words: &'static str, message| {
        Element::from(button::secondary(words).small().on_press(Message::Person(message)))
    };
    let mut buttons = Vec::new();
    match &obstacle.help {
        Help::Import => {
            buttons.push(small(say::IMPORT, PersonMessage::ImportPressed));
            buttons.push(small(say::ASK_FOR_IT, PersonMessage::AskForItPressed(address())));
        }
        Help::Compare => buttons.push(small(say::COMPARE, PersonMessage::ComparePressed(address()))),
        Help::Renew(confirmable) => {
            buttons.push(small(say::IMPORT, PersonMessage::ImportPressed));
            if confirmable.is_empty() {
                buttons.push(small(say::ASK_FOR_NEW, PersonMessage::AskForItPressed(address())));
            } else {
                buttons.push(small(say::ALL_THE_SAME, PersonMessage::ExpiredPressed(address())));
            }
        }
    }
    let remove = Message::Edit(Edit::PersonRemoved(address()));
    buttons.push(button::quiet(say::REMOVE).small().on_press(remove).into());
    // The rings of the buttons have room of their own.
    let buttons = container(row(buttons).wrap()).padding(Padding { left: 0.0, ..Padding::ZERO });
    row_of(sign(Some(person.chip), 20.0), person.name.clone(), obstacle.why.clone(), Some(buttons.into()))
}

fn foot<'a>(note: &'a Note, sealing: bool) -> Element<'a, Message> {
    let ready = note.is_ready() && !sealing;
    let why = note.waits().filter(|_| !ready);
    let why = why.map(|why| container(typo::small(why).style(ink(|t| t.ink2))).padding([0, 4]));
    let on = |message| ready.then_some(Message::Seal(message));
    let seal =
        button::primary(say::SEAL).icon(Icon::Lock).fill().on_press_maybe(on(SealMessage::SealPressed));
    let size = note.outlook.as_ref().map_or(u64::MAX, |outlook| outlook.size);
    let copies = size <= CLIPBOARD && note.bcc.chips.is_empty();
    let others = row![
        space::horizontal(),
        Element::from(button::quiet(say::AS_P7M).small().on_press_maybe(on(SealMessage::SaveAsP7mPressed))),
    ]
    .push(copies.then(|| {
        Element::from(button::quiet(say::COPY).small().on_press_maybe(on(SealMessage::CopyPressed)))
    }))
    .push(space::horizontal());
    column![].push(why).push(Element::from(seal)).push(others).spacing(4).into()
}

fn progress<'a>(note: &'a Note, shown: Option<Shown>) -> Element<'a, Message> {
    let size = note.outlook.as_ref().map_or(0, |outlook| outlook.size);
    let fraction = shown.and_then(|shown| shown.fraction);
    let percent =
        fraction.map(|fraction| typo::small(format!("{:.0} %", fraction * 100.0)).style(ink(|t| t.ink2)));
    let head = row![typo::strong(say::SEALING), space::horizontal()].push(percent);
    let bar = progress_bar(0.0..=1.0, fraction.unwrap_or(0.0)).girth(6).style(theme::progress);
    let left = shown.and_then(|shown| shown.left);
    let words = match shown {
        Some(shown) if shown.stopping => say::STOPPING.to_owned(),
        Some(_) | None => say::amount(size, fraction, left),
    };
    let stopping = shown.is_some_and(|shown| shown.stopping);
    let cancel = button::secondary(words::CANCEL)
        .fill()
        .on_press_maybe((!stopping).then_some(Message::Seal(SealMessage::CancelPressed)));
    let card = column![
        head,
        Space::new().height(4),
        bar,
        Space::new().height(4),
        typo::small(words).style(ink(|t| t.ink2)),
        Space::new().height(4),
        Element::from(cancel),
    ]
    .spacing(2);
    let card = container(card).padding(14).style(theme::card(10.0));
    let meanwhile = container(typo::small(say::MEANWHILE).style(ink(|t| t.ink3))).padding([0, 4]);
    column![card, meanwhile].spacing(8).padding([0, 4]).into()
}
