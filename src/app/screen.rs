//! The panes. Each holds its state, its messages, and how it looks; wishes come up as [`Action`](super::action::Action).

pub(crate) mod compose;
pub(crate) mod contacts;
pub(crate) mod reader;
pub(crate) mod settings;
pub(crate) mod welcome;
