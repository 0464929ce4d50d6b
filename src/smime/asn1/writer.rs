//! Writes DER: definite lengths, sorted SET OF.

use const_oid::ObjectIdentifier;

use super::tag;

/// Octets that identifier and length take before a content of `length` octets.
pub fn header_len(length: u64) -> u64 {
    if length < 0x80 { 2 } else { 2 + u64::from(length_octets(length)) }
}

fn length_octets(length: u64) -> u32 {
    8 - length.leading_zeros() / 8
}

/// Appends identifier and length.
pub fn header(out: &mut Vec<u8>, tag: u8, length: u64) {
    out.push(tag);
    if length < 0x80 {
        out.push(length as u8); // below 128
    } else {
        let octets = length_octets(length);
        out.push(0x80 | octets as u8); // at most 8
        out.extend(length.to_be_bytes().iter().skip(8 - octets as usize));
    }
}

/// One value whose content is `parts`, one behind the other.
pub fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 10);
    header(&mut out, tag, length as u64);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// SEQUENCE.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(tag::SEQUENCE, parts)
}

/// SET OF under this tag, in DER's order.
pub fn set_of(tag: u8, mut members: Vec<Vec<u8>>) -> Vec<u8> {
    // X.690 section 11.6 pads the shorter one with zeros; no value is another one's beginning, so this is the same.
    members.sort();
    value(tag, &members.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// OBJECT IDENTIFIER.
pub fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    value(tag::OBJECT_IDENTIFIER, &[oid.as_bytes()])
}

/// AlgorithmIdentifier without parameters.
pub fn algorithm(algorithm: ObjectIdentifier) -> Vec<u8> {
    sequence(&[&oid(algorithm)])
}

/// INTEGER 0 to 127.
pub fn small_integer(number: u8) -> Vec<u8> {
    value(tag::INTEGER, &[&[number & 0x7f]])
}

/// OCTET STRING.
pub fn octet_string(octets: &[u8]) -> Vec<u8> {
    value(tag::OCTET_STRING, &[octets])
}

/// BIT STRING of whole octets.
pub fn bit_string(octets: &[u8]) -> Vec<u8> {
    value(tag::BIT_STRING, &[&[0], octets])
}

/// The octets before a content of `length` octets that stands inside `layers`, the innermost first, and how many
/// octets the outermost value has in all. A layer is its tag, what it holds before the next one, and how many octets
/// it holds behind it. None: more than 64 bits can count.
pub fn wrap(layers: &[(u8, Vec<u8>, u64)], length: u64) -> Option<(Vec<u8>, u64)> {
    let mut head = Vec::new();
    let mut total = length;
    for (tag, before, behind) in layers {
        let inside = total.checked_add(before.len() as u64)?.checked_add(*behind)?;
        let mut outer = Vec::new();
        header(&mut outer, *tag, inside);
        outer.extend_from_slice(before);
        outer.append(&mut head);
        head = outer;
        total = inside.checked_add(header_len(inside))?;
    }
    Some((head, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_the_shortest_form_and_the_promised_size() {
        for (length, expected) in [
            (0, &[4, 0][..]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (256, &[4, 0x82, 1, 0]),
            (1 << 32, &[4, 0x85, 1, 0, 0, 0, 0]),
            (u64::MAX, &[4, 0x88, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            let mut out = Vec::new();
            header(&mut out, 4, length);
            assert_eq!(out, expected);
            assert_eq!(header_len(length), expected.len() as u64);
        }
    }

    #[test]
    fn sets_are_sorted() {
        let members = vec![vec![4, 1, 2], vec![2, 1, 9], vec![4, 1, 1]];
        assert_eq!(set_of(tag::SET, members), [0x31, 9, 2, 1, 9, 4, 1, 1, 4, 1, 2]);
    }

    #[test]
    fn layers_are_wrapped_around_a_content_that_comes_later() {
        let layers = [(0x80, Vec::new(), 0), (0x30, vec![2, 1, 0], 2), (0x31, Vec::new(), 0)];
        let (head, total) = wrap(&layers, 200).unwrap();
        let whole = value(0x31, &[&value(0x30, &[&[2, 1, 0], &value(0x80, &[&[9; 200]]), &[5, 0]])]);
        assert_eq!(head, whole[..head.len()]);
        assert_eq!(total, whole.len() as u64);
        assert!(wrap(&layers, u64::MAX).is_none());
    }
}
