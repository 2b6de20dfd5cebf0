//! A license server in memory that speaks the protocol, and misbehaves when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use client::{Address, ByteStream, Clock, Connecting, Connector};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use licensing::client_protocol::{
    Acknowledged, Allocation, CheckOut, ExpiryNotice, Farewell, Fault, FaultKind, Hello, Limit, Records, Refresh,
    ServerName, Shortage, VERSION, VeTerms, Welcome,
};
use licensing::product::ProductCode;

/// How a server behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// As it should.
    Good,
    /// Nothing listens.
    Down,
    /// The connection is never made.
    HalfOpen,
    /// Requests arrive and are carried out; their answers are lost.
    LosesReplies,
    /// Answers come this much later, milliseconds.
    Slow(u64),
    /// Answers with this text.
    Says(String),
    /// Answers with more than anybody reads.
    Endless,
    /// Every refresh gets the answer to the one before.
    AnswersLate,
    /// Refuses.
    Refuses(FaultKind),
}

/// What a server has seen and what it has.
#[derive(Debug)]
pub struct FakeServerState {
    pub mode: Mode,
    pub licensed: BTreeMap<String, u32>,
    /// Licenses of each product that other clients have.
    pub others: u32,
    pub knows: bool,
    /// Runs whose place another application has taken.
    pub superseded: BTreeSet<String>,
    pub epoch: u64,
    pub sequence: u64,
    /// Limit, version, and the most that may be in use.
    pub limits: BTreeMap<ProductCode, (u32, u64, u32)>,
    pub hellos: Vec<Hello>,
    pub refreshes: Vec<(u64, Refresh)>,
    pub goodbyes: Vec<Refresh>,
    pub records: BTreeMap<u64, CheckOut>,
    pub acknowledged: u64,
    /// What the client's clock showed when it sent records, and the latest time in them.
    pub batches: Vec<(Option<i64>, i64)>,
    pub repeated: usize,
    pub loses_next_acknowledgement: bool,
    /// Of a server with a license for virtual environments: what opens it, and its terms.
    pub ve: Option<(String, VeTerms)>,
    pub notice: Option<ExpiryNotice>,
}

/// A server.
#[derive(Debug, Clone)]
pub struct FakeServer {
    world: Arc<Mutex<FakeServerState>>,
    clock: Arc<TestClock>,
}

impl FakeServer {
    /// One with these licenses.
    pub fn with(clock: &Arc<TestClock>, licensed: &[(&str, u32)]) -> Self {
        let world = FakeServerState {
            mode: Mode::Good,
            licensed: licensed.iter().map(|(product, n)| ((*product).to_owned(), *n)).collect(),
            others: 0,
            knows: false,
            superseded: BTreeSet::new(),
            epoch: 1,
            sequence: 0,
            limits: BTreeMap::new(),
            hellos: Vec::new(),
            refreshes: Vec::new(),
            goodbyes: Vec::new(),
            records: BTreeMap::new(),
            acknowledged: 0,
            batches: Vec::new(),
            repeated: 0,
            loses_next_acknowledgement: false,
            ve: None,
            notice: None,
        };
        Self { world: Arc::new(Mutex::new(world)), clock: clock.clone() }
    }

    pub fn world(&self) -> MutexGuard<'_, FakeServerState> {
        self.world.lock().unwrap()
    }

    pub fn set(&self, mode: Mode) {
        self.world().mode = mode;
    }

    /// What the client last told about a product.
    pub fn last(&self, product: &str) -> licensing::client_protocol::Use {
        let world = self.world();
        world.refreshes.last().unwrap().1.products[&product.parse().unwrap()]
    }

    async fn answer(self, path: String, body: Bytes) -> io::Result<Response<Full<Bytes>>> {
        let (now_ms, mode) = (self.clock.elapsed_ms(), self.world().mode.clone());
        let text = match &mode {
            Mode::Down => return Err(io::ErrorKind::ConnectionReset.into()),
            Mode::HalfOpen => std::future::pending().await,
            Mode::Says(text) => return Ok(Response::new(Full::from(text.clone()))),
            Mode::Endless => return Ok(Response::new(Full::from(vec![b' '; 8 * 1024 * 1024]))),
            Mode::Refuses(kind) => return Ok(refused(Fault::new(*kind, "It was refused."))),
            _ => match path.as_str() {
                "/v1/hello" => self.world().hello(&body),
                "/v1/refresh" => self.world().refresh(&body, now_ms),
                "/v1/records" => self.world().take_records(&body),
                "/v1/goodbye" => self.world().goodbye(&body),
                _ => Err(Fault::malformed("What is this?")),
            },
        };
        match mode {
            Mode::LosesReplies => std::future::pending::<()>().await,
            Mode::Slow(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            _ => {}
        }
        let text = match text {
            Ok(Some(text)) => text,
            Ok(None) => std::future::pending().await,
            Err(fault) => return Ok(refused(fault)),
        };
        Ok(Response::new(Full::from(text)))
    }
}

