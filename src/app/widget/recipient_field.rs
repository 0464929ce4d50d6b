//! A line that is typed into with keys of its own, behind what was taken before, and what floats below it meanwhile.

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
    chips: Vec<Element<'a, Message>>,
}

/// Between two chips, and between two lines of them.
const GAPS: Size = Size::new(8.0, 6.0);
/// The least room to type in; with less the input has a line of its own.
const ROOM: f32 = 150.0;
/// The trees of the input and of what floats come first: chips come and go, and the input keeps its focus.
const CHIPS: usize = 2;

impl<'a, Message: Clone + 'a> RecipientField<'a, Message> {
    pub(crate) fn new(
        input: TextInput<'a, Message>,
        on_key: impl Fn(Key<&str>, Modifiers) -> Caught<Message> + 'a,
    ) -> Self {
        Self { input: input.into(), on_key: Box::new(on_key), on_leave: None, menu: None, chips: Vec::new() }
    }

    /// What losing the focus says.
    pub(crate) fn on_leave(mut self, message: Message) -> Self {
        self.on_leave = Some(message);
        self
    }

    /// Stand before it.
    pub(crate) fn chips(mut self, chips: Vec<Element<'a, Message>>) -> Self {
        self.chips = chips;
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
        let menu = self.menu.as_ref().map_or_else(Tree::empty, Tree::new);
        [Tree::new(&self.input), menu].into_iter().chain(self.chips.iter().map(Tree::new)).collect()
    }

    fn diff(&self, tree: &mut Tree) {
        tree.children.resize_with(CHIPS + self.chips.len(), Tree::empty);
        tree.children[0].diff(&self.input);
        match &self.menu {
            Some(menu) => tree.children[1].diff(menu),
            None => tree.children[1] = Tree::empty(),
        }
        for (tree, chip) in tree.children[CHIPS..].iter_mut().zip(&self.chips) {
            tree.diff(chip);
        }
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fill, Length::Shrink)
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        let width = limits.max().width;
        let loose = layout::Limits::new(Size::ZERO, Size::new(width, f32::INFINITY));
        let (mut at, mut line) = (Point::ORIGIN, 0.0_f32);
        let mut nodes = Vec::with_capacity(1 + self.chips.len());
        for (chip, tree) in self.chips.iter_mut().zip(&mut tree.children[CHIPS..]) {
            let node = chip.as_widget_mut().layout(tree, renderer, &loose);
            if at.x > 0.0 && at.x + node.size().width > width {
                at = Point::new(0.0, at.y + line + GAPS.height);
                line = 0.0;
            }
            line = line.max(node.size().height);
            let next = at.x + node.size().width + GAPS.width;
            nodes.push(node.move_to(at));
            at.x = next;
        }
        if at.x > 0.0 && width - at.x < ROOM {
            at = Point::new(0.0, at.y + line + GAPS.height);
            line = 0.0;
        }
        let room = Size::new((width - at.x).max(0.0), f32::INFINITY);
        let limits = layout::Limits::new(Size::ZERO, room);
        let input = self.input.as_widget_mut().layout(&mut tree.children[0], renderer, &limits);
        let lower = ((line - input.size().height) / 2.0).max(0.0);
        line = line.max(input.size().height);
        nodes.insert(0, input.move_to(Point::new(at.x, at.y + lower)));
        layout::Node::with_children(Size::new(width, at.y + line), nodes)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let chips = self.chips.iter_mut().zip(&mut tree.children[CHIPS..]).zip(layout.children().skip(1));
        for ((chip, tree), layout) in chips {
            chip.as_widget_mut().operate(tree, layout, renderer, operation);
        }
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
        let chips = self.chips.iter_mut().zip(&mut tree.children[CHIPS..]).zip(layout.children().skip(1));
        for ((chip, tree), layout) in chips {
            chip.as_widget_mut().update(tree, event, layout, cursor, renderer, clipboard, shell, viewport);
        }
        // Whoever takes a chip by the pointer does not put the cursor elsewhere.
        if shell.is_event_captured() {
            return;
        }
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
        let chips = self.chips.iter().zip(&tree.children[CHIPS..]).zip(layout.children().skip(1));
        for ((chip, tree), layout) in chips {
            chip.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
        }
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
        let widgets = std::iter::once(&self.input).chain(&self.chips);
        let trees = tree.children.iter().take(1).chain(tree.children.iter().skip(CHIPS));
        widgets
            .zip(trees)
            .zip(layout.children())
            .map(|((one, tree), layout)| {
                one.as_widget().mouse_interaction(tree, layout, cursor, viewport, renderer)
            })
            .max()
            .unwrap_or_default()
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
        let bounds = layout.children().next()?.bounds() + translation;
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

    fn operate(&mut self, layout: Layout<'_>, renderer: &Renderer, operation: &mut dyn Operation) {
        self.menu.as_widget_mut().operate(self.tree, layout, renderer, operation);
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
