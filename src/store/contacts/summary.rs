//! What a list of people says, without reading a certificate: three queries for any number of them.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{KeyState, Origin, read_address, read_state, read_time};
use crate::smime::Address;
use crate::store::{Store, StoreError, certificates};

/// Somebody else, in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactSummary {
    /// Stable as long as the contact exists.
    pub id: i64,
    /// As their first certificate named them.
    pub name: String,
    /// At least one.
    pub addresses: Vec<Address>,
    /// In every state, oldest first.
    pub keys: Vec<KeySummary>,
}

/// A certificate on record, in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySummary {
    /// What it is good for.
    pub state: KeyState,
    /// Where it came from.
    pub origin: Origin,
    /// Compared in person, when.
    pub verified: Option<Timestamp>,
    /// Valid from.
    pub begins: Timestamp,
    /// Valid until.
    pub ends: Timestamp,
    /// Others seal to it.
    pub encrypts: bool,
}

impl Store {
    /// Everybody, by name.
    pub fn contact_summaries(&self) -> Result<Vec<ContactSummary>, StoreError> {
        let bare = "SELECT EXISTS (SELECT 1 FROM certificates WHERE uses IS NULL)";
        if self.read(|connection| connection.query_row(bare, [], |row| row.get(0)))? {
            self.change(certificates::summarize)?;
        }
        self.read(|connection| {
            let mut addresses: HashMap<i64, Vec<Address>> = by_contact(
                connection,
                "SELECT contact, shown FROM contact_addresses ORDER BY contact, rowid",
                |row| read_address(row, 1),
            )?;
            let mut keys = by_contact(
                connection,
                "SELECT contact, state, origin, verified, begins, ends, uses FROM contact_keys JOIN certificates
                 ON fingerprint = certificate ORDER BY contact, added, contact_keys.rowid",
                key,
            )?;
            connection
                .prepare("SELECT id, name FROM contacts ORDER BY name COLLATE NOCASE, id")?
                .query_map([], |row| {
                    let id = row.get(0)?;
                    let (addresses, keys) = (addresses.remove(&id), keys.remove(&id));
                    let (addresses, keys) = (addresses.unwrap_or_default(), keys.unwrap_or_default());
                    Ok(ContactSummary { id, name: row.get(1)?, addresses, keys })
                })?
                .collect()
        })
    }
}

fn by_contact<T>(
    connection: &Connection,
    query: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<HashMap<i64, Vec<T>>> {
    let mut all: HashMap<i64, Vec<T>> = HashMap::new();
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().push(read(row)?);
    }
    Ok(all)
}

fn key(row: &Row<'_>) -> rusqlite::Result<KeySummary> {
    let origin = row.get_ref(2)?.as_str()?;
    let origin = Origin::ALL.into_iter().find(|known| known.as_str() == origin);
    let uses: i64 = row.get(6)?;
    Ok(KeySummary {
        state: read_state(row, 1)?,
        origin: origin.ok_or(rusqlite::Error::InvalidQuery)?,
        verified: read_time(row, 3)?,
        begins: read_time(row, 4)?.unwrap_or_default(),
        ends: read_time(row, 5)?.unwrap_or_default(),
        encrypts: uses & certificates::ENCRYPTS != 0,
    })
}
