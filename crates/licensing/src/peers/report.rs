use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PeerKey, PeerUrl, Role, StandIn, Witness};
use crate::{contact::Millis, context::Context, guid::Guid};

/// A server's report to its peers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeerReport {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is in the installation.
    pub role: Role,
    /// Its context; none while it is not registered.
    #[serde(default)]
    pub context: Option<Context>,
    /// Its GUID; none while it is not registered.
    #[serde(default)]
    pub guid: Option<Guid>,
    /// Its wall clock, Unix milliseconds.
    pub wall_ms: Millis,
    /// When it started, by its wall clock, Unix milliseconds.
    pub started_ms: Millis,
    /// Its address from the recipient, if known.
    #[serde(default)]
    pub url: Option<PeerUrl>,
    /// The other members it knows. Backups follow the primary's list.
    #[serde(default)]
    pub members: Vec<MemberListing>,
    /// Its clients.
    #[serde(default)]
    pub serving: Option<Serving>,
    /// Its countdown hours; none without such a license.
    #[serde(default)]
    pub countdown: Option<CountdownReport>,
    /// What it remembers of the recipient's countdown hours.
    #[serde(default)]
    pub witness: Option<Witness>,
    /// Its VE license; reserved.
    #[serde(default)]
    pub ve: Option<Value>,
    /// A drain or drill in progress.
    #[serde(default, rename = "handover")]
    pub drain: Option<Value>,
    /// When it last served clients instead of the primary, the oldest first; [`MOST_STAND_INS`](super::MOST_STAND_INS) at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stood_in: Vec<StandIn>,
}

/// A server's clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// Clients that refresh.
    pub connected: u32,
    /// Clients that have licenses in use.
    pub holding: u32,
    /// Ids of connected clients; [`MOST_IDS`](super::MOST_IDS) at most.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Since when any has licenses in use, by its wall clock, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Millis>,
}

/// A server's countdown hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountdownReport {
    /// The license they belong to.
    pub serial: u64,
    /// Time left, milliseconds.
    pub balance_ms: Millis,
    /// The license's hours, milliseconds.
    #[serde(default)]
    pub granted_ms: Millis,
    /// Since when they have been running, by its wall clock, Unix milliseconds; `None` while they are not.
    #[serde(default)]
    pub running_since: Option<Millis>,
    /// Clients that use them now, if reported.
    #[serde(default)]
    pub clients: Option<u32>,
}

/// A member, as reported by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberListing {
    /// What it is called.
    pub name: String,
    /// Its key.
    pub key: PeerKey,
    /// Its address, if known and valid elsewhere.
    #[serde(default)]
    pub url: Option<PeerUrl>,
    /// What it is in the installation.
    pub role: Role,
    /// Its context.
    #[serde(default)]
    pub context: Option<Context>,
}
