//! Takes over one's own keys: PKCS#12, or PEM with key and certificate in one file.

use const_oid::ObjectIdentifier;
use der::Decode as _;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::Kdf;

use super::Desk;
use super::trust::certificates_of;
use crate::problem::{Explain, Problem};
use crate::smime::Address;
use crate::smime::crypto::{PrivateKey, oid_name};
use crate::smime::pkcs12::{self, Pkcs12Error, Pkcs12Warning};
use crate::smime::secret::Passphrase;
use crate::smime::x509::{Certificate, CertificationRequest, Validity, certificate_file};
use crate::store::StoreError;
use crate::store::identities::Added;
use crate::store::requests::Request;

/// One key that was taken over.
#[derive(Debug, Clone)]
pub struct ImportedKey {
    /// Its certificate.
    pub certificate: Certificate,
    /// The addresses that it is for now.
    pub addresses: Vec<Address>,
    /// What became of it.
    pub added: Added,
    /// For reading old mail only: expired, or without an address.
    pub reading_only: bool,
    /// What the authority was asked for, when this is its answer.
    pub asked: Option<CertificationRequest>,
}

/// Why a file's keys were not taken over.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityImportError {
    /// Neither PKCS#12 nor PEM nor certificates.
    #[error("no key in this file")]
    Unknown,
    /// Certificates, but no key.
    #[error("certificates without a key")]
    NoKey,
    /// Certificates, but no key, while requests wait for an answer.
    #[error("an answer to none of the requests")]
    NotTheAnswer,
    /// A key, but no certificate that fits it.
    #[error("a key without its certificate")]
    NoCertificate,
    /// It is protected, and no password was given.
    #[error("a password is needed")]
    PasswordNeeded,
    /// The password does not open it.
    #[error("wrong password")]
    WrongPassword,
    /// Damaged.
    #[error("damaged")]
    Damaged,
    /// Protected or encoded in a way that is not read here.
    #[error("unknown protection or kind of key")]
    Unsupported,
    /// The key itself is of a kind that is not used here.
    #[error("a key of the kind {algorithm}")]
    UnsupportedKey {
        /// Its algorithm or curve.
        algorithm: ObjectIdentifier,
    },
    /// It asks for more work than an honest file does.
    #[error("too much work")]
    TooMuchWork,
    /// The records or the vault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for IdentityImportError {
    fn explain(&self) -> Problem {
        match self {
            Self::Unknown => Problem::new(
                "This file holds no key.",
                "It is neither a .p12 file nor PEM text.",
                "Choose the file that your authority or your old mail program gave you (.p12, .pfx or .pem).",
            ),
            Self::NoKey => Problem::new(
                "This file holds certificates, but no private key.",
                "Without its key nothing can be opened or signed.",
                "If it is somebody else's, run: waxseal-cli contact import FILE.",
            ),
            Self::NotTheAnswer => Problem::new(
                "This file answers none of your requests.",
                "None of its certificates is for a key that waits here, and it holds no key itself.",
                "Choose the file that the authority made from your request. If it is somebody else's certificate, run: waxseal-cli contact import FILE.",
            ),
            Self::NoCertificate => Problem::new(
                "This file holds a key without its certificate.",
                "Nobody could say whose key it is.",
                "Put key and certificate in one file, or export a .p12 file that has both.",
            ),
            Self::PasswordNeeded => Problem::new(
                "This file is protected by a password.",
                "It was made with one, and none was given.",
                "Run this in a terminal, or give the password with --password-file.",
            ),
            Self::WrongPassword => Problem::new(
                "The password does not fit.",
                "It is not the one this file was made with. Capital letters count.",
                "Try again.",
            ),
            Self::Damaged => Problem::new(
                "This file is damaged.",
                "What it holds does not come out as a key.",
                "Export it again where it came from.",
            ),
            Self::Unsupported => Problem::new(
                "This file is of a kind that cannot be read here.",
                "Its protection, or its kind of key, is not known to this program.",
                "Export it again as a .p12 file with a current program.",
            ),
            Self::UnsupportedKey { algorithm } => Problem::new(
                "The key in this file cannot be used.",
                format!("Its key is of the kind {}, which Waxseal cannot use yet.", oid_name(*algorithm)),
                "Use a certificate with an RSA, P-256, P-384, P-521 or Ed25519 key.",
            ),
            Self::TooMuchWork => Problem::new(
                "This file asks for too much work.",
                "Its password would have to be tried more often than any honest file needs.",
                "Export it again where it came from.",
            ),
            Self::Store(error) => error.explain(),
        }
    }
}

