//! Which days a group of work is going to change, and reading those that are not in memory.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use licensing::client_protocol::CheckOutOutcome;
use licensing::usage::{Day, HOUR_MS, HourUse, Levels, Span, Users, day_of};
use sqlx::FromRow;

use super::group::{UsageWork, days};
use super::import::{SeriesOfLines, end};
use super::judge::{Locks, Verdicts};
use super::open_days::{DayKey, OpenDay};
use super::rebuild::IncompleteDay;
use super::series::SeriesIds;
use super::state::{RecordStream, Writer};
use super::{Batch, UsageError};
use crate::store::Store;

/// The days a group is going to change.
pub(super) fn wanted(writer: &mut Writer, group: &[UsageWork], verdicts: &Verdicts) -> HashSet<DayKey> {
    let ticks = group.iter().filter_map(|work| if let UsageWork::Tick(now, _) = work { Some(*now) } else { None });
    let (least, rolled) =
        ticks.fold((writer.rolled.at, writer.rolled.at), |(a, b), now| (a.min(now - HOUR_MS), b.max(now)));
    let mut wanted = HashSet::new();
    let mut want = |ids: SeriesIds, from: i64, to: i64| {
        for day in days(from, to) {
            wanted.extend(ids.all().map(|series| (series, day)));
        }
    };
    // Opened within the group.
    let mut opened: HashMap<(i64, u64), (i64, SeriesIds)> = HashMap::new();
    for (nth, work) in group.iter().enumerate() {
        match work {
            UsageWork::Tick(..) => {
                let out = writer.out.values().filter(|out| out.lost_at.is_none());
                for (taken, ids) in out.map(|out| (out.taken, out.ids)).chain(opened.values().copied()) {
                    want(ids, taken.max(least), rolled);
                }
            }
            UsageWork::Lost(session, at, _) => {
                let out = writer.out.iter().map(|(key, out)| (key, (out.taken, out.ids)));
                for (_, (taken, ids)) in
                    out.chain(opened.iter().map(|(key, out)| (key, *out))).filter(|(key, _)| key.0 == *session)
                {
                    want(ids, taken, rolled.max(*at));
                }
                for (number, open) in writer.locked.open_of(*session) {
                    if verdicts.of_end((*session, number)).is_none() {
                        let ids = writer.series.of_batch(&open.batch, open.record.product.as_str());
                        want(ids, open.record.from, rolled.max(*at));
                    }
                }
            }
            UsageWork::Import(part, _) => {
                let mut known = SeriesOfLines::default();
                for line in part.lines() {
                    let ids = known.of(&mut writer.series, &line);
                    want(ids, line.from, end(&line));
                }
            }
            UsageWork::Batch(..) | UsageWork::Unlock(..) => {}
        }
        let (locks, stored) = match work {
            UsageWork::Batch(batch, _) => {
                (verdicts.of(nth), writer.streams.get(&batch.session).map_or(0, |stream| stream.acknowledged))
            }
            _ => (Locks::NONE, 0),
        };
        for (batch, numbers) in records(work) {
            let mut products: HashMap<&str, (SeriesIds, i64)> = HashMap::new();
            for (at, (record, number)) in batch.records.iter().zip(numbers).enumerate() {
                // Of a locked record not even the names are stored, of one that is sent again they were.
                if locks.get(at).is_some() || number <= stored {
                    continue;
                }
                let end = record.to.unwrap_or(record.from);
                let Some(span) = Span::new(record.from, end) else { continue };
                let product = record.product.as_str();
                if !products.contains_key(product) {
                    products.insert(product, (writer.series.of_batch(batch, product), i64::MIN));
                }
                let Some((ids, last)) = products.get_mut(product) else { continue };
                let out = batch.opened(record).and_then(|key| {
                    writer.out.get(&key).map(|out| (out.taken, out.ids)).or_else(|| opened.get(&key).copied())
                });
                if record.outcome == CheckOutOutcome::Open {
                    opened.insert((batch.session, number), out.unwrap_or((span.from, *ids)));
                    want(*ids, span.from, rolled);
                } else if let Some((taken, ids)) = out {
                    want(ids, taken, rolled.max(span.to));
                    want(ids, taken, taken.max(span.to));
                } else if *last != day_of(span.from) || day_of(span.to) != day_of(span.from) {
                    want(*ids, span.from, span.to);
                    *last = day_of(span.from);
                }
            }
        }
    }
    wanted
}

