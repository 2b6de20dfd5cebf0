//! One license, and clients that pass it to and fro: by their records it is never in use twice.

use licensing::client_protocol::{CheckOut, CheckOutOutcome, Limit, Records};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::Engine;
use crate::clock::Clock;
use crate::usage::query::Filter;

const BEGAN: i64 = 1_800_000_000_000;

struct Server {
    engine: Engine,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

/// A client whose clock is off.
struct Client {
    name: &'static str,
    ahead: i64,
    epoch: u64,
    sequence: u64,
    recorded: u64,
    limit: Limit,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let clock = Arc::new(ManualClock::at(BEGAN));
        let engine = Engine::open(folder.path(), &conf, clock.clone()).await.unwrap();
        engine.leases.license(&BTreeMap::from([(speech(), Licensed::Count(1))]), &[]);
        Self { engine, clock, _folder: folder }
    }

    /// Carries out a request while the keeper is at work.
    async fn stored<T>(&self, request: impl Future<Output = Result<T, Fault>>) -> T {
        let stop = CancellationToken::new();
        tokio::select! {
            answer = request => answer.unwrap(),
            () = self.engine.leases.keep(&stop) => unreachable!("it keeps for ever"),
        }
    }

    async fn welcome(&self, name: &'static str, ahead: i64) -> Client {
        let epoch = self.stored(self.engine.client_hello(&hello(name, &format!("{name}-run")), "10.0.0.7")).await.epoch;
        let limit = Limit { limit: 0, version: 0, licensed: 0, why: None, sentence: None };
        Client { name, ahead, epoch, sequence: 0, recorded: 0, limit }
    }

    /// The most that was in use at once, and for how long licenses were in use.
    async fn used(&self) -> (u32, u64) {
        let filter = Filter {
            from_ms: BEGAN - 3_600_000,
            to_ms: BEGAN + 3_600_000,
            product: None,
            client: None,
            context: None,
            deployment: None,
            zone: jiff::tz::TimeZone::UTC,
        };
        let all = self.engine.usage.summary(&filter).await.unwrap();
        (all[0].peak, all[0].use_ms)
    }
}

impl Client {
    fn shows(&self, server: &Server) -> i64 {
        server.clock.now_ms() + self.ahead
    }

    /// Refreshes until it keeps to what it is told. Each way takes so long, milliseconds.
    async fn refresh(&mut self, server: &Server, used: Use, ways: [i64; 2]) {
        loop {
            self.sequence += 1;
            let used = Use { version: self.limit.version, ..used };
            let said = Refresh { now: Some(self.shows(server)), ..refresh(self.name, self.epoch, self.sequence, used) };
            server.clock.advance(ways[0]);
            let answer = server.stored(server.engine.client_refresh(said, server.engine.received())).await;
            server.clock.advance(ways[1]);
            let before = std::mem::replace(&mut self.limit, answer.products[&speech()].clone());
            if before.version == self.limit.version {
                return;
            }
        }
    }

    async fn record(&mut self, server: &Server, records: Vec<CheckOut>, way: i64) {
        let said = Records {
            protocol: VERSION,
            client: self.name.to_owned(),
            run: format!("{}-run", self.name),
            epoch: self.epoch,
            first: self.recorded + 1,
            now: Some(self.shows(server)),
            records,
        };
        server.clock.advance(way);
        self.recorded = server.stored(server.engine.client_records(said, server.engine.received())).await.acknowledged;
    }

    /// Gets the license, uses it, and returns it; for how long it was in use.
    async fn turn(&mut self, server: &Server, turn: i64) -> i64 {
        let way = |place: i64| [0, 3, 1, 70, 12, 0, 400][usize::try_from((turn * 5 + place) % 7).unwrap()];
        self.refresh(server, want(1), [way(0), way(1)]).await;
        assert_eq!(self.limit.limit, 1, "{} gets it", self.name);
        let from = self.shows(server) + 1;
        let lasted = [1, 800, 0, 90_000, 20][usize::try_from(turn % 5).unwrap()];
        server.clock.advance(1 + lasted);
        let mut record = CheckOut {
            product: speech(),
            user: String::new(),
            host: String::new(),
            from,
            to: None,
            outcome: CheckOutOutcome::Open,
            opened: None,
            before: None,
        };
        if lasted > 60_000 {
            self.record(server, vec![record.clone()], way(2)).await;
            record.opened = Some(self.recorded);
        }
        let to = self.shows(server);
        (record.to, record.outcome) = (Some(to), CheckOutOutcome::Returned);
        let none = Use { usage_count: 1, ..Use::default() };
        if turn % 3 == 0 {
            self.record(server, vec![record], way(3)).await;
            self.refresh(server, none, [way(4), way(5)]).await;
        } else {
            self.refresh(server, none, [way(4), way(5)]).await;
            self.record(server, vec![record], way(3)).await;
        }
        to - from
    }
}

#[tokio::test]
async fn a_license_that_clients_pass_to_and_fro_is_one_by_their_records_however_their_clocks_are_off() {
    let server = Server::start().await;
    let mut clients = [server.welcome("ahead", 1_500).await, server.welcome("behind", -1_500).await];
    let mut lasted = 0;
    for turn in 0..30 {
        lasted += clients[usize::try_from(turn % 2).unwrap()].turn(&server, turn).await;
    }
    let (peak, use_ms) = server.used().await;
    assert_eq!(peak, 1);
    // Six were told as begun before: their ends are placed by what was known of the clock then.
    assert!(use_ms.abs_diff(lasted.unsigned_abs()) < 6 * 70, "{use_ms} {lasted}");
    assert!(server.engine.clients().iter().all(|client| client.clock_off_ms == 0), "too little to tell people of");
}

#[tokio::test]
async fn a_wall_clock_of_the_server_that_is_set_moves_nobodys_records_by_themselves() {
    let server = Server::start().await;
    let mut clients = [server.welcome("ahead", 1_500).await, server.welcome("behind", -1_500).await];
    for turn in 0..6 {
        clients[usize::try_from(turn % 2).unwrap()].turn(&server, turn).await;
    }
    // The clients' clocks do not follow.
    server.clock.set_off(60_000);
    clients.iter_mut().for_each(|client| client.ahead -= 60_000);
    for turn in 6..12 {
        clients[usize::try_from(turn % 2).unwrap()].turn(&server, turn).await;
    }
    assert_eq!(server.used().await.0, 1);
    assert!(server.engine.clients().iter().all(|client| client.clock_off_ms < -50_000), "this is to be told");
}
