//! `trust …`

use std::path::PathBuf;

use clap::Subcommand;

use crate::smime::Fingerprint;

pub(super) const EXAMPLES: &str = "\
Examples:
  waxseal-cli trust add authority.pem
  waxseal-cli trust crl authority.crl
  waxseal-cli trust list";

#[derive(Subcommand)]
pub(in crate::cli) enum TrustCommand {
    /// Believe an authority: any CA certificate
    #[command(after_help = "Example:\n  waxseal-cli trust add authority.pem")]
    Add {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The password of .p12 files with certificates alone: the first line of F
        #[arg(long, value_name = "F")]
        password_file: Option<PathBuf>,
    },
    /// List the authorities and the revocation lists
    #[command(after_help = "Example:\n  waxseal-cli trust list")]
    List,
    /// Stop believing an authority, or forget a revocation list
    #[command(after_help = "Example:\n  waxseal-cli trust remove 64HEX")]
    Remove {
        /// The fingerprint of its certificate, or of the list
        fingerprint: Fingerprint,
    },
    /// Obey revocation lists: what an authority has taken back counts no longer
    #[command(after_help = "Example:\n  waxseal-cli trust crl authority.crl")]
    Crl {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}
