//! Writes EnvelopedData and AuthEnvelopedData as a stream.

use std::io::{self, Write};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::smime::asn1::{tag, writer};
use crate::smime::cms::auth_enveloped_data::AeadParameters;
use crate::smime::cms::recipient_info::{self, RecipientSpec, SpecKeyManagement};
use crate::smime::cms::{CmsError, ContentType};
use crate::smime::crypto::ContentCipher;
use crate::smime::crypto::content_cipher::ContentEncryptor;
use crate::smime::secret::SecretBytes;

/// Octets of the GCM tag that is written.
const TAG_LEN: usize = 16;

/// Writes DER with definite lengths: EnvelopedData for CBC, AuthEnvelopedData for GCM. `content_len` octets must
/// then be written; `finish` fails if it were more or fewer.
pub struct EnvelopeWriter<W: Write> {
    out: W,
    encryptor: ContentEncryptor,
    left: u64,
    total: u64,
}

impl<W: Write> EnvelopeWriter<W> {
    /// Makes a content-encryption key, gives it to every recipient and writes all that stands before the content.
    ///
    /// [`CmsError::NoKey`]: no recipient. [`CmsError::Algorithm`]: a recipient's key cannot be used in the way asked for.
    pub fn new(
        mut out: W,
        recipients: &[RecipientSpec<'_>],
        cipher: ContentCipher,
        content_len: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, CmsError> {
        if recipients.is_empty() {
            return Err(CmsError::NoKey);
        }
        let mut octets = Zeroizing::new(vec![0; cipher.key_len()]);
        rng.fill_bytes(&mut octets);
        let key = SecretBytes::from(octets);
        let mut iv = vec![0; cipher.iv_len()];
        rng.fill_bytes(&mut iv);
        let encryptor =
            ContentEncryptor::new(cipher, &key, &iv, &[]).ok_or(CmsError::Algorithm(cipher.oid()))?;
        let members =
            recipients.iter().map(|spec| recipient_info::build(spec, &key, rng)).collect::<Result<_, _>>()?;

        let authenticated = cipher.is_authenticated();
        let (content_type, parameters) = if authenticated {
            let parameters = AeadParameters { nonce: iv, icv_len: Some(TAG_LEN) };
            (ContentType::AuthEnvelopedData, parameters.to_der())
        } else {
            (ContentType::EnvelopedData, writer::octet_string(&iv))
        };
        // RFC 5652 section 6.1: 0 only if every RecipientInfo has version 0; RFC 5083: always 0.
        let transport_only =
            recipients.iter().all(|spec| matches!(spec.how, SpecKeyManagement::Transport(_)));
        let version = if authenticated || transport_only { 0 } else { 2 };
        let algorithm = writer::sequence(&[&writer::oid(cipher.oid()), &parameters]);

        // Layers from the inside out: what each holds before the content, and behind it. The latter is only the mac,
        // which stands behind EncryptedContentInfo.
        let encrypted_len = cipher.ciphertext_len(content_len);
        let mac_len = if authenticated { writer::header_len(TAG_LEN as u64) + TAG_LEN as u64 } else { 0 };
        let layers = [
            (tag::context(0), Vec::new(), 0),
            (tag::SEQUENCE, [ContentType::Data.to_der(), algorithm].concat(), 0),
            (
                tag::SEQUENCE,
                [writer::small_integer(version), writer::set_of(tag::SET, members)].concat(),
                mac_len,
            ),
            (tag::context_constructed(0), Vec::new(), 0),
            (tag::SEQUENCE, content_type.to_der(), 0),
        ];
        let (head, total) = writer::wrap(&layers, encrypted_len).ok_or(CmsError::Limit("content"))?;
        out.write_all(&head)?;
        Ok(Self { out, encryptor, left: content_len, total })
    }

    /// Octets the whole ContentInfo has.
    pub fn total_len(&self) -> u64 {
        self.total
    }

    /// Writes what stands behind the content.
    pub fn finish(mut self) -> io::Result<W> {
        if self.left > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the content is shorter than was said"));
        }
        if let Some(mac) = self.encryptor.finish(&mut self.out)? {
            self.out.write_all(&writer::octet_string(&mac))?;
        }
        Ok(self.out)
    }
}

impl<W: Write> Write for EnvelopeWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(data.len() as u64);
        self.left = left.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the content is longer than was said")
        })?;
        self.encryptor.encrypt(data, &mut self.out)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
