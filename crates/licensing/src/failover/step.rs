use crate::client_protocol::CACHE_MS;

use super::{FIRST_PROOF_MS, FLAPPING_MS, LONGEST_PROOF_MS, PRIMARY, Phase, Server, State};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A request was sent.
    Asked(Server),
    /// A usable answer arrived.
    Answered {
        /// The server.
        server: Server,
        /// When its request was sent.
        sent_ms: u64,
        /// How long its grants are valid from then on, milliseconds; at most [`CACHE_MS`].
        valid_ms: u64,
        /// Whether the request reported use and demand, so that its answer grants licenses.
        grants: bool,
    },
    /// A request ended without a usable answer: refused, failed or timed out.
    Failed(Server),
    /// A server answered that it doesn't serve this client now: no usable answer, and no reason to wait.
    Declined {
        /// Who.
        server: Server,
        /// Whether it is draining, so that nothing is wrong with it.
        is_handed_over: bool,
    },
    /// Time passed.
    Tick,
}

/// What the client must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Ask this server now.
    Try(Server),
    /// Use this server from now on: ask it for what is in use and wanted.
    Work {
        /// The previous server, if any.
        from: Option<Server>,
        /// The new server.
        to: Server,
    },
    /// No server gives a usable answer.
    Lost,
    /// The grants have expired: end leases in use and deny new requests.
    Flush {
        /// From when on.
        at_ms: u64,
    },
    /// After a flush, a server responds: accept requests again.
    Resume(Server),
}

/// The next state and effects.
#[must_use]
pub fn step(state: &State, event: Event, now_ms: u64) -> (State, Vec<Effect>) {
    let mut next = state.clone();
    let mut effects = Vec::new();
    // Flush expired grants before applying the event.
    if let Some(at_ms) = next.good_until.filter(|until| now_ms >= *until) {
        next.good_until = None;
        next.phase = Phase::Flushed;
        next.unanswered_since = None;
        next.primary_good_since = None;
        next.away_since.get_or_insert(now_ms);
        effects.push(Effect::Flush { at_ms });
    }
    match event {
        Event::Asked(server) => asked(&mut next, server, now_ms),
        Event::Answered { server, sent_ms, valid_ms, grants } if server < next.servers && sent_ms <= now_ms => {
            let until = sent_ms.saturating_add(valid_ms.min(CACHE_MS));
            // Too late to be usable.
            if until > now_ms {
                answered(&mut next, server, until, grants, now_ms, &mut effects);
            }
        }
        Event::Answered { .. } | Event::Tick => {}
        Event::Failed(server) => failed(&mut next, server, now_ms, &mut effects),
        Event::Declined { server, is_handed_over } if server < next.servers => {
            declined(&mut next, server, is_handed_over, now_ms, &mut effects);
        }
        Event::Declined { .. } => {}
    }
    if next.patient_until().is_some_and(|until| now_ms >= until) {
        give_up(&mut next, false, now_ms, &mut effects);
    }
    (next, effects)
}

fn asked(next: &mut State, server: Server, now_ms: u64) {
    if next.serving() == Some(server) {
        next.unanswered_since.get_or_insert(now_ms);
    }
}

fn answered(next: &mut State, server: Server, until: u64, grants: bool, now_ms: u64, effects: &mut Vec<Effect>) {
    next.declining.remove(&server);
    match next.serving() {
        Some(serving) if serving == server => {
            next.unanswered_since = None;
            if grants {
                granted(next, server, until);
            }
        }
        Some(_) if server == PRIMARY => {
            // A good answer of a server not in use. Its proof starts with this answer.
            let since = *next.primary_good_since.get_or_insert(now_ms);
            if now_ms.saturating_sub(since) >= next.proof_ms {
                work(next, PRIMARY, now_ms, effects);
                if grants {
                    granted(next, server, until);
                }
            }
        }
        Some(_) => {}
        None => {
            let resumes = next.phase == Phase::Flushed;
            if !(resumes || next.works_with(server) || server == PRIMARY) {
                return;
            }
            work(next, server, now_ms, effects);
            if grants {
                granted(next, server, until);
            }
            if resumes {
                effects.push(Effect::Resume(server));
            }
        }
    }
}

/// Grants of `server` replace those of another.
fn granted(next: &mut State, server: Server, until: u64) {
    let before = next.good_until.filter(|_| next.granted_by == Some(server));
    next.good_until = before.max(Some(until));
    next.granted_by = Some(server);
}

fn work(next: &mut State, server: Server, now_ms: u64, effects: &mut Vec<Effect>) {
    if server == PRIMARY && next.current.is_some_and(|before| before != PRIMARY) {
        next.returned_at = Some(now_ms);
    }
    let from = next.current;
    next.phase = if server == PRIMARY { Phase::OnPrimary } else { Phase::OnBackup(server) };
    next.current = Some(server);
    next.unanswered_since = None;
    next.away_since = None;
    next.primary_good_since = None;
    if from != Some(server) {
        effects.push(Effect::Work { from, to: server });
    }
}

fn failed(next: &mut State, server: Server, now_ms: u64, effects: &mut Vec<Effect>) {
    if server == PRIMARY {
        next.primary_good_since = None;
    }
    if next.phase == Phase::Trying(server) {
        try_after(next, server + 1, now_ms, effects);
    }
}

fn declined(next: &mut State, server: Server, is_handed_over: bool, now_ms: u64, effects: &mut Vec<Effect>) {
    next.declining.insert(server);
    if next.serving() == Some(server) {
        give_up(next, is_handed_over, now_ms, effects);
    } else {
        failed(next, server, now_ms, effects);
    }
}

/// The server in use gave no usable answer for too long, or refused.
fn give_up(next: &mut State, is_handed_over: bool, now_ms: u64, effects: &mut Vec<Effect>) {
    let since = next.unanswered_since.unwrap_or(now_ms);
    if next.phase == Phase::OnPrimary {
        let is_early = next.returned_at.is_some_and(|at| since.saturating_sub(at) < FLAPPING_MS);
        next.proof_ms = match (is_early, is_handed_over) {
            (false, _) => 0,
            // Deliberate: its required proof neither grows nor is reset.
            (true, true) => next.proof_ms,
            (true, false) => (next.proof_ms * 2).clamp(FIRST_PROOF_MS, LONGEST_PROOF_MS),
        };
    }
    next.away_since = Some(since);
    next.unanswered_since = None;
    next.primary_good_since = None;
    try_after(next, PRIMARY, now_ms, effects);
}

fn try_after(next: &mut State, first: Server, now_ms: u64, effects: &mut Vec<Effect>) {
    // The failed one is asked at its interval anyway; trying it first would only cost time.
    match (first..next.servers).find(|server| next.current != Some(*server)) {
        Some(server) => {
            next.phase = Phase::Trying(server);
            effects.push(Effect::Try(server));
        }
        None => {
            next.phase = Phase::Disconnected;
            next.away_since.get_or_insert(now_ms);
            effects.push(Effect::Lost);
        }
    }
}
