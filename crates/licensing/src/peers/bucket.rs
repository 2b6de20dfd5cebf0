use crate::contact::Millis;

/// Rate limit of attempts: a few at once, then one at a time. Shared by all callers, so that many addresses don't help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Tries left.
    left: u32,
    /// Since when the next has been refilling, on a monotonic clock.
    since: Millis,
}

impl Bucket {
    /// Tries at once.
    pub const MOST: u32 = 10;
    /// Time to refill one, milliseconds.
    pub const EVERY_MS: Millis = 10_000;

    /// A full bucket at `mono_ms`.
    #[must_use]
    pub fn full(mono_ms: Millis) -> Bucket {
        Bucket { left: Self::MOST, since: mono_ms }
    }

    /// Seconds before the next attempt is checked; 0 for now.
    pub fn wait_s(&mut self, mono_ms: Millis) -> Millis {
        let grown = (mono_ms - self.since).max(0) / Self::EVERY_MS;
        let left = Millis::from(self.left).saturating_add(grown).min(Millis::from(Self::MOST));
        self.left = u32::try_from(left).unwrap_or(Self::MOST);
        self.since = if self.left == Self::MOST { mono_ms } else { self.since + grown * Self::EVERY_MS };
        if self.left > 0 { 0 } else { (self.since + Self::EVERY_MS - mono_ms + 999).div_euclid(1_000).max(1) }
    }

    /// Takes one for a failed attempt.
    pub fn wrong(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}
