use proptest::prelude::*;
use rstest::rstest;

use super::*;

const START: Millis = 1_700_000_000_000;

fn run(state: &ContactState, event: ContactEvent) -> (ContactState, Vec<ContactEffect>) {
    step(state, event).unwrap()
}

/// A server verified at [`START`], running since with monotonic time 0.
fn verified() -> ContactState {
    let (state, _) = run(&ContactState::unregistered(START), ContactEvent::Started { wall: START });
    let (state, _) = run(&state, ContactEvent::Tick { wall: START, mono: 0 });
    run(&state, ContactEvent::Verified { node_time: START }).0
}

fn after(days: i64) -> ContactState {
    let (state, _) = run(&verified(), ContactEvent::Tick { wall: START + days * DAY, mono: days * DAY });
    state
}

fn expected(day: u32) -> ContactPhase {
    match day {
        0..=1 => ContactPhase::InTouch,
        2..=29 => ContactPhase::Late,
        30..=44 => ContactPhase::Reminder,
        45..=54 => ContactPhase::Urgent,
        55..=59 => ContactPhase::Final,
        _ => ContactPhase::Lapsed,
    }
}

#[test]
fn the_table_names_every_phase_in_order() {
    let phases: Vec<_> = PHASES.iter().map(|rule| rule.phase).collect();
    use ContactPhase::*;
    assert_eq!(phases, [Unregistered, InTouch, Late, Reminder, Urgent, Final, Lapsed]);
    for rule in PHASES {
        assert_eq!(rule.phase.rule(), rule);
        assert!(rule.effect.ends_with('.'));
    }
    let report = |phase: ContactPhase| (phase.rule().report.level, phase.rule().report.every);
    assert_eq!(report(Reminder), (PhaseLogLevel::Warn, Some(DAY)));
    assert_eq!(report(Urgent), (PhaseLogLevel::Error, Some(DAY)));
    assert_eq!(report(Final), (PhaseLogLevel::Error, Some(DAY / 24)));
    assert_eq!(report(Lapsed).0, PhaseLogLevel::Error);
}

#[test]
fn sixty_days_pass_and_contact_brings_everything_back() {
    let mut state = verified();
    for day in 0..=61_u32 {
        let at = Millis::from(day) * DAY;
        (state, _) = run(&state, ContactEvent::Tick { wall: START + at, mono: at });
        assert_eq!((state.days(), state.phase()), (Some(day), expected(day)), "day {day}");
        assert_eq!(state.in_service(), day < 60, "day {day}");
        let (just_before, _) = run(&state, ContactEvent::Tick { wall: START + at, mono: at + DAY - 1 });
        assert_eq!(just_before.days(), Some(day), "the last millisecond of day {day}");
        if let Some((instant, next)) = state.next_change() {
            let first = u32::try_from((instant - START) / DAY).unwrap();
            assert_eq!((expected(first), expected(first - 1)), (next, state.phase()), "day {day}");
        } else {
            assert_eq!(state.phase(), ContactPhase::Lapsed);
        }
    }
    let (state, effects) = run(&state, ContactEvent::Verified { node_time: START + 61 * DAY });
    assert_eq!((state.days(), state.phase(), state.in_service()), (Some(0), ContactPhase::InTouch, true));
    assert!(effects.contains(&ContactEffect::Changed { from: ContactPhase::Lapsed, to: ContactPhase::InTouch }));
}

#[rstest]
#[case(0, 60)]
#[case(59, 60)]
#[case(60, 60)]
#[case(61, 61)]
#[case(365, 365)]
#[case(u32::MAX, u32::MAX)]
fn a_license_lengthens_the_limit_and_nothing_shortens_it(#[case] asked: u32, #[case] expected: u32) {
    let limit = Limit::new(asked);
    assert_eq!(limit.days(), expected);
    assert_eq!(serde_json::from_str::<Limit>(&asked.to_string()).unwrap(), limit);
    for (day, phase) in [
        (expected - 31, ContactPhase::Late),
        (expected - 30, ContactPhase::Reminder),
        (expected - 15, ContactPhase::Urgent),
        (expected - 5, ContactPhase::Final),
        (expected - 1, ContactPhase::Final),
        (expected, ContactPhase::Lapsed),
    ] {
        assert_eq!(ContactPhase::at(day, limit), phase);
    }
}

