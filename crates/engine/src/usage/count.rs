//! Counting records into the days they belong to. Nothing here waits; the disk is written afterwards.

use std::collections::HashMap;

use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::context::Context;
use licensing::usage::{DAY_MS, HOUR_MS, Span, UsageLine, by_hour, day_of, hour_of};

use super::group::UsageWork;
use super::judge::{Locks, Verdicts};
use super::open::OpenCheckOut;
use super::open_days::OpenDays;
use super::sealed::LockedChanges;
use super::series::SeriesIds;
use super::state::Writer;
use super::unlock::{UnlockGroup, UnlockRows};
use super::{Batch, UsageError};

/// Length of the span within which refusals are counted together, milliseconds.
pub(super) const MINUTE_MS: i64 = 60_000;

/// What a group changes besides days, series and files.
#[derive(Debug, Default)]
pub(super) struct GroupChanges {
    pub sessions: Vec<i64>,
    pub opened: Vec<(i64, u64)>,
    pub ended: Vec<(i64, u64)>,
    pub denials: HashMap<(i64, i64, u32), Denied>,
    pub seen: i64,
    pub locked: LockedChanges,
    pub unlocked: UnlockRows,
    /// Why nothing of the group can be stored.
    pub failed: Option<UsageError>,
}

/// Refusals of one client, product and user within a minute.
#[derive(Debug)]
pub(super) struct Denied {
    pub at: i64,
    pub last: i64,
    pub host: String,
    pub count: i64,
}

fn hour_in_day(hour: i64) -> usize {
    hour.rem_euclid(24) as usize
}

/// Adds time of use to the hours and to the user, as often as `sign` says; takes it away with one of −1.
pub(super) fn count_use(days: &mut OpenDays, ids: SeriesIds, user: u32, from: i64, to: i64, sign: i64) {
    for (hour, ms) in by_hour(from, to) {
        let ms = ms.cast_signed() * sign;
        for series in ids.all() {
            let hot = days.touch((series, hour.div_euclid(24)));
            hot.day.add_use(hour_in_day(hour), ms);
            if series == ids.deployment {
                let used = hot.users.of(user);
                used.use_ms = used.use_ms.saturating_add_signed(ms);
            }
        }
    }
}

impl Writer {
    /// Counts a whole group.
    pub fn count(&mut self, group: &[UsageWork], verdicts: &Verdicts) -> GroupChanges {
        let mut changes = GroupChanges { seen: self.rolled.seen, ..GroupChanges::default() };
        for (at, work) in group.iter().enumerate() {
            match work {
                UsageWork::Batch(batch, _) => self.count_batch(batch, verdicts.of(at), verdicts, &mut changes),
                UsageWork::Lost(session, when, _) => {
                    self.count_lost(*session, *when, &mut changes);
                    self.end_locked(*session, *when, verdicts, &mut changes);
                }
                UsageWork::Unlock(group, _) => self.count_unlocked(group, &mut changes),
                UsageWork::Tick(now, _) => self.roll_all(now.div_euclid(HOUR_MS) * HOUR_MS),
                UsageWork::Import(part, _) => self.count_import(part, &mut changes),
            }
        }
        self.rolled.seen = changes.seen;
        changes
    }

    fn count_batch(&mut self, batch: &Batch, locks: Locks<'_>, verdicts: &Verdicts, changes: &mut GroupChanges) {
        let mut stream = self.streams.get(&batch.session).copied().unwrap_or_default();
        let skip = (stream.acknowledged + 1).saturating_sub(batch.first);
        let mut products: HashMap<&str, SeriesIds> = HashMap::new();
        for (at, record) in batch.records.iter().enumerate() {
            let number = batch.first + at as u64;
            if (at as u64) < skip {
                continue;
            }
            stream.dropped += number - stream.acknowledged - 1;
            stream.acknowledged = number;
            if let Some(lock) = locks.get(at) {
                let taken = self.lock_record(batch, record, number, lock, verdicts, changes);
                stream.dropped += u64::from(!taken);
                continue;
            }
            let ids = match products.get(record.product.as_str()) {
                Some(ids) => *ids,
                None => {
                    let ids = self.series.of_batch(batch, record.product.as_str());
                    products.insert(record.product.as_str(), ids);
                    ids
                }
            };
            let taken = self.count_record(batch, record, number, ids, changes);
            stream.dropped += u64::from(!taken);
        }
        stream.dropped += batch.through.saturating_sub(stream.acknowledged);
        stream.acknowledged = stream.acknowledged.max(batch.through);
        self.streams.insert(batch.session, stream);
        changes.sessions.push(batch.session);
    }

