//! Revocation lists, the newest of every series.

use std::collections::HashSet;

use rusqlite::{Connection, Row, types::Type};

use super::{Store, StoreError};
use crate::smime::Fingerprint;
use crate::smime::x509::Name;
use crate::smime::x509::revocation::RevocationList;

/// Lists that are kept at most.
pub const MAX_LISTS: i64 = 1_000;

/// Octets of lists that are read at once.
const READ: usize = 256 << 20;

/// What became of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept, in the place of an older one if there was one.
    New,
    /// It was there already.
    AlreadyThere,
    /// A newer one of the same series is kept.
    Older,
    /// There are [`MAX_LISTS`] already.
    TooMany,
}

impl Store {
    /// The lists that these issuers signed, or are said to have signed.
    pub fn revocation_lists(&self, issuers: &HashSet<Name>) -> Result<Vec<RevocationList>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT der FROM revocation_lists WHERE issuer = ?1")?;
            let mut lists = Vec::new();
            let mut room = READ;
            for issuer in issuers {
                for list in statement.query_map([issuer.canonical()], |row| read(row, 0))? {
                    let list = list?;
                    match room.checked_sub(list.as_der().len()) {
                        Some(left) => room = left,
                        None => return Ok(lists),
                    }
                    lists.push(list);
                }
            }
            Ok(lists)
        })
    }

    /// Shows every list that is kept, one by one, in the order in which they came.
    pub fn each_revocation_list(&self, show: &mut dyn FnMut(&RevocationList)) -> Result<(), StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT der FROM revocation_lists ORDER BY rowid")?;
            for list in statement.query_map([], |row| read(row, 0))? {
                show(&list?);
            }
            Ok(())
        })
    }

    /// Keeps a list, in the place of an older one of its series. `proved`: an authority that the person believes has signed it;
    /// one that is not proved never stands in the way of one that is.
    pub fn add_revocation_list(&self, list: &RevocationList, proved: bool) -> Result<Kept, StoreError> {
        self.change(|change| {
            let fingerprint = list.fingerprint();
            let there = change.execute(
                "UPDATE revocation_lists SET proved = max(proved, ?2) WHERE fingerprint = ?1",
                (fingerprint.as_bytes(), proved),
            )?;
            if there > 0 {
                return Ok(Kept::AlreadyThere);
            }
            for (other, other_proved) in series(change, list)? {
                let newer = other.is_newer_than(list);
                if newer && (other_proved || !proved) {
                    return Ok(Kept::Older);
                }
                if !newer && (proved || !other_proved) {
                    change.execute(
                        "DELETE FROM revocation_lists WHERE fingerprint = ?1",
                        [other.fingerprint().as_bytes()],
                    )?;
                }
            }
            let kept: i64 =
                change.query_row("SELECT count(*) FROM revocation_lists", [], |row| row.get(0))?;
            if kept >= MAX_LISTS {
                return Ok(Kept::TooMany);
            }
            change.execute(
                "INSERT INTO revocation_lists VALUES (?1, ?2, ?3, ?4, ?5)",
                (fingerprint.as_bytes(), list.issuer().canonical(), list.series(), proved, list.as_der()),
            )?;
            Ok(Kept::New)
        })
    }

    /// Forgets a list and hands it back; `None`: was not there.
    pub fn remove_revocation_list(
        &self,
        fingerprint: &Fingerprint,
    ) -> Result<Option<RevocationList>, StoreError> {
        self.change(|change| {
            let delete = "DELETE FROM revocation_lists WHERE fingerprint = ?1 RETURNING der";
            let mut statement = change.prepare(delete)?;
            statement.query_map([fingerprint.as_bytes()], |row| read(row, 0))?.next().transpose()
        })
    }
}

fn series(connection: &Connection, list: &RevocationList) -> rusqlite::Result<Vec<(RevocationList, bool)>> {
    let mut statement = connection.prepare("SELECT der, proved FROM revocation_lists WHERE series = ?1")?;
    statement.query_map([list.series()], |row| Ok((read(row, 0)?, row.get(1)?)))?.collect()
}

/// Reads a list from the column `index`. One that does not parse any more is damage.
fn read(row: &Row<'_>, index: usize) -> rusqlite::Result<RevocationList> {
    let der = row.get_ref(index)?.as_blob()?;
    RevocationList::from_der(der)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, Box::new(error)))
}
