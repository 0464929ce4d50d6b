//! Waxseal: sealed mail between two people who trust each other.
//!
//! The library behind the window (`waxseal`) and the command line (`waxseal-cli`). Arrows go one way:
//! binaries → `app` | [`cli`] → [`desk`] → [`store`] → [`smime`]. The core, [`smime`], sees no file, no
//! network, no keyring and no clock: bytes, keys, the time and randomness come in, bytes and verdicts go out.
//! [`problem`] is a leaf that every layer may see.
//!
//! What a key is known by decides how far its mail can be trusted:
//!
//! ```
//! use waxseal::smime::message::verdict::{Evidence, Tier};
//!
//! let mut evidence = Evidence { known: true, ..Evidence::default() };
//! assert_eq!(evidence.trust().highest_tier(), Tier::ProbablySecure);
//! evidence.in_person = Some("2027-05-03T10:00:00Z".parse()?);
//! assert_eq!(evidence.trust().highest_tier(), Tier::BeyondReasonableDoubt);
//! # Ok::<(), jiff::Error>(())
//! ```

pub mod cli;
pub mod desk;
pub mod desktop;
pub mod problem;
pub mod smime;
pub mod store;
