//! From BER to DER: the clothing of a PFX from browsers and older systems (X.690 section 8).

use crate::smime::x509::tlv::{OCTET_STRING, OID, SEQUENCE, write};

/// Values inside each other that are followed.
const DEPTH: usize = 24;

/// The value at the start of `ber` with definite, shortest lengths and whole octet strings; what follows it is left
/// out. The order of SETs stays as it is.
pub(super) fn to_der(ber: &[u8]) -> Option<Vec<u8>> {
    value(&mut &*ber, DEPTH).map(|(_, der)| der)
}

/// One value: its identifier octet and itself in DER.
fn value(input: &mut &[u8], depth: usize) -> Option<(u8, Vec<u8>)> {
    let depth = depth.checked_sub(1)?;
    let (tag, rest) = input.split_first()?;
    let (first, rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, mut rest) = match *first {
        short @ 0..=0x7f => (Some(usize::from(short)), rest),
        0x80 => (None, rest),
        long => {
            let (octets, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = octets
                .iter()
                .try_fold(0_usize, |sum, octet| sum.checked_mul(256).map(|sum| sum | usize::from(*octet)))?;
            (Some(length), rest)
        }
    };
    let constructed = tag & 0x20 != 0;
    let children = match (length, constructed) {
        (Some(length), false) => {
            let (content, rest) = rest.split_at_checked(length)?;
            *input = rest;
            return Some((*tag, write(*tag, &[content])));
        }
        (None, false) => return None,
        (Some(length), true) => {
            let (mut content, after) = rest.split_at_checked(length)?;
            let mut children = Vec::new();
            while !content.is_empty() {
                children.push(value(&mut content, depth)?);
            }
            rest = after;
            children
        }
        (None, true) => {
            let mut children = Vec::new();
            while !rest.starts_with(&[0, 0]) {
                children.push(value(&mut rest, depth)?);
            }
            rest = &rest[2..]; // proof: the loop ends at two zero octets
            children
        }
    };
    *input = rest;
    if *tag == OCTET_STRING | 0x20 {
        return joined(&children, OCTET_STRING).map(|der| (OCTET_STRING, der));
    }
    Some((*tag, rebuilt(*tag, children)?))
}

fn rebuilt(tag: u8, mut children: Vec<(u8, Vec<u8>)>) -> Option<Vec<u8>> {
    // EncryptedContentInfo ::= SEQUENCE { OID, AlgorithmIdentifier, [0] IMPLICIT OCTET STRING OPTIONAL }: the string
    // in pieces looks like an explicit tag.
    if tag == SEQUENCE
        && let [(OID, _), (SEQUENCE, _), (0xa0, content)] = &children[..]
    {
        let pieces = crate::smime::x509::tlv::Walk(content).any()?.inside().all()?;
        let pieces: Vec<_> = pieces.iter().map(|piece| (piece.tag, piece.whole.to_vec())).collect();
        children[2] = (0x80, joined(&pieces, 0x80)?); // proof: the pattern has three
    }
    let parts: Vec<&[u8]> = children.iter().map(|(_, der)| der.as_slice()).collect();
    Some(write(tag, &parts))
}

/// Octet strings as one.
fn joined(pieces: &[(u8, Vec<u8>)], tag: u8) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    for (kind, der) in pieces {
        let piece = crate::smime::x509::tlv::Walk(der).any().filter(|_| *kind == OCTET_STRING)?;
        whole.extend_from_slice(piece.value);
    }
    Some(write(tag, &[&whole]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_lengths_known() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 0x81, 1, 8, 0, 0, 0x02, 0x82, 0, 1, 3, 0, 0, 9];
        assert_eq!(to_der(&ber).unwrap(), [0x30, 7, 4, 2, 7, 8, 2, 1, 3]);
        for length in 0..ber.len() - 1 {
            assert!(to_der(&ber[..length]).is_none());
        }
    }

    #[test]
    fn implicit_content_in_pieces_is_one_string() {
        let ber = [0x30, 0x80, 6, 1, 42, 0x30, 0, 0xa0, 0x80, 4, 1, 7, 4, 1, 8, 0, 0, 0, 0];
        assert_eq!(to_der(&ber).unwrap(), [0x30, 9, 6, 1, 42, 0x30, 0, 0x80, 2, 7, 8]);
    }

    #[test]
    fn depth_is_bounded() {
        assert!(to_der(&[0x30, 0x80].repeat(100_000)).is_none());
    }
}
