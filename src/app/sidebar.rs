//! The way between the panes, and who one is.

use iced::alignment::Vertical;
use iced::widget::{Space, column, container, row, rule, space};
use iced::{Element, Length};

use super::icon::{Icon, icon, mark};
use super::shared::Shared;
use super::theme::{self, Wax, ink};
use super::typography as typo;
use super::widget::{avatar, button, elided};
use super::words;
use super::{Message, Pane};

/// The sidebar with the pane that is shown.
pub(super) fn view<'a>(shared: &'a Shared, shown: Pane, drafts: usize) -> Element<'a, Message> {
    let wide = shared.is_wide();
    let head: Element<'a, Message> = if wide {
        row![mark(28.0), typo::verdict("Waxseal")]
            .spacing(10)
            .align_y(Vertical::Center)
            .padding([0, 8])
            .into()
    } else {
        container(mark(28.0)).center_x(Length::Fill).into()
    };
    let write = Message::Wrote;
    let new_note: Element<'a, Message> = if wide {
        button::secondary(words::NEW_NOTE).icon(Icon::PenLine).fill().on_press(write).into()
    } else {
        container(button::icon(Icon::PenLine, words::NEW_NOTE, Some(write))).center_x(Length::Fill).into()
    };
    let rows = [
        (Pane::Messages, Icon::Inbox, words::MESSAGES, 0),
        (Pane::Drafts, Icon::FilePenLine, words::DRAFTS, drafts),
        (Pane::Contacts, Icon::Users, words::CONTACTS, 0),
        (Pane::Settings, Icon::Settings, words::SETTINGS, 0),
    ];
    let rows = rows.into_iter().map(|(pane, sign, name, count)| {
        let chosen = pane == shown;
        let drawing = icon(sign, 18.0, if chosen { |t| t.ink } else { |t| t.ink2 });
        if !wide {
            let cell = container(drawing).center(Length::Fill).height(36);
            let area = button::area(cell, Some(Message::Went(pane)), 6.0, chosen);
            return button::with_tooltip(area.into(), name);
        }
        let count = (count > 0).then(|| typo::caption(count.to_string()).style(ink(|t| t.ink3)));
        let name = typo::pressed(name, typo::LABEL).style(ink(if chosen { |t| t.ink } else { |t| t.ink2 }));
        let line = row![drawing, name, space::horizontal()].push(count).spacing(10).align_y(Vertical::Center);
        let line = container(line).padding([0, 10]).center_y(36);
        button::area(line, Some(Message::Went(pane)), 6.0, chosen).into()
    });
    let content = column![
        head,
        Space::new().height(12),
        new_note,
        Space::new().height(4),
        column(rows).spacing(2).padding([0, if wide { 4 } else { 0 }]),
        space::vertical(),
        me(shared, wide),
    ];
    let side = container(content)
        .width(if wide { 207 } else { 59 })
        .height(Length::Fill)
        .padding(if wide { [16, 8] } else { [16, 4] })
        .style(theme::surface(|t| t.desk));
    row![side, rule::vertical(1).style(theme::line)].into()
}

fn me<'a>(shared: &'a Shared, wide: bool) -> Element<'a, Message> {
    let Some(identity) = shared.people.me() else {
        return Space::new().into();
    };
    let until = identity
        .addresses
        .first()
        .and_then(|address| identity.encryption_key(address, shared.now))
        .map(|key| words::key_until(key.certificate.not_after()));
    let picture = avatar::avatar(&identity.name, 32.0, Wax::Quiet);
    let until = until.unwrap_or_else(|| words::NO_KEY_YET.to_owned());
    let content: Element<'a, Message> = if wide {
        let lines = column![
            elided::line(identity.name.as_str()).strong().size(typo::SMALL),
            typo::caption(until).style(ink(|t| t.ink2)),
        ];
        row![picture, lines].spacing(10).align_y(Vertical::Center).padding(8).into()
    } else {
        container(picture).center_x(Length::Fill).padding([8, 0]).into()
    };
    button::area(content, Some(Message::Went(Pane::Settings)), 6.0, false).into()
}
