//! What a new certificate does to the record, and how the person answers a change.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{ContactKey, KeyState, Origin, Recorded, clean, find, keys, state};
use crate::smime::x509::Certificate;
use crate::smime::{Address, Fingerprint};
use crate::store::{Store, StoreError, certificates};

impl Store {
    /// Puts an end-entity certificate on record for every address in it. When its addresses belong to several
    /// contacts it is offered to each, and the answer that asks for most attention is given.
    ///
    /// Errors: [`StoreError::NoAddress`] when it names none; see [`Store::record_certificate_for`].
    pub fn record_certificate(
        &self,
        certificate: &Certificate,
        name: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        self.record_certificate_for(certificate.addresses(), certificate, name, origin, now)
    }

    /// Puts an end-entity certificate on record for these addresses, whatever it names itself. An empty `name`
    /// gives the certificate's display name.
    pub fn record_certificate_for(
        &self,
        addresses: &[Address],
        certificate: &Certificate,
        name: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        self.record(addresses, certificate, None, name, origin, now)
    }

    /// Puts the certificate on record that the owner of `signer` asked to be sealed to, in a message that this key
    /// signed: their own word makes it the other half where only `signer` counts. But their word names it by its issuer and
    /// number, and not by its key: where `signer` was compared in person, this one has to be, too.
    pub fn record_preferred(
        &self,
        certificate: &Certificate,
        signer: &Certificate,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let name = certificate.display_name();
        let addresses = certificate.addresses();
        self.record(addresses, certificate, Some(signer), &name, Origin::SignedMessage, now)
    }

    fn record(
        &self,
        addresses: &[Address],
        certificate: &Certificate,
        asked_by: Option<&Certificate>,
        name: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        if addresses.is_empty() {
            return Err(StoreError::NoAddress { fingerprint: certificate.fingerprint() });
        }
        self.change(|change| {
            certificates::put(change, certificate)?;
            let mut contacts = Vec::new();
            for address in addresses {
                contacts.extend(find(change, address)?);
            }
            contacts.sort_unstable();
            contacts.dedup();
            if contacts.is_empty() {
                let name = Some(clean(name)).filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| clean(&certificate.display_name()));
                change.execute("INSERT INTO contacts (name) VALUES (?1)", [name])?;
                let id = change.last_insert_rowid();
                claim(change, id, addresses)?;
                insert(change, id, certificate, KeyState::Accepted, origin, now)?;
                return Ok(Recorded::New);
            }
            let mut answer = Recorded::AlreadyThere;
            for id in contacts {
                let recorded = offer(change, id, certificate, asked_by, origin, now)?;
                if weight(recorded) > weight(answer) {
                    answer = recorded;
                }
            }
            Ok(answer)
        })
    }

    /// The given certificates become the accepted ones for this address; the others become Replaced. Other
    /// addresses of the contact that none of them names part from it with the keys they had.
    pub fn replace_contact_certificate(
        &self,
        address: &Address,
        certificates: &[Certificate],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.with_contact(address, |change, id| {
            part(change, id, address, certificates)?;
            change.execute(
                "UPDATE contact_keys SET state = 'replaced' WHERE contact = ?1 AND state != 'distrusted'",
                [id],
            )?;
            for certificate in certificates {
                certificates::put(change, certificate)?;
                insert(change, id, certificate, KeyState::Accepted, Origin::File, now)?;
                set(change, id, &certificate.fingerprint(), KeyState::Accepted)?;
                claim(change, id, certificate.addresses())?;
            }
            Ok(())
        })
    }

    /// Records an in-person check of these keys, which are on record for the address; answers a pending change in
    /// their favour: they are accepted, accepted ones that go with none of them are Replaced, and pending ones are
    /// Distrusted. When all of them were accepted before, only the pending ones change.
    pub fn verify_contact(
        &self,
        address: &Address,
        fingerprints: &[Fingerprint],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.with_contact_keys(address, fingerprints, |change, id| {
            let keys = keys(change, id)?;
            let (checked, others): (Vec<_>, Vec<_>) =
                keys.iter().partition(|key| fingerprints.contains(&key.certificate.fingerprint()));
            let were_accepted = checked.iter().all(|key| key.state == KeyState::Accepted);
            let checked: Vec<Certificate> = checked.iter().map(|key| key.certificate.clone()).collect();
            if !were_accepted {
                part(change, id, address, &checked)?;
            }
            for other in others {
                let goes_with = checked.iter().any(|checked| complements(&other.certificate, checked));
                let next = match other.state {
                    KeyState::Accepted if were_accepted || goes_with => KeyState::Accepted,
                    KeyState::Accepted => KeyState::Replaced,
                    // The other half of a pair is compared by itself.
                    KeyState::Pending if goes_with => KeyState::Pending,
                    KeyState::Pending => KeyState::Distrusted,
                    KeyState::Replaced => KeyState::Replaced,
                    KeyState::Distrusted => KeyState::Distrusted,
                };
                set(change, id, &other.certificate.fingerprint(), next)?;
            }
            for certificate in &checked {
                claim(change, id, certificate.addresses())?;
                change.execute(
                    "UPDATE contact_keys SET state = 'accepted', verified = ?3
                     WHERE contact = ?1 AND certificate = ?2",
                    (id, certificate.fingerprint().as_bytes(), now.as_second()),
                )?;
            }
            Ok(())
        })
    }
}

