//! The course of use: the peak of each step as a column, against what was licensed then; refusals in a lane of their own below.

#[cfg(test)]
mod tests;

use super::{NARROW_GAP, Scale, WIDE_GAP, anchor, compact, thinned};
use crate::drawn::{Draw, Drawn};
use crate::islands::chart::{ChartReader, ChartSource};
use leptos::prelude::*;
use licensing::words::grouped;
use std::fmt::Write;

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
/// More columns than this are too narrow for a phone: there each stands for several.
const MOST_NARROW: usize = 60;
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
    /// What a script reads it out from.
    pub source: ChartSource,
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

    /// With so many steps to a column: of each column the highest peak, what was licensed then, and all refusals.
    fn gathered(&self, size: usize) -> Course {
        let highest =
            |chunk: &[u64]| chunk.iter().enumerate().rev().max_by_key(|(_, peak)| **peak).map_or(0, |(at, _)| at);
        let at: Vec<usize> =
            self.peaks.chunks(size).enumerate().map(|(place, chunk)| place * size + highest(chunk)).collect();
        let most = |chunk: &[Option<u64>]| chunk.iter().flatten().max().copied();
        Course {
            peaks: at.iter().map(|at| self.peaks[*at]).collect(),
            licensed: at.iter().map(|at| self.licensed.get(*at).copied().flatten()).collect(),
            before: self.before.chunks(size).map(most).collect(),
            refused: self.refused.chunks(size).map(|chunk| chunk.iter().sum()).collect(),
            ..Course::default()
        }
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
    let source = course.source.clone();
    view! {
        <div class="course">
            <svg class="course-axis" width="44" height=height.clone() aria-hidden="true" focusable="false">
                {scale.marks().into_iter().map(|mark| view! {
                    <text x="36" y=px(y(scale, mark) + 4.0) text-anchor="end">{compact(mark)}</text>
                }).collect_view()}
                {refusals.then(|| view! { <text class="course-lane-name" x="36" y=px(BASE + LANE - 1.0) text-anchor="end">"denied"</text> })}
            </svg>
            <div
                class="course-stage" data-chart=source.table data-name=source.name data-step=source.step data-href=source.href
                data-last=source.last_day data-zone=source.zone
            >
                <Plot course=course scale=scale height=height lane=lane />
                <ChartReader />
            </div>
        </div>
    }
    .drawn()
}

