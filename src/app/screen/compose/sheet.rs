//! The sheet that is written on: people, subject, text, files.

use iced::alignment::Vertical;
use iced::keyboard::{Key, Modifiers, key::Named};
use iced::widget::text_editor::{Binding, KeyPress};
use iced::widget::{
    Space, column, container, mouse_area, row, rule, scrollable, space, text_editor, text_input,
};
use iced::{Background, Element, Length, Padding, Theme, border, mouse};

use super::field::{Field, Message as FieldMessage};
use super::note::{Kept, Note, Which, name_of};
use super::outlook::{Attached, Chip};
use super::work::Help;
use super::{BODY, Compose, Edit, Message, PersonMessage, SealMessage, Trouble};
use crate::app::icon::{Glyph, Icon, glyph, icon, wax_icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, Wax, ink, tokens};
use crate::app::typography as typo;
use crate::app::widget::recipient_field::{Caught, RecipientField};
use crate::app::widget::{banner, button, elided};
use crate::app::words::compose as say;
use waxseal::desk::forecast::COMMON_MAIL;
use waxseal::smime::Address;

/// How wide the names of the fields are.
const LABEL: f32 = 64.0;
/// How many files are shown before they scroll.
const FILES: f32 = 3.0;

pub(super) fn view<'a>(
    compose: &'a Compose,
    note: &'a Note,
    sealing: bool,
    shared: &'a Shared,
) -> Element<'a, Message> {
    let side = if shared.is_wide() { 32.0 } else { 20.0 };
    let line = || rule::horizontal(1).style(theme::line);
    let mut fields = column![from(compose, note, sealing, shared), line()];
    for which in Which::ALL.into_iter().filter(|which| note.shows(*which)) {
        fields = fields.push(people(note, which, sealing, shared)).push(line());
    }
    fields = fields.push(subject(note, sealing)).push(line());
    // Always there, so that what stands below keeps its place and the cursor.
    let trouble = match &compose.trouble {
        Some(trouble) => container(told(trouble)).padding(Padding { bottom: 8.0, ..Padding::ZERO }),
        None => container(Space::new()),
    };
    let inset = |left: f32, right: f32| Padding { left, right, ..Padding::ZERO };
    // Rings of buttons have room of their own.
    let content = column![
        container(head(compose, note, sealing)).padding(inset(side, side - 14.0)),
        container(trouble).padding(inset(side, side)),
        container(fields).padding(inset(side, side)),
        container(body(note, sealing)).padding(inset(side, side)).height(Length::Fill),
    ]
    .push(files(note, sealing).map(|files| container(files).padding(inset(side, side))))
    .push((!sealing).then(|| container(attach(note)).padding(inset(side - 4.0, side))));
    container(content)
        .padding(Padding { bottom: 16.0, ..Padding::ZERO })
        .width(Length::Fill)
        .height(Length::Fill)
        .style(theme::surface(|t| t.paper))
        .into()
}

fn head<'a>(compose: &'a Compose, note: &'a Note, sealing: bool) -> Element<'a, Message> {
    let others = compose.drafts.iter().any(|entry| entry.id != note.id);
    let back = (others && !sealing)
        .then(|| button::icon(Icon::ArrowLeft, say::ALL_DRAFTS, Some(Message::LeavePressed)));
    let status: Element<'a, Message> = match &note.kept {
        Kept::Failed(problem) => {
            let words = typo::caption(say::NOT_KEPT).style(theme::wax(Wax::Alarm));
            button::with_tooltip(words.into(), problem.cause.as_str())
        }
        Kept::At(time) if note.is_kept() => typo::caption(say::kept_at(*time)).style(ink(|t| t.ink3)).into(),
        Kept::Never | Kept::At(_) if note.changes == note.kept_changes => typo::caption("").into(),
        Kept::Never | Kept::At(_) => typo::caption(say::KEEPING).style(ink(|t| t.ink3)).into(),
    };
    let discard = (!sealing).then(|| button::icon(Icon::Trash2, say::DISCARD, Some(Message::DiscardPressed)));
    row![]
        .push(back)
        .push(typo::heading(say::TITLE))
        .push(space::horizontal())
        .push(status)
        .push(discard)
        .spacing(8)
        .align_y(Vertical::Center)
        .height(56)
        .into()
}

