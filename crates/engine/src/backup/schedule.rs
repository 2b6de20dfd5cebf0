//! When the next backup is due: pure functions.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use licensing::contact::Millis;

/// Time between a failed attempt and the next, milliseconds.
pub(super) const AGAIN: Millis = 60 * 60 * 1_000;

/// The last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// When it began.
    pub at: Millis,
    /// It made a backup.
    pub is_good: bool,
}

/// When the next backup is due, not before `now` unless it is overdue. `since`: when this installation began; the first backup is made at the
/// first full hour of the schedule after that.
pub(super) fn next(now: Millis, last: Option<Attempt>, since: Millis, hour: u8, zone: &TimeZone) -> Millis {
    match last {
        // Of a clock that was ahead.
        Some(Attempt { at, .. }) if at > now.saturating_add(AGAIN) => now,
        Some(Attempt { at, is_good: false }) => at.saturating_add(AGAIN),
        Some(Attempt { at, .. }) => slot_after(at, hour, zone),
        None => slot_after(since.min(now), hour, zone),
    }
}

/// The first instant after `after` at which local clocks show this hour.
fn slot_after(after: Millis, hour: u8, zone: &TimeZone) -> Millis {
    let found = (|| {
        let time = Time::new(i8::try_from(hour).ok()?, 0, 0, 0).ok()?;
        let start = Timestamp::from_millisecond(after).ok()?.to_zoned(zone.clone()).date();
        (0..3).find_map(|days| {
            let date = start.checked_add(days.days()).ok()?;
            let at = date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
            (at > after).then_some(at)
        })
    })();
    found.unwrap_or_else(|| after.saturating_add(licensing::contact::DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn due(now: &str, last: Option<(&str, bool)>) -> String {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let last = last.map(|(text, is_good)| Attempt { at: at(text), is_good });
        let due = next(at(now), last, at("2026-03-01T10:00:00Z"), 2, &zone);
        Timestamp::from_millisecond(due).unwrap().to_string()
    }

    #[test]
    fn a_backup_is_due_each_night_at_its_local_hour() {
        assert_eq!(due("2026-03-01T12:00:00Z", None), "2026-03-02T01:00:00Z", "the first");
        assert_eq!(due("2026-03-02T01:00:20Z", Some(("2026-03-02T01:00:10Z", true))), "2026-03-03T01:00:00Z");
        assert_eq!(due("2026-07-02T01:00:20Z", Some(("2026-07-02T00:00:10Z", true))), "2026-07-03T00:00:00Z");
        // 29 March: 02:00 does not exist; 03:00 summer time is that hour.
        assert_eq!(due("2026-03-28T12:00:00Z", Some(("2026-03-28T01:00:10Z", true))), "2026-03-29T01:00:00Z");
    }

    #[test]
    fn a_night_in_which_the_server_was_off_is_made_up_for() {
        assert_eq!(due("2026-03-09T12:00:00Z", Some(("2026-03-02T01:00:10Z", true))), "2026-03-03T01:00:00Z");
        assert_eq!(due("2026-03-09T12:00:00Z", None), "2026-03-02T01:00:00Z");
    }

    #[test]
    fn what_failed_is_tried_again_in_an_hour_and_a_clock_that_was_ahead_stops_nothing() {
        assert_eq!(due("2026-03-02T01:10:00Z", Some(("2026-03-02T01:00:00Z", false))), "2026-03-02T02:00:00Z");
        assert_eq!(due("2026-03-02T01:10:00Z", Some(("2027-03-02T01:00:00Z", true))), "2026-03-02T01:10:00Z");
    }
}
