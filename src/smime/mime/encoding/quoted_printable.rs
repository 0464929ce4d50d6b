//! Quoted-printable (RFC 2045 section 6.7).

use std::io::{self, Read, Write};

use super::base64_text::read_block;

/// A line longer than this is decoded in pieces; RFC 2045 allows 76 characters.
const LONG_LINE: usize = 64 << 10;

/// A forgiving decoder: white space at line ends is dropped, a `=` that introduces nothing stands for itself.
pub(super) struct QuotedPrintableReader<R> {
    inner: R,
    block: Vec<u8>,
    /// The line that is not complete.
    line: Vec<u8>,
    decoded: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R: Read> QuotedPrintableReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, block: Vec::new(), line: Vec::new(), decoded: Vec::new(), taken: 0, ended: false }
    }

    fn advance(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.taken = 0;
        if read_block(&mut self.inner, &mut self.block)? == 0 {
            self.ended = true;
            decode_line(&self.line, &mut self.decoded);
            return Ok(());
        }
        let mut rest = self.block.as_slice();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            if self.line.is_empty() {
                decode_line(line, &mut self.decoded);
            } else {
                self.line.extend_from_slice(line);
                decode_line(&self.line, &mut self.decoded);
                self.line.clear();
            }
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > LONG_LINE {
            // The last three octets stay: they may be the beginning of a triple.
            let mut cut = self.line.len() - 3;
            if let Some(equals) = memchr::memrchr(b'=', self.line.get(cut - 2..cut).unwrap_or_default()) {
                cut = cut - 2 + equals;
            }
            decode_octets(self.line.get(..cut).unwrap_or_default(), &mut self.decoded);
            self.line.drain(..cut);
        }
        Ok(())
    }
}

impl<R: Read> Read for QuotedPrintableReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.decoded.len() && !self.ended {
            self.advance()?;
        }
        let mut ready = self.decoded.get(self.taken..).unwrap_or_default();
        let count = ready.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

/// One line with its line end, if it has one.
fn decode_line(line: &[u8], out: &mut Vec<u8>) {
    let (text, end): (&[u8], &[u8]) = match line {
        [text @ .., b'\r', b'\n'] => (text, b"\r\n"),
        [text @ .., b'\n'] => (text, b"\n"),
        text => (text, b""),
    };
    let text = text.trim_ascii_end();
    match text.strip_suffix(b"=") {
        Some(text) => decode_octets(text, out),
        None => {
            decode_octets(text, out);
            out.extend_from_slice(end);
        }
    }
}

fn decode_octets(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(equals) = memchr::memchr(b'=', text) {
        let (before, after) = text.split_at(equals);
        out.extend_from_slice(before);
        let octet = match after {
            [_, high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        out.push(octet.unwrap_or(b'='));
        text = after.get(if octet.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    out.extend_from_slice(text);
}

/// The data of a Q-encoded word (RFC 2047 section 4.2).
pub(in crate::smime::mime) fn q_word(data: &[u8]) -> Vec<u8> {
    let data: Vec<u8> = data.iter().map(|&c| if c == b'_' { b' ' } else { c }).collect();
    let mut out = Vec::with_capacity(data.len());
    decode_octets(&data, &mut out);
    out
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Writes text (line ends LF or CRLF) as quoted-printable: CRLF, lines of at most 76 characters, nothing a mail
/// server or a line that begins with `From ` could change, no boundary line.
pub fn write_quoted_printable(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = if lines.peek().is_some() { line.strip_suffix('\r').unwrap_or(line) } else { line };
        if lines.peek().is_none() && line.is_empty() {
            break;
        }
        write_line(line.as_bytes(), out)?;
        out.write_all(b"\r\n")?;
    }
    Ok(())
}

fn write_line(line: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let mut column = 0;
    for (i, &octet) in line.iter().enumerate() {
        let last = i + 1 == line.len();
        let plain = match octet {
            b' ' | b'\t' => !last,
            b'=' => false,
            // A lone dot ends a mail for some servers, "From " is changed by mailboxes, "--" may look like a boundary.
            b'.' | b'F' | b'-' => column != 0,
            b'!'..=b'~' => true,
            _ => false,
        };
        let width = if plain { 1 } else { 3 };
        // One place stays free for the soft line break, unless the line ends here.
        if column + width > if last { 76 } else { 75 } {
            out.write_all(b"=\r\n")?;
            column = 0;
        }
        let plain = plain && !(column == 0 && matches!(octet, b'.' | b'F' | b'-'));
        if plain {
            out.write_all(&[octet])?;
            column += 1;
        } else {
            write!(out, "={octet:02X}")?;
            column += 3;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pieces<'a>(&'a [u8], usize);
    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    fn decoded(text: &[u8], step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        QuotedPrintableReader::new(Pieces(text, step)).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn it_forgives_in_blocks_of_every_size() {
        let text = b"J=C3=b6rg  \t\r\nsoft=  \r\nbreak=\nhere\nbad =G1 = =\r\n=3D=";
        for step in 1..text.len() {
            assert_eq!(decoded(text, step), "Jörg\r\nsoftbreakhere\nbad =G1 = =".as_bytes(), "{step}");
        }
    }

    #[test]
    fn a_line_without_end_is_bounded_and_right() {
        let text = b"=41".repeat(100_000);
        assert_eq!(decoded(&text, 1000), vec![b'A'; 100_000]);
        assert_eq!(decoded(&vec![b'='; 200_000], 48_001).len(), 199_999);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let long = "äb .".repeat(60);
        for text in ["", "a\n", "From here\n.\n--x\n", "trailing \t\né=\u{1f600}\n", &long] {
            let mut out = Vec::new();
            write_quoted_printable(text, &mut out).unwrap();
            let written = String::from_utf8(out.clone()).unwrap();
            assert!(written.split("\r\n").all(|line| line.len() <= 76 && line.is_ascii()));
            assert!(
                !written
                    .split("\r\n")
                    .any(|line| line.starts_with("--") || line.starts_with("From ") || line == ".")
            );
            let mut expected = text.replace('\n', "\r\n");
            if !expected.is_empty() && !expected.ends_with("\r\n") {
                expected.push_str("\r\n");
            }
            assert_eq!(String::from_utf8(decoded(&out, 9)).unwrap(), expected);
        }
    }
}
