//! Unlocking: one run at a time, in groups that are counted in one transaction each. One that was interrupted goes on
//! where it was when it is started again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use licensing::locked::HeaderId;
use licensing::monitor::{SignedMonitorDocument, needed};
use tokio::sync::{mpsc, watch};

use super::coverage::{AWAITS_KEYS, Held, HeldError, LockedDay};
use super::read::{DeferredLine, HeaderLines, LockedFileReader, Part};
use super::{Coverage, UnlockError, UnlockProgress, UnlockRequest};
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::usage::file_name;
use crate::usage::sealed::{SealedRecord, lost};
use crate::usage::unlock::{LineSet, LockedDamage, LockedLines};
use crate::{DatabaseError, Engine};

/// Damaged lines that are named.
const MOST_DAMAGE: usize = 100;

/// The run under way, and the last one.
#[derive(Debug, Default)]
pub(crate) struct Unlocking {
    runs: AtomicBool,
    progress: watch::Sender<Option<UnlockProgress>>,
}

/// A run. It ends when it is dropped, whatever happens in it.
struct Run {
    engine: Arc<Engine>,
    actor: Actor,
    has_ended: bool,
}

impl Run {
    fn change(&self, change: impl FnOnce(&mut UnlockProgress)) {
        self.engine.unlocking.progress.send_modify(|progress| change(progress.get_or_insert_default()));
    }

    /// Tells the end. Who learns of it may start the next run at once.
    fn end(&mut self, ended: UnlockProgress) {
        self.has_ended = true;
        let Unlocking { runs, progress } = &self.engine.unlocking;
        progress.send_modify(|progress| {
            runs.store(false, Ordering::Release);
            *progress = Some(ended);
        });
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut progress = self.engine.unlock_progress().unwrap_or_default();
        progress.ended_ms = Some(self.engine.now_ms());
        progress.problem = Some("Unlocking was interrupted. Start it again.".to_owned());
        self.end(progress);
    }
}

impl Engine {
    /// Starts unlocking. What it returns changes as it goes on; `Some` from the beginning.
    ///
    /// # Errors
    /// [`UnlockError`]; nothing is unlocked then.
    pub async fn unlock(
        self: &Arc<Self>,
        actor: &Actor,
        request: UnlockRequest,
    ) -> Result<watch::Receiver<Option<UnlockProgress>>, UnlockError> {
        if self.unlocking.runs.swap(true, Ordering::AcqRel) {
            return Err(UnlockError::Running);
        }
        let begun = self.begin(actor, &request).await;
        let (held, days, skipped) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                self.unlocking.runs.store(false, Ordering::Release);
                return Err(error);
            }
        };
        let progress = UnlockProgress {
            dry_run: request.dry_run,
            by: actor.name.clone(),
            started_ms: self.now_ms(),
            files: days.len() as u64,
            records: days.iter().map(|day| day.file.unopened()).sum(),
            skipped,
            ..UnlockProgress::default()
        };
        self.unlocking.progress.send_replace(Some(progress));
        let run = Run { engine: Arc::clone(self), actor: actor.clone(), has_ended: false };
        tokio::spawn(async move { run.all(Arc::new(held), days, request.dry_run).await });
        Ok(self.unlocking.progress.subscribe())
    }

    /// How far unlocking is, or how it last ended since the start of this server.
    pub fn unlock_progress(&self) -> Option<UnlockProgress> {
        self.unlocking.progress.borrow().clone()
    }

    /// Whether a run is under way.
    pub fn unlocking_runs(&self) -> bool {
        self.unlocking.runs.load(Ordering::Acquire)
    }

    /// The licenses and keys at hand, the files to read, and what was named without having locked records.
    async fn begin(
        &self,
        actor: &Actor,
        request: &UnlockRequest,
    ) -> Result<(Held, Vec<LockedDay>, Vec<String>), UnlockError> {
        let key_file = request.key_file.as_deref().map(SignedMonitorDocument::parse).transpose();
        let key_file = key_file.map_err(|error| UnlockError::KeyFile(error.to_string()))?;
        let held = self.held(key_file.as_ref()).await.map_err(|error| match error {
            HeldError::Document(error) => UnlockError::KeyFile(error.to_string()),
            HeldError::Database(error) => UnlockError::Database(error),
        })?;
        let mut days = self.locked_days(&held).await?;
        let is_without = |pattern: &&String| !days.iter().any(|day| fits(pattern, &day.file.name));
        let skipped: Vec<String> = request.files.iter().filter(is_without).cloned().collect();
        if let Some(first) = skipped.first()
            && skipped.len() == request.files.len()
        {
            let recorded = self.usage.recorded_days(i64::MIN, i64::MAX).await?;
            let names: Vec<String> = recorded.into_iter().map(|day| file_name(day.day)).collect();
            if !skipped.iter().any(|pattern| names.iter().any(|name| fits(pattern, name))) {
                return Err(UnlockError::NoSuchFile(first.clone()));
            }
        }
        days.retain(|day| {
            let named = request.files.iter().any(|pattern| fits(pattern, &day.file.name));
            (named || request.files.is_empty()) && day.file.unopened() > 0
        });
        if !request.dry_run {
            let sentence = match days.len() {
                0 => "Unlocked records: nothing is locked".to_owned(),
                1 => format!("Started to unlock the records of {}", days[0].file.name),
                count => format!(
                    "Started to unlock the records of {count} files, {} to {}",
                    days[0].file.name,
                    days[count - 1].file.name
                ),
            };
            let entry = NewAuditEntry { actor, action: "locked.unlock", sentence, outcome: AuditOutcome::Done };
            self.audit.record(entry).await?;
        }
        Ok((held, days, skipped))
    }
}

