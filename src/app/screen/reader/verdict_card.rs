//! The verdict: tier and reason, the three answers, what would lift it, and why.

use iced::alignment::Vertical;
use iced::widget::{Space, column, container, row, rule};
use iced::{Element, Length, Padding};

use super::page::Page;
use super::{Message, OpenPage};
use crate::app::icon::{Icon, glyph, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{badge, button};
use crate::app::words::reader as say;
use waxseal::smime::message::verdict::{Finding, Question, Severity, Tier};

const RADIUS: f32 = 10.0;

pub(super) fn view<'a>(open: &'a OpenPage, shared: &'a Shared) -> Element<'a, Message> {
    let verdict = &open.page.verdict;
    let (shape, wax) = badge::of(verdict.tier);
    let title = verdict.tier.map_or(say::NOT_JUDGED, Tier::title);
    let (title, size) =
        if shared.is_wide() { (typo::verdict(title), 48.0) } else { (typo::small_verdict(title), 40.0) };
    let why = match (open.why, shared.is_wide()) {
        (true, _) => button::quiet(say::HIDE_WHY).trailing(Icon::ChevronUp),
        (false, true) => button::quiet(say::WHY).trailing(Icon::ChevronDown),
        (false, false) => button::quiet(say::WHY_SHORT).trailing(Icon::ChevronDown),
    };
    let lines =
        column![title.style(theme::wax(wax)), typo::label(verdict.sentence.as_str()).style(ink(|t| t.ink2)),]
            .spacing(2)
            .width(Length::Fill);
    let why: Element<'a, Message> = why.small().on_press(Message::WhyToggled).into();
    let head = row![glyph(shape, size, wax), lines, why].spacing(16).align_y(Vertical::Center);
    let head = container(head)
        .padding(Padding { top: 12.0, bottom: 12.0, left: 16.0, right: 10.0 })
        .width(Length::Fill)
        .style(theme::head(wax, RADIUS - 1.0));
    let mut card = column![head];
    if verdict.tier.is_some() {
        card = card.push(rule::horizontal(1).style(theme::line)).push(answers(&verdict.findings));
    }
    if let Some(lift) = &verdict.lift {
        card = card.push(rule::horizontal(1).style(theme::line)).push(lifting(&open.page, lift));
    }
    if open.why {
        card = card.push(rule::horizontal(1).style(theme::line)).push(reasons(&open.page));
    }
    container(card).padding(1).style(theme::wax_card(wax, RADIUS)).into()
}

fn sign(severity: Severity) -> (Icon, Wax) {
    match severity {
        Severity::Danger => (Icon::X, Wax::Alarm),
        Severity::Warning => (Icon::CircleHelp, Wax::Faith),
        Severity::Note => (Icon::Info, Wax::Quiet),
        Severity::Ok => (Icon::Check, Wax::Seal),
    }
}

/// Private, From, Checked, side by side.
fn answers<'a>(findings: &'a [Finding]) -> Element<'a, Message> {
    let columns = Question::ALL.iter().filter_map(|question| {
        let (severity, answer) = findings.iter().find_map(|finding| finding.answers(*question))?;
        let (icon, wax) = sign(severity);
        let lines = column![
            typo::small_strong(question.title()),
            typo::small(capital(answer)).style(ink(|t| t.ink2)),
        ];
        let cell = row![wax_icon(icon, 18.0, wax), lines.width(Length::Fill)].spacing(10);
        Some(cell.width(Length::FillPortion(1)).into())
    });
    container(row(columns).spacing(16)).padding([12, 16]).width(Length::Fill).into()
}

fn capital(words: &str) -> String {
    let mut characters = words.trim_end_matches('.').chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + characters.as_str()
}

fn lifting<'a>(page: &'a Page, lift: &'a str) -> Element<'a, Message> {
    let words = row![
        typo::small_strong(say::TO_LIFT),
        container(typo::small(lift).style(ink(|t| t.ink2))).width(Length::Fill),
    ]
    .spacing(8);
    let signer = page.verdict.signature.signer.as_ref().and_then(|signer| signer.address.clone());
    let compare = match (page.verdict.tier, signer) {
        (Some(Tier::ProbablySecure), Some(address)) if page.newcomer.is_none() => Some(Element::from(
            button::secondary(say::COMPARE).small().on_press(Message::ComparePressed(address)),
        )),
        (Some(_) | None, _) => None,
    };
    container(row![words.width(Length::Fill)].push(compare).spacing(12).align_y(Vertical::Center))
        .padding([8, 16])
        .width(Length::Fill)
        .into()
}

/// All findings, worst first, and the facts.
fn reasons<'a>(page: &'a Page) -> Element<'a, Message> {
    let findings = page.verdict.findings.iter().map(|finding| {
        let (icon, wax) = sign(finding.severity);
        row![wax_icon(icon, 18.0, wax), container(typo::small(finding.text.as_str())).width(Length::Fill)]
            .spacing(10)
            .into()
    });
    let facts = page.facts.iter().map(|(label, value)| {
        let copy = (*label == say::FINGERPRINT).then(|| {
            Element::from(
                button::quiet(crate::app::words::COPY).small().on_press(Message::CopyPressed(value.clone())),
            )
        });
        row![
            container(typo::small(*label).style(ink(|t| t.ink3))).width(112),
            container(typo::small(value.as_str())).width(Length::Fill),
        ]
        .push(copy)
        .spacing(12)
        .into()
    });
    let content = column![
        column(findings).spacing(10),
        Space::new().height(2),
        rule::horizontal(1).style(theme::line),
        Space::new().height(2),
        column(facts).spacing(6),
    ]
    .spacing(10);
    container(content).padding([12, 16]).width(Length::Fill).into()
}
