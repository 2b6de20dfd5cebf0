//! Reading `license.log` and the files of earlier starts: from the end, in blocks, whatever their size. All of it blocks: call it
//! where that does no harm.

mod backward;
mod context;
mod cursor;
mod files;
mod forward;
mod page;
mod query;
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

/// A line that is longer is taken for several, bytes.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Why the log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// `license_log` is off.
    #[error("No log file is written: license_log is off. Set it to a path, or remove it, and start Leasehold again.")]
    Off,
    /// The file system says no.
    #[error("The log {path} cannot be read: {source}. See whether its folder is there and this user may read it.")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Where the log files are.
#[derive(Debug, Default)]
pub struct Logs {
    path: OnceLock<Option<PathBuf>>,
}

/// One line, without secrets, and with everything in it visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogItem {
    /// Where it stands, for good: also when the file moves up.
    pub at: Cursor,
    /// Name of its file now.
    pub file: String,
    /// The whole line.
    pub line: String,
    /// What it says, when it has the form of the log.
    pub parts: Option<LogLineParts>,
}

/// A line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLineParts {
    /// Local time, `2020-06-29 18:08:25`.
    pub stamp: String,
    /// How pressing it is.
    pub level: LogLevel,
    /// Which part of the program speaks.
    pub component: String,
    /// What it says.
    pub message: String,
}

impl Logs {
    /// Says where the log is, once; `None` when there is none.
    pub fn configure(&self, path: Option<PathBuf>) {
        // A second time in one process changes nothing.
        let _ = self.path.set(path);
    }

    /// The file that is written now; none when there is none.
    pub fn path(&self) -> Option<&PathBuf> {
        self.path.get()?.as_ref()
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
        });
        Self { at, file: file.to_owned(), line, parts }
    }
}
