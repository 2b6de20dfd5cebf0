//! Sealing: a locked record becomes one line of the data file of the day it began, and nothing else is kept of it but
//! sums.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::context::Context;
use licensing::locked::{DayRoot, HeaderId, KeyHeader, KeyLadder, MOST_TOLD_APART, seal_header, seal_line};
use licensing::monitor::Violation;
use licensing::usage::{Span, day_of};
use serde::{Deserialize, Serialize};

use super::count::GroupChanges;
use super::files::Files;
use super::judge::{Lock, Recipient, Verdicts};
use super::state::Writer;
use super::{Batch, UsageError};
use crate::secret;
use crate::store::Store;

/// Days after which the key to a day's file is forgotten.
const KEYS_KEPT: i64 = 2;

/// The content of a locked line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedRecord<'a> {
    #[serde(rename = "s")]
    pub session: i64,
    #[serde(rename = "n")]
    pub number: u64,
    #[serde(rename = "c")]
    pub client: Cow<'a, str>,
    #[serde(rename = "d", default, skip_serializing_if = "str::is_empty")]
    pub deployment: Cow<'a, str>,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    #[serde(rename = "r")]
    pub record: Cow<'a, CheckOut>,
}

/// The key under which lines of one day are sealed. Only in memory.
#[derive(Debug)]
struct DaySeal {
    header: KeyHeader,
    id: HeaderId,
    keys: KeyLadder,
    /// Lines sealed so far.
    records: u64,
    /// The highest index among them.
    users: u64,
    /// The day on which it was made.
    made_on: i64,
}

impl DaySeal {
    fn new(recipient: &Recipient, day: i64, made_on: i64) -> Result<Self, UsageError> {
        let root = DayRoot::new(day, secret::random(), secret::random());
        let header = seal_header(&recipient.key, recipient.guid, &root, secret::random())
            .map_err(|error| UsageError::Sealing(error.to_string()))?;
        let keys = KeyLadder::new(&root.key(MOST_TOLD_APART));
        Ok(Self { header, id: root.id, keys, records: 0, users: 0, made_on })
    }
}

/// An open check-out whose record is locked.
#[derive(Debug, Clone)]
pub(super) struct SealedOpen {
    /// Whose, without records.
    pub batch: Batch,
    pub record: CheckOut,
}

/// What a group locks of one day for one cause.
#[derive(Debug, Clone, Copy)]
pub(super) struct LockedSums {
    pub from: i64,
    pub to: i64,
    pub records: u64,
    pub least: u64,
    pub users: u64,
}

/// What a group changes about locked records.
#[derive(Debug, Default)]
pub(super) struct LockedChanges {
    pub files: BTreeMap<(i64, Violation), LockedSums>,
    /// Days whose header has new lines.
    pub days: HashSet<i64>,
    /// Check-outs whose end is counted while their start may be locked.
    pub ended: Vec<(i64, u64)>,
}

/// What is known about locked records between commits.
#[derive(Debug, Default)]
pub(super) struct LockedState {
    seals: HashMap<i64, DaySeal>,
    open: BTreeMap<(i64, u64), SealedOpen>,
    /// As stored in `locked_ended`.
    ended: HashSet<(i64, u64)>,
    /// Records that are still locked.
    pub count: u64,
}

impl LockedState {
    /// The stored state. `before`: what was in memory.
    pub async fn read(store: &Store, before: Self) -> Result<Self, UsageError> {
        let ended: Vec<(i64, u64)> =
            sqlx::query_as("SELECT session, number FROM locked_ended").fetch_all(store.read()).await?;
        // A line number is never used twice under one key, so a commit that failed takes the keys with it.
        Ok(Self {
            seals: HashMap::new(),
            open: before.open,
            ended: ended.into_iter().collect(),
            count: count(store).await?,
        })
    }

    /// The open check-outs of a run whose records are locked, in order.
    pub fn open_of(&self, session: i64) -> impl Iterator<Item = (u64, SealedOpen)> {
        self.open.range((session, 0)..=(session, u64::MAX)).map(|((_, number), open)| (*number, open.clone()))
    }

    /// Whether the end of this check-out is counted.
    pub fn is_ended(&self, key: (i64, u64)) -> bool {
        self.ended.contains(&key)
    }

    /// Notes that a check-out is told whole, or again, while its start isn't counted as open: that may be locked. True
    /// where it may.
    pub fn note_end(&mut self, key: (i64, u64), changes: &mut LockedChanges) -> bool {
        let was_open = self.open.remove(&key).is_some();
        let may_be_locked = was_open || self.count > 0;
        if may_be_locked && self.ended.insert(key) {
            changes.ended.push(key);
        }
        may_be_locked
    }

    /// The start of a check-out is counted as open now.
    pub fn forget_open(&mut self, key: (i64, u64)) {
        self.open.remove(&key);
    }

    /// Whether no start of a check-out is locked any more.
    pub fn may_forget_ends(&self) -> bool {
        self.count == 0 && self.open.is_empty() && !self.ended.is_empty()
    }

