//! Seals a note: signed inside, encrypted outside.
//!
//! The content is written twice and never held: a first pass finds its length and hash, from which the signature
//! follows; the second writes it through the cipher and hashes it again. If it changed in between, nothing
//! valid comes out and the seal fails.
//!
//! Header fields are protected by RFC 9788: the signed part carries them all (`hp="cipher"`, `HP-Outer`), and of
//! the subject the outside sees `[...]` only (hcp_baseline, section 3.2.1).

mod clear_signed;
mod envelope;
mod error;
mod fields;
mod stream;

use std::io::{self, Read, Write};

use jiff::Timestamp;
use rand_core::CryptoRng;

use clear_signed::ClearSigned;
use envelope::Envelope;
pub use error::SealError;
use fields::Fields;
use stream::{Measure, Measured};

use super::capabilities;
use super::header_protection::confidences::Confidences;
use super::reply::Thread;
use crate::smime::cms::signed_data::{Signer, write_attached};
use crate::smime::crypto::{DigestAlgorithm, PrivateKey, SignatureScheme};
use crate::smime::mime::build::Attachment;
use crate::smime::mime::header::Mailbox;
use crate::smime::recipient::Recipient;
use crate::smime::x509::Certificate;
use crate::smime::{Spool, policy};

/// Base64 in mail (RFC 2045 section 6.8).
const LINE: usize = 76;

/// A note before it is sealed. Blind recipients are not named in it.
pub struct Note<'a> {
    /// Who writes.
    pub from: Mailbox,
    /// To whom.
    pub to: Vec<Mailbox>,
    /// Who gets a copy.
    pub cc: Vec<Mailbox>,
    /// In one line.
    pub subject: Option<String>,
    /// Which message it answers, if any.
    pub thread: Thread,
    /// What that message kept from everybody on the way.
    pub confidences: Confidences,
    /// With any line ends.
    pub text: String,
    /// What goes along.
    pub attachments: Vec<Attachment<'a>>,
    /// The time of writing, also said by the signature.
    pub date: Timestamp,
}

/// Who signs.
pub struct SignWith<'a> {
    /// The signer's certificate.
    pub certificate: &'a Certificate,
    /// Its private key.
    pub key: &'a PrivateKey,
    /// How it signs ([`signature_scheme`](crate::smime::policy::signature_scheme)).
    pub scheme: SignatureScheme,
    /// Its issuers, without the anchor.
    pub chain: &'a [Certificate],
    /// What answers are to be sealed to.
    pub encryption_certificate: &'a Certificate,
}

/// The form of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A whole mail: header fields and base64.
    Mail,
    /// The CMS alone, DER.
    Cms,
}

/// Whether header fields are hidden or only signed (RFC 9788 section 2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protection {
    Cipher,
    Clear,
}

/// Signs a note (multipart/signed) and encrypts it to every usable certificate of every recipient. One's own copy needs one's own
/// certificate among the recipients.
///
/// # Errors
/// An attachment that cannot be read or changes meanwhile, a recipient without a usable certificate, a failing `out`.
pub fn seal(
    note: Note<'_>,
    signer: &SignWith<'_>,
    recipients: &[Recipient],
    form: Form,
    out: &mut dyn Write,
    rng: &mut dyn CryptoRng,
) -> Result<(), SealError> {
    let fields = Fields::of(&note, Protection::Cipher, rng);
    let date = note.date;
    let body = fields.protected_body(note, policy::legacy_display(recipients), rng);
    let signed = ClearSigned::new(&body, signer, date, rng)?;
    let envelope = Envelope { recipients, time: date, len: signed.len()? };
    match form {
        Form::Cms => envelope.write(out, rng, |out| signed.write_to(out)).map(drop),
        Form::Mail => {
            out.write_all(fields.outer().as_bytes())?;
            envelope.write_as_mail(out, rng, |out| signed.write_to(out))
        }
    }
}

/// Signs only: multipart/signed as [`Form::Mail`], attached SignedData as [`Form::Cms`].
///
/// # Errors
/// As [`seal`].
pub fn sign(
    note: Note<'_>,
    signer: &SignWith<'_>,
    form: Form,
    spool: &dyn Spool,
    out: &mut dyn Write,
    rng: &mut dyn CryptoRng,
) -> Result<(), SealError> {
    let fields = Fields::of(&note, Protection::Clear, rng);
    let date = note.date;
    let body = fields.protected_body(note, false, rng);
    match form {
        Form::Mail => {
            let signed = ClearSigned::new(&body, signer, date, rng)?;
            out.write_all(fields.outer().as_bytes())?;
            signed.write_to(out)
        }
        Form::Cms => {
            let mut content = Measure::new(spool.create()?, signing_digest(signer)?);
            body.write_to(&mut content)?;
            let (mut content, Measured { len, digest }) = content.finish();
            content.rewind()?;
            let capabilities = capabilities::own(signer.encryption_certificate);
            write_attached(out, &cms_signer(signer, &capabilities, date), &mut content, len, &digest, rng)?;
            Ok(())
        }
    }
}

/// Encrypts `len` octets as they are: no MIME around them, no signature.
///
/// # Errors
/// As [`seal`]; a content of another length.
pub fn encrypt(
    content: &mut dyn Read,
    len: u64,
    recipients: &[Recipient],
    time: Timestamp,
    form: Form,
    out: &mut dyn Write,
    rng: &mut dyn CryptoRng,
) -> Result<(), SealError> {
    let envelope = Envelope { recipients, time, len };
    let copy = |out: &mut dyn Write| match io::copy(content, out) {
        Ok(copied) if copied == len => Ok(()),
        Ok(_) => Err(SealError::Changed),
        Err(error) => Err(error.into()),
    };
    match form {
        Form::Cms => envelope.write(out, rng, copy).map(drop),
        Form::Mail => {
            out.write_all(b"MIME-Version: 1.0\r\n")?;
            envelope.write_as_mail(out, rng, copy)
        }
    }
}

fn signing_digest(signer: &SignWith<'_>) -> Result<DigestAlgorithm, SealError> {
    let digest = signer.scheme.content_digest();
    digest.ok_or(SealError::Key(crate::smime::crypto::public_key::KeyError::Unsupported))
}

fn cms_signer<'a>(
    signer: &SignWith<'a>,
    capabilities: &'a crate::smime::cms::attributes::Capabilities,
    time: Timestamp,
) -> Signer<'a> {
    Signer {
        certificate: signer.certificate,
        key: signer.key,
        scheme: signer.scheme.clone(),
        chain: signer.chain,
        encryption_certificate: signer.encryption_certificate,
        capabilities,
        time,
    }
}
