//! Effects that need no profile; what needs one goes through the [`Clerk`](super::clerk::Clerk).

use std::path::{Path, PathBuf};
use std::process::Command;

use iced::futures::channel::{mpsc, oneshot};
use iced::{Size, Task, window};

use super::action::Pick;
use super::words;
use waxseal::desk::Desk;
use waxseal::desk::kind::FileKind;
use waxseal::desktop::instance::Instance;
use waxseal::problem::Problem;
use waxseal::store::settings::WindowPlace;

/// Does `work` on a thread of its own.
pub(crate) fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Task<T> {
    let (answer, answered) = oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more when the window is closed.
        let _ = answer.send(work());
    });
    Task::future(answered).then(|answer| match answer {
        Ok(answer) => Task::done(answer),
        Err(oneshot::Canceled) => Task::none(),
    })
}

/// Whether the desktop offers a file dialog. Where it does not, rfd answers like somebody who gave up.
pub(crate) fn has_file_dialog() -> Task<bool> {
    off_thread(portal::answers)
}

/// Lets the person choose; nothing: they gave up.
pub(crate) fn pick(pick: Pick) -> Task<Vec<PathBuf>> {
    let dialog = rfd::AsyncFileDialog::new();
    let path = |file: rfd::FileHandle| file.path().to_owned();
    match pick {
        Pick::Open { title, kinds: (name, endings), several } => {
            let dialog = dialog.set_title(title);
            let dialog = if endings.is_empty() {
                dialog
            } else {
                dialog.add_filter(name, endings).add_filter("All files", &["*"])
            };
            Task::future(async move {
                let chosen = if several {
                    dialog.pick_files().await.unwrap_or_default()
                } else {
                    dialog.pick_file().await.into_iter().collect()
                };
                chosen.into_iter().map(path).collect()
            })
        }
        Pick::Save { title, name } => {
            let dialog = dialog.set_title(title).set_file_name(name);
            Task::future(async move { dialog.save_file().await.into_iter().map(path).collect() })
        }
    }
}

#[cfg(target_os = "linux")]
mod portal {
    use zbus::blocking::Connection;
    use zbus::blocking::fdo::DBusProxy;

    /// Whether a portal runs or can be started.
    pub(super) fn answers() -> bool {
        const NAME: &str = "org.freedesktop.portal.Desktop";
        let answers = || -> zbus::Result<bool> {
            let bus = Connection::session()?;
            let proxy = DBusProxy::new(&bus)?;
            let names = proxy.list_activatable_names()?;
            Ok(names.iter().any(|name| name.as_str() == NAME) || proxy.name_has_owner(NAME.try_into()?)?)
        };
        answers().unwrap_or(false)
    }
}

#[cfg(not(target_os = "linux"))]
mod portal {
    /// The system's own dialog is always there.
    pub(super) fn answers() -> bool {
        true
    }
}

/// Some time later; in stories never.
pub(crate) fn after(time: std::time::Duration) -> Task<()> {
    if cfg!(test) { Task::none() } else { off_thread(move || std::thread::sleep(time)) }
}

/// Where the window is; `before`: its size and place without being maximized, as last kept.
pub(crate) fn place_of(id: window::Id, before: WindowPlace) -> Task<WindowPlace> {
    window::is_maximized(id).then(move |maximized| {
        if maximized {
            return Task::done(WindowPlace { maximized, ..before });
        }
        window::size(id).then(move |Size { width, height }| {
            window::position(id).map(move |place| WindowPlace {
                width,
                height,
                position: place.map(|place| (place.x, place.y)),
                maximized,
            })
        })
    })
}

/// Files by what they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sorted {
    pub(crate) messages: Vec<PathBuf>,
    pub(crate) certificates: Vec<PathBuf>,
    pub(crate) keys: Vec<PathBuf>,
}

/// Sorts files by their octets. One that cannot be read goes to the reader, which says why.
pub(crate) fn sort(desk: &Desk, files: Vec<PathBuf>) -> Sorted {
    let mut sorted = Sorted::default();
    for file in files {
        let kind = desk.kind_of(&file).unwrap_or(FileKind::Message);
        match kind {
            FileKind::Message => sorted.messages.push(file),
            FileKind::Certificates => sorted.certificates.push(file),
            FileKind::Key => sorted.keys.push(file),
        }
    }
    sorted
}

/// Opens a file or folder with the program that the desktop has for it.
pub(crate) fn show(path: &Path) -> Result<(), Problem> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(target_os = "windows") {
        "explorer"
    } else {
        "xdg-open"
    };
    let null = std::process::Stdio::null;
    let started = Command::new(program).arg(path).stdin(null()).stdout(null()).stderr(null()).spawn();
    match started {
        Ok(mut child) => {
            // Its end is waited for, or it would stay as a zombie.
            std::thread::spawn(move || child.wait());
            Ok(())
        }
        Err(error) => Err(words::nothing_to_open_with(program, error.kind())),
    }
}

/// The files of every further start of the program, as long as the window is open.
pub(crate) fn further_starts(instance: Instance) -> Task<Vec<PathBuf>> {
    let (files, further) = mpsc::unbounded();
    std::thread::spawn(move || {
        while let Ok(next) = instance.next() {
            if files.unbounded_send(next).is_err() {
                return;
            }
        }
    });
    Task::stream(further)
}
