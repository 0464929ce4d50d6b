//! Whether a recipient's device will open a note, said before it is sealed.

use jiff::Timestamp;

use super::{Device, DeviceOrigin};
use crate::smime::crypto::PublicKey;
use crate::smime::message::seal::Form;
use crate::smime::recipient::Recipient;

/// What is to be expected of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forecast {
    /// It opens.
    Opens {
        /// On what; [`Device::Unknown`]: on a program that announced what it reads.
        device: Device,
    },
    /// It is not known to open.
    MayNot {
        /// On what.
        device: Device,
        /// Why.
        why: Hindrance,
    },
    /// The device gets to see no mail of this size.
    TooLarge {
        /// On what.
        device: Device,
        /// Octets once sealed.
        size: u64,
        /// Octets that it takes.
        largest: u64,
    },
    /// Nothing is known; written so that every common device can open it.
    Unknown,
}

/// Why a device may not open a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// The certificate holds a key of a kind that it is not known to take.
    Key {
        /// "X25519", "P-521".
        kind: String,
    },
    /// CMS that stands alone in a file is left to other programs.
    BareCms,
}

impl Forecast {
    /// What is to be expected when a note of `size` octets (once sealed) goes to `recipient` in this form.
    pub fn of(recipient: &Recipient, time: Timestamp, size: u64, form: Form) -> Self {
        let device = recipient.device.device;
        let announced = recipient.capabilities.is_some();
        // Whoever announced ways to agree on keys has said more than the table.
        let takes =
            |key: &PublicKey| device.takes(key) || announced && recipient.device.origin != DeviceOrigin::Set;
        let refused = recipient.usable(time).into_iter().find(|certificate| !takes(certificate.public_key()));
        if let Some(certificate) = refused {
            return Self::MayNot { device, why: Hindrance::Key { kind: certificate.public_key().name() } };
        }
        match device.largest() {
            Some(largest) if size > largest => return Self::TooLarge { device, size, largest },
            Some(_) | None => {}
        }
        if form == Form::Cms && !device.opens_bare_cms() {
            return Self::MayNot { device, why: Hindrance::BareCms };
        }
        match recipient.device.origin {
            DeviceOrigin::None if !announced => Self::Unknown,
            DeviceOrigin::None | DeviceOrigin::Learned | DeviceOrigin::Set => Self::Opens { device },
        }
    }

    /// Nothing stands in the way.
    pub fn is_good(&self) -> bool {
        match self {
            Self::Opens { .. } => true,
            Self::MayNot { .. } | Self::TooLarge { .. } | Self::Unknown => false,
        }
    }

    /// The word in JSON: "opens", "may-not", "too-large", "unknown".
    pub fn id(&self) -> &'static str {
        match self {
            Self::Opens { .. } => "opens",
            Self::MayNot { .. } => "may-not",
            Self::TooLarge { .. } => "too-large",
            Self::Unknown => "unknown",
        }
    }

    /// For the person who writes; `name`: whom they write to.
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Self::Opens { device: Device::Unknown } => {
                format!("{name}’s mail program has said what it reads, and it can open this.")
            }
            Self::Opens { device } => format!("{name}’s {} can open this.", device.noun()),
            Self::MayNot { device, why: Hindrance::Key { kind } } => format!(
                "{name}’s {} may not open this: it is not known to take keys of this kind ({kind}). Send it as a file?",
                device.noun()
            ),
            Self::MayNot { device, why: Hindrance::BareCms } => format!(
                "{name}’s {} may not open this: it reads sealed mail, but no .p7m file that stands alone. Send it as a mail (.eml)?",
                device.noun()
            ),
            Self::TooLarge { device: Device::Iphone, .. } => {
                "A file this large opens in Waxseal on a computer, not on an iPhone.".to_owned()
            }
            Self::TooLarge { device, .. } => {
                format!("{name}’s {} may not get a mail this large. Send it as a file?", device.noun())
            }
            Self::Unknown => {
                "Nothing is known about this device; written so that every common one can open it.".to_owned()
            }
        }
    }
}

/// How many octets a note has once it is sealed: base64 in lines inside and, in a mail, once more outside.
pub fn sealed_size(text: u64, attachments: u64, form: Form) -> u64 {
    /// Base64 with a line end after every 76 characters.
    fn base64(octets: u64) -> u64 {
        octets.div_ceil(57).saturating_mul(78)
    }
    /// Header fields, boundaries, certificates and signature.
    const AROUND: u64 = 8 << 10;
    let inside = base64(attachments).saturating_add(text).saturating_add(AROUND);
    match form {
        Form::Cms => inside,
        Form::Mail => base64(inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::smime::policy::DeviceProfile;
    use crate::smime::policy::tests::recipient;

    fn forecast(kind: KeyKind, announces: bool, device: DeviceProfile, size: u64, form: Form) -> Forecast {
        let recipient = Recipient { device, ..recipient(kind, announces) };
        Forecast::of(&recipient, Timestamp::now(), size, form)
    }

    #[test]
    fn what_is_to_be_expected_is_said_in_words() {
        let (set, learned) = (DeviceProfile::set, DeviceProfile::learned);
        let nothing = DeviceProfile::default();
        let (rsa, curve) = (KeyKind::Rsa2048, KeyKind::P256);
        let mail = Form::Mail;
        let table = [
            (
                rsa,
                false,
                nothing,
                1000,
                mail,
                "Nothing is known about this device; written so that every common one can open it.",
            ),
            (
                rsa,
                true,
                nothing,
                1000,
                mail,
                "Robin’s mail program has said what it reads, and it can open this.",
            ),
            (rsa, false, set(Device::Iphone), 1000, mail, "Robin’s iPhone can open this."),
            (rsa, true, learned(Device::Waxseal), 1000, mail, "Robin’s Waxseal can open this."),
            (
                rsa,
                false,
                set(Device::Iphone),
                30_000_000,
                mail,
                "A file this large opens in Waxseal on a computer, not on an iPhone.",
            ),
            (rsa, false, set(Device::Outlook), 30_000_000, mail, "Robin’s Outlook can open this."),
            (
                curve,
                false,
                set(Device::Android),
                1000,
                mail,
                "Robin’s Android phone may not open this: it is not known to take keys of this kind (P-256). Send it as a file?",
            ),
            (curve, true, learned(Device::Android), 1000, mail, "Robin’s Android phone can open this."),
            (
                rsa,
                false,
                set(Device::Outlook),
                1000,
                Form::Cms,
                "Robin’s Outlook may not open this: it reads sealed mail, but no .p7m file that stands alone. Send it as a mail (.eml)?",
            ),
        ];
        for (kind, announces, device, size, form, sentence) in table {
            let forecast = forecast(kind, announces, device, size, form);
            assert_eq!(forecast.sentence("Robin"), sentence);
            assert_eq!(
                forecast.is_good(),
                sentence.ends_with("can open this.") && !sentence.starts_with("Nothing")
            );
        }
    }

    #[test]
    fn sealing_makes_a_note_nearly_twice_as_large() {
        assert_eq!(sealed_size(0, 0, Form::Cms), 8192);
        let megabytes = sealed_size(1000, 10_000_000, Form::Mail) / 1_000_000;
        assert_eq!(megabytes, 18);
        assert_eq!(sealed_size(u64::MAX, u64::MAX, Form::Mail), u64::MAX);
    }
}
