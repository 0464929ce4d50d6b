//! Protected key files: one `ENCRYPTED PRIVATE KEY` per key, under one passphrase for the profile.
//!
//! PKCS#8 (RFC 5958) with PBES2 (RFC 8018), scrypt (RFC 7914) and AES-256-CBC: `openssl pkey` reads them.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pkcs8::der::pem::{LineEnding, PemLabel as _};
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use rand_core::Rng as _;

use super::{AskPassphrase, Vault, VaultKind};
use crate::smime::{Fingerprint, crypto::PrivateKey, secret::Passphrase, secret::SecretBytes};
use crate::store::{OutputFile, StoreError, clock, paths};

/// scrypt's costs. OpenSSL 3.0 refuses N ≥ 2^15 at r = 8 for want of memory, so p makes up for it.
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 8;
/// No key file of ours is larger: RSA-4096 takes 3.4 KB.
const LARGEST: u64 = 64 << 10;

/// The key files in one folder.
pub struct KeyFiles {
    folder: PathBuf,
    ask: Box<dyn AskPassphrase>,
    /// The passphrase, once it has fitted.
    known: Mutex<Option<Passphrase>>,
}

impl KeyFiles {
    /// Nothing is read or asked before a key is wanted.
    pub fn new(folder: PathBuf, ask: Box<dyn AskPassphrase>) -> Self {
        Self { folder, ask, known: Mutex::new(None) }
    }

    fn path(&self, name: &Fingerprint) -> PathBuf {
        self.folder.join(format!("{name}.pem"))
    }

    /// Any key file: the passphrase must fit all, so it is tried on one.
    fn any(&self) -> Result<Option<PathBuf>, StoreError> {
        let fail = |error: io::Error| StoreError::from_io(&self.folder, &error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        for entry in entries {
            let path = entry.map_err(fail)?.path();
            let ours = path.file_stem().and_then(|stem| stem.to_str()).map(str::parse::<Fingerprint>);
            if path.extension().is_some_and(|extension| extension == "pem") && matches!(ours, Some(Ok(_))) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Holds the folder, so that two processes do not choose two passphrases.
    fn hold(&self) -> Result<File, StoreError> {
        let path = self.folder.join(".lock");
        let file = paths::open_private(&path)?;
        file.lock().map_err(|error| StoreError::from_io(&path, &error))?;
        Ok(file)
    }
}

impl Vault for KeyFiles {
    fn kind(&self) -> VaultKind {
        VaultKind::File
    }

    fn check(&self) -> Result<(), StoreError> {
        paths::make_folder(&self.folder)?;
        let fail = |error: io::Error| StoreError::from_io(&self.folder, &error);
        let mut trial = tempfile::tempfile_in(&self.folder).map_err(fail)?;
        trial.write_all(&[0; 4096]).and_then(|()| trial.sync_all()).map_err(fail)
    }

    fn put(&self, name: &Fingerprint, key: &PrivateKey) -> Result<(), StoreError> {
        paths::make_folder(&self.folder)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let passphrase = match &*known {
            Some(passphrase) => passphrase.clone(),
            None => self.ask.ask(self.any()?.is_none())?,
        };
        let _held = self.hold()?;
        if known.is_none() {
            // The passphrase must fit all key files, so it is tried on one.
            if let Some(other) = self.any()? {
                drop(unlock(&read(&other)?, &passphrase)?);
            }
        }
        let damaged = StoreError::KeyDamaged { fingerprint: *name, vault: VaultKind::File };
        let pem = lock(key, &passphrase).ok_or(damaged)?;
        let path = self.path(name);
        let write = || {
            let mut file = OutputFile::create(&path)?;
            file.write_all(pem.as_bytes())?;
            file.commit()
        };
        write().map_err(|error| StoreError::from_io(&path, &error))?;
        *known = Some(passphrase);
        Ok(())
    }

    fn get(&self, name: &Fingerprint) -> Result<PrivateKey, StoreError> {
        let path = self.path(name);
        let vault = VaultKind::File;
        let pem = match read(&path) {
            Ok(pem) => pem,
            Err(StoreError::File { kind: io::ErrorKind::NotFound, .. }) => {
                return Err(StoreError::KeyMissing { fingerprint: *name, vault });
            }
            Err(error) => return Err(error),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let passphrase = match &*known {
            Some(passphrase) => passphrase.clone(),
            None => self.ask.ask(false)?,
        };
        let damaged = StoreError::KeyDamaged { fingerprint: *name, vault };
        let der = match unlock(&pem, &passphrase) {
            // It has fitted other keys: this file is the one that is wrong.
            Err(StoreError::WrongPassphrase) if known.is_some() => return Err(damaged),
            Err(StoreError::Damaged { .. }) => return Err(damaged),
            der => der?,
        };
        let key = PrivateKey::from_der(der.as_bytes()).map_err(|_| damaged)?;
        *known = Some(passphrase);
        Ok(key)
    }

    fn delete(&self, name: &Fingerprint) -> Result<(), StoreError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::from_io(&path, &error)),
            _ => Ok(()),
        }
    }
}

/// A key file's text and where it was read, for sentences.
struct KeyFile {
    path: PathBuf,
    pem: String,
}

fn read(path: &Path) -> Result<KeyFile, StoreError> {
    let fail = |error: io::Error| StoreError::from_io(path, &error);
    let mut octets = Vec::new();
    File::open(path).map_err(fail)?.take(LARGEST).read_to_end(&mut octets).map_err(fail)?;
    let pem = String::from_utf8(octets).map_err(|_| StoreError::Damaged { path: path.to_owned() })?;
    Ok(KeyFile { path: path.to_owned(), pem })
}

/// `None` only if the key cannot be written as PKCS#8, which no key of ours is.
fn lock(key: &PrivateKey, passphrase: &Passphrase) -> Option<zeroize::Zeroizing<String>> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    let mut rng = clock::rng();
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut iv);
    let costs = scrypt::Params::new(LOG_N, R, P).ok()?;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(costs, &salt, iv).ok()?;
    let der: SecretBytes = key.to_pkcs8_der();
    let info = PrivateKeyInfoRef::try_from(der.expose()).ok()?;
    let locked = info.encrypt_with_params(parameters, passphrase.expose()).ok()?;
    locked.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF).ok()
}

