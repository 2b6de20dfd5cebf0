//! Many thousand clients at once, each with its own connection, each refreshing every two seconds.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use demo::SeededRandom;
use licensing::client_protocol::REFRESH_MS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::load::BenchRequest;
use super::report::{BenchReport, grouped, megabytes};
use super::simulated::SimulatedClient;
use super::world::{BenchServer, BenchWorld};

/// Clients that come in at the same time.
const ARRIVING: usize = 128;
/// Connections from one address of this machine: few of the 28,000 ports Linux hands out, as those of an earlier run stay taken for a
/// minute, and finding a free one among them takes long.
const FROM_ONE: usize = 500;
/// Files this process, or the server, has open beside its connections.
const OTHER_FILES: u64 = 100;
/// How much sooner or later than planned a client refreshes, at most, per cent.
const JITTER: u64 = 10;
const GOAL_P99: Duration = Duration::from_millis(50);
const GOAL_MEMORY: f64 = 150.0;

pub async fn measure(world: &BenchWorld, wanted: u32, seconds: u64, report: &mut BenchReport) -> Result<()> {
    let count = open_files(wanted)?;
    if count < wanted as usize {
        report.more(&format!("only {count} clients: this process may not open more files (ulimit -n)"));
    }
    let server = world.serve("clients")?;
    let memory_before = server.running.memory()?;
    let arriving = std::time::Instant::now();
    let clients = arrive(&server, count).await?;
    let arrived = arriving.elapsed();
    let processor = server.running.processor()?;
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let times = Rc::new(RefCell::new(Vec::with_capacity(count * (seconds as usize + 2) / 2)));
    let loops: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(number, client)| tokio::task::spawn_local(refresh(client, number, began, end, times.clone())))
        .collect();
    let mut memory = 0;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(500)).await;
        memory = memory.max(server.running.memory()?);
    }
    for one in loops {
        one.await??;
    }
    let processor = server.running.processor()? - processor;
    let mut times = times.take();
    times.sort_unstable();
    ensure!(!times.is_empty(), "No refresh was answered.");
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let what = format!("{} clients every 2 s: 99 % of refreshes within", grouped(count as f64));
    report.goal("clients", &what, &ms(at(0.99)), "≤ 50 ms", at(0.99) <= GOAL_P99);
    report.more(&format!(
        "median {}, slowest {}, {} refreshes in {seconds} s; processor {:.0} % of one core; all {count} came in within {:.1} s",
        ms(at(0.5)),
        ms(at(1.0)),
        grouped(times.len() as f64),
        processor.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0,
        arrived.as_secs_f64(),
    ));
    let used = megabytes(memory);
    let what = format!("memory of the server with {} clients", grouped(count as f64));
    report.goal("clients", &what, &format!("{used:.0} MB"), "≤ 150 MB", used <= GOAL_MEMORY);
    report.more(&format!("{:.0} MB before the first client", megabytes(memory_before)));
    Ok(())
}

/// Raises the number of files this process, and the server it starts, may open; for how many clients that does.
fn open_files(wanted: u32) -> Result<usize> {
    let limit = getrlimit(Resource::Nofile);
    let needed = u64::from(wanted) + OTHER_FILES;
    if limit.current.is_some_and(|current| current < needed) {
        let maximum = limit.maximum.map(|most| most.max(needed));
        // Beyond its maximum only root may go.
        if setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).is_err() {
            setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
        }
    }
    let most = getrlimit(Resource::Nofile).current.map_or(u64::MAX, |current| current.saturating_sub(OTHER_FILES));
    Ok(usize::try_from(most.min(u64::from(wanted)))?)
}

/// All say hello and take a license, some at a time.
async fn arrive(server: &BenchServer, count: usize) -> Result<Vec<SimulatedClient>> {
    let places = Rc::new(Semaphore::new(ARRIVING));
    let address = server.clients;
    let starting: Vec<_> = (0..count)
        .map(|number| {
            let places = places.clone();
            tokio::task::spawn_local(async move {
                let _place = places.acquire().await?;
                // All of 127/8 is this machine; each address has ports of its own.
                let from = Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(number / FROM_ONE % 200)?);
                SimulatedClient::start(number, address, Some(IpAddr::V4(from))).await
            })
        })
        .collect();
    let mut clients = Vec::with_capacity(count);
    for one in starting {
        clients.push(one.await??);
    }
    Ok(clients)
}

/// Refreshes at its own pace until the end, and notes how long each took, from before it was sent.
async fn refresh(
    mut client: SimulatedClient,
    number: usize,
    began: Instant,
    end: Instant,
    times: Rc<RefCell<Vec<Duration>>>,
) -> Result<()> {
    let mut random = SeededRandom::new(number as u64, 0);
    let mut next = began + Duration::from_millis(random.number(REFRESH_MS));
    while next < end {
        sleep_until(next).await;
        let sent = std::time::Instant::now();
        client.once().await?;
        times.borrow_mut().push(sent.elapsed());
        let off = random.number(2 * JITTER * REFRESH_MS / 100);
        next += Duration::from_millis(REFRESH_MS - JITTER * REFRESH_MS / 100 + off);
    }
    let (last, _) = client.checked().await?;
    ensure!(last.products.values().all(|limit| limit.limit == 1), "A client lost its license: {last:?}");
    Ok(())
}
