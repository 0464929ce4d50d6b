//! RSASSA-PSS (RFC 8017 section 8.1) with any pair of hashes; the `rsa` crate knows only two that are the same.

use der::asn1::AnyRef;
use der::{Encode as _, Tagged as _};
use rand_core::CryptoRng;
use rsa::BoxedUint;
use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::traits::PublicKeyParts;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::oid::{MGF1, RSASSA_PSS};
use super::signature::{SignatureError, algorithm_der};
use super::{DigestAlgorithm, Digester};
use crate::smime::asn1::{Cursor, Malformed, tag, writer};

/// How an RSASSA-PSS signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PssParameters {
    /// Hashes the content, and the salted hash of it.
    pub digest: DigestAlgorithm,
    /// Hash of the mask generation function, MGF1.
    pub mgf_digest: DigestAlgorithm,
    /// Octets of salt.
    pub salt_len: usize,
}

/// The last octet of every encoded message.
const TRAILER: u8 = 0xbc;

impl PssParameters {
    /// One hash for both purposes, and a salt of its length (RFC 4056 section 2.2).
    pub fn new(digest: DigestAlgorithm) -> Self {
        Self { digest, mgf_digest: digest, salt_len: digest.output_len() }
    }

    /// The AlgorithmIdentifier; what is the default is left out (DER).
    pub fn to_algorithm_der(&self) -> Vec<u8> {
        let content = self.content();
        algorithm_der(RSASSA_PSS, AnyRef::new(der::Tag::Sequence, &content).ok())
    }

    /// Whether a key with these parameters may make a signature with those (RFC 4055 section 3.3).
    pub fn allow(&self, used: &Self) -> bool {
        self.digest == used.digest && self.mgf_digest == used.mgf_digest && self.salt_len <= used.salt_len
    }

    /// ```text
    /// RSASSA-PSS-params  ::=  SEQUENCE  {
    ///   hashAlgorithm      [0] HashAlgorithm DEFAULT sha1Identifier,
    ///   maskGenAlgorithm   [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
    ///   saltLength         [2] INTEGER DEFAULT 20,
    ///   trailerField       [3] INTEGER DEFAULT 1  }
    /// ```
    ///
    /// RFC 4055 section 3.1. None: something that is not known here, or no such structure.
    pub(super) fn from_parameters(parameters: AnyRef<'_>) -> Option<Self> {
        if parameters.tag() != der::Tag::Sequence {
            return None;
        }
        Self::read(Cursor::new(parameters.value())).ok().flatten()
    }

    fn read(mut fields: Cursor<'_>) -> Result<Option<Self>, Malformed> {
        let mut parameters = Self { salt_len: 20, ..Self::new(DigestAlgorithm::Sha1) };
        if let Some(hash) = fields.optional(tag::context_constructed(0))? {
            let hash = hash.cursor().only(tag::SEQUENCE)?.cursor().oid()?;
            let Some(digest) = DigestAlgorithm::from_oid(hash) else { return Ok(None) };
            parameters.digest = digest;
        }
        if let Some(mask) = fields.optional(tag::context_constructed(1))? {
            let mut mask = mask.cursor().only(tag::SEQUENCE)?.cursor();
            if mask.oid()? != MGF1 {
                return Ok(None);
            }
            let hash = mask.only(tag::SEQUENCE)?.cursor().oid()?;
            let Some(digest) = DigestAlgorithm::from_oid(hash) else { return Ok(None) };
            parameters.mgf_digest = digest;
        }
        if let Some(length) = fields.optional(tag::context_constructed(2))? {
            let length = length.cursor().only(tag::INTEGER)?.small_integer()?;
            parameters.salt_len = usize::try_from(length).map_err(|_| Malformed)?;
        }
        if let Some(trailer) = fields.optional(tag::context_constructed(3))?
            && trailer.cursor().only(tag::INTEGER)?.small_integer()? != 1
        {
            return Ok(None);
        }
        fields.finish()?;
        Ok(Some(parameters))
    }

    fn content(&self) -> Vec<u8> {
        let mut content = Vec::new();
        let hash = |digest: DigestAlgorithm| algorithm_der(digest.oid(), Some(AnyRef::NULL));
        if self.digest != DigestAlgorithm::Sha1 {
            content.extend(writer::value(tag::context_constructed(0), &[&hash(self.digest)]));
        }
        if self.mgf_digest != DigestAlgorithm::Sha1 {
            let mask = writer::sequence(&[&writer::oid(MGF1), &hash(self.mgf_digest)]);
            content.extend(writer::value(tag::context_constructed(1), &[&mask]));
        }
        if self.salt_len != 20 {
            // proof: DER refuses only lengths above 256 MiB.
            let number = (self.salt_len as u64).to_der().unwrap_or_default();
            content.extend(writer::value(tag::context_constructed(2), &[&number]));
        }
        content
    }

