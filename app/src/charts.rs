//! Pictures of numbers, drawn by the server as SVG and tables. Each is a pure function of its data, keeps the size of its words on
//! every screen (places are percentages, only shapes stretch), takes its colours from classes, and stands beside a table with the
//! same numbers.

mod course;
mod heat;

pub use course::{Course, CourseChart};
pub use heat::{HEAT_LEVELS, HeatMap};

use crate::drawn::{Draw, Drawn};
use leptos::prelude::*;

/// A bar of `value` out of `of`, with a mark where a limit lies.
#[component]
pub fn Bar(
    value: u64,
    /// The whole length.
    of: u64,
    /// Where a limit lies.
    #[prop(optional_no_strip)]
    mark: Option<u64>,
    /// `full` for a bar that reached its limit, `over` for one beyond it.
    #[prop(optional)]
    look: &'static str,
) -> impl IntoView {
    let fill = percent(value, of);
    view! {
        <svg class=format!("bar {look}") width="100%" height="12" aria-hidden="true" focusable="false">
            <rect class="bar-ground" y="2" width="100%" height="8" rx="2" />
            {(value > 0).then(|| view! { <rect class="bar-fill" y="2" width=fill height="8" rx="2" /> })}
            {mark.filter(|mark| *mark > 0).map(|mark| {
                let at = percent(mark, of);
                view! { <line class="bar-mark" x1=at.clone() x2=at y1="0" y2="12" /> }
            })}
        </svg>
    }
    .drawn()
}

/// A share as a length; never beyond the picture.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn percent(value: u64, of: u64) -> String {
    let share = if of == 0 { 0.0 } else { (value as f64 / of as f64).min(1.0) };
    format!("{:.1}%", share * 100.0)
}

/// Mark classes and their words: `peak`, `full`, `licensed`, `before`, `refused`.
#[component]
pub fn Legend(items: Vec<(&'static str, String)>) -> impl IntoView {
    view! {
        <ul class="legend">
            {items.into_iter().map(|(mark, words)| view! {
                <li><svg class=format!("legend-mark {mark}") width="16" height="12" aria-hidden="true" focusable="false">
                    {sample(mark)}
                </svg><span>{words}</span></li>
            }).collect_view()}
        </ul>
    }
    .drawn()
}

/// A small piece of what is drawn.
fn sample(mark: &str) -> Drawn {
    match mark {
        "licensed" => view! { <line class="course-licensed" x1="0" x2="16" y1="6" y2="6" /> }.drawn(),
        "before" => view! { <line class="course-before" x1="0" x2="16" y1="6" y2="6" /> }.drawn(),
        "refused" => view! { <line class="course-refused" x1="8" x2="8" y1="1" y2="11" /> }.drawn(),
        "full" => view! { <rect class="course-full" x="3" y="1" width="10" height="10" /> }.drawn(),
        _ => view! { <rect class="course-peak" x="3" y="1" width="10" height="10" /> }.drawn(),
    }
}

/// Room between the beginnings of two labels on a wide screen, percent of the axis: a label of 60 px on 800 px, and air.
const WIDE_GAP: f64 = 10.0;
/// The same on a phone: 60 px on 290 px, and air.
const NARROW_GAP: f64 = 24.0;

/// The places that are labelled: regular ones of the candidates (percent of the axis, rising), at least `gap` apart.
fn thinned(places: &[f64], gap: f64) -> Vec<usize> {
    (1..=places.len().max(1))
        .map(|stride| (0..places.len()).step_by(stride).collect::<Vec<_>>())
        .find(|chosen| {
            chosen.windows(2).all(|pair| match pair {
                [left, right] => places[*right] - places[*left] >= gap,
                _ => true,
            })
        })
        .unwrap_or_default()
}

/// Which end of a word stands at its place, so that a word this wide stays on the picture; both in percent.
fn anchor(at: f64, room: f64) -> &'static str {
    match at {
        _ if at < room => "start",
        _ if at > 100.0 - room => "end",
        _ => "middle",
    }
}

/// The most steps an axis has.
const MOST_STEPS: u64 = 4;

/// An axis from 0 to `top`, labelled every `step`. Whole numbers only: there is no half license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub top: u64,
    pub step: u64,
}

