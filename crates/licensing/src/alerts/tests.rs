use std::collections::BTreeMap;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::contact::DAY;
use crate::service::Judgement;

const START: Millis = 1_800_000_000_000;
const TICK: Millis = 10_000;

fn days(days: u32) -> Signals {
    Signals { days_since_sync: Some(days), ..Signals::default() }
}

fn condition(kind: ConditionKind, number: u32) -> Condition {
    Condition::new(kind, Some(number)).unwrap()
}

fn subject(name: &str, at_ms: Option<Millis>) -> Subject {
    Subject { name: name.to_owned(), at_ms }
}

/// A peer that responds, or has not since then.
fn peer(name: &str, since: Option<Millis>) -> Signals {
    Signals { peers: Some(vec![subject(name, since)]), ..Signals::default() }
}

fn amount(name: &str, number: u64) -> Amount {
    Amount { name: name.to_owned(), number }
}

fn backup(none_since: Millis, problem: &str) -> Signals {
    Signals { backup: Some(BackupSignal { none_since, problem: problem.to_owned() }), ..Signals::default() }
}

fn levels(levels: Levels) -> Signals {
    Signals { levels, ..Signals::default() }
}

/// What a rule tells of signals that come one after the other, `TICK` apart: ticks since the start, kind.
fn told(rule: &RuleSettings, signals: impl IntoIterator<Item = Signals>) -> Vec<(i64, NoticeKind)> {
    let mut state = RuleState::default();
    let mut all = Vec::new();
    for (tick, signals) in (0..).zip(signals) {
        let (next, notices) = step(rule, &state, &signals, START + tick * TICK);
        all.extend(notices.into_iter().map(|notice| (tick, notice.kind)));
        state = next;
    }
    all
}

