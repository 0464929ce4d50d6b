//! AES-GCM (NIST SP 800-38D) as a stream: counter mode and GHASH.

use std::io::{self, Write};

use aes::cipher::{BlockCipherEncrypt, KeyInit, consts::U16};
use aes::{Aes128, Aes192, Aes256};
use ctr::Ctr32BE;
use ctr::cipher::{InnerIvInit as _, StreamCipher, StreamCipherCoreWrapper};
use ghash::GHash;
use ghash::universal_hash::UniversalHash as _;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::WrongKeyOrDamaged;
use super::batch::{BLOCK, Batch};

/// The longest nonce that is read, in octets; 12 is what everybody writes.
pub(super) const MAX_NONCE_LEN: usize = 1024;

/// The longest content under one nonce, in octets: SP 800-38D section 5.2.1.1.
const MAX_LEN: u64 = (1 << 36) - 32;

/// Lengths of a tag that are checked, in octets. RFC 5084 section 3.2 has 12 to 16; a shorter one is a matter for the
/// judge.
const TAG_LENS: std::ops::RangeInclusive<usize> = 4..=16;

enum Counter {
    Aes128(Ctr32BE<Aes128>),
    Aes192(Ctr32BE<Aes192>),
    Aes256(Ctr32BE<Aes256>),
}

/// One content under one key and nonce; both directions.
pub(super) struct Gcm {
    counter: Counter,
    hash: GHash,
    /// E(K, J0), which masks the tag.
    mask: Zeroizing<[u8; BLOCK]>,
    aad_len: u64,
    len: u64,
    batch: Batch,
}

impl Gcm {
    /// None: no such key length, or the AAD is longer than GCM allows.
    pub(super) fn new(key: &[u8], nonce: &[u8], aad: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Self::with(Aes128::new_from_slice(key).ok()?, Counter::Aes128, nonce, aad),
            24 => Self::with(Aes192::new_from_slice(key).ok()?, Counter::Aes192, nonce, aad),
            32 => Self::with(Aes256::new_from_slice(key).ok()?, Counter::Aes256, nonce, aad),
            _ => None,
        }
    }

    fn with<C: BlockCipherEncrypt<BlockSize = U16> + KeyInit>(
        aes: C,
        counter: fn(Ctr32BE<C>) -> Counter,
        nonce: &[u8],
        aad: &[u8],
    ) -> Option<Self> {
        let mut hash_key = aes::Block::default();
        aes.encrypt_block(&mut hash_key);
        let mut hash = GHash::new(&hash_key);
        hash_key.zeroize();

        let mut first = first_counter(&hash, nonce)?;
        let mut mask = Zeroizing::new([0; BLOCK]);
        let mut block = aes::Block::from(first);
        aes.encrypt_block(&mut block);
        mask.copy_from_slice(&block);
        block.zeroize();

        let [.., a, b, c, d] = &mut first;
        let next = u32::from_be_bytes([*a, *b, *c, *d]).wrapping_add(1);
        [*a, *b, *c, *d] = next.to_be_bytes();

        hash.update_padded(aad);
        let core = ctr::CtrCore::inner_iv_init(aes, &first.into());
        Some(Self {
            counter: counter(StreamCipherCoreWrapper::from_core(core)),
            hash,
            mask,
            aad_len: u64::try_from(aad.len()).ok()?,
            len: 0,
            batch: Batch::new(),
        })
    }

    pub(super) fn encrypt(&mut self, mut data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        self.count(data.len())?;
        while !data.is_empty() {
            self.batch.fill(&mut data);
            if self.batch.is_full() {
                self.encrypt_batch(out)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish_encrypting(mut self, out: &mut dyn Write) -> io::Result<[u8; 16]> {
        self.encrypt_batch(out)?;
        Ok(self.tag())
    }

    pub(super) fn decrypt(&mut self, mut data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        self.count(data.len())?;
        while !data.is_empty() {
            self.batch.fill(&mut data);
            if self.batch.is_full() {
                self.decrypt_batch(out)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish_decrypting(
        mut self,
        tag: Option<&[u8]>,
        out: &mut dyn Write,
    ) -> io::Result<Result<(), WrongKeyOrDamaged>> {
        // The rest is held back until the tag is known to be right: a short content is never written at all.
        self.hash.update_padded(self.batch.octets());
        let Some(tag) = tag.filter(|tag| TAG_LENS.contains(&tag.len())) else {
            return Ok(Err(WrongKeyOrDamaged));
        };
        apply(&mut self.counter, self.batch.octets())?;
        let expected = self.tag();
        let expected = expected.get(..tag.len()).unwrap_or_default();
        if !bool::from(expected.ct_eq(tag)) {
            return Ok(Err(WrongKeyOrDamaged));
        }
        out.write_all(self.batch.octets())?;
        Ok(Ok(()))
    }

    /// A batch is a multiple of the block size except for the last, which GHASH pads.
    fn encrypt_batch(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let octets = self.batch.octets();
        apply(&mut self.counter, octets)?;
        self.hash.update_padded(octets);
        out.write_all(octets)?;
        self.batch.clear();
        Ok(())
    }

    fn decrypt_batch(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let octets = self.batch.octets();
        self.hash.update_padded(octets);
        apply(&mut self.counter, octets)?;
        out.write_all(octets)?;
        self.batch.clear();
        Ok(())
    }

    fn count(&mut self, more: usize) -> io::Result<()> {
        self.len = u64::try_from(more)
            .ok()
            .and_then(|more| self.len.checked_add(more))
            .filter(|len| *len <= MAX_LEN)
            .ok_or_else(too_long)?;
        Ok(())
    }

    fn tag(&self) -> [u8; 16] {
        let mut hash = self.hash.clone();
        hash.update(&[lengths(self.aad_len, self.len)]);
        let mut tag = <[u8; 16]>::from(hash.finalize());
        for (octet, mask) in tag.iter_mut().zip(self.mask.iter()) {
            *octet ^= mask;
        }
        tag
    }
}

/// J0 (SP 800-38D section 7.1): the nonce itself and a one, or its GHASH where it has not 12 octets.
fn first_counter(hash: &GHash, nonce: &[u8]) -> Option<[u8; BLOCK]> {
    let mut first = [0; BLOCK];
    if let Ok(nonce) = <[u8; 12]>::try_from(nonce) {
        let (front, counter) = first.split_at_mut(12);
        front.copy_from_slice(&nonce);
        counter.copy_from_slice(&1u32.to_be_bytes());
    } else {
        let mut hash = hash.clone();
        hash.update_padded(nonce);
        hash.update(&[lengths(0, u64::try_from(nonce.len()).ok()?)]);
        first = hash.finalize().into();
    }
    Some(first)
}

/// Two lengths in octets as GHASH takes them: 64 bits each, in bits.
fn lengths(first: u64, second: u64) -> ghash::Block {
    let bits = u128::from(first) << 67 | u128::from(second) << 3;
    bits.to_be_bytes().into()
}

fn apply(counter: &mut Counter, octets: &mut [u8]) -> io::Result<()> {
    match counter {
        Counter::Aes128(counter) => counter.try_apply_keystream(octets),
        Counter::Aes192(counter) => counter.try_apply_keystream(octets),
        Counter::Aes256(counter) => counter.try_apply_keystream(octets),
    }
    .map_err(|_| too_long())
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "more content than AES-GCM takes under one nonce")
}
