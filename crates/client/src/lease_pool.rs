//! One product in the memory of a client: its limit, its leases, its use. Everything here happens under one short lock,
//! so that what was granted, what is held and what was used always agree.

mod grant;
mod slots;
mod tell;
mod usage;

pub use grant::{GrantDetails, printable};
pub use slots::SlotKey;
pub use usage::ServerUsage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::client_protocol::{CheckOutOutcome, Shortage};
use licensing::holding::{Demand, Holding};
use licensing::product::ProductCode;
use tokio::sync::Notify;

use crate::clock::{ABOUT_MS, Clock};
use crate::journal::{CheckOutEntry, Journal, ServerIndex};
use slots::Slots;
use usage::LeaseUsage;

/// A lease held longer is told as open while it lasts, milliseconds.
pub const OPEN_AFTER_MS: u64 = 60_000;

/// Leases for which room is made ahead of time at most; beyond it, room is made when it is needed.
const ROOM_AHEAD: usize = 65_536;

/// One product.
#[derive(Debug)]
pub struct LeasePool {
    /// Its place among the products of the client.
    pub index: usize,
    /// Its code.
    pub product: ProductCode,
    /// Told when a license may have become free for somebody who waits.
    pub freed: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The latest time seen under this lock: times never go back here.
    now_ms: u64,
    usage: LeaseUsage,
    cap: u32,
    good_until: Option<u64>,
    /// When leases end that the server in use doesn't carry, because an earlier run or epoch was granted them: with that
    /// grant.
    carried_until: Option<u64>,
    ending: Ending,
    waiting: u32,
    /// The peak of held and waiting since the last read.
    peak: u32,
    demand: Demand,
    asked_ms: u64,
    told_want: u32,
    told_need: u32,
    /// As many are wanted at any time, no more and no fewer.
    always: Option<u32>,
    hurried: bool,
    slots: Slots,
    servers: Vec<AtServer>,
    flushed: u64,
}

#[derive(Debug, Default)]
struct AtServer {
    holding: Holding,
    heard: Option<GrantDetails>,
    /// It was told that nothing is in use.
    released: bool,
    /// Use before this run; not reported again.
    before: ServerUsage,
    /// What the last refresh reported, counted from the start of the client.
    told: ServerUsage,
    /// The last that was answered.
    heard_of: ServerUsage,
}

/// Why nothing at all is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is given out.
    No,
    /// Nothing was granted so far.
    NotBegun,
    /// What was granted is too old.
    Flushed,
    /// The client said goodbye.
    Closed,
}

/// A license that was taken.
#[derive(Debug, Clone, Copy)]
pub struct TakenLease {
    /// Which it is.
    pub key: SlotKey,
    /// Whether it was the last one there is for now.
    pub was_last: bool,
}

/// Why none was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutDenial {
    /// Nothing was granted so far.
    NotBegun,
    /// What was granted is too old.
    Flushed,
    /// The client said goodbye.
    Closed,
    /// The server has not spoken about this product.
    NotHeard,
    /// The limit is reached.
    AtLimit {
        /// The server.
        server: ServerIndex,
        /// The limit.
        limit: u32,
        /// Whether more are held than that.
        is_over: bool,
        /// What the server said with it.
        heard: GrantDetails,
    },
}

impl CheckOutDenial {
    /// Whether waiting may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Closed => false,
            Self::AtLimit { heard, .. } => {
                !matches!(heard.why, Some(Shortage::NotLicensed | Shortage::OutOfService | Shortage::Released))
            }
            _ => true,
        }
    }
}

impl LeasePool {
    /// A product nobody has asked for.
    pub fn new(index: usize, product: ProductCode, servers: usize) -> Self {
        let state = State {
            now_ms: 0,
            usage: LeaseUsage::new(servers),
            cap: 0,
            good_until: None,
            carried_until: None,
            ending: Ending::NotBegun,
            waiting: 0,
            peak: 0,
            demand: Demand::default(),
            asked_ms: 0,
            told_want: 0,
            told_need: 0,
            always: None,
            hurried: false,
            slots: Slots::default(),
            servers: (0..servers).map(|_| AtServer::default()).collect(),
            flushed: 0,
        };
        Self { index, product, freed: Notify::new(), state: Mutex::new(state) }
    }

