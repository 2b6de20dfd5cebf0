use crate::client_protocol::CACHE_MS;

use super::{FIRST_PROOF_MS, FLAPPING_MS, FailoverPhase, FailoverState, LONGEST_PROOF_MS, PRIMARY, ServerIndex};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailoverEvent {
    /// A request was sent.
    Asked(ServerIndex),
    /// A usable answer arrived.
    Answered {
        /// The server.
        server: ServerIndex,
        /// When its request was sent.
        sent_ms: u64,
        /// How long its grants are valid from then on, milliseconds; at most [`CACHE_MS`].
        valid_ms: u64,
        /// Whether the request reported use and demand, so that its answer grants licenses.
        grants: bool,
    },
    /// A request ended without a usable answer: refused, failed or timed out.
    Failed(ServerIndex),
    /// A server answered that it doesn't serve this client now: no usable answer, and no reason to wait.
    Declined {
        /// Who.
        server: ServerIndex,
        /// Whether it is draining, so that nothing is wrong with it.
        is_drained: bool,
    },
    /// Time passed.
    Tick,
}

/// What the client must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailoverEffect {
    /// Ask this server now.
    Try(ServerIndex),
    /// Use this server from now on: ask it for what is in use and wanted.
    Work {
        /// The previous server, if any.
        from: Option<ServerIndex>,
        /// The new server.
        to: ServerIndex,
    },
    /// No server gives a usable answer.
    Lost,
    /// The grants have expired: end leases in use and deny new requests.
    Flush {
        /// From when on.
        at_ms: u64,
    },
    /// After a flush, a server responds: accept requests again.
    Resume(ServerIndex),
}

/// The next state and effects.
#[must_use]
pub fn step(state: &FailoverState, event: FailoverEvent, now_ms: u64) -> (FailoverState, Vec<FailoverEffect>) {
    let mut next = state.clone();
    let mut effects = Vec::new();
    // Flush expired grants before applying the event.
    if let Some(at_ms) = next.good_until.filter(|until| now_ms >= *until) {
        next.good_until = None;
        next.phase = FailoverPhase::Flushed;
        next.unanswered_since = None;
        next.primary_good_since = None;
        next.away_since.get_or_insert(now_ms);
        effects.push(FailoverEffect::Flush { at_ms });
    }
    match event {
        FailoverEvent::Asked(server) => asked(&mut next, server, now_ms),
        FailoverEvent::Answered { server, sent_ms, valid_ms, grants } if server < next.servers && sent_ms <= now_ms => {
            let until = sent_ms.saturating_add(valid_ms.min(CACHE_MS));
            // Too late to be usable.
            if until > now_ms {
                answered(&mut next, server, until, grants, now_ms, &mut effects);
            }
        }
        FailoverEvent::Answered { .. } | FailoverEvent::Tick => {}
        FailoverEvent::Failed(server) => failed(&mut next, server, now_ms, &mut effects),
        FailoverEvent::Declined { server, is_drained } if server < next.servers => {
            declined(&mut next, server, is_drained, now_ms, &mut effects);
        }
        FailoverEvent::Declined { .. } => {}
    }
    if next.patient_until().is_some_and(|until| now_ms >= until) {
        give_up(&mut next, false, now_ms, &mut effects);
    }
    (next, effects)
}

fn asked(next: &mut FailoverState, server: ServerIndex, now_ms: u64) {
    if next.serving() == Some(server) {
        next.unanswered_since.get_or_insert(now_ms);
    }
}

fn answered(
    next: &mut FailoverState,
    server: ServerIndex,
    until: u64,
    grants: bool,
    now_ms: u64,
    effects: &mut Vec<FailoverEffect>,
) {
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
            let resumes = next.phase == FailoverPhase::Flushed;
            if !(resumes || next.works_with(server) || server == PRIMARY) {
                return;
            }
            work(next, server, now_ms, effects);
            if grants {
                granted(next, server, until);
            }
            if resumes {
                effects.push(FailoverEffect::Resume(server));
            }
        }
    }
}

/// Grants of `server` replace those of another.
fn granted(next: &mut FailoverState, server: ServerIndex, until: u64) {
    let before = next.good_until.filter(|_| next.granted_by == Some(server));
    next.good_until = before.max(Some(until));
    next.granted_by = Some(server);
}

fn work(next: &mut FailoverState, server: ServerIndex, now_ms: u64, effects: &mut Vec<FailoverEffect>) {
    if server == PRIMARY && next.current.is_some_and(|before| before != PRIMARY) {
        next.returned_at = Some(now_ms);
    }
    let from = next.current;
    next.phase = if server == PRIMARY { FailoverPhase::OnPrimary } else { FailoverPhase::OnBackup(server) };
    next.current = Some(server);
    next.unanswered_since = None;
    next.away_since = None;
    next.primary_good_since = None;
    if from != Some(server) {
        effects.push(FailoverEffect::Work { from, to: server });
    }
}

fn failed(next: &mut FailoverState, server: ServerIndex, now_ms: u64, effects: &mut Vec<FailoverEffect>) {
    if server == PRIMARY {
        next.primary_good_since = None;
    }
    if next.phase == FailoverPhase::Trying(server) {
        try_after(next, server + 1, now_ms, effects);
    }
}

fn declined(
    next: &mut FailoverState,
    server: ServerIndex,
    is_drained: bool,
    now_ms: u64,
    effects: &mut Vec<FailoverEffect>,
) {
    next.declining.insert(server);
    if next.serving() == Some(server) {
        give_up(next, is_drained, now_ms, effects);
    } else {
        failed(next, server, now_ms, effects);
    }
}

/// The server in use gave no usable answer for too long, or refused.
fn give_up(next: &mut FailoverState, is_drained: bool, now_ms: u64, effects: &mut Vec<FailoverEffect>) {
    let since = next.unanswered_since.unwrap_or(now_ms);
    if next.phase == FailoverPhase::OnPrimary {
        let is_early = next.returned_at.is_some_and(|at| since.saturating_sub(at) < FLAPPING_MS);
        next.proof_ms = match (is_early, is_drained) {
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

fn try_after(next: &mut FailoverState, first: ServerIndex, now_ms: u64, effects: &mut Vec<FailoverEffect>) {
    // The failed one is asked at its interval anyway; trying it first would only cost time.
    match (first..next.servers).find(|server| next.current != Some(*server)) {
        Some(server) => {
            next.phase = FailoverPhase::Trying(server);
            effects.push(FailoverEffect::Try(server));
        }
        None => {
            next.phase = FailoverPhase::Disconnected;
            next.away_since.get_or_insert(now_ms);
            effects.push(FailoverEffect::Lost);
        }
    }
}
