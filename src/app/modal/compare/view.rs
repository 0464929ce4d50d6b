//! How comparing looks.

use iced::alignment::{Horizontal, Vertical};
use iced::widget::{Column, button as plain, column, container, qr_code, row, text_input};
use iced::{Background, Color, Element, Length, Theme, border};

use super::{Code, Compare, Message, Sides, State, Tab};
use crate::app::icon::Icon;
use crate::app::shared::Shared;
use crate::app::theme::{self, ink, tokens};
use crate::app::typography as typo;
use crate::app::widget::certificate_card::groups;
use crate::app::widget::control::Control;
use crate::app::widget::{banner, button, overlay};
use crate::app::words::compare as say;

/// Groups in a line: what one person reads before the other says yes or no.
const NUMBER_LINE: usize = 3;
const PRINT_LINE: usize = 4;
/// Of a QR code, quiet zone and all.
const CODE: f32 = 208.0;

impl Compare {
    pub(crate) fn view<'a>(&'a self, shared: &'a Shared) -> Element<'a, Message> {
        let roomy = shared.size.height >= 640.0;
        let (title, content, left, right) = match &self.state {
            State::Reading => {
                (say::title(&self.name), column![typo::label(say::READING)], vec![], self.later())
            }
            State::Failed(problem) => {
                let banner = banner::problem(problem, vec![], None);
                (say::title(&self.name), column![banner], vec![], self.later())
            }
            State::Different(sides) => {
                let aside = button::danger(say::set_aside(sides.waits())).on_press(Message::SetAsidePressed);
                let mut right = self.later();
                right.push(button::primary(say::START_AGAIN).on_press(Message::StartAgainPressed).into());
                (say::DIFFERENT_TITLE.to_owned(), self.different(sides), vec![aside.into()], right)
            }
            State::Ready(sides) => {
                let there = match self.tab {
                    Tab::Waxseal => sides.number().is_some(),
                    Tab::Phone => sides.print().is_some(),
                };
                let different = button::danger(say::THEY_DIFFER)
                    .on_press_maybe(there.then_some(Message::DifferentPressed));
                let matches = match self.tab {
                    Tab::Waxseal => say::ALL_MATCH,
                    Tab::Phone => say::PRINT_MATCHES,
                };
                let matches = button::primary(matches)
                    .icon(Icon::Check)
                    .on_press_maybe(there.then_some(Message::MatchPressed));
                let mut right = self.later();
                right.push(matches.into());
                (say::title(&self.name), self.sides(sides, roomy), vec![different.into()], right)
            }
        };
        let trouble = self.trouble.as_ref().map(|problem| banner::problem(problem, vec![], None));
        let content = column![].push(trouble).push(content).spacing(12);
        overlay::dialog(title, Message::Closed, overlay::COMPARE_WIDTH, content, left, right)
    }

    fn later<'a>(&self) -> Vec<Element<'a, Message>> {
        vec![button::secondary(say::LATER).on_press(Message::Closed).into()]
    }

    fn different<'a>(&self, sides: &Sides) -> Column<'a, Message> {
        let line = |words| typo::label(words).style(ink(|t| t.ink2)).into();
        column(say::different(&self.name, sides.waits()).into_iter().map(line)).spacing(10)
    }

