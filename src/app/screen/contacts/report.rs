//! What became of imported files.

use iced::alignment::Vertical;
use iced::widget::{column, container, row, rule, space};
use iced::{Element, Length};

use super::Message;
use super::import::{Refusal, Taken, Told, Weight};
use crate::app::icon::{Icon, icon, wax_icon};
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{button, elided};
use crate::app::words::contacts as say;

pub(super) fn view<'a>(report: &'a [Taken]) -> Element<'a, Message> {
    let good = report.iter().filter(|one| one.result.is_ok()).count();
    let close = button::secondary(say::REPORT_CLOSE).small().on_press(Message::ReportClosed);
    let head =
        row![typo::strong(say::report_title(good, report.len())), space::horizontal(), Element::from(close)]
            .align_y(Vertical::Center);
    let mut content = column![container(head).padding([6, 16])];
    for one in report {
        content = content.push(rule::horizontal(1).style(theme::line)).push(file(one));
    }
    container(content).padding(1).width(Length::Fill).style(theme::card(10.0)).into()
}

fn file<'a>(one: &'a Taken) -> Element<'a, Message> {
    let name = elided::line(one.name.as_str()).strong().size(typo::SMALL);
    let content: Element<'a, Message> = match &one.result {
        Ok(told) => column(told.iter().map(certificate)).spacing(6).into(),
        Err(refusal) => refused(one, refusal),
    };
    container(column![name, content].spacing(4)).padding([10, 16]).width(Length::Fill).into()
}

fn certificate(told: &Told) -> Element<'_, Message> {
    let sign: Element<'_, Message> = match told.weight {
        Weight::Taken => icon(Icon::Check, 16.0, |t| t.ink2).into(),
        Weight::Nothing => icon(Icon::Info, 16.0, |t| t.ink2).into(),
        Weight::Changed => wax_icon(Icon::TriangleAlert, 16.0, Wax::Alarm).into(),
    };
    row![sign, typo::small(told.words.as_str()).style(ink(|t| t.ink2)).width(Length::Fill)].spacing(10).into()
}

fn refused<'a>(one: &'a Taken, refusal: &'a Refusal) -> Element<'a, Message> {
    let path = one.path.clone();
    let (what, why, act) = match refusal {
        Refusal::Password { tried } => {
            let what = if *tried { say::WRONG_PASSWORD } else { say::NEEDS_PASSWORD };
            let act = path.map(|path| (say::ENTER_PASSWORD, Message::PasswordPressed(path)));
            (what, String::new(), act)
        }
        Refusal::Key(problem) => {
            let act = path.map(|path| (say::OWN_KEY, Message::OwnKeyPressed(path)));
            (problem.summary.as_str(), problem.cause.clone(), act)
        }
        Refusal::Other(problem) => {
            // What the window does by a button is not said as a command.
            let remedy = Some(problem.remedy.as_str()).filter(|remedy| !remedy.contains("waxseal-cli"));
            let why = [Some(problem.cause.as_str()), remedy].into_iter().flatten();
            let why = why.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
            (problem.summary.as_str(), why, None)
        }
    };
    let why = (!why.is_empty()).then(|| typo::small(why).style(ink(|t| t.ink2)));
    let lines = column![typo::small(what)].push(why).width(Length::Fill);
    let act = act.map(|(words, message)| Element::from(button::secondary(words).small().on_press(message)));
    row![wax_icon(Icon::OctagonAlert, 16.0, Wax::Alarm), lines]
        .push(act)
        .spacing(10)
        .align_y(Vertical::Center)
        .into()
}
