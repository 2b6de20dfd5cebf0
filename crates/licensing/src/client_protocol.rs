//! What a license client and its server say to each other on the license port, and the numbers both keep.
//!
//! Four requests, each a `POST` of JSON: `/v1/hello`, `/v1/refresh`, `/v1/records`, `/v1/goodbye`. All may be repeated, lost or
//! reordered without harm: counters are cumulative, limits carry versions, records carry sequence numbers.

mod clock_offset;
mod fault;
mod ve;

pub use clock_offset::ClockOffset;
pub use fault::{Fault, FaultKind};
pub use ve::{ExpiryNotice, ObservedServer, VE_PRODUCT, VeLogin, VeTerms, is_reserved, pool_of};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::product::ProductCode;

/// The version of the protocol spoken here.
pub const VERSION: u32 = 1;
/// Time between two refreshes of a client, milliseconds (seed 001: every two seconds).
pub const REFRESH_MS: u64 = 2_000;
/// How long a client waits for a usable answer before it tries the next server, milliseconds (seed 001: up to 10 seconds).
pub const PATIENCE_MS: u64 = 10_000;
/// How long a client's cache is good, counted on its own clock from when it sent the last refresh that was answered, milliseconds
/// (seed 001: flushed after two minutes).
pub const CACHE_MS: u64 = 120_000;
/// How long the server counts what it granted, from when it answered: the cache's time, one part in a hundred for clocks that run
/// at different speed, and a second (RULES R3).
pub const COUNTED_MS: u64 = CACHE_MS + CACHE_MS / 100 + 1_000;
/// Products one client may ask for.
pub const MOST_PRODUCTS: usize = 256;
/// Records in one batch.
pub const MOST_RECORDS: usize = 5_000;
/// Bytes of a hello or a goodbye or a refresh.
pub const MOST_BYTES: usize = 64 * 1024;
/// Bytes of a batch of records.
pub const MOST_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// What a client is told, and says, when the other side speaks another version.
pub const WRONG_VERSION: &str = "License protocol version is invalid.";

/// `POST /v1/hello`: a client introduces itself. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub protocol: u32,
    /// Which client: chosen by it, 1 to 64 of A–Z, a–z, 0–9, `_`, `.` and `-`; a UUID does.
    pub client: String,
    /// Which run of that client: new each time it starts, as hard to guess as a random UUID; same form. Who knows it speaks for
    /// the client.
    pub run: String,
    /// What people call it, 1 to 128 characters: usage is shown under this name.
    pub name: String,
    /// The machine it runs on, up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The application and its version, up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub software: String,
    /// Whose usage it is, a deployment id; the server's first deployment when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// What a client of a virtual environment logs in with; others leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ve: Option<VeLogin>,
    /// Told to a backup: what the client saw of the server it worked with before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<ObservedServer>,
}

/// The answer to [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`VERSION`].
    pub protocol: u32,
    /// Names this run in every further request. A later run of the same client has a higher one.
    pub epoch: u64,
    /// The server.
    pub server: ServerName,
    /// Time between refreshes, milliseconds.
    pub refresh_ms: u64,
    /// How long a limit is good, milliseconds from when the refresh was sent that was answered with it.
    pub valid_ms: u64,
    /// The last refresh taken from this run; the next must have a higher sequence.
    pub sequence: u64,
    /// The last record taken from this run; further ones follow it.
    pub records: u64,
    /// To a client of a virtual environment: what its license says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ve: Option<VeTerms>,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerName {
    /// Its GUID, with braces; empty while it is not registered.
    pub guid: String,
    /// This installation of it, a UUID.
    pub instance: String,
    /// `production`, `backup` or `development`; empty while that is not known.
    pub context: String,
    /// Its version.
    pub version: String,
}

/// `POST /v1/refresh`: what a client holds, wants and has used so far. Every product it has ever used in this run is named.
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
    /// The client's wall clock as this is sent, Unix milliseconds; not before any time that is told with it. See [`ClockOffset`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    /// By product.
    #[serde(default)]
    pub products: BTreeMap<ProductCode, Use>,
    /// Audio that was processed so far in this run, milliseconds; for applications that measure it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub audio_ms: u64,
    /// Records that had to be dropped so far in this run, for want of room.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

