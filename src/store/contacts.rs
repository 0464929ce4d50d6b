//! Other people and their certificates.
//!
//! An address belongs to one contact, and for each address there is one answer to "which key?". A certificate
//! for somebody who has another one on record waits as [`KeyState::Pending`] until the person answers.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, types::Type};

use super::{Store, StoreError, certificates};
use crate::smime::cms::attributes::Capabilities;
use crate::smime::policy::{Device, DeviceOrigin, DeviceProfile};
use crate::smime::x509::Certificate;
use crate::smime::{Address, Fingerprint};

mod record;
mod summary;
#[cfg(test)]
mod tests;

pub use record::complements;
pub use summary::{ContactSummary, KeySummary};

/// Somebody else.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Stable as long as the contact exists.
    pub id: i64,
    /// As their first certificate named them.
    pub name: String,
    /// At least one.
    pub addresses: Vec<Address>,
    /// In every state, oldest first.
    pub keys: Vec<ContactKey>,
    /// What their programs last said they can do.
    pub capabilities: Option<Capabilities>,
    /// What they read mail on.
    pub device: DeviceProfile,
}

/// One certificate on record for a contact.
#[derive(Debug, Clone)]
pub struct ContactKey {
    /// The certificate.
    pub certificate: Certificate,
    /// What it is good for.
    pub state: KeyState,
    /// Where it came from.
    pub origin: Origin,
    /// When it was put on record.
    pub added: Timestamp,
    /// Compared in person, when.
    pub verified: Option<Timestamp>,
    /// By which custom it has signed header fields.
    pub headers: HeaderHabit,
}

/// By which custom a key has signed the header fields of a message. What was learned is not unlearned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeaderHabit {
    /// It never did.
    None,
    /// By one that came before the standard.
    Older,
    /// By RFC 9788: who writes it reads it.
    Rfc9788,
}

/// What a certificate on record is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Notes are sealed to it, its signatures count.
    Accepted,
    /// Arrived while another was on record: sealing to this contact is refused until answered.
    Pending,
    /// Replaced by a newer one; its signatures on old mail are still recognised.
    Replaced,
    /// Set aside by the person: never again.
    Distrusted,
}

/// Where a certificate came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A certificate file.
    File,
    /// A signed message.
    SignedMessage,
    /// Made here, for somebody else.
    MadeHere,
}

impl Contact {
    /// A pending key waits for an answer.
    pub fn is_changed(&self) -> bool {
        self.keys.iter().any(|key| key.state == KeyState::Pending)
    }

    /// Every program that signs for this person is known to write protected header fields as RFC 9788 wants them, and so to
    /// show them.
    pub fn reads_protected_headers(&self) -> bool {
        let mut signing = self.accepted().filter(|key| key.certificate.may_sign()).peekable();
        signing.peek().is_some() && signing.all(|key| key.headers == HeaderHabit::Rfc9788)
    }

    /// What a list says of this contact.
    pub fn summary(&self) -> ContactSummary {
        let key = |key: &ContactKey| KeySummary {
            state: key.state,
            origin: key.origin,
            verified: key.verified,
            begins: key.certificate.not_before(),
            ends: key.certificate.not_after(),
            encrypts: key.certificate.may_encrypt(),
        };
        let (name, addresses) = (self.name.clone(), self.addresses.clone());
        ContactSummary { id: self.id, name, addresses, keys: self.keys.iter().map(key).collect() }
    }

    /// The certificates that count.
    pub fn accepted(&self) -> impl Iterator<Item = &ContactKey> {
        self.keys.iter().filter(|key| key.state == KeyState::Accepted)
    }
}

/// What became of one certificate offered for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The first one for its addresses: accepted.
    New,
    /// Same certificate again.
    AlreadyThere,
    /// Another key is on record: kept as Pending.
    Changed,
    /// The separate encryption or signing half of the same person (RFC 9216): accepted beside
    /// the first, when its name and issuer agree and usages complement each other.
    Paired,
}

