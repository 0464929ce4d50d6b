//! States and messages of comparing.
