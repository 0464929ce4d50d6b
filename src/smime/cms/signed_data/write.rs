//! Writes SignedData, DER.

use std::io::{self, Read, Write};

use const_oid::ObjectIdentifier;
use jiff::Timestamp;
use rand_core::CryptoRng;

use crate::smime::asn1::{tag, writer};
use crate::smime::cms::attributes::{self, Capabilities};
use crate::smime::cms::recipient_info::issuer_and_serial;
use crate::smime::cms::{CmsError, ContentType};
use crate::smime::crypto::{DigestAlgorithm, Digester, PrivateKey, SignatureScheme};
use crate::smime::x509::Certificate;

/// Who signs, and what is said beside the content.
pub struct Signer<'a> {
    /// Of `key`.
    pub certificate: &'a Certificate,
    /// Signs.
    pub key: &'a PrivateKey,
    /// How.
    pub scheme: SignatureScheme,
    /// Certificates on the way from `certificate` to an anchor.
    pub chain: &'a [Certificate],
    /// For SMIMEEncryptionKeyPreference.
    pub encryption_certificate: &'a Certificate,
    /// For SMIMECapabilities.
    pub capabilities: &'a Capabilities,
    /// For signingTime.
    pub time: Timestamp,
}

/// A detached SignedData (whole ContentInfo, DER) over content whose hash with the content digest of `signer.scheme` is `digest`.
pub fn sign_detached(
    signer: &Signer<'_>,
    digest: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, CmsError> {
    let parts = Parts::sign(signer, digest, rng)?;
    let content = writer::sequence(&[&ContentType::Data.to_der()]);
    Ok(content_info(&[&parts.before, &content, &parts.behind]))
}

/// An attached SignedData (DER): `content` of `len` octets is read once, hashed and written; `digest` is its hash found
/// by an earlier pass and checked against this one (they differ: the content changed meanwhile, an io error).
pub fn write_attached(
    out: &mut dyn Write,
    signer: &Signer<'_>,
    content: &mut dyn Read,
    len: u64,
    digest: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<(), CmsError> {
    let parts = Parts::sign(signer, digest, rng)?;
    let behind = parts.behind.len() as u64;
    let layers = [
        (tag::OCTET_STRING, Vec::new(), 0),
        (tag::context_constructed(0), Vec::new(), 0),
        (tag::SEQUENCE, ContentType::Data.to_der(), 0),
        (tag::SEQUENCE, parts.before, behind),
        (tag::context_constructed(0), Vec::new(), 0),
        (tag::SEQUENCE, ContentType::SignedData.to_der(), 0),
    ];
    let (head, _) = writer::wrap(&layers, len).ok_or(CmsError::Limit("content"))?;
    out.write_all(&head)?;

    let mut hash = Digester::new(parts.digest);
    let mut buffer = vec![0; 64 << 10];
    let mut left = len;
    loop {
        let read = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let piece = buffer.get(..read).unwrap_or_default();
        left = left.checked_sub(piece.len() as u64).ok_or_else(changed)?;
        hash.update(piece);
        out.write_all(piece)?;
    }
    if left > 0 || hash.finish() != digest {
        return Err(changed().into());
    }
    Ok(out.write_all(&parts.behind)?)
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the content changed while it was signed")
}

/// certs-only (RFC 8551 section 3.9), DER.
pub fn certs_only(certificates: &[Certificate]) -> Vec<u8> {
    content_info(&[
        &writer::small_integer(1),
        &writer::value(tag::SET, &[]),
        &writer::sequence(&[&ContentType::Data.to_der()]),
        &certificate_set(certificates.iter()),
        &writer::value(tag::SET, &[]),
    ])
}

fn content_info(signed_data: &[&[u8]]) -> Vec<u8> {
    let content = writer::value(tag::context_constructed(0), &[&writer::sequence(signed_data)]);
    writer::sequence(&[&ContentType::SignedData.to_der(), &content])
}

/// Each certificate once.
fn certificate_set<'a>(certificates: impl Iterator<Item = &'a Certificate>) -> Vec<u8> {
    let mut members: Vec<Vec<u8>> = certificates.map(|certificate| certificate.as_der().to_vec()).collect();
    members.sort();
    members.dedup();
    writer::set_of(tag::context_constructed(0), members)
}

/// The fields of a SignedData around encapContentInfo.
struct Parts {
    digest: DigestAlgorithm,
    /// version, digestAlgorithms
    before: Vec<u8>,
    /// certificates, signerInfos
    behind: Vec<u8>,
}

impl Parts {
    fn sign(signer: &Signer<'_>, digest: &[u8], rng: &mut dyn CryptoRng) -> Result<Self, CmsError> {
        let scheme = &signer.scheme;
        let algorithm = scheme.content_digest().ok_or(CmsError::Malformed)?;
        let digest_algorithm = writer::algorithm(algorithm.oid());
        let attributes = attributes::signed_attributes(signer, digest);
        let signature = signer
            .key
            .sign_message(scheme, &attributes, rng)
            .map_err(|_| CmsError::Algorithm(algorithm.oid()))?;
        // Signed as a SET OF, sent under [0]: only the identifier octet differs.
        let mut sent = attributes;
        if let Some(identifier) = sent.first_mut() {
            *identifier = tag::context_constructed(0);
        }
        let signer_info = writer::sequence(&[
            &writer::small_integer(1),
            &writer::sequence(&[&issuer_and_serial(signer.certificate)]),
            &digest_algorithm,
            &sent,
            &signature_algorithm(scheme),
            &writer::octet_string(&signature),
        ]);
        let certificates =
            [signer.certificate, signer.encryption_certificate].into_iter().chain(signer.chain.iter());
        Ok(Self {
            digest: algorithm,
            before: [writer::small_integer(1), writer::value(tag::SET, &[&digest_algorithm])].concat(),
            behind: [certificate_set(certificates), writer::value(tag::SET, &[&signer_info])].concat(),
        })
    }
}

/// RSA as plain rsaEncryption (RFC 5754 section 3.2 allows both): what every program writes and reads.
fn signature_algorithm(scheme: &SignatureScheme) -> Vec<u8> {
    const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    match scheme {
        SignatureScheme::RsaPkcs1v15(_) => writer::sequence(&[&writer::oid(RSA_ENCRYPTION), &[5, 0]]),
        SignatureScheme::RsaPss(_)
        | SignatureScheme::Ecdsa(_)
        | SignatureScheme::Dsa(_)
        | SignatureScheme::Ed25519
        | SignatureScheme::Unsupported(_) => scheme.to_algorithm_der(),
    }
}