impl KeyState {
    const ALL: [Self; 4] = [Self::Accepted, Self::Pending, Self::Replaced, Self::Distrusted];

    /// The word in the records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Pending => "pending",
            Self::Replaced => "replaced",
            Self::Distrusted => "distrusted",
        }
    }
}

impl HeaderHabit {
    const ALL: [Self; 3] = [Self::None, Self::Older, Self::Rfc9788];

    /// The word in the records.
    fn as_str(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Older => Some("older"),
            Self::Rfc9788 => Some("rfc9788"),
        }
    }
}

impl Origin {
    const ALL: [Self; 3] = [Self::File, Self::SignedMessage, Self::MadeHere];

    /// The word in the records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::SignedMessage => "signed-message",
            Self::MadeHere => "made-here",
        }
    }
}

impl Store {
    /// Everybody, by name.
    pub fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT id FROM contacts ORDER BY name COLLATE NOCASE, id")?;
            let ids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            ids.into_iter().map(|id| load(connection, id)).collect()
        })
    }

    /// The contact this address belongs to.
    pub fn contact(&self, address: &Address) -> Result<Option<Contact>, StoreError> {
        self.read(|connection| find(connection, address)?.map(|id| load(connection, id)).transpose())
    }

    /// The contact (if any) that has this certificate on record in any state; of several the one where it
    /// counts most, and then the oldest.
    pub fn contact_of(&self, fingerprint: &Fingerprint) -> Result<Option<Contact>, StoreError> {
        self.read(|connection| {
            let id = connection
                .query_row(
                    "SELECT contact FROM contact_keys WHERE certificate = ?1
                     ORDER BY state != 'accepted', state != 'replaced', contact LIMIT 1",
                    [fingerprint.as_bytes()],
                    |row| row.get(0),
                )
                .optional()?;
            id.map(|id| load(connection, id)).transpose()
        })
    }

    /// Keeps what a message of `signed_at` says about this person's programs, for the contact of each address of its signer with
    /// whom the key counts. What an older message says changes nothing, and one without a time is older than all others; no
    /// message is of later than `now`.
    pub fn record_capabilities(
        &self,
        signer: &Certificate,
        capabilities: &Capabilities,
        signed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let der = capabilities.to_der();
        let signed = signed_at.map(|signed| signed.min(now).as_second());
        self.change(|change| {
            for address in signer.addresses() {
                let Some(id) = find(change, address)? else { continue };
                if state(change, id, &signer.fingerprint())? != Some(KeyState::Accepted) {
                    continue;
                }
                change.execute(
                    "UPDATE contacts SET capabilities = ?2, capabilities_signed = ?3
                     WHERE id = ?1 AND (capabilities_signed IS NULL OR capabilities_signed <= ?3)",
                    (id, &der, signed),
                )?;
            }
            Ok(())
        })
    }

    /// The person says what this contact reads mail on; [`Device::Unknown`] takes it back.
    pub fn set_device(&self, address: &Address, device: Device) -> Result<(), StoreError> {
        let word = (device != Device::Unknown).then(|| device.id());
        self.with_contact(address, |change, id| {
            change.execute("UPDATE contacts SET device_set = ?2 WHERE id = ?1", (id, word)).map(drop)
        })
    }

    /// Keeps what a signed message tells of the device that it was written on.
    pub fn record_device(&self, address: &Address, device: Device) -> Result<(), StoreError> {
        self.with_contact(address, |change, id| {
            change
                .execute("UPDATE contacts SET device_learned = ?2 WHERE id = ?1", (id, device.id()))
                .map(drop)
        })
    }

    /// Keeps that this key has signed header fields by this custom, wherever it is on record.
    pub fn record_header_habit(&self, key: &Fingerprint, habit: HeaderHabit) -> Result<(), StoreError> {
        let below = HeaderHabit::ALL.into_iter().filter(|other| *other < habit);
        self.change(|change| {
            for lower in below {
                change.execute(
                    "UPDATE contact_keys SET headers = ?2 WHERE certificate = ?1 AND headers IS ?3",
                    (key.as_bytes(), habit.as_str(), lower.as_str()),
                )?;
            }
            Ok(())
        })
    }

    /// Forgets the contact, its addresses and what was on record for it. A certificate that another contact
    /// has, too, stays there.
    pub fn remove_contact(&self, address: &Address) -> Result<(), StoreError> {
        self.with_contact(address, |change, id| {
            change.execute("DELETE FROM contacts WHERE id = ?1", [id])?;
            certificates::sweep(change)
        })
    }

    /// Forgets one certificate of a contact, and the contact with its last one.
    pub fn remove_contact_certificate(
        &self,
        address: &Address,
        fingerprint: &Fingerprint,
    ) -> Result<(), StoreError> {
        self.with_contact_keys(address, std::slice::from_ref(fingerprint), |change, id| {
            change.execute(
                "DELETE FROM contact_keys WHERE contact = ?1 AND certificate = ?2",
                (id, fingerprint.as_bytes()),
            )?;
            change.execute(
                "DELETE FROM contacts WHERE id = ?1 AND id NOT IN (SELECT contact FROM contact_keys)",
                [id],
            )?;
            certificates::sweep(change)
        })
    }

    /// The keys that wait for an answer become Distrusted; the others stay as they are.
    pub fn set_pending_aside(&self, address: &Address) -> Result<(), StoreError> {
        self.with_contact(address, |change, id| {
            change.execute(
                "UPDATE contact_keys SET state = 'distrusted' WHERE contact = ?1 AND state = 'pending'",
                [id],
            )?;
            Ok(())
        })
    }

    /// All keys of the contact become Distrusted; nothing is sealed to it.
    pub fn distrust_contact(&self, address: &Address) -> Result<(), StoreError> {
        self.with_contact(address, |change, id| {
            change.execute("UPDATE contact_keys SET state = 'distrusted' WHERE contact = ?1", [id])?;
            Ok(())
        })
    }

    /// Changes the contact of this address.
    fn with_contact<T>(
        &self,
        address: &Address,
        work: impl FnOnce(&Connection, i64) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.try_change(|change| {
            let id = find(change, address).map_err(|error| self.explain(&error))?;
            let id = id.ok_or_else(|| StoreError::UnknownContact { address: address.clone() })?;
            work(change, id).map_err(|error| self.explain(&error))
        })
    }

    /// Changes the contact of this address, which must have all of these certificates on record.
    fn with_contact_keys<T>(
        &self,
        address: &Address,
        fingerprints: &[Fingerprint],
        work: impl FnOnce(&Connection, i64) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = self.with_contact(address, |change, id| {
            for fingerprint in fingerprints {
                if state(change, id, fingerprint)?.is_none() {
                    return Ok(Err(*fingerprint));
                }
            }
            work(change, id).map(Ok)
        })?;
        done.map_err(|fingerprint| StoreError::UnknownCertificate { address: address.clone(), fingerprint })
    }
}