#[test]
fn every_kind_has_words_and_a_number_within_its_limits() {
    for &kind in ConditionKind::ALL {
        assert_eq!(ConditionKind::parse(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert!(kind.help().ends_with('.') && !kind.title().ends_with('.'));
        let usual = kind.threshold().map(|threshold| threshold.usual);
        let condition = Condition::new(kind, usual).unwrap();
        assert_eq!((condition, condition.kind(), condition.number()), (Condition::usual(kind), kind, usual));
        assert!(condition.sentence().ends_with('.'));
        let stored = serde_json::to_string(&condition).unwrap();
        assert_eq!(serde_json::from_str::<Condition>(&stored).unwrap(), condition);
        if let Some(Threshold { least, most, .. }) = kind.threshold() {
            for wrong in [None, Some(least - 1), Some(most + 1)] {
                let error = Condition::new(kind, wrong).unwrap_err().to_string();
                assert!(error.contains(&least.to_string()) && error.contains(&most.to_string()), "{error}");
            }
        }
    }
    assert_eq!(ConditionKind::parse("nothing"), None);
}

#[rstest]
#[case(condition(ConditionKind::HoursLeft, 2), Signals { hours_left_ms: Some(2 * HOUR - 1), ..Signals::default() }, true)]
#[case(condition(ConditionKind::HoursLeft, 2), Signals { hours_left_ms: Some(2 * HOUR), ..Signals::default() }, false)]
#[case(condition(ConditionKind::PeerDown, 60), peer("b", Some(START - 60_000)), true)]
#[case(condition(ConditionKind::PeerDown, 60), peer("b", Some(START - 59_999)), false)]
#[case(condition(ConditionKind::PeerDown, 60), peer("b", None), false)]
#[case(condition(ConditionKind::GraceRunning, 0), Signals { grace: Some(Vec::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::GraceRunning, 0), Signals { grace: Some(vec![subject("c", Some(1))]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::DaysSinceSync, 2), days(2), true)]
#[case(condition(ConditionKind::DaysSinceSync, 2), days(1), false)]
#[case(condition(ConditionKind::LicenseExpires, 30), Signals { expiring: Some(vec![subject("P", Some(START + 30 * DAY))]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::LicenseExpires, 30), Signals { expiring: Some(vec![subject("P", Some(START + 30 * DAY + 1))]), ..Signals::default() }, false)]
#[case(condition(ConditionKind::ClockMoved, 0), Signals { clock_flagged: Some(true), ..Signals::default() }, true)]
#[case(condition(ConditionKind::ClockMoved, 0), Signals { clock_flagged: Some(false), ..Signals::default() }, false)]
#[case(condition(ConditionKind::Failover, 0), Signals { failover: Some(vec![subject("b", None)]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::Failover, 0), Signals { failover: Some(Vec::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::Denials, 5), levels(Levels { denials: Some(vec![amount("P", 5)]), ..Levels::default() }), true)]
#[case(condition(ConditionKind::Denials, 5), levels(Levels { denials: Some(vec![amount("P", 4)]), ..Levels::default() }), false)]
#[case(condition(ConditionKind::UseAbove, 90), levels(Levels { in_use: Some(vec![amount("P", 90)]), ..Levels::default() }), true)]
#[case(condition(ConditionKind::UseAbove, 90), levels(Levels { in_use: Some(vec![amount("P", 89)]), ..Levels::default() }), false)]
#[case(condition(ConditionKind::LicenseNotLoaded, 0), Signals { not_loaded: Some(vec![amount("P", 1)]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::LicenseNotLoaded, 0), Signals { not_loaded: Some(Vec::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::ChangedOutside, 0), Signals { outside: Some(vec![subject("c", Some(1))]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::ChangedOutside, 0), Signals { outside: Some(Vec::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::SyncRefused, 0), Signals { refused: Some("No.".into()), ..Signals::default() }, true)]
#[case(condition(ConditionKind::SyncRefused, 0), Signals { refused: Some(String::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::DiskLow, 5), levels(Levels { disk_free_mb: Some(4_999), ..Levels::default() }), true)]
#[case(condition(ConditionKind::DiskLow, 5), levels(Levels { disk_free_mb: Some(5_000), ..Levels::default() }), false)]
#[case(condition(ConditionKind::AuditBroken, 0), Signals { audit_broken: Some("At 7.".into()), ..Signals::default() }, true)]
#[case(condition(ConditionKind::AuditBroken, 0), Signals { audit_broken: Some(String::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::TaskRestarted, 0), Signals { restarted: Some(vec![amount("peers", 1)]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::TaskRestarted, 0), Signals { restarted: Some(Vec::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::MonitorLicense, 0), Signals { monitor: Some(vec![subject("expired", Some(1))]), ..Signals::default() }, true)]
#[case(condition(ConditionKind::MonitorLicense, 0), Signals { monitor: Some(Vec::new()), ..Signals::default() }, false)]
#[case(condition(ConditionKind::RecordsLocked, 0), levels(Levels { locked: Some(1), ..Levels::default() }), true)]
#[case(condition(ConditionKind::RecordsLocked, 0), levels(Levels { locked: Some(0), ..Levels::default() }), false)]
#[case(condition(ConditionKind::BackupFailed, 2), backup(START - 2 * DAY, ""), true)]
#[case(condition(ConditionKind::BackupFailed, 2), backup(START - 2 * DAY + 1, ""), false)]
#[case(condition(ConditionKind::BackupFailed, 2), backup(START - 1, "The disk is full."), true)]
fn a_condition_holds_exactly_from_its_number_on(
    #[case] condition: Condition,
    #[case] signals: Signals,
    #[case] fires: bool,
) {
    let rule = RuleSettings { wait_ms: 0, ..RuleSettings::new(condition) };
    let (state, notices) = step(&rule, &RuleState::default(), &signals, START);
    assert_eq!((state.firing() == 1, notices.len() == 1), (fires, fires));
    let (state, notices) = step(&rule, &RuleState::default(), &Signals::default(), START);
    assert_eq!((state.firing(), notices.len(), state.unknown_since), (0, 0, Some(START)), "not known fires nothing");
}

#[test]
fn of_two_licenses_of_a_product_the_first_end_counts() {
    let ends = |at: &[Millis]| {
        let expiring = at.iter().map(|&end| subject("P", Some(end))).collect();
        Signals { expiring: Some(expiring), ..Signals::default() }
    };
    let rule = RuleSettings::new(condition(ConditionKind::LicenseExpires, 10));
    let (_, notices) = step(&rule, &RuleState::default(), &ends(&[START + 40 * DAY, START + 5 * DAY]), START);
    assert_eq!(notices[0].evidence, Evidence::of(START + 5 * DAY));
}

#[test]
fn a_condition_that_ends_before_it_lasted_long_enough_is_never_told() {
    let rule = RuleSettings { wait_ms: 3 * TICK, ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)) };
    assert_eq!(told(&rule, [2, 2, 2, 1, 2, 2, 2, 1].map(days)), []);
    assert_eq!(told(&rule, [2, 2, 2, 2, 1].map(days)), [(3, NoticeKind::Fired), (4, NoticeKind::Resolved)]);
}