    /// Counts records that were locked.
    fn count_unlocked(&mut self, group: &UnlockGroup, changes: &mut GroupChanges) {
        for (batch, numbers) in &group.parts {
            let mut products: HashMap<&str, SeriesIds> = HashMap::new();
            for (record, number) in batch.records.iter().zip(numbers) {
                let key = (batch.session, *number);
                if record.outcome == CheckOutOutcome::Lost && record.opened == Some(*number) {
                    self.count_lost_record(batch, record, *number, changes);
                    continue;
                }
                // Its end is counted, with the start.
                if record.outcome == CheckOutOutcome::Open && (self.out.contains_key(&key) || self.locked.is_ended(key))
                {
                    continue;
                }
                self.locked.forget_open(key);
                let product = record.product.as_str();
                let ids = match products.get(product) {
                    Some(ids) => *ids,
                    None => *products.entry(product).or_insert(self.series.of_batch(batch, product)),
                };
                self.count_record(batch, record, *number, ids, changes);
            }
        }
        changes.unlocked.add(group);
        self.locked.count = self.locked.count.saturating_sub(group.records());
    }

    /// Counts the whole check-out of a run that stopped responding, whose start was locked. A later end isn't counted
    /// again.
    pub fn count_lost_record(&mut self, batch: &Batch, record: &CheckOut, number: u64, changes: &mut GroupChanges) {
        let key = (batch.session, number);
        if self.locked.is_ended(key) || self.out.get(&key).is_some_and(|out| out.lost_at.is_some()) {
            self.locked.forget_open(key);
            return;
        }
        let ids = self.series.of_batch(batch, record.product.as_str());
        if !self.count_record(batch, record, number, ids, changes) {
            return;
        }
        let (user, host) = (record.user.as_str().into(), record.host.as_str().into());
        self.out.insert(key, OpenCheckOut { taken: record.from, ids, user, host, lost_at: record.to });
        changes.ended.retain(|ended| *ended != key);
        changes.opened.push(key);
    }

    /// False when the times of the record cannot be.
    fn count_record(
        &mut self,
        batch: &Batch,
        record: &CheckOut,
        number: u64,
        ids: SeriesIds,
        changes: &mut GroupChanges,
    ) -> bool {
        let end = match record.outcome {
            CheckOutOutcome::Denied | CheckOutOutcome::Open => record.from,
            CheckOutOutcome::Returned | CheckOutOutcome::Flushed | CheckOutOutcome::Lost => {
                record.to.unwrap_or(record.from)
            }
        };
        let Some(mut span) = Span::new(record.from, end) else { return false };
        let key = batch.opened(record);
        if record.outcome != CheckOutOutcome::Open && key.is_some_and(|key| self.locked.is_ended(key)) {
            return true;
        }
        let opened = key.and_then(|key| Some((key, self.out.remove(&key)?)));
        if let Some((key, _)) = &opened {
            changes.ended.push(*key);
        } else {
            let begun_locked = key.is_some_and(|key| self.locked.note_end(key, &mut changes.locked));
            if span.from < batch.begins && !begun_locked {
                return false;
            }
        }
        let user = self.series.user(&record.user);
        match (record.outcome, opened) {
            (CheckOutOutcome::Denied, _) => self.count_denied(record.from, &record.host, ids, user, changes),
            // An earlier run has reported it: it goes on in this one.
            (CheckOutOutcome::Open, Some((_, out))) => {
                self.out.insert((batch.session, number), out);
                changes.opened.push((batch.session, number));
                return true;
            }
            (CheckOutOutcome::Open, None) => {
                self.count_taken(ids, user, span.from, 1);
                let out = OpenCheckOut {
                    taken: span.from,
                    ids,
                    user: record.user.as_str().into(),
                    host: record.host.as_str().into(),
                    lost_at: None,
                };
                self.roll(&out, out.taken, self.rolled.at, 1);
                self.out.insert((batch.session, number), out);
                changes.opened.push((batch.session, number));
                changes.seen = changes.seen.max(span.from);
                return true;
            }
            (_, Some((_, out))) => {
                if out.lost_at.is_some() {
                    return true;
                }
                let from = if record.from < batch.begins { out.taken } else { record.from };
                span = Span::begun(out.taken, from, span.to);
                self.end(&out, span.to, changes);
            }
            (_, None) => {
                self.count_taken(ids, user, span.from, 1);
                self.count_span(ids, user, span, 1, changes);
            }
        }
        self.files.add(&UsageLine {
            from: span.from,
            ms: (record.outcome != CheckOutOutcome::Denied).then(|| span.ms()),
            outcome: record.outcome,
            product: record.product.as_str().into(),
            client: (&*batch.client).into(),
            user: record.user.as_str().into(),
            host: record.host.as_str().into(),
            context: batch.context.map_or("", Context::as_str).into(),
            deployment: (&*batch.deployment).into(),
            foreign: None,
        });
        true
    }

