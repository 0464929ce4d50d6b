//! Ink, paper and wax: the roles of colour in both themes, and the styles made of them.

use iced::{Color, Theme, color, theme::Palette};

mod style;

pub(crate) use style::*;

/// What a wax colour says; [`Wax::Quiet`] says that nothing was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wax {
    /// Beyond reasonable doubt; checked.
    Seal,
    /// Probably; not checked; expiring.
    Faith,
    /// Not secure; changed; danger.
    Alarm,
    /// Not judged; information.
    Quiet,
}

/// The colours of one wax: words and glyphs, the ground behind them, the border around.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tones {
    pub(crate) ink: Color,
    pub(crate) tint: Color,
    pub(crate) border: Color,
}

/// The roles of colour.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) desk: Color,
    pub(crate) tray: Color,
    pub(crate) paper: Color,
    pub(crate) raised: Color,
    pub(crate) well: Color,
    pub(crate) hover: Color,
    pub(crate) selected: Color,
    pub(crate) line: Color,
    pub(crate) edge: Color,
    pub(crate) ink: Color,
    pub(crate) ink2: Color,
    pub(crate) ink3: Color,
    pub(crate) action: Color,
    pub(crate) action_hover: Color,
    pub(crate) on_action: Color,
    pub(crate) link: Color,
    pub(crate) focus: Color,
    pub(crate) on_alarm: Color,
    seal: Tones,
    faith: Tones,
    alarm: Tones,
    quiet: Tones,
}

impl Tokens {
    pub(crate) fn wax(&self, wax: Wax) -> &Tones {
        match wax {
            Wax::Seal => &self.seal,
            Wax::Faith => &self.faith,
            Wax::Alarm => &self.alarm,
            Wax::Quiet => &self.quiet,
        }
    }
}

/// Behind a modal, in both themes.
pub(crate) const SCRIM: Color = color!(0x0A0E14, 0.5);

static LIGHT: Tokens = Tokens {
    desk: color!(0xE6EAEE),
    tray: color!(0xF2F4F6),
    paper: color!(0xFFFFFF),
    raised: color!(0xFFFFFF),
    well: color!(0xF2F4F6),
    hover: color!(0xE9EDF1),
    selected: color!(0xD9E3F1),
    line: color!(0xD3D9E0),
    edge: color!(0x7C8794),
    ink: color!(0x17202C),
    ink2: color!(0x46515F),
    ink3: color!(0x5A6573),
    action: color!(0x1F3556),
    action_hover: color!(0x2C4872),
    on_action: color!(0xFFFFFF),
    link: color!(0x1F4F9E),
    focus: color!(0x2563C9),
    on_alarm: color!(0xFFFFFF),
    seal: Tones { ink: color!(0x1B6843), tint: color!(0xE5F2EA), border: color!(0xA5CDB6) },
    faith: Tones { ink: color!(0x835400), tint: color!(0xFBF1DB), border: color!(0xE2C688) },
    alarm: Tones { ink: color!(0xA3231D), tint: color!(0xFBEAE7), border: color!(0xE5AFA8) },
    quiet: Tones { ink: color!(0x46515F), tint: color!(0xEDF0F3), border: color!(0xCBD2DA) },
};

static DARK: Tokens = Tokens {
    desk: color!(0x11151A),
    tray: color!(0x171C22),
    paper: color!(0x1D232A),
    raised: color!(0x272E37),
    well: color!(0x151A1F),
    hover: color!(0x232A33),
    selected: color!(0x2A3A54),
    line: color!(0x333C47),
    edge: color!(0x7A8694),
    ink: color!(0xE9ECF0),
    ink2: color!(0xB8C1CB),
    ink3: color!(0x9CA7B3),
    action: color!(0xC9D6EC),
    action_hover: color!(0xDEE7F6),
    on_action: color!(0x13202F),
    link: color!(0x9FC0F8),
    focus: color!(0x7FABFA),
    on_alarm: color!(0x2A0D0B),
    seal: Tones { ink: color!(0x7FD0A3), tint: color!(0x1A3026), border: color!(0x31604A) },
    faith: Tones { ink: color!(0xE6B964), tint: color!(0x33290F), border: color!(0x665225) },
    alarm: Tones { ink: color!(0xF59A90), tint: color!(0x3A1F1F), border: color!(0x783F3B) },
    quiet: Tones { ink: color!(0xB8C1CB), tint: color!(0x262D35), border: color!(0x414B57) },
};

/// The roles for this theme.
pub(crate) fn tokens(theme: &Theme) -> &'static Tokens {
    if theme.extended_palette().is_dark { &DARK } else { &LIGHT }
}

/// The theme for dark or light surroundings.
pub(crate) fn theme(dark: bool) -> Theme {
    let (name, tokens) = if dark { ("Waxseal dark", &DARK) } else { ("Waxseal light", &LIGHT) };
    let palette = Palette {
        background: tokens.paper,
        text: tokens.ink,
        primary: tokens.action,
        success: tokens.seal.ink,
        warning: tokens.faith.ink,
        danger: tokens.alarm.ink,
    };
    Theme::custom(name, palette)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2: relative luminance of sRGB.
    fn luminance(color: Color) -> f64 {
        let channel = |value: f32| {
            let value = f64::from(value);
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(color.r) + 0.7152 * channel(color.g) + 0.0722 * channel(color.b)
    }

    fn contrast(one: Color, other: Color) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn the_theme_knows_its_tokens() {
        assert!(std::ptr::eq(tokens(&theme(true)), &DARK));
        assert!(std::ptr::eq(tokens(&theme(false)), &LIGHT));
    }

    #[test]
    fn everything_that_is_read_can_be_read() {
        for t in [&LIGHT, &DARK] {
            let surfaces = [t.desk, t.tray, t.paper, t.raised, t.well, t.hover, t.selected];
            for ink in [t.ink, t.ink2, t.ink3] {
                for ground in surfaces {
                    assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}");
                }
            }
            for wax in [Wax::Seal, Wax::Faith, Wax::Alarm, Wax::Quiet] {
                let tones = t.wax(wax);
                for ground in surfaces.into_iter().chain([tones.tint]) {
                    assert!(contrast(tones.ink, ground) >= 4.5, "{wax:?} on {ground:?}");
                }
                assert!(contrast(t.ink2, tones.tint) >= 4.5, "ink on the tint of {wax:?}");
                assert!(contrast(t.link, tones.tint) >= 4.5, "a link on the tint of {wax:?}");
            }
            assert!(contrast(t.ink3, t.quiet.tint) >= 4.5, "the label of a button that is off");
            for ground in [t.action, t.action_hover] {
                assert!(contrast(t.on_action, ground) >= 4.5);
            }
            assert!(contrast(t.on_alarm, t.alarm.ink) >= 4.5);
            for ground in [t.desk, t.paper, t.tray, t.well, t.raised] {
                assert!(contrast(t.edge, ground) >= 3.0, "an edge on {ground:?}");
            }
            for ground in [t.desk, t.tray, t.paper, t.raised, t.selected] {
                assert!(contrast(t.focus, ground) >= 3.0, "the focus ring on {ground:?}");
            }
            assert!(contrast(t.action, t.quiet.border) >= 3.0, "progress on its track");
        }
    }
}
