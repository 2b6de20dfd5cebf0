//! Reading `license.log` and the files of earlier starts: from the end, in blocks, for files of any size. These calls
//! block: not for async threads.

mod backward;
mod context;
mod cursor;
mod files;
mod forward;
mod page;
mod query;
mod repeated;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

use licensing::log_line::{LogLevel, LogLine, visible, without_secrets};

pub use context::LogContext;
pub use cursor::{Cursor, CursorError};
pub use files::LogFile;
pub use forward::Lines;
pub use page::LogPage;
pub use query::{LineTime, LogQuery, LogTimeError};

/// Longer lines are split, bytes.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Why the log can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// `license_log` is off.
    #[error(
        "The log file is turned off (license_log = off). Set it to a path, or remove the setting, and restart Leasehold."
    )]
    Off,
    /// The file system says no.
    #[error("Can't read the log {path}: {source}. Check that its folder exists and that this user may read it.")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Paths of the log files.
#[derive(Debug, Default)]
pub struct Logs {
    path: OnceLock<Option<PathBuf>>,
}

/// One line, without secrets and invisible characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogItem {
    /// Its position, which stays valid after rotation.
    pub at: Cursor,
    /// Current name of its file.
    pub file: String,
    /// The whole line.
    pub line: String,
    /// Its parts, if it has the log's format.
    pub parts: Option<LogLineParts>,
}

/// A parsed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLineParts {
    /// Local time, `2020-06-29 18:08:25`.
    pub stamp: String,
    /// Level.
    pub level: LogLevel,
    /// Component.
    pub component: String,
    /// Message.
    pub message: String,
    /// A later line has an earlier time: this one is from before the clocks were set back.
    pub is_before_a_step_back: bool,
}

impl Logs {
    /// Sets the path of the log, once; `None` if there is none.
    pub fn configure(&self, path: Option<PathBuf>) {
        // A second call in one process changes nothing.
        let _ = self.path.set(path);
    }

    /// The current log file, if any.
    pub fn path(&self) -> Option<&PathBuf> {
        self.path.get()?.as_ref()
    }
}

impl LogLineParts {
    /// The instant of the line, whose local time comes twice when the clocks are set back in autumn. `now_ms`: when it is read.
    #[must_use]
    pub fn instant(&self, zone: &jiff::tz::TimeZone, now_ms: i64) -> Option<i64> {
        repeated::instant(&self.stamp, self.is_before_a_step_back, zone, now_ms)
    }
}

impl LogItem {
    pub(crate) fn new(at: Cursor, file: &str, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let line = visible(&without_secrets(text.trim_end_matches(['\r', '\n'])));
        let parts = LogLine::parse(&line).map(|parts| LogLineParts {
            stamp: parts.stamp.to_owned(),
            level: parts.level,
            component: parts.component.to_owned(),
            message: parts.message.to_owned(),
            is_before_a_step_back: false,
        });
        Self { at, file: file.to_owned(), line, parts }
    }
}