/// The use of one product. The counters are totals of this run at this server and never go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Licenses in use now.
    #[serde(default)]
    pub held: u32,
    /// Licenses the client would like to have, those it holds included.
    #[serde(default)]
    pub want: u32,
    /// The version of the limit it keeps to; 0 before the first.
    #[serde(default)]
    pub version: u64,
    /// Licenses taken so far.
    #[serde(default)]
    pub usage_count: u64,
    /// Time licenses were in use so far, those in use now included, milliseconds.
    #[serde(default)]
    pub usage_ms: u64,
    /// Requests refused so far.
    #[serde(default)]
    pub denied: u64,
}

/// The answer to [`Refresh`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// [`VERSION`].
    pub protocol: u32,
    /// The epoch asked with.
    pub epoch: u64,
    /// The sequence asked with: an answer to another refresh is not used.
    pub sequence: u64,
    /// Counters up to this refresh are stored for good.
    pub saved: u64,
    /// Time to the next refresh, milliseconds.
    pub refresh_ms: u64,
    /// As in [`Welcome`].
    pub valid_ms: u64,
    /// By product; every product of the refresh is named.
    pub products: BTreeMap<ProductCode, Limit>,
    /// What is granted ends soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ExpiryNotice>,
}

/// The most a client may use of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Licenses.
    pub limit: u32,
    /// Grows with every change of the limit. A client echoes it once it keeps to it; it keeps to a lower limit from the moment no
    /// more than that are in use, and takes none beyond it at once.
    pub version: u64,
    /// Licenses the server has of this product.
    pub licensed: u32,
    /// Why the limit is below what was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Shortage>,
    /// The same as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// Why a client gets less than it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    /// The server has no license for this product.
    NotLicensed,
    /// It has some, out of service: expired, or no contact with the vendor for too long.
    OutOfService,
    /// All are in use or promised to others.
    AllInUse,
    /// The client reported more in use than it was given.
    OverLimit,
    /// An administrator released what this client had, a short while ago.
    Released,
}

/// `POST /v1/records`: single check-outs, in their order.
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
    /// The number of the first record here; the others follow one by one, beginning with 1 in a run. Numbers that are left out
    /// are records that had to be dropped.
    pub first: u64,
    /// The client's wall clock as this is sent, Unix milliseconds; as in [`Refresh`]. The server moves the times here by what it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    /// The records.
    pub records: Vec<CheckOut>,
}

/// One check-out: a license taken and returned, or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOut {
    /// What was asked for.
    pub product: ProductCode,
    /// Who, up to 128 characters; empty when the application does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Where, up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// When it was taken or refused, Unix milliseconds.
    pub from: i64,
    /// When it was returned, Unix milliseconds. For [`CheckOutOutcome::Open`] and [`CheckOutOutcome::Denied`] it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// What became of it.
    pub outcome: CheckOutOutcome,
    /// For a check-out that was told as [`CheckOutOutcome::Open`] before: the number of that record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
}

/// What became of a check-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutOutcome {
    /// Taken and returned.
    Returned,
    /// Taken and still in use: told early so that long use is seen while it lasts. Another record ends it.
    Open,
    /// Taken, and ended by the client because it had no contact with any server for too long.
    Flushed,
    /// Refused.
    Denied,
    /// Taken, and never returned: the client fell silent. Only a server says so.
    Lost,
}

/// The answer to [`Records`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// [`VERSION`].
    pub protocol: u32,
    /// Records up to this number are stored for good; the client may forget them.
    pub acknowledged: u64,
}

/// `POST /v1/goodbye`: a client ends. Its limits are free at once; the answer comes when its counters are stored.
pub type Goodbye = Refresh;

/// The answer to [`Goodbye`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// [`VERSION`].
    pub protocol: u32,
    /// Counters up to this refresh are stored for good.
    pub saved: u64,
}

/// What is said instead of an answer, with a status that is not 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultBody {
    /// The kind of fault, one word with hyphens.
    #[serde(rename = "type")]
    pub kind: FaultKind,
    /// The kind as a sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here and what to do.
    pub detail: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
