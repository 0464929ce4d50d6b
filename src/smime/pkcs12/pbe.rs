//! Encryption of PKCS#12's own: SHA-1 with 3DES or RC2 (RFC 7292 appendices B and C).
//!
//! What is encrypted in this way is replaced by what stood in it. PBES2 is left as it is.

use cbc::cipher::{Block, BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use const_oid::ObjectIdentifier;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::{MAX_ITERATIONS, Pkcs12Error, SHROUDED_KEY, mac::spellings};
use crate::smime::secret::Passphrase;
use crate::smime::x509::tlv::{INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Walk, write};

const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");

/// pkcs-12PbeIds, in front of their last arc.
const PBE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1];

/// ```text
/// EncryptedData        ::= SEQUENCE { version, EncryptedContentInfo, … }
/// EncryptedContentInfo ::= SEQUENCE { contentType, AlgorithmIdentifier, encryptedContent [0] IMPLICIT OCTET STRING }
/// ```
/// `None` for what is encrypted in another way, or is something else.
pub(super) fn encrypted_data(
    content: Walk<'_>,
    password: &Passphrase,
) -> Result<Option<Zeroizing<Vec<u8>>>, Pkcs12Error> {
    let read = || {
        let mut data = content.only(SEQUENCE)?.inside();
        data.take(INTEGER)?;
        let mut info = data.take(SEQUENCE)?.inside();
        info.take(OID)?;
        Some((info.take(SEQUENCE)?.inside(), info.take(0x80)?.value))
    };
    match read() {
        Some((algorithm, encrypted)) => decrypt(algorithm, encrypted, password),
        None => Ok(None),
    }
}

/// ```text
/// SafeContents ::= SEQUENCE OF SafeBag
/// SafeBag      ::= SEQUENCE { bagId, bagValue [0] EXPLICIT ANY, bagAttributes SET OPTIONAL }
/// pkcs8ShroudedKeyBag: bagValue is EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }
/// keyBag:              bagValue is PrivateKeyInfo
/// ```
pub(super) fn plain_bags(bags: &[u8], password: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let list =
        Walk(bags).only(SEQUENCE).and_then(|list| list.inside().all()).ok_or(Pkcs12Error::Malformed)?;
    let mut plain = Zeroizing::new(Vec::new());
    for bag in list {
        let read = || {
            let mut parts = bag.inside();
            let shrouded = parts.any()?.whole == SHROUDED_KEY;
            let mut info = parts.take(0xa0)?.inside().take(SEQUENCE)?.inside();
            let (algorithm, encrypted) = (info.take(SEQUENCE)?.inside(), info.take(OCTET_STRING)?.value);
            let attributes = parts.take(SET).map_or(&[][..], |set| set.whole);
            shrouded.then_some((algorithm, encrypted, attributes))
        };
        let opened = match read() {
            Some((algorithm, encrypted, attributes)) => {
                decrypt(algorithm, encrypted, password)?.map(|key| (key, attributes))
            }
            None => None,
        };
        match opened {
            Some((key, attributes)) => {
                let kind = write(OID, &[KEY_BAG.as_bytes()]);
                let value = Zeroizing::new(write(0xa0, &[&key]));
                let bag = Zeroizing::new(write(SEQUENCE, &[&kind, &value, attributes]));
                plain.extend_from_slice(&bag);
            }
            None => plain.extend_from_slice(bag.whole),
        }
    }
    Ok(Zeroizing::new(write(SEQUENCE, &[&plain])))
}

