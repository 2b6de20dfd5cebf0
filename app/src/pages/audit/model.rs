//! What the audit log shows.

use crate::components::lenient;
use serde::{Deserialize, Serialize};

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    pub who: String,
    /// The beginning of an action: `conf.`.
    pub what: String,
    /// Only entries older than this one.
    #[serde(deserialize_with = "lenient")]
    pub before: Option<i64>,
}

/// One page of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLog {
    /// Newest first.
    pub items: Vec<AuditItem>,
    pub filter: AuditFilter,
    /// Value of `?before=` for the next older page.
    pub older: Option<i64>,
    pub chain: Chain,
    /// Names to filter by.
    pub people: Vec<String>,
    /// Kinds of entries to filter by: value and the words for it.
    pub kinds: Vec<(String, String)>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditItem {
    pub id: i64,
    pub at_ms: i64,
    /// A person, or `Leasehold` itself.
    pub who: String,
    /// A sentence without the name: "saved revision 14 of the configuration file."
    pub what: String,
    pub comment: Option<String>,
    /// "console, 10.0.0.4".
    pub from: String,
    pub outcome: Outcome,
    /// The page that shows more.
    pub href: Option<String>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    Failed,
}

/// Whether the entries are still the ones that were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Chain {
    /// Each entry up to this one fits the one before.
    Verified {
        up_to: i64,
        at_ms: i64,
    },
    /// The entry that does not fit.
    Broken {
        at: i64,
    },
    NotChecked,
}
