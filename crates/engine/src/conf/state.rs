//! What is known about the file: the one value that pages, API and live view read.

use std::sync::{Arc, OnceLock};

use licensing::conf::check::{self, ConfFinding};
use licensing::conf::document::Document;
use licensing::conf::effective::{Effective, KeptValue};
use licensing::conf::view::{self, SettingView};
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
    /// Values that can't be read in `bytes`, so that those before them stay in effect.
    pub kept: Arc<[KeptValue]>,
    /// What is to be said of `bytes`, once it was asked for: every page tells how much that is.
    found: Arc<OnceLock<Vec<ConfFinding>>>,
}

impl ConfState {
    /// Before the file was read.
    pub(crate) fn unread(path: String) -> Self {
        let effective = Arc::new(Effective::of(&Document::parse(Vec::new())));
        let (revision, bytes) = (None, Vec::new());
        Self {
            path,
            revision,
            bytes,
            outside: None,
            problem: None,
            effective,
            kept: Arc::default(),
            found: Arc::default(),
        }
    }

    /// The state that follows this one. Values that can't be read don't take those in effect away.
    pub(crate) fn followed_by(
        &self,
        newest: Option<(Revision, Vec<u8>)>,
        outside: Option<OutsideEdit>,
        problem: Option<FileError>,
    ) -> Self {
        let (revision, bytes) = newest.map_or((None, Vec::new()), |(revision, bytes)| (Some(revision), bytes));
        let (effective, kept, found) = if revision == self.revision {
            (self.effective.clone(), self.kept.clone(), self.found.clone())
        } else {
            let document = Document::parse(bytes.clone());
            let in_use = self.revision.is_some().then_some(&*self.effective);
            let (effective, kept) = Effective::following(&document, in_use);
            (Arc::new(effective), kept.into(), Arc::default())
        };
        Self { path: self.path.clone(), revision, bytes, outside, problem, effective, kept, found }
    }

    /// What is to be said of the file, with the values that stay in effect in place of others.
    pub fn findings(&self) -> &[ConfFinding] {
        self.found.get_or_init(|| check::check_running(&self.document(), &self.kept))
    }

    /// The settings of the file, with their values in effect.
    pub fn settings(&self) -> Vec<SettingView> {
        let mut all = view::settings(&self.document());
        for setting in &mut all {
            if let Some(kept) = self.kept.iter().find(|kept| kept.key == setting.key) {
                setting.effective.clone_from(&kept.value);
            }
        }
        all
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
