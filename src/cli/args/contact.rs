//! `contact …`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::smime::policy::Device;
use crate::smime::safety_number::Claim;
use crate::smime::{Address, Fingerprint};

pub(super) const EXAMPLES: &str = "\
Examples:
  waxseal-cli contact import kim.cer
  waxseal-cli contact import signed-mail.eml
  waxseal-cli contact show kim@example.org
  waxseal-cli contact verify kim@example.org --fingerprint 64HEX";

#[derive(Subcommand)]
pub(in crate::cli) enum ContactCommand {
    /// Make a key for somebody else's phone
    #[command(
        after_help = "Example:\n  waxseal-cli contact create --name Kim --email kim@example.org --out kim.p12 --password-file password.txt"
    )]
    Create {
        /// Their name
        #[arg(long)]
        name: String,
        /// Their mail address
        #[arg(long, value_name = "ADDR")]
        email: Address,
        /// The .p12 file to write
        #[arg(long)]
        out: PathBuf,
        /// Its password: the first line of F
        #[arg(long, value_name = "F")]
        password_file: PathBuf,
        /// Keep the private key here, too
        #[arg(long)]
        keep_key: bool,
    },
    /// Learn certificates from certificate files and signed messages
    #[command(after_help = "Example:\n  waxseal-cli contact import kim.cer signed-mail.eml")]
    Import {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The password of .p12 files with certificates alone: the first line of F
        #[arg(long, value_name = "F")]
        password_file: Option<PathBuf>,
    },
    /// Say what somebody reads mail on; notes are written so that it opens there
    #[command(
        after_help = "Example:\n  waxseal-cli contact device kim@example.org iphone\n\nWithout it, Waxseal goes by what their signed mail announced; unknown takes it back."
    )]
    Device {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
        /// The device or program
        #[arg(value_enum, value_name = "PROFILE")]
        device: DeviceChoice,
    },
    /// List the people on record
    #[command(after_help = "Example:\n  waxseal-cli contact list")]
    List,
    /// Show a person's certificates
    #[command(after_help = "Example:\n  waxseal-cli contact show kim@example.org")]
    Show {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
    },
    /// Remove a person, or one of their certificates
    #[command(after_help = "Example:\n  waxseal-cli contact remove kim@example.org")]
    Remove {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
        /// This certificate only
        #[arg(long, value_name = "FINGERPRINT")]
        certificate: Option<Fingerprint>,
    },
    /// Put a new certificate in the place of the one on record
    #[command(after_help = "Example:\n  waxseal-cli contact replace kim@example.org kim-2027.cer")]
    Replace {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
        /// The file with the new certificate
        file: PathBuf,
    },
    /// Set a person's certificates aside: nothing is sealed to them
    #[command(after_help = "Example:\n  waxseal-cli contact distrust kim@example.org")]
    Distrust {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
    },
    /// Record that you compared fingerprint or safety number in person
    #[command(
        after_help = "Examples:\n  waxseal-cli contact verify kim@example.org --fingerprint 64HEX\n  waxseal-cli contact verify kim@example.org --safety-number \"482159 073611 …\""
    )]
    Verify {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
        #[command(flatten)]
        compared: Compared,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum DeviceChoice {
    /// Nobody knows: written so that every common one can open it
    Unknown,
    /// Mail on an iPhone or iPad
    Iphone,
    /// Mail on a Mac
    MacMail,
    /// Thunderbird
    Thunderbird,
    /// Outlook
    Outlook,
    /// A mail app on Android
    Android,
    /// Waxseal, or OpenSSL
    Waxseal,
}

impl From<DeviceChoice> for Device {
    fn from(choice: DeviceChoice) -> Self {
        match choice {
            DeviceChoice::Unknown => Self::Unknown,
            DeviceChoice::Iphone => Self::Iphone,
            DeviceChoice::MacMail => Self::MacMail,
            DeviceChoice::Thunderbird => Self::Thunderbird,
            DeviceChoice::Outlook => Self::Outlook,
            DeviceChoice::Android => Self::Android,
            DeviceChoice::Waxseal => Self::Waxseal,
        }
    }
}

/// What two people compared: one of these.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Compared {
    /// What they read to you: 64 digits
    #[arg(long, value_name = "64HEX")]
    pub(in crate::cli) fingerprint: Option<Fingerprint>,
    /// What they read to you: the 72 digits of waxseal-cli safety-number, or the text of its QR code
    #[arg(long, value_name = "DIGITS")]
    pub(in crate::cli) safety_number: Option<Claim>,
}

#[derive(clap::Args)]
pub(in crate::cli) struct SafetyNumberArgs {
    /// The other person's address
    #[arg(value_name = "ADDR")]
    pub(in crate::cli) address: Address,
    /// Your address, as they know it, if you have several
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) from: Option<Address>,
}

pub(super) const SAFETY_NUMBER: &str = "\
Example:
  waxseal-cli safety-number kim@example.org
  waxseal-cli contact verify kim@example.org --safety-number \"482159 073611 …\"";
