//! Content in pieces of 64 KiB, each sealed by itself with AES-256-GCM under a key that is new for every content.

use std::io;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce, Tag};

/// What is sealed at once: 64 KiB, and 16 octets of tag behind it.
pub(super) const CHUNK: usize = 64 << 10;
pub(super) const TAG: usize = 16;

/// Seals and opens the chunks of one content.
pub(super) struct ChunkCipher(Aes256Gcm);

impl ChunkCipher {
    /// `key` has 32 octets and seals nothing else.
    pub(super) fn new(key: &[u8]) -> io::Result<Self> {
        Ok(Self(Aes256Gcm::new_from_slice(key).map_err(|_| io::ErrorKind::InvalidInput)?))
    }

    /// Seals a chunk in its place and puts the tag behind it. `last`: nothing follows it, so that a content which was
    /// cut off is noticed.
    pub(super) fn seal(&self, number: u64, last: bool, chunk: &mut Vec<u8>) -> io::Result<()> {
        let sealed = self.0.encrypt_inout_detached(&nonce(number, last), &[], chunk.as_mut_slice().into());
        chunk.extend_from_slice(&sealed.map_err(|_| io::ErrorKind::InvalidInput)?);
        Ok(())
    }

    /// Opens a chunk in its place. What fails the check is `InvalidData`.
    pub(super) fn open(&self, number: u64, last: bool, chunk: &mut [u8], tag: &Tag) -> io::Result<()> {
        self.0
            .decrypt_inout_detached(&nonce(number, last), &[], chunk.into(), tag)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a sealed file was changed"))
    }
}

/// The key is new for every content, so the chunk's number is nonce enough.
fn nonce(number: u64, last: bool) -> Nonce<U12> {
    let mut nonce = Nonce::default();
    nonce[0] = u8::from(last);
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}
