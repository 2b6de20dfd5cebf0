//! What rules look at: one snapshot of everything that is known. What is not known is none, never a good value.

use serde::{Deserialize, Serialize};

use crate::contact::Millis;

/// One snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signals {
    /// Countdown left, milliseconds.
    pub hours_left_ms: Option<Millis>,
    /// Whether the countdown runs now.
    pub countdown_running: Option<bool>,
    /// The other servers of the installation.
    pub peers: Option<Vec<PeerSignal>>,
    /// Clients that run in their grace period.
    pub grace: Option<Vec<GraceSignal>>,
    /// Whole days since the last verified exchange.
    pub days_since_sync: Option<u32>,
    /// Licenses with an end that is near, or past.
    pub expiring: Option<Vec<ExpirySignal>>,
    /// The clock of the machine departs from the time known to have passed.
    pub clock_flagged: Option<bool>,
}

/// Another server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerSignal {
    /// As people call it.
    pub name: String,
    /// How long ago it last answered, milliseconds; since the start of this server when it never has.
    pub seen_ms_ago: Millis,
    /// It answers now.
    pub up: bool,
}

/// A client in its grace period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraceSignal {
    /// As people call it.
    pub client: String,
    /// When its grace ends, Unix milliseconds.
    pub until_ms: Millis,
}

/// A license with an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpirySignal {
    /// Its product.
    pub product: String,
    /// Its end, Unix milliseconds.
    pub at_ms: Millis,
}

impl Signals {
    /// The same snapshot `ms` later, when nothing has changed: only silence has grown longer.
    #[must_use]
    pub fn later(&self, ms: Millis) -> Signals {
        let mut later = self.clone();
        for peer in later.peers.iter_mut().flatten().filter(|peer| !peer.up) {
            peer.seen_ms_ago = peer.seen_ms_ago.saturating_add(ms);
        }
        later
    }
}