#[test]
fn time_in_which_nothing_is_known_does_not_count_as_lasting() {
    let rule = RuleSettings { wait_ms: 3 * TICK, ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)) };
    let nothing = Signals::default;
    let script = [days(2), days(2), nothing(), nothing(), nothing(), nothing(), days(2), days(2), days(2)];
    assert_eq!(told(&rule, script), [(7, NoticeKind::Fired)]);
}

#[test]
fn what_fires_is_told_again_after_each_pause_and_only_a_good_check_ends_it() {
    let rule = RuleSettings { remind_ms: 3 * TICK, ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)) };
    let nothing = Signals::default;
    let script = [days(2), days(2), days(2), days(3), nothing(), nothing(), nothing(), days(1), days(1)];
    use NoticeKind::*;
    assert_eq!(told(&rule, script), [(0, Fired), (3, Reminder), (6, Reminder), (7, Resolved)]);
    let never = RuleSettings { remind_ms: 0, ..rule };
    assert_eq!(told(&never, (0..5_000).map(|_| days(2))), [(0, Fired)]);
}

#[test]
fn a_peer_that_was_seen_shortly_but_is_not_up_goes_on_firing() {
    let rule = RuleSettings::new(condition(ConditionKind::PeerDown, 60));
    let script = [peer("b", Some(START - 90_000)), peer("b", Some(START + TICK - 5_000)), peer("b", None)];
    assert_eq!(told(&rule, script), [(0, NoticeKind::Fired), (2, NoticeKind::Resolved)]);
}

#[test]
fn an_acknowledged_alert_is_not_reminded_of_and_its_end_is_told() {
    let rule = RuleSettings { remind_ms: TICK, ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)) };
    let (mut state, _) = step(&rule, &RuleState::default(), &days(2), START);
    assert_eq!(state.acknowledge(Some("nobody"), "ann", START), Vec::<String>::new());
    assert_eq!(state.acknowledge(None, "ann", START), [""]);
    assert_eq!(state.acknowledge(None, "bob", START), Vec::<String>::new(), "once");
    assert_eq!(rule.headlines(&state), (vec![], vec!["No sync with the vendor".to_owned()]));
    let (state, notices) = step(&rule, &state, &days(3), START + HOUR);
    assert_eq!((notices.len(), state.firing()), (0, 1));
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<RuleState>(&stored).unwrap(), state);
    let (state, notices) = step(&rule, &state, &days(0), START + 2 * HOUR);
    assert_eq!(notices[0].kind, NoticeKind::Resolved);
    let (state, notices) = step(&rule, &state, &days(2), START + 3 * HOUR);
    assert_eq!(notices[0].kind, NoticeKind::Fired);
    assert_eq!(state.subjects[""].acknowledged, None, "the next time is another one");
}

#[test]
fn a_silenced_rule_tells_nothing_goes_on_and_speaks_again_by_itself() {
    let rule = RuleSettings { remind_ms: TICK, ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)) };
    let silenced = RuleState { silenced_until: Some(START + HOUR), ..RuleState::default() };
    let (state, notices) = step(&rule, &silenced, &days(2), START);
    assert_eq!((notices.len(), state.firing(), state.is_silenced(START)), (0, 1, true));
    let (still, notices) = step(&rule, &state, &days(2), START + HOUR - 1);
    assert_eq!(notices, []);
    let (after, notices) = step(&rule, &still, &days(2), START + HOUR);
    assert_eq!((notices[0].kind, notices[0].since), (NoticeKind::Fired, START), "it is news now");
    assert_eq!(after.silenced_until, None);
    let (resolved, notices) = step(&rule, &state, &days(0), START + TICK);
    assert_eq!(notices, [], "nothing was sent before");
    assert_eq!(step(&rule, &resolved, &days(0), START + HOUR).1, []);
    // What was told before the silence is reminded of when it is over.
    let (told, _) = step(&rule, &RuleState::default(), &days(2), START);
    let silenced = RuleState { silenced_until: Some(START + HOUR), ..told };
    let (state, notices) = step(&rule, &silenced, &days(2), START + TICK);
    assert_eq!(notices, []);
    assert_eq!(step(&rule, &state, &days(2), START + HOUR).1[0].kind, NoticeKind::Reminder);
}

