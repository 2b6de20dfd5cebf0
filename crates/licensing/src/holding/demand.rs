use super::{FORGOTTEN_MS, MARK_MS, SPARE_PART};

/// Length of one interval of the memory, milliseconds.
const INTERVAL_MS: u64 = 1_000;
/// Intervals remembered: those that cover [`MARK_MS`], including the current one.
const INTERVALS: usize = (MARK_MS / INTERVAL_MS) as usize + 1;

/// Demand for one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The peak of each interval: (its number, the peak).
    marks: [(u64, u32); INTERVALS],
    /// The last request.
    asked_at: Option<u64>,
}

impl Default for Demand {
    fn default() -> Demand {
        Demand { marks: [(0, 0); INTERVALS], asked_at: None }
    }
}

impl Demand {
    /// A license was requested.
    pub fn asked(&mut self, now_ms: u64) {
        self.asked_at = self.asked_at.max(Some(now_ms));
    }

    /// Up to `needed` were in use or waited for since the last call.
    pub fn note(&mut self, needed: u32, now_ms: u64) {
        let interval = now_ms / INTERVAL_MS;
        let index = usize::try_from(interval % INTERVALS as u64).unwrap_or(0);
        let mark = &mut self.marks[index];
        *mark = if mark.0 == interval { (interval, mark.1.max(needed)) } else { (interval, needed) };
    }

    /// The peak in the last [`MARK_MS`].
    #[must_use]
    pub fn highest(&self, now_ms: u64) -> u32 {
        let newest = now_ms / INTERVAL_MS;
        let oldest = newest.saturating_sub(MARK_MS / INTERVAL_MS);
        self.marks.iter().filter(|mark| (oldest..=newest).contains(&mark.0)).map(|mark| mark.1).max().unwrap_or(0)
    }

    /// What to request while `held` are in use and `waiting` requests wait: the recent peak and some spare; 0 after a
    /// long time without requests.
    #[must_use]
    pub fn want(&self, held: u32, waiting: u32, now_ms: u64) -> u32 {
        let needed = held.saturating_add(waiting);
        let forgotten = self.asked_at.is_none_or(|at| now_ms.saturating_sub(at) >= FORGOTTEN_MS);
        if needed == 0 && forgotten {
            return 0;
        }
        let high = self.highest(now_ms).max(needed);
        high.saturating_add((high / SPARE_PART).max(1))
    }
}
