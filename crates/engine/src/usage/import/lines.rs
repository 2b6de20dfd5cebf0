//! The lines of a file in the order of their days. The text stays on disk.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use licensing::usage::interchange;
use licensing::usage::{Span, UsageLine, day_of};

use super::Imported;
use crate::usage::files;

/// Longest line, bytes: more than all its fields may have together.
const LONGEST: usize = 16 * 1024;
/// Read at a time, bytes; at least the longest line.
const WINDOW: usize = 2 * LONGEST;
/// Bits of a place within the file. The other bits of an entry are its day.
const PLACE_BITS: u32 = 32;
/// Before the first line of some files.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const _: () = assert!(super::MOST_BYTES < 1 << PLACE_BITS);

/// A file whose lines were read once.
pub(super) struct ScannedFile {
    file: File,
    /// Day and place of each line that can be taken, in order.
    entries: Vec<u64>,
    window: Vec<u8>,
    window_at: u64,
    text: Vec<u8>,
}

/// The lines of one UTC day.
pub(super) struct DayOfFile {
    pub number: i64,
    /// Which of the lines, in the order of the file.
    pub lines: Range<usize>,
}

/// A line as a data file has it.
pub(super) struct StoredLine<'a> {
    pub text: &'a str,
    pub span: Span,
}

/// Reads all lines and refuses those that can't be taken.
pub(super) fn scan(mut file: File, removed: &HashSet<i64>, told: &mut Imported) -> io::Result<ScannedFile> {
    file.rewind()?;
    let mut reader = BufReader::with_capacity(WINDOW, &file);
    let mut entries = Vec::new();
    let (mut line, mut at, mut number) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let most = LONGEST as u64 + 1;
        let read = reader.by_ref().take(most).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            break;
        }
        let begins = at;
        at += read;
        number += 1;
        if read == most && line.last() != Some(&b'\n') {
            at += skip_line(&mut reader)?;
            told.refuse(number, format!("Longer than {} KB", LONGEST / 1024));
            continue;
        }
        let text = content(&line, begins);
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let Ok(text) = std::str::from_utf8(text) else {
            told.refuse(number, "Not UTF-8 text");
            continue;
        };
        match interchange::read(text) {
            Ok(line) if removed.contains(&day_of(line.from)) => told.refuse(
                number,
                format!(
                    "The data file of {} was removed for its age, so the server can't tell whether it has this one already",
                    files::name(day_of(line.from))
                ),
            ),
            Ok(line) => entries.push(day_of(line.from).unsigned_abs() << PLACE_BITS | begins),
            Err(refusal) => told.refuse(number, refusal),
        }
    }
    entries.sort_unstable();
    Ok(ScannedFile { file, entries, window: Vec::new(), window_at: 0, text: Vec::new() })
}

/// Skips the rest of a line; returns its length with its end.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let bytes = reader.fill_buf()?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(bytes.len(), |end| end + 1);
        reader.consume(length);
        skipped += length as u64;
        if end.is_some() || length == 0 {
            return Ok(skipped);
        }
    }
}

/// A line without its end, and without the mark before the first.
fn content(line: &[u8], at: u64) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if at == 0 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line }
}

impl ScannedFile {
    /// The days of its lines.
    pub fn days(&self) -> Vec<DayOfFile> {
        let day = |entry: &u64| entry >> PLACE_BITS;
        let mut from = 0;
        let of_day = |lines: &[u64]| {
            let of = DayOfFile { number: day(&lines[0]).cast_signed(), lines: from..from + lines.len() };
            from += lines.len();
            of
        };
        self.entries.chunk_by(|a, b| day(a) == day(b)).map(of_day).collect()
    }

    /// One of its lines.
    pub fn line(&mut self, number: usize) -> io::Result<StoredLine<'_>> {
        let at = self.entries[number] & ((1 << PLACE_BITS) - 1);
        let begins = self.find(at)?;
        let rest = &self.window[begins..];
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = content(&rest[..end], at);
        let unread = || io::Error::new(io::ErrorKind::InvalidData, "the file changed while it was read");
        let line = std::str::from_utf8(line).map_err(|_| unread())?;
        let line: UsageLine<'_> = interchange::read(line).map_err(|_| unread())?;
        self.text.clear();
        line.write(&mut self.text);
        let span = Span { from: line.from, to: super::end(&line) };
        Ok(StoredLine { text: std::str::from_utf8(&self.text).map_err(|_| unread())?, span })
    }

    /// Where in the window the line at this place begins; the whole line is in it.
    fn find(&mut self, at: u64) -> io::Result<usize> {
        let within = at.checked_sub(self.window_at).and_then(|begins| usize::try_from(begins).ok());
        if let Some(begins) = within.filter(|begins| *begins < self.window.len())
            && self.window[begins..].contains(&b'\n')
        {
            return Ok(begins);
        }
        self.window.resize(WINDOW, 0);
        self.window_at = at;
        let mut read = 0;
        while read < WINDOW {
            match self.file.read_at(&mut self.window[read..], at + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.window.truncate(read);
        Ok(0)
    }
}
