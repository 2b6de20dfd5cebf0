//! Group commit: waiting work is stored together, the data files first, then the rest in one transaction.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use licensing::usage::day_of;
use tokio::sync::{OwnedMutexGuard, oneshot};

use super::count::GroupChanges;
use super::import::ImportPart;
use super::judge::Verdicts;
use super::state::{RollUpProgress, UsageState, Writer};
use super::unlock::UnlockGroup;
use super::write::GroupRows;
use super::{Batch, UsageError, plan};
use crate::DatabaseError;

/// Channel for the answer.
pub(super) type ReplySender<T> = oneshot::Sender<Result<T, DatabaseError>>;

/// A change of usage records.
#[derive(Debug)]
pub(super) enum UsageWork {
    /// Check-outs of a client.
    Batch(Batch, ReplySender<u64>),
    /// A client run stopped responding.
    Lost(i64, i64, ReplySender<()>),
    /// Time passed.
    Tick(i64, ReplySender<()>),
    /// Records that were locked.
    Unlock(UnlockGroup, ReplySender<()>),
    /// Check-outs from a file.
    Import(ImportPart, ReplySender<()>),
}

/// Approximate maximum of records per transaction; others wait for the next.
const MOST_RECORDS: usize = 60_000;

type Guard = OwnedMutexGuard<Writer>;

impl UsageState {
    /// Stores waiting work until there is none.
    pub async fn run(self: Arc<Self>) {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        loop {
            let group = self.next_group();
            if group.is_empty() {
                return;
            }
            let Some((back, group, outcome)) = self.commit(writer, group).await else { return };
            writer = back;
            answer(&writer, group, outcome.map_err(DatabaseError::from));
        }
    }

    fn next_group(&self) -> Vec<UsageWork> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let count = group_length(&queue);
        queue.drain(..count).collect()
    }

    /// `None` after an unexpected failure: waiters get the error, and the next commit reloads the state.
    async fn commit(
        &self,
        mut writer: Guard,
        group: Vec<UsageWork>,
    ) -> Option<(Guard, Vec<UsageWork>, Result<(), UsageError>)> {
        let verdicts = match self.prepare(&mut writer, &group).await {
            Ok(verdicts) => verdicts,
            Err(error) => return Some((writer, group, Err(error))),
        };
        writer.sound = false;
        let counted = tokio::task::spawn_blocking(move || {
            let rolled = writer.rolled;
            let mut changes = writer.count(&group, &verdicts);
            let lengths = changes.failed.take().map_or_else(|| writer.files.flush(), Err);
            let rows = lengths.map(|lengths| writer.rows(changes, &lengths, rolled));
            writer.locked.drop_keys(day_of(verdicts.now));
            (writer, group, rows)
        });
        let (mut writer, group, rows) = counted.await.ok()?;
        let stored = async {
            let mut tx = self.store.write().await?;
            rows?.write(&mut tx).await?;
            tx.commit().await?;
            Ok(())
        };
        let outcome = stored.await;
        writer.sound = outcome.is_ok();
        writer.days.settle();
        if writer.sound {
            self.locked.store(writer.locked.count, Ordering::Relaxed);
        }
        Some((writer, group, outcome))
    }

    async fn prepare(&self, writer: &mut Writer, group: &[UsageWork]) -> Result<Verdicts, UsageError> {
        if !writer.sound {
            writer.read_again(&self.store).await?;
        }
        writer.load_streams(&self.store, group).await?;
        let verdicts = writer.judge(&self.store, self.judge.get(), group).await?;
        let wanted = plan::wanted(writer, group, &verdicts);
        writer.load_days(&self.store, &wanted).await?;
        Ok(verdicts)
    }
}

/// How many works at the front of the queue are stored together. What ends the open check-outs of a run is judged by those
/// that are known before the group, so it isn't in one with records of that run.
fn group_length(queue: &[UsageWork]) -> usize {
    let mut records = 0;
    let mut sessions = HashSet::new();
    let fits = queue.iter().take_while(|work| {
        let before = records;
        let is_apart = match work {
            UsageWork::Batch(batch, _) => {
                records += batch.records.len();
                sessions.insert(batch.session);
                true
            }
            UsageWork::Unlock(group, _) => {
                records += usize::try_from(group.records()).unwrap_or(MOST_RECORDS);
                sessions.extend(group.parts.iter().map(|(batch, _)| batch.session));
                true
            }
            UsageWork::Import(part, _) => {
                records += part.size;
                true
            }
            UsageWork::Lost(session, ..) => !sessions.contains(session),
            UsageWork::Tick(..) => true,
        };
        is_apart && before < MOST_RECORDS
    });
    fits.count()
}

fn answer(writer: &Writer, group: Vec<UsageWork>, outcome: Result<(), DatabaseError>) {
    let failed = outcome.err().map(|error| {
        tracing::error!(%error, "Can't store usage; clients keep it and send it again.");
        error.to_string()
    });
    let result = || match &failed {
        Some(sentence) => Err(DatabaseError::Io(std::io::Error::other(sentence.clone()))),
        None => Ok(()),
    };
    // A caller that stopped waiting needn't know.
    for work in group {
        match work {
            UsageWork::Batch(batch, answer) => {
                let number = writer.streams.get(&batch.session).map_or(0, |stream| stream.acknowledged);
                let _ = answer.send(result().map(|()| number));
            }
            UsageWork::Lost(_, _, answer)
            | UsageWork::Tick(_, answer)
            | UsageWork::Import(_, answer)
            | UsageWork::Unlock(_, answer) => {
                let _ = answer.send(result());
            }
        }
    }
}

impl Writer {
    /// The rows to write, with days settled.
    fn rows(&mut self, changes: GroupChanges, lengths: &[(i64, u64)], before: RollUpProgress) -> GroupRows {
        let mut rows = GroupRows::of(self, &changes, lengths, before);
        let rolled = self.rolled;
        let mut newest = self.newest;
        let mut days = std::mem::take(&mut self.days);
        for ((series, day), hot) in days.changed() {
            newest = newest.max(day);
            let total_only = self.series.whose(series).is_some_and(|whose| whose.client.is_empty());
            let chunk = hot.settle(rolled.last_hour(day));
            rows.day(series, day, hot, chunk, total_only);
        }
        self.days = days;
        self.newest = newest;
        rows
    }
}

/// The UTC days from one instant to another.
pub(super) fn days(from: i64, to: i64) -> std::ops::RangeInclusive<i64> {
    day_of(from)..=day_of(to).max(day_of(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_is_not_in_one_group_with_its_records() {
        let batch = |session| UsageWork::Batch(Batch { session, ..Batch::default() }, oneshot::channel().0);
        let lost = |session| UsageWork::Lost(session, 0, oneshot::channel().0);
        assert_eq!(group_length(&[batch(1), lost(2), batch(2), lost(1), lost(3)]), 3);
        assert_eq!(group_length(&[lost(1), batch(1), batch(1)]), 3);
        assert_eq!(group_length(&[]), 0);
    }
}
