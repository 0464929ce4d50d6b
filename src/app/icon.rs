//! Icons and seals: single-colour drawings, tinted where they stand.

use std::sync::OnceLock;

use iced::widget::svg::{self, Svg};
use iced::{Color, Theme};

use super::theme::{Tokens, Wax, tokens};

macro_rules! icons {
    ($($name:ident = $file:literal,)+) => {
        /// Lucide's drawings, those that are used.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Icon {
            $($name,)+
        }

        impl Icon {
            fn handle(self) -> svg::Handle {
                match self {
                    $(Self::$name => {
                        static HANDLE: OnceLock<svg::Handle> = OnceLock::new();
                        let bytes = include_bytes!(concat!("../../assets/icons/", $file, ".svg"));
                        HANDLE.get_or_init(|| svg::Handle::from_memory(bytes.as_slice())).clone()
                    })+
                }
            }
        }
    };
}

icons! {
    ArrowLeft = "arrow-left",
    BadgeCheck = "badge-check",
    Ban = "ban",
    CalendarClock = "calendar-clock",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronUp = "chevron-up",
    CircleAlert = "circle-alert",
    CircleDashed = "circle-dashed",
    CircleHelp = "circle-help",
    Copy = "copy",
    Ellipsis = "ellipsis",
    Eye = "eye",
    FileArchive = "file-archive",
    FileDown = "file-down",
    FileImage = "file-image",
    FileKey = "file-key",
    FilePenLine = "file-pen-line",
    FileSpreadsheet = "file-spreadsheet",
    FileText = "file-text",
    FolderOpen = "folder-open",
    Handshake = "handshake",
    History = "history",
    Inbox = "inbox",
    Info = "info",
    KeyRound = "key-round",
    Laptop = "laptop",
    Lock = "lock",
    Mail = "mail",
    MailOpen = "mail-open",
    OctagonAlert = "octagon-alert",
    Paperclip = "paperclip",
    PenLine = "pen-line",
    Plus = "plus",
    RefreshCw = "refresh-cw",
    Reply = "reply",
    Search = "search",
    Settings = "settings",
    Smartphone = "smartphone",
    Trash2 = "trash-2",
    TriangleAlert = "triangle-alert",
    Type = "type",
    Undo2 = "undo-2",
    UserRound = "user-round",
    Users = "users",
    X = "x",
}

/// The silhouettes that speak of trust; [`Glyph::Mark`] is the program itself and never a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glyph {
    /// An unbroken seal.
    Whole,
    /// A plain envelope.
    Envelope,
    /// A broken seal.
    Broken,
    /// A seal with a keyhole: it cannot be opened here.
    Keyhole,
    /// A seal with a W.
    Mark,
}

impl Glyph {
    /// Below 24 pixels the drawing is a plainer one.
    fn handle(self, small: bool) -> svg::Handle {
        macro_rules! drawing {
            ($file:literal) => {{
                static HANDLES: [OnceLock<svg::Handle>; 2] = [OnceLock::new(), OnceLock::new()];
                let bytes: &[u8] = if small {
                    include_bytes!(concat!("../../assets/glyphs/", $file, "-small.svg"))
                } else {
                    include_bytes!(concat!("../../assets/glyphs/", $file, ".svg"))
                };
                HANDLES[usize::from(small)].get_or_init(|| svg::Handle::from_memory(bytes)).clone()
            }};
        }
        match self {
            Self::Whole => drawing!("seal-whole"),
            Self::Envelope => drawing!("envelope"),
            Self::Broken => drawing!("seal-broken"),
            Self::Keyhole => drawing!("seal-keyhole"),
            Self::Mark => drawing!("waxseal-mark"),
        }
    }
}

/// An icon of `size` pixels in one role of colour.
pub(crate) fn icon<'a>(icon: Icon, size: f32, role: fn(&Tokens) -> Color) -> Svg<'a> {
    drawn(icon.handle(), size, move |theme| role(tokens(theme)))
}

/// An icon in a wax colour.
pub(crate) fn wax_icon<'a>(icon: Icon, size: f32, wax: Wax) -> Svg<'a> {
    drawn(icon.handle(), size, move |theme| tokens(theme).wax(wax).ink)
}

/// An icon in the colour that `color` picks.
pub(crate) fn tinted_icon<'a>(icon: Icon, size: f32, color: impl Fn(&Theme) -> Color + 'a) -> Svg<'a> {
    drawn(icon.handle(), size, color)
}

/// A seal in a wax colour.
pub(crate) fn glyph<'a>(glyph: Glyph, size: f32, wax: Wax) -> Svg<'a> {
    drawn(glyph.handle(size < 24.0), size, move |theme| tokens(theme).wax(wax).ink)
}

/// The program's own mark, in ink.
pub(crate) fn mark<'a>(size: f32) -> Svg<'a> {
    drawn(Glyph::Mark.handle(size < 24.0), size, |theme| tokens(theme).ink)
}

fn drawn<'a>(handle: svg::Handle, size: f32, color: impl Fn(&Theme) -> Color + 'a) -> Svg<'a> {
    Svg::new(handle)
        .width(size)
        .height(size)
        .style(move |theme: &Theme, _status| svg::Style { color: Some(color(theme)) })
}
