//! Content encryption as a stream: AES-CBC with PKCS#7 padding, AES-GCM as CTR + GHASH.
//!
//! The same octets come out however the input is cut. Work is done in place in one buffer of fixed size, which is
//! wiped when it is dropped.

mod aes_cbc;
mod aes_gcm;
mod batch;

use std::io::{self, Write};

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911;

use self::aes_cbc::{CbcDecryptor, CbcEncryptor};
use self::aes_gcm::Gcm;
use crate::smime::secret::ContentEncryptionKey;

/// A content-encryption algorithm that is known here.
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
}

impl ContentCipher {
    /// Every cipher.
    pub const ALL: [Self; 6] = [
        Self::Aes128Cbc,
        Self::Aes192Cbc,
        Self::Aes256Cbc,
        Self::Aes128Gcm,
        Self::Aes192Gcm,
        Self::Aes256Gcm,
    ];

    /// The cipher with this identifier. None: not known here (3DES, CCM …).
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.oid() == oid)
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
        }
    }

    /// "AES-256-CBC", "AES-256-GCM"
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "AES-128-CBC",
            Self::Aes192Cbc => "AES-192-CBC",
            Self::Aes256Cbc => "AES-256-CBC",
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes192Gcm => "AES-192-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
        }
    }

    /// Octets of the key.
    pub fn key_len(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
            Self::Aes192Cbc | Self::Aes192Gcm => 24,
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
        }
    }

    /// 16 for CBC, 12 for GCM (what is written; reading accepts other GCM nonces)
    pub fn iv_len(self) -> usize {
        if self.is_authenticated() { 12 } else { 16 }
    }

    /// Whether the cipher itself notices every change (GCM).
    pub fn is_authenticated(self) -> bool {
        match self {
            Self::Aes128Cbc | Self::Aes192Cbc | Self::Aes256Cbc => false,
            Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm => true,
        }
    }

    /// How long the ciphertext of so many octets is (without a tag).
    pub fn ciphertext_len(self, plain: u64) -> u64 {
        if self.is_authenticated() { plain } else { (plain / 16).saturating_add(1).saturating_mul(16) }
    }

    fn takes(self, key: &ContentEncryptionKey, iv: &[u8]) -> bool {
        let iv_fits = if self.is_authenticated() {
            (1..=aes_gcm::MAX_NONCE_LEN).contains(&iv.len())
        } else {
            iv.len() == self.iv_len()
        };
        key.expose().len() == self.key_len() && iv_fits
    }
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
    /// not take.
    pub fn new(cipher: ContentCipher, key: &ContentEncryptionKey, iv: &[u8], aad: &[u8]) -> Option<Self> {
        if !cipher.takes(key, iv) {
            return None;
        }
        Some(Self(if cipher.is_authenticated() {
            Encrypting::Gcm(Box::new(Gcm::new(key.expose(), iv, aad)?))
        } else {
            Encrypting::Cbc(Box::new(CbcEncryptor::new(key.expose(), iv)?))
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
}

impl ContentDecryptor {
    /// None: key or iv have a length the cipher does not take.
    pub fn new(cipher: ContentCipher, key: &ContentEncryptionKey, iv: &[u8], aad: &[u8]) -> Option<Self> {
        if !cipher.takes(key, iv) {
            return None;
        }
        Some(Self(if cipher.is_authenticated() {
            Decrypting::Gcm(Box::new(Gcm::new(key.expose(), iv, aad)?))
        } else {
            Decrypting::Cbc(Box::new(CbcDecryptor::new(key.expose(), iv)?))
        }))
    }

    /// Takes more ciphertext; writes what is ready. `InvalidInput`: more than GCM allows (64 GiB).
    pub fn decrypt(&mut self, data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match &mut self.0 {
            Decrypting::Cbc(cbc) => cbc.decrypt(data, out),
            Decrypting::Gcm(gcm) => gcm.decrypt(data, out),
        }
    }

    /// CBC: checks the padding and writes the last block. GCM: checks `tag` (constant time; 12..=16 octets).
    /// The inner Err means: throw away what was written.
    pub fn finish(
        self,
        tag: Option<&[u8]>,
        out: &mut dyn Write,
    ) -> io::Result<Result<(), WrongKeyOrDamaged>> {
        match self.0 {
            Decrypting::Cbc(cbc) => cbc.finish(out),
            Decrypting::Gcm(gcm) => gcm.finish_decrypting(tag, out),
        }
    }
}

#[cfg(test)]
mod tests;
