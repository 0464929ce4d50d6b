//! The other sections: appearance, writing, keys, authorities, and what this program is.

use iced::alignment::Vertical;
use iced::widget::{column, container, row, rule};
use iced::{Element, Length};

use super::view::fact;
use super::{Authorities, Message, Settings, TEXT_SIZES, TextStep};
use crate::app::icon::{Icon, icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{banner, button, choice, elided};
use crate::app::words;
use crate::app::words::settings as say;
use waxseal::smime::x509::Certificate;
use waxseal::store::settings::Theme;
use waxseal::store::vault::VaultKind;

fn group<'a>(title: &'a str, content: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    column![typo::heading(title).style(ink(|t| t.ink)), content.into()].spacing(8).into()
}

fn note<'a>(words: impl Into<String>) -> Element<'a, Message> {
    typo::small(words.into()).style(ink(|t| t.ink2)).into()
}

fn carded<'a>(content: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    container(content.into()).padding(8).width(Length::Fill).style(theme::card(10.0)).into()
}

pub(super) fn appearance<'a>(shared: &Shared) -> Element<'a, Message> {
    let set = &shared.people.settings;
    let theme =
        |theme, words, why| choice::radio(set.theme == theme, words, why, Message::ThemeChosen(theme));
    let themes = column![
        theme(Theme::System, say::THEME_SYSTEM, say::THEME_SYSTEM_WHY),
        theme(Theme::Light, say::THEME_LIGHT, ""),
        theme(Theme::Dark, say::THEME_DARK, ""),
    ];
    let size = set.text_size;
    let step = |words, step, possible: bool| {
        let press = possible.then_some(Message::TextSized(step));
        Element::from(button::secondary(words).small().on_press_maybe(press))
    };
    let [least, .., largest] = TEXT_SIZES;
    let sizes = row![
        step(say::SMALLER, TextStep::Smaller, size > least),
        container(typo::strong(say::percent(size)).style(ink(|t| t.ink))).center_x(72),
        step(say::LARGER, TextStep::Larger, size < largest),
        step(say::USUAL, TextStep::Usual, size != 100),
    ];
    let sizes = column![sizes.align_y(Vertical::Center), note(say::TEXT_SIZE_KEYS)].spacing(6);
    let sizes = container(sizes).padding(8);
    column![group(say::THEME, carded(themes)), group(say::TEXT_SIZE, carded(sizes))].spacing(24).into()
}

pub(super) fn writing<'a>(shared: &'a Shared) -> Element<'a, Message> {
    let people = &shared.people;
    let default = people.me().and_then(|me| me.addresses.first());
    let chosen = people.settings.default_identity.as_ref().or(default);
    let mut rows = column![];
    for identity in &people.identities {
        for address in &identity.addresses {
            let press = Message::DefaultChosen(address.clone());
            let name = identity.name.as_str();
            rows = rows.push(choice::radio(chosen == Some(address), address.as_str(), name, press));
        }
    }
    let content = if default.is_some() { carded(rows) } else { note(say::NO_IDENTITY) };
    group(say::DEFAULT_IDENTITY, column![note(say::DEFAULT_IDENTITY_WHY), content].spacing(8))
}

pub(super) fn keys<'a>(settings: &'a Settings, shared: &'a Shared) -> Element<'a, Message> {
    let kind = shared.clerk.keys_go(shared.people.settings.keys);
    let place = |this, words, why| choice::radio(kind == this, words, why, Message::PlaceChosen(this));
    let places: Element<'a, Message> = match kind {
        VaultKind::Memory => note(say::IN_MEMORY),
        VaultKind::Keyring | VaultKind::File => carded(column![
            place(VaultKind::Keyring, say::KEYRING, say::KEYRING_WHY),
            place(VaultKind::File, say::FILES, say::FILES_WHY),
        ]),
    };
    let checked = settings.checked.as_ref().map(|checked| match checked {
        Ok(kind) => banner::banner(Wax::Quiet, say::READY.into(), say::ready_why(*kind).into(), vec![], None),
        Err(problem) => {
            let files = button::secondary(say::USE_FILES).small();
            let files = files.on_press(Message::PlaceChosen(VaultKind::File)).into();
            let buttons = if kind == VaultKind::Keyring { vec![files] } else { Vec::new() };
            banner::problem(problem, buttons, None)
        }
    });
    let check = button::secondary(say::CHECK).icon(Icon::RefreshCw).on_press(Message::CheckPressed);
    let content = column![note(say::KEYS_WHY), places].push(checked).push(Element::from(check)).spacing(12);
    group(say::NEW_KEYS, content)
}

