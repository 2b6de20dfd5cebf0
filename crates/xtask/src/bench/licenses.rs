//! The Licenses page with the first of two hundred rows, the session looked up each time, against a handler that does nothing.

use anyhow::{Result, ensure};

use super::report::{BenchReport, grouped, megabytes};
use super::wire::BenchConnection;
use super::world::{BenchWorld, LICENSES};
use super::{bare, load};

/// Browsers that ask again as soon as they are answered.
const CONNECTIONS: usize = 16;
const PAGE: &str = "/licenses";
const GOAL: f64 = 0.04;
const GOAL_MEMORY: f64 = 40.0;

pub async fn measure(world: &BenchWorld, report: &mut BenchReport) -> Result<()> {
    let server = world.serve("licenses")?;
    let page = server.signed_in().await?(PAGE);
    let mut wire = server.console().await?;
    let answer = wire.ask(&page).await?;
    let text = String::from_utf8_lossy(answer.body);
    ensure!(answer.status == 200 && text.contains("1–40 of 200"), "The page shows the first of {LICENSES} licenses.");
    let size = answer.body.len();
    nobody_without_session(&mut server.console().await?).await?;
    let bare = bare::start(world, size)?;
    let plain = load::RepeatedRequest::many(CONNECTIONS, bare.address("bare")?, &page).await?;
    let pages = load::RepeatedRequest::many(CONNECTIONS, server.console_address(), &page).await?;
    let (plain, real) = load::compare((&bare, plain), (&server.running, pages)).await?;
    let ratio = real.rate() / plain.rate();
    let what = format!("Licenses page, 40 of {LICENSES} rows : answers of a bare Axum handler");
    report.goal("licenses", &what, &format!("{ratio:.3}"), "≥ 0.040", ratio >= GOAL);
    report.more(&format!(
        "page of {} KB: {} a second, {:.2} ms of processor each; bare handler, same size: {} a second, {:.3} ms",
        size / 1024,
        grouped(real.rate()),
        real.cost() / 1e3,
        grouped(plain.rate()),
        plain.cost() / 1e3
    ));
    let used = megabytes(server.running.memory()?);
    report.goal(
        "licenses",
        "memory of the server after that",
        &format!("{used:.0} MB"),
        "≤ 40 MB",
        used <= GOAL_MEMORY,
    );
    Ok(())
}

/// The session counts: without it there is no page.
async fn nobody_without_session(wire: &mut BenchConnection) -> Result<()> {
    let answer = wire.ask(format!("GET {PAGE} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").as_bytes()).await?;
    ensure!(answer.status != 200, "The page is visible without signing in.");
    Ok(())
}
