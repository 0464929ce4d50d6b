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
use crate::smime::crypto::password_based;
use crate::smime::crypto::private_key::Unwrapped;
use crate::smime::crypto::public_key::KeyError;
use crate::smime::secret::{ContentEncryptionKey, Passphrase, SecretBytes};
use crate::smime::{Limits, Source, Spool, SpoolFile};

/// Passes over the content that one message may cause: recipients beyond are passed over. Honest messages name a key once.
const ATTEMPTS: usize = 16;

/// What every pass over the content needs.
struct Passes<'a> {
    envelope: &'a EnvelopedData,
    cipher: ContentCipher,
    input: &'a mut dyn Source,
    spool: &'a dyn Spool,
    limits: &'a Limits,
    rng: &'a mut dyn CryptoRng,
    made: usize,
}

type Found = Option<(Box<dyn SpoolFile>, OpenedBy)>;

impl EnvelopedData {
    /// Second pass: tries the password, if there is one, on every recipient that takes one, then every key × matching
    /// recipient; the content is written to a new file of `spool`, which is returned (rewound) only if the padding or
    /// tag was right and the key genuine.
    ///
    /// [`CmsError::NoKey`]: no certificate at hand is named, or no private key could be had. [`CmsError::Algorithm`]:
    /// the cipher, or every way in which one's own certificates are named, is not known here.
    /// [`CmsError::Undecryptable`]: everything else that went wrong with a key or password, without distinction.
    pub fn decrypt(
        &self,
        input: &mut dyn Source,
        keys: &dyn DecryptionKeys,
        spool: &dyn Spool,
        limits: &Limits,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Box<dyn SpoolFile>, OpenedBy), CmsError> {
        let cipher = self.cipher.ok_or(CmsError::Algorithm(self.cipher_oid))?;
        let mut passes = Passes { envelope: self, cipher, input, spool, limits, rng, made: 0 };
        let mut failure = CmsError::NoKey;
        if let Some(password) = keys.password()
            && let Some(found) = passes.with_password(password, keys, &mut failure)?
        {
            return Ok(found);
        }
        passes.with_keys(keys, &mut failure)?.ok_or(failure)
    }
}

impl Passes<'_> {
    fn with_password(
        &mut self,
        password: &Passphrase,
        keys: &dyn DecryptionKeys,
        failure: &mut CmsError,
    ) -> Result<Found, CmsError> {
        let mut work = password_based::WORK;
        for (index, recipient) in self.envelope.recipients.iter().enumerate() {
            let KeyManagement::Password(how) = &recipient.how else { continue };
            // What is not tried any more is a failure like all the others: a limit would tell that the first ones failed.
            let Some(left) = work.checked_sub(how.cost()).filter(|_| self.made < ATTEMPTS) else { break };
            work = left;
            *failure = CmsError::Undecryptable;
            let (how, password, wrapped) = (how.clone(), password.clone(), recipient.encrypted_key.clone());
            let unwrapped = match keys.derive(Box::new(move || how.unwrap(&password, &wrapped))) {
                Some(key) => Unwrapped { key, genuine: Choice::from(1) },
                None => self.not_genuine(),
            };
            if let Some(content) = self.attempt(unwrapped)? {
                return Ok(Some((content, OpenedBy { recipient: index, certificate: None })));
            }
        }
        Ok(None)
    }

    fn with_keys(&mut self, keys: &dyn DecryptionKeys, failure: &mut CmsError) -> Result<Found, CmsError> {
        for certificate in keys.certificates() {
            let mut private_key = None;
            for (index, recipient) in self.envelope.recipients.iter().enumerate() {
                if !recipient.id.as_ref().is_some_and(|id| id.names(&certificate)) {
                    continue;
                }
                if matches!(recipient.how, KeyManagement::Unsupported(_)) {
                    if let (CmsError::NoKey, Some(oid)) = (&failure, recipient.algorithm) {
                        *failure = CmsError::Algorithm(oid);
                    }
                    continue;
                }
                // Asked for once per certificate, and only now.
                let key = match private_key.get_or_insert_with(|| keys.private_key(&certificate)) {
                    Some(key) => key,
                    None => break,
                };
                *failure = CmsError::Undecryptable;
                if self.made == ATTEMPTS {
                    return Ok(None);
                }
                let unwrapped = match recipient_info::unwrap(recipient, key, self.cipher.key_len(), self.rng)
                {
                    Ok(unwrapped) => unwrapped,
                    // These two follow from what everybody can see: the kind of the key.
                    Err(KeyError::Unsupported | KeyError::WrongUse) => continue,
                    Err(KeyError::Malformed) => self.not_genuine(),
                };
                if let Some(content) = self.attempt(unwrapped)? {
                    return Ok(Some((
                        content,
                        OpenedBy { recipient: index, certificate: Some(certificate) },
                    )));
                }
            }
        }
        Ok(None)
    }

    /// One pass over the content. Whatever is wrong with the key, the work is the same.
    fn attempt(&mut self, unwrapped: Unwrapped) -> Result<Option<Box<dyn SpoolFile>>, CmsError> {
        self.made += 1;
        let Self { envelope, cipher, limits, .. } = *self;
        let Unwrapped { key, mut genuine } = unwrapped;
        let decryptor = |key: &ContentEncryptionKey| {
            let aad = &envelope.authentication.aad;
            ContentDecryptor::new(cipher, key, &envelope.algorithm.iv, aad, envelope.lengths())
        };
        let content_key = envelope.algorithm.content_key(&key);
        let mut decryptor = match content_key.as_ref().and_then(decryptor) {
            Some(decryptor) => decryptor,
            None => {
                genuine = Choice::from(0);
                decryptor(&random_key(cipher, self.rng)).ok_or(CmsError::Undecryptable)?
            }
        };
        let mut file = self.spool.create()?;
        let mut out = Bounded { out: &mut file, left: limits.content, exceeded: false };
        let mut reader = Reader::resume(self.input, &envelope.content, limits)?;
        let held = if envelope.misplaced_aead { envelope.tag_len } else { 0 };
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
        let mac = match (envelope.authenticated, envelope.misplaced_aead) {
            (true, _) => Some(envelope.authentication.mac.as_slice()),
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

    fn not_genuine(&mut self) -> Unwrapped {
        Unwrapped { key: random_key(self.cipher, self.rng), genuine: Choice::from(0) }
    }
}

fn random_key(cipher: ContentCipher, rng: &mut dyn CryptoRng) -> ContentEncryptionKey {
    let mut octets = Zeroizing::new(vec![0; cipher.key_len()]);
    rng.fill_bytes(&mut octets);
    SecretBytes::from(octets)
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
