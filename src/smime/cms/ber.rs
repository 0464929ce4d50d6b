//! A pull parser for BER (X.690) over `Read`.
//!
//! CMS comes in every form that BER allows: definite and indefinite lengths, strings in one piece or in nested
//! chunks, larger than memory. [`Reader`] walks through it front to back with a bounded stack. What is small is
//! taken into memory as DER ([`Reader::element`]) and parsed there with a [`Cursor`](crate::smime::asn1::Cursor); content is handed on in
//! pieces ([`Reader::octets`]).

mod pieces;
#[cfg(test)]
mod tests;

use std::io::{self, Read, SeekFrom};

pub use pieces::{Pieces, PiecesSource};

use super::CmsError;
use crate::smime::asn1::{tag, writer};
use crate::smime::{Limits, Source};

/// Content is handed on in pieces of about this size.
const PIECE: usize = 64 << 10;
/// Pieces smaller than this are gathered first.
const SMALL: usize = 16 << 10;

/// Identifier and length octets of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The identifier octet (tag numbers up to 30).
    pub tag: u8,
    /// Octets of the content; None: the indefinite form.
    pub length: Option<u64>,
}

impl Header {
    /// May this value hold others?
    pub fn is_constructed(self) -> bool {
        self.tag & tag::CONSTRUCTED != 0
    }
}

/// Is this the header of an OCTET STRING, in one piece or in chunks?
pub(super) fn is_octet_string(header: Option<Header>) -> bool {
    header.is_some_and(|header| header.tag & !tag::CONSTRUCTED == tag::OCTET_STRING)
}

/// A constructed value that has been entered and not yet left.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// No octet at or behind this position belongs to it (inherited by the indefinite form).
    end: u64,
    indefinite: bool,
    /// Its end-of-contents octets have been read.
    closed: bool,
}

/// Where a [`Reader`] stood before a value: enough to go on from there in a later pass.
#[derive(Debug, Clone)]
pub struct Place {
    position: u64,
    frames: Vec<Frame>,
}

