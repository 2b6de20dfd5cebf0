//! The conditions of rules: one row for each kind, with its words, number, check and messages. A new kind needs a
//! variant of [`ConditionKind`], a row of [`CONDITIONS`] and, for a new signal, a field of [`Signals`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::signals::{Signals, Subject};
use super::{HOUR, at};
use crate::contact::{DAY, Limit, Millis};
use crate::words::{count, grouped, hours, span};

/// The kinds of conditions, in the order they are offered.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AlertCondition))]
pub enum ConditionKind {
    /// Backup hours run low.
    HoursLeft,
    /// A peer does not respond.
    PeerDown,
    /// A client runs without a server, in its grace period.
    GraceRunning,
    /// The last sync was long ago.
    DaysSinceSync,
    /// A license expires soon.
    LicenseExpires,
    /// The clock of the machine was moved.
    ClockMoved,
}

/// One kind of condition.
struct Row {
    kind: ConditionKind,
    /// Its name.
    title: &'static str,
    /// What it checks, in a sentence.
    help: &'static str,
    threshold: Option<Threshold>,
    /// The page of the console that shows more.
    path: &'static str,
    /// What to do depends on who serves clients.
    is_about_service: bool,
    /// The condition with its number, in a sentence.
    sentence: fn(u32) -> String,
    /// Checks it against signals seen at an instant; `None` if they are unknown.
    check: fn(&Signals, u32, Millis) -> Option<BTreeMap<String, SubjectFinding>>,
    /// What is wrong with a subject, without a period.
    headline: fn(&str) -> String,
    /// What was found about a subject as seen at an instant, in a sentence.
    found: fn(&str, Evidence, Millis) -> String,
    /// That a subject has recovered, without a period.
    resolved: fn(&str) -> String,
    /// What happens next.
    next: fn(Evidence, Millis) -> String,
    /// What to do.
    to_do: &'static str,
}

