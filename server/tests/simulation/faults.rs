//! What goes wrong, and when.

use super::application::WORKERS;
use super::machine::NetworkTrouble;
use super::random::SimulationRandom;
use super::stage::SimulationStage;
use super::watch::{SERVERS, ServerIndex};

/// How a client reaches a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    Good,
    /// Nothing arrives, in one direction or both.
    Cut,
    /// Nothing arrives before it is released.
    Held,
}

/// A way that is cut.
#[derive(Debug, Clone, Copy)]
pub enum CutDirection {
    Both,
    ToServer,
    FromServer,
}

/// Something that goes wrong, or ends.
#[derive(Debug, Clone, Copy)]
pub enum InjectedFault {
    Cut(usize, ServerIndex, CutDirection),
    Hold(usize, ServerIndex),
    Mend(usize, ServerIndex),
    Crash(ServerIndex),
    Start(ServerIndex),
    Disk(ServerIndex, bool),
    SlowDisk(ServerIndex, u64),
    Mood(ServerIndex, NetworkTrouble),
    /// Server, product by its place, how many.
    License(ServerIndex, usize, u32),
    JumpServer(ServerIndex, i64),
    JumpClient(usize, i64),
    Kill(usize),
    Revive(usize),
}

/// When the last fault ends, milliseconds, and all of them with their times.
pub fn plan(random: &mut SimulationRandom, sites: usize, products: usize) -> (u64, Vec<(u64, InjectedFault)>) {
    let mut plan = Vec::new();
    let mut others = sites;
    let end_ms = if random.percent(13) {
        // Long enough for a client to lose its licenses, and for a server to give them to others.
        others -= 1;
        let from = random.within(5_000..=20_000);
        plan.extend((0..SERVERS.len()).map(|server| (from, InjectedFault::Cut(others, server, CutDirection::Both))));
        from + random.within(125_000..=145_000)
    } else {
        random.within(20_000..=50_000)
    };
    for _ in 0..random.within(4..=9) {
        let from = random.within(1_000..=end_ms - 2_000);
        let lasts = if random.percent(60) { random.within(500..=12_000) } else { random.within(12_000..=60_000) };
        add(&mut plan, random, (from, (from + lasts).min(end_ms)), (others, products));
    }
    plan.sort_by_key(|(at, _)| *at);
    (end_ms, plan)
}

/// A day, milliseconds.
const DAY: i64 = 86_400_000;

fn add(
    plan: &mut Vec<(u64, InjectedFault)>,
    random: &mut SimulationRandom,
    (from, to): (u64, u64),
    (sites, products): (usize, usize),
) {
    let (server, site) = (random.below(2), random.below(sites));
    let way = [CutDirection::Both, CutDirection::ToServer, CutDirection::FromServer][random.below(3)];
    let (begin, end): (Vec<InjectedFault>, Vec<InjectedFault>) = match random.below(13) {
        0 | 1 => (vec![InjectedFault::Cut(site, server, way)], vec![InjectedFault::Mend(site, server)]),
        2 | 3 => (
            vec![InjectedFault::Cut(site, 0, way), InjectedFault::Cut(site, 1, CutDirection::Both)],
            vec![InjectedFault::Mend(site, 0), InjectedFault::Mend(site, 1)],
        ),
        4 => (vec![InjectedFault::Hold(site, server)], vec![InjectedFault::Mend(site, server)]),
        5 | 6 => (vec![InjectedFault::Crash(server)], vec![InjectedFault::Start(server)]),
        7 => (vec![InjectedFault::Disk(server, true)], vec![InjectedFault::Disk(server, false)]),
        8 => (
            vec![InjectedFault::SlowDisk(server, random.within(200..=4_000))],
            vec![InjectedFault::SlowDisk(server, 0)],
        ),
        9 => {
            let slow_ms = [0, 1_500, 14_000][random.below(3)];
            let mood = NetworkTrouble { slow_ms, loses: random.within(0..=40), repeats: random.within(0..=60) };
            (vec![InjectedFault::Mood(server, mood)], vec![InjectedFault::Mood(server, NetworkTrouble::default())])
        }
        10 => {
            let mut some = || u32::try_from(random.within(0..=8)).unwrap();
            let (fewer, later) = (some(), some());
            let product = random.below(products);
            (vec![InjectedFault::License(server, product, fewer)], vec![InjectedFault::License(server, product, later)])
        }
        11 => {
            let mut days = || i64::try_from(random.within(0..=800)).unwrap() - 400;
            (vec![InjectedFault::JumpServer(server, days() * DAY)], vec![InjectedFault::JumpClient(site, days() * DAY)])
        }
        _ if random.percent(70) => (vec![InjectedFault::Kill(site)], vec![InjectedFault::Revive(site)]),
        _ => (vec![InjectedFault::Kill(site)], Vec::new()),
    };
    plan.extend(begin.into_iter().map(|fault| (from, fault)));
    plan.extend(end.into_iter().map(|fault| (to, fault)));
}

