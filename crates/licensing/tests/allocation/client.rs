//! One honest client, as small as the rules allow: what it believes it may use, and until when.

use std::collections::BTreeMap;

use licensing::allocation::{LimitAnswer, RunKey};
use licensing::client_protocol::Use;
use licensing::product::ProductCode;

/// The products of these tests, in the order of their names.
pub fn product(index: usize) -> ProductCode {
    ["P0", "P1", "P2"][index].parse().unwrap()
}

/// What a client has of one product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ClientHolding {
    /// In use now.
    pub held: u32,
    /// The limit it keeps to.
    pub limit: u32,
    /// The version of that, which it echoes at once.
    pub version: u64,
}

impl ClientHolding {
    /// The most it could have in use while its cache is good, whatever happens until it hears more.
    pub fn reach(&self) -> u32 {
        self.held.max(self.limit)
    }

    /// What it may use from now on. What is in use above a lower limit is returned in its time.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    fn hear(&mut self, limit: u32, version: u64) {
        if version > self.version {
            (self.limit, self.version) = (limit, version);
        }
    }
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SentRefresh {
    pub key: RunKey,
    pub sequence: u64,
    pub sent: i64,
    /// Held, wanted and echoed version of each product.
    pub said: Vec<(u32, u32, u64)>,
    /// What it needs of each, if it says so; else all it wants.
    pub needs: Option<Vec<u32>>,
}

impl SentRefresh {
    pub fn uses(&self) -> BTreeMap<ProductCode, Use> {
        let one = |(index, &(held, want, version)): (usize, &(u32, u32, u64))| {
            let need = self.needs.as_ref().map(|needs| needs[index]);
            (product(index), Use { held, need, want, version, ..Use::default() })
        };
        self.said.iter().enumerate().map(one).collect()
    }
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefreshAnswer {
    pub key: RunKey,
    pub sequence: u64,
    /// When the refresh was sent that is answered.
    pub sent: i64,
    /// Limit and version of each product.
    pub limits: Vec<(u32, u64)>,
}

impl RefreshAnswer {
    pub fn to(request: &SentRefresh, told: &[LimitAnswer]) -> RefreshAnswer {
        let limits = told.iter().map(|told| (told.limit, told.version)).collect();
        RefreshAnswer { key: request.key, sequence: request.sequence, sent: request.sent, limits }
    }
}

/// An honest client of one server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HonestClient {
    /// Names its run.
    pub key: RunKey,
    /// The last refresh it sent.
    pub sequence: u64,
    /// The refresh it awaits the answer of.
    pub awaits: Option<u64>,
    /// Its cache is good before this.
    pub valid_until: i64,
    pub products: Vec<ClientHolding>,
}

impl HonestClient {
    pub fn new(key: RunKey, products: usize) -> HonestClient {
        let products = vec![ClientHolding::default(); products];
        HonestClient { key, sequence: 0, awaits: None, valid_until: i64::MIN, products }
    }

    pub fn valid(&self, now: i64) -> bool {
        now < self.valid_until
    }

    /// What it may hold or take of a product before it hears more.
    pub fn believes(&self, index: usize, now: i64) -> u32 {
        if self.valid(now) { self.products[index].reach() } else { 0 }
    }

    /// Takes a license, if it may.
    pub fn acquire(&mut self, index: usize, now: i64) -> bool {
        let may = self.valid(now) && self.products[index].held < self.products[index].limit();
        self.products[index].held += u32::from(may);
        may
    }

    /// Returns licenses until no more than `held` are in use.
    pub fn come_down(&mut self, index: usize, held: u32) {
        let holding = &mut self.products[index];
        holding.held = holding.held.min(held);
    }

    /// Drops everything once the cache is no good any more.
    pub fn flush(&mut self, now: i64) {
        if !self.valid(now) {
            for index in 0..self.products.len() {
                self.come_down(index, 0);
            }
        }
    }

    /// Asks; an answer to an earlier refresh is not awaited any more. `gap` is by how much its number is higher than the last.
    pub fn send(&mut self, wants: &[u32], gap: u64, now: i64) -> SentRefresh {
        self.sequence += gap;
        self.awaits = Some(self.sequence);
        let said = self.products.iter().zip(wants).map(|(has, want)| (has.held, (*want).max(has.held), has.version));
        SentRefresh { key: self.key, sequence: self.sequence, sent: now, said: said.collect(), needs: None }
    }

    /// Hears an answer: the cache is good for `cache` from when the refresh was sent.
    pub fn hear(&mut self, answer: &RefreshAnswer, cache: i64) {
        if answer.key != self.key || self.awaits != Some(answer.sequence) {
            return;
        }
        self.awaits = None;
        self.valid_until = self.valid_until.max(answer.sent + cache);
        for (holding, (limit, version)) in self.products.iter_mut().zip(&answer.limits) {
            holding.hear(*limit, *version);
        }
    }
}
