//! Content in memory, and beyond a bound in an unnamed file that is sealed under a key in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use aes_gcm::Tag;
use rand_core::Rng as _;
use zeroize::Zeroizing;

use super::clock;
use super::sealed_chunk::{CHUNK, ChunkCipher, TAG};
use crate::smime::{Spool, SpoolFile};

/// Chunks that stay in memory: 1 MiB.
const IN_MEMORY: usize = 16;

/// A spool whose files may be of any size; nothing readable ever reaches the disk.
#[derive(Debug, Clone)]
pub struct SealedSpool {
    folder: PathBuf,
}

impl SealedSpool {
    /// Overflows to unnamed files in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Default for SealedSpool {
    /// Overflows to the operating system's folder for temporary files.
    fn default() -> Self {
        Self::new(std::env::temp_dir())
    }
}

impl Spool for SealedSpool {
    fn create(&self) -> io::Result<Box<dyn SpoolFile>> {
        Ok(Box::new(SealedFile {
            folder: self.folder.clone(),
            head: Vec::new(),
            overflow: None,
            tail: Zeroizing::new(Vec::new()),
            length: 0,
            position: 0,
        }))
    }
}

/// The content's chunks in order: the first ones in memory for good, the following ones on the disk, and the
/// last, which is not full yet, in memory again. So every chunk is sealed once, under a number of its own.
struct SealedFile {
    folder: PathBuf,
    head: Vec<Zeroizing<Vec<u8>>>,
    overflow: Option<Overflow>,
    tail: Zeroizing<Vec<u8>>,
    length: u64,
    position: u64,
}

struct Overflow {
    file: File,
    cipher: ChunkCipher,
    /// How many chunks are in the file.
    chunks: u64,
    /// The chunk that was sealed or read last, and its number if it was read.
    open: Zeroizing<Vec<u8>>,
    number: Option<u64>,
}

impl Overflow {
    fn create(folder: &PathBuf) -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        clock::rng().fill_bytes(key.as_mut());
        let cipher = ChunkCipher::new(key.as_ref())?;
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self { file, cipher, chunks: 0, open: Zeroizing::new(Vec::new()), number: None })
    }

    /// Appends `chunk`, sealed. It stays as it is, so that after a full disk the content is still what it was.
    fn append(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.number = None;
        let Self { open, cipher, .. } = self;
        open.clear();
        if open.capacity() < CHUNK + TAG {
            **open = Vec::with_capacity(CHUNK + TAG);
        }
        open.extend_from_slice(chunk);
        cipher.seal(self.chunks, false, open)?;
        self.file.seek(SeekFrom::Start(self.chunks * (CHUNK + TAG) as u64))?;
        self.file.write_all(open)?;
        self.chunks += 1;
        Ok(())
    }

    /// The content of chunk `number`, checked.
    fn chunk(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.number != Some(number) {
            self.number = None;
            self.open.resize(CHUNK, 0);
            self.file.seek(SeekFrom::Start(number * (CHUNK + TAG) as u64))?;
            self.file.read_exact(&mut self.open)?;
            let mut tag = Tag::default();
            self.file.read_exact(&mut tag)?;
            self.cipher.open(number, false, self.open.as_mut_slice(), &tag)?;
            self.number = Some(number);
        }
        Ok(&self.open)
    }
}

impl SealedFile {
    /// Puts the full last chunk where it stays.
    fn settle(&mut self) -> io::Result<()> {
        if self.head.len() < IN_MEMORY {
            self.head.push(std::mem::take(&mut self.tail));
            return Ok(());
        }
        let overflow = match &mut self.overflow {
            Some(overflow) => overflow,
            None => self.overflow.insert(Overflow::create(&self.folder)?),
        };
        overflow.append(&self.tail)?;
        // Overwritten by what comes next, and wiped at the end.
        self.tail.clear();
        Ok(())
    }
}

impl SpoolFile for SealedFile {}

