//! Content encryption as a stream: CBC with PKCS#7 padding, AES-GCM as CTR + GHASH, AES-CCM as CTR + CBC-MAC.
//!
//! The same octets come out however the input is cut. Work is done in place in one buffer of fixed size, which is
//! wiped when it is dropped.

mod aes_ccm;
mod aes_gcm;
mod batch;
mod padded_cbc;

use std::io::{self, Write};

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911;

use self::aes_ccm::CcmDecryptor;
#[cfg(test)]
pub(crate) use self::aes_ccm::seal_whole as seal_ccm;
use self::aes_gcm::Gcm;
pub(super) use self::padded_cbc::decrypt_blocks;
use self::padded_cbc::{CbcDecryptor, CbcEncryptor};
use super::oid::{DES_EDE3_CBC, RC2_CBC};
use crate::smime::asn1::{Cursor, Malformed, tag};
use crate::smime::secret::ContentEncryptionKey;

/// A content-encryption algorithm that is known here. AES in CBC mode and GCM are written; the others are read only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentCipher {
    /// AES-128 in CBC mode (RFC 3565).
    Aes128Cbc,
    /// AES-192 in CBC mode (RFC 3565).
    Aes192Cbc,
    /// AES-256 in CBC mode (RFC 3565).
    Aes256Cbc,
    /// AES-128 in GCM (RFC 5084).
    Aes128Gcm,
    /// AES-192 in GCM (RFC 5084).
    Aes192Gcm,
    /// AES-256 in GCM (RFC 5084).
    Aes256Gcm,
    /// AES-128 in CCM (RFC 5084).
    Aes128Ccm,
    /// AES-192 in CCM (RFC 5084).
    Aes192Ccm,
    /// AES-256 in CCM (RFC 5084).
    Aes256Ccm,
    /// Triple-DES with three keys in CBC mode (RFC 3370 section 5.1): old mail.
    TripleDesCbc,
    /// RC2 in CBC mode with 40 effective bits (RFC 3370 section 5.2): old mail.
    Rc2Cbc40,
    /// RC2 in CBC mode with 64 effective bits: old mail.
    Rc2Cbc64,
    /// RC2 in CBC mode with 128 effective bits: old mail.
    Rc2Cbc128,
}

/// How a cipher is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Cbc,
    Gcm,
    Ccm,
}

impl ContentCipher {
    /// Every cipher.
    pub const ALL: [Self; 13] = [
        Self::Aes128Cbc,
        Self::Aes192Cbc,
        Self::Aes256Cbc,
        Self::Aes128Gcm,
        Self::Aes192Gcm,
        Self::Aes256Gcm,
        Self::Aes128Ccm,
        Self::Aes192Ccm,
        Self::Aes256Ccm,
        Self::TripleDesCbc,
        Self::Rc2Cbc40,
        Self::Rc2Cbc64,
        Self::Rc2Cbc128,
    ];

