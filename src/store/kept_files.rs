//! Sealed files that stay: messages as they came, and files of drafts.
//!
//! ```text
//! "WXSEAL1\n" · 32 octets of salt · chunks of 64 KiB, each with a tag of 16 octets behind it; the last may be shorter
//! ```
//!
//! Each file has a key of its own, from the profile's key, its name and its salt; the last chunk is sealed as the
//! last one. A file can be read from any place, and nothing of it that was changed, moved or cut off is ever given out.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::Tag;
use rand_core::Rng as _;
use zeroize::Zeroizing;

use super::sealed_chunk::{CHUNK, ChunkCipher, TAG};
use super::sealing_key::{KeptId, Purpose, SealingKey};
use super::{OutputFile, StoreError, clock, paths};
use crate::smime::Source;

const MAGIC: &[u8; 8] = b"WXSEAL1\n";
const SALT: usize = 32;
const HEAD: u64 = (MAGIC.len() + SALT) as u64;
const SEALED: u64 = (CHUNK + TAG) as u64;

/// The folder of sealed files, or the memory of a profile that is not kept.
pub(super) enum KeptFiles {
    Folder(PathBuf),
    Memory(Mutex<HashMap<KeptId, Arc<[u8]>>>),
}

impl KeptFiles {
    fn path(&self, id: KeptId) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(format!("{id}.sealed")),
            Self::Memory(_) => PathBuf::from(":memory:"),
        }
    }

    /// Seals `content` to its end under this name; it appears whole or not at all. Returns its length.
    pub(super) fn put(
        &self,
        key: &SealingKey,
        id: KeptId,
        content: &mut dyn Read,
    ) -> Result<u64, StoreError> {
        let path = self.path(id);
        let fail = |error: io::Error| StoreError::from_io(&path, &error);
        match self {
            Self::Folder(folder) => {
                paths::make_folder(folder)?;
                let mut file = OutputFile::create(&path).map_err(fail)?;
                let length = seal(key, id, content, &mut file).map_err(fail)?;
                file.commit().map_err(fail)?;
                Ok(length)
            }
            Self::Memory(files) => {
                let mut octets = Vec::new();
                let length = seal(key, id, content, &mut octets).map_err(fail)?;
                held(files).insert(id, octets.into());
                Ok(length)
            }
        }
    }

    /// The content, checked as it is read.
    pub(super) fn open(&self, key: &SealingKey, id: KeptId) -> Result<Box<dyn Source>, StoreError> {
        let path = self.path(id);
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound => {
                StoreError::KeptDamaged { id }
            }
            _ => StoreError::from_io(&path, &error),
        };
        match self {
            Self::Folder(_) => {
                let file = File::open(&path).map_err(fail)?;
                Ok(Box::new(KeptFile::open(file, key, id).map_err(fail)?))
            }
            Self::Memory(files) => {
                let octets = held(files).get(&id).cloned().ok_or(StoreError::KeptDamaged { id })?;
                Ok(Box::new(KeptFile::open(Cursor::new(octets), key, id).map_err(fail)?))
            }
        }
    }

    /// Removes the file; one that is not there is no error.
    pub(super) fn remove(&self, id: KeptId) -> Result<(), StoreError> {
        match self {
            Self::Folder(_) => {
                let path = self.path(id);
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(StoreError::from_io(&path, &error))
                    }
                    _ => Ok(()),
                }
            }
            Self::Memory(files) => {
                held(files).remove(&id);
                Ok(())
            }
        }
    }

    /// The names of all files that are there.
    pub(super) fn all(&self) -> Result<Vec<KeptId>, StoreError> {
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::Memory(files) => return Ok(held(files).keys().copied().collect()),
        };
        let fail = |error: io::Error| StoreError::from_io(folder, &error);
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(fail)?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let name = entry.map_err(fail)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".sealed")).and_then(KeptId::from_hex);
            all.extend(id);
        }
        Ok(all)
    }

    /// Removes what a process that was killed while writing has left, where the file system gives it a name. Nobody may
    /// be writing now.
    pub(super) fn sweep(&self) {
        let Self::Folder(folder) = self else { return };
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(".waxseal-")) {
                // What cannot be removed now is tried again next time; it is sealed.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seal(key: &SealingKey, id: KeptId, content: &mut dyn Read, out: &mut dyn Write) -> io::Result<u64> {
    let mut salt = [0; SALT];
    clock::rng().fill_bytes(&mut salt);
    let cipher = key.cipher(Purpose::File, id, &salt)?;
    out.write_all(MAGIC)?;
    out.write_all(&salt)?;
    let (mut chunk, mut next) = (fresh(), fresh());
    fill(content, &mut chunk)?;
    let (mut length, mut number) = (chunk.len() as u64, 0);
    loop {
        fill(content, &mut next)?;
        length += next.len() as u64;
        cipher.seal(number, next.is_empty(), &mut chunk)?;
        out.write_all(&chunk)?;
        if next.is_empty() {
            return Ok(length);
        }
        number += 1;
        std::mem::swap(&mut chunk, &mut next);
    }
}

/// Room for a chunk and its tag, so that it never grows and leaves a copy behind.
fn fresh() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(CHUNK + TAG))
}

fn fill(content: &mut dyn Read, chunk: &mut Vec<u8>) -> io::Result<()> {
    chunk.clear();
    content.take(CHUNK as u64).read_to_end(chunk).map(drop)
}

