//! AES-CCM (NIST SP 800-38C; RFC 3610) as a stream: counter mode and CBC-MAC. Read only.

use std::io::{self, Write};

use aes::cipher::{BlockCipherEncrypt, KeyInit, consts::U16};
use aes::{Aes128, Aes192, Aes256};
use ctr::Ctr128BE;
use ctr::cipher::{InnerIvInit as _, StreamCipher, StreamCipherCoreWrapper};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::batch::{BLOCK, Batch};
use super::{Lengths, WrongKeyOrDamaged};

/// Lengths of a nonce, in octets: SP 800-38C section 5.3.
pub(super) const NONCE_LENS: std::ops::RangeInclusive<usize> = 7..=13;

enum State {
    Aes128(Working<Aes128>),
    Aes192(Working<Aes192>),
    Aes256(Working<Aes256>),
}

struct Working<C: BlockCipherEncrypt<BlockSize = U16>> {
    counter: Ctr128BE<C>,
    mac: CbcMac<C>,
}

/// One content under one key and nonce.
pub(super) struct CcmDecryptor {
    state: State,
    /// E(K, A0), which masks the tag.
    mask: Zeroizing<[u8; BLOCK]>,
    lengths: Lengths,
    seen: u64,
    batch: Batch,
}

impl CcmDecryptor {
    /// None: a length of key, nonce or tag that CCM does not have, or a content that is too long beside this nonce.
    pub(super) fn new(key: &[u8], nonce: &[u8], aad: &[u8], lengths: Lengths) -> Option<Self> {
        match key.len() {
            16 => Self::with(Aes128::new_from_slice(key).ok()?, State::Aes128, nonce, aad, lengths),
            24 => Self::with(Aes192::new_from_slice(key).ok()?, State::Aes192, nonce, aad, lengths),
            32 => Self::with(Aes256::new_from_slice(key).ok()?, State::Aes256, nonce, aad, lengths),
            _ => None,
        }
    }

    fn with<C: BlockCipherEncrypt<BlockSize = U16> + Clone>(
        aes: C,
        state: fn(Working<C>) -> State,
        nonce: &[u8],
        aad: &[u8],
        lengths: Lengths,
    ) -> Option<Self> {
        let first = first_block(nonce, !aad.is_empty(), lengths)?;
        let mut mac = CbcMac { aes: aes.clone(), sum: Zeroizing::new([0; BLOCK]) };
        mac.update(&first);
        if !aad.is_empty() {
            mac.update(&[encoded_len(aad.len())?, aad.to_vec()].concat());
        }

        // Counter blocks are the first block without what it says of lengths: flags, nonce, counter.
        let mut start = first;
        let [flags, rest @ ..] = &mut start;
        *flags &= 7;
        rest.iter_mut().skip(nonce.len()).for_each(|octet| *octet = 0);
        // The counter cannot run over into the nonce: the content's length fits its octets.
        let core = ctr::CtrCore::inner_iv_init(aes, &start.into());
        let mut counter = StreamCipherCoreWrapper::from_core(core);
        let mut mask = Zeroizing::new([0; BLOCK]);
        counter.try_apply_keystream(mask.as_mut_slice()).ok()?;
        Some(Self { state: state(Working { counter, mac }), mask, lengths, seen: 0, batch: Batch::new() })
    }

    pub(super) fn decrypt(&mut self, mut data: &[u8], out: &mut dyn Write) -> io::Result<()> {
        while !data.is_empty() {
            self.batch.fill(&mut data);
            if self.batch.is_full() {
                self.decrypt_batch()?;
                out.write_all(self.batch.octets())?;
                self.batch.clear();
            }
        }
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        tag: Option<&[u8]>,
        out: &mut dyn Write,
    ) -> io::Result<Result<(), WrongKeyOrDamaged>> {
        self.decrypt_batch()?;
        let mut expected = self.mask.clone();
        let sum = match &self.state {
            State::Aes128(working) => &working.mac.sum,
            State::Aes192(working) => &working.mac.sum,
            State::Aes256(working) => &working.mac.sum,
        };
        expected.iter_mut().zip(sum.iter()).for_each(|(octet, sum)| *octet ^= sum);
        let expected = expected.get(..self.lengths.tag).unwrap_or_default();
        let right = tag.is_some_and(|tag| bool::from(expected.ct_eq(tag)));
        if !right || self.seen != self.lengths.content {
            return Ok(Err(WrongKeyOrDamaged));
        }
        out.write_all(self.batch.octets())?;
        Ok(Ok(()))
    }

