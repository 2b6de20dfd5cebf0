//! The background task of a client: asks the servers, follows their limits, brings them what was used.

mod answers;
mod ask;
mod identity;
mod keeper;
mod known_server;
mod parting;
mod talk;

use std::sync::Arc;
use std::time::Duration;

use licensing::failover::{self, FailoverEffect, FailoverEvent, FailoverState, invariants};
use tokio::sync::mpsc;

use crate::client::ClientShutdown;
use crate::connection::ServerLink;
use crate::event::ClientEvent;
use crate::journal::ServerIndex;
use crate::secret::ClientRandom;
use crate::shared::{Contact, SharedClient};
use answers::RequestOutcome;
pub use identity::ClientIdentity;
pub use keeper::LicenseKeeper;
use known_server::KnownServer;
pub use talk::Problem;

/// Time between two refreshes that somebody waits for, milliseconds.
const HURRY_MS: u64 = 50;

/// The longest the task sleeps, milliseconds: after the machine slept, timers are late by that time.
const LONGEST_SLEEP_MS: u64 = 1_000;

/// The background task.
#[derive(Debug)]
pub struct Driver {
    shared: Arc<SharedClient>,
    known: Vec<KnownServer>,
    failover: FailoverState,
    identity: Arc<ClientIdentity>,
    keeper: Option<LicenseKeeper>,
    random: ClientRandom,
    sender: mpsc::UnboundedSender<(ServerIndex, RequestOutcome)>,
    outcomes: mpsc::UnboundedReceiver<(ServerIndex, RequestOutcome)>,
}

impl Driver {
    /// A task that has asked nobody so far.
    pub fn new(
        shared: Arc<SharedClient>,
        links: Vec<ServerLink>,
        identity: ClientIdentity,
        keeper: Option<LicenseKeeper>,
        random: ClientRandom,
    ) -> Self {
        let now_ms = shared.clock.elapsed_ms();
        let (sender, outcomes) = mpsc::unbounded_channel();
        Self {
            failover: FailoverState::new(links.len(), now_ms),
            known: links.into_iter().map(|link| KnownServer::new(link, now_ms)).collect(),
            identity: Arc::new(identity),
            keeper,
            random,
            shared,
            sender,
            outcomes,
        }
    }

    /// Works until the client is to end, then says goodbye.
    pub async fn run(mut self) -> ClientShutdown {
        let shared = self.shared.clone();
        let mut closing = shared.closing.subscribe();
        self.tell_begin();
        loop {
            shared.clock.align();
            let now_ms = self.now_ms();
            self.feed(FailoverEvent::Tick, now_ms);
            self.ask_those_due(now_ms);
            let sleep = tokio::time::sleep(Duration::from_millis(self.next_due(now_ms)));
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => break,
                Some((server, outcome)) = self.outcomes.recv() => self.settle(server, outcome),
                () = shared.wake.notified() => self.hurry(),
                () = shared.check.notified() => self.check(),
                () = sleep => {}
            }
        }
        let parting = self.part().await;
        shared.ended.send_replace(true);
        parting
    }

    fn now_ms(&self) -> u64 {
        self.shared.clock.elapsed_ms()
    }

    /// Milliseconds until there is something to do.
    fn next_due(&self, now_ms: u64) -> u64 {
        let due = (0..self.known.len()).filter_map(|server| self.due_at(server));
        let rule = [self.failover.patient_until(), self.failover.good_until];
        let next = due.chain(rule.into_iter().flatten()).min().unwrap_or(u64::MAX);
        next.saturating_sub(now_ms).clamp(1, LONGEST_SLEEP_MS)
    }

    /// Somebody wants more than the servers were told.
    fn hurry(&mut self) {
        let now_ms = self.now_ms();
        for server in 0..self.known.len() {
            if self.failover.works_with(server) {
                self.known[server].hurry(now_ms);
            }
        }
    }

    /// Tells the rules what happened, and does what follows.
    fn feed(&mut self, event: FailoverEvent, now_ms: u64) {
        let (next, effects) = failover::step(&self.failover, event, now_ms);
        if let Err(broken) = invariants(&next, now_ms) {
            tracing::error!(%broken, ?event, "broken invariant in the license client; ignoring the event");
            return;
        }
        let before = std::mem::replace(&mut self.failover, next);
        self.shared.note_away(self.failover.away_since);
        self.forget_told(&before);
        self.tell_keeper(&before, event, &effects);
        for effect in effects {
            self.carry_out(effect, now_ms);
        }
    }

    fn carry_out(&mut self, effect: FailoverEffect, now_ms: u64) {
        let shared = self.shared.clone();
        let name = |server: ServerIndex| shared.names[server].clone();
        match effect {
            FailoverEffect::Try(server) => self.known[server].due_ms = now_ms,
            FailoverEffect::Work { from, to } => {
                shared.journal.prepare(to);
                self.known[to].due_ms = now_ms;
                shared.contact.send_replace(Contact::Found);
                shared.tell(match from {
                    None => ClientEvent::Connected { server: name(to) },
                    Some(_) if to == failover::PRIMARY => ClientEvent::Returned { server: name(to) },
                    Some(from) => ClientEvent::Failover { from: name(from), to: name(to) },
                });
            }
            FailoverEffect::Lost => {
                shared.contact.send_if_modified(|contact| {
                    let is_first = *contact == Contact::Asking;
                    if is_first {
                        *contact = Contact::None;
                    }
                    is_first
                });
                shared.tell(ClientEvent::Disconnected);
            }
            FailoverEffect::Flush { .. } => {
                let pools = shared.pools();
                pools.iter().for_each(|pool| pool.expire(now_ms, &shared.journal));
                shared.tell(ClientEvent::Flushed { leases: pools.iter().map(|pool| pool.flushed()).sum() });
            }
            FailoverEffect::Resume(server) => {
                shared.contact.send_replace(Contact::Found);
                shared.tell(ClientEvent::Resumed { server: name(server) });
            }
        }
    }
}
