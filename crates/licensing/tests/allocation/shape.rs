//! When two worlds are the same but for the numbers of their clock, their requests and their versions: those are only ever compared, and
//! counted on from the highest, so only their distances matter.

use std::hash::{DefaultHasher, Hash, Hasher};

use licensing::allocation::RunKey;

use crate::client::product;
use crate::world::AllocationWorld;

/// Two hashes of 64 bits over what matters of a world.
pub fn shape(world: &AllocationWorld) -> (u64, u64) {
    let mut words = Words { words: Vec::with_capacity(256), now: world.now };
    words.world(world);
    let mut hashers = (DefaultHasher::new(), DefaultHasher::new());
    hashers.1.write_u64(0x9E37_79B9_7F4A_7C15);
    words.words.hash(&mut hashers.0);
    words.words.hash(&mut hashers.1);
    (hashers.0.finish(), hashers.1.finish())
}

struct Words {
    words: Vec<i64>,
    now: i64,
}

/// The versions above 0 anybody knows of a run's product, in their order.
struct Versions {
    known: Vec<u64>,
    /// Only their order matters: the server's is the highest, and no start can bring back a lower one.
    ranked: bool,
}

impl Versions {
    fn of(world: &AllocationWorld, key: RunKey, p: usize) -> Versions {
        let code = product(p);
        let mut known = Vec::with_capacity(12);
        for has in world.clients.iter().filter(|client| client.key == key).map(|client| client.products[p]) {
            known.push(has.version);
        }
        known.extend(world.requests.iter().filter(|request| request.key == key).map(|request| request.said[p].2));
        known.extend(world.answers.iter().filter(|answer| answer.key == key).map(|answer| answer.limits[p].1));
        let share = world.allocation.run(key).and_then(|run| run.share(&code)).map_or(0, |share| share.version);
        known.push(share);
        if world.may_restart() {
            let stored = world.stored.iter().filter(|(stored, ..)| *stored == key).flat_map(|(.., kept)| kept);
            known.extend(stored.filter(|kept| kept.product == code).map(|kept| kept.version));
        }
        known.sort_unstable();
        known.dedup();
        known.retain(|version| *version > 0);
        Versions { ranked: !world.may_restart() && known.last().is_none_or(|last| *last == share), known }
    }

    fn number(&self, version: u64) -> i64 {
        match self.known.first() {
            Some(_) if version > 0 && self.ranked => self.known.partition_point(|known| *known < version) as i64 + 1,
            Some(first) if version > 0 => (version - first) as i64 + 1,
            _ => 0,
        }
    }
}

impl Words {
    fn put(&mut self, word: impl Into<i64>) {
        self.words.push(word.into());
    }

    /// Time until an instant; 0 once it is past.
    fn until(&mut self, instant: i64) {
        self.put(instant.max(self.now) - self.now);
    }

    fn world(&mut self, world: &AllocationWorld) {
        [world.restarts, world.ends, world.changes, world.releases].iter().for_each(|count| self.put(*count));
        for p in 0..world.plan.products {
            self.put(world.licensed[p]);
            self.put(world.ceiling[p] as i64);
        }
        world.goodbyes.iter().for_each(|key| self.put(*key));
        self.put(-1);
        for (client, latest) in world.clients.iter().zip(&world.latest) {
            self.put(client.key);
            self.put(*latest);
            self.until(client.valid_until);
            self.put(client.sequence > 0);
        }
        let mut keys: Vec<RunKey> = world.clients.iter().map(|client| client.key).collect();
        keys.extend(world.allocation.runs().map(|(key, _)| key));
        keys.extend(world.stored.iter().filter(|_| world.may_restart()).map(|(key, ..)| *key));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            self.run(world, key);
        }
        for (_, pool) in world.allocation.pools() {
            let mut sink = Sink { words: self, settled: false };
            pool.hash(&mut sink);
        }
    }

    fn run(&mut self, world: &AllocationWorld, key: RunKey) {
        let versions: Vec<Versions> = (0..world.plan.products).map(|p| Versions::of(world, key, p)).collect();
        let (client, run) = (world.clients.iter().find(|client| client.key == key), world.allocation.run(key));
        let stored = world.stored.iter().find(|(stored, ..)| world.may_restart() && *stored == key);
        self.put(key);
        self.put(run.is_some());
        self.put(stored.is_some());
        for request in world.requests.iter().filter(|request| request.key == key) {
            self.put(self.now - request.sent);
            self.put(client.is_some_and(|client| client.awaits == Some(request.sequence)));
            self.put(run.map_or(0, |run| run.sequence).cmp(&request.sequence) as i64);
            self.put(stored.map_or(0, |(_, sequence, _)| *sequence).cmp(&request.sequence) as i64);
            for (said, versions) in request.said.iter().zip(&versions) {
                self.put(said.0);
                self.put(said.1);
                self.put(versions.number(said.2));
            }
        }
        self.put(-2);
        for answer in world.answers.iter().filter(|answer| answer.key == key) {
            self.put(self.now - answer.sent);
            for ((limit, version), versions) in answer.limits.iter().zip(&versions) {
                self.put(*limit);
                self.put(versions.number(*version));
            }
        }
        self.put(-3);
        if let Some(run) = run {
            // Only of one that counts anything does it matter until when.
            self.until(if run.counts() { run.deadline } else { 0 });
            self.put((self.now - run.seen).min(world.plan.times.silent + 1));
            self.until(run.released_until.unwrap_or(0));
            self.put(run.restored);
        }
        for (p, versions) in versions.iter().enumerate() {
            let code = product(p);
            if let Some(has) = client.map(|client| client.products[p]) {
                self.put(has.held);
                self.put(has.limit);
                self.put(versions.number(has.version));
            }
            if let Some(share) = run.and_then(|run| run.share(&code)) {
                [share.counted, share.told, share.held, share.need, share.want, share.lapsed]
                    .iter()
                    .for_each(|number| self.put(*number));
                self.put(versions.number(share.version));
                self.until(share.lapsed_until);
                self.put(share.over);
                for place in [share.asked, share.served] {
                    let others = world.allocation.runs().filter_map(|(_, run)| run.share(&code));
                    let places = others.flat_map(|other| [other.asked, other.served]);
                    let earlier = places.filter(|other| *other > 0 && *other < place).count();
                    self.put(place > 0);
                    self.put(earlier as i64);
                }
            }
            if let Some(kept) = stored.and_then(|(.., kept)| kept.iter().find(|kept| kept.product == code)) {
                self.put(kept.counted);
                self.put(kept.told);
                self.put(versions.number(kept.version));
            }
        }
        self.put(-4);
    }
}

/// Takes in a pool. What stands behind its only flag are instants.
struct Sink<'a> {
    words: &'a mut Words,
    settled: bool,
}

impl Hasher for Sink<'_> {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.words.put(*byte));
    }

    fn write_u8(&mut self, flag: u8) {
        self.settled = true;
        self.words.put(flag);
    }

    fn write_u32(&mut self, number: u32) {
        self.words.put(number);
    }

    fn write_u64(&mut self, number: u64) {
        self.words.put(number as i64);
    }

    fn write_usize(&mut self, number: usize) {
        self.words.put(number as i64);
    }

    fn write_isize(&mut self, number: isize) {
        self.words.put(number as i64);
    }

    fn write_i64(&mut self, number: i64) {
        let now = self.words.now;
        self.words.put(if self.settled { (number - now).max(0) } else { number });
    }
}
