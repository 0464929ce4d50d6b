//! Which algorithms a note is sealed with: the best that every recipient can open.
//!
//! About a recipient who has said nothing, nothing is assumed: RSA PKCS#1 v1.5 or ECDH with the SHA-1 KDF, and
//! AES-256-CBC, which every common program and phone reads. (SHA-1 in a KDF is not weak.) What the recipients' own
//! signed mail announced lifts that; a [`Device`] that the person set goes before both.

mod device;
mod forecast;

pub use device::{Device, DeviceOrigin, DeviceProfile};
pub use forecast::{Forecast, Hindrance, sealed_size};

use crate::smime::cms::attributes::Capabilities;
use crate::smime::cms::recipient_info::SpecKeyManagement;
use crate::smime::crypto::KeyTransport::RsaPkcs1v15;
use crate::smime::crypto::public_key::KeyError;
use crate::smime::crypto::{
    AgreementScheme, ContentCipher, DigestAlgorithm, KeyAgreement, KeyWrap, PssParameters, PublicKey,
    SignatureScheme,
};
use crate::smime::message::capabilities::{PSS, oaep_sha256};
use crate::smime::recipient::Recipient;
use crate::smime::x509::Certificate;

/// What one message is sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// AES-256-GCM when every recipient announced it, else AES-256-CBC.
    pub cipher: ContentCipher,
    /// Every recipient with an RSA key announced OAEP with SHA-256.
    pub oaep: bool,
}

/// What a recipient opens beyond RSA PKCS#1 v1.5, ECDH with the SHA-1 KDF and AES-256-CBC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// AES-256-GCM (AuthEnvelopedData).
    pub gcm: bool,
    /// RSAES-OAEP with SHA-256.
    pub oaep: bool,
    /// ECDH with the SHA-256 KDF of ANSI X9.63.
    pub ecdh_sha256: bool,
    /// ECDH with HKDF and SHA-256.
    pub hkdf_sha256: bool,
    /// Signatures with RSASSA-PSS.
    pub pss: bool,
    /// Protected header fields (RFC 9788).
    pub protected_headers: bool,
}

impl Abilities {
    /// What signed mail announced. There is no capability for protected header fields: whoever writes them reads them.
    pub fn announced(capabilities: Option<&Capabilities>, protected_headers: bool) -> Self {
        let Some(all) = capabilities else { return Self { protected_headers, ..Self::default() } };
        let agrees = |scheme| {
            let how = KeyAgreement { scheme, kdf_digest: DigestAlgorithm::Sha256 };
            how.oid().is_some_and(|oid| all.contains(oid))
        };
        Self {
            gcm: all.contains(ContentCipher::Aes256Gcm.oid()),
            oaep: all.key_transports().contains(&oaep_sha256()),
            ecdh_sha256: agrees(AgreementScheme::Standard),
            hkdf_sha256: agrees(AgreementScheme::Hkdf),
            pss: all.contains(PSS),
            protected_headers,
        }
    }

    /// Of a device that the person set; else what was announced.
    pub fn of(profile: DeviceProfile, capabilities: Option<&Capabilities>, protected_headers: bool) -> Self {
        match profile.origin {
            DeviceOrigin::Set => profile.device.abilities(),
            DeviceOrigin::None | DeviceOrigin::Learned => Self::announced(capabilities, protected_headers),
        }
    }
}

impl Policy {
    /// The best that all of `recipients` can open.
    pub fn of(recipients: &[Recipient]) -> Self {
        let gcm = |recipient: &Recipient| recipient.abilities().gcm;
        let oaep = |recipient: &Recipient| {
            let has_rsa = |certificate: &Certificate| matches!(certificate.public_key(), PublicKey::Rsa(_));
            !recipient.certificates.iter().any(has_rsa) || recipient.abilities().oaep
        };
        let all_gcm = !recipients.is_empty() && recipients.iter().all(gcm);
        Self {
            cipher: if all_gcm { ContentCipher::Aes256Gcm } else { ContentCipher::Aes256Cbc },
            oaep: recipients.iter().all(oaep),
        }
    }

