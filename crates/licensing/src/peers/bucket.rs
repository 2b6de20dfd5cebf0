use crate::contact::Millis;

/// Tries that are allowed: a few at once, then one at a time. Counted for everybody together, so that it does not help to
/// have many addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Tries left.
    left: u32,
    /// Since when the next is growing back, on a monotonic clock.
    since: Millis,
}

impl Bucket {
    /// Tries at once.
    pub const MOST: u32 = 10;
    /// Time in which one grows back, milliseconds.
    pub const EVERY_MS: Millis = 10_000;

    /// A full bucket at `mono_ms`.
    #[must_use]
    pub fn full(mono_ms: Millis) -> Bucket {
        Bucket { left: Self::MOST, since: mono_ms }
    }

    /// Seconds to wait before the next try is looked at; 0 when it is now.
    pub fn wait_s(&mut self, mono_ms: Millis) -> Millis {
        let grown = (mono_ms - self.since).max(0) / Self::EVERY_MS;
        let left = Millis::from(self.left).saturating_add(grown).min(Millis::from(Self::MOST));
        self.left = u32::try_from(left).unwrap_or(Self::MOST);
        self.since = if self.left == Self::MOST { mono_ms } else { self.since + grown * Self::EVERY_MS };
        if self.left > 0 { 0 } else { (self.since + Self::EVERY_MS - mono_ms + 999).div_euclid(1_000).max(1) }
    }

    /// Takes one for a wrong try.
    pub fn wrong(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}
