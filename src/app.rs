//! The window: opens messages and shows them with their verdict.

use std::path::PathBuf;

use iced::widget::{button, column, container, row, rule, scrollable, text, text_editor, text_input};
use iced::{Element, Length, Task};

mod task;

use task::Page;
use waxseal::problem::Problem;

/// Opens the window, and `files` in it.
pub(crate) fn run(files: Vec<PathBuf>) -> iced::Result {
    iced::application(move || App::new(files.clone()), App::update, App::view)
        .title("Waxseal")
        .window_size((820.0, 720.0))
        .run()
}

/// The window's state.
struct App {
    path: String,
    reader: Reader,
    /// Told apart by number, so that a late answer does not replace a newer one.
    generation: u64,
    waiting: Vec<PathBuf>,
}

enum Reader {
    Empty,
    Opening,
    Opened { page: Box<Page>, text: text_editor::Content },
    Failed(Problem),
}

#[derive(Debug, Clone)]
enum Message {
    PathChanged(String),
    Open,
    OpenNext,
    TextTouched(text_editor::Action),
    Opened(u64, Box<Result<Page, Problem>>),
}

impl App {
    fn new(mut files: Vec<PathBuf>) -> (Self, Task<Message>) {
        files.reverse();
        let mut app = Self { path: String::new(), reader: Reader::Empty, generation: 0, waiting: files };
        let task = app.open_next();
        (app, task)
    }

    fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::PathChanged(path) => {
                self.path = path;
                Task::none()
            }
            Message::Open if self.path.trim().is_empty() => Task::none(),
            Message::Open => self.open(PathBuf::from(self.path.trim())),
            Message::OpenNext => self.open_next(),
            Message::TextTouched(action) => {
                // Read-only: what selects and scrolls is let through, what edits is not.
                if let Reader::Opened { text, .. } = &mut self.reader
                    && !action.is_edit()
                {
                    text.perform(action);
                }
                Task::none()
            }
            Message::Opened(generation, answer) => {
                if generation == self.generation {
                    self.reader = match *answer {
                        Ok(page) => {
                            let text = text_editor::Content::with_text(&page.text);
                            Reader::Opened { page: Box::new(page), text }
                        }
                        Err(problem) => Reader::Failed(problem),
                    };
                }
                Task::none()
            }
        }
    }

    fn open_next(&mut self) -> Task<Message> {
        match self.waiting.pop() {
            Some(path) => self.open(path),
            None => Task::none(),
        }
    }

    fn open(&mut self, path: PathBuf) -> Task<Message> {
        self.path = path.display().to_string();
        self.reader = Reader::Opening;
        self.generation += 1;
        let generation = self.generation;
        task::open(path).map(move |answer| Message::Opened(generation, Box::new(answer)))
    }

    fn view(&self) -> Element<'_, Message> {
        let field = text_input("The path of a sealed message", &self.path)
            .on_input(Message::PathChanged)
            .on_submit(Message::Open)
            .padding(8);
        let next = (!self.waiting.is_empty()).then_some(Message::OpenNext);
        let bar = row![
            field,
            button("Open").padding(8).on_press(Message::Open),
            button("Next").padding(8).on_press_maybe(next),
        ]
        .spacing(8);
        let body: Element<'_, Message> = match &self.reader {
            Reader::Empty => column![
                text("Open a sealed message").size(26),
                text("Enter its path above, or start with: waxseal FILE"),
                text("Everything else is done with waxseal-cli for now; begin with: waxseal-cli --help"),
            ]
            .spacing(10)
            .into(),
            Reader::Opening => text("Opening…").into(),
            Reader::Failed(problem) => sentences(problem),
            Reader::Opened { page, text } => message(page, text),
        };
        let body = container(body).width(Length::Fill).height(Length::Fill).padding([16, 4]);
        container(column![bar, rule::horizontal(1), body].spacing(12)).padding(16).into()
    }
}

fn sentences(problem: &Problem) -> Element<'_, Message> {
    column![text(&problem.summary).size(22), text(&problem.cause), text(&problem.remedy)].spacing(8).into()
}

fn message<'a>(page: &'a Page, content: &'a text_editor::Content) -> Element<'a, Message> {
    let verdict = column![text(&page.title).size(26), text(&page.sentence)].spacing(4);
    let findings = column(page.findings.iter().map(|finding| text(finding).size(14).into())).spacing(3);
    let headers = page
        .headers
        .iter()
        .map(|(name, value)| row![text(*name).width(80), text(value).width(Length::Fill)].spacing(8).into());
    let attachments = page.attachments.iter().map(|attachment| text(attachment).size(14).into());
    column![
        verdict,
        scrollable(findings).height(Length::Shrink),
        rule::horizontal(1),
        column(headers).spacing(3),
        text_editor(content).on_action(Message::TextTouched).height(Length::Fill),
        column(attachments).spacing(3),
    ]
    .spacing(12)
    .into()
}
