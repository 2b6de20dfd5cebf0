//! When the next sync is due: a pure function.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use licensing::contact::{DAY, Millis};

/// Latest time from one sync to the next if a preset time doesn't come (clock set back), milliseconds.
const PRESET_SLACK: Millis = DAY + DAY / 24;

/// What the next sync depends on.
#[derive(Debug, Clone)]
pub(super) struct Situation {
    /// Wall time.
    pub wall: Millis,
    /// Measured time, which can't be moved like the wall clock.
    pub high_water: Millis,
    /// The last success on both clocks: wall, known time. None before the first.
    pub last: Option<(Millis, Millis)>,
    /// Hour and minute, local time.
    pub preset: Option<(u8, u8)>,
    /// Not before this wall time: the pause after a failed round.
    pub not_before: Option<Millis>,
}

/// The wall time at which the next exchange is due; not later than `wall` means now.
pub(super) fn due(situation: &Situation, zone: &TimeZone) -> Millis {
    let Situation { wall, high_water, last, preset, not_before } = situation;
    let due = match (last, preset) {
        (None, _) => *wall,
        // Computed in measured time, returned as wall time.
        (Some((_, known)), None) => wall.saturating_add(known.saturating_add(DAY).saturating_sub(*high_water)),
        (Some((last_wall, known)), Some(preset)) => {
            let by_preset = next_preset((*last_wall).min(*wall), *preset, zone);
            let at_the_latest = wall.saturating_add(known.saturating_add(PRESET_SLACK).saturating_sub(*high_water));
            by_preset.map_or(at_the_latest, |at| at.min(at_the_latest))
        }
    };
    // A pause far in the future was set by a different wall clock.
    let pause = not_before.filter(|at| *at <= wall.saturating_add(licensing::retry::LONGEST));
    due.max(pause.unwrap_or(Millis::MIN))
}

/// The first instant after `after` at which local clocks show this time of day. On a day that skips it, the instant
/// that far after the skipped hour; on a day that has it twice, the first.
fn next_preset(after: Millis, (hour, minute): (u8, u8), zone: &TimeZone) -> Option<Millis> {
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()?;
    let start = Timestamp::from_millisecond(after).ok()?.to_zoned(zone.clone()).date();
    (0..3).find_map(|days| {
        let date = start.checked_add(days.days()).ok()?;
        let at = date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
        (at > after).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn situation(wall: &str, last: Option<&str>, preset: Option<(u8, u8)>) -> Situation {
        let wall = at(wall);
        Situation { wall, high_water: wall, last: last.map(|l| (at(l), at(l))), preset, not_before: None }
    }

    fn told(situation: &Situation) -> String {
        Timestamp::from_millisecond(due(situation, &berlin())).unwrap().to_string()
    }

    #[test]
    fn the_first_exchange_is_due_at_once() {
        let first = situation("2026-03-01T10:00:00Z", None, Some((3, 30)));
        assert_eq!(due(&first, &berlin()), first.wall);
    }

    #[test]
    fn without_a_preset_it_is_a_day_after_the_last() {
        assert_eq!(
            told(&situation("2026-03-01T10:00:00Z", Some("2026-03-01T04:00:00Z"), None)),
            "2026-03-02T04:00:00Z"
        );
    }

    #[test]
    fn a_preset_is_local_time_and_comes_once_a_day_also_when_clocks_change() {
        let next = |wall, last, preset| told(&situation(wall, Some(last), Some(preset)));
        assert_eq!(next("2026-03-01T10:00:00Z", "2026-03-01T09:00:00Z", (3, 30)), "2026-03-02T02:30:00Z");
        // 29 March: 02:00–03:00 does not exist; 02:30 becomes 03:30 summer time.
        assert_eq!(next("2026-03-28T10:00:00Z", "2026-03-28T09:00:00Z", (2, 30)), "2026-03-29T01:30:00Z");
        assert_eq!(next("2026-03-29T02:00:00Z", "2026-03-29T01:30:01Z", (2, 30)), "2026-03-30T00:30:00Z");
        // 25 October: 02:30 comes twice; the first counts, the second does not.
        assert_eq!(next("2026-10-24T10:00:00Z", "2026-10-24T09:00:00Z", (2, 30)), "2026-10-25T00:30:00Z");
        assert_eq!(next("2026-10-25T00:40:00Z", "2026-10-25T00:30:02Z", (2, 30)), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn a_preset_that_passed_while_the_server_was_off_is_due_now() {
        let late = situation("2026-03-05T10:00:00Z", Some("2026-03-01T02:30:05Z"), Some((3, 30)));
        assert!(due(&late, &berlin()) <= late.wall);
    }

    #[test]
    fn a_wall_clock_set_back_does_not_put_the_exchange_off() {
        let mut back = situation("2026-02-19T10:00:00Z", Some("2026-03-01T10:00:00Z"), Some((3, 30)));
        back.high_water = at("2026-03-01T10:00:00Z");
        assert!(due(&back, &berlin()) - back.wall <= PRESET_SLACK);
        back.preset = None;
        assert_eq!(due(&back, &berlin()) - back.wall, DAY);
    }

    #[test]
    fn after_a_failed_round_there_is_a_pause_but_never_one_from_another_clock() {
        let mut failed = situation("2026-03-05T10:00:00Z", None, None);
        failed.not_before = Some(failed.wall + 60_000);
        assert_eq!(due(&failed, &berlin()), failed.wall + 60_000);
        failed.not_before = Some(failed.wall + 90 * DAY);
        assert_eq!(due(&failed, &berlin()), failed.wall);
    }
}