/// Padding tells a wrong passphrase in 255 of 256 cases, the PKCS#8 inside in the others.
fn unlock(file: &KeyFile, passphrase: &Passphrase) -> Result<SecretDocument, StoreError> {
    let damaged = || StoreError::Damaged { path: file.path.clone() };
    let (label, document) = SecretDocument::from_pem(&file.pem).map_err(|_| damaged())?;
    if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
        return Err(damaged());
    }
    let locked: EncryptedPrivateKeyInfoRef<'_> = document.decode_msg().map_err(|_| damaged())?;
    locked.decrypt(passphrase.expose()).map_err(|_| StoreError::WrongPassphrase)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::smime::crypto::KeyKind;

    struct Asked(&'static str, Arc<AtomicUsize>);

    impl AskPassphrase for Asked {
        fn ask(&self, _new: bool) -> Result<Passphrase, StoreError> {
            self.1.fetch_add(1, Ordering::SeqCst);
            Ok(Passphrase::from(self.0.to_owned()))
        }
    }

    fn files(folder: &Path, passphrase: &'static str) -> KeyFiles {
        KeyFiles::new(folder.to_owned(), Box::new(Passphrase::from(passphrase.to_owned())))
    }

    fn key() -> PrivateKey {
        PrivateKey::generate(KeyKind::P256, &mut clock::rng())
    }

    #[test]
    fn a_key_comes_back_and_the_passphrase_is_asked_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let vault =
            KeyFiles::new(folder.path().join("keys"), Box::new(Asked("correct horse", asked.clone())));
        let (one, two) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        let keys = (key(), key());
        vault.put(&one, &keys.0).unwrap();
        vault.put(&two, &keys.1).unwrap();
        assert_eq!(vault.get(&one).unwrap().to_pkcs8_der().expose(), keys.0.to_pkcs8_der().expose());
        assert_eq!(vault.get(&two).unwrap().to_pkcs8_der().expose(), keys.1.to_pkcs8_der().expose());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        vault.delete(&one).unwrap();
        vault.delete(&one).unwrap();
        assert!(matches!(vault.get(&one), Err(StoreError::KeyMissing { .. })));
    }

    #[test]
    fn another_passphrase_neither_opens_nor_adds() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        files(folder.path(), "correct horse").put(&one, &key()).unwrap();
        let other = files(folder.path(), "wrong horse");
        assert!(matches!(other.get(&one), Err(StoreError::WrongPassphrase)));
        assert!(matches!(other.put(&two, &key()), Err(StoreError::WrongPassphrase)));
        assert!(!other.path(&two).exists());
    }

    #[test]
    fn an_empty_passphrase_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let name = Fingerprint::of(b"1");
        files(folder.path(), "").put(&name, &key()).unwrap();
        assert!(files(folder.path(), "").get(&name).is_ok());
        assert!(matches!(files(folder.path(), "x").get(&name), Err(StoreError::WrongPassphrase)));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let vault = files(&folder.path().join("keys"), "correct horse");
        let name = Fingerprint::of(b"1");
        vault.put(&name, &key()).unwrap();
        assert_eq!(fs::metadata(vault.path(&name)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&vault.folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn openssl_reads_a_key_file() {
        let folder = tempfile::tempdir().unwrap();
        let vault = files(folder.path(), "correct horse");
        let name = Fingerprint::of(b"1");
        let key = key();
        vault.put(&name, &key).unwrap();
        let run = Command::new("openssl")
            .args(["pkey", "-outform", "DER", "-pubout", "-passin", "pass:correct horse", "-in"])
            .arg(vault.path(&name))
            .output();
        let Ok(output) = run else {
            eprintln!("skipped: openssl not found");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, key.public_key().to_spki_der());
    }
}
