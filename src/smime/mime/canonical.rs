//! Line ends as they were signed.

use std::io::{self, Write};

/// Writes on with every bare LF turned into CRLF. A signature over a text part (RFC 8551 section 3.1.1) was made
/// over CRLF; mail that is stored with LF is verified through this. A CR that stands alone is left as it is.
#[derive(Debug)]
pub struct Canonical<W: Write> {
    out: W,
    after_cr: bool,
    buffer: Vec<u8>,
}

impl<W: Write> Canonical<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, after_cr: false, buffer: Vec::new() }
    }

    /// Writes on to `out`, which has got everything so far and needed no mending; `after_cr`: the last octet was a CR.
    pub fn resume(out: W, after_cr: bool) -> Self {
        Self { after_cr, ..Self::new(out) }
    }

    /// The writer beneath.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Canonical<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // A bound on the buffer.
        let data = data.get(..64 << 10).unwrap_or(data);
        let Some(&last) = data.last() else { return Ok(0) };
        self.buffer.clear();
        let mut copied = 0;
        for lf in memchr::memchr_iter(b'\n', data) {
            let after_cr = if lf == 0 { self.after_cr } else { data.get(lf - 1) == Some(&b'\r') };
            if !after_cr {
                self.buffer.extend_from_slice(data.get(copied..lf).unwrap_or_default());
                self.buffer.push(b'\r');
                copied = lf;
            }
        }
        self.buffer.extend_from_slice(data.get(copied..).unwrap_or_default());
        self.out.write_all(&self.buffer)?;
        self.after_cr = last == b'\r';
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes on with every CRLF turned into LF: the lines as a Unix program has them before the mail system gives them the
/// ends that it wants. A CR that stands alone is left as it is.
#[derive(Debug)]
pub struct LineFeeds<W: Write> {
    out: W,
    /// A CR at the end of what came last; it is not written yet.
    holds_cr: bool,
    has_crlf: bool,
    buffer: Vec<u8>,
}

impl<W: Write> LineFeeds<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, holds_cr: false, has_crlf: false, buffer: Vec::new() }
    }

    /// Whether there was any CRLF, so that what was written differs from what came.
    pub fn has_crlf(&self) -> bool {
        self.has_crlf
    }

    /// Writes what was held back and gives the writer beneath.
    pub fn finish(mut self) -> io::Result<W> {
        if self.holds_cr {
            self.out.write_all(b"\r")?;
        }
        Ok(self.out)
    }
}

impl<W: Write> Write for LineFeeds<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // A bound on the buffer.
        let data = data.get(..64 << 10).unwrap_or(data);
        let Some(&first) = data.first() else { return Ok(0) };
        self.buffer.clear();
        if self.holds_cr && first != b'\n' {
            self.buffer.push(b'\r');
        }
        self.has_crlf |= self.holds_cr && first == b'\n';
        self.holds_cr = data.ends_with(b"\r");
        let text = data.strip_suffix(b"\r").unwrap_or(data);
        let mut copied = 0;
        for cr in memchr::memchr_iter(b'\r', text) {
            if text.get(cr + 1) == Some(&b'\n') {
                self.has_crlf = true;
                self.buffer.extend_from_slice(text.get(copied..cr).unwrap_or_default());
                copied = cr + 1;
            }
        }
        self.buffer.extend_from_slice(text.get(copied..).unwrap_or_default());
        self.out.write_all(&self.buffer)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes on without the `>` that a mailbox file puts before lines of a mail that begin with `From ` (RFC 4155, and the form
/// that quotes `>From ` again): one of them goes from every line of `>`s and `From `.
#[derive(Debug)]
pub struct Unquoted<W: Write> {
    out: W,
    /// What of a line that may be quoted has come: `>`s, and octets of `From `. `None`: this line is none.
    begun: Option<(usize, usize)>,
    has_quotes: bool,
}

const FROM: &[u8] = b"From ";

impl<W: Write> Unquoted<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, begun: Some((0, 0)), has_quotes: false }
    }

    /// Whether anything was taken away so far.
    pub fn has_quotes(&self) -> bool {
        self.has_quotes
    }

    /// Writes what is held back, and gives the writer beneath.
    pub fn finish(mut self) -> io::Result<W> {
        self.release(false)?;
        Ok(self.out)
    }

    /// Writes what is held back of a line, one `>` less if it is a quoted one.
    fn release(&mut self, quoted: bool) -> io::Result<()> {
        let Some((quotes, letters)) = self.begun.take() else { return Ok(()) };
        self.has_quotes |= quoted;
        let mut quotes = quotes - usize::from(quoted);
        while quotes > 0 {
            let some = quotes.min(64);
            self.out.write_all(&[b'>'; 64][..some])?;
            quotes -= some;
        }
        self.out.write_all(FROM.get(..letters).unwrap_or_default())
    }
}