#[test]
fn what_recovers_during_a_silence_is_reported_as_resolved_when_the_silence_ends() {
    let rule = RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2));
    let (told, notices) = step(&rule, &RuleState::default(), &days(2), START);
    assert_eq!(notices[0].kind, NoticeKind::Fired);
    let silenced = RuleState { silenced_until: Some(START + HOUR), ..told };
    let (resolved, notices) = step(&rule, &silenced, &days(0), START + TICK);
    assert_eq!((notices.len(), resolved.firing()), (0, 0));
    // Also after it has fired and recovered again meanwhile.
    let (again, _) = step(&rule, &resolved, &days(2), START + 2 * TICK);
    let (resolved_again, _) = step(&rule, &again, &days(0), START + 3 * TICK);
    for (state, at) in [(&resolved, START + TICK), (&resolved_again, START + 3 * TICK)] {
        let (after, notices) = step(&rule, state, &days(0), START + HOUR);
        assert_eq!(notices.iter().map(|told| (told.kind, told.at)).collect::<Vec<_>>(), [(NoticeKind::Resolved, at)]);
        assert_eq!(step(&rule, &after, &days(0), START + HOUR + TICK).1, [], "once");
    }
    // What fires again is what people know already.
    assert_eq!(step(&rule, &again, &days(2), START + HOUR).1, []);
}

#[test]
fn what_recovered_during_a_silence_and_only_began_again_is_reported_once_it_is_certain() {
    let wait_ms = 2 * TICK;
    let rule = RuleSettings { wait_ms, ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)) };
    let (pending, _) = step(&rule, &RuleState::default(), &days(2), START);
    let (told, notices) = step(&rule, &pending, &days(2), START + wait_ms);
    assert_eq!(notices[0].kind, NoticeKind::Fired);
    let silenced = RuleState { silenced_until: Some(START + HOUR), ..told };
    let (resolved, _) = step(&rule, &silenced, &days(0), START + 3 * TICK);
    let (begun, _) = step(&rule, &resolved, &days(2), START + HOUR - TICK);
    let (begun, notices) = step(&rule, &begun, &days(2), START + HOUR);
    assert_eq!(notices, []);
    let (_, notices) = step(&rule, &begun, &days(0), START + HOUR + TICK);
    assert_eq!(notices[0].kind, NoticeKind::Resolved);
}

#[test]
fn use_that_hovers_at_its_limit_fires_once() {
    let rule = RuleSettings { wait_ms: 0, ..RuleSettings::new(condition(ConditionKind::UseAbove, 90)) };
    let used = |percent| levels(Levels { in_use: Some(vec![amount("P", percent)]), ..Levels::default() });
    let script = [90, 89, 90, 86, 91, 85].map(used);
    assert_eq!(told(&rule, script), [(0, NoticeKind::Fired), (5, NoticeKind::Resolved)]);
}

#[test]
fn the_suggested_rules_are_those_that_are_missing_and_concern_this_server() {
    let all = suggested(&[], &Signals { hours_left_ms: Some(1), monitor: Some(Vec::new()), ..backup(START, "") });
    assert_eq!(all.len(), ConditionKind::ALL.len());
    assert!(all.iter().all(|rule| rule.wait_ms == rule.condition.kind().usual_wait()));
    let some = suggested(&[ConditionKind::PeerDown], &Signals::default());
    let kinds: Vec<ConditionKind> = some.iter().map(|rule| rule.condition.kind()).collect();
    let left_out = [
        ConditionKind::PeerDown,
        ConditionKind::HoursLeft,
        ConditionKind::MonitorLicense,
        ConditionKind::RecordsLocked,
        ConditionKind::BackupFailed,
    ];
    assert_eq!(kinds.len(), ConditionKind::ALL.len() - left_out.len());
    assert!(left_out.iter().all(|kind| !kinds.contains(kind)));
    assert_eq!(suggested(ConditionKind::ALL, &Signals::default()), []);
}