#[test]
fn a_server_that_was_never_registered_counts_nothing() {
    let state = ContactState::unregistered(START);
    let (state, _) = run(&state, ContactEvent::Started { wall: START + 100 * DAY });
    assert_eq!(
        (state.days(), state.phase(), state.next_change(), state.lapses_at()),
        (None, ContactPhase::Unregistered, None, None)
    );
    assert!(!state.in_service());
}

#[test]
fn a_clock_set_back_gains_nothing_and_is_flagged() {
    let state = after(10);
    let (state, effects) = run(&state, ContactEvent::Tick { wall: START, mono: 10 * DAY + 1000 });
    assert_eq!(state.days(), Some(10));
    assert_eq!(effects, [ContactEffect::ClockFlagged { by: -10 * DAY - 1000 }]);
    let (state, _) = run(&state, ContactEvent::Started { wall: START });
    assert_eq!(state.days(), Some(10));
    assert!(state.flagged.is_some());
}

#[test]
fn a_clock_set_ahead_is_not_followed_while_running() {
    let (state, effects) = run(&after(10), ContactEvent::Tick { wall: START + 400 * DAY, mono: 10 * DAY });
    assert_eq!((state.days(), state.phase()), (Some(10), ContactPhase::Late));
    assert_eq!(effects, [ContactEffect::ClockFlagged { by: 390 * DAY }]);
    let (state, effects) = run(&state, ContactEvent::Tick { wall: START + 10 * DAY, mono: 10 * DAY });
    assert!(state.flagged.is_some() && effects.is_empty(), "a moment of agreement clears no flag");
    let (state, effects) = run(&state, ContactEvent::Verified { node_time: START + 10 * DAY });
    assert_eq!(state.flagged, None);
    assert!(effects.contains(&ContactEffect::ClockSettled));
}

#[test]
fn five_minutes_are_tolerated_in_either_direction() {
    for (by, flagged) in [
        (TOLERANCE, None),
        (-TOLERANCE, None),
        (TOLERANCE + 1, Some(TOLERANCE + 1)),
        (-TOLERANCE - 1, Some(-TOLERANCE - 1)),
    ] {
        let (state, _) = run(&verified(), ContactEvent::Tick { wall: START + by, mono: 0 });
        assert_eq!((state.flagged, state.high_water), (flagged, START));
    }
}

#[test]
fn time_switched_off_counts_and_a_jump_is_undone_by_contact() {
    let (state, _) = run(&after(10), ContactEvent::Started { wall: START + 70 * DAY });
    assert_eq!(state.phase(), ContactPhase::Lapsed);
    let (state, _) = run(&state, ContactEvent::Tick { wall: START + 70 * DAY, mono: 500 * DAY });
    assert_eq!(state.high_water, START + 70 * DAY, "a new run has a new monotonic clock");
    let (state, _) = run(&state, ContactEvent::Verified { node_time: START + 11 * DAY });
    assert_eq!((state.days(), state.high_water), (Some(0), START + 11 * DAY));
}

#[test]
fn reports_come_when_due_and_not_more_often() {
    let mut state = verified();
    let mut reports = [0; 61];
    for minute in 0..=60 * 24 * 60 {
        let at = minute * 60_000;
        let (next, effects) = run(&state, ContactEvent::Tick { wall: START + at, mono: at });
        state = next;
        for effect in effects {
            if let ContactEffect::Report { days, level, .. } = effect {
                assert_eq!(level, state.rule().report.level);
                reports[days.unwrap() as usize] += 1;
            }
        }
    }
    for (day, count) in reports.into_iter().enumerate() {
        let expected = match day {
            0 | 1 => 0,
            2..=54 => 1,
            55..=59 => 24,
            _ => 1,
        };
        assert_eq!(count, expected, "day {day}");
    }
}

#[test]
fn a_stored_state_goes_on_where_it_was() {
    let state = after(33);
    let stored: ContactState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
    assert_eq!(stored, ContactState { anchor: None, ..state });
    let (state, effects) = run(&stored, ContactEvent::Started { wall: START + 33 * DAY });
    assert_eq!((state.days(), effects), (Some(33), vec![]), "a restart repeats no report");
}