#[component]
fn Plot(course: Course, scale: Scale, height: String, lane: f64) -> impl IntoView {
    let (licensed, peak) = words(&course, scale);
    let count = course.peaks.len();
    let size = count.div_ceil(MOST_NARROW).max(1);
    let fine = Shapes::of(&course, scale, Grid { size: 1, count });
    let coarse = (size > 1).then(|| Shapes::of(&course.gathered(size), scale, Grid { size, count }));
    let look = if size > 1 { "course-shapes wide" } else { "course-shapes" };
    let stretched = |shapes: &Shapes| format!("0 0 {} {height}", shapes.width);
    let fine_box = stretched(&fine);
    let coarse = coarse.map(|shapes| (stretched(&shapes), shapes));
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
            {coarse.map(|(view_box, shapes)| view! {
                <svg class="course-shapes narrow" x="0" y="0" width="100%" height=height.clone() viewBox=view_box preserveAspectRatio="none">
                    {paths(shapes)}
                </svg>
            })}
            <svg class=look x="0" y="0" width="100%" height=height.clone() viewBox=fine_box preserveAspectRatio="none">
                {paths(fine)}
                {hints.into_iter().enumerate().map(|(step, hint)| view! {
                    <rect class="course-hit" x=step * STEP y="0" width=STEP height=px(BASE + lane)><title>{hint}</title></rect>
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

/// What is stretched to the width of the screen.
fn paths(shapes: Shapes) -> Drawn {
    view! {
        <path class="course-peak" d=shapes.peaks />
        {(!shapes.full.is_empty()).then(|| view! { <path class="course-full" d=shapes.full /> })}
        {(!shapes.before.is_empty()).then(|| view! { <path class="course-before" d=shapes.before /> })}
        <path class="course-licensed" d=shapes.licensed />
        {(!shapes.refused.is_empty()).then(|| view! { <path class="course-refused" d=shapes.refused /> })}
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

/// Width of a step in the units of the stretched picture.
const STEP: usize = 10;
/// Up to so many columns stand apart; more become one outline, because gaps would be narrower than a pixel.
const MOST_COLUMNS: usize = 100;

/// Columns of so many steps each; the last may have fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    size: usize,
    /// Of steps.
    count: usize,
}

impl Grid {
    /// The left edge of a column; of the one after the last, the end of the picture.
    #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
    fn edge(self, column: usize) -> f64 {
        ((column * self.size).min(self.count) * STEP) as f64
    }
}

/// The paths of one course.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shapes {
    pub width: usize,
    pub peaks: String,
    /// Columns that reached what was licensed.
    pub full: String,
    pub licensed: String,
    pub before: String,
    pub refused: String,
}

impl Shapes {
    pub(super) fn of(course: &Course, scale: Scale, grid: Grid) -> Shapes {
        let apart = course.peaks.len() <= MOST_COLUMNS;
        let full: Vec<bool> = course
            .peaks
            .iter()
            .zip(&course.licensed)
            .map(|(peak, licensed)| *peak > 0 && licensed.is_some_and(|licensed| *peak >= licensed))
            .collect();
        let select = |wanted: bool| -> Vec<u64> {
            let peaks = course.peaks.iter().zip(full.iter());
            peaks.map(|(peak, full)| if *full == wanted { *peak } else { 0 }).collect()
        };
        Shapes {
            width: grid.count.max(1) * STEP,
            peaks: columns(&select(false), scale, grid, apart),
            full: columns(&select(true), scale, grid, apart),
            licensed: line(&course.licensed, scale, grid),
            before: line(&course.before, scale, grid),
            refused: lane(&course.refused, grid),
        }
    }
}

/// Columns from the base up; those of zero leave nothing.
fn columns(heights: &[u64], scale: Scale, grid: Grid, apart: bool) -> String {
    let mut path = String::new();
    let gap = if apart { 0.15 } else { 0.0 };
    let mut open = false;
    for (column, height) in heights.iter().enumerate() {
        let (left, right) = (grid.edge(column), grid.edge(column + 1));
        let gap = gap * (right - left);
        let (left, right) = (left + gap, right - gap);
        match (*height, open && !apart) {
            (0, true) => path.push_str(&format!("V{BASE}Z")),
            (0, false) => {}
            (height, true) => _ = write!(path, "V{}H{}", px(y(scale, height)), short(right)),
            (height, false) => {
                _ = write!(path, "M{} {BASE}V{}H{}", short(left), px(y(scale, height)), short(right));
                if apart {
                    path.push_str(&format!("V{BASE}Z"));
                }
            }
        }
        open = *height > 0;
    }
    if open && !apart {
        path.push_str(&format!("V{BASE}Z"));
    }
    path
}

/// A stepped line with gaps where nothing was recorded.
fn line(heights: &[Option<u64>], scale: Scale, grid: Grid) -> String {
    let mut path = String::new();
    let mut last: Option<u64> = None;
    for (column, height) in heights.iter().enumerate() {
        let left = short(grid.edge(column));
        match (*height, last) {
            (None, Some(_)) => _ = write!(path, "H{left}"),
            (None, None) => {}
            (Some(height), None) => _ = write!(path, "M{left} {}", px(y(scale, height))),
            (Some(height), Some(before)) if height != before => {
                _ = write!(path, "H{left}V{}", px(y(scale, height)));
            }
            (Some(_), Some(_)) => {}
        }
        last = *height;
    }
    if last.is_some() {
        _ = write!(path, "H{}", short(grid.edge(heights.len())));
    }
    path
}

/// A stroke for each column with refusals; the more, the longer.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn lane(refused: &[u64], grid: Grid) -> String {
    let most = refused.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut path = String::new();
    for (column, count) in refused.iter().enumerate().filter(|(_, count)| **count > 0) {
        let length = 5.0 + (*count as f64 / most).sqrt() * (LANE - 9.0);
        let middle = f64::midpoint(grid.edge(column), grid.edge(column + 1));
        _ = write!(path, "M{} {}v{}", short(middle), px(BASE + 4.0), px(length));
    }
    path
}

/// Without a needless fraction.
fn short(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}
