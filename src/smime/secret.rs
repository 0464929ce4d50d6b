//! Secrets: zeroized when dropped, `…` when printed.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// Words that a person typed or a file's first line held. May be empty: an empty passphrase is one, too.
#[derive(Clone, Default)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The words themselves, for the one who derives a key from them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Passphrase {
    fn from(words: String) -> Self {
        Self(Zeroizing::new(words))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Secret octets of any kind: a content-encryption key, a DER private key.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the octets over.
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Zeroizing<Vec<u8>>> for SecretBytes {
    fn from(octets: Zeroizing<Vec<u8>>) -> Self {
        Self(octets)
    }
}

impl Zeroize for SecretBytes {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

/// The key that one content is encrypted under (CEK; RFC 5652 section 6).
pub type ContentEncryptionKey = SecretBytes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_printed() {
        let passphrase = Passphrase::from("correct horse".to_owned());
        let key = SecretBytes::new(vec![0x41; 4]);
        assert_eq!(format!("{passphrase:?} {key:?}"), "Passphrase(…) SecretBytes(…)");
    }
}
