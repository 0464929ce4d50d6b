//! Anchors, which the person chose to believe, and intermediates, which help to reach them.

use std::collections::HashSet;

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
        self.change(|change| {
            certificates::put(change, certificate)?;
            let fingerprint = certificate.fingerprint();
            change.execute("DELETE FROM removed_roots WHERE fingerprint = ?1", [fingerprint.as_bytes()])?;
            Ok(change.execute("INSERT OR IGNORE INTO anchors VALUES (?1)", [fingerprint.as_bytes()])? > 0)
        })
    }

    /// Does not believe an authority that the computer offers. `false`: was so already.
    pub fn remove_root(&self, fingerprint: &Fingerprint) -> Result<bool, StoreError> {
        self.change(|change| {
            let insert = "INSERT OR IGNORE INTO removed_roots VALUES (?1)";
            Ok(change.execute(insert, [fingerprint.as_bytes()])? > 0)
        })
    }

    /// The authorities that the computer offers and the person does not believe.
    pub fn removed_roots(&self) -> Result<HashSet<Fingerprint>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT fingerprint FROM removed_roots")?;
            let octets = |row: &rusqlite::Row<'_>| row.get::<_, [u8; 32]>(0).map(Fingerprint::from);
            statement.query_map([], octets)?.collect()
        })
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
