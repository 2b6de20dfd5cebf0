//! The machine of a license server: what is there before the server starts and after it has crashed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use engine::leases::{Leases, PoolView};
use licensing::product::{Licensed, ProductCode};

use super::clock::MachineClock;
use super::log::Log;
use super::random::SimulationRandom;
use super::sabotage::Disk;
use super::saved::ConfirmedUsage;

/// How a server is in the way of its clients for a while.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkTrouble {
    /// How long it takes at most to take in a request, or to send its answer, milliseconds.
    pub slow_ms: u64,
    /// How many answers in a hundred are lost, with their connection.
    pub loses: u64,
    /// How many requests in a hundred arrive once more, later.
    pub repeats: u64,
}

/// The most that may be in use of a product.
#[derive(Debug, Clone, Copy, Default)]
pub struct LicenseCeiling {
    pub licensed: u32,
    /// What was licensed, or what was given out when fewer became licensed.
    pub most: u32,
}

/// A machine with a license server.
#[derive(Debug)]
pub struct Machine {
    pub name: &'static str,
    pub log: Log,
    pub clock: Arc<MachineClock>,
    pub disk: Arc<Disk>,
    pub mood: Mutex<NetworkTrouble>,
    pub random: Mutex<SimulationRandom>,
    pub ceilings: Mutex<BTreeMap<ProductCode, LicenseCeiling>>,
    /// The server while it runs.
    pub leases: Mutex<Option<Arc<Leases>>>,
    /// By run.
    pub saved: Mutex<BTreeMap<String, ConfirmedUsage>>,
    /// Deployments of runs: the simulation gives each run one of its own.
    pub deployments: Mutex<BTreeMap<String, String>>,
}

impl Machine {
    pub fn new(name: &'static str, log: Log, clock: Arc<MachineClock>, disk: Disk, random: SimulationRandom) -> Self {
        Self {
            name,
            log,
            clock,
            disk: Arc::new(disk),
            mood: Mutex::default(),
            random: Mutex::new(random),
            ceilings: Mutex::default(),
            leases: Mutex::default(),
            saved: Mutex::default(),
            deployments: Mutex::default(),
        }
    }

    pub fn running(&self) -> Option<Arc<Leases>> {
        self.leases.lock().unwrap().clone()
    }

    pub fn mood(&self) -> NetworkTrouble {
        *self.mood.lock().unwrap()
    }

    /// That many licenses there are from now on; what is given out is given out.
    pub fn license(&self, product: &ProductCode, licensed: u32) {
        self.look();
        self.ceilings.lock().unwrap().entry(product.clone()).or_default().licensed = licensed;
        if let Some(leases) = self.running() {
            self.install(&leases);
        }
        self.log.tell(format!("{} has {licensed} of {product}", self.name));
    }

    /// Tells the server what is licensed.
    pub fn install(&self, leases: &Leases) {
        let mut ceilings = self.ceilings.lock().unwrap();
        let licensed =
            ceilings.iter().map(|(product, ceiling)| (product.clone(), Licensed::Count(ceiling.licensed))).collect();
        leases.license(&licensed, &[]);
        for (product, ceiling) in ceilings.iter_mut() {
            ceiling.most = ceiling.licensed.max(counted(&leases.pools(), product));
        }
    }

    /// Follows what is given out: once it fits again, it must go on fitting.
    pub fn look(&self) {
        let Some(leases) = self.running() else { return };
        let pools = leases.pools();
        for (product, ceiling) in self.ceilings.lock().unwrap().iter_mut() {
            ceiling.most = ceiling.most.min(ceiling.licensed.max(counted(&pools, product)));
        }
    }

    /// What is licensed and given out, as people see it.
    pub fn pools(&self) -> Vec<PoolView> {
        self.running().map(|leases| leases.pools()).unwrap_or_default()
    }
}

fn counted(pools: &[PoolView], product: &ProductCode) -> u32 {
    pools.iter().find(|pool| pool.product == product.as_str()).map_or(0, |pool| pool.counted)
}
