//! Notes that are being written, sealed as they are typed.
//!
//! A draft is one row, so that saving it is one change and nothing else: whoever dies while saving leaves the draft as it
//! was before, or as it is now. Files that have no place of their own (pasted, forwarded) lie in sealed files beside it.

use std::io::Read;
use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::contacts::read_time;
use super::kept::{self, Fields, read_id};
use super::sealing_key::{KeptId, Purpose, SealingKey};
use super::{Store, StoreError};
use crate::smime::message::header_protection::confidences::Confidences;
use crate::smime::message::reply::Thread;
use crate::smime::{Address, Source};

/// A note that is being written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// One's own address.
    pub from: Option<Address>,
    /// To whom, as written: also what is no address yet.
    pub to: Vec<String>,
    /// Who is to see it, too.
    pub cc: Vec<String>,
    /// Who is to see it without the others' knowing.
    pub bcc: Vec<String>,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// What goes along.
    pub enclosures: Vec<Enclosure>,
    /// Which message it answers, if any.
    pub thread: Thread,
    /// What that message kept from everybody on the way.
    pub confidences: Confidences,
}

/// A file that goes along with a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enclosure {
    /// It is read where it lies when the note is sealed.
    File(PathBuf),
    /// It is kept with the draft.
    Kept(KeptFile),
}

/// A file that is kept with a draft, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// For [`Store::draft_file`].
    pub id: KeptId,
    /// The name it goes under.
    pub name: String,
    /// In octets.
    pub size: u64,
}

/// A draft in the list.
#[derive(Debug, Clone)]
pub struct DraftEntry {
    /// For all that can be done with it.
    pub id: KeptId,
    /// When it was saved last.
    pub updated: Timestamp,
    /// `None`: what was kept is damaged; it can only be removed.
    pub draft: Option<Draft>,
}

impl From<PathBuf> for Enclosure {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl Store {
    /// Keeps the draft as it is now. The same `id` ([`KeptId::random`] for a new draft) each time.
    pub fn save_draft(&self, id: KeptId, draft: &Draft, now: Timestamp) -> Result<(), StoreError> {
        let key = self.sealing_key()?;
        let plain = Zeroizing::new(to_json(draft).to_string());
        let sealed = key
            .seal(Purpose::Draft, id, plain.as_bytes())
            .map_err(|error| StoreError::from_io(&self.path, &error))?;
        self.change(|change| {
            change.execute(
                "INSERT INTO drafts VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET updated = ?2, sealed = ?3",
                (id.as_bytes(), now.as_second(), sealed),
            )
        })?;
        Ok(())
    }

