use licensing::client_protocol::{Acknowledged, Allocation, CACHE_MS, FaultKind, PATIENCE_MS, Welcome};
use licensing::failover::{Event as Step, PRIMARY};

use super::Driver;
use super::peer::Session;
use super::talk::Problem;
use crate::event::Event;
use crate::journal::Server;
use crate::moment::Moment;

/// Refresh intervals a server may wish for, milliseconds.
const INTERVALS_MS: std::ops::RangeInclusive<u64> = 100..=PATIENCE_MS;

/// A server that speaks another version, or serves another run of this client, is asked this many times less often.
const SELDOM: u64 = 5;

/// How a request ended.
#[derive(Debug)]
pub enum Outcome {
    /// A hello.
    Welcome {
        /// Whether it told why this client has come.
        tells: bool,
        /// The answer.
        result: Result<Welcome, Problem>,
    },
    /// A refresh.
    Allocated {
        /// As it was sent.
        session: Session,
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
    pub(super) fn settle(&mut self, server: Server, outcome: Outcome) {
        let now_ms = self.now_ms();
        // What is too old by now ends before the answer counts.
        self.feed(Step::Tick, now_ms);
        match outcome {
            Outcome::Welcome { tells, result } => {
                self.peers[server].is_asking = false;
                match result {
                    Ok(welcome) => {
                        // One that came back meanwhile is told again when it is left the next time.
                        self.peers[server].is_told |= tells && self.failover.works_with(server);
                        self.welcomed(server, &welcome, now_ms);
                    }
                    Err(problem) => self.failed(server, problem, now_ms),
                }
            }
            Outcome::Allocated { session, sent_ms, works, is_idle, result } => {
                self.peers[server].is_asking = false;
                let result = result.and_then(|allocation| {
                    let is_awaited = allocation.epoch == session.epoch && allocation.sequence == session.sequence;
                    if is_awaited { Ok(allocation) } else { Err(Problem::new("It answered a different request.")) }
                });
                match result {
                    Ok(allocation) => self.allocated(server, &allocation, sent_ms, (works, is_idle), now_ms),
                    Err(problem) if problem.kind == Some(FaultKind::UnknownClient) => {
                        self.unknown(server, problem, now_ms)
                    }
                    Err(problem) => self.failed(server, problem, now_ms),
                }
            }
            Outcome::Recorded { epoch, first, sent, result } => {
                self.peers[server].is_sending = false;
                match result {
                    Ok(answer) => {
                        if self.peers[server].session.is_some_and(|session| session.epoch == epoch) {
                            self.recorded(server, first, sent, &answer, now_ms);
                        }
                    }
                    Err(problem) => self.not_recorded(server, sent, &problem, now_ms),
                }
            }
        }
    }

    fn welcomed(&mut self, server: Server, welcome: &Welcome, now_ms: u64) {
        let peer = &mut self.peers[server];
        let has_lost = peer.welcome(welcome);
        peer.interval_ms = welcome.refresh_ms.clamp(*INTERVALS_MS.start(), *INTERVALS_MS.end());
        peer.due_ms = now_ms;
        peer.is_settled = false;
        peer.is_to_greet = false;
        if let Some(terms) = &welcome.ve {
            self.tell(Moment::Terms { server, terms: terms.clone() });
        }
        if has_lost {
            self.shared.books().iter().for_each(|book| book.begin_again(server));
        }
        if self.shared.journal.resume_after(server, welcome.records) {
            self.shared.books().iter().for_each(|book| book.tell_again(server));
        }
    }

    fn allocated(
        &mut self,
        server: Server,
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
        self.feed(Step::Answered { server, sent_ms, valid_ms, grants: works }, now_ms);
        let is_granted = works && self.failover.serving() == Some(server);
        let good_until = is_granted.then(|| sent_ms.saturating_add(valid_ms));
        let name = self.shared.names[server].clone();
        for book in self.shared.books() {
            let limit = allocation.products.get(&book.product);
            if let Some(now) = book.hear(server, limit, good_until, now_ms, &self.shared.journal) {
                let licensed = limit.map_or(0, |limit| limit.licensed);
                let event =
                    Event::Allocation { server: name.clone(), product: book.product.clone(), limit: now, licensed };
                self.shared.tell(event);
            }
        }
        self.shared.note_problem(server, None);
        if is_granted && is_full {
            self.tell(Moment::Full(server));
        } else if is_granted {
            self.granted(server, allocation, now_ms);
        }
        let is_free = is_idle && allocation.products.values().all(|limit| limit.limit == 0);
        let interval_ms = allocation.refresh_ms.clamp(*INTERVALS_MS.start(), *INTERVALS_MS.end());
        // Clients that were started together are to drift apart: the second refresh comes at any time within the
        // interval.
        let is_spread = std::mem::replace(&mut self.peers[server].is_spread, true);
        let pause_ms = if is_spread { self.dice.around(interval_ms) } else { self.dice.within(interval_ms) };
        let moves_here = !works && self.failover.serving() == Some(server);
        let peer = &mut self.peers[server];
        let sequence = allocation.sequence;
        if let Some(session) = &mut peer.session {
            session.answered = session.answered.max(sequence);
        }
        peer.is_settled = !works && is_free && allocation.saved >= sequence;
        peer.is_troubled = false;
        peer.problem = None;
        peer.answered_ms = Some(now_ms);
        peer.has_forgotten = false;
        peer.interval_ms = interval_ms;
        peer.due_ms = if moves_here { now_ms } else { now_ms.saturating_add(pause_ms) };
        if std::mem::take(&mut peer.is_hurried) {
            peer.hurry(now_ms);
        }
    }

    /// The server does not know this run: it is introduced again.
    fn unknown(&mut self, server: Server, problem: Problem, now_ms: u64) {
        let peer = &mut self.peers[server];
        peer.lost = peer.session.take().or(peer.lost);
        if std::mem::replace(&mut peer.has_forgotten, true) {
            // Again, although it has welcomed this run: no use in asking faster than usual.
            self.failed(server, problem, now_ms);
        } else {
            peer.due_ms = now_ms;
        }
    }

    pub(super) fn failed(&mut self, server: Server, problem: Problem, now_ms: u64) {
        let is_refusal = matches!(
            problem.kind,
            Some(FaultKind::ProtocolVersion | FaultKind::Superseded | FaultKind::LoginRefused | FaultKind::HoursUsedUp)
        );
        let seldom = is_refusal && !problem.is_full;
        let is_handed_over = problem.kind == Some(FaultKind::HandedOver);
        let step = if problem.declines() { Step::Declined { server, is_handed_over } } else { Step::Failed(server) };
        let is_needed = self.failover.asks(server);
        let peer = &mut self.peers[server];
        let interval_ms = peer.interval_ms * if seldom || !is_needed { SELDOM } else { 1 };
        peer.is_troubled = true;
        peer.is_hurried = false;
        peer.due_ms = now_ms.saturating_add(self.dice.around(interval_ms));
        self.trouble(server, &problem);
        self.peers[server].problem = Some(problem);
        self.feed(step, now_ms);
    }

    fn trouble(&self, server: Server, problem: &Problem) {
        if self.shared.note_problem(server, Some(problem.sentence.clone())) {
            let server = self.shared.names[server].clone();
            self.shared.tell(Event::Refused { server, sentence: problem.sentence.clone() });
        }
    }

    fn recorded(&mut self, server: Server, first: u64, sent: usize, answer: &Acknowledged, now_ms: u64) {
        let sent = u64::try_from(sent).unwrap_or(u64::MAX);
        // Nobody can have stored what was not sent.
        let number = answer.acknowledged.min(first.saturating_add(sent).saturating_sub(1));
        self.shared.journal.acknowledge(server, number);
        let peer = &mut self.peers[server];
        peer.widen();
        let has_taken_all = number.saturating_add(1) >= first.saturating_add(sent);
        let has_backlog = self.shared.journal.waiting() >= peer.batch;
        peer.records_due_ms =
            if has_taken_all && has_backlog { now_ms } else { now_ms.saturating_add(peer.interval_ms) };
    }

    fn not_recorded(&mut self, server: Server, sent: usize, problem: &Problem, now_ms: u64) {
        let journal = &self.shared.journal;
        let peer = &mut self.peers[server];
        peer.records_due_ms = now_ms.saturating_add(peer.interval_ms);
        match problem.kind {
            // One of them is not as it should be: found by halves and left out, so that the others arrive.
            Some(FaultKind::Malformed | FaultKind::TooLarge) => {
                if sent > 1 {
                    peer.batch = (sent / 2).max(1);
                } else {
                    journal.give_up_first(server);
                    tracing::warn!(
                        server = self.shared.names[server],
                        problem.sentence,
                        "the server refused a usage record; dropping it"
                    );
                }
                peer.records_due_ms = now_ms;
            }
            Some(FaultKind::UnknownClient) if !peer.is_asking => {
                peer.lost = peer.session.take().or(peer.lost);
                peer.due_ms = now_ms;
            }
            _ => {}
        }
    }
}
