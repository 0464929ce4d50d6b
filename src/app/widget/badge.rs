//! Tiers as seals and words.

use iced::Element;
use iced::alignment::Vertical;
use iced::widget::row;

use crate::app::icon::{Glyph, glyph};
use crate::app::theme::{self, Wax};
use crate::app::typography as typo;
use waxseal::smime::message::verdict::Tier;

/// The silhouette and the colour of a tier; without one the message could not be opened here.
pub(crate) fn of(tier: Option<Tier>) -> (Glyph, Wax) {
    match tier {
        Some(Tier::BeyondReasonableDoubt) => (Glyph::Whole, Wax::Seal),
        Some(Tier::ProbablySecure) => (Glyph::Envelope, Wax::Faith),
        Some(Tier::NotSecure) => (Glyph::Broken, Wax::Alarm),
        None => (Glyph::Keyhole, Wax::Quiet),
    }
}

/// The words of a tier in a list.
pub(crate) fn words(tier: Option<Tier>) -> &'static str {
    tier.map_or("Key is not on this computer", Tier::title)
}

/// A small seal with words in its colour.
pub(crate) fn badge<'a, Message: 'a>(
    seal: (Glyph, Wax),
    words: impl Into<std::borrow::Cow<'a, str>>,
) -> Element<'a, Message> {
    let (shape, wax) = seal;
    row![glyph(shape, 14.0, wax), typo::tier(words).style(theme::wax(wax))]
        .spacing(6)
        .align_y(Vertical::Center)
        .into()
}
