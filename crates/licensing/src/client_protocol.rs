//! The protocol of the license port, and the numbers both sides use.
//!
//! Four requests, each a `POST` of JSON: `/v1/hello`, `/v1/refresh`, `/v1/records`, `/v1/goodbye`. All may be repeated,
//! lost or reordered without harm: counters are cumulative, limits carry versions, records carry sequence numbers.

mod clock_offset;
mod fault;
mod granted_time;
mod neighbourhood;
mod ve;

pub use clock_offset::ClockOffset;
pub use fault::{Fault, FaultKind};
pub use granted_time::GrantedTime;
pub use neighbourhood::neighbourhood;
pub use ve::{ExpiryNotice, ObservedServer, VE_PRODUCT, VeLogin, VeTerms, is_reserved, pool_of};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::product::ProductCode;

/// The version of the protocol.
pub const VERSION: u32 = 1;
/// Time between two refreshes of a client, milliseconds (every two seconds).
pub const REFRESH_MS: u64 = 2_000;
/// Time without a usable answer before a client tries the next server, milliseconds (up to 10 seconds).
pub const PATIENCE_MS: u64 = 10_000;
/// Lifetime of a client's cache, on its own clock since it sent the last answered refresh, milliseconds
/// (flushed after two minutes).
pub const CACHE_MS: u64 = 120_000;
/// How long the server counts a grant after its answer: the cache's lifetime, 1 % for clock drift, and a second.
pub const COUNTED_MS: u64 = CACHE_MS + CACHE_MS / 100 + 1_000;
/// Maximum number of products per client.
pub const MOST_PRODUCTS: usize = 256;
/// Maximum number of records per batch.
pub const MOST_RECORDS: usize = 5_000;
/// Maximum size of a hello, goodbye or refresh, bytes.
pub const MOST_BYTES: usize = 64 * 1024;
/// Maximum size of a batch of records, bytes.
pub const MOST_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// Maximum of a counter: JSON carries no larger number exactly (RFC 8785).
pub const MOST_COUNTED: u64 = (1 << 53) - 1;
/// A run that refreshed within this time is alive: only who knows its secret may replace it, milliseconds (five refreshes).
pub const ALIVE_MS: i64 = 10_000;
/// The sentence about different protocol versions.
pub const WRONG_VERSION: &str = "License protocol version is invalid.";

/// `POST /v1/hello`: a client introduces itself. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub protocol: u32,
    /// Client id, chosen by the client: 1 to 64 of A–Z, a–z, 0–9, `_`, `.` and `-`; a UUID is fine.
    pub client: String,
    /// Run id, new at each start and as hard to guess as a random UUID; same form. It authenticates the client.
    pub run: String,
    /// The run id before this one: proves that it is the same application. Without it nobody replaces a run that is alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Display name, 1 to 128 characters; usage is shown under it.
    pub name: String,
    /// The machine it runs on, up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The application and its version, up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub software: String,
    /// Deployment id of its usage [default: the server's first deployment].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// Login of a VE client; others leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ve: Option<VeLogin>,
    /// For a backup: the client's report about its previous server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<ObservedServer>,
}

/// The answer to [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`VERSION`].
    pub protocol: u32,
    /// Epoch: identifies this run in every further request. A later run of the same client has a higher one.
    pub epoch: u64,
    /// The server.
    pub server: ServerName,
    /// Time between refreshes, milliseconds.
    pub refresh_ms: u64,
    /// Lifetime of a limit, milliseconds since its refresh was sent.
    pub valid_ms: u64,
    /// The last refresh applied of this run; the next must have a higher sequence.
    pub sequence: u64,
    /// The last record stored of this run.
    pub records: u64,
    /// For a VE client: its license's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ve: Option<VeTerms>,
}

/// The server that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerName {
    /// Its GUID, with braces; empty while it is not registered.
    pub guid: String,
    /// This installation of it, a UUID.
    pub instance: String,
    /// `production`, `backup` or `development`; empty while unknown.
    pub context: String,
    /// Its version.
    pub version: String,
}

/// `POST /v1/refresh`: what a client holds, wants and has used so far, for every product it has used in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// [`VERSION`].
    pub protocol: u32,
    /// As in [`Hello`].
    pub client: String,
    /// As in [`Hello`].
    pub run: String,
    /// From [`Welcome`].
    pub epoch: u64,
    /// Higher with every refresh.
    pub sequence: u64,
    /// The client's wall clock at sending, Unix milliseconds; not before any time in the request. See [`ClockOffset`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    /// By product.
    #[serde(default)]
    pub products: BTreeMap<ProductCode, Use>,
    /// Audio processed so far in this run, milliseconds; for applications that measure it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub audio_ms: u64,
    /// Records dropped so far in this run for lack of space.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

