//! Every form of BER, and what only looks like it.

use super::*;

fn element(octets: &[u8]) -> Result<Vec<u8>, CmsError> {
    Reader::new(&mut &octets[..], &Limits::default()).element()
}

fn octets(ber: &[u8]) -> Result<Vec<u8>, CmsError> {
    let mut all = Vec::new();
    Reader::new(&mut &ber[..], &Limits::default()).octets(&mut |piece| {
        all.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(all)
}

#[test]
fn every_form_becomes_the_same_der() {
    let der = [0x30, 0x07, 0x02, 0x01, 0x05, 0x04, 0x02, 0xab, 0xcd];
    let indefinite = [
        0x30, 0x80, 0x02, 0x01, 0x05, 0x24, 0x80, 0x04, 0x01, 0xab, 0x24, 0x03, 0x04, 0x01, 0xcd, 0, 0, 0, 0,
    ];
    let long_lengths = [0x30, 0x84, 0, 0, 0, 9, 0x02, 0x81, 1, 5, 0x04, 0x81, 2, 0xab, 0xcd];
    assert_eq!(element(&der).unwrap(), der);
    assert_eq!(element(&indefinite).unwrap(), der);
    assert_eq!(element(&long_lengths).unwrap(), der);
}

#[test]
fn the_chunks_of_a_bit_string_keep_the_last_count_of_unused_bits() {
    let chunks = [0x23, 0x80, 0x03, 0x02, 0x00, 0xff, 0x03, 0x02, 0x04, 0xf0, 0, 0];
    assert_eq!(element(&chunks).unwrap(), [0x03, 0x03, 0x04, 0xff, 0xf0]);
}

#[test]
fn strings_are_joined_under_any_tag() {
    assert_eq!(octets(&[0x80, 2, 1, 2]).unwrap(), [1, 2]);
    assert_eq!(octets(&[0xa0, 0x80, 4, 1, 1, 0x24, 3, 4, 1, 2, 4, 0, 0, 0]).unwrap(), [1, 2]);
    assert!(matches!(octets(&[0xa0, 3, 2, 1, 1]), Err(CmsError::Malformed)));
}

#[test]
fn what_ends_too_early_is_truncated() {
    let whole = [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0xab, 0, 0, 0, 0];
    for length in 0..whole.len() {
        assert!(matches!(element(&whole[..length]), Err(CmsError::Truncated)), "{length}");
    }
    assert!(matches!(octets(&[0x04, 0x88, 0x7f, 0, 0, 0, 0, 0, 0, 0]), Err(CmsError::Truncated)));
}

#[test]
fn what_claims_too_much_is_refused() {
    let huge = [0x04, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0];
    assert!(matches!(element(&huge), Err(CmsError::Limit("structure"))));
    assert!(matches!(element(&[0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0]), Err(CmsError::Malformed)));
    // a child longer than its parent, an end mark in a definite value, a primitive without a length
    assert!(matches!(element(&[0x30, 3, 0x04, 9, 0]), Err(CmsError::Malformed)));
    assert!(matches!(element(&[0x30, 2, 0, 0]), Err(CmsError::Malformed)));
    assert!(matches!(element(&[0x04, 0x80, 0, 0]), Err(CmsError::Malformed)));
    for nesting in [&[0x30, 0x80][..], &[0x24, 0x80], &[0xa0, 0x80]] {
        assert!(matches!(element(&nesting.repeat(100_000)), Err(CmsError::Limit("depth"))));
        assert!(matches!(
            octets(&[&[0x24, 0x80][..], &nesting.repeat(100_000)].concat()),
            Err(CmsError::Limit("depth") | CmsError::Malformed)
        ));
    }
}

#[test]
fn an_endless_indefinite_value_stops_at_the_budget() {
    let mut endless = io::Read::chain(&[0x30_u8, 0x80][..], io::repeat(0x05));
    let limits = Limits { structure: 1 << 16, ..Limits::default() };
    let outcome = Reader::new(&mut endless, &limits).element();
    assert!(matches!(outcome, Err(CmsError::Limit("structure"))));
}

#[test]
fn a_later_pass_goes_on_at_a_place() {
    let mut source = io::Cursor::new([0x30_u8, 0x80, 0x02, 1, 7, 0x80, 2, 8, 9, 0, 0]);
    let limits = Limits::default();
    let mut reader = Reader::seekable(&mut source, &limits).unwrap();
    reader.enter(tag::SEQUENCE).unwrap();
    reader.skip().unwrap();
    reader.peek().unwrap();
    let place = reader.place();
    reader.leave_all().unwrap();
    let mut reader = Reader::resume(&mut source, &place, &limits).unwrap();
    assert_eq!(reader.element().unwrap(), [0x80, 2, 8, 9]);
    reader.leave_all().unwrap();
}

#[test]
fn large_content_comes_in_large_pieces() {
    let mut ber = vec![0x24, 0x80];
    for _ in 0..200 {
        ber.extend([0x04, 0x82, 0x03, 0xe8]);
        ber.extend([7; 1000]);
    }
    ber.extend([0, 0]);
    let mut pieces = Vec::new();
    let total = Reader::new(&mut &ber[..], &Limits::default())
        .octets(&mut |piece| {
            pieces.push(piece.len());
            Ok(())
        })
        .unwrap();
    assert_eq!(total, 200_000);
    assert_eq!(Reader::new(&mut &ber[..], &Limits::default()).skip_octets().unwrap(), 200_000);
    assert_eq!(pieces.iter().sum::<usize>(), 200_000);
    assert!(pieces.iter().rev().skip(1).all(|length| *length >= SMALL));
}
