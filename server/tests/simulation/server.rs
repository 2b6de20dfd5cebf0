//! A license server as it runs on its machine: the leases of the engine, and a license port that may misbehave.

use std::sync::Arc;
use std::time::Duration;

use engine::leases::{Leases, ReceivedAt, Requester};
use licensing::client_protocol::{
    Acknowledged, Allocation, CACHE_MS, Farewell, Fault, Goodbye, Hello, REFRESH_MS, Records, Refresh, ServerName,
    VERSION, Welcome,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;
use turmoil::net::{TcpListener, TcpStream};

use super::http::{self, SimulatedRequest};
use super::machine::Machine;
use super::sabotage::Sabotage;

/// Where license servers listen.
pub const PORT: u16 = 7569;

/// The longest a request that arrives once more was under way, milliseconds.
const LATE_MS: u64 = 30_000;

/// Serves until it crashes.
pub async fn serve(machine: Arc<Machine>) -> turmoil::Result {
    let leases = Arc::new(Leases::open(machine.disk.clone(), machine.clock.clone()).await?);
    machine.install(&leases);
    *machine.leases.lock().unwrap() = Some(leases.clone());
    let keeper = leases.clone();
    tokio::spawn(async move { keeper.keep(&CancellationToken::new()).await });
    let watcher = leases.clone();
    tokio::spawn(async move {
        let mut second = interval(Duration::from_secs(1));
        loop {
            second.tick().await;
            watcher.tick();
        }
    });
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (stream, address) = listener.accept().await?;
        let connection =
            ServerConnection { machine: machine.clone(), leases: leases.clone(), address: address.to_string() };
        tokio::spawn(connection.attend(stream));
    }
}

/// One connection.
#[derive(Debug, Clone)]
struct ServerConnection {
    machine: Arc<Machine>,
    leases: Arc<Leases>,
    address: String,
}

type Answer = (u16, Vec<u8>);

impl ServerConnection {
    async fn attend(self, mut stream: TcpStream) {
        let mut received = Vec::new();
        while let Some(request) = http::read(&mut stream, &mut received).await {
            let (before, after, is_lost) = self.misfortunes();
            sleep(before).await;
            let (status, body) = self.answer(&request, self.leases.received()).await;
            sleep(after).await;
            if is_lost || http::write(&mut stream, status, &body).await.is_err() {
                return;
            }
        }
    }

    /// How long the request takes to arrive and the answer to leave, and whether the answer is lost.
    fn misfortunes(&self) -> (Duration, Duration, bool) {
        let mood = self.machine.mood();
        let mut random = self.machine.random.lock().unwrap();
        let slow = Duration::from_millis(random.within(0..=mood.slow_ms));
        let is_lost = random.percent(mood.loses);
        if random.percent(50) { (slow, Duration::ZERO, is_lost) } else { (Duration::ZERO, slow, is_lost) }
    }

    async fn answer(&self, request: &SimulatedRequest, received: ReceivedAt) -> Answer {
        match request.path.as_str() {
            "/v1/hello" => reply(self.hello(parse(request)).await),
            "/v1/refresh" => reply(self.refresh(parse(request), received).await),
            "/v1/records" => reply(Ok(self.records(parse(request), received))),
            "/v1/goodbye" => reply(self.goodbye(parse(request)).await),
            path => unreachable!("no client asks for {path}"),
        }
    }

    async fn hello(&self, hello: Hello) -> Result<Welcome, Fault> {
        let welcome = self.leases.hello(&hello, Requester { address: &self.address, deployment: "", ve: None }).await?;
        let deployment = hello.deployment.clone().unwrap_or_default();
        self.machine.deployments.lock().unwrap().insert(hello.run.clone(), deployment);
        let records = self.machine.saved.lock().unwrap().entry(hello.run).or_default().last_record();
        let server = ServerName {
            guid: String::new(),
            instance: self.machine.name.to_owned(),
            context: String::new(),
            version: String::new(),
        };
        let (refresh_ms, valid_ms) = (REFRESH_MS, CACHE_MS);
        let (epoch, sequence) = (welcome.epoch, welcome.sequence);
        Ok(Welcome { protocol: VERSION, epoch, server, refresh_ms, valid_ms, sequence, records, ve: None })
    }

    async fn refresh(&self, said: Refresh, received: ReceivedAt) -> Result<Allocation, Fault> {
        self.note(&said);
        self.repeat_later(&said);
        if self.machine.disk.sabotage == Sabotage::ShrinksAtOnce {
            return self.shrink_at_once(said, received).await;
        }
        let run = said.run.clone();
        let allocation = self.leases.refresh(said, received).await?;
        self.confirm(&run, allocation.saved);
        Ok(allocation)
    }

    fn note(&self, said: &Refresh) {
        self.machine.saved.lock().unwrap().entry(said.run.clone()).or_default().hear(said);
    }

    fn confirm(&self, run: &str, saved: u64) {
        self.machine.saved.lock().unwrap().entry(run.to_owned()).or_default().confirm(saved);
    }

    /// Networks deliver things twice, and much too late.
    fn repeat_later(&self, said: &Refresh) {
        let pause = {
            let mut random = self.machine.random.lock().unwrap();
            if !random.percent(self.machine.mood().repeats) {
                return;
            }
            Duration::from_millis(random.within(0..=LATE_MS))
        };
        let (connection, said) = (self.clone(), said.clone());
        connection.machine.log.count("requests repeated");
        tokio::spawn(async move {
            sleep(pause).await;
            // Nobody is there to hear the answer.
            let _ = connection.leases.refresh(said, connection.leases.received()).await;
        });
    }

    /// Speaks for the client before it has heard the answer. For that every other number is taken away from it.
    async fn shrink_at_once(&self, mut said: Refresh, received: ReceivedAt) -> Result<Allocation, Fault> {
        let sequence = said.sequence;
        said.sequence = 2 * sequence;
        let mut allocation = self.leases.refresh(said.clone(), received).await?;
        said.sequence += 1;
        for (product, used) in &mut said.products {
            used.version = allocation.products[product].version;
            used.held = used.held.min(allocation.products[product].limit);
        }
        self.leases.refresh(said, received).await?;
        allocation.sequence = sequence;
        allocation.saved /= 2;
        Ok(allocation)
    }

    fn records(&self, mut said: Records, received: ReceivedAt) -> Acknowledged {
        self.leases.place(&mut said, received);
        let mut saved = self.machine.saved.lock().unwrap();
        let acknowledged = saved.entry(said.run).or_default().record(said.first, said.records);
        Acknowledged { protocol: VERSION, acknowledged }
    }

    async fn goodbye(&self, mut said: Goodbye) -> Result<Farewell, Fault> {
        if self.machine.disk.sabotage == Sabotage::ShrinksAtOnce {
            said.sequence *= 2;
        }
        self.note(&said);
        let run = said.run.clone();
        let (_, farewell) = self.leases.goodbye(said).await?;
        self.confirm(&run, farewell.saved);
        Ok(farewell)
    }
}

fn parse<T: DeserializeOwned>(request: &SimulatedRequest) -> T {
    serde_json::from_slice(&request.body).unwrap()
}

fn reply<T: Serialize>(result: Result<T, Fault>) -> Answer {
    match result {
        Ok(answer) => (200, serde_json::to_vec(&answer).unwrap()),
        Err(fault) => (fault.kind.status(), serde_json::to_vec(&fault.answer()).unwrap()),
    }
}
