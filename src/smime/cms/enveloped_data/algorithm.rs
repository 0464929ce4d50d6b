//! contentEncryptionAlgorithm, taken apart.

use const_oid::ObjectIdentifier;

use crate::smime::asn1::{Element, tag};
use crate::smime::cms::CmsError;
use crate::smime::cms::auth_enveloped_data::AeadParameters;
use crate::smime::crypto::{ContentCipher, DigestAlgorithm, kdf};
use crate::smime::secret::{ContentEncryptionKey, SecretBytes};

/// id-alg-cek-hkdf-sha256 (RFC 9709 section 2).
const CEK_HKDF_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.31");

/// The salt of RFC 9709 section 2.
const CEK_SALT: &[u8] = b"The Cryptographic Message Syntax";

/// A cipher and what it needs besides the key.
#[derive(Debug, Clone)]
pub(super) struct ContentAlgorithm {
    /// Of the cipher itself.
    pub(super) oid: ObjectIdentifier,
    /// None: not known here, or not fit for where it stands.
    pub(super) cipher: Option<ContentCipher>,
    pub(super) iv: Vec<u8>,
    /// For ciphers that authenticate.
    pub(super) aead: Option<AeadParameters>,
    /// The cipher's AlgorithmIdentifier, if the key that recipients get is not the cipher's own but leads to it.
    derived_for: Option<Vec<u8>>,
}

impl ContentAlgorithm {
    /// ```text
    /// cea-CEKHKDFSHA256 CONTENT-ENCRYPTION ::= {
    ///     IDENTIFIER id-alg-cek-hkdf-sha256 PARAMS TYPE ContentEncryptionAlgorithmIdentifier ARE required }
    /// ```
    pub(super) fn from_element(algorithm: Element<'_>, authenticated: bool) -> Result<Self, CmsError> {
        let mut fields = algorithm.sequence()?;
        if fields.oid()? != CEK_HKDF_SHA256 {
            return Self::cipher(algorithm, authenticated);
        }
        let inner = fields.only(tag::SEQUENCE)?;
        Ok(Self { derived_for: Some(inner.der.to_vec()), ..Self::cipher(inner, authenticated)? })
    }

    fn cipher(algorithm: Element<'_>, authenticated: bool) -> Result<Self, CmsError> {
        let mut fields = algorithm.sequence()?;
        let oid = fields.oid()?;
        let nothing = Self { oid, cipher: None, iv: Vec::new(), aead: None, derived_for: None };
        if let Some(cipher) = ContentCipher::from_oid(oid).filter(|cipher| cipher.is_authenticated()) {
            let aead = AeadParameters::from_element(fields.element()?, cipher)?;
            return Ok(Self { cipher: Some(cipher), iv: aead.nonce.clone(), aead: Some(aead), ..nothing });
        }
        // What does not authenticate has no place in AuthEnvelopedData.
        if authenticated {
            return Ok(nothing);
        }
        let (cipher, iv) = ContentCipher::cbc(oid, fields)?;
        Ok(Self { cipher, iv, ..nothing })
    }

    /// The key for the cipher, from the one that the recipients got. None: that has another length.
    pub(super) fn content_key(&self, key: &ContentEncryptionKey) -> Option<ContentEncryptionKey> {
        let len = self.cipher?.key_len();
        if key.expose().len() != len {
            return None;
        }
        match &self.derived_for {
            None => Some(key.clone()),
            Some(info) => kdf::hkdf(DigestAlgorithm::Sha256, Some(CEK_SALT), key.expose(), info, len)
                .map(SecretBytes::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::{Cursor, writer};
    use crate::smime::crypto::oid::RC2_CBC;
    use crate::smime::crypto::test_hex::unhex;

    fn read(der: &[u8], authenticated: bool) -> Result<ContentAlgorithm, CmsError> {
        ContentAlgorithm::from_element(Cursor::single(der)?, authenticated)
    }

    /// RFC 9709 appendix B.
    #[test]
    fn a_key_is_derived_for_the_cipher_inside() {
        for (inner, authenticated, expected) in [
            (
                "301b0609608648016503040106300e040c5c79058ba2f43447639d29e2",
                true,
                "2124ffb29fac4e0fbbc7d5d87492bff3",
            ),
            (
                "301d06096086480165030401020410651f722ffd512c52fe072e507d72b377",
                false,
                "9cd102c52f1e19ece8729b35bfeceb50",
            ),
        ] {
            let outer = writer::sequence(&[&writer::oid(CEK_HKDF_SHA256), &unhex(inner)]);
            let algorithm = read(&outer, authenticated).unwrap();
            let key = SecretBytes::new(unhex("c702e7d0a9e064b09ba55245fb733cf3"));
            assert_eq!(algorithm.content_key(&key).unwrap().expose(), unhex(expected));
            assert!(algorithm.content_key(&SecretBytes::new(vec![1; 32])).is_none());
        }
        // Not one inside the other, and not without one.
        let none = writer::sequence(&[&writer::oid(CEK_HKDF_SHA256)]);
        assert!(read(&none, false).is_err());
        let twice = writer::sequence(&[&writer::oid(CEK_HKDF_SHA256), &none]);
        assert!(read(&twice, false).unwrap().cipher.is_none());
    }

    #[test]
    fn rc2_is_told_by_its_version() {
        let rc2 = |version: &[u8], iv: &[u8]| {
            let version = writer::value(tag::INTEGER, &[version]);
            let parameters = writer::sequence(&[&version, &writer::octet_string(iv)]);
            read(&writer::sequence(&[&writer::oid(RC2_CBC), &parameters]), false)
        };
        assert_eq!(rc2(&[0, 160], &[1; 8]).unwrap().cipher, Some(ContentCipher::Rc2Cbc40));
        assert_eq!(rc2(&[58], &[1; 8]).unwrap().cipher, Some(ContentCipher::Rc2Cbc128));
        assert_eq!(rc2(&[4, 0], &[1; 8]).unwrap().cipher, None);
        assert!(rc2(&[58], &[1; 7]).is_err());
    }

    #[test]
    fn what_does_not_authenticate_has_no_place_among_what_does() {
        let cbc = unhex("301d06096086480165030401020410651f722ffd512c52fe072e507d72b377");
        assert!(read(&cbc, false).unwrap().cipher.is_some());
        assert!(read(&cbc, true).unwrap().cipher.is_none());
    }
}
