//! What lies behind a modal: it is drawn, but neither pointer nor keyboard reaches it.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::Tree;
use iced::advanced::{Clipboard, Shell, Widget, renderer};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, mouse, window};

/// `content`, deaf while `asleep`.
pub(crate) fn inert<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    asleep: bool,
) -> Element<'a, Message> {
    Element::new(Inert { content: content.into(), asleep })
}

struct Inert<'a, Message> {
    content: Element<'a, Message>,
    asleep: bool,
}

impl<Message> Widget<Message, Theme, Renderer> for Inert<'_, Message> {
    fn tag(&self) -> iced::advanced::widget::tree::Tag {
        self.content.as_widget().tag()
    }

    fn state(&self) -> iced::advanced::widget::tree::State {
        self.content.as_widget().state()
    }

    fn children(&self) -> Vec<Tree> {
        self.content.as_widget().children()
    }

    fn diff(&self, tree: &mut Tree) {
        self.content.as_widget().diff(tree);
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        self.content.as_widget_mut().layout(tree, renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn iced::advanced::widget::Operation,
    ) {
        if self.asleep {
            // Nobody keeps the focus behind a modal.
            let mut unfocus = iced::advanced::widget::operation::focusable::unfocus();
            self.content.as_widget_mut().operate(tree, layout, renderer, &mut unfocus);
        } else {
            self.content.as_widget_mut().operate(tree, layout, renderer, operation);
        }
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        let redraws = matches!(event, Event::Window(window::Event::RedrawRequested(_)));
        if !self.asleep || redraws {
            let cursor = if self.asleep { mouse::Cursor::Unavailable } else { cursor };
            self.content
                .as_widget_mut()
                .update(tree, event, layout, cursor, renderer, clipboard, shell, viewport);
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let cursor = if self.asleep { mouse::Cursor::Unavailable } else { cursor };
        self.content.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        if self.asleep {
            return mouse::Interaction::default();
        }
        self.content.as_widget().mouse_interaction(tree, layout, cursor, viewport, renderer)
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: iced::Vector,
    ) -> Option<iced::advanced::overlay::Element<'b, Message, Theme, Renderer>> {
        if self.asleep {
            return None;
        }
        self.content.as_widget_mut().overlay(tree, layout, renderer, viewport, translation)
    }
}
