//! Type: the bundled faces and their roles. The serif speaks where the program or a letter speaks in its own name.

use iced::font::{Family, Font, Weight};
use iced::widget::{Text, text};

/// The faces; loaded before the first frame.
pub(crate) const FACES: [&[u8]; 4] = [
    include_bytes!("../../assets/fonts/Inter-Regular.ttf"),
    include_bytes!("../../assets/fonts/Inter-Medium.ttf"),
    include_bytes!("../../assets/fonts/Inter-SemiBold.ttf"),
    include_bytes!("../../assets/fonts/SourceSerif4-SemiBold.ttf"),
];

pub(crate) const REGULAR: Font = inter(Weight::Normal);
pub(crate) const SEMIBOLD: Font = inter(Weight::Semibold);
const MEDIUM: Font = inter(Weight::Medium);
const SERIF: Font =
    Font { family: Family::Name("Source Serif 4"), weight: Weight::Semibold, ..Font::DEFAULT };

const fn inter(weight: Weight) -> Font {
    Font { family: Family::Name("Inter"), weight, ..Font::DEFAULT }
}

/// A size and a line height, in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) size: f32,
    pub(crate) line: f32,
}

pub(crate) const BODY: Size = Size { size: 15.0, line: 24.0 };
pub(crate) const LABEL: Size = Size { size: 14.0, line: 20.0 };
pub(crate) const SMALL: Size = Size { size: 13.0, line: 18.0 };
pub(crate) const CAPTION: Size = Size { size: 12.0, line: 16.0 };

fn set<'a>(words: impl text::IntoFragment<'a>, font: Font, Size { size, line }: Size) -> Text<'a> {
    text(words).font(font).size(size).line_height(text::LineHeight::Absolute(line.into()))
}

/// Welcome title, 30/38.
pub(crate) fn display<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SERIF, Size { size: 30.0, line: 38.0 })
}

/// Subject, person, title of a modal, 24/32.
pub(crate) fn title<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SERIF, Size { size: 24.0, line: 32.0 })
}

/// Verdict and word mark, 20/26.
pub(crate) fn verdict<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SERIF, Size { size: 20.0, line: 26.0 })
}

/// Verdict where there is little room, 17/24.
pub(crate) fn small_verdict<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SERIF, Size { size: 17.0, line: 24.0 })
}

/// Title of a pane or section, 17/24.
pub(crate) fn heading<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SEMIBOLD, Size { size: 17.0, line: 24.0 })
}

/// What is written in a message, 15/24.
pub(crate) fn body<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, REGULAR, BODY)
}

/// Interface, 14/20.
pub(crate) fn label<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, REGULAR, LABEL)
}

/// Names, 14/20 semi-bold.
pub(crate) fn strong<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SEMIBOLD, LABEL)
}

/// Words of the program on buttons, 14/20. `words` decides the weight: see [`words_font`].
pub(crate) fn pressed<'a>(words: impl Into<std::borrow::Cow<'a, str>>, size: Size) -> Text<'a> {
    let words = words.into();
    let font = words_font(&words);
    set(words, font, size)
}

/// Secondary lines and findings, 13/18.
pub(crate) fn small<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, REGULAR, SMALL)
}

/// Secondary lines that weigh, 13/18 semi-bold.
pub(crate) fn small_strong<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, SEMIBOLD, SMALL)
}

/// Captions, 12/16.
pub(crate) fn caption<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    set(words, REGULAR, CAPTION)
}

/// Tier words in lists, 12/16 medium.
pub(crate) fn tier<'a>(words: impl Into<std::borrow::Cow<'a, str>>) -> Text<'a> {
    pressed(words, CAPTION)
}

/// Medium, but semi-bold as soon as a name of another script is among the words: in weight 500 the fallback picks a
/// serif face for Chinese and Japanese.
pub(crate) fn words_font(words: &str) -> Font {
    let is_known = |c: char| {
        let c = u32::from(c);
        c < 0x0530 || (0x1E00..0x2C00).contains(&c)
    };
    if words.chars().all(is_known) { MEDIUM } else { SEMIBOLD }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_scripts_are_never_medium() {
        assert_eq!(words_font("Write to Робин…"), MEDIUM);
        assert_eq!(words_font("Write to 山本"), SEMIBOLD);
    }
}
