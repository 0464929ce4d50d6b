//! Which algorithms a note is sealed with: the best that every recipient can open.
//!
//! About a recipient who has said nothing, nothing is assumed: RSA PKCS#1 v1.5 or ECDH with the SHA-1 KDF, and
//! AES-256-CBC, which every common program and phone reads. (SHA-1 in a KDF is not weak.) What a recipient's own
//! signed mail announced lifts that.

use crate::smime::cms::attributes::Capabilities;
use crate::smime::cms::recipient_info::SpecKeyManagement;
use crate::smime::crypto::public_key::KeyError;
use crate::smime::crypto::{ContentCipher, DigestAlgorithm, KeyWrap, PublicKey};
use crate::smime::message::capabilities::{ECDH_SHA256_KDF, OAEP, ecdh, oaep_sha256};
use crate::smime::recipient::Recipient;
use crate::smime::x509::Certificate;

/// AES-256-GCM when every recipient announced it, else AES-256-CBC.
pub fn content_cipher(recipients: &[Recipient]) -> ContentCipher {
    let gcm = ContentCipher::Aes256Gcm;
    let announced =
        |recipient: &Recipient| recipient.capabilities.as_ref().is_some_and(|c| c.contains(gcm.oid()));
    if !recipients.is_empty() && recipients.iter().all(announced) { gcm } else { ContentCipher::Aes256Cbc }
}

/// Whether the hidden header fields stand once more at the head of the text (a Legacy Display element, RFC 9788 section 5.2):
/// as soon as one of the recipients is not known to have a program that shows protected ones. An iPhone or an Outlook would
/// show `[...]` and no subject at all; a program that knows the standard leaves the element out, so it harms nobody. Whoever
/// has signed by RFC 9788 themselves is known to read it; there is no capability that says so.
pub fn legacy_display(recipients: &[Recipient]) -> bool {
    recipients.iter().any(|recipient| !recipient.reads_protected_headers)
}

/// How the key goes to one certificate of a recipient with these capabilities.
///
/// # Errors
/// A key that nothing can be sealed to.
pub fn key_management(
    certificate: &Certificate,
    capabilities: Option<&Capabilities>,
) -> Result<SpecKeyManagement, KeyError> {
    use crate::smime::crypto::KeyTransport::RsaPkcs1v15;
    let announced = |oid| capabilities.is_some_and(|capabilities| capabilities.contains(oid));
    match certificate.public_key() {
        PublicKey::Rsa(_) if announced(OAEP) => Ok(SpecKeyManagement::Transport(oaep_sha256())),
        PublicKey::Rsa(_) => Ok(SpecKeyManagement::Transport(RsaPkcs1v15)),
        PublicKey::RsaOaep(_, only) => {
            Ok(SpecKeyManagement::Transport(only.clone().unwrap_or_else(oaep_sha256)))
        }
        PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) => {
            let digest =
                if announced(ECDH_SHA256_KDF) { DigestAlgorithm::Sha256 } else { DigestAlgorithm::Sha1 };
            Ok(SpecKeyManagement::Agreement(ecdh(digest), KeyWrap::Aes256))
        }
        // RFC 8418 section 2.2 knows no SHA-1.
        PublicKey::X25519(_) => {
            Ok(SpecKeyManagement::Agreement(ecdh(DigestAlgorithm::Sha256), KeyWrap::Aes256))
        }
        PublicKey::RsaPss(..) | PublicKey::Ed25519(_) | PublicKey::Dsa(_) => Err(KeyError::WrongUse),
        PublicKey::Unsupported(_) => Err(KeyError::Unsupported),
    }
}
