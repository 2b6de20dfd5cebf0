//! One server with its disk, its clients and its clocks, one step at a time; and what must be true after each.

use std::collections::{BTreeMap, VecDeque};

use licensing::countdown::{
    AfterStore, Balance, ClockReading, CountdownDenial, CountdownEffect, CountdownEvent, CountdownState, Millis,
    PaidTime, TICK_MS, step,
};

/// One wrong thing that is done on purpose: each must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountdownSabotage {
    Nothing,
    /// Hours are granted while what they cost is still on its way to the disk.
    ChargedAfterGrant,
    /// What is given back is given back once more.
    GaveBackTwice,
    /// After old data was put back the higher balance counts.
    GrewOnRestore,
    /// A start goes on with the tick that was charged before.
    RefundedAtStart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Login,
    Logout,
    /// Time passes, and everything is stored at once.
    Run(Millis),
    /// Time passes; what is being stored takes that long.
    Pass(Millis),
    /// The machine stands still: time passes without a tick.
    Stall(Millis),
    /// One more place has what is being stored.
    StoreOne,
    /// All places have it.
    Store,
    /// The next place cannot be written.
    Fail,
    /// Killed, and started again.
    Crash,
    /// The wall clock is set.
    SetClock(Millis),
    /// The data folder is copied aside.
    Copy,
    /// The server ends, the copy is put back, and it starts.
    PutBack,
    /// A license is installed.
    License(u64),
}

/// The anchor in the data folder, the one outside, and the database, in the order they are written.
const OUTSIDE: usize = 1;
const PLACES: usize = 3;

/// What a license brings, by its serial: less than a tick, a few ticks, hours.
pub fn hours(serial: u64) -> Millis {
    [0, 7 * TICK_MS, 3 * TICK_MS + 12_345, 2_000, 5 * 60 * TICK_MS][usize::try_from(serial).unwrap() % 5]
}

#[derive(Debug)]
pub struct CountdownWorld {
    pub wrong: CountdownSabotage,
    pub state: CountdownState,
    pub now: ClockReading,
    pub disk: [Balance; PLACES],
    copy: Option<[Balance; PLACES]>,
    /// What is being stored, and how many places have it.
    storing: Option<(Balance, usize)>,
    /// Time used that was granted, by license.
    covered: BTreeMap<u64, Millis>,
    /// Time used beyond, because the machine stood still.
    overdue: BTreeMap<u64, Millis>,
    /// What may have been charged without being used, by license.
    lost: BTreeMap<u64, Millis>,
    pub effects: Vec<CountdownEffect>,
}

impl CountdownWorld {
    pub fn new(wrong: CountdownSabotage) -> CountdownWorld {
        CountdownWorld {
            wrong,
            state: CountdownState::opened(Balance::default()),
            now: ClockReading { wall_ms: 1_800_000_000_000, mono_ms: 5_000 },
            disk: [Balance::default(); PLACES],
            copy: None,
            storing: None,
            covered: BTreeMap::new(),
            overdue: BTreeMap::new(),
            lost: BTreeMap::new(),
            effects: Vec::new(),
        }
    }

    /// What a start would find.
    pub fn found(&self) -> Balance {
        let mut found = self.disk[0];
        for other in &self.disk[1..] {
            let counts = if self.wrong == CountdownSabotage::GrewOnRestore {
                (other.serial, other.balance_ms) > (found.serial, found.balance_ms)
            } else {
                other.counts_before(&found)
            };
            if counts {
                found = *other;
            }
        }
        found
    }

