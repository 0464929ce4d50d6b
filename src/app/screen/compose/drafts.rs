//! The list of drafts, and what came of the last one.

use std::path::Path;

use iced::alignment::{Horizontal, Vertical};
use iced::widget::{Space, column, container, row, rule, scrollable, space};
use iced::{Element, Length, Padding};

use super::work::Done;
use super::{Message, SealMessage, Trouble};
use crate::app::icon::{Icon, icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, ink};
use crate::app::typography as typo;
use crate::app::widget::{banner, button, elided};
use crate::app::words;
use crate::app::words::compose as say;
use waxseal::store::drafts::{Draft, DraftEntry};

/// How wide the text of a sheet is at most.
const WIDTH: f32 = 680.0;

pub(super) fn view<'a>(
    drafts: &'a [DraftEntry],
    trouble: Option<&'a Trouble>,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let write = || {
        Element::from(button::primary(words::NEW_NOTE).icon(Icon::PenLine).on_press(Message::WritePressed))
    };
    let content: Element<'a, Message> = if drafts.is_empty() {
        let empty = column![
            icon(Icon::FilePenLine, 64.0, |t| t.ink3),
            Space::new().height(8),
            typo::title(say::NO_DRAFTS),
            typo::label(say::NO_DRAFTS_WHY).style(ink(|t| t.ink2)),
            Space::new().height(8),
            write(),
        ]
        .spacing(4)
        .align_x(Horizontal::Center);
        container(empty).center(Length::Fill).into()
    } else {
        let rows = drafts.iter().map(|entry| line(entry, shared));
        let list = container(column(rows).spacing(1)).max_width(WIDTH);
        scrollable(container(list).width(Length::Fill)).height(Length::Fill).style(theme::scrolling).into()
    };
    let head = row![typo::heading(words::DRAFTS), space::horizontal()]
        .push((!drafts.is_empty()).then(write))
        .align_y(Vertical::Center)
        .height(56);
    sheet(column![head].push(told(trouble)).push(content), shared)
}

fn sheet<'a>(content: iced::widget::Column<'a, Message>, shared: &Shared) -> Element<'a, Message> {
    let side = if shared.is_wide() { 32.0 } else { 20.0 };
    container(content)
        .padding(Padding { left: side, right: side, bottom: 16.0, top: 0.0 })
        .width(Length::Fill)
        .height(Length::Fill)
        .style(theme::surface(|t| t.paper))
        .into()
}

/// A banner without buttons of its own.
fn told<'a>(trouble: Option<&'a Trouble>) -> Option<Element<'a, Message>> {
    let trouble = trouble?;
    let told = banner::problem(&trouble.problem, Vec::new(), Some(Message::TroubleClosed));
    Some(container(told).padding(Padding::ZERO.bottom(12)).into())
}

fn line<'a>(entry: &'a DraftEntry, shared: &'a Shared) -> Element<'a, Message> {
    let (to, subject, text) = match &entry.draft {
        Some(draft) => (goes_to(draft, shared), subject(draft), preview(draft)),
        None => (say::DAMAGED.to_owned(), String::new(), String::new()),
    };
    let date = typo::caption(words::short_date(entry.updated, shared.now)).style(ink(|t| t.ink2));
    let first = row![container(elided::line(to).strong()).width(Length::Fill), date].spacing(8);
    let lines = column![
        first,
        elided::line(subject).size(typo::SMALL),
        elided::line(text).size(typo::SMALL).color(|t| t.ink3),
    ]
    .width(Length::Fill);
    let content = row![icon(Icon::FilePenLine, 20.0, |t| t.ink2), lines].spacing(12).padding(10);
    let open = entry.draft.is_some().then_some(Message::DraftChosen(entry.id));
    row![
        button::area(content, open, 8.0, false),
        button::icon(Icon::Trash2, say::REMOVE_DRAFT, Some(Message::RemovePressed(entry.id))),
    ]
    .align_y(Vertical::Center)
    .into()
}

fn goes_to(draft: &Draft, shared: &Shared) -> String {
    let name = |written: &String| match written.parse() {
        Ok(address) => shared.people.name(&address),
        Err(_) => written.clone(),
    };
    let names: Vec<String> = draft.to.iter().chain(&draft.cc).chain(&draft.bcc).map(name).collect();
    if names.is_empty() { say::NOBODY.to_owned() } else { say::to_names(&names.join(", ")) }
}

fn subject(draft: &Draft) -> String {
    let subject = draft.subject.trim();
    if subject.is_empty() { say::NO_SUBJECT.to_owned() } else { subject.to_owned() }
}

fn preview(draft: &Draft) -> String {
    draft.text.split_whitespace().take(24).collect::<Vec<_>>().join(" ")
}

/// The note lies sealed in its place.
pub(super) fn sealed<'a>(
    done: &'a Done,
    trouble: Option<&'a Trouble>,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let head = row![
        button::icon(Icon::ArrowLeft, say::ALL_DRAFTS, Some(Message::LeavePressed)),
        typo::heading(words::DRAFTS),
    ]
    .spacing(4)
    .align_y(Vertical::Center)
    .height(56);
    let files = done.files.iter().enumerate().map(|(place, (path, readers))| {
        let who = if place == 0 { say::readable_by(readers) } else { say::blind(readers) };
        file(path, who)
    });
    let show = done.files.first().map(|(path, _)| {
        let message = Message::Seal(SealMessage::ShowPressed(path.clone()));
        Element::from(button::primary(say::SHOW_IN_FOLDER).icon(Icon::FolderOpen).on_press(message))
    });
    let another = Element::from(button::secondary(say::WRITE_ANOTHER).on_press(Message::WritePressed));
    let left = done.left.as_ref().map(|left| {
        banner::banner(
            theme::Wax::Faith,
            say::LEFT.to_owned(),
            format!("{} {}", left.summary, left.cause),
            Vec::new(),
            None,
        )
    });
    let page = column![
        Space::new().height(24),
        typo::title(say::SEALED),
        typo::label(say::SEALED_WHY).style(ink(|t| t.ink2)),
        Space::new().height(12),
        column(files).spacing(8),
        Space::new().height(8),
        row![].push(show).push(another),
    ]
    .push(left)
    .spacing(4)
    .max_width(WIDTH);
    let page = scrollable(container(page).width(Length::Fill)).height(Length::Fill).style(theme::scrolling);
    sheet(column![head, rule::horizontal(1).style(theme::line)].push(told(trouble)).push(page), shared)
}

fn file<'a>(path: &'a Path, who: String) -> Element<'a, Message> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let lines = column![
        elided::line(name),
        typo::caption(who).style(ink(|t| t.ink2)),
        elided::line(folder).size(typo::CAPTION).color(|t| t.ink3),
    ];
    let line = row![icon(Icon::Lock, 20.0, |t| t.ink2), lines.width(Length::Fill)]
        .spacing(12)
        .align_y(Vertical::Center);
    container(line).padding([10, 12]).width(Length::Fill).style(theme::card(8.0)).into()
}
