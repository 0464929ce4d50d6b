//! Password-based encryption: PBES2 and PBES1 (RFC 8018), and PKCS#12's own (RFC 7292 appendices B and C).
//!
//! Nobody agrees on how a password becomes octets, so [`FilePassword`] holds every spelling that programs have used,
//! and the work that one file may cause with all of them.

pub mod cipher;
pub mod derivation;
pub mod legacy;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use self::cipher::Cipher;
use self::derivation::{Derivation, OwnRounds, own_key};
use super::DigestAlgorithm;
use crate::smime::asn1::{Cursor, Element, Malformed, tag};
use crate::smime::secret::Passphrase;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");

/// pkcs-12PbeIds (RFC 7292 appendix C), in front of their last arc.
const OWN: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1];

/// Hashes of one block that the derivations of one file may cost together: seconds, not minutes.
const WORK: u64 = 50_000_000;

/// Why something under a password was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PbeError {
    /// Not the structure that its algorithm has.
    #[error("the encryption does not have the expected form")]
    Malformed,
    /// No spelling of the password opens it, or it is damaged.
    #[error("wrong password")]
    WrongPassword,
    /// Encrypted, or its key derived, in a way that is not known here.
    #[error("encrypted with {0}")]
    Unsupported(ObjectIdentifier),
    /// The file asks for more rounds than are waited for.
    #[error("too much work")]
    TooMuchWork,
}

impl From<Malformed> for PbeError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// In what form a key derivation takes its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// UTF-16 with two zero octets at the end: PKCS#12's own derivation (RFC 7292 appendix B.1).
    Bmp,
    /// UTF-8: everything of RFC 8018.
    Octets,
}

/// The password of one file in every spelling, the likeliest first, and the work that is left.
pub struct FilePassword {
    bmp: Vec<Zeroizing<Vec<u8>>>,
    octets: Vec<Zeroizing<Vec<u8>>>,
    work: u64,
}

impl FilePassword {
    /// An empty password stands for an absent one, too.
    pub fn new(password: &Passphrase) -> Self {
        let text = password.expose();
        let utf16 = |ending: &[u16]| -> Zeroizing<Vec<u8>> {
            let units = text.encode_utf16().chain(ending.iter().copied());
            Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
        };
        let utf8 = Zeroizing::new(text.as_bytes().to_vec());
        let (mut bmp, mut octets) = (vec![utf16(&[0])], vec![utf8]);
        if text.is_empty() {
            // Nobody agrees on what an absent password is.
            bmp.push(Zeroizing::new(Vec::new()));
        } else if !text.is_ascii() {
            // OpenSSL before 1.1 took each octet of UTF-8 for a character.
            let units = text.bytes().map(u16::from).chain([0]);
            bmp.push(Zeroizing::new(units.flat_map(u16::to_be_bytes).collect()));
            // A terminal of the time before UTF-8.
            let latin_1 = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>();
            octets.extend(latin_1.map(Zeroizing::new));
        }
        // NSS gave PBES2 what PKCS#12 asks for, and others the same without its end.
        octets.push(utf16(&[0]));
        octets.extend(Some(utf16(&[])).filter(|spelling| !spelling.is_empty()));
        Self { bmp, octets, work: WORK }
    }

    /// What an algorithm of PBES2, PBES1 or PKCS#12's own has encrypted: a SEQUENCE, as everything is that files hold
    /// under a password. `algorithm`: the whole AlgorithmIdentifier, DER.
    pub fn open(&mut self, algorithm: Element<'_>, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, PbeError> {
        let mut parts = algorithm.sequence()?;
        let scheme = parts.element()?;
        if let Some([last]) = scheme.content.strip_prefix(&OWN) {
            return self.open_own(*last, scheme.oid()?, parts, encrypted);
        }
        let scheme = scheme.oid()?;
        if scheme == PBES2 {
            self.open_pbes2(parts, encrypted)
        } else {
            self.open_pbes1(scheme, parts, encrypted)
        }
    }