    /// All drafts, the one saved last first. Without any, no key is asked for.
    pub fn drafts(&self) -> Result<Vec<DraftEntry>, StoreError> {
        let rows = self.read(|connection| {
            connection
                .prepare("SELECT id, updated, sealed FROM drafts ORDER BY updated DESC, rowid DESC")?
                .query_map([], |row| {
                    let updated = read_time(row, 1)?.unwrap_or_default();
                    Ok((read_id(row, 0)?, updated, row.get::<_, Vec<u8>>(2)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.sealing_key()?;
        let entry = |(id, updated, sealed): (KeptId, Timestamp, Vec<u8>)| DraftEntry {
            id,
            updated,
            draft: opened(&key, id, &sealed),
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// One draft. [`StoreError::UnknownKept`]: there is none of this name.
    pub fn draft(&self, id: KeptId) -> Result<Draft, StoreError> {
        let sealed: Option<Vec<u8>> = self.read(|connection| {
            let query = "SELECT sealed FROM drafts WHERE id = ?1";
            connection.query_row(query, [id.as_bytes()], |row| row.get(0)).optional()
        })?;
        let sealed = sealed.ok_or(StoreError::UnknownKept { id })?;
        opened(&self.sealing_key()?, id, &sealed).ok_or(StoreError::KeptDamaged { id })
    }

    /// Forgets a draft and the files that were kept with it.
    pub fn remove_draft(&self, id: KeptId) -> Result<(), StoreError> {
        let _held = self.hold_kept()?;
        let files = self.change(|change| {
            let files: Vec<KeptId> = change
                .prepare("SELECT id FROM draft_files WHERE draft = ?1")?
                .query_map([id.as_bytes()], |row| read_id(row, 0))?
                .collect::<rusqlite::Result<_>>()?;
            change.execute("DELETE FROM drafts WHERE id = ?1", [id.as_bytes()])?;
            Ok(files)
        })?;
        files.into_iter().try_for_each(|file| self.kept.remove(file))
    }

    /// Keeps a file with a draft that was saved before. It stays as long as the draft does, or until
    /// [`Store::remove_draft_file`].
    pub fn keep_draft_file(
        &self,
        draft: KeptId,
        name: &str,
        content: &mut dyn Read,
    ) -> Result<KeptFile, StoreError> {
        let key = self.sealing_key()?;
        let id = KeptId::random();
        let _held = self.hold_kept()?;
        let size = self.kept.put(&key, id, content)?;
        let kept = self.change(|change| {
            change.execute(
                "INSERT INTO draft_files SELECT ?1, id FROM drafts WHERE id = ?2",
                (id.as_bytes(), draft.as_bytes()),
            )
        });
        match kept {
            Ok(1) => Ok(KeptFile { id, name: name.to_owned(), size }),
            Ok(_) => {
                self.kept.remove(id)?;
                Err(StoreError::UnknownKept { id: draft })
            }
            Err(error) => {
                self.kept.remove(id)?;
                Err(error)
            }
        }
    }

    /// The content of a file that is kept with a draft.
    pub fn draft_file(&self, file: &KeptFile) -> Result<Box<dyn Source>, StoreError> {
        self.kept.open(&self.sealing_key()?, file.id)
    }

    /// Forgets a file that was kept with a draft.
    pub fn remove_draft_file(&self, file: &KeptFile) -> Result<(), StoreError> {
        let _held = self.hold_kept()?;
        self.change(|change| change.execute("DELETE FROM draft_files WHERE id = ?1", [file.id.as_bytes()]))?;
        self.kept.remove(file.id)
    }
}

fn opened(key: &SealingKey, id: KeptId, sealed: &[u8]) -> Option<Draft> {
    from_json(&key.open(Purpose::Draft, id, sealed)?)
}

fn to_json(draft: &Draft) -> Value {
    let Draft { from, to, cc, bcc, subject, text, enclosures, thread, confidences } = draft;
    let hidden: Vec<Value> = confidences
        .mailboxes()
        .map(|(address, outside)| json!({ "inside": address, "outside": outside.map(kept::mailbox) }))
        .collect();
    json!({
        "from": from.as_ref().map(Address::as_str),
        "to": to, "cc": cc, "bcc": bcc,
        "subject": subject, "text": text,
        "enclosures": enclosures.iter().map(enclosure).collect::<Vec<_>>(),
        "in reply to": thread.in_reply_to, "references": thread.references,
        "hidden mailboxes": hidden,
        "hidden identifiers": confidences.identifiers().collect::<Vec<_>>(),
    })
}

fn from_json(json: &[u8]) -> Option<Draft> {
    let fields = Fields::read(json)?;
    let hidden = fields.list("hidden mailboxes").filter_map(|one| {
        let inside = one.get("inside")?.as_str()?.to_owned();
        Some((inside, one.get("outside").and_then(kept::read_mailbox)))
    });
    Some(Draft {
        from: fields.parsed("from"),
        to: fields.texts("to"),
        cc: fields.texts("cc"),
        bcc: fields.texts("bcc"),
        subject: fields.text("subject").unwrap_or_default(),
        text: fields.text("text").unwrap_or_default(),
        enclosures: fields.list("enclosures").filter_map(read_enclosure).collect(),
        thread: Thread { in_reply_to: fields.text("in reply to"), references: fields.texts("references") },
        confidences: Confidences::from_parts(hidden, fields.texts("hidden identifiers")),
    })
}

fn enclosure(enclosure: &Enclosure) -> Value {
    match enclosure {
        Enclosure::File(path) => json!({ "path": kept::path(path) }),
        Enclosure::Kept(file) => json!({ "kept": file.id.to_string(), "name": file.name, "size": file.size }),
    }
}

fn read_enclosure(value: &Value) -> Option<Enclosure> {
    if let Some(path) = value.get("path") {
        return kept::read_path(path).map(Enclosure::File);
    }
    Some(Enclosure::Kept(KeptFile {
        id: KeptId::from_hex(value.get("kept")?.as_str()?)?,
        name: value.get("name")?.as_str()?.to_owned(),
        size: value.get("size")?.as_u64()?,
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::smime::mime::header::Mailbox;
    use crate::smime::secret::Passphrase;
    use crate::store::vault::VaultKind;
    use crate::store::{Location, clock, paths};

    fn open(folder: &Path) -> Store {
        let passphrase = Passphrase::from("correct horse".to_owned());
        Store::open(Location::Directory(folder.to_owned()), VaultKind::File, Box::new(passphrase)).unwrap()
    }

    fn full() -> Draft {
        let outside = Mailbox { name: None, address: "kim@example.org".parse().unwrap() };
        let hidden = [("kim@example.org".to_owned(), Some(outside)), ("lee@example.org".to_owned(), None)];
        Draft {
            from: Some("robin@example.org".parse().unwrap()),
            to: vec!["kim@example.org".to_owned(), "half an addr".to_owned()],
            cc: vec!["山本@例え.jp".to_owned()],
            bcc: vec!["lee@example.org".to_owned()],
            subject: "Zahlen \u{1f511} \"und\" mehr".to_owned(),
            text: "One\r\n\ttwo\u{0}three".to_owned(),
            enclosures: vec![Enclosure::File("/home/robin/report.pdf".into())],
            thread: Thread {
                in_reply_to: Some("<2@example.org>".to_owned()),
                references: vec!["<1@example.org>".to_owned(), "<2@example.org>".to_owned()],
            },
            confidences: Confidences::from_parts(hidden, vec!["<2@example.org>".to_owned()]),
        }
    }

    #[test]
    fn a_draft_comes_back_as_it_was_and_is_nowhere_readable() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        assert!(store.drafts().unwrap().is_empty());
        assert!(!folder.path().join(paths::KEYS).exists(), "no key is made for nothing");
        let (id, mut draft) = (KeptId::random(), full());
        let now = clock::now();
        store.save_draft(id, &draft, now).unwrap();
        let mut content: &[u8] = b"a secret sentence in a pasted file";
        let file = store.keep_draft_file(id, "pasted.txt", &mut content).unwrap();
        draft.enclosures.push(Enclosure::Kept(file.clone()));
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let odd = std::ffi::OsStr::from_bytes(b"/tmp/\xff\xfe");
            draft.enclosures.push(Enclosure::File(odd.into()));
        }
        store.save_draft(id, &draft, now).unwrap();

        let store = open(folder.path());
        let listed = store.drafts().unwrap();
        assert_eq!((listed.len(), listed[0].id, listed[0].updated), (1, id, now));
        assert_eq!(listed[0].draft.as_ref(), Some(&draft));
        assert_eq!(store.draft(id).unwrap(), draft);
        let mut text = String::new();
        store.draft_file(&file).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a secret sentence in a pasted file");

        let database = std::fs::read(folder.path().join(paths::DATABASE)).unwrap();
        for word in ["Zahlen", "three", "half an addr", "report.pdf", "lee@example.org", "pasted.txt"] {
            assert!(!database.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
        store.remove_draft(id).unwrap();
        assert!(store.drafts().unwrap().is_empty());
        assert!(matches!(store.draft(id), Err(StoreError::UnknownKept { .. })));
        assert!(store.kept.all().unwrap().is_empty());
    }

    #[test]
    fn the_draft_saved_last_stands_first_and_a_damaged_one_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let ids: Vec<KeptId> = (0..3).map(|_| KeptId::random()).collect();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for (id, seconds) in ids.iter().zip([10, 30, 20]) {
            store.save_draft(*id, &Draft::default(), at(seconds)).unwrap();
        }
        store
            .change(|change| {
                change.execute("UPDATE drafts SET sealed = x'00' WHERE id = ?1", [ids[2].as_bytes()])
            })
            .unwrap();
        let listed = store.drafts().unwrap();
        assert_eq!(listed.iter().map(|entry| entry.id).collect::<Vec<_>>(), [ids[1], ids[2], ids[0]]);
        assert_eq!(listed.iter().map(|entry| entry.draft.is_some()).collect::<Vec<_>>(), [true, false, true]);
        assert!(matches!(store.draft(ids[2]), Err(StoreError::KeptDamaged { .. })));
        store.save_draft(ids[0], &Draft::default(), at(40)).unwrap();
        assert_eq!(store.drafts().unwrap()[0].id, ids[0]);
    }

    #[test]
    fn a_file_without_its_draft_is_not_kept_and_a_left_over_goes() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let id = KeptId::random();
        let missing = store.keep_draft_file(id, "x", &mut b"x".as_slice());
        assert!(matches!(missing, Err(StoreError::UnknownKept { .. })));
        assert!(store.kept.all().unwrap().is_empty());

        store.save_draft(id, &Draft::default(), clock::now()).unwrap();
        let (one, other) = (
            store.keep_draft_file(id, "one", &mut b"1".as_slice()).unwrap(),
            store.keep_draft_file(id, "other", &mut b"2".as_slice()).unwrap(),
        );
        store.remove_draft_file(&one).unwrap();
        // As if the process had died between file and row.
        let stray = KeptId::random();
        store.kept.put(&store.sealing_key().unwrap(), stray, &mut b"3".as_slice()).unwrap();
        {
            let other_process = open(folder.path());
            let _writing = other_process.hold_kept().unwrap();
            store.sweep_kept();
            assert!(store.kept.all().unwrap().contains(&stray), "somebody is at work");
        }
        store.sweep_kept();
        assert_eq!(store.kept.all().unwrap(), [other.id]);
    }
}
