//! Lists of properties (MS-OXTNEF section 2.1.3.4).

use std::io;
use std::ops::Range;

use super::octets::Octets;

/// PtypString8, PtypString, PtypBinary, PtypObject (MS-OXCDATA section 2.11.1).
pub(super) const STRING: u16 = 0x1e;
pub(super) const UNICODE: u16 = 0x1f;
pub(super) const BINARY: u16 = 0x102;
pub(super) const OBJECT: u16 = 0x0d;

/// The flag of a type that has several values.
const MULTIPLE: u16 = 0x1000;

/// One value of a property.
pub(super) struct Property {
    pub(super) id: u16,
    /// Of one value.
    pub(super) kind: u16,
    pub(super) value: Range<u64>,
}

/// The values in `data`, up to the first that is not understood or not there; each takes one of `left`.
///
/// ```text
/// MsgPropertyList = count (4) *property
/// property = type (2) id (2) [name] data
/// name, of ids from 0x8000 = GUID (16) kind (4), then kind 0: a number (4); kind 1: length (4) and UTF-16, padded
/// data = a value of fixed size, padded
///      / count (4) *(length (4) octets, padded), of types of variable size
///      / count (4) *value, of types of fixed size with several values
/// ```
pub(super) fn list(octets: &mut Octets<'_>, data: Range<u64>, left: &mut usize) -> io::Result<Vec<Property>> {
    let mut cursor = Cursor { octets, at: data.start, end: data.end };
    let mut all = Vec::new();
    let Some(count) = cursor.u32()? else { return Ok(all) };
    for _ in 0..count {
        if cursor.property(left, &mut all)?.is_none() {
            break;
        }
    }
    Ok(all)
}

struct Cursor<'a, 'b> {
    octets: &'a mut Octets<'b>,
    at: u64,
    end: u64,
}

impl Cursor<'_, '_> {
    fn property(&mut self, left: &mut usize, all: &mut Vec<Property>) -> io::Result<Option<()>> {
        let Some(tag) = self.u32()? else { return Ok(None) };
        let (kind, id) = ((tag & 0xffff) as u16, (tag >> 16) as u16); // two halves
        if id >= 0x8000 && self.name()?.is_none() {
            return Ok(None);
        }
        let single = kind & !MULTIPLE;
        let width = width(single);
        let count = match (kind == single, width) {
            (true, Some(_)) => 1,
            (false, _) | (true, None) => match self.u32()? {
                Some(count) => count,
                None => return Ok(None),
            },
        };
        if !matches!((single, width), (STRING | UNICODE | BINARY | OBJECT, None) | (_, Some(_))) {
            return Ok(None);
        }
        for _ in 0..count {
            let length = match width {
                Some(width) => Some(width),
                None => self.u32()?.map(u64::from),
            };
            let Some(value) = length.and_then(|length| self.skip(length)) else { return Ok(None) };
            let Some(less) = left.checked_sub(1) else { return Ok(None) };
            *left = less;
            all.push(Property { id, kind: single, value });
        }
        Ok(Some(()))
    }

    fn name(&mut self) -> io::Result<Option<()>> {
        if self.skip(16).is_none() {
            return Ok(None);
        }
        let length = match self.u32()? {
            Some(0) => Some(4),
            Some(1) => self.u32()?,
            Some(_) | None => None,
        };
        Ok(length.and_then(|length| self.skip(length.into())).map(|_| ()))
    }

    fn u32(&mut self) -> io::Result<Option<u32>> {
        match self.skip(4) {
            Some(value) => self.octets.u32(value.start).map(Some),
            None => Ok(None),
        }
    }

    /// Passes over a value and its padding.
    fn skip(&mut self, length: u64) -> Option<Range<u64>> {
        let value = self.at..self.at.checked_add(length).filter(|end| *end <= self.end)?;
        self.at = (value.end + (4 - length % 4) % 4).min(self.end);
        Some(value)
    }
}

/// Octets of a value with its padding; None: of variable size, or not known.
fn width(kind: u16) -> Option<u64> {
    match kind {
        0x02..=0x04 | 0x0a | 0x0b => Some(4),
        0x05..=0x07 | 0x14 | 0x40 => Some(8),
        0x48 => Some(16),
        0x00 | 0x01 => Some(0),
        _ => None,
    }
}
