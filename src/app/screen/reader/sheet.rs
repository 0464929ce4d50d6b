//! The sheet: one message, or what is to be done to see one.

use iced::alignment::{Horizontal, Vertical};
use iced::widget::{Space, column, container, progress_bar, row, scrollable, space, text_editor};
use iced::{Element, Length, Padding};

use super::page::{Attached, Page, Sender};
use super::{Message, OpenPage, Sheet, verdict_card};
use crate::app::icon::{Icon, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{avatar, badge, banner, button, elided};
use crate::app::words;
use crate::app::words::reader as say;
use waxseal::desk::file;
use waxseal::problem::{Need, Problem};
use waxseal::smime::progress::Progress;

pub(super) const SCROLL: &str = "reader-sheet";
/// Scrolled so far, the verdict's card is above the window's edge.
const CARD_GONE: f32 = 160.0;
/// As wide as text is read well.
const MEASURE: f32 = 680.0;

pub(super) fn view<'a>(
    sheet: &'a Sheet,
    work: &Progress,
    trouble: Option<&'a Problem>,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let padding = if shared.is_wide() { 32.0 } else { 20.0 };
    let back = (!shared.has_two_panes())
        .then(|| button::icon(Icon::ArrowLeft, words::MESSAGES, Some(Message::BackPressed)));
    let trouble = trouble
        .map(|problem| banner::problem(problem, unlock_or(problem, vec![]), Some(Message::TroubleClosed)));
    let content: Element<'a, Message> = match sheet {
        Sheet::Empty => empty(),
        Sheet::Opening { name, long } => opening(name, work, *long),
        Sheet::Failed(problem) => {
            let buttons = vec![
                button::secondary(say::TRY_AGAIN).small().on_press(Message::RetryPressed).into(),
                button::secondary(say::CHOOSE_ANOTHER).small().on_press(Message::OpenPressed).into(),
            ];
            let banner = banner::problem(problem, unlock_or(problem, buttons), None);
            container(container(banner).max_width(MEASURE))
                .padding(Padding { top: 56.0, left: padding, right: padding, bottom: padding })
                .into()
        }
        Sheet::Open(open) => return message(open, trouble, back, padding, shared),
    };
    let top = row![].push(back).height(if shared.has_two_panes() { 0 } else { 56 }).padding([0, 12]);
    column![top.align_y(Vertical::Center)]
        .push(trouble.map(|trouble| container(trouble).padding([16, padding as u16])))
        .push(content)
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

fn empty<'a>() -> Element<'a, Message> {
    let open = button::primary(say::OPEN).icon(Icon::FolderOpen).on_press(Message::OpenPressed);
    let content = column![
        icon(Icon::MailOpen, 64.0, |t| t.ink3),
        typo::title(say::DROP_HERE),
        typo::label(say::OR_OPEN).style(ink(|t| t.ink2)),
        Space::new().height(4),
        Element::from(open),
    ]
    .spacing(12)
    .align_x(Horizontal::Center);
    container(content).center(Length::Fill).into()
}

fn opening<'a>(name: &str, work: &Progress, long: bool) -> Element<'a, Message> {
    if !long {
        return Space::new().height(Length::Fill).into();
    }
    let amount = say::amount(&file::size(work.done()), &file::size(work.expected()));
    let bar = progress_bar(0.0..=1.0, work.fraction().unwrap_or(0.0) as f32).girth(6).style(theme::progress);
    let stop = button::secondary(words::CANCEL).small().on_press(Message::BackPressed);
    let content = column![
        row![
            container(typo::strong(say::OPENING)).width(Length::Fill),
            typo::small(amount).style(ink(|t| t.ink2)),
        ],
        bar,
        row![
            container(typo::small(name.to_owned()).style(ink(|t| t.ink2))).width(Length::Fill),
            Element::from(stop),
        ]
        .align_y(Vertical::Center),
    ]
    .spacing(8);
    let card = container(content).padding(16).max_width(480).style(theme::card(10.0));
    container(card).center(Length::Fill).padding(24).into()
}

