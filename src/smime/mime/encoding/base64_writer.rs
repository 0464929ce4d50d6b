//! Octets to base64 lines.

use std::io::{self, Write};

use base64_simd::{AsOut as _, STANDARD};

/// Lines that are encoded in one go.
const BATCH: usize = 1024;

/// Writes base64 (RFC 4648 section 4) in lines of 76 characters (64 for PEM), each ended by CRLF; `finish` writes
/// the last line. Without `finish` the rest is lost. Works in large batches on SIMD.
#[derive(Debug)]
pub struct Base64Writer<W: Write> {
    out: W,
    /// Characters in a line; a multiple of four.
    line: usize,
    /// Octets that wait for the rest of their batch.
    waiting: Vec<u8>,
    encoded: Vec<u8>,
    lines: Vec<u8>,
}

impl<W: Write> Base64Writer<W> {
    /// `line` is the number of characters in a line, rounded down to a multiple of four, at least four.
    pub fn new(out: W, line: usize) -> Self {
        let line = whole(line);
        Self {
            out,
            line,
            waiting: Vec::with_capacity(line / 4 * 3 * BATCH),
            encoded: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Writes what waits and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_waiting()?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Octets that so many octets become, line ends included.
    pub fn encoded_len(octets: u64, line: usize) -> u64 {
        let line = whole(line) as u64;
        let (full, rest) = (octets / (line / 4 * 3), octets % (line / 4 * 3));
        let last = if rest == 0 { 0 } else { rest.div_ceil(3) * 4 + 2 };
        full.saturating_mul(line + 2).saturating_add(last)
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        self.encoded.resize(STANDARD.encoded_length(self.waiting.len()), 0);
        let encoded = STANDARD.encode(&self.waiting, self.encoded.as_mut_slice().as_out());
        self.lines.resize(encoded.len() + 2 * encoded.len().div_ceil(self.line), 0);
        for (to, line) in self.lines.chunks_mut(self.line + 2).zip(encoded.chunks(self.line)) {
            // Each chunk is two octets longer than its line, the last one too.
            let (text, end) = to.split_at_mut(line.len());
            text.copy_from_slice(line);
            end.copy_from_slice(b"\r\n");
        }
        self.waiting.clear();
        self.out.write_all(&self.lines)
    }
}

impl<W: Write> Write for Base64Writer<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let batch = self.line / 4 * 3 * BATCH;
        if self.waiting.len() == batch {
            self.write_waiting()?;
        }
        let count = data.len().min(batch - self.waiting.len());
        self.waiting.extend_from_slice(data.get(..count).unwrap_or_default());
        Ok(count)
    }

    /// Lines are written whole, so this hands on only what has been encoded.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn whole(line: usize) -> usize {
    (line / 4 * 4).max(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(data: &[u8], line: usize) -> String {
        let mut writer = Base64Writer::new(Vec::new(), line);
        for piece in data.chunks(7) {
            writer.write_all(piece).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    /// RFC 4648 section 10.
    #[test]
    fn known_vectors() {
        for (data, text) in
            [("", ""), ("f", "Zg==\r\n"), ("foob", "Zm9vYg==\r\n"), ("foobar", "Zm9vYmFy\r\n")]
        {
            assert_eq!(encoded(data.as_bytes(), 76), text);
        }
    }

    #[test]
    fn lines_break_where_they_should_and_the_length_is_known_before() {
        for length in [0, 1, 47, 48, 49, 56, 57, 58, 114, 57 * BATCH - 1, 57 * BATCH, 57 * BATCH + 1, 150_000]
        {
            let data: Vec<u8> = (0..length).map(|i| (i * 7) as u8).collect();
            for line in [64, 76] {
                let text = encoded(&data, line);
                assert_eq!(text.len() as u64, Base64Writer::<Vec<u8>>::encoded_len(length as u64, line));
                assert!(text.lines().rev().skip(1).all(|l| l.len() == line));
                let bare: String = text.split("\r\n").collect();
                assert_eq!(STANDARD.decode_to_vec(&bare).unwrap(), data);
            }
        }
    }
}