#[test]
fn states_and_snapshots_of_earlier_versions_are_read_and_what_they_lack_is_unknown() {
    let text = r#"{"subjects":{"b":{"standing":{"is":"firing","since":1,"notified":2},"evidence":{"ms":5}}},"unknown_since":null}"#;
    let state: RuleState = serde_json::from_str(text).unwrap();
    assert_eq!((state.firing(), state.subjects["b"].acknowledged.is_some(), state.silenced_until), (1, false, None));
    let signals: Signals = serde_json::from_str(r#"{"peers":[["b",null]],"grace":[]}"#).unwrap();
    assert_eq!(signals, Signals { grace: Some(Vec::new()), ..peer("b", None) });
    let known =
        ConditionKind::ALL.iter().filter(|kind| Condition::usual(**kind).check(&signals, START) != Checked::Unknown);
    assert!(known.eq(&[ConditionKind::PeerDown, ConditionKind::GraceRunning]));
}

#[test]
fn measurements_that_move_all_the_time_are_no_event() {
    let before = Signals {
        levels: Levels { denials: Some(vec![amount("P", 1)]), ..Levels::default() },
        hours_left_ms: Some(HOUR),
        ..peer("b", None)
    };
    let mut now = before.clone();
    now.hours_left_ms = Some(HOUR - TICK);
    now.levels.denials = Some(vec![amount("P", 9)]);
    now.levels.disk_free_mb = Some(100);
    assert!(!now.is_event_since(&before));
    now.levels.denials = Some(vec![amount("P", 9), amount("Q", 1)]);
    assert!(now.is_event_since(&before), "another product is denied");
    let locked = |records| levels(Levels { locked: Some(records), ..Levels::default() });
    assert!(locked(1).is_event_since(&locked(0)) && !locked(9).is_event_since(&locked(1)));
    assert!(peer("b", Some(START)).is_event_since(&peer("b", None)));
}

#[test]
fn a_clock_set_back_holds_no_reminder_up() {
    let rule = RuleSettings { remind_ms: HOUR, ..RuleSettings::new(condition(ConditionKind::ClockMoved, 0)) };
    let bad = Signals { clock_flagged: Some(true), ..Signals::default() };
    let (state, _) = step(&rule, &RuleState::default(), &bad, START);
    let (state, notices) = step(&rule, &state, &bad, START - 400 * DAY);
    assert_eq!(notices, []);
    let (_, notices) = step(&rule, &state, &bad, START - 400 * DAY + HOUR);
    assert_eq!(notices.len(), 1);
}

#[test]
fn each_subject_has_a_life_of_its_own() {
    let rule = RuleSettings::new(condition(ConditionKind::PeerDown, 10));
    let both = |a: bool, b: bool| Signals {
        peers: Some(vec![subject("a", (!a).then_some(START - 20_000)), subject("b", (!b).then_some(START - 20_000))]),
        ..Signals::default()
    };
    let (state, fired) = step(&rule, &RuleState::default(), &both(false, false), START);
    assert_eq!(fired.iter().map(|n| n.subject.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let (state, resolved) = step(&rule, &state, &both(false, true), START + 1);
    assert_eq!(
        resolved.iter().map(|n| (n.kind, n.subject.as_str())).collect::<Vec<_>>(),
        [(NoticeKind::Resolved, "b")]
    );
    assert_eq!(state.firing(), 1);
    let nobody = Signals { peers: Some(Vec::new()), ..Signals::default() };
    assert_eq!(step(&rule, &state, &nobody, START + 2).0.firing(), 0, "a peer that was removed is nobody's trouble");
}

#[test]
fn a_message_says_what_is_so_since_when_what_comes_and_what_to_do() {
    let now = START + HOUR;
    let service = Judgement { sentence: "lic-02 is serving 5 clients.".into(), ..Judgement::default() };
    for (kind, subject, evidence, line) in [
        (
            ConditionKind::HoursLeft,
            "",
            Evidence { running: Some(true), ..Evidence::of(3 * HOUR + 5 * MINUTE) },
            "3 h 5 min of backup hours left, running. Since Fri 15 Jan, 08:00 UTC.",
        ),
        (ConditionKind::PeerDown, "lic-02", Evidence::of(130_000), "lic-02 has not responded for 2 min."),
        (
            ConditionKind::GraceRunning,
            "ivr",
            Evidence::of(now),
            "ivr has lost its server; its grace period ends Fri 15 Jan, 09:00 UTC.",
        ),
        (ConditionKind::DaysSinceSync, "", Evidence::of(31), "The last verified sync was 31 days ago."),
        (
            ConditionKind::LicenseExpires,
            "TTS3",
            Evidence::of(now + 12 * DAY),
            "A license for TTS3 expires Wed 27 Jan, 09:00 UTC, in 12 days.",
        ),
        (
            ConditionKind::LicenseExpires,
            "TTS3",
            Evidence::of(now - 1),
            "A license for TTS3 expired Fri 15 Jan, 08:59 UTC.",
        ),
        (ConditionKind::ClockMoved, "", Evidence::default(), "This machine's clock differs from the measured time"),
        (ConditionKind::Failover, "lic-02", Evidence::default(), "lic-02 is serving clients in place of the primary."),
        (ConditionKind::Denials, "TTS3", Evidence::of(1), "1 denial for TTS3 in the last hour."),
        (ConditionKind::UseAbove, "TTS3", Evidence::of(95), "95 % of TTS3 is in use."),
        (ConditionKind::LicenseNotLoaded, "TTS3", Evidence::of(2), "2 licenses for TTS3 are not loaded."),
        (
            ConditionKind::ChangedOutside,
            "license_server.conf",
            Evidence::of(START),
            "license_server.conf was changed outside Leasehold Fri 15 Jan, 08:00 UTC.",
        ),
        (
            ConditionKind::SyncRefused,
            "",
            Evidence::words("The node a.example:80 refused: The auth string is wrong."),
            "The last sync failed. The node a.example:80 refused: The auth string is wrong.",
        ),
        (ConditionKind::DiskLow, "", Evidence::of(900), "900 MB free where the data is."),
        (
            ConditionKind::AuditBroken,
            "",
            Evidence::words("The audit log was altered at entry 7, or before it."),
            "The audit log was altered at entry 7, or before it.",
        ),
        (
            ConditionKind::BackupFailed,
            "",
            Evidence::words("The disk with /backups has 2 MB free, and a backup needs 90 MB."),
            "The last backup failed. The disk with /backups has 2 MB free, and a backup needs 90 MB.",
        ),
        (ConditionKind::TaskRestarted, "peers", Evidence::of(3), "peers was restarted 3 times in the last hour."),
        (
            ConditionKind::MonitorLicense,
            "expired",
            Evidence::of(now + DAY),
            "The monitor license is in violation: expired. Usage records are stored as usual until Sat 16 Jan, 09:00 UTC, then locked.",
        ),
        (
            ConditionKind::MonitorLicense,
            "too many users",
            Evidence::of(START),
            "The monitor license is in violation: too many users. Usage records have been locked since Fri 15 Jan, 08:00 UTC.",
        ),
        (ConditionKind::RecordsLocked, "", Evidence::of(1), "1 usage record is locked."),
    ] {
        let rule = RuleSettings::new(Condition::usual(kind));
        let said = |kind| {
            let evidence = evidence.clone();
            let notice =
                AlertNotice { kind, subject: subject.into(), since: START, at: now, evidence, unknown_since: None };
            message(&rule, "lic-01", &[notice], &service).unwrap()
        };
        let fired = said(NoticeKind::Fired);
        assert!(fired.body.contains(line), "{}", fired.body);
        assert!(fired.title.ends_with("(lic-01)") && fired.title.contains(subject), "{}", fired.title);
        for part in ["Since Fri 15 Jan, 08:00 UTC.", "\n\nWhat happens next: ", "\n\nWhat to do: "] {
            assert!(fired.body.contains(part), "{part} in {}", fired.body);
        }
        let tells = fired.body.starts_with("Service: lic-02 is serving 5 clients.\n\n");
        assert_eq!(tells, kind.is_about_service(), "{}", fired.body);
        assert!(fired.path.starts_with('/'));
        assert!(said(NoticeKind::Reminder).title.starts_with("Still firing: "));
        let well = said(NoticeKind::Resolved);
        assert!(
            well.title.starts_with("Resolved: ")
                && well.body.contains(", as of Fri 15 Jan, 09:00 UTC. It started Fri 15 Jan"),
            "{}",
            well.body
        );
    }
    assert_eq!(message(&RuleSettings::new(condition(ConditionKind::ClockMoved, 0)), "x", &[], &service), None);
}

#[test]
fn many_messages_become_one_that_says_first_who_serves() {
    let one = |n: usize| Message {
        title: format!("c{n} is running in its grace period (lic-01)"),
        body: format!("Service: lic-02 is serving {n} clients.\n\nc{n} has lost its server."),
        path: "/clients".to_owned(),
    };
    let all: Vec<Message> = (0..30).map(one).collect();
    let said = digest("lic-01", &all, "/alerts");
    assert_eq!((said.title.as_str(), said.path.as_str()), ("30 notifications (lic-01)", "/alerts"));
    assert!(said.body.starts_with("Service: lic-02 is serving 29 clients.\n\n- c0 is running"), "{}", said.body);
    assert!(said.body.contains("- c19 is running") && said.body.contains("\nAnd 10 more."), "{}", said.body);
}

#[test]
fn many_subjects_make_one_message_that_names_the_first_and_the_number() {
    let evidence = Evidence::of(START);
    let notices: Vec<AlertNotice> = (0..30)
        .map(|n| AlertNotice {
            kind: NoticeKind::Fired,
            subject: format!("c{n}"),
            since: START,
            at: START,
            evidence: evidence.clone(),
            unknown_since: Some(START),
        })
        .collect();
    let rule = RuleSettings::new(condition(ConditionKind::GraceRunning, 0));
    let said = message(&rule, "s", &notices, &Judgement::default()).unwrap();
    assert_eq!(said.title, "c0 is running in its grace period and 29 more (s)");
    assert!(
        said.body.contains("\nAnd 10 more.\n") && said.body.contains("No newer data since Fri 15 Jan"),
        "{}",
        said.body
    );
}

#[test]
fn a_replay_tells_what_would_have_fired() {
    let rule = RuleSettings {
        wait_ms: 2 * MINUTE,
        remind_ms: HOUR,
        ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2))
    };
    let history = [(0, days(0)), (60, days(2)), (100, days(2)), (200, days(1)), (210, days(2)), (211, days(1))];
    let history = history.map(|(minute, signals)| (START + minute * MINUTE, signals));
    let found = replay(&rule, history.into_iter());
    let episode = Episode {
        subject: String::new(),
        fired: START + 62 * MINUTE,
        resolved: Some(START + 200 * MINUTE),
        reminders: 2,
    };
    assert_eq!(found, [episode]);
}

#[test]
fn a_silence_of_33_seconds_fires_no_rule_of_60_in_a_replay() {
    for rule in [
        RuleSettings::new(condition(ConditionKind::PeerDown, 60)),
        RuleSettings { wait_ms: MINUTE, ..RuleSettings::new(condition(ConditionKind::PeerDown, 10)) },
    ] {
        let history = [(-600, None), (20, Some(START)), (40, None), (3_000, None)];
        let history = history.map(|(second, since)| (START + second * 1_000, peer("b", since)));
        assert_eq!(replay(&rule, history.into_iter()), [], "{rule:?}");
    }
}

#[test]
fn a_replay_ends_with_how_things_stand_now() {
    let rule = RuleSettings { wait_ms: 10 * MINUTE, ..RuleSettings::new(condition(ConditionKind::PeerDown, 60)) };
    let silent = |at, ms| peer("b", Some(START + at - ms));
    let well = || peer("b", None);
    let bad = |ms| vec![("b".to_owned(), Evidence::of(ms))];
    let known = |firing, pending| PresentState::Known { firing, pending };
    // It fell silent five minutes before the last snapshot.
    let history = [(START, well()), (START + 30 * MINUTE, silent(30 * MINUTE, 5 * MINUTE))];
    for (after, signals, fired, expected) in [
        (0, silent(30 * MINUTE, 5 * MINUTE), 0, known(vec![], bad(5 * MINUTE))),
        (9 * MINUTE, silent(39 * MINUTE, 14 * MINUTE), 0, known(vec![], bad(14 * MINUTE))),
        (10 * MINUTE, silent(40 * MINUTE, 15 * MINUTE), 1, known(bad(15 * MINUTE), vec![])),
        (10 * MINUTE, well(), 0, known(vec![], vec![])),
        (20 * MINUTE, well(), 1, known(vec![], vec![])),
        (20 * MINUTE, Signals::default(), 1, PresentState::Unknown),
        // It responded and is silent again, but not for long enough to fire.
        (20 * MINUTE, silent(50 * MINUTE, 10_000), 1, known(vec![], vec![])),
    ] {
        let now = START + 30 * MINUTE + after;
        let (episodes, present) = replay_to_now(&rule, history.clone().into_iter(), now, &signals);
        assert_eq!((episodes.len(), present), (fired, expected), "{after} {signals:?}");
    }
    let at_once = RuleSettings { wait_ms: 0, ..rule };
    let (episodes, present) = replay_to_now(&at_once, std::iter::empty(), START, &silent(0, 2 * MINUTE));
    assert_eq!(
        (episodes.len(), present),
        (1, known(bad(2 * MINUTE), vec![])),
        "nothing is remembered, and it fires now"
    );
}

#[test]
fn a_replay_across_hours_without_a_snapshot_knows_nothing_of_them() {
    let rule = RuleSettings {
        wait_ms: 3 * HOUR,
        remind_ms: 0,
        ..RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2))
    };
    let history = [(0, days(2)), (30 * HOUR, days(2)), (31 * HOUR, days(2))].map(|(at, s)| (START + at, s));
    assert_eq!(replay(&rule, history.clone().into_iter()), [], "an hour, a gap, an hour: less than three are known");
    let on = (0..=4).map(|hour| (START + hour * HOUR, days(2)));
    assert_eq!(replay(&rule, on).len(), 1);
    assert_eq!(replay(&rule, std::iter::empty()), []);
}

