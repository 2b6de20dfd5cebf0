//! Made-up check-outs, stored by the way real use takes: for `leasehold demo-data`, and to measure with.

mod history;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::usage::{Batch, Usage};
use engine::{DatabaseError, Engine};
use futures::future::try_join_all;
use licensing::bundle::LicenseStatus;
use licensing::client_protocol::{CheckOut, CheckOutOutcome, MOST_RECORDS};
use licensing::context::Context;
use licensing::product::{LicenseKind, ProductCode};

pub use history::DemoPlan;
use history::{ProductHistory, Stock, licensed_products, made_up_products};

/// Clients of the history.
pub const CLIENTS: usize = history::CLIENTS;

const FIRST_NAMES: [&str; 20] = [
    "anna", "ben", "carla", "david", "elif", "fatma", "georg", "hanna", "ivan", "jana", "karim", "lena", "marta",
    "nils", "olga", "paul", "rosa", "samir", "tina", "yusuf",
];
const SITES: [&str; 4] = ["berlin", "leeds", "porto", "reno"];
const ROLES: [&str; 4] = ["ivr", "dialer", "agent-desk", "transcripts"];

/// What was stored.
#[derive(Debug, Default)]
pub struct DemoSummary {
    pub taken: u64,
    pub refused: u64,
    /// By product: taken, time in milliseconds.
    pub sums: Vec<(String, u64, u64)>,
    /// The server has no licenses: products and their numbers are made up too.
    pub made_up: bool,
}

/// Why a history could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    #[error("The database did not respond: {0}.")]
    Database(#[from] DatabaseError),
    #[error("Can't generate the usage: {0}.")]
    Made(#[from] tokio::task::JoinError),
}

/// Stores a history as a contact centre might have it, of the products this server is licensed for; of made-up ones where it has no licenses.
///
/// # Errors
/// [`FillError`]
pub async fn fill(engine: &Engine, wish: DemoPlan) -> Result<DemoSummary, FillError> {
    let context = engine.identity().await?.context.unwrap_or(Context::Production);
    let deployment: Arc<str> = engine.deployments().await?.into_iter().next().unwrap_or_default().into();
    let seed = wish.seed;
    let products = licensed_products(of_server(engine));
    let made_up = products.is_empty();
    let products = if made_up { made_up_products() } else { products };
    let all = tokio::task::spawn_blocking(move || history::all(&wish, &products)).await?;
    // All products at each instant: one that is not named has no licenses from then on.
    let mut instants: Vec<i64> = all.iter().flat_map(|history| history.licensed.iter().map(|(at, _)| *at)).collect();
    instants.sort_unstable();
    instants.dedup();
    for at in instants {
        let then =
            |history: &ProductHistory| history.licensed.iter().rev().find(|(from, _)| *from <= at).map(|(_, n)| *n);
        let counts: Vec<(String, u64)> =
            all.iter().filter_map(|history| Some((history.product.clone(), then(history)?))).collect();
        engine.usage.licensed(at, Some(context), &counts).await?;
    }
    let (stored, clients) = check_outs(all, seed);
    let mut hand_in = HandIn::new(&engine.usage, Some(context), &deployment, (0..CLIENTS).map(name)).await;
    hand_in.store(clients).await?;
    engine.usage.add_totals(&deployment, &stored.sums).await?;
    Ok(DemoSummary { made_up, ..stored })
}

/// What this server is licensed for: of each product in service how many there are, all its licenses together.
fn of_server(engine: &Engine) -> BTreeMap<String, Stock> {
    let mut all: BTreeMap<String, Stock> = BTreeMap::new();
    let items = engine.licenses().map(|licenses| licenses.items).unwrap_or_default();
    for item in items.iter().filter(|item| item.verdict.standing == LicenseStatus::Active) {
        let stock = all.entry(item.license.product.to_string()).or_insert(Stock::Owned(0));
        *stock = match (*stock, item.license.kind) {
            (_, LicenseKind::Metered) | (Stock::Metered, _) => Stock::Metered,
            (Stock::Owned(count), _) => Stock::Owned(count.saturating_add(item.license.count)),
            (Stock::MadeUp, _) => Stock::MadeUp,
        };
    }
    all
}

/// The history's check-outs by client, in the order in which they would have come, so that a group holds the same days
/// of all clients.
fn check_outs(all: Vec<ProductHistory>, seed: u64) -> (DemoSummary, Vec<Vec<CheckOut>>) {
    let mut stored = DemoSummary::default();
    let mut clients: Vec<Vec<CheckOut>> = vec![Vec::new(); CLIENTS];
    let mut random = SeededRandom::new(seed, 0);
    for history in all {
        let Ok(product) = history.product.parse::<ProductCode>() else { continue };
        let (mut count, mut ms) = (0, 0);
        for request in &history.requests {
            match request.to {
                Some(to) => (count, ms) = (count + 1, ms + (to - request.from).unsigned_abs()),
                None => stored.refused += 1,
            }
            // Now and then a client loses its servers.
            let outcome = match request.to {
                None => CheckOutOutcome::Denied,
                Some(_) if random.below(2_000) == 0 => CheckOutOutcome::Flushed,
                Some(_) => CheckOutOutcome::Returned,
            };
            clients[request.client].push(CheckOut {
                product: product.clone(),
                user: user(request.user),
                host: host(request.client),
                from: request.from,
                to: request.to,
                outcome,
                opened: None,
                before: None,
            });
        }
        stored.taken += count;
        stored.sums.push((product.to_string(), count, ms));
    }
    for records in &mut clients {
        records.sort_by_key(|record| record.to.unwrap_or(record.from));
    }
    (stored, clients)
}

/// Hands check-outs in through the door real clients come by, all clients at once.
#[derive(Debug)]
pub struct HandIn<'a> {
    usage: &'a Usage,
    context: Option<Context>,
    deployment: Arc<str>,
    /// Name, and the number of the next record.
    clients: Vec<(Arc<str>, u64)>,
}

