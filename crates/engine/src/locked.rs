//! Locked records of use: which files have them, which licenses cover them, and unlocking.
//!
//! They are sealed as they are stored, by [`crate::usage`]; `licensing::locked` describes the lines.

mod coverage;
mod read;
#[cfg(test)]
mod tests;
mod unlock;

use licensing::monitor::Violation;

use crate::DatabaseError;
pub(crate) use unlock::Unlocking;

/// How far the monitor licenses at hand cover the records of a file that are still locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All of them, and the day keys are here.
    Covered,
    /// The licenses cover them; the day keys come with the next exchange.
    AwaitingKeys,
    /// Some of them: a part of the time, or only users with an index up to this.
    Partly {
        /// How many users are licensed in that time.
        users: u64,
    },
    /// None of them.
    NotCovered,
}

impl Coverage {
    /// The word in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::AwaitingKeys => "awaiting-keys",
            Self::Partly { .. } => "partly",
            Self::NotCovered => "not-covered",
        }
    }
}

/// A data file with records that are or were locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedFile {
    /// The UTC day, counted from 1970-01-01.
    pub day: i64,
    /// The name of the file: `2026.05.14`.
    pub name: String,
    /// The time of the first locked record, Unix milliseconds.
    pub from_ms: i64,
    /// The time of the last one, Unix milliseconds.
    pub to_ms: i64,
    /// Records locked, those opened since included.
    pub records: u64,
    /// Of these, opened and counted.
    pub opened: u64,
    /// Why they were locked.
    pub violations: Vec<Violation>,
    /// The highest index of a user among them.
    pub users: u64,
    /// Lines that did not open when it was last unlocked: changed, cut off, or from another file or server.
    pub damaged: u64,
    /// Lines that were gone when it was last unlocked.
    pub missing: u64,
    /// Records that nothing opens any more: damaged or gone, while all others were opened.
    pub settled: u64,
    /// Whether they can be unlocked now.
    pub coverage: Coverage,
    /// What is needed to unlock the rest, as a sentence; `None` when nothing is.
    pub needs: Option<String>,
}

impl LockedFile {
    /// Records not opened.
    #[must_use]
    pub fn unopened(&self) -> u64 {
        self.records.saturating_sub(self.opened)
    }

    /// Records still locked; without those that nothing opens any more.
    #[must_use]
    pub fn locked(&self) -> u64 {
        self.unopened().saturating_sub(self.settled)
    }
}

/// What is to be unlocked.
#[derive(Debug, Clone, Default)]
pub struct UnlockRequest {
    /// Names of files, where `*` and `?` stand for any characters and any one; empty: all files.
    pub files: Vec<String>,
    /// Only count what could be unlocked.
    pub dry_run: bool,
    /// The text of a key file to use besides the licenses at hand.
    pub key_file: Option<String>,
}

/// A line that could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedLine {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: u64,
    /// Why, as a clause.
    pub problem: String,
}

/// How far unlocking is, or how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnlockProgress {
    /// Whether it only counts.
    pub dry_run: bool,
    /// Who started it.
    pub by: String,
    /// When, Unix milliseconds.
    pub started_ms: i64,
    /// When it ended, Unix milliseconds; `None` while it runs.
    pub ended_ms: Option<i64>,
    /// Files to read.
    pub files: u64,
    /// Of these, done.
    pub files_done: u64,
    /// The file being read.
    pub file: Option<String>,
    /// Records still locked in these files when it began.
    pub records: u64,
    /// Of these, looked at.
    pub read: u64,
    /// Unlocked and counted; in a dry run, those that would be.
    pub unlocked: u64,
    /// Not covered by a license.
    pub not_covered: u64,
    /// Covered, but the day key is not here yet.
    pub without_key: u64,
    /// Lines that don't open.
    pub damaged: u64,
    /// Lines that are gone.
    pub missing: u64,
    /// Names and patterns that were given, of files without locked records.
    pub skipped: Vec<String>,
    /// The first of the damaged lines.
    pub damage: Vec<DamagedLine>,
    /// What is needed to unlock the rest, as a sentence.
    pub needs: Option<String>,
    /// Why it stopped before its end, as a sentence; what was unlocked until then is counted.
    pub problem: Option<String>,
}

impl UnlockProgress {
    /// Whether it has ended and left nothing locked, damaged or missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.ended_ms.is_some()
            && self.problem.is_none()
            && self.not_covered + self.without_key + self.damaged + self.missing == 0
    }
}

/// Why unlocking does not start.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// One at a time.
    #[error("Records are being unlocked already. Wait until that is done.")]
    Running,
    /// A name or pattern without a file.
    #[error("No file with locked records matches “{0}”. `leasehold locked list` shows the files.")]
    NoSuchFile(String),
    /// The key file is not one for this server.
    #[error("{0}")]
    KeyFile(String),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Database(#[from] DatabaseError),
}
