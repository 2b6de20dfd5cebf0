//! Closed loops: connections that ask again as soon as they are answered, at two servers in turns.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::process::RunningProcess;
use super::report::median;
use super::wire::BenchConnection;

/// How long one round takes.
const ROUND: Duration = Duration::from_secs(2);
/// Rounds of each server; the first of each is for warming up and not counted.
const ROUNDS: usize = 6;

/// Something that can be asked again and again.
pub trait BenchRequest: 'static {
    /// One request and its answer, which must be the expected one.
    fn once(&mut self) -> impl Future<Output = Result<()>>;
}

/// The same request each time.
#[derive(Debug)]
pub struct RepeatedRequest {
    wire: BenchConnection,
    request: Rc<[u8]>,
}

impl RepeatedRequest {
    /// So many connections.
    pub async fn many(count: usize, address: SocketAddr, request: &[u8]) -> Result<Vec<Self>> {
        let request: Rc<[u8]> = request.into();
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(Self { wire: BenchConnection::to(address, None).await?, request: request.clone() });
        }
        Ok(all)
    }
}

impl BenchRequest for RepeatedRequest {
    async fn once(&mut self) -> Result<()> {
        let answer = self.wire.ask(&self.request).await?;
        ensure!(answer.status == 200, "A request returned status {}.", answer.status);
        Ok(())
    }
}

/// What one server did.
#[derive(Debug, Default)]
pub struct LoadResult {
    rates: Vec<f64>,
    costs: Vec<f64>,
}

impl LoadResult {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// Time of the processors for each, microseconds.
    pub fn cost(&self) -> f64 {
        median(&self.costs)
    }
}

/// Loads both in turns, with the same number of connections.
pub async fn compare<A: BenchRequest, B: BenchRequest>(
    (first, mut ask_first): (&RunningProcess, Vec<A>),
    (second, mut ask_second): (&RunningProcess, Vec<B>),
) -> Result<(LoadResult, LoadResult)> {
    let mut measured = (LoadResult::default(), LoadResult::default());
    for number in 0..ROUNDS {
        ask_first = round(first, ask_first, &mut measured.0, number > 0).await?;
        ask_second = round(second, ask_second, &mut measured.1, number > 0).await?;
    }
    Ok(measured)
}

async fn round<A: BenchRequest>(
    server: &RunningProcess,
    asking: Vec<A>,
    measured: &mut LoadResult,
    counts: bool,
) -> Result<Vec<A>> {
    let answered = Rc::new(Cell::new(0_u64));
    let (began, before) = (Instant::now(), server.processor()?);
    let loops: Vec<_> = asking
        .into_iter()
        .map(|mut one| {
            let answered = answered.clone();
            tokio::task::spawn_local(async move {
                while began.elapsed() < ROUND {
                    one.once().await?;
                    answered.set(answered.get() + 1);
                }
                Ok::<_, anyhow::Error>(one)
            })
        })
        .collect();
    let mut asking = Vec::with_capacity(loops.len());
    for one in loops {
        asking.push(one.await??);
    }
    if counts {
        let count = answered.get().max(1) as f64;
        measured.rates.push(count / began.elapsed().as_secs_f64());
        measured.costs.push((server.processor()? - before).as_secs_f64() * 1e6 / count);
    }
    Ok(asking)
}
