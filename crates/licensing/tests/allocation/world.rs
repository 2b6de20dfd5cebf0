//! Everything that can happen between one server and its clients, one step at a time.

use std::rc::Rc;

use licensing::allocation::{Allocation, AllocationEvent, RunKey, Times};

use crate::client::{HonestClient, RefreshAnswer, SentRefresh, product};
use crate::office::{StoredRuns, licenses, restarted, snapshot};

/// One wrong thing that is done on purpose: each must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocationSabotage {
    Nothing,
    /// The server frees the difference as soon as it told a lower limit.
    FreedWhenTold,
    /// A start begins with no limits at all.
    ForgotAtStart,
    /// A higher limit is answered before it is stored.
    AnsweredBeforeStored,
    /// The client says that it keeps to a lower limit while it still uses more.
    SaidTooLittle,
    /// The client counts its cache from when it heard the answer.
    CountedFromHearing,
}

/// What is explored.
#[derive(Debug, Clone, Copy)]
pub struct SearchPlan {
    pub times: Times,
    /// How long a cache is good, ticks.
    pub cache: i64,
    /// How long an answer is awaited and a message may be on its way, ticks.
    pub patience: i64,
    /// Licenses of each product.
    pub licensed: u32,
    pub products: usize,
    pub clients: usize,
    /// The most a client wants of a product.
    pub want: u32,
    pub restarts: u8,
    /// How often a client dies or ends and starts anew.
    pub ends: u8,
    /// How often the number of licenses changes.
    pub changes: u8,
    /// How often an administrator releases.
    pub releases: u8,
    /// Of how many clients messages get lost, late, doubled and out of order, and licenses are taken. The others only ask.
    pub messy: usize,
    pub wrong: AllocationSabotage,
}

/// Messages of one client that may be on their way at once.
const ON_THE_WAY: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Acquire(usize, usize),
    Release(usize, usize),
    /// A client sends a refresh with these wants, whether or not an earlier one was answered.
    Send(usize, Vec<u32>),
    /// The same, and it is answered and heard at once.
    Ask(usize, Vec<u32>),
    /// A request arrives, and may arrive again: that it does not is the same as that it is never heard of again.
    Arrive(usize),
    /// An answer arrives.
    Hear(usize),
    /// The client dies and starts anew.
    Die(usize),
    /// The client says goodbye and starts anew.
    End(usize),
    /// A goodbye arrives, and may arrive again.
    Goodbye(usize),
    /// The server stores what it knows.
    Store,
    /// The server dies and starts with what was stored.
    Restart,
    License(usize, u32),
    /// An administrator takes back what a client does not use.
    TakeBack(usize),
    /// Time passes.
    Tick(i64),
}

#[derive(Debug, Clone)]
pub struct AllocationWorld {
    pub plan: SearchPlan,
    pub now: i64,
    pub allocation: Rc<Allocation>,
    pub stored: Rc<StoredRuns>,
    pub licensed: Vec<u32>,
    /// The most the sum of what is counted may be, by product.
    pub ceiling: Vec<u64>,
    pub clients: Vec<HonestClient>,
    /// The latest run of each client that said hello.
    pub latest: Vec<RunKey>,
    pub requests: Vec<SentRefresh>,
    pub answers: Vec<RefreshAnswer>,
    pub goodbyes: Vec<RunKey>,
    pub restarts: u8,
    pub ends: u8,
    pub changes: u8,
    pub releases: u8,
}

impl AllocationWorld {
    pub fn new(plan: SearchPlan) -> AllocationWorld {
        let licensed = vec![plan.licensed; plan.products];
        AllocationWorld {
            plan,
            now: 100,
            allocation: Rc::new(restarted(plan.times, &StoredRuns::new(), &licensed, 100)),
            stored: Rc::default(),
            ceiling: licensed.iter().map(|n| u64::from(*n)).collect(),
            licensed,
            clients: (1..=plan.clients as RunKey).map(|key| HonestClient::new(key, plan.products)).collect(),
            latest: vec![0; plan.clients],
            requests: Vec::new(),
            answers: Vec::new(),
            goodbyes: Vec::new(),
            restarts: 0,
            ends: 0,
            changes: 0,
            releases: 0,
        }
    }