/// How much attention an answer asks for.
fn weight(recorded: Recorded) -> u8 {
    match recorded {
        Recorded::AlreadyThere => 0,
        Recorded::Paired => 1,
        Recorded::New => 2,
        Recorded::Changed => 3,
    }
}

/// Offers a certificate to a contact that is there.
fn offer(
    change: &Connection,
    id: i64,
    certificate: &Certificate,
    asked_by: Option<&Certificate>,
    origin: Origin,
    now: Timestamp,
) -> rusqlite::Result<Recorded> {
    if let Some(known) = state(change, id, &certificate.fingerprint())? {
        return Ok(match known {
            KeyState::Pending => Recorded::Changed,
            KeyState::Accepted | KeyState::Replaced | KeyState::Distrusted => Recorded::AlreadyThere,
        });
    }
    let keys = keys(change, id)?;
    let counts = |key: &&ContactKey| matches!(key.state, KeyState::Accepted | KeyState::Pending);
    let counting: Vec<&ContactKey> = keys.iter().filter(counts).collect();
    let mut pairs = !counting.is_empty();
    for key in counting {
        let known = &key.certificate;
        let goes_with = asked_by == Some(known) && key.verified.is_none()
            || complements(known, certificate)
                // Names can be written by anybody, and nothing in a message covers the certificates beside its signer's.
                && one_issuer(change, known, certificate)?.unwrap_or(key.verified.is_none());
        pairs &= key.state == KeyState::Accepted && goes_with;
    }
    let (state, answer) = match pairs {
        true => (KeyState::Accepted, Recorded::Paired),
        // Also when every key was set aside or replaced: whoever has a history gets no new key unasked.
        false => (KeyState::Pending, Recorded::Changed),
    };
    insert(change, id, certificate, state, origin, now)?;
    Ok(answer)
}

/// Are these the signing and the encryption half of one person (RFC 9216)? Names can be forged by whoever
/// signs for himself, so an authority must have issued both: whether it has, is asked apart.
pub fn complements(one: &Certificate, other: &Certificate) -> bool {
    let signs_only = |c: &Certificate| c.may_sign() && !c.may_encrypt();
    let encrypts_only = |c: &Certificate| c.may_encrypt() && !c.may_sign();
    let halves = signs_only(one) && encrypts_only(other) || encrypts_only(one) && signs_only(other);
    halves
        && one.subject() == other.subject()
        && one.issuer() == other.issuer()
        && one.subject() != one.issuer()
        && one.authority_key_id() == other.authority_key_id()
}

