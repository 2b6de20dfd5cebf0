//! The conditions of rules: one row for each kind, with its words, number, times, check and messages. A new kind needs
//! a variant of [`ConditionKind`], a row of [`CONDITIONS`] and, for a new signal, a field of [`Signals`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::{Evidence, SubjectFinding};
use super::signals::{Amount, Signals, Subject};
use super::{HOUR, MINUTE, at};
use crate::contact::{DAY, Limit, Millis};
use crate::words::{bytes, count, grouped, hours, span};

/// Use has to fall this far below its limit to count as recovered, percentage points.
const RECOVERED_BELOW: u64 = 5;

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
    /// A backup serves clients, unplanned.
    Failover,
    /// A peer does not respond.
    PeerDown,
    /// A client runs without a server, in its grace period.
    GraceRunning,
    /// Requests for a product were denied.
    Denials,
    /// Much of a product is in use.
    UseAbove,
    /// A license for this server is not in service.
    LicenseNotLoaded,
    /// A license expires soon.
    LicenseExpires,
    /// The last sync was long ago.
    DaysSinceSync,
    /// A node refused the last sync.
    SyncRefused,
    /// The clock of the machine was moved.
    ClockMoved,
    /// The conf file was changed outside Leasehold.
    ChangedOutside,
    /// Little space is free where the data is.
    DiskLow,
    /// The audit log was altered.
    AuditBroken,
    /// A background task failed and was restarted.
    TaskRestarted,
    /// The monitor license is in violation.
    MonitorLicense,
    /// Usage records are locked.
    RecordsLocked,
    /// A backup failed, or none was made for some time.
    BackupFailed,
}

/// One kind of condition.
struct Row {
    kind: ConditionKind,
    /// Its name.
    title: &'static str,
    /// What it checks, in a sentence.
    help: &'static str,
    threshold: Option<Threshold>,
    /// Its default for "notify after", milliseconds.
    wait: Millis,
    /// Its default pause between reminders, milliseconds; 0: none.
    remind: Millis,
    /// Whether the suggested rules have it, by what is known of the server.
    concerns: fn(&Signals) -> bool,
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
    found: fn(&str, &Evidence, Millis) -> String,
    /// That a subject has recovered, without a period.
    resolved: fn(&str) -> String,
    /// What happens next.
    next: fn(&Evidence, Millis) -> String,
    /// What to do.
    to_do: &'static str,
}

