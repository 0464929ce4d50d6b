//! Unwraps a content-encryption key. A failure is nothing that anybody can see.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::CryptoRng;
use rsa::{Oaep, Pkcs1v15Encrypt};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::{Kind, PrivateKey};
use crate::smime::crypto::agreement::{self, SharedSecret, with_point};
use crate::smime::crypto::digest::with_digest;
use crate::smime::crypto::public_key::KeyError;
use crate::smime::crypto::{KeyAgreement, KeyTransport, KeyWrap, key_wrap};
use crate::smime::secret::ContentEncryptionKey;

/// A CEK and whether it is the real one. A failed unwrap gives a key that nobody can foresee and `genuine = 0`: the
/// caller decrypts all the same and fails at the end, as for any damaged content. So nobody learns from the outside
/// whether the padding of PKCS#1 v1.5 was right (RFC 3218).
pub struct Unwrapped {
    /// The content-encryption key, or one that opens nothing.
    pub key: ContentEncryptionKey,
    /// Whether the unwrapping went well; never to be told apart from damaged content. With PKCS#1 v1.5 a wrong key
    /// may come out as genuine.
    pub genuine: Choice,
}

impl PrivateKey {
    /// Opens the EncryptedKey of a KeyTransRecipientInfo. The key that comes out always has `cek_len` octets, the real
    /// one or another. `WrongUse`: not an RSA key, the only error that there is.
    pub fn unwrap_transport(
        &self,
        how: &KeyTransport,
        encrypted: &[u8],
        cek_len: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Unwrapped, KeyError> {
        let (Kind::Rsa(key) | Kind::RsaOaep(key, _)) = &self.0 else { return Err(KeyError::WrongUse) };
        let mut cek = Zeroizing::new(vec![0; cek_len]);
        rng.fill_bytes(&mut cek);

        let opened = match how {
            KeyTransport::RsaPkcs1v15 => key.decrypt_blinded(rng, Pkcs1v15Encrypt, encrypted),
            KeyTransport::RsaOaep { digest, mgf_digest, label } => {
                with_digest!(*digest, D => with_digest!(*mgf_digest, M => {
                    let padding = Oaep::<D, M>::new_with_mgf_hash_and_label(label.as_slice());
                    key.decrypt_blinded(rng, padding, encrypted)
                }))
            }
        };
        // PKCS#1 v1.5 fails here only for a ciphertext of the wrong size, which everybody sees; bad padding gives
        // octets of another length, as a rule.
        let opened = Zeroizing::new(opened.unwrap_or_default());
        let genuine = opened.len().ct_eq(&cek_len) & !cek_len.ct_eq(&0);
        for (index, octet) in cek.iter_mut().enumerate() {
            octet.conditional_assign(&opened.get(index).copied().unwrap_or(0), genuine);
        }
        Ok(Unwrapped { key: cek.into(), genuine })
    }

    /// What this key agrees on with the public key in `peer`: a point, or the 32 octets of X25519. None: that is no key
    /// on the same curve, or one of small order. `WrongUse`: this key agrees on nothing.
    pub fn agree(&self, peer: &[u8]) -> Result<Option<SharedSecret>, KeyError> {
        match &self.0 {
            Kind::P256(key) => Ok(with_point!(p256, key, peer)),
            Kind::P384(key) => Ok(with_point!(p384, key, peer)),
            Kind::P521(key) => Ok(with_point!(p521, key, peer)),
            Kind::X25519(key) => Ok(agreement::x25519(key, peer)),
            Kind::Rsa(_) | Kind::RsaPss(..) | Kind::RsaOaep(..) | Kind::Ed25519(_) => Err(KeyError::WrongUse),
        }
    }

    /// Opens the encryptedKey of a KeyAgreeRecipientInfo. `wrap_der`: the KeyWrapAlgorithm AlgorithmIdentifier as it
    /// came (it goes into the SharedInfo). A point off the curve or a wrong wrap gives a key that only this private
    /// key can foresee. `WrongUse`: a key that agrees on nothing, the only error that there is.
    pub fn unwrap_agreement(
        &self,
        how: KeyAgreement,
        wrap: KeyWrap,
        wrap_der: &[u8],
        originator_point: &[u8],
        ukm: Option<&[u8]>,
        encrypted: &[u8],
    ) -> Result<Unwrapped, KeyError> {
        let secret = self.agree(originator_point)?;
        let opened = secret.and_then(|secret| {
            let kek = how.derive(&secret, wrap, wrap_der, ukm)?;
            key_wrap::unwrap(wrap, &kek, encrypted)
        });
        Ok(match opened {
            Some(key) => Unwrapped { key, genuine: Choice::from(1) },
            None => Unwrapped { key: self.rejection_key(encrypted), genuine: Choice::from(0) },
        })
    }

    /// A key of the length that the wrapped one would have, from the private key and the ciphertext: the same for
    /// the same message, and unknown to everybody else.
    fn rejection_key(&self, encrypted: &[u8]) -> ContentEncryptionKey {
        let len = encrypted.len().saturating_sub(key_wrap::OVERHEAD).clamp(16, key_wrap::MAX_KEY_LEN);
        let private = self.to_pkcs8_der();
        let mut key = Zeroizing::new(vec![0; len]);
        // proof: HMAC takes keys of every length.
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(private.expose()) {
            for (index, chunk) in (0u8..).zip(key.chunks_mut(32)) {
                let block =
                    mac.clone().chain_update(b"rejected key").chain_update([index]).chain_update(encrypted);
                let block = Zeroizing::new(<[u8; 32]>::from(block.finalize().into_bytes()));
                chunk.copy_from_slice(block.get(..chunk.len()).unwrap_or_default());
            }
        }
        key.into()
    }
}

impl fmt::Debug for Unwrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unwrapped(…)")
    }
}
