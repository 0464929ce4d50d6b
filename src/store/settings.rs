//! What the person has set, and what the window remembers: rows of words in the records, for the owner of this
//! computer to see. Nothing here is secret.
//!
//! A value that is not known, from a later version or a slip, counts as not set.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::vault::VaultKind;
use super::{Store, StoreError};
use crate::smime::Address;

/// Light, dark, or as the operating system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the operating system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Size and place of the window, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowPlace {
    /// 320 to 16 384.
    pub width: f32,
    /// 240 to 16 384.
    pub height: f32,
    /// Left and top edge, where the window system tells them.
    pub position: Option<(f32, f32)>,
    /// It fills the screen; width and height are those without.
    pub maximized: bool,
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// Of all type, in percent: 85 to 150.
    pub text_size: u16,
    /// Who writes when nothing else says so; `None`: the oldest identity.
    pub default_identity: Option<Address>,
    /// Where keys are kept; `None`: nobody has chosen yet.
    pub keys: Option<VaultKind>,
    /// The window when it was closed last.
    pub window: Option<WindowPlace>,
    /// Width of the list pane in logical pixels: 260 to 420.
    pub list_width: Option<u16>,
    /// A folder in which sealed messages arrive; `None`: nothing is watched.
    pub watched_folder: Option<PathBuf>,
    /// When keys were last backed up (an identity was exported).
    pub backed_up: Option<Timestamp>,
    /// When the person was last reminded of it.
    pub backup_reminded: Option<Timestamp>,
    /// It was said that opening an attachment is saving it.
    pub opening_explained: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            text_size: 100,
            default_identity: None,
            keys: None,
            window: None,
            list_width: None,
            watched_folder: None,
            backed_up: None,
            backup_reminded: None,
            opening_explained: false,
        }
    }
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }
}

impl WindowPlace {
    fn to_words(self) -> String {
        let place = self.position.map_or_else(String::new, |(x, y)| format!(" {x} {y}"));
        let maximized = if self.maximized { "maximized" } else { "normal" };
        format!("{maximized} {} {}{place}", self.width, self.height)
    }

    fn from_words(words: &str) -> Option<Self> {
        let (state, rest) = words.split_once(' ')?;
        let numbers: Vec<f32> = rest
            .split(' ')
            .map(|word| word.parse().ok().filter(|n: &f32| n.is_finite()))
            .collect::<Option<_>>()?;
        let (width, height, position) = match *numbers.as_slice() {
            [width, height] => (width, height, None),
            [width, height, x, y] => (width, height, Some((x, y))),
            _ => return None,
        };
        let largest = 16384.0;
        let fits = (320.0..=largest).contains(&width) && (240.0..=largest).contains(&height);
        let maximized = match state {
            "maximized" => true,
            "normal" => false,
            _ => return None,
        };
        fits.then_some(Self { width, height, position, maximized })
    }
}

