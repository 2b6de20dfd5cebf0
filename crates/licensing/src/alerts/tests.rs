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
fn a_condition_holds_exactly_from_its_number_on(
    #[case] condition: Condition,
    #[case] signals: Signals,
    #[case] fires: bool,
) {
    let (state, notices) = step(&RuleSettings::new(condition), &RuleState::default(), &signals, START);
    assert_eq!((state.firing() == 1, notices.len() == 1), (fires, fires));
    let (state, notices) = step(&RuleSettings::new(condition), &RuleState::default(), &Signals::default(), START);
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
            Evidence { value: 3 * HOUR + 5 * MINUTE, running: Some(true) },
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
    ] {
        let rule = RuleSettings::new(Condition::usual(kind));
        let said = |kind| {
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
        let tells = fired.body.contains("\n\nService: lic-02 is serving 5 clients.\n\n");
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
fn many_subjects_make_one_message_that_names_the_first_and_the_number() {
    let evidence = Evidence::of(START);
    let notices: Vec<AlertNotice> = (0..30)
        .map(|n| AlertNotice {
            kind: NoticeKind::Fired,
            subject: format!("c{n}"),
            since: START,
            at: START,
            evidence,
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
                    Checked::Known(found) => Some(found.get(&notice.subject).copied().unwrap_or(SubjectFinding::Good)),
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
