//! What the page of the servers shows.

use crate::request::Tone;
use licensing::service::{Hours, Judgement};

/// Who serves whom, for how long, and what to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServersPage {
    pub now: Judgement,
    /// This one first, then the others.
    pub servers: Vec<ServerCard>,
    /// Clients without a server, and until when they go on.
    pub grace: Vec<GraceRow>,
    /// Failovers and what led to them, the newest first.
    pub timeline: Vec<Moment>,
    /// Times the hours of this server ran, the newest first.
    pub incidents: Vec<Incident>,
    /// How far the hours go, judged by those times.
    pub forecast: Option<String>,
    /// Clients that came here from another server, the newest first.
    pub switches: Vec<SwitchRow>,
    /// Times in which two servers had clients at once (overlapping use), the newest first.
    pub simultaneous: Vec<SimultaneousRow>,
    /// Their sum, milliseconds; the report carries it.
    pub simultaneous_ms: u64,
    /// The drain or drill that goes on.
    pub drain: Option<DrainInProgress>,
    /// A failover drill that is over: what worked.
    pub last_drill: Option<LastDrill>,
    /// Why no clients can be sent to the backup; none when they can.
    pub no_drain: Option<String>,
    /// Clients to choose from for a drill: id and name.
    pub clients: Vec<(String, String)>,
    /// A code that was just made, shown once.
    pub invitation: Option<Invitation>,
    /// What the log, the API and the command line call this console.
    pub origin: String,
}

/// A server of the installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerCard {
    pub name: String,
    pub own: bool,
    /// "Primary, production".
    pub role: String,
    pub tone: Tone,
    /// "Active", "Standby", "Not responding".
    pub state: String,
    /// Since when it is so.
    pub since_ms: Option<i64>,
    pub seen_ms: Option<i64>,
    pub clients: Option<u32>,
    pub hours: Option<Hours>,
    /// How far its clock is off, in words, when that is worth saying.
    pub clock: Option<String>,
    pub version: String,
    pub url: Option<String>,
    /// It can be removed here.
    pub removable: bool,
}

/// A client without a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraceRow {
    pub client: String,
    pub since_ms: i64,
    pub until_ms: i64,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub at_ms: i64,
    pub tone: Tone,
    pub text: String,
}

/// A time the hours ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incident {
    pub began_ms: i64,
    /// None while it goes on.
    pub ended_ms: Option<i64>,
    pub spent_ms: i64,
    pub most_clients: u32,
    pub cause: String,
}

/// A client that came here from another server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SwitchRow {
    pub at_ms: i64,
    pub client: String,
    pub from: String,
    pub client_saw: String,
    pub server_saw: String,
}

/// A time in which two servers had clients at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimultaneousRow {
    pub began_ms: i64,
    pub ms: i64,
    pub server: String,
    pub here: u32,
    pub there: u32,
}

/// A drain or a failover drill that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainInProgress {
    pub began_ms: i64,
    pub until_ms: i64,
    pub by: String,
    pub reason: String,
    /// The clients of a drill and how far each is; none: all clients.
    pub clients: Option<Vec<DrillClient>>,
    /// Hours of the backup it may take, and has taken, milliseconds.
    pub budget: Option<(i64, i64)>,
}

/// A client of a failover drill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrillClient {
    pub name: String,
    /// When it was seen on the backup.
    pub moved_ms: Option<i64>,
    /// When it was back.
    pub back_ms: Option<i64>,
}

/// A failover drill that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastDrill {
    pub began_ms: i64,
    pub ended_ms: i64,
    pub clients: Vec<DrillClient>,
    pub spent_ms: Option<i64>,
}

/// A code that lets a server in, shown once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invitation {
    pub code: String,
    pub until_ms: i64,
    /// To be typed on the other machine.
    pub command: String,
}