    /// Tries the spellings in turn, each at a price of `cost` hashes, and remembers which one fitted.
    pub fn try_each<T>(
        &mut self,
        form: Form,
        cost: u64,
        mut attempt: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, PbeError> {
        let spellings = match form {
            Form::Bmp => &mut self.bmp,
            Form::Octets => &mut self.octets,
        };
        for place in 0..spellings.len() {
            match self.work.checked_sub(cost) {
                Some(left) => self.work = left,
                None if place == 0 => return Err(PbeError::TooMuchWork),
                None => break,
            }
            if let Some(found) = spellings.get(place).and_then(|spelling| attempt(spelling)) {
                spellings.swap(0, place);
                return Ok(found);
            }
        }
        Err(PbeError::WrongPassword)
    }

    /// ```text
    /// PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }
    /// ```
    /// RFC 8018 appendix A.4.
    fn open_pbes2(&mut self, parts: Cursor<'_>, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, PbeError> {
        let mut parts = parts.only(tag::SEQUENCE)?.cursor();
        let derivation = Derivation::read(parts.expect(tag::SEQUENCE)?)?;
        let (cipher, iv) = Cipher::read(parts.only(tag::SEQUENCE)?, derivation.key_length())?;
        let cost = derivation.cost(cipher.key_length());
        self.try_each(Form::Octets, cost, |password| {
            let key = derivation.derive(password, cipher.key_length())?;
            cipher.open(&key, iv, encrypted).filter(|plain| is_sequence(plain))
        })
    }

    /// ```text
    /// PBEParameter ::= SEQUENCE { salt OCTET STRING (SIZE(8)), iterationCount INTEGER }
    /// ```
    /// RFC 8018 section 6.1 and appendix A.3.
    fn open_pbes1(
        &mut self,
        scheme: ObjectIdentifier,
        parts: Cursor<'_>,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, PbeError> {
        let (hash, cipher) = legacy::pbes1(scheme).ok_or(PbeError::Unsupported(scheme))?;
        let rounds = own_rounds(parts)?;
        self.try_each(Form::Octets, u64::from(rounds.iterations), |password| {
            let derived = legacy::pbkdf1(hash, password, rounds);
            // NSS takes the end of the hash, which is longer with SHA-1.
            let vectors = [derived.get(8..16)?, derived.get(derived.len() - 8..)?];
            let open = |iv: &[u8]| cipher.open(derived.get(..8)?, iv, encrypted);
            vectors.into_iter().filter_map(open).find(|plain| is_sequence(plain))
        })
    }

    /// ```text
    /// pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
    /// ```
    fn open_own(
        &mut self,
        last_arc: u8,
        scheme: ObjectIdentifier,
        parts: Cursor<'_>,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, PbeError> {
        let cipher = match last_arc {
            1 => Cipher::Rc4 { key_length: 16 },
            2 => Cipher::Rc4 { key_length: 5 },
            3 => Cipher::TripleDes { key_length: 24 },
            4 => Cipher::TripleDes { key_length: 16 },
            5 => Cipher::Rc2 { key_length: 16, effective_bits: 128 },
            6 => Cipher::Rc2 { key_length: 5, effective_bits: 40 },
            _ => return Err(PbeError::Unsupported(scheme)),
        };
        let rounds = own_rounds(parts)?;
        let cost = rounds.cost(DigestAlgorithm::Sha1, cipher.key_length())
            + rounds.cost(DigestAlgorithm::Sha1, cipher.block_length());
        self.try_each(Form::Bmp, cost, |password| {
            let derive = |id, length| own_key(DigestAlgorithm::Sha1, id, password, rounds, length);
            let (key, iv) = (derive(1, cipher.key_length()), derive(2, cipher.block_length()));
            cipher.open(&key, &iv, encrypted).filter(|plain| is_sequence(plain))
        })
    }
}

impl std::fmt::Debug for FilePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FilePassword(…)")
    }
}

