use proptest::prelude::*;

use super::*;

/// Any time to begin at.
const T0: u64 = 1_000_000;

fn at(state: &State, event: Event, now_ms: u64) -> (State, Vec<Effect>) {
    let (next, effects) = step(state, event, now_ms);
    invariants(&next, now_ms).unwrap();
    (next, effects)
}

#[test]
fn a_lost_license_is_missed_for_as_long_as_it_said_with_a_word_one_minute_before_the_end() {
    let (state, _) = at(&State::default(), Event::Terms { grace_min: 90 }, T0);
    let until = T0 + 90 * MINUTE_MS;
    let (state, told) = at(&state, Event::Lost, T0);
    assert_eq!((told, state.due_at()), (vec![Effect::Begin { until }], Some(until - 60_000)));
    let (state, told) = at(&state, Event::Lost, T0 + 1);
    assert_eq!(told, [], "it is lost once");
    let (state, told) = at(&state, Event::Tick, until - 60_001);
    assert_eq!(told, []);
    let (state, told) = at(&state, Event::Tick, until - 60_000);
    assert_eq!(told, [Effect::Warn { left_ms: 60_000 }]);
    let (state, told) = at(&state, Event::Tick, until - 1);
    assert_eq!(told, []);
    let (state, told) = at(&state, Event::Tick, until);
    assert_eq!(told, [Effect::Stop]);
    for event in [Event::Found, Event::Lost, Event::Tick] {
        assert_eq!(at(&state, event, until + 1), (state, vec![]), "{event:?}: there is no way back");
    }
}

#[test]
fn a_license_found_in_time_ends_the_grace_and_the_next_one_is_whole_again() {
    let (state, _) = at(&State::default(), Event::Lost, T0);
    let (state, told) = at(&state, Event::Found, T0 + 119 * MINUTE_MS);
    assert_eq!((state.phase, told), (Phase::Running, vec![Effect::Warn { left_ms: MINUTE_MS }, Effect::Resume]));
    let (_, told) = at(&state, Event::Lost, T0 + 200 * MINUTE_MS);
    assert_eq!(told, [Effect::Begin { until: T0 + 320 * MINUTE_MS }]);
}

#[test]
fn time_asleep_counts_and_what_is_found_afterwards_is_too_late() {
    let (state, _) = at(&State::default(), Event::Lost, T0);
    let (state, told) = at(&state, Event::Found, T0 + 120 * MINUTE_MS);
    assert_eq!((state.phase, told), (Phase::Stopped { at: T0 + 120 * MINUTE_MS }, vec![Effect::Stop]));
}

#[test]
fn a_short_grace_is_announced_as_it_begins_and_none_at_all_stops_at_once() {
    for (grace_min, expected) in [
        (1, vec![Effect::Begin { until: T0 + 60_000 }, Effect::Warn { left_ms: 60_000 }]),
        (0, vec![Effect::Begin { until: T0 }, Effect::Stop]),
    ] {
        let (state, _) = at(&State::default(), Event::Terms { grace_min }, T0);
        assert_eq!(at(&state, Event::Lost, T0).1, expected);
    }
}

#[test]
fn a_grace_keeps_the_length_it_began_with() {
    let (state, _) = at(&State::default(), Event::Lost, T0);
    let (state, _) = at(&state, Event::Terms { grace_min: 10_000 }, T0 + 1);
    assert_eq!(at(&state, Event::Tick, T0 + 120 * MINUTE_MS).1, [Effect::Stop]);
}

#[test]
fn a_server_that_hears_nothing_knows_the_latest_end_of_a_grace() {
    // The client is heard of last, its server falls silent at once, and it notices as late as it may.
    let seen = T0;
    let (state, told) = at(&State::default(), Event::Lost, seen + PATIENCE_MS);
    let until = ends_at_the_latest(seen, DEFAULT_MIN);
    assert_eq!(told, [Effect::Begin { until }]);
    assert_eq!(at(&state, Event::Tick, until - 1).1, [Effect::Warn { left_ms: 1 }]);
    assert_eq!(ends_at_the_latest(seen, 0), seen + 10_000);
    assert_eq!(ends_at(u64::MAX - 1, u32::MAX), u64::MAX);
}

fn events() -> impl Strategy<Value = (u64, Event)> {
    let event = prop_oneof![
        prop_oneof![0u32..200, Just(u32::MAX)].prop_map(|grace_min| Event::Terms { grace_min }),
        Just(Event::Lost),
        Just(Event::Found),
        Just(Event::Tick),
    ];
    (prop_oneof![0u64..90_000, 0u64..10_000_000, Just(u64::MAX / 4)], event)
}

proptest! {
    #[test]
    fn nobody_runs_without_a_license_for_longer_than_it_allows(script in prop::collection::vec(events(), 1..100)) {
        let (mut state, mut now_ms) = (State::default(), 0u64);
        // Recomputed beside: since when it is lost, and the grace it had then.
        let mut lost: Option<(u64, u64)> = None;
        let mut warned = false;
        for (passed, event) in script {
            now_ms = now_ms.saturating_add(passed);
            let grace_ms = u64::from(state.grace_min) * MINUTE_MS;
            let (next, effects) = step(&state, event, now_ms);
            prop_assert_eq!(invariants(&next, now_ms), Ok(()));
            for effect in &effects {
                match effect {
                    Effect::Begin { until } => {
                        prop_assert_eq!((event, lost), (Event::Lost, None));
                        prop_assert_eq!(*until, now_ms.saturating_add(grace_ms));
                        (lost, warned) = (Some((now_ms, *until)), false);
                    }
                    Effect::Warn { left_ms } => {
                        prop_assert!(!warned && *left_ms <= WARNING_MS && *left_ms > 0);
                        warned = true;
                    }
                    Effect::Resume => {
                        prop_assert!(lost.is_some_and(|(_, until)| now_ms < until) && event == Event::Found);
                        lost = None;
                    }
                    Effect::Stop => prop_assert!(lost.is_some_and(|(_, until)| now_ms >= until)),
                }
            }
            let is_stopped = lost.is_some_and(|(_, until)| now_ms >= until);
            prop_assert_eq!(is_stopped, matches!(next.phase, Phase::Stopped { .. }));
            let was_stopped = matches!(state.phase, Phase::Stopped { .. });
            prop_assert!(!was_stopped || effects.is_empty());
            state = next;
        }
    }
}