    #[inline]
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a license. `waited`: the caller is one of those counted as waiting, and stops being so when it gets one.
    pub fn take(
        &self,
        user: Option<&Arc<str>>,
        waited: bool,
        clock: &dyn Clock,
        journal: &Journal,
    ) -> Option<TakenLease> {
        let mut state = self.state();
        let now_ms = state.read(clock);
        let now_ms = self.advance(&mut state, now_ms, journal);
        state.asked_ms = now_ms;
        if state.usage.held() >= state.cap || state.good_until.is_none() {
            return None;
        }
        let server = state.usage.server();
        let key = state.slots.put(now_ms, server, user.cloned())?;
        state.usage.take(now_ms);
        if waited {
            state.waiting = state.waiting.saturating_sub(1);
        }
        state.peak = state.peak.max(state.needed());
        Some(TakenLease { key, was_last: state.usage.held() >= state.cap })
    }

    /// Returns a license; whether somebody else waits for it, because more are in use than the limit. One that has ended
    /// already changes nothing.
    #[inline]
    pub fn give_back(&self, lease: SlotKey, now_ms: u64, journal: &Journal) -> bool {
        let mut state = self.state();
        let now_ms = self.advance(&mut state, now_ms, journal);
        let Some(slot) = state.slots.remove(lease) else { return false };
        let was_above = state.usage.held() > state.cap;
        state.usage.end(slot.from_ms, now_ms);
        let someone_waits = state.waiting > 0;
        drop(state);
        journal.push(slot.server, self.ended(slot, now_ms, CheckOutOutcome::Returned));
        if someone_waits {
            self.freed.notify_one();
        }
        was_above
    }

    /// Whether a license that was taken still counts.
    pub fn is_valid(&self, lease: SlotKey, now_ms: u64, journal: &Journal) -> bool {
        let mut state = self.state();
        self.advance(&mut state, now_ms, journal);
        state.slots.has(lease)
    }

    /// Counts a request that was refused, and says why it was.
    pub fn refuse(&self, user: Option<&Arc<str>>, now_ms: u64, journal: &Journal) -> CheckOutDenial {
        let mut state = self.state();
        let now_ms = self.advance(&mut state, now_ms, journal);
        let refusal = state.refusal();
        if refusal != CheckOutDenial::Closed {
            state.usage.deny();
            let entry = CheckOutEntry {
                product: self.index,
                user: user.cloned(),
                from_ms: now_ms,
                to_ms: None,
                outcome: CheckOutOutcome::Denied,
                opened: None,
            };
            journal.push(state.usage.server(), entry);
        }
        refusal
    }

    /// Why one would be refused now.
    pub fn refusal(&self) -> CheckOutDenial {
        self.state().refusal()
    }

    /// Somebody asks for this product, and perhaps waits for it.
    pub fn asks(&self, waits: bool, now_ms: u64) {
        let mut state = self.state();
        state.asked_ms = state.asked_ms.max(now_ms);
        if waits {
            state.waiting = state.waiting.saturating_add(1);
            state.peak = state.peak.max(state.needed());
        }
    }

    /// From now on just as many are wanted, asked for or not, and none to spare.
    pub fn want_always(&self, licenses: u32) {
        self.state().always = Some(licenses);
    }

