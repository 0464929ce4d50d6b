//! `identity …`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::desk::identities::KeyName;
use crate::smime::crypto::KeyKind;
use crate::smime::{Address, Fingerprint, pkcs12};

pub(super) const EXAMPLES: &str = "\
Examples:
  waxseal-cli identity create --name \"Robin\" --email robin@example.org
  waxseal-cli identity import robin.p12
  waxseal-cli identity list
  waxseal-cli identity certificate robin@example.org --out robin.cer
  waxseal-cli identity export robin@example.org --out robin.p12 --password-file password.txt";

#[derive(Subcommand)]
pub(in crate::cli) enum IdentityCommand {
    /// Make a key and a certificate for yourself
    #[command(
        after_help = "Example:\n  waxseal-cli identity create --name \"Robin\" --email robin@example.org"
    )]
    Create {
        /// Your name, as others see it
        #[arg(long)]
        name: String,
        /// Your mail address; may be given more than once
        #[arg(long, required = true, num_args = 1.., value_name = "ADDR")]
        email: Vec<Address>,
        /// The kind of key
        #[arg(long, value_enum, default_value = "rsa3072")]
        key: KeyChoice,
        /// How long the certificate is valid
        #[arg(long, value_name = "N", default_value_t = crate::smime::x509::issue::MAX_DAYS)]
        days: u32,
    },
    /// Make a key and ask an authority for its certificate
    #[command(
        after_help = "Example:\n  waxseal-cli identity request --name \"Robin\" --email robin@example.org --out robin.csr\n\nGive the file to the authority; take its answer with: waxseal-cli identity import FILE"
    )]
    Request {
        /// Your name, as others see it
        #[arg(long)]
        name: String,
        /// Your mail address; may be given more than once
        #[arg(long, required = true, num_args = 1.., value_name = "ADDR")]
        email: Vec<Address>,
        /// The kind of key
        #[arg(long, value_enum, default_value = "rsa3072")]
        key: KeyChoice,
        /// The request (PKCS#10) to write: PEM; .der or .p10: DER
        #[arg(long)]
        out: PathBuf,
    },
    /// Take over your own key (.p12, .pfx, or PEM with key and certificate), or an authority's answer
    #[command(
        after_help = "Examples:\n  waxseal-cli identity import robin.p12 --password-file password.txt\n  waxseal-cli identity import answer.p7b"
    )]
    Import {
        /// The file
        file: PathBuf,
        /// Its password: the first line of F
        #[arg(long, value_name = "F")]
        password_file: Option<PathBuf>,
    },
    /// List your identities, their keys, and requests without an answer
    #[command(after_help = "Example:\n  waxseal-cli identity list")]
    List,
    /// Write a key with its certificate to a .p12 file
    #[command(
        after_help = "Example:\n  waxseal-cli identity export robin@example.org --out robin.p12 --password-file password.txt"
    )]
    Export {
        /// Your address, or the fingerprint of one of your certificates
        #[arg(value_name = "ADDR|FINGERPRINT")]
        key: KeyName,
        /// The file to write
        #[arg(long)]
        out: PathBuf,
        /// Its password: the first line of F
        #[arg(long, value_name = "F")]
        password_file: PathBuf,
        /// How the file is protected
        #[arg(long, value_enum, default_value = "modern")]
        recipe: Recipe,
    },
    /// Write your certificate for others: .cer (DER), .pem or .p7c
    #[command(after_help = "Example:\n  waxseal-cli identity certificate robin@example.org --out robin.cer")]
    Certificate {
        /// Your address
        #[arg(value_name = "ADDR")]
        address: Address,
        /// The file to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Keep a key for reading alone: its device was lost, or somebody else may have it
    #[command(
        after_help = "Example:\n  waxseal-cli identity mark-lost 64HEX\n\nThe key signs nothing any more and goes on opening old mail. Tell the people who write to you, and give them a new certificate."
    )]
    MarkLost {
        /// The fingerprint of its certificate
        fingerprint: Fingerprint,
    },
    /// Delete a key for ever (what was sealed to it becomes unreadable), or a request
    #[command(after_help = "Example:\n  waxseal-cli identity delete 64HEX --yes")]
    Delete {
        /// The fingerprint of its certificate, or of a request's key
        fingerprint: Fingerprint,
        /// Really delete it
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum KeyChoice {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
}

impl From<KeyChoice> for KeyKind {
    fn from(choice: KeyChoice) -> Self {
        match choice {
            KeyChoice::Rsa2048 => Self::Rsa2048,
            KeyChoice::Rsa3072 => Self::Rsa3072,
            KeyChoice::Rsa4096 => Self::Rsa4096,
            KeyChoice::P256 => Self::P256,
            KeyChoice::P384 => Self::P384,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Recipe {
    /// AES; for iOS 18, macOS 15 and other current programs
    Modern,
    /// 3DES; for older phones and Android
    Compatible,
}

impl From<Recipe> for pkcs12::Recipe {
    fn from(choice: Recipe) -> Self {
        match choice {
            Recipe::Modern => Self::Modern,
            Recipe::Compatible => Self::Compatible,
        }
    }
}
