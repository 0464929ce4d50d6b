//! Compressed RTF (MS-OXRTFCP).

/// What the dictionary holds at first (section 2.1.2.1).
const START: &[u8] =
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \
\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

const SIZE: usize = 4096;

const COMPRESSED: &[u8] = b"LZFu";
const UNCOMPRESSED: &[u8] = b"MELA";

/// The RTF, at most `limit` octets of it; None: it is neither compressed nor uncompressed RTF.
///
/// ```text
/// header: compressed size (4), raw size (4), type (4), checksum (4); all little-endian
/// then runs: a control octet, and for each of its bits, from the lowest, a literal octet (0) or a reference (1) of
/// two octets: 12 bits of place in the dictionary, 4 bits of length - 2. A reference to the place that is written next ends it.
/// ```
pub(super) fn decompress(octets: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (header, mut rest) = octets.split_at_checked(16)?;
    let raw = usize::try_from(u32::from_le_bytes(*header.get(4..)?.first_chunk()?)).ok()?.min(limit);
    match header.get(8..12)? {
        UNCOMPRESSED => return Some(rest.get(..raw).unwrap_or(rest).to_vec()),
        COMPRESSED => {}
        _ => return None,
    }
    let mut dictionary = [b' '; SIZE];
    dictionary.get_mut(..START.len())?.copy_from_slice(START);
    let mut at = START.len();
    let mut out = Vec::new();
    while let Some((&control, after)) = rest.split_first() {
        rest = after;
        for bit in 0..8 {
            if out.len() >= raw {
                return Some(out);
            }
            let mut write = |octet: u8, at: &mut usize, dictionary: &mut [u8; SIZE]| {
                out.push(octet);
                dictionary[*at % SIZE] = octet;
                *at = (*at + 1) % SIZE;
            };
            if control >> bit & 1 == 0 {
                let Some((&octet, after)) = rest.split_first() else { return Some(out) };
                rest = after;
                write(octet, &mut at, &mut dictionary);
                continue;
            }
            let Some((&[high, low], after)) = rest.split_first_chunk() else { return Some(out) };
            rest = after;
            let place = usize::from(high) << 4 | usize::from(low >> 4);
            if place == at {
                return Some(out);
            }
            for step in 0..usize::from(low & 0xf) + 2 {
                let octet = dictionary[(place + step) % SIZE];
                write(octet, &mut at, &mut dictionary);
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(kind: &[u8], raw: u32, runs: &[u8]) -> Vec<u8> {
        let size = (runs.len() as u32 + 12).to_le_bytes();
        [&size[..], &raw.to_le_bytes(), kind, &[0; 4], runs].concat()
    }

    /// The first example of MS-OXRTFCP section 3.1.
    #[test]
    fn the_example_of_the_specification() {
        let octets = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        assert_eq!(decompress(octets, 1000).unwrap(), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    }

    #[test]
    fn a_reference_may_reach_into_itself_and_the_bound_holds() {
        // One literal, then a reference to it of 17 octets, again and again.
        let runs = [&[0b10][..], b"x", &[0x0c, 0xff], &[0b11, 0x0c, 0xff]].concat();
        let all = decompress(&stream(COMPRESSED, u32::MAX, &runs), 1000).unwrap();
        assert!(all.starts_with(&[b'x'; 18]));
        let bomb = stream(COMPRESSED, u32::MAX, &[0xff, 0x0c, 0xff].repeat(10_000));
        assert!(decompress(&bomb, 1000).unwrap().len() <= 1000 + 17);
    }

    #[test]
    fn what_is_no_stream_is_none_and_every_cut_is_survived() {
        assert_eq!(decompress(b"", 10), None);
        assert_eq!(decompress(&stream(b"xxxx", 1, b"a"), 10), None);
        assert_eq!(decompress(&stream(UNCOMPRESSED, 2, b"abc"), 10).unwrap(), b"ab");
        let whole = stream(COMPRESSED, 100, b"\x02a\x0c\xf0bcdefg\x00hijklmno");
        for end in 0..whole.len() {
            let _ = decompress(&whole[..end], 1000);
        }
    }
}
