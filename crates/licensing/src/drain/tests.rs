use proptest::prelude::*;

use super::*;

/// Any time to begin at.
const T0: Millis = 1_800_000_000_000;
/// Time between two looks (`DrainEvent::Look`).
const TICK: Millis = 1_000;

fn ids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn asked(minutes: u32, drill: Option<(&[&str], Millis)>) -> DrainRequest {
    let drill = drill.map(|(clients, budget)| (ids(clients), budget));
    DrainRequest { minutes, by: "ann".into(), reason: "new disks".into(), drill }
}

fn at(state: &DrainState, event: DrainEvent, now: Millis) -> (DrainState, Vec<DrainEffect>) {
    step(state, event, now).unwrap()
}

fn begun(asked: DrainRequest) -> DrainState {
    let drain = begin(&DrainState::default(), asked, true, T0).unwrap();
    at(&DrainState::default(), DrainEvent::Begun(drain), T0).0
}

fn sight(there: &[&str], here: &[&str], left: Option<Millis>) -> DrainEvent {
    DrainEvent::Look(DrillSight { there: ids(there), here: ids(here), hours: left.map(|left| (7, left)) })
}

#[test]
fn it_is_refused_when_there_is_no_sense_in_it_and_nothing_begins() {
    let idle = DrainState::default();
    let going = begun(asked(30, None));
    let is_drilling = begun(asked(30, Some((&["a"], MINUTE_MS))));
    for (state, asked, is_backup_up, expected) in [
        (&idle, asked(0, None), true, DrainRefusal::Minutes),
        (&idle, asked(LONGEST_MIN + 1, None), true, DrainRefusal::Minutes),
        (&idle, asked(5, Some((&[], MINUTE_MS))), true, DrainRefusal::NoClients),
        (&idle, asked(5, None), false, DrainRefusal::NoBackup),
        (&going, asked(5, None), true, DrainRefusal::Already),
        (&is_drilling, asked(5, Some((&["b"], MINUTE_MS))), true, DrainRefusal::Already),
        (&going, asked(5, None), false, DrainRefusal::Already),
    ] {
        assert_eq!(begin(state, asked, is_backup_up, T0), Err(expected));
    }
    for minutes in [1, LONGEST_MIN] {
        let drain = begin(&idle, asked(minutes, None), true, T0).unwrap();
        assert_eq!((drain.began, drain.until), (T0, T0 + Millis::from(minutes) * MINUTE_MS));
    }
}

#[test]
fn a_reason_is_one_short_line_and_there_always_is_one() {
    for (typed, clients, expected) in [
        ("  ", None, "planned maintenance".to_owned()),
        ("", Some((&["a"][..], MINUTE_MS)), "a failover drill".to_owned()),
        ("\u{202e}\u{2066}", None, "planned maintenance".to_owned()),
        (" new\r\n \u{202e}disks\u{200f} ", None, "new disks".to_owned()),
        (&"x".repeat(500), None, "x".repeat(MOST_REASON)),
    ] {
        let asked = DrainRequest { reason: typed.to_owned(), ..asked(5, clients) };
        assert_eq!(begin(&DrainState::default(), asked, true, T0).unwrap().reason, expected, "{typed:?}");
    }
}

