//! What drafts and messages have in common: their files and rows are brought into step.
//!
//! A sealed file is written first and gets its row second; it loses its row first and goes second. So whoever dies in
//! between leaves a file without a row, which [`Store::sweep_kept`] removes.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::sealing_key::KeptId;
use super::{Store, StoreError, paths};
use crate::smime::Address;
use crate::smime::mime::header::Mailbox;

impl Store {
    /// Held while a sealed file and its row are not in step, so that nobody takes the file for a left-over.
    pub(super) fn hold_kept(&self) -> Result<Option<File>, StoreError> {
        let Some(path) = self.kept_lock() else { return Ok(None) };
        let file = paths::open_private(&path)?;
        file.lock_shared().map_err(|error| StoreError::from_io(&path, &error))?;
        Ok(Some(file))
    }

    fn kept_lock(&self) -> Option<PathBuf> {
        self.lock.as_deref().map(|keys| keys.with_file_name(paths::KEPT_LOCK))
    }

    /// Finishes what a process that died half-way has left: sealed files without a row go, and so do rows of messages
    /// whose file is gone. It says nothing when it cannot be done now, and waits for nobody.
    pub fn sweep_kept(&self) {
        let _held = match self.kept_lock() {
            // A folder that was never written to has no lock, and gets none.
            Some(path) if path.exists() => {
                let Ok(file) = paths::open_private(&path) else { return };
                if file.try_lock().is_err() {
                    return;
                }
                Some(file)
            }
            Some(_) => return,
            None => None,
        };
        // Only now: what is begun while nobody is held up would seem to be without a row, or without a file.
        let Ok(files) = self.kept.all() else { return };
        self.kept.sweep();
        let Ok((messages, others)) = self.read(|connection| {
            let messages = ids(connection, "SELECT id FROM messages WHERE here = 1")?;
            Ok((messages, ids(connection, "SELECT id FROM draft_files")?))
        }) else {
            return;
        };
        let known: HashSet<KeptId> = messages.iter().chain(&others).copied().collect();
        let there: HashSet<KeptId> = files.into_iter().collect();
        for stray in there.difference(&known) {
            let _ = self.kept.remove(*stray);
        }
        let lost: Vec<KeptId> = messages.into_iter().filter(|id| !there.contains(id)).collect();
        if !lost.is_empty() {
            let _ = self.change(|change| {
                lost.iter().try_for_each(|id| {
                    change.execute("DELETE FROM messages WHERE id = ?1", [id.as_bytes()]).map(drop)
                })
            });
        }
    }
}

pub(super) fn ids(connection: &Connection, query: &str) -> rusqlite::Result<Vec<KeptId>> {
    connection.prepare(query)?.query_map([], |row| read_id(row, 0))?.collect()
}

pub(super) fn read_id(row: &Row<'_>, index: usize) -> rusqlite::Result<KeptId> {
    row.get::<_, [u8; 16]>(index).map(KeptId::from)
}

/// The fields of an object; those that are missing or of another kind are absent.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        match serde_json::from_slice(json).ok()? {
            Value::Object(fields) => Some(Self(fields)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    pub(super) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name)?.as_str()?.parse().ok()
    }

    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn mailboxes(&self, name: &str) -> Vec<Mailbox> {
        self.list(name).filter_map(read_mailbox).collect()
    }
}

pub(super) fn mailbox(mailbox: &Mailbox) -> Value {
    serde_json::json!({ "name": mailbox.name, "address": mailbox.address.as_str() })
}

pub(super) fn read_mailbox(value: &Value) -> Option<Mailbox> {
    let address: Address = value.get("address")?.as_str()?.parse().ok()?;
    let name = value.get("name").and_then(Value::as_str).map(str::to_owned);
    Some(Mailbox { name, address })
}

/// A path as text; where it is none, as its octets in a list.
pub(super) fn path(path: &Path) -> Value {
    #[cfg(unix)]
    if path.to_str().is_none() {
        use std::os::unix::ffi::OsStrExt as _;
        return path.as_os_str().as_bytes().into();
    }
    path.to_string_lossy().into()
}

pub(super) fn read_path(value: &Value) -> Option<PathBuf> {
    #[cfg(unix)]
    if let Some(octets) = value.as_array() {
        use std::os::unix::ffi::OsStringExt as _;
        let octets = octets.iter().map(|octet| octet.as_u64().and_then(|octet| octet.try_into().ok()));
        return Some(std::ffi::OsString::from_vec(octets.collect::<Option<_>>()?).into());
    }
    value.as_str().map(PathBuf::from)
}
