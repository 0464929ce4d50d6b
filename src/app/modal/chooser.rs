//! Files and folders inside the window, for where the desktop offers no file dialog.

use std::path::{Path, PathBuf};

use iced::widget::{column, operation, row, scrollable, text_input};
use iced::{Element, Length, Task};

use crate::app::action::Pick;
use crate::app::icon::{Icon, icon};
use crate::app::shared::Shared;
use crate::app::theme::{self, ink};
use crate::app::typography as typo;
use crate::app::widget::{button, overlay};
use crate::app::words;

const PATH: &str = "chooser-path";
/// As many entries of a folder as are shown.
const ENTRIES: usize = 500;

/// A folder, and the path as it is typed.
#[derive(Debug)]
pub(crate) struct Chooser {
    pick: Pick,
    folder: PathBuf,
    entries: Vec<Entry>,
    path: String,
    obstacle: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    path: PathBuf,
    name: String,
    is_folder: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    Listed(PathBuf, Result<Vec<Entry>, String>),
    PathChanged(String),
    FolderEntered(PathBuf),
    FileChosen(PathBuf),
    Accepted,
    Closed,
}

pub(crate) enum Outcome {
    Open(Task<Message>),
    /// Nothing: it was given up.
    Chosen(Vec<PathBuf>),
}

impl Chooser {
    pub(crate) fn new(pick: Pick) -> (Self, Task<Message>) {
        let home = directories::UserDirs::new().map(|dirs| dirs.home_dir().to_owned());
        let folder = home.unwrap_or_else(|| PathBuf::from("/"));
        let path = match &pick {
            Pick::Save { name, .. } => folder.join(name),
            Pick::Open { .. } => folder.clone(),
        };
        let chooser = Self {
            pick,
            folder: folder.clone(),
            entries: Vec::new(),
            path: path.display().to_string(),
            obstacle: None,
        };
        (chooser, Task::batch([list(folder), operation::focus(PATH)]))
    }

    pub(crate) fn update(&mut self, message: Message) -> Outcome {
        match message {
            Message::Listed(folder, Ok(entries)) => {
                if let Pick::Save { .. } = self.pick
                    && let Some(name) = Path::new(&self.path).file_name()
                {
                    self.path = folder.join(name).display().to_string();
                } else {
                    self.path = folder.display().to_string();
                }
                (self.folder, self.entries, self.obstacle) = (folder, entries, None);
            }
            Message::Listed(_, Err(why)) => self.obstacle = Some(why),
            Message::PathChanged(path) => self.path = path,
            Message::FolderEntered(folder) => return Outcome::Open(list(folder)),
            Message::FileChosen(path) => match self.pick {
                Pick::Open { .. } => return Outcome::Chosen(vec![path]),
                Pick::Save { .. } => self.path = path.display().to_string(),
            },
            Message::Accepted => return self.accept(),
            Message::Closed => return Outcome::Chosen(Vec::new()),
        }
        Outcome::Open(Task::none())
    }

    fn accept(&mut self) -> Outcome {
        let path = PathBuf::from(self.path.trim());
        match self.pick {
            Pick::Open { .. } | Pick::Save { .. } if path.is_dir() => Outcome::Open(list(path)),
            Pick::Open { .. } if !path.exists() => {
                self.obstacle = Some(words::CHOOSER_NOTHING_THERE.to_owned());
                Outcome::Open(Task::none())
            }
            Pick::Open { .. } | Pick::Save { .. } => Outcome::Chosen(vec![path]),
        }
    }

    pub(crate) fn view<'a>(&'a self, _shared: &'a Shared) -> Element<'a, Message> {
        let (title, act) = match &self.pick {
            Pick::Open { title, .. } => (*title, words::CHOOSER_OPEN),
            Pick::Save { title, .. } => (*title, words::CHOOSER_SAVE),
        };
        let up = self.folder.parent().map(|up| Message::FolderEntered(up.to_owned()));
        let path = text_input(words::CHOOSER_PATH, &self.path)
            .id(PATH)
            .style(theme::field)
            .padding([8, 12])
            .size(typo::LABEL.size)
            .on_input(Message::PathChanged)
            .on_submit(Message::Accepted);
        let entries = self.entries.iter().map(|entry| {
            let (sign, message) = if entry.is_folder {
                (Icon::FolderOpen, Message::FolderEntered(entry.path.clone()))
            } else {
                (Icon::FileText, Message::FileChosen(entry.path.clone()))
            };
            let line =
                row![icon(sign, 16.0, |t| t.ink2), typo::small(&entry.name)].spacing(8).padding([6, 8]);
            button::area(line, Some(message), 6.0, false).into()
        });
        let obstacle =
            self.obstacle.as_ref().map(|why| typo::small(why).style(theme::wax(theme::Wax::Alarm)));
        let list = scrollable(column(entries).width(Length::Fill)).height(320).style(theme::scrolling);
        let content =
            column![row![button::icon(Icon::ArrowLeft, words::CHOOSER_UP, up), path].spacing(4), list,]
                .push(obstacle)
                .push(typo::caption(words::CHOOSER_WHY).style(ink(|t| t.ink3)))
                .spacing(8);
        overlay::dialog(
            title,
            Message::Closed,
            overlay::COMPARE_WIDTH,
            content,
            vec![button::secondary(words::CANCEL).on_press(Message::Closed).into()],
            vec![button::primary(act).on_press(Message::Accepted).into()],
        )
    }
}

/// Folders first, then files, by name; hidden ones are left out.
fn list(folder: PathBuf) -> Task<Message> {
    let read = folder.clone();
    crate::app::task::off_thread(move || entries(&read))
        .map(move |entries| Message::Listed(folder.clone(), entries))
}

fn entries(folder: &Path) -> Result<Vec<Entry>, String> {
    let listing =
        std::fs::read_dir(folder).map_err(|error| words::folder_unreadable(folder, error.kind()))?;
    let mut entries: Vec<Entry> = listing
        .filter_map(Result::ok)
        .map(|entry| Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            is_folder: entry.path().is_dir(),
            path: entry.path(),
        })
        .filter(|entry| !entry.name.starts_with('.'))
        .collect();
    entries.sort_by_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    entries.truncate(ENTRIES);
    Ok(entries)
}