fn told(trouble: &Trouble) -> Element<'_, Message> {
    let button =
        |words: &'static str, message| Element::from(button::secondary(words).small().on_press(message));
    let buttons = match trouble.help {
        Some(Help::Elsewhere) => vec![button(say::ELSEWHERE, Message::Seal(SealMessage::SealPressed))],
        Some(Help::Retry) => vec![button(say::TRY_AGAIN, Message::Seal(SealMessage::SealPressed))],
        Some(Help::Unlock) => vec![button(say::UNLOCK, Message::UnlockPressed)],
        Some(Help::File(at)) => vec![button(say::TAKE_OFF, Message::Edit(Edit::EnclosureRemoved(at)))],
        None => Vec::new(),
    };
    banner::problem(&trouble.problem, buttons, Some(Message::TroubleClosed))
}

/// The name of a field, what stands in it, and what may stand at its end.
fn field<'a>(
    name: &'static str,
    content: impl Into<Element<'a, Message>>,
    end: Option<Element<'a, Message>>,
) -> Element<'a, Message> {
    let label = container(typo::caption(name).style(ink(|t| t.ink3))).width(LABEL).padding([14, 0]);
    let content = container(content).width(Length::Fill).padding([4, 0]);
    let content = container(content).center_y(Length::Shrink);
    let end = end.map(|end| container(end).center_y(44));
    container(row![label, content.width(Length::Fill)].push(end)).into()
}

fn from<'a>(compose: &'a Compose, note: &'a Note, sealing: bool, shared: &'a Shared) -> Element<'a, Message> {
    let own: Vec<(&str, &Address)> = shared
        .people
        .identities
        .iter()
        .flat_map(|one| one.addresses.iter().map(move |address| (one.name.as_str(), address)))
        .collect();
    let chosen = own.iter().find(|(_, address)| Some(*address) == note.from.as_ref());
    let several = own.len() > 1 && !sealing;
    let line: Element<'a, Message> = match chosen {
        Some((name, address)) => row![
            icon(Icon::KeyRound, 18.0, |t| t.ink3),
            elided::line(*name).color(|t| t.ink2),
            elided::address(address.as_str()).size(typo::LABEL),
        ]
        .push(several.then(|| icon(Icon::ChevronDown, 16.0, |t| t.ink3)))
        .spacing(8)
        .align_y(Vertical::Center)
        .into(),
        None => typo::label(say::NO_SENDER).style(theme::wax(Wax::Alarm)).into(),
    };
    let line = container(line).center_y(36);
    if !several {
        return field(say::FROM, line, None);
    }
    let line = container(line).padding([0, 6]);
    let mut choice = column![button::area(line, Some(Message::Edit(Edit::FromPressed)), 6.0, false)];
    if compose.from_open {
        for (name, address) in own {
            let is_it = Some(address) == note.from.as_ref();
            let content = column![elided::line(name), elided::address(address.as_str())].padding([6, 10]);
            let message = Message::Edit(Edit::FromChosen(address.clone()));
            choice = choice.push(button::area(content, Some(message), 6.0, is_it));
        }
    }
    field(say::FROM, choice, None)
}

fn people<'a>(note: &'a Note, which: Which, sealing: bool, shared: &'a Shared) -> Element<'a, Message> {
    let field = note.field(which);
    let chips = field.chips.iter().enumerate().map(|(at, address)| {
        let state = note.outlook.as_ref().and_then(|outlook| outlook.person(address)).map(|one| one.chip);
        chip(which, at, address, state, field.selected == Some(at), sealing, shared)
    });
    let chips: Vec<_> = chips.collect();
    let line: Element<'a, Message> = if sealing {
        row(chips).spacing(8).wrap().vertical_spacing(6).into()
    } else {
        input(which, field, chips)
    };
    let line = container(line).padding([4, 0]);
    let more = |which: Which, name: &'static str| {
        (!sealing && !note.shows(which))
            .then(|| Element::from(button::quiet(name).small().on_press(Message::Edit(Edit::Shown(which)))))
    };
    let (name, end) = match which {
        Which::To => {
            let more = row![].push(more(Which::Cc, say::CC)).push(more(Which::Bcc, say::BCC));
            (say::TO, Some(more.into()))
        }
        Which::Cc => (say::CC, None),
        Which::Bcc => (say::BCC, None),
    };
    self::field(name, line, end)
}

