use std::sync::Arc;

use licensing::client_protocol::{
    ALIVE_MS, Acknowledged, Allocation, CACHE_MS, FaultKind, PATIENCE_MS, REFRESH_MS, Welcome,
};
use licensing::failover::{FailoverEvent, PRIMARY};

use super::known_server::ServerSession;
use super::talk::Problem;
use super::{Driver, HURRY_MS};
use crate::event::ClientEvent;
use crate::journal::ServerIndex;
use crate::keeper_event::KeeperEvent;

/// Refresh intervals a server may wish for, milliseconds.
const INTERVALS_MS: std::ops::RangeInclusive<u64> = 100..=PATIENCE_MS;

/// A server that speaks another version, or serves another run of this client, is asked this many times less often.
const SELDOM: u64 = 5;

/// A run that ended without a word is taken for alive this long after a start, milliseconds.
const EARLIER_RUN_MS: u64 = ALIVE_MS as u64 + 2 * REFRESH_MS;

/// How a request ended.
#[derive(Debug)]
pub enum RequestOutcome {
    /// A hello.
    Welcome {
        /// The run it was said for.
        generation: u32,
        /// Whether it told why this client has come.
        tells: bool,
        /// The answer.
        result: Result<Welcome, Problem>,
    },
    /// A refresh.
    Allocated {
        /// The run it was sent for.
        generation: u32,
        /// As it was sent.
        session: ServerSession,
        /// When.
        sent_ms: u64,
        /// Whether it asked the server to carry what is in use.
        works: bool,
        /// Whether it said that nothing is in use nor wanted.
        is_idle: bool,
        /// The answer.
        result: Result<Allocation, Problem>,
    },
    /// A batch of records.
    Recorded {
        /// The epoch it was sent in.
        epoch: u64,
        /// The first record's number.
        first: u64,
        /// How many.
        sent: usize,
        /// The answer.
        result: Result<Acknowledged, Problem>,
    },
}

impl Driver {
    /// Does what follows from the end of a request.
    pub(super) fn settle(&mut self, server: ServerIndex, outcome: RequestOutcome) {
        let now_ms = self.now_ms();
        // What is too old by now ends before the answer counts.
        self.feed(FailoverEvent::Tick, now_ms);
        let current = self.identity.generation;
        match outcome {
            RequestOutcome::Welcome { generation, .. } | RequestOutcome::Allocated { generation, .. }
                if generation != current =>
            {
                self.known[server].is_asking = false;
                self.known[server].due_ms = now_ms;
            }
            RequestOutcome::Welcome { tells, result, .. } => {
                self.known[server].is_asking = false;
                match result {
                    Ok(welcome) => {
                        // One that came back meanwhile is told again when it is left the next time.
                        self.known[server].is_told |= tells && self.failover.works_with(server);
                        self.welcomed(server, &welcome, now_ms);
                    }
                    Err(problem) if problem.kind == Some(FaultKind::Superseded) => {
                        self.superseded(server, problem, now_ms)
                    }
                    Err(problem) if problem.kind == Some(FaultKind::IdInUse) => self.in_use(server, problem, now_ms),
                    Err(problem) => self.failed(server, problem, now_ms),
                }
            }
            RequestOutcome::Allocated { session, sent_ms, works, is_idle, result, .. } => {
                self.known[server].is_asking = false;
                let result = result.and_then(|allocation| {
                    let is_awaited = allocation.epoch == session.epoch && allocation.sequence == session.sequence;
                    if is_awaited { Ok(allocation) } else { Err(Problem::new("It answered a different request.")) }
                });
                match result {
                    Ok(allocation) => self.allocated(server, &allocation, sent_ms, (works, is_idle), now_ms),
                    Err(problem) if problem.kind == Some(FaultKind::UnknownClient) => {
                        self.unknown(server, problem, now_ms)
                    }
                    Err(problem) if problem.kind == Some(FaultKind::Superseded) => {
                        self.superseded(server, problem, now_ms)
                    }
                    Err(problem) => self.failed(server, problem, now_ms),
                }
            }
            RequestOutcome::Recorded { epoch, first, sent, result } => {
                self.known[server].is_sending = false;
                match result {
                    Ok(answer) => {
                        let known = &self.known[server];
                        if known.session.or(known.lost).is_some_and(|session| session.epoch == epoch) {
                            self.recorded(server, first, sent, &answer, now_ms);
                        }
                    }
                    Err(problem) => self.not_recorded(server, sent, &problem, now_ms),
                }
            }
        }
    }

