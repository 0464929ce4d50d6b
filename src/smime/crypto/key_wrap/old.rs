//! Key wraps of old mail (RFC 3217): twice through CBC, reversed in between, with eight octets of SHA-1 as a check.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::smime::crypto::content_cipher::decrypt_blocks;
use crate::smime::crypto::{ContentCipher, DigestAlgorithm};
use crate::smime::secret::SecretBytes;

/// The initialisation vector of the outer pass.
const OUTER_IV: [u8; 8] = [0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05];

/// Octets of an initialisation vector, and of the check.
const EIGHT: usize = 8;

/// Triple-DES key wrap (section 3): made for keys of Triple-DES, used for others, too.
pub(super) fn unwrap_triple_des(kek: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    Some(SecretBytes::from(unwrap(ContentCipher::TripleDesCbc, kek, wrapped)?))
}

/// RC2 key wrap (section 4): the key stands behind an octet with its length, before a padding.
pub(super) fn unwrap_rc2(kek: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    let padded = unwrap(ContentCipher::Rc2Cbc128, kek, wrapped)?;
    let (len, key) = padded.split_first()?;
    let (key, padding) = key.split_at_checked(usize::from(*len))?;
    (padding.len() < EIGHT && !key.is_empty()).then(|| SecretBytes::new(key.to_vec()))
}

/// What was wrapped, without the check.
fn unwrap(cipher: ContentCipher, kek: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(wrapped.to_vec());
    decrypt_blocks(cipher, kek, &OUTER_IV, &mut octets)?;
    octets.reverse();
    let (iv, inner) = octets.split_at_mut_checked(EIGHT)?;
    decrypt_blocks(cipher, kek, iv, inner)?;
    let (key, check) = inner.split_at(inner.len().checked_sub(EIGHT)?);
    let expected = DigestAlgorithm::Sha1.digest(key);
    let right = bool::from(expected.get(..EIGHT)?.ct_eq(check));
    right.then(|| Zeroizing::new(key.to_vec()))
}

#[cfg(test)]
mod tests {
    use crate::smime::crypto::test_hex::unhex;
    use crate::smime::crypto::{KeyWrap, key_wrap};

    /// RFC 3217 sections 3.4 and 4.4; the latter, which has 40 effective bits, with 128 instead, wrapped by OpenSSL.
    #[test]
    fn known_answers() {
        for (how, kek, key, wrapped) in [
            (
                KeyWrap::TripleDes,
                "255e0d1c07b646dfb3134cc843ba8aa71f025b7c0838251f",
                "2923bf85e06dd6ae529149f1f1bae9eab3a7da3d860d3e98",
                "690107618ef092b3b48ca1796b234ae9fa33ebb4159604037db5d6a84eb3aac2768c632775a467d4",
            ),
            (
                KeyWrap::Rc2,
                "fd04fd08060707fb0003fefffd02fe05",
                "b70a25fbc9d86a86050ce0d711ead4d9",
                "f4d8021c1ea463d217a9eb6929ffa57736d3e20386c90993835b4be4ad8d8a1bc63b25de2bf77993",
            ),
        ] {
            let (kek, mut wrapped) = (unhex(kek), unhex(wrapped));
            assert_eq!(key_wrap::unwrap(how, &kek, &wrapped).unwrap().expose(), unhex(key));
            for index in 0..wrapped.len() {
                wrapped[index] ^= 4;
                assert!(key_wrap::unwrap(how, &kek, &wrapped).is_none(), "{index}");
                wrapped[index] ^= 4;
            }
            assert!(key_wrap::unwrap(how, &kek[1..], &wrapped).is_none());
            assert!(key_wrap::unwrap(how, &kek, &wrapped[..32]).is_none());
            assert!(key_wrap::wrap(how, &kek, &unhex(key)).is_none(), "never written");
        }
    }
}
