use serde::{Deserialize, Serialize};

use super::SILENT_MS;
use crate::contact::Millis;

/// One instant on both clocks, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Unix milliseconds: only for display.
    pub wall_ms: Millis,
    /// Monotonic time.
    pub mono_ms: Millis,
}

/// Whether a peer is responding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "since")]
pub enum State {
    /// Responding since then.
    Up(Millis),
    /// Not responding since then.
    Silent(Millis),
    /// Never responded.
    Never,
}

impl State {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Up(_) => "up",
            State::Silent(_) => "silent",
            State::Never => "never",
        }
    }

    /// Since when, Unix milliseconds.
    #[must_use]
    pub fn since(self) -> Option<Millis> {
        match self {
            State::Up(since) | State::Silent(since) => Some(since),
            State::Never => None,
        }
    }
}

/// An event to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its first response ever.
    First,
    /// It stopped responding: its last response, Unix milliseconds.
    WentSilent(Millis),
    /// It is responding again, after this many milliseconds.
    CameBack(Millis),
}

/// The last event of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Never,
    Up,
    Silent,
}

/// Watches one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    told: Told,
    /// Its last response: by the wall clock, and in this run also by the monotonic clock.
    seen_wall: Option<Millis>,
    seen_mono: Option<Millis>,
    up_since: Millis,
    /// Since when it is watched, on the monotonic clock.
    began: Millis,
}

impl Watch {
    /// Starts from the stored last response and silence. A server not known to be silent gets time before it is
    /// reported, because this server wasn't listening.
    #[must_use]
    pub fn begin(now: Now, seen_wall: Option<Millis>, was_silent: bool) -> Watch {
        let told = match (seen_wall, was_silent) {
            (None, _) => Told::Never,
            (_, true) => Told::Silent,
            _ => Told::Up,
        };
        Watch { told, seen_wall, seen_mono: None, up_since: now.wall_ms, began: now.mono_ms }
    }

    /// A response: a valid answer, or a valid request.
    pub fn heard(&mut self, now: Now) -> Option<Change> {
        if !self.is_up(now) {
            self.up_since = now.wall_ms;
        }
        let change = match self.told {
            Told::Never => Some(Change::First),
            Told::Up => None,
            Told::Silent => Some(Change::CameBack(self.silence(now))),
        };
        (self.told, self.seen_wall, self.seen_mono) = (Told::Up, Some(now.wall_ms), Some(now.mono_ms));
        change
    }

    /// How long it was silent, by the monotonic clock if known.
    fn silence(&self, now: Now) -> Millis {
        let passed = match (self.seen_mono, self.seen_wall) {
            (Some(mono), _) => now.mono_ms - mono,
            (None, Some(wall)) => now.wall_ms - wall,
            (None, None) => 0,
        };
        passed.max(0)
    }

    /// Checks for silence.
    pub fn look(&mut self, now: Now) -> Option<Change> {
        let quiet = now.mono_ms - self.seen_mono.unwrap_or(self.began) > SILENT_MS;
        if self.told != Told::Up || !quiet {
            return None;
        }
        self.told = Told::Silent;
        Some(Change::WentSilent(self.seen_wall.unwrap_or(now.wall_ms)))
    }

    fn is_up(&self, now: Now) -> bool {
        self.seen_mono.is_some_and(|seen| now.mono_ms - seen <= SILENT_MS)
    }

    /// Its state.
    #[must_use]
    pub fn state(&self, now: Now) -> State {
        match self.seen_wall {
            Some(_) if self.is_up(now) => State::Up(self.up_since),
            Some(seen) => State::Silent(seen),
            None => State::Never,
        }
    }

    /// Its last response, Unix milliseconds.
    #[must_use]
    pub fn seen_ms(&self) -> Option<Millis> {
        self.seen_wall
    }
}

/// Since when no peer has responded: the states may be old, and this server's network may be the cause. `None` while
/// any responds, without peers, or right after startup.
#[must_use]
pub fn stale_since<'a>(watches: impl IntoIterator<Item = &'a Watch>, now: Now) -> Option<Millis> {
    let mut last = None;
    for watch in watches {
        if watch.is_up(now) || now.mono_ms - watch.began <= SILENT_MS {
            return None;
        }
        last = last.max(Some(watch.seen_wall.unwrap_or(watch.up_since)));
    }
    last
}

/// How far a peer's clock is ahead of this server's, milliseconds; negative if behind. Assumes that it was read
/// halfway between the request, at `asked_ms` on our wall clock, and the answer `took_ms` later.
#[must_use]
pub fn clock_off_ms(asked_ms: Millis, took_ms: Millis, theirs_ms: Millis) -> Millis {
    theirs_ms.saturating_sub(asked_ms.saturating_add(took_ms.max(0) / 2))
}
