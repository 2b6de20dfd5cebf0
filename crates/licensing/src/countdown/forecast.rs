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
    /// The server ended unexpectedly: a crash, or a power failure.
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

/// One run of the hours, from the first login to the last logout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountdownRun {
    /// When it began, Unix milliseconds.
    pub began_ms: Millis,
    /// When it ended, Unix milliseconds; `None` while it lasts.
    pub ended_ms: Option<Millis>,
    /// Hours used, milliseconds.
    pub spent_ms: Millis,
    /// Maximum number of clients logged in at once.
    pub most_clients: u32,
    /// Why it ended; `None` while it lasts.
    pub cause: Option<Cause>,
}

/// How long the hours will last, based on past incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Number of past incidents.
    pub incidents: usize,
    /// Average use per incident, milliseconds.
    pub average_ms: Millis,
    /// Use of the longest, milliseconds.
    pub longest_ms: Millis,
    /// Number of similar incidents the rest is enough for.
    pub more: u64,
}

/// Number of incidents `left_ms` is enough for, based on finished `runs`; `None` without any.
#[must_use]
pub fn forecast(runs: &[CountdownRun], left_ms: Millis) -> Option<Forecast> {
    let spent = || runs.iter().filter(|run| run.ended_ms.is_some() && run.spent_ms > 0).map(|run| run.spent_ms);
    let incidents = spent().count();
    let total = spent().fold(0_i64, Millis::saturating_add);
    let average_ms = total / i64::try_from(incidents).ok().filter(|count| *count > 0)?;
    let more = u64::try_from(left_ms / average_ms.max(1)).unwrap_or(0);
    Some(Forecast { incidents, average_ms, longest_ms: spent().max().unwrap_or(0), more })
}
