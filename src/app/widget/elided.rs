//! One line of text that is cut by its measured width: names lose their end, addresses the middle of their local part.

use std::borrow::Cow;

use iced::advanced::layout::{self, Layout};
use iced::advanced::text::{self, Paragraph as _, Renderer as _};
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Widget, renderer};
use iced::alignment::Vertical;
use iced::{Color, Element, Font, Length, Pixels, Rectangle, Renderer, Size, Theme, mouse};

use crate::app::theme::{Tokens, tokens};
use crate::app::typography::{self as typo, Size as TypeSize};

type Paragraph = <Renderer as text::Renderer>::Paragraph;

/// What may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    End,
    /// The middle of the local part, never the domain.
    Address,
}

/// A line that ends in "…" where there is no room for all of it.
#[must_use]
pub(crate) struct Elided<'a> {
    words: Cow<'a, str>,
    font: Font,
    size: TypeSize,
    cut: Cut,
    color: fn(&Tokens) -> Color,
}

/// A name or a subject.
pub(crate) fn line<'a>(words: impl Into<Cow<'a, str>>) -> Elided<'a> {
    Elided {
        words: words.into(),
        font: typo::REGULAR,
        size: typo::LABEL,
        cut: Cut::End,
        color: |tokens| tokens.ink,
    }
}

/// An address.
pub(crate) fn address<'a>(words: impl Into<Cow<'a, str>>) -> Elided<'a> {
    Elided { cut: Cut::Address, size: typo::SMALL, color: |tokens| tokens.ink2, ..line(words) }
}

impl Elided<'_> {
    /// Semi-bold.
    pub(crate) fn strong(mut self) -> Self {
        self.font = typo::SEMIBOLD;
        self
    }

    /// As tier words are set in lists.
    pub(crate) fn tier(mut self) -> Self {
        self.font = typo::words_font(&self.words);
        self.size(typo::CAPTION)
    }

    /// In this size.
    pub(crate) fn size(mut self, size: TypeSize) -> Self {
        self.size = size;
        self
    }

    /// In this role of colour.
    pub(crate) fn color(mut self, color: fn(&Tokens) -> Color) -> Self {
        self.color = color;
        self
    }

    fn paragraph(&self, words: &str) -> Paragraph {
        Paragraph::with_text(text::Text {
            content: words,
            bounds: Size::INFINITE,
            size: Pixels(self.size.size),
            line_height: text::LineHeight::Absolute(Pixels(self.size.line)),
            font: self.font,
            align_x: text::Alignment::Default,
            align_y: Vertical::Top,
            shaping: text::Shaping::Advanced,
            wrapping: text::Wrapping::None,
        })
    }

    /// The longest form that is at most `width` wide.
    fn fit(&self, width: f32) -> Paragraph {
        let whole = self.paragraph(&self.words);
        if whole.min_width() <= width {
            return whole;
        }
        let (mut fits, mut too_long) = (0, self.words.chars().count());
        let mut best = self.paragraph("…");
        while fits + 1 < too_long {
            let middle = fits.midpoint(too_long);
            let shorter = self.paragraph(&shortened(&self.words, self.cut, middle));
            if shorter.min_width() <= width {
                (fits, best) = (middle, shorter);
            } else {
                too_long = middle;
            }
        }
        best
    }
}

/// `words` with about `kept` characters of what may be cut.
fn shortened(words: &str, cut: Cut, kept: usize) -> String {
    let domain = match cut {
        Cut::Address => words.rfind('@'),
        Cut::End => None,
    };
    match domain {
        // The domain stays whole as long as there is anything to take from the rest.
        Some(at) if kept > words[at..].chars().count() => {
            let kept = kept - words[at..].chars().count();
            let head: String = words[..at].chars().take(kept).collect();
            format!("{head}…{}", &words[at..])
        }
        Some(_) | None => {
            let head: String = words.chars().take(kept).collect();
            format!("{}…", head.trim_end())
        }
    }
}

#[derive(Default)]
struct State {
    paragraph: Paragraph,
    /// What the paragraph was made of.
    made_of: Option<(String, f32, Font, f32)>,
}

impl<Message> Widget<Message, Theme, Renderer> for Elided<'_> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Shrink, Length::Fixed(self.size.line))
    }

    fn layout(&mut self, tree: &mut Tree, _renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        let state = tree.state.downcast_mut::<State>();
        let width = limits.max().width;
        let same = state.made_of.as_ref().is_some_and(|(words, wide, font, size)| {
            *words == self.words && *wide == width && *font == self.font && *size == self.size.size
        });
        if !same {
            state.paragraph = self.fit(width);
            state.made_of = Some((self.words.to_string(), width, self.font, self.size.size));
        }
        layout::Node::new(Size::new(state.paragraph.min_width().min(width), self.size.line))
    }

    fn operate(
        &mut self,
        _tree: &mut Tree,
        layout: Layout<'_>,
        _renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        operation.text(None, layout.bounds(), &self.words);
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        _style: &renderer::Style,
        layout: Layout<'_>,
        _cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let state = tree.state.downcast_ref::<State>();
        let bounds = layout.bounds();
        renderer.fill_paragraph(&state.paragraph, bounds.position(), (self.color)(tokens(theme)), *viewport);
    }
}

impl<'a, Message: 'a> From<Elided<'a>> for Element<'a, Message> {
    fn from(elided: Elided<'a>) -> Self {
        Self::new(elided)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_domain() {
        let address = "maximiliane.von.hohenberg@kanzlei.example";
        assert_eq!(shortened(address, Cut::Address, 25), "maximilia…@kanzlei.example");
        assert_eq!(shortened("Your blood results, and", Cut::End, 12), "Your blood r…");
    }

    #[test]
    fn it_is_never_wider_than_its_room() {
        let name = line("Maximiliane Freifrau von Hohenberg-Lichtenstein");
        for width in [0.0, 10.0, 60.0, 150.0, 1000.0] {
            assert!(width < 15.0 || name.fit(width).min_width() <= width, "{width}");
        }
    }
}
