//! SignerInfo (RFC 5652 section 5.3).

use const_oid::ObjectIdentifier;

use super::attributes::{ParsedAttributes, SignedAttributes};
use super::recipient_info::CertificateId;
use super::signed_data::Digests;
use super::{CmsError, ContentType};
use crate::smime::asn1::{Cursor, tag, writer};
use crate::smime::crypto::oid::{DSA, EC_PUBLIC_KEY, RSA_ENCRYPTION};
use crate::smime::crypto::public_key::MessageVerifier;
use crate::smime::crypto::signature::SignatureError;
use crate::smime::crypto::{DigestAlgorithm, PublicKey, SignatureScheme, oid_name};
use crate::smime::x509::Certificate;

/// One signature.
#[derive(Debug, Clone)]
pub struct SignerInfo {
    /// Whose.
    pub id: CertificateId,
    /// What the content is hashed with; None: not known here.
    pub digest: Option<DigestAlgorithm>,
    /// How it is signed; None: not known here, not even by name.
    pub scheme: Option<SignatureScheme>,
    /// "SHA-256", or a name for what is not known ("MD5", "1.2.3.4").
    pub digest_name: String,
    /// "RSA with SHA-256", or a name for what is not known.
    pub scheme_name: String,
    /// What it says beside the content. Believe it only after [`verify`](Self::verify).
    pub attributes: SignedAttributes,
    /// Without any, the signature is over the content itself.
    pub has_signed_attributes: bool,
    parsed: ParsedAttributes,
    /// The attributes one behind the other, as they came.
    signed_attributes: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a signature does not hold. Ranked by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerError {
    /// message-digest attribute ≠ digest of the content
    ContentChanged,
    /// the mathematics does not come out
    BadSignature,
    /// contentType or messageDigest missing, doubled or contradictory; a unique attribute twice
    Attributes,
    /// signingCertificate(V2) names another certificate
    OtherCertificate,
    /// digest or scheme is not known here
    UnknownAlgorithm,
    /// the key's parameters are its issuer's, and nobody who is trusted vouches for that one
    MissingParameters,
}

impl From<SignatureError> for SignerError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Mismatch => Self::BadSignature,
            SignatureError::Unsupported => Self::UnknownAlgorithm,
        }
    }
}