impl Run {
    async fn all(mut self, held: Arc<Held>, days: Vec<LockedDay>, dry_run: bool) {
        let began = self.engine.monotonic_ms();
        let names: HashSet<i64> = days.iter().map(|day| day.file.day).collect();
        let outcome = self.unlock(&held, days, dry_run).await;
        let after = self.engine.locked_days(&held).await.unwrap_or_default();
        let mut progress = self.engine.unlock_progress().unwrap_or_default();
        progress.file = None;
        progress.ended_ms = Some(self.engine.now_ms());
        progress.problem = outcome.as_ref().err().map(|error| {
            format!("{error}. What was unlocked until then is counted. Remove the cause, then start again.")
        });
        progress.needs = needs(after.iter().filter(|day| names.contains(&day.file.day)), &progress);
        let UnlockProgress { unlocked, not_covered, without_key, damaged, missing, .. } = progress;
        let duration_ms = self.engine.monotonic_ms() - began;
        match &outcome {
            Ok(()) => tracing::info!(
                dry_run,
                unlocked,
                not_covered,
                without_key,
                damaged,
                missing,
                duration_ms,
                "unlocking of records is done"
            ),
            Err(error) => {
                tracing::error!(unlocked, duration_ms, %error, "could not unlock all records; start it again")
            }
        }
        if !dry_run
            && progress.files > 0
            && let Err(error) = self.record_end(&progress).await
        {
            tracing::error!(%error, "could not record the end of unlocking in the audit log");
        }
        self.end(progress);
    }

    async fn record_end(&self, progress: &UnlockProgress) -> Result<(), DatabaseError> {
        let UnlockProgress { unlocked, not_covered, without_key, damaged, missing, .. } = progress;
        let counts = format!(
            "{unlocked} unlocked, {not_covered} not covered, {without_key} without a day key, {damaged} damaged, {missing} missing"
        );
        let (sentence, outcome) = match progress.problem {
            None => (format!("Unlocking of records ended: {counts}"), AuditOutcome::Done),
            Some(_) => (format!("Unlocking of records stopped before its end: {counts}"), AuditOutcome::Failed),
        };
        let entry = NewAuditEntry { actor: &self.actor, action: "locked.unlock", sentence, outcome };
        self.engine.audit.record(entry).await
    }

    async fn unlock(&self, held: &Arc<Held>, days: Vec<LockedDay>, dry_run: bool) -> Result<(), DatabaseError> {
        let mut open = Vec::new();
        for day in days {
            self.change(|progress| progress.file = Some(day.file.name.clone()));
            let (mut damage, mut left) = (LockedDamage::default(), 0);
            let (number, mut deferred) = (day.file.day, Vec::new());
            if !dry_run {
                self.engine.usage.unsettle(number).await?;
            }
            let reader = self.reader(held, day).await?;
            let reader = self
                .count(
                    reader,
                    dry_run,
                    |reader, part| reader.read(part),
                    |part| {
                        damage.damaged += part.sums.damaged;
                        damage.missing += part.missing;
                        damage.settled += part.lost;
                        left += part.sums.not_covered + part.sums.without_key;
                        deferred.append(&mut part.deferred);
                    },
                )
                .await?;
            if left > 0 {
                damage.settled = 0;
            }
            if !dry_run {
                self.engine.usage.note_damage(number, damage).await?;
            }
            if !deferred.is_empty() {
                open.push((reader, deferred));
            }
            self.change(|progress| progress.files_done += 1);
        }
        self.unlock_open(open, dry_run).await?;
        if !dry_run {
            self.engine.usage.forget_locked_ends().await?;
        }
        Ok(())
    }

