//! Little-endian numbers, texts and ranges of a source.

use std::io::{self, Read as _, SeekFrom};
use std::ops::Range;

use encoding_rs::Encoding;

use crate::smime::Source;

/// Octets that are read in one go.
const BLOCK: usize = 4 << 10;

/// Random access to the octets of a source, a block at a time.
pub(super) struct Octets<'a> {
    source: &'a mut dyn Source,
    block: Vec<u8>,
    /// Where the block begins.
    start: u64,
}

impl<'a> Octets<'a> {
    pub(super) fn new(source: &'a mut dyn Source) -> Self {
        Self { source, block: Vec::new(), start: 0 }
    }

    pub(super) fn u8(&mut self, at: u64) -> io::Result<u8> {
        Ok(self.array::<1>(at)?[0])
    }

    pub(super) fn u32(&mut self, at: u64) -> io::Result<u32> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    /// At most the first `limit` octets of a range.
    pub(super) fn take(&mut self, range: Range<u64>, limit: u64) -> io::Result<Vec<u8>> {
        let length = range.end.saturating_sub(range.start).min(limit);
        let mut octets = Vec::new();
        self.source.seek(SeekFrom::Start(range.start))?;
        (&mut *self.source).take(length).read_to_end(&mut octets)?;
        Ok(octets)
    }

    fn array<const N: usize>(&mut self, at: u64) -> io::Result<[u8; N]> {
        if at < self.start || at + N as u64 > self.start + self.block.len() as u64 {
            self.block.clear();
            self.start = at;
            self.source.seek(SeekFrom::Start(at))?;
            (&mut *self.source).take(BLOCK as u64).read_to_end(&mut self.block)?;
        }
        let from = usize::try_from(at - self.start).unwrap_or(usize::MAX);
        let octets = self.block.get(from..).and_then(|octets| octets.first_chunk());
        octets.copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Text in a Windows code page, up to its NUL.
pub(super) fn text(octets: &[u8], codepage: u32) -> String {
    let charset = charset(codepage);
    let text = charset.decode_without_bom_handling(octets).0;
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// The encoding of a Windows code page; unknown ones are taken for Western European.
pub(super) fn charset(codepage: u32) -> &'static Encoding {
    match codepage {
        1200 => encoding_rs::UTF_16LE,
        1201 => encoding_rs::UTF_16BE,
        65001 => encoding_rs::UTF_8,
        866 => encoding_rs::IBM866,
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 | 54936 => encoding_rs::GB18030,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 | 28599 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        20866 => encoding_rs::KOI8_R,
        21866 => encoding_rs::KOI8_U,
        20932 | 51932 => encoding_rs::EUC_JP,
        28592 => encoding_rs::ISO_8859_2,
        28595 => encoding_rs::ISO_8859_5,
        28597 => encoding_rs::ISO_8859_7,
        28605 => encoding_rs::ISO_8859_15,
        50220..=50222 => encoding_rs::ISO_2022_JP,
        _ => encoding_rs::WINDOWS_1252,
    }
}
