//! Signers against digests: mathematics, no trust.

use std::io::{self, Read, Seek as _, Write};

use super::parts::Halves;
use super::{Context, OpenError, Signature, SignerFacts};
use crate::smime::cms::CmsError;
use crate::smime::cms::signed_data::{self, Digests, SignedData};
use crate::smime::cms::signer_info::{SignerError, SignerInfo, is_signed_attributes};
use crate::smime::crypto::{DigestAlgorithm, Digester, PublicKey, SignatureScheme};
use crate::smime::mime::Entity;
use crate::smime::mime::canonical::{Canonical, LineFeeds, Unquoted};
use crate::smime::mime::encoding::Section;
use crate::smime::x509::Certificate;
use crate::smime::{Source, SpoolFile};

/// Certificates that are tried for one signer; honest messages have one.
const CANDIDATES: usize = 4;

/// Readings of the content for signatures that are over it and no hash; honest messages need one or two.
const PASSES: usize = 16;

/// No honest SignerInfo has signed attributes as long as this, in octets.
const ATTRIBUTES: u64 = 64 << 10;

/// A signer's key.
#[derive(Clone)]
struct Key {
    key: PublicKey,
    /// It is had in a way that can be forged today.
    weak: bool,
}

/// The signers of one SignedData.
pub(super) struct Signatures<'a> {
    signed: &'a SignedData,
    context: &'a Context<'a>,
    /// The content is the signed attributes of another signature.
    over_attributes: bool,
    /// How often the content may still be read for signatures over the content itself.
    passes: usize,
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
        Ok(Self { signed, context, over_attributes: hides_attributes(&head)?, passes: PASSES })
    }

    /// Checks every signer; any of the `versions` of the content will do (as it stands, and with its line ends mended).
    pub(super) fn judge(
        &mut self,
        content: &mut dyn Source,
        versions: &[Version],
    ) -> Result<Vec<SignerFacts>, OpenError> {
        self.signed.signers.iter().map(|signer| self.signer(signer, content, versions)).collect()
    }

    fn signer(
        &mut self,
        signer: &SignerInfo,
        content: &mut dyn Source,
        versions: &[Version],
    ) -> Result<SignerFacts, OpenError> {
        let carried = self.signed.certificates.iter().filter(|certificate| signer.id.names(certificate));
        let on_record = self.context.certificates.find(&signer.id);
        let candidates = on_record.into_iter().chain(carried.cloned()).take(CANDIDATES);
        let mut found: Option<(Certificate, Key)> = None;
        let mut outcome = Err(match signer.is_known() {
            true => SignerError::BadSignature,
            false => SignerError::UnknownAlgorithm,
        });
        // Two certificates may claim one issuer and serial number: the one whose key fits is meant.
        'search: for candidate in candidates {
            let key = self.key_of(&candidate);
            for version in versions {
                let result = if self.over_attributes && !signer.has_signed_attributes {
                    Err(SignerError::Attributes)
                } else if signer.signs_content() {
                    self.over_content(signer, &candidate, content, version)?
                } else {
                    signer.verify(&version.digests, self.signed.content_type, &candidate, &key.key)
                };
                if found.is_none() || result.is_ok() {
                    found = Some((candidate.clone(), key.clone()));
                    outcome = result;
                }
                if outcome.is_ok() {
                    break 'search;
                }
            }
        }
        let weak_key = found.as_ref().is_some_and(|(_, key)| key.weak || key.key.is_weak());
        let scheme = match found.as_ref().map(|(_, key)| &key.key) {
            // The scheme is well known; it is the curve that cannot be computed with.
            Some(key @ PublicKey::Unsupported(_)) if signer.scheme.as_ref().is_some_and(takes_any_curve) => {
                format!("{} on {}", signer.scheme_name, key.name())
            }
            Some(_) | None => signer.scheme_name.clone(),
        };
        Ok(SignerFacts {
            certificate: found.map(|(certificate, _)| certificate),
            outcome,
            digest: signer.digest_name.clone(),
            scheme,
            weak: weak_key || signer.is_weak(),
            signed_at: signer.attributes.signing_time,
            capabilities: signer.attributes.capabilities.clone(),
            encryption_key_preference: signer.attributes.encryption_key_preference.clone(),
        })
    }

    /// Parameters that a key inherits come from a path to an anchor only: whoever may choose them can make any signature hold,
    /// and an issuer's over the certificate as well.
    fn key_of(&self, certificate: &Certificate) -> Key {
        let own = certificate.public_key();
        let inherited = own
            .inherits_parameters()
            .then(|| self.context.certificates.inherited_key(certificate, &self.signed.certificates));
        let own = || Key { key: own.clone(), weak: false };
        inherited.flatten().map_or_else(own, |(key, weak)| Key { key, weak })
    }

    /// Checks a signature over the content itself, which is read once more for it: it must be the one that was hashed.
    fn over_content(
        &mut self,
        signer: &SignerInfo,
        candidate: &Certificate,
        content: &mut dyn Source,
        version: &Version,
    ) -> Result<Result<(), SignerError>, OpenError> {
        let strongest = version.digests.0.iter().max_by_key(|(algorithm, _)| *algorithm);
        let Some((algorithm, hash)) = strongest else {
            return Ok(Err(SignerError::UnknownAlgorithm));
        };
        let verifier = match signer.content_verifier(self.signed.content_type, candidate) {
            Ok(verifier) => verifier,
            Err(error) => return Ok(Err(error)),
        };
        self.passes =
            self.passes.checked_sub(1).ok_or(OpenError::TooMuch("signatures over its whole content"))?;
        let mut both = Both(Digester::new(*algorithm), verifier);
        version.lines.copy(content, &mut both)?;
        let Both(digester, verifier) = both;
        if digester.finish() != *hash {
            return Ok(Err(SignerError::ContentChanged));
        }
        Ok(verifier.finish().map_err(SignerError::from))
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
        let versions = copy_digesting(&mut part, out, &algorithms)?;
        part.rewind()?;
        if let Some(signed) = signed {
            let mut signatures = Signatures::new(&signed, context, &mut part)?;
            signature.signers = signatures.judge(&mut part, &versions)?;
            if !signature.signers.iter().any(SignerFacts::is_valid)
                && let Some(version) = with_line_feeds(&mut part, &algorithms)?
            {
                let signers = signatures.judge(&mut part, &[version])?;
                line_feeds = signers.iter().any(SignerFacts::is_valid);
                if line_feeds {
                    signature.signers = signers;
                }
            }
            if !signature.signers.iter().any(SignerFacts::is_valid)
                && let Some(mut content) = unquote(&mut part, context)?
            {
                let versions = copy_digesting(&mut content, &mut io::sink(), &algorithms)?;
                let signers = signatures.judge(&mut content, &versions)?;
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

/// Is `content`, in any form that a signature is checked over, the signed attributes of some signature? What lost a CR
/// becomes them again when its line ends are mended.
fn hides_attributes(content: &[u8]) -> io::Result<bool> {
    let mut unquoted = Unquoted::new(Vec::new());
    unquoted.write_all(content)?;
    let unquoted = unquoted.finish()?;
    for form in [content, &unquoted] {
        let mut mended = Canonical::new(Vec::new());
        mended.write_all(form)?;
        let mut bare = LineFeeds::new(Vec::new());
        bare.write_all(form)?;
        let (mended, bare) = (mended.into_inner(), bare.finish()?);
        if [form, &mended, &bare].into_iter().any(is_signed_attributes) {
            return Ok(true);
        }
    }
    Ok(false)
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

fn takes_any_curve(scheme: &SignatureScheme) -> bool {
    matches!(scheme, SignatureScheme::Ecdsa(_))
}

/// One version of a content, and its hashes.
pub(super) struct Version {
    lines: Lines,
    digests: Digests,
}

impl Version {
    /// The content as it stands.
    pub(super) fn as_it_stands(digests: Digests) -> Self {
        Self { lines: Lines::AsTheyStand, digests }
    }
}

/// What is taken for the ends of lines.
#[derive(Clone, Copy)]
enum Lines {
    AsTheyStand,
    /// Bare LF becomes CRLF.
    Crlf,
    /// CRLF becomes LF.
    Lf,
}

impl Lines {
    /// Copies the whole content.
    fn copy(self, content: &mut dyn Source, out: &mut dyn Write) -> io::Result<()> {
        content.rewind()?;
        match self {
            Self::AsTheyStand => io::copy(content, out)?,
            Self::Crlf => io::copy(content, &mut Canonical::new(out))?,
            Self::Lf => {
                let mut converted = LineFeeds::new(out);
                let copied = io::copy(content, &mut converted)?;
                converted.finish()?;
                copied
            }
        };
        Ok(())
    }
}

/// A content with LF in the place of CRLF; None if it has no CRLF.
fn with_line_feeds(content: &mut dyn Source, algorithms: &[DigestAlgorithm]) -> io::Result<Option<Version>> {
    content.rewind()?;
    let mut converted = LineFeeds::new(Hashers::new(algorithms));
    io::copy(content, &mut converted)?;
    let any = converted.has_crlf();
    let hashers = converted.finish()?;
    Ok(any.then(|| Version { lines: Lines::Lf, digests: hashers.finish() }))
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
) -> io::Result<Vec<Version>> {
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
    let mended = mended.map(|digests| Version { lines: Lines::Crlf, digests });
    Ok(std::iter::once(Version::as_it_stands(plain.finish())).chain(mended).collect())
}

fn has_bare_lf(piece: &[u8], after_cr: bool) -> bool {
    let first = !after_cr && piece.first() == Some(&b'\n');
    let pairs = piece.iter().zip(piece.get(1..).unwrap_or_default());
    // Without branches, so that many are looked at at once.
    pairs.fold(first, |found, (before, octet)| found | ((*octet == b'\n') & (*before != b'\r')))
}

/// Writes to one and to the other.
struct Both<A: Write, B: Write>(A, B);

impl<A: Write, B: Write> Write for Both<A, B> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write_all(data)?;
        self.1.write_all(data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::{tag, writer};

    #[test]
    fn attributes_are_found_whatever_was_done_to_their_line_ends() {
        let attributes = |digest: &[u8]| {
            let kind = const_oid::db::rfc5911::ID_MESSAGE_DIGEST;
            let values = writer::value(tag::SET, &[&writer::octet_string(digest)]);
            writer::value(tag::SET, &[&writer::sequence(&[&writer::oid(kind), &values])])
        };
        let found = |content: &[u8]| hides_attributes(content).unwrap();
        let replace = |content: &[u8], from: &str, to: &str| {
            let at = memchr::memmem::find(content, from.as_bytes()).unwrap();
            [&content[..at], to.as_bytes(), &content[at + from.len()..]].concat()
        };
        for (digest, signed, sent) in
            [("a\r\nb", "\r\n", "\n"), ("a\nb", "\n", "\r\n"), ("a\nFrom b", "\nFrom", "\n>From")]
        {
            let whole = attributes(digest.as_bytes());
            assert!(found(&whole), "{digest:?}");
            assert!(found(&replace(&whole, signed, sent)), "{digest:?}");
        }
        assert!(!found(b"Content-Type: text/plain\r\n\r\nHello.\n"));
    }
}
