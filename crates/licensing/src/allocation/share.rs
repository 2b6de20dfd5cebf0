//! One client's share of one product.

use crate::client_protocol::Use;

/// One run's share of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Share {
    /// The highest limit it may still believe: the counted number.
    pub counted: u32,
    /// The last limit told; never more than counted.
    pub told: u32,
    /// The version of that limit.
    pub version: u64,
    /// Its last reported use.
    pub held: u32,
    /// Its last request.
    pub want: u32,
    /// Its place in the order of unmet requests; 0 if its request is met.
    pub asked: u64,
    /// It uses more than its limit.
    pub over: bool,
    /// What was counted until it was silent for too long: late refreshes may still report that …
    pub lapsed: u32,
    /// … until then.
    pub lapsed_until: i64,
}

impl Share {
    /// Applies a client's report. `asked` is its place if its request becomes unmet; returns whether it does.
    pub(super) fn hear(&mut self, said: &Use, asked: u64, now: i64) -> bool {
        if now >= self.lapsed_until {
            (self.lapsed, self.lapsed_until) = (0, 0);
        }
        self.over = said.held > self.counted.max(self.lapsed);
        if said.version == self.version {
            // A client that echoes a limit but uses more has not come down to it.
            if said.held <= self.told {
                self.counted = self.told;
            }
        } else if said.version > self.version {
            // A limit this server doesn't remember, because it started from older data. The next one must be newer
            // still.
            self.version = said.version.saturating_add(1);
        }
        self.held = said.held;
        self.want = said.want;
        let short = self.want > self.told;
        let begins = short && self.asked == 0;
        if begins {
            self.asked = asked;
        } else if !short {
            self.asked = 0;
        }
        begins
    }

    /// Sets the limit. A lower one keeps the counted number.
    pub(super) fn tell(&mut self, limit: u32) {
        if limit != self.told {
            self.told = limit;
            self.version = self.version.saturating_add(1);
        }
        self.counted = self.counted.max(self.told);
        if self.want <= self.told {
            self.asked = 0;
        }
    }

    /// The share of a client whose cache must have been flushed.
    pub(super) fn lapsed(&self, until: i64) -> Share {
        Share {
            counted: 0,
            told: 0,
            version: if self.told > 0 { self.version.saturating_add(1) } else { self.version },
            held: 0,
            want: 0,
            asked: 0,
            over: false,
            lapsed: self.counted.max(self.lapsed),
            lapsed_until: until,
        }
    }

    /// What is never taken away: its use within its limit.
    #[must_use]
    pub fn floor(&self) -> u32 {
        self.held.min(self.counted)
    }

    /// Its claim on `licensed`.
    pub(super) fn demand(&self, licensed: u32) -> u32 {
        self.want.min(licensed).max(self.floor())
    }

    pub(super) fn load(&self) -> u64 {
        u64::from(self.want.max(self.counted))
    }

    /// What must survive a restart.
    pub(super) fn durable(&self) -> (u32, u32, u64) {
        (self.counted, self.told, self.version)
    }
}
