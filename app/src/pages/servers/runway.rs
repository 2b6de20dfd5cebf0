//! How long the hours hold, as a picture and in words.

use super::model::Hours;
use super::now::HoursBar;
use super::span_words;
use crate::components::{Card, TimeAgo, absolute};
use crate::drawn::Draw;
use crate::request::request;
use leptos::prelude::*;

/// The picture's size in its own units.
const WIDTH: i64 = 600;
const HEIGHT: i64 = 130;
/// Where the hours begin and end in it.
const TOP: i64 = 12;
const FLOOR: i64 = 118;
/// Room at both sides, for the dots.
const EDGE: i64 = 8;
const DAY_MS: i64 = 24 * 3_600_000;

#[component]
pub(super) fn Runway(hours: Hours, forecast: Option<String>) -> impl IntoView {
    let now = request().now_ms;
    let title = if hours.server.is_empty() { "Hours".to_owned() } else { format!("Hours of {}", hours.server) };
    let running = hours.running_since_ms;
    view! {
        <Card title=title id="hours">
            {match hours.empty_at_ms.filter(|at| *at > now) {
                Some(empty) => view! { <Falling hours=hours.clone() now=now empty=empty /> }.drawn(),
                None => view! { <HoursBar hours=hours.clone() /> }.drawn(),
            }}
            <dl class="facts">
                <div><dt>"Left"</dt><dd>{span_words(hours.left_ms)}</dd></div>
                <div><dt>"Licensed"</dt><dd>{span_words(hours.granted_ms)}</dd></div>
                <div><dt>"Used"</dt><dd>{span_words(hours.granted_ms - hours.left_ms)}</dd></div>
                <div><dt>"Burning"</dt><dd>{match running {
                    Some(at) => view! { "1 h an hour, since "<TimeAgo at_ms=at /> }.drawn(),
                    None => "no: nobody is logged in".drawn(),
                }}</dd></div>
            </dl>
            {forecast.map(|words| view! { <p>{words}</p> })}
            <p class="fine">"One clock for all clients: it starts with the first login and stops with the last logout. Each minute is written down before it is used, so a crash costs a minute at most and brings none back."</p>
        </Card>
    }
    .drawn()
}

/// The hours fall to zero.
#[component]
fn Falling(hours: Hours, now: i64, empty: i64) -> impl IntoView {
    let label = format!(
        "{} are left now; they fall to zero on {} if clients stay logged in",
        span_words(hours.left_ms),
        absolute(empty)
    );
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
                <span><b>{span_words(hours.left_ms)}</b>" now"</span>
                <span class="muted">{marked}</span>
                <span class="ends">"empty "<b>{absolute(empty)}</b></span>
            </figcaption>
        </figure>
    }
    .drawn()
}
