//! Signers against digests: mathematics, no trust.

use std::io::{self, Read, Seek as _, Write};

use super::parts::Halves;
use super::{Context, OpenError, Signature, SignerFacts};
use crate::smime::cms::CmsError;
use crate::smime::cms::signed_data::{self, Digests, SignedData};
use crate::smime::cms::signer_info::{SignerError, SignerInfo, is_signed_attributes};
use crate::smime::crypto::{DigestAlgorithm, Digester};
use crate::smime::mime::Entity;
use crate::smime::mime::canonical::{Canonical, LineFeeds, Unquoted};
use crate::smime::mime::encoding::Section;
use crate::smime::{Source, SpoolFile};

/// Certificates that are tried for one signer; honest messages have one.
const CANDIDATES: usize = 4;

/// No honest SignerInfo has signed attributes as long as this, in octets.
const ATTRIBUTES: u64 = 64 << 10;

/// The signers of one SignedData.
pub(super) struct Signatures<'a> {
    signed: &'a SignedData,
    context: &'a Context<'a>,
    /// The content is the signed attributes of another signature.
    over_attributes: bool,
}

impl<'a> Signatures<'a> {
    /// `content` is what they sign, from its beginning; somewhat of it is read.
    pub(super) fn new(
        signed: &'a SignedData,
        context: &'a Context<'a>,
        content: &mut dyn Read,
    ) -> io::Result<Self> {
        let mut head = Vec::new();
        content.take(ATTRIBUTES).read_to_end(&mut head)?;
        Ok(Self { signed, context, over_attributes: is_signed_attributes(&head) })
    }

    /// Checks every signer; any of the `digests` will do (the content as it stands, and with its line ends mended).
    pub(super) fn judge(&self, digests: &[Digests]) -> Vec<SignerFacts> {
        self.signed.signers.iter().map(|signer| self.signer(signer, digests)).collect()
    }

    fn signer(&self, signer: &SignerInfo, digests: &[Digests]) -> SignerFacts {
        let carried = self.signed.certificates.iter().filter(|certificate| signer.id.names(certificate));
        let on_record = self.context.certificates.find(&signer.id);
        let candidates = on_record.into_iter().chain(carried.cloned()).take(CANDIDATES);
        let mut certificate = None;
        let mut outcome = Err(SignerError::BadSignature);
        // Two certificates may claim one issuer and serial number: the one whose key fits is meant.
        'search: for candidate in candidates {
            for digests in digests {
                let result = match self.over_attributes && !signer.has_signed_attributes {
                    true => Err(SignerError::Attributes),
                    false => signer.verify(digests, self.signed.content_type, &candidate),
                };
                if certificate.is_none() || result.is_ok() {
                    certificate = Some(candidate.clone());
                    outcome = result;
                }
                if outcome.is_ok() {
                    break 'search;
                }
            }
        }
        let weak_key = certificate.as_ref().is_some_and(|certificate| certificate.public_key().is_weak());
        SignerFacts {
            certificate,
            outcome,
            digest: signer.digest_name.clone(),
            scheme: signer.scheme_name.clone(),
            weak: weak_key || signer.is_weak(),
            signed_at: signer.attributes.signing_time,
            capabilities: signer.attributes.capabilities.clone(),
            encryption_key_preference: signer.attributes.encryption_key_preference.clone(),
        }
    }

    /// Checks a multipart/signed; its first part goes to `out` as it is hashed.
    pub(super) fn clear(
        source: &mut dyn Source,
        halves: Halves<'_>,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<ClearSigned, OpenError> {
        let mut signature = Signature {
            detached: true,
            whole: true,
            signers: Vec::new(),
            certificates: Vec::new(),
            revocation_lists: Vec::new(),
            damaged: true,
        };
        let (mut line_feeds, mut unquoted) = (false, None);
        let Halves { content, beside } = halves;
        let signed = match detached(source, beside, context) {
            Ok(signed) if !signed.attached => Some(signed),
            // A signature that brings a content of its own is over that content, not over this one.
            Ok(_) => None,
            Err(CmsError::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
                return Err(CmsError::Io(error).into());
            }
            Err(_) => None,
        };
        let algorithms = signed.as_ref().map(SignedData::digest_algorithms).unwrap_or_default();
        let mut part = Section::new(source, content.range.start, content.range.end);
        let digests = copy_digesting(&mut part, out, &algorithms)?;
        part.rewind()?;
        if let Some(signed) = signed {
            let signatures = Signatures::new(&signed, context, &mut part)?;
            signature.signers = signatures.judge(&digests);
            if !signature.signers.iter().any(SignerFacts::is_valid)
                && let Some(digests) = digests_of_line_feeds(&mut part, &algorithms)?
            {
                let signers = signatures.judge(&[digests]);
                line_feeds = signers.iter().any(SignerFacts::is_valid);
                if line_feeds {
                    signature.signers = signers;
                }
            }
            if !signature.signers.iter().any(SignerFacts::is_valid)
                && let Some(mut content) = unquote(&mut part, context)?
            {
                let digests = copy_digesting(&mut content, &mut io::sink(), &algorithms)?;
                let signers = signatures.judge(&digests);
                if signers.iter().any(SignerFacts::is_valid) {
                    signature.signers = signers;
                    content.rewind()?;
                    unquoted = Some(content);
                }
            }
            signature.damaged = signed.signers.is_empty();
            signature.certificates = signed.certificates;
            signature.revocation_lists = signed.revocation_lists;
        }
        Ok(ClearSigned { signature, line_feeds, unquoted })
    }
}

