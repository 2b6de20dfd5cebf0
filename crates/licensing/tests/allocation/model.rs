//! The real rules, looked at in every world that so many actions lead to; and each wrong one, which must be found.
//!
//! An action is large (a refresh that is answered and heard counts as one, beside its single steps), so a few of them make a long story.
//! The products share their client's deadline, sequence and what is stored, and the order of asking; nothing else. So one plan has
//! two of them, and the others one, deeper. That two clients are both messy matters only where they meet, in the sum; one plan has
//! that. Worlds that mirror one another are not put together: the lower key wins a tie.

use licensing::allocation::Times;

use crate::search::{SearchResult, search, search_each};
use crate::world::{AllocationSabotage, AllocationWorld, SearchPlan};

/// One product; one client has trouble of every kind and the other only asks. As in the real numbers what is counted outlasts the cache.
const PLAN: SearchPlan = SearchPlan {
    times: Times { counted: 4, silent: 2, spread: 0, released: 2 },
    cache: 3,
    patience: 2,
    licensed: 2,
    products: 1,
    clients: 2,
    want: 2,
    restarts: 0,
    ends: 0,
    changes: 0,
    releases: 0,
    messy: 1,
    wrong: AllocationSabotage::Nothing,
};

/// One license is enough to quarrel about, and leaves fewer worlds.
const SMALL: SearchPlan = SearchPlan { licensed: 1, want: 1, ..PLAN };

/// Looks so deep, and deeper by what `ALLOCATION_DEEPER` says.
fn holds(name: &str, plan: SearchPlan, depth: usize) -> SearchResult {
    let deeper = std::env::var("ALLOCATION_DEEPER").ok().and_then(|deeper| deeper.parse().ok()).unwrap_or(0);
    match search(plan, depth + deeper) {
        Ok(looked) => {
            let SearchResult { worlds, depth, all } = looked;
            println!("{name}: {worlds} worlds, {depth} actions deep{}", if all { ", no others" } else { "" });
            looked
        }
        Err(trace) => panic!("{name}: {trace}"),
    }
}

#[test]
fn every_rule_holds_whatever_happens_to_messages() {
    assert!(holds("messages", PLAN, 6).worlds > 10_000);
    assert!(holds("messages of both", SearchPlan { messy: 2, ..SMALL }, 5).worlds > 10_000);
}

#[test]
fn every_rule_holds_across_restarts() {
    assert!(holds("restarts", SearchPlan { restarts: 2, ..PLAN }, 5).worlds > 10_000);
    assert!(holds("restarts, one client", SearchPlan { restarts: 2, clients: 1, ..PLAN }, 7).worlds > 10_000);
    assert!(holds("restarts, one license", SearchPlan { restarts: 2, ..SMALL }, 6).worlds > 10_000);
}

#[test]
fn every_rule_holds_when_clients_end_die_and_start_anew() {
    assert!(holds("ends", SearchPlan { ends: 1, ..PLAN }, 5).worlds > 10_000);
    assert!(holds("ends and restarts", SearchPlan { ends: 2, restarts: 1, ..SMALL }, 5).worlds > 10_000);
}

#[test]
fn every_rule_holds_when_the_number_of_licenses_changes() {
    assert!(holds("changes", SearchPlan { changes: 2, releases: 1, ..PLAN }, 5).worlds > 10_000);
    assert!(holds("changes and restarts", SearchPlan { changes: 1, restarts: 1, ..SMALL }, 6).worlds > 10_000);
}

#[test]
fn every_rule_holds_with_two_products() {
    assert!(holds("two products", SearchPlan { restarts: 1, changes: 1, products: 2, ..SMALL }, 4).worlds > 10_000);
}

#[test]
fn from_every_world_an_idle_clients_spare_is_with_who_waits_within_two_refreshes() {
    let all = each("idle", PLAN, 5, |world| world.spare_goes_to_who_waits());
    assert!(all > 1_000, "{all} worlds");
}

#[test]
fn from_every_world_who_waits_is_served_before_another_is_served_twice() {
    for (name, plan) in [("one license", SMALL), ("two licenses", PLAN)] {
        let all = each(name, plan, 5, |world| world.greedy_clients_take_turns());
        assert!(all > 1_000, "{name}: {all} worlds");
    }
}

/// Looks at what follows in every world that so many actions lead to; returns how many those are.
fn each(name: &str, plan: SearchPlan, depth: usize, then: impl Fn(AllocationWorld) -> Result<(), String>) -> usize {
    let mut worlds = 0;
    let looked = search_each(plan, depth, |world| {
        worlds += 1;
        then(world.clone())
    });
    match looked {
        Ok(_) => worlds,
        Err(trace) => panic!("{name}: {trace}"),
    }
}

/// A search that must find a broken rule, with the actions that lead there.
fn finds(plan: SearchPlan, depth: usize, rule: &str) {
    let trace = search(plan, depth).expect_err("a wrong rule is found");
    println!("{:?}: {trace}", plan.wrong);
    assert!(trace.starts_with(rule), "{trace}");
    assert!(trace.contains("<- here"), "{trace}");
}

#[test]
fn freeing_what_was_only_told_is_found() {
    finds(SearchPlan { wrong: AllocationSabotage::FreedWhenTold, ..PLAN }, 6, "I4");
}

#[test]
fn a_deadline_shorter_than_the_cache_is_found() {
    let times = Times { counted: 2, ..PLAN.times };
    finds(SearchPlan { times, ..PLAN }, 6, "I4");
}

#[test]
fn a_start_that_forgets_is_found() {
    finds(SearchPlan { wrong: AllocationSabotage::ForgotAtStart, restarts: 1, ..PLAN }, 4, "I4");
}

#[test]
fn an_answer_before_it_is_stored_is_found() {
    finds(SearchPlan { wrong: AllocationSabotage::AnsweredBeforeStored, restarts: 1, ..PLAN }, 4, "I4");
}

#[test]
fn a_client_that_says_less_than_it_uses_is_found() {
    finds(SearchPlan { wrong: AllocationSabotage::SaidTooLittle, ..PLAN }, 6, "I4");
}

#[test]
fn a_client_that_counts_its_cache_from_hearing_is_found() {
    finds(SearchPlan { wrong: AllocationSabotage::CountedFromHearing, ..SMALL }, 9, "I4");
}
