use super::*;
use jiff::tz::TimeZone;

/// Sunday 22 November 2026, 14:30 in Berlin.
const NOW: i64 = 1_795_354_200_000;
const DAY: i64 = 86_400_000;

fn asked(filter: UsageFilter) -> Asked {
    let own = TimeZone::get("Europe/Berlin").expect("a known zone");
    Asked::in_zone(&filter, NOW, &own)
}

fn custom(from: &str, to: &str) -> UsageFilter {
    UsageFilter { range: "custom".into(), from: from.into(), to: to.into(), ..UsageFilter::default() }
}

#[test]
fn the_default_is_thirty_days_up_to_the_end_of_today_in_the_zone_of_the_server() {
    let asked = asked(UsageFilter::default());
    assert_eq!(asked.period.words, "24 Oct \u{2013} 22 Nov 2026");
    assert_eq!(asked.period.before_words, "24 Sep \u{2013} 23 Oct");
    assert_eq!(asked.period.zone, "Europe/Berlin");
    // Clocks went back on 25 October.
    assert_eq!(asked.period.until_ms - asked.period.from_ms, 30 * DAY + 3_600_000);
    assert_eq!(labels::rfc3339(asked.period.from_ms, &asked), "2026-10-24T00:00:00+02:00");
    assert_eq!(labels::rfc3339(asked.period.until_ms, &asked), "2026-11-23T00:00:00+01:00");
    assert!(asked.problem.is_none());
}

#[test]
fn a_week_ends_with_this_hour_so_that_it_compares_with_the_week_before() {
    let asked = asked(UsageFilter { range: "7d".into(), ..UsageFilter::default() });
    assert_eq!(labels::rfc3339(asked.period.until_ms, &asked), "2026-11-22T15:00:00+01:00");
    assert_eq!(asked.period.until_ms - asked.period.from_ms, 7 * DAY);
    assert_eq!(asked.period.from_ms - asked.before_from_ms, 7 * DAY);
}

#[test]
fn dates_are_whole_days_of_the_chosen_zone_in_either_order() {
    for (from, to) in [("2026-03-01", "2026-03-31"), ("2026-03-31", "2026-03-01")] {
        let asked = asked(UsageFilter { zone: "America/New_York".into(), ..custom(from, to) });
        assert_eq!(labels::rfc3339(asked.period.from_ms, &asked), "2026-03-01T00:00:00-05:00");
        assert_eq!(labels::rfc3339(asked.period.until_ms, &asked), "2026-04-01T00:00:00-04:00");
        assert_eq!(asked.period.before_words, "29 Jan \u{2013} 28 Feb");
    }
}

#[test]
fn what_is_not_understood_is_said_and_the_default_is_shown() {
    for (filter, said) in [
        (custom("2026-02-31", "2026-03-01"), "\u{201C}2026-02-31\u{201D} is not a day."),
        (custom("", ""), "\u{201C}\u{201D} is not a day."),
        (custom("1999-01-01", "2026-01-01"), "longer than ten years"),
        (UsageFilter { range: "2w".into(), ..UsageFilter::default() }, "is not a period"),
        (UsageFilter { zone: "Mars/Base".into(), ..UsageFilter::default() }, "is not a known time zone"),
    ] {
        let asked = asked(filter);
        assert!(asked.problem.as_deref().is_some_and(|problem| problem.contains(said)), "{:?}", asked.problem);
        assert_eq!(asked.period.words, "24 Oct \u{2013} 22 Nov 2026");
        assert_eq!(asked.filter.zone, "");
    }
}