/// What a multipart/signed entity turned out to be.
pub(super) struct ClearSigned {
    pub(super) signature: Signature,
    /// It was made over lines that ended with LF alone; the mail system turned them into CRLF afterwards. RFC 8551
    /// section 3.1.1 wants CRLF in the first place, but some Unix programs sign before they convert.
    pub(super) line_feeds: bool,
    /// The content without the quoting of a mailbox file, if that is what was signed. Rewound.
    pub(super) unquoted: Option<Box<dyn SpoolFile>>,
}

/// The content without the quoting of a mailbox file; None if nothing is quoted. Rewound.
fn unquote(content: &mut dyn Source, context: &Context<'_>) -> io::Result<Option<Box<dyn SpoolFile>>> {
    content.rewind()?;
    let mut writer = Unquoted::new(context.spool.create()?);
    io::copy(content, &mut writer)?;
    let any = writer.has_quotes();
    let mut unquoted = writer.finish()?;
    unquoted.rewind()?;
    Ok(any.then_some(unquoted))
}

/// The digests of a content with LF in the place of CRLF; None if it has no CRLF.
fn digests_of_line_feeds(
    content: &mut dyn Source,
    algorithms: &[DigestAlgorithm],
) -> io::Result<Option<Digests>> {
    content.rewind()?;
    let mut converted = LineFeeds::new(Hashers::new(algorithms));
    io::copy(content, &mut converted)?;
    let any = converted.has_crlf();
    let hashers = converted.finish()?;
    Ok(any.then(|| hashers.finish()))
}

/// Reads the SignedData in the second part of a multipart/signed.
fn detached(source: &mut dyn Source, part: &Entity, context: &Context<'_>) -> Result<SignedData, CmsError> {
    let bound = context.limits.structure as u64;
    let mut body = part.content(source)?.take(bound);
    signed_data::read(&mut body, context.limits, &mut io::sink())
}

/// Copies a content while hashing it: as it stands and, if it has bare line feeds (mail stored by Unix programs), with CRLF.
pub(super) fn copy_digesting(
    content: &mut dyn Read,
    out: &mut dyn Write,
    algorithms: &[DigestAlgorithm],
) -> io::Result<Vec<Digests>> {
    let mut plain = Hashers::new(algorithms);
    // Up to the first bare line feed the two are one.
    let mut mended: Option<Canonical<Hashers>> = None;
    let mut after_cr = false;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let piece = &buffer[..count];
        if mended.is_none() && has_bare_lf(piece, after_cr) {
            mended = Some(Canonical::resume(plain.clone(), after_cr));
        }
        if let Some(mended) = &mut mended {
            mended.write_all(piece)?;
        }
        plain.write_all(piece)?;
        out.write_all(piece)?;
        after_cr = piece.ends_with(b"\r");
    }
    let mended = mended.map(|mended| mended.into_inner().finish());
    Ok(std::iter::once(plain.finish()).chain(mended).collect())
}

fn has_bare_lf(piece: &[u8], after_cr: bool) -> bool {
    memchr::memchr_iter(b'\n', piece).any(|lf| match lf.checked_sub(1) {
        Some(before) => piece.get(before) != Some(&b'\r'),
        None => !after_cr,
    })
}

#[derive(Clone)]
struct Hashers(Vec<Digester>);

impl Hashers {
    fn new(algorithms: &[DigestAlgorithm]) -> Self {
        Self(algorithms.iter().map(|algorithm| Digester::new(*algorithm)).collect())
    }

    fn finish(self) -> Digests {
        Digests(self.0.into_iter().map(|digester| (digester.algorithm(), digester.finish())).collect())
    }
}

impl Write for Hashers {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.iter_mut().for_each(|digester| digester.update(data));
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
