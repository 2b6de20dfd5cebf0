/// What a server is told as used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerUsage {
    /// Licenses taken.
    pub taken: u64,
    /// Requests refused.
    pub denied: u64,
    /// Time in use, milliseconds.
    pub usage_ms: u64,
}

impl ServerUsage {
    /// What came after.
    pub fn since(self, before: Self) -> Self {
        Self {
            taken: self.taken.saturating_sub(before.taken),
            denied: self.denied.saturating_sub(before.denied),
            usage_ms: self.usage_ms.saturating_sub(before.usage_ms),
        }
    }
}

/// Time in use of one product, kept so that it can be read at any instant at once: that of all ended leases, and of those in use
/// the sum of their starts. At any time it is ended + in use × now − starts, and never goes back.
#[derive(Debug)]
pub struct LeaseUsage {
    ended_ms: u64,
    starts_ms: u64,
    held: u32,
    by_server: Vec<ServerUsage>,
    server: usize,
    since_ms: u64,
}

impl LeaseUsage {
    /// Nothing was used, with `servers` servers to count for.
    pub fn new(servers: usize) -> Self {
        Self {
            ended_ms: 0,
            starts_ms: 0,
            held: 0,
            by_server: vec![ServerUsage::default(); servers],
            server: 0,
            since_ms: 0,
        }
    }

    /// Licenses in use.
    pub fn held(&self) -> u32 {
        self.held
    }

    /// The server the use counts for.
    pub fn server(&self) -> usize {
        self.server
    }

    /// One was taken.
    #[inline]
    pub fn take(&mut self, now_ms: u64) {
        self.held += 1;
        self.starts_ms = self.starts_ms.wrapping_add(now_ms);
        self.by_server[self.server].taken += 1;
    }

    /// One that was taken at `from_ms` ended.
    #[inline]
    pub fn end(&mut self, from_ms: u64, now_ms: u64) {
        self.held = self.held.saturating_sub(1);
        self.starts_ms = self.starts_ms.wrapping_sub(from_ms);
        self.ended_ms += now_ms.saturating_sub(from_ms);
    }

    /// One was refused.
    pub fn deny(&mut self) {
        self.by_server[self.server].denied += 1;
    }

    /// From now on another server is booked to; time so far stays with the one before.
    pub fn move_to(&mut self, server: usize, now_ms: u64) {
        let total = self.total_ms(now_ms);
        self.by_server[self.server].usage_ms += total.saturating_sub(self.since_ms);
        self.since_ms = total;
        self.server = server;
    }

    /// What `server` is to be told.
    pub fn usage_at(&self, server: usize, now_ms: u64) -> ServerUsage {
        let mut at_server = self.by_server[server];
        if server == self.server {
            at_server.usage_ms += self.total_ms(now_ms).saturating_sub(self.since_ms);
        }
        at_server
    }

    /// Time in use so far, at all servers together.
    pub fn total_ms(&self, now_ms: u64) -> u64 {
        let running = u64::from(self.held).wrapping_mul(now_ms).wrapping_sub(self.starts_ms);
        self.ended_ms.wrapping_add(running)
    }
}
