//! What callers use: seal a note, open a message, judge it. What this level hands out is safe to show.

pub mod capabilities;
pub mod clothing;
pub mod header_protection;
pub mod layer;
pub mod open;
pub mod reply;
pub mod seal;
pub mod verdict;

#[cfg(test)]
mod tests;
