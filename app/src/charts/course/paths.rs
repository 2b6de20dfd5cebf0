//! The shapes of the course: each a single path, so that two years of days weigh no more than a week of hours.

use super::super::scale::Scale;
use super::{BASE, Course, LANE, px, y};
use std::fmt::Write;

/// Width of a step in the units of the stretched picture.
pub(super) const STEP: usize = 10;
/// Up to so many columns stand apart; more become one outline, because gaps would be narrower than a pixel.
const MOST_COLUMNS: usize = 100;

/// The paths of one course.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shapes {
    pub width: usize,
    pub peaks: String,
    /// Columns that reached what was licensed.
    pub full: String,
    pub licensed: String,
    pub before: String,
    pub refused: String,
}

impl Shapes {
    pub(super) fn of(course: &Course, scale: Scale) -> Shapes {
        let count = course.peaks.len();
        let apart = count <= MOST_COLUMNS;
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
            width: count.max(1) * STEP,
            peaks: columns(&select(false), scale, apart),
            full: columns(&select(true), scale, apart),
            licensed: line(&course.licensed, scale),
            before: line(&course.before, scale),
            refused: lane(&course.refused),
        }
    }
}

/// Columns from the base up; steps of zero leave nothing.
fn columns(heights: &[u64], scale: Scale, apart: bool) -> String {
    let mut path = String::new();
    let gap = if apart { 1.5 } else { 0.0 };
    let mut open = false;
    for (step, height) in heights.iter().enumerate() {
        let (left, right) = (place(step) + gap, place(step + 1) - gap);
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

/// A line in steps; interrupted where nothing is known.
fn line(heights: &[Option<u64>], scale: Scale) -> String {
    let mut path = String::new();
    let mut last: Option<u64> = None;
    for (step, height) in heights.iter().enumerate() {
        match (*height, last) {
            (None, Some(_)) => _ = write!(path, "H{}", short(place(step))),
            (None, None) => {}
            (Some(height), None) => _ = write!(path, "M{} {}", short(place(step)), px(y(scale, height))),
            (Some(height), Some(before)) if height != before => {
                _ = write!(path, "H{}V{}", short(place(step)), px(y(scale, height)));
            }
            (Some(_), Some(_)) => {}
        }
        last = *height;
    }
    if last.is_some() {
        _ = write!(path, "H{}", short(place(heights.len())));
    }
    path
}

/// A stroke for each step with refusals; the more, the longer.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn lane(refused: &[u64]) -> String {
    let most = refused.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut path = String::new();
    for (step, count) in refused.iter().enumerate().filter(|(_, count)| **count > 0) {
        let length = 5.0 + (*count as f64 / most).sqrt() * (LANE - 9.0);
        _ = write!(path, "M{} {}v{}", short(place(step) + STEP as f64 / 2.0), px(BASE + 4.0), px(length));
    }
    path
}

/// The left edge of a step.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn place(step: usize) -> f64 {
    (step * STEP) as f64
}

/// Without a needless fraction.
fn short(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}
