//! What the pages of the clients show.

use crate::components::{dir, trimmed};
use crate::pages::usage::Connect;
use crate::request::Tone;
use serde::{Deserialize, Serialize};

/// The applications that take licenses from this server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientsPage {
    /// Filtered and sorted.
    pub items: Vec<ClientRow>,
    /// Without the filter.
    pub total: usize,
    pub filter: ClientFilter,
    /// State and number of clients in it.
    pub counts: Vec<(String, usize)>,
    /// Products to filter by.
    pub products: Vec<String>,
    /// How much of each product is in use.
    pub pools: Vec<PoolUse>,
    /// Address of the same list as CSV.
    pub csv: String,
    pub connect: Connect,
}

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientFilter {
    #[serde(deserialize_with = "trimmed")]
    pub q: String,
    pub product: String,
    /// `connected`, `silent` or `gone`.
    pub state: String,
    /// `name`, `host`, `since`, `seen` or `held`.
    pub sort: String,
    #[serde(rename = "dir", with = "dir")]
    pub descending: bool,
}

/// One client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientRow {
    pub id: i64,
    /// Its own identifier.
    pub client: String,
    pub name: String,
    pub host: String,
    pub software: String,
    pub address: String,
    pub since_ms: i64,
    /// Its last refresh.
    pub seen_ms: i64,
    /// `connected`, `silent` or `gone`.
    pub state: String,
    /// Of a silent client: until when what it had is counted.
    pub counted_until_ms: Option<i64>,
    /// It reported more in use than it was given.
    pub over_limit: bool,
    /// How far its clock is off, milliseconds, when that is worth saying.
    pub clock_off_ms: Option<i64>,
    pub holdings: Vec<Holding>,
}

/// What a client has of one product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub product: String,
    pub held: u32,
    /// What it was told it may use.
    pub limit: u32,
    /// What the server counts for it.
    pub counted: u32,
    pub want: u32,
    pub usage_count: u64,
    pub usage_ms: u64,
    pub denied: u64,
    /// Until when it gets nothing, after its licenses were released.
    pub released_until_ms: Option<i64>,
}

/// One client in detail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientPage {
    pub row: ClientRow,
    pub epoch: u64,
    pub deployment: String,
    /// Records of check-outs it had to drop.
    pub dropped: u64,
    /// The last record that is stored.
    pub records: Option<u64>,
    /// Until when, at the latest, its licenses are back after a release now.
    pub released_by_ms: i64,
}

/// How much of a product is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolUse {
    pub product: String,
    pub licensed: u32,
    pub held: u32,
    /// Promised to clients, in use or not.
    pub counted: u32,
    pub wanted: u32,
    pub clients: usize,
    /// More is in use than is licensed now.
    pub over_committed: bool,
    /// Use is counted, not limited.
    pub metered: bool,
}

impl PoolUse {
    /// How pressing it is.
    pub fn tone(&self) -> Tone {
        match () {
            () if self.over_committed => Tone::Danger,
            () if !self.metered && self.licensed > 0 && self.held >= self.licensed => Tone::Warning,
            () => Tone::Success,
        }
    }
}