/// A name as it may stand in a line: without control characters and marks that turn the writing direction.
pub(super) fn clean(name: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    name.chars().filter(|c| !unseen(*c)).take(200).collect::<String>().trim().to_owned()
}

pub(super) fn read_address(row: &Row<'_>, index: usize) -> rusqlite::Result<Address> {
    let text = row.get_ref(index)?.as_str()?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

pub(super) fn read_time(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Timestamp>> {
    let seconds: Option<i64> = row.get(index)?;
    let time = seconds.map(Timestamp::from_second).transpose();
    time.map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Integer, Box::new(error)))
}

/// The contact that has this address, or else one that reaches the same mailbox.
fn find(connection: &Connection, address: &Address) -> rusqlite::Result<Option<i64>> {
    let very = connection
        .query_row(
            "SELECT contact FROM contact_addresses WHERE address = ?1",
            [address.normalized()],
            |row| row.get(0),
        )
        .optional()?;
    if very.is_some() {
        return Ok(very);
    }
    let mut all = connection.prepare_cached("SELECT shown, contact FROM contact_addresses ORDER BY rowid")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        if read_address(row, 0)?.reaches(address) {
            return row.get(1).map(Some);
        }
    }
    Ok(None)
}

fn state(connection: &Connection, contact: i64, key: &Fingerprint) -> rusqlite::Result<Option<KeyState>> {
    connection
        .query_row(
            "SELECT state FROM contact_keys WHERE contact = ?1 AND certificate = ?2",
            (contact, key.as_bytes()),
            |row| read_state(row, 0),
        )
        .optional()
}