impl Settings {
    /// Every setting that is not as it is by itself: its name and its words.
    fn rows(&self) -> [(&'static str, Option<String>); 10] {
        let standard = Self::default();
        let time = |time: Option<Timestamp>| time.map(|time| time.as_second().to_string());
        [
            ("theme", (self.theme != standard.theme).then(|| self.theme.as_str().to_owned())),
            ("text size", (self.text_size != standard.text_size).then(|| self.text_size.to_string())),
            ("default identity", self.default_identity.as_ref().map(ToString::to_string)),
            ("keys", self.keys.map(|kind| kind.as_str().to_owned())),
            ("window", self.window.map(WindowPlace::to_words)),
            ("list width", self.list_width.map(|width| width.to_string())),
            (
                "watched folder",
                self.watched_folder.as_ref().and_then(|path| path.to_str()).map(str::to_owned),
            ),
            ("backed up", time(self.backed_up)),
            ("backup reminded", time(self.backup_reminded)),
            ("opening explained", self.opening_explained.then(|| "yes".to_owned())),
        ]
    }

    fn read(word: &dyn Fn(&str) -> rusqlite::Result<Option<String>>) -> rusqlite::Result<Self> {
        let standard = Self::default();
        let number = |name, range: std::ops::RangeInclusive<u16>| {
            let number = word(name)?.and_then(|word| word.parse().ok());
            Ok::<_, rusqlite::Error>(number.filter(|number| range.contains(number)))
        };
        let time = |name| {
            let seconds = word(name)?.and_then(|word| word.parse().ok());
            Ok::<_, rusqlite::Error>(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
        };
        let theme = word("theme")?.and_then(|word| Theme::from_word(&word));
        Ok(Self {
            theme: theme.unwrap_or_default(),
            text_size: number("text size", 85..=150)?.unwrap_or(standard.text_size),
            default_identity: word("default identity")?.and_then(|word| word.parse().ok()),
            keys: word("keys")?.and_then(|word| VaultKind::from_word(&word)),
            window: word("window")?.and_then(|words| WindowPlace::from_words(&words)),
            list_width: number("list width", 260..=420)?,
            watched_folder: word("watched folder")?.map(PathBuf::from),
            backed_up: time("backed up")?,
            backup_reminded: time("backup reminded")?,
            opening_explained: word("opening explained")?.is_some_and(|word| word == "yes"),
        })
    }
}

impl Store {
    /// What is set; what is not is as it is by itself.
    pub fn settings(&self) -> Result<Settings, StoreError> {
        self.read(|connection| Settings::read(&|name| value(connection, name)))
    }

    /// Keeps these settings in the place of those before.
    pub fn set(&self, settings: &Settings) -> Result<(), StoreError> {
        self.change(|change| {
            for (name, word) in settings.rows() {
                match word {
                    Some(word) => change.execute(
                        "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
                        [name, word.as_str()],
                    )?,
                    None => change.execute("DELETE FROM settings WHERE name = ?1", [name])?,
                };
            }
            Ok(())
        })
    }
}

fn value(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Location;
    use crate::store::vault::NobodyToAsk;

    fn store() -> Store {
        Store::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk)).unwrap()
    }

    #[test]
    fn what_is_set_comes_back_and_what_is_unset_goes() {
        let store = store();
        assert_eq!(store.settings().unwrap(), Settings::default());
        let place =
            WindowPlace { width: 1280.0, height: 800.5, position: Some((-3.0, 40.0)), maximized: true };
        let set = Settings {
            theme: Theme::Dark,
            text_size: 125,
            default_identity: Some("robin@example.org".parse().unwrap()),
            keys: Some(VaultKind::File),
            window: Some(place),
            list_width: Some(300),
            watched_folder: Some(PathBuf::from("/home/robin/Sealed mail")),
            backed_up: Some(Timestamp::from_second(1_800_000_000).unwrap()),
            backup_reminded: Some(Timestamp::from_second(1_700_000_000).unwrap()),
            opening_explained: true,
        };
        store.set(&set).unwrap();
        assert_eq!(store.settings().unwrap(), set);
        store.set(&Settings::default()).unwrap();
        assert_eq!(store.settings().unwrap(), Settings::default());
        let left: i64 =
            store.read(|c| c.query_row("SELECT count(*) FROM settings", [], |r| r.get(0))).unwrap();
        assert_eq!(left, 1, "the profile's id is none of them");
    }

    #[test]
    fn what_is_not_known_counts_as_not_set() {
        let store = store();
        let strange = [
            ("theme", "sepia"),
            ("text size", "900"),
            ("default identity", "nobody"),
            ("keys", "in the garden"),
            ("window", "normal 1e9 NaN"),
            ("list width", "-1"),
            ("backed up", "yesterday"),
            ("opening explained", "perhaps"),
            ("of a later version", "x"),
        ];
        for (name, word) in strange {
            store
                .change(|change| change.execute("INSERT INTO settings VALUES (?1, ?2)", [name, word]))
                .unwrap();
        }
        assert_eq!(store.settings().unwrap(), Settings::default());
        store.set(&Settings { text_size: 90, ..Settings::default() }).unwrap();
        let kept = store.read(|connection| value(connection, "of a later version")).unwrap();
        assert_eq!(kept.as_deref(), Some("x"), "a later version finds its own again");
    }
}
