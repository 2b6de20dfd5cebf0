//! Many clients, the real numbers, and anything that can happen to them in any order.

use licensing::allocation::Times;
use licensing::client_protocol::{CACHE_MS, PATIENCE_MS};
use proptest::prelude::*;

use crate::fair::{ShareClaim, fair};
use crate::world::{Action, AllocationSabotage, AllocationWorld, SearchPlan};

/// The real times. The clients' clocks are as slow as the server allows for.
const PLAN: SearchPlan = SearchPlan {
    times: Times { counted: 0, silent: 0, spread: 0, released: 0 },
    cache: (CACHE_MS + CACHE_MS / 100 + 999) as i64,
    patience: PATIENCE_MS as i64,
    licensed: 0,
    products: 3,
    clients: 8,
    want: 0,
    restarts: u8::MAX,
    ends: u8::MAX,
    changes: u8::MAX,
    releases: u8::MAX,
    messy: 8,
    wrong: AllocationSabotage::Nothing,
};

/// One thing that happens, before it is known who and what is there for it to happen to.
#[derive(Debug, Clone, Copy)]
struct Draw {
    kind: u8,
    client: usize,
    product: usize,
    wants: [u32; 3],
    time: i64,
}

fn draw() -> impl Strategy<Value = Draw> {
    let want = || prop_oneof![Just(0_u32), 0..8_u32, 0..250_u32];
    let wants = [want(), want(), want()];
    let time = prop_oneof![4 => 1..3_000_i64, 2 => 3_000..12_000_i64, 1 => 100_000..130_000_i64];
    (0..40_u8, 0..8_usize, 0..3_usize, wants, time).prop_map(|(kind, client, product, wants, time)| Draw {
        kind,
        client,
        product,
        wants,
        time,
    })
}

fn plan(clients: usize, licensed: u32) -> SearchPlan {
    SearchPlan { times: Times::default(), clients, licensed, ..PLAN }
}

/// Lets it happen, as far as it can.
fn happen(world: &mut AllocationWorld, draw: Draw, story: &mut Vec<String>) -> Result<(), TestCaseError> {
    let (client, p, now) = (draw.client % world.clients.len(), draw.product, world.now);
    let at = |length: usize| draw.wants[0] as usize % length.max(1);
    let wants = draw.wants.to_vec();
    let action = match draw.kind {
        0..8 => Action::Ask(client, wants),
        8..15 => Action::Send(client, wants),
        15..21 if !world.requests.is_empty() => Action::Arrive(at(world.requests.len())),
        21..25 if !world.answers.is_empty() => Action::Hear(at(world.answers.len())),
        25..29 => {
            while world.clients[client].products[p].held < draw.wants[0] && world.clients[client].acquire(p, now) {}
            story.push(format!("client {client} takes up to {} of {p}", draw.wants[0]));
            return world.check().map_err(TestCaseError::fail);
        }
        29..31 => {
            world.clients[client].come_down(p, draw.wants[0]);
            story.push(format!("client {client} comes down to {} of {p}", draw.wants[0]));
            return world.check().map_err(TestCaseError::fail);
        }
        31 => Action::Store,
        32 => Action::Restart,
        33 => Action::License(p, draw.wants[0].min(200)),
        34 if draw.wants[1].is_multiple_of(2) => Action::Die(client),
        34 => Action::End(client),
        35 if !world.goodbyes.is_empty() => Action::Goodbye(at(world.goodbyes.len())),
        36 if draw.wants[1].is_multiple_of(4) => Action::TakeBack(client),
        _ => Action::Tick(draw.time),
    };
    story.push(format!("{action:?}"));
    world.apply(&action).map_err(|broken| TestCaseError::fail(format!("{broken}: {story:#?}")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn every_rule_holds_in_any_storm(
        clients in 1..=8_usize,
        licensed in prop_oneof![1..4_u32, 0..=200_u32],
        storm in proptest::collection::vec(draw(), 1..250),
    ) {
        let mut world = AllocationWorld::new(plan(clients, licensed));
        let mut story = Vec::new();
        for draw in storm {
            happen(&mut world, draw, &mut story)?;
        }
    }

    #[test]
    fn after_a_storm_everybody_gets_a_fair_share(
        clients in 2..=8_usize,
        licensed in 0..=60_u32,
        storm in proptest::collection::vec(draw(), 1..120),
        wants in proptest::collection::vec(proptest::collection::vec(0..40_u32, 3), 8),
        alive in proptest::collection::vec(proptest::bool::weighted(0.7), 8),
    ) {
        let mut world = AllocationWorld::new(plan(clients, licensed));
        let mut story = Vec::new();
        for draw in storm {
            happen(&mut world, draw, &mut story)?;
        }
        // From here on nothing gets lost; some are never heard of again, and the others refresh as they should.
        let (step, rounds) = (2_000, (Times::default().counted + PLAN.patience) / 2_000 + 8);
        for _ in 0..rounds {
            world.apply(&Action::Tick(step)).map_err(TestCaseError::fail)?;
            for client in (0..clients).filter(|client| alive[*client]) {
                world.apply(&Action::Ask(client, wants[client].clone())).map_err(TestCaseError::fail)?;
            }
        }
        for p in [0, 1, 2] {
            let alive: Vec<usize> = (0..clients).filter(|client| alive[*client]).collect();
            let claim = |client: &usize| {
                let holding = world.clients[*client].products[p];
                ShareClaim { held: holding.held, want: wants[*client][p].max(holding.held), limit: holding.limit() }
            };
            let claims: Vec<ShareClaim> = alive.iter().map(claim).collect();
            prop_assert!(fair(&claims, world.licensed[p]), "{claims:?} of {}", world.licensed[p]);
        }
    }
}