fn refused(fault: Fault) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(serde_json::to_vec(&fault.answer()).unwrap()));
    *response.status_mut() = http::StatusCode::from_u16(fault.kind.status()).unwrap();
    response
}

type Text = Result<Option<String>, Fault>;

fn text(answer: &impl serde::Serialize) -> Text {
    Ok(Some(serde_json::to_string(answer).unwrap()))
}

impl FakeServerState {
    fn hello(&mut self, body: &[u8]) -> Text {
        let hello: Hello = serde_json::from_slice(body).unwrap();
        hello.check().unwrap();
        if self.superseded.contains(&hello.run) {
            return Err(Fault::superseded());
        }
        let login = hello.ve.clone();
        if hello.replaces.is_some() && self.hellos.last().is_some_and(|last| hello.replaces.as_ref() == Some(&last.run))
        {
            (self.epoch, self.sequence, self.acknowledged) = (self.epoch + 1, 0, 0);
            self.records.clear();
            self.limits.clear();
        }
        self.hellos.push(hello);
        let ve = match (&self.ve, login) {
            (Some((opens, terms)), Some(login)) if login.passphrase == *opens => Some(terms.clone()),
            (Some(_), _) => return Err(Fault::new(FaultKind::LoginRefused, "This passphrase opens nothing.")),
            (None, _) => None,
        };
        self.knows = true;
        text(&Welcome {
            protocol: VERSION,
            epoch: self.epoch,
            server: ServerName {
                guid: String::new(),
                instance: String::new(),
                context: String::new(),
                version: String::new(),
            },
            refresh_ms: 2_000,
            valid_ms: 120_000,
            sequence: self.sequence,
            records: self.acknowledged,
            ve,
        })
    }

    fn check(&self, run: &str, epoch: u64) -> Result<(), Fault> {
        if self.superseded.contains(run) {
            return Err(Fault::superseded());
        }
        if self.knows && epoch == self.epoch { Ok(()) } else { Err(Fault::unknown_client()) }
    }

    fn refresh(&mut self, body: &[u8], now_ms: u64) -> Text {
        let refresh: Refresh = serde_json::from_slice(body).unwrap();
        refresh.check().unwrap();
        self.check(&refresh.run, refresh.epoch)?;
        assert!(refresh.sequence > self.sequence, "a sequence came twice");
        if let Some((_, before)) = self.refreshes.iter().rev().find(|(_, before)| before.epoch == refresh.epoch) {
            for (product, used) in &before.products {
                let now = refresh.products[product];
                assert!(
                    now.usage_count >= used.usage_count && now.usage_ms >= used.usage_ms && now.denied >= used.denied
                );
            }
        }
        self.sequence = refresh.sequence;
        let products =
            refresh.products.iter().map(|(product, used)| (product.clone(), self.limit(product, used))).collect();
        let sequence = if self.mode == Mode::AnswersLate { refresh.sequence - 1 } else { refresh.sequence };
        self.refreshes.push((now_ms, refresh));
        text(&Allocation {
            protocol: VERSION,
            epoch: self.epoch,
            sequence,
            saved: sequence,
            refresh_ms: 2_000,
            valid_ms: 120_000,
            products,
            notice: self.notice.clone(),
        })
    }

