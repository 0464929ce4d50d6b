//! A button that takes part in the order of Tab and wears the focus ring; iced's own does neither.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::{Operation, Tree, operation, tree};
use iced::advanced::{Clipboard, Shell, Widget, overlay, renderer};
use iced::keyboard::{self, key};
use iced::widget::{self, Button};
use iced::{
    Background, Color, Element, Event, Length, Padding, Point, Rectangle, Renderer, Size, Theme, Vector,
    border, mouse,
};

use crate::app::theme::tokens;

/// Where the ring is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ring {
    /// Around the button, in room that is always kept free: 4 pixels on every side.
    Outside,
    /// Within the button: rows of a list.
    Inside,
}

impl Ring {
    fn room(self) -> f32 {
        match self {
            Self::Outside => 4.0,
            Self::Inside => 0.0,
        }
    }
}

/// A button with a place in the order of Tab; Enter and Space press it.
pub(crate) struct Control<'a, Message> {
    button: Element<'a, Message>,
    on_press: Option<Message>,
    id: Option<widget::Id>,
    ring: Ring,
    radius: f32,
}

impl<'a, Message: Clone + 'a> Control<'a, Message> {
    /// `radius` is that of the button's corners. Without `on_press` it is off.
    pub(crate) fn new(button: Button<'a, Message>, on_press: Option<Message>, radius: f32) -> Self {
        let button = button.on_press_maybe(on_press.clone()).into();
        Self { button, on_press, id: None, ring: Ring::Outside, radius }
    }

    /// Draws the ring within the button.
    pub(crate) fn ring_inside(mut self) -> Self {
        self.ring = Ring::Inside;
        self
    }

    /// Gives it a name to be focused by.
    pub(crate) fn id(mut self, id: impl Into<widget::Id>) -> Self {
        self.id = Some(id.into());
        self
    }
}

#[derive(Debug, Default)]
struct State {
    focused: bool,
    /// Only the keyboard shows the ring.
    by_key: bool,
}

impl operation::Focusable for State {
    fn is_focused(&self) -> bool {
        self.focused
    }

    fn focus(&mut self) {
        self.focused = true;
        self.by_key = true;
    }

    fn unfocus(&mut self) {
        self.focused = false;
    }
}

impl<Message: Clone> Widget<Message, Theme, Renderer> for Control<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.button)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.button));
    }

    fn size(&self) -> Size<Length> {
        self.button.as_widget().size()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        let room = Padding::new(self.ring.room());
        let node = self.button.as_widget_mut().layout(&mut tree.children[0], renderer, &limits.shrink(room));
        let size = node.size().expand(room);
        layout::Node::with_children(size, vec![node.move_to(Point::new(room.left, room.top))])
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        if self.on_press.is_some() {
            operation.focusable(self.id.as_ref(), layout.bounds(), tree.state.downcast_mut::<State>());
        } else {
            tree.state.downcast_mut::<State>().focused = false;
        }
        if let Some(inner) = layout.children().next() {
            self.button.as_widget_mut().operate(&mut tree.children[0], inner, renderer, operation);
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
        let state = tree.state.downcast_mut::<State>();
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(_)) => {
                state.focused = self.on_press.is_some() && cursor.is_over(layout.bounds());
                state.by_key = false;
            }
            Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. })
                if state.focused && !modifiers.command() && !modifiers.alt() =>
            {
                let pressed = matches!(key, keyboard::Key::Named(key::Named::Enter | key::Named::Space));
                if let (true, Some(message)) = (pressed, &self.on_press) {
                    shell.publish(message.clone());
                    shell.capture_event();
                    return;
                }
            }
            _ => {}
        }
        if let Some(inner) = layout.children().next() {
            self.button.as_widget_mut().update(
                &mut tree.children[0],
                event,
                inner,
                cursor,
                renderer,
                clipboard,
                shell,
                viewport,
            );
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
        let Some(inner) = layout.children().next() else { return };
        self.button.as_widget().draw(&tree.children[0], renderer, theme, style, inner, cursor, viewport);
        let state = tree.state.downcast_ref::<State>();
        if state.focused && state.by_key {
            use iced::advanced::Renderer as _;
            let radius = match self.ring {
                Ring::Outside => self.radius + 3.0,
                Ring::Inside => self.radius,
            };
            let quad = renderer::Quad {
                bounds: layout.bounds(),
                border: border::rounded(radius).width(2).color(tokens(theme).focus),
                ..renderer::Quad::default()
            };
            renderer.with_layer(*viewport, |renderer| {
                renderer.fill_quad(quad, Background::Color(Color::TRANSPARENT));
            });
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        layout.children().next().map_or_else(mouse::Interaction::default, |inner| {
            self.button.as_widget().mouse_interaction(&tree.children[0], inner, cursor, viewport, renderer)
        })
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let inner = layout.children().next()?;
        self.button.as_widget_mut().overlay(&mut tree.children[0], inner, renderer, viewport, translation)
    }
}

impl<'a, Message: Clone + 'a> From<Control<'a, Message>> for Element<'a, Message> {
    fn from(control: Control<'a, Message>) -> Self {
        Self::new(control)
    }
}
