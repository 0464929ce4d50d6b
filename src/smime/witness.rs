//! Content that was checked where it lies and is read there again.
//!
//! A signed content is hashed in one pass and shown in a later one. Between the two somebody may change the file. So the first
//! pass leaves a [`Witness`] behind, a keyed hash of every chunk that never leaves memory, and [`Witnessed`] gives out
//! only chunks that still have it: what was verified is what is shown, and no copy is made.

use std::io::{self, Read, Seek, SeekFrom, Write};

use polyval::Polyval;
use polyval::universal_hash::UniversalHash as _;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Octets under one hash.
const CHUNK: usize = 64 << 10;

/// Hashes what is written to it, chunk by chunk, under a key of its own: 16 octets for 64 KiB.
///
/// POLYVAL (RFC 8452 section 3) is a universal hash, GHASH without the turning round of every block: for whoever knows
/// neither the key nor the hashes, two different chunks have the same one with a probability below 2^-115.
pub struct Witness {
    key: Polyval,
    hashes: Vec<polyval::Block>,
    chunk: Zeroizing<Vec<u8>>,
}

impl Witness {
    /// Has seen nothing yet.
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 16]);
        rng.fill_bytes(key.as_mut());
        let key = Polyval::new((&*key).into());
        Self { key, hashes: Vec::new(), chunk: Zeroizing::new(Vec::with_capacity(CHUNK)) }
    }

    /// Gives `source`, from whose beginning the octets came that were written here, as a source that cannot change.
    pub fn of<S: Read + Seek>(mut self, source: S) -> Witnessed<S> {
        let length = (self.hashes.len() * CHUNK + self.chunk.len()) as u64;
        if !self.chunk.is_empty() {
            self.hashes.push(hash(&self.key, &self.chunk));
        }
        self.chunk.clear();
        Witnessed { source, witness: self, length, position: 0, number: None, at: None }
    }
}

/// With its length, so that zeros at the end count.
fn hash(key: &Polyval, chunk: &[u8]) -> polyval::Block {
    let mut running = key.clone();
    running.update_padded(chunk);
    let mut length = polyval::Block::default();
    length[..8].copy_from_slice(&(chunk.len() as u64).to_be_bytes());
    running.update(&[length]);
    running.finalize()
}

impl Write for Witness {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && data.len() >= CHUNK {
            self.hashes.push(hash(&self.key, &data[..CHUNK]));
            return Ok(CHUNK);
        }
        let taken = data.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&data[..taken]);
        if self.chunk.len() == CHUNK {
            self.hashes.push(hash(&self.key, &self.chunk));
            self.chunk.clear();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A source as it was when it was seen. A read of what has changed since is an error of kind `InvalidData`.
pub struct Witnessed<S> {
    source: S,
    /// Its chunk is the one that was read last.
    witness: Witness,
    length: u64,
    position: u64,
    /// Of the chunk that was read last.
    number: Option<u64>,
    /// Where `source` stands, as far as it is known.
    at: Option<u64>,
}

impl<S: Read + Seek> Witnessed<S> {
    fn chunk(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.number != Some(number) {
            self.number = None;
            let start = number * CHUNK as u64;
            let length = (self.length - start).min(CHUNK as u64) as usize;
            self.witness.chunk.resize(length, 0);
            if self.at != Some(start) {
                self.source.seek(SeekFrom::Start(start))?;
            }
            self.at = None;
            self.source.read_exact(&mut self.witness.chunk).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => changed(),
                _ => error,
            })?;
            let seen = self.witness.hashes.get(number as usize).ok_or_else(changed)?;
            if !bool::from(hash(&self.witness.key, &self.witness.chunk).ct_eq(seen)) {
                return Err(changed());
            }
            self.at = Some(start + length as u64);
            self.number = Some(number);
        }
        Ok(&self.witness.chunk)
    }
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file was changed while it was being read")
}

impl<S: Read + Seek> Read for Witnessed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let (number, offset) = (self.position / CHUNK as u64, (self.position % CHUNK as u64) as usize);
        let mut rest = self.chunk(number)?.get(offset..).unwrap_or_default();
        let taken = rest.read(buffer)?;
        self.position += taken as u64;
        Ok(taken)
    }
}

impl<S: Read + Seek> Seek for Witnessed<S> {
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
    use std::io::Cursor;

    use rand_core::UnwrapErr;

    use super::*;

    fn witnessed(content: &[u8]) -> Witnessed<Cursor<Vec<u8>>> {
        let mut witness = Witness::new(&mut UnwrapErr(getrandom::SysRng));
        for piece in content.chunks(50_000) {
            witness.write_all(piece).unwrap();
        }
        witness.of(Cursor::new(content.to_vec()))
    }

    #[test]
    fn what_is_unchanged_is_read_from_anywhere() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77] {
            let content: Vec<u8> = (0..length).map(|i| (i * i / 7) as u8).collect();
            let mut source = witnessed(&content);
            for start in [0, length / 2, length.saturating_sub(1), length] {
                source.seek(SeekFrom::Start(start as u64)).unwrap();
                let mut read = Vec::new();
                source.read_to_end(&mut read).unwrap();
                assert!(read == content[start..], "from {start} of {length}");
            }
            assert_eq!(source.seek(SeekFrom::End(0)).unwrap(), length as u64);
        }
    }

    #[test]
    fn a_chunk_that_was_changed_cut_or_lengthened_is_refused_and_the_others_are_not() {
        let content = vec![0; 2 * CHUNK + 5];
        for change in [0, CHUNK - 1, CHUNK, 2 * CHUNK + 4] {
            let mut source = witnessed(&content);
            source.source.get_mut()[change] ^= 1;
            for chunk in 0..3 {
                source.seek(SeekFrom::Start((chunk * CHUNK) as u64)).unwrap();
                let outcome = source.read(&mut [0]).map_err(|error| error.kind());
                let expected = if change / CHUNK == chunk { Err(io::ErrorKind::InvalidData) } else { Ok(1) };
                assert_eq!(outcome, expected, "octet {change}, chunk {chunk}");
            }
        }
        let mut source = witnessed(&content);
        source.source.get_mut().truncate(2 * CHUNK + 4);
        assert_eq!(source.read_to_end(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut source = witnessed(&content);
        source.source.get_mut().push(0);
        assert_eq!(source.read_to_end(&mut Vec::new()).unwrap(), content.len());
    }
}