    fn limit(&mut self, product: &ProductCode, used: &licensing::client_protocol::Use) -> Limit {
        let licensed = self.licensed.get(product.as_str()).copied().unwrap_or(0);
        let (limit, version, most) = self.limits.entry(product.clone()).or_insert((0, 0, 0));
        if used.version == *version && *version > 0 {
            assert!(used.held <= *most, "a limit was echoed that is not kept to");
            *most = used.held.max(*limit);
        }
        let given = used.want.min(licensed.saturating_sub(self.others));
        if given != *limit || *version == 0 {
            (*limit, *version, *most) = (given, *version + 1, given.max(*most));
        }
        let why = (given < used.want).then_some(if licensed == 0 { Shortage::NotLicensed } else { Shortage::AllInUse });
        Limit { limit: given, version: *version, licensed, why, sentence: None }
    }

    fn take_records(&mut self, body: &[u8]) -> Text {
        let batch: Records = serde_json::from_slice(body).unwrap();
        batch.check()?;
        self.check(&batch.run, batch.epoch)?;
        let latest = batch.records.iter().map(|record| record.to.unwrap_or(record.from)).max().unwrap();
        self.batches.push((batch.now, latest));
        for (number, record) in (batch.first..).zip(batch.records) {
            if let Some(before) = self.records.insert(number, record.clone()) {
                assert_eq!(before, record, "a number was used twice");
                self.repeated += 1;
            }
            self.acknowledged = self.acknowledged.max(number);
        }
        if std::mem::take(&mut self.loses_next_acknowledgement) {
            return Ok(None);
        }
        text(&Acknowledged { protocol: VERSION, acknowledged: self.acknowledged })
    }

    fn goodbye(&mut self, body: &[u8]) -> Text {
        let goodbye: Refresh = serde_json::from_slice(body).unwrap();
        self.check(&goodbye.run, goodbye.epoch)?;
        let saved = goodbye.sequence;
        self.goodbyes.push(goodbye);
        text(&Farewell { protocol: VERSION, saved })
    }

    /// The server has lost everything.
    pub fn lose_data(&mut self) {
        self.knows = false;
        self.epoch = 7;
        self.sequence = 0;
        self.acknowledged = 0;
        self.records.clear();
        self.limits.clear();
    }
}

/// Servers by host name.
#[derive(Debug, Default)]
pub struct FakeNetwork {
    servers: BTreeMap<String, FakeServer>,
}

impl FakeNetwork {
    pub fn of(servers: &[(&str, &FakeServer)]) -> Arc<Self> {
        let servers = servers.iter().map(|(host, fake)| ((*host).to_owned(), (*fake).clone())).collect();
        Arc::new(Self { servers })
    }
}

impl Connector for FakeNetwork {
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a> {
        Box::pin(async move {
            let Some(fake) = self.servers.get(address.host()).cloned() else {
                return Err(io::Error::other("no such host"));
            };
            let mode = fake.world().mode.clone();
            match mode {
                Mode::Down => return Err(io::ErrorKind::ConnectionRefused.into()),
                Mode::HalfOpen => std::future::pending::<()>().await,
                _ => {}
            }
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            tokio::spawn(async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let fake = fake.clone();
                    async move {
                        let path = request.uri().path().to_owned();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        fake.answer(path, body).await
                    }
                });
                // A client that leaves in the middle is no fault of the server.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(theirs), service).await;
            });
            Ok(Box::new(ours) as Box<dyn ByteStream>)
        })
    }
}

/// Tokio's time, which tests pause, and the time a machine slept.
#[derive(Debug)]
pub struct TestClock {
    began: tokio::time::Instant,
    slept_ms: AtomicU64,
}

/// The wall time tests begin at: 2026-11-22 00:00 UTC, Unix milliseconds.
pub const WALL_MS: i64 = 1_795_305_600_000;

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { began: tokio::time::Instant::now(), slept_ms: AtomicU64::new(1_000_000) })
    }

    /// The machine sleeps: timers stand still, this clock does not.
    pub fn sleep(&self, ms: u64) {
        self.slept_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap() + self.slept_ms.load(Ordering::SeqCst)
    }

    fn wall_ms(&self) -> i64 {
        WALL_MS + i64::try_from(self.began.elapsed().as_millis()).unwrap()
    }
}
