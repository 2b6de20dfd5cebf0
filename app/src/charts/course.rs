//! The course of use: the peak of each step as a column, against what was licensed then; refusals in a lane of their own below.

mod paths;

use super::scale::{Scale, compact};
use super::ticks::{NARROW_GAP, WIDE_GAP, anchor, thinned};
use crate::drawn::{Draw, Drawn};
use leptos::prelude::*;
use licensing::words::grouped;
use paths::Shapes;

/// Height of the columns' ground, pixels; the words above it need `HEADROOM`.
const PLOT: f64 = 200.0;
const HEADROOM: f64 = 26.0;
/// Where the columns stand.
const BASE: f64 = HEADROOM + PLOT;
/// The lane of the refusals, under the columns.
const LANE: f64 = 18.0;
/// Room for the words under the axis.
const WORDS: f64 = 26.0;
/// More columns than this have no text of their own to point at; the table has.
const MOST_HINTS: usize = 200;
/// Two labels closer than this would touch, pixels.
const LINE: f64 = 16.0;

/// What is drawn; one entry of each list per step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    pub peaks: Vec<u64>,
    /// None where it is not known what was licensed.
    pub licensed: Vec<Option<u64>>,
    /// The peaks of the period before; empty: not drawn.
    pub before: Vec<Option<u64>>,
    pub refused: Vec<u64>,
    /// Words under the axis; empty where there is none.
    pub ticks: Vec<String>,
    /// What a step says when it is pointed at.
    pub hints: Vec<String>,
    /// The picture in a sentence.
    pub description: String,
}

impl Course {
    fn scale(&self) -> Scale {
        let known = self.licensed.iter().chain(&self.before).flatten();
        Scale::of(self.peaks.iter().chain(known).copied().max().unwrap_or(0))
    }

    /// The step with the highest peak; the first of several. None when nothing was used.
    fn highest(&self) -> Option<usize> {
        let most = *self.peaks.iter().max()?;
        self.peaks.iter().position(|peak| *peak == most && most > 0)
    }

    fn has_refusals(&self) -> bool {
        self.refused.iter().any(|count| *count > 0)
    }

    /// The middle of a step, percent of the axis.
    fn middle(&self, step: usize) -> f64 {
        middle(step, self.peaks.len())
    }

    /// The labelled steps, for a gap between labels.
    fn labelled(&self, gap: f64) -> Vec<usize> {
        let candidates: Vec<usize> = (0..self.ticks.len()).filter(|step| !self.ticks[*step].is_empty()).collect();
        let places: Vec<f64> = candidates.iter().map(|step| self.middle(*step)).collect();
        thinned(&places, gap).into_iter().filter_map(|chosen| candidates.get(chosen).copied()).collect()
    }
}

/// The middle of a step among so many, percent.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn middle(step: usize, of: usize) -> f64 {
    (step as f64 + 0.5) / of.max(1) as f64 * 100.0
}

/// Height of a number in the picture, pixels from the top.
fn y(scale: Scale, number: u64) -> f64 {
    BASE - scale.share(number) * PLOT
}

fn px(number: f64) -> String {
    format!("{number:.1}")
}

/// Where the words "40 licensed" and "Peak 38" stand: place in percent, height in pixels, which end is at the place.
#[derive(Clone, Debug, PartialEq)]
struct Words {
    text: String,
    at: f64,
    y: f64,
    anchor: &'static str,
}

/// The words in the picture. The licensed number is written at the end that the peak is not at, so that they never touch.
fn words(course: &Course, scale: Scale) -> (Option<Words>, Option<Words>) {
    let peak = course.highest();
    let right = peak.is_none_or(|step| course.middle(step) < 60.0);
    let end = if right { course.licensed.last() } else { course.licensed.first() };
    let licensed = end.copied().flatten().map(|number| Words {
        text: format!("{} licensed", grouped(number)),
        at: if right { 100.0 } else { 0.0 },
        y: y(scale, number) - 7.0,
        anchor: if right { "end" } else { "start" },
    });
    let peak = peak.map(|step| {
        let top = y(scale, course.peaks[step]);
        // A line just above the column would run through the words: they go above it.
        let line = course.licensed.get(step).copied().flatten().map(|number| y(scale, number));
        let clear = line.filter(|line| *line < top && top - *line < LINE + 4.0).unwrap_or(top);
        let at = course.middle(step);
        Words { text: format!("Peak {}", grouped(course.peaks[step])), at, y: clear - 8.0, anchor: anchor(at, 12.0) }
    });
    (licensed, peak)
}

