//! The sheet of one person: how far they can be trusted, and every certificate.

use iced::alignment::{Horizontal, Vertical};
use iced::widget::{Space, column, container, mouse_area, opaque, row, scrollable, space, stack};
use iced::{Element, Length, Padding};

use super::standing::{Standing, Trust, Vouchers, ends_soon};
use super::{Contacts, Fold, Message, SHEET, changed, list, report};
use crate::app::icon::{Glyph, Icon, glyph, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::certificate_card::{self, Card};
use crate::app::widget::{avatar, banner, button, elided};
use crate::app::words;
use crate::app::words::contacts as say;
use waxseal::desk::answer::Vouched;
use waxseal::smime::policy::Device;
use waxseal::smime::x509::{Certificate, Validity};
use waxseal::store::contacts::{Contact, ContactKey, KeyState, Origin};

/// As wide as a sheet is read well.
const MEASURE: f32 = 680.0;
/// The first entry of the menu.
pub(super) const MENU: &str = "contacts-menu";

pub(super) fn view<'a>(contacts: &'a Contacts, shared: &'a Shared) -> Element<'a, Message> {
    let padding = if shared.is_wide() { 32.0 } else { 20.0 };
    let chosen = contacts.chosen(shared);
    let mut content = column![].spacing(16).max_width(MEASURE).width(Length::Fill);
    content = content.push(
        contacts
            .trouble
            .as_ref()
            .map(|problem| banner::problem(problem, vec![], Some(Message::TroubleClosed))),
    );
    if !contacts.report.is_empty() {
        content = content.push(report::view(&contacts.report));
    }
    let empty = contacts.trouble.is_none() && contacts.report.is_empty();
    let content: Element<'a, Message> = match (chosen, empty) {
        (None, true) => nobody(contacts),
        (None, false) => container(content).padding([16, padding as u16]).height(Length::Fill).into(),
        (Some(contact), _) => {
            let standing = Standing::of(contact, &contacts.vouchers, shared.now);
            content = content.push(person(contact));
            content = match standing.trust {
                Trust::Changed => changed::view(content, contact, &contacts.vouchers, shared),
                _ => content.push(head(contact, &standing, shared)),
            };
            let unfolded = contacts.unfolded == Some(Fold::Device);
            let content = content.push(device(contact, unfolded));
            let content = content.push(certificates(contacts, contact, shared));
            let padding = Padding { left: padding, right: padding, top: 0.0, bottom: 32.0 };
            let content = container(content).padding(padding);
            scrollable(content)
                .id(SHEET)
                .direction(list::slim())
                .height(Length::Fill)
                .width(Length::Fill)
                .style(theme::scrolling)
                .into()
        }
    };
    let sheet = column![toolbar(chosen, contacts, shared), content].width(Length::Fill).height(Length::Fill);
    let menu = (contacts.unfolded == Some(Fold::Menu)).then(|| menu(shared));
    stack![sheet].push(menu).into()
}

fn nobody<'a>(contacts: &Contacts) -> Element<'a, Message> {
    let content = if contacts.importing {
        column![typo::heading(say::READING)]
    } else if contacts.people.is_empty() {
        let import =
            button::primary(say::IMPORT_FILE).icon(Icon::FolderOpen).on_press(Message::ImportPressed);
        column![
            icon(Icon::Users, 64.0, |t| t.ink3),
            typo::title(say::NOBODY),
            container(typo::label(say::NOBODY_HOW).style(ink(|t| t.ink2)).align_x(Horizontal::Center))
                .max_width(440),
            Space::new().height(4),
            Element::from(import),
        ]
    } else {
        column![
            icon(Icon::UserRound, 64.0, |t| t.ink3),
            typo::label(say::NOBODY_CHOSEN).style(ink(|t| t.ink2))
        ]
    };
    container(content.spacing(12).align_x(Horizontal::Center)).center(Length::Fill).padding(16).into()
}

