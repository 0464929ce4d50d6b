//! The three steps on one sheet.

use iced::alignment::{Horizontal, Vertical};
use iced::widget::{Space, column, container, qr_code, row, rule, scrollable, space, text_input};
use iced::{Color, Element, Length, Padding};

use super::hand_over::{self, HandOver, PHONE_ADDRESS, PHONE_NAME, Phone, Whose};
use super::{ADDRESS, Choice, Message, NAME, Purpose, Step, Trouble, Welcome, Work};
use crate::app::icon::{Icon, icon, mark};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{banner, button, choice};
use crate::app::words::welcome as say;
use waxseal::problem::Need;

/// As wide as the sheet is.
const WIDTH: f32 = 880.0;
/// Head, foot, and the desk around the sheet.
const AROUND: f32 = 190.0;
/// The fingerprint's picture.
const PICTURE: f32 = 186.0;

pub(super) fn view<'a>(welcome: &'a Welcome, shared: &'a Shared) -> Element<'a, Message> {
    let (body, foot) = match &welcome.step {
        Step::You => (you(welcome, shared), you_foot(welcome)),
        Step::Key { choice, work } => {
            (key(welcome, *choice, work.as_ref(), shared), key_foot(*choice, work.as_ref()))
        }
        Step::HandOver(hand_over) => give(welcome, hand_over, shared),
    };
    let body = container(body).padding(Padding { top: 24.0, right: 32.0, bottom: 24.0, left: 32.0 });
    let body = scrollable(body.width(Length::Fill)).style(theme::scrolling);
    let sheet = column![
        head(welcome),
        container(body).max_height((shared.size.height - AROUND).max(160.0)),
        rule::horizontal(1).style(theme::line),
        container(foot).padding([12, 28]),
    ];
    let sheet = container(container(sheet).max_width(WIDTH).style(theme::card(14.0)));
    sheet.center(Length::Fill).padding([16, 20]).style(theme::surface(|t| t.desk)).into()
}

fn head<'a>(welcome: &Welcome) -> Element<'a, Message> {
    let at = match welcome.step {
        Step::You => 0,
        Step::Key { .. } => 1,
        Step::HandOver(_) => 2,
    };
    let steps = (welcome.purpose != Purpose::HandOver).then(|| {
        let mut steps = row![].spacing(8).align_y(Vertical::Center);
        for (place, name) in say::STEPS.into_iter().enumerate() {
            if place > 0 {
                let line = container(Space::new().width(24).height(1));
                steps = steps.push(line.style(theme::surface(|t| t.edge)));
            }
            steps = steps.push(if place == at {
                typo::small_strong(name).style(ink(|t| t.ink))
            } else {
                typo::small(name).style(ink(|t| t.ink3))
            });
        }
        steps
    });
    let name = row![mark(26.0), typo::small_verdict("Waxseal")].spacing(8).align_y(Vertical::Center);
    row![name, space::horizontal()]
        .push(steps)
        .align_y(Vertical::Center)
        .padding(Padding { top: 20.0, right: 32.0, bottom: 8.0, left: 32.0 })
        .into()
}

fn titled<'a>(title: impl Into<String>, why: &'a str) -> iced::widget::Column<'a, Message> {
    let why = container(typo::body(why).style(ink(|t| t.ink2))).max_width(640);
    column![typo::display(title.into()).style(ink(|t| t.ink)), why].spacing(6)
}

/// A field with its name above and what is wrong with it below.
fn field<'a>(
    name: &'a str,
    input: text_input::TextInput<'a, Message>,
    obstacle: Option<&'a str>,
    hint: &'a str,
) -> Element<'a, Message> {
    let below: Element<'a, Message> = match obstacle {
        Some(obstacle) => {
            row![icon(Icon::CircleAlert, 16.0, |t| t.ink2), typo::small(obstacle).style(ink(|t| t.ink))]
                .spacing(6)
                .align_y(Vertical::Center)
                .into()
        }
        None => typo::small(hint).style(ink(|t| t.ink3)).into(),
    };
    let input = input.style(theme::field).padding([8, 12]).size(typo::LABEL.size);
    column![typo::small_strong(name).style(ink(|t| t.ink2)), input, below].spacing(4).into()
}

