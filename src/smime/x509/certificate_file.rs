//! Certificate files in every clothing: DER, PEM (several, text around), .p7b/.p7c, CRLF, BOM.

use std::collections::HashSet;
use std::io;

use super::Certificate;
use crate::smime::asn1::Cursor;
use crate::smime::crypto::PrivateKey;
use crate::smime::{Limits, cms, pkcs12};

/// Octets of a file that is read.
pub const MAX_LENGTH: usize = 16 << 20;

/// Certificates in one file.
pub const MAX_CERTIFICATES: usize = 1_000;

/// Why a file gives no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFileError {
    /// Nothing in it looks like one.
    #[error("no certificate in this file")]
    None,
    /// It begins like one and cannot be read, or it is beyond [`MAX_LENGTH`] or [`MAX_CERTIFICATES`].
    #[error("this certificate file is damaged")]
    Damaged,
    /// There is a private key, and no certificate.
    #[error("this file holds a private key and no certificate")]
    KeyOnly,
    /// A PKCS#12 file: a key with its certificates under a password.
    #[error("this is a PKCS#12 file, which needs its password")]
    Pkcs12,
}

/// All certificates in the file, in order, without doubles. PEM and DER, certs-only CMS (DER/BER/PEM/base64).
///
/// Of several PEM blocks the good ones count.
pub fn read(file: &[u8]) -> Result<Vec<Certificate>, CertificateFileError> {
    if file.len() > MAX_LENGTH {
        return Err(CertificateFileError::Damaged);
    }
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut certificates = if file.first() == Some(&0x30) {
        binary(file)?
    } else {
        match pem(file)? {
            Some(certificates) => certificates,
            None => base64_simd::forgiving_decode_to_vec(file)
                .ok()
                .filter(|octets| octets.first() == Some(&0x30))
                .ok_or(CertificateFileError::None)
                .and_then(|octets| binary(&octets))?,
        }
    };
    let mut seen = HashSet::new();
    certificates.retain(|certificate| seen.insert(certificate.fingerprint()));
    match certificates.len() {
        0 => Err(CertificateFileError::None),
        1..=MAX_CERTIFICATES => Ok(certificates),
        _ => Err(CertificateFileError::Damaged),
    }
}

/// One `CERTIFICATE` PEM block (RFC 7468 section 5).
pub fn to_pem(certificate: &Certificate) -> String {
    pem_block("CERTIFICATE", certificate.as_der())
}

/// One PEM block with lines of 64 characters (RFC 7468 section 2).
pub(super) fn pem_block(label: &str, der: &[u8]) -> String {
    let base64 = base64_simd::STANDARD.encode_to_string(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while let Some((line, after)) = rest.split_at_checked(64) {
        pem.extend([line, "\n"]);
        rest = after;
    }
    if !rest.is_empty() {
        pem.extend([rest, "\n"]);
    }
    pem.extend(["-----END ", label, "-----\n"]);
    pem
}

/// certs-only SignedData, DER (RFC 8551 section 3.9).
pub fn to_p7c(certificates: &[Certificate]) -> Vec<u8> {
    cms::signed_data::certs_only(certificates)
}

fn binary(octets: &[u8]) -> Result<Vec<Certificate>, CertificateFileError> {
    // A newline at the end is the work of an editor or a mail program.
    let first = Cursor::new(octets).element().map_or(octets, |value| value.der);
    if let Ok(certificate) = Certificate::from_der(first) {
        return Ok(vec![certificate]);
    }
    if pkcs12::looks_like(octets) {
        return Err(CertificateFileError::Pkcs12);
    }
    if PrivateKey::from_der(first).is_ok() {
        return Err(CertificateFileError::KeyOnly);
    }
    signed_data(octets)
}

fn signed_data(mut octets: &[u8]) -> Result<Vec<Certificate>, CertificateFileError> {
    let limits = Limits { certificates: MAX_CERTIFICATES, ..Limits::default() };
    cms::signed_data::read(&mut octets, &limits, &mut io::sink())
        .map(|signed| signed.certificates)
        .map_err(|_| CertificateFileError::Damaged)
}

/// The certificates of all PEM blocks; `None` when there is no block.
fn pem(file: &[u8]) -> Result<Option<Vec<Certificate>>, CertificateFileError> {
    let mut certificates = Vec::new();
    let (mut key, mut damaged, mut blocks) = (false, false, 0);
    let mut block: Option<(&str, Vec<u8>)> = None;
    for line in file.split(|octet| matches!(octet, b'\n' | b'\r')) {
        let line = line.trim_ascii();
        if let Some(label) = label(line, "-----BEGIN ") {
            damaged |= block.is_some();
            block = Some((label, Vec::new()));
        } else if let Some(end) = label(line, "-----END ") {
            let Some((label, base64)) = block.take() else { continue };
            blocks += 1;
            let octets = base64_simd::forgiving_decode_to_vec(&base64).unwrap_or_default();
            match label {
                _ if end != label => damaged = true,
                // A TRUSTED CERTIFICATE is followed by what OpenSSL was told about it.
                "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                    let first = Cursor::new(&octets)
                        .element()
                        .ok()
                        .and_then(|value| Certificate::from_der(value.der).ok());
                    damaged |= first.is_none();
                    certificates.extend(first);
                }
                "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => match signed_data(&octets) {
                    Ok(inside) => certificates.extend(inside),
                    Err(_) => damaged = true,
                },
                _ => key |= label.ends_with("PRIVATE KEY"),
            }
            if certificates.len() > MAX_CERTIFICATES {
                return Err(CertificateFileError::Damaged);
            }
        } else if let Some((_, base64)) = &mut block {
            // Lines with a colon are the headers of old key files.
            if !line.contains(&b':') {
                base64.extend_from_slice(line);
            }
        }
    }
    damaged |= block.is_some();
    match (certificates.is_empty(), damaged, key) {
        (false, ..) => Ok(Some(certificates)),
        (true, true, _) => Err(CertificateFileError::Damaged),
        (true, false, true) => Err(CertificateFileError::KeyOnly),
        (true, false, false) if blocks > 0 => Err(CertificateFileError::None),
        (true, false, false) => Ok(None),
    }
}

