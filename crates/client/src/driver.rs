//! The background task of a client: asks the servers, follows their limits, brings them what was used.

mod answers;
mod ask;
mod identity;
mod kept;
mod parting;
mod peer;
mod talk;

use std::sync::Arc;
use std::time::Duration;

use licensing::failover::{self, Effect, Event as Step, State, invariants};
use tokio::sync::mpsc;

use crate::client::Parting;
use crate::connection::Link;
use crate::event::Event;
use crate::journal::Server;
use crate::secret::Dice;
use crate::shared::{Contact, Shared};
use answers::Outcome;
pub use identity::Identity;
pub use kept::Keeper;
use peer::Peer;
pub use talk::Problem;

/// Time between two refreshes that somebody waits for, milliseconds.
const HURRY_MS: u64 = 50;

/// The longest the task sleeps, milliseconds: after the machine slept, timers are late by that time.
const LONGEST_SLEEP_MS: u64 = 1_000;

/// The background task.
#[derive(Debug)]
pub struct Driver {
    shared: Arc<Shared>,
    peers: Vec<Peer>,
    failover: State,
    identity: Arc<Identity>,
    keeper: Option<Keeper>,
    dice: Dice,
    sender: mpsc::UnboundedSender<(Server, Outcome)>,
    outcomes: mpsc::UnboundedReceiver<(Server, Outcome)>,
}

impl Driver {
    /// A task that has asked nobody so far.
    pub fn new(shared: Arc<Shared>, links: Vec<Link>, identity: Identity, keeper: Option<Keeper>, dice: Dice) -> Self {
        let now_ms = shared.clock.elapsed_ms();
        let (sender, outcomes) = mpsc::unbounded_channel();
        Self {
            failover: State::new(links.len(), now_ms),
            peers: links.into_iter().map(|link| Peer::new(link, now_ms)).collect(),
            identity: Arc::new(identity),
            keeper,
            dice,
            shared,
            sender,
            outcomes,
        }
    }

    /// Works until the client is to end, then says goodbye.
    pub async fn run(mut self) -> Parting {
        let shared = self.shared.clone();
        let mut closing = shared.closing.subscribe();
        self.tell_begin();
        loop {
            shared.clock.align();
            let now_ms = self.now_ms();
            self.feed(Step::Tick, now_ms);
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
        let peers = (0..self.peers.len()).filter_map(|server| self.due_at(server));
        let rule = [self.failover.patient_until(), self.failover.good_until];
        let next = peers.chain(rule.into_iter().flatten()).min().unwrap_or(u64::MAX);
        next.saturating_sub(now_ms).clamp(1, LONGEST_SLEEP_MS)
    }

    /// Somebody wants more than the servers were told.
    fn hurry(&mut self) {
        let now_ms = self.now_ms();
        for server in 0..self.peers.len() {
            if self.failover.works_with(server) {
                self.peers[server].hurry(now_ms);
            }
        }
    }

    /// Tells the rules what happened, and does what follows.
    fn feed(&mut self, event: Step, now_ms: u64) {
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

    fn carry_out(&mut self, effect: Effect, now_ms: u64) {
        let shared = self.shared.clone();
        let name = |server: Server| shared.names[server].clone();
        match effect {
            Effect::Try(server) => self.peers[server].due_ms = now_ms,
            Effect::Work { from, to } => {
                shared.journal.prepare(to);
                self.peers[to].due_ms = now_ms;
                shared.contact.send_replace(Contact::Found);
                shared.tell(match from {
                    None => Event::Connected { server: name(to) },
                    Some(_) if to == failover::PRIMARY => Event::Returned { server: name(to) },
                    Some(from) => Event::Failover { from: name(from), to: name(to) },
                });
            }
            Effect::Lost => {
                shared.contact.send_if_modified(|contact| {
                    let is_first = *contact == Contact::Asking;
                    if is_first {
                        *contact = Contact::None;
                    }
                    is_first
                });
                shared.tell(Event::Disconnected);
            }
            Effect::Flush { .. } => {
                let books = shared.books();
                books.iter().for_each(|book| book.expire(now_ms, &shared.journal));
                shared.tell(Event::Flushed { leases: books.iter().map(|book| book.flushed()).sum() });
            }
            Effect::Resume(server) => {
                shared.contact.send_replace(Contact::Found);
                shared.tell(Event::Resumed { server: name(server) });
            }
        }
    }
}
