//! Why a note cannot be sealed, in sentences.

use std::io;
use std::sync::Arc;

use crate::problem::{Explain, Problem};
use crate::smime::Address;
use crate::smime::cms::CmsError;
use crate::smime::crypto::public_key::KeyError;

/// Why a note cannot be sealed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealError {
    /// Nothing can be sealed to this address at this time.
    #[error("no certificate for {address}")]
    NoCertificate {
        /// Whose certificate is missing, expired or not meant for encryption.
        address: Address,
    },
    /// A key of a kind that is not known here.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file that goes along changed while it was read.
    #[error("the content changed while it was sealed")]
    Changed,
    /// The message cannot be written.
    #[error(transparent)]
    Cms(#[from] CmsError),
    /// Reading a content or writing the result failed.
    #[error(transparent)]
    Io(Arc<io::Error>),
}

impl From<io::Error> for SealError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl Explain for SealError {
    fn explain(&self) -> Problem {
        let nothing = "Nothing was written.";
        match self {
            Self::NoCertificate { address } => Problem::new(
                format!("It cannot be sealed for {address}."),
                "There is no valid certificate for this address that may be sealed to.",
                "Import one with “contact import”, or ask for a new one.",
            ),
            Self::Key(_) => Problem::new(
                "It cannot be sealed with this key.",
                "The kind of key is not known here, or it is not meant for this.",
                "Use a certificate with an RSA, P-256 or P-384 key.",
            ),
            Self::Changed => Problem::new(
                format!("The note was not sealed. {nothing}"),
                "A file that goes along changed while it was read.",
                "Try again when nobody writes to it.",
            ),
            Self::Cms(CmsError::Io(error)) | Self::Io(error) => Problem::new(
                format!("The note was not sealed. {nothing}"),
                format!("The system says: {error}."),
                "See that the files can be read and that there is room on the disk, then try again.",
            ),
            Self::Cms(_) => Problem::new(
                format!("The note was not sealed. {nothing}"),
                "A recipient's certificate cannot be used.",
                "Ask for a new certificate.",
            ),
        }
    }
}
