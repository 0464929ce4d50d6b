//! `contact …`

use std::path::PathBuf;

use clap::Subcommand;

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
    /// Record that you compared the fingerprint in person
    #[command(after_help = "Example:\n  waxseal-cli contact verify kim@example.org --fingerprint 64HEX")]
    Verify {
        /// Their address
        #[arg(value_name = "ADDR")]
        address: Address,
        /// What they read to you: 64 digits
        #[arg(long, value_name = "64HEX")]
        fingerprint: Fingerprint,
    },
}
