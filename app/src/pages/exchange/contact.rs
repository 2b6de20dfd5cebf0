//! The contact clock: days without contact on a track of phases that rise as they grow pressing, what it means, and the table
//! behind it.
//!
//! The picture is fluid: places along the track are percentages, so words and numbers keep their size on a phone.

use crate::components::{Cell, Column, Date, Glyph, Icon, Table, day_and_month};
use crate::drawn::Draw;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::words::{Zone, about, count, instant_near};

/// How long ago the nodes last answered, and what follows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactModel {
    /// The word in the API: "in_touch".
    pub phase: String,
    /// The words for people: "Connected".
    pub label: String,
    /// What it means and what to do.
    pub effect: String,
    pub tone: Tone,
    /// Whole days since the last verified exchange; none before the first.
    pub days: Option<u32>,
    /// The last verified exchange, Unix milliseconds.
    pub last_ms: Option<i64>,
    /// When the next phase begins without contact, and its label.
    pub next: Option<(i64, String)>,
    /// When licenses leave service without contact, Unix milliseconds.
    pub lapses_ms: Option<i64>,
    /// Days without contact after which licenses leave service.
    pub limit_days: u32,
    /// The phases in their order, from the first day on.
    pub steps: Vec<ContactStep>,
    /// A sentence about a clock that was moved.
    pub clock_flag: Option<String>,
}

/// One phase of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactStep {
    pub label: String,
    /// The first whole day of the phase.
    pub first_day: u32,
    /// When it begins, Unix milliseconds; none before the first exchange.
    pub at_ms: Option<i64>,
    pub state: StepState,
    /// What it means.
    pub effect: String,
}

/// Where today is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Past,
    Now,
    Ahead,
}

/// 24 hours, milliseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Anything more recent reads "just now", milliseconds.
const JUST_NOW: i64 = 60_000;

/// Anything due sooner reads "due now", milliseconds.
const NOW_ISH: i64 = 5_000;

/// "Connected: last synced 3 h ago."
pub(crate) fn contact_sentence(contact: &ContactModel, now_ms: i64) -> String {
    match (contact.last_ms, contact.days) {
        (Some(last), Some(days)) => {
            match now_ms - last {
                // Clocks of server and node may differ by a little, either way.
                elapsed if elapsed.abs() < JUST_NOW && days == 0 => {
                    format!("{}: last synced just now.", contact.label)
                }
                elapsed => format!("{}: last synced {} ago.", contact.label, since(elapsed, days)),
            }
        }
        _ => "Never synced.".to_owned(),
    }
}

/// The time since the last exchange. The counted days win over a clock that was moved.
fn since(elapsed_ms: i64, days: u32) -> String {
    if elapsed_ms.div_euclid(DAY) == i64::from(days) {
        return about(elapsed_ms);
    }
    match days {
        0 => "less than a day".to_owned(),
        more => count(more, "day", "days"),
    }
}

/// What the time since the last exchange means; before the first one, what that brings.
pub(super) fn effect(contact: &ContactModel) -> String {
    if contact.last_ms.is_none() { "The first sync brings the licenses.".to_owned() } else { contact.effect.clone() }
}

/// "Next sync Sun 22 Nov, 11:10 UTC."
pub(super) fn next_sentence(next_ms: Option<i64>, first: bool, failed_rounds: u32, now_ms: i64) -> Option<String> {
    next_ms.map(|at| next_in(at, first, failed_rounds, now_ms, &engine::service::local_zone(at)))
}

/// The same in a time zone.
pub(super) fn next_in(next_ms: i64, first: bool, failed_rounds: u32, now_ms: i64, zone: &Zone) -> String {
    let what = match (failed_rounds, first) {
        (0, true) => "First sync",
        (0, false) => "Next sync",
        _ => "Next attempt",
    };
    let is_due = next_ms - now_ms < NOW_ISH;
    if is_due { format!("{what} is due now.") } else { format!("{what} {}.", instant_near(next_ms, now_ms, zone)) }
}

