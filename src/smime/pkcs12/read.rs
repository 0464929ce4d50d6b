//! Reads a PFX: the parts that it is made of, and the bags in them.

use zeroize::Zeroizing;

use super::{
    BAGS, CertBag, DATA, ENCRYPTED_DATA, ENVELOPED_DATA, Integrity, KeyBag, MAX_BAGS, MAX_KEYS, MAX_LENGTH,
    MAX_PARTS, Pfx, Pkcs12Error, SIGNED_DATA, Skipped, X509_CERTIFICATE, attributes, looks_like, mac,
    passed_over,
};
use crate::smime::Limits;
use crate::smime::asn1::{Cursor, Element, Malformed, tag};
use crate::smime::cms::ber;
use crate::smime::crypto::PrivateKey;
use crate::smime::crypto::pbe::FilePassword;
use crate::smime::secret::Passphrase;
use crate::smime::x509::Certificate;

/// Values inside each other that are followed.
const DEPTH: usize = 24;

/// Everything in the file: DER, and BER as browsers write it; an empty password stands for an absent one, too. What
/// follows the file's end is left alone.
///
/// ```text
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// AuthenticatedSafe ::= SEQUENCE OF ContentInfo
/// ```
pub fn read(file: &[u8], password: &Passphrase) -> Result<Pfx, Pkcs12Error> {
    if file.len() > MAX_LENGTH || !looks_like(file) {
        return Err(Pkcs12Error::Malformed);
    }
    let der = to_der(file)?;
    let mut parts = Cursor::new(&der).only(tag::SEQUENCE)?.cursor();
    parts.expect(tag::INTEGER)?;
    let mut safe = parts.expect(tag::SEQUENCE)?.cursor();
    match safe.oid()? {
        DATA => {}
        SIGNED_DATA => return Err(Pkcs12Error::Signed),
        _ => return Err(Pkcs12Error::Malformed),
    }
    let content = safe.only(tag::context_constructed(0))?.cursor().only(tag::OCTET_STRING)?.content;
    let mut password = FilePassword::new(password);
    let integrity = match parts.optional(tag::SEQUENCE)? {
        Some(mac) => mac::check(mac.content, content, &mut password)?,
        None => Integrity::NoMac,
    };
    let pfx = Pfx { keys: Vec::new(), certificates: Vec::new(), skipped: Vec::new(), integrity };
    let mut reading = Reading { pfx, password, bags: 0, keys: 0 };
    let content = to_der(content)?;
    let parts = Cursor::new(&content).only(tag::SEQUENCE)?.cursor().all()?;
    if parts.len() > MAX_PARTS {
        return Err(Pkcs12Error::TooMuchWork);
    }
    for part in parts {
        reading.part(part)?;
    }
    Ok(reading.pfx)
}

/// The value at the start of `ber` in DER; what follows it is left out. The order of SETs stays as it is.
pub(in crate::smime) fn to_der(mut ber: &[u8]) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    // What comes out is not larger than what went in.
    let limits = Limits { depth: DEPTH, structure: usize::MAX, ..Limits::default() };
    ber::Reader::new(&mut ber, &limits).element().map(Zeroizing::new).map_err(|_| Malformed)
}

/// A key in DER, or in BER, or with something behind it.
pub(in crate::smime) fn private_key(ber: &[u8]) -> Result<PrivateKey, Skipped> {
    PrivateKey::from_der(ber).or_else(|_| {
        let der = to_der(ber).map_err(|_| Skipped::DamagedKey)?;
        PrivateKey::from_der(&der).map_err(|_| match PrivateKey::algorithm_of(&der) {
            Some(algorithm) => Skipped::UnsupportedKey { algorithm },
            None => Skipped::DamagedKey,
        })
    })
}

struct Reading {
    pfx: Pfx,
    password: FilePassword,
    bags: usize,
    keys: usize,
}

impl Reading {
    /// ```text
    /// ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
    /// ```
    /// One that is protected apart from the others.
    fn part(&mut self, part: Element<'_>) -> Result<(), Pkcs12Error> {
        let mut info = part.sequence()?;
        let kind = info.oid()?;
        match kind {
            DATA => {
                let content = info.only(tag::context_constructed(0))?.cursor().only(tag::OCTET_STRING)?;
                self.safe_contents(content.content)
            }
            ENCRYPTED_DATA => {
                let (algorithm, encrypted) =
                    encrypted_data(info.only(tag::context_constructed(0))?.cursor())?;
                match self.password.open(algorithm, &encrypted) {
                    Ok(plain) => self.safe_contents(&plain),
                    Err(error) => self.skip(passed_over(error, self.pfx.integrity)?),
                }
            }
            ENVELOPED_DATA => self.skip(Skipped::ForAKey),
            _ => self.skip(Skipped::UnknownPart { kind }),
        }
    }

    /// ```text
    /// SafeContents ::= SEQUENCE OF SafeBag
    /// ```
    fn safe_contents(&mut self, ber: &[u8]) -> Result<(), Pkcs12Error> {
        let der = to_der(ber)?;
        self.bags(Cursor::new(&der).only(tag::SEQUENCE)?.cursor())
    }

