//! The text as the parts below read it: lines without the blanks around them, numbered as they came.

use super::{TextError, text::LARGEST};

/// One line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextLine<'a> {
    /// Counted from 1, blank lines included.
    pub(super) number: usize,
    /// Without the blanks around it.
    pub(super) text: &'a str,
}

/// What a terminal or a mail program may have put before the license.
fn preface(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("<<")
}

/// The lines, without a byte order mark, line ends of any kind, blank lines, and what stands before the license.
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