    /// Somebody stopped waiting without a license.
    pub fn waits_no_more(&self) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
    }

    /// Whether to send a refresh now because more is wanted or needed; true once per refresh.
    pub fn hurries(&self, now_ms: u64) -> bool {
        let mut state = self.state();
        if state.ending == Ending::Closed || state.hurried {
            return false;
        }
        let needs_more = state.always.is_none() && state.needed() > state.told_need;
        state.hurried = needs_more || state.want(now_ms) > state.told_want;
        state.hurried
    }

    /// The latest time that was noted here: the clock may show it in a few milliseconds only.
    pub fn latest_ms(&self) -> u64 {
        self.state().now_ms
    }

    /// The limit of the server in use.
    pub fn cap(&self) -> u32 {
        self.state().cap
    }

    /// Licenses in use.
    pub fn held(&self) -> u32 {
        self.state().usage.held()
    }

    /// Ends what is in use when it is too old by now.
    pub fn expire(&self, now_ms: u64, journal: &Journal) {
        self.advance(&mut self.state(), now_ms, journal);
    }

    /// Leases that have ended by themselves since the last call.
    pub fn flushed(&self) -> u64 {
        std::mem::take(&mut self.state().flushed)
    }

    /// Ends everything: what is in use counts as returned.
    pub fn close(&self, now_ms: u64, journal: &Journal) {
        let mut state = self.state();
        let now_ms = self.advance(&mut state, now_ms, journal);
        self.end_all(&mut state, now_ms, CheckOutOutcome::Returned, journal);
        state.ending = Ending::Closed;
        drop(state);
        self.freed.notify_waiters();
    }

    /// Moves this pool's time on, and ends what is too old: what was granted is good before its last instant, not at
    /// it.
    #[inline]
    fn advance(&self, state: &mut State, now_ms: u64, journal: &Journal) -> u64 {
        let now_ms = now_ms.max(state.now_ms);
        if let Some(until) = state.good_until.filter(|until| now_ms >= *until) {
            let at_ms = until.max(state.now_ms);
            let ended = self.end_all(state, at_ms, CheckOutOutcome::Flushed, journal);
            state.flushed += ended;
            if state.ending != Ending::Closed {
                state.ending = Ending::Flushed;
            }
        }
        if let Some(until) = state.carried_until.filter(|until| now_ms >= *until) {
            let at_ms = until.max(state.now_ms);
            self.end_uncarried(state, at_ms, journal);
        }
        state.now_ms = now_ms;
        now_ms
    }

    /// Ends leases that the server in use has not granted, those taken last first.
    fn end_uncarried(&self, state: &mut State, at_ms: u64, journal: &Journal) {
        state.carried_until = None;
        for key in state.slots.newest(state.uncarried()) {
            let Some(slot) = state.slots.remove(key) else { continue };
            state.usage.end(slot.from_ms, at_ms);
            state.flushed += 1;
            journal.push(slot.server, self.ended(slot, at_ms, CheckOutOutcome::Flushed));
        }
    }

    fn end_all(&self, state: &mut State, at_ms: u64, outcome: CheckOutOutcome, journal: &Journal) -> u64 {
        let mut ended = 0;
        let State { slots, usage, .. } = &mut *state;
        for slot in slots.drain() {
            usage.end(slot.from_ms, at_ms);
            journal.push(slot.server, self.ended(slot, at_ms, outcome));
            ended += 1;
        }
        state.good_until = None;
        state.carried_until = None;
        state.cap = 0;
        ended
    }

    #[inline]
    fn ended(&self, slot: slots::Slot, to_ms: u64, outcome: CheckOutOutcome) -> CheckOutEntry {
        let opened = match slot.told {
            slots::OpenReport::By(record) => Some(record),
            slots::OpenReport::Not | slots::OpenReport::Dropped => None,
        };
        let to_ms = Some(to_ms.max(slot.from_ms));
        CheckOutEntry { product: self.index, user: slot.user, from_ms: slot.from_ms, to_ms, outcome, opened }
    }
}

impl State {
    #[inline]
    /// The time: exact where it decides whether what was granted is still good.
    fn read(&self, clock: &dyn Clock) -> u64 {
        let about_ms = clock.about_ms();
        let is_near = |until: u64| about_ms.saturating_add(ABOUT_MS) >= until;
        if self.good_until.is_some_and(is_near) { clock.elapsed_ms() } else { about_ms }
    }

    fn needed(&self) -> u32 {
        self.usage.held().saturating_add(self.waiting)
    }

    fn refusal(&self) -> CheckOutDenial {
        match self.ending {
            Ending::Closed => return CheckOutDenial::Closed,
            Ending::NotBegun => return CheckOutDenial::NotBegun,
            Ending::Flushed => return CheckOutDenial::Flushed,
            Ending::No => {}
        }
        let server = self.usage.server();
        match &self.servers[server].heard {
            None => CheckOutDenial::NotHeard,
            Some(heard) => CheckOutDenial::AtLimit {
                server,
                limit: self.cap,
                is_over: self.usage.held() > self.cap,
                heard: heard.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
