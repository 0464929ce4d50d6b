//! Keys under keys: AES key wrap (RFC 3394; RFC 3565 section 2.3.2); of old mail those of 3DES and RC2.

mod old;

use aes_kw::{KeyInit as _, KwAes128, KwAes192, KwAes256};
use zeroize::Zeroizing;

use super::KeyWrap;
use crate::smime::secret::SecretBytes;

/// Octets that the wrapped form has more than the key.
pub const OVERHEAD: usize = 8;

/// The longest key that is wrapped here, in octets; content-encryption keys have 16 to 32.
pub const MAX_KEY_LEN: usize = 256;

/// Wraps `key` under `kek`. None: the KEK has the wrong length, the key is no multiple of 8 octets between 16 and
/// [`MAX_KEY_LEN`], or it is a wrap that is only read.
pub fn wrap(how: KeyWrap, kek: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    if !is_wrappable(key.len()) {
        return None;
    }
    let mut wrapped = vec![0; key.len() + OVERHEAD];
    match how {
        KeyWrap::Aes128 => KwAes128::new_from_slice(kek).ok()?.wrap_key(key, &mut wrapped).ok()?,
        KeyWrap::Aes192 => KwAes192::new_from_slice(kek).ok()?.wrap_key(key, &mut wrapped).ok()?,
        KeyWrap::Aes256 => KwAes256::new_from_slice(kek).ok()?.wrap_key(key, &mut wrapped).ok()?,
        KeyWrap::TripleDes | KeyWrap::Rc2 => return None,
    };
    Some(wrapped)
}

/// Unwraps what [`wrap`], or an old program, made. None: another KEK, damage, or a length that no wrapped key has.
pub fn unwrap(how: KeyWrap, kek: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    let len = wrapped.len().checked_sub(OVERHEAD).filter(|len| is_wrappable(*len))?;
    let mut key = Zeroizing::new(vec![0; len]);
    match how {
        KeyWrap::Aes128 => KwAes128::new_from_slice(kek).ok()?.unwrap_key(wrapped, &mut key).ok()?,
        KeyWrap::Aes192 => KwAes192::new_from_slice(kek).ok()?.unwrap_key(wrapped, &mut key).ok()?,
        KeyWrap::Aes256 => KwAes256::new_from_slice(kek).ok()?.unwrap_key(wrapped, &mut key).ok()?,
        KeyWrap::TripleDes => return old::unwrap_triple_des(kek, wrapped),
        KeyWrap::Rc2 => return old::unwrap_rc2(kek, wrapped),
    };
    Some(key.into())
}

fn is_wrappable(len: usize) -> bool {
    len.is_multiple_of(8) && (16..=MAX_KEY_LEN).contains(&len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::test_hex::unhex;

    /// RFC 3394 sections 4.1, 4.2, 4.3, 4.6.
    const VECTORS: [(KeyWrap, &str, &str, &str); 4] = [
        (
            KeyWrap::Aes128,
            "000102030405060708090A0B0C0D0E0F",
            "00112233445566778899AABBCCDDEEFF",
            "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5",
        ),
        (
            KeyWrap::Aes192,
            "000102030405060708090A0B0C0D0E0F1011121314151617",
            "00112233445566778899AABBCCDDEEFF",
            "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D",
        ),
        (
            KeyWrap::Aes256,
            "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
            "00112233445566778899AABBCCDDEEFF",
            "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7",
        ),
        (
            KeyWrap::Aes256,
            "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
            "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
            "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21",
        ),
    ];

    #[test]
    fn known_answers() {
        for (how, kek, key, wrapped) in VECTORS {
            let (kek, key, wrapped) = (unhex(kek), unhex(key), unhex(wrapped));
            assert_eq!(wrap(how, &kek, &key), Some(wrapped.clone()));
            assert_eq!(unwrap(how, &kek, &wrapped).unwrap().expose(), key);
        }
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let (how, kek, _, wrapped) = VECTORS[3];
        let (kek, mut wrapped) = (unhex(kek), unhex(wrapped));
        for index in 0..wrapped.len() {
            wrapped[index] ^= 0x10;
            assert!(unwrap(how, &kek, &wrapped).is_none());
            wrapped[index] ^= 0x10;
        }
    }

    #[test]
    fn odd_lengths_are_refused() {
        for len in [0, 7, 8, 16, 23, 25, 31, 4096] {
            assert!(unwrap(KeyWrap::Aes128, &[0; 16], &vec![0; len]).is_none(), "{len}");
        }
        assert!(wrap(KeyWrap::Aes128, &[0; 16], &[0; 8]).is_none());
        assert!(wrap(KeyWrap::Aes128, &[0; 32], &[0; 16]).is_none());
    }
}
