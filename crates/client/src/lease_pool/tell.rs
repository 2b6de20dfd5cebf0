use licensing::client_protocol::Use;

use super::{LeasePool, ServerUsage, State};
use crate::journal::{Journal, ServerIndex};

impl LeasePool {
    /// What to tell `server`. `works`: it is asked to carry what is in use; a server that is not is told that nothing is, once
    /// the one in use carries it all, so that a pool is free again soon.
    pub fn tell(&self, server: ServerIndex, works: bool, now_ms: u64, journal: &Journal) -> Use {
        let mut state = self.state();
        let now_ms = self.advance(&mut state, now_ms, journal);
        let needed = state.needed();
        let peak = std::mem::replace(&mut state.peak, needed).max(needed);
        state.demand.note(peak, now_ms);
        let held = if works { state.usage.held() } else { state.held_at(server) };
        let told = state.usage.usage_at(server, now_ms);
        // A license of a virtual machine is wanted at all times: that is its need.
        let has_need = works && state.always.is_none();
        let want = if works { state.want(now_ms) } else { held };
        let denied = told.denied.saturating_sub(state.servers[server].told.denied);
        // One that asks again and again needs no more for it than was wanted at once.
        let need = needed.saturating_add(u32::try_from(denied).unwrap_or(u32::MAX)).min(want);
        if works {
            (state.told_want, state.told_need) = (want, need);
            state.hurried = false;
        }
        let at = &mut state.servers[server];
        at.released = !works && held == 0;
        at.holding.settle(held);
        let version = at.holding.echo();
        let held = at.holding.carried(held);
        at.told = told;
        let ServerUsage { taken, denied, usage_ms } = told.since(at.before);
        Use { held, need: has_need.then(|| need.max(held)), want, version, usage_count: taken, usage_ms, denied }
    }

    /// A new run begins: what servers were told of the one before is not told again.
    pub fn count_anew(&self) {
        self.state().servers.iter_mut().for_each(|at| at.before = at.heard_of);
    }

    /// What was used so far, at all servers together.
    pub fn used(&self, servers: usize, now_ms: u64, journal: &Journal) -> ServerUsage {
        let mut state = self.state();
        let now_ms = self.advance(&mut state, now_ms, journal);
        let mut sum = ServerUsage::default();
        for at_server in (0..servers).map(|server| state.usage.usage_at(server, now_ms)) {
            sum.taken += at_server.taken;
            sum.denied += at_server.denied;
            sum.usage_ms += at_server.usage_ms;
        }
        sum
    }
}

impl State {
    /// What is wanted of the server in use, or of the one that is to take over.
    pub(super) fn want(&mut self, now_ms: u64) -> u32 {
        if let Some(always) = self.always {
            return always;
        }
        if self.asked_ms > 0 {
            self.demand.asked(self.asked_ms);
        }
        self.demand.want(self.usage.held(), self.waiting, now_ms)
    }

    /// How many of the leases in use the server in use has not granted.
    pub(super) fn uncarried(&self) -> u32 {
        let held = self.usage.held();
        held.saturating_sub(self.servers[self.usage.server()].holding.carried(held))
    }

    /// Whether the server in use has granted all that is in use.
    pub(super) fn carries_all(&self) -> bool {
        self.uncarried() == 0
    }

    /// How many of the leases in use count at `server`: all at the one in use; all at another until the one in use carries them.
    /// A server that was told that nothing is in use may have given it to others: it stays so.
    pub(super) fn held_at(&self, server: ServerIndex) -> u32 {
        let held = self.usage.held();
        let at = &self.servers[server];
        let is_carried = at.released || at.heard.is_none() || self.carries_all();
        if server != self.usage.server() && is_carried { 0 } else { held }
    }
}