fn label<'a>(line: &'a [u8], before: &str) -> Option<&'a str> {
    let label = line.strip_prefix(before.as_bytes())?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok()
}

#[cfg(test)]
mod tests {
    use super::super::openssl::{OpenSsl, PERSON};
    use super::*;

    #[test]
    fn every_clothing_comes_off() {
        let Some(openssl) = OpenSsl::start() else { return };
        let one = openssl.certificate("one", "/CN=One", None, PERSON);
        let two = openssl.certificate("two", "/CN=Two", None, PERSON);
        let (pem, other) = (to_pem(&one), to_pem(&two));
        assert_eq!(pem.as_bytes(), openssl.read("one.pem"));
        let both = format!(
            "Bag Attributes\r\n  friendlyName: x\r\n{}text\r\n{other}{pem}",
            pem.replace('\n', "\r\n")
        );
        assert_eq!(read(both.as_bytes()).unwrap(), [one.clone(), two.clone()]);
        assert_eq!(read(format!("\u{feff}{pem}").as_bytes()).unwrap(), std::slice::from_ref(&one));
        assert_eq!(read(one.as_der()).unwrap(), std::slice::from_ref(&one));
        assert_eq!(read(&[one.as_der(), b"\r\n"].concat()).unwrap(), std::slice::from_ref(&one));
        let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\r\n");
        assert_eq!(read(bare.as_bytes()).unwrap(), std::slice::from_ref(&one));
        openssl.run(&[
            "x509",
            "-in",
            "one.pem",
            "-addtrust",
            "emailProtection",
            "-trustout",
            "-out",
            "trusted.pem",
        ]);
        assert_eq!(read(&openssl.read("trusted.pem")).unwrap(), std::slice::from_ref(&one));
        let key = openssl.read("one.key");
        assert_eq!(read(&[&key[..], pem.as_bytes()].concat()).unwrap(), std::slice::from_ref(&one));
    }

    #[test]
    fn what_is_no_certificate_is_told_apart() {
        let Some(openssl) = OpenSsl::start() else { return };
        let one = openssl.certificate("one", "/CN=One", None, PERSON);
        openssl.run(&[
            "pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-passout", "pass:x", "-out",
            "one.p12",
        ]);
        openssl.run(&["pkey", "-in", "one.key", "-outform", "DER", "-out", "one.der"]);
        assert_eq!(read(&openssl.read("one.p12")), Err(CertificateFileError::Pkcs12));
        assert_eq!(read(&openssl.read("one.key")), Err(CertificateFileError::KeyOnly));
        assert_eq!(read(&openssl.read("one.der")), Err(CertificateFileError::KeyOnly));
        assert_eq!(read(b""), Err(CertificateFileError::None));
        assert_eq!(read(b"Hello, here is nothing."), Err(CertificateFileError::None));
        assert_eq!(read(&to_pem(&one).as_bytes()[..300]), Err(CertificateFileError::Damaged));
        assert_eq!(
            read(to_pem(&one).replacen("MII", "MIJ", 1).replacen("MIB", "MIC", 1).as_bytes()),
            Err(CertificateFileError::Damaged)
        );
    }

    #[test]
    fn certificates_in_cms_are_found() {
        let Some(openssl) = OpenSsl::start() else { return };
        let one = openssl.certificate("one", "/CN=One", None, PERSON);
        let two = openssl.certificate("two", "/CN=Two", None, PERSON);
        let make = ["crl2pkcs7", "-nocrl", "-certfile", "one.pem", "-certfile", "two.pem"];
        openssl.run(&[&make[..], &["-out", "both.p7b"]].concat());
        openssl.run(&[&make[..], &["-outform", "DER", "-out", "both.p7c"]].concat());
        for file in ["both.p7b", "both.p7c"] {
            assert_eq!(read(&openssl.read(file)).unwrap(), [one.clone(), two.clone()], "{file}");
        }
        let ours = to_p7c(&[one.clone(), two.clone()]);
        // A SET has DER's order, not the caller's.
        let back = read(&ours).unwrap();
        assert!(back.len() == 2 && back.contains(&one) && back.contains(&two));
        openssl.write("ours.p7c", ours);
        let printed = openssl.run(&["pkcs7", "-inform", "DER", "-in", "ours.p7c", "-print_certs"]);
        assert_eq!(String::from_utf8_lossy(&printed).matches("BEGIN CERTIFICATE").count(), 2);
    }
}