fn you<'a>(welcome: &'a Welcome, shared: &'a Shared) -> Element<'a, Message> {
    let title = match welcome.purpose {
        Purpose::First | Purpose::HandOver => say::WHO,
        Purpose::Another => say::WHO_ANOTHER,
    };
    let name = text_input(say::NAME_EXAMPLE, &welcome.name)
        .id(NAME)
        .on_input(Message::NameChanged)
        .on_submit(Message::NameEntered);
    let address = text_input(say::ADDRESS_EXAMPLE, &welcome.address)
        .id(ADDRESS)
        .on_input(Message::AddressChanged)
        .on_submit(Message::ContinuePressed);
    let told = |obstacle: Option<&'static str>| obstacle.filter(|_| welcome.tried);
    let fields = column![
        field(say::NAME, name, told(welcome.name_obstacle()), ""),
        field(say::ADDRESS, address, told(welcome.address_obstacle(shared)), say::ADDRESS_HINT),
    ];
    column![titled(title, say::WHO_WHY), container(fields.spacing(12)).max_width(440)].spacing(24).into()
}

fn you_foot<'a>(welcome: &Welcome) -> Element<'a, Message> {
    let away = match welcome.purpose {
        Purpose::First => say::NOT_NOW,
        Purpose::Another | Purpose::HandOver => say::CANCEL,
    };
    row![
        Element::from(button::quiet(away).on_press(Message::NotNowPressed)),
        space::horizontal(),
        Element::from(button::primary(say::CONTINUE).on_press(Message::ContinuePressed)),
    ]
    .align_y(Vertical::Center)
    .into()
}

fn key<'a>(
    welcome: &'a Welcome,
    chosen: Choice,
    work: Option<&Work>,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let trouble = welcome.trouble.as_ref().map(troubled);
    let choose = |choice| work.is_none().then_some(Message::Chosen(choice));
    let recommended = container(typo::caption(say::RECOMMENDED).style(ink(|t| t.ink)))
        .padding([4, 10])
        .style(theme::tinted(Wax::Quiet, 12.0));
    let head = row![container(typo::heading(say::MAKE)).width(Length::Fill), recommended];
    let set = shared.people.settings.keys;
    let facts = column![
        fact(say::ROW_NAME, welcome.name.trim()),
        fact(say::ROW_ADDRESS, welcome.address.trim()),
        fact(say::ROW_KEPT, say::kept_in(shared.clerk.keys_go(set))),
    ]
    .spacing(6);
    let make = column![typo::label(say::MAKE_WHY).style(ink(|t| t.ink2)), facts].spacing(16);
    let import = column![
        typo::label(say::HAVE_ONE_WHY).style(ink(|t| t.ink2)),
        typo::small(say::OR_DROP).style(ink(|t| t.ink3)),
    ]
    .spacing(8);
    let cards = row![
        choice::card(
            chosen == Choice::Make,
            head.align_y(Vertical::Center).into(),
            make.into(),
            choose(Choice::Make)
        ),
        choice::card(
            chosen == Choice::Import,
            typo::heading(say::HAVE_ONE).into(),
            import.into(),
            choose(Choice::Import)
        ),
    ]
    .spacing(8)
    .height(CARDS);
    let title = titled(say::your_key(&welcome.name), say::KEY_WHY);
    column![].push(trouble).push(title).push(cards).spacing(20).into()
}

/// As high as the two choices are.
const CARDS: f32 = 236.0;

fn fact<'a>(name: &'a str, value: &'a str) -> Element<'a, Message> {
    let name = typo::small(name).style(ink(|t| t.ink3)).width(64);
    row![name, typo::small(value).style(ink(|t| t.ink)).width(Length::Fill)].spacing(12).into()
}

fn key_foot<'a>(chosen: Choice, work: Option<&Work>) -> Element<'a, Message> {
    let left: Element<'a, Message>;
    let (hint, right): (String, Element<'a, Message>) = match (work, chosen) {
        (Some(Work::Making { seconds, .. }), _) => {
            (say::making(*seconds), button::secondary(say::CANCEL).on_press(Message::StopPressed).into())
        }
        (Some(Work::Importing), _) => {
            (String::new(), button::primary(say::IMPORTING).on_press_maybe(None).into())
        }
        (None, Choice::Make) => (
            say::NOTHING_LEAVES.to_owned(),
            button::primary(say::MAKE_BUTTON).on_press(Message::MakePressed).into(),
        ),
        (None, Choice::Import) => (
            say::NOTHING_LEAVES.to_owned(),
            button::primary(say::CHOOSE_FILE)
                .icon(Icon::FolderOpen)
                .on_press(Message::ChooseFilePressed)
                .into(),
        ),
    };
    let back = work.is_none().then_some(Message::BackPressed);
    left = button::quiet(say::BACK).icon(Icon::ArrowLeft).on_press_maybe(back).into();
    let hint = typo::small(hint).style(ink(|t| t.ink3)).width(Length::Fill).align_x(Horizontal::Right);
    row![left, hint, right].spacing(8).align_y(Vertical::Center).into()
}

