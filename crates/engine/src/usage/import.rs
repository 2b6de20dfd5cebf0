//! Check-outs brought in as files: held against what is stored of their days, so that nothing counts twice, then stored in
//! parts like the records of clients.

mod known;
mod lines;
mod upload;

use std::collections::HashSet;
use std::sync::Arc;

use licensing::client_protocol::CheckOutOutcome;
use licensing::plain_text::one_line;
use licensing::usage::{Span, UsageLine, day_of};
use tokio::runtime::Handle;

use self::known::KnownLines;
use self::lines::{ScannedFile, scan};
use super::Usage;
use super::count::GroupChanges;
use super::group::UsageWork;
use super::series::{Series, SeriesIds};
use super::state::{UsageState, Writer};
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::{DatabaseError, Engine};
pub use upload::{ImportFile, MOST_BYTES};

/// Refused lines that are named with their reasons; the others are only counted.
pub const MOST_REASONS: usize = 100;
/// Lines, and days they touch, that are stored at a time.
const PART: usize = 50_000;
/// Longest name of a file that is kept, characters.
const MOST_NAME: usize = 200;

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines that were new, and are stored now.
    pub imported: u64,
    /// Lines that were stored before.
    pub known: u64,
    /// Lines that were not taken.
    pub refused: u64,
    /// The first of these.
    pub reasons: Vec<RefusedLine>,
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Counted from 1.
    pub line: u64,
    pub reason: String,
}

impl Imported {
    fn refuse(&mut self, line: u64, reason: impl ToString) {
        self.refused += 1;
        if self.reasons.len() < MOST_REASONS {
            self.reasons.push(RefusedLine { line, reason: reason.to_string() });
        }
    }
}

/// Lines of data files that are stored at a time.
#[derive(Debug, Default)]
pub(super) struct ImportPart {
    text: String,
    lines: u64,
    /// Lines, and days they touch.
    pub size: usize,
    /// Whether its users are observed: another license daemon tells of them now.
    pub observed: bool,
    now_ms: i64,
}

impl ImportPart {
    fn add(&mut self, line: &str, span: Span) {
        self.text.push_str(line);
        self.lines += 1;
        self.size += 1 + usize::try_from(day_of(span.to) - day_of(span.from)).unwrap_or(0);
    }

    pub fn lines(&self) -> impl Iterator<Item = UsageLine<'_>> {
        self.text.lines().filter_map(UsageLine::parse)
    }
}

/// When the check-out of a line ended, Unix milliseconds.
pub(super) fn end(line: &UsageLine<'_>) -> i64 {
    line.from.saturating_add_unsigned(line.ms.unwrap_or(0))
}

/// The series of lines, each looked up once.
#[derive(Debug, Default)]
pub(super) struct SeriesOfLines {
    known: std::collections::HashMap<Vec<u8>, SeriesIds>,
    names: Vec<u8>,
}

impl SeriesOfLines {
    pub fn of(&mut self, series: &mut Series, line: &UsageLine<'_>) -> SeriesIds {
        self.names.clear();
        for name in [&line.context, &line.deployment, &line.product, &line.client] {
            self.names.extend_from_slice(&name.len().to_le_bytes());
            self.names.extend_from_slice(name.as_bytes());
        }
        if let Some(ids) = self.known.get(&self.names) {
            return *ids;
        }
        let ids = series.of(&line.context, &line.deployment, &line.product, &line.client);
        self.known.insert(self.names.clone(), ids);
        ids
    }
}

impl Writer {
    /// Counts imported lines and adds them to their files. A check-out of several licenses is one check-out, and as many in use.
    pub fn count_import(&mut self, part: &ImportPart, changes: &mut GroupChanges) {
        let seen = changes.seen;
        let mut known = SeriesOfLines::default();
        for line in part.lines() {
            let ids = known.of(&mut self.series, &line);
            let user = self.series.user(&line.user);
            if line.outcome == CheckOutOutcome::Denied {
                self.count_denied(line.from, &line.host, ids, user, changes);
            } else {
                let span = Span { from: line.from, to: end(&line) };
                self.count_taken(ids, user, span.from, line.licenses());
                self.count_span(ids, user, span, line.licenses(), changes);
            }
            self.files.add(&line);
        }
        // What others say of the future doesn't make it known.
        changes.seen = seen.max(changes.seen.min(part.now_ms));
    }
}

