//! Refreshes a second at the real server, against answers of the same size from a handler that does nothing.

use anyhow::{Result, ensure};

use super::report::{BenchReport, grouped};
use super::simulated::SimulatedClient;
use super::world::BenchWorld;
use super::{bare, load};

/// Connections, each with one request under way.
const CONNECTIONS: usize = 64;
/// The real server reads, decides, counts and answers in at most this much more time.
const GOAL: f64 = 0.6;

pub async fn measure(world: &BenchWorld, report: &mut BenchReport) -> Result<()> {
    let server = world.serve("refresh")?;
    let mut clients = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        clients.push(SimulatedClient::start(number, server.clients, None).await?);
    }
    let (allocation, size) = clients[0].checked().await?;
    ensure!(allocation.products.values().all(|limit| limit.limit == 1), "The clients hold a license each.");
    let bare = bare::start(world, size)?;
    let request = super::simulated::request("refresh", &" ".repeat(280));
    let plain = load::RepeatedRequest::many(CONNECTIONS, bare.address("bare")?, &request).await?;
    let (plain, real) = load::compare((&bare, plain), (&server.running, clients)).await?;
    let ratio = real.rate() / plain.rate();
    let shown = format!("{ratio:.2}");
    report.goal("refresh", "refreshes a second : answers of a bare Axum handler", &shown, "≥ 0.60", ratio >= GOAL);
    report.more(&format!(
        "server {} a second, {:.1} µs of processor each; bare handler {} a second, {:.1} µs",
        grouped(real.rate()),
        real.cost(),
        grouped(plain.rate()),
        plain.cost()
    ));
    Ok(())
}
