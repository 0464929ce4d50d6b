//! A content-encryption key under a password (RFC 5652 section 6.2.4; RFC 3211; RFC 3370 section 4.4.1).

use const_oid::ObjectIdentifier;
use subtle::{Choice, ConstantTimeEq as _, ConstantTimeGreater as _};
use zeroize::Zeroizing;

use super::ContentCipher;
use super::content_cipher::decrypt_blocks;
use super::pbe::PbeError;
use super::pbe::derivation::Derivation;
use crate::smime::asn1::{Cursor, Element, tag, writer};
use crate::smime::secret::{Passphrase, SecretBytes};

const PWRI_KEK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.9");

/// Hashes of one block that the key derivations of one message may cost together: seconds.
pub const WORK: u64 = 50_000_000;

/// Octets of a derivation's parameters.
const MAX_DERIVATION: usize = 1024;

/// A key derivation, and a double CBC under what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordBased {
    /// The keyDerivationAlgorithm, DER.
    derivation: Vec<u8>,
    cipher: ContentCipher,
    iv: Vec<u8>,
    cost: u64,
}

impl PasswordBased {
    /// Reads what stands in keyDerivationAlgorithm and in keyEncryptionAlgorithm.
    ///
    /// ```text
    /// PWRI-KEK ::= AlgorithmIdentifier { id-alg-PWRI-KEK, KeyWrapAlgorithm }  -- a cipher in CBC mode
    /// ```
    pub fn from_algorithms(derivation: &[u8], encryption: Element<'_>) -> Result<Self, PbeError> {
        let mut encryption = encryption.sequence()?;
        let wrap = encryption.oid()?;
        if wrap != PWRI_KEK {
            return Err(PbeError::Unsupported(wrap));
        }
        let mut cipher = encryption.only(tag::SEQUENCE)?.cursor();
        let oid = cipher.oid()?;
        let (Some(cipher), iv) = ContentCipher::cbc(oid, cipher)? else {
            return Err(PbeError::Unsupported(oid));
        };

        let derivation = writer::sequence(&[derivation]);
        if derivation.len() > MAX_DERIVATION {
            return Err(PbeError::TooMuchWork);
        }
        let read = Derivation::read(Cursor::single(&derivation)?)?;
        if read.key_length().is_some_and(|length| length != cipher.key_len()) {
            return Err(PbeError::Malformed);
        }
        let cost = read.cost(cipher.key_len());
        if cost > WORK { Err(PbeError::TooMuchWork) } else { Ok(Self { derivation, cipher, iv, cost }) }
    }

    /// Takes the key out. None: another password, or damage.
    pub fn unwrap(&self, password: &Passphrase, wrapped: &[u8]) -> Option<SecretBytes> {
        let derivation = Derivation::read(Cursor::single(&self.derivation).ok()?).ok()?;
        // One spelling: with others, the time would tell whether the check of the first one had passed.
        let kek = derivation.derive(password.expose().as_bytes(), self.cipher.key_len())?;
        unwrap(self.cipher, &kek, &self.iv, wrapped)
    }

    /// What [`unwrap`](Self::unwrap) costs, in hashes of one block.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// The cipher that wraps the key is weak.
    pub fn is_weak(&self) -> bool {
        self.cipher.is_weak()
    }
}

