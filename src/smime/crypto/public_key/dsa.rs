//! DSA (FIPS 186-4), for the signatures of old mail and old authorities: they are verified and never made.

use dsa::signature::hazmat::PrehashVerifier as _;
use dsa::{BoxedUint, Components, VerifyingKey};
use spki::AlgorithmIdentifierRef;

use super::{KeyError, bit_len};
use crate::smime::asn1::{Cursor, Malformed, tag, writer};
use crate::smime::crypto::oid::DSA;

/// Bits of the prime and of its divisor (FIPS 186-4 section 4.2).
const SIZES: [(usize, usize); 4] = [(1024, 160), (2048, 224), (2048, 256), (3072, 256)];

/// A DSA public key.
#[derive(Debug, Clone, PartialEq)]
pub struct DsaPublicKey(Key);

#[derive(Debug, Clone, PartialEq)]
enum Key {
    Whole(Box<VerifyingKey>),
    /// Its parameters are those of its issuer's key (RFC 3279 section 2.3.2). The public value, big-endian.
    Inherits(Vec<u8>),
}

impl DsaPublicKey {
    /// ```text
    /// Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }
    /// DSAPublicKey ::= INTEGER -- public key, Y
    /// ```
    ///
    /// RFC 3279 section 2.3.2. Sizes are checked before any arithmetic.
    pub(super) fn read(algorithm: AlgorithmIdentifierRef<'_>, octets: &[u8]) -> Result<Self, KeyError> {
        let y = Cursor::single(octets).and_then(positive).map_err(|Malformed| KeyError::Malformed)?;
        let parameters = algorithm.parameters.filter(|parameters| !parameters.is_null());
        let Some(parameters) = parameters else { return Ok(Self(Key::Inherits(y.to_vec()))) };
        let numbers = || {
            let mut numbers = Cursor::new(parameters.value());
            let three = [numbers.element()?, numbers.element()?, numbers.element()?];
            numbers.finish()?;
            Ok([positive(three[0])?, positive(three[1])?, positive(three[2])?])
        };
        let [p, q, g] = numbers().map_err(|Malformed| KeyError::Malformed)?;
        if !SIZES.contains(&(bit_len(p), bit_len(q))) {
            return Err(KeyError::Unsupported);
        }
        let number = |octets: &[u8], width: &[u8]| {
            let bits = u32::try_from(width.len() * 8).map_err(|_| KeyError::Unsupported)?;
            BoxedUint::from_be_slice(octets, bits).map_err(|_| KeyError::Malformed)
        };
        // All have the width of p, which the arithmetic expects.
        let components = Components::from_components(number(p, p)?, number(q, q)?, number(g, p)?)
            .map_err(|_| KeyError::Malformed)?;
        Self::whole(components, y)
    }

    fn whole(components: Components, y: &[u8]) -> Result<Self, KeyError> {
        let y =
            BoxedUint::from_be_slice(y, components.p().bits_precision()).map_err(|_| KeyError::Malformed)?;
        if y >= **components.p() {
            return Err(KeyError::Malformed);
        }
        let key = VerifyingKey::from_components(components, y).map_err(|_| KeyError::Malformed)?;
        Ok(Self(Key::Whole(Box::new(key))))
    }

    /// A key without parameters takes those of its issuer's. None: it has its own, or the issuer has none.
    pub(super) fn with_parameters_of(&self, issuer: &Self) -> Option<Self> {
        match (&self.0, &issuer.0) {
            (Key::Inherits(y), Key::Whole(issuer)) => Self::whole(issuer.components().clone(), y).ok(),
            (Key::Whole(_) | Key::Inherits(_), _) => None,
        }
    }

    /// It has no parameters of its own: they are those of its issuer's key.
    pub fn inherits_parameters(&self) -> bool {
        matches!(self.0, Key::Inherits(_))
    }

    /// Bits of the prime. None: its parameters are the issuer's.
    pub(super) fn bits(&self) -> Option<usize> {
        match &self.0 {
            Key::Whole(key) => Some(key.components().p().bit_width() as usize),
            Key::Inherits(_) => None,
        }
    }

    /// `signature` is Dss-Sig-Value, SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 section 2.2.2). None: the parameters
    /// are the issuer's.
    pub(super) fn verify(&self, hash: &[u8], signature: &[u8]) -> Option<bool> {
        let Key::Whole(key) = &self.0 else { return None };
        let signature = dsa::Signature::try_from(signature).ok();
        Some(signature.is_some_and(|signature| key.verify_prehash(hash, &signature).is_ok()))
    }

    pub(super) fn to_spki_der(&self) -> Vec<u8> {
        let integer = |octets: &[u8]| {
            let digits = octets.iter().skip_while(|octet| **octet == 0).copied().collect::<Vec<_>>();
            let sign: &[u8] = if digits.first().is_none_or(|octet| octet & 0x80 != 0) { &[0] } else { &[] };
            writer::value(tag::INTEGER, &[sign, &digits])
        };
        let (algorithm, y) = match &self.0 {
            Key::Whole(key) => {
                let components = key.components();
                let numbers = [
                    components.p().to_be_bytes(),
                    components.q().to_be_bytes(),
                    components.g().to_be_bytes(),
                ]
                .map(|number| integer(&number));
                let parameters = writer::sequence(&[&numbers[0], &numbers[1], &numbers[2]]);
                (writer::sequence(&[&writer::oid(DSA), &parameters]), key.y().to_be_bytes().to_vec())
            }
            Key::Inherits(y) => (writer::algorithm(DSA), y.clone()),
        };
        writer::sequence(&[&algorithm, &writer::bit_string(&integer(&y))])
    }
}

/// The digits of an INTEGER above zero.
fn positive(number: crate::smime::asn1::Element<'_>) -> Result<&[u8], Malformed> {
    if number.tag != tag::INTEGER {
        return Err(Malformed);
    }
    match number.content {
        [0, digits @ ..] | digits @ [1..=0x7f, ..] if !digits.is_empty() => Ok(digits),
        _ => Err(Malformed),
    }
}