fn toolbar<'a>(chosen: Option<&'a Contact>, contacts: &Contacts, shared: &Shared) -> Element<'a, Message> {
    let back = (!shared.has_two_panes())
        .then(|| button::icon(Icon::ArrowLeft, words::CONTACTS, Some(Message::BackPressed)));
    let mut bar = row![].push(back).push(space::horizontal()).align_y(Vertical::Center);
    if let Some(contact) = chosen {
        let standing = Standing::of(contact, &contacts.vouchers, shared.now);
        let writable = standing.can_be_written_to();
        let write = button::primary(say::write_to(&contact.name))
            .icon(Icon::PenLine)
            .on_press_maybe(writable.then_some(Message::WritePressed));
        let replace = if shared.is_wide() { say::REPLACE } else { say::REPLACE_SHORT };
        let replace = button::secondary(replace).icon(Icon::RefreshCw).on_press(Message::ReplacePressed);
        let changed = standing.trust == Trust::Changed;
        bar = bar
            .push(Element::from(write))
            .push((!changed).then(|| Element::from(replace)))
            .push(button::icon(Icon::Ellipsis, say::MORE, Some(Message::Folded(Fold::Menu))));
    }
    bar.height(56).padding(Padding { left: 12.0, right: 12.0, ..Padding::ZERO }).into()
}

/// What can be done with the contact, over the sheet.
fn menu<'a>(shared: &Shared) -> Element<'a, Message> {
    let entries = [
        (Icon::Handshake, say::COMPARE, Message::ComparePressed),
        (Icon::RefreshCw, say::REPLACE, Message::ReplacePressed),
        (Icon::FileDown, say::SAVE, Message::SavePressed(None)),
        (Icon::Ban, say::SET_ASIDE_BUTTON, Message::SetAsidePressed),
        (Icon::Trash2, say::REMOVE, Message::RemovePressed(None)),
    ];
    let entries = entries.into_iter().enumerate().map(|(place, (sign, words, message))| {
        let line =
            row![icon(sign, 16.0, |t| t.ink2), typo::label(words)].spacing(10).align_y(Vertical::Center);
        let line = container(line).padding([0, 10]).center_y(34);
        let entry = button::area(line, Some(message), 6.0, false);
        if place == 0 { entry.id(MENU).into() } else { entry.into() }
    });
    let card = container(column(entries)).width(220).padding(6).style(theme::floating(8.0));
    let top = if shared.has_two_panes() { 50.0 } else { 52.0 };
    let place = container(opaque(card))
        .width(Length::Fill)
        .height(Length::Fill)
        .align_x(Horizontal::Right)
        .padding(Padding { top, right: 16.0, ..Padding::ZERO });
    mouse_area(place).on_press(Message::Folded(Fold::Menu)).into()
}

fn person(contact: &Contact) -> Element<'_, Message> {
    let addresses =
        contact.addresses.iter().map(|address| elided::address(address.as_str()).size(typo::LABEL).into());
    let name = if contact.name.is_empty() { "?" } else { contact.name.as_str() };
    row![
        avatar::avatar(name, 56.0, Wax::Quiet),
        column![typo::title(name), column(addresses)].width(Length::Fill),
    ]
    .spacing(16)
    .align_y(Vertical::Center)
    .into()
}

