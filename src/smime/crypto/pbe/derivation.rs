//! Keys from passwords: PBKDF2 (RFC 8018 section 5.2), scrypt (RFC 7914) and PKCS#12's own way (RFC 7292 appendix B).

use const_oid::ObjectIdentifier;
use hmac::{Hmac, KeyInit as _, Mac as _};
use zeroize::Zeroizing;

use super::PbeError;
use crate::smime::asn1::{Element, tag};
use crate::smime::crypto::DigestAlgorithm;
use crate::smime::crypto::digest::with_digest;

const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const SCRYPT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.4.11");

/// N · r of scrypt, which takes 128 times as many octets of memory.
const MAX_SCRYPT_MEMORY: u64 = 1 << 20;

/// A keyDerivationFunc as it stands in PBES2, PBMAC1 and the password recipients of CMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivation<'a> {
    /// RFC 8018 appendix A.2.
    Pbkdf2 {
        /// What makes two keys from one password differ.
        salt: &'a [u8],
        /// What slows a guess down.
        iterations: u32,
        /// Octets of the key, where it says so.
        key_length: Option<u32>,
        /// The hash of its HMAC.
        prf: DigestAlgorithm,
    },
    /// RFC 7914 section 7.
    Scrypt {
        /// What makes two keys from one password differ.
        salt: &'a [u8],
        /// The logarithm of N.
        log_n: u8,
        /// Block size.
        r: u32,
        /// Parallelization.
        p: u32,
        /// Octets of the key, where it says so.
        key_length: Option<u32>,
    },
}

impl<'a> Derivation<'a> {
    /// Reads an AlgorithmIdentifier.
    ///
    /// ```text
    /// PBKDF2-params ::= SEQUENCE { salt CHOICE { specified OCTET STRING, … }, iterationCount INTEGER,
    ///     keyLength INTEGER OPTIONAL, prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
    /// scrypt-params ::= SEQUENCE { salt OCTET STRING, costParameter INTEGER, blockSize INTEGER,
    ///     parallelizationParameter INTEGER, keyLength INTEGER OPTIONAL }
    /// ```
    pub fn read(algorithm: Element<'a>) -> Result<Self, PbeError> {
        let mut parts = algorithm.sequence()?;
        let function = parts.oid()?;
        if function != PBKDF2 && function != SCRYPT {
            return Err(PbeError::Unsupported(function));
        }
        let mut parts = parts.only(tag::SEQUENCE)?.cursor();
        let salt = parts.expect(tag::OCTET_STRING)?.content;
        let first = parts.expect(tag::INTEGER)?.small_integer()?;
        if function == SCRYPT {
            let r = parts.expect(tag::INTEGER)?.small_integer()?;
            let p = parts.expect(tag::INTEGER)?.small_integer()?;
            let key_length = parts.optional(tag::INTEGER)?.map(|value| value.small_integer()).transpose()?;
            if !first.is_power_of_two() || first < 2 || r == 0 || p == 0 {
                return Err(PbeError::Malformed);
            }
            if u64::from(first).saturating_mul(u64::from(r)) > MAX_SCRYPT_MEMORY {
                return Err(PbeError::TooMuchWork);
            }
            let log_n = first.ilog2() as u8; // below 32
            return Ok(Self::Scrypt { salt, log_n, r, p, key_length });
        }
        let key_length = parts.optional(tag::INTEGER)?.map(|value| value.small_integer()).transpose()?;
        let prf = match parts.optional(tag::SEQUENCE)? {
            Some(algorithm) => {
                let oid = algorithm.cursor().oid()?;
                by_hmac(oid).ok_or(PbeError::Unsupported(oid))?
            }
            None => DigestAlgorithm::Sha1,
        };
        Ok(Self::Pbkdf2 { salt, iterations: first, key_length, prf })
    }

    /// Octets of the key, where it says so.
    pub fn key_length(&self) -> Option<usize> {
        match self {
            Self::Pbkdf2 { key_length, .. } | Self::Scrypt { key_length, .. } => {
                key_length.and_then(|length| usize::try_from(length).ok())
            }
        }
    }

    /// What a key of `length` octets costs, in hashes of one block.
    pub fn cost(&self, length: usize) -> u64 {
        match self {
            // Each HMAC is two.
            Self::Pbkdf2 { iterations, prf, .. } => {
                let blocks = length.div_ceil(prf.output_len()) as u64;
                u64::from(*iterations).saturating_mul(2).saturating_mul(blocks)
            }
            // 2 N times 2 r Salsa20/8, each about as much as a hash.
            Self::Scrypt { log_n, r, p, .. } => {
                (4_u64 << log_n).saturating_mul(u64::from(*r)).saturating_mul(u64::from(*p))
            }
        }
    }

    /// A key of `length` octets. `None`: scrypt does not take these parameters.
    pub fn derive(&self, password: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
        match *self {
            Self::Pbkdf2 { salt, iterations, prf, .. } => {
                Some(pbkdf2(prf, password, salt, iterations, length))
            }
            Self::Scrypt { salt, log_n, r, p, .. } => {
                let mut key = Zeroizing::new(vec![0; length]);
                let parameters = scrypt::Params::new(log_n, r, p).ok()?;
                scrypt::scrypt(password, salt, &parameters, &mut key).ok()?;
                Some(key)
            }
        }
    }
}

/// RFC 8018 section 5.2.
pub fn pbkdf2(
    prf: DigestAlgorithm,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; length]);
    with_digest!(prf, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations.max(1), &mut key));
    key
}

/// HMAC (RFC 2104).
pub fn hmac(digest: DigestAlgorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    with_digest!(digest, D => {
        // proof: HMAC takes keys of any length, so there is always one.
        let mac = Hmac::<D>::new_from_slice(key).map(|mac| mac.chain_update(data).finalize());
        mac.map(|mac| mac.into_bytes().to_vec()).unwrap_or_default()
    })
}