    fn sides<'a>(&'a self, sides: &'a Sides, roomy: bool) -> Column<'a, Message> {
        let how = match self.tab {
            Tab::Waxseal => say::how_by_number(&self.name),
            Tab::Phone => say::how_by_fingerprint(&self.name),
        };
        let tab = |tab, words: String| segment(words, self.tab == tab, Message::Turned(tab));
        let tabs = row![
            tab(Tab::Waxseal, say::has_waxseal(&self.name)),
            tab(Tab::Phone, say::has_phone(&self.name)),
        ];
        let tabs = container(tabs).padding(2).style(|theme: &Theme| {
            let tokens = tokens(theme);
            container::Style {
                background: Some(Background::Color(tokens.well)),
                border: border::rounded(7).width(1).color(tokens.line),
                ..container::Style::default()
            }
        });
        let body: Element<'a, Message> = match (self.tab, &sides.numbers, sides.number(), sides.print()) {
            (Tab::Waxseal, Err(problem), ..) => banner::problem(problem, vec![], None),
            (Tab::Waxseal, Ok(_), Some((comparison, code)), _) => {
                let label = say::number_for(&comparison.own_address, &self.address, comparison.waiting);
                let groups = comparison.number.groups();
                self.shown(sides, label, cells(&groups, NUMBER_LINE, 26.0, 124.0), code, roomy)
            }
            (Tab::Phone, _, _, Some((print, code))) => {
                let fingerprint = print.certificate.fingerprint();
                let label = say::print_of(&self.name, print.certificate.not_after(), print.waiting);
                self.shown(sides, label, cells(&groups(&fingerprint), PRINT_LINE, 22.0, 84.0), code, roomy)
            }
            (Tab::Waxseal, Ok(_), None, _) | (Tab::Phone, _, _, None) => {
                typo::label(say::NOTHING_HERE).into()
            }
        };
        column![typo::label(how).style(ink(|t| t.ink2)), tabs, body]
            .push(self.which_address())
            .spacing(if roomy { 16 } else { 10 })
    }

    fn shown<'a>(
        &'a self,
        sides: &Sides,
        label: String,
        cells: Element<'a, Message>,
        code: &'a Code,
        roomy: bool,
    ) -> Element<'a, Message> {
        let many = sides.count(self.tab);
        let other = (many > 1).then(|| {
            let words = match self.tab {
                Tab::Waxseal => say::other_number(sides.number + 1, many),
                Tab::Phone => say::other_print(sides.print + 1, many),
            };
            Element::from(button::quiet(words).small().on_press(Message::OtherPressed))
        });
        let left = column![
            typo::tier(label).style(ink(|t| t.ink2)),
            cells,
            typo::small(say::TAKE_TURNS).style(ink(|t| t.ink2)),
            self.typing(),
        ]
        .push(other)
        .spacing(if roomy { 12 } else { 8 })
        .width(Length::Fill);
        let code = code.as_ref().map(|code| {
            let picture = qr_code(code)
                .total_size(CODE)
                .style(|_| qr_code::Style { cell: Color::BLACK, background: Color::WHITE });
            let frame = container(picture).padding(4).style(|theme: &Theme| container::Style {
                background: Some(Background::Color(Color::WHITE)),
                border: border::rounded(8).width(1).color(tokens(theme).line),
                ..container::Style::default()
            });
            let hint = typo::small(say::SCAN).style(ink(|t| t.ink3)).align_x(Horizontal::Center);
            column![frame, container(hint).max_width(CODE)].spacing(8).align_x(Horizontal::Center)
        });
        row![left].push(code).spacing(24).align_y(Vertical::Top).into()
    }

    /// A field for what the other one reads aloud.
    fn typing<'a>(&'a self) -> Element<'a, Message> {
        let (placeholder, message) = match self.tab {
            Tab::Waxseal => (say::TYPE_NUMBER, Message::CheckPressed),
            Tab::Phone => (say::TYPE_FINGERPRINT, Message::CheckPressed),
        };
        let field = text_input(placeholder, &self.typed)
            .on_input(Message::TypedChanged)
            .style(theme::field)
            .padding([7, 12])
            .size(typo::LABEL.size);
        let check =
            button::secondary(say::CHECK).on_press_maybe((!self.typed.trim().is_empty()).then_some(message));
        let obstacle = self
            .obstacle
            .as_ref()
            .map(|obstacle| typo::small(obstacle.as_str()).style(theme::wax(theme::Wax::Alarm)));
        column![row![field, Element::from(check)].spacing(4).align_y(Vertical::Center)].push(obstacle).into()
    }

    /// Under which of one's addresses the other one has one, where there are several.
    fn which_address<'a>(&'a self) -> Option<Element<'a, Message>> {
        if self.own.len() < 2 || self.tab == Tab::Phone {
            return None;
        }
        let chosen = |address| self.from.as_ref().unwrap_or(&self.own[0]) == address;
        let addresses = self.own.iter().map(|address| {
            segment(address.to_string(), chosen(address), Message::FromChosen(address.clone()))
        });
        let label = typo::small(say::knows_you_as(&self.name)).style(ink(|t| t.ink2));
        Some(row![label].extend(addresses).spacing(8).align_y(Vertical::Center).wrap().into())
    }
}

impl Sides {
    /// Whether a certificate waits for an answer.
    fn waits(&self) -> bool {
        self.prints.iter().any(|(print, _)| print.waiting)
    }
}

/// Groups in columns, large enough to be read aloud.
fn cells<'a>(groups: &[String], in_a_line: usize, size: f32, width: f32) -> Element<'a, Message> {
    let group = |group: &String| {
        let size = typo::Size { size, line: size + 10.0 };
        container(typo::pressed(group.clone(), size)).width(width).into()
    };
    column(groups.chunks(in_a_line).map(|line| row(line.iter().map(group)).into())).into()
}

/// One of several that belong together.
fn segment<'a>(words: String, chosen: bool, message: Message) -> Element<'a, Message> {
    let words = typo::pressed(words, typo::SMALL).style(ink(if chosen { |t| t.ink } else { |t| t.ink2 }));
    let button = plain(container(words).center_y(Length::Fill)).height(28).padding([0, 12]).style(
        move |theme: &Theme, status| {
            let tokens = tokens(theme);
            let over = matches!(status, plain::Status::Hovered | plain::Status::Pressed);
            let ground = match (chosen, over) {
                (true, _) => Some(tokens.raised),
                (false, true) => Some(tokens.hover),
                (false, false) => None,
            };
            let line = if chosen { tokens.line } else { Color::TRANSPARENT };
            plain::Style {
                background: ground.map(Background::Color),
                text_color: tokens.ink,
                border: border::rounded(5).width(1).color(line),
                ..plain::Style::default()
            }
        },
    );
    Control::new(button, Some(message), 5.0).ring_inside().into()
}
