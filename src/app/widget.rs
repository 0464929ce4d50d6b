//! The parts that screens are made of.

pub(crate) mod avatar;
pub(crate) mod badge;
pub(crate) mod banner;
pub(crate) mod button;
pub(crate) mod certificate_card;
pub(crate) mod choice;
pub(crate) mod control;
pub(crate) mod elided;
pub(crate) mod inert;
pub(crate) mod overlay;
pub(crate) mod recipient_field;
