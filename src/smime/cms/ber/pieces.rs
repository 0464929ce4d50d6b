//! Where the octets of a string in chunks lie.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Programs cut into chunks of one size, so a few runs are enough.
const RUNS: usize = 4096;

/// Octets read at once.
const BUFFER: usize = 64 << 10;

/// The places of an OCTET STRING's chunks in their source, in order.
#[derive(Debug, Default)]
pub struct Pieces {
    runs: Vec<Run>,
    length: u64,
    /// There were more than are kept.
    overfull: bool,
}

/// `count` chunks of `length` octets; each begins `stride` octets behind the one before.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Offset of the first octet in the string, and in the source.
    offset: u64,
    start: u64,
    length: u64,
    stride: u64,
    count: u64,
}

impl Pieces {
    /// The next chunk lies at `start` in the source.
    pub(super) fn push(&mut self, start: u64, length: u64) {
        if length == 0 || self.overfull {
            return;
        }
        let offset = self.length;
        self.length = self.length.saturating_add(length);
        if let Some(run) = self.runs.last_mut().filter(|run| run.length == length) {
            let by = start.saturating_sub(run.start);
            if run.count == 1 {
                run.stride = by;
            }
            if run.stride.checked_mul(run.count) == Some(by) {
                run.count += 1;
                return;
            }
        }
        self.overfull = self.runs.len() == RUNS;
        if !self.overfull {
            self.runs.push(Run { offset, start, length, stride: 0, count: 1 });
        }
    }

    /// None: it has more irregular chunks than are kept count of.
    pub(in crate::smime::cms) fn complete(self) -> Option<Self> {
        (!self.overfull).then_some(self)
    }

    /// The string in `source`, from whose beginning the places are counted.
    pub fn of<S: Read + Seek>(self, source: S) -> PiecesSource<S> {
        PiecesSource { source: BufReader::with_capacity(BUFFER, source), pieces: self, position: 0, at: None }
    }
}

/// A string in chunks as a source of its octets.
pub struct PiecesSource<S> {
    source: BufReader<S>,
    pieces: Pieces,
    position: u64,
    /// Where `source` stands, as far as it is known.
    at: Option<u64>,
}

impl<S: Read + Seek> Read for PiecesSource<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let after = self.pieces.runs.partition_point(|run| run.offset <= self.position);
        let Some(run) = after.checked_sub(1).and_then(|index| self.pieces.runs.get(index)) else {
            return Ok(0);
        };
        // A run is never empty.
        let (chunk, within) =
            ((self.position - run.offset) / run.length, (self.position - run.offset) % run.length);
        if chunk >= run.count || buffer.is_empty() {
            return Ok(0);
        }
        let place = run.start + chunk * run.stride + within;
        match self.at {
            Some(at) if at == place => {}
            Some(at) => match i64::try_from(i128::from(place) - i128::from(at)) {
                Ok(by) => self.source.seek_relative(by)?,
                Err(_) => drop(self.source.seek(SeekFrom::Start(place))?),
            },
            None => drop(self.source.seek(SeekFrom::Start(place))?),
        }
        self.at = None;
        let wanted = buffer.len().min(usize::try_from(run.length - within).unwrap_or(usize::MAX));
        let count = self.source.read(buffer.get_mut(..wanted).unwrap_or_default())?;
        self.at = Some(place + count as u64);
        self.position += count as u64;
        Ok(count)
    }
}

impl<S: Read + Seek> Seek for PiecesSource<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.pieces.length.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn chunks_of_any_sizes_are_read_from_anywhere() {
        let octets: Vec<u8> = (0..=255).collect();
        let places = [
            (3, 4),
            (9, 4),
            (15, 4),
            (20, 4),
            (30, 0),
            (40, 7),
            (50, 7),
            (60, 1),
            (70, 1),
            (80, 1),
            (90, 20),
        ];
        let mut pieces = Pieces::default();
        places.iter().for_each(|(start, length)| pieces.push(*start, *length));
        assert!(pieces.runs.len() < places.len());
        let whole: Vec<u8> = places
            .iter()
            .flat_map(|&(start, length)| octets[start as usize..(start + length) as usize].to_vec())
            .collect();
        let mut source = pieces.complete().unwrap().of(Cursor::new(octets));
        assert_eq!(source.seek(SeekFrom::End(0)).unwrap(), whole.len() as u64);
        for start in 0..=whole.len() {
            source.seek(SeekFrom::Start(start as u64)).unwrap();
            let mut read = Vec::new();
            source.read_to_end(&mut read).unwrap();
            assert_eq!(read, whole[start..], "from {start}");
        }
    }

    #[test]
    fn chunks_without_rule_are_too_many() {
        let mut pieces = Pieces::default();
        for index in 0..=RUNS as u64 {
            pieces.push(index * 10, 1 + index % 2);
        }
        assert!(pieces.complete().is_none());
    }
}
