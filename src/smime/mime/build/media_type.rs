//! Media types by extension.

/// `application/pdf` by the file's extension; `application/octet-stream` otherwise.
pub fn media_type(name: &str) -> &'static str {
    let extension =
        name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "pdf" => "application/pdf",
        "txt" | "text" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "ics" => "text/calendar",
        "vcf" => "text/vcard",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "7z" => "application/x-7z-compressed",
        "rtf" => "application/rtf",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        "epub" => "application/epub+zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "tif" | "tiff" => "image/tiff",
        "heic" => "image/heic",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "p7m" => "application/pkcs7-mime",
        "p7s" => "application/pkcs7-signature",
        "cer" | "crt" | "der" => "application/pkix-cert",
        "p12" | "pfx" => "application/x-pkcs12",
        _ => "application/octet-stream",
    }
}

/// The type if it is one and may be base64, `application/octet-stream` otherwise: multiparts and messages must
/// not be encoded (RFC 2046 sections 5.1 and 5.2.1).
pub(super) fn checked(media_type: &str) -> &str {
    let token = |text: &str| {
        !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&c))
    };
    match media_type.split_once('/') {
        Some((kind, subtype))
            if media_type.len() <= 60 + 18
                && token(kind)
                && token(subtype)
                && !kind.eq_ignore_ascii_case("multipart")
                && !kind.eq_ignore_ascii_case("message") =>
        {
            media_type
        }
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_extension_and_checked() {
        assert_eq!(media_type("A.PDF"), "application/pdf");
        assert_eq!(media_type("pdf"), "application/octet-stream");
        for bad in ["", "x", "a/b\r\nX: y", "multipart/mixed", "message/rfc822", "a/b; c=d"] {
            assert_eq!(checked(bad), "application/octet-stream", "{bad}");
        }
        assert_eq!(checked("image/svg+xml"), "image/svg+xml");
    }
}
