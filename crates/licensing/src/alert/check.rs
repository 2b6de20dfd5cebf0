//! A condition held against a snapshot, subject by subject.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Condition, HOUR, Signals};
use crate::contact::{DAY, Millis};

/// What was found, for the sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Evidence {
    /// Countdown left.
    HoursLeft {
        /// Milliseconds.
        ms: Millis,
        /// Whether it runs, where that is known.
        running: Option<bool>,
    },
    /// A peer is silent.
    Silent {
        /// For this long, milliseconds.
        ms: Millis,
    },
    /// Grace runs.
    Grace {
        /// Until then, Unix milliseconds.
        until_ms: Millis,
    },
    /// The nodes were last heard of some time ago.
    Days {
        /// Whole days.
        days: u32,
    },
    /// A license ends.
    Ends {
        /// Unix milliseconds.
        at_ms: Millis,
    },
    /// The clock is flagged.
    Clock,
}

/// One subject of a check: a peer, a client, a product; or the server itself, whose name is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The condition holds.
    Bad(Evidence),
    /// It does not, and that is certain.
    Good,
    /// It does not hold, but nothing shows that all is well: what fires goes on firing.
    Between,
}

/// A whole check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The signal is not known: nothing follows from it.
    Unknown,
    /// What was found. A subject that is not named is gone, and with it what was wrong with it.
    Known(BTreeMap<String, Finding>),
}

impl Condition {
    /// Holds the condition against a snapshot taken at `now`.
    #[must_use]
    pub fn check(self, signals: &Signals, now: Millis) -> Checked {
        let found = match self {
            Condition::HoursLeft { hours } => signals.hours_left_ms.map(|ms| {
                let evidence = Evidence::HoursLeft { ms, running: signals.countdown_running };
                alone(ms < Millis::from(hours) * HOUR, evidence)
            }),
            Condition::PeerDown { seconds } => signals.peers.as_ref().map(|peers| {
                let long = Millis::from(seconds) * 1_000;
                let finding = |ms: Millis, up: bool| match (up, ms >= long) {
                    (true, _) => Finding::Good,
                    (false, true) => Finding::Bad(Evidence::Silent { ms }),
                    (false, false) => Finding::Between,
                };
                peers.iter().map(|peer| (peer.name.clone(), finding(peer.seen_ms_ago, peer.up))).collect()
            }),
            Condition::GraceRunning => signals.grace.as_ref().map(|clients| {
                let bad = |until_ms| Finding::Bad(Evidence::Grace { until_ms });
                clients.iter().map(|grace| (grace.client.clone(), bad(grace.until_ms))).collect()
            }),
            Condition::DaysSinceSync { days: limit } => {
                signals.days_since_sync.map(|days| alone(days >= limit, Evidence::Days { days }))
            }
            Condition::LicenseExpires { days } => signals.expiring.as_ref().map(|licenses| {
                let mut first: BTreeMap<String, Millis> = BTreeMap::new();
                for license in licenses {
                    let at = first.entry(license.product.clone()).or_insert(license.at_ms);
                    *at = license.at_ms.min(*at);
                }
                let soon = now.saturating_add(Millis::from(days) * DAY);
                let finding =
                    |at_ms: Millis| if at_ms <= soon { Finding::Bad(Evidence::Ends { at_ms }) } else { Finding::Good };
                first.into_iter().map(|(product, at_ms)| (product, finding(at_ms))).collect()
            }),
            Condition::ClockMoved => signals.clock_flagged.map(|flagged| alone(flagged, Evidence::Clock)),
        };
        found.map_or(Checked::Unknown, Checked::Known)
    }
}

/// The server itself is the subject.
fn alone(bad: bool, evidence: Evidence) -> BTreeMap<String, Finding> {
    [(String::new(), if bad { Finding::Bad(evidence) } else { Finding::Good })].into()
}
