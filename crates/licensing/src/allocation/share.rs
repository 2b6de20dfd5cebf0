//! One client's share of one product.

use crate::client_protocol::Use;

/// What one run of a client has of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Share {
    /// The most it may still believe it may use. This is what is counted.
    pub counted: u32,
    /// What it was last told; never more than is counted.
    pub told: u32,
    /// The version of what it was told.
    pub version: u64,
    /// What it last said it uses.
    pub held: u32,
    /// What it last said it would like to have.
    pub want: u32,
    /// When, in the order of all requests, it began to want more than it has; 0 when it does not.
    pub asked: u64,
    /// It said it uses more than it was given.
    pub over: bool,
    /// What was counted until it fell silent for too long: refreshes that were long under way may still speak of that …
    pub lapsed: u32,
    /// … until then.
    pub lapsed_until: i64,
}

impl Share {
    /// Takes in what the client says. `asked` is its place if it now begins to want more than it has; whether it does.
    pub(super) fn hear(&mut self, said: &Use, asked: u64, now: i64) -> bool {
        if now >= self.lapsed_until {
            (self.lapsed, self.lapsed_until) = (0, 0);
        }
        self.over = said.held > self.counted.max(self.lapsed);
        if said.version == self.version {
            // Whoever echoes a limit and uses more than that has not come down to it.
            if said.held <= self.told {
                self.counted = self.told;
            }
        } else if said.version > self.version {
            // A limit this server does not remember: the data it started from is older. The next one must be newer still.
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

    /// Sets the limit. A lower one leaves counted what was counted.
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

    /// What is never taken from it: what it uses, as far as it was given that.
    #[must_use]
    pub fn floor(&self) -> u32 {
        self.held.min(self.counted)
    }

    /// What it would take of `licensed`.
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
