//! The key of a profile, under which messages, drafts and their files are sealed at rest.
//!
//! It lives in a vault like a person's own keys, and in the shape of one: 32 random octets as an X25519 private key,
//! so that the keyring and the key files keep it as they keep every other. It agrees on nothing: keys for AES-256-GCM
//! are derived from it (HKDF, RFC 5869), one for each thing that is sealed.

use std::fmt;
use std::sync::PoisonError;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::Rng as _;
use rusqlite::OptionalExtension as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::identities::read_vault;
use super::sealed_chunk::{ChunkCipher, TAG};
use super::vault::VaultKind;
use super::{Store, StoreError, clock};
use crate::smime::Fingerprint;
use crate::smime::crypto::PrivateKey;

/// The first octet of what [`SealingKey::seal`] writes.
const VERSION: u8 = 1;
const SALT: usize = 32;

/// Names one thing that is kept: a message, a draft, a file of a draft.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeptId([u8; 16]);

impl KeptId {
    /// A new name.
    pub fn random() -> Self {
        let mut octets = [0; 16];
        clock::rng().fill_bytes(&mut octets);
        Self(octets)
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 hexadecimal digits.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let digit = |octet: &u8| char::from(*octet).to_digit(16).map(|digit| digit as u8);
        let digits: Vec<u8> = text.as_bytes().iter().map(digit).collect::<Option<_>>()?;
        let octets: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        Some(octets).filter(|_| digits.len() == 32)?.try_into().ok().map(Self)
    }
}

impl From<[u8; 16]> for KeptId {
    fn from(octets: [u8; 16]) -> Self {
        Self(octets)
    }
}

impl fmt::Display for KeptId {
    /// 32 lower-case digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for KeptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptId({self})")
    }
}

/// What a sealed thing is; one kind never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What is said of a message.
    Message,
    /// A draft.
    Draft,
    /// A file in the folder of kept files.
    File,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Message => b"waxseal message ",
            Self::Draft => b"waxseal draft ",
            Self::File => b"waxseal file ",
        }
    }
}

/// The 32 octets. Zeroized when dropped, `…` when printed.
#[derive(Clone)]
pub(super) struct SealingKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

impl SealingKey {
    fn random() -> Self {
        let mut octets = Zeroizing::new([0; 32]);
        clock::rng().fill_bytes(octets.as_mut());
        Self(octets)
    }

    /// The cipher for one thing: nothing else is sealed under this key as long as `salt` is new.
    pub(super) fn cipher(&self, purpose: Purpose, id: KeptId, salt: &[u8]) -> std::io::Result<ChunkCipher> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(salt), self.0.as_ref())
            .expand(&[purpose.label(), id.as_bytes()].concat(), key.as_mut())
            .map_err(|_| std::io::ErrorKind::InvalidInput)?;
        ChunkCipher::new(key.as_ref())
    }

    /// The name for a content with this hash: the same for the same content, and nobody without the key can tell
    /// whether it is the name of a content that they know.
    pub(super) fn name(&self, kind: &[u8], hash: &[u8]) -> KeptId {
        let mut id = [0; 16];
        // proof: HMAC takes keys of any length.
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.0.as_ref()) {
            let mac = mac.chain_update(b"waxseal name ").chain_update(kind).chain_update(hash);
            id.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        }
        KeptId(id)
    }

    /// Seals something small: version, salt, ciphertext, tag.
    pub(super) fn seal(&self, purpose: Purpose, id: KeptId, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut salt = [0; SALT];
        clock::rng().fill_bytes(&mut salt);
        let mut chunk = Vec::with_capacity(plain.len() + TAG);
        chunk.extend_from_slice(plain);
        self.cipher(purpose, id, &salt)?.seal(0, true, &mut chunk)?;
        Ok([&[VERSION][..], &salt, &chunk].concat())
    }

    /// What [`seal`](Self::seal) sealed; `None` if it was changed, or is of another key, kind or name.
    pub(super) fn open(&self, purpose: Purpose, id: KeptId, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&version, rest) = sealed.split_first()?;
        let (salt, rest) = rest.split_at_checked(SALT)?;
        let (chunk, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        if version != VERSION {
            return None;
        }
        let mut plain = Zeroizing::new(chunk.to_vec());
        let cipher = self.cipher(purpose, id, salt).ok()?;
        cipher.open(0, true, &mut plain, &tag.try_into().ok()?).ok()?;
        Some(plain)
    }
}

impl Store {
    /// The profile's key; it is made when it is first needed. Its vault is asked once.
    pub(super) fn sealing_key(&self) -> Result<SealingKey, StoreError> {
        let mut known = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*known {
            return Ok(key.clone());
        }
        let key = match self.sealing_place()? {
            Some((name, vault)) => self.fetch(name, vault)?,
            None => self.make()?,
        };
        Ok(known.insert(key).clone())
    }

    /// Forgets the key and all that is sealed under it: what remains when the vault has lost the key.
    pub fn forget_kept(&self) -> Result<(), StoreError> {
        let mut known = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.sealing_place()?;
        let _held = self.hold_keys()?;
        let _also = self.hold_kept()?;
        self.change(|change| {
            if let Some((name, vault)) = &place {
                change.execute(
                    "INSERT OR IGNORE INTO pending_keys VALUES (?1, ?2)",
                    (name.as_bytes(), vault.as_str()),
                )?;
            }
            change.execute_batch("DELETE FROM sealing_key; DELETE FROM messages; DELETE FROM drafts;")
        })?;
        *known = None;
        for file in self.kept.all()? {
            self.kept.remove(file)?;
        }
        if let Some((name, vault)) = place {
            self.vaults.naming(vault, self.vaults.of(vault).delete(&name))?;
            self.forget_pending(&name, vault)?;
        }
        Ok(())
    }

