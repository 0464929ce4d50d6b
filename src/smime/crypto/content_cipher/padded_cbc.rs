//! CBC with the padding of RFC 5652 section 6.3 (PKCS#7). AES is written and read; 3DES and RC2 are read only.

use std::io::{self, Write};

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::array::Array;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit as _, KeyIvInit as _};
use des::TdesEde3;
use rc2::Rc2;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeGreater as _};

use super::batch::{BLOCK, Batch};
use super::{ContentCipher, WrongKeyOrDamaged};

enum Encrypt {
    Aes128(cbc::Encryptor<Aes128>),
    Aes192(cbc::Encryptor<Aes192>),
    Aes256(cbc::Encryptor<Aes256>),
}

pub(super) struct CbcEncryptor {
    mode: Encrypt,
    batch: Batch,
}

impl CbcEncryptor {
    pub(super) fn new(key: &[u8], iv: &[u8]) -> Option<Self> {
        let mode = match key.len() {
            16 => Encrypt::Aes128(cbc::Encryptor::new_from_slices(key, iv).ok()?),
            24 => Encrypt::Aes192(cbc::Encryptor::new_from_slices(key, iv).ok()?),
            _ => Encrypt::Aes256(cbc::Encryptor::new_from_slices(key, iv).ok()?),
        };
        Some(Self { mode, batch: Batch::new() })
    }

    pub(super) fn encrypt(&mut self, mut data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        while !data.is_empty() {
            if self.batch.is_full() {
                self.write_batch(out)?;
            }
            self.batch.fill(&mut data);
        }
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut dyn Write) -> io::Result<()> {
        let len = BLOCK - self.batch.octets().len() % BLOCK;
        // proof: 1..=16 fits an octet.
        let padding = [len as u8; BLOCK];
        self.batch.pad(padding.get(..len).unwrap_or_default());
        self.write_batch(out)
    }

    fn write_batch(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let octets = self.batch.octets();
        match &mut self.mode {
            Encrypt::Aes128(mode) => encrypt_in_place(mode, octets),
            Encrypt::Aes192(mode) => encrypt_in_place(mode, octets),
            Encrypt::Aes256(mode) => encrypt_in_place(mode, octets),
        }
        out.write_all(octets)?;
        self.batch.clear();
        Ok(())
    }
}

fn encrypt_in_place(mode: &mut impl BlockModeEncrypt, octets: &mut [u8]) {
    let (blocks, _) = Array::slice_as_chunks_mut(octets);
    mode.encrypt_blocks(blocks);
}

enum Decrypt {
    Aes128(cbc::Decryptor<Aes128>),
    Aes192(cbc::Decryptor<Aes192>),
    Aes256(cbc::Decryptor<Aes256>),
    TripleDes(cbc::Decryptor<TdesEde3>),
    Rc2(cbc::Decryptor<Rc2>),
}

impl Decrypt {
    /// None: no length that the cipher takes, or no cipher in CBC mode.
    fn new(cipher: ContentCipher, key: &[u8], iv: &[u8]) -> Option<Self> {
        Some(match cipher {
            ContentCipher::Aes128Cbc => Self::Aes128(cbc::Decryptor::new_from_slices(key, iv).ok()?),
            ContentCipher::Aes192Cbc => Self::Aes192(cbc::Decryptor::new_from_slices(key, iv).ok()?),
            ContentCipher::Aes256Cbc => Self::Aes256(cbc::Decryptor::new_from_slices(key, iv).ok()?),
            ContentCipher::TripleDesCbc => Self::TripleDes(cbc::Decryptor::new_from_slices(key, iv).ok()?),
            ContentCipher::Rc2Cbc40 => Self::Rc2(rc2(key, 40, iv)?),
            ContentCipher::Rc2Cbc64 => Self::Rc2(rc2(key, 64, iv)?),
            ContentCipher::Rc2Cbc128 => Self::Rc2(rc2(key, 128, iv)?),
            ContentCipher::Aes128Gcm
            | ContentCipher::Aes192Gcm
            | ContentCipher::Aes256Gcm
            | ContentCipher::Aes128Ccm
            | ContentCipher::Aes192Ccm
            | ContentCipher::Aes256Ccm => return None,
        })
    }

    fn decrypt(&mut self, octets: &mut [u8]) {
        match self {
            Self::Aes128(mode) => decrypt_in_place(mode, octets),
            Self::Aes192(mode) => decrypt_in_place(mode, octets),
            Self::Aes256(mode) => decrypt_in_place(mode, octets),
            Self::TripleDes(mode) => decrypt_in_place(mode, octets),
            Self::Rc2(mode) => decrypt_in_place(mode, octets),
        }
    }

