//! One certificate, parsed once.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use super::Name;
use super::extensions::{
    AlternativeName, BasicConstraints, ExtendedKeyUsage, Extensions, KeyUsage, Known, Policy,
    PolicyConstraints,
};
use crate::smime::{
    Address, Fingerprint,
    asn1::Malformed,
    crypto::oid::{DSA, ED25519, RSASSA_PSS},
    crypto::{PublicKey, SignatureScheme},
};

mod parse;

/// Octets of one certificate that are read at most.
pub const MAX_LENGTH: usize = 256 << 10;

/// Keys that cannot be sealed to, whatever their certificate says: Ed25519, Ed448 (RFC 8410), DSA, RSASSA-PSS,
/// ML-DSA (RFC 9881).
const SIGN_ONLY: [ObjectIdentifier; 7] = [
    ED25519,
    ObjectIdentifier::new_unwrap("1.3.101.113"),
    DSA,
    RSASSA_PSS,
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"),
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"),
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"),
];

/// A certificate (RFC 5280 section 4.1).
///
/// ```text
/// Certificate    ::= SEQUENCE { tbsCertificate, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// TBSCertificate ::= SEQUENCE { version [0] Version DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
///     issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name, subjectPublicKeyInfo,
///     issuerUniqueID [1] OPTIONAL, subjectUniqueID [2] OPTIONAL, extensions [3] OPTIONAL }
/// ```
///
/// Cheap to clone (an `Arc` inside). Two are equal when their DER is.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    tbs: Vec<u8>,
    version: u8,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
    public_key: PublicKey,
    scheme: Option<SignatureScheme>,
    signature: Vec<u8>,
    extensions: Extensions,
    addresses: Vec<Address>,
    self_signed: OnceLock<bool>,
}

/// Where a moment lies in a certificate's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Within its dates, both ends included.
    Valid,
    /// Before notBefore.
    NotYet,
    /// After notAfter.
    Expired,
}

/// Why octets are not taken for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not the structure of a certificate, or longer than [`MAX_LENGTH`].
    #[error("this is not a certificate")]
    Malformed,
}