    /// The cipher with this identifier. None: not known here (DES, Camellia …), or RC2, whose identifier does not say
    /// enough: see [`rc2`](Self::rc2).
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.oid() == oid && oid != RC2_CBC)
    }

    /// A cipher in CBC mode by its identifier and parameters, with its initialisation vector. No cipher: not known here,
    /// or not in CBC mode.
    ///
    /// ```text
    /// RC2CBCParameter ::= SEQUENCE { rc2ParameterVersion INTEGER, iv OCTET STRING }  -- RFC 3370 section 5.2
    /// ```
    pub fn cbc(
        oid: ObjectIdentifier,
        mut parameters: Cursor<'_>,
    ) -> Result<(Option<Self>, Vec<u8>), Malformed> {
        if oid == RC2_CBC {
            let mut fields = parameters.only(tag::SEQUENCE)?.cursor();
            let version = fields.expect(tag::INTEGER)?.small_integer()?;
            let iv = fields.only(tag::OCTET_STRING)?.content;
            return if iv.len() == 8 { Ok((Self::rc2(version), iv.to_vec())) } else { Err(Malformed) };
        }
        let Some(cipher) = Self::from_oid(oid).filter(|cipher| cipher.mode() == Mode::Cbc) else {
            return Ok((None, Vec::new()));
        };
        let iv = parameters.expect(tag::OCTET_STRING)?.content;
        if iv.len() == cipher.iv_len() { Ok((Some(cipher), iv.to_vec())) } else { Err(Malformed) }
    }

    /// RC2 by its rc2ParameterVersion, which spells the effective bits in a way of its own (RFC 3370 section 5.2).
    pub fn rc2(version: u32) -> Option<Self> {
        match version {
            160 => Some(Self::Rc2Cbc40),
            120 => Some(Self::Rc2Cbc64),
            58 => Some(Self::Rc2Cbc128),
            _ => None,
        }
    }

    /// The identifier, as in `contentEncryptionAlgorithm`.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Aes128Cbc => rfc5911::ID_AES_128_CBC,
            Self::Aes192Cbc => rfc5911::ID_AES_192_CBC,
            Self::Aes256Cbc => rfc5911::ID_AES_256_CBC,
            Self::Aes128Gcm => rfc5911::ID_AES_128_GCM,
            Self::Aes192Gcm => rfc5911::ID_AES_192_GCM,
            Self::Aes256Gcm => rfc5911::ID_AES_256_GCM,
            Self::Aes128Ccm => rfc5911::ID_AES_128_CCM,
            Self::Aes192Ccm => rfc5911::ID_AES_192_CCM,
            Self::Aes256Ccm => rfc5911::ID_AES_256_CCM,
            Self::TripleDesCbc => DES_EDE3_CBC,
            Self::Rc2Cbc40 | Self::Rc2Cbc64 | Self::Rc2Cbc128 => RC2_CBC,
        }
    }

    /// "AES-256-CBC", "AES-256-GCM", "3DES", "RC2 (40 bits)"
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "AES-128-CBC",
            Self::Aes192Cbc => "AES-192-CBC",
            Self::Aes256Cbc => "AES-256-CBC",
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes192Gcm => "AES-192-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
            Self::Aes128Ccm => "AES-128-CCM",
            Self::Aes192Ccm => "AES-192-CCM",
            Self::Aes256Ccm => "AES-256-CCM",
            Self::TripleDesCbc => "3DES",
            Self::Rc2Cbc40 => "RC2 (40 bits)",
            Self::Rc2Cbc64 => "RC2 (64 bits)",
            Self::Rc2Cbc128 => "RC2 (128 bits)",
        }
    }

    /// Octets of the key. RC2 takes keys of any length; as many octets as count is what everybody writes.
    pub fn key_len(self) -> usize {
        match self {
            Self::Rc2Cbc40 => 5,
            Self::Rc2Cbc64 => 8,
            Self::Aes128Cbc | Self::Aes128Gcm | Self::Aes128Ccm | Self::Rc2Cbc128 => 16,
            Self::Aes192Cbc | Self::Aes192Gcm | Self::Aes192Ccm | Self::TripleDesCbc => 24,
            Self::Aes256Cbc | Self::Aes256Gcm | Self::Aes256Ccm => 32,
        }
    }

    /// The block for CBC, 12 for GCM and CCM (what is written; reading accepts other nonces)
    pub fn iv_len(self) -> usize {
        match self.mode() {
            Mode::Cbc => self.block_len(),
            Mode::Gcm | Mode::Ccm => 12,
        }
    }

    /// Whether the cipher itself notices every change (GCM, CCM).
    pub fn is_authenticated(self) -> bool {
        self.mode() != Mode::Cbc
    }

    /// CCM must know beforehand how long content and tag are.
    pub fn needs_lengths(self) -> bool {
        self.mode() == Mode::Ccm
    }

    /// It can be broken today, or comes too near to it: 3DES and RC2.
    pub fn is_weak(self) -> bool {
        match self {
            Self::Aes128Cbc
            | Self::Aes192Cbc
            | Self::Aes256Cbc
            | Self::Aes128Gcm
            | Self::Aes192Gcm
            | Self::Aes256Gcm
            | Self::Aes128Ccm
            | Self::Aes192Ccm
            | Self::Aes256Ccm => false,
            Self::TripleDesCbc | Self::Rc2Cbc40 | Self::Rc2Cbc64 | Self::Rc2Cbc128 => true,
        }
    }

    /// How long the ciphertext of so many octets is (without a tag).
    pub fn ciphertext_len(self, plain: u64) -> u64 {
        let block = self.block_len() as u64;
        if self.is_authenticated() { plain } else { (plain / block).saturating_add(1).saturating_mul(block) }
    }

    fn mode(self) -> Mode {
        match self {
            Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm => Mode::Gcm,
            Self::Aes128Ccm | Self::Aes192Ccm | Self::Aes256Ccm => Mode::Ccm,
            Self::Aes128Cbc
            | Self::Aes192Cbc
            | Self::Aes256Cbc
            | Self::TripleDesCbc
            | Self::Rc2Cbc40
            | Self::Rc2Cbc64
            | Self::Rc2Cbc128 => Mode::Cbc,
        }
    }

    /// The weak ones are weak for their short blocks, too.
    pub(super) fn block_len(self) -> usize {
        if self.is_weak() { 8 } else { 16 }
    }

    fn takes(self, key: &ContentEncryptionKey, iv: &[u8]) -> bool {
        let iv_fits = match self.mode() {
            Mode::Cbc => iv.len() == self.iv_len(),
            Mode::Gcm => (1..=aes_gcm::MAX_NONCE_LEN).contains(&iv.len()),
            Mode::Ccm => aes_ccm::NONCE_LENS.contains(&iv.len()),
        };
        key.expose().len() == self.key_len() && iv_fits
    }
}

