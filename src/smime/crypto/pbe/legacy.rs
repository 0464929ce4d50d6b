//! Protections of the nineties: PBES1 (RFC 8018 section 6.1), and the encrypted PEM of old OpenSSL.

use const_oid::ObjectIdentifier;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::derivation::OwnRounds;
use super::{FilePassword, Form, PbeError, is_sequence};

/// The hashes of PBES1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// MD5
    Md5,
    /// SHA-1
    Sha1,
}

/// The schemes of RFC 8018 appendix A.3; those with MD2 are nobody's.
pub(super) fn pbes1(scheme: ObjectIdentifier) -> Option<(Hash, Cipher)> {
    let rc2 = Cipher::Rc2 { key_length: 8, effective_bits: 64 };
    match scheme.as_bytes().strip_prefix(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5])? {
        [3] => Some((Hash::Md5, Cipher::Des)),
        [6] => Some((Hash::Md5, rc2)),
        [10] => Some((Hash::Sha1, Cipher::Des)),
        [11] => Some((Hash::Sha1, rc2)),
        _ => None,
    }
}

/// RFC 8018 section 5.1: 16 octets with MD5, 20 with SHA-1.
pub(super) fn pbkdf1(hash: Hash, password: &[u8], rounds: OwnRounds<'_>) -> Zeroizing<Vec<u8>> {
    fn run<D: md5::Digest>(password: &[u8], rounds: OwnRounds<'_>) -> Zeroizing<Vec<u8>> {
        let mut hash = D::new().chain_update(password).chain_update(rounds.salt).finalize();
        for _ in 1..rounds.iterations {
            hash = D::digest(&hash);
        }
        Zeroizing::new(hash.to_vec())
    }
    match hash {
        Hash::Md5 => run::<Md5>(password, rounds),
        Hash::Sha1 => run::<Sha1>(password, rounds),
    }
}

impl FilePassword {
    /// The key in a PEM block with `Proc-Type: 4,ENCRYPTED` (RFC 1421 section 4.6.1.1), as OpenSSL writes them.
    /// `cipher` is its word in `DEK-Info`; `None` for one that is not known here.
    pub fn open_pem(
        &mut self,
        cipher: &str,
        iv: &[u8],
        encrypted: &[u8],
    ) -> Option<Result<Zeroizing<Vec<u8>>, PbeError>> {
        let cipher = match cipher.to_ascii_uppercase().as_str() {
            "DES-CBC" => Cipher::Des,
            "DES-EDE3-CBC" => Cipher::TripleDes { key_length: 24 },
            "AES-128-CBC" => Cipher::Aes { key_length: 16 },
            "AES-192-CBC" => Cipher::Aes { key_length: 24 },
            "AES-256-CBC" => Cipher::Aes { key_length: 32 },
            "CAMELLIA-128-CBC" => Cipher::Camellia { key_length: 16 },
            "CAMELLIA-192-CBC" => Cipher::Camellia { key_length: 24 },
            "CAMELLIA-256-CBC" => Cipher::Camellia { key_length: 32 },
            _ => return None,
        };
        let salt = iv.get(..8)?;
        Some(self.try_each(Form::Octets, 2, |password| {
            // EVP_BytesToKey: each hash covers the one before it, the password and the salt.
            let mut key = Zeroizing::new(Vec::with_capacity(48));
            let mut hash = Zeroizing::new(Vec::new());
            while key.len() < cipher.key_length() {
                let next = Md5::new().chain_update(&*hash).chain_update(password).chain_update(salt);
                hash = Zeroizing::new(next.finalize().to_vec());
                key.extend_from_slice(&hash);
            }
            key.truncate(cipher.key_length());
            cipher.open(&key, iv, encrypted).filter(|plain| is_sequence(plain))
        }))
    }
}
