use proptest::prelude::*;

use super::*;

/// Any time to begin at.
const T0: Millis = 1_800_000_000_000;
/// Time between two looks (`Event::Look`).
const TICK: Millis = 1_000;

fn ids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn asked(minutes: u32, rehearsal: Option<(&[&str], Millis)>) -> Asked {
    let rehearsal = rehearsal.map(|(clients, budget)| (ids(clients), budget));
    Asked { minutes, by: "ann".into(), reason: "new disks".into(), rehearsal }
}

fn at(state: &State, event: Event, now: Millis) -> (State, Vec<Effect>) {
    step(state, event, now).unwrap()
}

fn begun(asked: Asked) -> State {
    let handed = begin(&State::default(), asked, true, T0).unwrap();
    at(&State::default(), Event::Begun(handed), T0).0
}

fn sight(there: &[&str], here: &[&str], left: Option<Millis>) -> Event {
    Event::Look(Sight { there: ids(there), here: ids(here), hours: left.map(|left| (7, left)) })
}

#[test]
fn it_is_refused_when_there_is_no_sense_in_it_and_nothing_begins() {
    let idle = State::default();
    let going = begun(asked(30, None));
    let rehearses = begun(asked(30, Some((&["a"], MINUTE_MS))));
    for (state, asked, is_backup_up, expected) in [
        (&idle, asked(0, None), true, Refusal::Minutes),
        (&idle, asked(LONGEST_MIN + 1, None), true, Refusal::Minutes),
        (&idle, asked(5, Some((&[], MINUTE_MS))), true, Refusal::NoClients),
        (&idle, asked(5, None), false, Refusal::NoBackup),
        (&going, asked(5, None), true, Refusal::Already),
        (&rehearses, asked(5, Some((&["b"], MINUTE_MS))), true, Refusal::Already),
        (&going, asked(5, None), false, Refusal::Already),
    ] {
        assert_eq!(begin(state, asked, is_backup_up, T0), Err(expected));
    }
    for minutes in [1, LONGEST_MIN] {
        let handed = begin(&idle, asked(minutes, None), true, T0).unwrap();
        assert_eq!((handed.began, handed.until), (T0, T0 + Millis::from(minutes) * MINUTE_MS));
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
        let asked = Asked { reason: typed.to_owned(), ..asked(5, clients) };
        assert_eq!(begin(&State::default(), asked, true, T0).unwrap().reason, expected, "{typed:?}");
    }
}

