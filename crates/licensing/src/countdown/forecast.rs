use serde::{Deserialize, Serialize};

use super::Millis;

/// Why hours stopped running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The last client logged out.
    LoggedOut,
    /// The hours were used up.
    Empty,
    /// The server was stopped.
    Stopped,
    /// The server ended without being stopped: a crash, or a loss of power.
    Crashed,
}

impl Cause {
    /// All there are.
    pub const ALL: [Cause; 4] = [Cause::LoggedOut, Cause::Empty, Cause::Stopped, Cause::Crashed];

    /// The words stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cause::LoggedOut => "last client logged out",
            Cause::Empty => "hours used up",
            Cause::Stopped => "server stopped",
            Cause::Crashed => "server ended unexpectedly",
        }
    }

    /// The cause with these words.
    #[must_use]
    pub fn of(word: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.word() == word)
    }
}

/// One time the hours ran: from the first login to the last logout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountdownRun {
    /// When it began, Unix milliseconds.
    pub began_ms: Millis,
    /// When it ended, Unix milliseconds; `None` while it goes on.
    pub ended_ms: Option<Millis>,
    /// What it took from the hours, in milliseconds.
    pub spent_ms: Millis,
    /// The most clients that were logged in at once.
    pub most_clients: u32,
    /// Why it ended; `None` while it goes on.
    pub cause: Option<Cause>,
}

/// How far the hours go, judged by what happened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// How many incidents it is judged by.
    pub incidents: usize,
    /// What one took on average, in milliseconds.
    pub average_ms: Millis,
    /// What the longest took, in milliseconds.
    pub longest_ms: Millis,
    /// How many more like those what is left is enough for.
    pub more: u64,
}

/// How many more incidents `left_ms` is enough for, if they are like those in `runs` that are over; `None` when there was none.
#[must_use]
pub fn forecast(runs: &[CountdownRun], left_ms: Millis) -> Option<Forecast> {
    let spent = || runs.iter().filter(|run| run.ended_ms.is_some() && run.spent_ms > 0).map(|run| run.spent_ms);
    let incidents = spent().count();
    let total = spent().fold(0_i64, Millis::saturating_add);
    let average_ms = total / i64::try_from(incidents).ok().filter(|count| *count > 0)?;
    let more = u64::try_from(left_ms / average_ms.max(1)).unwrap_or(0);
    Some(Forecast { incidents, average_ms, longest_ms: spent().max().unwrap_or(0), more })
}
