//! Recent messages: what was opened and what was sent, as it came, sealed under the profile's key.
//!
//! The same message is one entry, however often it is opened: its name is a keyed hash of its octets. When an entry was
//! last opened and how large it is can be seen by whoever sees the folder; everything else is sealed.

use std::io::{self, SeekFrom};
use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::contacts::read_time;
use super::kept::{self, Fields, ids, read_id};
use super::sealing_key::{KeptId, Purpose, SealingKey};
use super::{Store, StoreError};
use crate::smime::Source;
use crate::smime::message::verdict::Tier;
use crate::smime::mime::header::Mailbox;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Octets of one message; of a larger one only its place is remembered.
    pub each: u64,
    /// Octets of all messages.
    pub all: u64,
    /// Messages; the oldest go first.
    pub entries: usize,
}

impl Default for Bounds {
    /// 64 MiB, 1 GiB, 500.
    fn default() -> Self {
        Self { each: 64 << 20, all: 1 << 30, entries: 500 }
    }
}

/// What the list says of a message without opening it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// It went out from here: this is one's own copy.
    pub sent: bool,
    /// Who wrote it, as it was shown.
    pub from: Vec<Mailbox>,
    /// To whom.
    pub to: Vec<Mailbox>,
    /// Who got a copy.
    pub cc: Vec<Mailbox>,
    /// Who got a copy without the others' knowing: known for what was sent from here.
    pub bcc: Vec<Mailbox>,
    /// In one line.
    pub subject: Option<String>,
    /// When it was written.
    pub date: Option<Timestamp>,
    /// What the judge said last; `None`: it could not be opened.
    pub tier: Option<Tier>,
    /// Whether the signer's address is the one in From; `None` without a signature that could tell.
    pub from_proved: Option<bool>,
    /// The file that it was opened from.
    pub path: Option<PathBuf>,
}

/// A message in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEntry {
    /// For all that can be done with it.
    pub id: KeptId,
    /// When it was opened last, or sent.
    pub opened: Timestamp,
    /// Octets as it came.
    pub size: u64,
    /// It is kept here; else it was too large, and only [`About::path`] tells where it was.
    pub here: bool,
    /// `None`: what was kept is damaged; it can only be removed.
    pub about: Option<About>,
}

struct Kept {
    id: KeptId,
    opened: Timestamp,
    size: u64,
    here: bool,
    sealed: Vec<u8>,
}

impl Store {
    /// Keeps a message as it came, within [`Bounds::default`]. One that is there already becomes the newest, with `about`
    /// in the place of what was said of it; what is known of its sending stays.
    pub fn keep_message(
        &self,
        content: &mut dyn Source,
        about: &About,
        now: Timestamp,
    ) -> Result<KeptId, StoreError> {
        self.keep_message_within(content, about, now, &Bounds::default())
    }

    fn keep_message_within(
        &self,
        content: &mut dyn Source,
        about: &About,
        now: Timestamp,
        bounds: &Bounds,
    ) -> Result<KeptId, StoreError> {
        let failed =
            |error: io::Error| StoreError::from_io(about.path.as_deref().unwrap_or(&self.path), &error);
        let key = self.sealing_key()?;
        let size = content.seek(SeekFrom::End(0)).map_err(failed)?;
        content.rewind().map_err(failed)?;
        let here = size <= bounds.each.min(bounds.all);
        let id = match &about.path {
            Some(path) if !here => key.name(b"path", path.as_os_str().as_encoded_bytes()),
            Some(_) | None => key.name(b"content", &hash(content).map_err(failed)?),
        };
        self.sweep_kept();
        let _held = self.hold_kept()?;
        if here && self.kept.open(&key, id).is_err() {
            content.rewind().map_err(failed)?;
            self.kept.put(&key, id, content)?;
        }
        let gone = self.try_change(|change| {
            let failed = |error: rusqlite::Error| self.explain(&error);
            let before = sealed_of(change, id).map_err(failed)?;
            let about = merged(about, before.and_then(|sealed| opened(&key, id, &sealed)));
            let plain = Zeroizing::new(to_json(&about).to_string());
            let sealed = key
                .seal(Purpose::Message, id, plain.as_bytes())
                .map_err(|error| StoreError::from_io(&self.path, &error))?;
            // REPLACE gives a new rowid, which orders what was opened in the same second.
            let row = (id.as_bytes(), now.as_second(), size as i64, here, sealed);
            change.execute("REPLACE INTO messages VALUES (?1, ?2, ?3, ?4, ?5)", row).map_err(failed)?;
            drop_oldest(change, bounds).map_err(failed)
        })?;
        gone.into_iter().try_for_each(|old| self.kept.remove(old))?;
        Ok(id)
    }