#[test]
fn all_clients_are_sent_away_or_those_of_a_rehearsal_until_it_is_over() {
    let (all, some) = (begun(asked(1, None)), begun(asked(1, Some((&["a"], MINUTE_MS)))));
    let told = all.check("b").unwrap_err();
    assert_eq!(told.kind, FaultKind::HandedOver);
    assert!(told.detail.contains("for a while: new disks. Clients return"), "{}", told.detail);
    assert!(some.check("a").is_err() && some.check("b").is_ok());
    for state in [all, some] {
        let (still, effects) = at(&state, sight(&[], &[], None), T0 + MINUTE_MS - 1);
        assert!(still.now.is_some() && effects.is_empty());
        let (over, effects) = at(&state, sight(&[], &[], None), T0 + MINUTE_MS);
        assert_eq!((over.check("a"), effects), (Ok(()), vec![Effect::Over]));
        let (taken, effects) = at(&state, Event::TakenBack, T0 + 1);
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
    assert_eq!((over.now, effects), (None, vec![Effect::Over]));
}

#[test]
fn a_rehearsal_notes_who_went_who_came_back_and_what_it_took() {
    let state = begun(asked(5, Some((&["a", "b"], 10 * MINUTE_MS))));
    let (state, _) = at(&state, sight(&["x"], &["a", "b"], Some(600_000)), T0 + TICK);
    let (state, _) = at(&state, sight(&["a", "x"], &["b"], Some(599_000)), T0 + 2 * TICK);
    let (state, _) = at(&state, sight(&["a", "x"], &["b"], Some(500_000)), T0 + 3 * TICK);
    let seen = state.rehearsal.as_ref().unwrap();
    assert_eq!((&seen.moved, seen.spent_ms), (&BTreeMap::from([("a".to_owned(), T0 + 2 * TICK)]), Some(100_000)));
    assert!(seen.back.is_empty() && seen.ended.is_none());
    let (state, _) = at(&state, Event::TakenBack, T0 + 4 * TICK);
    // Hours that run on are no longer its own, and a client seen there late did not go for it.
    let (state, _) = at(&state, sight(&["a", "b"], &[], Some(400_000)), T0 + 5 * TICK);
    let (state, _) = at(&state, sight(&[], &["a", "b"], Some(400_000)), T0 + 6 * TICK);
    let seen = state.rehearsal.as_ref().unwrap();
    assert_eq!((seen.ended, seen.spent_ms), (Some(T0 + 5 * TICK), Some(100_000)));
    assert_eq!(seen.back, BTreeMap::from([("a".to_owned(), T0 + 6 * TICK)]), "b never left");
    let again = begin(&state, asked(5, None), true, T0 + 7 * TICK).unwrap();
    assert_eq!(at(&state, Event::Begun(again), T0 + 7 * TICK).0.rehearsal, None);
}

#[test]
fn hours_of_another_license_are_not_its_own() {
    let state = begun(asked(5, Some((&["a"], MINUTE_MS))));
    let (state, _) = at(&state, sight(&["a"], &[], Some(600_000)), T0 + TICK);
    let newer = Sight { there: ids(&["a"]), hours: Some((8, 1_000)), ..Sight::default() };
    let (state, effects) = at(&state, Event::Look(newer), T0 + 2 * TICK);
    assert_eq!((state.rehearsal.unwrap().spent_ms, effects), (Some(0), vec![]));
}

#[test]
fn what_was_stored_goes_on_after_a_start_and_is_over_when_it_was_over() {
    let handed = begin(&State::default(), asked(5, Some((&["a"], MINUTE_MS))), true, T0).unwrap();
    let state = State::opened(Some(handed));
    assert!(state.check("a").is_err());
    assert_eq!(invariants(&state, T0 + 1), Ok(()));
    let (over, effects) = at(&state, sight(&[], &[], None), T0 + 5 * MINUTE_MS);
    assert_eq!((over.now, effects), (None, vec![Effect::Over]));
    assert!(over.rehearsal.unwrap().ended.is_some());
}

#[test]
fn a_state_that_breaks_a_rule_is_found() {
    let good = begun(asked(5, Some((&["a"], MINUTE_MS))));
    assert_eq!(invariants(&good, T0), Ok(()));
    assert_eq!(invariants(&good, T0 + 5 * MINUTE_MS), Err(Broken::Overdue));
    let unwatched = State { rehearsal: None, ..good.clone() };
    assert_eq!(invariants(&unwatched, T0), Err(Broken::Unwatched));
    let mut spent = good.clone();
    spent.rehearsal.as_mut().unwrap().spent_ms = Some(MINUTE_MS);
    assert_eq!(invariants(&spent, T0), Err(Broken::OverBudget));
    let mut back = good;
    back.rehearsal.as_mut().unwrap().back.insert("a".into(), T0);
    assert_eq!(invariants(&back, T0), Err(Broken::NeverLeft));
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
            prop_assert!(next.now.as_ref().is_none_or(|handed| (1..=LONGEST_MS).contains(&(handed.until - now))));
            prop_assert!(goes_on || next.now.is_none(), "it does not begin again by itself");
            state = next;
        }
        // From here on the clock goes as it should: whatever happened before, it ends within the longest there may be.
        let (ended, _) = at(&state, sight(&[], &[], None), now + LONGEST_MS);
        prop_assert_eq!(ended.now, None);
        prop_assert!(ended.rehearsal.is_some_and(|rehearsal| rehearsal.ended.is_some()));
    }
}