    /// Open check-outs, once the ends of all are known: those of runs that are connected stay open, others end with the
    /// last sign of life of their run.
    async fn unlock_open(
        &self,
        open: Vec<(LockedFileReader, Vec<DeferredLine>)>,
        dry_run: bool,
    ) -> Result<(), DatabaseError> {
        if open.is_empty() {
            return Ok(());
        }
        if dry_run {
            let count: usize = open.iter().map(|(_, lines)| lines.len()).sum();
            self.change(|progress| {
                progress.unlocked += count as u64;
                progress.read += count as u64;
            });
            return Ok(());
        }
        let connected: HashSet<i64> = self.engine.leases.known().into_iter().collect();
        let seen: Vec<(i64, i64)> =
            sqlx::query_as("SELECT id, seen FROM lease_runs").fetch_all(self.engine.store.read()).await?;
        let runs = Arc::new((connected, seen.into_iter().collect::<HashMap<i64, i64>>()));
        for (reader, lines) in open {
            let runs = Arc::clone(&runs);
            let resolve = move |record: SealedRecord<'static>| {
                let (connected, seen) = &*runs;
                if connected.contains(&record.session) {
                    return record;
                }
                let at = seen.get(&record.session).copied().unwrap_or(record.record.from);
                let ended = lost(&record.record, record.number, at);
                SealedRecord { record: std::borrow::Cow::Owned(ended), ..record }
            };
            let read = move |reader: &mut LockedFileReader, part: &mut dyn FnMut(Part) -> bool| {
                reader.read_open(&lines, &resolve, part)
            };
            self.count(reader, dry_run, read, |_| {}).await?;
        }
        Ok(())
    }

    async fn reader(&self, held: &Arc<Held>, day: LockedDay) -> Result<LockedFileReader, DatabaseError> {
        let bits: Vec<(String, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT o.header, o.chunk, o.bits FROM locked_opened AS o JOIN locked_headers AS h ON h.id = o.header WHERE h.day = ?",
        )
        .bind(day.file.day)
        .fetch_all(self.engine.store.read())
        .await?;
        let mut opened: HashMap<String, LineSet> = HashMap::new();
        for (header, chunk, bits) in bits {
            opened.entry(header).or_default().put(chunk, bits);
        }
        let LockedLines { path, length, headers } = self.engine.usage.stored_file(day.file.day).await?;
        let lines = |(header, records): (String, u64)| {
            let id: HeaderId = header.parse().ok()?;
            let opened = opened.remove(&header).unwrap_or_default();
            Some((id, HeaderLines::new(held, id, records, opened)))
        };
        let headers = headers.into_iter().filter_map(lines).collect();
        Ok(LockedFileReader::new((path, length), day, Arc::clone(held), headers))
    }

    /// Counts what a reader reads, while it reads on.
    async fn count(
        &self,
        mut reader: LockedFileReader,
        dry_run: bool,
        read: impl FnOnce(&mut LockedFileReader, &mut dyn FnMut(Part) -> bool) -> std::io::Result<()> + Send + 'static,
        mut also: impl FnMut(&mut Part),
    ) -> Result<LockedFileReader, DatabaseError> {
        let (send, mut parts) = mpsc::channel::<Part>(1);
        let reading = tokio::task::spawn_blocking(move || {
            let outcome = read(&mut reader, &mut |part| send.blocking_send(part).is_ok());
            (reader, outcome)
        });
        let stop = self.engine.tasks.stop().clone();
        while let Some(mut part) = parts.recv().await {
            also(&mut part);
            let Part { group, sums, mut damage, missing, .. } = part;
            if !dry_run && group.records() > 0 {
                self.engine.usage.unlock(group).await?;
            }
            self.change(|progress| {
                progress.unlocked += sums.unlocked;
                progress.not_covered += sums.not_covered;
                progress.without_key += sums.without_key;
                progress.damaged += sums.damaged;
                progress.missing += missing;
                let looked_at = sums.unlocked + sums.not_covered + sums.without_key + sums.damaged + missing;
                progress.read = progress.records.min(progress.read + looked_at);
                progress.damage.append(&mut damage);
                progress.damage.truncate(MOST_DAMAGE);
            });
            if stop.is_cancelled() {
                return Err(DatabaseError::Io(std::io::Error::other("The server is stopping")));
            }
        }
        drop(parts);
        let (reader, outcome) = reading.await.map_err(|_| DatabaseError::WorkerCrashed)?;
        outcome.map_err(DatabaseError::Io)?;
        Ok(reader)
    }
}

/// What the rest needs, as one sentence.
fn needs<'a>(rest: impl Iterator<Item = &'a LockedDay>, progress: &UnlockProgress) -> Option<String> {
    if progress.not_covered == 0 {
        return (progress.without_key > 0).then(|| AWAITS_KEYS.to_owned());
    }
    let locked = rest.map(|day| &day.file).filter(|file| file.locked() > 0);
    let files: Vec<_> =
        locked.filter(|file| !matches!(file.coverage, Coverage::Covered | Coverage::AwaitingKeys)).collect();
    let from = files.iter().map(|file| file.from_ms).min()?;
    let to = files.iter().map(|file| file.to_ms).max()?;
    let users = files.iter().map(|file| file.users).max()?;
    Some(needed(from, to, users))
}

/// Whether a file name fits a pattern; one that can't be read as a pattern is a name.
fn fits(pattern: &str, name: &str) -> bool {
    glob::Pattern::new(pattern).map_or(pattern == name, |pattern| pattern.matches(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_names() {
        for (pattern, fitting) in [
            ("2026.05.14", true),
            ("2026.05.*", true),
            ("2026.0?.14", true),
            ("*", true),
            ("*.14", true),
            ("2026.05", false),
            ("2026.06.*", false),
            ("?", false),
            ("", false),
            ("2026.05.14é", false),
            ("2026.05.1[0-4]", true),
            ("2026.05.1[4", false),
        ] {
            assert_eq!(fits(pattern, "2026.05.14"), fitting, "{pattern}");
        }
    }
}
