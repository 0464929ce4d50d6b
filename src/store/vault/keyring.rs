//! The operating system's keyring: the Secret Service on Linux, the keychain on macOS, the credential manager
//! on Windows.
//!
//! Entries hold raw PKCS#8 DER (Windows has room for 2 560 octets: RSA-4096 takes 2 348) and are named by the
//! profile's random id and the certificate's fingerprint. Other programs of the same user can read an unlocked
//! keyring.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::{Vault, VaultKind};
use crate::smime::{Fingerprint, crypto::PrivateKey};
use crate::store::StoreError;

/// The service all entries belong to.
const SERVICE: &str = "Waxseal";
/// Connecting asks nobody anything.
const CONNECTING: Duration = Duration::from_secs(15);
/// Reading and writing may have to wait for a person who types the keyring's password.
const UNLOCKING: Duration = Duration::from_secs(60);

/// The keyring, connected to when the first key is wanted.
pub struct Keyring {
    profile: String,
    store: Mutex<Option<Arc<CredentialStore>>>,
}

impl Keyring {
    /// The keys of the profile with this id.
    pub fn new(profile: String) -> Self {
        Self { profile, store: Mutex::new(None) }
    }

    fn store(&self) -> Result<Arc<CredentialStore>, StoreError> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*store {
            return Ok(store.clone());
        }
        let connected = within(CONNECTING, connect)?.map_err(|error| refusal(&error))?;
        Ok(store.insert(connected).clone())
    }

    /// What an entry is called.
    fn user(&self, name: &str) -> String {
        format!("{}/{name}", self.profile)
    }

    /// Does `work` with the entry called `name` of this profile.
    fn with<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<keyring_core::Result<T>, StoreError> {
        let store = self.store()?;
        let user = self.user(name);
        let name = name.to_owned();
        within(UNLOCKING, move || work(&entry(&*store, &user, &name)?))
    }
}

impl Vault for Keyring {
    fn kind(&self) -> VaultKind {
        VaultKind::Keyring
    }

    fn check(&self) -> Result<(), StoreError> {
        // A locked or missing collection looks empty to a reader: only writing tells.
        let name = format!("trial-{}", std::process::id());
        let trial = |entry: &Entry| {
            entry.set_secret(b"Waxseal was here")?;
            let back = entry.get_secret();
            entry.delete_credential()?;
            back.map(|back| back == b"Waxseal was here")
        };
        match self.with(&name, trial)? {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::KeyringRefused),
            Err(error) => Err(refusal(&error)),
        }
    }

    fn put(&self, name: &Fingerprint, key: &PrivateKey) -> Result<(), StoreError> {
        let der = key.to_pkcs8_der();
        self.with(&name.to_string(), move |entry| {
            entry.set_secret(der.expose())?;
            // What cannot be read back was not kept.
            Ok(Zeroizing::new(entry.get_secret()?).as_slice() == der.expose())
        })?
        .map_err(|error| refusal(&error))?
        .then_some(())
        .ok_or(StoreError::KeyringRefused)
    }

    fn get(&self, name: &Fingerprint) -> Result<PrivateKey, StoreError> {
        let (fingerprint, vault) = (*name, VaultKind::Keyring);
        let name = name.to_string();
        let secret = match at_once(self.user(&name)) {
            Some(secret) => Ok(secret),
            None => self.with(&name, |entry| entry.get_secret().map(Zeroizing::new))?,
        };
        match secret {
            Ok(der) => PrivateKey::from_der(&der).map_err(|_| StoreError::KeyDamaged { fingerprint, vault }),
            Err(Error::NoEntry) => {
                // A collection that is locked or away says "no entry", too.
                self.check()?;
                Err(StoreError::KeyMissing { fingerprint, vault })
            }
            Err(error) => Err(refusal(&error)),
        }
    }

    fn delete(&self, name: &Fingerprint) -> Result<(), StoreError> {
        match self.with(&name.to_string(), Entry::delete_credential)? {
            Err(Error::NoEntry) => self.check(),
            other => other.map_err(|error| refusal(&error)),
        }
    }
}

/// Runs `work` on a thread of its own and waits for it so long: a call over D-Bus may never come back. The
/// thread of one that did not is left to the end of the process.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let (done, result) = mpsc::sync_channel(1);
    let started = thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        // Nobody is listening any more once the time is over.
        let _ = done.send(work());
    });
    started.map_err(|_| StoreError::KeyringRefused)?;
    result.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => StoreError::KeyringSilent { seconds: limit.as_secs() },
        mpsc::RecvTimeoutError::Disconnected => StoreError::KeyringRefused,
    })
}

