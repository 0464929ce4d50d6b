//! The second pass: keys are tried, content is decrypted.

use std::io::{self, SeekFrom, Write};

use rand_core::CryptoRng;
use subtle::Choice;
use zeroize::Zeroizing;

use super::{DecryptionKeys, EnvelopedData, OpenedBy};
use crate::smime::cms::CmsError;
use crate::smime::cms::ber::Reader;
use crate::smime::cms::recipient_info::{self, KeyManagement};
use crate::smime::crypto::ContentCipher;
use crate::smime::crypto::content_cipher::ContentDecryptor;
use crate::smime::crypto::private_key::Unwrapped;
use crate::smime::crypto::public_key::KeyError;
use crate::smime::secret::{ContentEncryptionKey, SecretBytes};
use crate::smime::{Limits, Source, Spool, SpoolFile};

/// Passes over the content that one message may cause.
const ATTEMPTS: usize = 16;

impl EnvelopedData {
    /// Second pass: tries every key × matching recipient; the content is written to a new file of `spool`, which is
    /// returned (rewound) only if the padding or tag was right and the key genuine.
    ///
    /// [`CmsError::NoKey`]: no certificate at hand is named, or no private key could be had. [`CmsError::Algorithm`]:
    /// the cipher, or every way in which one's own certificates are named, is not known here.
    /// [`CmsError::Undecryptable`]: everything else that went wrong with a key, without distinction.
    pub fn decrypt(
        &self,
        input: &mut dyn Source,
        keys: &dyn DecryptionKeys,
        spool: &dyn Spool,
        limits: &Limits,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Box<dyn SpoolFile>, OpenedBy), CmsError> {
        let cipher = self.cipher.ok_or(CmsError::Algorithm(self.cipher_oid))?;
        let mut failure = CmsError::NoKey;
        let mut attempts = 0;
        for certificate in keys.certificates() {
            let mut private_key = None;
            for (index, recipient) in self.recipients.iter().enumerate() {
                if !recipient.id.as_ref().is_some_and(|id| id.names(&certificate)) {
                    continue;
                }
                if matches!(recipient.how, KeyManagement::Unsupported(_)) {
                    if let (CmsError::NoKey, Some(oid)) = (&failure, recipient.algorithm) {
                        failure = CmsError::Algorithm(oid);
                    }
                    continue;
                }
                // Asked for once per certificate, and only now.
                let key = match private_key.get_or_insert_with(|| keys.private_key(&certificate)) {
                    Some(key) => key,
                    None => break,
                };
                failure = CmsError::Undecryptable;
                if attempts == ATTEMPTS {
                    return Err(CmsError::Limit("attempts"));
                }
                attempts += 1;
                let unwrapped = match recipient_info::unwrap(recipient, key, cipher.key_len(), rng) {
                    Ok(unwrapped) => unwrapped,
                    // These two follow from what everybody can see: the kind of the key.
                    Err(KeyError::Unsupported | KeyError::WrongUse) => continue,
                    Err(KeyError::Malformed) => not_genuine(cipher, rng),
                };
                if let Some(content) = self.attempt(input, cipher, unwrapped, spool, limits, rng)? {
                    return Ok((content, OpenedBy { recipient: index, certificate }));
                }
            }
        }
        Err(failure)
    }

    /// One pass over the content. Whatever is wrong with the key, the work is the same.
    fn attempt(
        &self,
        input: &mut dyn Source,
        cipher: ContentCipher,
        unwrapped: Unwrapped,
        spool: &dyn Spool,
        limits: &Limits,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Box<dyn SpoolFile>>, CmsError> {
        let aad = &self.authentication.aad;
        let Unwrapped { key, mut genuine } = unwrapped;
        let mut decryptor = match ContentDecryptor::new(cipher, &key, &self.iv, aad) {
            Some(decryptor) => decryptor,
            None => {
                genuine = Choice::from(0);
                let random = random_key(cipher, rng);
                ContentDecryptor::new(cipher, &random, &self.iv, aad).ok_or(CmsError::Undecryptable)?
            }
        };
        let mut file = spool.create()?;
        let mut out = Bounded { out: &mut file, left: limits.content, exceeded: false };
        let mut reader = Reader::resume(input, &self.content, limits)?;
        let held = if self.misplaced_gcm { self.tag_len } else { 0 };
        let mut tail = Vec::with_capacity(held);
        let read = reader.octets(&mut |piece| {
            // The last octets may be the tag: they are held back until more come.
            if held > 0 {
                tail.extend_from_slice(piece);
                let ready = tail.len().saturating_sub(held);
                decryptor.decrypt(tail.get(..ready).unwrap_or_default(), &mut out)?;
                tail.drain(..ready);
            } else {
                decryptor.decrypt(piece, &mut out)?;
            }
            Ok(())
        });
        let mac = match (self.authenticated, self.misplaced_gcm) {
            (true, _) => Some(self.authentication.mac.as_slice()),
            (false, true) => Some(tail.as_slice()),
            (false, false) => None,
        };
        let outcome = read.and_then(|_| {
            reader.leave_all()?;
            Ok(decryptor.finish(mac, &mut out)?)
        });
        if out.exceeded {
            return Err(CmsError::Limit("content"));
        }
        let right = outcome?.is_ok() & bool::from(genuine) & (tail.len() == held);
        if !right {
            return Ok(None);
        }
        file.flush()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Some(file))
    }
}

fn random_key(cipher: ContentCipher, rng: &mut dyn CryptoRng) -> ContentEncryptionKey {
    let mut octets = Zeroizing::new(vec![0; cipher.key_len()]);
    rng.fill_bytes(&mut octets);
    SecretBytes::from(octets)
}

fn not_genuine(cipher: ContentCipher, rng: &mut dyn CryptoRng) -> Unwrapped {
    Unwrapped { key: random_key(cipher, rng), genuine: Choice::from(0) }
}

/// Lets no more than the budget through.
struct Bounded<W: Write> {
    out: W,
    left: u64,
    exceeded: bool,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.len() as u64 > self.left {
            self.exceeded = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.out.write(data)?;
        self.left = self.left.saturating_sub(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
