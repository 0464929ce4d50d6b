//! Contents without a header: what they are, and whether they are text.

/// Octets that tell whether a content may be text.
pub(super) const HEAD: u64 = 4096;

/// Whether `head`, the first octets of a content, can begin what [`text`] takes.
pub(super) fn may_be_text(head: &[u8]) -> bool {
    let utf_16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let utf_8 = || match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character is cut at the end.
        Err(error) => error.error_len().is_none(),
    };
    utf_16 || !head.contains(&0) && (head.starts_with(b"<?xml") || utf_8())
}

/// By the first octets.
pub(super) fn media_type(octets: &[u8]) -> &'static str {
    const TYPES: [(&[u8], &str); 7] = [
        (b"%PDF-", "application/pdf"),
        (b"<?xml", "application/xml"),
        (b"\xef\xbb\xbf<?xml", "application/xml"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x89PNG\r\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x1f\x8b", "application/gzip"),
    ];
    match TYPES.iter().find(|(magic, _)| octets.starts_with(magic)) {
        Some((_, media_type)) => media_type,
        None => "application/octet-stream",
    }
}

/// The end of a name for a file of this type.
pub(super) fn extension(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => ".pdf",
        "application/xml" => ".xml",
        "application/zip" => ".zip",
        "application/gzip" => ".gz",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        _ => "",
    }
}

/// Text in UTF-8, in UTF-16 with its mark, or XML in an older charset.
pub(super) fn text(octets: Vec<u8>) -> Option<String> {
    let text = match String::from_utf8(octets) {
        Ok(text) => text,
        Err(error) => {
            let octets = error.as_bytes();
            let charset = match octets {
                [0xff, 0xfe, ..] => encoding_rs::UTF_16LE,
                [0xfe, 0xff, ..] => encoding_rs::UTF_16BE,
                xml if xml.starts_with(b"<?xml") => encoding_rs::WINDOWS_1252,
                _ => return None,
            };
            let (text, malformed) = charset.decode_with_bom_removal(octets);
            if malformed {
                return None;
            }
            text.into_owned()
        }
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_other_octets() {
        assert_eq!(text(b"\xef\xbb\xbf\xc3\xa9".to_vec()).as_deref(), Some("é"));
        assert_eq!(text(b"\xff\xfe\xe9\x00".to_vec()).as_deref(), Some("é"));
        assert_eq!(text(b"\xfe\xff\x00\xe9".to_vec()).as_deref(), Some("é"));
        assert_eq!(text(b"<?xml?>\xe9".to_vec()).as_deref(), Some("<?xml?>é"));
        for octets in [&b"\xe9"[..], b"a\0b", b"\xff\xfe\x00\xd8"] {
            assert_eq!(text(octets.to_vec()), None, "{octets:?}");
        }
        for head in [&b"\xef\xbb\xbf\xc3"[..], b"\xff\xfe\xe9\x00", b"\xfe\xff\x00", b"<?xml?>\xe9", b""] {
            assert!(may_be_text(head), "{head:?}");
        }
        for head in [&b"\xe9a"[..], b"a\0b"] {
            assert!(!may_be_text(head), "{head:?}");
        }
        assert_eq!(media_type(b"<?xml version"), "application/xml");
        assert_eq!(media_type(b"x"), "application/octet-stream");
    }
}
