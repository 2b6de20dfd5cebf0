//! Stored check-outs and denials as files for other software, a UTC day each.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use licensing::client_protocol::CheckOutOutcome;
use licensing::usage::{UsageLine, day_of, interchange};
use sqlx::FromRow;
use tokio::sync::OwnedSemaphorePermit;

use super::Usage;
use crate::DatabaseError;

/// Sent at a time, bytes.
const PIECE: usize = 64 * 1024;

/// Which records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    CheckOuts,
    Denials,
}

/// A UTC day of which records are stored, or were.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RecordedDay {
    /// Counted from 1970-01-01.
    pub day: i64,
    /// Length of its data file.
    pub bytes: i64,
    /// Its data file was removed for its age; one that is there has only what came in later.
    pub is_removed: bool,
    /// Records that began on it and are locked.
    pub locked: i64,
}

/// The records of a day, in the order of their times, then of their bytes.
#[derive(Debug, Default)]
pub struct ExportedDay {
    text: Vec<u8>,
    /// Time and place of each line.
    lines: Vec<(i64, usize, usize)>,
    head: &'static str,
    sent: usize,
    /// Its text is in memory, so few of them are at a time.
    _turn: Option<OwnedSemaphorePermit>,
}

/// The number of a UTC day, counted from 1970-01-01.
#[must_use]
pub fn number_of(date: Date) -> i64 {
    date.to_zoned(TimeZone::UTC).map_or(0, |day| day_of(day.timestamp().as_millisecond()))
}

/// The name of a day's file: `2026.11.22`.
#[must_use]
pub fn file_name(day: i64) -> String {
    super::files::name(day)
}

impl Usage {
    /// The days of which records are stored, or were, oldest first; both ends belong to the period.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn recorded_days(&self, from: i64, to: i64) -> Result<Vec<RecordedDay>, DatabaseError> {
        sqlx::query_as(
            "SELECT day, committed AS bytes, day IN (SELECT day FROM usage_removed) AS is_removed,
             (SELECT coalesce(sum(h.records - h.opened), 0) FROM locked_headers AS h WHERE h.day = usage_files.day) AS locked
             FROM usage_files WHERE day BETWEEN ?1 AND ?2
             UNION ALL SELECT day, 0, 1, 0 FROM usage_removed WHERE day BETWEEN ?1 AND ?2 AND day NOT IN (SELECT day FROM usage_files)
             ORDER BY 1",
        )
        .bind(from)
        .bind(to)
        .fetch_all(self.inner.store.read())
        .await
    }

    /// The records of a UTC day. Check-outs that are still in use are in none.
    ///
    /// # Errors
    /// [`DatabaseError`], also when the data file can't be read.
    pub async fn export(&self, day: i64, kind: RecordKind) -> Result<ExportedDay, DatabaseError> {
        let turn = Arc::clone(&self.inner.exports).acquire_owned().await.map_err(io::Error::other)?;
        let (path, length) = super::import::stored(&self.inner, day).await?;
        let read = tokio::task::spawn_blocking(move || ExportedDay::read(&path, length, kind)).await;
        let day = read.unwrap_or_else(|crashed| Err(io::Error::other(crashed)))?;
        Ok(ExportedDay { _turn: Some(turn), ..day })
    }
}

impl ExportedDay {
    fn read(path: &Path, length: u64, kind: RecordKind) -> io::Result<Self> {
        let mut day = Self::default();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(day),
            Err(error) => return Err(error),
        };
        let mut reader = BufReader::with_capacity(256 * 1024, file.take(length));
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes)? > 0 {
            let text = String::from_utf8_lossy(&bytes);
            let line = UsageLine::parse(&text);
            let wanted =
                |line: &UsageLine<'_>| (line.outcome == CheckOutOutcome::Denied) == (kind == RecordKind::Denials);
            if let Some(line) = line.filter(wanted) {
                let begins = day.text.len();
                interchange::write(&line, &mut day.text);
                day.lines.push((line.from, begins, day.text.len()));
            }
            bytes.clear();
        }
        let Self { text, lines, .. } = &mut day;
        lines.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| text[a.1..a.2].cmp(&text[b.1..b.2])));
        if kind == RecordKind::CheckOuts && !lines.is_empty() {
            day.head = interchange::HEAD;
        }
        Ok(day)
    }

    /// The next bytes of the file; none at its end.
    pub fn next_piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE + 1024);
        if self.sent == 0 {
            piece.extend_from_slice(self.head.as_bytes());
        }
        while piece.len() < PIECE {
            let Some((_, from, to)) = self.lines.get(self.sent) else { break };
            piece.extend_from_slice(&self.text[*from..*to]);
            self.sent += 1;
        }
        (!piece.is_empty()).then_some(piece)
    }
}
