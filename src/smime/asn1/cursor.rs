//! A cursor over DER in memory, for structures whose exact octets must be kept.

use const_oid::ObjectIdentifier;

use super::{Malformed, tag};

/// One value: its tag, its content, and both with the header between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// What the value holds.
    pub content: &'a [u8],
    /// The whole value.
    pub der: &'a [u8],
}

impl<'a> Element<'a> {
    /// The values inside.
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.content)
    }

    /// The values inside, if this is a SEQUENCE.
    pub fn sequence(&self) -> Result<Cursor<'a>, Malformed> {
        if self.tag == tag::SEQUENCE { Ok(self.cursor()) } else { Err(Malformed) }
    }

    /// This OBJECT IDENTIFIER, if it can be named.
    pub fn oid(&self) -> Result<ObjectIdentifier, Malformed> {
        match self.tag {
            tag::OBJECT_IDENTIFIER => ObjectIdentifier::from_bytes(self.content).map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    }

    /// This BOOLEAN; BER knows more than one octet for TRUE.
    pub fn boolean(&self) -> bool {
        self.content != [0]
    }

    /// The octets of a BIT STRING, which must be whole.
    pub fn bits(&self) -> Result<&'a [u8], Malformed> {
        match self.content.split_first() {
            Some((0, octets)) => Ok(octets),
            _ => Err(Malformed),
        }
    }

    /// The octets of an OCTET STRING under an implicit tag, which BER may have left in chunks.
    pub fn octets(&self) -> Result<Vec<u8>, Malformed> {
        if self.tag & tag::CONSTRUCTED == 0 {
            return Ok(self.content.to_vec());
        }
        let mut joined = Vec::new();
        let mut chunks = self.cursor();
        while !chunks.is_empty() {
            joined.extend_from_slice(chunks.expect(tag::OCTET_STRING)?.content);
        }
        Ok(joined)
    }

    /// This INTEGER, if it is from 0 to 2³¹ − 1.
    pub fn small_integer(&self) -> Result<u32, Malformed> {
        if self.tag != tag::INTEGER || self.content.first().is_none_or(|octet| octet & 0x80 != 0) {
            return Err(Malformed);
        }
        let mut value: u32 = 0;
        for octet in self.content {
            value = value.checked_mul(256).ok_or(Malformed)? | u32::from(*octet);
        }
        if value <= i32::MAX as u32 { Ok(value) } else { Err(Malformed) }
    }
}

/// Takes one value after the other from DER in memory. Lengths have the shortest form, and tag numbers end at 30.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Values one after the other.
    pub fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    /// A single value with nothing behind it.
    pub fn single(der: &'a [u8]) -> Result<Element<'a>, Malformed> {
        let mut cursor = Self::new(der);
        let element = cursor.element()?;
        cursor.finish()?;
        Ok(element)
    }

    /// Nothing left?
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Fails if anything is left.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    /// The tag of the next value.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value.
    pub fn element(&mut self) -> Result<Element<'a>, Malformed> {
        let (tag, rest) = self.rest.split_first().ok_or(Malformed)?;
        let (first, mut rest) = rest.split_first().ok_or(Malformed)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let length = match *first {
            short @ 0..=0x7f => usize::from(short),
            long @ 0x81..=0x84 => {
                let octets;
                (octets, rest) = rest.split_at_checked(usize::from(long & 0x7f)).ok_or(Malformed)?;
                let length = octets.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
                if octets.first() == Some(&0) || length < 0x80 {
                    return Err(Malformed);
                }
                usize::try_from(length).map_err(|_| Malformed)?
            }
            _ => return Err(Malformed),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        let der = self.rest.get(..self.rest.len() - rest.len()).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Element { tag: *tag, content, der })
    }

    /// The next value, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.optional(tag)?.ok_or(Malformed)
    }

    /// The next value if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.peek() == Some(tag) { self.element().map(Some) } else { Ok(None) }
    }

    /// The next value, which must have this tag and be the last.
    pub fn only(mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        let element = self.expect(tag)?;
        self.finish()?;
        Ok(element)
    }

    /// The next value, which must be an OBJECT IDENTIFIER that can be named.
    pub fn oid(&mut self) -> Result<ObjectIdentifier, Malformed> {
        self.element()?.oid()
    }

    /// All values that are left.
    pub fn all(mut self) -> Result<Vec<Element<'a>>, Malformed> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            elements.push(self.element()?);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;

    #[test]
    fn values_come_one_by_one() {
        let mut cursor = Cursor::new(&[0x02, 1, 5, 0x80, 1, 9]);
        assert_eq!(cursor.optional(tag::SET).unwrap(), None);
        assert_eq!(cursor.expect(tag::INTEGER).unwrap().small_integer().unwrap(), 5);
        let element = cursor.element().unwrap();
        assert_eq!((element.tag, element.content, element.der), (0x80, &[9][..], &[0x80, 1, 9][..]));
        assert!(cursor.finish().is_ok() && cursor.element().is_err());
    }

    #[test]
    fn what_is_no_der_is_refused() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x1f, 1, 1],
            &[0x30, 0x81, 1, 0],
            &[4, 0x82, 0, 0x80],
            &[4, 0x85, 0, 0, 0, 0, 1, 0],
            &[4, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(Cursor::single(der).is_err(), "{der:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let der = writer::sequence(&[&writer::octet_string(&content), &[5, 0]]);
            let inside = Cursor::new(&der).only(tag::SEQUENCE).unwrap().cursor().all().unwrap();
            assert_eq!(inside[0].content, content);
            assert_eq!(inside[1].tag, 5);
        }
    }

    #[test]
    fn integers_have_a_bound() {
        let number = |octets: &[u8]| Cursor::single(&writer::value(tag::INTEGER, &[octets]))?.small_integer();
        assert_eq!(number(&[0]), Ok(0));
        assert_eq!(number(&[0, 0, 0, 0, 0, 0x80]), Ok(128));
        assert_eq!(number(&[0x7f, 255, 255, 255]), Ok(i32::MAX as u32));
        for out_of_bounds in [&[][..], &[0x80], &[0, 0x80, 0, 0, 0], &[1, 0, 0, 0, 0]] {
            assert_eq!(number(out_of_bounds), Err(Malformed));
        }
    }
}