    /// All messages, the one opened last first. Without any, no key is asked for.
    pub fn messages(&self) -> Result<Vec<MessageEntry>, StoreError> {
        let rows = self.read(|connection| {
            connection
                .prepare(
                    "SELECT id, opened, size, here, sealed FROM messages ORDER BY opened DESC, rowid DESC",
                )?
                .query_map([], read)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.sealing_key()?;
        let entry = |Kept { id, opened: time, size, here, sealed }: Kept| MessageEntry {
            id,
            opened: time,
            size,
            here,
            about: opened(&key, id, &sealed),
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// A message as it came, checked as it is read. [`StoreError::UnknownKept`]: it is not kept here.
    pub fn message(&self, id: KeptId) -> Result<Box<dyn Source>, StoreError> {
        let here: Option<bool> = self.read(|connection| {
            let query = "SELECT here FROM messages WHERE id = ?1";
            connection.query_row(query, [id.as_bytes()], |row| row.get(0)).optional()
        })?;
        here.filter(|here| *here).ok_or(StoreError::UnknownKept { id })?;
        self.kept.open(&self.sealing_key()?, id)
    }

    /// Forgets one message.
    pub fn remove_message(&self, id: KeptId) -> Result<(), StoreError> {
        let _held = self.hold_kept()?;
        self.change(|change| change.execute("DELETE FROM messages WHERE id = ?1", [id.as_bytes()]))?;
        self.kept.remove(id)
    }

    /// Forgets all messages; drafts stay.
    pub fn remove_messages(&self) -> Result<(), StoreError> {
        let _held = self.hold_kept()?;
        let gone = self.change(|change| {
            let all = ids(change, "SELECT id FROM messages")?;
            change.execute("DELETE FROM messages", [])?;
            Ok(all)
        })?;
        gone.into_iter().try_for_each(|id| self.kept.remove(id))
    }
}

fn hash(content: &mut dyn Source) -> io::Result<[u8; 32]> {
    let (mut hash, mut chunk) = (Sha256::new(), Zeroizing::new(vec![0; 64 << 10]));
    loop {
        match content.read(&mut chunk)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&chunk[..read]),
        }
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: read_id(row, 0)?,
        opened: read_time(row, 1)?.unwrap_or_default(),
        size: row.get::<_, i64>(2)?.try_into().unwrap_or_default(),
        here: row.get(3)?,
        sealed: row.get(4)?,
    })
}

fn sealed_of(connection: &Connection, id: KeptId) -> rusqlite::Result<Option<Vec<u8>>> {
    let query = "SELECT sealed FROM messages WHERE id = ?1";
    connection.query_row(query, [id.as_bytes()], |row| row.get(0)).optional()
}

/// Whoever opens what they have sent learns nothing of blind copies from it.
fn merged(about: &About, before: Option<About>) -> About {
    let mut about = about.clone();
    if let Some(before) = before.filter(|before| before.sent && !about.sent) {
        (about.sent, about.bcc) = (true, before.bcc);
    }
    about
}

/// The oldest rows go until the bounds are kept.
fn drop_oldest(change: &Connection, bounds: &Bounds) -> rusqlite::Result<Vec<KeptId>> {
    let rows = change
        .prepare("SELECT id, size * here FROM messages ORDER BY opened DESC, rowid DESC")?
        .query_map([], |row| Ok((read_id(row, 0)?, row.get::<_, i64>(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let (mut total, mut gone) = (0_u64, Vec::new());
    for (place, (id, size)) in rows.into_iter().enumerate() {
        total = total.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
        if place >= bounds.entries || total > bounds.all {
            change.execute("DELETE FROM messages WHERE id = ?1", [id.as_bytes()])?;
            gone.push(id);
        }
    }
    Ok(gone)
}

fn opened(key: &SealingKey, id: KeptId, sealed: &[u8]) -> Option<About> {
    from_json(&key.open(Purpose::Message, id, sealed)?)
}

fn to_json(about: &About) -> Value {
    let About { sent, from, to, cc, bcc, subject, date, tier, from_proved, path } = about;
    let people = |mailboxes: &[Mailbox]| mailboxes.iter().map(kept::mailbox).collect::<Vec<_>>();
    json!({
        "sent": sent,
        "from": people(from), "to": people(to), "cc": people(cc), "bcc": people(bcc),
        "subject": subject,
        "date": date.map(|date| date.to_string()),
        "tier": tier.map(Tier::id),
        "from proved": from_proved,
        "path": path.as_deref().map(kept::path),
    })
}

fn from_json(json: &[u8]) -> Option<About> {
    let fields = Fields::read(json)?;
    let flag = |name| fields.0.get(name).and_then(Value::as_bool);
    let tier = fields.text("tier");
    Some(About {
        sent: flag("sent").unwrap_or(false),
        from: fields.mailboxes("from"),
        to: fields.mailboxes("to"),
        cc: fields.mailboxes("cc"),
        bcc: fields.mailboxes("bcc"),
        subject: fields.text("subject"),
        date: fields.parsed("date"),
        tier: Tier::ALL.into_iter().find(|known| Some(known.id()) == tier.as_deref()),
        from_proved: flag("from proved"),
        path: fields.0.get("path").and_then(kept::read_path),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::smime::secret::Passphrase;
    use crate::store::vault::VaultKind;
    use crate::store::{Location, clock, paths};

    fn open(folder: &std::path::Path) -> Store {
        let passphrase = Passphrase::from("correct horse".to_owned());
        Store::open(Location::Directory(folder.to_owned()), VaultKind::File, Box::new(passphrase)).unwrap()
    }

    fn kim() -> Mailbox {
        Mailbox { name: Some("Kim".to_owned()), address: "kim@example.org".parse().unwrap() }
    }

    fn about(subject: &str) -> About {
        About {
            from: vec![kim()],
            subject: Some(subject.to_owned()),
            date: Some(clock::now()),
            tier: Some(Tier::ProbablySecure),
            from_proved: Some(true),
            path: Some("/home/robin/a secret name.eml".into()),
            ..About::default()
        }
    }

    fn keep(store: &Store, content: &[u8], about: &About, seconds: i64) -> KeptId {
        let now = Timestamp::from_second(seconds).unwrap();
        store.keep_message(&mut Cursor::new(content.to_vec()), about, now).unwrap()
    }

    fn text(store: &Store, id: KeptId) -> Vec<u8> {
        let mut octets = Vec::new();
        store.message(id).unwrap().read_to_end(&mut octets).unwrap();
        octets
    }

    fn subjects(store: &Store) -> Vec<String> {
        let messages = store.messages().unwrap();
        messages.into_iter().map(|entry| entry.about.unwrap().subject.unwrap()).collect()
    }

    #[test]
    fn a_message_is_kept_as_it_came_and_nothing_of_it_is_readable() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        assert!(store.messages().unwrap().is_empty());
        assert!(!folder.path().join(paths::KEYS).exists(), "no key is made for nothing");
        let content = b"Subject: a secret subject\r\n\r\na secret text\r\n";
        let expected = about("a secret subject");
        let id = keep(&store, content, &expected, 10);
        let store = open(folder.path());
        let entry = &store.messages().unwrap()[0];
        assert_eq!(entry.about.as_ref(), Some(&expected));
        assert_eq!((entry.id, entry.size, entry.here), (id, content.len() as u64, true));
        assert_eq!(text(&store, id), content);
        let mut all = std::fs::read(folder.path().join(paths::DATABASE)).unwrap();
        for entry in std::fs::read_dir(folder.path().join(paths::KEPT)).unwrap() {
            let path = entry.unwrap().path();
            all.extend(path.to_string_lossy().bytes());
            all.extend(std::fs::read(path).unwrap());
        }
        let digest: [u8; 32] = Sha256::digest(content).into();
        for word in [b"secret".as_slice(), b"kim@example.org", &digest, &digest[..16]] {
            assert!(!all.windows(word.len()).any(|window| window == word));
        }
        store.remove_message(id).unwrap();
        assert!(store.messages().unwrap().is_empty() && store.kept.all().unwrap().is_empty());
        assert!(matches!(store.message(id), Err(StoreError::UnknownKept { .. })));
    }

    #[test]
    fn the_same_message_is_one_entry_and_what_was_sent_keeps_its_blind_copies() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let sent = About { sent: true, bcc: vec![kim()], ..about("mine") };
        let id = keep(&store, b"mine", &sent, 10);
        keep(&store, b"theirs", &about("theirs"), 20);
        assert_eq!(subjects(&store), ["theirs", "mine"]);
        assert_eq!(keep(&store, b"mine", &about("mine, opened"), 20), id);
        assert_eq!(subjects(&store), ["mine, opened", "theirs"]);
        let kept = store.messages().unwrap().remove(0).about.unwrap();
        assert_eq!((kept.sent, kept.bcc), (true, vec![kim()]));
    }

    #[test]
    fn the_oldest_make_room_and_the_largest_are_only_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let bounds = Bounds { each: 100, all: 250, entries: 4 };
        let keep = |name: &str, size: usize, seconds| {
            let content = name.bytes().chain(std::iter::repeat(b'.')).take(size).collect::<Vec<_>>();
            let now = Timestamp::from_second(seconds).unwrap();
            let about = About { path: Some(name.into()), ..about(name) };
            store.keep_message_within(&mut Cursor::new(content), &about, now, &bounds).unwrap()
        };
        keep("1", 100, 1);
        keep("2", 100, 2);
        let large = keep("3", 101, 3);
        assert_eq!(subjects(&store), ["3", "2", "1"]);
        assert!(!store.messages().unwrap()[0].here);
        assert!(matches!(store.message(large), Err(StoreError::UnknownKept { .. })));
        keep("4", 100, 4);
        assert_eq!(subjects(&store), ["4", "3", "2"], "250 octets at most");
        assert_eq!(keep("3", 101, 5), large);
        for (name, seconds) in [("5", 6), ("6", 7), ("7", 8)] {
            keep(name, 10, seconds);
        }
        assert_eq!(subjects(&store), ["7", "6", "5", "3"], "4 entries at most");
        assert_eq!(store.kept.all().unwrap().len(), 3);
        store.remove_messages().unwrap();
        assert!(store.messages().unwrap().is_empty() && store.kept.all().unwrap().is_empty());
    }

    #[test]
    fn what_a_dead_process_left_is_put_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let (one, other) =
            (keep(&store, b"one", &about("one"), 1), keep(&store, b"other", &about("other"), 2));
        // A file without a row, a row without a file, and a file that was begun under a name.
        let stray = KeptId::random();
        store.kept.put(&store.sealing_key().unwrap(), stray, &mut b"x".as_slice()).unwrap();
        std::fs::write(folder.path().join(paths::KEPT).join(".waxseal-begun"), b"x").unwrap();
        store.kept.remove(one).unwrap();
        store.sweep_kept();
        assert_eq!(subjects(&store), ["other"]);
        assert_eq!(store.kept.all().unwrap(), [other]);
        assert_eq!(std::fs::read_dir(folder.path().join(paths::KEPT)).unwrap().count(), 1);
        // A file that was damaged is written anew when the message is opened again.
        std::fs::write(folder.path().join(paths::KEPT).join(format!("{other}.sealed")), b"x").unwrap();
        assert!(matches!(store.message(other), Err(StoreError::KeptDamaged { .. })));
        keep(&store, b"other", &about("other"), 3);
        assert_eq!(text(&store, other), b"other");
    }
}