    /// The name of the key and the vault it is in.
    pub(super) fn sealing_place(&self) -> Result<Option<(Fingerprint, VaultKind)>, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT name, vault FROM sealing_key", [], |row| {
                    Ok((row.get::<_, [u8; 32]>(0)?.into(), read_vault(row, 1)?))
                })
                .optional()
        })
    }

    fn fetch(&self, name: Fingerprint, vault: VaultKind) -> Result<SealingKey, StoreError> {
        let key =
            self.vaults.naming(vault, self.vaults.of(vault).get(&name)).map_err(|error| match error {
                StoreError::KeyMissing { .. } | StoreError::KeyDamaged { .. } => {
                    StoreError::SealingKeyLost { vault }
                }
                error => error,
            })?;
        let octets = key.x25519_octets().ok_or(StoreError::SealingKeyLost { vault })?;
        Ok(SealingKey(Zeroizing::new(*octets)))
    }

    fn make(&self) -> Result<SealingKey, StoreError> {
        let key = SealingKey::random();
        let mut name = [0; 32];
        clock::rng().fill_bytes(&mut name);
        let name = Fingerprint::from(name);
        let _held = self.hold_keys()?;
        let vault = self.put_key(&name, &PrivateKey::from_x25519(*key.0))?;
        let ours = self.change(|change| {
            let ours = change.execute(
                "INSERT OR IGNORE INTO sealing_key VALUES (1, ?1, ?2)",
                (name.as_bytes(), vault.as_str()),
            )? > 0;
            if ours {
                change.execute("DELETE FROM pending_keys WHERE fingerprint = ?1", [name.as_bytes()])?;
            }
            Ok(ours)
        })?;
        if ours {
            return Ok(key);
        }
        // Another process was quicker: its key counts.
        self.vaults.naming(vault, self.vaults.of(vault).delete(&name))?;
        self.forget_pending(&name, vault)?;
        let (name, vault) = self.sealing_place()?.ok_or(StoreError::SealingKeyLost { vault })?;
        self.fetch(name, vault)
    }
}

#[cfg(test)]
pub(super) mod tests_support {
    /// A key of no profile.
    pub(in crate::store) fn key() -> super::SealingKey {
        super::SealingKey::random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::secret::Passphrase;
    use crate::store::Location;

    #[test]
    fn what_is_sealed_opens_as_itself_alone() {
        let key = SealingKey::random();
        let (id, other) = (KeptId::random(), KeptId::random());
        let sealed = key.seal(Purpose::Draft, id, b"a secret sentence").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        let opened = |key: &SealingKey, purpose, id, sealed: &[u8]| key.open(purpose, id, sealed);
        assert_eq!(*opened(&key, Purpose::Draft, id, &sealed).unwrap(), b"a secret sentence");
        assert!(opened(&key, Purpose::Message, id, &sealed).is_none());
        assert!(opened(&key, Purpose::Draft, other, &sealed).is_none());
        assert!(opened(&SealingKey::random(), Purpose::Draft, id, &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(opened(&key, Purpose::Draft, id, &changed).is_none(), "octet {at}");
            assert!(opened(&key, Purpose::Draft, id, &sealed[..at]).is_none(), "cut at {at}");
        }
        assert_ne!(sealed, key.seal(Purpose::Draft, id, b"a secret sentence").unwrap());
    }

    #[test]
    fn a_name_is_the_same_for_the_same_content_and_key() {
        let key = SealingKey::random();
        assert_eq!(key.name(b"content", b"x"), key.name(b"content", b"x"));
        assert_ne!(key.name(b"content", b"x"), key.name(b"path", b"x"));
        assert_ne!(key.name(b"content", b"x"), SealingKey::random().name(b"content", b"x"));
        let id = KeptId::random();
        assert_eq!(KeptId::from_hex(&id.to_string()), Some(id));
        assert!(KeptId::from_hex("00").is_none() && KeptId::from_hex(&"g".repeat(32)).is_none());
        assert_eq!(format!("{key:?}"), "SealingKey(…)");
    }

    #[test]
    fn the_key_is_made_once_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let passphrase = Passphrase::from("correct horse".to_owned());
            let location = Location::Directory(folder.path().to_owned());
            Store::open(location, VaultKind::File, Box::new(passphrase)).unwrap()
        };
        let first = open();
        let key = first.sealing_key().unwrap();
        assert_eq!(*first.sealing_key().unwrap().0, *key.0);
        assert_eq!(*open().sealing_key().unwrap().0, *key.0);
        assert_eq!(*first.beside().unwrap().unwrap().sealing_key().unwrap().0, *key.0);
        let (name, vault) = first.sealing_place().unwrap().unwrap();
        first.vaults.of(vault).delete(&name).unwrap();
        assert!(matches!(open().sealing_key(), Err(StoreError::SealingKeyLost { vault: VaultKind::File })));
        open().forget_kept().unwrap();
        assert_ne!(*open().sealing_key().unwrap().0, *key.0);
        let pending: i64 =
            first.read(|c| c.query_row("SELECT count(*) FROM pending_keys", [], |row| row.get(0))).unwrap();
        assert_eq!(pending, 0);
    }
}