fn message<'a>(
    open: &'a OpenPage,
    trouble: Option<Element<'a, Message>>,
    back: Option<Element<'a, Message>>,
    padding: f32,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let page = &open.page;
    let reply = page.closed.is_none().then(|| {
        Element::from(button::primary(say::REPLY).icon(Icon::Reply).on_press(Message::ReplyPressed))
    });
    // Once the card has left the window, the verdict stays in sight where no message can paint.
    let verdict = (open.scrolled > CARD_GONE)
        .then(|| badge::badge(badge::of(page.verdict.tier), badge::words(page.verdict.tier)));
    let toolbar = row![]
        .push(back)
        .push(verdict.map(|verdict| container(verdict).padding([0, 8])))
        .push(space::horizontal())
        .push(reply)
        .push(button::icon(Icon::Trash2, say::REMOVE, Some(Message::RemovePressed)))
        .spacing(4)
        .align_y(Vertical::Center)
        .height(56)
        .padding(Padding { left: 12.0, right: 12.0, ..Padding::ZERO });
    let subject = page.subject.as_deref().unwrap_or(match page.closed {
        Some(_) => say::CLOSED_SUBJECT,
        None => say::NO_SUBJECT,
    });
    let mut content = column![typo::title(subject)].spacing(16).max_width(MEASURE);
    content =
        content.push(trouble).push(open.trouble.as_ref().map(|problem| {
            banner::problem(problem, unlock_or(problem, vec![]), Some(Message::TroubleClosed))
        }));
    content = content.push(sender(page, shared));
    content = content.push(page.closed.as_ref().map(closed));
    content = content.push(page.not_kept.as_ref().map(|problem| {
        banner::banner(Wax::Faith, say::NOT_KEPT.to_owned(), problem.cause.clone(), vec![], None)
    }));
    content = content.push(verdict_card::view(open, shared));
    content = content.push(page.newcomer.as_ref().map(|address| {
        let (what, why) = say::newcomer(address.as_str());
        let take = button::secondary(say::TAKE_CERTIFICATE).small().on_press(Message::TakeCertificate);
        banner::banner(Wax::Quiet, what, why, vec![take.into()], None)
    }));
    if page.closed.is_none() {
        content = content.push(text(open));
        content = content.push(column(page.attachments.iter().map(attachment)).spacing(8));
    }
    let scrolled =
        container(content).padding(Padding { left: padding, right: padding, top: 0.0, bottom: 32.0 });
    let scroll = scrollable(scrolled)
        .on_scroll(|view| Message::Scrolled(view.absolute_offset().y))
        .id(SCROLL)
        .width(Length::Fill)
        .height(Length::Fill)
        .style(theme::scrolling);
    column![toolbar, scroll].width(Length::Fill).into()
}

fn sender<'a>(page: &'a Page, shared: &'a Shared) -> Element<'a, Message> {
    let Some(from) = &page.from else { return Space::new().into() };
    let own_name = from.name.as_deref().unwrap_or_else(|| from.address.as_str());
    let (name, wax) = match page.sender {
        Sender::Claimed => (say::claims(own_name), Wax::Alarm),
        Sender::Proved | Sender::NotProved => (own_name.to_owned(), Wax::Quiet),
    };
    let address = from.name.as_ref().map(|_| elided::address(from.address.as_str()).size(typo::LABEL));
    let name = elided::line(name).strong();
    let who: Element<'a, Message> = if shared.is_wide() {
        row![name].push(address).spacing(8).into()
    } else {
        column![name].push(address).into()
    };
    let to = page.to.iter().map(|mailbox| {
        if shared.people.is_own(&mailbox.address) {
            return words::YOU.to_owned();
        }
        mailbox.name.clone().unwrap_or_else(|| mailbox.address.to_string())
    });
    let to = to.collect::<Vec<_>>().join(", ");
    let second: Element<'a, Message> = match page.sender {
        Sender::NotProved => typo::small(say::NOT_PROVED).style(theme::wax(Wax::Faith)).into(),
        Sender::Proved | Sender::Claimed if to.is_empty() => Space::new().into(),
        Sender::Proved | Sender::Claimed => {
            elided::line(say::to(&to)).size(typo::SMALL).color(|t| t.ink2).into()
        }
    };
    let date = page.date.map(|date| typo::small(words::date_and_time(date)).style(ink(|t| t.ink2)));
    row![avatar::avatar(own_name, 40.0, wax), column![who, second].width(Length::Fill),]
        .push(date)
        .spacing(12)
        .into()
}

