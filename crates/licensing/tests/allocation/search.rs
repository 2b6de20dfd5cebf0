//! Breadth first through all worlds up to a depth: the first failure found is a shortest one.

use std::collections::HashSet;
use std::fmt::Write;

use crate::shape::shape;
use crate::world::{Action, AllocationWorld, SearchPlan};

/// What was looked at.
#[derive(Debug)]
pub struct SearchResult {
    /// Worlds that differ.
    pub worlds: usize,
    /// Actions from the beginning.
    pub depth: usize,
    /// There are no others.
    pub all: bool,
}

/// Looks at every world that up to `depth` actions lead to. A failure comes with the actions that lead there.
pub fn search(plan: SearchPlan, depth: usize) -> Result<SearchResult, String> {
    search_each(plan, depth, |_| Ok(()))
}

/// The same, and looks at each world as `then` says.
pub fn search_each(
    plan: SearchPlan,
    depth: usize,
    mut then: impl FnMut(&AllocationWorld) -> Result<(), String>,
) -> Result<SearchResult, String> {
    let start = AllocationWorld::new(plan);
    let mut seen = HashSet::from([shape(&start)]);
    let mut steps: Vec<(usize, Action)> = vec![(0, Action::Tick(1))];
    let mut front = vec![(0, start)];
    for level in 1..=depth {
        let mut next = Vec::new();
        for (id, world) in &front {
            for action in world.actions() {
                let mut after = world.clone();
                if let Err(broken) = after.apply(&action) {
                    return Err(trace(plan, &steps, *id, action, &broken));
                }
                if seen.insert(shape(&after)) {
                    if let Err(broken) = then(&after) {
                        return Err(trace(plan, &steps, *id, action, &broken));
                    }
                    next.push((steps.len(), after));
                    steps.push((*id, action));
                }
            }
        }
        if next.is_empty() {
            return Ok(SearchResult { worlds: seen.len(), depth: level, all: true });
        }
        front = next;
    }
    Ok(SearchResult { worlds: seen.len(), depth, all: false })
}

fn trace(plan: SearchPlan, steps: &[(usize, Action)], mut id: usize, last: Action, broken: &str) -> String {
    let mut actions = vec![last];
    while id > 0 {
        actions.push(steps[id].1.clone());
        id = steps[id].0;
    }
    let (mut world, mut text) = (AllocationWorld::new(plan), format!("{broken}\n"));
    for action in actions.iter().rev() {
        let outcome = world.apply(action);
        writeln!(text, "{action:?}{}", if outcome.is_err() { "  <- here" } else { "" }).unwrap();
        for client in &world.clients {
            writeln!(text, "    client {} until {}: {:?}", client.key, client.valid_until, client.products).unwrap();
        }
        for (key, run) in world.allocation.runs() {
            let shares: Vec<_> = run.shares().map(|(_, share)| share).collect();
            writeln!(text, "    server {key} until {}: {shares:?}", run.deadline).unwrap();
        }
    }
    text
}
