//! Where content rests while it is worked on.
//!
//! A layer's content is written here in the pass that checks it, and is read again only after the check has
//! passed: nothing unverified leaves. The core knows the trait and a store in memory; the world supplies one
//! that overflows to a file sealed under a key that never leaves memory.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use zeroize::Zeroize as _;

/// Anything a message can be read from, front to back and again.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// Makes places for content.
pub trait Spool {
    /// An empty place, written once from front to back and then read anywhere.
    fn create(&self) -> io::Result<Box<dyn SpoolFile>>;
}

/// One place for content: first written from front to back, then read and sought. What it held is wiped when
/// it is dropped.
pub trait SpoolFile: Read + Write + Seek + Send {}

impl<T: SpoolFile + ?Sized> SpoolFile for Box<T> {}

/// Content in memory, wiped when dropped, with an upper bound.
#[derive(Debug, Clone)]
pub struct MemorySpool {
    limit: usize,
}

impl MemorySpool {
    /// A spool whose files hold at most `limit` octets each.
    pub fn new(limit: usize) -> Self {
        Self { limit }
    }
}

impl Spool for MemorySpool {
    fn create(&self) -> io::Result<Box<dyn SpoolFile>> {
        Ok(Box::new(MemoryFile { content: Cursor::new(Vec::new()), limit: self.limit }))
    }
}

struct MemoryFile {
    content: Cursor<Vec<u8>>,
    limit: usize,
}

impl SpoolFile for MemoryFile {}

impl Read for MemoryFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer)
    }
}

impl Write for MemoryFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let content = self.content.get_mut();
        let needed = content.len() + data.len();
        if needed > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the content is larger than may be held in memory",
            ));
        }
        if needed > content.capacity() {
            // Growing leaves the old block behind unwiped, so the move is made by hand.
            let mut larger = Vec::with_capacity((content.capacity() * 2).max(needed).max(4096));
            larger.extend_from_slice(content);
            std::mem::swap(content, &mut larger);
            larger.zeroize();
        }
        content.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for MemoryFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        self.content.get_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_bound_holds() {
        let mut file = MemorySpool::new(10).create().unwrap();
        file.write_all(b"0123456789").unwrap();
        assert!(file.write_all(b"x").is_err());
        let mut text = String::new();
        file.seek(SeekFrom::Start(8)).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "89");
    }
}