impl Certificate {
    /// Exactly one DER certificate. Lenient where the world is (serials of any length, odd extensions); an
    /// extension that does not parse is kept as unknown.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let parsed = if der.len() <= MAX_LENGTH { parse::parse(der) } else { Err(Malformed) };
        parsed.map(|parsed| Self(Arc::new(parsed))).map_err(|_| CertificateError::Malformed)
    }

    /// The whole certificate as it came.
    pub fn as_der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the whole certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// Whose key this is. May be empty.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who says so.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The INTEGER's content octets as they came.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// The extension's, if there is one.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_id.present().map(Vec::as_slice)
    }

    /// The keyIdentifier of the extension, if there is one.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.present()?.as_deref()
    }

    /// Every rfc822Name and SmtpUTF8Mailbox in subjectAltName; without any, emailAddress of the subject.
    pub fn addresses(&self) -> &[Address] {
        &self.0.addresses
    }

    /// CN, or the first address, or the subject in one line. Fit to be shown.
    pub fn display_name(&self) -> String {
        match (self.subject().common_name(), self.addresses().first()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(address)) => address.to_string(),
            (None, None) => self.subject().to_string(),
        }
    }

    /// The first moment of its life.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The last second of its life; what lies beyond the reach of [`Timestamp`] is its end.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Where `time` lies in its life.
    pub fn validity(&self, time: Timestamp) -> Validity {
        if time < self.0.not_before {
            Validity::NotYet
        } else if time.as_second() > self.0.not_after.as_second() {
            Validity::Expired
        } else {
            Validity::Valid
        }
    }

    /// The subject's key; a kind that is not known here, or a key that cannot be read, is
    /// [`PublicKey::Unsupported`].
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// Key usage allows digitalSignature or nonRepudiation (or is absent), and the EKU allows e-mail (or is absent / any).
    pub fn may_sign(&self) -> bool {
        let usage = self.key_usage().allows(|usage| usage.digital_signature() || usage.non_repudiation());
        let able = !matches!(self.public_key(), PublicKey::X25519(_) | PublicKey::RsaOaep(..));
        usage && able && self.allows_email()
    }

    /// Key usage allows keyEncipherment (RSA) or keyAgreement (EC) (or is absent), and the EKU allows e-mail.
    pub fn may_encrypt(&self) -> bool {
        let usage = self.key_usage().allows(|usage| match self.public_key() {
            PublicKey::Rsa(_) | PublicKey::RsaOaep(..) => usage.key_encipherment(),
            PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) | PublicKey::X25519(_) => {
                usage.key_agreement()
            }
            PublicKey::RsaPss(..) | PublicKey::Ed25519(_) | PublicKey::Dsa(_) => false,
            PublicKey::Unsupported(_) => usage.key_encipherment() || usage.key_agreement(),
        });
        let able = match self.public_key() {
            PublicKey::Unsupported(kind) => !SIGN_ONLY.contains(kind),
            known => known.takes_keys(),
        };
        usage && able && self.allows_email()
    }

    /// emailProtection, any purpose, or no extended key usage at all.
    pub fn allows_email(&self) -> bool {
        self.extended_key_usage().allows(ExtendedKeyUsage::email)
    }

    /// keyCertSign or cRLSign, or basicConstraints cA: not a person's certificate.
    pub fn is_authority(&self) -> bool {
        let usage = self.key_usage().present().is_some_and(|usage| usage.key_cert_sign() || usage.crl_sign());
        usage || self.basic_constraints().present().is_some_and(|constraints| constraints.ca)
    }

    /// Nothing says that this is no authority: it is of a version that has no extensions to say it with, signed itself,
    /// and has no address.
    pub fn may_be_old_root(&self) -> bool {
        self.predates_extensions() && self.addresses().is_empty() && self.is_self_signed()
    }

    /// Of version 1 or 2.
    pub fn predates_extensions(&self) -> bool {
        self.0.version < 3
    }

    /// Subject = issuer and signed by its own key.
    pub fn is_self_signed(&self) -> bool {
        *self.0.self_signed.get_or_init(|| self.is_self_issued() && self.is_signed_by(self))
    }

    /// Subject = issuer, whoever signed.
    pub fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// TBSCertificate, DER: what the issuer signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.0.tbs
    }

    /// How the issuer signed; `None` when the two places that say it differ or cannot be read.
    pub fn signature_scheme(&self) -> Option<&SignatureScheme> {
        self.0.scheme.as_ref()
    }

    /// The BIT STRING's octets.
    pub fn signature(&self) -> &[u8] {
        &self.0.signature
    }

    /// Was this one signed with `issuer`'s key? (mathematics only)
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.is_signed_with(issuer.public_key())
    }

    /// Was this one signed with this key? (mathematics only)
    pub fn is_signed_with(&self, key: &PublicKey) -> bool {
        let Some(scheme) = self.signature_scheme() else { return false };
        key.verify_message(scheme, self.tbs_der(), self.signature()).is_ok()
    }

    /// A critical extension that is not understood here, a known one that cannot be read, one that stands twice, or
    /// any in a certificate of a version that has none (RFC 5280 sections 4.1.2.9 and 4.2: such a certificate is
    /// refused).
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.0.extensions.unknown_critical
    }

    /// The basicConstraints extension.
    pub fn basic_constraints(&self) -> &Known<BasicConstraints> {
        &self.0.extensions.basic_constraints
    }

    /// The keyUsage extension.
    pub fn key_usage(&self) -> &Known<KeyUsage> {
        &self.0.extensions.key_usage
    }

    /// The extendedKeyUsage extension.
    pub fn extended_key_usage(&self) -> &Known<ExtendedKeyUsage> {
        &self.0.extensions.extended_key_usage
    }

    /// The names of the subjectAltName extension.
    pub fn subject_alt_name(&self) -> &Known<Vec<AlternativeName>> {
        &self.0.extensions.subject_alt_name
    }

    /// What the certificatePolicies extension asserts.
    pub(crate) fn policies(&self) -> &Known<Vec<Policy>> {
        &self.0.extensions.policies
    }

    /// The policyMappings extension: the issuer's policy, and the subject's that is worth the same.
    pub(crate) fn policy_mappings(&self) -> &Known<Vec<(Policy, Policy)>> {
        &self.0.extensions.policy_mappings
    }

    /// The policyConstraints extension.
    pub(crate) fn policy_constraints(&self) -> &Known<PolicyConstraints> {
        &self.0.extensions.policy_constraints
    }

    /// The inhibitAnyPolicy extension.
    pub(crate) fn inhibit_any_policy(&self) -> &Known<u32> {
        &self.0.extensions.inhibit_any_policy
    }

    /// The content octets of the nameConstraints extension's SEQUENCE.
    pub fn name_constraints(&self) -> &Known<Vec<u8>> {
        &self.0.extensions.name_constraints
    }

    /// The content octets of the cRLDistributionPoints extension's SEQUENCE.
    pub fn crl_distribution_points(&self) -> &Known<Vec<u8>> {
        &self.0.extensions.crl_distribution_points
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.fingerprint.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.display_name(), self.fingerprint())
    }
}

#[cfg(test)]
mod tests;