/// The records of a work, each with its number.
fn records(work: &UsageWork) -> Vec<(&Batch, Numbers<'_>)> {
    match work {
        UsageWork::Batch(batch, _) => vec![(batch, Box::new(batch.first..))],
        UsageWork::Unlock(group, _) => group
            .parts
            .iter()
            .map(|(batch, numbers)| (batch, Box::new(numbers.iter().copied()) as Numbers<'_>))
            .collect(),
        UsageWork::Lost(..) | UsageWork::Tick(..) | UsageWork::Import(..) => Vec::new(),
    }
}

type Numbers<'a> = Box<dyn Iterator<Item = u64> + 'a>;

impl Writer {
    /// Reads how far the runs of a group are stored.
    pub async fn load_streams(&mut self, store: &Store, group: &[UsageWork]) -> Result<(), UsageError> {
        /// Runs kept in memory.
        const MOST: usize = 100_000;
        if self.streams.len() > MOST {
            self.streams.clear();
        }
        let sessions: HashSet<i64> = group
            .iter()
            .filter_map(|work| if let UsageWork::Batch(batch, _) = work { Some(batch.session) } else { None })
            .filter(|session| !self.streams.contains_key(session))
            .collect();
        if sessions.is_empty() {
            return Ok(());
        }
        let list = serde_json::Value::from_iter(sessions).to_string();
        let rows: Vec<(i64, u64, u64)> = sqlx::query_as(
            "SELECT session, acknowledged, dropped FROM usage_streams WHERE session IN (SELECT value FROM json_each(?))",
        )
        .bind(list)
        .fetch_all(store.read())
        .await?;
        let stream = |(session, acknowledged, dropped)| (session, RecordStream { acknowledged, dropped });
        self.streams.extend(rows.into_iter().map(stream));
        Ok(())
    }

    /// Reads days that are stored and not in memory.
    pub async fn load_days(&mut self, store: &Store, wanted: &HashSet<DayKey>) -> Result<(), UsageError> {
        let keys: Vec<DayKey> =
            wanted.iter().filter(|key| key.1 <= self.newest && !self.days.has(**key)).copied().collect();
        if keys.is_empty() {
            return Ok(());
        }
        let mut list = String::with_capacity(keys.len() * 12);
        for (series, day) in &keys {
            let _ = write!(list, "{}[{series},{day}]", if list.is_empty() { '[' } else { ',' });
        }
        list.push(']');
        let mut read = Read::from_rows(store, &list).await?;
        let mut incomplete = Vec::new();
        for key in keys {
            let Some(row) = read.rows.remove(&key) else {
                self.days.put(key, OpenDay::default());
                continue;
            };
            let chunks = read.edges.remove(&key).unwrap_or_default();
            let hot = row.hot(&chunks, read.users.remove(&key)).ok_or_else(|| damaged(self, key))?;
            if key.1 < self.rolled.edges_from && chunks.is_empty() {
                incomplete.push(IncompleteDay { key, hot, levels: row.levels });
            } else {
                self.days.put(key, hot);
            }
        }
        self.rebuild(incomplete)
    }
}

fn damaged(writer: &Writer, (series, day): DayKey) -> UsageError {
    let product = writer.series.whose(series).map_or_else(String::new, |whose| whose.product.to_string());
    UsageError::Damaged(format!("{product} on {}", super::files::name(day)))
}

/// A row of `usage_days`.
#[derive(FromRow)]
struct DayRow {
    series: i64,
    day: i64,
    taken: u64,
    use_ms: u64,
    denied: u64,
    peak: u32,
    peak_at: i64,
    before: i64,
    hours: Option<Vec<u8>>,
    levels: Option<Vec<u8>>,
}

impl DayRow {
    fn hot(&self, chunks: &[Vec<u8>], users: Option<Vec<u8>>) -> Option<OpenDay> {
        let parts: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let mut hot = OpenDay {
            day: Day::stored(self.before, self.hours.as_deref().unwrap_or_default(), &parts)?,
            chunks: u32::try_from(chunks.len()).ok()?,
            bytes: parts.iter().map(|part| part.len()).sum(),
            ..OpenDay::default()
        };
        if self.hours.is_none() {
            let Self { taken, use_ms, denied, peak, .. } = *self;
            hot.coarse = Some(HourUse { taken, use_ms, denied, peak });
            hot.coarse_peak_at = self.peak_at;
        }
        if let Some(users) = users {
            let mut all = Users::default();
            all.merge_encoded(&users)?;
            hot.users = all;
        }
        Some(hot)
    }
}

/// What is stored of some days.
struct Read {
    rows: HashMap<DayKey, DayRow>,
    edges: HashMap<DayKey, Vec<Vec<u8>>>,
    users: HashMap<DayKey, Vec<u8>>,
}

impl Read {
    async fn from_rows(store: &Store, list: &str) -> Result<Self, UsageError> {
        let mut read = Self { rows: HashMap::new(), edges: HashMap::new(), users: HashMap::new() };
        let rows = sqlx::query_as::<_, DayRow>(
            "SELECT d.* FROM json_each(?) AS k CROSS JOIN usage_days AS d ON d.series = k.value ->> 0 AND d.day = k.value ->> 1",
        );
        for row in rows.bind(list).fetch_all(store.read()).await? {
            read.rows.insert((row.series, row.day), row);
        }
        let edges = sqlx::query_as(
            "SELECT e.series, e.day, e.edges FROM json_each(?) AS k CROSS JOIN usage_edges AS e
             ON e.day = k.value ->> 1 AND e.series = k.value ->> 0 ORDER BY e.day, e.series, e.chunk",
        );
        for (series, day, edges) in edges.bind(list).fetch_all(store.read()).await? {
            read.edges.entry((series, day)).or_default().push(edges);
        }
        let users = sqlx::query_as(
            "SELECT u.series, u.day, u.users FROM json_each(?) AS k CROSS JOIN usage_users AS u ON u.series = k.value ->> 0 AND u.day = k.value ->> 1",
        );
        for (series, day, users) in users.bind(list).fetch_all(store.read()).await? {
            read.users.insert((series, day), users);
        }
        Ok(read)
    }
}

/// Levels as stored; none of them when they are damaged or were not kept.
pub(super) fn levels(bytes: Option<&[u8]>) -> Levels {
    let mut levels = Levels::default();
    if bytes.is_none_or(|bytes| levels.merge_encoded(bytes).is_some()) { levels } else { Levels::default() }
}
