//! Mails as other programs put them together around CMS, and apart.

/// A multipart/signed entity around another one.
pub fn multipart_signed(entity: &str, signature: &[u8]) -> String {
    format!(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=x\r\n\r\n\
         --x\r\n{entity}\r\n--x\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--x--\r\n",
        base64(signature)
    )
}

/// A mail whose root is this EnvelopedData.
pub fn enveloped_mail(from: &str, to: &str, sealed: &[u8]) -> String {
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Hello\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; \
         smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(sealed)
    )
}

/// The parts of a multipart/signed entity: the first as it stands, and the signature's octets.
#[track_caller]
pub fn parts(mail: &str) -> (&str, Vec<u8>) {
    let boundary = mail.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let delimiter = format!("\r\n--{boundary}");
    let mut parts = mail.split(delimiter.as_str()).skip(1);
    let (first, second) = (parts.next().unwrap(), parts.next().unwrap());
    let base64: String = second.split_once("\r\n\r\n").unwrap().1.split_whitespace().collect();
    let signature = base64_simd::STANDARD.decode_to_vec(base64).unwrap();
    (first.strip_prefix("\r\n").unwrap(), signature)
}

/// Lines of 76 characters.
pub fn base64(octets: &[u8]) -> String {
    let text = base64_simd::STANDARD.encode_to_string(octets);
    let lines = text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned());
    lines.collect::<Vec<_>>().join("\r\n")
}
