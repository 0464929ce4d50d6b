//! The ciphers that keys and certificates are kept under, one short text at a time.

use cbc::cipher::{
    Block, BlockCipherDecrypt, BlockModeDecrypt as _, BlockModeEncrypt as _, InnerIvInit as _, KeyInit,
    KeyIvInit as _, StreamCipher as _,
};
use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::PbeError;
use crate::smime::asn1::{Cursor, Element, Malformed, tag};

const DES_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.7");
const DES_EDE3_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.3.7");
const RC2_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.3.2");
const AES_128_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2");
const AES_192_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.22");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const CAMELLIA_128_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200011.61.1.1.1.2");
const CAMELLIA_192_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200011.61.1.1.1.3");
const CAMELLIA_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200011.61.1.1.1.4");

/// A cipher: all but RC4 in CBC mode with PKCS#7 padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES; the key has 16, 24 or 32 octets.
    Aes {
        /// Octets of the key.
        key_length: usize,
    },
    /// Camellia; the key has 16, 24 or 32 octets.
    Camellia {
        /// Octets of the key.
        key_length: usize,
    },
    /// 3DES with two keys (16 octets) or three (24).
    TripleDes {
        /// Octets of the key.
        key_length: usize,
    },
    /// DES.
    Des,
    /// RC2, whose key counts for less than it has.
    Rc2 {
        /// Octets of the key.
        key_length: usize,
        /// Bits of it that count.
        effective_bits: usize,
    },
    /// RC4.
    Rc4 {
        /// Octets of the key.
        key_length: usize,
    },
}

impl Cipher {
    /// An encryptionScheme of PBES2 (RFC 8018 appendix B.2) and its initialization vector. `key_length`: what the key
    /// derivation says of it.
    pub fn read(algorithm: Element<'_>, key_length: Option<usize>) -> Result<(Self, &[u8]), PbeError> {
        let mut parts = algorithm.sequence()?;
        let oid = parts.oid()?;
        let cipher = match oid {
            AES_128_CBC => Self::Aes { key_length: 16 },
            AES_192_CBC => Self::Aes { key_length: 24 },
            AES_256_CBC => Self::Aes { key_length: 32 },
            CAMELLIA_128_CBC => Self::Camellia { key_length: 16 },
            CAMELLIA_192_CBC => Self::Camellia { key_length: 24 },
            CAMELLIA_256_CBC => Self::Camellia { key_length: 32 },
            DES_EDE3_CBC => Self::TripleDes { key_length: 24 },
            DES_CBC => Self::Des,
            RC2_CBC => {
                let (effective_bits, iv) = rc2_parameters(parts)?;
                let key_length = key_length.unwrap_or(16);
                return if (1..=128).contains(&key_length) {
                    Ok((Self::Rc2 { key_length, effective_bits }, iv))
                } else {
                    Err(PbeError::Malformed)
                };
            }
            _ => return Err(PbeError::Unsupported(oid)),
        };
        Ok((cipher, parts.only(tag::OCTET_STRING)?.content))
    }

    /// Octets of its key.
    pub fn key_length(self) -> usize {
        match self {
            Self::Aes { key_length }
            | Self::Camellia { key_length }
            | Self::TripleDes { key_length }
            | Self::Rc2 { key_length, .. }
            | Self::Rc4 { key_length } => key_length,
            Self::Des => 8,
        }
    }

    /// Octets of a block, and of its initialization vector.
    pub fn block_length(self) -> usize {
        match self {
            Self::Aes { .. } | Self::Camellia { .. } => 16,
            Self::TripleDes { .. } | Self::Des | Self::Rc2 { .. } => 8,
            Self::Rc4 { .. } => 0,
        }
    }

    /// What was encrypted; `None` when the padding is none, or key or vector are of the wrong size. (RC4 has no
    /// padding: whatever comes out is returned.)
    pub fn open(self, key: &[u8], iv: &[u8], encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if key.len() != self.key_length() {
            return None;
        }
        match self {
            Self::Aes { key_length: 16 } => open_cbc(aes::Aes128::new_from_slice(key).ok()?, iv, encrypted),
            Self::Aes { key_length: 24 } => open_cbc(aes::Aes192::new_from_slice(key).ok()?, iv, encrypted),
            Self::Aes { .. } => open_cbc(aes::Aes256::new_from_slice(key).ok()?, iv, encrypted),
            Self::Camellia { key_length: 16 } => {
                open_cbc(camellia::Camellia128::new_from_slice(key).ok()?, iv, encrypted)
            }
            Self::Camellia { key_length: 24 } => {
                open_cbc(camellia::Camellia192::new_from_slice(key).ok()?, iv, encrypted)
            }
            Self::Camellia { .. } => {
                open_cbc(camellia::Camellia256::new_from_slice(key).ok()?, iv, encrypted)
            }
            Self::TripleDes { .. } => {
                // Two keys: the first once more.
                let key: Zeroizing<Vec<u8>> = Zeroizing::new(key.iter().copied().cycle().take(24).collect());
                open_cbc(des::TdesEde3::new_from_slice(&key).ok()?, iv, encrypted)
            }
            Self::Des => open_cbc(des::Des::new_from_slice(key).ok()?, iv, encrypted),
            // proof: the key has 1 to 128 octets wherever one is made, and the bits are a `u8` or at most 1024.
            Self::Rc2 { effective_bits, .. } => {
                open_cbc(rc2::Rc2::new_with_eff_key_len(key, effective_bits), iv, encrypted)
            }
            Self::Rc4 { .. } => {
                let mut plain = Zeroizing::new(encrypted.to_vec());
                rc4::Rc4::new_from_slice(key).ok()?.try_apply_keystream(&mut plain).ok()?;
                Some(plain)
            }
        }
    }
}