#[cfg(target_os = "linux")]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(target_os = "macos")]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}

#[cfg(target_os = "windows")]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = windows_native_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(Error::NoDefaultStore)
}

/// The secret of an entry, if it is the only one and open; else the store is asked, which waits for a person and tells why
/// it failed.
///
/// The store's session begins with a key exchange, in a group of 1024 bits, that takes longer than all the rest of a short
/// command. It keeps a secret from those who only listen on the bus. But the session bus is a socket that the user alone
/// can open, and whoever listens there can ask the unlocked keyring for the same secret. So reading goes without it.
#[cfg(target_os = "linux")]
fn at_once(user: String) -> Option<Zeroizing<Vec<u8>>> {
    use secret_service::{EncryptionType, blocking::SecretService};
    let read = move || {
        let service = SecretService::connect(EncryptionType::Plain).ok()?;
        let attributes = std::collections::HashMap::from([("service", SERVICE), ("username", user.as_str())]);
        let found = service.search_items(attributes).ok()?;
        match (found.unlocked.as_slice(), found.locked.as_slice()) {
            ([item], []) => item.get_secret().ok().map(Zeroizing::new),
            _ => None,
        }
    };
    within(CONNECTING, read).ok().flatten()
}

#[cfg(not(target_os = "linux"))]
fn at_once(_user: String) -> Option<Zeroizing<Vec<u8>>> {
    None
}

/// On Linux entries get a label for the person who looks through their keyring; the others have none.
#[cfg(target_os = "linux")]
fn entry(store: &CredentialStore, user: &str, name: &str) -> keyring_core::Result<Entry> {
    let label = format!("Waxseal key {}", name.get(..16).unwrap_or(name));
    store.build(SERVICE, user, Some(&std::collections::HashMap::from([("label", label.as_str())])))
}

#[cfg(not(target_os = "linux"))]
fn entry(store: &CredentialStore, user: &str, _name: &str) -> keyring_core::Result<Entry> {
    store.build(SERVICE, user, None)
}

/// Tells the failing states of a Secret Service apart. The causes are types of crates behind the keyring's, so
/// they are known by their names in the debug text.
fn refusal(error: &Error) -> StoreError {
    let cause = match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => format!("{cause:?}"),
        Error::TooLong(_, limit) => return StoreError::TooLargeForKeyring { limit: *limit },
        Error::NoDefaultStore => return StoreError::NoKeyringService,
        // Not our enum, and it may grow.
        _ => return StoreError::KeyringRefused,
    };
    let has = |words: &[&str]| words.iter().any(|word| cause.contains(word));
    if has(&["ServiceUnknown", "NameHasNoOwner", "Spawn."]) {
        StoreError::NoKeyringService
    } else if has(&["NoResult", "NoSuchObject", "UnknownObject"]) {
        StoreError::NoCollection
    } else if has(&["Locked", "Prompt"]) || matches!(error, Error::NoStorageAccess(_)) {
        StoreError::KeyringLocked
    } else if has(&["Unavailable", "InputOutput", "Address", "Handshake"]) {
        StoreError::NoBus
    } else {
        StoreError::KeyringRefused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_never_comes_back_is_given_up() {
        let late = within(Duration::from_millis(20), || thread::sleep(Duration::from_secs(5)));
        assert!(matches!(late, Err(StoreError::KeyringSilent { .. })));
        assert_eq!(within(Duration::from_secs(5), || 7).unwrap(), 7);
    }

    #[test]
    fn a_call_that_breaks_down_is_an_answer() {
        let broken = within::<()>(Duration::from_secs(5), || panic!("as a test"));
        assert!(matches!(broken, Err(StoreError::KeyringRefused)));
    }

    #[test]
    fn the_failing_states_are_told_apart() {
        let platform = |text: &str| Error::PlatformFailure(text.to_owned().into());
        let access = |text: &str| Error::NoStorageAccess(text.to_owned().into());
        assert!(matches!(refusal(&platform("Unavailable")), StoreError::NoBus));
        assert!(matches!(
            refusal(&platform(
                "Zbus(MethodError(OwnedErrorName(\"org.freedesktop.DBus.Error.ServiceUnknown\")))"
            )),
            StoreError::NoKeyringService
        ));
        assert!(matches!(refusal(&access("NoResult")), StoreError::NoCollection));
        assert!(matches!(refusal(&access("Prompt")), StoreError::KeyringLocked));
        assert!(matches!(refusal(&platform("Locked")), StoreError::KeyringLocked));
        assert!(matches!(
            refusal(&Error::TooLong("secret".into(), 2560)),
            StoreError::TooLargeForKeyring { limit: 2560 }
        ));
    }
}
