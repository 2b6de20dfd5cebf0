use proptest::prelude::*;

use super::*;

/// Any time to begin at.
const T0: u64 = 1_000_000;

fn at(state: &GraceState, event: GraceEvent, now_ms: u64) -> (GraceState, Vec<GraceEffect>) {
    let (next, effects) = step(state, event, now_ms);
    invariants(&next, now_ms).unwrap();
    (next, effects)
}

#[test]
fn a_lost_license_is_missed_for_as_long_as_it_said_with_a_word_one_minute_before_the_end() {
    let (state, _) = at(&GraceState::default(), GraceEvent::Terms { grace_min: 90 }, T0);
    let until = T0 + 90 * MINUTE_MS;
    let (state, told) = at(&state, GraceEvent::Lost, T0);
    assert_eq!((told, state.due_at()), (vec![GraceEffect::Begin { until }], Some(until - 60_000)));
    let (state, told) = at(&state, GraceEvent::Lost, T0 + 1);
    assert_eq!(told, [], "it is lost once");
    let (state, told) = at(&state, GraceEvent::Tick, until - 60_001);
    assert_eq!(told, []);
    let (state, told) = at(&state, GraceEvent::Tick, until - 60_000);
    assert_eq!(told, [GraceEffect::Warn { left_ms: 60_000 }]);
    let (state, told) = at(&state, GraceEvent::Tick, until - 1);
    assert_eq!(told, []);
    let (state, told) = at(&state, GraceEvent::Tick, until);
    assert_eq!(told, [GraceEffect::Stop]);
    for event in [GraceEvent::Found, GraceEvent::Lost, GraceEvent::Tick] {
        assert_eq!(at(&state, event, until + 1), (state, vec![]), "{event:?}: there is no way back");
    }
}

#[test]
fn a_license_found_in_time_ends_the_grace_and_the_next_one_is_whole_again() {
    let (state, _) = at(&GraceState::default(), GraceEvent::Lost, T0);
    let (state, told) = at(&state, GraceEvent::Found, T0 + 119 * MINUTE_MS);
    assert_eq!(
        (state.phase, told),
        (GracePhase::Running, vec![GraceEffect::Warn { left_ms: MINUTE_MS }, GraceEffect::Resume])
    );
    let (_, told) = at(&state, GraceEvent::Lost, T0 + 200 * MINUTE_MS);
    assert_eq!(told, [GraceEffect::Begin { until: T0 + 320 * MINUTE_MS }]);
}

#[test]
fn time_asleep_counts_and_what_is_found_afterwards_is_too_late() {
    let (state, _) = at(&GraceState::default(), GraceEvent::Lost, T0);
    let (state, told) = at(&state, GraceEvent::Found, T0 + 120 * MINUTE_MS);
    assert_eq!((state.phase, told), (GracePhase::Stopped { at: T0 + 120 * MINUTE_MS }, vec![GraceEffect::Stop]));
}

#[test]
fn a_short_grace_is_announced_as_it_begins_and_none_at_all_stops_at_once() {
    for (grace_min, expected) in [
        (1, vec![GraceEffect::Begin { until: T0 + 60_000 }, GraceEffect::Warn { left_ms: 60_000 }]),
        (0, vec![GraceEffect::Begin { until: T0 }, GraceEffect::Stop]),
    ] {
        let (state, _) = at(&GraceState::default(), GraceEvent::Terms { grace_min }, T0);
        assert_eq!(at(&state, GraceEvent::Lost, T0).1, expected);
    }
}

#[test]
fn a_grace_keeps_the_length_it_began_with() {
    let (state, _) = at(&GraceState::default(), GraceEvent::Lost, T0);
    let (state, _) = at(&state, GraceEvent::Terms { grace_min: 10_000 }, T0 + 1);
    assert_eq!(at(&state, GraceEvent::Tick, T0 + 120 * MINUTE_MS).1, [GraceEffect::Stop]);
}

#[test]
fn a_server_that_hears_nothing_knows_the_latest_end_of_a_grace() {
    // The client is heard of last, its server falls silent at once, and it notices as late as it may.
    let seen = T0;
    let (state, told) = at(&GraceState::default(), GraceEvent::Lost, seen + PATIENCE_MS);
    let until = ends_at_the_latest(seen, DEFAULT_MIN);
    assert_eq!(told, [GraceEffect::Begin { until }]);
    assert_eq!(at(&state, GraceEvent::Tick, until - 1).1, [GraceEffect::Warn { left_ms: 1 }]);
    assert_eq!(ends_at_the_latest(seen, 0), seen + 10_000);
    assert_eq!(ends_at(u64::MAX - 1, u32::MAX), u64::MAX);
}

fn events() -> impl Strategy<Value = (u64, GraceEvent)> {
    let event = prop_oneof![
        prop_oneof![0u32..200, Just(u32::MAX)].prop_map(|grace_min| GraceEvent::Terms { grace_min }),
        Just(GraceEvent::Lost),
        Just(GraceEvent::Found),
        Just(GraceEvent::Tick),
    ];
    (prop_oneof![0u64..90_000, 0u64..10_000_000, Just(u64::MAX / 4)], event)
}

proptest! {
    #[test]
    fn nobody_runs_without_a_license_for_longer_than_it_allows(script in prop::collection::vec(events(), 1..100)) {
        let (mut state, mut now_ms) = (GraceState::default(), 0u64);
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
                    GraceEffect::Begin { until } => {
                        prop_assert_eq!((event, lost), (GraceEvent::Lost, None));
                        prop_assert_eq!(*until, now_ms.saturating_add(grace_ms));
                        (lost, warned) = (Some((now_ms, *until)), false);
                    }
                    GraceEffect::Warn { left_ms } => {
                        prop_assert!(!warned && *left_ms <= WARNING_MS && *left_ms > 0);
                        warned = true;
                    }
                    GraceEffect::Resume => {
                        prop_assert!(lost.is_some_and(|(_, until)| now_ms < until) && event == GraceEvent::Found);
                        lost = None;
                    }
                    GraceEffect::Stop => prop_assert!(lost.is_some_and(|(_, until)| now_ms >= until)),
                }
            }
            let is_stopped = lost.is_some_and(|(_, until)| now_ms >= until);
            prop_assert_eq!(is_stopped, matches!(next.phase, GracePhase::Stopped { .. }));
            let was_stopped = matches!(state.phase, GracePhase::Stopped { .. });
            prop_assert!(!was_stopped || effects.is_empty());
            state = next;
        }
    }
}