impl SimulationStage<'_> {
    /// Lets a fault begin or end. One that does not fit what is there changes nothing.
    pub fn apply(&mut self, fault: InjectedFault) {
        self.log.tell(format!("-- {fault:?}"));
        match fault {
            InjectedFault::Cut(site, server, way) if self.links[site][server] == LinkState::Good => {
                self.cut(site, server, way)
            }
            InjectedFault::Hold(site, server) if self.links[site][server] == LinkState::Good => {
                self.sim.hold(self.sites[site].name.as_str(), SERVERS[server]);
                self.links[site][server] = LinkState::Held;
                self.log.count("links held");
            }
            InjectedFault::Cut(..) | InjectedFault::Hold(..) => {}
            InjectedFault::Mend(site, server) => self.mend(site, server),
            InjectedFault::Crash(server) => self.crash(server),
            InjectedFault::Start(server) => self.start(server),
            InjectedFault::Disk(server, is_broken) => self.servers[server].disk.keep.set_broken(is_broken),
            InjectedFault::SlowDisk(server, ms) => self.servers[server].disk.set_slow(ms),
            InjectedFault::Mood(server, mood) => *self.servers[server].mood.lock().unwrap() = mood,
            InjectedFault::License(server, product, count) => {
                self.servers[server].license(&self.products[product], count)
            }
            InjectedFault::JumpServer(server, ms) => self.servers[server].clock.jump(ms),
            InjectedFault::JumpClient(site, ms) => self.sites[site].clock.jump(ms),
            InjectedFault::Kill(site) => self.kill(site),
            InjectedFault::Revive(site) => self.revive(site),
        }
    }

    fn cut(&mut self, site: usize, server: ServerIndex, way: CutDirection) {
        let (client, host) = (self.sites[site].name.as_str(), SERVERS[server]);
        match way {
            CutDirection::Both => self.sim.partition(client, host),
            CutDirection::ToServer => self.sim.partition_oneway(client, host),
            CutDirection::FromServer => self.sim.partition_oneway(host, client),
        }
        self.links[site][server] = LinkState::Cut;
        self.log.count("links cut");
    }

    fn mend(&mut self, site: usize, server: ServerIndex) {
        let (client, host) = (self.sites[site].name.as_str(), SERVERS[server]);
        match std::mem::replace(&mut self.links[site][server], LinkState::Good) {
            LinkState::Good => {}
            LinkState::Cut => self.sim.repair(client, host),
            LinkState::Held => self.sim.release(client, host),
        }
    }

    fn crash(&mut self, server: ServerIndex) {
        if self.servers[server].leases.lock().unwrap().take().is_some() {
            self.sim.crash(SERVERS[server]);
            self.log.count("servers crashed");
        }
    }

    fn start(&mut self, server: ServerIndex) {
        if !self.sim.is_host_running(SERVERS[server]) {
            // The machine was started anew: its monotonic clock may be anywhere.
            let began = self.random.within(0..=10_000_000);
            self.servers[server].clock.restart(began);
            self.sim.bounce(SERVERS[server]);
        }
    }

    fn kill(&mut self, site: usize) {
        if self.sites[site].life.lock().unwrap().is_some() {
            self.sites[site].is_killed();
            self.sim.crash(self.sites[site].name.as_str());
            self.log.count("clients killed");
        }
    }

    fn revive(&mut self, site: usize) {
        if !self.sim.is_host_running(self.sites[site].name.as_str()) {
            self.sim.bounce(self.sites[site].name.as_str());
        }
    }

    /// Everything is repaired, and there are licenses for everybody: who is not served now has not come back.
    pub fn end_faults(&mut self) {
        for server in 0..SERVERS.len() {
            (0..self.sites.len()).for_each(|site| self.mend(site, server));
            self.start(server);
            self.servers[server].disk.keep.set_broken(false);
            self.servers[server].disk.set_slow(0);
            *self.servers[server].mood.lock().unwrap() = NetworkTrouble::default();
            for product in &self.products {
                self.servers[server].license(product, self.enough());
            }
        }
        self.log.tell("-- all is well");
    }

    /// As many as all parts of all applications take at once, and what clients like to have to spare.
    fn enough(&self) -> u32 {
        u32::try_from(self.sites.len() * (WORKERS + 1)).unwrap()
    }
}