static CONDITIONS: [Row; 6] = [
    Row {
        kind: ConditionKind::HoursLeft,
        title: "Backup hours low",
        help: "The backup hours left fall below a limit.",
        threshold: Some(Threshold { label: "Hours left below", unit: "hours", usual: 24, least: 1, most: 100_000 }),
        path: "/servers",
        is_about_service: true,
        sentence: |hours| format!("Fewer than {} backup hours are left.", grouped(hours.into())),
        check: |signals, hours, _| {
            let left = signals.hours_left_ms?;
            let evidence = Evidence { value: left, running: signals.countdown_running };
            Some(own(left < Millis::from(hours) * HOUR, evidence))
        },
        headline: |_| "Backup hours are low".to_owned(),
        found: |_, evidence, _| match evidence.running {
            Some(true) => format!("{} of backup hours left, running.", hours(evidence.value)),
            Some(false) => format!("{} of backup hours left, not running.", hours(evidence.value)),
            None => format!("{} of backup hours left.", hours(evidence.value)),
        },
        resolved: |_| "Enough backup hours are left again".to_owned(),
        next: |evidence, now| match evidence.running {
            Some(true) => format!(
                "While clients stay logged in, the hours end {}. Clients are then denied.",
                at(now.saturating_add(evidence.value), now)
            ),
            _ => "Hours are charged while a client is logged in. When none are left, clients are denied.".to_owned(),
        },
        to_do: "Bring the primary back, or ask the vendor for more hours.",
    },
    Row {
        kind: ConditionKind::PeerDown,
        title: "Peer not responding",
        help: "A peer has not responded for some time.",
        threshold: Some(Threshold {
            label: "Seconds without a response",
            unit: "seconds",
            usual: 60,
            least: 10,
            most: 86_400,
        }),
        path: "/servers",
        is_about_service: true,
        sentence: |seconds| format!("A peer has not responded for {seconds} s."),
        check: |signals, seconds, now| {
            let long = Millis::from(seconds) * 1_000;
            let finding = |peer: &Subject| match peer.at_ms.map(|since| now.saturating_sub(since).max(0)) {
                None => SubjectFinding::Good,
                Some(ms) if ms >= long => SubjectFinding::Bad(Evidence::of(ms)),
                Some(_) => SubjectFinding::Between,
            };
            Some(signals.peers.as_ref()?.iter().map(|peer| (peer.name.clone(), finding(peer))).collect())
        },
        headline: |peer| format!("{peer} is not responding"),
        found: |peer, evidence, _| format!("{peer} has not responded for {}.", span(evidence.value)),
        resolved: |peer| format!("{peer} is responding again"),
        next: |_, _| "While it is away, clients have one server less to fail over to.".to_owned(),
        to_do: "Check that the machine is running, and that the two servers can reach each other over the network.",
    },
    Row {
        kind: ConditionKind::GraceRunning,
        title: "Clients in their grace period",
        help: "A client has lost its server and keeps running for its grace period only.",
        threshold: None,
        path: "/clients",
        is_about_service: true,
        sentence: |_| "A client is running in its grace period.".to_owned(),
        check: |signals, _, _| {
            let bad = |client: &Subject| SubjectFinding::Bad(Evidence::of(client.at_ms.unwrap_or_default()));
            Some(signals.grace.as_ref()?.iter().map(|client| (client.name.clone(), bad(client))).collect())
        },
        headline: |client| format!("{client} is running in its grace period"),
        found: |client, evidence, now| {
            format!("{client} has lost its server; its grace period ends {}.", at(evidence.value, now))
        },
        resolved: |client| format!("{client} is no longer running in its grace period"),
        next: |_, _| "When its grace period ends, the application stops, unless it finds a server first.".to_owned(),
        to_do: "Check that the application can reach one of its servers.",
    },
    Row {
        kind: ConditionKind::DaysSinceSync,
        title: "No sync with the vendor",
        help: "The last verified sync with the licensing nodes was some days ago.",
        threshold: Some(Threshold { label: "Days since the last sync", unit: "days", usual: 2, least: 1, most: 365 }),
        path: "/exchange",
        is_about_service: false,
        sentence: |days| format!("The last verified sync was {} ago, or more.", count(days, "day", "days")),
        check: |signals, limit, _| {
            let days = signals.days_since_sync?;
            Some(own(days >= limit, Evidence::of(days.into())))
        },
        headline: |_| "No sync with the vendor".to_owned(),
        found: |_, evidence, _| format!("The last verified sync was {} ago.", count(evidence.value, "day", "days")),
        resolved: |_| "This server has synced with the licensing nodes again".to_owned(),
        next: |_, _| {
            format!(
                "This server keeps trying. Without contact, licenses leave service after {} days or more, and return with the next sync.",
                Limit::LEAST.days()
            )
        },
        to_do: "Sync now, or do an offline exchange. Diagnostics shows which nodes can be reached.",
    },
    Row {
        kind: ConditionKind::LicenseExpires,
        title: "License expires soon",
        help: "A license of this server expires within some days.",
        threshold: Some(Threshold { label: "Days before expiry", unit: "days", usual: 30, least: 1, most: 365 }),
        path: "/licenses",
        is_about_service: false,
        sentence: |days| format!("A license expires within {}.", count(days, "day", "days")),
        check: |signals, days, now| {
            let mut first: BTreeMap<String, Millis> = BTreeMap::new();
            for license in signals.expiring.as_ref()? {
                let end = license.at_ms.unwrap_or_default();
                let at = first.entry(license.name.clone()).or_insert(end);
                *at = end.min(*at);
            }
            let soon = now.saturating_add(Millis::from(days) * DAY);
            let finding = |end| if end <= soon { SubjectFinding::Bad(Evidence::of(end)) } else { SubjectFinding::Good };
            Some(first.into_iter().map(|(product, end)| (product, finding(end))).collect())
        },
        headline: |product| format!("A license for {product} expires soon"),
        found: |product, evidence, now| match evidence.value {
            end if end <= now => format!("A license for {product} expired {}.", at(end, now)),
            end => format!("A license for {product} expires {}, in {}.", at(end, now), span(end - now)),
        },
        resolved: |product| format!("No license for {product} expires soon any longer"),
        next: |_, _| "When it expires, the license leaves service.".to_owned(),
        to_do: "Ask the vendor to extend it, then sync.",
    },
    Row {
        kind: ConditionKind::ClockMoved,
        title: "Clock moved",
        help: "This machine's clock differs from the measured time.",
        threshold: None,
        path: "/exchange",
        is_about_service: false,
        sentence: |_| "This machine's clock was moved.".to_owned(),
        check: |signals, _, _| Some(own(signals.clock_flagged?, Evidence::default())),
        headline: |_| "This machine's clock was moved".to_owned(),
        found: |_, _, _| "This machine's clock differs from the measured time by more than 5 minutes.".to_owned(),
        resolved: |_| "This machine's clock agrees with the measured time again".to_owned(),
        next: |_, _| "Licenses and deadlines follow the measured time until the next verified sync.".to_owned(),
        to_do: "Set this machine's clock, then sync.",
    },
];

/// The server itself is the subject.
fn own(bad: bool, evidence: Evidence) -> BTreeMap<String, SubjectFinding> {
    [(String::new(), if bad { SubjectFinding::Bad(evidence) } else { SubjectFinding::Good })].into()
}

