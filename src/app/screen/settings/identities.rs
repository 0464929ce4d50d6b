//! One's own identities: their keys, and what can be done with them.

use iced::alignment::Vertical;
use iced::widget::{column, container, row, rule, space};
use iced::{Element, Length, Padding};

use super::keeping::{self, Panel};
use super::view::fact;
use super::{Message, Settings};
use crate::app::icon::{Icon, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::{avatar, banner, button, choice, elided};
use crate::app::words::settings as say;
use waxseal::smime::identity::{Identity, OwnKey};
use waxseal::smime::pkcs12::Recipe;
use waxseal::smime::x509::Validity;
use waxseal::smime::{Address, Fingerprint};

/// Days before its end from which a certificate is called expiring.
const EXPIRING: i64 = 60;

/// What stands on the line of titles.
pub(super) fn tools<'a>(settings: &Settings) -> Vec<Element<'a, Message>> {
    let import = (!settings.importing).then_some(Message::ImportPressed);
    vec![
        button::secondary(say::IMPORT).icon(Icon::FileKey).on_press_maybe(import).into(),
        button::secondary(say::NEW).icon(Icon::Plus).on_press(Message::NewPressed).into(),
    ]
}

/// Whether a key can be used for what is new.
fn is_current(key: &OwnKey, shared: &Shared) -> bool {
    !key.retired && key.certificate.validity(shared.now) != Validity::Expired
}

pub(super) fn view<'a>(settings: &'a Settings, shared: &'a Shared) -> Element<'a, Message> {
    let mut sheet = column![].spacing(12);
    if let Some(report) = &settings.report {
        let what = if report.address.is_some() { say::TAKEN } else { say::TAKEN_FOR_READING };
        let lines: Vec<&str> = report.taken.iter().chain(&report.left).map(String::as_str).collect();
        let why = banner::for_a_window(&lines.join(" "));
        sheet = sheet.push(banner::banner(Wax::Quiet, what.into(), why, vec![], Some(Message::ReportClosed)));
    }
    let people = &shared.people;
    if people.identities.is_empty() {
        return sheet.push(typo::label(say::NO_IDENTITY).style(ink(|t| t.ink2))).into();
    }
    sheet = sheet.push(reminder(shared));
    let default = people.me().and_then(|me| me.addresses.first());
    for identity in &people.identities {
        for key in
            identity.keys.iter().filter(|key| !identity.addresses.is_empty() && is_current(key, shared))
        {
            let is_default = people.identities.len() > 1
                && default.is_some_and(|address| identity.addresses.contains(address));
            sheet = sheet.push(card(settings, shared, identity, key, is_default));
        }
    }
    let earlier: Vec<_> = people
        .identities
        .iter()
        .flat_map(|identity| identity.keys.iter().map(move |key| (identity, key)))
        .filter(|(identity, key)| identity.addresses.is_empty() || !is_current(key, shared))
        .collect();
    if !earlier.is_empty() {
        let head = row![
            container(typo::strong(say::EARLIER)).width(Length::Fill),
            typo::small(say::EARLIER_WHY).style(ink(|t| t.ink3)),
        ];
        let mut rows = column![];
        for (place, (identity, key)) in earlier.into_iter().enumerate() {
            rows = rows.push((place > 0).then(|| rule::horizontal(1).style(theme::line)));
            rows = rows.push(earlier_row(settings, identity, key));
        }
        let rows = container(rows).style(theme::card(10.0)).width(Length::Fill);
        sheet = sheet.push(column![head, rows].spacing(8).padding(Padding::ZERO.top(12)));
    }
    sheet.into()
}

/// The key that is to be backed up, until one was.
fn reminder<'a>(shared: &'a Shared) -> Option<Element<'a, Message>> {
    let key = shared.key_without_copy()?;
    let press = Message::Keeping(keeping::Message::BackUpPressed(key));
    let button = button::secondary(say::BACK_UP).small().on_press(press).into();
    Some(banner::banner(Wax::Faith, say::ONLY_HERE.into(), say::ONLY_HERE_WHY.into(), vec![button], None))
}