    pub fn forget_ends(&mut self) {
        self.ended = HashSet::new();
    }

    /// The header of a day, its lines and its highest index.
    pub fn header(&self, day: i64) -> Option<(&KeyHeader, u64, u64)> {
        self.seals.get(&day).map(|seal| (&seal.header, seal.records, seal.users))
    }

    /// Forgets the keys of past days.
    pub fn drop_keys(&mut self, today: i64) {
        self.seals.retain(|day, seal| day.max(&seal.made_on) >= &(today - KEYS_KEPT));
    }

    fn seal(
        &mut self,
        files: &mut Files,
        verdicts: &Verdicts,
        day: i64,
        index: u64,
        content: &[u8],
    ) -> Result<(), UsageError> {
        let recipient = verdicts.recipient.as_ref().ok_or_else(|| UsageError::Sealing("no recipient".to_owned()))?;
        let seal = match self.seals.entry(day) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let seal = new.insert(DaySeal::new(recipient, day, day_of(verdicts.now))?);
                let header = serde_json::to_string(&seal.header).unwrap_or_default();
                files.add_text(day, &["#key ", &header, "\n"]);
                seal
            }
        };
        let line = seal_line(&seal.keys, seal.id, day, index, seal.records, content);
        seal.records += 1;
        seal.users = seal.users.max(index);
        files.add_text(day, &[&line, "\n"]);
        Ok(())
    }
}

impl Writer {
    /// Seals a record. False when its times cannot be.
    pub fn lock_record(
        &mut self,
        batch: &Batch,
        record: &CheckOut,
        number: u64,
        lock: Lock,
        verdicts: &Verdicts,
        changes: &mut GroupChanges,
    ) -> bool {
        let end = match record.outcome {
            CheckOutOutcome::Denied | CheckOutOutcome::Open => record.from,
            CheckOutOutcome::Returned | CheckOutOutcome::Flushed | CheckOutOutcome::Lost => {
                record.to.unwrap_or(record.from)
            }
        };
        let Some(span) = Span::new(record.from, end) else { return false };
        match batch.opened(record) {
            // An earlier run has reported its start, which may be locked: it is told again here.
            Some(key) if key.0 != batch.session => {
                self.locked.note_end(key, &mut changes.locked);
            }
            Some(_) => {}
            None if span.from < batch.begins => return false,
            None => {}
        }
        let day = day_of(span.from);
        let content = serde_json::to_vec(&SealedRecord {
            session: batch.session,
            number,
            client: (&*batch.client).into(),
            deployment: (&*batch.deployment).into(),
            context: batch.context,
            record: Cow::Borrowed(record),
        })
        .unwrap_or_default();
        if let Err(error) = self.locked.seal(&mut self.files, verdicts, day, lock.index, &content) {
            // Nothing of this group is stored then.
            changes.failed.get_or_insert(error);
            return true;
        }
        match record.outcome {
            CheckOutOutcome::Open => {
                let batch = Batch { records: Vec::new(), ..batch.clone() };
                let open = SealedOpen { batch, record: record.clone() };
                self.locked.open.insert((open.batch.session, number), open);
            }
            _ => {
                if let Some(opened) = record.opened {
                    self.locked.open.remove(&(batch.session, opened));
                }
            }
        }
        let sums = LockedSums { from: span.from, to: span.from, records: 0, least: lock.index, users: 0 };
        let sums = changes.locked.files.entry((day, lock.violation)).or_insert(sums);
        sums.from = sums.from.min(span.from);
        sums.to = sums.to.max(span.from);
        sums.records += 1;
        sums.least = sums.least.min(lock.index);
        sums.users = sums.users.max(lock.index);
        changes.locked.days.insert(day);
        self.locked.count += 1;
        true
    }

    /// Ends the open check-outs of a run whose records are locked: locked too, unless that has ended.
    pub fn end_locked(&mut self, session: i64, at: i64, verdicts: &Verdicts, changes: &mut GroupChanges) {
        let open: Vec<(u64, SealedOpen)> = self.locked.open_of(session).collect();
        for (number, SealedOpen { batch, record }) in open {
            let lost = lost(&record, number, at);
            match verdicts.of_end((session, number)) {
                Some(lock) => {
                    self.lock_record(&batch, &lost, number, lock, verdicts, changes);
                }
                None => self.count_lost_record(&batch, &lost, number, changes),
            }
        }
    }
}

/// How many records are locked; without those that nothing opens any more.
pub(super) async fn count(store: &Store) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(
        "SELECT (SELECT coalesce(sum(records - opened), 0) FROM locked_headers)
         - (SELECT coalesce(sum(settled), 0) FROM locked_damage)",
    )
    .fetch_one(store.read())
    .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The record that ends an open check-out of a run that stopped responding.
pub(crate) fn lost(open: &CheckOut, number: u64, at: i64) -> CheckOut {
    CheckOut { outcome: CheckOutOutcome::Lost, to: Some(at.max(open.from)), opened: Some(number), ..open.clone() }
}
