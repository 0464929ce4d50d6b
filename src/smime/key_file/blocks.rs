//! The PEM blocks of a file of keys.

use super::{Found, KeyFileError};
use crate::smime::pem::Block;
use crate::smime::pkcs12::Skipped;

/// Keys in one file.
const MAX_KEYS: usize = 100;

impl Found {
    /// One block; certificates, parameters and what else a file may hold are no business of this one.
    pub(super) fn block(&mut self, block: &Block<'_>) -> Result<(), KeyFileError> {
        if !block.label.ends_with("PRIVATE KEY") {
            return Ok(());
        }
        if self.keys.len() + self.skipped.len() + self.locked >= MAX_KEYS {
            return Err(KeyFileError::TooMuchWork);
        }
        let Some(octets) = &block.octets else {
            self.skipped.push(Skipped::DamagedKey);
            return Ok(());
        };
        match block.label {
            "ENCRYPTED PRIVATE KEY" => self.encrypted_key(octets),
            "OPENSSH PRIVATE KEY" => {
                self.skipped.push(Skipped::SshKey);
                Ok(())
            }
            _ if block.field("Proc-Type").is_some_and(|value| value.ends_with("ENCRYPTED")) => {
                self.old_key(block.field("DEK-Info").unwrap_or_default(), octets)
            }
            _ => {
                self.key(octets);
                Ok(())
            }
        }
    }

    /// `DEK-Info: DES-EDE3-CBC,0123456789ABCDEF` (RFC 1421 section 4.6.1.3).
    fn old_key(&mut self, info: &str, encrypted: &[u8]) -> Result<(), KeyFileError> {
        let (cipher, iv) = info.split_once(',').unwrap_or((info, ""));
        let Some(iv) = unhex(iv.trim()) else {
            self.skipped.push(Skipped::DamagedKey);
            return Ok(());
        };
        match self.password.open_pem(cipher.trim(), &iv, encrypted) {
            Some(opened) => self.opened(opened),
            None => {
                self.skipped.push(Skipped::UnknownPemCipher);
                Ok(())
            }
        }
    }
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let nibbles: Vec<u8> =
        digits.chars().map(|digit| digit.to_digit(16).map(|nibble| nibble as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = nibbles.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
