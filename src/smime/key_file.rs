//! Files that hold one's own keys, in every clothing: PKCS#12, PKCS#8 and the older forms, DER and PEM, several in one.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::smime::asn1::{Cursor, tag};
use crate::smime::crypto::PrivateKey;
use crate::smime::crypto::pbe::{FilePassword, PbeError};
use crate::smime::pem;
use crate::smime::pkcs12::{self, CertBag, Integrity, KeyBag, Pkcs12Error, Skipped};
use crate::smime::secret::Passphrase;
use crate::smime::x509::{Certificate, certificate_file};

mod blocks;

/// What a file holds.
#[derive(Debug)]
pub struct KeyFile {
    /// Every key, once.
    pub keys: Vec<KeyAndCertificates>,
    /// Certificates that no key in the file fits: the chain above them, and other people's.
    pub certificates: Vec<Certificate>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
    /// What the MAC of a PKCS#12 file says; other files have none to miss.
    pub integrity: Option<Integrity>,
}

/// One key with the certificates that fit it.
#[derive(Debug)]
pub struct KeyAndCertificates {
    /// The key itself.
    pub key: PrivateKey,
    /// The certificates with its public key: the one that the file pairs with it first, then those that live longest.
    pub certificates: Vec<Certificate>,
    /// What the file's maker called it, fit to be shown.
    pub friendly_name: Option<String>,
}

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Neither keys nor certificates are in it.
    #[error("no key in this file")]
    Unknown,
    /// It begins like a file of keys and is broken.
    #[error("this file is damaged")]
    Damaged,
    /// It is protected, no password was given, and the empty one does not open it.
    #[error("a password is needed")]
    PasswordNeeded,
    /// The password does not open it.
    #[error("wrong password")]
    WrongPassword,
    /// Protected by a signature instead of a password.
    #[error("this PKCS#12 file is protected by a signature")]
    Signed,
    /// Opening it would take too long.
    #[error("this file asks for too much work")]
    TooMuchWork,
}

/// The keys and certificates in a file. Without a `password` the empty one is tried.
pub fn read(file: &[u8], password: Option<&Passphrase>) -> Result<KeyFile, KeyFileError> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if pkcs12::looks_like(file) {
        return read_pkcs12(file, password);
    }
    if file.first() == Some(&tag::SEQUENCE) {
        return binary(file, password);
    }
    let blocks = pem::blocks(file);
    // The armour that RFC 9216 prints its samples in.
    if let Some(pfx) = blocks.iter().find(|block| block.label == "PKCS12") {
        return read_pkcs12(pfx.octets.as_ref().ok_or(KeyFileError::Damaged)?, password);
    }
    if blocks.is_empty() {
        let octets = base64_simd::forgiving_decode_to_vec(file).map_err(|_| KeyFileError::Unknown)?;
        let octets = Zeroizing::new(octets);
        if pkcs12::looks_like(&octets) {
            return read_pkcs12(&octets, password);
        }
        if octets.first() != Some(&tag::SEQUENCE) {
            return Err(KeyFileError::Unknown);
        }
        return binary(&octets, password);
    }
    let mut found = Found::new(password);
    for block in &blocks {
        found.block(block)?;
    }
    found.finish(certificate_file::read(file).unwrap_or_default())
}

fn read_pkcs12(file: &[u8], password: Option<&Passphrase>) -> Result<KeyFile, KeyFileError> {
    let empty = Passphrase::default();
    let pfx = pkcs12::read(file, password.unwrap_or(&empty)).map_err(|error| match error {
        Pkcs12Error::Malformed => KeyFileError::Damaged,
        Pkcs12Error::WrongPassword if password.is_none() => KeyFileError::PasswordNeeded,
        Pkcs12Error::WrongPassword => KeyFileError::WrongPassword,
        Pkcs12Error::Signed => KeyFileError::Signed,
        Pkcs12Error::TooMuchWork => KeyFileError::TooMuchWork,
    })?;
    let (keys, certificates) = sort_out(pfx.keys, pfx.certificates);
    Ok(KeyFile { keys, certificates, skipped: pfx.skipped, integrity: Some(pfx.integrity) })
}

/// A single key in DER; or certificates alone.
fn binary(octets: &[u8], password: Option<&Passphrase>) -> Result<KeyFile, KeyFileError> {
    if let Ok(certificates) = certificate_file::read(octets) {
        return Found::new(password).finish(certificates);
    }
    let mut found = Found::new(password);
    let first = Cursor::new(octets).element().map_err(|_| KeyFileError::Damaged)?;
    let mut parts = first.cursor();
    match (parts.optional(tag::SEQUENCE), parts.optional(tag::OCTET_STRING)) {
        (Ok(Some(_)), Ok(Some(_))) => found.encrypted_key(first.der)?,
        _ => found.key(first.der),
    }
    let only_noise = found.keys.is_empty() && found.skipped.contains(&Skipped::DamagedKey);
    if only_noise { Err(KeyFileError::Unknown) } else { found.finish(Vec::new()) }
}

