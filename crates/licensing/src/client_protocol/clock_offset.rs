//! How a client's clock relates to the server's, found out from what it sends, and where its check-outs belong by the server's clock.
//!
//! Each message says what the client's clock shows as it is sent, not before the latest time it tells of. It cannot arrive earlier. So
//! with the smallest difference of late
//! - an end is placed no later than the server had received what told it, or any later message;
//! - a start is placed no earlier than the client's clock showed it, hence not before what the server had sent by then. Clocks that run at
//!   different speed take from that what they drift apart within the window: 6 ms at one part in ten thousand.
//!
//! A license that one client returned and another then got from the server is therefore never in use twice by the records, however the
//! clocks of both are set.

/// Half of the window: the smallest difference counts for one to two of them, so that the drift of clocks is followed, milliseconds.
const HALF_MS: i64 = 30_000;

/// Above the smallest difference by more than this lies a message that was under way for long, or a clock that was set, milliseconds.
const SET_MS: i64 = 2_000;

/// It was set when all messages of so long say so, and differ by no more than [`SET_MS`] among themselves: networks and servers that stop
/// for a moment keep several messages back at once, milliseconds.
const SURE_MS: i64 = 10_000;

/// Ends that are remembered of times when the difference was larger. It seldom shrinks, and by little.
const MOST_MARKS: usize = 4;

/// The difference between the server's clock and that of one run of a client, of late.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClockOffset {
    /// When the current half of the window began, on the server's clock.
    began_ms: i64,
    current: Option<i64>,
    previous: Option<i64>,
    /// The last messages, if they were far above the others: when the first was sent, by the client's clock, and the smallest difference.
    far: Option<(i64, i64)>,
    /// Ends that were placed, the latest last, the difference shrinking.
    marks: Vec<Mark>,
}

/// The latest end that was placed with a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    to_ms: i64,
    shift_ms: i64,
}

impl ClockOffset {
    /// A message was received at `received_ms` that was sent at `now_ms` by the client's clock. Both are whole milliseconds that have
    /// begun.
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

    /// What to add to a time of the client's clock; none before anything was heard.
    #[must_use]
    pub fn shift_ms(&self) -> Option<i64> {
        self.current.into_iter().chain(self.previous).min()
    }

    /// A check-out by the server's clock. Both times move by the same amount. Only when the difference has shrunk since the client's last
    /// check-outs were placed, a start does not come before an end it followed: it is moved by as much as that end. Nothing that was told
    /// by `received_ms` happened later.
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
            // The two oldest as one: a start may come a little too late by that, never too early.
            let oldest = self.marks.remove(0);
            self.marks[0].shift_ms = oldest.shift_ms;
        }
        self.marks.push(mark);
    }
}

#[cfg(test)]
mod tests;