fn own_rounds(parameters: Cursor<'_>) -> Result<OwnRounds<'_>, Malformed> {
    let mut parameters = parameters.only(tag::SEQUENCE)?.cursor();
    let salt = parameters.expect(tag::OCTET_STRING)?.content;
    Ok(OwnRounds { salt, iterations: parameters.only(tag::INTEGER)?.small_integer()? })
}

/// Does it begin as a SEQUENCE that is whole? A wrong password gives correct padding once in 256 times.
fn is_sequence(plain: &[u8]) -> bool {
    match plain {
        [tag::SEQUENCE, 0x80, ..] => true,
        [tag::SEQUENCE, short @ 0..=0x7f, rest @ ..] => rest.len() >= usize::from(*short),
        [tag::SEQUENCE, long @ 0x81..=0x84, rest @ ..] => {
            let (length, rest) = rest.split_at_checked(usize::from(long & 0x7f)).unwrap_or_default();
            let length = length.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
            length > 0 && rest.len() as u64 >= length
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;

    fn password(text: &str) -> FilePassword {
        FilePassword::new(&Passphrase::from(text.to_owned()))
    }

    #[test]
    fn every_spelling_is_there_once() {
        let lengths = |list: &[Zeroizing<Vec<u8>>]| list.iter().map(|s| s.len()).collect::<Vec<_>>();
        let empty = password("");
        assert_eq!((lengths(&empty.bmp), lengths(&empty.octets)), (vec![2, 0], vec![0, 2]));
        let umlaut = password("ö");
        assert_eq!(umlaut.bmp[0][..], [0, 0xf6, 0, 0]);
        assert_eq!(umlaut.bmp[1][..], [0, 0xc3, 0, 0xb6, 0, 0]);
        assert_eq!(umlaut.octets[0][..], [0xc3, 0xb6]);
        assert_eq!(umlaut.octets[1][..], [0xf6]);
        let key = password("🔑");
        assert_eq!(key.bmp[0][..], [0xd8, 0x3d, 0xdd, 0x11, 0, 0]);
        assert_eq!(lengths(&key.octets), [4, 6, 4]);
        assert_eq!(format!("{key:?}"), "FilePassword(…)");
    }

    #[test]
    fn the_work_of_a_file_has_one_bound() {
        let mut password = password("ö");
        let mut tried = 0;
        let mut count = |password: &mut FilePassword, cost| {
            password.try_each(Form::Octets, cost, |_| {
                tried += 1;
                None::<()>
            })
        };
        assert_eq!(count(&mut password, WORK + 1), Err(PbeError::TooMuchWork));
        // The other spellings are not worth more than is left.
        assert_eq!(count(&mut password, WORK - 1), Err(PbeError::WrongPassword));
        assert_eq!(count(&mut password, 2), Err(PbeError::TooMuchWork));
        assert_eq!(tried, 1);
    }

    #[test]
    fn the_spelling_that_fitted_comes_first_from_then_on() {
        let mut password = password("ö");
        let latin_1 = |spelling: &[u8]| (spelling == [0xf6]).then_some(());
        assert_eq!(password.try_each(Form::Octets, 1, latin_1), Ok(()));
        assert_eq!(password.octets[0][..], [0xf6]);
    }

    #[test]
    fn what_is_not_known_is_named_and_what_is_broken_is_not() {
        let unknown = writer::sequence(&[&writer::oid(ObjectIdentifier::new_unwrap("1.2.3.4")), &[5, 0]]);
        let broken = writer::sequence(&[&writer::oid(PBES2), &[5, 0]]);
        let open = |der: &[u8]| password("x").open(Cursor::single(der).unwrap(), &[0; 16]).map(|_| ());
        assert_eq!(open(&unknown), Err(PbeError::Unsupported(ObjectIdentifier::new_unwrap("1.2.3.4"))));
        assert_eq!(open(&broken), Err(PbeError::Malformed));
    }
}
