//! The pane that holds identities and settings.

use iced::widget::container;
use iced::{Element, Length};

use crate::app::action::Action;
use crate::app::shared::Shared;
use crate::app::typography as typo;

#[derive(Debug, Default)]
pub(crate) struct Settings {}

#[derive(Debug, Clone)]
pub(crate) enum Message {}

impl Settings {
    pub(crate) fn update(&mut self, message: Message, _shared: &Shared) -> Action<Message> {
        match message {}
    }

    pub(crate) fn view<'a>(&'a self, _shared: &'a Shared) -> Element<'a, Message> {
        container(typo::label("This is done with waxseal-cli for now.")).center(Length::Fill).into()
    }
}
