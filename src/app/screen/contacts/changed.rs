//! Another certificate has arrived: loud, until the person has answered.

use iced::alignment::Vertical;
use iced::widget::{Column, column, container, row, rule, text};
use iced::{Element, Length, Padding};

use super::Message;
use super::sheet::issuer;
use super::standing::Vouchers;
use crate::app::icon::{Glyph, Icon, glyph, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use crate::app::widget::button::{self, Press};
use crate::app::widget::certificate_card::{fact, groups};
use crate::app::words::contacts as say;
use waxseal::smime::Fingerprint;
use waxseal::smime::x509::Certificate;
use waxseal::store::contacts::{Contact, ContactKey, KeyState, Origin};

/// As many groups of a fingerprint as tell two certificates apart at a glance.
const BEGINNING: usize = 4;

/// What changed, both sides of it, and the three answers.
pub(super) fn view<'a>(
    content: Column<'a, Message>,
    contact: &'a Contact,
    vouchers: &Vouchers,
    shared: &'a Shared,
) -> Column<'a, Message> {
    let pending = || contact.keys.iter().filter(|key| key.state == KeyState::Pending);
    let Some(new) = pending().max_by_key(|key| key.added) else { return content };
    let old = contact.accepted().max_by_key(|key| (key.certificate.may_encrypt(), key.added));
    let checked = old.and_then(|old| old.verified).is_some();
    let keys: Vec<Fingerprint> = pending().map(|key| key.certificate.fingerprint()).collect();
    content
        .push(card(contact, old, new, vouchers, shared))
        .push(container(typo::heading(say::WHAT_TO_DO)).padding(Padding { top: 8.0, ..Padding::ZERO }))
        .push(choices(contact, old.is_some(), checked, keys))
}

fn card<'a>(
    contact: &'a Contact,
    old: Option<&'a ContactKey>,
    new: &'a ContactKey,
    vouchers: &Vouchers,
    shared: &Shared,
) -> Element<'a, Message> {
    let checked = old.and_then(|old| old.verified).is_some();
    let title = say::changed_title(&contact.name);
    let (title, size) =
        if shared.is_wide() { (typo::verdict(title), 56.0) } else { (typo::small_verdict(title), 40.0) };
    let mail = new.origin == Origin::SignedMessage;
    let lines = column![
        title.style(theme::wax(Wax::Alarm)),
        typo::label(say::changed_why(new.added, mail, checked)).style(ink(|t| t.ink2)),
        typo::strong(say::changed_until(&contact.name)),
    ]
    .spacing(6)
    .width(Length::Fill);
    let head = container(row![glyph(Glyph::Broken, size, Wax::Alarm), lines].spacing(16))
        .padding([14, 16])
        .width(Length::Fill)
        .style(theme::head(Wax::Alarm, 9.0));
    let narrow = !shared.is_wide();
    let left = match old {
        Some(old) => side(old, if checked { say::OLD_CHECKED } else { say::OLD_UNCHECKED }, narrow),
        None => container(typo::small(say::OLD_NONE).style(ink(|t| t.ink2))).padding([12, 16]).into(),
    };
    let sides = row![
        container(left).width(Length::FillPortion(1)),
        container(side(new, say::NEW, narrow)).width(Length::FillPortion(1)),
    ];
    let between = old.map(|old| between(&old.certificate, &new.certificate, vouchers));
    let content = column![head, rule::horizontal(1).style(theme::line), sides]
        .push(between.as_ref().map(|_| rule::horizontal(1).style(theme::line)))
        .push(between);
    container(content).padding(1).style(theme::wax_card(Wax::Alarm, 10.0)).into()
}

