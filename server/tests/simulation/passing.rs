//! Licenses that clients pass on through one server: by their records no more are in use than there are, however their clocks are set.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use licensing::client_protocol::CheckOut;
use licensing::product::ProductCode;

use super::checks::CheckFailure;
use super::faults::{CutDirection, InjectedFault};
use super::machine::NetworkTrouble;
use super::run::{END_MS, have_parted_within, pass};
use super::seeds::number;
use super::stage::SimulationStage;

/// Seeds that are run unless `SIMULATION_SEEDS` says otherwise.
const SEEDS: u64 = 150;
/// How far the clocks of clients are off at most, milliseconds: too little for anybody to notice.
const OFF_MS: u64 = 1_500;
/// How long each seed takes, milliseconds.
const LASTS_MS: u64 = 100_000;

#[test]
fn by_the_records_no_more_licenses_are_in_use_than_there_are_however_the_clocks_of_clients_are_set() {
    let mut peaks = 0;
    let mut records = 0;
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let seeds = number("SIMULATION_SEED").map_or(0..seeds, |seed| seed..seed + 1);
    for seed in seeds.clone() {
        let mut stage = SimulationStage::of_one_server(seed, OFF_MS);
        let seen = play(&mut stage).unwrap_or_else(|wrong| panic!("{}\nseed {seed}: {wrong:?}", lines(&stage)));
        for (product, spans) in seen {
            let licensed = stage.servers[0].ceilings.lock().unwrap()[&product].licensed;
            let peak = peak(&spans);
            assert!(peak <= licensed as usize, "{}\nseed {seed}: {peak} of {licensed} {product}", lines(&stage));
            peaks += usize::from(peak == licensed as usize);
            records += spans.len();
        }
    }
    println!("seeds {seeds:?}, {records} records; {peaks} times all were in use at once");
    if seeds.end - seeds.start >= SEEDS {
        assert!(peaks > 100 && records > 5_000, "too little happened: {peaks} {records}");
    }
}

fn lines(stage: &SimulationStage<'_>) -> String {
    stage.log.lines().join("\n")
}

/// Whatever goes wrong with the network, short of what makes clients give up; times in use by product, as the server placed them.
fn play(stage: &mut SimulationStage<'_>) -> Result<BTreeMap<ProductCode, Vec<(i64, i64)>>, CheckFailure> {
    let mut random = stage.random.fork();
    let mut plan: Vec<(u64, InjectedFault)> = Vec::new();
    for _ in 0..random.within(2..=5) {
        let from = random.within(1_000..=LASTS_MS - 30_000);
        let to = from + random.within(500..=25_000);
        let site = random.below(stage.sites.len());
        let (begin, end) = match random.below(4) {
            0 => (
                InjectedFault::Cut(
                    site,
                    0,
                    [CutDirection::Both, CutDirection::ToServer, CutDirection::FromServer][random.below(3)],
                ),
                InjectedFault::Mend(site, 0),
            ),
            1 => (InjectedFault::Hold(site, 0), InjectedFault::Mend(site, 0)),
            2 => (InjectedFault::SlowDisk(0, random.within(200..=2_000)), InjectedFault::SlowDisk(0, 0)),
            _ => {
                let mood = NetworkTrouble {
                    slow_ms: [0, 1_500][random.below(2)],
                    loses: random.within(0..=30),
                    repeats: random.within(0..=60),
                };
                (InjectedFault::Mood(0, mood), InjectedFault::Mood(0, NetworkTrouble::default()))
            }
        };
        plan.extend([(from, begin), (to, end)]);
    }
    plan.sort_by_key(|(at, _)| *at);
    let mut plan = plan.into_iter().peekable();
    while stage.now.ms() < LASTS_MS {
        while let Some((_, fault)) = plan.next_if(|(at, _)| *at <= stage.now.ms()) {
            stage.apply(fault);
        }
        pass(stage)?;
    }
    stage.closing.store(true, Ordering::Relaxed);
    have_parted_within(stage, END_MS)?;
    let mut seen: BTreeMap<ProductCode, Vec<(i64, i64)>> = BTreeMap::new();
    for saved in stage.servers[0].saved.lock().unwrap().values() {
        for CheckOut { product, from, to, opened, .. } in saved.records() {
            // What was told as begun keeps its start.
            let begun = opened.and_then(|number| saved.record_of(number)).map_or(*from, |begun| begun.from);
            if let Some(to) = to {
                seen.entry(product.clone()).or_default().push((begun, begun.max(*to)));
            }
        }
    }
    Ok(seen)
}

/// The most in use at once. What was returned in the millisecond it was taken in was in use, and what meets does not overlap.
fn peak(spans: &[(i64, i64)]) -> usize {
    let mut edges: Vec<(i64, i32)> = Vec::new();
    for (from, to) in spans {
        // Ends first, then what was in use for no time, then starts.
        if from == to { edges.push((*from, 0)) } else { edges.extend([(*from, 1), (*to, -1)]) }
    }
    edges.sort_by_key(|(at, change)| (*at, *change));
    let (mut level, mut most) = (0_i32, 0);
    for (_, change) in edges {
        level += change;
        most = most.max(level + i32::from(change == 0));
    }
    usize::try_from(most).unwrap()
}