static CONDITIONS: [Row; 18] = [
    Row {
        kind: ConditionKind::HoursLeft,
        title: "Backup hours low",
        help: "The backup hours left fall below a limit.",
        threshold: Some(Threshold { label: "Hours left below", unit: "hours", usual: 24, least: 1, most: 100_000 }),
        wait: 0,
        remind: 4 * HOUR,
        concerns: |signals| signals.hours_left_ms.is_some(),
        path: "/servers",
        is_about_service: true,
        sentence: |hours| format!("Fewer than {} backup hours are left.", grouped(hours.into())),
        check: |signals, hours, _| {
            let left = signals.hours_left_ms?;
            let evidence = Evidence { running: signals.countdown_running, ..Evidence::of(left) };
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
        kind: ConditionKind::Failover,
        title: "Failover",
        help: "A backup serves clients, and it was not planned. It resolves with the failback.",
        threshold: None,
        wait: 0,
        remind: 4 * HOUR,
        concerns: always,
        path: "/servers",
        is_about_service: true,
        sentence: |_| "A backup is serving clients, unplanned.".to_owned(),
        check: |signals, _, _| {
            let bad = |backup: &Subject| (backup.name.clone(), SubjectFinding::Bad(Evidence::default()));
            Some(signals.failover.as_ref()?.iter().map(bad).collect())
        },
        headline: |backup| format!("Failover to {backup}"),
        found: |backup, _, _| format!("{backup} is serving clients in place of the primary."),
        resolved: |backup| format!("Failback: {backup} no longer serves clients"),
        next: |_, _| "Backup hours are charged while clients are logged in to the backup.".to_owned(),
        to_do: "Bring the primary back; its clients return to it within seconds.",
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
        wait: 0,
        remind: 4 * HOUR,
        concerns: always,
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
        wait: 0,
        remind: HOUR,
        concerns: always,
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
        kind: ConditionKind::Denials,
        title: "Licenses denied",
        help: "Requests for a product were denied within the last hour.",
        threshold: Some(Threshold {
            label: "Denials in an hour",
            unit: "denials",
            usual: 5,
            least: 1,
            most: 1_000_000,
        }),
        wait: 0,
        remind: 4 * HOUR,
        concerns: always,
        path: "/usage",
        is_about_service: false,
        sentence: |denials| format!("{} of a product within an hour, or more.", count(denials, "denial", "denials")),
        check: |signals, limit, _| {
            let bad = |number: u64| number >= u64::from(limit);
            Some(amounts(signals.levels.denials.as_ref()?, bad, |_| false))
        },
        headline: |product| format!("Licenses for {product} are denied"),
        found: |product, evidence, _| {
            format!("{} for {product} in the last hour.", count(evidence.value, "denial", "denials"))
        },
        resolved: |product| format!("Denials for {product} are below the limit again"),
        next: |_, _| "Applications that ask for one more get none until another returns one.".to_owned(),
        to_do: "See who holds the licenses and release those not in use, or ask the vendor for more.",
    },
    Row {
        kind: ConditionKind::UseAbove,
        title: "Use high",
        help: "A large part of what is licensed of a product is in use.",
        threshold: Some(Threshold {
            label: "Percent in use, at least",
            unit: "percent",
            usual: 90,
            least: 50,
            most: 100,
        }),
        wait: 5 * MINUTE,
        remind: DAY,
        concerns: always,
        path: "/clients",
        is_about_service: false,
        sentence: |percent| format!("At least {percent} % of a product is in use."),
        check: |signals, limit, _| {
            let limit = u64::from(limit);
            let recovering = |percent: u64| percent + RECOVERED_BELOW > limit;
            Some(amounts(signals.levels.in_use.as_ref()?, |percent| percent >= limit, recovering))
        },
        headline: |product| format!("Use of {product} is high"),
        found: |product, evidence, _| format!("{} % of {product} is in use.", evidence.value),
        resolved: |product| format!("Use of {product} is below the limit again"),
        next: |_, _| "When all are in use, further requests are denied.".to_owned(),
        to_do: "Release licenses that are not in use, or ask the vendor for more.",
    },
    Row {
        kind: ConditionKind::LicenseNotLoaded,
        title: "License not loaded",
        help: "A license for this server is not in service.",
        threshold: None,
        wait: 5 * MINUTE,
        remind: DAY,
        concerns: always,
        path: "/licenses",
        is_about_service: false,
        sentence: |_| "A license is not loaded.".to_owned(),
        check: |signals, _, _| Some(amounts(signals.not_loaded.as_ref()?, |number| number > 0, |_| false)),
        headline: |product| format!("A license for {product} is not loaded"),
        found: |product, evidence, _| match evidence.value {
            1 => format!("A license for {product} is not loaded."),
            many => format!("{} licenses for {product} are not loaded.", grouped(many.unsigned_abs())),
        },
        resolved: |product| format!("All licenses for {product} are loaded again"),
        next: |_, _| "Clients can't use it until it is loaded.".to_owned(),
        to_do: "The license list gives the reason.",
    },
    Row {
        kind: ConditionKind::LicenseExpires,
        title: "License expires soon",
        help: "A license of this server expires within some days.",
        threshold: Some(Threshold { label: "Days before expiry", unit: "days", usual: 30, least: 1, most: 365 }),
        wait: 0,
        remind: DAY,
        concerns: always,
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
        kind: ConditionKind::DaysSinceSync,
        title: "No sync with the vendor",
        help: "The last verified sync with the licensing nodes was some days ago.",
        threshold: Some(Threshold { label: "Days since the last sync", unit: "days", usual: 2, least: 1, most: 365 }),
        wait: 0,
        remind: DAY,
        concerns: always,
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
        next: |_, _| keeps_trying(),
        to_do: "Sync now, or do an offline exchange. Diagnostics shows which nodes can be reached.",
    },
    Row {
        kind: ConditionKind::SyncRefused,
        title: "Sync refused",
        help: "A licensing node answered the last sync with a refusal.",
        threshold: None,
        wait: 0,
        remind: DAY,
        concerns: always,
        path: "/exchange",
        is_about_service: false,
        sentence: |_| "A licensing node refused the last sync.".to_owned(),
        check: |signals, _, _| {
            let refused = signals.refused.as_ref()?;
            Some(own(!refused.is_empty(), Evidence::words(refused)))
        },
        headline: |_| "The last sync was refused".to_owned(),
        found: |_, evidence, _| format!("The last sync failed. {}", evidence.said),
        resolved: |_| "The licensing nodes accept syncs again".to_owned(),
        next: |_, _| keeps_trying(),
        to_do: "Correct the registration, then sync.",
    },
    Row {
        kind: ConditionKind::ClockMoved,
        title: "Clock moved",
        help: "This machine's clock differs from the measured time.",
        threshold: None,
        wait: 0,
        remind: DAY,
        concerns: always,
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
    Row {
        kind: ConditionKind::ChangedOutside,
        title: "Configuration changed outside",
        help: "The configuration file was changed outside Leasehold, and nobody has looked at the change.",
        threshold: None,
        wait: 0,
        remind: 0,
        concerns: always,
        path: "/configuration/outside",
        is_about_service: false,
        sentence: |_| "The configuration file was changed outside Leasehold.".to_owned(),
        check: |signals, _, _| {
            let bad = |file: &Subject| SubjectFinding::Bad(Evidence::of(file.at_ms.unwrap_or_default()));
            Some(signals.outside.as_ref()?.iter().map(|file| (file.name.clone(), bad(file))).collect())
        },
        headline: |file| format!("{file} was changed outside Leasehold"),
        found: |file, evidence, now| format!("{file} was changed outside Leasehold {}.", at(evidence.value, now)),
        resolved: |file| format!("The change of {file} was acknowledged"),
        next: |_, _| "The change is in effect, except for settings that wait for a restart.".to_owned(),
        to_do: "Compare the change, then keep it or restore an earlier revision.",
    },
    Row {
        kind: ConditionKind::DiskLow,
        title: "Disk space low",
        help: "Little space is free where the data is.",
        threshold: Some(Threshold { label: "Free space below", unit: "GB", usual: 5, least: 1, most: 100_000 }),
        wait: 0,
        remind: 4 * HOUR,
        concerns: always,
        path: "/diagnostics",
        is_about_service: false,
        sentence: |gigabytes| format!("Less than {} GB is free where the data is.", grouped(gigabytes.into())),
        check: |signals, gigabytes, _| {
            let (free, limit) = (signals.levels.disk_free_mb?, u64::from(gigabytes) * 1_000);
            let finding = match free {
                free if free < limit => {
                    SubjectFinding::Bad(Evidence::of(Millis::try_from(free).unwrap_or(Millis::MAX)))
                }
                free if free < limit + limit / 10 => SubjectFinding::Between,
                _ => SubjectFinding::Good,
            };
            Some([(String::new(), finding)].into())
        },
        headline: |_| "Disk space is low".to_owned(),
        found: |_, evidence, _| {
            format!("{} free where the data is.", bytes(evidence.value.unsigned_abs().saturating_mul(1_000_000)))
        },
        resolved: |_| "Enough disk space is free again".to_owned(),
        next: |_, _| "When the disk is full, nothing can be stored: no usage, no settings, no audit entry.".to_owned(),
        to_do: "Free space on the file system of the data folder, or enlarge it.",
    },
    Row {
        kind: ConditionKind::AuditBroken,
        title: "Audit chain broken",
        help: "The audit log was altered, or entries are missing.",
        threshold: None,
        wait: 0,
        remind: DAY,
        concerns: always,
        path: "/audit",
        is_about_service: false,
        sentence: |_| "The audit chain is broken.".to_owned(),
        check: |signals, _, _| {
            let broken = signals.audit_broken.as_ref()?;
            Some(own(!broken.is_empty(), Evidence::words(broken)))
        },
        headline: |_| "The audit chain is broken".to_owned(),
        found: |_, evidence, _| evidence.said.clone(),
        resolved: |_| "The audit chain is whole again".to_owned(),
        next: |_, _| "Older entries prove nothing until the cause is known. New entries are recorded.".to_owned(),
        to_do: "Compare the log with a backup, and find out who can write to the data folder.",
    },
    Row {
        kind: ConditionKind::TaskRestarted,
        title: "Background task restarted",
        help: "A background task of this server failed and was restarted within the last hour.",
        threshold: None,
        wait: 0,
        remind: 0,
        concerns: always,
        path: "/logs",
        is_about_service: false,
        sentence: |_| "A background task was restarted within the last hour.".to_owned(),
        check: |signals, _, _| Some(amounts(signals.restarted.as_ref()?, |number| number > 0, |_| false)),
        headline: |task| format!("The background task {task} was restarted"),
        found: |task, evidence, _| {
            format!(
                "The background task {task} was restarted {} in the last hour.",
                count(evidence.value, "time", "times")
            )
        },
        resolved: |task| format!("The background task {task} has run for an hour"),
        next: |_, _| "A task that keeps failing stops the server, so that the service manager restarts it.".to_owned(),
        to_do: "It is a fault of the program: report it with the lines of the log around it.",
    },
    Row {
        kind: ConditionKind::MonitorLicense,
        title: "Monitor license in violation",
        help: "The monitor license has expired, can't be read, or is for fewer users than were observed.",
        threshold: None,
        wait: 0,
        remind: DAY,
        concerns: |signals| signals.monitor.is_some(),
        path: "/database",
        is_about_service: false,
        sentence: |_| "The monitor license is in violation.".to_owned(),
        check: |signals, _, _| {
            let bad = |violation: &Subject| SubjectFinding::Bad(Evidence::of(violation.at_ms.unwrap_or_default()));
            Some(signals.monitor.as_ref()?.iter().map(|violation| (violation.name.clone(), bad(violation))).collect())
        },
        headline: |violation| format!("The monitor license is in violation: {violation}"),
        found: |violation, evidence, now| {
            let locks = at(evidence.value, now);
            let follows = match evidence.value <= now {
                true => format!("Usage records have been locked since {locks}."),
                false => format!("Usage records are stored as usual until {locks}, then locked."),
            };
            format!("The monitor license is in violation: {violation}. {follows}")
        },
        resolved: |violation| format!("The monitor license is no longer in violation: {violation}"),
        next: |_, _| {
            "Locked records are kept, but missing from the Usage reports until a license covers them.".to_owned()
        },
        to_do: "The Database page says what is missing. Put the key file back, or ask the vendor for a license, then sync.",
    },
    Row {
        kind: ConditionKind::RecordsLocked,
        title: "Records locked",
        help: "Usage records are locked, and missing from the Usage reports.",
        threshold: None,
        wait: 0,
        remind: DAY,
        concerns: |signals| signals.monitor.is_some(),
        path: "/database",
        is_about_service: false,
        sentence: |_| "Usage records are locked.".to_owned(),
        check: |signals, _, _| {
            let records = signals.levels.locked?;
            Some(own(records > 0, Evidence::of(Millis::try_from(records).unwrap_or(Millis::MAX))))
        },
        headline: |_| "Usage records are locked".to_owned(),
        found: |_, evidence, _| {
            let are = if evidence.value == 1 { "is" } else { "are" };
            format!("{} {are} locked.", count(evidence.value, "usage record", "usage records"))
        },
        resolved: |_| "No usage records are locked any longer".to_owned(),
        next: |_, _| "They are kept, and missing from the Usage reports until they are unlocked.".to_owned(),
        to_do: "The Database page says which license unlocks them. With that license, unlock them there.",
    },
    Row {
        kind: ConditionKind::BackupFailed,
        title: "Backup failed",
        help: "The last backup of this server failed, or the newest one is some days old although one is due every day.",
        threshold: Some(Threshold { label: "Days since the last backup", unit: "days", usual: 2, least: 1, most: 365 }),
        wait: 0,
        remind: DAY,
        concerns: |signals| signals.backup.is_some(),
        path: "/database",
        is_about_service: false,
        sentence: |days| format!("A backup failed, or the last one was {} ago, or more.", count(days, "day", "days")),
        check: |signals, days, now| {
            let backup = signals.backup.as_ref()?;
            let is_old = now.saturating_sub(backup.none_since) >= Millis::from(days) * DAY;
            let evidence = Evidence { said: backup.problem.clone(), ..Evidence::of(backup.none_since) };
            Some(own(!backup.problem.is_empty() || is_old, evidence))
        },
        headline: |_| "Backups are failing".to_owned(),
        found: |_, evidence, now| match evidence.said.as_str() {
            "" => format!("The last backup was made {}.", at(evidence.value, now)),
            problem => format!("The last backup failed. {problem}"),
        },
        resolved: |_| "Backups are made again".to_owned(),
        next: |_, _| "A failed backup is tried again every hour.".to_owned(),
        to_do: "See the Database page, free space where backups are kept, then back up.",
    },
];

fn always(_: &Signals) -> bool {
    true
}

/// What follows while no sync succeeds.
fn keeps_trying() -> String {
    format!(
        "This server keeps trying. Without contact, licenses leave service after {} days or more, and return with the next sync.",
        Limit::LEAST.days()
    )
}

/// Names with a number: bad, recovering, or good.
fn amounts(
    all: &[Amount],
    is_bad: impl Fn(u64) -> bool,
    is_recovering: impl Fn(u64) -> bool,
) -> BTreeMap<String, SubjectFinding> {
    let finding = |number: u64| match number {
        number if is_bad(number) => SubjectFinding::Bad(Evidence::of(Millis::try_from(number).unwrap_or(Millis::MAX))),
        number if is_recovering(number) => SubjectFinding::Between,
        _ => SubjectFinding::Good,
    };
    all.iter().map(|amount| (amount.name.clone(), finding(amount.number))).collect()
}

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

    /// Its default for "notify after", milliseconds; 0: at once.
    #[must_use]
    pub fn usual_wait(self) -> Millis {
        self.row().wait
    }

    /// Its default pause between reminders, milliseconds; 0: none.
    #[must_use]
    pub fn usual_remind(self) -> Millis {
        self.row().remind
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
    pub fn found(self, subject: &str, evidence: &Evidence, at: Millis) -> String {
        (self.row().found)(subject, evidence, at)
    }

    /// What is wrong with a subject, without a period.
    #[must_use]
    pub fn headline(self, subject: &str) -> String {
        (self.row().headline)(subject)
    }

    pub(super) fn concerns(self, signals: &Signals) -> bool {
        (self.row().concerns)(signals)
    }

    pub(super) fn sentence(self, number: u32) -> String {
        (self.row().sentence)(number)
    }

    pub(super) fn check(self, signals: &Signals, number: u32, now: Millis) -> Option<BTreeMap<String, SubjectFinding>> {
        (self.row().check)(signals, number, now)
    }

    pub(super) fn resolved(self, subject: &str) -> String {
        (self.row().resolved)(subject)
    }

    pub(super) fn next(self, evidence: &Evidence, at: Millis) -> String {
        (self.row().next)(evidence, at)
    }

    /// What to do, in a sentence.
    #[must_use]
    pub fn to_do(self) -> &'static str {
        self.row().to_do
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LONGEST_REMIND, LONGEST_WAIT};
    use super::*;

    #[test]
    fn each_kind_has_its_row() {
        assert!(CONDITIONS.iter().map(|row| row.kind).eq(ConditionKind::ALL.iter().copied()));
    }

    #[test]
    fn reminders_fit_the_kind() {
        assert_eq!(ConditionKind::LicenseExpires.usual_remind(), DAY, "a license that ends is no news twice a day");
        assert_eq!(ConditionKind::ChangedOutside.usual_remind(), 0, "an edit does not get worse");
        for kind in ConditionKind::ALL {
            assert!((0..=LONGEST_WAIT).contains(&kind.usual_wait()) && kind.usual_wait() % MINUTE == 0);
            assert!((0..=LONGEST_REMIND).contains(&kind.usual_remind()) && kind.usual_remind() % HOUR == 0);
        }
    }
}
