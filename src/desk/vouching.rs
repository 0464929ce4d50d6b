//! Which authority vouches for a certificate, and whether somebody has taken that back.

use jiff::Timestamp;

use super::Desk;
use crate::smime::x509::Certificate;
use crate::smime::x509::path::{self, PathOutcome, Purpose};
use crate::smime::x509::revocation::{self, Revocation, RevocationList};
use crate::store::StoreError;

/// What authorities say of a certificate.
#[derive(Debug, Default)]
pub(super) struct Vouching {
    /// The anchor at the end of a path.
    pub(super) anchor: Option<Certificate>,
    /// The path may be forged.
    pub(super) weak: bool,
    /// What revocation lists say of the path.
    pub(super) revocation: Option<Revocation>,
}

/// Who took a certificate back, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// For people.
    pub issuer: String,
    /// When.
    pub date: Timestamp,
}

impl Vouching {
    /// Whether its issuer took `certificate` back, which all of this is about: by whom and when.
    pub(super) fn taken_back(&self, certificate: &Certificate) -> Option<TakenBack> {
        match &self.revocation {
            Some(Revocation::Revoked { authority: false, revoked, .. }) => {
                let issuer = certificate.issuer();
                let issuer = issuer.common_name().map_or_else(|| issuer.to_string(), str::to_owned);
                Some(TakenBack { issuer, date: revoked.date })
            }
            // An authority that was taken back says nothing about a key that is on record.
            Some(
                Revocation::Revoked { authority: true, .. }
                | Revocation::Good { .. }
                | Revocation::Unknown { .. },
            )
            | None => None,
        }
    }
}

impl Desk {
    /// Looks for a path to an anchor and asks the revocation lists about it. `companions` and `lists` are what came with the
    /// certificate; nothing of it is kept.
    pub(super) fn vouching(
        &self,
        certificate: &Certificate,
        companions: impl Iterator<Item = Certificate>,
        lists: impl Iterator<Item = RevocationList>,
    ) -> Result<Vouching, StoreError> {
        let anchors = self.anchors()?;
        if anchors.is_empty() {
            return Ok(Vouching::default());
        }
        // What is kept comes first: of the other certificates for a key only some are looked at, and whoever wrote the message
        // chose what goes along.
        let mut pool = self.store.intermediates()?;
        pool.extend(companions);
        let issuers = revocation::list_issuers(certificate, pool.iter().chain(&anchors));
        let mut lists: Vec<RevocationList> = lists.collect();
        lists.extend(self.store.revocation_lists(&issuers)?);
        let (outcome, revocation) = revocation::build(certificate, &pool, &anchors, &lists, self.now);
        let (path, weak) = match outcome {
            PathOutcome::Valid(path) | PathOutcome::OutsideOwnDates(path) => (path, false),
            PathOutcome::Weak(path) => (path, true),
            PathOutcome::None(_) => return Ok(Vouching::default()),
        };
        // A path over an authority that was taken back leads nowhere.
        let lost = matches!(revocation, Some(Revocation::Revoked { authority: true, .. }));
        let anchor = path.last().filter(|_| !lost).cloned();
        Ok(Vouching { anchor, weak: weak && !lost, revocation })
    }

    /// Whether its issuer took this certificate itself back: by whom and when.
    pub fn taken_back(&self, certificate: &Certificate) -> Result<Option<TakenBack>, StoreError> {
        Ok(self.vouching(certificate, std::iter::empty(), std::iter::empty())?.taken_back(certificate))
    }

    /// A path to an anchor, as [`path::build`] finds it, and whether it may be forged.
    pub(super) fn path_of(
        &self,
        certificate: &Certificate,
        companions: &[Certificate],
    ) -> Result<Option<(Vec<Certificate>, bool)>, StoreError> {
        let anchors = self.anchors()?;
        let mut pool = companions.to_vec();
        pool.extend(self.store.intermediates()?);
        Ok(match path::build(certificate, &pool, &anchors, self.now, Purpose::Email) {
            PathOutcome::Valid(path) | PathOutcome::OutsideOwnDates(path) => Some((path, false)),
            PathOutcome::Weak(path) => Some((path, true)),
            PathOutcome::None(_) => None,
        })
    }
}
