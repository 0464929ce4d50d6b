//! States and messages of the contacts pane.
