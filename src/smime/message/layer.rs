//! What each layer of a message was: facts without a judgement.

use jiff::Timestamp;

use crate::smime::cms::attributes::Capabilities;
use crate::smime::cms::recipient_info::CertificateId;
use crate::smime::cms::signer_info::SignerError;
use crate::smime::x509::Certificate;
use crate::smime::x509::revocation::RevocationList;

/// One layer that was taken off, or stopped the opening.
#[derive(Debug, Clone)]
pub enum Layer {
    /// EnvelopedData or AuthEnvelopedData.
    Encrypted(Encryption),
    /// SignedData, attached or beside its content.
    Signed(Signature),
    /// CompressedData: it protects nothing.
    Compressed,
}

impl Layer {
    /// The S/MIME type of the layer: "enveloped-data", "authEnveloped-data", "signed-data", "compressed-data".
    pub fn smime_type(&self) -> &'static str {
        match self {
            Self::Encrypted(layer) if layer.authenticated => "authEnveloped-data",
            Self::Encrypted(_) => "enveloped-data",
            Self::Signed(_) => "signed-data",
            Self::Compressed => "compressed-data",
        }
    }
}

/// A layer of encryption.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// "AES-256-CBC", or the best name there is for an unknown one.
    pub algorithm: String,
    /// The cipher carries its own proof against changes (AuthEnvelopedData).
    pub authenticated: bool,
    /// GCM or CCM inside EnvelopedData, which RFC 5084 section 1.5 rules out.
    pub misplaced_aead: bool,
    /// A tag so short that it can be guessed: under 12 octets.
    pub short_tag: bool,
    /// GCM with another nonce than one of 12 octets, the only length that is in use.
    pub odd_nonce: bool,
    /// "RSAES-OAEP" and the like: every distinct way in which a recipient gets the key.
    pub key_management: Vec<String>,
    /// One entry a recipient: an address where the certificate is known, else issuer and serial number.
    pub recipients: Vec<String>,
    /// Recipients whose certificate nobody here knows.
    pub unknown_recipients: usize,
    /// The own certificate whose key opened it; `None`: it stayed closed.
    pub opened_by: Option<Certificate>,
    /// A password opens it, too.
    pub password: bool,
    /// What of it can be broken today, as far as [`Self::opened_by`] shows.
    pub weak: Option<Weakness>,
    /// A recipient's version number disagrees with its form (RFC 5652 section 6.2.1).
    pub odd_version: bool,
}

/// What can be broken today in a layer of encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// The cipher itself: 3DES, RC2.
    Cipher,
    /// The recipient's key: RSA under 2048 bits.
    RecipientKey,
    /// The cipher that the content's key is wrapped with.
    KeyWrap,
}

/// A layer of signature.
#[derive(Debug, Clone)]
pub struct Signature {
    /// multipart/signed, or a signature in a file beside its content.
    pub detached: bool,
    /// It covers all that lies inside the layer above it; not so when it signs one part among several.
    pub whole: bool,
    /// Nobody signs a SignedData without SignerInfos; then this is empty.
    pub signers: Vec<SignerFacts>,
    /// Every certificate that it carried.
    pub certificates: Vec<Certificate>,
    /// Every revocation list that it carried.
    pub revocation_lists: Vec<RevocationList>,
    /// The signature's own structure could not be read.
    pub damaged: bool,
}

/// One signer of a layer.
#[derive(Debug, Clone)]
pub struct SignerFacts {
    /// `None`: neither in the message nor in the store.
    pub certificate: Option<Certificate>,
    /// Mathematics only. Without a certificate it tells no more than whether the algorithm is known here.
    pub outcome: Result<(), SignerError>,
    /// "SHA-256", or the best name there is.
    pub digest: String,
    /// "ECDSA with SHA-256", or the best name there is.
    pub scheme: String,
    /// SHA-1, or RSA under 2048 bits.
    pub weak: bool,
    /// The signer's word, proved by nobody else.
    pub signed_at: Option<Timestamp>,
    /// What the signer's program says that it can open.
    pub capabilities: Option<Capabilities>,
    /// The certificate that the signer wants to be sealed to (SMIMEEncryptionKeyPreference, RFC 8551 section 2.5.3).
    pub encryption_key_preference: Option<CertificateId>,
}

impl SignerFacts {
    /// A known certificate, and the mathematics came out.
    pub fn is_valid(&self) -> bool {
        self.certificate.is_some() && self.outcome.is_ok()
    }
}