    /// Which client a run belongs to: their keys take turns.
    fn owner(&self, key: RunKey) -> usize {
        (key - 1) as usize % self.plan.clients
    }

    /// Whether what is stored may still matter.
    pub fn may_restart(&self) -> bool {
        self.restarts < self.plan.restarts
    }

    /// All wants a refresh may name.
    fn wants(&self) -> Vec<Vec<u32>> {
        let each = 0..=self.plan.want;
        match self.plan.products {
            1 => each.map(|want| vec![want]).collect(),
            _ => each.clone().flat_map(|first| each.clone().map(move |second| vec![first, second])).collect(),
        }
    }

    /// Everything that can happen next.
    pub fn actions(&self) -> Vec<Action> {
        let mut all = Vec::with_capacity(24);
        for (index, client) in self.clients.iter().enumerate() {
            if index >= self.plan.messy {
                all.extend(self.wants().into_iter().map(|wants| Action::Ask(index, wants)));
                continue;
            }
            for (p, holding) in client.products.iter().enumerate() {
                if client.valid(self.now) && holding.held < holding.limit() {
                    all.push(Action::Acquire(index, p));
                }
                if holding.held > 0 {
                    all.push(Action::Release(index, p));
                }
            }
            for wants in self.wants() {
                if wants.iter().zip(&client.products).all(|(want, has)| *want >= has.held) {
                    all.push(Action::Send(index, wants.clone()));
                    all.push(Action::Ask(index, wants));
                }
            }
            if self.ends < self.plan.ends && client.sequence > 0 {
                all.extend([Action::Die(index), Action::End(index)]);
            }
            if self.releases < self.plan.releases && client.sequence > 0 {
                all.push(Action::TakeBack(index));
            }
        }
        for index in 0..self.requests.len() {
            all.push(Action::Arrive(index));
        }
        for index in 0..self.goodbyes.len() {
            all.push(Action::Goodbye(index));
        }
        all.extend((0..self.answers.len()).map(Action::Hear));
        if self.may_restart() {
            all.extend([Action::Store, Action::Restart]);
        }
        if self.changes < self.plan.changes {
            for (p, now) in self.licensed.iter().enumerate() {
                all.extend((0..=self.plan.licensed).filter(|n| n != now).map(|n| Action::License(p, n)));
            }
        }
        all.push(Action::Tick(1));
        all
    }

