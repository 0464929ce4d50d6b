//! What a recipient reads mail on, and what opens there.
//!
//! The table is from the programs' own sources and documents where there are any. What is not known to open is not
//! used. A device that the person set counts as it stands in the table; what was learned is only a name for what the
//! recipient's own signed mail announced.

use super::Abilities;
use crate::smime::cms::attributes::Capabilities;
use crate::smime::crypto::oid::{self, DES_EDE3_CBC, RC2_CBC};
use crate::smime::crypto::{ContentCipher, PublicKey};
use crate::smime::message::capabilities::PSS;
use const_oid::ObjectIdentifier;

/// What somebody reads mail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// Nobody knows: written so that every common one can open it.
    #[default]
    Unknown,
    /// Mail on an iPhone or iPad.
    Iphone,
    /// Mail on a Mac.
    MacMail,
    /// Thunderbird, and other programs over NSS.
    Thunderbird,
    /// Outlook on Windows.
    Outlook,
    /// A mail app on Android.
    Android,
    /// Waxseal, or OpenSSL on a command line.
    Waxseal,
}

/// How a device came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeviceOrigin {
    /// It is not.
    #[default]
    None,
    /// From signed mail.
    Learned,
    /// The person said so: it goes before everything that was announced.
    Set,
}

/// A device, and how it came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DeviceProfile {
    /// What it is.
    pub device: Device,
    /// How that is known.
    pub origin: DeviceOrigin,
}

impl DeviceOrigin {
    /// The word in JSON: "none", "learned", "set".
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Learned => "learned",
            Self::Set => "set",
        }
    }
}

impl DeviceProfile {
    /// The device that the person named. [`Device::Unknown`] takes back what they said.
    pub fn set(device: Device) -> Self {
        let origin = if device == Device::Unknown { DeviceOrigin::None } else { DeviceOrigin::Set };
        Self { device, origin }
    }

    /// The device that signed mail tells.
    pub fn learned(device: Device) -> Self {
        let origin = if device == Device::Unknown { DeviceOrigin::None } else { DeviceOrigin::Learned };
        Self { device, origin }
    }
}

/// Octets of a sealed mail that an iPhone gets to see: what its maker's own mail service takes.
const IPHONE_MAIL: u64 = 20_000_000;