#[test]
fn silence_grows_between_two_snapshots_of_a_replay() {
    let rule = RuleSettings::new(condition(ConditionKind::PeerDown, 600));
    let history = [(0, peer("b", Some(START))), (40 * MINUTE, peer("b", None))].map(|(at, s)| (START + at, s));
    let found = replay(&rule, history.into_iter());
    assert_eq!((found[0].fired, found[0].resolved), (START + 10 * MINUTE, Some(START + 40 * MINUTE)));
}

/// Any snapshot of one kind of signal; none of it known now and then. A silent peer has been so for as long as its
/// instant says.
fn snapshot() -> impl Strategy<Value = Signals> {
    let peers = prop::collection::vec((0..3_u8, any::<bool>(), 0..120_000_i64), 0..4).prop_map(|peers| {
        let peers: BTreeMap<u8, (bool, i64)> = peers.into_iter().map(|(name, up, ms)| (name, (up, ms))).collect();
        peers.into_iter().map(|(name, (up, ago))| subject(&name.to_string(), (!up).then_some(ago))).collect()
    });
    (prop::option::weighted(0.7, peers), prop::option::weighted(0.7, 0..4_u32)).prop_map(|(peers, days)| Signals {
        peers,
        days_since_sync: days,
        ..Signals::default()
    })
}

