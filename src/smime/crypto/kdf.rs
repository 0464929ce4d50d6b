//! Key derivation: ANSI X9.63 and HKDF with the ECC-CMS-SharedInfo they take (RFC 5753 section 7.2; RFC 8418).

use der::asn1::{ContextSpecific, OctetStringRef};
use der::{Encode as _, Header, Length, Tag, TagMode, TagNumber};
use hkdf::Hkdf;
use sha2::Digest as _;
use zeroize::Zeroizing;

use super::digest::with_digest;
use super::{DigestAlgorithm, KeyWrap};

/// `len` octets from the shared secret `z` (SEC 1 section 3.6.1). None: more than 2³² − 1 hashes are asked for.
pub fn x963(digest: DigestAlgorithm, z: &[u8], shared_info: &[u8], len: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; len]);
    with_digest!(digest, D => {
        for (index, chunk) in key.chunks_mut(digest.output_len()).enumerate() {
            let counter = u32::try_from(index).ok()?.checked_add(1)?;
            let block = D::new().chain_update(z).chain_update(counter.to_be_bytes()).chain_update(shared_info);
            let block = Zeroizing::new(block.finalize());
            chunk.copy_from_slice(block.get(..chunk.len())?);
        }
    });
    Some(key)
}

/// HKDF (RFC 5869). None: more than 255 hashes are asked for.
pub fn hkdf(
    digest: DigestAlgorithm,
    salt: Option<&[u8]>,
    secret: &[u8],
    info: &[u8],
    len: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; len]);
    with_digest!(digest, D => Hkdf::<D>::new(salt, secret).expand(info, &mut key).ok()?);
    Some(key)
}

/// ```text
/// ECC-CMS-SharedInfo ::= SEQUENCE {
///   keyInfo         AlgorithmIdentifier,
///   entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL,
///   suppPubInfo [2] EXPLICIT OCTET STRING  }
/// ```
///
/// `wrap_der` is the KeyWrapAlgorithm exactly as it stands in the message: NULL and absent parameters give
/// different keys. suppPubInfo is the length of the KEK in bits, four octets. None: too long for DER.
pub fn ecc_cms_shared_info(wrap: KeyWrap, wrap_der: &[u8], ukm: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut content = wrap_der.to_vec();
    if let Some(ukm) = ukm {
        content.extend(explicit(0, ukm)?);
    }
    let bits = u32::try_from(wrap.key_len()).ok()?.checked_mul(8)?;
    content.extend(explicit(2, &bits.to_be_bytes())?);

    let length = Length::try_from(content.len()).ok()?;
    let mut shared_info = Header::new(Tag::Sequence, length).to_der().ok()?;
    shared_info.extend(content);
    Some(shared_info)
}

fn explicit(number: u32, octets: &[u8]) -> Option<Vec<u8>> {
    let value = OctetStringRef::new(octets).ok()?;
    ContextSpecific { tag_number: TagNumber(number), tag_mode: TagMode::Explicit, value }.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::test_hex::unhex;

    /// NIST CAVS 12.0, ANSI X9.63-2001: one hash, no SharedInfo; and several hashes with SharedInfo.
    #[test]
    fn known_answers() {
        let z = unhex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08");
        let key = x963(DigestAlgorithm::Sha256, &z, &[], 16).unwrap();
        assert_eq!(*key, unhex("443024c3dae66b95e6f5670601558f71"));

        let z = unhex("22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d");
        let shared_info = unhex("75eef81aa3041e33b80971203d2c0c52");
        let key = x963(DigestAlgorithm::Sha256, &z, &shared_info, 128).unwrap();
        assert_eq!(
            *key,
            unhex(
                "c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e52a13d9c7c6fc878c50c5ea0bc7b00e0\
                 da2447cfd874f6cf92f30d0097111485500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269\
                 142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21"
            )
        );
    }

    /// RFC 5869 appendix A.1 and A.3.
    #[test]
    fn hkdf_known_answers() {
        let secret = [0x0b; 22];
        let salt = unhex("000102030405060708090a0b0c");
        let info = unhex("f0f1f2f3f4f5f6f7f8f9");
        let key = hkdf(DigestAlgorithm::Sha256, Some(&salt), &secret, &info, 42).unwrap();
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        assert_eq!(*key, unhex(expected));
        let key = hkdf(DigestAlgorithm::Sha256, None, &secret, &[], 42).unwrap();
        let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
        assert_eq!(*key, unhex(expected));
        assert!(hkdf(DigestAlgorithm::Sha1, None, &secret, &[], 255 * 20 + 1).is_none());
    }

    /// AES-256 key wrap without parameters, without and with ukm.
    #[test]
    fn shared_info_is_der() {
        let wrap_der = unhex("300b060960864801650304012d");
        assert_eq!(
            ecc_cms_shared_info(KeyWrap::Aes256, &wrap_der, None).unwrap(),
            unhex("3015300b060960864801650304012da206040400000100")
        );
        assert_eq!(
            ecc_cms_shared_info(KeyWrap::Aes256, &wrap_der, Some(b"abc")).unwrap(),
            unhex("301c300b060960864801650304012da0050403616263a206040400000100")
        );
    }
}
