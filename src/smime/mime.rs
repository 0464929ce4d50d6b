//! MIME (RFC 2045–2047, 2183, 2231): reading of strangers' messages, writing of canonical ones.
//!
//! [`split`] finds the tree of a message by offsets, in bounded memory; [`Headers`] and [`Entity`] decode what is
//! asked for; [`build`] writes. mail-parser reads dates, parameters and rare charsets.

pub mod build;
pub mod canonical;
pub mod encoding;
pub mod entity;
pub mod file_name;
pub mod header;
pub mod html;
pub mod split;
pub mod tnef;

pub use entity::Entity;
pub use header::Headers;
