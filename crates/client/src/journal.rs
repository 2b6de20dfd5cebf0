//! Single check-outs on their way to the servers: one numbered stream for each server, bounded together.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::client_protocol::CheckOutOutcome;
pub use licensing::failover::ServerIndex;

/// Records kept until they are acknowledged, unless the application says otherwise.
pub const DEFAULT_ROOM: usize = 100_000;

/// One check-out. Times are those of the client's [`Clock`](crate::Clock).
#[derive(Debug, Clone)]
pub struct CheckOutEntry {
    /// The product, by its place among those of the client.
    pub product: usize,
    /// Who, if the application said so.
    pub user: Option<Arc<str>>,
    /// When it was taken or refused.
    pub from_ms: u64,
    /// When it ended.
    pub to_ms: Option<u64>,
    /// What became of it.
    pub outcome: CheckOutOutcome,
    /// The number of the record that told it as open.
    pub opened: Option<u64>,
}

#[derive(Debug, Default)]
struct Stream {
    waiting: VecDeque<(u64, CheckOutEntry)>,
    last: u64,
    dropped: u64,
}

#[derive(Debug)]
struct State {
    room: usize,
    kept: usize,
    streams: Vec<Stream>,
}

/// The streams of all servers.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<State>,
    /// Nothing more is taken for now: who has a record need not wait for the lock to hear that.
    is_full: AtomicBool,
    /// Records that were dropped meanwhile, by server. They get their numbers when the state is locked next.
    unnumbered: Box<[AtomicU64]>,
}

impl Journal {
    /// Streams for `servers` servers that together hold up to `room` records. The first server's has that room from the start.
    pub fn new(servers: usize, room: usize) -> Self {
        let mut streams: Vec<Stream> = (0..servers).map(|_| Stream::default()).collect();
        if let Some(primary) = streams.first_mut() {
            primary.waiting.reserve_exact(room);
        }
        Self {
            state: Mutex::new(State { room, kept: 0, streams }),
            is_full: AtomicBool::new(false),
            unnumbered: (0..servers).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    #[inline]
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = |(_, dropped): &(_, &AtomicU64)| dropped.load(Ordering::Relaxed) > 0;
        for (stream, dropped) in state.streams.iter_mut().zip(&self.unnumbered).filter(noted) {
            let dropped = dropped.swap(0, Ordering::Relaxed);
            stream.last += dropped;
            stream.dropped += dropped;
        }
        state
    }

    /// After the number of kept records changed.
    fn note_room(&self, state: &State) {
        self.is_full.store(state.kept >= state.room, Ordering::Relaxed);
    }

    /// Makes room ahead of time, so that [`Journal::push`] need not.
    pub fn prepare(&self, server: ServerIndex) {
        let mut state = self.state();
        let room = state.room;
        let stream = &mut state.streams[server];
        stream.waiting.reserve_exact(room.saturating_sub(stream.waiting.len()));
    }

    /// Adds a record and returns its number; `None` when there is no room: then it is dropped and counted.
    pub fn push(&self, server: ServerIndex, entry: CheckOutEntry) -> Option<u64> {
        if self.is_full.load(Ordering::Relaxed) {
            self.unnumbered[server].fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let mut state = self.state();
        let is_full = state.kept >= state.room;
        let stream = &mut state.streams[server];
        stream.last += 1;
        if is_full {
            stream.dropped += 1;
            return None;
        }
        let number = stream.last;
        stream.waiting.push_back((number, entry));
        state.kept += 1;
        self.note_room(&state);
        Some(number)
    }

    /// The oldest records of a server that follow each other without a gap, and the number of the first.
    pub fn batch(&self, server: ServerIndex, most: usize) -> Option<(u64, Vec<CheckOutEntry>)> {
        let state = self.state();
        let waiting = &state.streams[server].waiting;
        let first = waiting.front()?.0;
        let entries = (first..).zip(waiting).take(most).take_while(|(expected, (number, _))| expected == number);
        Some((first, entries.map(|(_, (_, entry))| entry.clone()).collect()))
    }

    /// Records up to `number` are stored at the server.
    pub fn acknowledge(&self, server: ServerIndex, number: u64) {
        let mut state = self.state();
        let waiting = &mut state.streams[server].waiting;
        let stored = waiting.iter().take_while(|(n, _)| *n <= number).count();
        waiting.drain(..stored);
        state.kept -= stored;
        self.note_room(&state);
    }

    /// Gives up the oldest record of a server: it will not take it.
    pub fn give_up_first(&self, server: ServerIndex) {
        let mut state = self.state();
        let stream = &mut state.streams[server];
        if stream.waiting.pop_front().is_some() {
            stream.dropped += 1;
            state.kept -= 1;
            self.note_room(&state);
        }
    }

    /// The server has `taken` records of this run. Those it has are forgotten here; when it has fewer than it acknowledged, it has
    /// lost them, and what waits is numbered anew to follow what it has. Returns whether numbers have changed.
    pub fn resume_after(&self, server: ServerIndex, taken: u64) -> bool {
        let mut state = self.state();
        let stream = &mut state.streams[server];
        let first = stream.waiting.front().map_or(stream.last + 1, |(number, _)| *number);
        if taken.saturating_add(1) >= first {
            let stored = stream.waiting.iter().take_while(|(number, _)| *number <= taken).count();
            stream.waiting.drain(..stored);
            stream.last = stream.last.max(taken);
            state.kept -= stored;
            self.note_room(&state);
            return false;
        }
        let renumber = |number: u64| number.checked_sub(first).map(|place| taken + 1 + place);
        for (number, entry) in &mut stream.waiting {
            *number = renumber(*number).unwrap_or(*number);
            entry.opened = entry.opened.and_then(renumber);
        }
        stream.last = renumber(stream.last).unwrap_or(taken);
        true
    }

    /// Whether records wait for a server.
    pub fn has(&self, server: ServerIndex) -> bool {
        !self.state().streams[server].waiting.is_empty()
    }

    /// Records that wait, for all servers.
    pub fn waiting(&self) -> usize {
        self.state().kept
    }

    /// Records of a server that were dropped.
    pub fn dropped(&self, server: ServerIndex) -> u64 {
        self.state().streams[server].dropped
    }

    /// Records that were dropped, of all servers.
    pub fn dropped_in_all(&self) -> u64 {
        self.state().streams.iter().map(|stream| stream.dropped).sum()
    }
}

#[cfg(test)]
mod tests;