impl<'a> HandIn<'a> {
    /// Goes on where earlier ones of these clients ended.
    pub async fn new(
        usage: &'a Usage,
        context: Option<Context>,
        deployment: &Arc<str>,
        names: impl Iterator<Item = String>,
    ) -> Self {
        let mut clients = Vec::new();
        for (client, name) in names.enumerate() {
            clients.push((name.into(), usage.acknowledged(session(client)).await + 1));
        }
        Self { usage, context, deployment: Arc::clone(deployment), clients }
    }

    /// Stores the records of each client, in full batches.
    ///
    /// # Errors
    /// [`DatabaseError`]
    pub async fn store(&mut self, records: Vec<Vec<CheckOut>>) -> Result<(), DatabaseError> {
        let mut streams: Vec<_> = records.into_iter().map(Vec::into_iter).collect();
        loop {
            let mut wave = Vec::with_capacity(streams.len());
            for (client, records) in streams.iter_mut().enumerate() {
                let records: Vec<CheckOut> = records.take(MOST_RECORDS).collect();
                if records.is_empty() {
                    continue;
                }
                let (name, next) = &mut self.clients[client];
                let first = *next;
                *next += records.len() as u64;
                wave.push(self.usage.take(Batch {
                    session: session(client),
                    client: Arc::clone(name),
                    deployment: Arc::clone(&self.deployment),
                    context: self.context,
                    first,
                    records,
                    ..Batch::default()
                }));
            }
            if wave.is_empty() {
                return Ok(());
            }
            try_join_all(wave).await?;
        }
    }
}

/// Runs of real clients have positive numbers.
fn session(client: usize) -> i64 {
    -1 - client as i64
}

fn name(client: usize) -> String {
    format!("{}-{}", ROLES[client / SITES.len() % ROLES.len()], SITES[client % SITES.len()])
}

fn host(client: usize) -> String {
    format!("{}.{}.example", ROLES[client / SITES.len() % ROLES.len()], SITES[client % SITES.len()])
}

fn user(user: usize) -> String {
    let surname = if user < FIRST_NAMES.len() { "a" } else { "k" };
    format!("{}.{surname}", FIRST_NAMES[user % FIRST_NAMES.len()])
}

/// Numbers that look random and are the same for the same seed.
#[derive(Debug, Clone)]
pub struct SeededRandom(u64);

impl SeededRandom {
    /// Chance of a seed, for one purpose.
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self::from_state(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// Chance that begins in this state.
    pub fn from_state(state: u64) -> Self {
        Self(state)
    }

    /// The next number of the generator SplitMix64.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is not 0.
    pub fn number(&mut self, bound: u64) -> u64 {
        self.next_number() % bound
    }

    /// The same, as an index.
    pub fn below(&mut self, bound: usize) -> usize {
        self.number(bound as u64) as usize
    }

    /// From 0 up to 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next_number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of these, as often as their weights say.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.fraction() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        weights.len() - 1
    }
}
