//! Every cipher from the outside.

use super::*;
use crate::smime::crypto::test_hex::unhex;

fn key(octets: &[u8]) -> ContentEncryptionKey {
    ContentEncryptionKey::new(octets.to_vec())
}

/// Encrypts `plain` in pieces of `piece` octets.
fn seal(
    cipher: ContentCipher,
    iv: &[u8],
    aad: &[u8],
    plain: &[u8],
    piece: usize,
) -> (Vec<u8>, Option<[u8; 16]>) {
    if let Some(sealed) = seal_as_others_do(cipher, iv, aad, plain) {
        return sealed;
    }
    let secret = key(&vec![0x42; cipher.key_len()]);
    let mut encryptor = ContentEncryptor::new(cipher, &secret, iv, aad).unwrap();
    let mut out = Vec::new();
    for piece in plain.chunks(piece) {
        encryptor.encrypt(piece, &mut out).unwrap();
    }
    let tag = encryptor.finish(&mut out).unwrap();
    (out, tag)
}

/// With the ciphers that are only read.
fn seal_as_others_do(
    cipher: ContentCipher,
    iv: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Option<(Vec<u8>, Option<[u8; 16]>)> {
    use cbc::cipher::block_padding::Pkcs7;
    use cbc::cipher::{BlockModeEncrypt as _, InnerIvInit as _, KeyIvInit as _};
    let secret = vec![0x42; cipher.key_len()];
    let rc2 = |bits| {
        let rc2 = rc2::Rc2::new_with_eff_key_len(&secret, bits);
        let mode = cbc::Encryptor::inner_iv_slice_init(rc2, iv).unwrap();
        Some((mode.encrypt_padded_vec::<Pkcs7>(plain), None))
    };
    match cipher {
        ContentCipher::Aes128Ccm | ContentCipher::Aes192Ccm | ContentCipher::Aes256Ccm => {
            let mut sealed = aes_ccm::seal_whole(&secret, iv, aad, plain, 16);
            let tag = sealed.split_off(plain.len());
            Some((sealed, Some(tag.try_into().unwrap())))
        }
        ContentCipher::TripleDesCbc => {
            let mode = cbc::Encryptor::<des::TdesEde3>::new_from_slices(&secret, iv).unwrap();
            Some((mode.encrypt_padded_vec::<Pkcs7>(plain), None))
        }
        ContentCipher::Rc2Cbc40 => rc2(40),
        ContentCipher::Rc2Cbc64 => rc2(64),
        ContentCipher::Rc2Cbc128 => rc2(128),
        ContentCipher::Aes128Cbc
        | ContentCipher::Aes192Cbc
        | ContentCipher::Aes256Cbc
        | ContentCipher::Aes128Gcm
        | ContentCipher::Aes192Gcm
        | ContentCipher::Aes256Gcm => None,
    }
}

fn open(
    cipher: ContentCipher,
    iv: &[u8],
    aad: &[u8],
    sealed: &[u8],
    tag: Option<&[u8]>,
    piece: usize,
) -> Result<Vec<u8>, WrongKeyOrDamaged> {
    let secret = key(&vec![0x42; cipher.key_len()]);
    let lengths = Lengths { content: sealed.len() as u64, tag: tag.map_or(16, <[u8]>::len) };
    let mut decryptor = ContentDecryptor::new(cipher, &secret, iv, aad, lengths).unwrap();
    let mut out = Vec::new();
    for piece in sealed.chunks(piece) {
        decryptor.decrypt(piece, &mut out).unwrap();
    }
    decryptor.finish(tag, &mut out).unwrap()?;
    Ok(out)
}

/// NIST SP 800-38A section F.2.5, with the padding block that CMS adds.
#[test]
fn cbc_known_answer() {
    let secret = key(&unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
    let iv = unhex("000102030405060708090a0b0c0d0e0f");
    let plain = unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    let mut encryptor = ContentEncryptor::new(ContentCipher::Aes256Cbc, &secret, &iv, &[]).unwrap();
    let mut out = Vec::new();
    encryptor.encrypt(&plain, &mut out).unwrap();
    assert_eq!(encryptor.finish(&mut out).unwrap(), None);
    assert_eq!(out.len(), 48);
    assert_eq!(out[..32], unhex("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"));
}

/// The GCM specification's test cases 4 (12-octet nonce), 6 (60-octet nonce) and 16 (AES-256).
#[test]
fn gcm_known_answers() {
    let plain = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let aad = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let key_128 = "feffe9928665731c6d6a8f9467308308";
    for (cipher, secret, iv, sealed, tag) in [
        (
            ContentCipher::Aes128Gcm,
            key_128.to_owned(),
            "cafebabefacedbaddecaf888",
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
             21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
            "5bc94fbc3221a5db94fae95ae7121a47",
        ),
        (
            ContentCipher::Aes128Gcm,
            key_128.to_owned(),
            "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728\
             c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
            "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7\
             01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
            "619cc5aefffe0bfa462af43c1699d050",
        ),
        (
            ContentCipher::Aes256Gcm,
            format!("{key_128}{key_128}"),
            "cafebabefacedbaddecaf888",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ] {
        let secret = key(&unhex(&secret));
        let mut encryptor = ContentEncryptor::new(cipher, &secret, &unhex(iv), &aad).unwrap();
        let mut out = Vec::new();
        encryptor.encrypt(&plain, &mut out).unwrap();
        assert_eq!(encryptor.finish(&mut out).unwrap().unwrap().to_vec(), unhex(tag));
        assert_eq!(out, unhex(sealed));
    }
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 31 % 251) as u8).collect()
}

/// Lengths around the block and the batch, cut in pieces of every awkward size.
#[test]
fn cutting_changes_nothing() {
    for cipher in ContentCipher::ALL {
        let iv = vec![7; cipher.iv_len()];
        for len in [0, 1, 15, 16, 17, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 64 * 1024, 70_001] {
            let plain = content(len);
            let whole = seal(cipher, &iv, b"aad", &plain, usize::MAX);
            assert_eq!(whole.0.len() as u64, cipher.ciphertext_len(len as u64));
            for piece in [13, 16, 4096, 32 * 1024, 33_000] {
                assert_eq!(seal(cipher, &iv, b"aad", &plain, piece), whole, "{cipher:?} {len} {piece}");
                let tag = whole.1.as_ref().map(|tag| tag.as_slice());
                assert_eq!(
                    open(cipher, &iv, b"aad", &whole.0, tag, piece),
                    Ok(plain.clone()),
                    "{cipher:?} {len} {piece}"
                );
            }
        }
    }
}

#[test]
fn gcm_and_ccm_notice_every_change() {
    notices_every_change(ContentCipher::Aes256Gcm);
    notices_every_change(ContentCipher::Aes192Ccm);
}

fn notices_every_change(cipher: ContentCipher) {
    let iv = [1; 12];
    let (mut sealed, tag) = seal(cipher, &iv, b"aad", &content(40_000), 40_000);
    let tag = tag.unwrap();
    assert!(open(cipher, &iv, b"aad", &sealed, Some(&tag), 999).is_ok());
    assert_eq!(open(cipher, &iv, b"aae", &sealed, Some(&tag), 999), Err(WrongKeyOrDamaged));
    assert_eq!(open(cipher, &[2; 12], b"aad", &sealed, Some(&tag), 999), Err(WrongKeyOrDamaged));
    assert_eq!(open(cipher, &iv, b"aad", &sealed, None, 999), Err(WrongKeyOrDamaged));
    assert_eq!(open(cipher, &iv, b"aad", &sealed[..39_999], Some(&tag), 999), Err(WrongKeyOrDamaged));
    for index in [0, 20_000, 39_999] {
        sealed[index] ^= 0x80;
        assert_eq!(open(cipher, &iv, b"aad", &sealed, Some(&tag), 999), Err(WrongKeyOrDamaged), "{index}");
        sealed[index] ^= 0x80;
    }
}

/// SP 800-38C examples 1 to 4 (tags of 4, 6, 8 and 14 octets; the last with 64 KiB of associated data).
#[test]
fn ccm_known_answers() {
    let counting = |from: u8, len: usize| (from..=255).cycle().take(len).collect::<Vec<u8>>();
    let secret = key(&counting(0x40, 16));
    let long: Vec<u8> = (0..=255).cycle().take(65_536).collect();
    for (nonce, aad, plain, sealed, tag) in [
        (7, counting(0, 8), 4, "7162015b", "4dac255d"),
        (8, counting(0, 16), 16, "d2a1f0e051ea5f62081a7792073d593d", "1fc64fbfaccd"),
        (12, counting(0, 20), 24, "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5", "484392fbc1b09951"),
        (
            13,
            long,
            32,
            "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72",
            "b4ac6bec93e8598e7f0dadbcea5b",
        ),
    ] {
        let (nonce, sealed, tag) = (counting(0x10, nonce), unhex(sealed), unhex(tag));
        let lengths = Lengths { content: sealed.len() as u64, tag: tag.len() };
        let decryptor =
            || ContentDecryptor::new(ContentCipher::Aes128Ccm, &secret, &nonce, &aad, lengths).unwrap();
        let mut out = Vec::new();
        let mut right = decryptor();
        right.decrypt(&sealed, &mut out).unwrap();
        assert_eq!(right.finish(Some(&tag), &mut out).unwrap(), Ok(()));
        assert_eq!(out, counting(0x20, plain));
        let mut cut = decryptor();
        cut.decrypt(&sealed[1..], &mut Vec::new()).unwrap();
        assert_eq!(cut.finish(Some(&tag), &mut Vec::new()).unwrap(), Err(WrongKeyOrDamaged));
    }
    let lengths = Lengths { content: 1, tag: 5 };
    assert!(ContentDecryptor::new(ContentCipher::Aes128Ccm, &secret, &[0; 12], &[], lengths).is_none());
}

/// RFC 2268 section 5, one block each: 64 and 128 effective bits; and 3DES of NIST SP 800-67's draft example. What
/// stands in CBC behind the padding is not looked at.
#[test]
fn old_ciphers_known_answers() {
    for (cipher, secret, plain, sealed) in [
        (ContentCipher::Rc2Cbc64, "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"),
        (
            ContentCipher::Rc2Cbc128,
            "88bca90e90875a7f0f79c384627bafb2",
            "0000000000000000",
            "2269552ab0f85ca6",
        ),
        (
            ContentCipher::TripleDesCbc,
            "0123456789abcdef23456789abcdef01456789abcdef0123",
            "5468652071756663",
            "a826fd8ce53b855f",
        ),
    ] {
        let secret = key(&unhex(secret));
        let lengths = Lengths { content: 0, tag: 0 };
        let mut decryptor = ContentDecryptor::new(cipher, &secret, &[0; 8], &[], lengths).unwrap();
        // Only a full batch goes out before the end.
        let mut out = Vec::new();
        let sealed = unhex(sealed);
        decryptor.decrypt(&[sealed, vec![0; 32 * 1024]].concat(), &mut out).unwrap();
        assert_eq!(out[..8], unhex(plain), "{}", cipher.name());
    }
}

#[test]
fn gcm_tags_may_be_cut_to_four_octets_and_no_further() {
    let cipher = ContentCipher::Aes128Gcm;
    let (sealed, tag) = seal(cipher, &[1; 16], &[], b"hello", 5);
    let mut tag = tag.unwrap();
    for len in 0..=16 {
        let opened = open(cipher, &[1; 16], &[], &sealed, Some(&tag[..len]), 5);
        assert_eq!(opened.is_ok(), len >= 4, "{len}");
    }
    tag[11] ^= 1;
    assert_eq!(open(cipher, &[1; 16], &[], &sealed, Some(&tag[..12]), 5), Err(WrongKeyOrDamaged));
    assert_eq!(open(cipher, &[1; 16], &[], &sealed, Some(&[0; 17]), 5), Err(WrongKeyOrDamaged));
}

#[test]
fn cbc_of_no_whole_blocks_is_damaged() {
    let cipher = ContentCipher::Aes128Cbc;
    let (sealed, _) = seal(cipher, &[1; 16], &[], &content(100), 100);
    assert_eq!(open(cipher, &[1; 16], &[], &sealed, None, 7), Ok(content(100)));
    for len in [0, 1, 15, 17, 111] {
        assert_eq!(open(cipher, &[1; 16], &[], &sealed[..len], None, 7), Err(WrongKeyOrDamaged), "{len}");
    }
}

#[test]
fn wrong_lengths_of_key_and_iv_are_refused() {
    for cipher in ContentCipher::ALL {
        for (key_len, iv_len) in
            [(0, 16), (15, 16), (33, 12), (cipher.key_len(), 0), (cipher.key_len(), 5000)]
        {
            let (secret, iv) = (key(&vec![0; key_len]), vec![0; iv_len]);
            let lengths = Lengths { content: 0, tag: 16 };
            assert!(ContentEncryptor::new(cipher, &secret, &iv, &[]).is_none());
            assert!(ContentDecryptor::new(cipher, &secret, &iv, &[], lengths).is_none());
        }
    }
}

#[test]
fn identifiers_lead_back() {
    for cipher in ContentCipher::ALL {
        let found = match ContentCipher::from_oid(cipher.oid()) {
            Some(found) => vec![found],
            None => [160, 120, 58].into_iter().filter_map(ContentCipher::rc2).collect(),
        };
        assert!(found.contains(&cipher), "{}", cipher.name());
    }
    assert_eq!(ContentCipher::rc2(256), None);
}

#[test]
fn what_is_only_read_is_never_written() {
    for cipher in ContentCipher::ALL {
        let secret = key(&vec![0x42; cipher.key_len()]);
        let writes = ContentEncryptor::new(cipher, &secret, &vec![0; cipher.iv_len()], &[]).is_some();
        assert_eq!(writes, !cipher.is_weak() && !cipher.needs_lengths(), "{}", cipher.name());
    }
}
