//! The text as numbered, trimmed lines.

use super::{TextError, read};
use crate::pasted::{CarriedLine, LINE, WrappedAt, carried, widest};

/// One line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextLine<'a> {
    /// Counted from 1, blank lines included.
    pub(super) number: usize,
    /// Trimmed.
    pub(super) text: &'a str,
}

impl<'a> TextLine<'a> {
    fn new(number: usize, text: &'a str) -> Result<TextLine<'a>, TextError> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            Err(TextError::NotText { line: number })
        } else {
            Ok(Self { number, text })
        }
    }
}

/// Prefixes that a terminal or mail program may have added.
fn preface(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("<<")
}

/// The lines as they are, without blank lines and comments before the license.
pub(super) fn lines(text: &str) -> Result<Vec<TextLine<'_>>, TextError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if line.trim().is_empty() || (lines.is_empty() && preface(line.trim())) {
            continue;
        }
        lines.push(TextLine::new(index + 1, line)?);
    }
    if lines.is_empty() { Err(TextError::Empty) } else { Ok(lines) }
}

/// The same of lines that were restored.
pub(super) fn of(lines: &[CarriedLine]) -> Result<Vec<TextLine<'_>>, TextError> {
    lines.iter().map(|line| TextLine::new(line.number, &line.text)).collect()
}

/// The license in a text from a mail, its broken lines joined; none if no license begins in it.
pub(super) fn found(text: &str, wrapped: WrappedAt) -> Vec<CarriedLine> {
    let lines = carried(text, |line| line == "KEYSEC");
    if lines.is_empty() { words(carried(text, read::begins_words)) } else { keys(lines, wrapped) }
}

/// The older form. What stands after a section and is no part of one is what a mail program or a person added.
fn keys(lines: Vec<CarriedLine>, wrapped: WrappedAt) -> Vec<CarriedLine> {
    // A mail's own lines say nothing about the license's: an address of the web is never broken.
    let end = lines.iter().position(|line| line.text.trim() == "SIGNEND").unwrap_or(lines.len());
    let widest = widest(&lines[..end]);
    let mut kept: Vec<CarriedLine> = Vec::new();
    let mut before = String::new();
    let mut ended = false;
    for line in lines.into_iter().filter(|line| !line.text.trim().is_empty()) {
        let text = line.text.trim();
        let item = read::is_marker(text) || begins_key(text);
        match kept.last_mut() {
            // A second license is not left out in silence.
            _ if ended && text != "KEYSEC" => continue,
            Some(last) if !item && matches!(last.text.trim(), "KEYEND" | "PRODEND") => continue,
            Some(last) if !item && !read::is_marker(last.text.trim()) && broken(&before, text) => {
                let end = last.text.trim_end().len();
                last.text.truncate(end);
                last.text.push_str(wrapped.gap(&before, &line.text, widest));
                last.text.push_str(text);
                before = line.text;
            }
            _ => {
                ended |= text == "SIGNEND";
                before.clone_from(&line.text);
                kept.push(line);
            }
        }
    }
    kept
}

/// The newer form, up to a line of signs as mails have it above a signature.
fn words(lines: Vec<CarriedLine>) -> Vec<CarriedLine> {
    let rule = |text: &str| text.len() > 1 && text.chars().all(|c| matches!(c, '-' | '_' | '=' | '*'));
    let lines = lines.into_iter().filter(|line| !line.text.trim().is_empty());
    lines.take_while(|line| !rule(line.text.trim())).collect()
}

/// `K_NAME`, `P_NAME`, `S_NAME`: no piece of a value looks so.
fn begins_key(text: &str) -> bool {
    matches!(text.as_bytes(), [b'K' | b'P' | b'S', b'_', b'A'..=b'Z', ..])
}

/// Whether `text` may have been moved to a line of its own because the line before it was full.
fn broken(before: &str, text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    before.trim().chars().count() + 1 + word.chars().count() > LINE
}

/// What is signed: the lines with one LF after each.
pub(super) fn joined(lines: &[TextLine<'_>]) -> String {
    lines.iter().flat_map(|line| [line.text, "\n"]).collect()
}