/// The card that says how far notes to this person are secure.
fn head<'a>(contact: &'a Contact, standing: &Standing, shared: &Shared) -> Element<'a, Message> {
    let name = contact.name.as_str();
    let compare = |words: &'static str| Some(button::secondary(words).on_press(Message::ComparePressed));
    let replace = || Some(button::secondary(say::REPLACE).on_press(Message::ReplacePressed));
    let (seal, wax, (title, sentence), act) = match &standing.trust {
        Trust::Checked(time) => {
            (Glyph::Whole, Wax::Seal, say::head_checked(name, *time), compare(say::COMPARE_AGAIN))
        }
        Trust::MadeHere(time) => {
            (Glyph::Whole, Wax::Seal, say::head_made_here(name, *time), compare(say::COMPARE))
        }
        Trust::Vouched(authority) => {
            (Glyph::Envelope, Wax::Faith, say::head_vouched(name, authority), compare(say::COMPARE))
        }
        Trust::NotChecked => {
            (Glyph::Envelope, Wax::Faith, say::head_not_checked(name), compare(say::COMPARE))
        }
        Trust::Revoked { issuer, date } => {
            (Glyph::Broken, Wax::Alarm, say::head_revoked(name, issuer, *date), replace())
        }
        Trust::SetAside => (Glyph::Broken, Wax::Alarm, say::head_set_aside(name), replace()),
        Trust::NoCertificate => (Glyph::Keyhole, Wax::Quiet, say::head_no_certificate(name), replace()),
        Trust::SignsOnly => (Glyph::Keyhole, Wax::Quiet, say::head_signs_only(name), None),
        Trust::Expired(end) => (Glyph::Envelope, Wax::Faith, say::head_expired(name, *end), replace()),
        Trust::NotYet(begin) => (Glyph::Envelope, Wax::Faith, say::head_not_yet(name, *begin), None),
        Trust::Changed => return Space::new().into(),
    };
    let (title, size) =
        if shared.is_wide() { (typo::verdict(title), 48.0) } else { (typo::small_verdict(title), 40.0) };
    let lines = column![title.style(theme::wax(wax)), typo::label(sentence).style(ink(|t| t.ink2))]
        .spacing(2)
        .width(Length::Fill);
    let act = act.map(|act| Element::from(act.small()));
    let line = row![glyph(seal, size, wax), lines].push(act).spacing(16).align_y(Vertical::Center);
    container(line)
        .padding(Padding { top: 12.0, right: 12.0, bottom: 12.0, left: 16.0 })
        .width(Length::Fill)
        .style(theme::tinted(wax, 10.0))
        .into()
}

/// What the person reads on, and the choice of it.
fn device(contact: &Contact, unfolded: bool) -> Element<'_, Message> {
    let profile = contact.device;
    let sign = match profile.device {
        Device::Iphone | Device::Android => Icon::Smartphone,
        Device::MacMail | Device::Thunderbird | Device::Outlook | Device::Waxseal => Icon::Laptop,
        Device::Unknown => Icon::CircleHelp,
    };
    let lines = row![
        typo::small_strong(say::device(&contact.name, profile.device)),
        typo::small(say::device_known(profile.origin)).style(ink(|t| t.ink2)),
    ]
    .spacing(5)
    .width(Length::Fill)
    .wrap();
    let change = if unfolded { say::DEVICE_DONE } else { say::DEVICE_CHANGE };
    let change = button::quiet(change).small().on_press(Message::Folded(Fold::Device));
    let line = row![icon(sign, 18.0, |t| t.ink2), lines, Element::from(change)]
        .spacing(10)
        .align_y(Vertical::Center);
    let choices = unfolded.then(|| {
        let choice = |device: Device| {
            let press = button::secondary(device.title()).small();
            // The one that counts is not offered again.
            Element::from(
                press.on_press_maybe((device != profile.device).then_some(Message::DeviceChosen(device))),
            )
        };
        row(Device::ALL.map(choice)).wrap()
    });
    container(column![line].push(choices).spacing(6))
        .padding(Padding { top: 6.0, right: 8.0, bottom: 6.0, left: 16.0 })
        .width(Length::Fill)
        .style(theme::card(10.0))
        .into()
}

fn certificates<'a>(
    contacts: &'a Contacts,
    contact: &'a Contact,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let soon =
        contact.accepted().filter(|key| ends_soon(key.certificate.not_after(), shared.now).is_some()).count();
    let count = say::certificates(contact.keys.len(), soon);
    let head = row![
        typo::heading(say::CERTIFICATES),
        space::horizontal(),
        typo::small(count).style(ink(|t| t.ink3)),
    ]
    .align_y(Vertical::Bottom)
    .padding(Padding { top: 8.0, ..Padding::ZERO });
    // Those that count first, then the newest.
    let mut keys: Vec<&ContactKey> = contact.keys.iter().collect();
    keys.sort_by_key(|key| (rank(key.state), std::cmp::Reverse(key.certificate.not_after())));
    let cards = keys.into_iter().map(|key| card(contacts, key, shared));
    column![head, column(cards).spacing(12)].spacing(10).into()
}

