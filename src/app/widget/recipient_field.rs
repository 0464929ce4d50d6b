//! A line that is typed into with keys of its own, and what floats below it while it is typed in.

use iced::advanced::layout::{self, Layout};
use iced::advanced::overlay::{self, Overlay};
use iced::advanced::text;
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Shell, Widget, renderer};
use iced::keyboard::{self, Key, Modifiers};
use iced::widget::{TextInput, text_input};
use iced::{Element, Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector, mouse};

type Paragraph = <Renderer as text::Renderer>::Paragraph;

/// What becomes of a key.
pub(crate) enum Caught<Message> {
    /// The field has it.
    Typed,
    /// The window has it.
    Passed,
    /// It says this, and nobody else gets it.
    Taken(Message),
    /// It says this, and the window has it.
    Told(Message),
}

type OnKey<'a, Message> = dyn Fn(Key<&str>, Modifiers) -> Caught<Message> + 'a;

/// `input`, whose keys go through `on_key` first while it has the focus.
pub(crate) struct RecipientField<'a, Message> {
    input: Element<'a, Message>,
    on_key: Box<OnKey<'a, Message>>,
    on_leave: Option<Message>,
    menu: Option<Element<'a, Message>>,
}

impl<'a, Message: Clone + 'a> RecipientField<'a, Message> {
    pub(crate) fn new(
        input: TextInput<'a, Message>,
        on_key: impl Fn(Key<&str>, Modifiers) -> Caught<Message> + 'a,
    ) -> Self {
        Self { input: input.into(), on_key: Box::new(on_key), on_leave: None, menu: None }
    }

    /// What losing the focus says.
    pub(crate) fn on_leave(mut self, message: Message) -> Self {
        self.on_leave = Some(message);
        self
    }

    /// Floats below it.
    pub(crate) fn menu(mut self, menu: Option<Element<'a, Message>>) -> Self {
        self.menu = menu;
        self
    }
}

#[derive(Default)]
struct State {
    was_focused: bool,
}

fn is_focused(input: &Tree) -> bool {
    match &input.state {
        tree::State::Some(state) => {
            state.downcast_ref::<text_input::State<Paragraph>>().is_some_and(text_input::State::is_focused)
        }
        tree::State::None => false,
    }
}

impl<Message: Clone> Widget<Message, Theme, Renderer> for RecipientField<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        std::iter::once(&self.input).chain(&self.menu).map(Tree::new).collect()
    }

    fn diff(&self, tree: &mut Tree) {
        let children: Vec<_> = std::iter::once(&self.input).chain(&self.menu).collect();
        tree.diff_children(&children);
    }

    fn size(&self) -> Size<Length> {
        self.input.as_widget().size()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        let input = self.input.as_widget_mut().layout(&mut tree.children[0], renderer, limits);
        layout::Node::with_children(input.size(), vec![input])
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        if let Some(inner) = layout.children().next() {
            self.input.as_widget_mut().operate(&mut tree.children[0], inner, renderer, operation);
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
        let Some(inner) = layout.children().next() else { return };
        let mut forwards = true;
        if let Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. }) = event
            && is_focused(&tree.children[0])
        {
            match (self.on_key)(key.as_ref(), *modifiers) {
                Caught::Typed => {}
                Caught::Passed => forwards = false,
                Caught::Told(message) => {
                    shell.publish(message);
                    forwards = false;
                }
                Caught::Taken(message) => {
                    shell.publish(message);
                    shell.capture_event();
                    forwards = false;
                }
            }
        }
        if forwards {
            let input = &mut tree.children[0];
            self.input
                .as_widget_mut()
                .update(input, event, inner, cursor, renderer, clipboard, shell, viewport);
        }
        let focused = is_focused(&tree.children[0]);
        let state = tree.state.downcast_mut::<State>();
        if state.was_focused && !focused {
            self.on_leave.iter().for_each(|message| shell.publish(message.clone()));
        }
        state.was_focused = focused;
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
        if let Some(inner) = layout.children().next() {
            let input = &tree.children[0];
            self.input.as_widget().draw(input, renderer, theme, style, inner, cursor, viewport);
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
            self.input.as_widget().mouse_interaction(&tree.children[0], inner, cursor, viewport, renderer)
        })
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        _renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let menu = self.menu.as_mut()?;
        let bounds = layout.bounds() + translation;
        Some(overlay::Element::new(Box::new(Floating {
            menu,
            tree: tree.children.get_mut(1)?,
            below: Point::new(bounds.x, bounds.y + bounds.height + 4.0),
            viewport: *viewport,
        })))
    }
}

/// What floats.
struct Floating<'a, 'b, Message> {
    menu: &'b mut Element<'a, Message>,
    tree: &'b mut Tree,
    below: Point,
    viewport: Rectangle,
}

impl<Message> Overlay<Message, Theme, Renderer> for Floating<'_, '_, Message> {
    fn layout(&mut self, renderer: &Renderer, bounds: Size) -> layout::Node {
        let limits = layout::Limits::new(Size::ZERO, bounds);
        let node = self.menu.as_widget_mut().layout(self.tree, renderer, &limits);
        let (width, height) = (node.size().width, node.size().height);
        let x = self.below.x.min(bounds.width - width - 8.0).max(0.0);
        let y = self.below.y.min(bounds.height - height - 8.0).max(0.0);
        node.move_to(Point::new(x, y))
    }

    fn draw(
        &self,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
    ) {
        let viewport = layout.bounds();
        self.menu.as_widget().draw(self.tree, renderer, theme, style, layout, cursor, &viewport);
    }

    fn update(
        &mut self,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
    ) {
        let viewport = self.viewport;
        self.menu
            .as_widget_mut()
            .update(self.tree, event, layout, cursor, renderer, clipboard, shell, &viewport);
    }

    fn mouse_interaction(
        &self,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        self.menu.as_widget().mouse_interaction(self.tree, layout, cursor, &self.viewport, renderer)
    }
}

impl<'a, Message: Clone + 'a> From<RecipientField<'a, Message>> for Element<'a, Message> {
    fn from(field: RecipientField<'a, Message>) -> Self {
        Self::new(field)
    }
}