/// A sealed file that is being read.
struct KeptFile<F> {
    file: F,
    cipher: ChunkCipher,
    /// How many chunks there are.
    chunks: u64,
    length: u64,
    position: u64,
    /// The chunk that was opened last, and its number.
    open: Zeroizing<Vec<u8>>,
    number: Option<u64>,
}

impl<F: Read + Seek> KeptFile<F> {
    fn open(mut file: F, key: &SealingKey, id: KeptId) -> io::Result<Self> {
        let damaged = || io::Error::from(io::ErrorKind::InvalidData);
        let size = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let (mut magic, mut salt) = ([0; MAGIC.len()], [0; SALT]);
        file.read_exact(&mut magic)?;
        file.read_exact(&mut salt)?;
        let body = size.checked_sub(HEAD).filter(|_| magic == *MAGIC).ok_or_else(damaged)?;
        let chunks = body.div_ceil(SEALED);
        let length = body.checked_sub(chunks * TAG as u64).filter(|_| chunks > 0).ok_or_else(damaged)?;
        let cipher = key.cipher(Purpose::File, id, &salt)?;
        let mut kept = Self { file, cipher, chunks, length, position: 0, open: fresh(), number: None };
        // Whether it is whole is known by its last chunk.
        kept.chunk(chunks - 1)?;
        Ok(kept)
    }

    fn chunk(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.number != Some(number) {
            self.number = None;
            let start = number * CHUNK as u64;
            let length = self.length.saturating_sub(start).min(CHUNK as u64) as usize;
            self.open.resize(length, 0);
            self.file.seek(SeekFrom::Start(HEAD + number * SEALED))?;
            self.file.read_exact(&mut self.open)?;
            let mut tag = Tag::default();
            self.file.read_exact(&mut tag)?;
            self.cipher.open(number, number + 1 == self.chunks, &mut self.open, &tag)?;
            self.number = Some(number);
        }
        Ok(&self.open)
    }
}

impl<F: Read + Seek> Read for KeptFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let offset = (self.position % CHUNK as u64) as usize;
        let rest = self.chunk(self.position / CHUNK as u64)?.get(offset..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl<F> Seek for KeptFile<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sealing_key::tests_support::key;

    fn content(length: usize) -> Vec<u8> {
        let mut octets = vec![0; length];
        clock::rng().fill_bytes(&mut octets);
        octets
    }

    fn whole(mut source: Box<dyn Source>) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        source.read_to_end(&mut octets).map(|_| octets)
    }

    #[test]
    fn any_length_comes_back_from_folder_and_memory() {
        let folder = tempfile::tempdir().unwrap();
        let places = [KeptFiles::Folder(folder.path().join("kept")), KeptFiles::Memory(Mutex::default())];
        let key = key();
        for files in places {
            for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7] {
                let (id, octets) = (KeptId::random(), content(length));
                assert_eq!(files.put(&key, id, &mut octets.as_slice()).unwrap(), length as u64);
                assert!(files.all().unwrap().contains(&id));
                assert!(whole(files.open(&key, id).unwrap()).unwrap() == octets, "{length} octets");
                let mut source = files.open(&key, id).unwrap();
                assert_eq!(source.seek(SeekFrom::End(0)).unwrap(), length as u64);
                source.seek(SeekFrom::Start(length as u64 / 2)).unwrap();
                let mut rest = Vec::new();
                source.read_to_end(&mut rest).unwrap();
                assert!(rest == octets[length / 2..]);
                files.remove(id).unwrap();
                files.remove(id).unwrap();
                assert!(matches!(files.open(&key, id), Err(StoreError::KeptDamaged { .. })));
            }
            assert!(files.all().unwrap().is_empty());
        }
    }

    #[test]
    fn what_was_changed_moved_or_cut_off_is_not_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeptFiles::Folder(folder.path().to_owned());
        let (key, id) = (key(), KeptId::random());
        let octets = b"a secret sentence, again and again. ".repeat(6000);
        files.put(&key, id, &mut octets.as_slice()).unwrap();
        let path = files.path(id);
        let sealed = fs::read(&path).unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"sentence"));
        let refused = |sealed: &[u8], why: &str| {
            fs::write(&path, sealed).unwrap();
            assert!(
                files
                    .open(&key, id)
                    .and_then(|source| whole(source).map_err(|_| StoreError::NoHome))
                    .is_err(),
                "{why}"
            );
        };
        for at in [0, 9, HEAD as usize, HEAD as usize + CHUNK, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            refused(&changed, "changed");
        }
        let (head, sized) = (HEAD as usize, SEALED as usize);
        refused(&sealed[..head + sized], "cut after a chunk");
        refused(&sealed[..head + sized + 40], "cut in a chunk");
        refused(&sealed[..head], "cut after the head");
        refused(&[], "empty");
        let swapped = [
            &sealed[..head],
            &sealed[head + sized..head + 2 * sized],
            &sealed[head..head + sized],
            &sealed[head + 2 * sized..],
        ];
        refused(&swapped.concat(), "swapped");
        fs::write(&path, &sealed).unwrap();
        let other = KeptId::random();
        fs::copy(&path, files.path(other)).unwrap();
        assert!(files.open(&key, other).is_err(), "under another name");
        assert!(files.open(&crate::store::sealing_key::tests_support::key(), id).is_err(), "another key");
        assert!(whole(files.open(&key, id).unwrap()).unwrap() == octets);
    }

    #[cfg(unix)]
    #[test]
    fn they_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let files = KeptFiles::Folder(folder.path().join("kept"));
        let id = KeptId::random();
        files.put(&key(), id, &mut b"x".as_slice()).unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path().join("kept")), mode(files.path(id))), (0o700, 0o600));
    }
}