impl Desk {
    /// Takes the keys of a .p12, .pfx or PEM file over, or an authority's answer to a request. Without a `password` the
    /// empty one is tried. Repeating it changes nothing.
    pub fn import_identity(
        &self,
        file: &[u8],
        password: Option<&Passphrase>,
    ) -> Result<Vec<ImportedKey>, IdentityImportError> {
        let KeyFile { keys, certificates } = match read_keys(file, password) {
            Err(IdentityImportError::NoKey) => self.answered(certificates_of(file).unwrap_or_default())?,
            read => read?,
        };
        let authorities: Vec<Certificate> =
            certificates.iter().filter(|certificate| certificate.is_authority()).cloned().collect();
        let mut known = authorities.clone();
        known.extend(self.store.intermediates()?);
        let requests = self.store.requests()?;
        let mut imported = Vec::new();
        for (key, certificate) in keys {
            let addresses = certificate.addresses().to_vec();
            let reading_only = addresses.is_empty() || certificate.validity(self.now) == Validity::Expired;
            let chain = chain_of(&certificate, &known);
            let name = certificate.display_name();
            let added = self.store.add_own_key(
                &name,
                &addresses,
                &certificate,
                &chain,
                &key,
                reading_only,
                self.now,
            )?;
            let request = request_of(&requests, &certificate);
            let asked = request.map(|request| request.asked.clone());
            if let Some(asked) = &asked {
                self.store.delete_request(&asked.key_fingerprint())?;
            }
            imported.push(ImportedKey { certificate, addresses, added, reading_only, asked });
        }
        for authority in &authorities {
            self.store.add_intermediate(authority)?;
        }
        Ok(imported)
    }

    /// Certificates by themselves, with the keys here that they are for: one that waits for an answer, or one whose
    /// answer has come already, for an authority may certify the same key again.
    fn answered(&self, certificates: Vec<Certificate>) -> Result<KeyFile, IdentityImportError> {
        let (requests, identities) = (self.store.requests()?, self.store.identities()?);
        let own_of = |certificate: &Certificate| {
            let own = identities.iter().flat_map(|identity| &identity.keys).map(|key| &key.certificate);
            let spki = certificate.public_key().to_spki_der();
            own.filter(|own| own.public_key().to_spki_der() == spki).find(|_| !certificate.is_self_signed())
        };
        let mut keys = Vec::new();
        for certificate in &certificates {
            let key = match (request_of(&requests, certificate), own_of(certificate)) {
                (Some(request), _) => self.store.request_key(&request.asked.key_fingerprint())?,
                (None, Some(own)) => self.store.private_key(&own.fingerprint())?,
                (None, None) => continue,
            };
            keys.push((key, certificate.clone()));
        }
        if !keys.is_empty() {
            return Ok(KeyFile { keys, certificates });
        }
        Err(if requests.is_empty() { IdentityImportError::NoKey } else { IdentityImportError::NotTheAnswer })
    }
}

fn request_of<'a>(requests: &'a [Request], certificate: &Certificate) -> Option<&'a Request> {
    let spki = certificate.public_key().to_spki_der();
    requests.iter().find(|request| request.asked.public_key().to_spki_der() == spki)
}

struct KeyFile {
    keys: Vec<(PrivateKey, Certificate)>,
    certificates: Vec<Certificate>,
}

fn read_keys(file: &[u8], password: Option<&Passphrase>) -> Result<KeyFile, IdentityImportError> {
    if pkcs12::looks_like(file) {
        return read_pkcs12(file, password);
    }
    // The armour that RFC 9216 prints its samples in.
    let text = String::from_utf8_lossy(file);
    if let Some((_, after)) = text.split_once("-----BEGIN PKCS12-----")
        && let Some((body, _)) = after.split_once("-----END ")
    {
        let pfx = zeroize::Zeroizing::new(base64(body).ok_or(IdentityImportError::Damaged)?);
        return read_pkcs12(&pfx, password);
    }
    let certificates = certificate_file::read(file).unwrap_or_default();
    let keys = pem_keys(file, password)?;
    if keys.is_empty() {
        return Err(if certificates.is_empty() {
            IdentityImportError::Unknown
        } else {
            IdentityImportError::NoKey
        });
    }
    let fitting = |key: &PrivateKey| {
        let spki = key.public_key().to_spki_der();
        certificates.iter().find(|certificate| certificate.public_key().to_spki_der() == spki).cloned()
    };
    let keys: Vec<_> = keys.into_iter().filter_map(|key| fitting(&key).map(|found| (key, found))).collect();
    if keys.is_empty() {
        return Err(IdentityImportError::NoCertificate);
    }
    Ok(KeyFile { keys, certificates })
}