/// The chart.
#[component]
pub fn CourseChart(course: Course) -> impl IntoView {
    let scale = course.scale();
    let refusals = course.has_refusals();
    let lane = if refusals { LANE } else { 0.0 };
    let height = px(BASE + lane + WORDS);
    view! {
        <div class="course">
            <svg class="course-axis" width="44" height=height.clone() aria-hidden="true" focusable="false">
                {scale.marks().into_iter().map(|mark| view! {
                    <text x="36" y=px(y(scale, mark) + 4.0) text-anchor="end">{compact(mark)}</text>
                }).collect_view()}
                {refusals.then(|| view! { <text class="course-lane-name" x="36" y=px(BASE + LANE - 1.0) text-anchor="end">"denied"</text> })}
            </svg>
            <Plot course=course scale=scale height=height lane=lane />
        </div>
    }
    .drawn()
}

#[component]
fn Plot(course: Course, scale: Scale, height: String, lane: f64) -> impl IntoView {
    let (licensed, peak) = words(&course, scale);
    let shapes = Shapes::of(&course, scale);
    let dot = course.highest().map(|step| (format!("{:.2}%", course.middle(step)), px(y(scale, course.peaks[step]))));
    let hints = if course.peaks.len() <= MOST_HINTS { course.hints.clone() } else { Vec::new() };
    let labels = [("wide", WIDE_GAP, 4.0), ("narrow", NARROW_GAP, 10.0)].map(|(class, gap, room)| {
        let texts = course.labelled(gap).into_iter().map(|step| (course.middle(step), course.ticks[step].clone()));
        tick_words(class, texts.collect(), room, BASE + lane + 18.0)
    });
    view! {
        <svg class="course-plot" width="100%" height=height.clone() role="img" aria-label=course.description.clone()>
            {scale.marks().into_iter().map(|mark| view! {
                <line class=if mark == 0 { "course-base" } else { "course-grid" } x1="0" x2="100%" y1=px(y(scale, mark)) y2=px(y(scale, mark)) />
            }).collect_view()}
            <svg x="0" y="0" width="100%" height=height.clone() viewBox=format!("0 0 {} {height}", shapes.width) preserveAspectRatio="none">
                <path class="course-peak" d=shapes.peaks />
                {(!shapes.full.is_empty()).then(|| view! { <path class="course-full" d=shapes.full /> })}
                {(!shapes.before.is_empty()).then(|| view! { <path class="course-before" d=shapes.before /> })}
                <path class="course-licensed" d=shapes.licensed />
                {(!shapes.refused.is_empty()).then(|| view! { <path class="course-refused" d=shapes.refused /> })}
                {hints.into_iter().enumerate().map(|(step, hint)| view! {
                    <rect class="course-hit" x=step * paths::STEP y="0" width=paths::STEP height=px(BASE + lane)><title>{hint}</title></rect>
                }).collect_view()}
            </svg>
            {dot.map(|(x, y)| view! { <circle class="course-dot" cx=x cy=y r="3.5" /> })}
            {[("course-said licensed", licensed), ("course-said", peak)].into_iter().filter_map(|(class, words)| words.map(|words| view! {
                <text class=class x=format!("{:.2}%", words.at) y=px(words.y) text-anchor=words.anchor>{words.text}</text>
            })).collect_view()}
            {labels.into_iter().collect_view()}
        </svg>
    }
    .drawn()
}

/// The words under the axis, for one width of screen.
fn tick_words(class: &'static str, texts: Vec<(f64, String)>, room: f64, height: f64) -> Drawn {
    view! {
        <g class=format!("course-ticks {class}")>
            {texts.into_iter().map(|(at, text)| view! {
                <text x=format!("{at:.2}%") y=px(height) text-anchor=anchor(at, room)>{text}</text>
            }).collect_view()}
        </g>
    }
    .drawn()
}

#[cfg(test)]
mod tests;
