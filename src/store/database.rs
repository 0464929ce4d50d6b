//! The records: one SQLite database with a version.
//!
//! The schema is a list of migrations; a database's `user_version` says how many of them it has seen. A newer
//! one is refused. Before an older one is changed, a copy of it is laid beside it. The rollback journal is
//! kept (not WAL): a profile on a read-only or network file system stays readable.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;

/// "Wxsl", so that `file` and SQLite know whose database it is.
const APPLICATION_ID: i64 = 0x5778_736c;
/// How long a change waits for another process.
const BUSY: Duration = Duration::from_secs(10);

/// The schema, oldest step first. A step that has been published is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("database/1-base.sql"),
    include_str!("database/2-requests.sql"),
    include_str!("database/3-header-protection.sql"),
    include_str!("database/4-revocation-lists.sql"),
    include_str!("database/5-removed-roots.sql"),
    include_str!("database/6-kept.sql"),
    include_str!("database/7-devices.sql"),
    include_str!("database/8-capabilities-signed.sql"),
];

/// Opens the database at `path`, making or migrating it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let fail = |error: rusqlite::Error| StoreError::from_sqlite(path, &error);
    if !path.exists() {
        super::paths::open_private(path)?;
    }
    let connection = Connection::open(path).map_err(fail)?;
    prepare(&connection).map_err(fail)?;
    migrate(&connection, path, MIGRATIONS)?;
    Ok(connection)
}

/// A database that lives and dies with the process.
pub(super) fn open_in_memory() -> Result<Connection, StoreError> {
    let path = Path::new(":memory:");
    let connection = Connection::open_in_memory().map_err(|error| StoreError::from_sqlite(path, &error))?;
    prepare(&connection).map_err(|error| StoreError::from_sqlite(path, &error))?;
    migrate(&connection, path, MIGRATIONS)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    // Nothing of the records may go to a readable temporary file, and no function of the schema is trusted.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)
}

/// Begins a change: one process at a time, all or nothing.
pub(super) fn begin(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// Brings the database to the version that `migrations` ends with.
fn migrate(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| StoreError::from_sqlite(path, &error);
    let known = migrations.len() as i64;
    let version = checked_version(connection, path, known)?;
    if version == known {
        return Ok(());
    }
    if version > 0 {
        back_up(connection, path, known)?;
    }
    let change = begin(connection).map_err(fail)?;
    // Another process may have been quicker while this one waited.
    let version = checked_version(&change, path, known)?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    for step in migrations.iter().skip(done) {
        change.execute_batch(step).map_err(fail)?;
    }
    change.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    change.pragma_update(None, "user_version", known).map_err(fail)?;
    change.commit().map_err(fail)
}

fn checked_version(connection: &Connection, path: &Path, known: i64) -> Result<i64, StoreError> {
    let fail = |error: rusqlite::Error| StoreError::from_sqlite(path, &error);
    let version = pragma(connection, "user_version").map_err(fail)?;
    let application = pragma(connection, "application_id").map_err(fail)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fail)?;
    let empty = version == 0 && application == 0 && tables == 0;
    if !empty && application != APPLICATION_ID || version < 0 {
        return Err(StoreError::NotADatabase { path: path.to_owned() });
    }
    if version > known {
        return Err(StoreError::Newer { path: path.to_owned(), version, known });
    }
    Ok(version)
}

/// Lays a copy beside the database: whole, or not at all.
fn back_up(connection: &Connection, path: &Path, known: i64) -> Result<(), StoreError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let target = path.with_file_name(format!("{name}.before-v{known}"));
    // VACUUM INTO wants a new or empty file; a named temporary one is 0600 and goes away if this fails.
    let copy = tempfile::Builder::new()
        .prefix(".waxseal-backup-")
        .tempfile_in(folder)
        .map_err(|error| StoreError::from_io(folder, &error))?;
    connection
        .execute("VACUUM INTO ?1", [copy.path().to_string_lossy()])
        .map_err(|error| StoreError::from_sqlite(&target, &error))?;
    copy.as_file().sync_all().map_err(|error| StoreError::from_io(&target, &error))?;
    copy.persist(&target).map_err(|error| StoreError::from_io(&target, &error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const STEPS: &[&str] =
        &["CREATE TABLE notes (text TEXT) STRICT;", "ALTER TABLE notes ADD COLUMN day INTEGER;"];

    fn opened(path: &Path, steps: &[&str]) -> Result<Connection, StoreError> {
        let connection = Connection::open(path).unwrap();
        migrate(&connection, path, steps).map(|()| connection)
    }

    #[test]
    fn an_older_version_is_copied_and_then_brought_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waxseal.db");
        opened(&path, &STEPS[..1]).unwrap().execute("INSERT INTO notes VALUES ('kept')", []).unwrap();
        let connection = opened(&path, STEPS).unwrap();
        let row: (String, Option<i64>) =
            connection.query_row("SELECT text, day FROM notes", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(row, ("kept".to_owned(), None));
        let before = Connection::open(folder.path().join("waxseal.db.before-v2")).unwrap();
        assert_eq!(pragma(&before, "user_version").unwrap(), 1);
        assert_eq!(
            before.query_row("SELECT text FROM notes", [], |r| r.get::<_, String>(0)).unwrap(),
            "kept"
        );
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waxseal.db");
        opened(&path, &STEPS[..1]).unwrap();
        assert!(opened(&path, &[STEPS[0], STEPS[1], "NONSENSE"]).is_err());
        let connection = opened(&path, &STEPS[..1]).unwrap();
        assert_eq!(pragma(&connection, "user_version").unwrap(), 1);
        assert!(connection.prepare("SELECT day FROM notes").is_err());
    }

    #[test]
    fn a_newer_version_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waxseal.db");
        drop(open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(open(&path), Err(StoreError::Newer { version: 99, .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.db");
        fs::write(&text, "this is no database, but it is long enough to be looked at\n".repeat(90)).unwrap();
        assert!(matches!(open(&text), Err(StoreError::NotADatabase { .. })));
        let foreign = folder.path().join("foreign.db");
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
        assert!(matches!(open(&foreign), Err(StoreError::NotADatabase { .. })));
    }

    #[test]
    fn many_at_once_make_one_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waxseal.db");
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let connection = open(path).unwrap();
                    for i in 0..10 {
                        let change = begin(&connection).unwrap();
                        change
                            .execute("INSERT INTO settings VALUES (?1, 'x')", [format!("{n}-{i}")])
                            .unwrap();
                        change.commit().unwrap();
                    }
                });
            }
        });
        let connection = open(&path).unwrap();
        let count: i64 = connection.query_row("SELECT count(*) FROM settings", [], |r| r.get(0)).unwrap();
        assert_eq!(count, 81, "80 rows and the profile's id");
        let check: String = connection.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(check, "ok");
    }
}
