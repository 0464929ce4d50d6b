//! What can be wrong with a CMS structure.

use std::{io, sync::Arc};

use crate::smime::asn1::Malformed;

/// Why a CMS structure cannot be read. (Decryption failures are one: [`CmsError::Undecryptable`].)
#[derive(Debug, Clone, thiserror::Error)]
pub enum CmsError {
    /// Ends before its structure does.
    #[error("the data ends too early")]
    Truncated,
    /// Not BER, or not the structure that it says it is.
    #[error("the data does not have the form of a CMS structure")]
    Malformed,
    /// One of the limits, by name.
    #[error("too much: {0}")]
    Limit(&'static str),
    /// Not known here, or not fit for what it stands for.
    #[error("unknown or unsuitable algorithm {0}")]
    Algorithm(const_oid::ObjectIdentifier),
    /// One answer for: wrong key, damaged content, bad tag, bad padding.
    #[error("cannot be decrypted")]
    Undecryptable,
    /// None of the keys at hand is named in the message.
    #[error("no key for this message")]
    NoKey,
    /// The input or output failed.
    #[error(transparent)]
    Io(Arc<io::Error>),
}

impl From<io::Error> for CmsError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Truncated } else { Self::Io(Arc::new(error)) }
    }
}

impl From<Malformed> for CmsError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
