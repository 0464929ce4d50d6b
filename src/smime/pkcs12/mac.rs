//! The MAC over a PFX: the password's first proof (RFC 7292 appendix B; RFC 9579 for PBMAC1).

use const_oid::ObjectIdentifier;
use hmac::{Hmac, KeyInit as _, Mac as _};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::kdf::{Rounds, derive, spellings};
use super::{MAX_ITERATIONS, Pkcs12Error};
use crate::smime::asn1::{Cursor, Malformed, tag};
use crate::smime::crypto::DigestAlgorithm;
use crate::smime::secret::Passphrase;

const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");

/// ```text
/// MacData    ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
/// ```
/// `mac_data`: what stands inside MacData. `content`: the octets that it covers.
pub(super) fn check(mac_data: &[u8], content: &[u8], password: &Passphrase) -> Result<(), Pkcs12Error> {
    let mac = MacData::read(mac_data)?;
    let genuine = if mac.algorithm == PBMAC1 {
        let (how, key_length, key_digest, mac_digest) = mac.pbmac1()?;
        let key = pbkdf2(key_digest, password.expose().as_bytes(), how, key_length);
        bool::from(hmac(mac_digest, &key, content).ct_eq(mac.digest))
    } else {
        let digest = DigestAlgorithm::from_oid(mac.algorithm).ok_or(Pkcs12Error::Unsupported)?;
        if mac.rounds.iterations > MAX_ITERATIONS {
            return Err(Pkcs12Error::Iterations);
        }
        spellings(password).iter().any(|password| {
            let key = derive(digest, 3, password, mac.rounds, digest.output_len());
            bool::from(hmac(digest, &key, content).ct_eq(mac.digest))
        })
    };
    if genuine { Ok(()) } else { Err(Pkcs12Error::WrongPassword) }
}

struct MacData<'a> {
    algorithm: ObjectIdentifier,
    parameters: Cursor<'a>,
    digest: &'a [u8],
    rounds: Rounds<'a>,
}

impl<'a> MacData<'a> {
    fn read(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Cursor::new(content);
        let mut info = parts.expect(tag::SEQUENCE)?.cursor();
        let mut parameters = info.expect(tag::SEQUENCE)?.cursor();
        let algorithm = parameters.oid()?;
        let digest = info.only(tag::OCTET_STRING)?.content;
        let salt = parts.expect(tag::OCTET_STRING)?.content;
        let iterations = if parts.is_empty() { 1 } else { parts.element()?.small_integer()? };
        Ok(Self { algorithm, parameters, digest, rounds: Rounds { salt, iterations } })
    }

    /// ```text
    /// PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
    /// PBKDF2-params ::= SEQUENCE { salt OCTET STRING, iterationCount INTEGER, keyLength INTEGER OPTIONAL,
    ///     prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }
    /// ```
    fn pbmac1(&self) -> Result<(Rounds<'a>, usize, DigestAlgorithm, DigestAlgorithm), Pkcs12Error> {
        let read = || -> Result<_, Malformed> {
            let mut schemes = self.parameters.only(tag::SEQUENCE)?.cursor();
            let mut derivation = schemes.expect(tag::SEQUENCE)?.cursor();
            let scheme = schemes.only(tag::SEQUENCE)?.cursor().oid()?;
            let function = derivation.oid()?;
            let mut parameters = derivation.only(tag::SEQUENCE)?.cursor();
            let salt = parameters.expect(tag::OCTET_STRING)?.content;
            let iterations = parameters.expect(tag::INTEGER)?.small_integer()?;
            // RFC 9579 section 4: the length must be there.
            let key_length = parameters.expect(tag::INTEGER)?.small_integer()?;
            let prf = match parameters.optional(tag::SEQUENCE)? {
                Some(algorithm) => by_hmac(algorithm.cursor().oid()?),
                None => Some(DigestAlgorithm::Sha1),
            };
            Ok((Rounds { salt, iterations }, key_length, function, prf, by_hmac(scheme)))
        };
        let (rounds, key_length, function, prf, scheme) = read()?;
        if rounds.iterations > MAX_ITERATIONS {
            return Err(Pkcs12Error::Iterations);
        }
        match (prf, scheme) {
            (Some(prf), Some(scheme)) if function == PBKDF2 && (1..=128).contains(&key_length) => {
                Ok((rounds, key_length as usize, prf, scheme))
            }
            (..) => Err(Pkcs12Error::Unsupported),
        }
    }
}

/// hmacWithSHA1 to hmacWithSHA512 (RFC 8018 appendix B.1.2).
fn by_hmac(oid: ObjectIdentifier) -> Option<DigestAlgorithm> {
    match oid.as_bytes().strip_prefix(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2])? {
        [7] => Some(DigestAlgorithm::Sha1),
        [8] => Some(DigestAlgorithm::Sha224),
        [9] => Some(DigestAlgorithm::Sha256),
        [10] => Some(DigestAlgorithm::Sha384),
        [11] => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

/// RFC 8018 section 5.2.
fn pbkdf2(digest: DigestAlgorithm, password: &[u8], rounds: Rounds<'_>, length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 64));
    let mut number = 0_u32;
    while key.len() < length {
        number += 1;
        let mut u = hmac(digest, password, &[rounds.salt, &number.to_be_bytes()].concat());
        let mut block = u.clone();
        for _ in 1..rounds.iterations {
            u = hmac(digest, password, &u);
            block.iter_mut().zip(u.iter()).for_each(|(sum, octet)| *sum ^= octet);
        }
        key.extend_from_slice(&block);
    }
    key.truncate(length);
    key
}

fn hmac(digest: DigestAlgorithm, key: &[u8], data: &[u8]) -> Zeroizing<Vec<u8>> {
    macro_rules! mac {
        ($hash:ty) => {{
            // HMAC takes keys of any length, so there is always one.
            let mac = Hmac::<$hash>::new_from_slice(key).map(|mac| mac.chain_update(data).finalize());
            mac.map(|mac| mac.into_bytes().to_vec()).unwrap_or_default()
        }};
    }
    Zeroizing::new(match digest {
        DigestAlgorithm::Sha1 => mac!(sha1::Sha1),
        DigestAlgorithm::Sha224 => mac!(sha2::Sha224),
        DigestAlgorithm::Sha256 => mac!(sha2::Sha256),
        DigestAlgorithm::Sha384 => mac!(sha2::Sha384),
        DigestAlgorithm::Sha512 => mac!(sha2::Sha512),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pbkdf2_gives_what_rfc_6070_says() {
        let rounds = |iterations| Rounds { salt: b"salt", iterations };
        let hex = |key: &[u8]| key.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        let key = pbkdf2(DigestAlgorithm::Sha1, b"password", rounds(2), 20);
        assert_eq!(hex(&key), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
        let long = Rounds { salt: b"saltSALTsaltSALTsaltSALTsaltSALTsalt", iterations: 4096 };
        let key = pbkdf2(DigestAlgorithm::Sha1, b"passwordPASSWORDpassword", long, 25);
        assert_eq!(hex(&key), "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    }
}
