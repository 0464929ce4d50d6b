//! Base64 text as a source of the decoded octets.

use std::io::{self, Read, Seek, SeekFrom};

use super::Section;
use super::base64_text::{Base64Text, Strictness, read_block};
use super::section::before_the_start;

/// Base64 text inside `inner[start..end]` as a `Read + Seek` of the decoded octets. Seeking back decodes again
/// from the start; seeking from the end decodes all of it once to learn the length.
///
/// White space is skipped. The text ends at padding, at its end, or at a line that begins with `-` (the end
/// line of PEM); any other character is an [`io::ErrorKind::InvalidData`] error, or skipped by [`lenient`](Self::lenient).
#[derive(Debug)]
pub struct Base64Source<S> {
    encoded: Section<S>,
    strictness: Strictness,
    text: Base64Text,
    block: Vec<u8>,
    decoded: Vec<u8>,
    /// Offset of `decoded` among all decoded octets.
    offset: u64,
    /// Where the next read begins; it may lie before, in or after `decoded`.
    position: u64,
    length: Option<u64>,
}

impl<S: Read + Seek> Base64Source<S> {
    /// Octets `start` (from the beginning of `inner`) up to, without, `end`.
    pub fn new(inner: S, start: u64, end: u64) -> Self {
        Self::with(Section::new(inner, start, end), Strictness::Strict)
    }

    /// The same for a body of mail, in which other characters are skipped (RFC 2045 section 6.8).
    pub fn lenient(inner: S, start: u64, end: u64) -> Self {
        Self::with(Section::new(inner, start, end), Strictness::Lenient)
    }

    fn with(encoded: Section<S>, strictness: Strictness) -> Self {
        Self {
            encoded,
            strictness,
            text: Base64Text::new(strictness),
            block: Vec::new(),
            decoded: Vec::new(),
            offset: 0,
            position: 0,
            length: None,
        }
    }

    fn decoded_end(&self) -> u64 {
        self.offset + self.decoded.len() as u64
    }

    fn restart(&mut self) -> io::Result<()> {
        self.encoded.seek(SeekFrom::Start(0))?;
        self.text = Base64Text::new(self.strictness);
        self.decoded.clear();
        self.offset = 0;
        Ok(())
    }

    /// Decodes the next block. False at the end.
    fn advance(&mut self) -> io::Result<bool> {
        self.offset = self.decoded_end();
        self.decoded.clear();
        if self.text.ended() {
            self.length = Some(self.offset);
            return Ok(false);
        }
        if read_block(&mut self.encoded, &mut self.block)? == 0 {
            self.text.finish(&mut self.decoded)?;
        } else {
            self.text.feed(&self.block, &mut self.decoded)?;
        }
        Ok(true)
    }

    fn length(&mut self) -> io::Result<u64> {
        if let Some(length) = self.length {
            return Ok(length);
        }
        while self.advance()? {}
        Ok(self.offset)
    }
}

impl<S: Read + Seek> Read for Base64Source<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.length.is_some_and(|length| self.position >= length) {
            return Ok(0);
        }
        if self.position < self.offset {
            self.restart()?;
        }
        while self.position >= self.decoded_end() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let from = usize::try_from(self.position - self.offset).unwrap_or(usize::MAX);
        let mut ready = self.decoded.get(from..).unwrap_or_default();
        let count = ready.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: Read + Seek> Seek for Base64Source<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.length()?.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(before_the_start)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;
    use crate::smime::mime::encoding::Base64Writer;

    fn octets(count: usize) -> Vec<u8> {
        (0..count).map(|i| (i * i / 3) as u8).collect()
    }

    fn source(data: &[u8]) -> Base64Source<Cursor<Vec<u8>>> {
        let mut writer = Base64Writer::new(b"before".to_vec(), 76);
        writer.write_all(data).unwrap();
        let mut text = writer.finish().unwrap();
        let end = text.len() as u64;
        text.extend_from_slice(b"!after");
        Base64Source::new(Cursor::new(text), 6, end)
    }

    #[test]
    fn it_reads_and_seeks_like_the_octets_themselves() {
        let data = octets(300_001);
        let mut source = source(&data);
        let mut read = Vec::new();
        source.read_to_end(&mut read).unwrap();
        assert_eq!(read, data);
        for start in [0_usize, 299_999, 5, 150_000, 36_863, 36_864, 300_001, 400_000, 1] {
            source.seek(SeekFrom::Start(start as u64)).unwrap();
            let mut read = Vec::new();
            (&mut source).take(1000).read_to_end(&mut read).unwrap();
            let expected = data.get(start..).unwrap_or_default();
            assert_eq!(read, expected[..expected.len().min(1000)], "from {start}");
        }
        assert_eq!(source.seek(SeekFrom::End(-1)).unwrap(), 300_000);
        let mut last = [0; 2];
        assert_eq!(source.read(&mut last).unwrap(), 1);
        assert_eq!(last[0], data[300_000]);
        assert_eq!(source.seek(SeekFrom::Current(-300_001)).unwrap(), 0);
        assert!(source.seek(SeekFrom::Current(-1)).is_err());
    }

    #[test]
    fn what_is_not_base64_is_an_error_of_its_own_kind() {
        let mut source = Base64Source::new(Cursor::new(b"MIIB\r\n<html>"), 0, 12);
        let error = source.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
