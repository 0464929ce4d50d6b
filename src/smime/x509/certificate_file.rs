//! Certificates and revocation lists in files of every clothing: DER, PEM (several, text around), .p7b and .p7c, bare base64,
//! contact cards (vCard), directory entries (LDIF), mail with a certificate attached, and what p11-kit and OpenSSL write about
//! trust. What a file is, its octets say, never its name.

use std::collections::HashSet;

use super::Certificate;
use super::revocation::RevocationList;
use crate::smime::{Fingerprint, cms};

mod cards;
mod collector;
mod mail;
mod p11_kit;
mod pem;

use collector::Collector;

/// Octets of a file of certificates that is read.
pub const MAX_LENGTH: usize = 16 << 20;

/// Octets of a file of revocation lists that is read.
pub const MAX_LISTS_LENGTH: usize = 128 << 20;

/// Certificates in one file, and as many revocation lists.
pub const MAX_CERTIFICATES: usize = 1_000;

/// Why a file gives no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFileError {
    /// Nothing in it looks like one.
    #[error("no certificate in this file")]
    None,
    /// It begins like one and cannot be read.
    #[error("this certificate file is damaged")]
    Damaged,
    /// More than [`MAX_CERTIFICATES`] of them, or more octets than are read.
    #[error("this file holds too much")]
    TooMuch,
    /// There is a private key, and no certificate.
    #[error("this file holds a private key and no certificate")]
    KeyOnly,
    /// A PKCS#12 file: a key with its certificates under a password.
    #[error("this is a PKCS#12 file, which needs its password")]
    Pkcs12,
    /// A contact card that says where the certificate lies.
    #[error("the certificate lies at {address}")]
    Elsewhere {
        /// As it stands in the card.
        address: String,
    },
    /// Revocation lists, and no certificate.
    #[error("this file holds revocation lists")]
    ListsOnly,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// In order, without doubles.
    pub certificates: Vec<Certificate>,
    /// In order, without doubles.
    pub revocation_lists: Vec<RevocationList>,
    /// Those of the certificates that the file itself does not want trusted for mail.
    pub not_for_mail: HashSet<Fingerprint>,
    /// There is a signature over a content: a message rather than a file of certificates.
    pub signed: bool,
    /// Why there is no more.
    pub lacks: Option<CertificateFileError>,
}

impl Contents {
    /// The certificates, or why there is none.
    pub fn into_certificates(self) -> Result<Vec<Certificate>, CertificateFileError> {
        match (self.certificates.is_empty(), self.lacks) {
            (_, Some(error @ CertificateFileError::TooMuch)) => Err(error),
            (false, _) => Ok(self.certificates),
            (true, Some(error)) => Err(error),
            (true, None) if !self.revocation_lists.is_empty() => Err(CertificateFileError::ListsOnly),
            (true, None) => Err(CertificateFileError::None),
        }
    }
}

/// Everything that is found. Of several things in one file the good ones count.
pub fn read_all(file: &[u8]) -> Contents {
    Collector::new(MAX_LENGTH).read(file)
}

/// All certificates in the file, in order, without doubles.
pub fn read(file: &[u8]) -> Result<Vec<Certificate>, CertificateFileError> {
    read_all(file).into_certificates()
}

/// The same for a file that may be as long as revocation lists are.
pub fn read_lists(file: &[u8]) -> Contents {
    Collector::new(MAX_LISTS_LENGTH).read(file)
}

/// One `CERTIFICATE` PEM block (RFC 7468 section 5).
pub fn to_pem(certificate: &Certificate) -> String {
    pem_block("CERTIFICATE", certificate.as_der())
}

/// One PEM block with lines of 64 characters (RFC 7468 section 2).
pub(super) fn pem_block(label: &str, der: &[u8]) -> String {
    let base64 = base64_simd::STANDARD.encode_to_string(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while let Some((line, after)) = rest.split_at_checked(64) {
        pem.extend([line, "\n"]);
        rest = after;
    }
    if !rest.is_empty() {
        pem.extend([rest, "\n"]);
    }
    pem.extend(["-----END ", label, "-----\n"]);
    pem
}

/// certs-only SignedData, DER (RFC 8551 section 3.9).
pub fn to_p7c(certificates: &[Certificate]) -> Vec<u8> {
    cms::signed_data::certs_only(certificates)
}

#[cfg(test)]
mod tests;
