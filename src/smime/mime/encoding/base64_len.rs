//! How much base64 text holds, without decoding it.

use std::io::{self, Read};

use super::base64_text::read_block;

/// Characters that are counted in one octet each: no more than it can count.
const FEW: usize = 128;

/// The octets that lenient base64 gives: those of every character of the alphabet in front of the padding.
pub(in crate::smime::mime) fn base64_len(mut encoded: impl Read) -> io::Result<u64> {
    let (mut characters, mut block) = (0_u64, Vec::new());
    while read_block(&mut encoded, &mut block)? > 0 {
        let padding = memchr::memchr(b'=', &block);
        characters += count(block.get(..padding.unwrap_or(block.len())).unwrap_or_default());
        if padding.is_some() {
            break;
        }
    }
    Ok(characters / 4 * 3 + characters % 4 * 3 / 4)
}

/// Characters of the alphabet (RFC 4648 section 4). Without branches, so that many are looked at at once.
fn count(text: &[u8]) -> u64 {
    let few = |few: &[u8]| few.iter().map(|c| u8::from(is_in_alphabet(*c))).sum::<u8>();
    text.chunks(FEW).map(|chunk| u64::from(few(chunk))).sum()
}

fn is_in_alphabet(c: u8) -> bool {
    let letter = (c | 0x20).wrapping_sub(b'a') < 26;
    let digit = c.wrapping_sub(b'0') < 10;
    letter | digit | (c == b'+') | (c == b'/')
}

#[cfg(test)]
mod tests {
    use super::super::{TransferEncoding, decoder};
    use super::*;

    #[test]
    fn it_is_what_decoding_gives() {
        let all: Vec<u8> = (0..=255).filter(|c| *c != b'=').collect();
        let long = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\r\n".repeat(2_000);
        let ended = [long.as_slice(), b"QQ==", b"QUJD"].concat();
        for text in
            [&b""[..], b"=", b"Q", b"QQ", b"QUI", b"QUJD", b"QUI=\r\nQUJD", b"Q*U-I", &all, &long, &ended]
        {
            for cut in [0, 1, 2, 3, 129] {
                let text = text.get(..text.len() - cut.min(text.len())).unwrap();
                let mut decoded = Vec::new();
                decoder(TransferEncoding::Base64, Box::new(text)).read_to_end(&mut decoded).unwrap();
                assert_eq!(base64_len(text).unwrap(), decoded.len() as u64);
            }
        }
    }
}