    /// The start of a check-out of so many licenses.
    pub fn count_taken(&mut self, ids: SeriesIds, user: u32, from: i64, licenses: u32) {
        let day = day_of(from);
        for series in ids.all() {
            let hot = self.days.touch((series, day));
            hot.day.take(hour_in_day(hour_of(from)));
            hot.day.change((from - day * DAY_MS) as u32, licenses.cast_signed());
            if series == ids.deployment {
                hot.users.of(user).taken += 1;
            }
        }
    }

    /// The end and the time of a check-out of so many licenses whose start is counted.
    pub fn count_span(&mut self, ids: SeriesIds, user: u32, span: Span, licenses: u32, changes: &mut GroupChanges) {
        let last = day_of(span.to);
        for day in day_of(span.from) + 1..=last {
            for series in ids.all() {
                self.days.touch((series, day)).day.before += i64::from(licenses);
            }
        }
        for series in ids.all() {
            self.days.touch((series, last)).day.change((span.to - last * DAY_MS) as u32, -licenses.cast_signed());
        }
        count_use(&mut self.days, ids, user, span.from, span.to, licenses.into());
        changes.seen = changes.seen.max(span.to);
    }

    pub fn count_denied(&mut self, at: i64, host: &str, ids: SeriesIds, user: u32, changes: &mut GroupChanges) {
        for series in ids.all() {
            let hot = self.days.touch((series, day_of(at)));
            hot.day.deny(hour_in_day(hour_of(at)));
            if series == ids.deployment {
                hot.users.of(user).denied += 1;
            }
        }
        let key = (at.div_euclid(MINUTE_MS), ids.client, user);
        let denied =
            changes.denials.entry(key).or_insert_with(|| Denied { at, last: at, host: host.to_owned(), count: 0 });
        if (at, host) < (denied.at, denied.host.as_str()) {
            denied.host = host.to_owned();
        }
        denied.at = denied.at.min(at);
        denied.last = denied.last.max(at);
        denied.count += 1;
    }

    fn count_lost(&mut self, session: i64, at: i64, changes: &mut GroupChanges) {
        let mut lost: Vec<(i64, u64)> = self
            .out
            .iter()
            .filter(|(key, out)| key.0 == session && out.lost_at.is_none())
            .map(|(key, _)| *key)
            .collect();
        lost.sort_unstable();
        for key in lost {
            let Some(mut out) = self.out.remove(&key) else { continue };
            let to = at.max(out.taken);
            self.end(&out, to, changes);
            if let Some(whose) = self.series.whose(out.ids.client) {
                self.files.add(&UsageLine {
                    from: out.taken,
                    ms: Some((to - out.taken).unsigned_abs()),
                    outcome: CheckOutOutcome::Lost,
                    product: (&*whose.product).into(),
                    client: (&*whose.client).into(),
                    user: (&*out.user).into(),
                    host: (&*out.host).into(),
                    context: (&*whose.context).into(),
                    deployment: (&*whose.deployment).into(),
                    foreign: None,
                });
            }
            out.lost_at = Some(at);
            self.out.insert(key, out);
            changes.opened.push(key);
        }
    }
}
