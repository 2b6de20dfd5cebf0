//! What the application's side and the background task of a client share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use licensing::client_protocol::{MOST_PRODUCTS, Shortage};
use licensing::product::ProductCode;
use tokio::sync::{Notify, broadcast, watch};

use crate::clock::Clock;
use crate::error::{Denied, ServerProblem};
use crate::event::ClientEvent;
use crate::journal::{Journal, ServerIndex};
use crate::lease_pool::{CheckOutDenial, LeasePool, ServerUsage};

/// Events kept for a listener that is slow.
const EVENTS: usize = 256;

/// A stamp is ahead of the clock by no more, milliseconds: a tick is 10 at most.
const MOST_AHEAD_MS: u64 = 20;

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// No server has answered so far, and not all were asked.
    Asking,
    /// A server has answered.
    Found,
    /// All were asked, and none answered.
    None,
}

/// How the servers are.
#[derive(Debug)]
struct Servers {
    away_since: Option<u64>,
    problems: Vec<Option<String>>,
}

/// The shared part of a client.
#[derive(Debug)]
pub struct SharedClient {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The check-outs.
    pub journal: Journal,
    /// Told when the background task is to look at once.
    pub wake: Notify,
    /// Told when the server worked with is to look at its license.
    pub check: Notify,
    /// How far the client has come.
    pub contact: watch::Sender<Contact>,
    /// Set when the client is to end.
    pub closing: watch::Sender<bool>,
    /// Set when the goodbye is over.
    pub ended: watch::Sender<bool>,
    /// How `host:port` of each server reads.
    pub names: Vec<String>,
    events: broadcast::Sender<ClientEvent>,
    /// By their place.
    pools: RwLock<Vec<Arc<LeasePool>>>,
    servers: Mutex<Servers>,
}

impl SharedClient {
    /// A client that has asked no server yet.
    pub fn new(clock: Arc<dyn Clock>, names: Vec<String>, room: usize) -> Self {
        let servers = Servers { away_since: Some(clock.elapsed_ms()), problems: vec![None; names.len()] };
        Self {
            journal: Journal::new(names.len(), room),
            wake: Notify::new(),
            check: Notify::new(),
            contact: watch::Sender::new(Contact::Asking),
            closing: watch::Sender::new(false),
            ended: watch::Sender::new(false),
            events: broadcast::Sender::new(EVENTS),
            pools: RwLock::default(),
            servers: Mutex::new(servers),
            names,
            clock,
        }
    }

    /// A listener of what happens from now on.
    pub fn listen(&self) -> broadcast::Receiver<ClientEvent> {
        self.events.subscribe()
    }

    /// Tells whoever listens.
    pub fn tell(&self, event: ClientEvent) {
        tracing::debug!(%event, "license client");
        // Nobody need listen.
        let _ = self.events.send(event);
    }

    /// The pool of a product, begun when there is none.
    ///
    /// # Errors
    /// [`Denied::TooManyProducts`].
    pub fn pool(&self, product: &ProductCode) -> Result<Arc<LeasePool>, Denied> {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.iter().find(|pool| pool.product == *product) {
            return Ok(pool.clone());
        }
        if pools.len() >= MOST_PRODUCTS {
            return Err(Denied::TooManyProducts);
        }
        let pool = Arc::new(LeasePool::new(pools.len(), product.clone(), self.names.len()));
        if *self.closing.borrow() {
            pool.close(self.clock.elapsed_ms(), &self.journal);
        }
        pools.push(pool.clone());
        Ok(pool)
    }

    /// All pools, by their place.
    pub fn pools(&self) -> Vec<Arc<LeasePool>> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the clock shows `latest_ms`, the latest time a message tells of, and says what it shows then.
    /// Returns are stamped by a clock that may be ahead by half a tick; a message that tells of them is not sent
    /// before.
    pub async fn reach(&self, latest_ms: u64) -> u64 {
        let ahead_ms = latest_ms.saturating_sub(self.clock.elapsed_ms());
        if ahead_ms > 0 {
            tokio::time::sleep(Duration::from_millis(ahead_ms.min(MOST_AHEAD_MS))).await;
        }
        self.clock.elapsed_ms()
    }

    /// What was used so far, of all products and at all servers.
    pub fn used(&self) -> ServerUsage {
        let now_ms = self.clock.elapsed_ms();
        let mut sum = ServerUsage::default();
        for pool in self.pools() {
            let used = pool.used(self.names.len(), now_ms, &self.journal);
            sum.taken += used.taken;
            sum.denied += used.denied;
            sum.usage_ms += used.usage_ms;
        }
        sum
    }

    fn servers(&self) -> MutexGuard<'_, Servers> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is wrong with a server, or that nothing is. Returns whether that is news.
    pub fn note_problem(&self, server: ServerIndex, problem: Option<String>) -> bool {
        let mut servers = self.servers();
        let is_news = servers.problems[server] != problem;
        servers.problems[server] = problem;
        is_news
    }

    /// Notes since when no server serves this client.
    pub fn note_away(&self, since_ms: Option<u64>) {
        self.servers().away_since = since_ms;
    }

    /// What is wrong with each server.
    pub fn problems(&self) -> Vec<ServerProblem> {
        let otherwise = || "Not tried yet.".to_owned();
        let servers = self.servers();
        let problems = servers.problems.iter().zip(&self.names);
        problems
            .map(|(problem, name)| ServerProblem {
                server: name.clone(),
                sentence: problem.clone().unwrap_or_else(otherwise),
            })
            .collect()
    }

    fn away_ms(&self) -> Option<u64> {
        let since = self.servers().away_since?;
        Some(self.clock.elapsed_ms().saturating_sub(since))
    }

    /// A refusal in words.
    pub fn denied(&self, pool: &LeasePool, refusal: CheckOutDenial) -> Denied {
        let product = pool.product.clone();
        let (server, limit, is_over, heard) = match refusal {
            CheckOutDenial::Closed => return Denied::Closed,
            CheckOutDenial::NotHeard => return Denied::NotYetKnown { product },
            CheckOutDenial::NotBegun if *self.contact.borrow() == Contact::Asking => {
                return Denied::NotYetKnown { product };
            }
            CheckOutDenial::NotBegun => match self.away_ms() {
                Some(since_ms) => return Denied::NoServer { since_ms, servers: self.problems() },
                None => return Denied::NotYetKnown { product },
            },
            CheckOutDenial::Flushed => {
                return Denied::Flushed { since_ms: self.away_ms().unwrap_or(0), servers: self.problems() };
            }
            CheckOutDenial::AtLimit { server, limit, is_over, heard } => (server, limit, is_over, heard),
        };
        let server = self.names[server].clone();
        match heard.why {
            Some(Shortage::NotLicensed) => Denied::NotLicensed { product, server },
            Some(Shortage::OutOfService) => Denied::OutOfService { product, server, says: heard.sentence },
            Some(Shortage::Released) => Denied::Released { product, server, says: heard.sentence },
            Some(Shortage::OverLimit) => Denied::OverLimit { product, server, limit },
            _ if is_over => Denied::OverLimit { product, server, limit },
            Some(Shortage::AllInUse) => Denied::AllInUse { product, server, licensed: heard.licensed, limit },
            None => Denied::Growing { product, server, limit },
        }
    }
}