#[test]
fn all_clients_are_sent_away_or_those_of_a_drill_until_it_is_over() {
    let (all, some) = (begun(asked(1, None)), begun(asked(1, Some((&["a"], MINUTE_MS)))));
    let told = all.check("b").unwrap_err();
    assert_eq!(told.kind, FaultKind::Drained);
    assert!(told.detail.contains("for a while: new disks. Clients return"), "{}", told.detail);
    assert!(some.check("a").is_err() && some.check("b").is_ok());
    for state in [all, some] {
        let (still, effects) = at(&state, sight(&[], &[], None), T0 + MINUTE_MS - 1);
        assert!(still.now.is_some() && effects.is_empty());
        let (over, effects) = at(&state, sight(&[], &[], None), T0 + MINUTE_MS);
        assert_eq!((over.check("a"), effects), (Ok(()), vec![DrainEffect::Over]));
        let (taken, effects) = at(&state, DrainEvent::TakenBack, T0 + 1);
        assert_eq!((taken.check("a"), effects), (Ok(()), vec![]));
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_lengthen_it_beyond_the_longest_there_may_be() {
    let state = begun(asked(30, None));
    let longest_before = T0 + 30 * MINUTE_MS - LONGEST_MS;
    let (still, _) = at(&state, sight(&[], &[], None), longest_before);
    assert!(still.now.is_some());
    let (over, effects) = at(&state, sight(&[], &[], None), longest_before - 1);
    assert_eq!((over.now, effects), (None, vec![DrainEffect::Over]));
}

#[test]
fn a_drill_notes_who_went_who_came_back_and_what_it_took() {
    let state = begun(asked(5, Some((&["a", "b"], 10 * MINUTE_MS))));
    let (state, _) = at(&state, sight(&["x"], &["a", "b"], Some(600_000)), T0 + TICK);
    let (state, _) = at(&state, sight(&["a", "x"], &["b"], Some(599_000)), T0 + 2 * TICK);
    let (state, _) = at(&state, sight(&["a", "x"], &["b"], Some(500_000)), T0 + 3 * TICK);
    let seen = state.drill.as_ref().unwrap();
    assert_eq!((&seen.moved, seen.spent_ms), (&BTreeMap::from([("a".to_owned(), T0 + 2 * TICK)]), Some(100_000)));
    assert!(seen.back.is_empty() && seen.ended.is_none());
    let (state, _) = at(&state, DrainEvent::TakenBack, T0 + 4 * TICK);
    // Hours that run on are no longer its own, and a client seen there late did not go for it.
    let (state, _) = at(&state, sight(&["a", "b"], &[], Some(400_000)), T0 + 5 * TICK);
    let (state, _) = at(&state, sight(&[], &["a", "b"], Some(400_000)), T0 + 6 * TICK);
    let seen = state.drill.as_ref().unwrap();
    assert_eq!((seen.ended, seen.spent_ms), (Some(T0 + 5 * TICK), Some(100_000)));
    assert_eq!(seen.back, BTreeMap::from([("a".to_owned(), T0 + 6 * TICK)]), "b never left");
    let again = begin(&state, asked(5, None), true, T0 + 7 * TICK).unwrap();
    assert_eq!(at(&state, DrainEvent::Begun(again), T0 + 7 * TICK).0.drill, None);
}

#[test]
fn hours_of_another_license_are_not_its_own() {
    let state = begun(asked(5, Some((&["a"], MINUTE_MS))));
    let (state, _) = at(&state, sight(&["a"], &[], Some(600_000)), T0 + TICK);
    let newer = DrillSight { there: ids(&["a"]), hours: Some((8, 1_000)), ..DrillSight::default() };
    let (state, effects) = at(&state, DrainEvent::Look(newer), T0 + 2 * TICK);
    assert_eq!((state.drill.unwrap().spent_ms, effects), (Some(0), vec![]));
}

#[test]
fn what_was_stored_goes_on_after_a_start_and_is_over_when_it_was_over() {
    let drain = begin(&DrainState::default(), asked(5, Some((&["a"], MINUTE_MS))), true, T0).unwrap();
    let state = DrainState::opened(Some(drain));
    assert!(state.check("a").is_err());
    assert_eq!(invariants(&state, T0 + 1), Ok(()));
    let (over, effects) = at(&state, sight(&[], &[], None), T0 + 5 * MINUTE_MS);
    assert_eq!((over.now, effects), (None, vec![DrainEffect::Over]));
    assert!(over.drill.unwrap().ended.is_some());
}

#[test]
fn a_state_that_breaks_a_rule_is_found() {
    let good = begun(asked(5, Some((&["a"], MINUTE_MS))));
    assert_eq!(invariants(&good, T0), Ok(()));
    assert_eq!(invariants(&good, T0 + 5 * MINUTE_MS), Err(DrainViolation::Overdue));
    let unwatched = DrainState { drill: None, ..good.clone() };
    assert_eq!(invariants(&unwatched, T0), Err(DrainViolation::Unwatched));
    let mut spent = good.clone();
    spent.drill.as_mut().unwrap().spent_ms = Some(MINUTE_MS);
    assert_eq!(invariants(&spent, T0), Err(DrainViolation::OverBudget));
    let mut back = good;
    back.drill.as_mut().unwrap().back.insert("a".into(), T0);
    assert_eq!(invariants(&back, T0), Err(DrainViolation::NeverLeft));
}

proptest! {
    /// Hours run with the time while a client is on the backup; looks come late; the clock is set forward and back.
    #[test]
    fn it_always_ends_and_takes_no_more_of_the_hours_than_one_tick_beyond_its_budget(
        minutes in prop_oneof![1..10_u32, 1..=LONGEST_MIN],
        budget in 0..900_000_i64,
        hours in 0..1_800_000_i64,
        script in prop::collection::vec((1_i64..5_000, any::<bool>(), prop_oneof![9 => Just(0_i64), 1 => -200_000_000_i64..200_000_000]), 1..300),
    ) {
        let mut state = begun(asked(minutes, Some((&["a"], budget))));
        let (mut now, mut left) = (T0, hours);
        state = at(&state, sight(&[], &["a"], Some(left)), now).0;
        for (tick, is_there, set) in script {
            let goes_on = state.check("a").is_err();
            // While it is sent away, and only then, its being there runs down the hours.
            let used = if goes_on && is_there { tick.min(left) } else { 0 };
            let spent = hours - left;
            prop_assert!(!goes_on || spent < budget, "went on at {spent} of {budget}");
            left -= used;
            now += tick + set;
            let (next, effects) = at(&state, sight(if is_there { &["a"] } else { &[] }, &["a"], Some(left)), now);
            // Nothing is used after the end, so this bounds all of it.
            prop_assert!(!goes_on || hours - left <= budget + tick);
            prop_assert_eq!(effects.is_empty(), next.now.is_some() || !goes_on, "an end is said once");
            prop_assert!(next.now.as_ref().is_none_or(|drain| (1..=LONGEST_MS).contains(&(drain.until - now))));
            prop_assert!(goes_on || next.now.is_none(), "it does not begin again by itself");
            state = next;
        }
        // From here on the clock goes as it should: whatever happened before, it ends within the longest there may be.
        let (ended, _) = at(&state, sight(&[], &[], None), now + LONGEST_MS);
        prop_assert_eq!(ended.now, None);
        prop_assert!(ended.drill.is_some_and(|drill| drill.ended.is_some()));
    }
}

#[test]
fn who_is_asked_reads_what_a_drain_does() {
    let outlook = |clients, on_hours, hours_left, budget| {
        let (from, to, until) = ("lic-01".to_owned(), "lic-02".to_owned(), "14:30 CET".to_owned());
        DrainOutlook { clients, on_hours, from, to, hours_left, budget, until }.sentences()
    };
    assert_eq!(
        outlook(5, 2, Some(71 * 60 * MINUTE_MS), None),
        [
            "5 clients move from lic-01 to lic-02 within seconds. They keep their licenses.",
            "2 of them use the backup hours of lic-02: 71 h left.",
            "Clients return to lic-01 at 14:30 CET, or earlier on request.",
        ]
    );
    assert_eq!(
        outlook(1, 1, Some(0), Some(10 * MINUTE_MS)),
        [
            "1 client moves from lic-01 to lic-02 within seconds. It keeps its licenses.",
            "lic-02 has no backup hours left: clients that need them are denied there.",
            "It ends early when 10 min of them are used.",
            "Clients return to lic-01 at 14:30 CET, or earlier on request.",
        ]
    );
    assert_eq!(outlook(0, 0, None, None).len(), 2);
}
