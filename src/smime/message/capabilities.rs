//! What Waxseal says that it can open (SMIMECapabilities, RFC 8551 section 2.5.2).

use crate::smime::asn1::writer::sequence;
use crate::smime::cms::attributes::Capabilities;
use crate::smime::crypto::oid::ED25519;
use crate::smime::crypto::{
    AgreementScheme, ContentCipher, DigestAlgorithm, KeyAgreement, KeyTransport, KeyWrap, PublicKey,
};
use crate::smime::x509::Certificate;

/// id-RSASSA-PSS: signatures of this kind are verified (RFC 5912 section 7: a capability without parameters).
pub use crate::smime::crypto::oid::RSASSA_PSS as PSS;

/// The capabilities announced beside a signature, best first: ciphers, signatures that not everybody verifies, then how the
/// key of `encryption_certificate` takes a content-encryption key.
pub fn own(encryption_certificate: &Certificate) -> Capabilities {
    let ciphers = [
        ContentCipher::Aes256Gcm,
        ContentCipher::Aes128Gcm,
        ContentCipher::Aes256Cbc,
        ContentCipher::Aes128Cbc,
    ];
    let mut list: Vec<_> = ciphers.iter().map(|cipher| (cipher.oid(), None)).collect();
    list.extend([PSS, ED25519].map(|signature| (signature, None)));
    let agreement = |scheme| {
        KeyAgreement { scheme, kdf_digest: DigestAlgorithm::Sha256 }
            .to_algorithm_der(KeyWrap::Aes256)
            .unwrap_or_default()
    };
    let algorithms = match encryption_certificate.public_key() {
        PublicKey::Rsa(_) => oaep_sha256().to_algorithm_der(),
        PublicKey::RsaOaep(_, only) => only.clone().unwrap_or_else(oaep_sha256).to_algorithm_der(),
        PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) => agreement(AgreementScheme::Standard),
        PublicKey::X25519(_) => {
            [agreement(AgreementScheme::Hkdf), agreement(AgreementScheme::Standard)].concat()
        }
        PublicKey::RsaPss(..) | PublicKey::Ed25519(_) | PublicKey::Dsa(_) | PublicKey::Unsupported(_) => {
            Vec::new()
        }
    };
    // A capability is an AlgorithmIdentifier under another name.
    let more = Capabilities::from_der(&sequence(&[&algorithms]));
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
