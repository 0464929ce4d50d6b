//! A part of a source, as a source.

use std::io::{self, Read, Seek, SeekFrom};

/// `inner[start..end]` as a source of its own.
#[derive(Debug)]
pub struct Section<S> {
    inner: S,
    start: u64,
    end: u64,
    /// From `start`.
    position: u64,
    /// Whether `inner` stands where `position` says.
    in_place: bool,
}

impl<S: Read + Seek> Section<S> {
    /// Octets `start` (from the beginning of `inner`) up to, without, `end`.
    pub fn new(inner: S, start: u64, end: u64) -> Self {
        Self { inner, start, end: end.max(start), position: 0, in_place: false }
    }

    /// Length in octets, as it was given.
    pub(super) fn len(&self) -> u64 {
        self.end - self.start
    }
}

impl<S: Read + Seek> Read for Section<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len().saturating_sub(self.position);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        if !self.in_place {
            self.inner.seek(SeekFrom::Start(self.start + self.position))?;
            self.in_place = true;
        }
        let count = self.inner.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: Read + Seek> Seek for Section<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.len().checked_add_signed(offset),
        };
        let target = target.ok_or_else(before_the_start)?;
        if target != self.position {
            self.position = target;
            self.in_place = false;
        }
        Ok(target)
    }
}

/// The error of a seek to a place before the first octet.
pub(super) fn before_the_start() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a place before the start")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn only_the_section_is_seen() {
        let mut section = Section::new(Cursor::new(b"0123456789"), 3, 7);
        let mut text = String::new();
        section.read_to_string(&mut text).unwrap();
        assert_eq!(text, "3456");
        assert_eq!(section.seek(SeekFrom::End(-1)).unwrap(), 3);
        text.clear();
        section.read_to_string(&mut text).unwrap();
        assert_eq!(text, "6");
        assert!(section.seek(SeekFrom::Current(-9)).is_err());
        section.seek(SeekFrom::Start(99)).unwrap();
        assert_eq!(section.read(&mut [0; 4]).unwrap(), 0);
    }
}
