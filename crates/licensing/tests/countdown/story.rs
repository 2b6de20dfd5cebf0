//! Whatever happens in whatever order, hours never grow, and are charged for what was used.

use licensing::countdown::TICK_MS;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::world::{Action, CountdownSabotage, CountdownWorld};

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => Just(Action::Login),
        4 => Just(Action::Logout),
        6 => (1..2 * TICK_MS).prop_map(Action::Run),
        3 => (1..2 * TICK_MS).prop_map(Action::Pass),
        1 => (1..4 * TICK_MS).prop_map(Action::Stall),
        4 => Just(Action::StoreOne),
        4 => Just(Action::Store),
        2 => Just(Action::Fail),
        2 => Just(Action::Crash),
        1 => (-40 * TICK_MS..40 * TICK_MS).prop_map(Action::SetClock),
        1 => Just(Action::Copy),
        1 => Just(Action::PutBack),
        1 => (1..7_u64).prop_map(Action::License),
    ]
}

/// A story begins with a license, or there would be little to tell.
fn story() -> impl Strategy<Value = Vec<Action>> {
    (1..5_u64, vec(action(), 1..60)).prop_map(|(serial, mut actions)| {
        actions.splice(0..0, [Action::License(serial), Action::Store]);
        actions
    })
}

fn tell(wrong: CountdownSabotage, actions: &[Action]) -> Result<CountdownWorld, String> {
    let mut world = CountdownWorld::new(wrong);
    for (place, action) in actions.iter().enumerate() {
        world.act(*action).map_err(|error| format!("{error}, at {:?}", &actions[..=place]))?;
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hours_never_grow_and_are_charged_for_what_was_used(actions in story()) {
        tell(CountdownSabotage::Nothing, &actions).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_calm_end_charges_what_was_used_to_the_millisecond(uses in vec((1..5 * TICK_MS, 0..3 * TICK_MS, -TICK_MS..TICK_MS), 1..20)) {
        let mut actions = vec![Action::License(4), Action::Store];
        let mut used = 0;
        for (ms, pause, clock) in uses {
            used += ms;
            actions.extend([Action::Login, Action::Store, Action::Run(ms / 2), Action::SetClock(clock), Action::Run(ms - ms / 2)]);
            actions.extend([Action::Logout, Action::Store, Action::Run(pause)]);
        }
        let world = tell(CountdownSabotage::Nothing, &actions).map_err(TestCaseError::fail)?;
        let left = (crate::world::hours(4) - used).max(0);
        prop_assert_eq!(world.found().balance_ms, left);
    }
}

#[test]
fn a_crash_at_every_step_never_makes_hours_and_costs_at_most_one_tick() {
    let minutes = [Action::Pass(20_000), Action::StoreOne, Action::StoreOne, Action::Pass(1_000), Action::StoreOne];
    let mut calm = vec![Action::License(4), Action::Store, Action::Login];
    for _ in 0..4 {
        calm.extend(minutes);
    }
    calm.extend([Action::Logout, Action::StoreOne, Action::StoreOne, Action::StoreOne]);
    for place in 2..=calm.len() {
        let before = tell(CountdownSabotage::Nothing, &calm[..place]).unwrap();
        let left = before.state.left_ms(before.now.mono_ms);
        let crashed = tell(CountdownSabotage::Nothing, &[&calm[..place], &[Action::Crash]].concat()).unwrap();
        let found = crashed.state.balance.balance_ms;
        assert!(found <= left && left - found <= TICK_MS, "after {place} steps: {left} ms became {found} ms");
        tell(
            CountdownSabotage::Nothing,
            &[&calm[..place], &[Action::Crash, Action::Login, Action::Store], &minutes[..]].concat(),
        )
        .unwrap();
    }
}

/// Stories among which one must show that the rule is wrong.
fn finds(wrong: CountdownSabotage) {
    let config = Config { cases: 3_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let told = runner.run(&story(), |actions| tell(wrong, &actions).map(|_| ()).map_err(TestCaseError::fail));
    let Err(TestError::Fail(reason, shortest)) = told else { panic!("{wrong:?} was not found: {told:?}") };
    println!("{wrong:?}: {reason}");
    assert!(tell(CountdownSabotage::Nothing, &shortest).is_ok(), "the same story is fine with the right rule");
}

#[test]
fn a_charge_after_the_grant_is_found() {
    finds(CountdownSabotage::ChargedAfterGrant);
}

#[test]
fn giving_back_twice_is_found() {
    finds(CountdownSabotage::GaveBackTwice);
}

#[test]
fn growing_on_a_restore_is_found() {
    finds(CountdownSabotage::GrewOnRestore);
}

#[test]
fn a_start_that_gives_back_what_was_charged_is_found() {
    finds(CountdownSabotage::RefundedAtStart);
}