fn read_state(row: &Row<'_>, index: usize) -> rusqlite::Result<KeyState> {
    let word = row.get_ref(index)?.as_str()?;
    KeyState::ALL.into_iter().find(|state| state.as_str() == word).ok_or(rusqlite::Error::InvalidQuery)
}

fn load(connection: &Connection, id: i64) -> rusqlite::Result<Contact> {
    let query = "SELECT name, capabilities, device_set, device_learned FROM contacts WHERE id = ?1";
    let (name, capabilities, device) = connection.query_row(query, [id], |row| {
        let der: Option<Vec<u8>> = row.get(1)?;
        let capabilities = der.and_then(|der| Capabilities::from_der(&der));
        let device = profile(read_device(row, 2)?, read_device(row, 3)?, capabilities.as_ref());
        Ok((row.get(0)?, capabilities, device))
    })?;
    let addresses = connection
        .prepare("SELECT shown FROM contact_addresses WHERE contact = ?1 ORDER BY rowid")?
        .query_map([id], |row| read_address(row, 0))?
        .collect::<Result<_, _>>()?;
    Ok(Contact { id, name, addresses, keys: keys(connection, id)?, capabilities, device })
}

/// A word of a later version counts as not known.
fn read_device(row: &Row<'_>, index: usize) -> rusqlite::Result<Device> {
    let word = row.get_ref(index)?.as_str_or_null()?;
    Ok(word.and_then(Device::from_id).unwrap_or_default())
}

/// What the person said; else what the last signed mail told; else whose capabilities these are.
fn profile(set: Device, learned: Device, capabilities: Option<&Capabilities>) -> DeviceProfile {
    let said = DeviceProfile::set(set);
    if said.origin == DeviceOrigin::Set {
        return said;
    }
    match learned {
        Device::Unknown => {
            DeviceProfile::learned(capabilities.map(Device::of_capabilities).unwrap_or_default())
        }
        learned => DeviceProfile::learned(learned),
    }
}

fn keys(connection: &Connection, contact: i64) -> rusqlite::Result<Vec<ContactKey>> {
    connection
        .prepare(
            "SELECT der, state, origin, added, verified, headers FROM contact_keys JOIN certificates
             ON fingerprint = certificate WHERE contact = ?1 ORDER BY added, contact_keys.rowid",
        )?
        .query_map([contact], |row| {
            let origin = row.get_ref(2)?.as_str()?;
            let origin = Origin::ALL.into_iter().find(|known| known.as_str() == origin);
            let headers = row.get_ref(5)?.as_str_or_null()?;
            let headers = HeaderHabit::ALL.into_iter().find(|known| known.as_str() == headers);
            Ok(ContactKey {
                certificate: certificates::read(row, 0)?,
                state: read_state(row, 1)?,
                origin: origin.ok_or(rusqlite::Error::InvalidQuery)?,
                added: read_time(row, 3)?.unwrap_or_default(),
                verified: read_time(row, 4)?,
                headers: headers.ok_or(rusqlite::Error::InvalidQuery)?,
            })
        })?
        .collect()
}