/// The number a condition takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// The label of its field.
    pub label: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its default.
    pub usual: u32,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl ConditionKind {
    /// All kinds, in the order they are offered.
    pub const ALL: &[ConditionKind] = <ConditionKind as strum::VariantArray>::VARIANTS;

    fn row(self) -> &'static Row {
        CONDITIONS.iter().find(|row| row.kind == self).expect("each kind has its row; a test looks")
    }

    /// The word in addresses, the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<ConditionKind> {
        word.parse().ok()
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What it checks, in a sentence.
    #[must_use]
    pub fn help(self) -> &'static str {
        self.row().help
    }

    /// Its number, if it has one.
    #[must_use]
    pub fn threshold(self) -> Option<Threshold> {
        self.row().threshold
    }

    /// The page of the console that shows more.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.row().path
    }

    /// Whether what to do depends on who serves clients.
    #[must_use]
    pub fn is_about_service(self) -> bool {
        self.row().is_about_service
    }

    /// What was found about a subject, in a sentence, as seen at `at`.
    #[must_use]
    pub fn found(self, subject: &str, evidence: Evidence, at: Millis) -> String {
        (self.row().found)(subject, evidence, at)
    }

    pub(super) fn headline(self, subject: &str) -> String {
        (self.row().headline)(subject)
    }

    pub(super) fn resolved(self, subject: &str) -> String {
        (self.row().resolved)(subject)
    }

    pub(super) fn next(self, evidence: Evidence, at: Millis) -> String {
        (self.row().next)(evidence, at)
    }

    pub(super) fn to_do(self) -> &'static str {
        self.row().to_do
    }
}

/// A kind with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    kind: ConditionKind,
    /// In the unit of the kind; 0 if it has no number. Rules of earlier versions name it by its unit.
    #[serde(default, alias = "hours", alias = "seconds", alias = "days")]
    number: u32,
}

/// A number out of a condition's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a whole number of {unit} from {least} to {most}.")]
pub struct ConditionError {
    /// Its unit.
    pub unit: &'static str,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl Condition {
    /// A condition of this kind; ignores a number the kind doesn't use.
    ///
    /// # Errors
    /// [`ConditionError`] when the number is missing or out of its limits.
    pub fn new(kind: ConditionKind, number: Option<u32>) -> Result<Condition, ConditionError> {
        let number = match kind.threshold() {
            None => 0,
            Some(Threshold { unit, least, most, .. }) => {
                number.filter(|number| (least..=most).contains(number)).ok_or(ConditionError { unit, least, most })?
            }
        };
        Ok(Condition { kind, number })
    }

    /// The kind with its default number.
    #[must_use]
    pub fn usual(kind: ConditionKind) -> Condition {
        Condition { kind, number: kind.threshold().map_or(0, |threshold| threshold.usual) }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(self) -> ConditionKind {
        self.kind
    }

    /// Its number, if the kind has one.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        self.kind.threshold().map(|_| self.number)
    }

    /// The condition with its number, as a sentence.
    #[must_use]
    pub fn sentence(self) -> String {
        (self.kind.row().sentence)(self.number)
    }

    /// Checks the condition against a snapshot taken at `now`.
    #[must_use]
    pub fn check(self, signals: &Signals, now: Millis) -> Checked {
        (self.kind.row().check)(signals, self.number, now).map_or(Checked::Unknown, Checked::Known)
    }
}

/// What was measured, for the sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Depends on the kind: milliseconds left, or of silence; days; an instant. Earlier versions name it by that.
    #[serde(alias = "ms", alias = "until_ms", alias = "days", alias = "at_ms")]
    pub value: Millis,
    /// Whether hours are running, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
}

impl Evidence {
    /// A value alone.
    #[must_use]
    pub fn of(value: Millis) -> Evidence {
        Evidence { value, running: None }
    }
}

/// One subject of a check: a peer, a client, a product; or the server itself, whose name is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectFinding {
    /// The condition holds.
    Bad(Evidence),
    /// It certainly does not.
    Good,
    /// It does not hold, but recovery isn't certain: a firing alert keeps firing.
    Between,
}

/// A whole check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The signal is unknown, so nothing changes.
    Unknown,
    /// The findings. A subject that is missing has resolved.
    Known(BTreeMap<String, SubjectFinding>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_row() {
        assert!(CONDITIONS.iter().map(|row| row.kind).eq(ConditionKind::ALL.iter().copied()));
    }

    #[test]
    fn rules_and_states_of_earlier_versions_are_read() {
        for (text, condition) in [
            (r#"{"kind":"hours_left","hours":24}"#, Condition { kind: ConditionKind::HoursLeft, number: 24 }),
            (r#"{"kind":"peer_down","seconds":60}"#, Condition { kind: ConditionKind::PeerDown, number: 60 }),
            (r#"{"kind":"days_since_sync","days":2}"#, Condition { kind: ConditionKind::DaysSinceSync, number: 2 }),
            (r#"{"kind":"clock_moved"}"#, Condition { kind: ConditionKind::ClockMoved, number: 0 }),
        ] {
            assert_eq!(serde_json::from_str::<Condition>(text).unwrap(), condition);
        }
        for (text, evidence) in [
            (r#"{"what":"hours_left","ms":5,"running":true}"#, Evidence { value: 5, running: Some(true) }),
            (r#"{"what":"silent","ms":5}"#, Evidence::of(5)),
            (r#"{"what":"grace","until_ms":5}"#, Evidence::of(5)),
            (r#"{"what":"days","days":5}"#, Evidence::of(5)),
            (r#"{"what":"ends","at_ms":5}"#, Evidence::of(5)),
            (r#"{"what":"clock"}"#, Evidence::default()),
        ] {
            assert_eq!(serde_json::from_str::<Evidence>(text).unwrap(), evidence);
        }
    }
}
