//! The window: contacts, compose and reader panes over the desk. This file routes; what happens is in the screens.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iced::keyboard::{self, Key, key::Named};
use iced::widget::{column, container, operation, row};
use iced::{Element, Event, Length, Point, Size, Subscription, Task, Theme, clipboard, event, window};

mod action;
mod clerk;
mod icon;
mod key_file;
mod modal;
mod reminder;
mod screen;
mod shared;
mod sidebar;
#[cfg(test)]
mod story;
mod task;
mod theme;
mod typography;
mod widget;
mod words;

use action::{Action, Pick, Prefill, Then, Wish};
use clerk::Clerk;
pub(crate) use clerk::Profile;
use modal::Modal;
use modal::chooser::Chooser;
use modal::compare::Compare;
use screen::{compose, contacts, reader, settings, welcome};
use shared::{People, Shared};
use waxseal::desk::kind::{self, FileKind};
use waxseal::desktop::instance::Instance;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::Fingerprint;
use waxseal::smime::secret::Passphrase;
use waxseal::store::clock;
use waxseal::store::settings::{Theme as Lighting, WindowPlace};
use widget::overlay;

const SIZE: Size = Size::new(1280.0, 800.0);
const LEAST: Size = Size::new(760.0, 520.0);
/// How long a toast stays.
const TOAST: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 6 });
/// As long as a window that closes waits for its place to be kept.
const CLOSING: Duration = Duration::from_secs(2);

/// Opens the window on `profile`, and `files` in it.
///
/// `instance`: further starts hand their files to this window.
pub(crate) fn run(profile: Profile, files: Vec<PathBuf>, instance: Option<Instance>) -> iced::Result {
    let demo = profile.is_demo();
    let clerk = Clerk::new(profile);
    // What is wrong with the records is said as soon as everything is read.
    let known = clerk.at_once(|desk| {
        if demo {
            waxseal::desk::demo::furnish(desk).map_err(|error| error.explain())?;
        }
        People::own(desk.store()).map_err(|error| error.explain())
    });
    let window = window_settings(known.as_ref().ok().and_then(|known| known.settings.window));
    let size = window.size;
    // iced starts once, but asks for a function that could start again.
    let instance = std::cell::Cell::new(instance);
    let start = move || {
        let (mut app, task) = App::new(clerk.clone(), known.clone().ok(), files.clone());
        app.shared.size = size;
        let further = instance.take().map_or_else(Task::none, task::further_starts);
        (app, Task::batch([task, further.map(Message::StartedAgain)]))
    };
    let application = iced::application(start, App::update, App::view)
        .title(App::title)
        .theme(App::theme)
        .scale_factor(App::scale)
        .subscription(App::subscription)
        .default_font(typography::REGULAR)
        .window(window)
        .exit_on_close_request(false);
    typography::FACES.into_iter().fold(application, |application, face| application.font(face)).run()
}

/// A window where it was when it was closed last.
fn window_settings(place: Option<WindowPlace>) -> window::Settings {
    let window = window::Settings { size: SIZE, min_size: Some(LEAST), ..window::Settings::default() };
    let Some(WindowPlace { width, height, position, maximized }) = place else { return window };
    let position =
        position.map_or(window::Position::default(), |(x, y)| window::Position::Specific(Point::new(x, y)));
    let size = Size::new(width.max(LEAST.width), height.max(LEAST.height));
    window::Settings { size, position, maximized, ..window }
}

/// The next minute.
fn tick() -> Task<Message> {
    task::after(Duration::from_secs(60)).map(|()| Message::Ticked)
}

/// Where the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pane {
    Messages,
    Drafts,
    Contacts,
    Settings,
}

/// The window's state.
struct App {
    shared: Shared,
    /// The operating system likes it dark.
    system_dark: bool,
    pane: Pane,
    /// Covers everything until there is an identity.
    welcome: Option<welcome::Welcome>,
    reader: reader::Reader,
    compose: compose::Compose,
    contacts: contacts::Contacts,
    settings: settings::Settings,
    modal: Option<Modal<Message>>,
    toast: Option<Toast>,
    /// Counts toasts, so that an old one's end does not take away a new one.
    toasts: u64,
}

struct Toast {
    words: String,
    act: Option<(String, Message)>,
}

