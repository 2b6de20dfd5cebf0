use std::ops::Range;

use super::BOM;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfLine<'a> {
    /// Number, from 1.
    pub number: usize,
    /// The line without its ending.
    pub bytes: &'a [u8],
    /// `\n`, `\r\n`, or empty if the last line has none.
    pub ending: &'a [u8],
    /// Its kind.
    pub kind: LineKind<'a>,
    /// Offset of `bytes` in the file.
    pub(crate) start: usize,
    /// Position of an entry's value in the file; meaningless for other lines.
    pub(crate) value_at: Range<usize>,
}

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind<'a> {
    /// `[name]`: the text up to the first `]`, without the blanks around it.
    Section(&'a [u8]),
    /// `KEY = value`, both without surrounding blanks. There are no comments after a value.
    Entry {
        /// ASCII letters, digits, `_`, `-` and `.`.
        key: &'a [u8],
        /// Any bytes.
        value: &'a [u8],
    },
    /// Starts with `#` or `;`.
    Comment,
    /// Nothing but white space.
    Blank,
    /// Anything else: kept, without effect.
    Junk,
}

impl ConfLine<'_> {
    /// Offset of the next line in the file.
    pub(crate) fn end(&self) -> usize {
        self.start + self.bytes.len() + self.ending.len()
    }
}

/// Walks the lines of a file.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    next: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    /// Starts after the byte order mark, if any.
    pub(crate) fn of(bytes: &'a [u8]) -> Lines<'a> {
        Lines { bytes, next: if bytes.starts_with(BOM) { BOM.len() } else { 0 }, number: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = ConfLine<'a>;

    fn next(&mut self) -> Option<ConfLine<'a>> {
        let start = self.next;
        let (bytes, ending) = first_line(&self.bytes[start..])?;
        self.next = start + bytes.len() + ending.len();
        self.number += 1;
        let (kind, value) = classify(bytes);
        let value_at = start + value.start..start + value.end;
        Some(ConfLine { number: self.number, bytes, ending, kind, start, value_at })
    }
}

/// The first line of `bytes` and its ending; `None` when there are no bytes left.
pub(crate) fn first_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let Some(newline) = bytes.iter().position(|byte| *byte == b'\n') else {
        return Some((bytes, &[]));
    };
    let content = bytes[..newline].strip_suffix(b"\r").unwrap_or(&bytes[..newline]);
    Some((content, &bytes[content.len()..=newline]))
}

/// The kind of a line, and the position of an entry's value in it.
fn classify(bytes: &[u8]) -> (LineKind<'_>, Range<usize>) {
    let rest = trim_start(bytes);
    let kind = match rest.first() {
        _ if rest.trim_ascii().is_empty() => LineKind::Blank,
        Some(b'#' | b';') => LineKind::Comment,
        Some(b'[') => match rest.iter().position(|byte| *byte == b']') {
            Some(close) => LineKind::Section(trim(&rest[1..close])),
            None => LineKind::Junk,
        },
        _ => return entry(bytes).unwrap_or((LineKind::Junk, 0..0)),
    };
    (kind, 0..0)
}

fn entry(bytes: &[u8]) -> Option<(LineKind<'_>, Range<usize>)> {
    let equals = bytes.iter().position(|byte| *byte == b'=')?;
    let key = trim(&bytes[..equals]);
    if !is_key(key) {
        return None;
    }
    let behind = &bytes[equals + 1..];
    let value = trim(behind);
    // An empty value is at the end of the line, after the blanks.
    let start = bytes.len() - trim_start(behind).len();
    Some((LineKind::Entry { key, value }, start..start + value.len()))
}

/// Whether these bytes can be a key.
pub(super) fn is_key(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Without the spaces and tabs at either end.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let bytes = trim_start(bytes);
    let end = bytes.iter().rposition(|byte| !blank(*byte)).map_or(0, |last| last + 1);
    &bytes[..end]
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !blank(*byte)).unwrap_or(bytes.len());
    &bytes[start..]
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
