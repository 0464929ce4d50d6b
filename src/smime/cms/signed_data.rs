//! SignedData (RFC 5652 section 5), both ways.

mod write;

use std::io::{Read, Write};

use super::ber::{self, Pieces, Reader};
use super::content_info::{self, ContentType};
use super::{CmsError, signer_info::SignerInfo};
use crate::smime::Limits;
use crate::smime::asn1::{Cursor, tag};
use crate::smime::crypto::{DigestAlgorithm, Digester};
use crate::smime::x509::Certificate;
use crate::smime::x509::revocation::RevocationList;

pub use write::{Signer, certs_only, sign_detached, write_attached};

/// Finished hashes of one content, one per algorithm.
#[derive(Debug, Clone, Default)]
pub struct Digests(pub Vec<(DigestAlgorithm, Vec<u8>)>);

impl Digests {
    /// The hash made with `algorithm`.
    pub fn of(&self, algorithm: DigestAlgorithm) -> Option<&[u8]> {
        self.0.iter().find(|(made_with, _)| *made_with == algorithm).map(|(_, hash)| hash.as_slice())
    }
}

/// A SignedData without its content.
#[derive(Debug, Clone)]
pub struct SignedData {
    /// What is inside.
    pub content_type: ContentType,
    /// eContent is there (it was written to `out` and digested in the same pass).
    pub attached: bool,
    /// In the order of the message.
    pub certificates: Vec<Certificate>,
    /// Elements of `certificates` that are no X.509 certificate or do not parse.
    pub unread_certificates: usize,
    /// Elements of `crls`, in the order of the message.
    pub revocation_lists: Vec<RevocationList>,
    /// Elements of `crls` that are of another kind (OCSP), do not parse, or are longer than a message may bring.
    pub unread_revocation_lists: usize,
    /// None of them: certs-only.
    pub signers: Vec<SignerInfo>,
    /// Of the attached content, for every known algorithm in digestAlgorithms.
    pub digests: Digests,
}

/// Hashed with when digestAlgorithms says nothing.
const USUAL: [DigestAlgorithm; 4] =
    [DigestAlgorithm::Sha256, DigestAlgorithm::Sha1, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];

/// One pass over `input`; eContent goes to `out` as it is digested.
///
/// Nothing is verified here: what was written to `out` is no better than the outcome of [`SignerInfo::verify`].
///
/// ```text
/// SignedData ::= SEQUENCE {
///     version CMSVersion,
///     digestAlgorithms SET OF DigestAlgorithmIdentifier,
///     encapContentInfo EncapsulatedContentInfo,
///     certificates [0] IMPLICIT CertificateSet OPTIONAL,
///     crls [1] IMPLICIT RevocationInfoChoices OPTIONAL,
///     signerInfos SET OF SignerInfo }
/// EncapsulatedContentInfo ::= SEQUENCE {
///     eContentType ContentType,
///     eContent [0] EXPLICIT OCTET STRING OPTIONAL }
/// ```
pub fn read(input: &mut dyn Read, limits: &Limits, out: &mut dyn Write) -> Result<SignedData, CmsError> {
    Ok(read_and_place(input, limits, out)?.0)
}

/// The same, and where eContent lies, counted from where `input` stands; None if it is no OCTET STRING, or in
/// too many pieces.
pub fn read_and_place(
    input: &mut dyn Read,
    limits: &Limits,
    out: &mut dyn Write,
) -> Result<(SignedData, Option<Pieces>), CmsError> {
    let mut reader = Reader::new(input, limits);
    if content_info::enter(&mut reader)? != ContentType::SignedData {
        return Err(CmsError::Malformed);
    }
    reader.enter(tag::context_constructed(0))?;
    reader.enter(tag::SEQUENCE)?;
    if !reader.is_next(tag::INTEGER)? {
        return Err(CmsError::Malformed);
    }
    reader.skip()?;
    let algorithms = digest_algorithms(&mut reader)?;

    reader.enter(tag::SEQUENCE)?;
    let content_type = content_info::content_type(&mut reader)?;
    let mut digesters: Vec<Digester> = algorithms.into_iter().map(Digester::new).collect();
    let attached = reader.is_next(tag::context_constructed(0))?;
    let mut pieces = None;
    if attached {
        reader.enter(tag::context_constructed(0))?;
        pieces = copy_content(&mut reader, content_type, limits, &mut digesters, out)?;
        reader.leave()?;
    } else {
        digesters.clear();
    }
    reader.leave()?;

    let mut signed_data = SignedData {
        content_type,
        attached,
        certificates: Vec::new(),
        unread_certificates: 0,
        revocation_lists: Vec::new(),
        unread_revocation_lists: 0,
        signers: Vec::new(),
        digests: Digests(
            digesters.into_iter().map(|running| (running.algorithm(), running.finish())).collect(),
        ),
    };
    signed_data.read_certificates(&mut reader, limits)?;
    signed_data.read_revocation_lists(&mut reader, limits)?;
    reader.enter(tag::SET)?;
    while reader.peek()?.is_some() {
        if signed_data.signers.len() >= limits.signers {
            return Err(CmsError::Limit("signers"));
        }
        signed_data.signers.push(SignerInfo::from_der(&reader.element()?)?);
    }
    reader.leave_all()?;
    Ok((signed_data, pieces))
}