    fn welcomed(&mut self, server: ServerIndex, welcome: &Welcome, now_ms: u64) {
        let known = &mut self.known[server];
        let has_lost = known.welcome(welcome);
        known.interval_ms = welcome.refresh_ms.clamp(*INTERVALS_MS.start(), *INTERVALS_MS.end());
        known.due_ms = now_ms;
        known.is_settled = false;
        known.is_to_greet = false;
        known.in_use_since = None;
        if let Some(terms) = &welcome.ve {
            self.tell(KeeperEvent::Terms { server, terms: terms.clone() });
        }
        if has_lost {
            self.shared.pools().iter().for_each(|pool| pool.begin_again(server));
        }
        if let Some(renumbering) = self.shared.journal.resume_after(server, welcome.records, self.identity.generation) {
            self.shared.pools().iter().for_each(|pool| pool.tell_again(server, renumbering));
        }
    }

    fn allocated(
        &mut self,
        server: ServerIndex,
        allocation: &Allocation,
        sent_ms: u64,
        (works, is_idle): (bool, bool),
        now_ms: u64,
    ) {
        let lack = self.lack(allocation).filter(|_| works && !is_idle);
        // Backups are for when the primary cannot be used; what it has is only in use for now.
        let is_full = server == PRIMARY && lack.as_ref().is_some_and(|problem| problem.is_full);
        if let Some(problem) = lack.filter(|_| !is_full) {
            return self.gives_none(server, allocation, problem, now_ms);
        }
        let valid_ms = allocation.valid_ms.min(CACHE_MS);
        self.feed(FailoverEvent::Answered { server, sent_ms, valid_ms, grants: works }, now_ms);
        let is_granted = works && self.failover.serving() == Some(server);
        let good_until = is_granted.then(|| sent_ms.saturating_add(valid_ms));
        let name = self.shared.names[server].clone();
        let mut owes_echo = false;
        for pool in self.shared.pools() {
            let limit = allocation.products.get(&pool.product);
            let before = pool.cap();
            if let Some(now) = pool.hear(server, limit, good_until, now_ms, &self.shared.journal) {
                let licensed = limit.map_or(0, |limit| limit.licensed);
                owes_echo |= works && now < before;
                let event = ClientEvent::Allocation {
                    server: name.clone(),
                    product: pool.product.clone(),
                    limit: now,
                    licensed,
                };
                self.shared.tell(event);
            }
        }
        self.tell_ended();
        self.shared.note_problem(server, None);
        if is_granted && is_full {
            self.tell(KeeperEvent::Full(server));
        } else if is_granted {
            self.granted(server, allocation, now_ms);
        }
        let is_free = is_idle && allocation.products.values().all(|limit| limit.limit == 0);
        let interval_ms = allocation.refresh_ms.clamp(*INTERVALS_MS.start(), *INTERVALS_MS.end());
        // Clients that were started together are to drift apart: the second refresh comes at any time within the
        // interval, but not sooner than one that somebody waits for.
        let is_spread = std::mem::replace(&mut self.known[server].is_spread, true);
        let pause_ms =
            if is_spread { self.random.around(interval_ms) } else { self.random.within(interval_ms).max(HURRY_MS) };
        let moves_here = !works && self.failover.serving() == Some(server);
        let known = &mut self.known[server];
        let sequence = allocation.sequence;
        if let Some(session) = &mut known.session {
            session.answered = session.answered.max(sequence);
        }
        known.is_settled = !works && is_free && allocation.saved >= sequence;
        known.is_troubled = false;
        known.problem = None;
        known.answered_ms = Some(now_ms);
        known.has_forgotten = false;
        known.is_renewed = false;
        known.interval_ms = interval_ms;
        known.due_ms = if moves_here { now_ms } else { now_ms.saturating_add(pause_ms) };
        // What a lower limit takes away is free for others once the server knows that it is kept to.
        if std::mem::take(&mut known.is_hurried) || owes_echo {
            known.hurry(now_ms);
        }
    }

    /// Tells of leases that have ended because they were not granted again.
    fn tell_ended(&self) {
        let leases: u64 = self.shared.pools().iter().map(|pool| pool.flushed()).sum();
        if leases > 0 {
            self.shared.tell(ClientEvent::NotGrantedAgain { leases });
        }
    }

