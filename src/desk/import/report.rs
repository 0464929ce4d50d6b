//! What was left in a file of keys, in words.

use crate::smime::crypto::oid_name;
use crate::smime::pkcs12::{Integrity, Skipped};
use crate::smime::x509::Certificate;

/// Something that was left in the file.
#[derive(Debug, Clone)]
pub enum NotTaken {
    /// It was passed over when the file was read.
    Skipped(Skipped),
    /// A key that no certificate in the file fits.
    KeyWithoutCertificate {
        /// "RSA 3072": what kind of key it is.
        kind: String,
    },
    /// Somebody's certificate whose key is not here.
    Foreign(Certificate),
}

impl NotTaken {
    /// What it is, for programs.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Skipped(skipped) => match skipped {
                Skipped::UnsupportedKey { .. }
                | Skipped::DamagedKey
                | Skipped::UnknownPemCipher
                | Skipped::SshKey => "key",
                Skipped::DamagedCertificate | Skipped::OtherCertificate => "certificate",
                Skipped::RevocationList => "revocation-list",
                Skipped::Secret => "secret",
                Skipped::UnknownBag { .. } => "unknown",
                Skipped::UnknownCipher { .. }
                | Skipped::OtherPassword
                | Skipped::ForAKey
                | Skipped::UnknownPart { .. } => "part",
            },
            Self::KeyWithoutCertificate { .. } => "key",
            Self::Foreign(_) => "certificate",
        }
    }

    /// Nothing of one's own stays behind.
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::Skipped(skipped) => match skipped {
                Skipped::OtherCertificate | Skipped::RevocationList | Skipped::Secret => true,
                Skipped::UnsupportedKey { .. }
                | Skipped::DamagedKey
                | Skipped::UnknownPemCipher
                | Skipped::SshKey
                | Skipped::DamagedCertificate
                | Skipped::UnknownBag { .. }
                | Skipped::UnknownCipher { .. }
                | Skipped::OtherPassword
                | Skipped::ForAKey
                | Skipped::UnknownPart { .. } => false,
            },
            Self::KeyWithoutCertificate { .. } => false,
            Self::Foreign(_) => true,
        }
    }

    /// What was left, and why.
    pub fn sentence(&self) -> String {
        match self {
            Self::Skipped(skipped) => passed_over(*skipped),
            Self::KeyWithoutCertificate { kind } => format!(
                "A key of the kind {kind} was left out: its certificate is not in the file, and nobody could say whose it is."
            ),
            Self::Foreign(certificate) => format!(
                "The certificate of {} was left out: its key is not in the file. If it is somebody else's, ask them for it and run: waxseal-cli contact import FILE.",
                certificate.display_name()
            ),
        }
    }
}

fn passed_over(skipped: Skipped) -> String {
    match skipped {
        Skipped::UnsupportedKey { algorithm } => {
            format!("A key of the kind {} was left out: Waxseal cannot use it yet.", oid_name(algorithm))
        }
        Skipped::DamagedKey => "A key was left out: it is damaged.".to_owned(),
        Skipped::DamagedCertificate => "A certificate was left out: it is damaged.".to_owned(),
        Skipped::OtherCertificate => {
            "A certificate was left out: it is of a kind that is not for mail.".to_owned()
        }
        Skipped::RevocationList => "A list of revoked certificates was left out.".to_owned(),
        Skipped::Secret => "A secret that is no key for mail was left out.".to_owned(),
        Skipped::UnknownBag { kind } => format!("Something of an unknown kind was left out ({kind})."),
        Skipped::UnknownCipher { algorithm } => format!(
            "A part of the file was left out: it is locked with {}, which is not known to this program.",
            oid_name(algorithm)
        ),
        Skipped::UnknownPemCipher => {
            "A key was left out: it is locked in a way that is not known to this program.".to_owned()
        }
        Skipped::SshKey => "A key for SSH was left out: it is none for mail.".to_owned(),
        Skipped::OtherPassword => {
            "A part of the file was left out: it has another password than the rest.".to_owned()
        }
        Skipped::ForAKey => {
            "A part of the file was left out: it is locked with somebody's key instead of a password."
                .to_owned()
        }
        Skipped::UnknownPart { kind } => format!("A part of an unknown kind was left out ({kind})."),
    }
}

/// What a person should know of a file whose MAC does not show that it is as it was made.
pub fn unchecked(integrity: Integrity) -> Option<String> {
    match integrity {
        Integrity::Checked => None,
        Integrity::NoMac => Some(
            "This file carries no check: nothing shows that it is as it was made. Compare the fingerprint with whoever made it."
                .to_owned(),
        ),
        Integrity::UnknownMac { algorithm } => Some(format!(
            "The check of this file is of the kind {}, which is not known to this program: nothing shows that the file is as it was made.",
            oid_name(algorithm)
        )),
    }
}
