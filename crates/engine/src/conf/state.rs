//! What is known about the file: the one value that pages, API and live view read.

use std::sync::Arc;

use licensing::conf::document::Document;
use licensing::conf::effective::Effective;
use serde::{Deserialize, Serialize};

use super::file::FileError;
use super::history::Revision;

/// An unacknowledged outside change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideEdit {
    /// The oldest unacknowledged revision.
    pub since: i64,
    /// The newest of them.
    pub revision: i64,
    /// When it was noticed, Unix milliseconds.
    pub at: i64,
}

/// The file now.
#[derive(Debug, Clone)]
pub struct ConfState {
    /// Path as configured.
    pub path: String,
    /// The newest revision; none when the file was never readable.
    pub revision: Option<Revision>,
    /// The bytes of that revision.
    pub bytes: Vec<u8>,
    /// An unacknowledged outside change.
    pub outside: Option<OutsideEdit>,
    /// Why the file can't be used.
    pub problem: Option<FileError>,
    /// The values of `bytes` in effect.
    pub effective: Arc<Effective>,
}

impl ConfState {
    /// The state of these bytes, with their effective values.
    pub(crate) fn new(
        path: String,
        newest: Option<(Revision, Vec<u8>)>,
        outside: Option<OutsideEdit>,
        problem: Option<FileError>,
    ) -> Self {
        let (revision, bytes) = newest.map_or((None, Vec::new()), |(revision, bytes)| (Some(revision), bytes));
        let effective = Arc::new(Effective::of(&Document::parse(bytes.clone())));
        Self { path, revision, bytes, outside, problem, effective }
    }

    /// The newest revision as a document.
    pub fn document(&self) -> Document {
        Document::parse(self.bytes.clone())
    }

    /// Names the newest revision and its content: what a save must be based on. Usable as an ETag without its quotes.
    pub fn base(&self) -> String {
        self.revision.as_ref().map_or_else(|| "0".to_owned(), Revision::base)
    }

    /// Number of the newest revision; 0 when there is none.
    pub fn number(&self) -> i64 {
        self.revision.as_ref().map_or(0, |r| r.number)
    }
}
