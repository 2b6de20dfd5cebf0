//! One run of a client, as the table knows it and as it is stored.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use licensing::allocation::{ClientRun, StoredShare};
use licensing::client_protocol::{COUNTED_MS, ClockOffset, GrantedTime, Hello, Use};
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

/// The use of one product by one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductUse {
    /// What is counted: as claimed, and no more than was granted.
    #[serde(flatten)]
    pub counted: Counters,
    /// What it claims beyond that; kept apart.
    #[serde(rename = "x", default, skip_serializing_if = "Counters::is_empty")]
    pub beyond: Counters,
    /// What it was granted.
    #[serde(rename = "g", default)]
    pub granted: GrantedTime,
}

impl ProductUse {
    /// Takes the larger of both, counter by counter, so repeated or late reports do no harm; what cannot be true stays beyond.
    /// Returns what was added.
    pub(super) fn raise(&mut self, said: &Use) -> Counters {
        let before = self.counted;
        let count = said.usage_count.max(before.count.saturating_add(self.beyond.count));
        let ms = said.usage_ms.max(before.ms.saturating_add(self.beyond.ms));
        self.counted = Counters {
            count: count.min(self.granted.most_check_outs()).max(before.count),
            ms: ms.min(self.granted.most_ms()).max(before.ms),
            denied: said.denied.max(before.denied),
        };
        self.beyond = Counters { count: count - self.counted.count, ms: ms - self.counted.ms, denied: 0 };
        let now = self.counted;
        Counters { count: now.count - before.count, ms: now.ms - before.ms, denied: now.denied - before.denied }
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
    pub uses: LiteMap<ProductCode, ProductUse>,
    /// Audio it has processed, milliseconds.
    pub audio_ms: u64,
    /// Records it had to drop.
    pub dropped: u64,
    /// Records that did not lie within it.
    pub misdated: u64,
    /// Whether it may still act.
    pub state: RunState,
    /// Not stored yet.
    pub new: bool,
    /// The details differs from the stored one.
    pub renamed: bool,
}

impl StoredRun {
    /// Whether licenses are reserved for it.
    pub(super) fn holds(&self) -> bool {
        self.shares.iter().any(|share| share.counted > 0)
    }

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
            misdated: 0,
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

/// Another application that wanted to take a run's place while that was alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// When it last tried, Unix milliseconds.
    pub at_ms: i64,
    /// The address it came from.
    pub address: String,
}

/// Whose place a run takes: the address its hello came from; one place for all that have none.
pub(super) fn place_of(address: &str) -> IpAddr {
    let address = address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    licensing::client_protocol::neighbourhood(address)
}

/// A run in memory.
#[derive(Debug)]
pub(super) struct RunEntry {
    pub details: Arc<RunDetails>,
    pub seen: i64,
    pub state: RunState,
    pub uses: LiteMap<ProductCode, ProductUse>,
    /// Until when the granted time in `uses` is counted, on the monotonic clock.
    pub granted_until: i64,
    pub audio_ms: u64,
    /// Usage added since it was last stored.
    pub added: LiteMap<ProductCode, Counters>,
    pub added_audio: u64,
    pub dropped: u64,
    pub misdated: u64,
    /// Whose place it takes.
    pub place: IpAddr,
    /// When it last refreshed or sent records, on the monotonic clock; `None` while it has only said hello.
    pub refreshed: Option<i64>,
    /// When it came into memory, on the monotonic clock.
    pub known_since: i64,
    pub contest: Option<Contest>,
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
    /// A run that comes into memory at `now`. `refreshed`: when it last did, as far as that is known.
    pub fn of(stored: &StoredRun, refreshed: Option<i64>, now: i64) -> Self {
        let mut uses = stored.uses.clone();
        for (_, used) in uses.iter_mut() {
            used.granted.at_least(used.counted.ms);
        }
        // Stored before the time granted was.
        for share in stored.shares.iter().filter(|share| share.counted > 0) {
            let used = match uses.get_mut(&share.product) {
                Some(used) => used,
                None => uses.entry(share.product.clone()).or_default(),
            };
            let most = COUNTED_MS.saturating_mul(share.counted.into());
            used.granted.at_least(used.counted.ms.saturating_add(most));
        }
        Self {
            granted_until: now,
            misdated: stored.misdated,
            place: place_of(&stored.details.address),
            refreshed,
            known_since: now,
            contest: None,
            details: stored.details.clone(),
            seen: stored.seen,
            state: stored.state,
            uses,
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

    /// Adds the time that was granted since the last call.
    pub fn pass(&mut self, now: i64) {
        let elapsed = now.saturating_sub(self.granted_until);
        self.granted_until = now;
        self.uses.iter_mut().for_each(|(_, used)| used.granted.pass(elapsed));
    }

    /// Notes what is reserved for it from now on.
    pub fn reserve(&mut self, run: Option<&ClientRun>) {
        let reserved = |product: &ProductCode| run.and_then(|run| run.share(product)).map_or(0, |share| share.counted);
        for (product, used) in self.uses.iter_mut() {
            used.granted.reserve(reserved(product));
        }
        for (product, share) in run.into_iter().flat_map(ClientRun::shares).filter(|(_, share)| share.counted > 0) {
            if self.uses.get(product).is_none() {
                self.uses.entry(product.clone()).or_default().granted.reserve(share.counted);
            }
        }
    }
}
