//! The list of sections, and the frame of the sheet.

use iced::alignment::Vertical;
use iced::widget::{Space, column, container, row, rule, scrollable, space};
use iced::{Element, Length, Padding};

use super::{Message, Section, Settings, Trouble, identities, sections};
use crate::app::icon::{Icon, icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, ink};
use crate::app::typography as typo;
use crate::app::widget::{banner, button};
use crate::app::words;
use crate::app::words::settings as say;
use waxseal::problem::Need;

/// As wide as the content gets.
const MEASURE: f32 = 768.0;

/// The list at the left.
pub(super) fn list<'a>(shown: Section, shared: &Shared) -> Element<'a, Message> {
    let head = container(typo::heading(words::SETTINGS)).center_y(56).padding([0, 16]);
    let rows = Section::ALL.into_iter().map(|section| {
        let chosen = section == shown;
        let color = if chosen { |t: &theme::Tokens| t.ink } else { |t: &theme::Tokens| t.ink2 };
        let (sign, name) = named(section);
        let line = row![icon(sign, 18.0, color), typo::pressed(name, typo::LABEL).style(ink(color))];
        let line = container(line.spacing(10).align_y(Vertical::Center)).padding([0, 10]).center_y(36);
        button::area(line, Some(Message::SectionChosen(section)), 6.0, chosen).into()
    });
    let content = column![head, column(rows).padding([0, 8])];
    let width = if shared.is_wide() { 239 } else { 199 };
    let tray = container(content).width(width).height(Length::Fill).style(theme::surface(|t| t.tray));
    row![tray, rule::vertical(1).style(theme::line)].into()
}

fn named(section: Section) -> (Icon, &'static str) {
    match section {
        Section::Identities => (Icon::KeyRound, say::IDENTITIES),
        Section::Appearance => (Icon::Type, say::APPEARANCE),
        Section::Writing => (Icon::PenLine, say::WRITING),
        Section::Keys => (Icon::Lock, say::KEYS),
        Section::Authorities => (Icon::BadgeCheck, say::AUTHORITIES),
        Section::About => (Icon::Info, say::ABOUT),
    }
}

/// The sheet of the section that is shown.
pub(super) fn sheet<'a>(settings: &'a Settings, shared: &'a Shared) -> Element<'a, Message> {
    let padding = if shared.is_wide() { 32.0 } else { 20.0 };
    let (tools, content) = match settings.section {
        Section::Identities => (identities::tools(settings), identities::view(settings, shared)),
        Section::Appearance => (Vec::new(), sections::appearance(shared)),
        Section::Writing => (Vec::new(), sections::writing(shared)),
        Section::Keys => (Vec::new(), sections::keys(settings, shared)),
        Section::Authorities => (sections::authority_tools(), sections::authorities(settings)),
        Section::About => (Vec::new(), sections::about(shared)),
    };
    let top = row![space::horizontal(), row(tools)].height(56).align_y(Vertical::Center);
    let top = container(top.padding(Padding { right: padding - 4.0, ..Padding::ZERO }));
    let title = typo::title(named(settings.section).1).style(ink(|t| t.ink));
    let trouble = settings.trouble.as_ref().map(troubled);
    let sheet = column![title, Space::new().height(4)].push(trouble).push(content).spacing(12);
    let sheet = container(sheet.width(Length::Fill).max_width(MEASURE)).padding(Padding {
        top: 0.0,
        right: padding,
        bottom: 32.0,
        left: padding,
    });
    let sheet = scrollable(sheet.width(Length::Fill)).height(Length::Fill).style(theme::scrolling);
    column![top, sheet].width(Length::Fill).height(Length::Fill).into()
}

fn troubled<'a>(trouble: &Trouble) -> Element<'a, Message> {
    let small = |words, message| button::secondary(words).small().on_press(message).into();
    let buttons = match (trouble.problem.need, &trouble.again) {
        (Some(Need::Passphrase | Need::OtherPassphrase), Some(_)) => {
            vec![small(say::UNLOCK, Message::UnlockPressed)]
        }
        (Some(Need::PlaceForKeys), _) => {
            vec![small(say::USE_FILES, Message::PlaceChosen(waxseal::store::vault::VaultKind::File))]
        }
        (_, Some(again)) => vec![small(say::TRY_AGAIN, again.clone())],
        (_, None) => Vec::new(),
    };
    banner::problem(&trouble.problem, buttons, Some(Message::TroubleClosed))
}

/// A line of facts: the name at the left, what it is at the right.
pub(super) fn fact<'a>(name: &'a str, value: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    let name = typo::small(name).style(ink(|t| t.ink3)).width(112);
    row![name, value.into()].spacing(12).align_y(Vertical::Center).into()
}
