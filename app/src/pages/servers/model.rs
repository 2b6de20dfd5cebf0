//! What the page of the servers shows.

use crate::request::Tone;

/// Who serves whom, for how long, and what to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServersPage {
    pub now: Standing,
    /// This one first, then the others.
    pub servers: Vec<ServerCard>,
    /// Nobody was heard of since then: what is shown of others may be old.
    pub stale_since: Option<i64>,
    /// Clients without a server, and until when they go on.
    pub grace: Vec<GraceRow>,
    /// Switch-overs and what led to them, the newest first.
    pub timeline: Vec<Moment>,
    /// Times the hours of this server ran, the newest first.
    pub incidents: Vec<Incident>,
    /// How far the hours go, judged by those times.
    pub forecast: Option<String>,
    /// Clients that came here from another server, the newest first.
    pub switches: Vec<SwitchRow>,
    /// Times in which two servers had clients at once, the newest first.
    pub simultaneous: Vec<SimultaneousRow>,
    /// Their sum, milliseconds; the report carries it.
    pub simultaneous_ms: u64,
    /// What this server is handed over for, and until when.
    pub handed: Option<Handed>,
    /// A rehearsal that is over: what worked.
    pub rehearsed: Option<Rehearsed>,
    /// Why nothing can be handed over; none when it can.
    pub no_handover: Option<String>,
    /// Clients to choose from for a rehearsal: id, name, and how they stand.
    pub clients: Vec<(String, String)>,
    /// A code that was just made, shown once.
    pub invitation: Option<Invitation>,
    /// What the log, the API and the command line call this console.
    pub origin: String,
    /// The page looks again by itself after so many seconds; none when it stays as it is.
    pub every: Option<u32>,
}

/// The answer to "does it hold, and for how long?".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    pub tone: Tone,
    pub sentence: String,
    /// Hours of the server the sentence is about.
    pub hours: Option<Hours>,
    /// What happens next.
    pub then: Vec<String>,
    /// What to do now; nothing when all is well.
    pub to_do: Vec<Step>,
}

/// One thing to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub text: String,
    /// To be typed.
    pub command: Option<String>,
    /// Where it is done: address and words.
    pub link: Option<(String, String)>,
}

/// The hours of a countdown license.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    pub server: String,
    pub left_ms: i64,
    pub granted_ms: i64,
    /// Since when they run; none while they do not.
    pub running_since_ms: Option<i64>,
    /// When they are used up if it goes on.
    pub empty_at_ms: Option<i64>,
    /// How old this is, when it was told by another server, milliseconds.
    pub told_ms_ago: Option<i64>,
}

/// A server of the installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerCard {
    pub name: String,
    pub own: bool,
    /// "Primary, production".
    pub role: String,
    pub tone: Tone,
    /// "Serving", "Standing by", "No answer".
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

/// A hand-over that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    pub began_ms: i64,
    pub until_ms: i64,
    pub by: String,
    pub reason: String,
    /// Names of the clients of a rehearsal and how far each is; none: all clients.
    pub clients: Option<Vec<Rehearsing>>,
    /// Hours of the backup it may take, and has taken, milliseconds.
    pub budget: Option<(i64, i64)>,
}

/// A client of a rehearsal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsing {
    pub name: String,
    /// When it was seen on the backup.
    pub moved_ms: Option<i64>,
    /// When it was back.
    pub back_ms: Option<i64>,
}

/// A rehearsal that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsed {
    pub began_ms: i64,
    pub ended_ms: i64,
    pub clients: Vec<Rehearsing>,
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