/// What has been found so far in a file that is not PKCS#12.
struct Found {
    password: FilePassword,
    /// One was given.
    given: bool,
    keys: Vec<KeyBag>,
    skipped: Vec<Skipped>,
    /// Keys that the password does not open.
    locked: usize,
}

impl Found {
    fn new(password: Option<&Passphrase>) -> Self {
        let empty = Passphrase::default();
        Self {
            password: FilePassword::new(password.unwrap_or(&empty)),
            given: password.is_some(),
            keys: Vec::new(),
            skipped: Vec::new(),
            locked: 0,
        }
    }

    /// A PrivateKeyInfo, RSAPrivateKey or ECPrivateKey.
    fn key(&mut self, ber: &[u8]) {
        match pkcs12::private_key(ber) {
            Ok(key) => self.keys.push(KeyBag { key, friendly_name: None, local_key_id: None }),
            Err(skipped) => self.skipped.push(skipped),
        }
    }

    /// ```text
    /// EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
    /// ```
    /// RFC 5958 section 3.
    fn encrypted_key(&mut self, ber: &[u8]) -> Result<(), KeyFileError> {
        let opened = pkcs12::to_der(ber).map_err(|_| PbeError::Malformed).and_then(|der| {
            let mut info = Cursor::new(&der).only(tag::SEQUENCE)?.cursor();
            let (algorithm, encrypted) = (info.expect(tag::SEQUENCE)?, info.expect(tag::OCTET_STRING)?);
            self.password.open(algorithm, encrypted.content)
        });
        self.opened(opened)
    }

    fn opened(&mut self, opened: Result<Zeroizing<Vec<u8>>, PbeError>) -> Result<(), KeyFileError> {
        match opened {
            Ok(plain) => self.key(&plain),
            Err(PbeError::WrongPassword) => self.locked += 1,
            Err(PbeError::Unsupported(algorithm)) => self.skipped.push(Skipped::UnknownCipher { algorithm }),
            Err(PbeError::Malformed) => self.skipped.push(Skipped::DamagedKey),
            Err(PbeError::TooMuchWork) => return Err(KeyFileError::TooMuchWork),
        }
        Ok(())
    }

    fn finish(mut self, certificates: Vec<Certificate>) -> Result<KeyFile, KeyFileError> {
        match (self.locked, self.given) {
            (0, _) => {}
            (_, false) => return Err(KeyFileError::PasswordNeeded),
            (_, true) if self.keys.is_empty() => return Err(KeyFileError::WrongPassword),
            (locked, true) => self.skipped.extend(std::iter::repeat_n(Skipped::OtherPassword, locked)),
        }
        if self.keys.is_empty() && self.skipped.is_empty() && certificates.is_empty() {
            return Err(KeyFileError::Unknown);
        }
        let bag = |certificate| CertBag { certificate, friendly_name: None, local_key_id: None };
        let (keys, certificates) = sort_out(self.keys, certificates.into_iter().map(bag).collect());
        Ok(KeyFile { keys, certificates, skipped: self.skipped, integrity: None })
    }
}

/// Every key once, with the certificates that have its public key; and the certificates that no key has.
fn sort_out(keys: Vec<KeyBag>, bags: Vec<CertBag>) -> (Vec<KeyAndCertificates>, Vec<Certificate>) {
    let mut seen = HashSet::new();
    let mut rest = bags;
    rest.retain(|bag| seen.insert(bag.certificate.fingerprint()));
    let mut sorted: Vec<KeyAndCertificates> = Vec::new();
    for bag in keys {
        if sorted.iter().any(|known| known.key.public_key() == bag.key.public_key()) {
            continue;
        }
        let (mut own, others): (Vec<CertBag>, Vec<CertBag>) =
            rest.into_iter().partition(|cert| bag.key.matches(cert.certificate.public_key()));
        rest = others;
        own.sort_by_key(|cert| {
            let paired = bag.local_key_id.is_some() && cert.local_key_id == bag.local_key_id;
            std::cmp::Reverse((paired, cert.certificate.not_after()))
        });
        let theirs = own.iter().find_map(|cert| cert.friendly_name.clone());
        sorted.push(KeyAndCertificates {
            friendly_name: bag.friendly_name.or(theirs),
            certificates: own.into_iter().map(|cert| cert.certificate).collect(),
            key: bag.key,
        });
    }
    (sorted, rest.into_iter().map(|cert| cert.certificate).collect())
}

#[cfg(test)]
mod tests;
