//! The offset between a client's clock and the server's, derived from its messages, and the server's times of its
//! check-outs.
//!
//! Each message has the client's time of sending, which is not before any time in it. It can't arrive earlier. So with
//! the smallest recent difference
//! - an end is placed no later than the server received the message with it, or any later message;
//! - a start is placed no earlier than the client's clock showed it, hence not before what the server had sent by then. Clocks that run
//!   at different speed take from that what they drift apart within the window: 6 ms at one part in ten thousand.
//!
//! So if one client returned a license and another then got it, the records never show it in use twice, no matter how
//! their clocks are set.

/// Half of the window: the smallest difference counts for one to two halves, to follow clock drift, milliseconds.
const HALF_MS: i64 = 30_000;

/// A message this far above the smallest difference was delayed, or the clock was set, milliseconds.
const SET_MS: i64 = 2_000;

/// The clock was set if all messages for this long agree within [`SET_MS`]: a network or server that stalls delays
/// several messages at once, milliseconds.
const SURE_MS: i64 = 10_000;

/// Number of remembered ends with a larger difference. It seldom shrinks, and by little.
const MOST_MARKS: usize = 4;

/// The recent difference between the server's clock and that of a client's run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClockOffset {
    /// When the current half of the window began, on the server's clock.
    began_ms: i64,
    current: Option<i64>,
    previous: Option<i64>,
    /// The last messages, if far above the others: when the first was sent, on the client's clock, and their smallest
    /// difference.
    far: Option<(i64, i64)>,
    /// Placed ends, latest last, with shrinking differences.
    marks: Vec<Mark>,
}

/// The latest end placed with a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    to_ms: i64,
    shift_ms: i64,
}

impl ClockOffset {
    /// Adds a message received at `received_ms` and sent at `now_ms` on the client's clock, both rounded down to
    /// milliseconds.
    pub fn hear(&mut self, now_ms: i64, received_ms: i64) {
        let mut sample = received_ms.saturating_sub(now_ms);
        if self.shift_ms().is_some_and(|lowest| sample.saturating_sub(lowest) > SET_MS) {
            let same = |(_, lowest): &(i64, i64)| lowest.saturating_sub(sample).saturating_abs() <= SET_MS;
            let (first_ms, lowest) = self.far.filter(same).unwrap_or((now_ms, sample));
            sample = sample.min(lowest);
            self.far = Some((first_ms, sample));
            if now_ms.saturating_sub(first_ms) < SURE_MS {
                return;
            }
            (self.current, self.previous) = (None, None);
        }
        self.far = None;
        let age_ms = received_ms.saturating_sub(self.began_ms);
        if self.current.is_none() {
            self.began_ms = received_ms;
        } else if age_ms >= HALF_MS {
            self.previous = self.current.take().filter(|_| age_ms < 2 * HALF_MS);
            self.began_ms = received_ms;
        }
        self.current = Some(self.current.map_or(sample, |lowest| lowest.min(sample)));
    }

    /// The offset to add to client times; `None` before the first message.
    #[must_use]
    pub fn shift_ms(&self) -> Option<i64> {
        self.current.into_iter().chain(self.previous).min()
    }

    /// A check-out on the server's clock. Both times move by the same amount, except that after the difference has
    /// shrunk, a start moves as much as the end it followed. Nothing reported by `received_ms` is placed later.
    pub fn place(&mut self, from_ms: i64, to_ms: Option<i64>, received_ms: i64) -> (i64, Option<i64>) {
        let Some(shift_ms) = self.shift_ms() else { return (from_ms, to_ms) };
        let last_ms = to_ms.unwrap_or(from_ms).saturating_add(shift_ms);
        let shift_ms = shift_ms.saturating_sub(last_ms.saturating_sub(received_ms).max(0));
        let after = self.marks.iter().map(|mark| from_ms.min(mark.to_ms).saturating_add(mark.shift_ms));
        let from = after.fold(from_ms.saturating_add(shift_ms), i64::max);
        let to = to_ms.map(|to_ms| to_ms.saturating_add(shift_ms).max(from));
        if let Some(to_ms) = to_ms {
            self.mark(Mark { to_ms, shift_ms });
        }
        (from, to)
    }

    fn mark(&mut self, mut mark: Mark) {
        while let Some(last) = self.marks.pop_if(|last| last.shift_ms <= mark.shift_ms) {
            mark.to_ms = mark.to_ms.max(last.to_ms);
        }
        if self.marks.len() >= MOST_MARKS {
            // Merges the two oldest: a start may be a little late, never early.
            let oldest = self.marks.remove(0);
            self.marks[0].shift_ms = oldest.shift_ms;
        }
        self.marks.push(mark);
    }
}

#[cfg(test)]
mod tests;