fn troubled<'a>(trouble: &Trouble) -> Element<'a, Message> {
    let small = |words, message| button::secondary(words).small().on_press(message).into();
    let buttons = match (trouble.need(), &trouble.again) {
        (Some(Need::PlaceForKeys), _) => {
            vec![
                small(say::USE_FILES, Message::UseFilesPressed),
                small(say::TRY_AGAIN, Message::RetryPressed),
            ]
        }
        (Some(Need::Passphrase | Need::OtherPassphrase), _) => {
            vec![small(say::UNLOCK, Message::UnlockPressed)]
        }
        (None, super::Again::ChooseFile) => vec![small(say::CHOOSE_ANOTHER, Message::RetryPressed)],
        (None, super::Again::Make | super::Again::Password(_) | super::Again::Import(..)) => {
            vec![small(say::TRY_AGAIN, Message::RetryPressed)]
        }
    };
    banner::problem(&trouble.problem, buttons, Some(Message::TroubleClosed))
}

fn give<'a>(
    welcome: &'a Welcome,
    hand_over: &'a HandOver,
    shared: &'a Shared,
) -> (Element<'a, Message>, Element<'a, Message>) {
    let later = welcome.purpose == Purpose::HandOver;
    let title = titled(if later { say::GIVE_LATER } else { say::GIVE }, say::GIVE_WHY);
    let report = hand_over.report.as_ref().map(|report| {
        let lines: Vec<&str> = report.taken.iter().chain(&report.left).map(String::as_str).collect();
        banner::banner(
            Wax::Quiet,
            say::TAKEN.to_owned(),
            banner::for_a_window(&lines.join(" ")),
            vec![],
            None,
        )
    });
    let trouble = hand_over.trouble.as_ref().map(|(problem, again)| {
        let again = match problem.need {
            Some(Need::Passphrase | Need::OtherPassphrase) => {
                button::secondary(say::UNLOCK).small().on_press(Message::UnlockFor(Box::new(again.clone())))
            }
            Some(Need::PlaceForKeys) | None => {
                button::secondary(say::TRY_AGAIN).small().on_press(Message::HandOver(again.clone()))
            }
        };
        banner::problem(
            problem,
            vec![again.into()],
            Some(Message::HandOver(hand_over::Message::TroubleClosed)),
        )
    });
    let ways = column![
        file_row(hand_over),
        rule::horizontal(1).style(theme::line),
        phone_row(&hand_over.phone, shared).map(Message::HandOver),
    ];
    let left = column![title].push(trouble).push(report).push(container(ways).style(theme::card(10.0)));
    let left = left.spacing(16).width(Length::Fill);
    let body = row![left, fingerprint(hand_over).map(Message::HandOver)].spacing(32);
    (body.into(), give_foot(hand_over, later))
}

fn give_foot<'a>(hand_over: &HandOver, later: bool) -> Element<'a, Message> {
    let done = Message::HandOver(hand_over::Message::DonePressed);
    let right = match (later, hand_over.is_done()) {
        (true, _) => button::secondary(say::DONE),
        (false, true) => button::primary(say::OPEN_BUTTON),
        (false, false) => button::secondary(say::LATER_BUTTON),
    };
    let hint = if later { "" } else { say::LATER };
    let hint = typo::small(hint).style(ink(|t| t.ink3)).width(Length::Fill).align_x(Horizontal::Right);
    row![hint, Element::from(right.on_press(done))].spacing(8).align_y(Vertical::Center).into()
}

/// One way to hand over: a sign, what it is, for whom, and its button.
fn way<'a, M: Clone + 'a>(
    sign: Icon,
    what: &'a str,
    why: Element<'a, M>,
    button: Element<'a, M>,
) -> Element<'a, M> {
    let words = column![typo::strong(what).style(ink(|t| t.ink)), why].spacing(2).width(Length::Fill);
    row![icon(sign, 22.0, |t| t.ink2), words, button]
        .spacing(16)
        .align_y(Vertical::Center)
        .padding(Padding { top: 14.0, right: 12.0, bottom: 14.0, left: 16.0 })
        .into()
}

fn file_row<'a>(hand_over: &HandOver) -> Element<'a, Message> {
    let press = Message::HandOver(hand_over::Message::SavePressed);
    let (why, button) = match &hand_over.saved {
        Some(name) => (done(say::saved_as(name)), button::secondary(say::SAVE)),
        None => (small(say::FILE_WHY), button::primary(say::SAVE)),
    };
    way(Icon::FileDown, say::FILE, why, button.on_press(press).into())
}

