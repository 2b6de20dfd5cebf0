//! One simulation from its first second to its last.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::alarm::Alarm;
use super::checks::CheckFailure;
use super::faults::{InjectedFault, plan};
use super::sabotage::Sabotage;
use super::stage::SimulationStage;

/// How long clients may take to come back once all is well, milliseconds.
const BACK_MS: u64 = 180_000;
/// How long clients may take to end, milliseconds: what a goodbye may take, and time to notice that it is wanted.
pub const END_MS: u64 = 12_000;
/// Time between two checks, milliseconds.
const CHECK_MS: u64 = 1_000;

/// A simulation that went as it should.
#[derive(Debug, PartialEq, Eq)]
pub struct SimulationSuccess {
    /// How long it took, milliseconds of its own time.
    pub lasted_ms: u64,
    /// What happened how often.
    pub counts: BTreeMap<&'static str, u64>,
    /// What happened, line by line.
    pub lines: Vec<String>,
}

/// A simulation that did not.
#[derive(Debug, PartialEq, Eq)]
pub struct SimulationFailure {
    pub wrong: CheckFailure,
    /// What happened until then.
    pub lines: Vec<String>,
}

/// Runs a seed.
pub fn simulate(seed: u64, sabotage: Sabotage) -> Result<SimulationSuccess, Box<SimulationFailure>> {
    let alarm = Alarm::listen();
    let mut stage = SimulationStage::new(seed, sabotage);
    let done = play(&mut stage);
    drop(alarm);
    let mut lines = stage.log.lines();
    match done {
        Ok(()) => Ok(SimulationSuccess { lasted_ms: stage.now.ms(), counts: stage.log.counts(), lines }),
        Err(wrong) => {
            lines.extend(stage.standing());
            Err(Box::new(SimulationFailure { wrong, lines }))
        }
    }
}

fn play(stage: &mut SimulationStage<'_>) -> Result<(), CheckFailure> {
    let mut random = stage.random.fork();
    let (end_ms, plan) = plan(&mut random, stage.sites.len(), stage.products.len());
    let mut plan = plan.into_iter().peekable();
    while stage.now.ms() < end_ms {
        while let Some((_, fault)) = plan.next_if(|(at, _)| *at <= stage.now.ms()) {
            stage.apply(fault);
        }
        pass(stage)?;
    }
    plan.filter(|(_, fault)| matches!(fault, InjectedFault::Revive(_))).for_each(|(_, fault)| stage.apply(fault));
    stage.end_faults();
    while !stage.stuck(end_ms).is_empty() {
        if stage.now.ms() > end_ms + BACK_MS {
            let who = stage.stuck(end_ms).join(", ");
            return Err(CheckFailure::Stuck(format!("{who} did not come back to the primary within three minutes")));
        }
        pass(stage)?;
    }
    stage.closing.store(true, Ordering::Relaxed);
    have_parted_within(stage, END_MS)?;
    stage.check_usage()
}

/// Lets clients end, for so long at most.
pub fn have_parted_within(stage: &mut SimulationStage<'_>, ms: u64) -> Result<(), CheckFailure> {
    let until = stage.now.ms() + ms;
    while stage.now.ms() < until && !stage.have_parted() {
        pass(stage)?;
    }
    Ok(())
}

/// Lets time pass until the next check, and checks.
pub fn pass(stage: &mut SimulationStage<'_>) -> Result<(), CheckFailure> {
    let until = stage.now.ms() + CHECK_MS;
    while stage.now.ms() < until {
        stage.step().map_err(|error| CheckFailure::Crashed(error.to_string()))?;
    }
    stage.check()
}

impl SimulationStage<'_> {
    fn have_parted(&self) -> bool {
        self.sites.iter().all(|site| site.with_life(|life| life.parting.is_some()).unwrap_or(true))
    }
}
