//! Which server carries what a client takes, found out from outside: from the client's events and from what goes over its wire.
//!
//! The client says with an event with whom it works. What it takes is within the limit of that server once the server has answered
//! a refresh that was sent after the event; until then it may be within the limit of the server before.

use std::collections::BTreeMap;

use client::ClientEvent;
pub use licensing::failover::ServerIndex;
use licensing::product::ProductCode;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::log::Log;

/// The names of the servers, the primary first.
pub const SERVERS: [&str; 2] = ["primary", "backup"];

/// What is known of one run of a client.
#[derive(Debug)]
pub struct ClientWatch {
    name: String,
    log: Log,
    events: Receiver<ClientEvent>,
    /// With whom it works.
    works_with: Option<ServerIndex>,
    /// Counts how often that changed.
    moves: u64,
    /// Since when what it takes is within the limit of the server it works with.
    carried_since: Option<u64>,
    /// Products of which it has taken a license since then: all it holds of them were within the limit at that moment.
    taken: BTreeMap<ProductCode, u64>,
}

impl ClientWatch {
    pub fn new(name: String, log: Log, events: Receiver<ClientEvent>) -> Self {
        Self { name, log, events, works_with: None, moves: 0, carried_since: None, taken: BTreeMap::new() }
    }

    /// A refresh is sent now. Stands for it when it is answered.
    pub fn sent(&mut self) -> u64 {
        self.hear();
        self.moves
    }

    /// `server` answered a refresh at `now_ms`.
    pub fn answered(&mut self, server: ServerIndex, sent: u64, now_ms: u64) {
        self.hear();
        if self.works_with == Some(server) && self.moves == sent && self.carried_since.is_none() {
            self.carried_since = Some(now_ms);
        }
    }

    /// It took a license at `now_ms`.
    pub fn took(&mut self, product: &ProductCode, now_ms: u64) {
        self.hear();
        // At that very millisecond the answer may not be read yet.
        if self.carried_since.is_some_and(|since| since < now_ms) {
            self.taken.insert(product.clone(), now_ms);
        }
    }

    /// Whether what it holds of a product is to be within what `server` has.
    pub fn is_carried(&mut self, server: ServerIndex, product: &ProductCode) -> bool {
        self.hear();
        self.works_with == Some(server) && self.taken.contains_key(product)
    }

    /// Whether it works with `server` and has taken a license that is within what that has, after `since_ms`.
    pub fn has_taken(&mut self, server: ServerIndex, since_ms: u64) -> bool {
        self.hear();
        self.works_with == Some(server) && self.taken.values().any(|at| *at > since_ms)
    }

    fn hear(&mut self) {
        loop {
            let event = match self.events.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
                Err(TryRecvError::Lagged(missed)) => panic!("{missed} events of {} were missed", self.name),
            };
            self.follow(&event);
            self.log.tell(format!("{}: {event}", self.name));
        }
    }

    fn follow(&mut self, event: &ClientEvent) {
        let (what, to) = match event {
            ClientEvent::Connected { server } => ("connected", server),
            ClientEvent::Failover { to, .. } => ("moved to the backup", to),
            ClientEvent::Returned { server } => ("moved back to the primary", server),
            ClientEvent::Flushed { .. } => return self.log.count("flushed"),
            ClientEvent::Resumed { .. } => return self.log.count("resumed"),
            _ => return,
        };
        self.log.count(what);
        self.works_with = SERVERS.iter().position(|name| to.starts_with(name));
        self.moves += 1;
        self.carried_since = None;
        self.taken.clear();
    }
}