    /// Carries it out. What rule it breaks, if one.
    pub fn apply(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Acquire(client, p) => _ = self.clients[*client].acquire(*p, self.now),
            Action::Release(client, p) => {
                let held = self.clients[*client].products[*p].held;
                self.clients[*client].come_down(*p, held - 1);
            }
            Action::Send(client, wants) => _ = self.send(*client, wants),
            Action::Ask(client, wants) => {
                let request = self.send(*client, wants);
                self.requests.pop();
                self.arrive(&request)?;
                self.check()?;
                if let Some(answer) = self.answers.pop() {
                    self.hear(&answer);
                }
            }
            Action::Arrive(index) => {
                let request = self.requests[*index].clone();
                self.arrive(&request)?;
            }
            Action::Hear(index) => {
                let answer = self.answers.remove(*index);
                self.hear(&answer);
            }
            Action::Die(client) => self.anew(*client),
            Action::End(client) => {
                self.goodbyes.push(self.clients[*client].key);
                self.anew(*client);
            }
            Action::Goodbye(index) => {
                let key = self.goodbyes[*index];
                if self.latest[self.owner(key)] <= key {
                    Rc::make_mut(&mut self.allocation).step(key, AllocationEvent::Goodbye, self.now);
                }
            }
            Action::Store => self.stored = Rc::new(snapshot(&self.allocation)),
            Action::Restart => self.restart(),
            Action::License(p, n) => {
                self.changes += 1;
                self.licensed[*p] = *n;
                Rc::make_mut(&mut self.allocation).license(&licenses(&self.licensed), &[]);
                self.ceiling[*p] = self.counted(*p).max(u64::from(*n));
            }
            Action::TakeBack(client) => {
                self.releases += 1;
                let key = self.clients[*client].key;
                Rc::make_mut(&mut self.allocation).step(key, AllocationEvent::Release, self.now);
            }
            Action::Tick(time) => self.tick(*time),
        }
        self.check()
    }

    fn send(&mut self, client: usize, wants: &[u32]) -> SentRefresh {
        // Two steps apart: the number between is for what a broken server makes up.
        let mut request = self.clients[client].send(wants, 2, self.now);
        if self.plan.wrong == AllocationSabotage::SaidTooLittle {
            for (said, has) in request.said.iter_mut().zip(&self.clients[client].products) {
                if has.held > has.limit {
                    *said = (has.limit, has.limit, has.version);
                }
            }
        }
        let key = self.clients[client].key;
        self.answers.retain(|answer| answer.key != key);
        if self.requests.iter().filter(|request| request.key == key).count() == ON_THE_WAY {
            let oldest = self.requests.iter().position(|request| request.key == key).unwrap();
            self.requests.remove(oldest);
        }
        self.requests.push(request.clone());
        request
    }

    fn arrive(&mut self, request: &SentRefresh) -> Result<(), String> {
        let key = request.key;
        let owner = self.owner(key);
        let client = &self.clients[owner];
        let known = self.allocation.run(key).is_some();
        if self.latest[owner] > key || (!known && client.key != key) {
            return Ok(());
        }
        let awaited = client.key == key && client.awaits == Some(request.sequence);
        let allocation = Rc::make_mut(&mut self.allocation);
        if self.latest[owner] < key {
            let before = std::mem::replace(&mut self.latest[owner], key);
            allocation.step(before, AllocationEvent::Superseded, self.now);
            allocation.step(key, AllocationEvent::Hello, self.now);
            self.stored = Rc::new(snapshot(allocation));
        }
        let uses = request.uses();
        let effect =
            allocation.step(key, AllocationEvent::Refresh { sequence: request.sequence, uses: &uses }, self.now);
        if let Some(broken) = effect.broken {
            return Err(format!("the server refused its own step: {broken}"));
        }
        if effect.store_first && self.plan.wrong != AllocationSabotage::AnsweredBeforeStored {
            self.stored = Rc::new(snapshot(allocation));
        }
        if self.plan.wrong == AllocationSabotage::FreedWhenTold {
            let mut forged = uses.clone();
            for (said, told) in forged.values_mut().zip(&effect.told) {
                (said.version, said.held) = (told.version, said.held.min(told.limit));
            }
            allocation.step(key, AllocationEvent::Refresh { sequence: request.sequence + 1, uses: &forged }, self.now);
        }
        let answer = RefreshAnswer::to(request, &effect.told);
        if awaited && !self.answers.contains(&answer) {
            self.answers.push(answer);
        }
        Ok(())
    }

    /// A client says what it wants and needs of its one product, and hears the answer at once.
    fn say(&mut self, client: usize, want: u32, need: u32) -> Result<(), String> {
        let held = self.clients[client].products[0].held;
        let request = SentRefresh {
            needs: Some(vec![need.max(held)]),
            ..self.clients[client].send(&[want.max(need).max(held)], 2, self.now)
        };
        self.arrive(&request)?;
        self.check()?;
        if let Some(answer) = self.answers.pop() {
            self.hear(&answer);
        }
        self.check()
    }

    /// From here on nothing gets lost: what one client does not use is the other's once both have refreshed twice.
    pub fn spare_goes_to_who_waits(mut self) -> Result<(), String> {
        self.requests.clear();
        self.answers.clear();
        for (idle, waiter) in [(0, 1), (1, 0)] {
            let mut world = self.clone();
            world.clients[idle].come_down(0, 0);
            let need = world.clients[waiter].products[0].held + 1;
            if need > world.licensed[0] {
                continue;
            }
            world.say(waiter, need, need)?;
            for _ in 0..2 {
                world.say(idle, world.plan.want, 0)?;
                world.say(waiter, need, need)?;
            }
            if world.clients[waiter].products[0].limit() < need {
                return Err(format!("client {waiter} waits and client {idle} keeps what it does not use"));
            }
        }
        Ok(())
    }

    /// From here on all take what they may, return it by the next round and want it again: each has its turn.
    pub fn greedy_clients_take_turns(mut self) -> Result<(), String> {
        self.requests.clear();
        self.answers.clear();
        let mut taken = vec![0; self.clients.len()];
        for _ in 0..14 {
            for (client, taken) in taken.iter_mut().enumerate() {
                self.clients[client].come_down(0, 0);
                while self.clients[client].products[0].held < self.plan.want
                    && self.clients[client].acquire(0, self.now)
                {
                    *taken += 1;
                }
                self.say(client, self.plan.want, self.plan.want)?;
            }
        }
        if taken.iter().any(|taken| *taken < 2) { Err(format!("taken {taken:?}")) } else { Ok(()) }
    }

    fn hear(&mut self, answer: &RefreshAnswer) {
        let mut answer = answer.clone();
        self.answers.retain(|other| other.key != answer.key);
        if self.plan.wrong == AllocationSabotage::CountedFromHearing {
            answer.sent = self.now;
        }
        let owner = self.owner(answer.key);
        self.clients[owner].hear(&answer, self.plan.cache);
    }

    fn anew(&mut self, client: usize) {
        self.ends += 1;
        let key = self.clients[client].key;
        self.answers.retain(|answer| answer.key != key);
        self.clients[client] = HonestClient::new(key + self.plan.clients as RunKey, self.plan.products);
    }

    fn restart(&mut self) {
        self.restarts += 1;
        let nothing = StoredRuns::new();
        let stored = if self.plan.wrong == AllocationSabotage::ForgotAtStart { &nothing } else { &*self.stored };
        self.allocation = Rc::new(restarted(self.plan.times, stored, &self.licensed, self.now));
        for p in 0..self.plan.products {
            self.ceiling[p] = self.counted(p).max(u64::from(self.licensed[p]));
        }
    }

    fn tick(&mut self, time: i64) {
        self.now += time;
        self.clients.iter_mut().for_each(|client| client.flush(self.now));
        let oldest = self.now - self.plan.patience;
        self.requests.retain(|request| request.sent >= oldest);
        self.answers.retain(|answer| answer.sent >= oldest);
        Rc::make_mut(&mut self.allocation).expire(self.now);
    }

    fn counted(&self, p: usize) -> u64 {
        let product = product(p);
        self.allocation.runs().filter_map(|(_, run)| run.share(&product)).map(|share| u64::from(share.counted)).sum()
    }

    /// The invariants of the allocation.
    pub fn check(&mut self) -> Result<(), String> {
        self.allocation.check().map_err(|broken| broken.to_string())?;
        for p in 0..self.plan.products {
            let (code, licensed) = (product(p), u64::from(self.licensed[p]));
            let mut counted = 0;
            for (_, run) in self.allocation.runs() {
                let share = run.share(&code).copied().unwrap_or_default();
                counted += u64::from(share.counted);
                if share.over {
                    return Err(format!("an honest client is called a liar: {share:?}"));
                }
            }
            if counted > self.ceiling[p] {
                return Err(format!("I1: {counted} of {code} are counted, and {} may be", self.ceiling[p]));
            }
            self.ceiling[p] = self.ceiling[p].min(counted.max(licensed));
            let mut believed = 0;
            for client in &self.clients {
                let (held, believes) = (client.products[p].held, client.believes(p, self.now));
                let share = self.allocation.run(client.key).and_then(|run| run.share(&code));
                let counted = share.map_or(0, |share| share.counted);
                believed += u64::from(believes);
                if held > believes {
                    return Err(format!("I2: run {} uses {held} of {code} and may use {believes}", client.key));
                }
                if believes > counted {
                    return Err(format!("I4: run {} may use {believes} of {code}, {counted} are counted", client.key));
                }
            }
            if believed > self.ceiling[p] {
                return Err(format!("I3: {believed} of {code} may be in use, of {}", self.ceiling[p]));
            }
        }
        Ok(())
    }
}