    pub fn act(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::Login => self.feed(CountdownEvent::FirstLogin)?,
            Action::Logout => self.feed(CountdownEvent::LastLogout)?,
            Action::Run(ms) => {
                self.store()?;
                for _ in 0..ms / 1000 {
                    self.pass(1000);
                    self.feed(CountdownEvent::Tick)?;
                    self.store()?;
                }
                self.pass(ms % 1000);
            }
            Action::Pass(ms) => {
                for _ in 0..ms / 1000 {
                    self.pass(1000);
                    self.feed(CountdownEvent::Tick)?;
                }
                self.pass(ms % 1000);
            }
            Action::Stall(ms) => self.pass(ms),
            Action::StoreOne => self.store_one()?,
            Action::Store => self.store()?,
            Action::Fail => {
                if let Some((balance, _)) = self.storing.take() {
                    self.feed(CountdownEvent::Failed(balance.version))?;
                }
            }
            Action::Crash => self.crash(),
            Action::SetClock(by) => self.now.wall_ms += by,
            Action::Copy => self.copy = Some(self.disk),
            Action::PutBack => {
                if let Some(copy) = self.copy {
                    let outside = self.disk[OUTSIDE];
                    self.disk = copy;
                    self.disk[OUTSIDE] = outside;
                    self.crash();
                }
            }
            Action::License(serial) => {
                if self.state.logged_in() {
                    // The rest of the old tick is lost, and what is used meanwhile counts for both.
                    *self.lost.entry(serial).or_default() += TICK_MS;
                    *self.lost.entry(self.state.balance.serial).or_default() += TICK_MS;
                }
                self.feed(CountdownEvent::Licensed { serial, hours_ms: hours(serial), interval_ms: TICK_MS })?;
            }
        }
        self.check()
    }

    fn feed(&mut self, event: CountdownEvent) -> Result<(), String> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let (next, effects) =
                step(&self.state, event, self.now).map_err(|broken| format!("{event:?}: {broken}"))?;
            self.state = next;
            for effect in &effects {
                if let CountdownEffect::Persist(balance) = effect {
                    self.storing = Some((*balance, 0));
                    if self.wrong == CountdownSabotage::ChargedAfterGrant {
                        events.push_back(CountdownEvent::Persisted(balance.version));
                    }
                }
            }
            self.effects.extend(effects);
            self.settled()?;
        }
        Ok(())
    }

    fn store_one(&mut self) -> Result<(), String> {
        let Some((mut balance, done)) = self.storing else { return Ok(()) };
        let before = self.disk[done];
        if self.wrong == CountdownSabotage::GaveBackTwice && before.serial == balance.serial {
            balance.balance_ms += (balance.balance_ms - before.balance_ms).max(0);
        }
        self.disk[done] = balance;
        if done + 1 < PLACES {
            self.storing = Some((self.storing.unwrap().0, done + 1));
            return Ok(());
        }
        self.storing = None;
        self.feed(CountdownEvent::Persisted(balance.version))
    }

    fn store(&mut self) -> Result<(), String> {
        for _ in 0..100 {
            if self.storing.is_none() {
                return Ok(());
            }
            self.store_one()?;
        }
        Err("it stores for ever".to_owned())
    }

    fn crash(&mut self) {
        let ahead = match (self.wrong, self.state.paid) {
            (CountdownSabotage::RefundedAtStart, PaidTime::Until { .. }) => self.state.paid.at(self.now.mono_ms).max(0),
            _ => 0,
        };
        let found = self.found();
        *self.lost.entry(found.serial).or_default() += TICK_MS;
        // What stood still beyond what was charged was never charged, and the process that knew is gone.
        for (serial, ms) in std::mem::take(&mut self.overdue) {
            *self.lost.entry(serial).or_default() += ms;
        }
        self.storing = None;
        self.state = CountdownState::opened(Balance { balance_ms: found.balance_ms + ahead, ..found });
    }

    fn pass(&mut self, ms: Millis) {
        let serial = self.state.balance.serial;
        if let Some((balance, _)) = self.storing.filter(|(balance, _)| balance.serial != serial) {
            // The first tick of a new license counts from when it was installed.
            *self.lost.entry(balance.serial).or_default() += ms;
        }
        match self.state.paid {
            PaidTime::Until { until, .. } => {
                let covered = (until - self.now.mono_ms).clamp(0, ms);
                *self.covered.entry(serial).or_default() += covered;
                *self.overdue.entry(serial).or_default() += ms - covered;
            }
            PaidTime::Fixed(_) => {
                // Somebody waits for the disk: counted from when they asked.
                if let Some(AfterStore::Grant { .. }) = self.state.pending.map(|pending| pending.then) {
                    *self.lost.entry(self.storing.map_or(serial, |(balance, _)| balance.serial)).or_default() += ms;
                }
            }
        }
        self.now.mono_ms += ms;
        self.now.wall_ms += ms;
    }

    fn of(map: &BTreeMap<u64, Millis>, serial: u64) -> Millis {
        map.get(&serial).copied().unwrap_or(0)
    }

    /// What is true whatever happens.
    fn check(&self) -> Result<(), String> {
        let Balance { serial, balance_ms, .. } = self.found();
        let true_left = hours(serial) - Self::of(&self.covered, serial);
        if balance_ms > true_left {
            return Err(format!("{balance_ms} ms are on disk, and only {true_left} ms are left: hours grew"));
        }
        if self.state.balance.serial == serial && self.state.left_ms(self.now.mono_ms) > true_left.max(0) {
            return Err("the server believes in more hours than are left".to_owned());
        }
        let all = Self::of(&self.covered, serial) + Self::of(&self.overdue, serial);
        let charged_unused = true_left - balance_ms;
        let ahead = TICK_MS + Self::of(&self.lost, serial) + Self::of(&self.overdue, serial);
        if charged_unused > ahead {
            return Err(format!("{charged_unused} ms are charged and unused after {all} ms, more than {ahead} ms"));
        }
        Ok(())
    }

    /// What is true when nothing is under way.
    fn settled(&self) -> Result<(), String> {
        let CountdownState { balance, paid, pending, refused, .. } = self.state;
        if pending.is_some() || self.storing.is_some() {
            return Ok(());
        }
        let used = Self::of(&self.covered, balance.serial) + Self::of(&self.overdue, balance.serial);
        let charged = hours(balance.serial) - balance.balance_ms;
        if !self.state.logged_in() && paid == PaidTime::Fixed(0) {
            let least = used.min(hours(balance.serial));
            let most = used + Self::of(&self.lost, balance.serial);
            if charged < least || charged > most {
                return Err(format!("{charged} ms were charged for {used} ms of use"));
            }
        }
        let served = self.state.granted() && paid.at(self.now.mono_ms) > 0;
        if self.state.logged_in() && !served && refused.is_none() {
            return Err("somebody is logged in, neither served nor refused, and nothing is under way".to_owned());
        }
        if refused == Some(CountdownDenial::Empty) && balance.balance_ms > 0 {
            return Err("refused as used up, with hours left".to_owned());
        }
        Ok(())
    }
}