impl SignerInfo {
    /// ```text
    /// SignerInfo ::= SEQUENCE {
    ///     version CMSVersion,
    ///     sid SignerIdentifier,
    ///     digestAlgorithm DigestAlgorithmIdentifier,
    ///     signedAttrs [0] IMPLICIT SignedAttributes OPTIONAL,
    ///     signatureAlgorithm SignatureAlgorithmIdentifier,
    ///     signature SignatureValue,
    ///     unsignedAttrs [1] IMPLICIT UnsignedAttributes OPTIONAL }
    /// ```
    ///
    /// unsignedAttrs (counter-signatures, time stamps) are passed over.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, CmsError> {
        let whole = Cursor::single(der)?;
        if whole.tag != tag::SEQUENCE {
            return Err(CmsError::Malformed);
        }
        let mut fields = whole.cursor();
        fields.expect(tag::INTEGER)?;
        let id = CertificateId::from_element(fields.element()?)?;
        let digest_oid = fields.expect(tag::SEQUENCE)?.cursor().expect(tag::OBJECT_IDENTIFIER)?.oid()?;
        let digest = DigestAlgorithm::from_oid(digest_oid);
        let signed_attributes = fields.optional(tag::context_constructed(0))?;
        let algorithm = fields.expect(tag::SEQUENCE)?;
        let scheme_oid = algorithm.cursor().expect(tag::OBJECT_IDENTIFIER)?.oid()?;
        let scheme = SignatureScheme::from_algorithm_der(algorithm.der, digest);
        let signature = fields.expect(tag::OCTET_STRING)?.content.to_vec();
        let parsed = signed_attributes.map(|set| ParsedAttributes::parse(set.content)).unwrap_or_default();
        Ok(Self {
            id,
            digest,
            digest_name: oid_name(digest_oid),
            scheme_name: match (&scheme, scheme_oid) {
                (Some(SignatureScheme::Unsupported(_)), RSA_ENCRYPTION) => with("RSA", digest_oid),
                (Some(SignatureScheme::Unsupported(_)), EC_PUBLIC_KEY) => with("ECDSA", digest_oid),
                (Some(SignatureScheme::Unsupported(_)), DSA) => with("DSA", digest_oid),
                (Some(scheme), _) => scheme.name(),
                (None, oid) => oid_name(oid),
            },
            scheme,
            attributes: parsed.facts.clone(),
            has_signed_attributes: signed_attributes.is_some(),
            parsed,
            signed_attributes: signed_attributes.map(|set| set.content.to_vec()).unwrap_or_default(),
            signature,
        })
    }

    /// A hash that can be forged today, for the content or for the attributes: the two algorithms may disagree.
    pub fn is_weak(&self) -> bool {
        let signed = self.scheme.as_ref().and_then(SignatureScheme::digest);
        [self.digest, signed].into_iter().flatten().any(DigestAlgorithm::is_weak)
    }

    /// Whether its algorithms are known here, by more than a name.
    pub fn is_known(&self) -> bool {
        let unknown = |scheme: &SignatureScheme| matches!(scheme, SignatureScheme::Unsupported(_));
        self.digest.is_some() && self.scheme.as_ref().is_some_and(|scheme| !unknown(scheme))
    }

    /// Whether the content itself is signed and no hash of it: Ed25519 without signed attributes (RFC 8419 section 3). Then
    /// [`content_verifier`](Self::content_verifier) checks it.
    pub fn signs_content(&self) -> bool {
        !self.has_signed_attributes && self.scheme == Some(SignatureScheme::Ed25519)
    }

    /// Checks a signature over the content itself, which is to be written to it.
    pub fn content_verifier(
        &self,
        content_type: ContentType,
        certificate: &Certificate,
    ) -> Result<MessageVerifier, SignerError> {
        // RFC 5652 section 5.3: attributes must be there if the content is not plain data.
        if content_type != ContentType::Data {
            return Err(SignerError::Attributes);
        }
        Ok(certificate.public_key().message_verifier(&self.signature)?)
    }

    /// Mathematics only: the content's digest, the attributes' agreement, the signature under `key`, which is
    /// `certificate`'s (with the parameters that it may inherit), and signingCertificateV2 if there is one.
    ///
    /// A digest algorithm that is missing in `digests` is an unknown one: SignedData did not announce it. One that
    /// [`signs_content`](Self::signs_content) is an unknown one here, too.
    pub fn verify(
        &self,
        digests: &Digests,
        content_type: ContentType,
        certificate: &Certificate,
        key: &PublicKey,
    ) -> Result<(), SignerError> {
        if key.inherits_parameters() {
            return Err(SignerError::MissingParameters);
        }
        let digest = self.digest.ok_or(SignerError::UnknownAlgorithm)?;
        let scheme = self.scheme.as_ref().ok_or(SignerError::UnknownAlgorithm)?;
        // The hash that is signed; it is the content's own unless the two algorithms disagree.
        let of_content = |wanted| digests.of(wanted).ok_or(SignerError::UnknownAlgorithm);
        if !self.has_signed_attributes {
            // RFC 5652 section 5.3: attributes must be there if the content is not plain data.
            if content_type != ContentType::Data {
                return Err(SignerError::Attributes);
            }
            let signed_digest = scheme.digest().ok_or(SignerError::UnknownAlgorithm)?;
            let outcome = key.verify(scheme, of_content(signed_digest)?, &self.signature);
            return outcome.map_err(SignerError::from);
        }
        let expected = of_content(digest)?;
        if self.parsed.contradictory || self.parsed.content_type != Some(content_type.oid()) {
            return Err(SignerError::Attributes);
        }
        if self.parsed.message_digest.as_deref().ok_or(SignerError::Attributes)? != expected {
            return Err(SignerError::ContentChanged);
        }
        let as_it_came = writer::value(tag::SET, &[&self.signed_attributes]);
        self.check(scheme, &as_it_came, key).or_else(|error| {
            // What is signed is the DER encoding; some send the attributes in another order.
            match self.sorted_attributes() {
                Some(sorted) if error == SignerError::BadSignature && sorted != as_it_came => {
                    self.check(scheme, &sorted, key)
                }
                _ => Err(error),
            }
        })?;
        if self.parsed.signing_certificates.iter().all(|id| id.names(certificate)) {
            Ok(())
        } else {
            Err(SignerError::OtherCertificate)
        }
    }

    fn check(&self, scheme: &SignatureScheme, attributes: &[u8], key: &PublicKey) -> Result<(), SignerError> {
        Ok(key.verify_message(scheme, attributes, &self.signature)?)
    }

    fn sorted_attributes(&self) -> Option<Vec<u8>> {
        let mut members = Vec::new();
        let mut rest = Cursor::new(&self.signed_attributes);
        while !rest.is_empty() {
            members.push(rest.element().ok()?.der.to_vec());
        }
        Some(writer::set_of(tag::SET, members))
    }
}

