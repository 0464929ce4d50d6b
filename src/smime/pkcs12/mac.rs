//! The MAC over a PFX: the password's first proof (RFC 7292 appendix B; RFC 9579 for PBMAC1).

use const_oid::ObjectIdentifier;
use subtle::ConstantTimeEq as _;

use super::{Integrity, Pkcs12Error};
use crate::smime::asn1::{Cursor, Malformed, tag};
use crate::smime::crypto::DigestAlgorithm;
use crate::smime::crypto::pbe::derivation::{Derivation, OwnRounds, by_hmac, hmac, own_key};
use crate::smime::crypto::pbe::{FilePassword, Form, PbeError};

const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");

/// Octets of the key of a PBMAC1 (RFC 9579 section 4: shorter ones are refused).
const KEY: std::ops::RangeInclusive<usize> = 20..=128;

/// ```text
/// MacData    ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
/// ```
/// `mac_data`: what stands inside MacData. `content`: the octets that it covers.
pub(super) fn check(
    mac_data: &[u8],
    content: &[u8],
    password: &mut FilePassword,
) -> Result<Integrity, Pkcs12Error> {
    let mac = MacData::read(mac_data)?;
    let genuine = if mac.algorithm == PBMAC1 {
        mac.pbmac1(content, password)
    } else {
        let Some(digest) = DigestAlgorithm::from_oid(mac.algorithm) else {
            return Ok(Integrity::UnknownMac { algorithm: mac.algorithm });
        };
        password.try_each(Form::Bmp, mac.rounds.cost(digest, digest.output_len()), |password| {
            let key = own_key(digest, 3, password, mac.rounds, digest.output_len());
            bool::from(hmac(digest, &key, content).ct_eq(mac.digest)).then_some(())
        })
    };
    match genuine {
        Ok(()) => Ok(Integrity::Checked),
        Err(PbeError::Unsupported(algorithm)) => Ok(Integrity::UnknownMac { algorithm }),
        Err(PbeError::WrongPassword) => Err(Pkcs12Error::WrongPassword),
        Err(PbeError::Malformed) => Err(Pkcs12Error::Malformed),
        Err(PbeError::TooMuchWork) => Err(Pkcs12Error::TooMuchWork),
    }
}

struct MacData<'a> {
    algorithm: ObjectIdentifier,
    parameters: Cursor<'a>,
    digest: &'a [u8],
    rounds: OwnRounds<'a>,
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
        Ok(Self { algorithm, parameters, digest, rounds: OwnRounds { salt, iterations } })
    }

    /// ```text
    /// PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
    /// ```
    /// RFC 8018 appendix A.5. The salt and the rounds beside it say nothing.
    fn pbmac1(&self, content: &[u8], password: &mut FilePassword) -> Result<(), PbeError> {
        let mut schemes = self.parameters.only(tag::SEQUENCE)?.cursor();
        let derivation = Derivation::read(schemes.expect(tag::SEQUENCE)?)?;
        let scheme = schemes.only(tag::SEQUENCE)?.cursor().oid()?;
        let digest = by_hmac(scheme).ok_or(PbeError::Unsupported(scheme))?;
        let length = derivation.key_length().filter(|length| KEY.contains(length));
        let length = length.ok_or(PbeError::Malformed)?;
        password.try_each(Form::Octets, derivation.cost(length), |password| {
            let key = derivation.derive(password, length)?;
            bool::from(hmac(digest, &key, content).ct_eq(self.digest)).then_some(())
        })
    }
}