    /// How the key goes to one certificate of a recipient with these abilities.
    ///
    /// # Errors
    /// A key that nothing can be sealed to.
    pub fn key_management(
        self,
        certificate: &Certificate,
        abilities: Abilities,
    ) -> Result<SpecKeyManagement, KeyError> {
        use AgreementScheme::{Hkdf, Standard};
        use DigestAlgorithm::{Sha1, Sha256};
        let agreement = |scheme, kdf_digest| {
            Ok(SpecKeyManagement::Agreement(KeyAgreement { scheme, kdf_digest }, KeyWrap::Aes256))
        };
        match certificate.public_key() {
            PublicKey::Rsa(_) if self.oaep => Ok(SpecKeyManagement::Transport(oaep_sha256())),
            PublicKey::Rsa(_) => Ok(SpecKeyManagement::Transport(RsaPkcs1v15)),
            // The key itself is an announcement.
            PublicKey::RsaOaep(_, only) => {
                Ok(SpecKeyManagement::Transport(only.clone().unwrap_or_else(oaep_sha256)))
            }
            PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) => {
                agreement(Standard, if abilities.ecdh_sha256 { Sha256 } else { Sha1 })
            }
            // RFC 8551 section 2.3: everybody who takes X25519 at all takes it with HKDF and SHA-256.
            PublicKey::X25519(_) if abilities.ecdh_sha256 && !abilities.hkdf_sha256 => {
                agreement(Standard, Sha256)
            }
            PublicKey::X25519(_) => agreement(Hkdf, Sha256),
            PublicKey::RsaPss(..) | PublicKey::Ed25519(_) | PublicKey::Dsa(_) => Err(KeyError::WrongUse),
            PublicKey::Unsupported(_) => Err(KeyError::Unsupported),
        }
    }
}

/// Whether the hidden header fields stand once more at the head of the text (a Legacy Display element, RFC 9788 section 5.2):
/// as soon as one of the recipients is not known to have a program that shows protected ones. An iPhone or an Outlook would
/// show `[...]` and no subject at all; a program that knows the standard leaves the element out, so it harms nobody. Whoever
/// has signed by RFC 9788 themselves is known to read it; there is no capability that says so.
pub fn legacy_display(recipients: &[Recipient]) -> bool {
    recipients.iter().any(|recipient| !recipient.abilities().protected_headers)
}