/// hmacWithSHA1 to hmacWithSHA512 (RFC 8018 appendix B.1.2).
pub fn by_hmac(oid: ObjectIdentifier) -> Option<DigestAlgorithm> {
    match oid.as_bytes().strip_prefix(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2])? {
        [7] => Some(DigestAlgorithm::Sha1),
        [8] => Some(DigestAlgorithm::Sha224),
        [9] => Some(DigestAlgorithm::Sha256),
        [10] => Some(DigestAlgorithm::Sha384),
        [11] => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

/// Salt and rounds of PKCS#12's own derivation, and of PBES1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnRounds<'a> {
    /// What makes two keys from one password differ.
    pub salt: &'a [u8],
    /// What slows a guess down.
    pub iterations: u32,
}

impl OwnRounds<'_> {
    /// What `length` octets cost, in hashes of one block.
    pub fn cost(self, digest: DigestAlgorithm, length: usize) -> u64 {
        u64::from(self.iterations).saturating_mul(length.div_ceil(digest.output_len()) as u64)
    }
}

/// RFC 7292 appendix B.2: `id` 1 is for keys, 2 for initialization vectors, 3 for MACs. `password` is a BMPString
/// with its two zero octets.
pub fn own_key(
    digest: DigestAlgorithm,
    id: u8,
    password: &[u8],
    rounds: OwnRounds<'_>,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = if digest.output_len() > 32 { 128 } else { 64 };
    let filled = |octets: &[u8]| -> Vec<u8> {
        octets.iter().copied().cycle().take(octets.len().next_multiple_of(block)).collect()
    };
    // The diversifier stays, what follows it changes with every block of the key.
    let mut input = Zeroizing::new([vec![id; block], filled(rounds.salt), filled(password)].concat());
    let mut key = Zeroizing::new(Vec::with_capacity(length + digest.output_len()));
    while key.len() < length {
        let a = hashed(digest, &input, rounds.iterations);
        key.extend_from_slice(&a);
        // Every block of the input, as a number, plus A, plus one.
        for block in input.chunks_exact_mut(block).skip(1) {
            let mut carry = 1;
            let addend: Zeroizing<Vec<u8>> =
                Zeroizing::new(a.iter().copied().cycle().take(block.len()).collect());
            for (octet, more) in block.iter_mut().zip(addend.iter()).rev() {
                let sum = u16::from(*octet) + u16::from(*more) + carry;
                *octet = sum as u8;
                carry = sum >> 8;
            }
        }
    }
    key.truncate(length);
    key
}

/// The hash of the hash of … `data`.
fn hashed(digest: DigestAlgorithm, data: &[u8], times: u32) -> Zeroizing<Vec<u8>> {
    with_digest!(digest, D => {
        use sha2::Digest as _;
        let mut hash = D::digest(data);
        for _ in 1..times {
            hash = D::digest(hash);
        }
        Zeroizing::new(hash.to_vec())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::{Cursor, writer};
    use crate::smime::crypto::test_hex::unhex;

    #[test]
    fn pbkdf2_gives_what_rfc_6070_says() {
        let key = pbkdf2(DigestAlgorithm::Sha1, b"password", b"salt", 2, 20);
        assert_eq!(*key, unhex("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"));
        let salt = b"saltSALTsaltSALTsaltSALTsaltSALTsalt";
        let key = pbkdf2(DigestAlgorithm::Sha1, b"passwordPASSWORDpassword", salt, 4096, 25);
        assert_eq!(*key, unhex("3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"));
    }

    #[test]
    fn scrypt_gives_what_rfc_7914_says() {
        let scrypt = Derivation::Scrypt { salt: b"NaCl", log_n: 10, r: 8, p: 16, key_length: None };
        let key = scrypt.derive(b"password", 64).unwrap();
        assert_eq!(key[..16], unhex("fdbabe1c9d3472007856e7190d01e9fe"));
        assert_eq!(scrypt.cost(64), 4 * 1024 * 8 * 16);
    }

    #[test]
    fn keys_come_out_as_others_derive_them() {
        // The first test of RFC 7292's algorithm in OpenSSL's and BouncyCastle's suites: "smeg".
        let password: Vec<u8> = "smeg\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let salt = &[0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let rounds = OwnRounds { salt, iterations: 1 };
        let key = own_key(DigestAlgorithm::Sha1, 1, &password, rounds, 24);
        assert_eq!(*key, unhex("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"));
        let iv = own_key(DigestAlgorithm::Sha1, 2, &password, rounds, 8);
        assert_eq!(*iv, unhex("79993dfe048d3b76"));
    }

    #[test]
    fn what_would_take_all_memory_is_refused() {
        let scrypt = |n: &[u8], r: u8| {
            let parameters = writer::sequence(&[
                &writer::octet_string(&[1; 8]),
                &writer::value(tag::INTEGER, &[n]),
                &writer::small_integer(r),
                &writer::small_integer(1),
            ]);
            let algorithm = writer::sequence(&[&writer::oid(SCRYPT), &parameters]);
            Derivation::read(Cursor::single(&algorithm).unwrap()).map(|derivation| derivation.cost(32))
        };
        assert_eq!(scrypt(&[0x40, 0], 8), Ok(4 * 0x4000 * 8));
        assert_eq!(scrypt(&[0x40, 0, 0, 0], 8), Err(PbeError::TooMuchWork));
        assert_eq!(scrypt(&[0x41, 0], 8), Err(PbeError::Malformed));
        assert_eq!(scrypt(&[0x40, 0], 0), Err(PbeError::Malformed));
    }
}
