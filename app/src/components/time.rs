//! Times as people read them: relative, with local time and UTC beside. The server writes them; the island
//! `Live` goes on counting.

use crate::drawn::{Drawn, written};
use crate::request::request;
use leptos::prelude::*;
use licensing::words::about;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// An instant, relative to the request; hovering shows local time and UTC.
#[component]
pub fn TimeAgo(
    /// Unix milliseconds.
    at_ms: i64,
) -> impl IntoView {
    element(at_ms, "ago", &ago(at_ms, request().now_ms))
}

/// An instant to the second, and how long ago: "Thu 3 Dec, 03:12:05 UTC, 2 min ago". Hovering shows local time and UTC.
#[component]
pub fn TimeNear(
    /// Unix milliseconds.
    at_ms: i64,
) -> impl IntoView {
    let now = request().now_ms;
    let at = licensing::words::instant_to_the_second(at_ms, now, &engine::service::local_zone(at_ms));
    let ago = element(at_ms, "ago", &ago(at_ms, now));
    view! { {at}", "<span class="muted nowrap">{ago}</span> }
}

/// An instant to come, relative to the request: "in 21 h", "any moment". Hovering shows local time and UTC.
#[component]
pub fn TimeUntil(
    /// Unix milliseconds.
    at_ms: i64,
) -> impl IntoView {
    element(at_ms, "ahead", &until(at_ms, request().now_ms))
}

/// A day: "21 Nov 2026". Hovering shows local time and UTC.
#[component]
pub fn Date(
    /// Unix milliseconds.
    at_ms: i64,
) -> impl IntoView {
    element(at_ms, "", &date(at_ms))
}

fn element(at_ms: i64, counts: &'static str, words: &str) -> Drawn {
    let mut html = String::new();
    write_instant(&mut html, at_ms, counts, words);
    written(html)
}

/// Words for an instant; hovering shows local time and UTC. `counts`: `ago` or `ahead` for words that the browser goes on counting.
pub(super) fn write_instant(html: &mut String, at_ms: i64, counts: &'static str, words: &str) {
    let (open, close) = if counts.is_empty() { ("", "") } else { (" data-relative=\"", "\"") };
    for part in [
        "<time datetime=\"",
        &rfc3339(at_ms),
        "\" title=\"",
        &absolute(at_ms),
        " \u{b7} ",
        &utc(at_ms),
        "\"",
        open,
        counts,
        close,
        ">",
        words,
        "</time>",
    ] {
        html.push_str(part);
    }
}

/// An instant in full, for paper: local time and UTC.
#[component]
pub fn TimeStamp(
    /// Unix milliseconds.
    at_ms: i64,
) -> impl IntoView {
    view! {
        <time datetime=rfc3339(at_ms)>{absolute(at_ms)}</time>
        <span class="muted nowrap">{format!(" · {}", utc(at_ms))}</span>
    }
}

/// "in 21 h"; a date when it is more than 30 days ahead.
pub(super) fn until(at_ms: i64, now_ms: i64) -> String {
    let left = at_ms - now_ms;
    match left {
        ..5_000 => "any moment".to_owned(),
        _ if left < 30 * DAY => format!("in {}", about(left)),
        _ => format!("on {}", date(at_ms)),
    }
}

/// "3 h ago"; a date when it is more than 30 days back.
pub fn ago(at_ms: i64, now_ms: i64) -> String {
    let passed = now_ms - at_ms;
    match passed {
        ..-45_000 => absolute(at_ms),
        -45_000..45_000 => "just now".to_owned(),
        _ if passed < 30 * DAY => format!("{} ago", about(passed)),
        _ => date(at_ms),
    }
}

/// "Sat 21 Nov 2026, 14:10 CET" in the zone of the server.
pub fn absolute(at_ms: i64) -> String {
    licensing::words::instant(at_ms, &engine::service::local_zone(at_ms))
}

/// "21 Nov 2026" in the zone of the server.
pub(super) fn date(at_ms: i64) -> String {
    formatted(at_ms, true, "%-d %b %Y")
}

/// "21 Nov" in the zone of the server.
pub fn day_and_month(at_ms: i64) -> String {
    formatted(at_ms, true, "%-d %b")
}

fn utc(at_ms: i64) -> String {
    formatted(at_ms, false, "%Y-%m-%d %H:%M:%S UTC")
}

fn rfc3339(at_ms: i64) -> String {
    formatted(at_ms, false, "%Y-%m-%dT%H:%M:%SZ")
}

fn formatted(at_ms: i64, local: bool, format: &str) -> String {
    use jiff::{Timestamp, tz::TimeZone};
    let Ok(instant) = Timestamp::from_millisecond(at_ms) else { return String::new() };
    let zone = if local { TimeZone::system() } else { TimeZone::UTC };
    instant.to_zoned(zone).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;

    #[test]
    fn spans_read_as_people_say_them() {
        for (span, words) in [
            (0, "just now"),
            (44 * SECOND, "just now"),
            (50 * SECOND, "50 s ago"),
            (3 * MINUTE, "3 min ago"),
            (23 * HOUR, "23 h ago"),
            (DAY, "1 day ago"),
            (12 * DAY, "12 days ago"),
        ] {
            assert_eq!(ago(1_700_000_000_000, 1_700_000_000_000 + span), words);
        }
        assert_eq!(rfc3339(1_700_000_000_000), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn what_is_to_come_reads_as_people_say_it() {
        for (span, words) in [
            (-HOUR, "any moment"),
            (0, "any moment"),
            (12 * MINUTE, "in 12 min"),
            (21 * HOUR, "in 21 h"),
            (DAY, "in 1 day"),
        ] {
            assert_eq!(until(1_700_000_000_000 + span, 1_700_000_000_000), words);
        }
        assert!(until(1_700_000_000_000 + 31 * DAY, 1_700_000_000_000).starts_with("on "));
    }
}
