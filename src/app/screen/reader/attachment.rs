//! Opening an attachment in another program is saving it: in a private folder, until the window closes or starts next.

use std::sync::{Arc, Mutex, PoisonError};

use super::page::{self, Origin};
use crate::app::task;
use waxseal::desk::Desk;
use waxseal::problem::{Explain as _, Problem};
use waxseal::store::borrowed::BorrowedFiles;
use waxseal::store::settings::Settings;

/// The files of this window, once there are any.
pub(super) type Borrowed = Arc<Mutex<Option<BorrowedFiles>>>;

/// Removes what earlier windows left, and tells whether it was said what opening means.
pub(super) fn start(desk: &Desk) -> Result<bool, Problem> {
    desk.store().sweep_borrowed();
    Ok(desk.store().settings().map_err(|error| error.explain())?.opening_explained)
}

/// Saves the attachment in the private folder and hands it to the program that opens such files.
pub(super) fn open(
    desk: &Desk,
    borrowed: &Borrowed,
    origin: &Origin,
    index: usize,
    name: &str,
) -> Result<(), Problem> {
    let path = {
        let mut borrowed = borrowed.lock().unwrap_or_else(PoisonError::into_inner);
        let files = match borrowed.take() {
            Some(files) => files,
            None => desk.store().borrow_files().map_err(|error| error.explain())?,
        };
        borrowed.insert(files).place(name).map_err(|error| error.explain())?
    };
    page::save(desk, origin, index, &path)?;
    task::show(&path)?;
    let store = desk.store();
    let settings = store.settings().map_err(|error| error.explain())?;
    if !settings.opening_explained {
        let settings = Settings { opening_explained: true, ..settings };
        store.set(&settings).map_err(|error| error.explain())?;
    }
    Ok(())
}