fn side<'a>(key: &ContactKey, label: &'static str, narrow: bool) -> Element<'a, Message> {
    let certificate = &key.certificate;
    let (seal, wax, title) = match (key.state, key.verified) {
        (KeyState::Pending, _) => (Glyph::Broken, Wax::Alarm, say::never_seen_before(key.added)),
        (_, Some(time)) => (Glyph::Whole, Wax::Seal, say::checked_in_person(time)),
        (_, None) => (Glyph::Envelope, Wax::Faith, say::here_since(key.added)),
    };
    let value = |words: String| typo::small(words).wrapping(text::Wrapping::WordOrGlyph).into();
    let fact = |label, words| -> Element<'a, Message> {
        if narrow {
            column![typo::caption(label).style(ink(|t| t.ink2)), Element::from(value(words))].into()
        } else {
            fact(label, value(words), true)
        }
    };
    let beginning = groups(&certificate.fingerprint())[..BEGINNING].join(" ");
    let title = row![glyph(seal, 20.0, wax), typo::strong(title).width(Length::Fill)]
        .spacing(8)
        .align_y(Vertical::Center);
    let facts = column![
        fact(say::VALID, say::from_to(certificate.not_before(), certificate.not_after())),
        fact(say::ISSUED_BY, issuer(certificate)),
        fact(say::BEGINS_WITH, beginning),
    ]
    .spacing(7);
    container(column![typo::tier(label).style(ink(|t| t.ink2)), title, facts].spacing(10))
        .padding([14, 16])
        .into()
}

/// What the new certificate shows about the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    SameKey,
    SameIssuer,
    Nothing,
}

pub(super) fn bond(old: &Certificate, new: &Certificate, vouchers: &Vouchers) -> Bond {
    let vouched = |certificate: &Certificate| vouchers.contains_key(&certificate.fingerprint());
    if old.spki_der() == new.spki_der() {
        Bond::SameKey
    } else if old.issuer() == new.issuer() && vouched(old) && vouched(new) {
        Bond::SameIssuer
    } else {
        Bond::Nothing
    }
}

fn between<'a>(old: &Certificate, new: &Certificate, vouchers: &Vouchers) -> Element<'a, Message> {
    let (sign, wax, (what, more)) = match bond(old, new, vouchers) {
        Bond::SameKey => (Icon::Check, Wax::Seal, say::SAME_KEY),
        Bond::SameIssuer => (Icon::CircleHelp, Wax::Faith, say::SAME_ISSUER),
        Bond::Nothing => (Icon::X, Wax::Alarm, say::NOTHING_BETWEEN),
    };
    let words =
        column![typo::small_strong(what), typo::small(more).style(ink(|t| t.ink2))].width(Length::Fill);
    let line = row![wax_icon(sign, 18.0, wax), words].spacing(10).align_y(Vertical::Center);
    container(line).padding([10, 16]).width(Length::Fill).into()
}

fn choices<'a>(
    contact: &'a Contact,
    has_old: bool,
    checked: bool,
    keys: Vec<Fingerprint>,
) -> Element<'a, Message> {
    let name = contact.name.as_str();
    let compare = choice(
        Icon::Handshake,
        say::compare_first(name),
        say::COMPARE_WHERE.to_owned(),
        button::primary(say::COMPARE_NOW).on_press(Message::ComparePressed),
    );
    let keep = has_old.then(|| {
        choice(
            Icon::Undo2,
            say::keep_title(checked).to_owned(),
            say::KEEP_WHAT.to_owned(),
            button::secondary(say::KEEP_OLD).on_press(Message::KeepOldPressed),
        )
    });
    let take = choice(
        Icon::RefreshCw,
        say::USE_TITLE.to_owned(),
        say::use_what(name),
        button::danger(say::USE_NEW).on_press(Message::UsePressed(keys)),
    );
    let line = || rule::horizontal(1).style(theme::line);
    let keep_line = keep.as_ref().map(|_| line());
    let content = column![compare, line()].push(keep).push(keep_line).push(take);
    container(content).padding(1).width(Length::Fill).style(theme::card(10.0)).into()
}

fn choice<'a>(sign: Icon, title: String, what: String, act: Press<'a, Message>) -> Element<'a, Message> {
    let lines = column![typo::strong(title), typo::small(what).style(ink(|t| t.ink2))].width(Length::Fill);
    let line =
        row![icon(sign, 20.0, |t| t.ink2), lines, Element::from(act)].spacing(12).align_y(Vertical::Center);
    container(line).padding(Padding { left: 16.0, right: 12.0, top: 8.0, bottom: 8.0 }).into()
}
