//! The machines of one simulation and the network between them.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use licensing::product::ProductCode;
use turmoil::Sim;

use super::application::{self, ApplicationHost};
use super::clock::{MachineClock, SimulatedTime};
use super::faults::LinkState;
use super::log::Log;
use super::machine::Machine;
use super::random::SimulationRandom;
use super::sabotage::{Disk, Sabotage};
use super::server;
use super::watch::SERVERS;

/// Steps of the simulated network, milliseconds: a message takes one at least. Coarse ones are quick to simulate, fine ones
/// leave clients and servers no spare time.
const STEPS_MS: [u64; 8] = [50, 200, 500, 500, 500, 500, 500, 500];

/// The pace of a clock that is right: milliseconds in ten seconds.
const RIGHT: u64 = 10_000;
/// How far the clocks of clients may be off: one part in a hundred.
const DRIFT: u64 = 100;

/// Everything there is.
pub struct SimulationStage<'a> {
    pub sim: Sim<'a>,
    pub now: Arc<SimulatedTime>,
    pub log: Log,
    pub servers: Vec<Arc<Machine>>,
    pub sites: Vec<Arc<ApplicationHost>>,
    pub products: Vec<ProductCode>,
    pub closing: Arc<AtomicBool>,
    /// How each client (outer) reaches each server.
    pub links: Vec<[LinkState; 2]>,
    pub random: SimulationRandom,
}

impl SimulationStage<'_> {
    pub fn new(seed: u64, sabotage: Sabotage) -> Self {
        let mut stage = Self::empty(seed);
        SERVERS.iter().for_each(|name| stage.add_server(name, sabotage));
        let room = if stage.random.percent(25) { 10_000 } else { 0 };
        (0..3 + stage.random.below(2)).for_each(|number| stage.add_site(number, room, &SERVERS, DRIFT));
        stage
    }

    /// One server, and clients whose clocks run as it should and are off by so many milliseconds at most.
    pub fn of_one_server(seed: u64, off_ms: u64) -> Self {
        let mut stage = Self::empty(seed);
        stage.add_server(SERVERS[0], Sabotage::None);
        for number in 0..3 + stage.random.below(2) {
            stage.add_site(number, 10_000, &SERVERS[..1], 0);
            let off = i64::try_from(stage.random.within(0..=2 * off_ms)).unwrap() - i64::try_from(off_ms).unwrap();
            stage.sites[number].clock.jump(off);
        }
        stage
    }

    fn empty(seed: u64) -> Self {
        let mut random = SimulationRandom::new(seed);
        let now = Arc::new(SimulatedTime::default());
        let log = Log::new(now.clone());
        let products: Vec<ProductCode> = ["SPEECH", "VISION"].iter().map(|code| code.parse().unwrap()).collect();
        let products = products[..=random.below(2)].to_vec();
        let sim = turmoil::Builder::new()
            .epoch(SystemTime::UNIX_EPOCH)
            .rng_seed(random.number())
            .tick_duration(Duration::from_millis(STEPS_MS[random.below(STEPS_MS.len())]))
            .simulation_duration(Duration::from_secs(3_600))
            // Nothing arrives before it was sent: machines run one after the other within a step.
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(Duration::from_millis(random.within(2..=400)))
            .build();
        Self {
            sim,
            now,
            log,
            servers: Vec::new(),
            sites: Vec::new(),
            products,
            closing: Arc::default(),
            links: Vec::new(),
            random,
        }
    }

    fn add_server(&mut self, name: &'static str, sabotage: Sabotage) {
        let pace = if sabotage == Sabotage::EarlyDeadline { 2 * RIGHT } else { RIGHT };
        let clock = Arc::new(MachineClock::new(self.now.clone(), pace, self.random.within(0..=10_000_000)));
        let disk = Disk::new(sabotage);
        let machine = Arc::new(Machine::new(name, self.log.clone(), clock, disk, self.random.fork()));
        for product in &self.products {
            machine.license(product, u32::try_from(self.random.within(1..=8)).unwrap());
        }
        self.servers.push(machine.clone());
        self.sim.host(name, move || server::serve(machine.clone()));
    }

    fn add_site(&mut self, number: usize, room: usize, servers: &'static [&'static str], drift: u64) {
        let pace = RIGHT - drift + self.random.within(0..=2 * drift);
        let site = Arc::new(ApplicationHost {
            name: format!("client{number}"),
            now: self.now.clone(),
            clock: Arc::new(MachineClock::new(self.now.clone(), pace, self.random.within(0..=10_000_000))),
            servers,
            log: self.log.clone(),
            random: Mutex::new(self.random.fork()),
            products: self.products.clone(),
            room,
            closing: self.closing.clone(),
            life: Mutex::default(),
            killed: Mutex::default(),
            runs: AtomicU64::new(0),
        });
        self.sites.push(site.clone());
        self.links.push([LinkState::Good; 2]);
        self.sim.host(site.name.clone(), move || application::work(site.clone()));
    }

    /// Lets one step pass.
    pub fn step(&mut self) -> turmoil::Result<bool> {
        self.now.enter();
        let done = self.sim.step();
        self.now.leave(u64::try_from(self.sim.elapsed().as_millis()).unwrap());
        done
    }
}
