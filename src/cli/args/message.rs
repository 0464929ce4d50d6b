//! `seal`, `open`, `decrypt`, `encrypt`

use std::path::PathBuf;

use clap::Args;

use crate::smime::Address;

pub(super) const SEAL: &str = "\
Examples:
  waxseal-cli seal --from robin@example.org --to kim@example.org --subject Keys --text note.txt --out note.eml
  echo Hello | waxseal-cli seal --from robin@example.org --to kim@example.org --text - > note.eml
  waxseal-cli seal --from robin@example.org --to kim@example.org --attach report.pdf --out note.p7m
  waxseal-cli seal --from robin@example.org --reply note.eml --text answer.txt --out answer.eml";
pub(super) const OPEN: &str = "\
Examples:
  waxseal-cli open note.eml
  waxseal-cli open note.eml --save-attachments Documents
  waxseal-cli open contract.pdf.p7s --detached contract.pdf";
pub(super) const DECRYPT: &str = "Example:\n  waxseal-cli decrypt backup.tar.p7m --out backup.tar";
pub(super) const ENCRYPT: &str =
    "Example:\n  waxseal-cli encrypt backup.tar --to kim@example.org --out backup.tar.p7m";

#[derive(Args)]
pub(in crate::cli) struct SealArgs {
    /// Your own address
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) from: Address,
    /// To whom; may be given more than once
    #[arg(long, required_unless_present = "reply", num_args = 1.., value_name = "ADDR")]
    pub(in crate::cli) to: Vec<Address>,
    /// Who is to see it, too
    #[arg(long, num_args = 1.., value_name = "ADDR")]
    pub(in crate::cli) cc: Vec<Address>,
    /// Who is to see it without the others' knowing: each gets a file NAME.bcc-N.eml
    #[arg(long, num_args = 1.., value_name = "ADDR")]
    pub(in crate::cli) bcc: Vec<Address>,
    /// The subject
    #[arg(long, value_name = "S")]
    pub(in crate::cli) subject: Option<String>,
    /// The message that this answers: it gives --to and --subject if they are missing, and what was hidden in it stays hidden
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) reply: Option<PathBuf>,
    /// The file with the text, or - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(in crate::cli) text: Option<PathBuf>,
    /// A file that goes along; may be given more than once
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(in crate::cli) attach: Vec<PathBuf>,
    /// Sign without encrypting: anybody can read it
    #[arg(long)]
    pub(in crate::cli) sign_only: bool,
    /// FILE.eml: a whole mail; FILE.p7m: the CMS alone
    #[arg(long, value_name = "FILE|-", default_value = "-")]
    pub(in crate::cli) out: PathBuf,
}

#[derive(Args)]
pub(in crate::cli) struct OpenArgs {
    /// The message, or - for standard input
    pub(in crate::cli) file: PathBuf,
    /// Save the attachments in this folder, under safe names; no file is replaced. Those of attached messages go into folders in it
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save_attachments: Option<PathBuf>,
    /// Save what was inside, byte for byte
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) content: Option<PathBuf>,
    /// The content that a signature file is for
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) detached: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct DecryptArgs {
    /// The encrypted file, or - for standard input
    pub(in crate::cli) file: PathBuf,
    /// Where to write what is inside
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
    /// The password of a message that has one: the first line of F
    #[arg(long, value_name = "F")]
    pub(in crate::cli) password_file: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct EncryptArgs {
    /// The file, or - for standard input
    pub(in crate::cli) file: PathBuf,
    /// For whom; may be given more than once, and may be yourself
    #[arg(long, required = true, num_args = 1.., value_name = "ADDR")]
    pub(in crate::cli) to: Vec<Address>,
    /// Which of your identities can read it, too
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) from: Option<Address>,
    /// OUT.p7m: CMS (DER); OUT.eml: the same as S/MIME text
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
}
