use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PeerKey, PeerUrl, Role, Witness};
use crate::{contact::Millis, context::Context, guid::Guid};

/// How a server stands, as it tells the others.
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
    /// When it began to serve, by its wall clock, Unix milliseconds.
    pub started_ms: Millis,
    /// Where the one it speaks to reaches it, when it knows.
    #[serde(default)]
    pub url: Option<PeerUrl>,
    /// The other members it knows. Those of the server that leads are taken over by the backups.
    #[serde(default)]
    pub members: Vec<MemberListing>,
    /// Whom it serves.
    #[serde(default)]
    pub serving: Option<Serving>,
    /// Its countdown hours; none without such a license.
    #[serde(default)]
    pub countdown: Option<CountdownReport>,
    /// What it remembers of the countdown hours of the one it speaks to.
    #[serde(default)]
    pub witness: Option<Witness>,
    /// Its VE license; for whoever fills it in.
    #[serde(default)]
    pub ve: Option<Value>,
    /// A drain that is asked for or under way; for whoever fills it in.
    #[serde(default, rename = "handover")]
    pub drain: Option<Value>,
}

/// Whom a server serves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// Clients that refresh.
    pub connected: u32,
    /// Clients that have licenses in use.
    pub holding: u32,
    /// Their own ids, those that are connected; [`MOST_IDS`](super::MOST_IDS) at most.
    #[serde(default)]
    pub clients: Vec<String>,
}

/// A server's countdown hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountdownReport {
    /// The license they belong to.
    pub serial: u64,
    /// What is left, milliseconds.
    pub balance_ms: Millis,
    /// What the license brought, milliseconds.
    #[serde(default)]
    pub granted_ms: Millis,
    /// Since when they run, by its wall clock, Unix milliseconds; none while they do not.
    #[serde(default)]
    pub running_since: Option<Millis>,
    /// Clients that use them now; none from a server that does not tell.
    #[serde(default)]
    pub clients: Option<u32>,
}

/// A member, as another one tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberListing {
    /// What it is called.
    pub name: String,
    /// Its key.
    pub key: PeerKey,
    /// Where it answers, when that is known and means something elsewhere.
    #[serde(default)]
    pub url: Option<PeerUrl>,
    /// What it is in the installation.
    pub role: Role,
    /// Its context.
    #[serde(default)]
    pub context: Option<Context>,
}