#[derive(Clone)]
enum Message {
    Welcome(welcome::Message),
    Reader(reader::Message),
    Compose(compose::Message),
    Contacts(contacts::Message),
    Settings(settings::Message),
    Modal(modal::Message),
    Unlocked(Passphrase, Box<Message>),
    Went(Pane),
    Wrote,
    Pressed(keyboard::Event),
    Resized(Size),
    Ticked,
    FileDropped(PathBuf),
    StartedAgain(Vec<PathBuf>),
    Pasted(Option<String>),
    FilesSorted(Result<task::Sorted, Problem>),
    SystemThemeChanged(iced::theme::Mode),
    PeopleLoaded(Result<People, Problem>),
    FileDialogProbed(bool, Pick, Then<Vec<PathBuf>, Message>),
    BackUpWanted(Fingerprint),
    ReminderClosed,
    CloseRequested(window::Id),
    PlaceTold(WindowPlace),
    PlaceKept,
    ToastExpired(u64),
    ToastPressed,
}

impl App {
    fn new(clerk: Clerk, known: Option<People>, files: Vec<PathBuf>) -> (Self, Task<Message>) {
        let mut app = Self {
            shared: Shared::new(clerk, SIZE),
            system_dark: false,
            pane: Pane::Messages,
            welcome: None,
            reader: reader::Reader::default(),
            compose: compose::Compose::default(),
            contacts: contacts::Contacts::default(),
            settings: settings::Settings::default(),
            modal: None,
            toast: None,
            toasts: 0,
        };
        let mut first = Task::none();
        if let Some(known) = known {
            app.shared.people = known;
            if app.shared.people.me().is_none() {
                app.welcome = Some(welcome::Welcome::first());
                first = welcome::Welcome::start();
            }
        }
        let reader = app.reader.start(&app.shared);
        let compose = app.compose.start(&app.shared);
        let tasks = [
            app.shared.load().map(Message::PeopleLoaded),
            iced::system::theme().map(Message::SystemThemeChanged),
            app.reader(reader),
            app.carry_out(compose, Message::Compose),
            app.open(files),
            first,
            tick(),
        ];
        (app, Task::batch(tasks))
    }

    fn title(&self) -> String {
        match self.pane {
            Pane::Messages => self.reader.title(),
            Pane::Drafts | Pane::Contacts | Pane::Settings => None,
        }
        .map_or_else(|| "Waxseal".to_owned(), |subject| format!("{subject} — Waxseal"))
    }

    fn theme(&self) -> Theme {
        theme::theme(match self.shared.people.settings.theme {
            Lighting::System => self.system_dark,
            Lighting::Light => false,
            Lighting::Dark => true,
        })
    }

    fn scale(&self) -> f32 {
        f32::from(self.shared.people.settings.text_size) / 100.0
    }

    fn subscription(&self) -> Subscription<Message> {
        let events = event::listen_with(|event, status, _window| match (event, status) {
            (Event::Window(window::Event::Resized(size)), _) => Some(Message::Resized(size)),
            (Event::Window(window::Event::FileDropped(path)), _) => Some(Message::FileDropped(path)),
            (Event::Keyboard(event @ keyboard::Event::KeyPressed { .. }), event::Status::Ignored) => {
                Some(Message::Pressed(event))
            }
            _ => None,
        });
        let theme = iced::system::theme_changes().map(Message::SystemThemeChanged);
        let close = window::close_requests().map(Message::CloseRequested);
        Subscription::batch([events, theme, close])
    }

    fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Welcome(message) => {
                let Some(welcome) = &mut self.welcome else { return Task::none() };
                let action = welcome.update(message, &self.shared);
                self.carry_out(action, Message::Welcome)
            }
            Message::Reader(message) => {
                let action = self.reader.update(message, &self.shared);
                self.reader(action)
            }
            Message::Compose(message) => {
                let action = self.compose.update(message, &self.shared);
                self.carry_out(action, Message::Compose)
            }
            Message::Contacts(message) => {
                let compared = matches!(message, contacts::Message::Compared(_));
                let action = self.contacts.update(message, &self.shared);
                let done = self.carry_out(action, Message::Contacts);
                // What lies open may be judged otherwise now.
                let again = (compared && self.pane == Pane::Messages)
                    .then(|| self.update(Message::Reader(reader::Message::RetryPressed)));
                Task::batch([done].into_iter().chain(again))
            }
            Message::Settings(message) => {
                let action = self.settings.update(message, &self.shared);
                self.carry_out(action, Message::Settings)
            }
            Message::Modal(message) => self.modal(message),
            Message::Unlocked(passphrase, then) => {
                self.shared.clerk.unlock(passphrase);
                self.update(*then)
            }
            Message::Went(pane) => self.go(pane),
            Message::Wrote => self.compose(Prefill::default()),
            Message::Pressed(event) => self.pressed(&event),
            Message::Resized(size) => {
                self.shared.size = size;
                Task::none()
            }
            Message::Ticked => {
                self.shared.now = clock::now();
                tick()
            }
            Message::StartedAgain(files) => {
                let attention = window::latest().and_then(|window| {
                    let kind = Some(window::UserAttention::Informational);
                    Task::batch([window::gain_focus(window), window::request_user_attention(window, kind)])
                });
                Task::batch([attention, self.open(files)])
            }
            Message::FileDropped(path) if self.pane == Pane::Drafts && self.compose.is_writing() => {
                let attached = compose::Edit::FilesChosen(vec![path]);
                self.update(Message::Compose(compose::Message::Edit(attached)))
            }
            Message::FileDropped(path) => self.open(vec![path]),
            Message::Pasted(text) => match text.filter(|text| !text.trim().is_empty()) {
                Some(text) => self.paste(text),
                None => Task::none(),
            },
            Message::FilesSorted(Ok(files)) => self.take(files),
            Message::FilesSorted(Err(problem)) => {
                self.reader.trouble(problem);
                Task::none()
            }
            Message::SystemThemeChanged(mode) => {
                self.system_dark = mode == iced::theme::Mode::Dark;
                Task::none()
            }
            Message::PeopleLoaded(Ok(people)) => {
                // The window stays as large as it is: larger text leaves less room.
                let before = self.scale();
                self.shared.people = people;
                self.shared.size = self.shared.size * (before / self.scale());
                let listed = self.contacts.load(&self.shared);
                let listed = self.carry_out(listed, Message::Contacts);
                let action = self.compose.people_changed(&self.shared);
                Task::batch([listed, self.carry_out(action, Message::Compose)])
            }
            // The screen that needs them says why when it is asked to do something.
            Message::PeopleLoaded(Err(problem)) => {
                self.reader.trouble(problem);
                Task::none()
            }
            Message::FileDialogProbed(true, pick, then) => {
                task::pick(pick).then(move |paths| Task::done(then(paths)))
            }
            Message::FileDialogProbed(false, pick, then) => {
                let (chooser, task) = Chooser::new(pick);
                self.modal = Some(Modal::Chooser(chooser, then));
                task.map(modal::Message::Chooser).map(Message::Modal)
            }
            Message::BackUpWanted(key) => {
                let opened = self.update(Message::Settings(settings::Message::BackUpWanted(key)));
                Task::batch([self.go(Pane::Settings), opened])
            }
            Message::ReminderClosed => {
                let now = self.shared.now;
                let put_aside = self.shared.set(move |settings| settings.backup_reminded = Some(now));
                self.shared.people.settings.backup_reminded = Some(now);
                put_aside.discard()
            }
            Message::CloseRequested(id) => task::place_of(id, self.place_before()).map(Message::PlaceTold),
            Message::PlaceTold(place) => {
                let kept = self.shared.set(move |settings| settings.window = Some(place));
                Task::batch([kept.map(|_| ()), task::after(CLOSING)]).map(|()| Message::PlaceKept)
            }
            Message::PlaceKept => iced::exit(),
            Message::ToastExpired(which) => {
                if which == self.toasts {
                    self.toast = None;
                }
                Task::none()
            }
            Message::ToastPressed => match self.toast.take().and_then(|toast| toast.act) {
                Some((_, message)) => self.update(message),
                None => Task::none(),
            },
        }
    }

    fn reader(&mut self, action: Action<reader::Message>) -> Task<Message> {
        self.carry_out(action, Message::Reader)
    }

    /// Starts what a screen wants started and does what it wishes.
    fn carry_out<M: Clone + Send + 'static>(
        &mut self,
        action: Action<M>,
        wrap: impl Fn(M) -> Message + Clone + Send + Sync + 'static,
    ) -> Task<Message> {
        let started = action.task.map(wrap.clone());
        let granted = action.wishes.into_iter().map(|wish| self.grant(wish.map(wrap.clone())));
        let granted: Vec<_> = granted.collect();
        Task::batch(granted.into_iter().chain([started]))
    }

    fn grant(&mut self, wish: Wish<Message>) -> Task<Message> {
        match wish {
            Wish::Toast(words, act) => {
                self.toast = Some(Toast { words, act });
                self.toasts += 1;
                let which = self.toasts;
                task::after(TOAST).map(move |()| Message::ToastExpired(which))
            }
            Wish::Go(pane) => self.go(pane),
            Wish::Compose(prefill) => self.compose(prefill),
            Wish::ShowContact(address) => {
                let action = self.contacts.show(address, &self.shared);
                Task::batch([self.go(Pane::Contacts), self.carry_out(action, Message::Contacts)])
            }
            Wish::Compare(address) => {
                let (compare, task) = Compare::new(&self.shared, address);
                let then = Arc::new(|answer| Message::Contacts(contacts::Message::Compared(answer)));
                self.modal = Some(Modal::Compare(Box::new(compare), then));
                task.map(modal::Message::Compare).map(Message::Modal)
            }
            Wish::Open(files) => self.open(files),
            Wish::Ask(ask) => {
                let (modal, task) = Modal::ask(ask);
                self.modal = Some(modal);
                task.map(Message::Modal)
            }
            Wish::Pick(pick, then) => task::has_file_dialog()
                .map(move |there| Message::FileDialogProbed(there, pick.clone(), then.clone())),
            Wish::Copy(text) => {
                let said = self.grant(Wish::Toast(words::COPIED.to_owned(), None));
                Task::batch([clipboard::write(text), said])
            }
            Wish::Reload => self.shared.load().map(Message::PeopleLoaded),
            Wish::Unlock(then) => {
                let new = self.shared.clerk.wants_new_passphrase();
                let then = move |passphrase| Message::Unlocked(passphrase, Box::new(then.clone()));
                self.grant(Wish::Ask(words::settings::unlock(new, std::sync::Arc::new(then))))
            }
            Wish::NewIdentity => {
                self.welcome = Some(welcome::Welcome::another());
                welcome::Welcome::start()
            }
            Wish::HandOver(address) => {
                let own = self.shared.people.identities.iter().find(|one| one.has_address(&address));
                let key = own.and_then(|own| own.encryption_key(&address, self.shared.now));
                self.welcome = key.map(|key| welcome::Welcome::hand_over(&key.certificate, address));
                Task::none()
            }
            Wish::LeaveWelcome => {
                self.welcome = None;
                Task::none()
            }
        }
    }

    /// Its size without being maximized.
    fn place_before(&self) -> WindowPlace {
        self.shared.people.settings.window.unwrap_or(WindowPlace {
            width: SIZE.width,
            height: SIZE.height,
            position: None,
            maximized: false,
        })
    }

    fn go(&mut self, pane: Pane) -> Task<Message> {
        self.pane = pane;
        Task::none()
    }

    fn compose(&mut self, prefill: Prefill) -> Task<Message> {
        let action = self.compose.begin(prefill, &self.shared);
        Task::batch([self.go(Pane::Drafts), self.carry_out(action, Message::Compose)])
    }

    fn open(&mut self, files: Vec<PathBuf>) -> Task<Message> {
        if files.is_empty() {
            return Task::none();
        }
        self.shared.clerk.ask(move |desk| Ok(task::sort(desk, files))).map(Message::FilesSorted)
    }

    /// Armour, PEM, base64 or a whole mail that was pasted outside of any field.
    fn paste(&mut self, text: String) -> Task<Message> {
        if kind::kind_of(text.as_bytes()) == FileKind::Certificates {
            let action = self.contacts.paste(text.into_bytes(), &self.shared);
            return Task::batch([self.go(Pane::Contacts), self.carry_out(action, Message::Contacts)]);
        }
        let action = self.reader.paste(text.into_bytes(), &self.shared);
        Task::batch([self.go(Pane::Messages), self.reader(action)])
    }

    fn take(&mut self, files: task::Sorted) -> Task<Message> {
        let mut tasks = Vec::new();
        let task::Sorted { messages, certificates, keys } = files;
        if !certificates.is_empty() {
            let action = self.contacts.import(certificates, &self.shared);
            tasks.extend([self.go(Pane::Contacts), self.carry_out(action, Message::Contacts)]);
        }
        match &mut self.welcome {
            Some(welcome) if !keys.is_empty() => {
                let action = welcome.update(welcome::Message::FilesChosen(keys), &self.shared);
                tasks.push(self.carry_out(action, Message::Welcome));
            }
            None if !keys.is_empty() => {
                let action = self.settings.update(settings::Message::FilesChosen(keys), &self.shared);
                let shown = self.carry_out(action, Message::Settings);
                tasks.extend([self.go(Pane::Settings), shown]);
            }
            Some(_) | None => {}
        }
        if !messages.is_empty() {
            let action = self.reader.open(messages, &self.shared);
            tasks.extend([self.go(Pane::Messages), self.reader(action)]);
        }
        Task::batch(tasks)
    }

    fn modal(&mut self, message: modal::Message) -> Task<Message> {
        let Some(modal) = &mut self.modal else { return Task::none() };
        match modal.update(message) {
            modal::Outcome::Open(task) => task.map(Message::Modal),
            modal::Outcome::Closed(answer) => {
                self.modal = None;
                answer.map_or_else(Task::none, Task::done)
            }
        }
    }

    /// Keys that no field and no button took.
    fn pressed(&mut self, event: &keyboard::Event) -> Task<Message> {
        let keyboard::Event::KeyPressed { key, modifiers, .. } = event else { return Task::none() };
        let (command, shift) = (modifiers.command(), modifiers.shift());
        let sized = match (key.as_ref(), command) {
            (Key::Character("+" | "="), true) => Some(settings::TextStep::Larger),
            (Key::Character("-" | "_"), true) => Some(settings::TextStep::Smaller),
            (Key::Character("0"), true) => Some(settings::TextStep::Usual),
            _ => None,
        };
        if let Some(step) = sized {
            return self.update(Message::Settings(settings::Message::TextSized(step)));
        }
        match (key.as_ref(), command) {
            (Key::Named(Named::Tab), false) if shift => return operation::focus_previous(),
            (Key::Named(Named::Tab), false) => return operation::focus_next(),
            _ => {}
        }
        if let Some(modal) = &self.modal {
            let message = match (key.as_ref(), command) {
                (Key::Named(Named::Escape), _) => Some(modal::Message::Closed),
                (Key::Named(Named::Enter), true) => modal.answer(),
                _ => None,
            };
            return message.map_or_else(Task::none, |message| self.modal(message));
        }
        if self.welcome.is_some() {
            return Task::none();
        }
        match (key.as_ref(), command) {
            (Key::Character("n"), true) => self.compose(Prefill::default()),
            (Key::Character("o"), true) => self.update(Message::Reader(reader::Message::OpenPressed)),
            (Key::Character("v"), true) => clipboard::read().map(Message::Pasted),
            (Key::Character("1"), true) => self.go(Pane::Messages),
            (Key::Character("2"), true) => self.go(Pane::Drafts),
            (Key::Character("3"), true) => self.go(Pane::Contacts),
            (Key::Character(","), true) => self.go(Pane::Settings),
            (Key::Character("f"), true) if !shift => self.search(),
            (Key::Character("?"), false) | (Key::Named(Named::F1), _) => {
                self.modal = Some(Modal::Shortcuts);
                Task::none()
            }
            (key, _) => match self.pane {
                Pane::Messages => match self.reader.key(key, *modifiers) {
                    Some(message) => self.update(Message::Reader(message)),
                    None => Task::none(),
                },
                Pane::Drafts => match self.compose.key(key, *modifiers) {
                    Some(message) => self.update(Message::Compose(message)),
                    None => Task::none(),
                },
                Pane::Contacts => match self.contacts.key(key, *modifiers) {
                    Some(message) => self.update(Message::Contacts(message)),
                    None => Task::none(),
                },
                Pane::Settings => Task::none(),
            },
        }
    }

    fn search(&self) -> Task<Message> {
        match self.pane {
            Pane::Messages => reader::Reader::search().map(Message::Reader),
            Pane::Contacts => contacts::Contacts::search().map(Message::Contacts),
            Pane::Drafts | Pane::Settings => Task::none(),
        }
    }

    fn view(&self) -> Element<'_, Message> {
        let toast = self.toast.as_ref().map(|toast| {
            let act = toast.act.as_ref().map(|(words, _)| (words.clone(), Message::ToastPressed));
            overlay::toast(toast.words.clone(), act)
        });
        let window: Element<'_, Message> = match &self.welcome {
            Some(welcome) => overlay::with_toast(welcome.view(&self.shared).map(Message::Welcome), toast),
            None => {
                let pane = match self.pane {
                    Pane::Messages => {
                        let reader = self.reader.view(&self.shared).map(Message::Reader);
                        column![].push(reminder::view(&self.shared)).push(reader).into()
                    }
                    Pane::Drafts => self.compose.view(&self.shared).map(Message::Compose),
                    Pane::Contacts => self.contacts.view(&self.shared).map(Message::Contacts),
                    Pane::Settings => self.settings.view(&self.shared).map(Message::Settings),
                };
                let sheet = overlay::with_toast(pane, toast);
                row![sidebar::view(&self.shared, self.pane, self.compose.count()), sheet].into()
            }
        };
        let modal = self.modal.as_ref().map(|modal| {
            let (dialog, on_backdrop) = modal.view(&self.shared);
            (dialog.map(Message::Modal), on_backdrop.map(Message::Modal))
        });
        container(overlay::over(window, modal))
            .width(Length::Fill)
            .height(Length::Fill)
            .style(theme::surface(|t| t.paper))
            .into()
    }
}