/// CBC with PKCS#7 padding over a text that is written; `None` when key or vector are of the wrong size.
pub fn seal_cbc<C>(key: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>>
where
    C: KeyInit + cbc::cipher::BlockCipherEncrypt,
{
    let mut encryptor = cbc::Encryptor::<C>::new_from_slices(key, iv).ok()?;
    let size = C::block_size();
    let padding = size - plain.len() % size;
    let mut text = Vec::with_capacity(plain.len() + padding);
    text.extend_from_slice(plain);
    text.resize(plain.len() + padding, padding as u8); // a block has 8 or 16 octets
    for block in text.chunks_exact_mut(size) {
        encryptor.encrypt_block(<&mut Block<C>>::try_from(block).ok()?);
    }
    Some(text)
}

fn open_cbc<C: BlockCipherDecrypt>(cipher: C, iv: &[u8], encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let size = C::block_size();
    let mut decryptor = cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
    let mut plain = Zeroizing::new(encrypted.to_vec());
    if plain.is_empty() || !plain.len().is_multiple_of(size) {
        return None;
    }
    for block in plain.chunks_exact_mut(size) {
        decryptor.decrypt_block(<&mut Block<C>>::try_from(block).ok()?);
    }
    let padding = usize::from(*plain.last()?);
    let end = plain.len().checked_sub(padding)?;
    let genuine =
        (1..=size).contains(&padding) && plain.get(end..)?.iter().all(|octet| usize::from(*octet) == padding);
    plain.truncate(end);
    genuine.then_some(plain)
}

/// ```text
/// RC2-CBC-Parameter ::= SEQUENCE { rc2ParameterVersion INTEGER OPTIONAL, iv OCTET STRING (SIZE(8)) }
/// ```
/// RFC 8018 appendix B.2.3; without a version 32 bits count. Some write the vector alone.
fn rc2_parameters(mut parameters: Cursor<'_>) -> Result<(usize, &[u8]), Malformed> {
    if let Some(iv) = parameters.optional(tag::OCTET_STRING)? {
        return Ok((32, iv.content));
    }
    let mut parameters = parameters.only(tag::SEQUENCE)?.cursor();
    let effective_bits = match parameters.optional(tag::INTEGER)? {
        None => 32,
        Some(version) => match version.small_integer()? {
            160 => 40,
            120 => 64,
            58 => 128,
            bits @ 256..=1024 => bits as usize,
            _ => return Err(Malformed),
        },
    };
    Ok((effective_bits, parameters.only(tag::OCTET_STRING)?.content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;
    use crate::smime::crypto::test_hex::unhex;

    #[test]
    fn what_is_sealed_opens_and_nothing_else() {
        for length in [0, 1, 15, 16, 17, 100] {
            let plain = vec![7; length];
            let sealed = seal_cbc::<aes::Aes256>(&[1; 32], &[2; 16], &plain).unwrap();
            let cipher = Cipher::Aes { key_length: 32 };
            assert_eq!(cipher.open(&[1; 32], &[2; 16], &sealed).unwrap()[..], plain);
            assert!(cipher.open(&[1; 16], &[2; 16], &sealed).is_none());
            assert!(cipher.open(&[1; 32], &[2; 8], &sealed).is_none());
            assert!(cipher.open(&[1; 32], &[2; 16], &sealed[1..]).is_none());
            assert!(cipher.open(&[1; 32], &[2; 16], &[]).is_none());
        }
    }

    /// RFC 2268 section 5 (one block and its effective bits), RFC 6229 (RC4, 40 bits), RFC 3713 (Camellia).
    #[test]
    fn old_ciphers_give_their_known_answers() {
        let rc2 = rc2::Rc2::new_with_eff_key_len(&unhex("88bca90e90875a7f0f79c384627bafb2"), 64);
        let mut block = Block::<rc2::Rc2>::default();
        block.copy_from_slice(&unhex("1a807d272bbe5db1"));
        rc2.decrypt_block(&mut block);
        assert_eq!(block[..], [0; 8]);

        let keystream = Cipher::Rc4 { key_length: 5 }.open(&[1, 2, 3, 4, 5], &[], &[0; 16]).unwrap();
        assert_eq!(keystream[..], unhex("b2396305f03dc027ccc3524a0a1118a8"));

        let key = unhex("0123456789abcdeffedcba9876543210");
        let camellia = camellia::Camellia128::new_from_slice(&key).unwrap();
        let mut block = Block::<camellia::Camellia128>::default();
        block.copy_from_slice(&unhex("67673138549669730857065648eabe43"));
        camellia.decrypt_block(&mut block);
        assert_eq!(block[..], key);
    }

    #[test]
    fn the_bits_of_rc2_are_read_in_every_form() {
        let iv = writer::octet_string(&[9; 8]);
        let read = |parameters: &[u8]| {
            let algorithm = writer::sequence(&[&writer::oid(RC2_CBC), parameters]);
            Cipher::read(Cursor::single(&algorithm).unwrap(), Some(5)).map(|(cipher, _)| cipher)
        };
        let rc2 = |effective_bits| Ok(Cipher::Rc2 { key_length: 5, effective_bits });
        assert_eq!(read(&iv), rc2(32));
        assert_eq!(read(&writer::sequence(&[&[2, 2, 0, 160], &iv])), rc2(40));
        assert_eq!(read(&writer::sequence(&[&[2, 2, 1, 0], &iv])), rc2(256));
        assert_eq!(read(&writer::sequence(&[&[2, 2, 0x7f, 0], &iv])), Err(PbeError::Malformed));
        assert_eq!(read(&writer::sequence(&[&[2, 1, 7], &iv])), Err(PbeError::Malformed));
    }
}
