//! Revocation lists that the person brings: who signed them, and which are kept.

use std::path::Path;

use jiff::Timestamp;

use super::Desk;
use super::file::{self, FileError};
use super::trust::explain_certificates;
use crate::problem::{Explain, Problem};
use crate::smime::crypto::SignatureScheme;
use crate::smime::x509::certificate_file::{self, CertificateFileError};
use crate::smime::x509::revocation::{self, NoSigner, RevocationList, Unusable};
use crate::store::StoreError;
use crate::store::revocation_lists::{Kept, MAX_LISTS};

/// One list out of a file, and what became of it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The list.
    pub list: RevocationList,
    /// A newer one of its series is kept, or it was there already.
    pub kept: Kept,
    /// An authority that the person believes has signed it.
    pub proved: bool,
}

/// Why a list was not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RevocationError {
    /// There is none in the file.
    #[error("no revocation list in this file")]
    None,
    /// The file is damaged, or too much.
    #[error(transparent)]
    Damaged(CertificateFileError),
    /// It contradicts itself.
    #[error("this list cannot be used")]
    Unusable {
        /// Whose list it is.
        issuer: String,
        /// When it was made.
        made: Timestamp,
    },
    /// Its authority is known, and did not sign it.
    #[error("this list was not signed by {issuer}")]
    Forged {
        /// Whose list it says it is.
        issuer: String,
    },
    /// It is signed in a way that is not known here.
    #[error("the signature of this list cannot be checked")]
    Unsupported {
        /// Whose list it is.
        issuer: String,
        /// The way by its best name, if it can be read.
        scheme: Option<String>,
    },
    /// There are [`MAX_LISTS`] already.
    #[error("too many lists")]
    TooMany,
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for RevocationError {
    fn explain(&self) -> Problem {
        match self {
            Self::None => Problem::new(
                "There is no revocation list in this file.",
                "It is none of the forms in which they come (.crl, .pem, .p7c, .p7b).",
                "Fetch the list from the authority again.",
            ),
            Self::Damaged(CertificateFileError::TooMuch) => Problem::new(
                "This file holds more than Waxseal takes at once.",
                format!(
                    "It may have {} lists and {} at most, and each list {}.",
                    certificate_file::MAX_CERTIFICATES,
                    file::size(certificate_file::MAX_LISTS_LENGTH as u64),
                    file::size(revocation::MAX_LENGTH as u64)
                ),
                "Divide it into several files.",
            ),
            Self::Damaged(CertificateFileError::Damaged) => Problem::new(
                "This revocation list is damaged.",
                "What the file holds does not come out as a list.",
                "Fetch it from the authority again.",
            ),
            Self::Damaged(error) => explain_certificates(error),
            Self::Unusable { issuer, made } => Problem::new(
                "This revocation list cannot be used.",
                format!(
                    "The list of {issuer} of {} contradicts itself about what it speaks of.",
                    super::recipients::date(*made)
                ),
                "Fetch it from the authority again.",
            ),
            Self::Forged { issuer } => Problem::new(
                "This revocation list is not genuine.",
                format!("It says it is of {issuer}, and is not signed with the key of that authority."),
                "Fetch it from the authority again.",
            ),
            Self::Unsupported { issuer, scheme } => Problem::new(
                "The signature of this revocation list cannot be checked.",
                match scheme {
                    Some(scheme) => format!("The list of {issuer} is signed with {scheme}."),
                    None => format!("The list of {issuer} does not say clearly how it is signed."),
                },
                "Ask the authority for one that is signed with RSA, ECDSA or Ed25519.",
            ),
            Self::TooMany => Problem::new(
                "No more revocation lists can be kept.",
                format!("There are {MAX_LISTS} already."),
                "Remove some with: waxseal-cli trust remove FINGERPRINT.",
            ),
            Self::File(error) => error.explain(),
            Self::Store(error) => error.explain(),
        }
    }
}

impl Desk {
    /// Takes the revocation lists in a file: each by itself.
    pub fn add_revocation_lists(
        &self,
        path: &Path,
    ) -> Result<Vec<Result<Taken, RevocationError>>, RevocationError> {
        let octets = file::read_small(path, certificate_file::MAX_LISTS_LENGTH as u64)?;
        let contents = certificate_file::read_lists(&octets);
        match (contents.revocation_lists.is_empty(), contents.lacks) {
            (_, Some(error @ CertificateFileError::TooMuch))
            | (true, Some(error @ CertificateFileError::Damaged)) => {
                return Err(RevocationError::Damaged(error));
            }
            (true, Some(error)) if contents.certificates.is_empty() => {
                return Err(RevocationError::Damaged(error));
            }
            (true, _) => return Err(RevocationError::None),
            (false, _) => {}
        }
        let anchors = self.anchors()?;
        let mut pool = contents.certificates;
        pool.extend(self.store.intermediates()?);
        let take = |list| self.take(list, &pool, &anchors);
        Ok(contents.revocation_lists.into_iter().map(take).collect())
    }

    fn take(
        &self,
        list: RevocationList,
        pool: &[crate::smime::x509::Certificate],
        anchors: &[crate::smime::x509::Certificate],
    ) -> Result<Taken, RevocationError> {
        let issuer = || issuer_of(&list);
        if list.unusable() == Some(Unusable::Contradiction) {
            return Err(RevocationError::Unusable { issuer: issuer(), made: list.this_update() });
        }
        let signer = revocation::signer(&list, pool, anchors, self.now);
        match signer {
            Ok(_) | Err(NoSigner::Unknown) => {}
            Err(NoSigner::Forged) => return Err(RevocationError::Forged { issuer: issuer() }),
            Err(NoSigner::Unsupported) => {
                let scheme = list.signature_scheme().map(SignatureScheme::name);
                return Err(RevocationError::Unsupported { issuer: issuer(), scheme });
            }
        }
        let proved = signer.is_ok();
        match self.store.add_revocation_list(&list, proved)? {
            Kept::TooMany => Err(RevocationError::TooMany),
            kept @ (Kept::New | Kept::AlreadyThere | Kept::Older) => Ok(Taken { list, kept, proved }),
        }
    }
}

/// Whose list it is, for people.
pub fn issuer_of(list: &RevocationList) -> String {
    list.issuer().common_name().map_or_else(|| list.issuer().to_string(), str::to_owned)
}