/// Octets of a content and of its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// Of the content itself.
    pub content: u64,
    /// Of the tag behind it.
    pub tag: usize,
}

/// Lengths a tag of CCM may have, in octets: RFC 5084 section 3.1.
pub fn is_ccm_tag_len(len: usize) -> bool {
    (4..=16).contains(&len) && len.is_multiple_of(2)
}

/// Content that does not come out right: wrong key, damaged, forged. One answer for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content cannot be decrypted with this key")]
pub struct WrongKeyOrDamaged;

/// Encrypts one content from front to back.
pub struct ContentEncryptor(Encrypting);

enum Encrypting {
    Cbc(Box<CbcEncryptor>),
    Gcm(Box<Gcm>),
}

impl ContentEncryptor {
    /// `aad` is used by the GCM ciphers (complete, ≤ the limits). None: key or iv have a length the cipher does
    /// not take, or it is one that is only read here.
    pub fn new(cipher: ContentCipher, key: &ContentEncryptionKey, iv: &[u8], aad: &[u8]) -> Option<Self> {
        if !cipher.takes(key, iv) || cipher.is_weak() {
            return None;
        }
        Some(Self(match cipher.mode() {
            Mode::Cbc => Encrypting::Cbc(Box::new(CbcEncryptor::new(key.expose(), iv)?)),
            Mode::Gcm => Encrypting::Gcm(Box::new(Gcm::new(key.expose(), iv, aad)?)),
            Mode::Ccm => return None,
        }))
    }

    /// Takes more content; writes what is ready. `InvalidInput`: more than GCM may encrypt under one nonce
    /// (64 GiB).
    pub fn encrypt(&mut self, data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match &mut self.0 {
            Encrypting::Cbc(cbc) => cbc.encrypt(data, out),
            Encrypting::Gcm(gcm) => gcm.encrypt(data, out),
        }
    }

    /// Writes what is left; the answer is the 16-octet tag for GCM.
    pub fn finish(self, out: &mut dyn Write) -> io::Result<Option<[u8; 16]>> {
        match self.0 {
            Encrypting::Cbc(cbc) => cbc.finish(out).map(|()| None),
            Encrypting::Gcm(gcm) => gcm.finish_encrypting(out).map(Some),
        }
    }
}

/// Decrypts one content from front to back. What it writes is not to be believed before [`finish`] has said so.
///
/// [`finish`]: ContentDecryptor::finish
pub struct ContentDecryptor(Decrypting);

enum Decrypting {
    Cbc(Box<CbcDecryptor>),
    Gcm(Box<Gcm>),
    Ccm(Box<CcmDecryptor>),
}

impl ContentDecryptor {
    /// `lengths` counts for ciphers that [need them](ContentCipher::needs_lengths); if they come out otherwise the
    /// content is damaged. None: key, iv, content or tag have a length the cipher does not take.
    pub fn new(
        cipher: ContentCipher,
        key: &ContentEncryptionKey,
        iv: &[u8],
        aad: &[u8],
        lengths: Lengths,
    ) -> Option<Self> {
        if !cipher.takes(key, iv) {
            return None;
        }
        Some(Self(match cipher.mode() {
            Mode::Cbc => Decrypting::Cbc(Box::new(CbcDecryptor::new(cipher, key.expose(), iv)?)),
            Mode::Gcm => Decrypting::Gcm(Box::new(Gcm::new(key.expose(), iv, aad)?)),
            Mode::Ccm => Decrypting::Ccm(Box::new(CcmDecryptor::new(key.expose(), iv, aad, lengths)?)),
        }))
    }

    /// Takes more ciphertext; writes what is ready. `InvalidInput`: more than GCM allows (64 GiB).
    pub fn decrypt(&mut self, data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match &mut self.0 {
            Decrypting::Cbc(cbc) => cbc.decrypt(data, out),
            Decrypting::Gcm(gcm) => gcm.decrypt(data, out),
            Decrypting::Ccm(ccm) => ccm.decrypt(data, out),
        }
    }

    /// CBC: checks the padding and writes the last block. GCM and CCM: checks `tag` (constant time; 4..=16
    /// octets). The inner Err means: throw away what was written.
    pub fn finish(
        self,
        tag: Option<&[u8]>,
        out: &mut dyn Write,
    ) -> io::Result<Result<(), WrongKeyOrDamaged>> {
        match self.0 {
            Decrypting::Cbc(cbc) => cbc.finish(out),
            Decrypting::Gcm(gcm) => gcm.finish_decrypting(tag, out),
            Decrypting::Ccm(ccm) => ccm.finish(tag, out),
        }
    }
}

#[cfg(test)]
mod tests;
