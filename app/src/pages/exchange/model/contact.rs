//! The contact clock as pages show it: one truth for all of them.

use crate::request::Tone;

/// How long ago the nodes last answered, and what follows (RULES R1).
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