/// Did one authority sign both certificates? `None`: none that is at hand has signed `one`.
fn one_issuer(change: &Connection, one: &Certificate, other: &Certificate) -> rusqlite::Result<Option<bool>> {
    let mut authorities = change.prepare_cached(
        "SELECT der FROM certificates WHERE fingerprint IN
             (SELECT certificate FROM anchors UNION SELECT certificate FROM intermediates)",
    )?;
    let mut rows = authorities.query([])?;
    let mut answer = None;
    while let Some(row) = rows.next()? {
        let authority = certificates::read(row, 0)?;
        if authority.subject() == one.issuer() && one.is_signed_by(&authority) {
            if other.is_signed_by(&authority) {
                return Ok(Some(true));
            }
            answer = Some(false);
        }
    }
    Ok(answer)
}

fn insert(
    change: &Connection,
    contact: i64,
    certificate: &Certificate,
    state: KeyState,
    origin: Origin,
    now: Timestamp,
) -> rusqlite::Result<()> {
    change.execute(
        "INSERT OR IGNORE INTO contact_keys (contact, certificate, state, origin, added)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (contact, certificate.fingerprint().as_bytes(), state.as_str(), origin.as_str(), now.as_second()),
    )?;
    Ok(())
}

fn set(change: &Connection, contact: i64, key: &Fingerprint, state: KeyState) -> rusqlite::Result<()> {
    change.execute(
        "UPDATE contact_keys SET state = ?3 WHERE contact = ?1 AND certificate = ?2",
        (contact, key.as_bytes(), state.as_str()),
    )?;
    Ok(())
}

/// Gives the contact those addresses that nobody has; and one's own only when there is no other among them: who speaks
/// for somebody else does not speak for oneself.
fn claim(change: &Connection, contact: i64, addresses: &[Address]) -> rusqlite::Result<()> {
    let mut own = change.prepare_cached("SELECT 1 FROM identity_addresses WHERE address = ?1")?;
    let mut claimed = Vec::new();
    for address in addresses {
        if !own.exists([address.normalized()])? {
            claimed.push(address);
        }
    }
    if claimed.is_empty() {
        claimed.extend(addresses);
    }
    for address in claimed {
        change.execute(
            "INSERT OR IGNORE INTO contact_addresses VALUES (?1, ?2, ?3)",
            (address.normalized(), address.as_str(), contact),
        )?;
    }
    Ok(())
}

/// Before `certificates` take over at `kept`: addresses of the contact that they do not name become a contact
/// of their own, with a copy of the record as it is. One person's answer about one address says nothing about
/// another.
fn part(
    change: &Connection,
    contact: i64,
    kept: &Address,
    certificates: &[Certificate],
) -> rusqlite::Result<()> {
    let addresses: Vec<Address> = change
        .prepare("SELECT shown FROM contact_addresses WHERE contact = ?1")?
        .query_map([contact], |row| super::read_address(row, 0))?
        .collect::<Result<_, _>>()?;
    let named = |address: &Address| {
        address == kept || certificates.iter().any(|certificate| certificate.addresses().contains(address))
    };
    let others: Vec<&Address> = addresses.iter().filter(|address| !named(address)).collect();
    if others.is_empty() {
        return Ok(());
    }
    change.execute(
        "INSERT INTO contacts (name, capabilities, device_set, device_learned, capabilities_signed)
         SELECT name, capabilities, device_set, device_learned, capabilities_signed FROM contacts WHERE id = ?1",
        [contact],
    )?;
    let new = change.last_insert_rowid();
    for address in others {
        change.execute(
            "UPDATE contact_addresses SET contact = ?1 WHERE address = ?2",
            (new, address.normalized()),
        )?;
    }
    // A key that never counted and does not name these addresses has no business there.
    change.execute(
        "INSERT INTO contact_keys SELECT ?1, certificate, state, origin, added, verified, headers
         FROM contact_keys WHERE contact = ?2 AND state != 'pending'",
        (new, contact),
    )?;
    Ok(())
}