fn card<'a>(
    settings: &'a Settings,
    shared: &'a Shared,
    identity: &'a Identity,
    key: &'a OwnKey,
    is_default: bool,
) -> Element<'a, Message> {
    let certificate = &key.certificate;
    let fingerprint = certificate.fingerprint();
    let days = (certificate.not_after().as_second() - shared.now.as_second()) / 86_400;
    let expiring = days < EXPIRING;
    let chip = is_default.then(|| {
        container(typo::caption(say::DEFAULT).style(ink(|t| t.ink)))
            .padding([3, 10])
            .style(theme::tinted(Wax::Quiet, 11.0))
    });
    let addresses =
        if certificate.addresses().is_empty() { &identity.addresses } else { certificate.addresses() };
    let name =
        row![elided::line(identity.name.as_str()).strong()].push(chip).spacing(8).align_y(Vertical::Center);
    let mut lines = column![name].spacing(6).width(Length::Fill);
    for address in addresses {
        lines = lines.push(elided::address(address.as_str()).size(typo::LABEL));
    }
    let until = say::good_until(certificate.not_after(), shared.now);
    let until: Element<'a, Message> = if expiring {
        let sign = wax_icon(Icon::CalendarClock, 16.0, Wax::Faith);
        row![sign, typo::small_strong(until).style(theme::wax(Wax::Faith))].spacing(6).into()
    } else {
        typo::small(until).style(ink(|t| t.ink)).into()
    };
    let copy = Message::CopyPressed(fingerprint.to_string());
    let digits = typo::small(say::short_fingerprint(&fingerprint.to_string())).style(ink(|t| t.ink));
    let digits = row![
        digits,
        Element::from(button::quiet(crate::app::words::COPY).small().icon(Icon::Copy).on_press(copy)),
    ]
    .align_y(Vertical::Center);
    let what = say::key_kind(&certificate.public_key().name(), key.signs, key.decrypts);
    lines = lines
        .push(fact(say::UNTIL, until))
        .push(fact(say::KEY, typo::small(what).style(ink(|t| t.ink))))
        .push(fact(say::FINGERPRINT, digits));
    let first = addresses.first().cloned();
    let give = first.clone().map(Message::GivePressed);
    let small =
        |words, message| Element::from(button::secondary(words).small().on_press(Message::Keeping(message)));
    let buttons = row![
        Element::from(button::secondary(say::GIVE).small().on_press_maybe(give)),
        small(say::BACK_UP, keeping::Message::BackUpPressed(fingerprint)),
        small(say::CERTIFICATE, keeping::Message::CertificatePressed(fingerprint)),
        Element::from(
            button::danger(say::DELETE)
                .small()
                .on_press(Message::Keeping(keeping::Message::DeletePressed(fingerprint)))
        ),
    ];
    let buttons = container(buttons.wrap()).padding(Padding::ZERO.left(-4.0));
    lines = lines.push(buttons);
    let content = row![avatar::avatar(&identity.name, 40.0, Wax::Quiet), lines].spacing(16).padding(16);
    let open = panel(settings, fingerprint, first, &identity.name);
    let whole = container(column![content].push(open)).width(Length::Fill);
    let whole = if expiring {
        whole.style(theme::wax_card(Wax::Faith, 10.0))
    } else {
        whole.style(theme::card(10.0))
    };
    whole.into()
}

fn earlier_row<'a>(settings: &'a Settings, identity: &'a Identity, key: &'a OwnKey) -> Element<'a, Message> {
    let certificate = &key.certificate;
    let fingerprint = certificate.fingerprint();
    let whose = certificate.addresses().first().map_or(identity.name.as_str(), Address::as_str);
    let years = say::years(certificate.not_before(), certificate.not_after());
    let press =
        |words, message| Element::from(button::quiet(words).small().on_press(Message::Keeping(message)));
    let words = column![
        elided::address(whose).size(typo::LABEL).color(|t| t.ink),
        typo::small(years).style(ink(|t| t.ink3)),
    ];
    let line = row![
        icon(Icon::History, 18.0, |t| t.ink3),
        words.width(Length::Fill),
        press(say::BACK_UP, keeping::Message::BackUpPressed(fingerprint)),
        press(say::DELETE, keeping::Message::DeletePressed(fingerprint)),
    ];
    let line = line.spacing(8).align_y(Vertical::Center).padding([8, 12]);
    column![line].push(panel(settings, fingerprint, None, &identity.name)).into()
}