impl Engine {
    /// Imports a file of check-outs or denials and records it in the audit log.
    ///
    /// # Errors
    /// [`DatabaseError`]; what was stored until then stays, and is known when the file is imported again.
    pub async fn import_usage(&self, actor: &Actor, name: &str, file: ImportFile) -> Result<Imported, DatabaseError> {
        let (told, outcome) = self.usage.import(file, self.now_ms()).await;
        let name = one_line(name, MOST_NAME);
        let Imported { imported, known, refused, .. } = told;
        let counts = format!("{imported} new, {known} already known, {refused} refused");
        let (sentence, ended) = match &outcome {
            Ok(()) => (format!("Imported usage from {name}: {counts}."), AuditOutcome::Done),
            Err(error) => (format!("Import of usage from {name} stopped ({counts}): {error}."), AuditOutcome::Failed),
        };
        let entry = NewAuditEntry { actor, action: "usage.import", sentence, outcome: ended };
        let recorded = self.audit.record(entry.about(&name)).await;
        outcome?;
        recorded?;
        Ok(told)
    }
}

impl Usage {
    /// Stores the lines of a file that are not stored yet. As often as a line stands in the file, as often it is stored afterwards at
    /// least; lines of days whose data file was removed for its age are refused.
    pub async fn import(&self, file: ImportFile, now_ms: i64) -> (Imported, Result<(), DatabaseError>) {
        self.import_as(file, now_ms, false).await
    }

    /// Imports what another license daemon told: those of its users whose use ended in the current window are observed,
    /// as users of clients are. Nothing of it is locked.
    pub(crate) async fn import_observed(&self, file: ImportFile, now_ms: i64) -> (Imported, Result<(), DatabaseError>) {
        self.import_as(file, now_ms, true).await
    }

    async fn import_as(&self, file: ImportFile, now_ms: i64, observed: bool) -> (Imported, Result<(), DatabaseError>) {
        let state = Arc::clone(&self.inner);
        let turn = Arc::clone(&state.importing).lock_owned().await;
        let file = match file.into_file().await {
            Ok(file) => file,
            Err(error) => return (Imported::default(), Err(error.into())),
        };
        let handle = Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut import = Import { state, handle, now_ms, observed, told: Imported::default() };
            let outcome = import.run(file);
            (import.told, outcome)
        });
        done.await.unwrap_or_else(|_| (Imported::default(), Err(DatabaseError::WorkerCrashed)))
    }
}

/// One import, on a thread that may wait.
struct Import {
    state: Arc<UsageState>,
    handle: Handle,
    now_ms: i64,
    observed: bool,
    told: Imported,
}

impl Import {
    fn run(&mut self, file: std::fs::File) -> Result<(), DatabaseError> {
        let removed = sqlx::query_scalar("SELECT day FROM usage_removed").fetch_all(self.state.store.read());
        let removed: HashSet<i64> = self.handle.block_on(removed)?.into_iter().collect();
        let mut file: ScannedFile = scan(file, &removed, &mut self.told)?;
        let mut part = self.part();
        for day in file.days() {
            let (path, length) = self.handle.block_on(stored(&self.state, day.number))?;
            let mut wanted = KnownLines::default();
            let mut hashes = Vec::with_capacity(day.lines.len());
            for at in day.lines.clone() {
                hashes.push(wanted.want(file.line(at)?.text.as_bytes()));
            }
            wanted.take_away(&path, length)?;
            for (at, hash) in day.lines.zip(hashes) {
                if !wanted.is_missing(hash) {
                    self.told.known += 1;
                    continue;
                }
                let line = file.line(at)?;
                part.add(line.text, line.span);
                if part.size >= PART {
                    self.store(&mut part)?;
                }
            }
        }
        self.store(&mut part)?;
        self.handle.block_on(mark(&self.state, &file, day_of(self.now_ms)))
    }

    fn part(&self) -> ImportPart {
        ImportPart { now_ms: self.now_ms, observed: self.observed, ..ImportPart::default() }
    }

    fn store(&mut self, part: &mut ImportPart) -> Result<(), DatabaseError> {
        let full = std::mem::replace(part, self.part());
        if full.lines == 0 {
            return Ok(());
        }
        let lines = full.lines;
        self.handle.block_on(self.state.ask(|answer| UsageWork::Import(full, answer)))?;
        self.told.imported += lines;
        Ok(())
    }
}

/// A day's file, and how much of it is committed.
pub(super) async fn stored(state: &UsageState, day: i64) -> Result<(std::path::PathBuf, u64), DatabaseError> {
    Ok(sound(state).await?.files.stored(day))
}

/// The state as it is committed: what a commit that failed wrote doesn't count.
pub(super) async fn sound(state: &UsageState) -> Result<tokio::sync::MutexGuard<'_, Writer>, DatabaseError> {
    let mut writer = state.writer.lock().await;
    if !writer.sound {
        writer.read_again(&state.store).await?;
    }
    Ok(writer)
}

/// Remembers when the files of these days were imported into.
async fn mark(state: &UsageState, file: &ScannedFile, today: i64) -> Result<(), DatabaseError> {
    let days = serde_json::Value::from_iter(file.days().iter().map(|day| day.number)).to_string();
    let mut tx = state.store.write().await?;
    sqlx::query("UPDATE usage_files SET imported = ?1 WHERE day IN (SELECT value FROM json_each(?2))")
        .bind(today)
        .bind(days)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}