/// What stands on the line of titles.
pub(super) fn authority_tools<'a>() -> Vec<Element<'a, Message>> {
    vec![button::secondary(say::ADD).icon(Icon::Plus).on_press(Message::AddPressed).into()]
}

pub(super) fn authorities(settings: &Settings) -> Element<'_, Message> {
    let trusted = match &settings.authorities {
        Authorities::NotRead | Authorities::Reading => return note(say::READING_AUTHORITIES),
        Authorities::Read(trusted) => trusted,
    };
    let own: Element<'_, Message> = if trusted.own.is_empty() {
        note(say::NO_AUTHORITY)
    } else {
        let mut rows = column![];
        for (place, anchor) in trusted.own.iter().enumerate() {
            rows = rows.push((place > 0).then(|| rule::horizontal(1).style(theme::line)));
            rows = rows.push(authority(anchor));
        }
        container(rows).width(Length::Fill).style(theme::card(10.0)).into()
    };
    let source = trusted.source.as_ref().map(|path| path.display().to_string());
    column![
        note(say::AUTHORITIES_WHY),
        group(say::OWN_AUTHORITIES, own),
        group(say::SYSTEM_AUTHORITIES, note(say::offered(trusted.offered, source.as_deref()))),
    ]
    .spacing(20)
    .into()
}

fn authority(anchor: &Certificate) -> Element<'_, Message> {
    let fingerprint = anchor.fingerprint();
    let name = anchor.display_name();
    let digits = say::short_fingerprint(&fingerprint.to_string());
    let lines = column![
        elided::line(name.clone()).strong(),
        typo::small(say::until(anchor.not_after())).style(ink(|t| t.ink2)),
        typo::small(digits).style(ink(|t| t.ink3)),
    ];
    let copy = Message::CopyPressed(fingerprint.to_string());
    row![
        icon(Icon::BadgeCheck, 20.0, |t| t.ink2),
        lines.width(Length::Fill),
        button::icon(Icon::Copy, say::COPY_FINGERPRINT, Some(copy)),
        Element::from(
            button::secondary(say::REMOVE).small().on_press(Message::RemovePressed(fingerprint, name))
        ),
    ]
    .spacing(12)
    .align_y(Vertical::Center)
    .padding([10, 14])
    .into()
}

pub(super) fn about<'a>(shared: &'a Shared) -> Element<'a, Message> {
    let plain = |words: &'a str| typo::small(words).style(ink(|t| t.ink)).width(Length::Fill);
    let folder: Element<'a, Message> = match shared.clerk.folder() {
        Some(folder) => {
            let path = folder.display().to_string();
            let show = Message::FolderPressed(folder.to_owned());
            row![
                typo::small(path.clone())
                    .style(ink(|t| t.ink))
                    .wrapping(iced::widget::text::Wrapping::Glyph)
                    .width(Length::Fill),
                button::icon(Icon::Copy, words::COPY, Some(Message::CopyPressed(path))),
                button::icon(Icon::FolderOpen, say::SHOW_FOLDER, Some(show)),
            ]
            .align_y(Vertical::Center)
            .into()
        }
        None => plain(say::IN_MEMORY).into(),
    };
    let facts = column![
        fact(say::VERSION, plain(env!("CARGO_PKG_VERSION"))),
        fact(say::LICENCE, plain(say::LICENCE_WORDS)),
        fact(say::RECORDS, folder),
    ];
    let parts = say::PARTS.iter().map(|(name, words)| fact(name, plain(words)));
    column![
        container(facts.spacing(6)).padding(16).width(Length::Fill).style(theme::card(10.0)),
        group(
            say::PARTS_TITLE,
            container(column(parts).spacing(10)).padding(16).width(Length::Fill).style(theme::card(10.0))
        ),
        note(say::NO_SCREEN_READER),
    ]
    .spacing(24)
    .into()
}
