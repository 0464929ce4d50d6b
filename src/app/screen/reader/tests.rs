//! States and messages of the reader.