/// The use of one product. The counters are totals of this run at this server and never go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Licenses in use now.
    #[serde(default)]
    pub held: u32,
    /// Licenses it needs: those it holds, requests that wait now, and requests denied since the last refresh. Without
    /// it, `want` is the need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<u32>,
    /// Licenses requested: what it needs, and what it would like to have ready.
    #[serde(default)]
    pub want: u32,
    /// The version of the limit it observes; 0 before the first.
    #[serde(default)]
    pub version: u64,
    /// Check-outs so far.
    #[serde(default)]
    pub usage_count: u64,
    /// Time in use so far, including licenses in use now, milliseconds.
    #[serde(default)]
    pub usage_ms: u64,
    /// Denials so far.
    #[serde(default)]
    pub denied: u64,
}

/// The answer to [`Refresh`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// [`VERSION`].
    pub protocol: u32,
    /// The epoch of the request.
    pub epoch: u64,
    /// The sequence of the request; the client ignores answers to other refreshes.
    pub sequence: u64,
    /// Counters up to this refresh are stored durably.
    pub saved: u64,
    /// Time to the next refresh, milliseconds.
    pub refresh_ms: u64,
    /// As in [`Welcome`].
    pub valid_ms: u64,
    /// By product, for every product of the refresh.
    pub products: BTreeMap<ProductCode, Limit>,
    /// The grant ends soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ExpiryNotice>,
}

/// The limit of a client for one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Licenses.
    pub limit: u32,
    /// Grows with every change of the limit. A client echoes it once it observes it; it observes a lower limit once no
    /// more than that are in use, and takes none beyond it from then on.
    pub version: u64,
    /// Licenses the server has of this product.
    pub licensed: u32,
    /// Why the limit is below the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Shortage>,
    /// The same as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// Why a client gets less than it requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    /// The server has no license for this product.
    NotLicensed,
    /// Its licenses are out of service: expired, or the last sync was too long ago.
    OutOfService,
    /// All are in use or reserved for others.
    AllInUse,
    /// The client uses more than its limit.
    OverLimit,
    /// An administrator has just released this client's licenses.
    Released,
}

/// `POST /v1/records`: single check-outs, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// [`VERSION`].
    pub protocol: u32,
    /// As in [`Hello`].
    pub client: String,
    /// As in [`Hello`].
    pub run: String,
    /// From [`Welcome`].
    pub epoch: u64,
    /// The number of the first record here, counted from 1 in a run; the others follow one by one. Skipped numbers are
    /// dropped records.
    pub first: u64,
    /// The client's wall clock at sending, Unix milliseconds; as in [`Refresh`]. The server corrects the times here by
    /// its offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    /// The records.
    pub records: Vec<CheckOut>,
}

/// One check-out: a license taken and returned, or denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOut {
    /// The product.
    pub product: ProductCode,
    /// User, up to 128 characters; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Host, up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// When it was taken or denied, Unix milliseconds.
    pub from: i64,
    /// When it was returned, Unix milliseconds. Missing for [`CheckOutOutcome::Open`] and [`CheckOutOutcome::Denied`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// The outcome.
    pub outcome: CheckOutOutcome,
    /// For a check-out reported as [`CheckOutOutcome::Open`] before: the number of that record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
    /// For a check-out that an earlier run of this client reported as [`CheckOutOutcome::Open`]: that record, so that it counts
    /// once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<EarlierRecord>,
}

/// A record of an earlier run of the same client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EarlierRecord {
    /// That run.
    pub run: String,
    /// The number of the record in it.
    pub number: u64,
}

/// The outcome of a check-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutOutcome {
    /// Taken and returned.
    Returned,
    /// Taken and still in use: reported early, so that long use is visible while it lasts. Another record ends it.
    Open,
    /// Taken, and ended by the client after too long without any server.
    Flushed,
    /// Denied.
    Denied,
    /// Taken and never returned, because the client stopped responding. Only used by servers.
    Lost,
}

/// The answer to [`Records`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// [`VERSION`].
    pub protocol: u32,
    /// Records up to this number are stored durably; the client may delete them.
    pub acknowledged: u64,
}

/// `POST /v1/goodbye`: a client disconnects. Its limits are free at once; the answer comes when its counters are
/// stored.
pub type Goodbye = Refresh;

/// The answer to [`Goodbye`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// [`VERSION`].
    pub protocol: u32,
    /// Counters up to this refresh are stored durably.
    pub saved: u64,
}

/// The body of an error answer, with a status other than 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultBody {
    /// The kind of fault, as a hyphenated word.
    #[serde(rename = "type")]
    pub kind: FaultKind,
    /// The kind as a sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what to do.
    pub detail: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