/// How a key signs: an RSA key with RSASSA-PSS if every reader announced it, and else as [`PublicKey::scheme`] says.
pub fn signature_scheme(key: &PublicKey, everybody_reads_pss: bool) -> Option<SignatureScheme> {
    match key.scheme() {
        Some(SignatureScheme::RsaPkcs1v15(digest)) if everybody_reads_pss => {
            Some(SignatureScheme::RsaPss(PssParameters::new(digest)))
        }
        scheme => scheme,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::Timestamp;
    use rand_core::UnwrapErr;

    use super::*;
    use crate::smime::asn1::writer::sequence;
    use crate::smime::crypto::{KeyKind, KeyTransport, PrivateKey};
    use crate::smime::message::capabilities;
    use crate::smime::x509::issue::self_signed;

    /// Somebody with a key of this kind; `announces`: what a Waxseal of theirs would.
    pub(super) fn recipient(kind: KeyKind, announces: bool) -> Recipient {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(kind, &mut rng);
        let address: crate::smime::Address = "robin@example.org".parse().unwrap();
        let certificate =
            self_signed("Robin", std::slice::from_ref(&address), &key, Timestamp::now(), 30, &mut rng)
                .unwrap();
        let capabilities = announces.then(|| capabilities::own(&certificate));
        Recipient {
            address,
            certificates: vec![certificate],
            capabilities,
            reads_protected_headers: announces,
            device: DeviceProfile::default(),
            expired: Vec::new(),
        }
    }

    fn ways(recipients: &[Recipient]) -> Vec<String> {
        let policy = Policy::of(recipients);
        recipients
            .iter()
            .map(|one| match policy.key_management(&one.certificates[0], one.abilities()).unwrap() {
                SpecKeyManagement::Transport(how) => how.name().to_owned(),
                SpecKeyManagement::Agreement(how, _) => how.name(),
            })
            .collect()
    }

    #[test]
    fn what_not_everybody_announced_is_not_used() {
        let silent = recipient(KeyKind::Rsa2048, false);
        let able = recipient(KeyKind::Rsa2048, true);
        let curve = recipient(KeyKind::P256, true);
        let both = [able.clone(), curve.clone()];
        assert_eq!(ways(&both), ["RSAES-OAEP", "ECDH (SHA-256 KDF)"]);
        assert_eq!(Policy::of(&both).cipher, ContentCipher::Aes256Gcm);
        let three = [able, curve, silent];
        assert_eq!(ways(&three), ["RSAES-PKCS1-v1_5", "ECDH (SHA-256 KDF)", "RSAES-PKCS1-v1_5"]);
        assert_eq!(Policy::of(&three).cipher, ContentCipher::Aes256Cbc);
        assert_eq!(Policy::of(&[]).cipher, ContentCipher::Aes256Cbc);
    }

    #[test]
    fn another_oaep_is_not_the_one_that_is_written() {
        let mut other = recipient(KeyKind::Rsa2048, true);
        for announced in
            [KeyTransport::oaep(DigestAlgorithm::Sha1), KeyTransport::oaep(DigestAlgorithm::Sha256)]
        {
            other.capabilities = Capabilities::from_der(&sequence(&[&announced.to_algorithm_der()]));
            assert_eq!(Policy::of(std::slice::from_ref(&other)).oaep, announced == oaep_sha256());
        }
    }

    #[test]
    fn a_device_that_was_set_goes_before_what_was_announced() {
        let of = |kind, announces, device| {
            let device = DeviceProfile::set(device);
            Recipient { device, ..recipient(kind, announces) }
        };
        let seals = |one: &Recipient| {
            let cipher = Policy::of(std::slice::from_ref(one)).cipher;
            format!("{cipher:?}, {}", ways(std::slice::from_ref(one))[0])
        };
        let table = [
            (KeyKind::Rsa2048, true, Device::Iphone, "Aes256Cbc, RSAES-PKCS1-v1_5"),
            (KeyKind::P256, true, Device::MacMail, "Aes256Cbc, ECDH (SHA-1 KDF)"),
            (KeyKind::Rsa2048, true, Device::Outlook, "Aes256Cbc, RSAES-PKCS1-v1_5"),
            (KeyKind::Rsa2048, false, Device::Thunderbird, "Aes256Cbc, RSAES-OAEP"),
            (KeyKind::P256, false, Device::Thunderbird, "Aes256Cbc, ECDH (SHA-256 KDF)"),
            (KeyKind::Rsa2048, true, Device::Android, "Aes256Cbc, RSAES-PKCS1-v1_5"),
            (KeyKind::Rsa2048, false, Device::Waxseal, "Aes256Gcm, RSAES-OAEP"),
            (KeyKind::P256, false, Device::Waxseal, "Aes256Gcm, ECDH (SHA-256 KDF)"),
            (KeyKind::Rsa2048, true, Device::Unknown, "Aes256Gcm, RSAES-OAEP"),
        ];
        for (kind, announces, device, expected) in table {
            let one = of(kind, announces, device);
            assert_eq!(seals(&one), expected, "{device:?}");
            let shows = device == Device::Waxseal || device == Device::Unknown;
            assert_eq!(legacy_display(std::slice::from_ref(&one)), !shows, "{device:?}");
        }
        let learned =
            Recipient { device: DeviceProfile::learned(Device::Iphone), ..recipient(KeyKind::Rsa2048, true) };
        assert_eq!(seals(&learned), "Aes256Gcm, RSAES-OAEP", "a name that was learned takes nothing back");
        assert_eq!(Device::of_capabilities(learned.capabilities.as_ref().unwrap()), Device::Waxseal);
    }

    #[test]
    fn a_curve_is_used_with_what_was_announced() {
        assert_eq!(ways(&[recipient(KeyKind::P256, false)]), ["ECDH (SHA-1 KDF)"]);
        assert_eq!(ways(&[recipient(KeyKind::P384, true)]), ["ECDH (SHA-256 KDF)"]);
    }
}