    /// RSASSA-PSS-VERIFY (RFC 8017 section 8.1.2) of a finished hash.
    pub(super) fn verify(
        &self,
        key: &rsa::PublicKey,
        hash: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let holds =
            encoded_message(key, signature).is_some_and(|(message, bits)| self.fits(hash, message, bits));
        if holds { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// RSASSA-PSS-SIGN (RFC 8017 section 8.1.1) of a finished hash, blinded. None: the key is too short.
    pub(super) fn sign(
        &self,
        key: &rsa::PrivateKey,
        hash: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Option<Vec<u8>> {
        let mut salt = Zeroizing::new(vec![0; self.salt_len.min(key.size())]);
        rng.fill_bytes(&mut salt);
        let message = self.encode(hash, &salt, message_bits(key))?;
        let message = BoxedUint::from_be_slice(&message, key.n_bits_precision()).ok()?;
        let signature = rsa_decrypt_and_check(key, Some(rng), &message).ok()?.to_be_bytes();
        signature.get(signature.len().checked_sub(key.size())?..).map(<[u8]>::to_vec)
    }

    /// EMSA-PSS-ENCODE (RFC 8017 section 9.1.1).
    fn encode(&self, hash: &[u8], salt: &[u8], bits: usize) -> Option<Vec<u8>> {
        let len = bits.div_ceil(8);
        let db_len = len.checked_sub(self.digest.output_len() + 1)?;
        let separator = db_len.checked_sub(salt.len() + 1)?;
        if salt.len() != self.salt_len || hash.len() != self.digest.output_len() {
            return None;
        }
        let salted = self.salted(hash, salt);
        let mut message = vec![0; separator];
        message.push(1);
        message.extend_from_slice(salt);
        self.mask(&mut message, &salted);
        clear_unused(&mut message, bits);
        message.extend(salted);
        message.push(TRAILER);
        Some(message)
    }

    /// EMSA-PSS-VERIFY (RFC 8017 section 9.1.2).
    fn fits(&self, hash: &[u8], message: Vec<u8>, bits: usize) -> bool {
        let digest_len = self.digest.output_len();
        let Some((&TRAILER, message)) = message.split_last() else { return false };
        let Some(db_len) = message.len().checked_sub(digest_len) else { return false };
        let (masked, salted) = message.split_at(db_len);
        let mut db = masked.to_vec();
        clear_unused(&mut db, bits);
        let Some(separator) = db_len.checked_sub(self.salt_len).and_then(|rest| rest.checked_sub(1)) else {
            return false;
        };
        if hash.len() != digest_len || db != masked {
            return false;
        }
        self.mask(&mut db, salted);
        clear_unused(&mut db, bits);
        let (padding, rest) = db.split_at(separator);
        let Some((1, salt)) = rest.split_first() else { return false };
        padding.iter().all(|octet| *octet == 0) && self.salted(hash, salt).ct_eq(salted).into()
    }

    fn salted(&self, hash: &[u8], salt: &[u8]) -> Vec<u8> {
        let mut digester = Digester::new(self.digest);
        [&[0; 8], hash, salt].into_iter().for_each(|part| digester.update(part));
        digester.finish()
    }

    /// MGF1 (RFC 8017 appendix B.2.1), laid over `data`.
    fn mask(&self, data: &mut [u8], seed: &[u8]) {
        for (counter, chunk) in (0_u32..).zip(data.chunks_mut(self.mgf_digest.output_len())) {
            let mut digester = Digester::new(self.mgf_digest);
            digester.update(seed);
            digester.update(&counter.to_be_bytes());
            chunk.iter_mut().zip(digester.finish()).for_each(|(octet, mask)| *octet ^= mask);
        }
    }
}

/// Bits of an encoded message: one less than the modulus has.
fn message_bits(key: &impl PublicKeyParts) -> usize {
    (key.n().as_ref().bit_width_vartime() as usize).saturating_sub(1)
}

/// The encoded message that a signature holds, and its bits. None: no number below the modulus, or too long.
fn encoded_message(key: &rsa::PublicKey, signature: &[u8]) -> Option<(Vec<u8>, usize)> {
    if signature.len() != key.size() {
        return None;
    }
    let signature = BoxedUint::from_be_slice(signature, key.n_bits_precision()).ok()?;
    if signature >= *key.n().as_ref() {
        return None;
    }
    let message = rsa_encrypt(key, &signature).ok()?.to_be_bytes();
    let bits = message_bits(key);
    let (front, message) = message.split_at_checked(message.len().checked_sub(bits.div_ceil(8))?)?;
    front.iter().all(|octet| *octet == 0).then(|| (message.to_vec(), bits))
}

/// Sets the bits of the first octet that a message of `bits` bits does not have to zero.
fn clear_unused(message: &mut [u8], bits: usize) {
    if let Some(first) = message.first_mut() {
        *first &= 0xff >> ((8 - bits % 8) % 8);
    }
}