impl Scale {
    /// The axis for numbers up to this one.
    pub fn of(most: u64) -> Scale {
        let most = most.max(1);
        let mut unit: u64 = 1;
        loop {
            for factor in [1, 2, 5] {
                let step = unit.saturating_mul(factor);
                if most.div_ceil(step) <= MOST_STEPS {
                    return Scale { top: most.div_ceil(step).saturating_mul(step), step };
                }
            }
            unit = unit.saturating_mul(10);
        }
    }

    /// The labelled numbers, from 0 up.
    pub fn marks(self) -> Vec<u64> {
        (0..=self.top / self.step).map(|mark| mark * self.step).collect()
    }

    /// Where a number stands, from 0 to 1; what is above the axis is at its end.
    #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
    pub fn share(self, number: u64) -> f64 {
        (number as f64 / self.top as f64).min(1.0)
    }
}

/// A round number in as many characters as an axis has room for: "500", "10k", "1.5M".
fn compact(number: u64) -> String {
    for (unit, letter) in [(1_000_000_000, 'G'), (1_000_000, 'M'), (10_000, 'k')] {
        if number >= unit {
            let unit = unit.min(if letter == 'k' { 1_000 } else { unit });
            let tenths = number / (unit / 10);
            return match tenths % 10 {
                0 => format!("{}{letter}", tenths / 10),
                tenth => format!("{}.{tenth}{letter}", tenths / 10),
            };
        }
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_never_leaves_its_ground() {
        assert_eq!(percent(1, 4), "25.0%");
        assert_eq!(percent(9, 4), "100.0%");
        assert_eq!(percent(1, 0), "0.0%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0%");
    }

    #[test]
    fn labels_keep_their_distance_and_stand_regularly() {
        for count in 1..600_u32 {
            let places: Vec<f64> = (0..count).map(|place| f64::from(place) / f64::from(count) * 100.0).collect();
            for gap in [WIDE_GAP, NARROW_GAP] {
                let chosen = thinned(&places, gap);
                assert!(!chosen.is_empty());
                assert!(chosen.windows(2).all(|pair| places[pair[1]] - places[pair[0]] >= gap), "{count}");
                let strides: std::collections::BTreeSet<_> = chosen.windows(2).map(|pair| pair[1] - pair[0]).collect();
                assert!(strides.len() <= 1, "{count}: {strides:?}");
            }
        }
        assert_eq!(thinned(&[], WIDE_GAP), Vec::<usize>::new());
    }

    #[test]
    fn all_are_labelled_where_there_is_room() {
        assert_eq!(thinned(&[3.0, 26.0, 49.0, 72.0, 96.0], WIDE_GAP), [0, 1, 2, 3, 4]);
        assert_eq!(thinned(&[3.0, 26.0, 49.0, 72.0, 96.0], NARROW_GAP), [0, 2, 4]);
    }

    #[test]
    fn words_at_the_edges_stay_on_the_picture() {
        assert_eq!([anchor(1.0, 6.0), anchor(50.0, 6.0), anchor(99.0, 6.0)], ["start", "middle", "end"]);
    }

    #[test]
    fn an_axis_has_few_round_steps_and_holds_its_largest_number() {
        for (most, expected) in [
            (0, &[0, 1][..]),
            (1, &[0, 1]),
            (3, &[0, 1, 2, 3]),
            (5, &[0, 2, 4, 6]),
            (38, &[0, 10, 20, 30, 40]),
            (41, &[0, 20, 40, 60]),
            (100, &[0, 50, 100]),
            (1_240, &[0, 500, 1_000, 1_500]),
        ] {
            assert_eq!(Scale::of(most).marks(), expected, "{most}");
        }
    }

    #[test]
    fn every_number_finds_its_place_on_its_axis() {
        for most in (1..2_000).chain([99_999, 1_000_000, u64::from(u32::MAX), u64::MAX / 2, u64::MAX]) {
            let scale = Scale::of(most);
            assert!(scale.top >= most || most > u64::MAX / 2, "{most}");
            assert!(scale.marks().len() <= 5, "{most}");
            assert!((0.0..=1.0).contains(&scale.share(most)), "{most}");
        }
    }

    #[test]
    fn numbers_on_an_axis_are_short() {
        for (number, text) in [
            (0, "0"),
            (1_500, "1500"),
            (10_000, "10k"),
            (12_500, "12.5k"),
            (500_000, "500k"),
            (1_000_000, "1M"),
            (1_500_000, "1.5M"),
            (2_000_000_000, "2G"),
        ] {
            assert_eq!(compact(number), text);
        }
    }
}
