//! Saves what was inside of a message.

use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::desk::Desk;
use crate::desk::file::FileError;
use crate::desk::open::Reading;
use crate::smime::mime::file_name;

/// Behind the name of an attached message, for the folder of what was attached to that.
const INSIDE: &str = " - attachments";

/// The innermost content, byte for byte.
pub(super) fn content(desk: &Desk, reading: &mut Reading, path: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| FileError::new(path, &error);
    let mut outputs = desk.outputs();
    let out = outputs.begin(path)?;
    let content = reading.opened.content().map_err(failed)?;
    content.seek(SeekFrom::Start(0)).map_err(failed)?;
    io::copy(content, out).map_err(failed)?;
    Ok(outputs.commit()?)
}

/// Every attachment under a name that is free, readable for its owner alone. What is attached to a message among them goes
/// into a folder of its own beside that, as far as such messages were opened.
pub(super) fn attachments(reading: &mut Reading, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if folder.exists() && !folder.is_dir() {
        return Err(FileError::new(folder, &io::ErrorKind::NotADirectory.into()).into());
    }
    std::fs::create_dir_all(folder).map_err(|error| FileError::new(folder, &error))?;
    let mut saved = Vec::new();
    all(reading, folder, &mut saved)?;
    Ok(saved)
}

/// The desk has bounded how many messages there are, and how deep they lie.
fn all(reading: &mut Reading, folder: &Path, saved: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let first = saved.len();
    for index in 0..reading.opened.attachments().len() {
        let name = reading.opened.attachments().get(index).map(|one| one.name.clone()).unwrap_or_default();
        saved.push(one(folder, &name, &mut |out| reading.opened.write_attachment(index, out).map(|_| ()))?);
    }
    for nested in &mut reading.messages {
        let Ok(inner) = &mut nested.outcome else { continue };
        if inner.opened.attachments().is_empty() {
            continue;
        }
        let beside = saved.get(first + nested.attachment).and_then(|path| path.file_name());
        let name = beside.map_or_else(|| nested.name.clone(), |name| name.to_string_lossy().into_owned());
        all(inner, &new_folder(folder, &name)?, saved)?;
    }
    Ok(())
}

/// One that was not there before.
fn new_folder(folder: &Path, name: &str) -> Result<PathBuf, FileError> {
    loop {
        let path = free(folder, &format!("{}{INSIDE}", file_name::safe(name)));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FileError::new(folder, &error)),
        }
    }
}

fn one(
    folder: &Path,
    name: &str,
    write: &mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>,
) -> Result<PathBuf, FileError> {
    let failed = |error: io::Error| FileError::new(folder, &error);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    write(&mut file).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    loop {
        let path = free(folder, &file_name::safe(name));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            // Somebody took the name in between; the next one is tried.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(failed(error.error)),
        }
    }
}

/// `name`, or the next one to it that nothing has.
fn free(folder: &Path, name: &str) -> PathBuf {
    folder.join(file_name::distinct(name, &|name| folder.join(name).symlink_metadata().is_ok()))
}
