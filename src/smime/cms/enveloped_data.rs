//! EnvelopedData (RFC 5652 section 6) and AuthEnvelopedData (RFC 5083), both ways.
//!
//! Reading takes two passes over a [`Source`], because what checks the content may stand behind it, and because
//! several keys may have to be tried: [`read`] finds everything but the content, [`EnvelopedData::decrypt`] the content.

mod algorithm;
mod decrypt;
mod write;

use const_oid::ObjectIdentifier;

use self::algorithm::ContentAlgorithm;
use super::CmsError;
use super::auth_enveloped_data::Authentication;
use super::ber::{Place, Reader};
use super::content_info::{self, ContentType};
use super::recipient_info::{self, RecipientInfo};
use crate::smime::asn1::{Cursor, tag};
use crate::smime::crypto::content_cipher::Lengths;
use crate::smime::crypto::{ContentCipher, PrivateKey};
use crate::smime::secret::{Passphrase, SecretBytes};
use crate::smime::x509::Certificate;
use crate::smime::{Limits, Source};

pub use write::EnvelopeWriter;

/// The keys at hand. Private keys are asked for only when a recipient names their certificate.
pub trait DecryptionKeys {
    /// Certificates whose private keys this holds, in the order to try.
    fn certificates(&self) -> Vec<Certificate>;
    /// None: the key could not be had (locked, gone); the next one is tried.
    fn private_key(&self, certificate: &Certificate) -> Option<PrivateKey>;
    /// A password that was given for this message.
    fn password(&self) -> Option<&Passphrase> {
        None
    }
    /// Does the `work` of getting a key from the password, which may take seconds. None: it was given up, or does not fit.
    fn derive(&self, work: Box<dyn FnOnce() -> Option<SecretBytes> + Send>) -> Option<SecretBytes> {
        work()
    }
}

/// Everything but the content. Made by [`read`], which seeks past the content (first pass: finds AuthEnvelopedData's
/// authAttrs and mac).
#[derive(Debug, Clone)]
pub struct EnvelopedData {
    /// What is inside.
    pub content_type: ContentType,
    /// In the order of the message.
    pub recipients: Vec<RecipientInfo>,
    /// None: not known here, or not fit for where it stands.
    pub cipher: Option<ContentCipher>,
    /// Of contentEncryptionAlgorithm, also when `cipher` is None; of the one inside it, where that derives a key.
    pub cipher_oid: ObjectIdentifier,
    /// True for AuthEnvelopedData.
    pub authenticated: bool,
    /// GCM or CCM inside EnvelopedData: forbidden by RFC 5084; a finding. (Its tag is the last octets of
    /// encryptedContent.)
    pub misplaced_aead: bool,
    /// Octets of the tag; 0 without one.
    pub tag_len: usize,
    /// Octets of the nonce or initialisation vector.
    pub nonce_len: usize,
    content: Place,
    /// Octets of the content without its tag, if they had to be counted; else 0.
    content_len: u64,
    algorithm: ContentAlgorithm,
    authentication: Authentication,
}

/// Which key opened it.
#[derive(Debug, Clone)]
pub struct OpenedBy {
    /// Index in [`EnvelopedData::recipients`].
    pub recipient: usize,
    /// Whose key; None: it was the password.
    pub certificate: Option<Certificate>,
}

/// Reads an EnvelopedData or AuthEnvelopedData from where `input` stands.
///
/// ```text
/// EnvelopedData ::= SEQUENCE {
///     version CMSVersion,
///     originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL,
///     recipientInfos RecipientInfos,
///     encryptedContentInfo EncryptedContentInfo,
///     unprotectedAttrs [1] IMPLICIT UnprotectedAttributes OPTIONAL }
/// EncryptedContentInfo ::= SEQUENCE {
///     contentType ContentType,
///     contentEncryptionAlgorithm ContentEncryptionAlgorithmIdentifier,
///     encryptedContent [0] IMPLICIT EncryptedContent OPTIONAL }
/// ```
pub fn read(input: &mut dyn Source, limits: &Limits) -> Result<EnvelopedData, CmsError> {
    let mut reader = Reader::seekable(input, limits)?;
    let authenticated = match content_info::enter(&mut reader)? {
        ContentType::EnvelopedData => false,
        ContentType::AuthEnvelopedData => true,
        ContentType::Data | ContentType::SignedData | ContentType::CompressedData | ContentType::Other(_) => {
            return Err(CmsError::Malformed);
        }
    };
    reader.enter(tag::context_constructed(0))?;
    reader.enter(tag::SEQUENCE)?;
    if !reader.is_next(tag::INTEGER)? {
        return Err(CmsError::Malformed);
    }
    reader.skip()?;
    if reader.is_next(tag::context_constructed(0))? {
        reader.skip()?;
    }
    let mut recipients = Vec::new();
    reader.enter(tag::SET)?;
    while reader.peek()?.is_some() {
        recipient_info::parse(&reader.element()?, limits.recipients, &mut recipients)?;
    }
    reader.leave()?;

    reader.enter(tag::SEQUENCE)?;
    let content_type = content_info::content_type(&mut reader)?;
    let algorithm = reader.element()?;
    let algorithm = ContentAlgorithm::from_element(Cursor::single(&algorithm)?, authenticated)?;
    // A content that lies elsewhere cannot be had.
    match reader.peek()? {
        Some(header) if header.tag & !tag::CONSTRUCTED == tag::context(0) => {}
        _ => return Err(CmsError::Malformed),
    }
    let content = reader.place();
    let mut content_len = 0;
    if algorithm.cipher.is_some_and(ContentCipher::needs_lengths) {
        content_len = reader.skip_octets()?;
    } else if authenticated {
        reader.skip()?;
    }
    let mut authentication = Authentication::default();
    let mut tag_len = 0;
    if authenticated {
        reader.leave()?;
        authentication = Authentication::read(&mut reader, content_type)?;
        reader.leave_all()?;
        tag_len = authentication.mac.len();
        if algorithm.aead.as_ref().is_some_and(|aead| !aead.allow_mac_of(tag_len)) {
            return Err(CmsError::Malformed);
        }
    } else if let Some(aead) = &algorithm.aead {
        tag_len = aead.tag_len();
        content_len = content_len.saturating_sub(tag_len as u64);
    }
    Ok(EnvelopedData {
        content_type,
        recipients,
        cipher: algorithm.cipher,
        cipher_oid: algorithm.oid,
        authenticated,
        misplaced_aead: !authenticated && algorithm.aead.is_some(),
        tag_len,
        nonce_len: algorithm.iv.len(),
        content,
        content_len,
        algorithm,
        authentication,
    })
}

impl EnvelopedData {
    fn lengths(&self) -> Lengths {
        Lengths { content: self.content_len, tag: self.tag_len }
    }
}
