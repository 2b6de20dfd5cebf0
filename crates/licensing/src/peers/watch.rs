use serde::{Deserialize, Serialize};

use super::SILENT_MS;
use crate::clock_reading::ClockReading;
use crate::contact::Millis;

/// Whether another server is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "since")]
pub enum PeerLiveness {
    /// It gives signs of life, since then.
    Up(Millis),
    /// None since then.
    Silent(Millis),
    /// It never gave any.
    Never,
}

impl PeerLiveness {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PeerLiveness::Up(_) => "up",
            PeerLiveness::Silent(_) => "silent",
            PeerLiveness::Never => "never",
        }
    }

    /// Since when, Unix milliseconds.
    #[must_use]
    pub fn since(self) -> Option<Millis> {
        match self {
            PeerLiveness::Up(since) | PeerLiveness::Silent(since) => Some(since),
            PeerLiveness::Never => None,
        }
    }
}

/// Something to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LivenessChange {
    /// Its first sign of life ever.
    First,
    /// It fell silent: its last sign of life, Unix milliseconds.
    WentSilent(Millis),
    /// It is there again, after so many milliseconds.
    CameBack(Millis),
}

/// What was last told of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Never,
    Up,
    Silent,
}

/// Watches one other server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LivenessWatch {
    told: Told,
    /// Its last sign of life: by the wall clock, and in this run by the other one too.
    seen_wall: Option<Millis>,
    seen_mono: Option<Millis>,
    up_since: Millis,
    /// Since when it is watched, on the monotonic clock.
    began: Millis,
}

impl LivenessWatch {
    /// Begins, with what was stored: its last sign of life, and whether it was known to be silent. A server of which nobody knew that is
    /// given time before its silence is told: it was this server that did not listen.
    #[must_use]
    pub fn begin(now: ClockReading, seen_wall: Option<Millis>, was_silent: bool) -> LivenessWatch {
        let told = match (seen_wall, was_silent) {
            (None, _) => Told::Never,
            (_, true) => Told::Silent,
            _ => Told::Up,
        };
        LivenessWatch { told, seen_wall, seen_mono: None, up_since: now.wall_ms, began: now.mono_ms }
    }

    /// Begins with a server that joined a moment ago: its part in that was a sign of life, though it has reported nothing yet.
    #[must_use]
    pub fn joined(now: ClockReading) -> LivenessWatch {
        LivenessWatch {
            seen_wall: Some(now.wall_ms),
            seen_mono: Some(now.mono_ms),
            ..LivenessWatch::begin(now, None, false)
        }
    }

    /// This server itself stood still for `gap` milliseconds until `now` and could hear nobody: nobody was silent meanwhile.
    pub fn excuse(&mut self, gap: Millis, now: ClockReading) {
        for at in std::iter::once(&mut self.began).chain(&mut self.seen_mono) {
            *at = at.saturating_add(gap).min(now.mono_ms);
        }
    }

    /// A sign of life: a good answer, or a good request.
    pub fn heard(&mut self, now: ClockReading) -> Option<LivenessChange> {
        if !self.is_up(now) {
            self.up_since = now.wall_ms;
        }
        let change = match self.told {
            Told::Never => Some(LivenessChange::First),
            Told::Up => None,
            Told::Silent => Some(LivenessChange::CameBack(self.silence(now))),
        };
        (self.told, self.seen_wall, self.seen_mono) = (Told::Up, Some(now.wall_ms), Some(now.mono_ms));
        change
    }

    /// How long it was silent: by the clock nobody sets where that is known.
    fn silence(&self, now: ClockReading) -> Millis {
        let passed = match (self.seen_mono, self.seen_wall) {
            (Some(mono), _) => now.mono_ms - mono,
            (None, Some(wall)) => now.wall_ms - wall,
            (None, None) => 0,
        };
        passed.max(0)
    }

    /// Looks at the clock.
    pub fn look(&mut self, now: ClockReading) -> Option<LivenessChange> {
        let quiet = now.mono_ms - self.seen_mono.unwrap_or(self.began) > SILENT_MS;
        if self.told != Told::Up || !quiet {
            return None;
        }
        self.told = Told::Silent;
        Some(LivenessChange::WentSilent(self.seen_wall.unwrap_or(now.wall_ms)))
    }

    fn is_up(&self, now: ClockReading) -> bool {
        self.seen_mono.is_some_and(|seen| now.mono_ms - seen <= SILENT_MS)
    }

    /// Whether it is there.
    #[must_use]
    pub fn state(&self, now: ClockReading) -> PeerLiveness {
        match self.seen_wall {
            Some(_) if self.is_up(now) => PeerLiveness::Up(self.up_since),
            Some(seen) => PeerLiveness::Silent(seen),
            None => PeerLiveness::Never,
        }
    }

    /// Its last sign of life, Unix milliseconds.
    #[must_use]
    pub fn seen_ms(&self) -> Option<Millis> {
        self.seen_wall
    }
}

/// A server that looks at its peers every two seconds and did not for this long stood still, milliseconds.
const STANDSTILL_MS: Millis = 6_000;

/// How long this server stood still between two looks at its peers, milliseconds; `None` when it did not.
#[must_use]
pub fn standstill_ms(before: ClockReading, now: ClockReading) -> Option<Millis> {
    Some(now.mono_ms - before.mono_ms).filter(|passed| *passed >= STANDSTILL_MS)
}

/// Since when a server hears of nobody: what it shows may be old, for its own network may be what is broken. None while it hears of
/// anybody, knows nobody, or has only just begun to listen.
#[must_use]
pub fn stale_since<'a>(watches: impl IntoIterator<Item = &'a LivenessWatch>, now: ClockReading) -> Option<Millis> {
    let mut last = None;
    for watch in watches {
        if watch.is_up(now) || now.mono_ms - watch.began <= SILENT_MS {
            return None;
        }
        last = last.max(Some(watch.seen_wall.unwrap_or(watch.up_since)));
    }
    last
}

/// How far another server's clock is ahead of this one's, milliseconds; behind is negative. Its wall clock is taken to have been read
/// in the middle between asking, at `asked_ms` of our wall clock, and the answer `took_ms` later.
#[must_use]
pub fn clock_off_ms(asked_ms: Millis, took_ms: Millis, theirs_ms: Millis) -> Millis {
    theirs_ms.saturating_sub(asked_ms.saturating_add(took_ms.max(0) / 2))
}