fn small<'a, M: 'a>(words: &'a str) -> Element<'a, M> {
    typo::small(words).style(ink(|t| t.ink2)).into()
}

/// Something is done; ink, since wax is for trust.
fn done<'a, M: 'a>(words: String) -> Element<'a, M> {
    row![icon(Icon::Check, 16.0, |t| t.ink2), typo::small(words).style(ink(|t| t.ink)).width(Length::Fill)]
        .spacing(6)
        .into()
}

fn phone_row<'a>(phone: &'a Phone, shared: &'a Shared) -> Element<'a, hand_over::Message> {
    use hand_over::Message;
    let (why, open) = match phone {
        Phone::Closed => (small(say::PHONE_WHY), None),
        Phone::Asked(whose) => (small(say::PHONE_WHY), Some(whose_fields(whose, shared))),
        Phone::Making(_) => (small(say::PHONE_MAKING), None),
        Phone::Made(name, file) => (done(say::phone_made(name, file)), None),
    };
    let button = match phone {
        Phone::Closed | Phone::Made(..) => {
            button::secondary(say::PHONE_START).on_press(Message::PhonePressed)
        }
        Phone::Asked(_) => button::secondary(say::CANCEL).on_press(Message::PhonePressed),
        Phone::Making(_) => button::secondary(say::PHONE_START).on_press_maybe(None),
    };
    column![way(Icon::Smartphone, say::PHONE, why, button.into())].push(open).into()
}

fn whose_fields<'a>(whose: &'a Whose, shared: &'a Shared) -> Element<'a, hand_over::Message> {
    use hand_over::Message;
    let input = |id: &'static str, example, value: &'a str| {
        text_input(example, value).id(id).style(theme::field).padding([8, 12]).size(typo::LABEL.size)
    };
    let name = input(PHONE_NAME, say::PHONE_NAME_EXAMPLE, &whose.name)
        .on_input(Message::PhoneNameChanged)
        .on_submit(Message::PhoneNameEntered);
    let address = input(PHONE_ADDRESS, say::PHONE_ADDRESS_EXAMPLE, &whose.address)
        .on_input(Message::PhoneAddressChanged)
        .on_submit(Message::PhoneMakePressed);
    let named = |name, field| {
        column![typo::small_strong(name).style(ink(|t| t.ink2)), field].spacing(4).width(Length::Fill)
    };
    let obstacle = whose.obstacle(shared).filter(|_| whose.tried);
    let obstacle = obstacle.map(|words| typo::small(words).style(ink(|t| t.ink)));
    let make = button::secondary(say::PHONE_MAKE).on_press(Message::PhoneMakePressed);
    let content = column![
        row![named(say::PHONE_NAME, name), named(say::PHONE_ADDRESS, address)].spacing(12),
        choice::tick(whose.keep, say::KEEP, say::KEEP_WHY, Message::KeepToggled),
    ]
    .push(obstacle)
    .push(Element::from(make));
    container(content.spacing(10)).padding(Padding { top: 0.0, right: 16.0, bottom: 14.0, left: 54.0 }).into()
}

fn fingerprint<'a>(hand_over: &'a HandOver) -> Element<'a, hand_over::Message> {
    let picture = hand_over.picture.as_ref().map(|data| {
        let style = |_: &iced::Theme| qr_code::Style { cell: Color::BLACK, background: Color::WHITE };
        container(qr_code(data).total_size(PICTURE).style(style)).padding(16).style(|theme: &iced::Theme| {
            container::Style { background: Some(Color::WHITE.into()), ..theme::card(8.0)(theme) }
        })
    });
    let (begins, ends) = say::both_begin(&hand_over.fingerprint.to_string());
    let words = typo::small(say::COMPARE_HINT).style(ink(|t| t.ink2)).align_x(Horizontal::Center);
    let digits = |words: String| typo::small_strong(words).style(ink(|t| t.ink));
    let ends = row![typo::small(say::AND_ENDS).style(ink(|t| t.ink2)), digits(ends)].spacing(6);
    let copy = button::quiet(say::COPY_FINGERPRINT).small().icon(Icon::Copy);
    column![]
        .push(picture)
        .push(Space::new().height(8))
        .push(typo::small_strong(say::FINGERPRINT).style(ink(|t| t.ink)))
        .push(words)
        .push(digits(begins))
        .push(ends)
        .push(Element::from(copy.on_press(hand_over::Message::CopyPressed)))
        .spacing(2)
        .width(PICTURE + 34.0)
        .align_x(Horizontal::Center)
        .into()
}
