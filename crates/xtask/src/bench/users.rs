//! Use by user over a year of many users, and refreshes of applications beside it: however long a page computes, the license port
//! answers.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::ToSpan;

use super::load::{BenchRequest, RepeatedRequest};
use super::report::{BenchReport, grouped, median};
use super::simulated::SimulatedClient;
use super::usage::filled;
use super::world::BenchWorld;

/// Users.
const USERS: u64 = 50_000;
/// Check-outs: as many a day as there are users.
const CHECK_OUTS: u64 = USERS * super::fill::DAYS;
/// Times the page is asked for.
const TIMES: usize = 10;
/// Requests for use by user under way at once.
const ASKING: usize = 4;
/// Connections that ask for other pages without pause.
const PAGES: usize = 16;
/// Applications that refresh meanwhile, each with a pause of this length.
const APPLICATIONS: usize = 200;
const PAUSE: Duration = Duration::from_millis(200);
const TIME: Duration = Duration::from_secs(20);
const GOAL_MS: f64 = 300.0;
const GOAL_P99_MS: f64 = 50.0;

pub async fn measure(world: &BenchWorld, keep: Option<&Path>, report: &mut BenchReport) -> Result<()> {
    let folder = keep.map_or_else(|| world.place("users"), |folder| folder.with_extension("users"));
    let last = filled(world, &folder, CHECK_OUTS, USERS, report).await?;
    let server = world.serve_on(&folder, "users")?;
    let request = server.signed_in().await?;
    let from = last.checked_sub(364.days())?;
    let users = request(&format!("/usage?range=custom&from={from}&to={last}&tab=users"));
    let mut wire = server.console().await?;
    let mut times = Vec::with_capacity(TIMES + 1);
    for _ in 0..=TIMES {
        let began = Instant::now();
        let answer = wire.ask(&users).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        ensure!(answer.status == 200, "The Usage page shows use by user.");
    }
    let time = median(&times[1..]);
    let what = format!("use by user, {} users, 365 days", grouped(USERS as f64));
    report.goal("users", &what, &format!("{time:.0} ms"), "≤ 300 ms", time <= GOAL_MS);
    report.more(&format!("the first time, when the year is summed, {:.0} ms", times[0]));

    let mut asking = RepeatedRequest::many(ASKING, server.console_address(), &users).await?;
    asking.extend(RepeatedRequest::many(PAGES, server.console_address(), &request("/licenses")).await?);
    let mut clients = Vec::with_capacity(APPLICATIONS);
    for number in 0..APPLICATIONS {
        clients.push(SimulatedClient::start(number, server.clients, None).await?);
    }
    let (end, waits) = (Instant::now() + TIME, Rc::new(RefCell::new(Vec::new())));
    let pages = asking.into_iter().map(|mut one| {
        tokio::task::spawn_local(async move {
            while Instant::now() < end {
                one.once().await?;
            }
            Ok::<_, anyhow::Error>(())
        })
    });
    let pages: Vec<_> = pages.collect();
    let refreshes = clients.into_iter().map(|mut client| {
        let waits = waits.clone();
        tokio::task::spawn_local(async move {
            while Instant::now() < end {
                let began = Instant::now();
                client.once().await?;
                waits.borrow_mut().push(began.elapsed().as_secs_f64() * 1e3);
                tokio::time::sleep(PAUSE).await;
            }
            Ok::<_, anyhow::Error>(())
        })
    });
    for one in refreshes.collect::<Vec<_>>().into_iter().chain(pages) {
        one.await??;
    }
    let mut waits = waits.take();
    waits.sort_unstable_by(f64::total_cmp);
    ensure!(!waits.is_empty(), "No refresh was answered.");
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    let what = format!("99 % of refreshes beside {ASKING} such requests and {PAGES} connections of pages within");
    report.goal("users", &what, &format!("{:.1} ms", at(0.99)), "≤ 50 ms", at(0.99) <= GOAL_P99_MS);
    report.more(&format!("median {:.1} ms, slowest {:.1} ms of {}", at(0.5), at(1.0), grouped(waits.len() as f64)));
    Ok(())
}
