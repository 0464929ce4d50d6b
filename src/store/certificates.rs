//! Certificates by fingerprint: kept once, however many rows name them.

use rusqlite::{Connection, Row, types::Type};

use super::{Store, StoreError};
use crate::smime::{Fingerprint, x509::Certificate};

/// Keeps the certificate, if it is not kept yet.
pub(super) fn put(connection: &Connection, certificate: &Certificate) -> rusqlite::Result<()> {
    let (begins, ends, uses) = summary(certificate);
    connection.execute(
        "INSERT OR IGNORE INTO certificates (fingerprint, der, begins, ends, uses) VALUES (?1, ?2, ?3, ?4, ?5)",
        (certificate.fingerprint().as_bytes(), certificate.as_der(), begins, ends, uses),
    )?;
    Ok(())
}

/// It signs; it is sealed to.
pub(super) const SIGNS: i64 = 1;
pub(super) const ENCRYPTS: i64 = 2;

/// What a list says of it: when it begins and ends, and its uses.
fn summary(certificate: &Certificate) -> (i64, i64, i64) {
    let uses = i64::from(certificate.may_sign()) * SIGNS + i64::from(certificate.may_encrypt()) * ENCRYPTS;
    (certificate.not_before().as_second(), certificate.not_after().as_second(), uses)
}

/// Fills in what rows of earlier versions lack.
pub(super) fn summarize(connection: &Connection) -> rusqlite::Result<()> {
    let bare: Vec<Certificate> = connection
        .prepare("SELECT der FROM certificates WHERE uses IS NULL")?
        .query_map([], |row| read(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = connection
        .prepare("UPDATE certificates SET begins = ?2, ends = ?3, uses = ?4 WHERE fingerprint = ?1")?;
    for certificate in bare {
        let (begins, ends, uses) = summary(&certificate);
        update.execute((certificate.fingerprint().as_bytes(), begins, ends, uses))?;
    }
    Ok(())
}

/// Reads a certificate from the column `index`. One that does not parse any more is damage.
pub(super) fn read(row: &Row<'_>, index: usize) -> rusqlite::Result<Certificate> {
    let der = row.get_ref(index)?.as_blob()?;
    Certificate::from_der(der)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, Box::new(error)))
}

/// Forgets the certificates that nothing names any more.
pub(super) fn sweep(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM certificates WHERE fingerprint NOT IN (
             SELECT fingerprint FROM own_keys UNION SELECT certificate FROM own_key_chains
             UNION SELECT certificate FROM contact_keys
             UNION SELECT certificate FROM anchors UNION SELECT certificate FROM intermediates)",
    )
}

impl Store {
    /// The certificate with this fingerprint, whoever's it is.
    pub fn certificate(&self, fingerprint: &Fingerprint) -> Result<Option<Certificate>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT der FROM certificates WHERE fingerprint = ?1")?;
            statement.query_map([fingerprint.as_bytes()], |row| read(row, 0))?.next().transpose()
        })
    }
}
