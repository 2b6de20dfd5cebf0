//! A client as its server sees it: one connection, one license held, a request prepared once in which only numbers change.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use licensing::client_protocol::{Allocation, VERSION, Welcome};

use super::load::BenchRequest;
use super::wire::BenchConnection;
use super::world::PRODUCT;

/// Numbers that change start here, so that they keep their ten digits.
const BASE: u64 = 1_000_000_000;
const DIGITS: usize = 10;

/// A simulated client.
#[derive(Debug)]
pub struct SimulatedClient {
    wire: BenchConnection,
    name: String,
    epoch: u64,
    sequence: u64,
    began: Instant,
    request: Vec<u8>,
    sequence_at: usize,
    time_at: usize,
}

/// A request of the license port.
pub fn request(call: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /v1/{call} HTTP/1.1\r\nhost: leasehold\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl SimulatedClient {
    /// Connects, says hello and takes a license.
    pub async fn start(number: usize, address: SocketAddr, from: Option<IpAddr>) -> Result<Self> {
        let mut client = Self::hello(number, address, from).await?;
        let limit = client.refresh_with(0, 0).await?.products.into_values().next();
        let version = match limit {
            Some(limit) if limit.limit >= 1 => limit.version,
            other => bail!("A client was not granted its license: {other:?}"),
        };
        client.prepare(1, version)?;
        Ok(client)
    }

    /// Connects and says hello.
    pub async fn hello(number: usize, address: SocketAddr, from: Option<IpAddr>) -> Result<Self> {
        let mut wire = BenchConnection::to(address, from).await?;
        let name = format!("bench-{number:05}");
        let hello = format!(
            r#"{{"protocol":{VERSION},"client":"{name}","run":"{name}-run","name":"Bench {number}","host":"host-{number:05}.example"}}"#
        );
        let answer = wire.ask(&request("hello", &hello)).await?;
        let said = String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200, "A hello was refused: {said}");
        let epoch = serde_json::from_str::<Welcome>(&said)?.epoch;
        let began = Instant::now();
        Ok(Self { wire, name, epoch, sequence: BASE, began, request: Vec::new(), sequence_at: 0, time_at: 0 })
    }

    /// The opening of every body after hello.
    fn opening(&self) -> String {
        format!(r#"{{"protocol":{VERSION},"client":"{0}","run":"{0}-run","epoch":{1}"#, self.name, self.epoch)
    }

    /// Prepares the request that is sent from now on.
    fn prepare(&mut self, held: u32, version: u64) -> Result<()> {
        let (sequence, time) = (self.sequence, BASE);
        let body = format!(
            r#"{},"sequence":{sequence},"products":{{"{PRODUCT}":{{"held":{held},"want":1,"version":{version},"usage_count":{held},"usage_ms":{time},"denied":0}}}}}}"#,
            self.opening()
        );
        self.request = request("refresh", &body);
        let text = std::str::from_utf8(&self.request)?;
        let after = |key: &str| Some(text.find(key)? + key.len());
        self.sequence_at = after("\"sequence\":").context("the request has a sequence")?;
        self.time_at = after("\"usage_ms\":").context("the request has a time")?;
        Ok(())
    }

    async fn refresh_with(&mut self, held: u32, version: u64) -> Result<Allocation> {
        self.prepare(held, version)?;
        self.checked().await.map(|(allocation, _)| allocation)
    }

    /// A refresh of which everything is checked; its answer, and the bytes of that.
    pub async fn checked(&mut self) -> Result<(Allocation, usize)> {
        self.count_on();
        let sequence = self.sequence;
        let answer = self.wire.ask(&self.request).await?;
        let said = String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200, "A refresh was refused: {said}");
        let allocation: Allocation = serde_json::from_str(&said)?;
        ensure!(allocation.sequence == sequence, "A refresh was answered with another's sequence: {said}");
        let size = answer.body.len();
        Ok((allocation, size))
    }

    /// Hands in a batch of records, `records` being their JSON; the last that is acknowledged.
    pub async fn records(&mut self, request: &[u8]) -> Result<u64> {
        let answer = self.wire.ask(request).await?;
        let said = String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200, "Records were refused: {said}");
        Ok(serde_json::from_str::<licensing::client_protocol::Acknowledged>(&said)?.acknowledged)
    }

    /// A batch of records as a request.
    pub fn records_request(&self, first: u64, records: &str) -> Vec<u8> {
        request("records", &format!(r#"{},"first":{first},"records":[{records}]}}"#, self.opening()))
    }

    /// The next sequence, and the time the license has been held.
    fn count_on(&mut self) {
        self.sequence += 1;
        let time = BASE + u64::try_from(self.began.elapsed().as_millis()).unwrap_or(0);
        for (mut number, at) in [(self.sequence, self.sequence_at), (time, self.time_at)] {
            for digit in self.request[at..at + DIGITS].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
    }
}

impl BenchRequest for SimulatedClient {
    async fn once(&mut self) -> Result<()> {
        self.count_on();
        let answer = self.wire.ask(&self.request).await?;
        ensure!(answer.status == 200, "A refresh was refused: {}", String::from_utf8_lossy(answer.body));
        Ok(())
    }
}