/// Is `content` the signed attributes of some signature? Whoever leaves the attributes out and puts them in the
/// content's place turns any genuine signature into one over them.
pub fn is_signed_attributes(content: &[u8]) -> bool {
    let set = Cursor::single(content).ok().filter(|set| set.tag == tag::SET);
    set.is_some_and(|set| ParsedAttributes::parse(set.content).message_digest.is_some())
}

/// The name of a signature algorithm that takes a hash that is not known here.
fn with(algorithm: &str, digest: ObjectIdentifier) -> String {
    format!("{algorithm} with {}", oid_name(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_hash_is_weak_wherever_it_stands() {
        let info = |digest: &str, scheme: &str| {
            let algorithm = |oid| writer::algorithm(ObjectIdentifier::new_unwrap(oid));
            let parts = [&[2, 1, 3, 0x80, 1, 7][..], &algorithm(digest), &algorithm(scheme), &[4, 1, 0]];
            SignerInfo::from_der(&writer::sequence(&parts)).unwrap()
        };
        let (sha1, sha256) = ("1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1");
        let (rsa, rsa_with_sha1) = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.5");
        assert!(!info(sha256, rsa).is_weak());
        assert!(info(sha1, rsa).is_weak());
        assert!(info(sha256, rsa_with_sha1).is_weak());
    }

    #[test]
    fn what_cannot_be_checked_is_named() {
        let named = |digest: &str, scheme: &str| {
            let algorithm = |oid| writer::algorithm(ObjectIdentifier::new_unwrap(oid));
            let parts = [&[2, 1, 3, 0x80, 1, 7][..], &algorithm(digest), &algorithm(scheme), &[4, 1, 0]];
            let info = SignerInfo::from_der(&writer::sequence(&parts)).unwrap();
            (info.digest_name, info.scheme_name)
        };
        let names = |digest: &str, scheme: &str| (digest.to_owned(), scheme.to_owned());
        let (md5, sha256) = ("1.2.840.113549.2.5", "2.16.840.1.101.3.4.2.1");
        assert_eq!(named(md5, "1.2.840.113549.1.1.1"), names("MD5", "RSA with MD5"));
        assert_eq!(named(md5, "1.2.840.113549.1.1.4"), names("MD5", "RSA with MD5"));
        let sha3 = "2.16.840.1.101.3.4.2.8";
        assert_eq!(named(sha3, "1.2.840.10045.2.1"), names("SHA3-256", "ECDSA with SHA3-256"));
        assert_eq!(named(sha3, "2.16.840.1.101.3.4.3.10"), names("SHA3-256", "ECDSA with SHA3-256"));
        assert_eq!(named(sha256, "1.3.101.113"), names("SHA-256", "Ed448"));
        assert_eq!(named(sha256, "2.16.840.1.101.3.4.3.18"), names("SHA-256", "ML-DSA-65"));
        assert_eq!(named(sha256, "1.2.3"), names("SHA-256", "1.2.3"));
    }
}