impl<W: Write> Write for Unquoted<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let mut rest = data;
        while let Some(&octet) = rest.first() {
            match self.begun {
                Some((quotes, 0)) if octet == b'>' => self.begun = Some((quotes + 1, 0)),
                Some((quotes, letters)) if quotes > 0 && FROM.get(letters) == Some(&octet) => {
                    self.begun = Some((quotes, letters + 1));
                    if letters + 1 == FROM.len() {
                        self.release(true)?;
                    }
                }
                Some(_) => {
                    self.release(false)?;
                    continue;
                }
                None => {
                    let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    let (line, after) = rest.split_at(line);
                    self.out.write_all(line)?;
                    if line.ends_with(b"\n") {
                        self.begun = Some((0, 0));
                    }
                    rest = after;
                    continue;
                }
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_line_feeds_across_any_border() {
        let text = b"\na\r\nb\n\r\nc\rd\r\r\ne\r\n\r";
        for step in 1..=text.len() {
            let mut writer = LineFeeds::new(Vec::new());
            for piece in text.chunks(step) {
                writer.write_all(piece).unwrap();
            }
            assert!(writer.has_crlf());
            assert_eq!(writer.finish().unwrap(), b"\na\nb\n\nc\rd\r\ne\n\r", "{step}");
        }
        let mut writer = LineFeeds::new(Vec::new());
        writer.write_all(b"a\nb\rc").unwrap();
        assert!(!writer.has_crlf());
    }

    #[test]
    fn bare_line_feeds_become_line_ends_across_any_border() {
        let text = b"\na\r\nb\n\nc\rd\r\r\ne\r\n\n";
        for step in 1..=text.len() {
            let mut writer = Canonical::new(Vec::new());
            for piece in text.chunks(step) {
                writer.write_all(piece).unwrap();
            }
            assert_eq!(writer.into_inner(), b"\r\na\r\nb\r\n\r\nc\rd\r\r\ne\r\n\r\n", "{step}");
        }
    }

    #[test]
    fn what_is_canonical_stays_as_it_is() {
        let text = b"a\r\nb\r\n".repeat(50_000);
        let mut writer = Canonical::new(Vec::new());
        writer.write_all(&text).unwrap();
        assert_eq!(writer.into_inner(), text);
    }

    #[test]
    fn quoted_lines_lose_one_mark_across_any_border() {
        let text = b">From a\r\n>>From b\nFrom c\n> From d\n>Fro\nx >From e\n>>\n\n>From ";
        for step in 1..=text.len() {
            let mut writer = Unquoted::new(Vec::new());
            for piece in text.chunks(step) {
                writer.write_all(piece).unwrap();
            }
            assert!(writer.has_quotes());
            let out = writer.finish().unwrap();
            assert_eq!(out, b"From a\r\n>From b\nFrom c\n> From d\n>Fro\nx >From e\n>>\n\nFrom ", "{step}");
        }
        let mut writer = Unquoted::new(Vec::new());
        writer.write_all(b">>Fr").unwrap();
        assert!(!writer.has_quotes());
        assert_eq!(writer.finish().unwrap(), b">>Fr");
    }
}
