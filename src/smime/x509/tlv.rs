//! A cursor over DER in memory, for structures whose exact octets must be kept (X.690 section 8.1).

use const_oid::ObjectIdentifier;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// One value: its identifier octet, its content, and both with the length between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The values inside this one.
    pub(crate) fn inside(&self) -> Walk<'a> {
        Walk(self.value)
    }

    /// This one, if it is an OBJECT IDENTIFIER that can be named.
    pub(crate) fn oid(&self) -> Option<ObjectIdentifier> {
        (self.tag == OID).then(|| ObjectIdentifier::from_bytes(self.value).ok()).flatten()
    }

    /// This one, if it is a BIT STRING of whole octets.
    pub(crate) fn octets_of_bits(&self) -> Option<&'a [u8]> {
        match (self.tag, self.value.split_first()) {
            (BIT_STRING, Some((0, octets))) => Some(octets),
            (..) => None,
        }
    }

    /// This one, if it is an INTEGER from 0 to 2³¹ − 1.
    pub(crate) fn small_integer(&self) -> Option<u32> {
        if self.tag != INTEGER || self.value.is_empty() || self.value[0] & 0x80 != 0 {
            return None;
        }
        let digits = &self.value[self.value.iter().take_while(|octet| **octet == 0).count()..];
        (digits.len() <= 4)
            .then(|| digits.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet)))
            .filter(|number| *number <= i32::MAX as u32)
    }
}

/// What is left of a run of values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk<'a>(pub(crate) &'a [u8]);

impl<'a> Walk<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The identifier octet that comes next.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next value, whatever it is; `None` at the end, and where DER is broken.
    pub(crate) fn any(&mut self) -> Option<Tlv<'a>> {
        let (tag, rest) = self.0.split_first()?;
        // Tag numbers above 30 stand nowhere in what is read here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (first, rest) = rest.split_first()?;
        let (length, content) = match *first {
            short @ 0..=0x7f => (usize::from(short), rest),
            long @ 0x81..=0x84 => {
                let (octets, content) = rest.split_at_checked(usize::from(long & 0x7f))?;
                let length = octets.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
                if octets.first() == Some(&0) || length < 0x80 {
                    return None;
                }
                (usize::try_from(length).ok()?, content)
            }
            _ => return None,
        };
        let (value, after) = content.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some(Tlv { tag: *tag, value, whole })
    }

    /// The next value, which must have this identifier octet.
    pub(crate) fn take(&mut self, tag: u8) -> Option<Tlv<'a>> {
        if self.peek() == Some(tag) { self.any() } else { None }
    }

    /// The next value, which must be the last.
    pub(crate) fn only(mut self, tag: u8) -> Option<Tlv<'a>> {
        let value = self.take(tag)?;
        self.is_empty().then_some(value)
    }

    /// All values that are left; `None` where one of them is broken.
    pub(crate) fn all(mut self) -> Option<Vec<Tlv<'a>>> {
        let mut values = Vec::new();
        while !self.is_empty() {
            values.push(self.any()?);
        }
        Some(values)
    }
}

/// One value around the given contents.
pub(crate) fn write(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|content| content.len()).sum();
    let mut der = vec![tag];
    if length < 0x80 {
        der.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let skip = octets.iter().take_while(|octet| **octet == 0).count();
        der.push(0x80 | (octets.len() - skip) as u8);
        der.extend_from_slice(&octets[skip..]);
    }
    contents.iter().for_each(|content| der.extend_from_slice(content));
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_walked() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let der = write(SEQUENCE, &[&write(OCTET_STRING, &[&content]), &[5, 0]]);
            let inside = Walk(&der).only(SEQUENCE).unwrap().inside().all().unwrap();
            assert_eq!(inside[0].value, content);
            assert_eq!(inside[1].tag, 5);
        }
    }

    #[test]
    fn broken_lengths_end_the_walk() {
        for der in [
            &[0x30_u8][..],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 0],
            &[0x3f, 1, 0],
            &[4, 0x85, 0, 0, 0, 0, 1],
        ] {
            assert!(Walk(der).any().is_none(), "{der:02x?}");
        }
    }

    #[test]
    fn integers_have_a_bound() {
        let number =
            |octets: &[u8]| Walk(&write(INTEGER, &[octets])).any().and_then(|tlv| tlv.small_integer());
        assert_eq!(number(&[0]), Some(0));
        assert_eq!(number(&[0, 0x80]), Some(128));
        assert_eq!(number(&[0x7f, 255, 255, 255]), Some(i32::MAX as u32));
        assert_eq!(number(&[0, 0x80, 0, 0, 0]), None);
        assert_eq!(number(&[0x80]), None);
        assert_eq!(number(&[]), None);
    }
}
