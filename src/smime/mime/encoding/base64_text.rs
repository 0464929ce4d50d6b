//! Base64 text to octets, in blocks.

use std::io::{self, Read};

use base64_simd::STANDARD_NO_PAD;

/// Encoded octets that are read in one go.
const BLOCK: usize = 48 << 10;

/// The value of a base64 character; 64 for padding, 65 for white space, 66 for anything else.
const VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [OTHER; 256];
    let mut i = 0;
    while i < alphabet.len() {
        values[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    values[b'=' as usize] = PADDING;
    values[b' ' as usize] = SPACE;
    values[b'\t' as usize] = SPACE;
    values[b'\r' as usize] = SPACE;
    values[b'\n' as usize] = SPACE;
    values
};
const PADDING: u8 = 64;
const SPACE: u8 = 65;
const OTHER: u8 = 66;

/// What to do about a character that is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// An error; a line that begins with `-` ends the text (PEM).
    Strict,
    /// Skip it.
    Lenient,
}

/// The state between blocks: everything needed to go on from any place of the text.
#[derive(Debug, Clone)]
pub(super) struct Base64Text {
    strictness: Strictness,
    /// Characters of the group of four that is not complete.
    carry: Vec<u8>,
    at_line_start: bool,
    ended: bool,
    compact: Vec<u8>,
}

impl Base64Text {
    pub(super) fn new(strictness: Strictness) -> Self {
        Self {
            strictness,
            carry: Vec::with_capacity(4),
            at_line_start: true,
            ended: false,
            compact: Vec::new(),
        }
    }

    /// Whether padding or the end of a PEM block has been seen: the rest is not looked at.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Decodes one block and appends the octets to `out`.
    pub(super) fn feed(&mut self, block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if self.ended || block.is_empty() {
            return Ok(());
        }
        if self.feed_fast(block, out) {
            self.at_line_start = block.last() == Some(&b'\n');
            return Ok(());
        }
        self.feed_slow(block, out)
    }

    /// The common case: nothing but base64 characters and line ends. False, and nothing changed, if it is not.
    fn feed_fast(&mut self, block: &[u8], out: &mut Vec<u8>) -> bool {
        self.compact.clear();
        self.compact.extend_from_slice(&self.carry);
        let mut rest = block;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            self.compact.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            rest = after.get(1..).unwrap_or_default();
        }
        self.compact.extend_from_slice(rest.strip_suffix(b"\r").unwrap_or(rest));
        let groups = self.compact.len() / 4 * 4;
        let (groups, left) = self.compact.split_at(groups);
        if left.iter().any(|&c| value(c) >= PADDING) {
            return false;
        }
        let before = out.len();
        if STANDARD_NO_PAD.decode_append(groups, out).is_err() {
            out.truncate(before);
            return false;
        }
        self.carry.clear();
        self.carry.extend_from_slice(left);
        true
    }

    fn feed_slow(&mut self, block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        for &c in block {
            match value(c) {
                SPACE => {
                    self.at_line_start = c == b'\n' || (self.at_line_start && c == b'\r');
                    continue;
                }
                PADDING => {
                    self.ended = true;
                    return self.finish(out);
                }
                OTHER if self.strictness == Strictness::Lenient => {}
                OTHER if c == b'-' && self.at_line_start => {
                    self.ended = true;
                    return self.finish(out);
                }
                OTHER => return Err(invalid()),
                _ => {
                    self.carry.push(c);
                    if self.carry.len() == 4 {
                        decode_group(&self.carry, out);
                        self.carry.clear();
                    }
                }
            }
            self.at_line_start = false;
        }
        Ok(())
    }

    /// Decodes the last group, whether padded or not.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if self.carry.len() == 1 && self.strictness == Strictness::Strict {
            return Err(invalid());
        }
        decode_group(&self.carry, out);
        self.carry.clear();
        self.ended = true;
        Ok(())
    }
}

fn value(c: u8) -> u8 {
    VALUES.get(usize::from(c)).copied().unwrap_or(OTHER)
}

