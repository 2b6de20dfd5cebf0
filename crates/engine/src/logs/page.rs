//! One page of lines, newest first, over all files.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use licensing::log_line::{STAMP, begins_with_stamp};

use super::backward::Backward;
use super::files::{LogFile, find, open};
use super::repeated::Lowest;
use super::{Cursor, LogItem, LogQuery, Logs, LogsError};

/// Maximum bytes searched for one page; the result says how far it got.
pub(super) const MOST: u64 = 64 * 1024 * 1024;
/// Precision of a search by time, bytes.
const NEAR: u64 = 64 * 1024;
/// Days by which lines may be out of order after a clock was set back.
const SLACK_DAYS: i64 = 1;

/// One page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPage {
    /// Newest first.
    pub items: Vec<LogItem>,
    /// Where to continue; `None` at the end.
    pub next: Option<Cursor>,
    /// Bytes searched.
    pub looked: u64,
    /// The search stopped at its maximum before the page was full.
    pub stopped: bool,
    /// Local time of the oldest line searched.
    pub back_to: Option<String>,
    /// The position to continue from is gone: its file was removed.
    pub gone: bool,
}

impl Logs {
    /// At most `limit` matching lines, before a position or from the end.
    ///
    /// # Errors
    /// [`LogsError`]
    pub fn page(&self, query: &LogQuery, before: Option<&Cursor>, limit: usize) -> Result<LogPage, LogsError> {
        let files = self.files()?;
        let mut page = LogPage::default();
        let first = match before {
            None => 0,
            Some(place) => match find(&files, place.file) {
                Some(index) => index,
                None => return Ok(LogPage { gone: true, ..page }),
            },
        };
        let mut lowest = match before {
            Some(place) => Lowest::from(&files[first], place.offset)
                .map_err(|source| LogsError::Io { path: files[first].path.display().to_string(), source })?,
            None => Lowest::default(),
        };
        for (index, file) in files.iter().enumerate().skip(first) {
            let end = before.filter(|_| index == first).map_or(file.size, |place| place.offset.min(file.size));
            let older = index + 1 < files.len();
            let done = one_file(file, end, query, limit, older, (&mut page, &mut lowest))
                .map_err(|source| LogsError::Io { path: file.path.display().to_string(), source })?;
            if done {
                break;
            }
        }
        Ok(page)
    }
}

/// Adds matching lines of one file; returns whether the page is complete.
fn one_file(
    of: &LogFile,
    end: u64,
    query: &LogQuery,
    limit: usize,
    older: bool,
    (page, lowest): (&mut LogPage, &mut Lowest),
) -> io::Result<bool> {
    let latest = query.to.as_ref().map(|to| to.days_later(SLACK_DAYS));
    let earliest = query.from.as_ref().map(|from| from.days_later(-SLACK_DAYS));
    if latest.as_ref().zip(of.began.as_ref()).is_some_and(|(latest, began)| began > latest) {
        return Ok(false);
    }
    let file = open(&of.path)?;
    let end = match &latest {
        Some(latest) => end.min(end_of(&file, end, latest)?),
        None => end,
    };
    let mut lines = Backward::new(file, end);
    while let Some((offset, line)) = lines.line()? {
        page.looked += line.len() as u64 + 1;
        let mut is_before_a_step_back = false;
        if begins_with_stamp(line) {
            let stamp = String::from_utf8_lossy(&line[..STAMP]);
            if earliest.as_ref().is_some_and(|earliest| *stamp < *earliest.as_str()) {
                return Ok(true);
            }
            is_before_a_step_back = lowest.step(&stamp);
            page.back_to = Some(stamp.into_owned());
        }
        if !line.is_empty() && query.wants(line) {
            let mut item = LogItem::new(Cursor { file: of.id, offset }, &of.name, line);
            if let Some(parts) = &mut item.parts {
                parts.is_before_a_step_back = is_before_a_step_back;
            }
            page.items.push(item);
        }
        let full = page.items.len() >= limit;
        if full || page.looked >= MOST {
            page.stopped = !full;
            page.next = (offset > 0 || older).then_some(Cursor { file: of.id, offset });
            return Ok(true);
        }
    }
    Ok(false)
}

/// An offset in the file after which every line is later than `latest`.
fn end_of(file: &File, end: u64, latest: &str) -> io::Result<u64> {
    let (mut low, mut high) = (0, end);
    let mut block = vec![0; usize::try_from(NEAR).map_err(io::Error::other)?];
    while high - low > NEAR {
        let middle = low + (high - low) / 2;
        let length = file.read_at(&mut block, middle)?;
        match first_stamp(&block[..length]) {
            Some((at, stamp)) if stamp > latest && middle + at < high => high = middle + at,
            _ => low = middle,
        }
    }
    Ok(high)
}

/// The first line in here that has a time.
fn first_stamp(block: &[u8]) -> Option<(u64, &str)> {
    let mut begins = block.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let at = begins.find(|at| begins_with_stamp(&block[*at..]))?;
    Some((at as u64, std::str::from_utf8(&block[at..at + STAMP]).ok()?))
}
