//! Which authority vouches for a certificate, and whether somebody has taken that back.

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
        let mut pool: Vec<Certificate> = companions.collect();
        pool.extend(self.store.intermediates()?);
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
