//! Anchors, which the person chose to believe, and intermediates, which help to reach them.

use super::{Store, StoreError, certificates};
use crate::smime::{Fingerprint, x509::Certificate};

impl Store {
    /// The certificates that paths may end in.
    pub fn anchors(&self) -> Result<Vec<Certificate>, StoreError> {
        self.authorities(
            "SELECT der FROM anchors JOIN certificates ON fingerprint = certificate ORDER BY anchors.rowid",
        )
    }

    /// Believes what this authority vouches for. `false`: was there already.
    pub fn add_anchor(&self, certificate: &Certificate) -> Result<bool, StoreError> {
        self.add_authority("INSERT OR IGNORE INTO anchors VALUES (?1)", certificate)
    }

    /// Believes it no longer. `false`: was not there.
    pub fn remove_anchor(&self, fingerprint: &Fingerprint) -> Result<bool, StoreError> {
        self.change(|change| {
            let gone =
                change.execute("DELETE FROM anchors WHERE certificate = ?1", [fingerprint.as_bytes()])? > 0;
            certificates::sweep(change)?;
            Ok(gone)
        })
    }

    /// Certificates of authorities that help to build paths and are not believed by themselves.
    pub fn intermediates(&self) -> Result<Vec<Certificate>, StoreError> {
        self.authorities(
            "SELECT der FROM intermediates JOIN certificates ON fingerprint = certificate ORDER BY intermediates.rowid",
        )
    }

    /// Keeps an intermediate. `false`: was there already.
    pub fn add_intermediate(&self, certificate: &Certificate) -> Result<bool, StoreError> {
        self.add_authority("INSERT OR IGNORE INTO intermediates VALUES (?1)", certificate)
    }

    fn authorities(&self, query: &str) -> Result<Vec<Certificate>, StoreError> {
        self.read(|connection| {
            connection.prepare(query)?.query_map([], |row| certificates::read(row, 0))?.collect()
        })
    }

    fn add_authority(&self, insert: &str, certificate: &Certificate) -> Result<bool, StoreError> {
        self.change(|change| {
            certificates::put(change, certificate)?;
            Ok(change.execute(insert, [certificate.fingerprint().as_bytes()])? > 0)
        })
    }
}
