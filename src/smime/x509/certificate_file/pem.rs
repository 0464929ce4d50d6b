//! PEM blocks (RFC 7468) with whatever stands around them.

use super::collector::Collector;

/// Takes every block; false when there is none.
pub(super) fn read(text: &[u8], found: &mut Collector) -> bool {
    let mut blocks = false;
    let mut block: Option<(&str, Vec<u8>)> = None;
    for line in text.split(|octet| matches!(octet, b'\n' | b'\r')) {
        // Mail programs quote.
        let quotes = line.iter().take_while(|octet| matches!(octet, b'>' | b' ' | b'\t')).count();
        let line = line.get(quotes..).unwrap_or_default().trim_ascii_end();
        if let Some(label) = label(line, "-----BEGIN ") {
            if block.is_some() {
                found.damage();
            }
            blocks = true;
            block = Some((label, Vec::new()));
        } else if let Some(end) = label(line, "-----END ") {
            match block.take() {
                Some((label, base64)) if label == end => take(label, &base64, found),
                Some(_) => found.damage(),
                None => {}
            }
        } else if let Some((label, base64)) = &mut block {
            // Lines with a colon are the headers of old key files. A private key is nothing to copy.
            if !line.contains(&b':') && !label.ends_with("PRIVATE KEY") {
                base64.extend_from_slice(line);
            }
        }
    }
    if block.is_some() {
        found.damage();
    }
    blocks
}

fn take(label: &str, base64: &[u8], found: &mut Collector) {
    match label {
        "CERTIFICATE"
        | "X509 CERTIFICATE"
        | "TRUSTED CERTIFICATE"
        | "CERTIFICATE CHAIN"
        | "PKCS7"
        | "CMS"
        | "PKCS #7 SIGNED DATA"
        | "X509 CRL"
        | "CRL" => match base64_simd::forgiving_decode_to_vec(base64) {
            Ok(octets) => found.der(&octets),
            Err(_) => found.damage(),
        },
        _ if label.ends_with("PRIVATE KEY") => found.key(),
        _ => {}
    }
}

pub(super) fn label<'a>(line: &'a [u8], before: &str) -> Option<&'a str> {
    let label = line.strip_prefix(before.as_bytes())?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok()
}