/// RFC 3211 section 2.3.2. What was encrypted twice in one CBC chain is: the key's length, the complement of its first
/// three octets, the key, and a padding. Every check is made before any is judged.
fn unwrap(cipher: ContentCipher, kek: &[u8], iv: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    let block = cipher.block_len();
    if wrapped.len() < 2 * block || wrapped.len() > 512 {
        return None;
    }
    // The last block of the first pass was the second one's initialisation vector: it comes out first.
    let mut octets = Zeroizing::new(wrapped.to_vec());
    let (_, end) = wrapped.split_at(wrapped.len().checked_sub(2 * block)?);
    let (before, last) = end.split_at(block);
    let mut first_iv = Zeroizing::new(last.to_vec());
    decrypt_blocks(cipher, kek, before, &mut first_iv)?;
    decrypt_blocks(cipher, kek, &first_iv, &mut octets)?;
    decrypt_blocks(cipher, kek, iv, &mut octets)?;

    let (head, rest) = octets.split_at_checked(4)?;
    let (len, check) = head.split_first()?;
    let complement: Vec<u8> = rest.iter().take(3).map(|octet| !octet).collect();
    let room = u8::try_from(rest.len()).unwrap_or(u8::MAX);
    let right: Choice = check.ct_eq(&complement) & !len.ct_gt(&room) & len.ct_gt(&2);
    let key = rest.get(..usize::from(*len));
    key.filter(|_| bool::from(right)).map(|key| SecretBytes::new(key.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::test_hex::unhex;

    const WRAP: &str = "3023060b2a864886f70d0109100309301406082a864886f70d03070408baf1ca7931213c4e";

    fn read(derivation: &str, encryption: &str) -> Result<PasswordBased, PbeError> {
        let (derivation, encryption) = (unhex(derivation), unhex(encryption));
        PasswordBased::from_algorithms(&derivation, Cursor::single(&encryption).unwrap())
    }

    /// RFC 3211 section 4 (3DES), with the password of section 3; and AES as BouncyCastle wraps it.
    #[test]
    fn known_answers() {
        let how = read("06092a864886f70d01050c300e04081234567878563412020201f4", WRAP).unwrap();
        let words = "All n-entities must communicate with other n-entities via n-1 entiteeheehees";
        let password = Passphrase::from(words.to_owned());
        let wrapped =
            unhex("c03c514abdb9e2c5aac038572b5e24553876b377aafb82eca5a9d73f8ab143d9ec74e6cad7db260c");
        let key = unhex("8c637d887223a2f965b566eb014b0fa5d52300a3f7ea40fffc577203c71baf3b");
        assert_eq!(how.unwrap(&password, &wrapped).unwrap().expose(), key);
        assert!(how.is_weak());
        assert!(how.unwrap(&Passphrase::from("another".to_owned()), &wrapped).is_none());
        assert!(how.unwrap(&password, &wrapped[..32]).is_none());
        assert!(how.unwrap(&password, &[]).is_none());

        let kek: Vec<u8> = (0..16).collect();
        let wrapped = unhex("7c8798dfc802553b3f00bb4315e3a087322725c92398b9c112c74d0925c63b61");
        let opened = unwrap(ContentCipher::Aes128Cbc, &kek, &kek, &wrapped).unwrap();
        assert_eq!(opened.expose(), unhex("00112233445566778899aabbccddeeff"));
    }

    /// As in the message of RFC 3211's second example.
    #[test]
    fn algorithms_are_read_and_bounded() {
        // keyLength 24, hmacWithSHA256
        let modern =
            "06092a864886f70d01050c301f04081234567878563412020201f4020118300c06082a864886f70d02090500";
        assert!(read(modern, WRAP).is_ok());
        // The same with keyLength 16; with 25 000 001 rounds; with another function; without a cipher in CBC mode.
        let wrong_length = modern.replace("020118", "020110");
        let rounds = "06092a864886f70d01050c30100408123456787856341202 04017d7841";
        let other = "06092a864886f70d01050d3000";
        let gcm = "301a060b2a864886f70d0109100309300b060960864801650304012e";
        assert_eq!(read(&wrong_length, WRAP).err(), Some(PbeError::Malformed));
        assert_eq!(read(rounds, WRAP).err(), Some(PbeError::TooMuchWork));
        assert!(matches!(read(other, WRAP), Err(PbeError::Unsupported(_))));
        assert!(matches!(read(modern, "300b060960864801650304012d"), Err(PbeError::Unsupported(_))));
        assert!(matches!(read(modern, gcm), Err(PbeError::Unsupported(_))));
    }
}