fn rank(state: KeyState) -> u8 {
    match state {
        KeyState::Pending => 0,
        KeyState::Accepted => 1,
        KeyState::Replaced => 2,
        KeyState::Distrusted => 3,
    }
}

fn card<'a>(contacts: &Contacts, key: &'a ContactKey, shared: &Shared) -> Element<'a, Message> {
    let certificate = &key.certificate;
    let fingerprint = certificate.fingerprint();
    let unfolded = contacts.unfolded == Some(Fold::Certificate(fingerprint));
    let soon = ends_soon(certificate.not_after(), shared.now).filter(|_| key.state == KeyState::Accepted);
    let validity = certificate.validity(shared.now);
    let counts = matches!(key.state, KeyState::Accepted | KeyState::Pending) && validity != Validity::Expired;
    let (sign, wax) = card_sign(key, validity, soon);
    let title = soon.map_or_else(|| role(key).to_owned(), |days| say::ends_in(role(key), days));
    let facts = facts(key, &contacts.vouchers);
    let shown = counts || unfolded;
    let copy =
        button::quiet(say::COPY_FINGERPRINT).small().on_press(Message::CopyPressed(fingerprint.to_string()));
    let buttons = vec![
        copy.into(),
        button::icon(Icon::Ellipsis, say::MORE, Some(Message::Folded(Fold::Certificate(fingerprint)))),
    ];
    let foot = unfolded.then(|| actions(key, &facts));
    let card = Card {
        sign,
        title,
        line: validity_line(certificate, validity),
        facts: if shown { facts } else { Vec::new() },
        fingerprint: shown.then_some(fingerprint),
        buttons,
        foot,
        wax,
    };
    certificate_card::card(card, !shared.is_wide())
}

fn card_sign<'a>(
    key: &ContactKey,
    validity: Validity,
    soon: Option<i64>,
) -> (Element<'a, Message>, Option<Wax>) {
    let seal = |shape, wax| glyph(shape, 28.0, wax).into();
    match (key.state, validity) {
        (KeyState::Pending, _) => (seal(Glyph::Broken, Wax::Alarm), Some(Wax::Alarm)),
        (KeyState::Distrusted, _) => (seal(Glyph::Broken, Wax::Quiet), None),
        (KeyState::Replaced, _) => (icon(Icon::History, 28.0, |t| t.ink3).into(), None),
        (KeyState::Accepted, Validity::Expired | Validity::NotYet) => {
            (wax_icon(Icon::CalendarClock, 28.0, Wax::Faith).into(), Some(Wax::Faith))
        }
        (KeyState::Accepted, Validity::Valid) if soon.is_some() => {
            (wax_icon(Icon::CalendarClock, 28.0, Wax::Faith).into(), Some(Wax::Faith))
        }
        (KeyState::Accepted, Validity::Valid) if key.verified.is_some() || key.origin == Origin::MadeHere => {
            (seal(Glyph::Whole, Wax::Seal), None)
        }
        (KeyState::Accepted, Validity::Valid) => (seal(Glyph::Envelope, Wax::Faith), None),
    }
}

fn role(key: &ContactKey) -> &'static str {
    match (key.state, key.certificate.may_encrypt(), key.certificate.may_sign()) {
        (KeyState::Pending, ..) => say::ROLE_PENDING,
        (KeyState::Replaced, ..) => say::ROLE_REPLACED,
        (KeyState::Distrusted, ..) => say::ROLE_DISTRUSTED,
        (KeyState::Accepted, true, true) => say::ROLE_BOTH,
        (KeyState::Accepted, true, false) => say::ROLE_SEALS,
        (KeyState::Accepted, false, true) => say::ROLE_SIGNS,
        (KeyState::Accepted, false, false) => say::ROLE_NONE,
    }
}