/// ```text
/// pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
/// ```
/// `None` for an algorithm that is none of these.
fn decrypt(
    mut algorithm: Walk<'_>,
    encrypted: &[u8],
    password: &Passphrase,
) -> Result<Option<Zeroizing<Vec<u8>>>, Pkcs12Error> {
    let kind = algorithm.take(OID).map(|oid| oid.value).and_then(|oid| oid.strip_prefix(&PBE));
    let (key_length, rc2) = match kind {
        Some([3]) => (24, false),
        Some([4]) => (16, false),
        Some([5]) => (16, true),
        Some([6]) => (5, true),
        Some(_) => return Err(Pkcs12Error::Unsupported),
        None => return Ok(None),
    };
    let read = || {
        let mut parameters = algorithm.only(SEQUENCE)?.inside();
        Some((parameters.take(OCTET_STRING)?.value, parameters.only(INTEGER)?.small_integer()?))
    };
    let (salt, rounds) = read().ok_or(Pkcs12Error::Malformed)?;
    if rounds > MAX_ITERATIONS {
        return Err(Pkcs12Error::Iterations);
    }
    let open = |password: &Zeroizing<Vec<u8>>| {
        let mut key = derive(1, password, salt, rounds, key_length);
        let iv = derive(2, password, salt, rounds, 8);
        if rc2 {
            return open_cbc::<rc2::Rc2>(&key, &iv, encrypted);
        }
        // Two keys: the first once more.
        let first: Vec<u8> = key.iter().copied().take(24 - key_length).collect();
        key.extend_from_slice(&first);
        open_cbc::<des::TdesEde3>(&key, &iv, encrypted)
    };
    spellings(password).iter().find_map(open).map(Some).ok_or(Pkcs12Error::WrongPassword)
}

/// RFC 7292 appendix B.2 with SHA-1.
fn derive(id: u8, password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Zeroizing<Vec<u8>> {
    const BLOCK: usize = 64;
    let filled = |octets: &[u8]| -> Vec<u8> {
        octets.iter().copied().cycle().take(octets.len().next_multiple_of(BLOCK)).collect()
    };
    let mut input = Zeroizing::new([filled(salt), filled(password)].concat());
    let mut key = Zeroizing::new(Vec::with_capacity(length + 20));
    while key.len() < length {
        let mut a = Sha1::new().chain_update([id; BLOCK]).chain_update(&input[..]).finalize();
        for _ in 1..rounds {
            a = Sha1::digest(a);
        }
        key.extend_from_slice(&a);
        // Every block of the input, as a number, plus A, plus one.
        for block in input.chunks_exact_mut(BLOCK) {
            let mut carry = 1;
            let addend: Vec<u8> = a.iter().copied().cycle().take(BLOCK).collect();
            for (octet, more) in block.iter_mut().zip(addend).rev() {
                let sum = u16::from(*octet) + u16::from(more) + carry;
                *octet = sum as u8;
                carry = sum >> 8;
            }
        }
    }
    key.truncate(length);
    key
}

/// CBC with blocks of 8 octets and PKCS#7 padding; `None` when the padding is none.
fn open_cbc<C: KeyInit + BlockCipherDecrypt>(
    key: &[u8],
    iv: &[u8],
    encrypted: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let mut plain = Zeroizing::new(encrypted.to_vec());
    if plain.is_empty() || !plain.len().is_multiple_of(8) {
        return None;
    }
    for block in plain.chunks_exact_mut(8) {
        cipher.decrypt_block(<&mut Block<C>>::try_from(block).ok()?);
    }
    let padding = usize::from(*plain.last()?);
    let end = plain.len().checked_sub(padding)?;
    let genuine =
        (1..=8).contains(&padding) && plain[end..].iter().all(|octet| usize::from(*octet) == padding);
    plain.truncate(end);
    genuine.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_as_others_derive_them() {
        // The first test of RFC 7292's algorithm in OpenSSL's and BouncyCastle's suites: "smeg".
        let password: Vec<u8> = "smeg\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let key = derive(1, &password, &[0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f], 1, 24);
        let hex: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
        let iv = derive(2, &password, &[0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f], 1, 8);
        assert_eq!(iv[..], [0x79, 0x99, 0x3d, 0xfe, 0x04, 0x8d, 0x3b, 0x76]);
    }
}