impl Write for SealedFile {
    /// Appends, wherever the last reading has ended.
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.tail.len() == CHUNK {
            self.settle()?;
        }
        if self.tail.capacity() < CHUNK {
            // All at once: growing would leave unwiped blocks behind.
            self.tail = Zeroizing::new(Vec::with_capacity(CHUNK));
        }
        let taken = data.len().min(CHUNK - self.tail.len());
        self.tail.extend_from_slice(&data[..taken]);
        self.length += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for SealedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let number = self.position / CHUNK as u64;
        let offset = (self.position % CHUNK as u64) as usize;
        let head = self.head.len() as u64;
        let chunk = match &mut self.overflow {
            _ if number < head => self.head.get(number as usize).map_or(&[][..], |chunk| chunk.as_slice()),
            Some(overflow) if number - head < overflow.chunks => overflow.chunk(number - head)?,
            _ => self.tail.as_slice(),
        };
        let rest = chunk.get(offset..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for SealedFile {
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

    fn random(length: usize) -> Vec<u8> {
        let mut octets = vec![0; length];
        clock::rng().fill_bytes(&mut octets);
        octets
    }

    #[test]
    fn any_piece_of_any_size_is_read_back() {
        let mut rng = clock::rng();
        for size in [0, 1, CHUNK, IN_MEMORY * CHUNK, IN_MEMORY * CHUNK + 1, 40 * CHUNK, 40 * CHUNK + 777] {
            let content = random(size);
            let mut file = SealedSpool::default().create().unwrap();
            let mut rest = content.as_slice();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(1 + rng.next_u32() as usize % 200_000));
                file.write_all(piece).unwrap();
                rest = after;
            }
            assert_eq!(file.seek(SeekFrom::End(0)).unwrap(), size as u64);
            file.rewind().unwrap();
            let mut whole = Vec::new();
            file.read_to_end(&mut whole).unwrap();
            assert!(whole == content, "{size} octets changed");
            for _ in 0..200 {
                let from = rng.next_u64() % (size as u64 + 1);
                let length = (rng.next_u64() % 150_000).min(size as u64 - from) as usize;
                file.seek(SeekFrom::Start(from)).unwrap();
                let mut piece = vec![0; length];
                file.read_exact(&mut piece).unwrap();
                assert!(
                    piece == content[from as usize..from as usize + length],
                    "{length} at {from} of {size}"
                );
            }
        }
    }

    fn overflowed(content: &[u8]) -> SealedFile {
        let mut file = SealedFile {
            folder: std::env::temp_dir(),
            head: Vec::new(),
            overflow: None,
            tail: Zeroizing::new(Vec::new()),
            length: 0,
            position: 0,
        };
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn nothing_readable_is_on_the_disk() {
        let content = b"a secret sentence, again and again. ".repeat(60_000);
        let mut file = overflowed(&content);
        let disk = &mut file.overflow.as_mut().unwrap().file;
        disk.rewind().unwrap();
        let mut octets = Vec::new();
        disk.read_to_end(&mut octets).unwrap();
        assert!(octets.len() > 900_000);
        assert!(!octets.windows(8).any(|window| window == b"sentence"));
    }

    #[test]
    fn a_changed_or_swapped_chunk_is_refused() {
        let mut file = overflowed(&random(30 * CHUNK));
        let disk = &mut file.overflow.as_mut().unwrap().file;
        let mut sealed = vec![0; CHUNK + TAG];
        disk.rewind().unwrap();
        disk.read_exact(&mut sealed).unwrap();
        disk.write_all(&sealed).unwrap();
        let mut octet = [0];
        file.seek(SeekFrom::Start((IN_MEMORY * CHUNK) as u64)).unwrap();
        file.read_exact(&mut octet).unwrap();
        file.seek(SeekFrom::Start(((IN_MEMORY + 1) * CHUNK) as u64)).unwrap();
        assert_eq!(file.read(&mut octet).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
