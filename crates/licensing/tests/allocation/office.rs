//! A server and honest clients that talk without a network between them; what goes wrong is said by the test.

use std::collections::BTreeMap;

use licensing::allocation::{Allocation, AllocationEffect, AllocationEvent, RunKey, StoredShare, Times};
use licensing::client_protocol::CACHE_MS;
use licensing::product::ProductCode;

use crate::client::{HonestClient, RefreshAnswer, SentRefresh, product};

/// How long a client's cache is good, milliseconds.
pub const CACHE: i64 = CACHE_MS as i64;

/// What survives a crash of the server.
pub type StoredRuns = Vec<(RunKey, u64, Vec<StoredShare>)>;

/// All that must survive, as it is now.
pub fn snapshot(allocation: &Allocation) -> StoredRuns {
    allocation.runs().map(|(key, run)| (key, run.sequence, run.stored_shares())).collect()
}

/// A server as it starts.
pub fn restarted(times: Times, stored: &StoredRuns, licensed: &[u32], now: i64) -> Allocation {
    let mut allocation = Allocation::new(times);
    for (key, sequence, kept) in stored {
        allocation.restore(*key, *sequence, kept.clone(), now);
    }
    allocation.license(&licenses(licensed), &[]);
    allocation
}

pub fn licenses(licensed: &[u32]) -> BTreeMap<ProductCode, u32> {
    licensed.iter().enumerate().map(|(index, n)| (product(index), *n)).collect()
}

/// Where they work.
pub struct SimulatedOffice {
    pub allocation: Allocation,
    pub stored: StoredRuns,
    pub clients: Vec<HonestClient>,
    pub licensed: Vec<u32>,
    pub now: i64,
    /// How often something had to be stored.
    pub stores: u32,
    times: Times,
}

impl SimulatedOffice {
    /// So many clients, with keys from 1, and licenses by product.
    pub fn new(clients: usize, licensed: &[u32]) -> SimulatedOffice {
        let times = Times::default();
        let mut office = SimulatedOffice {
            allocation: Allocation::new(times),
            stored: Vec::new(),
            clients: (0..clients).map(|index| HonestClient::new(index as RunKey + 1, licensed.len())).collect(),
            licensed: Vec::new(),
            now: 1_000,
            stores: 0,
            times,
        };
        office.license(licensed);
        office
    }

    pub fn license(&mut self, licensed: &[u32]) {
        self.licensed = licensed.to_vec();
        self.allocation.license(&licenses(licensed), &[]);
        self.check();
    }

    /// A client asks; its request is on the way.
    pub fn send(&mut self, client: usize, wants: &[u32]) -> SentRefresh {
        self.clients[client].send(wants, 1, self.now)
    }

    /// The server takes a request in and answers. What grew is stored before.
    pub fn serve(&mut self, request: &SentRefresh) -> (RefreshAnswer, AllocationEffect) {
        let uses = request.uses();
        let effect = self.allocation.step(
            request.key,
            AllocationEvent::Refresh { sequence: request.sequence, uses: &uses },
            self.now,
        );
        assert_eq!(effect.broken, None);
        self.stores += u32::from(effect.changed);
        if effect.store_first {
            self.stored = snapshot(&self.allocation);
        }
        self.check();
        (RefreshAnswer::to(request, &effect.told), effect)
    }

    /// The client hears it.
    pub fn hear(&mut self, client: usize, answer: &RefreshAnswer) {
        self.clients[client].hear(answer, CACHE);
        self.check();
    }

    /// All three at once. The limit the client keeps to afterwards.
    pub fn refresh(&mut self, client: usize, wants: &[u32]) -> u32 {
        let request = self.send(client, wants);
        let (answer, _) = self.serve(&request);
        self.hear(client, &answer);
        self.clients[client].products[0].limit()
    }

    /// The limits all keep to of the first product.
    pub fn limits(&self) -> Vec<u32> {
        self.clients.iter().map(|client| client.products[0].limit()).collect()
    }

    /// Takes licenses of the first product as far as it may.
    pub fn take(&mut self, client: usize, count: u32) {
        for _ in 0..count {
            assert!(self.clients[client].acquire(0, self.now), "client {client} may take one");
        }
    }

    /// What is counted of the first product, for one run and for all.
    pub fn counted_for(&self, key: RunKey) -> u32 {
        self.allocation.run(key).and_then(|run| run.share(&product(0))).map_or(0, |share| share.counted)
    }

    pub fn counted(&self) -> u64 {
        self.allocation.runs().map(|(key, _)| u64::from(self.counted_for(key))).sum()
    }

    /// Kill and start: what was not stored is gone.
    pub fn restart(&mut self) {
        self.allocation = restarted(self.times, &self.stored, &self.licensed, self.now);
        self.check();
    }

    pub fn pass(&mut self, time: i64) {
        self.now += time;
        self.clients.iter_mut().for_each(|client| client.flush(self.now));
        self.allocation.expire(self.now);
        self.check();
    }

    /// What is counted covers what each client may believe, and is no more than may be given out.
    pub fn check(&self) {
        self.allocation.check().unwrap();
        for client in &self.clients {
            for index in 0..client.products.len() {
                let share = self.allocation.run(client.key).and_then(|run| run.share(&product(index)));
                let (counted, believes) = (share.map_or(0, |share| share.counted), client.believes(index, self.now));
                assert!(counted >= believes, "client {} may use {believes} and {counted} are counted", client.key);
                assert!(!share.is_some_and(|share| share.over), "an honest client is not called a liar");
            }
        }
    }
}