    /// A batch is a multiple of the block size except for the last, which the MAC pads.
    fn decrypt_batch(&mut self) -> io::Result<()> {
        let octets = self.batch.octets();
        self.seen = self.seen.saturating_add(octets.len() as u64);
        match &mut self.state {
            State::Aes128(working) => working.decrypt(octets),
            State::Aes192(working) => working.decrypt(octets),
            State::Aes256(working) => working.decrypt(octets),
        }
    }
}

impl<C: BlockCipherEncrypt<BlockSize = U16>> Working<C> {
    fn decrypt(&mut self, octets: &mut [u8]) -> io::Result<()> {
        self.counter
            .try_apply_keystream(octets)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "more content than AES-CCM takes"))?;
        self.mac.update(octets);
        Ok(())
    }
}

struct CbcMac<C> {
    aes: C,
    sum: Zeroizing<[u8; BLOCK]>,
}

impl<C: BlockCipherEncrypt<BlockSize = U16>> CbcMac<C> {
    /// Takes `octets`, padded with zeros to whole blocks.
    fn update(&mut self, octets: &[u8]) {
        for chunk in octets.chunks(BLOCK) {
            self.sum.iter_mut().zip(chunk).for_each(|(sum, octet)| *sum ^= octet);
            let block: &mut [u8; BLOCK] = &mut self.sum;
            self.aes.encrypt_block(block.into());
        }
    }
}

/// B0 (SP 800-38C appendix A.2.1): flags, nonce, the content's length in what is left.
fn first_block(nonce: &[u8], has_aad: bool, lengths: Lengths) -> Option<[u8; BLOCK]> {
    if !NONCE_LENS.contains(&nonce.len()) || !super::is_ccm_tag_len(lengths.tag) {
        return None;
    }
    let len_octets = 15 - nonce.len(); // 2 to 8
    let bits = len_octets * 8;
    if bits < 64 && lengths.content >> bits != 0 {
        return None;
    }
    let mut block = [0; BLOCK];
    let flags = (usize::from(has_aad) << 6) | ((lengths.tag - 2) / 2) << 3 | (len_octets - 1);
    block[0] = flags as u8; // 7 bits
    block.get_mut(1..=nonce.len())?.copy_from_slice(nonce);
    let len = lengths.content.to_be_bytes();
    block.get_mut(BLOCK - len_octets..)?.copy_from_slice(len.get(8 - len_octets..)?);
    Some(block)
}

/// The length of the associated data, as it stands before it (SP 800-38C appendix A.2.2).
fn encoded_len(len: usize) -> Option<Vec<u8>> {
    let len = u32::try_from(len).ok()?;
    Some(match u16::try_from(len) {
        Ok(short) if short < 0xff00 => short.to_be_bytes().to_vec(),
        _ => [&[0xff, 0xfe][..], &len.to_be_bytes()].concat(),
    })
}

/// The other direction, for tests: content and tag, one behind the other.
#[cfg(test)]
pub(crate) fn seal_whole(key: &[u8], nonce: &[u8], aad: &[u8], plain: &[u8], tag: usize) -> Vec<u8> {
    let lengths = Lengths { content: plain.len() as u64, tag };
    let mut ccm = CcmDecryptor::new(key, nonce, aad, lengths).unwrap();
    let mut out = plain.to_vec();
    let sum = match &mut ccm.state {
        State::Aes128(working) => working.encrypt(&mut out),
        State::Aes192(working) => working.encrypt(&mut out),
        State::Aes256(working) => working.encrypt(&mut out),
    };
    out.extend(sum.iter().zip(ccm.mask.iter()).map(|(sum, mask)| sum ^ mask).take(tag));
    out
}

#[cfg(test)]
impl<C: BlockCipherEncrypt<BlockSize = U16>> Working<C> {
    fn encrypt(&mut self, octets: &mut [u8]) -> [u8; BLOCK] {
        self.mac.update(octets);
        self.counter.apply_keystream(octets);
        *self.mac.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_must_fit_beside_its_nonce() {
        let first = |nonce: usize, content| first_block(&vec![0; nonce], false, Lengths { content, tag: 8 });
        assert!(first(13, 0xffff).is_some() && first(13, 0x1_0000).is_none());
        assert!(first(12, 0xff_ffff).is_some() && first(12, 0x100_0000).is_none());
        assert!(first(7, u64::MAX).is_some() && first(6, 1).is_none() && first(14, 1).is_none());
    }

    #[test]
    fn long_associated_data_has_a_long_length() {
        assert_eq!(encoded_len(0xfeff).unwrap(), [0xfe, 0xff]);
        assert_eq!(encoded_len(0xff00).unwrap(), [0xff, 0xfe, 0, 0, 0xff, 0]);
    }
}