fn read_pkcs12(file: &[u8], password: Option<&Passphrase>) -> Result<KeyFile, IdentityImportError> {
    let empty = Passphrase::default();
    let pfx = pkcs12::read(file, password.unwrap_or(&empty)).map_err(|error| match error {
        Pkcs12Error::Malformed => IdentityImportError::Damaged,
        Pkcs12Error::WrongPassword if password.is_none() => IdentityImportError::PasswordNeeded,
        Pkcs12Error::WrongPassword => IdentityImportError::WrongPassword,
        Pkcs12Error::Unsupported => IdentityImportError::Unsupported,
        Pkcs12Error::Iterations => IdentityImportError::TooMuchWork,
    })?;
    if pfx.keys.is_empty() {
        let unread = pfx.warnings.iter().find_map(|warning| match warning {
            Pkcs12Warning::UnsupportedKey { algorithm } => Some(*algorithm),
            Pkcs12Warning::NoMac => None,
        });
        return Err(unread.map_or(IdentityImportError::NoKey, |algorithm| {
            IdentityImportError::UnsupportedKey { algorithm }
        }));
    }
    let keys: Vec<_> =
        pfx.keys.into_iter().filter_map(|pair| pair.certificate.map(|found| (pair.key, found))).collect();
    if keys.is_empty() {
        return Err(IdentityImportError::NoCertificate);
    }
    Ok(KeyFile { keys, certificates: pfx.certificates })
}

/// Rounds of PBKDF2, and N of scrypt, beyond which a file is hostile.
const MAX_ROUNDS: u32 = 10_000_000;
const MAX_SCRYPT_COST: u64 = 1 << 20;
/// PEM blocks in one file.
const MAX_BLOCKS: usize = 1_000;

/// The keys among the PEM blocks (RFC 7468) of a file.
fn pem_keys(file: &[u8], password: Option<&Passphrase>) -> Result<Vec<PrivateKey>, IdentityImportError> {
    let text = String::from_utf8_lossy(file);
    let mut keys = Vec::new();
    let mut rest = text.as_ref();
    for _ in 0..MAX_BLOCKS {
        let Some((_, after)) = rest.split_once("-----BEGIN ") else { break };
        let Some((label, after)) = after.split_once("-----") else { break };
        let Some((body, after)) = after.split_once("-----END ") else { break };
        rest = after;
        if !label.ends_with("PRIVATE KEY") {
            continue;
        }
        // The old protection by header fields (RFC 1421).
        if body.contains("Proc-Type:") {
            return Err(IdentityImportError::Unsupported);
        }
        let der = zeroize::Zeroizing::new(base64(body).ok_or(IdentityImportError::Damaged)?);
        keys.push(if label == "ENCRYPTED PRIVATE KEY" { decrypt(&der, password)? } else { plain_key(&der)? });
    }
    Ok(keys)
}

fn base64(body: &str) -> Option<Vec<u8>> {
    let digits: zeroize::Zeroizing<Vec<u8>> =
        zeroize::Zeroizing::new(body.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect());
    base64_simd::STANDARD.decode_to_vec(&digits[..]).ok()
}

fn decrypt(der: &[u8], password: Option<&Passphrase>) -> Result<PrivateKey, IdentityImportError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|_| IdentityImportError::Unsupported)?;
    let rounds_bounded = match info.encryption_algorithm.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Pbkdf2(parameters)) => parameters.iteration_count <= MAX_ROUNDS,
        Some(Kdf::Scrypt(parameters)) => {
            parameters.cost_parameter.saturating_mul(u64::from(parameters.block_size)) <= MAX_SCRYPT_COST
                && parameters.parallelization <= 16
        }
        Some(_) | None => return Err(IdentityImportError::Unsupported),
    };
    if !rounds_bounded {
        return Err(IdentityImportError::TooMuchWork);
    }
    let wrong = if password.is_some() {
        IdentityImportError::WrongPassword
    } else {
        IdentityImportError::PasswordNeeded
    };
    let words = password.map_or("", Passphrase::expose);
    let opened = info.decrypt(words).map_err(|_| wrong)?;
    plain_key(opened.as_bytes())
}

fn plain_key(der: &[u8]) -> Result<PrivateKey, IdentityImportError> {
    PrivateKey::from_der(der).map_err(|_| match PrivateKey::algorithm_of(der) {
        Some(algorithm) => IdentityImportError::UnsupportedKey { algorithm },
        None => IdentityImportError::Unsupported,
    })
}

/// The authorities above `certificate`, its own issuer first, without a self-signed one.
fn chain_of(certificate: &Certificate, authorities: &[Certificate]) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    let mut below = certificate;
    while let Some(issuer) = authorities.iter().find(|issuer| {
        below.issuer() == issuer.subject()
            && !issuer.is_self_signed()
            && !chain.contains(issuer)
            && below.is_signed_by(issuer)
    }) {
        chain.push(issuer.clone());
        below = issuer;
    }
    chain
}
