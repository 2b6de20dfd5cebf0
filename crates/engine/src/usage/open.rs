//! Open check-outs, which count in peaks and, hour by hour, in the time of use.

use std::collections::HashMap;

use licensing::usage::{DAY_MS, day_of};
use sqlx::FromRow;

use super::UsageError;
use super::count::{GroupChanges, count_use};
use super::series::{Series, SeriesIds};
use super::state::Writer;
use crate::store::Store;

/// An open check-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenCheckOut {
    /// When it was taken, Unix milliseconds.
    pub taken: i64,
    pub ids: SeriesIds,
    pub user: Box<str>,
    pub host: Box<str>,
    /// When it was marked as lost; its end is then not counted again.
    pub lost_at: Option<i64>,
}

#[derive(FromRow)]
struct OpenRow {
    session: i64,
    number: u64,
    taken: i64,
    series: i64,
    user: Box<str>,
    host: Box<str>,
    lost_at: Option<i64>,
}

/// Reads those that are stored.
pub(super) async fn read(store: &Store, series: &Series) -> Result<HashMap<(i64, u64), OpenCheckOut>, UsageError> {
    let mut all = HashMap::new();
    for row in sqlx::query_as::<_, OpenRow>("SELECT * FROM usage_open").fetch_all(store.read()).await? {
        let ids = series.known(row.series).ok_or_else(|| UsageError::Damaged(format!("series {}", row.series)))?;
        let out = OpenCheckOut { taken: row.taken, ids, user: row.user, host: row.host, lost_at: row.lost_at };
        all.insert((row.session, row.number), out);
    }
    Ok(all)
}

impl Writer {
    /// Counts an open check-out from `from` to `to`, both already reached by the roll-ups; with a sign of −1 takes
    /// that back.
    pub fn roll(&mut self, out: &OpenCheckOut, from: i64, to: i64, sign: i64) {
        let first = day_of(out.taken).max(day_of(from)) + 1;
        for day in first..=day_of(to) {
            for series in out.ids.all() {
                self.days.touch((series, day)).day.before += sign;
            }
        }
        let from = out.taken.max(from);
        if from < to {
            let user = self.series.user(&out.user);
            count_use(&mut self.days, out.ids, user, from, to, sign);
        }
    }

    /// Counts all open check-outs up to a full hour, or back to it if the clock had run ahead.
    pub fn roll_all(&mut self, to: i64) {
        let from = self.rolled.at;
        let out: Vec<OpenCheckOut> = self.out.values().filter(|out| out.lost_at.is_none()).cloned().collect();
        for out in out {
            if to < from {
                self.roll(&out, to, from, -1);
                continue;
            }
            self.roll(&out, from, to, 1);
            // Sets the peak at the start of the new hour.
            if out.taken < to {
                for series in out.ids.all() {
                    self.days.touch((series, day_of(to)));
                }
            }
        }
        self.rolled.at = to;
    }

    /// Ends an open check-out at the instant `to`.
    pub fn end(&mut self, out: &OpenCheckOut, to: i64, changes: &mut GroupChanges) {
        let rolled = self.rolled.at;
        self.roll(out, out.taken, rolled, -1);
        changes.seen = changes.seen.max(to);
        for day in day_of(out.taken) + 1..=day_of(to) {
            for series in out.ids.all() {
                self.days.touch((series, day)).day.before += 1;
            }
        }
        let user = self.series.user(&out.user);
        count_use(&mut self.days, out.ids, user, out.taken, to, 1);
        for series in out.ids.all() {
            let day = day_of(to);
            self.days.touch((series, day)).day.change((to - day * DAY_MS) as u32, -1);
        }
    }
}
