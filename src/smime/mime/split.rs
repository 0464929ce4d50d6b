//! Splits a message into its entities (RFC 2046), line by line, in bounded memory.

mod lines;
mod mailbox;

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use super::encoding::TransferEncoding;
use super::header::{self, MAX_FIELDS};
use super::{Entity, Headers};
use crate::smime::{Limits, Source};
use lines::{Lines, Piece};

pub use mailbox::count_messages;

/// All header sections of a message together hold at most this many times [`Limits::header`] octets.
const SECTIONS: usize = 4;

/// Why a message was not split.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SplitError {
    /// The first line is no header field.
    #[error("no header field at the start: not a MIME entity")]
    NoHeader,
    /// A bound of [`Limits`] was exceeded; the word says what there was too much of.
    #[error("too many {0}")]
    Limit(&'static str),
    /// The source failed.
    #[error(transparent)]
    Io(Arc<io::Error>),
}

impl From<io::Error> for SplitError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// Splits `source[range]` (the range is cut to the length of the source) into a tree of entities. Lines end with
/// CRLF or LF, also mixed.
///
/// A byte order mark, blank lines and a mailbox's `From ` line at the start are skipped; then there must be a
/// header field (`Name:`, the name of printable ASCII without a space), or the answer is
/// [`SplitError::NoHeader`]. Preambles and epilogues of multiparts belong to no part. An outer boundary ends all
/// that is open inside it ([`Entity::unclosed`]). A multipart without a boundary is a leaf of type `text/plain`
/// (RFC 2045 section 5.2). Bodies of `message/rfc822` and `message/global` that are not encoded are split too.
///
/// Work is linear in the range; without a multipart the body is not read at all.
pub fn split(source: &mut dyn Source, range: Range<u64>, limits: &Limits) -> Result<Entity, SplitError> {
    let end = range.end.min(source.seek(SeekFrom::End(0))?);
    let lines = Lines::new(source, range.start.min(end)..end)?;
    let mut splitter = Splitter { lines, limits, boundaries: Vec::new(), parts: 0, header_octets: 0 };
    splitter.skip_to_header()?;
    let (entity, _) = splitter.entity(0, "text/plain")?;
    Ok(entity)
}

struct Splitter<'a> {
    lines: Lines<'a>,
    limits: &'a Limits,
    /// Those of the open multiparts, the innermost last.
    boundaries: Vec<Vec<u8>>,
    parts: usize,
    header_octets: usize,
}

/// What ended an entity.
#[derive(Debug, Clone, Copy)]
enum Stop {
    End,
    Boundary {
        /// Which of the open boundaries.
        index: usize,
        closing: bool,
        /// Where the line end before the boundary line begins.
        before: u64,
    },
}

