//! One run of a client, as the table knows it and as it is stored.

use std::sync::Arc;

use licensing::allocation::StoredShare;
use licensing::client_protocol::{ClockOffset, Hello, Use};
use licensing::product::ProductCode;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

/// Totals of one run for one product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Check-outs.
    #[serde(rename = "n")]
    pub count: u64,
    /// Time in use, milliseconds.
    #[serde(rename = "ms")]
    pub ms: u64,
    /// Denials.
    #[serde(rename = "d")]
    pub denied: u64,
}

impl Counters {
    /// Takes the larger of both, counter by counter, so repeated or late reports do no harm. Returns what was added.
    pub(super) fn raise(&mut self, said: &Use) -> Counters {
        let before = *self;
        self.count = self.count.max(said.usage_count);
        self.ms = self.ms.max(said.usage_ms);
        self.denied = self.denied.max(said.denied);
        Counters { count: self.count - before.count, ms: self.ms - before.ms, denied: self.denied - before.denied }
    }

    /// Adds another's.
    pub(super) fn add(&mut self, other: Counters) {
        self.count = self.count.saturating_add(other.count);
        self.ms = self.ms.saturating_add(other.ms);
        self.denied = self.denied.saturating_add(other.denied);
    }

    /// Whether all are 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Counters::default()
    }
}

/// Whether a run may still act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It may.
    Open,
    /// A later run has replaced it.
    Superseded,
    /// It said goodbye.
    Ended,
}

impl RunState {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Superseded => "superseded",
            Self::Ended => "ended",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        match word {
            "open" => Self::Open,
            "superseded" => Self::Superseded,
            _ => Self::Ended,
        }
    }
}

/// A run as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// Its number here.
    pub id: i64,
    /// Its identity; the data of its hello.
    pub details: Arc<RunDetails>,
    /// Its last request, wall clock, Unix milliseconds.
    pub seen: i64,
    /// The last refresh applied.
    pub sequence: u64,
    /// What decides grants.
    pub shares: Vec<StoredShare>,
    /// What it has used.
    pub uses: LiteMap<ProductCode, Counters>,
    /// Audio it has processed, milliseconds.
    pub audio_ms: u64,
    /// Records it had to drop.
    pub dropped: u64,
    /// Whether it may still act.
    pub state: RunState,
    /// Not stored yet.
    pub new: bool,
    /// The details differs from the stored one.
    pub renamed: bool,
}

impl StoredRun {
    /// A run that has just said hello.
    pub(super) fn begun(id: i64, details: RunDetails, seen: i64) -> Self {
        Self {
            id,
            details: Arc::new(details),
            seen,
            sequence: 0,
            shares: Vec::new(),
            uses: LiteMap::new_vec(),
            audio_ms: 0,
            dropped: 0,
            state: RunState::Open,
            new: true,
            renamed: false,
        }
    }
}

/// A client's data and what it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDetails {
    /// Which client.
    pub client: String,
    /// Which run of it; secret.
    pub run: String,
    /// Its number.
    pub epoch: u64,
    /// What people call it.
    pub name: Arc<str>,
    /// Its machine.
    pub host: String,
    /// Its application.
    pub software: String,
    /// The address its hello came from.
    pub address: String,
    /// Its deployment.
    pub deployment: Arc<str>,
    /// When it said hello, Unix milliseconds.
    pub since: i64,
    /// The product of the VE license it logged in to.
    pub ve: Option<String>,
}

impl RunDetails {
    pub(super) fn of(hello: &Hello, epoch: u64, address: &str, deployment: &str, since: i64) -> Self {
        Self {
            client: hello.client.clone(),
            run: hello.run.clone(),
            epoch,
            name: hello.name.trim().into(),
            host: hello.host.clone(),
            software: hello.software.clone(),
            address: address.to_owned(),
            deployment: deployment.into(),
            since,
            ve: None,
        }
    }
}

/// A run in memory.
#[derive(Debug)]
pub(super) struct RunEntry {
    pub details: Arc<RunDetails>,
    pub seen: i64,
    pub state: RunState,
    pub uses: LiteMap<ProductCode, Counters>,
    pub audio_ms: u64,
    /// Usage added since it was last stored.
    pub added: LiteMap<ProductCode, Counters>,
    pub added_audio: u64,
    pub dropped: u64,
    /// How far its clock is off, milliseconds, as shown.
    pub clock_off: i64,
    /// Offset from its clock to the server's monotonic one.
    pub offset: ClockOffset,
    /// Counters up to this refresh are stored.
    pub saved: u64,
    /// It was never stored.
    pub new: bool,
    /// Its details has changed since it was last stored.
    pub renamed: bool,
    /// When it was sent to another server and seen there, Unix milliseconds; ends with its next refresh.
    pub moved_at: Option<i64>,
    /// When it said goodbye, on the monotonic clock.
    pub ended_at: Option<i64>,
    /// The commit that must finish before its limits are sent.
    pub wait_for: Option<u64>,
}

impl RunEntry {
    pub fn of(stored: &StoredRun) -> Self {
        Self {
            details: stored.details.clone(),
            seen: stored.seen,
            state: stored.state,
            uses: stored.uses.clone(),
            audio_ms: stored.audio_ms,
            added: LiteMap::new_vec(),
            added_audio: 0,
            dropped: stored.dropped,
            clock_off: 0,
            offset: ClockOffset::default(),
            saved: stored.sequence,
            new: stored.new,
            renamed: stored.renamed,
            moved_at: None,
            ended_at: None,
            wait_for: None,
        }
    }
}
