//! Encryption of PKCS#12's own: SHA-1 with 3DES or RC2 (RFC 7292 appendices B and C).
//!
//! What is encrypted in this way is replaced by what stood in it. PBES2 is left as it is.

use cbc::cipher::{Block, BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::kdf::{Rounds, derive, spellings};
use super::{MAX_ITERATIONS, Pkcs12Error, SHROUDED_KEY};
use crate::smime::asn1::{Cursor, Element, Malformed, tag, writer};
use crate::smime::crypto::DigestAlgorithm;
use crate::smime::secret::Passphrase;

const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");

/// pkcs-12PbeIds, in front of their last arc.
const PBE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1];

/// ```text
/// EncryptedData        ::= SEQUENCE { version, EncryptedContentInfo, … }
/// EncryptedContentInfo ::= SEQUENCE { contentType, AlgorithmIdentifier, encryptedContent [0] IMPLICIT OCTET STRING }
/// ```
/// `None` for what is encrypted in another way, or is something else.
pub(super) fn encrypted_data(
    content: Cursor<'_>,
    password: &Passphrase,
) -> Result<Option<Zeroizing<Vec<u8>>>, Pkcs12Error> {
    let read = || -> Result<_, Malformed> {
        let mut data = content.only(tag::SEQUENCE)?.cursor();
        data.expect(tag::INTEGER)?;
        let mut info = data.expect(tag::SEQUENCE)?.cursor();
        info.expect(tag::OBJECT_IDENTIFIER)?;
        Ok((info.expect(tag::SEQUENCE)?.cursor(), encrypted_content(info.element()?)?))
    };
    match read() {
        Ok((algorithm, encrypted)) => decrypt(algorithm, &encrypted, password),
        Err(Malformed) => Ok(None),
    }
}

/// The same ContentInfo with its encryptedContent, if it is EncryptedData, in one piece.
pub(super) fn in_one_piece(info: Element<'_>) -> Result<Vec<u8>, Malformed> {
    let mut outer = info.cursor();
    let kind = outer.element()?;
    let read = || -> Result<_, Malformed> {
        let mut data = outer.only(tag::context_constructed(0))?.cursor().only(tag::SEQUENCE)?.cursor();
        let (version, mut info) = (data.expect(tag::INTEGER)?, data.expect(tag::SEQUENCE)?.cursor());
        let (kind, algorithm) = (info.expect(tag::OBJECT_IDENTIFIER)?, info.expect(tag::SEQUENCE)?);
        let content = writer::value(tag::context(0), &[&encrypted_content(info.element()?)?]);
        info.finish()?;
        let info = writer::sequence(&[kind.der, algorithm.der, &content]);
        let rest: Vec<u8> = data.all()?.iter().flat_map(|element| element.der).copied().collect();
        Ok(writer::sequence(&[version.der, &info, &rest]))
    };
    Ok(match read() {
        Ok(data) => writer::sequence(&[kind.der, &writer::value(tag::context_constructed(0), &[&data])]),
        Err(Malformed) => info.der.to_vec(),
    })
}

fn encrypted_content(element: Element<'_>) -> Result<Vec<u8>, Malformed> {
    if element.tag & !tag::CONSTRUCTED == tag::context(0) { element.octets() } else { Err(Malformed) }
}

/// ```text
/// SafeContents ::= SEQUENCE OF SafeBag
/// SafeBag      ::= SEQUENCE { bagId, bagValue [0] EXPLICIT ANY, bagAttributes SET OPTIONAL }
/// pkcs8ShroudedKeyBag: bagValue is EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }
/// keyBag:              bagValue is PrivateKeyInfo
/// ```
pub(super) fn plain_bags(bags: &[u8], password: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let list = Cursor::new(bags).only(tag::SEQUENCE)?.cursor().all()?;
    let mut plain = Zeroizing::new(Vec::new());
    for bag in list {
        let read = || -> Result<_, Malformed> {
            let mut parts = bag.cursor();
            let shrouded = parts.element()?.der == SHROUDED_KEY;
            let mut info = parts.expect(0xa0)?.cursor().expect(tag::SEQUENCE)?.cursor();
            let (algorithm, encrypted) =
                (info.expect(tag::SEQUENCE)?.cursor(), info.expect(tag::OCTET_STRING)?.content);
            let attributes = parts.optional(tag::SET)?.map_or(&[][..], |set| set.der);
            if shrouded { Ok((algorithm, encrypted, attributes)) } else { Err(Malformed) }
        };
        let opened = match read() {
            Ok((algorithm, encrypted, attributes)) => {
                decrypt(algorithm, encrypted, password)?.map(|key| (key, attributes))
            }
            Err(Malformed) => None,
        };
        match opened {
            Some((key, attributes)) => {
                let kind = writer::oid(KEY_BAG);
                let value = Zeroizing::new(writer::value(0xa0, &[&key]));
                let bag = Zeroizing::new(writer::sequence(&[&kind, &value, attributes]));
                plain.extend_from_slice(&bag);
            }
            None => plain.extend_from_slice(bag.der),
        }
    }
    Ok(Zeroizing::new(writer::sequence(&[&plain])))
}

/// ```text
/// pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
/// ```
/// `None` for an algorithm that is none of these.
fn decrypt(
    mut algorithm: Cursor<'_>,
    encrypted: &[u8],
    password: &Passphrase,
) -> Result<Option<Zeroizing<Vec<u8>>>, Pkcs12Error> {
    let kind = algorithm.optional(tag::OBJECT_IDENTIFIER)?.and_then(|oid| oid.content.strip_prefix(&PBE));
    let (key_length, rc2) = match kind {
        Some([3]) => (24, false),
        Some([4]) => (16, false),
        Some([5]) => (16, true),
        Some([6]) => (5, true),
        Some(_) => return Err(Pkcs12Error::Unsupported),
        None => return Ok(None),
    };
    let read = || -> Result<_, Malformed> {
        let mut parameters = algorithm.only(tag::SEQUENCE)?.cursor();
        Ok((parameters.expect(tag::OCTET_STRING)?.content, parameters.only(tag::INTEGER)?.small_integer()?))
    };
    let (salt, iterations) = read()?;
    let rounds = Rounds { salt, iterations };
    if iterations > MAX_ITERATIONS {
        return Err(Pkcs12Error::Iterations);
    }
    let open = |password: &Zeroizing<Vec<u8>>| {
        let mut key = derive(DigestAlgorithm::Sha1, 1, password, rounds, key_length);
        let iv = derive(DigestAlgorithm::Sha1, 2, password, rounds, 8);
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
    fn encrypted_content_in_pieces_is_one_string() {
        let info = |content: &[u8]| {
            let info = writer::sequence(&[&[6, 1, 42], &[0x30, 0], content]);
            let data = writer::sequence(&[&writer::small_integer(0), &info]);
            writer::sequence(&[&[6, 1, 42], &writer::value(0xa0, &[&data])])
        };
        let pieces = info(&[0xa0, 6, 4, 1, 7, 4, 1, 8]);
        let whole = info(&[0x80, 2, 7, 8]);
        for der in [pieces, whole.clone()] {
            assert_eq!(in_one_piece(Cursor::single(&der).unwrap()).unwrap(), whole);
        }
        let other = writer::sequence(&[&[6, 1, 42], &[0xa0, 2, 5, 0]]);
        assert_eq!(in_one_piece(Cursor::single(&other).unwrap()).unwrap(), other);
    }
}