    fn block_len(&self) -> usize {
        match self {
            Self::Aes128(_) | Self::Aes192(_) | Self::Aes256(_) => 16,
            Self::TripleDes(_) | Self::Rc2(_) => 8,
        }
    }
}

/// `bits` of the key count (RFC 2268 section 2); how many octets it has is another matter.
fn rc2(key: &[u8], bits: usize, iv: &[u8]) -> Option<cbc::Decryptor<Rc2>> {
    let key = Some(key).filter(|key| (1..=128).contains(&key.len()))?;
    cbc::Decryptor::inner_iv_slice_init(Rc2::new_with_eff_key_len(key, bits), iv).ok()
}

/// Decrypts whole blocks in place and knows nothing of padding: for keys that are wrapped in CBC mode. None: a length
/// that the cipher does not take, or no cipher in CBC mode.
pub(in crate::smime::crypto) fn decrypt_blocks(
    cipher: ContentCipher,
    key: &[u8],
    iv: &[u8],
    octets: &mut [u8],
) -> Option<()> {
    let mut mode = Decrypt::new(cipher, key, iv)?;
    if !octets.len().is_multiple_of(mode.block_len()) {
        return None;
    }
    mode.decrypt(octets);
    Some(())
}

pub(super) struct CbcDecryptor {
    mode: Decrypt,
    batch: Batch,
}

impl CbcDecryptor {
    pub(super) fn new(cipher: ContentCipher, key: &[u8], iv: &[u8]) -> Option<Self> {
        Some(Self { mode: Decrypt::new(cipher, key, iv)?, batch: Batch::new() })
    }

    pub(super) fn decrypt(&mut self, mut data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        while !data.is_empty() {
            // A full batch goes out only when more comes: so the last block is always still here at the end.
            if self.batch.is_full() {
                self.decrypt_batch();
                out.write_all(self.batch.octets())?;
                self.batch.clear();
            }
            self.batch.fill(&mut data);
        }
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut dyn Write) -> io::Result<Result<(), WrongKeyOrDamaged>> {
        let (len, block_len) = (self.batch.octets().len(), self.mode.block_len());
        if len == 0 || !len.is_multiple_of(block_len) {
            return Ok(Err(WrongKeyOrDamaged));
        }
        self.decrypt_batch();
        let octets = self.batch.octets();
        let (padding, valid) = padding_len(octets, block_len);
        if !bool::from(valid) {
            return Ok(Err(WrongKeyOrDamaged));
        }
        // proof: a valid padding is no longer than the last block.
        out.write_all(octets.get(..len.saturating_sub(padding)).unwrap_or_default())?;
        Ok(Ok(()))
    }

    fn decrypt_batch(&mut self) {
        self.mode.decrypt(self.batch.octets());
    }
}

fn decrypt_in_place(mode: &mut impl BlockModeDecrypt, octets: &mut [u8]) {
    let (blocks, _) = Array::slice_as_chunks_mut(octets);
    mode.decrypt_blocks(blocks);
}

/// How long the padding claims to be and whether it is one. Takes the same time for every content.
fn padding_len(octets: &[u8], block_len: usize) -> (usize, Choice) {
    let claimed = octets.last().copied().unwrap_or(0);
    // proof: a block has 8 or 16 octets.
    let longest = block_len as u8;
    let mut valid = !claimed.ct_eq(&0) & !claimed.ct_gt(&longest);
    for (index, octet) in (0..longest).zip(octets.iter().rev()) {
        let is_padding = claimed.ct_gt(&index);
        let same = octet.ct_eq(&claimed);
        valid &= Choice::conditional_select(&Choice::from(1), &same, is_padding);
    }
    (usize::from(claimed), valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paddings_are_valid() {
        for block_len in [8, 16] {
            for len in 1..=block_len {
                let mut block = vec![0x77; block_len];
                block[block_len - len..].fill(len as u8);
                assert!(bool::from(padding_len(&block, block_len).1), "{len}");
                assert_eq!(padding_len(&block, block_len).0, len);
                if len > 1 {
                    block[block_len - len] ^= 1;
                    assert!(!bool::from(padding_len(&block, block_len).1), "{len}");
                }
            }
            for claimed in [0, block_len as u8 + 1, 32, 255] {
                assert!(!bool::from(padding_len(&vec![claimed; block_len], block_len).1), "{claimed}");
            }
        }
    }
}
