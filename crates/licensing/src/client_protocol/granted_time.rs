//! How much a client can have used: what it was granted, for as long as it was.

use serde::{Deserialize, Serialize};

use super::COUNTED_MS;

/// A client stamps taking and returning to within some ticks of its clock, milliseconds per license.
const SLACK_MS: u64 = 250;
/// Two clocks drift apart by less than one part in this many.
const DRIFT: u64 = 20;
/// Check-outs of one license within a millisecond: each takes 10 microseconds, which no application needs to beat.
const CHECK_OUTS_PER_MS: u64 = 100;
/// Audio of one license is processed at most this many times faster than it lasts.
const AUDIO_PER_MS: u64 = 60;

/// The time that the licenses reserved for one run of a client add up to, for one product. A claim beyond it cannot be true.
///
/// The server reserves a limit before the client hears of it, and longer than the client keeps it. So whatever a client
/// claims when a request of it arrives lies within what was reserved until then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct GrantedTime {
    ms: u64,
    now: u32,
    most: u32,
}

impl From<u64> for GrantedTime {
    fn from(ms: u64) -> Self {
        Self { ms, ..Self::default() }
    }
}

/// As stored: a client that goes on meanwhile uses no more than until its cache is flushed.
impl From<GrantedTime> for u64 {
    fn from(time: GrantedTime) -> u64 {
        time.stored().ms
    }
}

impl GrantedTime {
    /// Adds the time since the last call, during which the reserved number was the last one named.
    pub fn pass(&mut self, elapsed_ms: i64) {
        let counted = u64::try_from(elapsed_ms).unwrap_or(0).min(COUNTED_MS);
        self.ms = self.ms.saturating_add(counted.saturating_mul(self.now.into()));
    }

    /// From now on that many are reserved.
    pub fn reserve(&mut self, licenses: u32) {
        self.now = licenses;
        self.most = self.most.max(licenses);
    }

    /// Licenses reserved now.
    #[must_use]
    pub fn reserved(&self) -> u32 {
        self.now
    }

    /// What is to be restored after a restart.
    #[must_use]
    pub fn stored(mut self) -> Self {
        self.pass(i64::MAX);
        Self { now: 0, ..self }
    }

    /// At least that much was granted: it was counted before.
    pub fn at_least(&mut self, ms: u64) {
        self.ms = self.ms.max(ms);
    }

    /// The most time in use it can have had, milliseconds.
    #[must_use]
    pub fn most_ms(&self) -> u64 {
        self.ms.saturating_add(self.ms / DRIFT).saturating_add(SLACK_MS * u64::from(self.most))
    }

    /// The most check-outs it can have made.
    #[must_use]
    pub fn most_check_outs(&self) -> u64 {
        self.most_ms().saturating_mul(CHECK_OUTS_PER_MS)
    }

    /// The most audio it can have processed, milliseconds.
    #[must_use]
    pub fn most_audio_ms(&self) -> u64 {
        self.most_ms().saturating_mul(AUDIO_PER_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_grows_by_what_was_reserved_and_no_longer_than_until_the_cache_is_flushed() {
        let mut time = GrantedTime::default();
        time.pass(1_000_000);
        assert_eq!((time.most_ms(), time.most_check_outs()), (0, 0), "nothing was granted");
        time.reserve(2);
        time.pass(10_000);
        assert_eq!(time.most_ms(), 20_000 + 1_000 + 500);
        time.reserve(0);
        time.pass(10_000);
        assert_eq!(time.most_ms(), 20_000 + 1_000 + 500);
        time.reserve(1);
        time.pass(i64::MAX);
        assert_eq!(time.ms, 20_000 + COUNTED_MS);
        time.pass(-5);
        assert_eq!(time.ms, 20_000 + COUNTED_MS, "a clock does not go back");
    }

    #[test]
    fn a_client_that_goes_on_during_a_restart_has_used_no_more_than_its_cache_lasts() {
        let mut time = GrantedTime::from(500);
        time.reserve(3);
        let text = serde_json::to_string(&time).unwrap();
        let restored: GrantedTime = serde_json::from_str(&text).unwrap();
        assert_eq!(restored, GrantedTime::from(500 + 3 * COUNTED_MS));
    }
}
