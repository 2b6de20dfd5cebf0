//! Days with purged changes that a late record affects: their changes are read from the data files again.

use std::collections::HashMap;

use licensing::client_protocol::CheckOutOutcome;
use licensing::usage::{DAY_MS, Edge, Edges, LATEST_MS, LONGEST_MS, Span, UsageLine, day_of};

use super::UsageError;
use super::import::{SeriesOfLines, end};
use super::open_days::{DayKey, OpenDay};
use super::series::SeriesIds;
use super::state::Writer;

/// A day stored without its changes.
pub(super) struct IncompleteDay {
    pub key: DayKey,
    pub hot: OpenDay,
    /// As they were when the changes were there.
    pub levels: Option<Vec<u8>>,
}

/// The changes found for one day of one series.
#[derive(Debug, Default)]
struct Found {
    edges: Vec<Edge>,
    /// Check-outs taken on that day.
    taken: u64,
    /// Licenses taken before it that were still out.
    spanning: i64,
}

impl Writer {
    /// Completes days stored without their changes. If the files are incomplete, peaks stay or rise, and times by
    /// level stay.
    pub fn rebuild(&mut self, days: Vec<IncompleteDay>) -> Result<(), UsageError> {
        let mut by_day: HashMap<i64, Vec<IncompleteDay>> = HashMap::new();
        for one in days {
            by_day.entry(one.key.1).or_default().push(one);
        }
        for (day, wanted) in by_day {
            let before: HashMap<i64, i64> = wanted.iter().map(|one| (one.key.0, one.hot.day.before)).collect();
            let mut found = self.find(day, &before)?;
            for IncompleteDay { key, mut hot, levels } in wanted {
                let found = found.remove(&key.0).unwrap_or_default();
                let complete =
                    hot.coarse.is_none() && found.taken == hot.day.total().taken && found.spanning == hot.day.before;
                hot.day.restore(found.edges.into_iter().collect::<Edges>());
                if !complete {
                    hot.day.keep_found(super::plan::levels(levels.as_deref()));
                }
                // All of them are to be stored with the next change.
                hot.chunks = u32::MAX;
                self.days.put(key, hot);
            }
        }
        Ok(())
    }

    /// The changes of a day, from its file and from those before it, back to where all that were out then are found.
    fn find(&mut self, day: i64, before: &HashMap<i64, i64>) -> Result<HashMap<i64, Found>, UsageError> {
        let mut found: HashMap<i64, Found> = before.keys().map(|series| (*series, Found::default())).collect();
        for out in self.out.values().filter(|out| out.lost_at.is_none() && day_of(out.taken) <= day) {
            // Its end is unknown.
            note(&mut found, day, Span { from: out.taken, to: LATEST_MS }, 1, out.ids);
        }
        let oldest = day - LONGEST_MS / DAY_MS;
        let files: Vec<i64> = self.files.days().rev().filter(|file| (oldest..=day).contains(file)).collect();
        for file in files {
            let enough = found.iter().all(|(series, found)| before.get(series).is_none_or(|n| found.spanning >= *n));
            if file < day && enough {
                break;
            }
            let text = self.files.read(file)?;
            let mut known = SeriesOfLines::default();
            let lines = text.lines().filter_map(UsageLine::parse);
            for line in lines.filter(|line| line.outcome != CheckOutOutcome::Denied) {
                let span = Span { from: line.from, to: end(&line) };
                if day_of(span.to) < day {
                    continue;
                }
                let ids = known.of(&mut self.series, &line);
                note(&mut found, day, span, line.licenses(), ids);
            }
        }
        Ok(found)
    }
}

fn note(found: &mut HashMap<i64, Found>, day: i64, span: Span, licenses: u32, ids: SeriesIds) {
    let begins = day * DAY_MS;
    let edge = |at: i64, change| Edge { at: (at - begins) as u32, change };
    for series in ids.all() {
        let Some(found) = found.get_mut(&series) else { continue };
        if day_of(span.from) == day {
            found.taken += 1;
            found.edges.push(edge(span.from, licenses.cast_signed()));
        } else {
            found.spanning += i64::from(licenses);
        }
        if day_of(span.to) == day {
            found.edges.push(edge(span.to, -licenses.cast_signed()));
        }
    }
}
