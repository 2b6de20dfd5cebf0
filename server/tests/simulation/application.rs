//! A machine with an application that takes and returns licenses, with the real client library.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Client, ClientShutdown, ClientTotals, Denied, Lease, Product};
use licensing::product::ProductCode;
use tokio::time::sleep;

use super::clock::{MachineClock, SimulatedTime};
use super::log::Log;
use super::random::SimulationRandom;
use super::watch::ClientWatch;
use super::wire::{SharedWatch, SimulatedWire};

/// Parts of an application that take licenses at the same time.
pub const WORKERS: usize = 3;
/// How often an application looks whether it is to end.
const LOOK: Duration = Duration::from_millis(500);

/// The machine.
#[derive(Debug)]
pub struct ApplicationHost {
    pub name: String,
    pub now: Arc<SimulatedTime>,
    pub clock: Arc<MachineClock>,
    /// The servers it knows, the primary first.
    pub servers: &'static [&'static str],
    pub log: Log,
    pub random: Mutex<SimulationRandom>,
    pub products: Vec<ProductCode>,
    /// Records kept until a server has them.
    pub room: usize,
    /// Applications end politely.
    pub closing: Arc<AtomicBool>,
    /// Its application, while it runs.
    pub life: Mutex<Option<ApplicationRun>>,
    /// Applications that were killed.
    pub killed: Mutex<Vec<KilledRun>>,
    pub runs: AtomicU64,
}

/// One run of the application.
#[derive(Debug)]
pub struct ApplicationRun {
    /// Its own deployment, so that servers keep its totals apart.
    pub deployment: String,
    pub client: Client,
    pub watched: SharedWatch,
    pub leases: BTreeMap<u64, Lease>,
    /// Taken and refused, as the application sees it.
    pub counted: BTreeMap<ProductCode, (u64, u64)>,
    pub parting: Option<ClientShutdown>,
    next_lease: u64,
}

/// A run that was killed.
#[derive(Debug)]
pub struct KilledRun {
    pub deployment: String,
    /// What it had used by then.
    pub totals: ClientTotals,
}

/// Runs until the simulation closes, or the machine crashes.
pub async fn work(site: Arc<ApplicationHost>) -> turmoil::Result {
    let run = site.runs.fetch_add(1, Ordering::Relaxed);
    let deployment = format!("{}.{run}", site.name);
    let seed = site.random.lock().unwrap().number();
    let watched = SharedWatch::default();
    let wire = SimulatedWire { watched: watched.clone(), now: site.now.clone() };
    let client = Client::builder()
        .servers(site.servers)
        .client_id(&site.name)
        .name(&site.name)
        .host("simulated")
        .deployment(&deployment)
        .records(site.room)
        .clock(site.clock.clone())
        .connector(Arc::new(wire))
        .seed(seed)
        .start()?;
    *watched.lock().unwrap() = Some(ClientWatch::new(deployment.clone(), site.log.clone(), client.events()));
    *site.life.lock().unwrap() = Some(ApplicationRun {
        deployment,
        client: client.clone(),
        watched,
        leases: BTreeMap::new(),
        counted: BTreeMap::new(),
        parting: None,
        next_lease: 0,
    });
    let products: Vec<Product> =
        site.products.iter().map(|product| client.product(product.as_str())).collect::<Result<_, _>>()?;
    for _ in 0..WORKERS {
        let worker =
            Worker { site: site.clone(), products: products.clone(), random: site.random.lock().unwrap().fork() };
        tokio::spawn(worker.work());
    }
    while !site.closing.load(Ordering::Relaxed) {
        sleep(LOOK).await;
    }
    let parting = client.close().await;
    site.with_life(|life| life.parting = Some(parting));
    Ok(())
}

impl ApplicationHost {
    pub fn with_life<T>(&self, look: impl FnOnce(&mut ApplicationRun) -> T) -> Option<T> {
        self.life.lock().unwrap().as_mut().map(look)
    }

    /// The application is gone without a word; what it had used by then.
    pub fn is_killed(&self) {
        let Some(life) = self.life.lock().unwrap().take() else { return };
        let killed = KilledRun { deployment: life.deployment.clone(), totals: life.client.totals() };
        self.killed.lock().unwrap().push(killed);
    }
}

impl ApplicationRun {
    pub fn with_watch<T>(&self, look: impl FnOnce(&mut ClientWatch) -> T) -> Option<T> {
        self.watched.lock().unwrap().as_mut().map(look)
    }

    /// Leases of a product that are valid now.
    pub fn valid(&self, product: &ProductCode) -> usize {
        self.leases.values().filter(|lease| lease.product() == product && lease.is_valid()).count()
    }
}

/// One part of the application.
struct Worker {
    site: Arc<ApplicationHost>,
    products: Vec<Product>,
    random: SimulationRandom,
}

impl Worker {
    async fn work(mut self) {
        loop {
            sleep(Duration::from_millis(self.random.within(0..=4_000))).await;
            let product = self.products[self.random.below(self.products.len())].clone();
            let taken = if self.random.percent(30) {
                product.try_acquire()
            } else {
                product.acquire_within(Duration::from_millis(self.random.within(0..=8_000))).await
            };
            match taken {
                Ok(lease) => self.hold(lease).await,
                Err(Denied::Closed) => return,
                Err(_) => {
                    self.site.log.count("denied");
                    self.site.with_life(|life| life.counted.entry(product.code().clone()).or_default().1 += 1);
                }
            }
        }
    }

    async fn hold(&mut self, lease: Lease) {
        let now_ms = self.site.now.ms();
        self.site.log.count("taken");
        let number = self.site.with_life(|life| {
            let product = lease.product().clone();
            life.with_watch(|watch| watch.took(&product, now_ms));
            life.counted.entry(product).or_default().0 += 1;
            life.next_lease += 1;
            life.leases.insert(life.next_lease, lease);
            life.next_lease
        });
        let time = match self.random.below(10) {
            0..6 => self.random.within(100..=5_000),
            6..9 => self.random.within(5_000..=20_000),
            _ => self.random.within(20_000..=90_000),
        };
        sleep(Duration::from_millis(time)).await;
        if let Some(number) = number {
            self.site.with_life(|life| life.leases.remove(&number));
        }
    }
}
