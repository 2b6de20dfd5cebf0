//! Taking and returning licenses in the library applications link.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use client::Client;

use super::report::{BenchReport, grouped, median};
use super::world::{BenchWorld, PRODUCT};

/// Pairs between two looks at the clock.
const ROUND: u64 = 20_000;
/// How long each way is measured, several times.
const TIME: Duration = Duration::from_millis(700);
const TIMES: usize = 5;
const GOAL: f64 = 10_000_000.0;

pub async fn measure(world: &BenchWorld, allocates_nothing: Option<bool>, report: &mut BenchReport) -> Result<()> {
    let server = world.serve("client")?;
    let address = server.clients.to_string();
    // The library keeps in step with its server on a thread of its own, as in an application.
    let [with, without, waiting] = tokio::task::spawn_blocking(move || rates(&address)).await??;
    let mut line = |what: &str, rate: f64| {
        report.goal("client", what, &format!("{} /s", grouped(rate)), "≥ 10,000,000 /s", rate >= GOAL);
        report.more(&format!("{:.0} ns a pair, on one core", 1e9 / rate));
    };
    line("take and return a license, product known", with);
    line("take and return a license, product by its name", without);
    line("the same, waiting if needed (acquire)", waiting);
    if let Some(nothing) = allocates_nothing {
        let found = if nothing { "0" } else { "some" };
        report.goal("client", "memory allocated by that, each way", found, "0", nothing);
    }
    Ok(())
}

fn rates(address: &str) -> Result<[f64; 3]> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let client = runtime.block_on(Client::connect([address])).context("The client library does not connect")?;
    let product = client.product(PRODUCT)?;
    // Once it waits, until the server has granted some.
    drop(runtime.block_on(product.acquire())?);
    let rates = runtime.block_on(async {
        Ok([
            rate(async || product.try_acquire().map(drop)).await?,
            rate(async || client.try_acquire(PRODUCT).map(drop)).await?,
            rate(async || client.acquire(PRODUCT).await.map(drop)).await?,
        ])
    });
    runtime.block_on(client.close());
    rates
}

async fn rate(pair: impl AsyncFn() -> Result<(), client::Denied>) -> Result<f64> {
    let mut rates = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut pairs = 0;
        while began.elapsed() < TIME {
            for _ in 0..ROUND {
                pair().await?;
            }
            pairs += ROUND;
        }
        rates.push(pairs as f64 / began.elapsed().as_secs_f64());
    }
    Ok(median(&rates))
}
