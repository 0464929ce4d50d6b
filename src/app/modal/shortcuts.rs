//! The keys, on one sheet.

use iced::Element;
use iced::widget::{column, container, row};

use crate::app::theme::{self, ink};
use crate::app::typography as typo;
use crate::app::widget::overlay;
use crate::app::words;

pub(super) fn view<'a, Message: Clone + 'a>(close: Message) -> Element<'a, Message> {
    let lines = words::SHORTCUTS.iter().map(|(keys, what)| {
        let keys = container(typo::small_strong(*keys)).padding([2, 6]).style(theme::card(4.0));
        row![container(keys).width(190), typo::small(*what).style(ink(|t| t.ink2))].spacing(12).into()
    });
    overlay::dialog(words::SHORTCUTS_TITLE, close, overlay::WIDTH, column(lines).spacing(6), vec![], vec![])
}
