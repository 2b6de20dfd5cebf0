use serde::{Deserialize, Serialize};

use super::GAP_MS;
use crate::contact::{DAY, Millis};
use crate::words::{Zone, count, period};

/// How long a failover is told of once it is over, milliseconds.
pub const TOLD_MS: Millis = DAY;
/// A server that has served nobody for this long no longer stands in, milliseconds: two looks at its clients, and a margin.
pub const OVER_MS: Millis = 5_000;

/// A time in which a backup served clients instead of the primary.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct StandIn {
    /// Since when, Unix milliseconds.
    pub began: Millis,
    /// When it last served any, Unix milliseconds.
    pub ended: Millis,
    /// The most clients with licenses in use at once.
    pub clients: u32,
    /// Why.
    pub cause: StandInCause,
}

/// Why a backup served clients.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr, strum::EnumString)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum StandInCause {
    /// The primary sent all its clients.
    Drain,
    /// The primary sent some for a rehearsal.
    Drill,
    /// The primary did not answer its clients.
    #[serde(other)]
    Failover,
}

impl StandIn {
    /// The newest stand-in after a look at this server's clients; `None` if it serves none. A short gap doesn't end one.
    #[must_use]
    pub fn after_look(newest: Option<StandIn>, clients: u32, cause: StandInCause, now: Millis) -> Option<StandIn> {
        if clients == 0 {
            return None;
        }
        let going = newest.filter(|newest| (0..=GAP_MS).contains(&(now - newest.ended)));
        Some(match going {
            Some(going) => StandIn { ended: now, clients: going.clients.max(clients), ..going },
            None => StandIn { began: now, ended: now, clients, cause },
        })
    }

    /// Whether it is over, and not too long ago to tell of it.
    #[must_use]
    pub fn is_told(&self, now: Millis) -> bool {
        self.began <= self.ended && (OVER_MS..TOLD_MS).contains(&now.saturating_sub(self.ended))
    }

    /// "Failover from lic-01 to lic-02, Mon 30 Nov, 03:12–03:40 UTC, 2 clients moved."
    #[must_use]
    pub fn sentence(&self, from: &str, to: &str, now: Millis, zone: &Zone) -> String {
        let what = match self.cause {
            StandInCause::Failover => "Failover",
            StandInCause::Drain => "Drain",
            StandInCause::Drill => "Failover drill",
        };
        let when = period(self.began, self.ended, now, zone);
        format!("{what} from {from} to {to}, {when}, {} moved.", count(self.clients, "client", "clients"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StandInCause::*;

    /// 2026-11-30 03:12:00 UTC.
    const AT: Millis = 1_796_008_320_000;

    #[test]
    fn a_stand_in_goes_on_over_a_short_gap_and_a_long_one_begins_another() {
        let first = StandIn::after_look(None, 2, Failover, AT).unwrap();
        assert_eq!(first, StandIn { began: AT, ended: AT, clients: 2, cause: Failover });
        for (newest, clients, at, expected) in [
            (None, 0, AT, None),
            (Some(first), 0, AT + 1_000, None),
            // The cause is the one it began with.
            (Some(first), 5, AT + 1_000, Some((AT, AT + 1_000, 5, Failover))),
            (Some(first), 1, AT + GAP_MS, Some((AT, AT + GAP_MS, 2, Failover))),
            (Some(first), 1, AT + GAP_MS + 1, Some((AT + GAP_MS + 1, AT + GAP_MS + 1, 1, Drain))),
            // The clock was set back.
            (Some(first), 1, AT - 1, Some((AT - 1, AT - 1, 1, Drain))),
        ] {
            let expected = expected.map(|(began, ended, clients, cause)| StandIn { began, ended, clients, cause });
            assert_eq!(StandIn::after_look(newest, clients, Drain, at), expected, "{clients} {at}");
        }
    }

    #[test]
    fn it_is_told_once_it_is_over_and_for_a_day() {
        let stand_in = StandIn { began: AT, ended: AT + 1_000, clients: 1, cause: Drill };
        for (after, told) in [(0, false), (4_999, false), (5_000, true), (TOLD_MS - 1, true), (TOLD_MS, false)] {
            assert_eq!(stand_in.is_told(AT + 1_000 + after), told, "{after}");
        }
        assert!(!StandIn { began: AT + 2_000, ..stand_in }.is_told(AT + 60_000), "it ends before it begins");
    }

    #[test]
    fn its_sentence_names_both_servers_the_time_and_the_clients() {
        let stand_in = StandIn { began: AT, ended: AT + 28 * 60_000, clients: 2, cause: Failover };
        let say = |stand_in: StandIn| stand_in.sentence("lic-01", "lic-02", AT + 3_600_000, &Zone::utc());
        assert_eq!(say(stand_in), "Failover from lic-01 to lic-02, Mon 30 Nov, 03:12–03:40 UTC, 2 clients moved.");
        assert_eq!(
            say(StandIn { ended: AT + 46_000, clients: 1, cause: Drill, ..stand_in }),
            "Failover drill from lic-01 to lic-02, Mon 30 Nov, 03:12:00–03:12:46 UTC, 1 client moved."
        );
    }

    #[test]
    fn an_unknown_cause_of_a_newer_server_is_a_failover() {
        let read: StandIn = serde_json::from_str(r#"{"began":1,"ended":2,"clients":3,"cause":"eclipse"}"#).unwrap();
        assert_eq!(read.cause, Failover);
        assert_eq!(serde_json::to_value(Drill).unwrap(), "drill");
    }
}