enum Input<'a> {
    Stream(&'a mut dyn Read),
    Source(&'a mut dyn Source),
}

impl Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let outcome = match self {
                Self::Stream(input) => input.read(buffer),
                Self::Source(input) => input.read(buffer),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

/// Reads BER front to back.
///
/// It reads ahead, so where the input stands afterwards is not defined. The memory that one reader hands out
/// through [`element`](Self::element) is bounded by `limits.structure` in all, its stack by `limits.depth`.
pub struct Reader<'a> {
    input: Input<'a>,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    /// Of the next octet, counted from where the input stood at first (or from its beginning, after `resume`).
    position: u64,
    frames: Vec<Frame>,
    /// A header that has been read and not yet used, and its position.
    peeked: Option<(Header, u64)>,
    depth: usize,
    budget: usize,
}

impl<'a> Reader<'a> {
    /// Reads from a stream.
    pub fn new(input: &'a mut dyn Read, limits: &Limits) -> Self {
        Self::with(Input::Stream(input), 0, Vec::new(), limits)
    }

    /// Reads from where `input` stands, and seeks over what is skipped.
    pub fn seekable(input: &'a mut dyn Source, limits: &Limits) -> Result<Self, CmsError> {
        let position = input.stream_position()?;
        Ok(Self::with(Input::Source(input), position, Vec::new(), limits))
    }

    /// Goes on at a [`place`](Self::place) of an earlier `seekable` reader of the same input.
    pub fn resume(input: &'a mut dyn Source, place: &Place, limits: &Limits) -> Result<Self, CmsError> {
        input.seek(SeekFrom::Start(place.position))?;
        Ok(Self::with(Input::Source(input), place.position, place.frames.clone(), limits))
    }

    fn with(input: Input<'a>, position: u64, frames: Vec<Frame>, limits: &Limits) -> Self {
        Self {
            input,
            buffer: vec![0; PIECE],
            start: 0,
            filled: 0,
            position,
            frames,
            peeked: None,
            depth: limits.depth,
            budget: limits.structure,
        }
    }

    /// The place before the next value.
    pub fn place(&self) -> Place {
        let position = self.peeked.map_or(self.position, |(_, start)| start);
        Place { position, frames: self.frames.clone() }
    }

    /// The header of the next value; None at the end of the value that was entered last.
    pub fn peek(&mut self) -> Result<Option<Header>, CmsError> {
        if let Some((header, _)) = self.peeked {
            return Ok(Some(header));
        }
        let frame = self.frames.last().copied();
        if frame.is_some_and(|frame| frame.closed || (!frame.indefinite && self.position >= frame.end)) {
            return Ok(None);
        }
        let start = self.position;
        let tag = self.octet()?;
        let length = self.length()?;
        if tag == 0 {
            return match self.frames.last_mut() {
                Some(frame) if frame.indefinite && length == Some(0) => {
                    frame.closed = true;
                    Ok(None)
                }
                _ => Err(CmsError::Malformed),
            };
        }
        let header = Header { tag, length };
        // CMS has no tag number above 30, and only a constructed value can end by a mark.
        if tag & 0x1f == 0x1f || (length.is_none() && !header.is_constructed()) {
            return Err(CmsError::Malformed);
        }
        if length.is_some_and(|length| length > self.end() - self.position) {
            return Err(CmsError::Malformed);
        }
        self.peeked = Some((header, start));
        Ok(Some(header))
    }

    /// Is the next value one with this tag?
    pub fn is_next(&mut self, tag: u8) -> Result<bool, CmsError> {
        Ok(self.peek()?.is_some_and(|header| header.tag == tag))
    }

    /// Enters the next value, which must be a constructed one with this tag.
    pub fn enter(&mut self, tag: u8) -> Result<(), CmsError> {
        match self.take()? {
            header if header.tag == tag && header.is_constructed() => self.push(header),
            _ => Err(CmsError::Malformed),
        }
    }

    /// Leaves the value that was entered last, passing over what is left of it.
    pub fn leave(&mut self) -> Result<(), CmsError> {
        while self.peek()?.is_some() {
            self.skip()?;
        }
        self.frames.pop();
        Ok(())
    }

    /// Leaves every value that is still open: the end of the outermost one has then been seen.
    pub fn leave_all(&mut self) -> Result<(), CmsError> {
        while !self.frames.is_empty() {
            self.leave()?;
        }
        Ok(())
    }

    /// Passes over the next value.
    pub fn skip(&mut self) -> Result<(), CmsError> {
        let base = self.frames.len();
        loop {
            if self.peek()?.is_some() {
                let header = self.take()?;
                match header.length {
                    Some(length) => self.discard(length)?,
                    None => self.push(header)?,
                }
            } else if self.frames.len() > base {
                self.frames.pop();
            } else {
                return Err(CmsError::Malformed);
            }
            if self.frames.len() == base {
                return Ok(());
            }
        }
    }

    /// The next value as DER: definite lengths in the shortest form, universal strings in one piece. (Strings
    /// under an implicit tag cannot be told from other values here and keep their chunks.)
    pub fn element(&mut self) -> Result<Vec<u8>, CmsError> {
        /// A constructed value that is being copied.
        struct Open {
            tag: u8,
            /// Where its content begins in the copy.
            start: usize,
            /// A string in chunks: its type, and where in the copy the whole string begins.
            string: Option<(u8, usize)>,
            /// A chunk that holds chunks has no header of its own in the copy.
            inner: bool,
        }
        let mut copy = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        loop {
            if self.peek()?.is_some() {
                let header = self.take()?;
                let string = open.last().and_then(|value| value.string);
                let primitive = header.tag & !tag::CONSTRUCTED;
                if string.is_some_and(|(kind, _)| kind != primitive) {
                    return Err(CmsError::Malformed);
                }
                self.charge(16)?;
                if header.is_constructed() {
                    self.push(header)?;
                    let start = copy.len();
                    if string.is_none() && primitive == tag::BIT_STRING {
                        copy.push(0);
                    }
                    let kind = string.or(tag::is_string(header.tag).then_some((primitive, start)));
                    open.push(Open { tag: header.tag, start, string: kind, inner: string.is_some() });
                } else {
                    let mut length = header.length.ok_or(CmsError::Malformed)?;
                    match string {
                        None => writer::header(&mut copy, header.tag, length),
                        // Each chunk of a BIT STRING counts its unused bits; those of the last one hold.
                        Some((tag::BIT_STRING, start)) => {
                            length = length.checked_sub(1).ok_or(CmsError::Malformed)?;
                            let unused = self.octet()?;
                            if let Some(count) = copy.get_mut(start) {
                                *count = unused;
                            }
                        }
                        Some(_) => {}
                    }
                    self.charge(length)?;
                    self.copy(length, &mut |piece| {
                        copy.extend_from_slice(piece);
                        Ok(())
                    })?;
                }
            } else {
                let Some(value) = open.pop() else { return Err(CmsError::Malformed) };
                self.frames.pop();
                if !value.inner {
                    let tag = if value.string.is_some() { value.tag & !tag::CONSTRUCTED } else { value.tag };
                    let mut header = Vec::with_capacity(10);
                    writer::header(&mut header, tag, (copy.len() - value.start) as u64);
                    copy.splice(value.start..value.start, header);
                }
            }
            if open.is_empty() {
                return Ok(copy);
            }
        }
    }

    /// The next value as it came if its length is definite (a certificate must stay what was signed), else as
    /// [`element`](Self::element).
    pub fn verbatim(&mut self) -> Result<Vec<u8>, CmsError> {
        match self.peek()? {
            Some(Header { tag, length: Some(length) }) => {
                self.take()?;
                self.charge(length)?;
                let mut copy = Vec::new();
                writer::header(&mut copy, tag, length);
                self.copy(length, &mut |piece| {
                    copy.extend_from_slice(piece);
                    Ok(())
                })?;
                Ok(copy)
            }
            Some(Header { length: None, .. }) => self.element(),
            None => Err(CmsError::Malformed),
        }
    }

    /// Hands the octets of the next value on, an OCTET STRING under whatever tag, in one piece or in nested
    /// chunks. Returns how many there were.
    pub fn octets(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), CmsError>) -> Result<u64, CmsError> {
        self.octets_and_places(&mut Pieces::default(), sink)
    }

    /// The same, and notes where they lie.
    pub fn octets_and_places(
        &mut self,
        pieces: &mut Pieces,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), CmsError>,
    ) -> Result<u64, CmsError> {
        let mut gathered = Vec::new();
        let total = self.each_chunk(&mut |reader, length| {
            pieces.push(reader.position, length);
            reader.copy(length, &mut |piece| {
                if gathered.is_empty() && piece.len() >= SMALL {
                    return sink(piece);
                }
                gathered.extend_from_slice(piece);
                if gathered.len() >= SMALL {
                    sink(&gathered)?;
                    gathered.clear();
                }
                Ok(())
            })
        })?;
        if !gathered.is_empty() {
            sink(&gathered)?;
        }
        Ok(total)
    }

    /// Passes over what [`octets`](Self::octets) would hand on, and says how much that is.
    pub fn skip_octets(&mut self) -> Result<u64, CmsError> {
        self.each_chunk(&mut |reader, length| reader.discard(length))
    }

    /// Calls `take`, which must read it, for each piece of an OCTET STRING. Returns how many octets they have together.
    fn each_chunk(
        &mut self,
        take: &mut dyn FnMut(&mut Self, u64) -> Result<(), CmsError>,
    ) -> Result<u64, CmsError> {
        let base = self.frames.len();
        let mut total: u64 = 0;
        let mut first = true;
        loop {
            if let Some(header) = self.peek()? {
                self.take()?;
                if !first && header.tag & !tag::CONSTRUCTED != tag::OCTET_STRING {
                    return Err(CmsError::Malformed);
                }
                first = false;
                match header.length {
                    Some(length) if !header.is_constructed() => {
                        total = total.checked_add(length).ok_or(CmsError::Malformed)?;
                        take(self, length)?;
                    }
                    _ => self.push(header)?,
                }
            } else if self.frames.len() > base {
                self.frames.pop();
            } else {
                return Err(CmsError::Malformed);
            }
            if self.frames.len() == base {
                return Ok(total);
            }
        }
    }

    fn take(&mut self) -> Result<Header, CmsError> {
        self.peek()?;
        self.peeked.take().map(|(header, _)| header).ok_or(CmsError::Malformed)
    }

    fn push(&mut self, header: Header) -> Result<(), CmsError> {
        if self.frames.len() >= self.depth {
            return Err(CmsError::Limit("depth"));
        }
        let end = match header.length {
            // `peek` has seen that it fits
            Some(length) => self.position.saturating_add(length),
            None => self.end(),
        };
        self.frames.push(Frame { end, indefinite: header.length.is_none(), closed: false });
        Ok(())
    }

    fn charge(&mut self, octets: u64) -> Result<(), CmsError> {
        let left = usize::try_from(octets).ok().and_then(|octets| self.budget.checked_sub(octets));
        self.budget = left.ok_or(CmsError::Limit("structure"))?;
        Ok(())
    }

    /// Behind the last octet that may be read now.
    fn end(&self) -> u64 {
        self.frames.last().map_or(u64::MAX, |frame| frame.end)
    }

    /// Length octets: None is the indefinite form. Not only the shortest form is taken.
    fn length(&mut self) -> Result<Option<u64>, CmsError> {
        match self.octet()? {
            short @ 0..=0x7f => Ok(Some(short.into())),
            0x80 => Ok(None),
            long => {
                let mut length: u64 = 0;
                for _ in 0..long & 0x7f {
                    let shifted = length.checked_mul(256).ok_or(CmsError::Malformed)?;
                    length = shifted | u64::from(self.octet()?);
                }
                Ok(Some(length))
            }
        }
    }

    fn octet(&mut self) -> Result<u8, CmsError> {
        if self.position >= self.end() {
            return Err(CmsError::Malformed);
        }
        let octet = *self.fill()?.first().ok_or(CmsError::Truncated)?;
        self.consume(1);
        Ok(octet)
    }

    fn fill(&mut self) -> Result<&[u8], CmsError> {
        if self.start >= self.filled {
            self.start = 0;
            self.filled = 0;
            self.filled = self.input.read(&mut self.buffer)?.min(self.buffer.len());
        }
        match self.buffer.get(self.start..self.filled) {
            Some(octets) if !octets.is_empty() => Ok(octets),
            _ => Err(CmsError::Truncated),
        }
    }

    fn consume(&mut self, octets: usize) {
        self.start += octets;
        self.position += octets as u64;
    }

    fn copy(
        &mut self,
        length: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), CmsError>,
    ) -> Result<(), CmsError> {
        let mut left = length;
        while left > 0 {
            let there = self.fill()?;
            let take = there.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            sink(there.get(..take).unwrap_or_default())?;
            self.consume(take);
            left -= take as u64;
        }
        Ok(())
    }

    fn discard(&mut self, length: u64) -> Result<(), CmsError> {
        let buffered = (self.filled.saturating_sub(self.start) as u64).min(length);
        self.consume(buffered as usize); // at most the size of the buffer
        let left = length - buffered;
        match (&mut self.input, i64::try_from(left)) {
            // Behind the end of the source the next read, or the pass that wants the content, says Truncated.
            (Input::Source(source), Ok(by)) if left > PIECE as u64 => {
                source.seek(SeekFrom::Current(by))?;
                self.position += left;
                Ok(())
            }
            _ => self.copy(left, &mut |_| Ok(())),
        }
    }
}