/// The picture, what it means, and every phase with its date.
#[component]
pub fn ContactClock(data: ContactModel) -> impl IntoView {
    let steps = data.steps.clone();
    let (lapses, limit) = (data.lapses_ms, data.limit_days);
    let dated = data.last_ms.is_some();
    let lapsed = data.days.is_some_and(|days| days >= limit);
    let steps: Vec<_> = (0..).zip(steps).collect();
    let table = Table::new("The phases of the contact clock")
        .labelled()
        .look("phases")
        .row_class(|(_, step): &(usize, ContactStep)| if step.state == StepState::Now { "now" } else { "" })
        .column(Column::row_header("Phase", |(place, step): &(usize, ContactStep), cell| {
            write_phase(*place, step, cell)
        }))
        .column(Column::number("From day", |(_, step): &(usize, ContactStep), cell| cell.number(step.first_day)))
        .column_if(
            dated,
            Column::text("Begins", |(_, step): &(usize, ContactStep), cell| {
                if let Some(at) = step.at_ms {
                    cell.date_of(at);
                }
            })
            .class("nowrap"),
        )
        .column(
            Column::text("What it means", |(_, step): &(usize, ContactStep), cell| cell.text(&step.effect))
                .class("muted")
                .unlabelled(),
        )
        .draw(&steps);
    view! {
        <ContactTrack data=data />
        <p class="muted">
            {match lapses {
                Some(at) if lapsed => view! { "Licenses left service on " <b><Date at_ms=at /></b> ". They come back with the next sync." }.drawn(),
                Some(at) => view! { "Without another sync, all licenses leave service on " <b><Date at_ms=at /></b> {format!(", after {limit} days. Each sync resets the clock.")} }.drawn(),
                None => format!("The clock starts with the first sync. Licenses leave service after {limit} days without another.").drawn(),
            }}
        </p>
        {table}
    }
    .drawn()
}

fn write_phase(place: usize, step: &ContactStep, cell: &mut Cell<'_>) {
    let (class, word) = match step.state {
        StepState::Now => return cell.pill(tone_of(place), &format!("{}, now", step.label)),
        StepState::Past => ("phase past", "passed"),
        StepState::Ahead => ("phase", "ahead"),
    };
    let label = step.label.clone();
    cell.view(view! {
        <span class=class><Icon glyph=Glyph::Clock />{label}<span class="vh">{format!(", {word}")}</span></span>
    });
}

/// Where the phases stand, from the top of the picture, pixels.
const BASELINE: u32 = 62;

/// Height of a phase's bar, in the order of the phases, pixels: the more pressing, the higher.
const HEIGHTS: [u32; 5] = [12, 16, 22, 28, 36];

/// A phase narrower than this is not named in the picture, percent of the track.
const NAME_ROOM: f64 = 8.0;

/// Labels closer than this would touch on a phone, percent of the track.
const LABEL_GAP: f64 = 7.5;

/// A phase on the track; from and to in percent.
#[derive(Clone, Debug, PartialEq)]
struct Bar {
    name: String,
    from: f64,
    to: f64,
    height: u32,
    tone: Tone,
}

/// How pressing a phase is; the words beside it say the same.
pub(super) fn tone_of(place: usize) -> Tone {
    [Tone::Success, Tone::Info, Tone::Warning, Tone::Warning].get(place).copied().unwrap_or(Tone::Danger)
}

/// The phases before the end of the track.
fn bars(data: &ContactModel) -> Vec<Bar> {
    let limit = f64::from(data.limit_days.max(1));
    let percent = |day: u32| (f64::from(day) / limit * 100.0).min(100.0);
    data.steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.first_day < data.limit_days)
        .map(|(place, step)| Bar {
            name: step.label.clone(),
            from: percent(step.first_day),
            to: data.steps.get(place + 1).map_or(100.0, |next| percent(next.first_day)),
            height: HEIGHTS[place.min(HEIGHTS.len() - 1)],
            tone: tone_of(place),
        })
        .collect()
}

/// The steps whose day is written under the track: the end always, the others where they do not touch.
fn labelled(data: &ContactModel) -> Vec<&ContactStep> {
    let limit = f64::from(data.limit_days.max(1));
    let mut chosen: Vec<&ContactStep> = Vec::new();
    for step in data.steps.iter().rev() {
        let touches = chosen
            .last()
            .is_some_and(|right| (f64::from(right.first_day) - f64::from(step.first_day)) / limit * 100.0 < LABEL_GAP);
        // The day before which nothing counts and the day after the first are one label.
        if !touches && (step.first_day == 0 || step.first_day > 2) {
            chosen.push(step);
        }
    }
    chosen.reverse();
    chosen
}

fn percent(number: f64) -> String {
    format!("{number:.2}%")
}

/// Which end of a word stands at its place, so that a word this wide stays on the picture; both in percent.
fn anchor(at: f64, room: f64) -> &'static str {
    match at {
        _ if at < room => "start",
        _ if at > 100.0 - room => "end",
        _ => "middle",
    }
}

