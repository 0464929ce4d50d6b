//! What Waxseal says that it can open (SMIMECapabilities, RFC 8551 section 2.5.2).

use const_oid::ObjectIdentifier;

use crate::smime::asn1::writer::sequence;
use crate::smime::cms::attributes::Capabilities;
use crate::smime::crypto::{
    AgreementScheme, ContentCipher, DigestAlgorithm, KeyAgreement, KeyTransport, KeyWrap, PublicKey,
};
use crate::smime::x509::Certificate;

pub use crate::smime::crypto::oid::RSAES_OAEP as OAEP;

/// dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753 section 7.1.4).
pub const ECDH_SHA256_KDF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.1.11.1");

/// The capabilities announced beside a signature, best first: ciphers, then how the key of `encryption_certificate`
/// takes a content-encryption key.
pub fn own(encryption_certificate: &Certificate) -> Capabilities {
    let ciphers = [
        ContentCipher::Aes256Gcm,
        ContentCipher::Aes128Gcm,
        ContentCipher::Aes256Cbc,
        ContentCipher::Aes128Cbc,
    ];
    let mut list: Vec<_> = ciphers.iter().map(|cipher| (cipher.oid(), None)).collect();
    let algorithm = match encryption_certificate.public_key() {
        PublicKey::Rsa(_) => Some(oaep_sha256().to_algorithm_der()),
        PublicKey::RsaOaep(_, only) => Some(only.clone().unwrap_or_else(oaep_sha256).to_algorithm_der()),
        PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) | PublicKey::X25519(_) => {
            ecdh(DigestAlgorithm::Sha256).to_algorithm_der(KeyWrap::Aes256)
        }
        PublicKey::RsaPss(..) | PublicKey::Ed25519(_) | PublicKey::Dsa(_) | PublicKey::Unsupported(_) => None,
    };
    // A capability is an AlgorithmIdentifier under another name.
    let more = algorithm.and_then(|der| Capabilities::from_der(&sequence(&[&der])));
    list.extend(more.into_iter().flat_map(|more| more.0));
    Capabilities(list)
}

/// RSAES-OAEP with SHA-256 throughout and no label.
pub fn oaep_sha256() -> KeyTransport {
    KeyTransport::RsaOaep {
        digest: DigestAlgorithm::Sha256,
        mgf_digest: DigestAlgorithm::Sha256,
        label: Vec::new(),
    }
}

/// Standard ECDH with the X9.63 KDF over `kdf_digest`.
pub fn ecdh(kdf_digest: DigestAlgorithm) -> KeyAgreement {
    KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest }
}
