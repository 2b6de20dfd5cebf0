//! How long the hours last, as a bar, as a picture and in words.

use crate::components::{Card, TimeAgo, absolute};
use crate::drawn::Draw;
use crate::request::request;
use leptos::prelude::*;
use licensing::service::Hours;
use licensing::words;

/// The picture's size in its own units.
const WIDTH: i64 = 600;
const HEIGHT: i64 = 130;
/// Where the hours begin and end in it.
const TOP: i64 = 12;
const FLOOR: i64 = 118;
/// Room at both sides, for the dots.
const EDGE: i64 = 8;
const DAY_MS: i64 = 24 * 3_600_000;

/// "71 h 12 min left of 100 h", and until when they hold, unless that was said already.
#[component]
pub(super) fn HoursLeft(hours: Hours, told_ms: Option<i64>) -> impl IntoView {
    let until = hours.empty_at_ms.filter(|at| told_ms != Some(*at)).map(|at| {
        let iso = absolute(at);
        view! { <span class="until">"until "<b>{iso}</b></span> }
    });
    view! {
        <p class="hours-left">
            <b class="figure">{words::hours(hours.left_ms)}</b>
            <span>{format!(" left of {}", words::hours(hours.granted_ms))}</span>
            {until}
        </p>
        <HoursBar hours=hours />
    }
    .drawn()
}

/// What is left, as a bar.
#[component]
fn HoursBar(hours: Hours) -> impl IntoView {
    let share = if hours.granted_ms > 0 { (hours.left_ms.max(0) * 1000 / hours.granted_ms).min(1000) } else { 0 };
    let label = format!("{} of {} left", words::hours(hours.left_ms), words::hours(hours.granted_ms));
    let look = match share {
        ..100 => "hours-bar danger",
        100..250 => "hours-bar warning",
        _ => "hours-bar",
    };
    view! {
        <svg class=look viewBox="0 0 1000 8" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="rail" width="1000" height="8" />
            <rect class="fill" width=share height="8" />
        </svg>
    }
    .drawn()
}

/// What is left, when it is gone, and how it went so far.
#[component]
pub(super) fn Runway(hours: Hours, forecast: Option<String>) -> impl IntoView {
    let now = request().now_ms;
    let title =
        if hours.server.is_empty() { "Backup hours".to_owned() } else { format!("Backup hours of {}", hours.server) };
    let running = hours.running_since_ms;
    view! {
        <Card title=title id="hours">
            {match hours.empty_at_ms.filter(|at| *at > now) {
                Some(empty) => view! { <Falling hours=hours.clone() now=now empty=empty /> }.drawn(),
                None => view! { <HoursBar hours=hours.clone() /> }.drawn(),
            }}
            <dl class="facts">
                <div><dt>"Left"</dt><dd>{words::hours(hours.left_ms)}</dd></div>
                <div><dt>"Licensed"</dt><dd>{words::hours(hours.granted_ms)}</dd></div>
                <div><dt>"Used"</dt><dd>{used(hours.granted_ms - hours.left_ms)}</dd></div>
                <div><dt>"Running"</dt><dd>{match running {
                    Some(at) => view! { "since "<TimeAgo at_ms=at /> }.drawn(),
                    None => "no".drawn(),
                }}</dd></div>
            </dl>
            {forecast.map(|words| view! { <p>{words}</p> })}
            <p class="fine">"All clients share one clock: it starts when the first logs in and stops when the last logs out. Each minute is charged before it is used, so a crash costs at most one minute."</p>
        </Card>
    }
    .drawn()
}

/// Hours are told in whole minutes; part of a minute is “less than 1 min”.
pub(super) fn used(ms: i64) -> String {
    match ms {
        ..=0 => "none".to_owned(),
        1..60_000 => "less than 1 min".to_owned(),
        _ => words::hours(ms),
    }
}

/// The hours fall to zero.
#[component]
fn Falling(hours: Hours, now: i64, empty: i64) -> impl IntoView {
    let label = format!("{} left; none on {} if clients stay logged in", words::hours(hours.left_ms), absolute(empty));
    let span = (empty - now).max(1);
    let x = |at: i64| EDGE + (at - now) * (WIDTH - 2 * EDGE) / span;
    let end = x(empty);
    let days = span / DAY_MS;
    let every = (days / 5).max(1) * DAY_MS;
    let marks: Vec<i64> =
        (1..=9).map(|count| now + count * every).filter(|at| days >= 1 && *at < empty).map(x).collect();
    let marked = match (marks.is_empty(), every / DAY_MS) {
        (true, _) => String::new(),
        (false, 1) => "a line a day".to_owned(),
        (false, days) => format!("a line every {days} days"),
    };
    view! {
        <figure class="runway">
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
                {marks.iter().map(|x| view! { <path class="grid" d=format!("M{x} {TOP}V{FLOOR}") /> }).collect_view()}
                <path class="area" d=format!("M{EDGE} {TOP}L{end} {FLOOR}L{EDGE} {FLOOR}Z") />
                <path class="line" d=format!("M{EDGE} {TOP}L{end} {FLOOR}") />
                <path class="axis" d=format!("M{EDGE} {FLOOR}H{}", WIDTH - EDGE) />
                <circle class="dot" cx=EDGE cy=TOP r="5" />
                <circle class="end" cx=end cy=FLOOR r="5" />
            </svg>
            <figcaption>
                <span><b>{words::hours(hours.left_ms)}</b>" now"</span>
                <span class="muted">{marked}</span>
                <span class="ends">"used up "<b>{absolute(empty)}</b></span>
            </figcaption>
        </figure>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::used;

    #[test]
    fn part_of_a_minute_is_neither_nothing_nor_a_minute() {
        for (ms, words) in
            [(-5, "none"), (0, "none"), (300, "less than 1 min"), (59_999, "less than 1 min"), (60_000, "1 min")]
        {
            assert_eq!(used(ms), words, "{ms}");
        }
    }
}
