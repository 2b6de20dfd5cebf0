//! One client's share of one product.

use crate::client_protocol::Use;

/// One run's share of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Share {
    /// The most it may have in use before it is told more: the counted number.
    pub counted: u32,
    /// The last limit told; never more than counted.
    pub told: u32,
    /// The version of that limit.
    pub version: u64,
    /// Its last reported use.
    pub held: u32,
    /// Its last reported need: what it uses, and the requests that wait for a license.
    pub need: u32,
    /// Its last request: its need, and what it would like to have ready.
    pub want: u32,
    /// Its place in the order of those who wait; 0 if it waits for nothing.
    pub asked: u64,
    /// Its place in the order of those who took a license; 0 if it never did.
    pub served: u64,
    /// Its check-outs as last reported.
    pub taken: u64,
    /// It uses more than its limit.
    pub over: bool,
    /// What was counted until it was silent for too long: late refreshes may still report that …
    pub lapsed: u32,
    /// … until then.
    pub lapsed_until: i64,
}

impl Share {
    /// Applies a client's report. `turn` is its place if it took a license or begins to wait; returns whether it is
    /// used.
    pub(super) fn hear(&mut self, said: &Use, turn: u64, now: i64) -> bool {
        if now >= self.lapsed_until {
            (self.lapsed, self.lapsed_until) = (0, 0);
        }
        self.over = said.held > self.counted.max(self.lapsed);
        if said.version == self.version {
            // It takes nothing beyond this limit any more; what it has in use above it only becomes less.
            self.counted = self.counted.min(self.told.max(said.held));
        } else if said.version > self.version {
            // A limit this server doesn't remember, because it started from older data. The next one must be newer
            // still.
            self.version = said.version.saturating_add(1);
        }
        let has_taken = said.held > self.held || said.usage_count > self.taken;
        self.taken = self.taken.max(said.usage_count);
        self.held = said.held;
        self.want = said.want;
        self.need = said.need.unwrap_or(said.want).max(said.held);
        if has_taken {
            self.served = turn;
        }
        let waits = self.need > self.held;
        // Who was served goes to the end.
        let begins = waits && (self.asked == 0 || has_taken);
        if begins {
            self.asked = turn;
        } else if !waits {
            self.asked = 0;
        }
        begins || has_taken
    }

    /// Sets the limit. A lower one keeps the counted number.
    pub(super) fn tell(&mut self, limit: u32) {
        if limit != self.told {
            self.told = limit;
            self.version = self.version.saturating_add(1);
        }
        self.counted = self.counted.max(self.told);
    }

    /// The share of a client whose cache must have been flushed.
    pub(super) fn lapsed(&self, until: i64) -> Share {
        Share {
            version: if self.told > 0 { self.version.saturating_add(1) } else { self.version },
            taken: self.taken,
            lapsed: self.counted.max(self.lapsed),
            lapsed_until: until,
            ..Share::default()
        }
    }

    /// The share of a client that uses and requests nothing.
    pub(super) fn quiet(&self) -> Share {
        Share { held: 0, need: 0, want: 0, asked: 0, over: false, ..*self }
    }

    /// What is never revoked: its use within what is counted.
    #[must_use]
    pub fn floor(&self) -> u32 {
        self.held.min(self.counted)
    }

    /// Its need, as far as `licensed` could ever meet it.
    pub(super) fn need(&self, licensed: u32) -> u32 {
        self.need.min(licensed).max(self.floor())
    }

    /// What it would like to have ready beyond its need.
    pub(super) fn spare(&self, licensed: u32) -> u32 {
        self.want.min(licensed).saturating_sub(self.need(licensed))
    }

    pub(super) fn load(&self) -> u64 {
        u64::from(self.want.max(self.need).max(self.counted))
    }

    /// What must survive a restart.
    pub(super) fn durable(&self) -> (u32, u32, u64) {
        (self.counted, self.told, self.version)
    }
}
