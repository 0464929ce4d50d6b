//! A cursor over small DER structures in memory.

use const_oid::ObjectIdentifier;

use super::tag;
use crate::smime::cms::CmsError;

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

    /// The content as an OBJECT IDENTIFIER's, whatever the tag.
    pub fn oid(&self) -> Result<ObjectIdentifier, CmsError> {
        ObjectIdentifier::from_bytes(self.content).map_err(|_| CmsError::Malformed)
    }

    /// The octets of a BIT STRING, which must be whole.
    pub fn bits(&self) -> Result<&'a [u8], CmsError> {
        match self.content.split_first() {
            Some((0, octets)) => Ok(octets),
            _ => Err(CmsError::Malformed),
        }
    }

    /// The octets of an OCTET STRING under an implicit tag, which BER may have left in chunks.
    pub fn octets(&self) -> Result<Vec<u8>, CmsError> {
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

    /// The content as a small INTEGER's.
    pub fn small_integer(&self) -> Result<u32, CmsError> {
        let significant = self.content.iter().skip_while(|octet| **octet == 0);
        if self.content.is_empty() || self.content.first().is_some_and(|octet| octet & 0x80 != 0) {
            return Err(CmsError::Malformed);
        }
        let mut value: u32 = 0;
        for octet in significant {
            value = value.checked_mul(256).ok_or(CmsError::Malformed)? | u32::from(*octet);
        }
        Ok(value)
    }
}

/// Takes one value after the other from DER in memory. Lengths need not have the shortest form.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Values one after the other.
    pub fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    /// A single value with nothing behind it.
    pub fn single(der: &'a [u8]) -> Result<Element<'a>, CmsError> {
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
    pub fn finish(&self) -> Result<(), CmsError> {
        if self.is_empty() { Ok(()) } else { Err(CmsError::Malformed) }
    }

    /// The tag of the next value.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value.
    pub fn element(&mut self) -> Result<Element<'a>, CmsError> {
        let malformed = || CmsError::Malformed;
        let (tag, rest) = self.rest.split_first().ok_or_else(malformed)?;
        let (first, mut rest) = rest.split_first().ok_or_else(malformed)?;
        let mut length = usize::from(*first);
        if tag & 0x1f == 0x1f || *first == 0x80 {
            return Err(CmsError::Malformed);
        }
        if *first > 0x80 {
            let octets;
            (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or_else(malformed)?;
            length = 0;
            for octet in octets {
                length = length.checked_mul(256).ok_or_else(malformed)? | usize::from(*octet);
            }
        }
        let (content, rest) = rest.split_at_checked(length).ok_or_else(malformed)?;
        let der = self.rest.get(..self.rest.len() - rest.len()).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(Element { tag: *tag, content, der })
    }

    /// The next value, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, CmsError> {
        self.optional(tag)?.ok_or(CmsError::Malformed)
    }

    /// The next value if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, CmsError> {
        if self.peek() == Some(tag) { self.element().map(Some) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_one_by_one() {
        let mut cursor = Cursor::new(&[0x02, 1, 5, 0x80, 0x81, 1, 9]);
        assert_eq!(cursor.optional(tag::SET).unwrap(), None);
        assert_eq!(cursor.expect(tag::INTEGER).unwrap().small_integer().unwrap(), 5);
        let element = cursor.element().unwrap();
        assert_eq!((element.tag, element.content, element.der), (0x80, &[9][..], &[0x80, 0x81, 1, 9][..]));
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
            &[4, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(Cursor::single(der).is_err(), "{der:?}");
        }
        assert!(Cursor::single(&[2, 1, 1, 0]).is_err());
        assert!(Cursor::single(&[2, 1, 0xff]).unwrap().small_integer().is_err());
        assert!(Cursor::single(&[2, 5, 1, 0, 0, 0, 0]).unwrap().small_integer().is_err());
    }
}
