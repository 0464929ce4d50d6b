//! The facts of a verdict, named as the command line's JSON names them.

use jiff::Timestamp;

use super::Trust;
use crate::smime::x509::Validity;
use crate::smime::{Address, Fingerprint};

/// The facts about encryption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionSummary {
    /// "none", "encrypted" or "undecryptable".
    pub state: &'static str,
    /// "AES-256-GCM" and the like, of the innermost layer.
    pub algorithm: Option<String>,
    /// The cipher itself proves that nothing was changed.
    pub authenticated: bool,
    /// "RSAES-OAEP" and the like.
    pub key_management: Vec<String>,
    /// An address a recipient, where it is known.
    pub recipients: Vec<String>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerSummary {
    /// The address in the certificate: the one in From if it holds several.
    pub address: Option<Address>,
    /// Of the signer's certificate.
    pub fingerprint: Fingerprint,
    /// What the certificate calls its owner.
    pub name: String,
}

/// The facts about the signature that counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignatureSummary {
    /// "none", "valid", "invalid" or "unknown-signer": mathematics only.
    pub state: &'static str,
    /// Who signed, if their certificate is known.
    pub signer: Option<SignerSummary>,
    /// "SHA-256" and the like.
    pub digest: Option<String>,
    /// The signer's word.
    pub signed_at: Option<Timestamp>,
    /// Nothing that is shown stands outside of it.
    pub covers_whole_message: bool,
    /// Does the certificate hold the address in From? `None`: there is no From.
    pub matches_from: Option<bool>,
    /// How it is known whose key it is.
    pub trust: Option<Trust>,
    /// The certificate's dates as of the judging time.
    pub validity: Option<Validity>,
}

impl SignatureSummary {
    /// [`Self::validity`] as JSON names it.
    pub fn validity_id(&self) -> Option<&'static str> {
        self.validity.map(|validity| match validity {
            Validity::Valid => "valid",
            Validity::NotYet => "not-yet",
            Validity::Expired => "expired",
        })
    }
}