fn validity_line(certificate: &Certificate, validity: Validity) -> String {
    match validity {
        Validity::Valid => say::good_until(certificate.not_after()),
        Validity::Expired => say::ended(certificate.not_after()),
        Validity::NotYet => say::good_from(certificate.not_before()),
    }
}

/// What a certificate says, and how it came here.
fn facts(key: &ContactKey, vouchers: &Vouchers) -> Vec<(&'static str, String)> {
    let certificate = &key.certificate;
    let addresses: Vec<&str> = certificate.addresses().iter().map(|address| address.as_str()).collect();
    let addresses = if addresses.is_empty() { say::NO_ADDRESS.to_owned() } else { addresses.join(", ") };
    let issuer = say::issued_by(&issuer(certificate), certificate.is_self_signed(), &serial(certificate));
    let scheme = certificate.signature_scheme().map(|scheme| scheme.name());
    let kind = certificate.public_key().name();
    let what = say::key(&kind, scheme.as_deref(), certificate.may_sign(), certificate.may_encrypt());
    vec![
        (say::ADDRESS, addresses),
        (say::ISSUED_BY, issuer),
        (say::VALID, say::from_to(certificate.not_before(), certificate.not_after())),
        (say::KEY, what),
        (say::TRUST, trust(key, vouchers)),
    ]
}

pub(super) fn issuer(certificate: &Certificate) -> String {
    let issuer = certificate.issuer();
    issuer.common_name().map_or_else(|| issuer.to_string(), str::to_owned)
}

/// The first octets: enough to tell two certificates of one issuer apart.
fn serial(certificate: &Certificate) -> String {
    const SHOWN: usize = 5;
    let serial = certificate.serial();
    let shown: Vec<String> = serial.iter().take(SHOWN).map(|octet| format!("{octet:02X}")).collect();
    let more = if serial.len() > SHOWN { " …" } else { "" };
    shown.join(" ") + more
}

fn trust(key: &ContactKey, vouchers: &Vouchers) -> String {
    let came = match key.origin {
        Origin::File => say::from_file(key.added),
        Origin::SignedMessage => say::from_signed_mail(key.added),
        Origin::MadeHere => say::made_here(key.added),
    };
    let vouched = match vouchers.get(&key.certificate.fingerprint()) {
        Some(Vouched::By(authority)) => Some(say::vouched(authority)),
        Some(Vouched::Revoked(taken)) => Some(say::taken_back(taken.date, taken.date)),
        None => None,
    };
    match (key.verified, vouched) {
        (Some(time), _) => format!("{}. {}", say::compared(time), came),
        (None, Some(vouched)) => format!("{vouched}. {came}, {}", say::NOT_COMPARED),
        (None, None) => format!("{came}, {}", say::NOT_COMPARED),
    }
}

fn actions<'a>(key: &ContactKey, facts: &[(&'static str, String)]) -> Element<'a, Message> {
    let fingerprint = key.certificate.fingerprint();
    let mut all: String = facts.iter().map(|(label, value)| format!("{label}: {value}\n")).collect();
    all += &format!("{}: {}\n", say::SHA256, certificate_card::groups(&fingerprint).join(" "));
    let again = match key.state {
        KeyState::Replaced | KeyState::Distrusted => Some(Message::UsePressed(vec![fingerprint])),
        KeyState::Accepted | KeyState::Pending => None,
    };
    let quiet = |words, message| Element::from(button::quiet(words).small().on_press(message));
    row![
        quiet(say::COPY_DETAILS, Message::CopyPressed(all)),
        quiet(say::SAVE, Message::SavePressed(Some(fingerprint))),
    ]
    .push(again.map(|again| quiet(say::USE_AGAIN, again)))
    .push(quiet(say::REMOVE, Message::RemovePressed(Some(fingerprint))))
    .wrap()
    .into()
}
