//! Every sentence of the window, in one place, ready for translation. Those of failures come with their errors.

use std::io::ErrorKind;
use std::path::Path;

use waxseal::problem::Problem;

pub(crate) mod compare;
pub(crate) mod compose;
pub(crate) mod contacts;
pub(crate) mod reader;
pub(crate) mod settings;
pub(crate) mod welcome;

pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const UNLOCK: &str = "Unlock…";
pub(crate) const COPIED: &str = "Copied";

pub(crate) const NEW_NOTE: &str = "New sealed note";
pub(crate) const MESSAGES: &str = "Messages";
pub(crate) const DRAFTS: &str = "Drafts";
pub(crate) const CONTACTS: &str = "Contacts";
pub(crate) const SETTINGS: &str = "Settings";
pub(crate) const NO_KEY_YET: &str = "No key yet";

pub(crate) const PASSPHRASE: &str = "Passphrase";
pub(crate) const PASSPHRASE_AGAIN: &str = "The same once more";
pub(crate) const PASSPHRASE_SHORT: &str =
    "At least 12 characters: four words that do not belong together are good.";
pub(crate) const PASSPHRASE_DIFFERS: &str = "The two are not the same yet.";

pub(crate) const CHOOSER_OPEN: &str = "Open";
pub(crate) const CHOOSER_SAVE: &str = "Save here";
pub(crate) const CHOOSER_PATH: &str = "Path of the file";
pub(crate) const CHOOSER_UP: &str = "The folder above";
pub(crate) const CHOOSER_NOTHING_THERE: &str = "There is no file with this name.";
pub(crate) const CHOOSER_WHY: &str =
    "This desktop offers no file dialog, so Waxseal shows its own. A path can be pasted into the field.";

pub(crate) fn folder_unreadable(folder: &Path, why: ErrorKind) -> String {
    format!("{} cannot be read: {why}.", folder.display())
}

pub(crate) const SHORTCUTS_TITLE: &str = "Keyboard";
pub(crate) const SHORTCUTS: &[(&str, &str)] = &[
    ("Ctrl N", "New sealed note"),
    ("Ctrl O", "Open a message, certificate or key"),
    ("Ctrl F", "Search"),
    ("Ctrl I", "Import a certificate or key"),
    ("Ctrl 1 · 2 · 3 · ,", "Messages, drafts, contacts, settings"),
    ("Tab · Shift Tab", "Next, previous control"),
    ("↑ ↓", "Move in a list; Enter opens"),
    ("Ctrl R", "Reply sealed"),
    ("Ctrl S", "Save"),
    ("Ctrl Enter", "Seal; in a question: the shown choice"),
    ("Ctrl Shift A", "Attach"),
    ("Ctrl Shift D", "Show me why"),
    ("Ctrl Z · Ctrl Shift Z", "Undo, redo in the text"),
    ("Ctrl V", "Outside a field: read pasted text as a message or certificate"),
    ("Ctrl + · − · 0", "Text size"),
    ("Delete", "Remove; always asks"),
    ("Esc", "Close what is on top"),
    ("? · F1", "This list"),
];

/// "Key until Sep 2028".
pub(crate) fn key_until(end: jiff::Timestamp) -> String {
    format!("Key until {}", local(end).strftime("%b %Y"))
}

/// In the zone of this computer.
pub(crate) fn local(time: jiff::Timestamp) -> jiff::Zoned {
    time.to_zoned(jiff::tz::TimeZone::system())
}

/// "Thu 14 May 2027, 09:41".
pub(crate) fn date_and_time(time: jiff::Timestamp) -> String {
    local(time).strftime("%a %-d %B %Y, %H:%M").to_string()
}

/// "14 May 2027".
pub(crate) fn date(time: jiff::Timestamp) -> String {
    local(time).strftime("%-d %B %Y").to_string()
}

/// As short as a list wants it: "09:41", "Wed", "8 May", "8 May 2025".
pub(crate) fn short_date(time: jiff::Timestamp, now: jiff::Timestamp) -> String {
    let (then, today) = (local(time), local(now));
    let days = (now.as_second() - time.as_second()) / 86_400;
    let form = if then.date() == today.date() {
        "%H:%M"
    } else if (0..6).contains(&days) {
        "%a"
    } else if then.year() == today.year() {
        "%-d %b"
    } else {
        "%-d %b %Y"
    };
    then.strftime(form).to_string()
}

pub(crate) const SHOW_ALL: &str = "Show everything";

pub(crate) fn nothing_matches(search: &str) -> String {
    format!("Nothing matches “{}”.", search.trim())
}

pub(crate) const YOU: &str = "you";
pub(crate) const COPY: &str = "Copy";

pub(crate) fn nothing_to_open_with(program: &str, why: ErrorKind) -> Problem {
    Problem::new(
        "There is no program here that opens files.",
        format!("{program} could not be started: {why}."),
        "Save the file and open it yourself.",
    )
}
