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
    /// The record that told it as open.
    pub opened: Option<RecordRef>,
}

/// A record of a stream, in a run of this client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef {
    /// The run, as [`ClientIdentity`](crate::driver::ClientIdentity) counts them.
    pub generation: u32,
    /// Its number there.
    pub number: u64,
}

#[derive(Debug, Default)]
struct Stream {
    /// The run whose numbers these are.
    generation: u32,
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

    /// Adds a record and returns which it is; `None` when there is no room: then it is dropped and counted.
    pub fn push(&self, server: ServerIndex, entry: CheckOutEntry) -> Option<RecordRef> {
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
        let (number, generation) = (stream.last, stream.generation);
        stream.waiting.push_back((number, entry));
        state.kept += 1;
        self.note_room(&state);
        Some(RecordRef { generation, number })
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

    /// The server has `taken` records of the run `generation`. Those it has are forgotten here. When it has fewer than it
    /// acknowledged, it has lost them; when this is a new run, it has none of that. What waits is then numbered anew to follow
    /// what it has. Returns how the numbers have changed.
    pub fn resume_after(&self, server: ServerIndex, taken: u64, generation: u32) -> Option<Renumbering> {
        let mut state = self.state();
        let stream = &mut state.streams[server];
        let first = stream.waiting.front().map_or(stream.last + 1, |(number, _)| *number);
        let before = std::mem::replace(&mut stream.generation, generation);
        if before == generation && taken.saturating_add(1) >= first {
            let stored = stream.waiting.iter().take_while(|(number, _)| *number <= taken).count();
            stream.waiting.drain(..stored);
            stream.last = stream.last.max(taken);
            state.kept -= stored;
            self.note_room(&state);
            return None;
        }
        let renumbering = Renumbering { before, first, generation, taken };
        for (number, entry) in &mut stream.waiting {
            *number = renumbering.number(*number).unwrap_or(*number);
            entry.opened = entry.opened.and_then(|opened| renumbering.of(opened));
        }
        stream.last = renumbering.number(stream.last).unwrap_or(taken);
        Some(renumbering)
    }

    /// The run whose numbers each server's stream has.
    pub fn generations(&self) -> Vec<u32> {
        self.state().streams.iter().map(|stream| stream.generation).collect()
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

/// How the numbers of a stream have changed.
#[derive(Debug, Clone, Copy)]
pub struct Renumbering {
    before: u32,
    /// The first that had not arrived.
    first: u64,
    generation: u32,
    taken: u64,
}

impl Renumbering {
    fn number(self, number: u64) -> Option<u64> {
        number.checked_sub(self.first).map(|place| self.taken + 1 + place)
    }

    /// The same record from now on; `None` if the server has lost it. One that arrived in an earlier run stays what it is.
    pub fn of(self, record: RecordRef) -> Option<RecordRef> {
        if record.generation != self.before {
            return Some(record);
        }
        match self.number(record.number) {
            Some(number) => Some(RecordRef { generation: self.generation, number }),
            None => (self.before != self.generation).then_some(record),
        }
    }
}

#[cfg(test)]
mod tests;
