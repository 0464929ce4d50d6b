//! PEM blocks (RFC 7468) in whatever text stands around them, with the header fields of RFC 1421.

use zeroize::Zeroizing;

/// One block.
#[derive(Debug)]
pub struct Block<'a> {
    /// What stands behind BEGIN: "CERTIFICATE", "PRIVATE KEY".
    pub label: &'a str,
    /// Header fields, as old key files have them.
    pub fields: Vec<(&'a str, &'a str)>,
    /// What was encoded; `None` for a block that is damaged or has no end.
    pub octets: Option<Zeroizing<Vec<u8>>>,
}

impl Block<'_> {
    /// The value of a header field, in whatever case it is written.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// The blocks of a file in their order. Lines may end in CR, LF or both; what stands between blocks is passed over.
pub fn blocks(file: &[u8]) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(Block<'_>, Zeroizing<Vec<u8>>)> = None;
    for line in file.split(|octet| matches!(octet, b'\n' | b'\r')) {
        // Mail programs quote.
        let quotes = line.iter().take_while(|octet| matches!(octet, b'>' | b' ' | b'\t')).count();
        let line = line.get(quotes..).unwrap_or_default().trim_ascii_end();
        if let Some(label) = label(line, "-----BEGIN ") {
            found.extend(open.take().map(|(block, _)| block));
            let block = Block { label, fields: Vec::new(), octets: None };
            open = Some((block, Zeroizing::new(Vec::new())));
        } else if let Some(end) = label(line, "-----END ") {
            let Some((mut block, base64)) = open.take() else { continue };
            if end == block.label {
                block.octets = base64_simd::forgiving_decode_to_vec(&base64).ok().map(Zeroizing::new);
            }
            found.push(block);
        } else if let Some((block, base64)) = &mut open {
            match std::str::from_utf8(line).ok().and_then(|line| line.split_once(':')) {
                Some((name, value)) => block.fields.push((name.trim(), value.trim())),
                None => base64.extend_from_slice(line),
            }
        }
    }
    found.extend(open.map(|(block, _)| block));
    found
}

/// What stands between `before` and the five hyphens at the end of a line.
pub(in crate::smime) fn label<'a>(line: &'a [u8], before: &str) -> Option<&'a str> {
    let label = line.strip_prefix(before.as_bytes())?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_in_any_text() {
        let text = "Bag Attributes\r\n  friendlyName: x\r\n> -----BEGIN A-----\r\n> AQ==\r\n> -----END A-----\r\ntext\n\
            -----BEGIN B KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0102\n\nAg\n-----END B KEY-----\n\
            -----BEGIN C-----\n?\n-----END C-----\n-----BEGIN D-----\nAQ==\n-----END E-----\n-----END F-----\n\
            -----BEGIN G-----\nAQ==\n-----BEGIN H-----\nAQ==";
        let found = blocks(text.as_bytes());
        let labels: Vec<_> = found.iter().map(|block| block.label).collect();
        assert_eq!(labels, ["A", "B KEY", "C", "D", "G", "H"]);
        let octets = |place: usize| found[place].octets.as_ref().map(|octets| octets.to_vec());
        assert_eq!((octets(0), octets(1)), (Some(vec![1]), Some(vec![2])));
        assert!((2..6).all(|place| octets(place).is_none()));
        assert_eq!(found[1].field("dek-info"), Some("DES-CBC,0102"));
        assert!(blocks(b"nothing here").is_empty());
    }
}
