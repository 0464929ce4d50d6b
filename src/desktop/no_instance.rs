//! One window a profile, where there are no Unix sockets: every start has a window of its own.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// What a start of the program turned out to be.
#[derive(Debug)]
pub enum Start {
    /// It shows the window.
    First(Instance),
    /// Never here.
    HandedOver,
}

/// The one that has the window.
#[derive(Debug)]
pub struct Instance {}

/// Has a window of its own.
pub fn start(_profile: &Path, _files: &[PathBuf]) -> Result<Start, StoreError> {
    Ok(Start::First(Instance {}))
}

impl Instance {
    /// Nobody hands over anything.
    pub fn next(&self) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