impl Splitter<'_> {
    fn skip_to_header(&mut self) -> Result<(), SplitError> {
        self.lines.skip_byte_order_mark()?;
        let mut mailbox_line = false;
        while let Some(piece) = self.lines.next()? {
            let line = self.lines.bytes(&piece);
            if line.trim_ascii().is_empty() {
                continue;
            }
            if !mailbox_line && piece.whole && (line.starts_with(b"From ") || line.starts_with(b">From ")) {
                mailbox_line = true;
                continue;
            }
            if header::field(line).is_none() {
                return Err(SplitError::NoHeader);
            }
            self.lines.put_back(piece);
            return Ok(());
        }
        Err(SplitError::NoHeader)
    }

    /// Reads one entity from here to the next boundary of an open multipart.
    fn entity(&mut self, depth: usize, default_type: &str) -> Result<(Entity, Stop), SplitError> {
        if depth > self.limits.depth {
            return Err(SplitError::Limit("parts inside one another"));
        }
        self.parts += 1;
        if self.parts > self.limits.parts {
            return Err(SplitError::Limit("parts"));
        }
        let start = self.lines.position();
        let (section, mut stop) = self.section()?;
        let body = self.lines.position();
        let headers = Headers::parse(&section);
        let field = headers.content_type();
        let boundary = field.as_ref().and_then(|field| field.parameter("boundary")).map(str::trim_end);
        let boundary =
            boundary.filter(|boundary| !boundary.is_empty()).map(|boundary| boundary.as_bytes().to_vec());
        let mut entity = Entity {
            encoding: TransferEncoding::from_field(headers.raw("Content-Transfer-Encoding")),
            content_type: match &field {
                Some(field) => field.essence.clone(),
                None if headers.count("Content-Type") > 0 => "text/plain".to_owned(),
                None => default_type.to_owned(),
            },
            headers,
            range: start..body,
            body: body..body,
            parts: Vec::new(),
            unclosed: false,
        };
        if stop.is_none() {
            let message = matches!(entity.content_type.as_str(), "message/rfc822" | "message/global");
            stop = Some(if entity.content_type.starts_with("multipart/") {
                match boundary {
                    Some(boundary) => self.multipart(depth, &mut entity, boundary)?,
                    None => {
                        "text/plain".clone_into(&mut entity.content_type);
                        self.skip_body()?
                    }
                }
            } else if message && entity.encoding == TransferEncoding::Identity {
                let (part, stop) = self.entity(depth + 1, "text/plain")?;
                entity.parts.push(part);
                stop
            } else {
                self.skip_body()?
            });
        }
        let stop = stop.unwrap_or(Stop::End);
        let end = match stop {
            Stop::End => self.lines.end(),
            Stop::Boundary { before, .. } => before,
        };
        // The line end after the header may itself belong to the boundary.
        let end = end.max(start);
        entity.range = start..end;
        entity.body = body.min(end)..end;
        Ok((entity, stop))
    }

    /// Reads a header section with the blank line at its end, which is not part of the answer. A boundary ends it too.
    fn section(&mut self) -> Result<(Vec<u8>, Option<Stop>), SplitError> {
        let mut section = Vec::new();
        let mut fields = 0;
        while let Some(piece) = self.lines.next()? {
            if let Some(stop) = self.boundary(&piece) {
                return Ok((section, Some(stop)));
            }
            let line = self.lines.bytes(&piece);
            if piece.whole && matches!(line, b"\n" | b"\r\n") {
                break;
            }
            self.header_octets += line.len();
            fields += usize::from(piece.first);
            if section.len() + line.len() > self.limits.header {
                return Err(SplitError::Limit("octets of header fields in one part"));
            }
            if fields > MAX_FIELDS || self.header_octets > self.limits.header.saturating_mul(SECTIONS) {
                return Err(SplitError::Limit("header fields"));
            }
            section.extend_from_slice(line);
        }
        Ok((section, None))
    }

    fn multipart(
        &mut self,
        depth: usize,
        entity: &mut Entity,
        boundary: Vec<u8>,
    ) -> Result<Stop, SplitError> {
        let mine = self.boundaries.len();
        self.boundaries.push(boundary);
        let default_type =
            if entity.content_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let mut stop = self.skip_body()?;
        loop {
            match stop {
                Stop::Boundary { index, closing: false, .. } if index == mine => {
                    let (part, next) = self.entity(depth + 1, default_type)?;
                    entity.parts.push(part);
                    stop = next;
                }
                Stop::Boundary { index, closing: true, .. } if index == mine => {
                    self.boundaries.truncate(mine);
                    return self.skip_body();
                }
                Stop::Boundary { .. } | Stop::End => {
                    entity.unclosed = true;
                    self.boundaries.truncate(mine);
                    return Ok(stop);
                }
            }
        }
    }

    fn skip_body(&mut self) -> Result<Stop, SplitError> {
        if self.boundaries.is_empty() {
            self.lines.skip_to_end();
            return Ok(Stop::End);
        }
        loop {
            self.lines.skip_plain_lines()?;
            let Some(piece) = self.lines.next()? else { return Ok(Stop::End) };
            if let Some(stop) = self.boundary(&piece) {
                return Ok(stop);
            }
        }
    }

    /// Whether the line is a boundary line of an open multipart (RFC 2046 section 5.1.1): all of it counts, so that
    /// one boundary may begin with another.
    fn boundary(&self, piece: &Piece) -> Option<Stop> {
        let line = self.lines.bytes(piece).strip_prefix(b"--").filter(|_| piece.whole)?.trim_ascii_end();
        self.boundaries.iter().enumerate().rev().find_map(|(index, boundary)| {
            let closing = match line.strip_prefix(boundary.as_slice())? {
                b"" => false,
                b"--" => true,
                _ => return None,
            };
            Some(Stop::Boundary { index, closing, before: piece.start - piece.line_end_before })
        })
    }
}

#[cfg(test)]
mod tests;