impl Device {
    /// Every value.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Iphone,
        Self::MacMail,
        Self::Thunderbird,
        Self::Outlook,
        Self::Android,
        Self::Waxseal,
    ];

    /// The word in the records, in JSON and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Iphone => "iphone",
            Self::MacMail => "mac-mail",
            Self::Thunderbird => "thunderbird",
            Self::Outlook => "outlook",
            Self::Android => "android",
            Self::Waxseal => "waxseal",
        }
    }

    /// Reads what [`Device::id`] wrote.
    pub fn from_id(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.id() == word)
    }

    /// The entry in a list to choose from.
    pub fn title(self) -> &'static str {
        match self {
            Self::Unknown => "Not known",
            Self::Iphone => "iPhone or iPad",
            Self::MacMail => "Mail on a Mac",
            Self::Thunderbird => "Thunderbird",
            Self::Outlook => "Outlook",
            Self::Android => "Android",
            Self::Waxseal => "Waxseal or OpenSSL",
        }
    }

    /// Behind a name: "Robin's iPhone".
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Unknown => "device",
            Self::Iphone => "iPhone",
            Self::MacMail => "Mac",
            Self::Thunderbird => "Thunderbird",
            Self::Outlook => "Outlook",
            Self::Android => "Android phone",
            Self::Waxseal => "Waxseal",
        }
    }

    /// What opens there beyond RSA PKCS#1 v1.5, ECDH with the SHA-1 KDF and AES-256-CBC.
    pub fn abilities(self) -> Abilities {
        match self {
            // Apple's mail takes AES-GCM from iOS 17 on, and only where its owner's mail announced it; no OAEP; one KDF.
            Self::Unknown | Self::Iphone | Self::MacMail | Self::Android => Abilities::default(),
            // AES-GCM since the middle of 2026 only: older ones do not open it.
            Self::Thunderbird => Abilities { oaep: true, ecdh_sha256: true, ..Abilities::default() },
            // Authenticated encryption does not open there; OAEP only with some key stores.
            Self::Outlook => Abilities::default(),
            Self::Waxseal => Abilities {
                gcm: true,
                oaep: true,
                ecdh_sha256: true,
                hkdf_sha256: true,
                pss: true,
                protected_headers: true,
            },
        }
    }

    /// Is a message to this key known to open there?
    pub(super) fn takes(self, key: &PublicKey) -> bool {
        match key {
            PublicKey::Rsa(_) => true,
            PublicKey::P256(_) | PublicKey::P384(_) => !matches!(self, Self::Android),
            PublicKey::P521(_) => match self {
                Self::Unknown | Self::Thunderbird | Self::Waxseal => true,
                Self::Iphone | Self::MacMail | Self::Outlook | Self::Android => false,
            },
            PublicKey::RsaOaep(..) => matches!(self, Self::Thunderbird | Self::Waxseal),
            PublicKey::X25519(_) => matches!(self, Self::Waxseal),
            PublicKey::RsaPss(..) | PublicKey::Ed25519(_) | PublicKey::Dsa(_) | PublicKey::Unsupported(_) => {
                false
            }
        }
    }

    /// Does it open CMS that stands alone in a file?
    pub(super) fn opens_bare_cms(self) -> bool {
        match self {
            Self::Iphone | Self::MacMail | Self::Outlook | Self::Android | Self::Thunderbird => false,
            Self::Unknown | Self::Waxseal => true,
        }
    }

    /// Octets of a sealed mail that it opens at most.
    pub(super) fn largest(self) -> Option<u64> {
        match self {
            Self::Iphone => Some(IPHONE_MAIL),
            Self::Unknown
            | Self::MacMail
            | Self::Thunderbird
            | Self::Outlook
            | Self::Android
            | Self::Waxseal => None,
        }
    }

    /// Whose list of capabilities this is, where it is the one of a program that is known. Most programs write the same
    /// list every time; iPhone, Mac and Outlook are not known by theirs.
    pub fn of_capabilities(capabilities: &Capabilities) -> Self {
        let list: Vec<ObjectIdentifier> = capabilities.0.iter().map(|(oid, _)| *oid).collect();
        let begins = |with: &[ObjectIdentifier]| list.starts_with(with);
        let [gcm256, gcm128, cbc256, cbc192, cbc128] = [
            ContentCipher::Aes256Gcm,
            ContentCipher::Aes128Gcm,
            ContentCipher::Aes256Cbc,
            ContentCipher::Aes192Cbc,
            ContentCipher::Aes128Cbc,
        ]
        .map(ContentCipher::oid);
        if begins(&[gcm256, gcm128, cbc256, cbc128, PSS, oid::ED25519]) {
            return Self::Waxseal;
        }
        let of_old = |before: &[ObjectIdentifier]| {
            let rest = list.strip_prefix(before).unwrap_or_default();
            rest.starts_with(&[DES_EDE3_CBC, RC2_CBC, RC2_CBC, DES_CBC, RC2_CBC])
        };
        if of_old(&[cbc256, cbc192, cbc128]) {
            return Self::Waxseal;
        }
        if of_old(&[cbc256, cbc128]) { Self::Thunderbird } else { Self::Unknown }
    }

    /// The program that a message names as its writer's (X-Mailer, User-Agent). Anybody on the way can change that line, so
    /// nothing but words follows from it.
    pub fn of_program(program: &str) -> Self {
        let names = |word: &str| program.contains(word);
        if names("iPhone Mail") || names("iPad Mail") {
            Self::Iphone
        } else if names("Apple Mail") {
            Self::MacMail
        } else if names("Thunderbird") {
            Self::Thunderbird
        } else if names("Microsoft Outlook") {
            Self::Outlook
        } else {
            Self::Unknown
        }
    }
}

const DES_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.7");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_has_a_word_of_its_own() {
        for device in Device::ALL {
            assert_eq!(Device::from_id(device.id()), Some(device));
            assert!(device.takes(&rsa()), "an RSA key opens everywhere");
        }
        assert_eq!(Device::from_id("fax"), None);
        assert_eq!(DeviceProfile::set(Device::Unknown), DeviceProfile::default());
    }

    fn rsa() -> PublicKey {
        let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
        crate::smime::crypto::PrivateKey::generate(crate::smime::crypto::KeyKind::Rsa2048, &mut rng)
            .public_key()
    }

    #[test]
    fn programs_are_known_by_their_names() {
        for (name, device) in [
            ("iPhone Mail (21A329)", Device::Iphone),
            ("Apple Mail (2.3731.700.6)", Device::MacMail),
            (
                "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:24.0) Gecko/20100101 Thunderbird/24.1.0",
                Device::Thunderbird,
            ),
            ("Microsoft Outlook 16.0", Device::Outlook),
            ("Evolution 2.12.3", Device::Unknown),
        ] {
            assert_eq!(Device::of_program(name), device, "{name}");
        }
    }
}
