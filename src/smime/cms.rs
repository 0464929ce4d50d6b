//! CMS (RFC 5652) on the wire: syntax, keys, mathematics. No trust decision is taken here.

pub mod attributes;
pub mod auth_enveloped_data;
pub mod ber;
pub mod compressed_data;
pub mod content_info;
pub mod enveloped_data;
pub mod error;
pub mod recipient_info;
pub mod signed_data;
pub mod signer_info;

#[cfg(test)]
mod tests;

pub use content_info::ContentType;
pub use error::CmsError;