    /// ```text
    /// SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OPTIONAL }
    /// ```
    /// RFC 7292 section 4.2. Bags in bags are no deeper than [`DEPTH`].
    fn bags(&mut self, mut bags: Cursor<'_>) -> Result<(), Pkcs12Error> {
        while !bags.is_empty() {
            self.bags += 1;
            if self.bags > MAX_BAGS {
                return Err(Pkcs12Error::TooMuchWork);
            }
            let mut bag = bags.element()?.sequence()?;
            let kind = bag.element()?;
            let value = bag.expect(tag::context_constructed(0))?.cursor();
            let attributes = bag.optional(tag::SET)?;
            match kind.content.strip_prefix(&BAGS) {
                Some([1]) => self.key(value.only(tag::SEQUENCE)?.der, attributes)?,
                Some([2]) => self.shrouded_key(value.only(tag::SEQUENCE)?.cursor(), attributes)?,
                Some([3]) => self.certificate(value.only(tag::SEQUENCE)?.cursor(), attributes)?,
                Some([4]) => self.skip(Skipped::RevocationList)?,
                Some([5]) => self.skip(Skipped::Secret)?,
                Some([6]) => self.bags(value.only(tag::SEQUENCE)?.cursor())?,
                Some(_) | None => self.skip(Skipped::UnknownBag { kind: kind.oid()? })?,
            }
        }
        Ok(())
    }

    /// ```text
    /// EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
    /// ```
    /// RFC 5958 section 3.
    fn shrouded_key(
        &mut self,
        mut info: Cursor<'_>,
        attributes: Option<Element<'_>>,
    ) -> Result<(), Pkcs12Error> {
        let (algorithm, encrypted) = (info.expect(tag::SEQUENCE)?, info.expect(tag::OCTET_STRING)?);
        match self.password.open(algorithm, encrypted.content) {
            Ok(plain) => self.key(&plain, attributes),
            Err(error) => self.skip(passed_over(error, self.pfx.integrity)?),
        }
    }

    fn key(&mut self, ber: &[u8], attributes: Option<Element<'_>>) -> Result<(), Pkcs12Error> {
        self.keys += 1;
        if self.keys > MAX_KEYS {
            return Err(Pkcs12Error::TooMuchWork);
        }
        let key = match private_key(ber) {
            Ok(key) => key,
            Err(skipped) => return self.skip(skipped),
        };
        let attributes = attributes::read(attributes);
        self.pfx.keys.push(KeyBag {
            key,
            friendly_name: attributes.friendly_name,
            local_key_id: attributes.local_key_id,
        });
        Ok(())
    }

    /// ```text
    /// CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT ANY }
    /// x509Certificate: OCTET STRING, the certificate in DER; sdsiCertificate: IA5String
    /// ```
    /// RFC 7292 section 4.2.3.
    fn certificate(
        &mut self,
        mut bag: Cursor<'_>,
        attributes: Option<Element<'_>>,
    ) -> Result<(), Pkcs12Error> {
        if bag.oid()? != X509_CERTIFICATE {
            return self.skip(Skipped::OtherCertificate);
        }
        let octets = bag.expect(tag::context_constructed(0))?.cursor().only(tag::OCTET_STRING)?.content;
        let first = Cursor::new(octets).element().map_or(octets, |value| value.der);
        let Ok(certificate) = Certificate::from_der(first) else {
            return self.skip(Skipped::DamagedCertificate);
        };
        let attributes = attributes::read(attributes);
        self.pfx.certificates.push(CertBag {
            certificate,
            friendly_name: attributes.friendly_name,
            local_key_id: attributes.local_key_id,
        });
        Ok(())
    }

    fn skip(&mut self, what: Skipped) -> Result<(), Pkcs12Error> {
        self.pfx.skipped.push(what);
        Ok(())
    }
}

/// ```text
/// EncryptedData        ::= SEQUENCE { version, EncryptedContentInfo, … }
/// EncryptedContentInfo ::= SEQUENCE { contentType, AlgorithmIdentifier, encryptedContent [0] IMPLICIT OCTET STRING }
/// ```
/// RFC 5652 section 8. The algorithm, and what is encrypted in one piece.
fn encrypted_data(content: Cursor<'_>) -> Result<(Element<'_>, Vec<u8>), Malformed> {
    let mut data = content.only(tag::SEQUENCE)?.cursor();
    data.expect(tag::INTEGER)?;
    let mut info = data.expect(tag::SEQUENCE)?.cursor();
    info.expect(tag::OBJECT_IDENTIFIER)?;
    let algorithm = info.expect(tag::SEQUENCE)?;
    let encrypted = info.element()?;
    if encrypted.tag & !tag::CONSTRUCTED == tag::context(0) {
        Ok((algorithm, encrypted.octets()?))
    } else {
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;

    #[test]
    fn values_inside_each_other_are_bounded_and_the_end_must_be_there() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 0x81, 1, 8, 0, 0, 0x02, 0x82, 0, 1, 3, 0, 0, 9];
        assert_eq!(to_der(&ber).unwrap()[..], [0x30, 7, 4, 2, 7, 8, 2, 1, 3]);
        for length in 0..ber.len() - 1 {
            assert_eq!(to_der(&ber[..length]), Err(Malformed));
        }
        assert_eq!(to_der(&[0x30, 0x80].repeat(100_000)), Err(Malformed));
    }

    #[test]
    fn encrypted_content_in_pieces_is_one_string() {
        let algorithm = [0x30, 3, 6, 1, 42];
        let read = |content: &[u8]| {
            let info = writer::sequence(&[&[6, 1, 42], &algorithm, content]);
            let data = writer::sequence(&[&writer::small_integer(0), &info]);
            encrypted_data(Cursor::new(&data)).map(|(algorithm, octets)| (algorithm.der.to_vec(), octets))
        };
        let whole = Ok((algorithm.to_vec(), vec![7, 8]));
        assert_eq!(read(&[0x80, 2, 7, 8]), whole);
        assert_eq!(read(&[0xa0, 6, 4, 1, 7, 4, 1, 8]), whole);
        assert_eq!(read(&[0x81, 2, 7, 8]), Err(Malformed));
        assert_eq!(read(&[]), Err(Malformed));
    }
}