fn digest_algorithms(reader: &mut Reader<'_>) -> Result<Vec<DigestAlgorithm>, CmsError> {
    if !reader.is_next(tag::SET)? {
        return Err(CmsError::Malformed);
    }
    let set = reader.element()?;
    let mut members = Cursor::single(&set)?.cursor();
    if members.is_empty() {
        return Ok(USUAL.to_vec());
    }
    let mut known = Vec::new();
    while !members.is_empty() {
        let oid = members.expect(tag::SEQUENCE)?.cursor().expect(tag::OBJECT_IDENTIFIER)?.oid();
        if let Some(algorithm) = oid.ok().and_then(DigestAlgorithm::from_oid)
            && !known.contains(&algorithm)
        {
            known.push(algorithm);
        }
    }
    Ok(known)
}

/// In PKCS #7 version 1.5 the content was a value of its type, not octets that hold it. Then identifier and length are not
/// digested (RFC 5652 section 5.2.1), and the value is handed on whole.
fn copy_content(
    reader: &mut Reader<'_>,
    content_type: ContentType,
    limits: &Limits,
    digesters: &mut [Digester],
    out: &mut dyn Write,
) -> Result<Option<Pieces>, CmsError> {
    if !ber::is_octet_string(reader.peek()?) {
        if content_type == ContentType::Data {
            return Err(CmsError::Malformed);
        }
        let value = reader.verbatim()?;
        let octets = Cursor::single(&value)?.content;
        digesters.iter_mut().for_each(|running| running.update(octets));
        out.write_all(&value)?;
        return Ok(None);
    }
    let mut left = limits.content;
    let mut pieces = Pieces::default();
    reader.octets_and_places(&mut pieces, &mut |piece| {
        left = left.checked_sub(piece.len() as u64).ok_or(CmsError::Limit("content"))?;
        digesters.iter_mut().for_each(|running| running.update(piece));
        Ok(out.write_all(piece)?)
    })?;
    Ok(pieces.complete())
}

impl SignedData {
    /// The algorithms that its signers need, for hashing a detached content.
    pub fn digest_algorithms(&self) -> Vec<DigestAlgorithm> {
        let mut needed = Vec::new();
        for signer in &self.signers {
            let signed = signer.scheme.as_ref().and_then(|scheme| scheme.digest());
            for algorithm in [signer.digest, signed].into_iter().flatten() {
                if !needed.contains(&algorithm) {
                    needed.push(algorithm);
                }
            }
        }
        needed
    }

    /// ```text
    /// CertificateChoices ::= CHOICE { certificate Certificate, … }  -- obsolete and attribute certificates are tagged
    /// ```
    fn read_certificates(&mut self, reader: &mut Reader<'_>, limits: &Limits) -> Result<(), CmsError> {
        if !reader.is_next(tag::context_constructed(0))? {
            return Ok(());
        }
        reader.enter(tag::context_constructed(0))?;
        while let Some(header) = reader.peek()? {
            if self.certificates.len() + self.unread_certificates >= limits.certificates {
                return Err(CmsError::Limit("certificates"));
            }
            if header.tag != tag::SEQUENCE {
                reader.skip()?;
                self.unread_certificates += 1;
                continue;
            }
            match Certificate::from_der(&reader.verbatim()?) {
                Ok(certificate) => self.certificates.push(certificate),
                Err(_) => self.unread_certificates += 1,
            }
        }
        reader.leave()
    }

    /// ```text
    /// RevocationInfoChoice ::= CHOICE { crl CertificateList, other [1] IMPLICIT OtherRevocationInfoFormat }
    /// ```
    fn read_revocation_lists(&mut self, reader: &mut Reader<'_>, limits: &Limits) -> Result<(), CmsError> {
        if !reader.is_next(tag::context_constructed(1))? {
            return Ok(());
        }
        // Long lists must not take the room of certificates and signers, and make the message unreadable.
        let mut room = limits.structure as u64 / 2;
        reader.enter(tag::context_constructed(1))?;
        while let Some(header) = reader.peek()? {
            if self.revocation_lists.len() + self.unread_revocation_lists >= limits.revocation_lists {
                return Err(CmsError::Limit("revocation lists"));
            }
            let length = header.length.unwrap_or(0);
            if header.tag != tag::SEQUENCE || length > room {
                reader.skip()?;
                self.unread_revocation_lists += 1;
                continue;
            }
            room -= length;
            match RevocationList::from_der(reader.verbatim()?) {
                Ok(list) => self.revocation_lists.push(list),
                Err(_) => self.unread_revocation_lists += 1,
            }
        }
        reader.leave()
    }
}
