use licensing::client_protocol::{CheckOutOutcome, Limit, Shortage};

use super::slots::{OpenReport, Slot};
use super::{Ending, LeasePool, OPEN_AFTER_MS, ROOM_AHEAD, State};
use crate::journal::{CheckOutEntry, Journal, Renumbering, ServerIndex};

/// What a server said about a product, besides its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDetails {
    /// Licenses it has.
    pub licensed: u32,
    /// Why the limit is below what was wanted.
    pub why: Option<Shortage>,
    /// The same as a sentence.
    pub sentence: Option<String>,
}

/// The most characters of a server's sentence that are kept.
const LONGEST_SENTENCE: usize = 500;

impl LeasePool {
    /// `server` named a limit; with `good_until`, what it grants counts from now on, until then. Returns the limit of
    /// the server in use when it is another than before.
    ///
    /// Both happen at once: a limit that another server named earlier must not count for an instant.
    pub fn hear(
        &self,
        server: ServerIndex,
        limit: Option<&Limit>,
        good_until: Option<u64>,
        now_ms: u64,
        journal: &Journal,
    ) -> Option<u32> {
        let mut state = self.state();
        let now_ms = self.advance(&mut state, now_ms, journal);
        let before = (state.usage.server(), state.cap);
        let good_until = good_until.filter(|until| *until > now_ms && state.ending != Ending::Closed);
        if let Some(until) = good_until {
            state.begin(server, until, limit.is_some(), now_ms);
        }
        state.servers[server].heard_of = state.servers[server].told;
        if let Some(limit) = limit {
            let here = state.held_at(server);
            let at = &mut state.servers[server];
            at.holding.hear(limit.limit, limit.version, here);
            at.heard = Some(GrantDetails {
                licensed: limit.licensed,
                why: limit.why,
                sentence: limit.sentence.as_ref().map(|text| printable(text)),
            });
        }
        if server == state.usage.server() && state.carries_all() {
            state.carried_until = None;
        }
        if server != state.usage.server() || state.ending != Ending::No {
            return None;
        }
        if state.waiting > 0 {
            // Also what is not to be had is news for those who wait.
            self.freed.notify_waiters();
        }
        let news = self.follow(&mut state);
        if state.usage.server() != before.0 || state.cap > before.1 {
            // What is taken of a new grant is stamped later than it was heard, although clocks show whole milliseconds
            // only.
            state.now_ms = now_ms.saturating_add(1);
        }
        news
    }

    /// Keeps to the limit of the server in use.
    fn follow(&self, state: &mut State) -> Option<u32> {
        let cap = state.servers[state.usage.server()].holding.cap();
        let before = std::mem::replace(&mut state.cap, cap);
        let ahead = usize::try_from(cap).unwrap_or(usize::MAX).min(ROOM_AHEAD);
        if state.slots.room() < ahead {
            state.slots.prepare(ahead);
        }
        (cap != before).then_some(cap)
    }

    /// The server starts a new epoch: its earlier limits are void. What is in use ends with them, as far as it is not
    /// granted again by then.
    pub fn begin_again(&self, server: ServerIndex) {
        let mut state = self.state();
        state.servers[server].holding.begin_again();
        if state.usage.server() == server {
            state.cap = 0;
            state.carried_until = state.carried_until.or(state.good_until);
        }
    }

    /// Records are numbered anew for the server; open check-outs that it lost are told again.
    pub fn tell_again(&self, server: ServerIndex, renumbering: Renumbering) {
        for slot in self.state().slots.used().filter(|slot| slot.server == server) {
            if let OpenReport::By(record) = slot.told {
                slot.told = renumbering.of(record).map_or(OpenReport::Not, OpenReport::By);
            }
        }
    }

    /// Tells leases that have lasted long as open, each once in a run.
    pub fn tell_open(&self, now_ms: u64, journal: &Journal) {
        let generations = journal.generations();
        let mut state = self.state();
        let is_due = |slot: &Slot| match slot.told {
            OpenReport::Not => now_ms.saturating_sub(slot.from_ms) > OPEN_AFTER_MS,
            OpenReport::By(record) => record.generation != generations[slot.server],
            OpenReport::Dropped => false,
        };
        for slot in state.slots.used().filter(|slot| is_due(slot)) {
            let opened = if let OpenReport::By(record) = slot.told { Some(record) } else { None };
            let entry = CheckOutEntry {
                product: self.index,
                user: slot.user.clone(),
                from_ms: slot.from_ms,
                to_ms: None,
                outcome: CheckOutOutcome::Open,
                opened,
            };
            slot.told = match journal.push(slot.server, entry) {
                Some(record) => OpenReport::By(record),
                // Its end still says which record told it first.
                None => opened.map_or(OpenReport::Dropped, OpenReport::By),
            };
        }
    }
}

impl State {
    /// What `server` granted counts from now on.
    fn begin(&mut self, server: ServerIndex, good_until: u64, is_named: bool, now_ms: u64) {
        if self.usage.server() != server {
            self.usage.move_to(server, now_ms);
            (self.good_until, self.carried_until) = (None, None);
            let at = &mut self.servers[server];
            at.released = false;
            if !is_named {
                // What it granted at another time is no grant now.
                at.holding.begin_again();
            }
        }
        self.good_until = self.good_until.max(Some(good_until));
        self.ending = Ending::No;
    }
}

/// What a server says is shown to people: characters that steer a terminal are left out.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_SENTENCE).collect()
}