    /// Another run has taken this client's place: start a new run. It reports what the servers have not
    /// acknowledged yet.
    fn superseded(&mut self, server: ServerIndex, problem: Problem, now_ms: u64) {
        if self.known[server].is_renewed {
            // Again, before it was answered once: no use in asking faster than usual.
            return self.failed(server, problem, now_ms);
        }
        self.known[server].is_renewed = true;
        self.shared.tell(ClientEvent::Superseded { server: self.shared.names[server].clone() });
        self.identity = Arc::new(self.identity.renewed(self.random.id()));
        self.shared.pools().iter().for_each(|pool| pool.count_anew());
        self.known.iter_mut().for_each(|known| known.renew(now_ms));
    }

    /// Another run of this client is alive at the server. It may be that of this application before a restart, which is silent
    /// soon; only then is it no use to ask.
    fn in_use(&mut self, server: ServerIndex, problem: Problem, now_ms: u64) {
        let known = &mut self.known[server];
        let since_ms = *known.in_use_since.get_or_insert(now_ms);
        if now_ms.saturating_sub(since_ms) >= EARLIER_RUN_MS {
            return self.failed(server, problem, now_ms);
        }
        known.due_ms = now_ms.saturating_add(self.random.around(known.interval_ms));
        self.trouble(server, &problem);
        self.known[server].problem = Some(problem);
    }

    /// The server does not know this run: it is introduced again.
    fn unknown(&mut self, server: ServerIndex, problem: Problem, now_ms: u64) {
        let known = &mut self.known[server];
        known.lost = known.session.take().or(known.lost);
        if std::mem::replace(&mut known.has_forgotten, true) {
            // Again, although it has welcomed this run: no use in asking faster than usual.
            self.failed(server, problem, now_ms);
        } else {
            known.due_ms = now_ms;
        }
    }

    pub(super) fn failed(&mut self, server: ServerIndex, problem: Problem, now_ms: u64) {
        let is_refusal = matches!(
            problem.kind,
            Some(
                FaultKind::ProtocolVersion
                    | FaultKind::Superseded
                    | FaultKind::IdInUse
                    | FaultKind::LoginRefused
                    | FaultKind::HoursUsedUp
            )
        );
        let seldom = is_refusal && !problem.is_full;
        let is_drained = problem.kind == Some(FaultKind::Drained);
        let step = if problem.declines() {
            FailoverEvent::Declined { server, is_drained }
        } else {
            FailoverEvent::Failed(server)
        };
        let is_needed = self.failover.asks(server);
        let known = &mut self.known[server];
        let interval_ms = known.interval_ms * if seldom || !is_needed { SELDOM } else { 1 };
        known.is_troubled = true;
        known.is_hurried = false;
        known.due_ms = now_ms.saturating_add(self.random.around(interval_ms));
        self.trouble(server, &problem);
        self.known[server].problem = Some(problem);
        self.feed(step, now_ms);
    }

    fn trouble(&self, server: ServerIndex, problem: &Problem) {
        if self.shared.note_problem(server, Some(problem.sentence.clone())) {
            let server = self.shared.names[server].clone();
            self.shared.tell(ClientEvent::Refused { server, sentence: problem.sentence.clone() });
        }
    }

    fn recorded(&mut self, server: ServerIndex, first: u64, sent: usize, answer: &Acknowledged, now_ms: u64) {
        let sent = u64::try_from(sent).unwrap_or(u64::MAX);
        // Nobody can have stored what was not sent.
        let number = answer.acknowledged.min(first.saturating_add(sent).saturating_sub(1));
        self.shared.journal.acknowledge(server, number);
        let known = &mut self.known[server];
        known.widen();
        let has_taken_all = number.saturating_add(1) >= first.saturating_add(sent);
        let has_backlog = self.shared.journal.waiting() >= known.batch;
        known.records_due_ms =
            if has_taken_all && has_backlog { now_ms } else { now_ms.saturating_add(known.interval_ms) };
    }

    fn not_recorded(&mut self, server: ServerIndex, sent: usize, problem: &Problem, now_ms: u64) {
        let journal = &self.shared.journal;
        let known = &mut self.known[server];
        known.records_due_ms = now_ms.saturating_add(known.interval_ms);
        match problem.kind {
            // One of them is not as it should be: found by halves and left out, so that the others arrive.
            Some(FaultKind::Malformed | FaultKind::TooLarge) => {
                if sent > 1 {
                    known.batch = (sent / 2).max(1);
                } else {
                    journal.give_up_first(server);
                    tracing::warn!(
                        server = self.shared.names[server],
                        problem.sentence,
                        "the server refused a usage record; dropping it"
                    );
                }
                known.records_due_ms = now_ms;
            }
            Some(FaultKind::UnknownClient) if !known.is_asking => {
                known.lost = known.session.take().or(known.lost);
                known.due_ms = now_ms;
            }
            _ => {}
        }
    }
}
