use crate::conf::document::{BOM, Document};

/// The text of a file in an editor: no byte order mark, line endings `\n`, and U+FFFD for each run of bytes that can't
/// be shown (not UTF-8, or controls other than tab and line endings).
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    let document = Document::parse(bytes);
    let mut text = String::with_capacity(bytes.len());
    for line in document.lines() {
        show(line.bytes, &mut text);
        if !line.ending.is_empty() {
            text.push('\n');
        }
    }
    text
}

/// The text of a file for a program: as [`shown`], but with byte order mark and line endings unchanged, so that
/// sending it back with [`super::TextOrigin::Exact`] changes nothing.
#[must_use]
pub fn exact(bytes: &[u8]) -> String {
    let document = Document::parse(bytes);
    let mut text = String::with_capacity(bytes.len());
    if bytes.starts_with(BOM) {
        text.push('\u{feff}');
    }
    for line in document.lines() {
        show(line.bytes, &mut text);
        text.push_str(str::from_utf8(line.ending).unwrap_or_default());
    }
    text
}

/// One line without its ending, as [`shown`] shows it.
pub(crate) fn printable(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    show(line, &mut text);
    text
}

/// Whether [`shown`] shows all of a line.
pub(super) fn is_printable(line: &[u8]) -> bool {
    str::from_utf8(line).is_ok_and(|text| !text.chars().any(hidden))
}

fn show(line: &[u8], text: &mut String) {
    let mut in_run = false;
    let mut mark = |text: &mut String, run: bool| {
        if run && !in_run {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        in_run = run;
    };
    for chunk in line.utf8_chunks() {
        for character in chunk.valid().chars() {
            mark(text, hidden(character));
            if !hidden(character) {
                text.push(character);
            }
        }
        if !chunk.invalid().is_empty() {
            mark(text, true);
        }
    }
}

pub(super) fn hidden(character: char) -> bool {
    character.is_control() && character != '\t'
}
