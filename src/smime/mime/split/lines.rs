//! Lines of a source in a buffer of fixed size.

use std::io::{self, SeekFrom};
use std::ops::Range;

use memchr::memmem::Finder;

use crate::smime::Source;

/// A line longer than this comes in pieces.
const BUFFER: usize = 64 << 10;

/// Reads lines with their line ends.
pub(super) struct Lines<'a> {
    source: &'a mut dyn Source,
    buffer: Vec<u8>,
    /// What of the buffer holds octets that have not been given out.
    ready: Range<usize>,
    /// Offset of `ready.start` in the source.
    position: u64,
    /// Where reading ends.
    end: u64,
    /// What the piece given out last tells about the next.
    next_is_first: bool,
    line_end_before: u64,
    last_octet: u8,
    /// Finds the beginning of a line that may be a boundary.
    boundary: Finder<'static>,
}

/// A line, or a piece of a very long one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Offset in the source.
    pub(super) start: u64,
    /// It begins a line.
    pub(super) first: bool,
    /// It is a line from its beginning to its end.
    pub(super) whole: bool,
    /// Octets of the line end in front of it: 0 (at the start), 1 or 2.
    pub(super) line_end_before: u64,
    from: usize,
    to: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a mut dyn Source, range: Range<u64>) -> io::Result<Self> {
        source.seek(SeekFrom::Start(range.start))?;
        Ok(Self {
            source,
            buffer: vec![0; BUFFER],
            ready: 0..0,
            position: range.start,
            end: range.end,
            next_is_first: true,
            line_end_before: 0,
            last_octet: 0,
            boundary: Finder::new(b"\n--"),
        })
    }

    /// Offset of the next piece.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Offset at which the last line ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The octets of a piece; only until the next one is read.
    pub(super) fn bytes(&self, piece: &Piece) -> &[u8] {
        self.buffer.get(piece.from..piece.to).unwrap_or_default()
    }

    /// The next line, or piece of a line; None at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        let mut searched = 0;
        let length = loop {
            let ready = self.buffer.get(self.ready.clone()).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', ready.get(searched..).unwrap_or_default()) {
                break searched + at + 1;
            }
            searched = ready.len();
            if searched == BUFFER || !self.fill()? {
                break searched;
            }
        };
        if length == 0 {
            return Ok(None);
        }
        let (from, to) = (self.ready.start, self.ready.start + length);
        let ended = self.buffer.get(to - 1) == Some(&b'\n');
        let whole = self.next_is_first && (ended || self.position + length as u64 == self.end);
        let piece = Piece {
            start: self.position,
            first: self.next_is_first,
            whole,
            line_end_before: self.line_end_before,
            from,
            to,
        };
        self.pass(length);
        Ok(Some(piece))
    }

    /// Counts the first octets of what is ready, at least one, as read.
    fn pass(&mut self, length: usize) {
        let to = self.ready.start + length;
        let octet = |at: usize| self.buffer.get(at).copied().unwrap_or(0);
        let before_last = if length > 1 { octet(to - 2) } else { self.last_octet };
        self.line_end_before = if before_last == b'\r' { 2 } else { 1 };
        self.last_octet = octet(to - 1);
        self.next_is_first = self.last_octet == b'\n';
        self.ready.start = to;
        self.position += length as u64;
    }

    /// Passes over whole lines that do not begin with `--`, many at a time. What comes next may be such a line, too.
    pub(super) fn skip_plain_lines(&mut self) -> io::Result<()> {
        while self.next_is_first {
            let ready = self.buffer.get(self.ready.clone()).unwrap_or_default();
            if ready.starts_with(b"-") {
                return Ok(());
            }
            let boundary = self.boundary.find(ready);
            let Some(last) = boundary.or_else(|| memchr::memrchr(b'\n', ready)) else {
                // Half a line: more is needed, unless it fills the buffer.
                if ready.len() == BUFFER || !self.fill()? {
                    return Ok(());
                }
                continue;
            };
            self.pass(last + 1);
            if boundary.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gives the piece that was read last, a first one, once more.
    pub(super) fn put_back(&mut self, piece: Piece) {
        self.ready.start = piece.from;
        self.position = piece.start;
        self.next_is_first = piece.first;
        self.line_end_before = piece.line_end_before;
        self.last_octet = b'\n';
    }

    /// Goes to the end without reading.
    pub(super) fn skip_to_end(&mut self) {
        self.ready = 0..0;
        self.position = self.end;
    }

    /// Skips a UTF-8 byte order mark; only before the first line.
    pub(super) fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        while self.ready.len() < 3 && self.fill()? {}
        if self.buffer.get(self.ready.clone()).unwrap_or_default().starts_with(b"\xef\xbb\xbf") {
            self.ready.start += 3;
            self.position += 3;
        }
        Ok(())
    }

    /// Reads more behind what is ready. False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ready.start > 0 {
            self.buffer.copy_within(self.ready.clone(), 0);
            self.ready = 0..self.ready.len();
        }
        let left = self.end.saturating_sub(self.position + self.ready.len() as u64);
        let room = (BUFFER - self.ready.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(room) = self.buffer.get_mut(self.ready.end..self.ready.end + room) else { return Ok(false) };
        if room.is_empty() {
            return Ok(false);
        }
        let count = loop {
            match self.source.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.ready.end += count;
        if count == 0 {
            // The source is shorter than it said.
            self.end = self.position + self.ready.len() as u64;
        }
        Ok(count > 0)
    }
}
