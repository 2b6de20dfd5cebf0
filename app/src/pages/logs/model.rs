//! What the page of the log shows.

use crate::request::Tone;

/// The log, filtered; or one line among its neighbours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogsPage {
    pub filter: LogsFilter,
    /// What is wrong with the filter: name of the field, and a sentence.
    pub refused: Vec<(String, String)>,
    /// Newest first.
    pub lines: Vec<LogRow>,
    /// Where the older lines are: the value of `?before=`.
    pub older: Option<String>,
    /// How far was looked, when that is worth saying.
    pub looked: Option<Looked>,
    /// What was asked for is no longer there.
    pub gone: bool,
    /// The files, the one that is written now first.
    pub files: Vec<LogFileRow>,
    /// What is written: "Errors only are written: LOGGING_VERBOSITY is 1."
    pub verbosity: String,
    /// Whether a setting of the conf file decides that.
    pub verbosity_is_set_there: bool,
    /// Why there is nothing to show: no log is written, or it cannot be read.
    pub trouble: Option<Trouble>,
    /// Where this page is reached by a browser, for links to carry elsewhere.
    pub origin: String,
}

/// Why there is no log to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// It is turned off.
    Off(String),
    /// It cannot be read.
    Failed(String),
}

/// How far a page looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    /// "64 MB"
    pub size: String,
    /// The oldest line it looked at, local time.
    pub back_to: Option<String>,
}

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsFilter {
    /// `debug`, `info`, `warn` or `error`: at least.
    pub level: String,
    pub component: String,
    pub from: String,
    pub to: String,
    pub q: String,
    /// Older than this place.
    pub before: String,
    /// This line among its neighbours.
    pub at: String,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRow {
    /// Its place, for a link.
    pub at: String,
    /// Name of its file.
    pub file: String,
    /// "Sunday, 22 November 2026"; empty when the line has no time.
    pub day: String,
    /// "07:24:16"
    pub time: String,
    /// `2026-11-22T07:24:16`, local.
    pub machine_time: String,
    /// In capital letters; empty when the line has none.
    pub level: String,
    pub component: String,
    pub message: String,
    /// More of the message than is shown, characters.
    pub cut: usize,
    /// The whole line, to copy.
    pub line: String,
    /// The line that was asked for.
    pub marked: bool,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFileRow {
    pub name: String,
    pub id: String,
    pub size: String,
    /// Local time of the first line.
    pub began: Option<String>,
    pub written_ms: i64,
}

impl LogRow {
    /// How pressing it is.
    pub fn tone(&self) -> Tone {
        match self.level.as_str() {
            "ERROR" | "FATAL" => Tone::Danger,
            "WARN" => Tone::Warning,
            "INFO" => Tone::Info,
            _ => Tone::Neutral,
        }
    }
}
