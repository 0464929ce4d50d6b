//! The pure core: S/MIME without the world.
//!
//! Nothing here opens a file, asks the time, reaches a network or a keyring. A message comes in as
//! [`Source`] (`Read + Seek`), with keys, the time, randomness and [`Limits`]; what must be kept while it is
//! worked on goes to a [`Spool`] that the caller supplies; bytes and verdicts come out.
//!
//! Two levels: [`cms`] is the wire (syntax, keys, mathematics; it takes no trust decision), [`message`] is
//! what callers use (what is safe to show, and how far it can be trusted).

pub mod address;
pub mod asn1;
pub mod cms;
pub mod crypto;
pub mod fingerprint;
pub mod identity;
pub mod key_file;
pub mod limits;
pub mod message;
pub mod mime;
pub mod pem;
pub mod pkcs12;
pub mod policy;
pub mod progress;
pub mod recipient;
pub mod safety_number;
pub mod secret;
pub mod spool;
pub mod witness;
pub mod x509;

pub use address::Address;
pub use fingerprint::Fingerprint;
pub use limits::Limits;
pub use spool::{Source, Spool, SpoolFile};