fn closed<'a>(problem: &Problem) -> Element<'a, Message> {
    let buttons = vec![
        button::secondary(say::IMPORT_KEY).small().on_press(Message::ImportKeyPressed).into(),
        button::secondary(say::TRY_AGAIN).small().on_press(Message::RetryPressed).into(),
    ];
    banner::problem(problem, unlock_or(problem, buttons), None)
}

/// The button for a passphrase where one is needed, else these.
fn unlock_or<'a>(problem: &Problem, buttons: Vec<Element<'a, Message>>) -> Vec<Element<'a, Message>> {
    match problem.need {
        Some(Need::Passphrase | Need::OtherPassphrase) => {
            vec![button::secondary(words::UNLOCK).small().on_press(Message::UnlockPressed).into()]
        }
        Some(Need::PlaceForKeys) | None => buttons,
    }
}

fn text<'a>(open: &'a OpenPage) -> Element<'a, Message> {
    let leaves = open.page.text.len();
    if leaves == 1 && open.page.text.iter().all(|leaf| leaf.trim().is_empty()) {
        return typo::body(say::NO_TEXT).style(ink(|t| t.ink3)).into();
    }
    let editor = text_editor(&open.text)
        .on_action(Message::TextTouched)
        .font(typo::REGULAR)
        .size(typo::BODY.size)
        .line_height(iced::widget::text::LineHeight::Absolute(typo::BODY.line.into()))
        .padding(0)
        .height(Length::Shrink)
        .style(theme::sheet_editor);
    let turn = (leaves > 1).then(|| {
        let leaf = open.leaf;
        let previous = leaf.checked_sub(1).map(Message::LeafTurned);
        let next = (leaf + 1 < leaves).then(|| Message::LeafTurned(leaf + 1));
        row![
            Element::from(button::secondary(say::PREVIOUS).small().on_press_maybe(previous)),
            typo::small(say::part(leaf + 1, leaves)).style(ink(|t| t.ink2)),
            Element::from(button::secondary(say::NEXT).small().on_press_maybe(next)),
        ]
        .spacing(8)
        .align_y(Vertical::Center)
    });
    column![editor].push(turn).spacing(16).into()
}

fn attachment<'a>(one: &'a Attached) -> Element<'a, Message> {
    let (sign, line): (Element<'a, Message>, String) = if one.is_program {
        (wax_icon(Icon::OctagonAlert, 20.0, Wax::Alarm).into(), say::PROGRAM.to_owned())
    } else {
        let sign = match one.name.rsplit('.').next() {
            _ if one.is_message => Icon::Mail,
            Some("png" | "jpg" | "jpeg" | "gif" | "webp" | "heic") => Icon::FileImage,
            Some("zip" | "gz" | "xz" | "7z" | "tar") => Icon::FileArchive,
            Some("xls" | "xlsx" | "ods" | "csv") => Icon::FileSpreadsheet,
            Some(_) | None => Icon::FileText,
        };
        (icon(sign, 20.0, |t| t.ink2).into(), file::size(one.size))
    };
    let message = match one.is_message {
        true => Message::AttachedOpened(one.index),
        false => Message::OpenAttachmentPressed(one.index),
    };
    let open = Some(Element::from(button::quiet(say::OPEN_ATTACHED).small().on_press(message)));
    let lines = column![elided::line(one.name.as_str()), typo::caption(line).style(ink(|t| t.ink2)),]
        .width(Length::Fill);
    let save = button::quiet(say::SAVE).small().on_press(Message::SavePressed(one.index));
    container(row![sign, lines].push(open).push(Element::from(save)).spacing(12).align_y(Vertical::Center))
        .padding([6, 14])
        .width(Length::Fill)
        .style(theme::card(8.0))
        .into()
}
