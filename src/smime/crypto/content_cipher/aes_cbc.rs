//! AES-CBC with the padding of RFC 5652 section 6.3 (PKCS#7).

use std::io::{self, Write};

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::array::Array;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit as _, consts::U16};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeGreater as _};

use super::WrongKeyOrDamaged;
use super::batch::{BLOCK, Batch};

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

fn encrypt_in_place(mode: &mut impl BlockModeEncrypt<BlockSize = U16>, octets: &mut [u8]) {
    let (blocks, _) = Array::slice_as_chunks_mut(octets);
    mode.encrypt_blocks(blocks);
}

enum Decrypt {
    Aes128(cbc::Decryptor<Aes128>),
    Aes192(cbc::Decryptor<Aes192>),
    Aes256(cbc::Decryptor<Aes256>),
}

pub(super) struct CbcDecryptor {
    mode: Decrypt,
    batch: Batch,
}

impl CbcDecryptor {
    pub(super) fn new(key: &[u8], iv: &[u8]) -> Option<Self> {
        let mode = match key.len() {
            16 => Decrypt::Aes128(cbc::Decryptor::new_from_slices(key, iv).ok()?),
            24 => Decrypt::Aes192(cbc::Decryptor::new_from_slices(key, iv).ok()?),
            _ => Decrypt::Aes256(cbc::Decryptor::new_from_slices(key, iv).ok()?),
        };
        Some(Self { mode, batch: Batch::new() })
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
        let len = self.batch.octets().len();
        if len == 0 || !len.is_multiple_of(BLOCK) {
            return Ok(Err(WrongKeyOrDamaged));
        }
        self.decrypt_batch();
        let octets = self.batch.octets();
        let (padding, valid) = padding_len(octets);
        if !bool::from(valid) {
            return Ok(Err(WrongKeyOrDamaged));
        }
        // proof: a valid padding is no longer than the last block.
        out.write_all(octets.get(..len.saturating_sub(padding)).unwrap_or_default())?;
        Ok(Ok(()))
    }

    fn decrypt_batch(&mut self) {
        let octets = self.batch.octets();
        match &mut self.mode {
            Decrypt::Aes128(mode) => decrypt_in_place(mode, octets),
            Decrypt::Aes192(mode) => decrypt_in_place(mode, octets),
            Decrypt::Aes256(mode) => decrypt_in_place(mode, octets),
        }
    }
}

fn decrypt_in_place(mode: &mut impl BlockModeDecrypt<BlockSize = U16>, octets: &mut [u8]) {
    let (blocks, _) = Array::slice_as_chunks_mut(octets);
    mode.decrypt_blocks(blocks);
}

/// How long the padding claims to be and whether it is one. Takes the same time for every content.
fn padding_len(octets: &[u8]) -> (usize, Choice) {
    let claimed = octets.last().copied().unwrap_or(0);
    let mut valid = !claimed.ct_eq(&0) & !claimed.ct_gt(&16);
    for (index, octet) in (0u8..16).zip(octets.iter().rev()) {
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
        for len in 1..=16u8 {
            let mut block = [0x77; 16];
            block[16 - usize::from(len)..].fill(len);
            assert!(bool::from(padding_len(&block).1), "{len}");
            assert_eq!(padding_len(&block).0, usize::from(len));
            if len > 1 {
                block[16 - usize::from(len)] ^= 1;
                assert!(!bool::from(padding_len(&block).1), "{len}");
            }
        }
        for claimed in [0, 17, 32, 255] {
            assert!(!bool::from(padding_len(&[claimed; 16]).1), "{claimed}");
        }
    }
}
