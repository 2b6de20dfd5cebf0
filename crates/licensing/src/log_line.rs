//! One line of `license.log`: local date and time, level, component, message. Written and parsed only here.
//!
//! `2020-06-29 18:08:25 ERROR VE       Failed to connect with the license server!`

mod redact;
mod secrets;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::plain_text::breaks_a_line;

pub use redact::{RedactedKind, Redactor};
pub use secrets::{HIDDEN, without_secrets};

/// Length of the local date and time at the start of a line, bytes: `2020-06-29 18:08:25`.
pub const STAMP: usize = 19;
/// Width of the level (`INFO ` and `ERROR` are aligned).
const LEVEL_WIDTH: usize = 5;
/// Width of the component.
const COMPONENT_WIDTH: usize = 8;
/// A longer first word is not a component but the beginning of the message, bytes.
const LONGEST_COMPONENT: usize = 16;

/// Levels, least severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Every step, for debugging Leasehold itself.
    Trace,
    /// Details.
    Debug,
    /// Normal events.
    Info,
    /// Needs attention.
    Warn,
    /// Needs action.
    Error,
    /// Ended the program: written only by other programs.
    Fatal,
}

impl LogLevel {
    /// All, least severe first.
    pub const ALL: [LogLevel; 6] =
        [LogLevel::Trace, LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error, LogLevel::Fatal];

    /// The word in the file, in addresses and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Trace => "TRACE",
            LogLevel::Debug => "DEBUG",
            LogLevel::Info => "INFO",
            LogLevel::Warn => "WARN",
            LogLevel::Error => "ERROR",
            LogLevel::Fatal => "FATAL",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Unknown level. Use trace, debug, info, warn, error or fatal.")]
pub struct LevelError;

impl FromStr for LogLevel {
    type Err = LevelError;

    fn from_str(input: &str) -> Result<LogLevel, LevelError> {
        let word = input.trim();
        if word.eq_ignore_ascii_case("warning") {
            return Ok(LogLevel::Warn);
        }
        LogLevel::ALL.into_iter().find(|level| word.eq_ignore_ascii_case(level.as_str())).ok_or(LevelError)
    }
}

/// A parsed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// Local date and time, `2020-06-29 18:08:25`. Later lines have later times, except when a clock is set back.
    pub stamp: &'a str,
    /// Level.
    pub level: LogLevel,
    /// Component, in capital letters; may be empty.
    pub component: &'a str,
    /// The rest.
    pub message: &'a str,
}

impl<'a> LogLine<'a> {
    /// Reads a line. Any number of blanks may separate the parts, as versions of the vendor's program differ.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<LogLine<'a>> {
        let stamp = stamp_of(line.as_bytes()).and_then(|()| line.get(..STAMP))?;
        let rest = line.get(STAMP..)?;
        if !rest.starts_with(' ') {
            return None;
        }
        let (level, rest) = word(rest.trim_start_matches(' '));
        let level = LogLevel::ALL.into_iter().find(|known| known.as_str() == level)?;
        let rest = rest.trim_start_matches(' ').trim_end_matches(['\r', '\n']);
        let (component, message) = word(rest);
        if is_component(component) {
            Some(LogLine { stamp, level, component, message: message.trim_start_matches(' ') })
        } else {
            Some(LogLine { stamp, level, component: "", message: rest })
        }
    }

    /// The line without a line break, with invisible characters of the message escaped.
    #[must_use]
    pub fn write(&self) -> String {
        let Self { stamp, level, component, message } = self;
        format!("{stamp} {level:<LEVEL_WIDTH$} {component:<COMPONENT_WIDTH$} {}", visible(message))
    }
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(' ').unwrap_or(text.len()))
}

fn is_component(word: &str) -> bool {
    word.len() <= LONGEST_COMPONENT
        && word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'))
}

/// Whether a line begins with a local date and time.
#[must_use]
pub fn begins_with_stamp(line: &[u8]) -> bool {
    stamp_of(line).is_some()
}

/// `Some` if `line` begins with a valid date and time.
fn stamp_of(line: &[u8]) -> Option<()> {
    let stamp: &[u8; STAMP] = line.first_chunk()?;
    let shape = stamp.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        10 => *byte == b' ',
        13 | 16 => *byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let two = |at: usize| (stamp[at] - b'0') * 10 + (stamp[at + 1] - b'0');
    let can_be = |at: usize, from: u8, to: u8| (from..=to).contains(&two(at));
    // Second 60 is a leap second.
    (shape && can_be(5, 1, 12) && can_be(8, 1, 31) && can_be(11, 0, 23) && can_be(14, 0, 59) && can_be(17, 0, 60))
        .then_some(())
}

/// Escapes invisible characters and direction marks: line breaks, terminal codes, other controls.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // Line and paragraph separators, direction marks, the byte order mark.
            hidden if breaks_a_line(hidden) || hidden == '\u{FEFF}' => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(hidden)));
            }
            seen => shown.push(seen),
        }
    }
    shown
}