proptest! {
    #[test]
    fn unknown_neither_fires_nor_resolves_and_an_episode_fires_once(
        peer_rule in any::<bool>(),
        wait_ms in prop_oneof![Just(0), 0..100_000_i64],
        remind_ms in prop_oneof![Just(0), 1..200_000_i64],
        script in prop::collection::vec((0..60_000_i64, snapshot()), 1..120),
    ) {
        let condition = if peer_rule { condition(ConditionKind::PeerDown, 60) } else { condition(ConditionKind::DaysSinceSync, 2) };
        let rule = RuleSettings { condition, wait_ms, remind_ms };
        let mut state = RuleState::default();
        let mut now = START;
        // Beside the machine: who fires, and when it was last told.
        let mut open: BTreeMap<String, Millis> = BTreeMap::new();
        for (passed, mut signals) in script {
            now += passed;
            for silent in signals.peers.iter_mut().flatten().filter_map(|peer| peer.at_ms.as_mut()) {
                *silent = now - *silent;
            }
            let checked = condition.check(&signals, now);
            let (next, notices) = step(&rule, &state, &signals, now);
            for notice in &notices {
                let finding = match &checked {
                    Checked::Unknown => None,
                    Checked::Known(found) => Some(found.get(&notice.subject).cloned().unwrap_or(SubjectFinding::Good)),
                };
                match notice.kind {
                    NoticeKind::Fired => {
                        prop_assert!(matches!(finding, Some(SubjectFinding::Bad(_))), "fires on {finding:?}");
                        prop_assert!(now - notice.since >= wait_ms);
                        prop_assert_eq!(open.insert(notice.subject.clone(), now), None, "fires twice");
                    }
                    NoticeKind::Resolved => {
                        prop_assert_eq!(finding, Some(SubjectFinding::Good));
                        prop_assert!(open.remove(&notice.subject).is_some(), "resolves what did not fire");
                    }
                    NoticeKind::Reminder => {
                        let last = open.insert(notice.subject.clone(), now);
                        prop_assert!(remind_ms > 0 && last.is_some_and(|last| now - last >= remind_ms));
                    }
                }
            }
            prop_assert_eq!(next.firing(), open.len());
            prop_assert_eq!(next.unknown_since.is_some(), checked == Checked::Unknown);
            if remind_ms > 0 {
                prop_assert!(open.values().all(|last| now - last < remind_ms), "a reminder is overdue");
            }
            let stored = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<RuleState>(&stored).unwrap(), &next);
            state = next;
        }
    }
}