/// One group of up to four characters: as many octets as it holds in full.
fn decode_group(group: &[u8], out: &mut Vec<u8>) {
    let bits = group.iter().fold(0_u32, |bits, &c| bits << 6 | u32::from(value(c)));
    let bits = bits << (6 * (4 - group.len().min(4)));
    let [_, a, b, c] = bits.to_be_bytes();
    let octets = [a, b, c];
    out.extend(octets.iter().take((group.len() * 3) / 4));
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a character that is not base64")
}

/// The data of a B-encoded word (RFC 2047 section 4.1), leniently.
pub(in crate::smime::mime) fn base64_word(data: &[u8]) -> Vec<u8> {
    let (mut text, mut out) = (Base64Text::new(Strictness::Lenient), Vec::new());
    // Lenient text has no errors.
    let _ = text.feed(data, &mut out).and_then(|()| text.finish(&mut out));
    out
}

/// Fills `block` as far as the reader gives at once; zero at the end.
pub(super) fn read_block(from: &mut impl Read, block: &mut Vec<u8>) -> io::Result<usize> {
    block.resize(BLOCK, 0);
    loop {
        match from.read(block) {
            Ok(count) => {
                block.truncate(count);
                return Ok(count);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Lenient base64 as a reader.
pub(super) struct Base64Reader<R> {
    inner: R,
    text: Base64Text,
    block: Vec<u8>,
    decoded: Vec<u8>,
    taken: usize,
}

impl<R: Read> Base64Reader<R> {
    pub(super) fn new(inner: R) -> Self {
        let text = Base64Text::new(Strictness::Lenient);
        Self { inner, text, block: Vec::new(), decoded: Vec::new(), taken: 0 }
    }
}

impl<R: Read> Read for Base64Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.decoded.len() && !self.text.ended() {
            self.decoded.clear();
            self.taken = 0;
            if read_block(&mut self.inner, &mut self.block)? == 0 {
                self.text.finish(&mut self.decoded)?;
            } else {
                self.text.feed(&self.block, &mut self.decoded)?;
            }
        }
        let mut ready = self.decoded.get(self.taken..).unwrap_or_default();
        let count = ready.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &[u8], step: usize, strictness: Strictness) -> io::Result<Vec<u8>> {
        let (mut state, mut out) = (Base64Text::new(strictness), Vec::new());
        for block in text.chunks(step) {
            state.feed(block, &mut out)?;
        }
        if !state.ended() {
            state.finish(&mut out)?;
        }
        Ok(out)
    }

    #[test]
    fn blocks_of_every_size_give_the_same() {
        let text = b"VGhlIHF1aWNr\r\nIGJyb3du IGZv\teA\n\r\n==\r\nSWdub3JlZA==";
        for step in 1..text.len() {
            for strictness in [Strictness::Strict, Strictness::Lenient] {
                assert_eq!(decoded(text, step, strictness).unwrap(), b"The quick brown fox", "{step}");
            }
        }
    }

    #[test]
    fn what_is_no_base64_is_skipped_or_refused() {
        for step in [1, 3, 100] {
            assert_eq!(decoded(b"Zm9*v\xffYmFy", step, Strictness::Lenient).unwrap(), b"foobar");
            assert!(decoded(b"Zm9*vYmFy", step, Strictness::Strict).is_err());
            assert!(decoded(b"Zm9vY", step, Strictness::Strict).is_err());
            assert!(decoded(b"Zm9vY=", step, Strictness::Strict).is_err());
            assert!(decoded(b"Zm9v-YmFy", step, Strictness::Strict).is_err());
            assert_eq!(decoded(b"Zm9v\n-----END X-----\n!!", step, Strictness::Strict).unwrap(), b"foo");
        }
    }

    #[test]
    fn padding_may_be_missing() {
        assert_eq!(decoded(b"Zm9vYg", 4, Strictness::Strict).unwrap(), b"foob");
        assert_eq!(decoded(b"Zm9vYmE", 100, Strictness::Strict).unwrap(), b"fooba");
        assert_eq!(decoded(b"", 1, Strictness::Strict).unwrap(), b"");
    }
}
