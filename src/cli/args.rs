//! What can be typed. `--help` teaches by example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

mod contact;
mod identity;
mod message;
mod trust;

pub(super) use contact::{Compared, ContactCommand, SafetyNumberArgs};
pub(super) use identity::IdentityCommand;
pub(super) use message::{DecryptArgs, EncryptArgs, OpenArgs, SealArgs};
pub(super) use trust::TrustCommand;

use crate::store::vault::VaultKind;

const EXAMPLES: &str = "\
Examples:
  waxseal-cli demo
  waxseal-cli identity create --name \"Robin\" --email robin@example.org
  waxseal-cli identity certificate robin@example.org --out robin.cer
  waxseal-cli contact import kim.cer
  waxseal-cli seal --from robin@example.org --to kim@example.org --text note.txt --out note.eml
  waxseal-cli open note.eml";

/// Sealed mail between two people who trust each other.
#[derive(Parser)]
#[command(name = "waxseal-cli", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options for every command; they may stand before or after it.
#[derive(Args)]
#[command(next_help_heading = "Options for every command")]
pub(super) struct Global {
    /// The folder with your records, instead of the usual one
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) profile: Option<PathBuf>,
    /// Where new private keys are kept
    #[arg(long, global = true, value_enum, default_value = "keyring")]
    pub(super) vault: VaultChoice,
    /// The passphrase of the key files: the first line of F
    #[arg(long, global = true, value_name = "F")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Judge as of this moment, e.g. 2026-05-03T12:00:00Z
    #[arg(long, global = true, value_name = "RFC3339", value_parser = moment)]
    pub(super) time: Option<Timestamp>,
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "a moment has the form 2026-05-03T12:00:00Z")
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum VaultChoice {
    /// The operating system's keyring
    Keyring,
    /// Files under a passphrase
    File,
    /// Nowhere: nothing is kept
    Memory,
}

impl From<VaultChoice> for VaultKind {
    fn from(choice: VaultChoice) -> Self {
        match choice {
            VaultChoice::Keyring => Self::Keyring,
            VaultChoice::File => Self::File,
            VaultChoice::Memory => Self::Memory,
        }
    }
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Your own keys and certificates
    #[command(subcommand, after_help = identity::EXAMPLES)]
    Identity(IdentityCommand),
    /// Other people and their certificates
    #[command(subcommand, after_help = contact::EXAMPLES)]
    Contact(ContactCommand),
    /// The number that you and somebody else compare, so that nobody is in between
    #[command(after_help = contact::SAFETY_NUMBER)]
    SafetyNumber(SafetyNumberArgs),
    /// Seal a note: signed, and readable for its addressees alone
    #[command(after_help = message::SEAL)]
    Seal(SealArgs),
    /// Open a message and judge it
    #[command(after_help = message::OPEN)]
    Open(OpenArgs),
    /// Take the encryption off a file; judges nothing
    #[command(after_help = message::DECRYPT)]
    Decrypt(DecryptArgs),
    /// Encrypt a file as it is
    #[command(after_help = message::ENCRYPT)]
    Encrypt(EncryptArgs),
    /// Authorities that you believe
    #[command(subcommand, after_help = trust::EXAMPLES)]
    Trust(TrustCommand),
    /// Two throw-away people show how it goes; nothing is kept
    #[command(after_help = "Example:\n  waxseal-cli demo")]
    Demo,
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  waxseal-cli completions bash > ~/.local/share/bash-completion/completions/waxseal-cli"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}
