//! Which records of a group are locked.

use std::collections::HashMap;
use std::sync::Arc;

use licensing::guid::Guid;
use licensing::monitor::Violation;
use licensing::usage::UsageLine;
use licensing::vendor_key::VendorKey;

use super::group::UsageWork;
use super::observed::ObservedUsers;
use super::state::Writer;
use super::{Batch, UsageError, import};
use crate::clock::Clock;
use crate::monitor::MonitorWatch;
use crate::store::Store;

/// What judges records.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    pub watch: Arc<MonitorWatch>,
    pub clock: Arc<dyn Clock>,
}

/// Who can open what is sealed, for which server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipient {
    pub guid: Guid,
    pub key: VendorKey,
}

impl Recipient {
    /// The vendor's newest key that this server trusts; `None` while it is not registered.
    async fn read(store: &Store) -> Result<Option<Self>, UsageError> {
        let guid: Option<String> =
            sqlx::query_scalar("SELECT guid FROM registration").fetch_optional(store.read()).await?;
        let Some(guid) = guid.and_then(|guid| Guid::parse(&guid).ok()) else { return Ok(None) };
        let keys = crate::ve::trusted_keys(store.read()).await?;
        Ok(keys.last().map(|key| Self { guid, key: *key }))
    }
}

/// A record is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lock {
    /// The index of its user, from 1.
    pub index: u64,
    pub violation: Violation,
}

/// The records of a group that are locked.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// By work of the group and its records; an empty list: none of them.
    of: Vec<Vec<Option<Lock>>>,
    /// The ends of open check-outs whose records are locked, by run and number.
    ends: HashMap<(i64, u64), Lock>,
    pub recipient: Option<Recipient>,
    /// When it was judged, known time.
    pub now: i64,
}

impl Verdicts {
    /// Of the work at this place of the group.
    pub fn of(&self, work: usize) -> Locks<'_> {
        Locks(self.of.get(work).map_or(&[], Vec::as_slice))
    }

    /// Of the end of an open check-out whose run stopped responding.
    pub fn of_end(&self, key: (i64, u64)) -> Option<Lock> {
        self.ends.get(&key).copied()
    }
}

/// Verdicts on the records of one work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locks<'a>(&'a [Option<Lock>]);

impl Locks<'_> {
    pub const NONE: Locks<'static> = Locks(&[]);

    pub fn get(self, record: usize) -> Option<Lock> {
        self.0.get(record).copied().flatten()
    }
}

/// Who is observed as the user of a record.
pub(super) fn observed_user<'a>(batch: &'a Batch, user: &'a str) -> &'a str {
    if user.is_empty() { &batch.client } else { user }
}

impl Writer {
    /// Judges a group: each record gets the index of its user, and those that are to be locked are named.
    pub async fn judge(
        &mut self,
        store: &Store,
        judge: Option<&Judge>,
        group: &[UsageWork],
    ) -> Result<Verdicts, UsageError> {
        let Some(judge) = judge else { return Ok(Verdicts::default()) };
        let now = judge.clock.now_ms();
        let span = judge.watch.window();
        let window = (span, span.number(now));
        if self.observed.window != Some(window) {
            self.observed = ObservedUsers::read(store, window).await?;
        }
        let mut ends = HashMap::new();
        let of = group.iter().map(|work| self.judge_work(judge, now, work, &mut ends)).collect();
        let mut verdicts = Verdicts { of, ends, recipient: None, now };
        if let Some(observed) = self.observed.observed() {
            judge.watch.observed(observed);
        }
        if !verdicts.ends.is_empty() || verdicts.of.iter().flatten().any(Option::is_some) {
            verdicts.recipient = Recipient::read(store).await?;
            if verdicts.recipient.is_none() {
                // Nobody could ever open them.
                verdicts.of.clear();
                verdicts.ends.clear();
            }
        }
        Ok(verdicts)
    }

    fn judge_work(
        &mut self,
        judge: &Judge,
        now: i64,
        work: &UsageWork,
        ends: &mut HashMap<(i64, u64), Lock>,
    ) -> Vec<Option<Lock>> {
        let Self { observed, out, locked, streams, .. } = self;
        let mut judged = |user: &str| {
            let index = observed.index(user, now);
            judge.watch.judge(now, index).map(|violation| Lock { index, violation })
        };
        let mut locks = Vec::new();
        match work {
            UsageWork::Batch(batch, _) => {
                let acknowledged = streams.get(&batch.session).map_or(0, |stream| stream.acknowledged);
                for (at, record) in batch.records.iter().enumerate() {
                    if batch.first + at as u64 <= acknowledged {
                        continue;
                    }
                    let lock = judged(observed_user(batch, &record.user));
                    // What is counted as open ends as usual.
                    let counted = batch.opened(record).is_some_and(|key| out.contains_key(&key));
                    if let Some(lock) = lock.filter(|_| !counted) {
                        locks.resize(batch.records.len(), None);
                        locks[at] = Some(lock);
                    }
                }
            }
            UsageWork::Lost(session, ..) => {
                for (number, open) in locked.open_of(*session) {
                    let lock = judged(observed_user(&open.batch, &open.record.user));
                    ends.extend(lock.map(|lock| ((*session, number), lock)));
                }
            }
            UsageWork::Import(part, _) if part.observed => {
                let window = observed.window;
                let is_current = |line: &UsageLine<'_>| {
                    window.is_some_and(|(span, number)| span.number(import::end(line)) == number)
                };
                for line in part.lines().filter(is_current) {
                    let user = if line.user.is_empty() { &line.client } else { &line.user };
                    // Only counted: other daemons gave these licenses.
                    observed.index(user, now);
                }
            }
            UsageWork::Tick(..) | UsageWork::Unlock(..) | UsageWork::Import(..) => {}
        }
        locks
    }
}