/// What is unfolded below a key.
fn panel<'a>(
    settings: &'a Settings,
    key: Fingerprint,
    address: Option<Address>,
    name: &'a str,
) -> Option<Element<'a, Message>> {
    let (_, panel) = settings.keeping.open.filter(|(open, _)| *open == key)?;
    let content = match panel {
        Panel::BackUp(recipe) => back_up(recipe, true),
        Panel::Writing(recipe) => back_up(recipe, false),
        Panel::Certificate => certificate(address?),
        Panel::Delete => delete(key, name),
    };
    let content = container(content.map(Message::Keeping)).padding([12, 16]).width(Length::Fill);
    Some(column![rule::horizontal(1).style(theme::line), content].into())
}

fn closing<'a>() -> Element<'a, keeping::Message> {
    button::quiet(crate::app::words::CANCEL).small().on_press(keeping::Message::Closed).into()
}

fn back_up<'a>(recipe: Recipe, ready: bool) -> Element<'a, keeping::Message> {
    use keeping::Message;
    let words = if ready { say::CHOOSE_PASSWORD } else { say::WRITING_BACKUP };
    let go = button::primary(words).small().on_press_maybe(ready.then_some(Message::PasswordPressed));
    let modern = Message::RecipeChosen(Recipe::Modern);
    let compatible = Message::RecipeChosen(Recipe::Compatible);
    column![
        typo::strong(say::BACK_UP_WHAT).style(ink(|t| t.ink)),
        typo::small(say::BACK_UP_WHY).style(ink(|t| t.ink2)),
        choice::radio(recipe == Recipe::Modern, say::MODERN, say::MODERN_WHY, modern),
        choice::radio(recipe == Recipe::Compatible, say::COMPATIBLE, say::COMPATIBLE_WHY, compatible),
        row![space::horizontal(), closing(), Element::from(go)].align_y(Vertical::Center),
    ]
    .spacing(6)
    .into()
}

fn certificate<'a>(address: Address) -> Element<'a, keeping::Message> {
    let form = |ending: &'static str, words| {
        let press = keeping::Message::FormChosen(address.clone(), ending);
        Element::from(button::secondary(words).small().on_press(press))
    };
    column![
        typo::strong(say::CERTIFICATE_WHAT).style(ink(|t| t.ink)),
        typo::small(say::CERTIFICATE_WHY).style(ink(|t| t.ink2)),
        row![
            form("cer", say::CER),
            form("pem", say::PEM),
            form("p7c", say::P7C),
            space::horizontal(),
            closing()
        ]
        .align_y(Vertical::Center),
    ]
    .spacing(6)
    .into()
}

fn delete<'a>(key: Fingerprint, name: &str) -> Element<'a, keeping::Message> {
    use keeping::Message;
    let back_up = button::primary(say::BACK_UP_FIRST).small().on_press(Message::BackUpPressed(key));
    let delete = button::danger(say::DELETE_FOR_EVER).small().on_press(Message::DeleteAsked(name.to_owned()));
    column![
        row![
            wax_icon(Icon::TriangleAlert, 18.0, Wax::Alarm),
            typo::strong(say::DELETE_WHAT).style(ink(|t| t.ink))
        ]
        .spacing(8),
        typo::small(say::delete_why(name)).style(ink(|t| t.ink2)),
        row![Element::from(delete), space::horizontal(), closing(), Element::from(back_up),]
            .align_y(Vertical::Center),
    ]
    .spacing(6)
    .into()
}
