//! What the background task does for whoever keeps one license.

use licensing::client_protocol::{Allocation, ExpiryNotice, PATIENCE_MS};
use licensing::failover::{FailoverEffect, FailoverEvent, FailoverPhase, FailoverState, PRIMARY};
use licensing::product::ProductCode;
use tokio::sync::mpsc;

use super::Driver;
use super::talk::Problem;
use crate::event::ClientEvent;
use crate::journal::ServerIndex;
use crate::keeper_event::KeeperEvent;
use crate::lease_pool::printable;

/// An announced end that moves by more than this is news, milliseconds.
const MOVED_MS: u64 = 30_000;

/// Somebody who needs one license of one product at any time: a server that gives none is no use.
#[derive(Debug, Clone)]
pub struct LicenseKeeper {
    /// The product.
    pub product: ProductCode,
    /// Where to tell what happens.
    pub moments: mpsc::UnboundedSender<KeeperEvent>,
}

impl Driver {
    pub(super) fn tell(&self, moment: KeeperEvent) {
        if let Some(keeper) = &self.keeper {
            // Whoever kept the license may have ended.
            let _ = keeper.moments.send(moment);
        }
    }

    pub(super) fn tell_begin(&self) {
        self.tell(KeeperEvent::Trying(PRIMARY));
    }

    /// Tells what follows from a step of the rules, in the order it happened.
    pub(super) fn tell_keeper(&self, before: &FailoverState, event: FailoverEvent, effects: &[FailoverEffect]) {
        let missed = match (before.serving(), event) {
            (Some(server), _) if self.failover.serving().is_none() => Some(server),
            (None, FailoverEvent::Failed(server) | FailoverEvent::Declined { server, .. })
                if before.phase == FailoverPhase::Trying(server) && self.failover.phase != before.phase =>
            {
                Some(server)
            }
            _ => None,
        };
        if let Some(server) = missed {
            self.tell(KeeperEvent::Missed { server, problem: self.problem(server) });
        }
        for effect in effects {
            match effect {
                FailoverEffect::Try(server) => self.tell(KeeperEvent::Trying(*server)),
                FailoverEffect::Lost | FailoverEffect::Flush { .. } => self.tell(KeeperEvent::Lost),
                FailoverEffect::Work { .. } | FailoverEffect::Resume(_) => {}
            }
        }
    }

    /// What is wrong with a server, as far as that is known.
    pub(super) fn problem(&self, server: ServerIndex) -> Problem {
        let silent = || Problem::new(format!("It did not respond within {} seconds.", PATIENCE_MS / 1_000));
        self.known[server].problem.clone().unwrap_or_else(silent)
    }

    /// Why an answer is no use to whoever keeps a license: it gives none.
    pub(super) fn lack(&self, allocation: &Allocation) -> Option<Problem> {
        let limit = allocation.products.get(&self.keeper.as_ref()?.product);
        let is_given = limit.is_some_and(|limit| limit.limit > 0);
        (!is_given).then(|| Problem::none_given(limit))
    }

    /// The server worked with is to look at its license again: hello is repeated, and its answer names the terms.
    pub(super) fn check(&mut self) {
        let now_ms = self.now_ms();
        if let Some(server) = self.failover.serving() {
            self.known[server].is_to_greet = true;
            self.known[server].hurry(now_ms);
        }
    }

    /// The server worked with gives what it can.
    pub(super) fn granted(&mut self, server: ServerIndex, allocation: &Allocation, now_ms: u64) {
        let ends_ms = allocation.notice.as_ref().map(|notice| now_ms.saturating_add(notice.ends_in_ms));
        let before = std::mem::replace(&mut self.known[server].ends_ms, ends_ms);
        if let Some(notice) = &allocation.notice {
            let notice = ExpiryNotice { sentence: printable(&notice.sentence), ..notice.clone() };
            // Told with every answer; news when there was none before, or the end has moved.
            let is_news = before.is_none_or(|before| before.abs_diff(ends_ms.unwrap_or(before)) > MOVED_MS);
            if is_news {
                let (server, ends_in_ms) = (self.shared.names[server].clone(), notice.ends_in_ms);
                self.shared.tell(ClientEvent::Notice { server, ends_in_ms, sentence: notice.sentence.clone() });
                self.tell(KeeperEvent::Notice(notice));
            }
        }
        self.tell(KeeperEvent::Granted(server));
    }

    /// The server answered, and gives no license to somebody who needs one.
    pub(super) fn gives_none(&mut self, server: ServerIndex, allocation: &Allocation, problem: Problem, now_ms: u64) {
        for pool in self.shared.pools() {
            let limit = allocation.products.get(&pool.product);
            pool.hear(server, limit, None, now_ms, &self.shared.journal);
        }
        if let Some(session) = &mut self.known[server].session {
            session.answered = session.answered.max(allocation.sequence);
        }
        self.failed(server, problem, now_ms);
    }
}