#[test]
fn steps_fit_the_period_and_a_wish_counts_only_where_it_makes_sense() {
    for (from, to, wish, step, offered) in [
        ("2026-11-22", "2026-11-22", "", BucketWidth::Hour, 1),
        ("2026-11-16", "2026-11-22", "day", BucketWidth::Day, 2),
        ("2026-10-01", "2026-10-31", "", BucketWidth::Day, 3),
        ("2026-01-01", "2026-11-22", "hour", BucketWidth::Day, 3),
        ("2025-06-01", "2026-11-22", "", BucketWidth::Day, 3),
        ("2020-01-01", "2026-11-22", "", BucketWidth::Month, 2),
        ("2024-01-01", "2026-11-22", "month", BucketWidth::Month, 2),
    ] {
        let (found, all) = asked(UsageFilter { step: wish.into(), ..custom(from, to) }).steps();
        assert_eq!((found, all.len()), (step, offered), "{from} {to} {wish}");
    }
}

#[test]
fn an_instant_is_told_in_the_chosen_zone() {
    let at = |zone: &str| labels::hour(NOW, &asked(UsageFilter { zone: zone.into(), ..UsageFilter::default() }));
    assert_eq!(at(""), "Sun 22 Nov, 14:30\u{2013}15:30");
    assert_eq!(at("UTC"), "Sun 22 Nov, 13:30\u{2013}14:30");
    assert_eq!(at("Asia/Tokyo"), "Sun 22 Nov, 22:30\u{2013}23:30");
    assert_eq!(labels::minute(NOW - 400 * DAY, &asked(UsageFilter::default())), "Sat 18 Oct 2025, 15:30");
}

#[test]
fn the_product_nearest_to_its_limit_is_shown_first() {
    let row = |product: &str, peak: u64, licensed: Option<u64>, denied: u64| -> Row {
        let totals = Totals { taken: peak, use_ms: peak, denied, peak };
        (ProductRow { product: product.into(), totals, licensed, ..ProductRow::default() }, Vec::new())
    };
    let rows = [row("A", 10, Some(100), 0), row("B", 9, Some(10), 0), row("C", 500, None, 0), row("D", 0, Some(10), 0)];
    let named = |rows: &[Row], asked: &str| chosen(rows, asked).map(|(row, _)| row.product.clone());
    assert_eq!(named(&rows, "").as_deref(), Some("B"));
    assert_eq!(named(&rows, "A").as_deref(), Some("A"));
    assert_eq!(named(&rows, "D"), None);
    assert_eq!(named(&rows, "Z"), None);
    assert_eq!(named(&[row("X", 0, Some(0), 4), row("B", 10, Some(10), 2)], "").as_deref(), Some("X"));
}

#[test]
fn steps_are_labelled_where_people_look_for_a_label() {
    let asked = asked(UsageFilter::default());
    let points = |from: &str, count: i64, step: i64| -> Vec<UsagePoint> {
        let first = from.parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
        let point = |at_ms| UsagePoint {
            at_ms,
            until_ms: at_ms + step,
            taken: 0,
            use_ms: 0,
            denied: 0,
            peak: 0,
            licensed: None,
        };
        (0..count).map(|place| point(first + place * step)).collect()
    };
    let ticks = |points: &[UsagePoint], step| -> Vec<String> {
        labels::steps(points, step, &asked)
            .into_iter()
            .map(|label| label.tick)
            .filter(|tick| !tick.is_empty())
            .collect()
    };
    assert_eq!(ticks(&points("2026-10-31T23:00:00Z", 20, DAY), BucketWidth::Day), ["2 Nov", "9 Nov", "16 Nov"]);
    assert_eq!(ticks(&points("2026-11-15T23:00:00Z", 3, DAY), BucketWidth::Day), ["Mon 16", "Tue 17", "Wed 18"]);
    assert_eq!(
        ticks(&points("2026-11-15T23:00:00Z", 72, 3_600_000), BucketWidth::Hour),
        ["16 Nov", "17 Nov", "18 Nov"]
    );
    assert_eq!(
        ticks(&points("2026-11-15T23:00:00Z", 24, 3_600_000), BucketWidth::Hour),
        ["00:00", "06:00", "12:00", "18:00"]
    );
    let day = labels::steps(&points("2026-11-15T23:00:00Z", 1, DAY), BucketWidth::Day, &asked).remove(0);
    assert_eq!((day.words.as_str(), day.day.as_str()), ("Mon 16 Nov", "2026-11-16"));
}