/// The sign and the colour of a certificate's state.
pub(super) fn sign<'a>(chip: Option<Chip>, size: f32) -> Element<'a, Message> {
    match chip {
        None => icon(Icon::CircleDashed, size, |t| t.ink3).into(),
        Some(Chip::Checked) => glyph(Glyph::Whole, size, Wax::Seal).into(),
        Some(Chip::NotChecked) => glyph(Glyph::Envelope, size, Wax::Faith).into(),
        Some(Chip::CannotOpen) => wax_icon(Icon::Smartphone, size, Wax::Faith).into(),
        Some(Chip::Changed) => glyph(Glyph::Broken, size, Wax::Alarm).into(),
        Some(Chip::Expired) => wax_icon(Icon::CalendarClock, size, Wax::Alarm).into(),
        Some(Chip::Missing | Chip::Unfit) => wax_icon(Icon::CircleAlert, size, Wax::Alarm).into(),
    }
}

fn chip<'a>(
    which: Which,
    at: usize,
    address: &'a Address,
    state: Option<Chip>,
    selected: bool,
    sealing: bool,
    shared: &Shared,
) -> Element<'a, Message> {
    let name =
        || if shared.people.is_own(address) { address.to_string() } else { shared.people.name(address) };
    let (wax, words) = match state {
        Some(Chip::Changed) => (Wax::Alarm, say::chip_changed(&name())),
        Some(Chip::Expired) => (Wax::Alarm, say::chip_expired(&name())),
        Some(Chip::Missing | Chip::Unfit) => (Wax::Alarm, address.to_string()),
        Some(Chip::Checked | Chip::NotChecked | Chip::CannotOpen) | None => (Wax::Quiet, name()),
    };
    let words =
        elided::address(words).color(if wax == Wax::Alarm { |t| t.wax(Wax::Alarm).ink } else { |t| t.ink });
    let body = row![sign(state, 18.0), container(words).max_width(260)].spacing(6).align_y(Vertical::Center);
    let contact = Message::Person(PersonMessage::ContactPressed(address.clone()));
    let body = mouse_area(body).on_press(contact).interaction(mouse::Interaction::Pointer);
    let away = (!sealing).then(|| {
        let cross = container(icon(Icon::X, 14.0, |t| t.ink3)).padding([6, 4]);
        let message = Message::Edit(Edit::Field(which, FieldMessage::Removed(at)));
        mouse_area(cross).on_press(message).interaction(mouse::Interaction::Pointer)
    });
    let content = row![body].push(away).spacing(2).align_y(Vertical::Center);
    container(content)
        .padding(Padding { top: 0.0, right: if sealing { 10.0 } else { 4.0 }, bottom: 0.0, left: 4.0 })
        .center_y(28)
        .style(move |theme: &Theme| {
            let (tokens, tones) = (tokens(theme), tokens(theme).wax(wax));
            let (color, width) = if selected { (tokens.focus, 2.0) } else { (tones.border, 1.0) };
            container::Style {
                background: Some(Background::Color(if selected { tokens.selected } else { tones.tint })),
                border: border::rounded(14).width(width).color(color),
                ..container::Style::default()
            }
        })
        .into()
}

