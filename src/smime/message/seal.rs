//! Seals a note: signed inside, encrypted outside.
//!
//! The content is written twice and never held: a first pass finds its length and hash, from which the signature
//! follows; the second writes it through the cipher and hashes it again. If it changed in between, nothing
//! valid comes out and the seal fails.
//!
//! Header fields are protected by RFC 9788: the signed part carries them all (`hp="cipher"`, `HP-Outer`), and of
//! the subject the outside sees `[...]` only (hcp_baseline, section 3.2.1).

mod error;
mod stream;

use std::io::{self, Read, Write};

use jiff::Timestamp;
use rand_core::CryptoRng;

pub use error::SealError;
use stream::{Measure, Measured};

use super::capabilities;
use crate::smime::cms::enveloped_data::EnvelopeWriter;
use crate::smime::cms::recipient_info::RecipientSpec;
use crate::smime::cms::signed_data::{Signer, sign_detached, write_attached};
use crate::smime::crypto::{ContentCipher, DigestAlgorithm, PrivateKey};
use crate::smime::mime::build::{self, Attachment, Body};
use crate::smime::mime::encoding::Base64Writer;
use crate::smime::mime::header::Mailbox;
use crate::smime::recipient::Recipient;
use crate::smime::x509::Certificate;
use crate::smime::{Spool, policy};

/// Base64 in mail (RFC 2045 section 6.8).
const LINE: usize = 76;

