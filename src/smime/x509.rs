//! Certificates (RFC 5280, RFC 8550): parsed once, made, found in files, and judged by paths to an anchor.

pub mod certificate;
pub mod certificate_file;
pub mod extensions;
pub mod issue;
pub mod name;
#[cfg(test)]
pub(crate) mod openssl;
pub mod path;
pub mod request;
pub mod revocation;
pub mod usage;

pub use certificate::{Certificate, Validity};
pub use name::Name;
pub use request::CertificationRequest;
