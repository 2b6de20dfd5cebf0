//! Local times that come twice: which of the two hours a line was written in, by the lines after it.

use std::io;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use licensing::log_line::{STAMP, begins_with_stamp};

use super::files::{LogFile, open};
use super::forward::Forward;

/// Looked through for the step back at most, bytes.
const MOST: u64 = 8 * 1024 * 1024;

/// The earliest time of the lines after the one that is looked at, going backward through the log.
#[derive(Debug, Default)]
pub(super) struct Lowest(Option<String>);

impl Lowest {
    /// The same at a position in a file. Only within an hour that comes twice does it matter what follows there.
    pub fn from(file: &LogFile, offset: u64) -> io::Result<Self> {
        let zone = TimeZone::system();
        let mut lowest = Self::default();
        let mut lines = Forward::new(open(&file.path)?, offset, file.size.min(offset.saturating_add(MOST)))?;
        while let Some((_, line)) = lines.line()? {
            if begins_with_stamp(line) {
                let stamp = String::from_utf8_lossy(&line[..STAMP]).into_owned();
                let comes_twice = is_repeated(&stamp, &zone);
                lowest.step(&stamp);
                if !comes_twice {
                    break;
                }
            }
        }
        Ok(lowest)
    }

    /// Goes to the line before; returns whether a later one has an earlier time.
    pub fn step(&mut self, stamp: &str) -> bool {
        let is_before_a_step_back = self.0.as_deref().is_some_and(|lowest| stamp > lowest);
        if self.0.is_none() || !is_before_a_step_back {
            self.0 = Some(stamp.to_owned());
        }
        is_before_a_step_back
    }
}

fn local(stamp: &str) -> Option<DateTime> {
    DateTime::strptime("%Y-%m-%d %H:%M:%S", stamp).ok()
}

fn is_repeated(stamp: &str, zone: &TimeZone) -> bool {
    local(stamp)
        .is_some_and(|local| matches!(zone.to_ambiguous_timestamp(local).offset(), AmbiguousOffset::Fold { .. }))
}

/// The instant of a local time. Of two, the first for a line from before the step back, else the second, unless that is still to
/// come.
pub(super) fn instant(stamp: &str, is_before_a_step_back: bool, zone: &TimeZone, now_ms: i64) -> Option<i64> {
    let ambiguous = zone.to_ambiguous_timestamp(local(stamp)?);
    let is_fold = matches!(ambiguous.offset(), AmbiguousOffset::Fold { .. });
    let first = ambiguous.compatible().ok()?.as_millisecond();
    if !is_fold || is_before_a_step_back {
        return Some(first);
    }
    let second = zone.to_ambiguous_timestamp(local(stamp)?).later().ok()?.as_millisecond();
    Some(if second > now_ms { first } else { second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_an_hour_that_comes_twice_has_its_own_instant() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = "2026-10-25T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        // Oldest first; the clocks go from 03:00 back to 02:00 after the third.
        let lines = [
            ("2026-10-25 01:59:59", "2026-10-24T23:59:59Z"),
            ("2026-10-25 02:10:00", "2026-10-25T00:10:00Z"),
            ("2026-10-25 02:59:59", "2026-10-25T00:59:59Z"),
            ("2026-10-25 02:00:00", "2026-10-25T01:00:00Z"),
            ("2026-10-25 02:59:59", "2026-10-25T01:59:59Z"),
            ("2026-10-25 03:00:00", "2026-10-25T02:00:00Z"),
        ];
        let mut lowest = Lowest::default();
        for (stamp, expected) in lines.iter().rev() {
            let is_before = lowest.step(stamp);
            let found = instant(stamp, is_before, &zone, now).unwrap();
            assert_eq!(jiff::Timestamp::from_millisecond(found).unwrap().to_string(), *expected, "{stamp}");
        }
    }

    #[test]
    fn a_line_is_never_from_a_time_to_come() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = "2026-10-25T00:30:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(instant("2026-10-25 02:30:00", false, &zone, now), Some(now));
        assert_eq!(instant("no time", false, &zone, now), None);
    }
}
