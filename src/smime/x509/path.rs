//! Paths from a certificate to an anchor that the person chose (RFC 5280 section 6).
//!
//! No policy is asked for (user-initial-policy-set is anyPolicy), and no revocation is looked up here. Every rule of
//! section 6.1 holds, for the anchor's own extensions, too; of two readings of a certificate the one that allows less.
//!
//! The search begins at the certificate and goes upwards. Work is bounded: only certificates from which names lead to
//! an anchor are looked at, what was found out of two certificates is kept, and there are budgets for signatures,
//! names and steps. The outcome does not depend on the order of the pool.

use jiff::Timestamp;

use super::certificate::{Certificate, Validity};
use super::extensions::{ExtendedKeyUsage, Known};
use crate::smime::crypto::PublicKey;

mod authorities;
mod constraints;
mod names;
mod policy;
mod search;

use authorities::Authorities;
use search::{Found, Search};

/// What the certificate is to be used for. An authority whose extended key usage leaves it out cannot vouch for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Mail: emailProtection, any purpose, or no extended key usage at all (RFC 8550 section 4.4.4).
    Email,
    /// Whatever it says: the issuers of revocation lists.
    Any,
}

impl Purpose {
    fn allows(self, certificate: &Certificate) -> bool {
        match self {
            Self::Email => certificate.extended_key_usage().allows(ExtendedKeyUsage::email),
            Self::Any => certificate.extended_key_usage().allows(|_| true),
        }
    }
}

/// Where the search for a path ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathOutcome {
    /// From the certificate (first) to the anchor (last).
    Valid(Vec<Certificate>),
    /// The path is good but for the signer's own dates.
    OutsideOwnDates(Vec<Certificate>),
    /// Every rule holds, and yet a certificate on the way is signed over a digest that is broken (SHA-1), or by a key
    /// that is too short: it may be forged. Whatever the signer's own dates; only where there is no stronger path.
    Weak(Vec<Certificate>),
    /// No path; the reason that came closest.
    None(PathError),
}

/// Why a path leads nowhere. The later one came closer to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathError {
    /// Nobody at hand has the issuer's name.
    NoIssuer,
    /// The issuer's name is right, and its key is not.
    BadSignature,
    /// The issuer is no authority.
    NotAnAuthority,
    /// The issuer's key may not sign certificates.
    KeyUsage,
    /// More authorities than one of them, or this program, allows.
    PathLength,
    /// An authority's name constraints do not allow a name below it.
    NameConstraints,
    /// An authority requires a policy, and none holds along the path; or what it says of policies cannot be read.
    Policy,
    /// A critical extension that is not understood, or alternative names that cannot be read.
    UnknownCritical,
    /// Not meant for this purpose.
    Purpose,
    /// An authority is outside its dates.
    Expired,
    /// The search was given up.
    Budget,
}

/// The best path at `time`. `pool`: intermediates from the message and the store.
///
/// A certificate that is an anchor itself needs no path. The certificate's own dates are judged apart.
pub fn build(
    certificate: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    time: Timestamp,
    purpose: Purpose,
) -> PathOutcome {
    let nameless = matches!(certificate.subject_alt_name(), Known::Unreadable);
    if nameless || certificate.has_unknown_critical_extension() {
        return PathOutcome::None(PathError::UnknownCritical);
    }
    if !purpose.allows(certificate) {
        return PathOutcome::None(PathError::Purpose);
    }
    let found = if anchors.contains(certificate) {
        Ok(Found { path: vec![certificate.clone()], weak: false })
    } else {
        let authorities = Authorities::new(pool, anchors, time, purpose);
        Search::new(certificate, &authorities).run()
    };
    match (found, certificate.validity(time)) {
        (Ok(Found { path, weak: true }), _) => PathOutcome::Weak(path),
        (Ok(Found { path, weak: false }), Validity::Valid) => PathOutcome::Valid(path),
        (Ok(Found { path, weak: false }), Validity::NotYet | Validity::Expired) => {
            PathOutcome::OutsideOwnDates(path)
        }
        (Err(error), _) => PathOutcome::None(error),
    }
}

/// The key of the first certificate of a path, with the parameters that it inherits along it (RFC 5280 section 6.1.4, d to
/// f). None: the anchor has none to give.
pub fn key_along(path: &[Certificate]) -> Option<PublicKey> {
    let key = path.iter().rev().fold(None, |above: Option<PublicKey>, certificate| {
        let own = certificate.public_key();
        let inherited = above.and_then(|above| own.with_parameters_of(&above));
        inherited.or_else(|| Some(own.clone()))
    });
    key.filter(|key| !key.inherits_parameters())
}

#[cfg(test)]
mod tests;