/// The picture alone, for pages where the clock is one thing among others.
#[component]
pub fn ContactTrack(data: ContactModel) -> impl IntoView {
    let limit = f64::from(data.limit_days.max(1));
    let today = data.days.map(|days| (f64::from(days) / limit * 100.0).min(100.0));
    let label = match data.days {
        Some(days) => format!("{}: day {days} of {} without contact.", data.label, data.limit_days),
        None => format!("Never synced. Licenses leave service after {} days without contact.", data.limit_days),
    };
    let tone = data.tone.class();
    let height = if data.last_ms.is_some() { BASELINE + 56 } else { BASELINE + 40 };
    let labels: Vec<(f64, u32, Option<i64>)> = labelled(&data)
        .into_iter()
        .map(|step| (f64::from(step.first_day) / limit * 100.0, step.first_day, step.at_ms))
        .collect();
    view! {
        <svg class="track" width="100%" height=height role="img" aria-label=label>
            {bars(&data).into_iter().map(|bar| view! { <TrackBar bar=bar today=today /> }).collect_view()}
            <line class="track-base" x1="0%" x2="100%" y1=BASELINE y2=BASELINE />
            {labels.into_iter().map(|(at, day, when)| {
                let (x, anchor) = (percent(at), anchor(at, 10.0));
                view! {
                    <line class="track-tick" x1=x.clone() x2=x.clone() y1=BASELINE y2=BASELINE + 5 />
                    <text class="track-day" x=x.clone() y=BASELINE + 37 text-anchor=anchor>{day}</text>
                    {when.map(|when| view! {
                        <text class="track-date" x=x y=BASELINE + 53 text-anchor=anchor>{day_and_month(when)}</text>
                    })}
                }
            }).collect_view()}
            {today.zip(data.days).map(|(at, days)| {
                let x = percent(at);
                view! {
                    <g class=format!("track-today {tone}")>
                        <line x1=x.clone() x2=x.clone() y1="22" y2=BASELINE />
                        <circle cx=x.clone() cy=BASELINE r="6" />
                        <text x=x y="14" text-anchor=anchor(at, 18.0)>{format!("Today, day {days}")}</text>
                    </g>
                }
            })}
        </svg>
    }
    .drawn()
}

/// One phase; the days that have passed are filled.
#[component]
fn TrackBar(bar: Bar, today: Option<f64>) -> impl IntoView {
    let top = BASELINE - bar.height;
    let passed = today.map(|today| today.clamp(bar.from, bar.to) - bar.from).filter(|passed| *passed > 0.0);
    view! {
        <g class=bar.tone.class()>
            <rect class="track-ahead" x=percent(bar.from) y=top width=percent(bar.to - bar.from) height=bar.height />
            {passed.map(|passed| view! {
                <rect class="track-passed" x=percent(bar.from) y=top width=percent(passed) height=bar.height />
            })}
            {(bar.to - bar.from >= NAME_ROOM).then(|| view! {
                <text class="track-name" x=percent((bar.from + bar.to) / 2.0) y=BASELINE + 19 text-anchor="middle">{bar.name}</text>
            })}
            <line class="track-gap" x1=percent(bar.to) x2=percent(bar.to) y1=top - 5 y2=BASELINE />
        </g>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(limit: u32, days: &[u32]) -> ContactModel {
        let steps = days
            .iter()
            .map(|first_day| ContactStep {
                label: String::new(),
                first_day: *first_day,
                at_ms: None,
                state: StepState::Ahead,
                effect: String::new(),
            })
            .collect();
        ContactModel { limit_days: limit, steps, ..ContactModel::default() }
    }

    #[test]
    fn the_phases_fill_the_track_without_gap_or_overlap() {
        for (limit, days) in [(60, [0, 2, 30, 45, 55, 60]), (400, [0, 2, 370, 385, 395, 400])] {
            let bars = bars(&model(limit, &days));
            assert_eq!(bars.len(), 5);
            assert_eq!(bars.first().map(|bar| bar.from), Some(0.0));
            assert_eq!(bars.last().map(|bar| bar.to), Some(100.0));
            assert!(bars.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].height < pair[1].height));
        }
    }

    #[test]
    fn labels_never_touch_and_the_end_is_always_named() {
        let named =
            |limit, days: &[u32]| labelled(&model(limit, days)).iter().map(|step| step.first_day).collect::<Vec<_>>();
        assert_eq!(named(60, &[0, 2, 30, 45, 55, 60]), [0, 30, 45, 55, 60]);
        assert_eq!(named(120, &[0, 2, 90, 105, 115, 120]), [0, 90, 105, 120]);
        assert_eq!(named(400, &[0, 2, 370, 385, 395, 400]), [0, 370, 400]);
    }
}