fn input<'a>(which: Which, field: &'a Field, chips: Vec<Element<'a, Message>>) -> Element<'a, Message> {
    let say_field = move |message| Message::Edit(Edit::Field(which, message));
    let input = text_input(if chips.is_empty() { say::TO_HINT } else { "" }, &field.typed)
        .id(which.id())
        .on_input(move |typed| say_field(FieldMessage::Typed(typed)))
        .style(theme::bare_field)
        .padding([5, 0])
        .size(typo::LABEL.size);
    let (empty, open) = (field.typed.is_empty(), !field.offered.is_empty());
    let selected = field.selected.and_then(|at| field.chips.get(at)).cloned();
    let keys = move |key: Key<&str>, modifiers: Modifiers| {
        let Key::Named(named) = key else {
            return if modifiers.command() && modifiers.shift() { Caught::Passed } else { Caught::Typed };
        };
        let taken = |message| Caught::Taken(say_field(message));
        match (named, &selected) {
            (Named::Enter, _) if modifiers.command() => Caught::Passed,
            (Named::Enter, Some(address)) => {
                Caught::Taken(Message::Person(PersonMessage::ContactPressed(address.clone())))
            }
            (Named::Enter, None) => taken(FieldMessage::Entered),
            (Named::Tab, _) if !empty => Caught::Told(say_field(FieldMessage::Entered)),
            (Named::Backspace, _) if empty => taken(FieldMessage::Backspaced),
            (Named::Delete, Some(_)) => taken(FieldMessage::Backspaced),
            (Named::ArrowLeft, _) if empty => taken(FieldMessage::Stepped(-1)),
            (Named::ArrowRight, Some(_)) => taken(FieldMessage::Stepped(1)),
            (Named::ArrowDown, _) if open => taken(FieldMessage::Moved(1)),
            (Named::ArrowUp, _) if open => taken(FieldMessage::Moved(-1)),
            (Named::Escape, Some(_)) => taken(FieldMessage::Closed),
            (Named::Escape, None) if open => taken(FieldMessage::Closed),
            (Named::Escape, None) => Caught::Passed,
            (_, _) => Caught::Typed,
        }
    };
    RecipientField::new(input, keys)
        .chips(chips)
        .on_leave(say_field(FieldMessage::Left))
        .menu(open.then(|| offers(which, field)))
        .into()
}

fn offers<'a>(which: Which, field: &'a Field) -> Element<'a, Message> {
    let rows = field.offered.iter().enumerate().map(|(at, offer)| {
        let lines =
            column![elided::line(offer.name.as_str()).strong(), elided::address(offer.address.as_str())];
        let message = Message::Edit(Edit::Field(which, FieldMessage::Taken(offer.address.clone())));
        button::area(container(lines).padding([6, 10]), Some(message), 6.0, field.at == Some(at)).into()
    });
    container(column(rows)).width(320).padding(4).style(theme::floating(8.0)).into()
}

fn subject<'a>(note: &'a Note, sealing: bool) -> Element<'a, Message> {
    if sealing {
        let line = container(elided::line(note.subject.as_str()).strong().color(|t| t.ink2)).center_y(36);
        return field(say::SUBJECT, line, None);
    }
    let input = text_input(say::SUBJECT_HINT, &note.subject)
        .id("compose-subject")
        .on_input(|subject| Message::Edit(Edit::SubjectChanged(subject)))
        .style(theme::bare_field)
        .font(typo::SEMIBOLD)
        .padding([8, 0])
        .size(typo::BODY.size);
    let keys = |key: Key<&str>, modifiers: Modifiers| match key {
        Key::Named(Named::Enter | Named::Escape) => Caught::Passed,
        Key::Named(_) => Caught::Typed,
        Key::Character(_) | Key::Unidentified if modifiers.command() && modifiers.shift() => Caught::Passed,
        Key::Character(_) | Key::Unidentified => Caught::Typed,
    };
    field(say::SUBJECT, RecipientField::new(input, keys), None)
}

fn body<'a>(note: &'a Note, sealing: bool) -> Element<'a, Message> {
    let editor = text_editor(note.body.content())
        .id(BODY)
        .font(typo::REGULAR)
        .size(typo::BODY.size)
        .line_height(iced::widget::text::LineHeight::Absolute(typo::BODY.line.into()))
        .padding(Padding { top: 12.0, bottom: 12.0, left: 0.0, right: 4.0 })
        .height(Length::Fill)
        .style(theme::sheet_editor)
        .key_binding(binding);
    if sealing {
        return editor.into();
    }
    editor.placeholder(say::BODY_HINT).on_action(|action| Message::Edit(Edit::BodyTouched(action))).into()
}

