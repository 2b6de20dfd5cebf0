//! The text as numbered, trimmed lines.

use super::{TextError, text::LARGEST};

/// One line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextLine<'a> {
    /// Counted from 1, blank lines included.
    pub(super) number: usize,
    /// Trimmed.
    pub(super) text: &'a str,
}

/// Prefixes that a terminal or mail program may have added.
fn preface(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("<<")
}

/// The lines, without byte order mark, line ends, blank lines, and text before the license.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<TextLine<'_>>, TextError> {
    if bytes.len() > LARGEST {
        return Err(TextError::TooLong { bytes: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        TextError::NotText { line: before.filter(|byte| **byte == b'\n').count() + 1 }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = TextLine { number: index + 1, text: line.trim() };
        if line.text.is_empty() || (lines.is_empty() && preface(line.text)) {
            continue;
        }
        if line.text.chars().any(char::is_control) {
            return Err(TextError::NotText { line: line.number });
        }
        lines.push(line);
    }
    if lines.is_empty() { Err(TextError::Empty) } else { Ok(lines) }
}

/// What is signed: the lines with one LF after each.
pub(super) fn joined(lines: &[TextLine<'_>]) -> String {
    lines.iter().flat_map(|line| [line.text, "\n"]).collect()
}
