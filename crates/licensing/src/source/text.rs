//! Lines of foreign texts, whatever their encoding.

use std::borrow::Cow;

/// The longest name that is kept, characters.
const LONGEST_NAME: usize = 200;

/// The lines without their ends, numbered from 1. A mark at the beginning and carriage returns are left out.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.split(|byte| *byte == b'\n').enumerate().map(|(at, line)| (at + 1, decode(line)))
}

/// One line: UTF-8, or what the old encodings of western Europe have in common. A character that was cut off in a line
/// of UTF-8 becomes the replacement character.
fn decode(line: &[u8]) -> Cow<'_, str> {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
    let line = &line[..end];
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if has_utf8_beyond_ascii(line) => Cow::Owned(String::from_utf8_lossy(line).into_owned()),
        Err(_) => Cow::Owned(line.iter().map(|byte| char::from(*byte)).collect()),
    }
}

fn has_utf8_beyond_ascii(line: &[u8]) -> bool {
    line.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}

/// A name from outside: without control characters, of limited length.
pub(super) fn name(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

/// The words of a text, separated by blanks and tabs.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split_ascii_whitespace().collect()
}

/// The number at the beginning, and what follows it.
pub(super) fn leading_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}