/// The keys of the text, beside those that every editor has.
fn binding(press: KeyPress) -> Option<Binding<Message>> {
    let focused = matches!(press.status, text_editor::Status::Focused { .. });
    let (command, shift) = (press.modifiers.command(), press.modifiers.shift());
    let is = |letter| command && press.key.to_latin(press.physical_key) == Some(letter);
    match press.key.as_ref() {
        _ if !focused => None,
        // These are the pane's.
        Key::Named(Named::Enter) if command => None,
        Key::Named(Named::Escape) => None,
        _ if is('a') && shift => None,
        _ if is('z') && shift => Some(Binding::Custom(Message::Edit(Edit::Redone))),
        _ if is('y') => Some(Binding::Custom(Message::Edit(Edit::Redone))),
        _ if is('z') => Some(Binding::Custom(Message::Edit(Edit::Undone))),
        _ => Binding::from_key_press(press),
    }
}

fn files<'a>(note: &'a Note, sealing: bool) -> Option<Element<'a, Message>> {
    if note.enclosures.is_empty() {
        return None;
    }
    let known = note.outlook.as_ref().map_or(&[][..], |outlook| outlook.files.as_slice());
    let rows =
        note.enclosures.iter().enumerate().map(|(at, one)| file(at, name_of(one), known.get(at), sealing));
    let list = scrollable(column(rows).spacing(8)).style(theme::scrolling);
    Some(container(list).max_height(FILES.mul_add(60.0, 20.0)).padding([0, 0]).into())
}

fn file<'a>(at: usize, name: String, known: Option<&'a Attached>, sealing: bool) -> Element<'a, Message> {
    let trouble = known.and_then(|known| known.trouble.as_ref());
    let about: Element<'a, Message> = match trouble {
        Some(trouble) => typo::caption(trouble).style(theme::wax(Wax::Alarm)).into(),
        None => {
            let about = say::kind_and_size(&name, known.and_then(|known| known.size));
            typo::caption(about).style(ink(|t| t.ink3)).into()
        }
    };
    let sign: Element<'a, Message> = match trouble {
        Some(_) => wax_icon(Icon::CircleAlert, 20.0, Wax::Alarm).into(),
        None => icon(drawing(&name), 20.0, |t| t.ink2).into(),
    };
    let away = (!sealing)
        .then(|| button::icon(Icon::X, say::REMOVE_FILE, Some(Message::Edit(Edit::EnclosureRemoved(at)))));
    let lines = column![elided::line(name), about].width(Length::Fill);
    let line = row![sign, lines].push(away).spacing(12).align_y(Vertical::Center);
    container(line)
        .padding(Padding { left: 12.0, right: 4.0, ..Padding::ZERO })
        .center_y(52)
        .width(Length::Fill)
        .style(theme::card(8.0))
        .into()
}

fn drawing(name: &str) -> Icon {
    let ending = std::path::Path::new(name).extension().and_then(|ending| ending.to_str());
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "heic" | "tif" | "tiff" | "bmp" => Icon::FileImage,
        "zip" | "gz" | "tar" | "7z" | "rar" | "xz" | "zst" => Icon::FileArchive,
        "xls" | "xlsx" | "ods" | "csv" => Icon::FileSpreadsheet,
        _ => Icon::FileText,
    }
}

fn attach<'a>(note: &'a Note) -> Element<'a, Message> {
    let total = note.outlook.as_ref().map_or(0, super::outlook::Outlook::files_size);
    let hint = if total == 0 { say::OR_DROP.to_owned() } else { say::files(total, COMMON_MAIL) };
    let press = button::secondary(say::ATTACH).icon(Icon::Paperclip);
    let press = press.on_press(Message::Edit(Edit::AttachPressed));
    let line = row![Element::from(press), typo::small(hint).style(ink(|t| t.ink3))]
        .spacing(8)
        .align_y(Vertical::Center);
    column![Space::new().height(8), line].into()
}