#[test]
fn a_broken_rule_is_noticed() {
    let before = after(10);
    let tick = ContactEvent::Tick { wall: START, mono: 10 * DAY + 5 };
    let good = run(&before, tick).0;
    assert_eq!(invariants(&before, tick, &good), Ok(()));
    let moved = ContactState { high_water: good.high_water + 1, ..good };
    assert!(matches!(invariants(&before, tick, &moved), Err(ContactViolation::FollowedTheWall { .. })));
    let back = ContactState { high_water: before.high_water - 1, ..good };
    assert!(matches!(invariants(&before, tick, &back), Err(ContactViolation::WentBack { .. })));
    let granted = ContactState { last_verified: Some(good.high_water), ..good };
    assert_eq!(invariants(&before, tick, &granted), Err(ContactViolation::Contact));
    assert_eq!(invariants(&good, tick, &ContactState { flagged: None, ..good }), Err(ContactViolation::Flag));
    assert_eq!(invariants(&before, ContactEvent::Verified { node_time: START }, &good), Err(ContactViolation::Contact));
}

fn event() -> impl Strategy<Value = ContactEvent> {
    let time = || prop_oneof![START - DAY..START + 100 * DAY, any::<Millis>()];
    prop_oneof![
        4 => (time(), prop_oneof![0..DAY * 100, any::<Millis>()]).prop_map(|(wall, mono)| ContactEvent::Tick { wall, mono }),
        1 => time().prop_map(|wall| ContactEvent::Started { wall }),
        1 => time().prop_map(|node_time| ContactEvent::Verified { node_time }),
        1 => (time(), time()).prop_map(|(released, wall)| ContactEvent::Signed { released, wall }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_happens_the_rules_hold(events in proptest::collection::vec(event(), 0..60), limit in any::<u32>()) {
        let mut state = ContactState::unregistered(START).with_limit(Limit::new(limit));
        for event in events {
            let next = step(&state, event);
            prop_assert!(next.is_ok(), "{:?} {:?} {:?}", state, event, next);
            state = next.unwrap().0;
            prop_assert_eq!(state.phase() == ContactPhase::Unregistered, state.last_verified.is_none());
        }
    }

    #[test]
    fn no_setting_of_the_wall_clock_lengthens_the_days(walls in proptest::collection::vec(any::<Millis>(), 1..80)) {
        let mut state = verified();
        for (index, wall) in walls.iter().enumerate() {
            let mono = (index as Millis + 1) * DAY;
            state = run(&state, ContactEvent::Tick { wall: *wall, mono }).0;
            prop_assert_eq!(state.days(), Some(index as u32 + 1));
        }
    }
}

const YEAR: Millis = 365 * DAY;

/// Starts anew, and a first tick of the new run.
fn started(state: &ContactState, wall: Millis) -> ContactState {
    let (state, _) = run(state, ContactEvent::Started { wall });
    run(&state, ContactEvent::Tick { wall, mono: 0 }).0
}

/// Runs for so many days, hour by hour, with the wall clock at this distance to what it was.
fn ran(mut state: ContactState, wall: Millis, days: i64) -> ContactState {
    for hour in 1..=days * 24 {
        let passed = hour * DAY / 24;
        state = run(&state, ContactEvent::Tick { wall: wall + passed, mono: passed }).0;
    }
    state
}

#[rstest]
#[case::two_years_ahead(2 * YEAR)]
#[case::seventy_years_ahead(70 * YEAR)]
#[case::ten_years_behind(-10 * YEAR)]
fn a_start_with_a_clock_years_off_is_as_if_it_had_not_been(#[case] off: Millis) {
    let before = after(10);
    let wrong = started(&before, before.high_water + off);
    assert_eq!((wrong.days(), wrong.flagged), (Some(10), Some(off)));
    let later = before.high_water + off + 60_000;
    assert_eq!(wrong.known(later, 60_000), before.high_water + 60_000, "what everything else goes by");
    let (wrong, _) = run(&wrong, ContactEvent::Tick { wall: later, mono: 60_000 });
    let right = started(&wrong, before.high_water + DAY);
    assert_eq!((right.days(), right.high_water), (Some(11), before.high_water + DAY));
    assert_eq!(right.known(before.high_water + DAY + 5, 5), before.high_water + DAY + 5);
}

#[test]
fn a_jump_of_years_is_believed_after_a_week_of_running_and_one_of_decades_never() {
    let before = after(10);
    let wall = before.high_water + 2 * YEAR;
    let six_days = ran(started(&before, wall), wall, 6);
    assert_eq!(six_days.days(), Some(16));
    // A night off in between begins nothing anew.
    let wall = wall + 6 * DAY + 8 * DAY / 24;
    let believed = ran(started(&six_days, wall), wall, 2);
    assert_eq!((believed.days(), believed.flagged), (Some(10 + 730 + 8), None));
    let wall = before.high_water + 70 * YEAR;
    let never = ran(started(&before, wall), wall, 30);
    assert_eq!(never.days(), Some(40));
    assert!(never.flagged.is_some());
}

#[test]
fn time_asleep_confirms_nothing() {
    let before = after(10);
    let wall = before.high_water + 2 * YEAR;
    let asleep = run(&started(&before, wall), ContactEvent::Tick { wall: wall + 30 * DAY, mono: 30 * DAY }).0;
    assert_eq!(asleep.days(), Some(40));
    assert!(asleep.flagged.is_some());
}

#[test]
fn a_clock_that_agrees_for_a_week_is_in_doubt_no_longer() {
    let (state, _) = run(&verified(), ContactEvent::Tick { wall: START + YEAR, mono: 0 });
    let state = ran(state, START, 6);
    assert!(state.flagged.is_some());
    let state = ran(ContactState { anchor: Some(0), ..state }, START + 6 * DAY, 2);
    assert_eq!((state.flagged, state.standing, state.days()), (None, None, Some(8)));
}

#[test]
fn the_known_time_follows_a_machine_that_was_paused_and_no_clock_that_is_set_back_before_a_day_has_passed() {
    let state = verified();
    assert_eq!(state.known(START + 3 * DAY, 1_000), START + 3 * DAY);
    assert_eq!(state.known(START + 8 * DAY, 1_000), START + 1_000);
    assert_eq!(state.known(START - TOLERANCE, 0), START - TOLERANCE, "minutes are a matter of reading");
    assert_eq!(state.known(START - TOLERANCE - 1, 0), START);
    // Two hours ahead when it started: a day later the corrected clock counts, for all but licenses.
    let wall = START - 2 * DAY / 24;
    let state = ran(state, wall, 1);
    assert_eq!((state.known(wall + DAY, DAY), state.high_water), (START + DAY, START + DAY));
    let state = run(&state, ContactEvent::Tick { wall: wall + DAY + DAY / 24, mono: DAY + DAY / 24 }).0;
    assert_eq!((state.known(wall + 2 * DAY, 2 * DAY), state.high_water), (wall + 2 * DAY, START + DAY + DAY / 24));
}

#[test]
fn a_first_start_before_the_clock_was_set_is_followed_once_it_is() {
    let state = started(&ContactState::unregistered(5_000), 5_000);
    assert_eq!(state.known(START, 1_000), START);
    let (state, effects) = run(&state, ContactEvent::Tick { wall: START, mono: 1_000 });
    assert_eq!((state.high_water, state.flagged, effects), (START, None, vec![]));
}

#[test]
fn a_signed_license_is_the_way_back_where_no_exchange_is() {
    let (ahead, _) = run(&ContactState::unregistered(START + 73 * YEAR), ContactEvent::Started { wall: START });
    assert!(ahead.flagged.is_some());
    let signed = ContactEvent::Signed { released: START - DAY, wall: START };
    let (right, effects) = run(&ahead, signed);
    assert_eq!((right.high_water, right.flagged), (START, None));
    assert!(effects.contains(&ContactEffect::ClockSettled));
    // Not further back than the license was made.
    let (made, _) = run(&ahead, ContactEvent::Signed { released: START, wall: START - 10 * DAY });
    assert_eq!(made.high_water, START);
    // Where there are exchanges, it gains nothing; and it never makes a time earlier that agrees.
    let registered = after(59);
    assert_eq!(run(&registered, ContactEvent::Signed { released: START, wall: START }).0.days(), Some(59));
    let agreeing = ContactState::unregistered(START);
    let (same, _) = run(&agreeing, ContactEvent::Signed { released: START - YEAR, wall: START });
    assert_eq!(same.high_water, START);
    // A license from the time to come says that it has come.
    let (later, _) = run(&agreeing, ContactEvent::Signed { released: START + DAY, wall: START });
    assert_eq!(later.high_water, START + DAY);
}
