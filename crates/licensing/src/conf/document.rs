//! The file as bytes and lines. Nothing is normalized: unedited parts stay as they were, byte for byte.

mod line;
mod set;

pub(crate) use line::first_line;
pub use line::{ConfLine, LineKind};
pub use set::{ConfEdit, SetError};

use std::ops::Range;

use line::Lines;

/// The UTF-8 byte order mark.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A conf file of any bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    bytes: Vec<u8>,
}

/// A value and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocatedValue<'a> {
    /// The value without surrounding blanks.
    pub value: &'a [u8],
    /// Its line, from 1.
    pub line: usize,
}

/// One entry (`KEY = value`) with the section it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct ConfEntry<'a> {
    pub section: &'a [u8],
    pub key: &'a [u8],
    pub value: &'a [u8],
    pub line: usize,
    /// Position of the value in the file.
    pub at: Range<usize>,
}

impl Document {
    /// Accepts any bytes; unknown lines are kept as they are.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Document {
        Document { bytes: bytes.into() }
    }

    /// The whole file.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The number of lines; a last line without an ending counts.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines().count()
    }

    /// The lines in order. A byte order mark at the start belongs to no line.
    pub fn lines(&self) -> impl Iterator<Item = ConfLine<'_>> {
        self.scan()
    }

    /// The value of a key. Section and key match without regard to ASCII case; repeated sections count as one;
    /// the last occurrence of the key is the one that counts.
    #[must_use]
    pub fn get(&self, section: &str, key: &str) -> Option<LocatedValue<'_>> {
        let entry = self.matching(section, key).last()?;
        Some(LocatedValue { value: entry.value, line: entry.line })
    }

    /// The lines of a key; the last is the one that counts.
    #[must_use]
    pub fn occurrences(&self, section: &str, key: &str) -> Vec<usize> {
        self.matching(section, key).map(|entry| entry.line).collect()
    }

    /// Sets a value, replacing only its bytes; a missing key gets a new line after the last entry of its section.
    /// Setting the same value changes nothing.
    ///
    /// # Errors
    /// If the value would not read back the same, or the section or key is invalid.
    pub fn set(&mut self, section: &str, key: &str, value: &str) -> Result<ConfEdit, SetError> {
        set::set(self, section, key, value)
    }

    /// The entries in order, with their sections.
    pub(crate) fn entries(&self) -> impl Iterator<Item = ConfEntry<'_>> {
        let mut section: &[u8] = b"";
        self.scan().filter_map(move |line| match line.kind {
            LineKind::Section(name) => {
                section = name;
                None
            }
            LineKind::Entry { key, value } => {
                Some(ConfEntry { section, key, value, line: line.number, at: line.value_at })
            }
            _ => None,
        })
    }

    fn matching<'a, 'n>(&'a self, section: &'n str, key: &'n str) -> impl Iterator<Item = ConfEntry<'a>> + use<'a, 'n> {
        self.entries().filter(move |entry| {
            entry.section.eq_ignore_ascii_case(section.as_bytes()) && entry.key.eq_ignore_ascii_case(key.as_bytes())
        })
    }

    fn scan(&self) -> Lines<'_> {
        Lines::of(&self.bytes)
    }

    fn splice(&mut self, at: Range<usize>, bytes: &[u8]) {
        self.bytes.splice(at, bytes.iter().copied());
    }

    /// The most common line ending: `\r\n` or `\n`.
    pub(crate) fn dominant_ending(&self) -> &'static str {
        let (mut with_return, mut without) = (0_usize, 0_usize);
        for line in self.scan() {
            match line.ending {
                b"\r\n" => with_return += 1,
                b"\n" => without += 1,
                _ => {}
            }
        }
        if with_return > without { "\r\n" } else { "\n" }
    }
}

#[cfg(test)]
mod tests;
