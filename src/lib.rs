//! Waxseal: sealed mail between two people who trust each other.
//!
//! The library behind the window (`waxseal`) and the command line (`waxseal-cli`). Arrows go one way:
//! binaries → `app` | [`cli`] → [`desk`] → [`store`] → [`smime`]. The core, [`smime`], sees no file, no
//! network, no keyring and no clock: bytes, keys, the time and randomness come in, bytes and verdicts go out.
//! [`problem`] is a leaf that every layer may see.

pub mod cli;
pub mod desk;
pub mod problem;
pub mod smime;
pub mod store;