/// What the outside sees of a subject.
const HIDDEN_SUBJECT: &str = "[...]";

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
    let fields = Fields::of(&note, rng);
    let date = note.date;
    let body = fields.protected_body(note, Protection::Cipher, rng);
    let signed = ClearSigned::new(&body, signer, date, rng)?;
    let envelope = Envelope { recipients, time: date, len: signed.len()? };
    match form {
        Form::Cms => envelope.write(out, rng, |out| signed.write_to(out)).map(drop),
        Form::Mail => {
            out.write_all(fields.outer(Protection::Cipher).as_bytes())?;
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
    let fields = Fields::of(&note, rng);
    let date = note.date;
    let body = fields.protected_body(note, Protection::Clear, rng);
    match form {
        Form::Mail => {
            let signed = ClearSigned::new(&body, signer, date, rng)?;
            out.write_all(fields.outer(Protection::Clear).as_bytes())?;
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

/// The header fields of a note, and what the outside sees of them.
struct Fields {
    /// Name and whole line(s); the subject apart.
    common: Vec<(&'static str, String)>,
    subject: Option<String>,
}

impl Fields {
    fn of(note: &Note<'_>, rng: &mut dyn CryptoRng) -> Self {
        let mut common = vec![("From", build::mailbox_field("From", std::slice::from_ref(&note.from)))];
        for (name, mailboxes) in [("To", &note.to), ("Cc", &note.cc)] {
            if !mailboxes.is_empty() {
                common.push((name, build::mailbox_field(name, mailboxes)));
            }
        }
        common.push(("Date", build::date_field(note.date)));
        let id = build::message_id(note.from.address.domain(), rng);
        common.push(("Message-ID", format!("Message-ID: {id}\r\n")));
        Self { common, subject: note.subject.clone() }
    }

    /// The header section outside, up to the fields of the content.
    fn outer(&self, protection: Protection) -> String {
        let mut section: String = self.common.iter().map(|(_, field)| field.as_str()).collect();
        if let Some(subject) = self.outer_subject(protection) {
            section.push_str(&build::text_field("Subject", subject));
        }
        section.push_str("MIME-Version: 1.0\r\n");
        section
    }

    fn outer_subject(&self, protection: Protection) -> Option<&str> {
        let subject = self.subject.as_deref()?;
        Some(match protection {
            Protection::Cipher => HIDDEN_SUBJECT,
            Protection::Clear => subject,
        })
    }

    /// The part that is signed, with every field inside.
    fn protected_body<'n>(
        &self,
        note: Note<'n>,
        protection: Protection,
        rng: &mut dyn CryptoRng,
    ) -> Body<'n> {
        let mut body = Body::new(&note.text, note.attachments, rng);
        for (_, field) in &self.common {
            body.push_field(field);
        }
        if let Some(subject) = &self.subject {
            body.push_field(&build::text_field("Subject", subject));
        }
        match protection {
            Protection::Clear => body.push_content_type_parameter("hp", "clear"),
            Protection::Cipher => {
                body.push_content_type_parameter("hp", "cipher");
                for (_, field) in &self.common {
                    body.push_field(&format!("HP-Outer: {field}"));
                }
                if let Some(subject) = self.outer_subject(protection) {
                    body.push_field(&format!("HP-Outer: {}", build::text_field("Subject", subject)));
                }
            }
        }
        body
    }
}

/// A multipart/signed entity (RFC 8551 section 3.5.3) of a body and its signature.
struct ClearSigned<'a, 'n> {
    body: &'a Body<'n>,
    head: String,
    tail: String,
    measured: Measured,
    digest: DigestAlgorithm,
}

impl<'a, 'n> ClearSigned<'a, 'n> {
    /// The first pass over the body, and the signature.
    fn new(
        body: &'a Body<'n>,
        signer: &SignWith<'_>,
        time: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealError> {
        let digest = signing_digest(signer)?;
        let mut pass = Measure::new(io::sink(), digest);
        body.write_to(&mut pass)?;
        let (_, measured) = pass.finish();
        let capabilities = capabilities::own(signer.encryption_certificate);
        let signature = sign_detached(&cms_signer(signer, &capabilities, time), &measured.digest, rng)?;

        let boundary = build::boundary(rng);
        let micalg = digest.name().to_ascii_lowercase();
        let head = format!(
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg={micalg}; \
             boundary=\"{boundary}\"\r\n\r\nThis is a signed message.\r\n\r\n--{boundary}\r\n"
        );
        let mut encoded = Base64Writer::new(Vec::new(), LINE);
        encoded.write_all(&signature)?;
        let encoded = encoded.finish()?;
        let tail = format!(
            "\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n\
             {}\r\n--{boundary}--\r\n",
            String::from_utf8_lossy(&encoded)
        );
        Ok(Self { body, head, tail, measured, digest })
    }

    fn len(&self) -> Result<u64, SealError> {
        let frame = (self.head.len() + self.tail.len()) as u64;
        self.measured.len.checked_add(frame).ok_or(SealError::Changed)
    }

    /// The second pass.
    fn write_to(&self, out: &mut dyn Write) -> Result<(), SealError> {
        out.write_all(self.head.as_bytes())?;
        let mut pass = Measure::new(&mut *out, self.digest);
        self.body.write_to(&mut pass)?;
        if pass.finish().1 != self.measured {
            return Err(SealError::Changed);
        }
        out.write_all(self.tail.as_bytes())?;
        Ok(())
    }
}

/// The encryption around a content of known length.
struct Envelope<'a> {
    recipients: &'a [Recipient],
    time: Timestamp,
    len: u64,
}

impl Envelope<'_> {
    fn cipher(&self) -> ContentCipher {
        policy::content_cipher(self.recipients)
    }

    fn write<W: Write>(
        &self,
        out: W,
        rng: &mut dyn CryptoRng,
        content: impl FnOnce(&mut dyn Write) -> Result<(), SealError>,
    ) -> Result<W, SealError> {
        let mut specs = Vec::new();
        for recipient in self.recipients {
            let before = specs.len();
            for certificate in recipient.usable(self.time) {
                let how = policy::key_management(certificate, recipient.capabilities.as_ref())?;
                specs.push(RecipientSpec { certificate, how });
            }
            if specs.len() == before {
                return Err(SealError::NoCertificate { address: recipient.address.clone() });
            }
        }
        let mut writer = EnvelopeWriter::new(out, &specs, self.cipher(), self.len, rng)?;
        content(&mut writer)?;
        Ok(writer.finish()?)
    }

    fn write_as_mail(
        &self,
        out: &mut dyn Write,
        rng: &mut dyn CryptoRng,
        content: impl FnOnce(&mut dyn Write) -> Result<(), SealError>,
    ) -> Result<(), SealError> {
        let smime_type =
            if self.cipher().is_authenticated() { "authEnveloped-data" } else { "enveloped-data" };
        write!(
            out,
            "Content-Type: application/pkcs7-mime; smime-type={smime_type};\r\n name=\"smime.p7m\"\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n"
        )?;
        self.write(Base64Writer::new(out, LINE), rng, content)?.finish()?;
        Ok(())
    }
}

fn signing_digest(signer: &SignWith<'_>) -> Result<DigestAlgorithm, SealError> {
    signer
        .key
        .scheme()
        .and_then(|scheme| scheme.content_digest())
        .ok_or(SealError::Key(crate::smime::crypto::public_key::KeyError::Unsupported))
}

fn cms_signer<'a>(
    signer: &SignWith<'a>,
    capabilities: &'a crate::smime::cms::attributes::Capabilities,
    time: Timestamp,
) -> Signer<'a> {
    Signer {
        certificate: signer.certificate,
        key: signer.key,
        chain: signer.chain,
        encryption_certificate: signer.encryption_certificate,
        capabilities,
        time,
    }
}
