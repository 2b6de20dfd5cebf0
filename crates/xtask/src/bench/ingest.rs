//! Storing check-outs: by themselves, and as clients hand them in.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use demo::SeededRandom;
use engine::clock::{Clock, SystemClock};
use licensing::client_protocol::MOST_RECORDS;

use super::report::{BenchReport, grouped};
use super::simulated::SimulatedClient;
use super::world::BenchWorld;

/// Clients that hand in records, and batches of each.
const CLIENTS: usize = 20;
const BATCHES: usize = 10;
/// Check-outs of the run without the license port.
const ALONE: &str = "1000000";
/// How long ago the records began, milliseconds: within the day a client may wait for its first server.
const AGO: i64 = 20 * 3_600_000;
const GOAL: f64 = 100_000.0;

pub async fn measure(world: &BenchWorld, report: &mut BenchReport) -> Result<()> {
    let folder = world.place("ingest-alone");
    world.copy_to(&folder)?;
    let mut fill = super::helper()?;
    fill.arg("--fill").arg(&folder).args(["--checkouts", ALONE]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let done = tokio::task::spawn_blocking(move || fill.output()).await??;
    let said = String::from_utf8_lossy(&done.stdout);
    let rate = said.split(" a second").next().and_then(|text| text.rsplit(' ').next()?.replace(',', "").parse().ok());
    let rate: f64 = rate.with_context(|| format!("Storing check-outs did not say how fast it was: {said}"))?;
    let shown = format!("{} /s", grouped(rate));
    report.goal("ingest", "check-outs stored, without the license port", &shown, "≥ 100,000 /s", rate >= GOAL);
    through_the_port(world, report).await
}

async fn through_the_port(world: &BenchWorld, report: &mut BenchReport) -> Result<()> {
    let server = world.serve("ingest")?;
    let now = SystemClock.now_ms();
    let mut streams = Vec::with_capacity(CLIENTS);
    for number in 0..CLIENTS {
        let client = SimulatedClient::hello(number, server.clients, None).await?;
        let mut random = SeededRandom::new(number as u64, 0);
        let batches: Vec<(u64, Vec<u8>)> = (0..BATCHES)
            .map(|batch| {
                let first = (batch * MOST_RECORDS + 1) as u64;
                (first + MOST_RECORDS as u64 - 1, client.records_request(first, &records(batch, now, &mut random)))
            })
            .collect();
        streams.push((client, batches));
    }
    let bytes: usize = streams.iter().flat_map(|(_, batches)| batches).map(|(_, request)| request.len()).sum();
    let (began, processor) = (Instant::now(), server.running.processor()?);
    let handing: Vec<_> = streams
        .into_iter()
        .map(|(mut client, batches)| {
            tokio::task::spawn_local(async move {
                for (last, request) in batches {
                    let acknowledged = client.records(&request).await?;
                    ensure!(acknowledged == last, "Sent up to {last}, acknowledged up to {acknowledged}.");
                }
                Ok(())
            })
        })
        .collect();
    for one in handing {
        one.await??;
    }
    let seconds = began.elapsed().as_secs_f64();
    let count = (CLIENTS * BATCHES * MOST_RECORDS) as f64;
    let rate = count / seconds;
    let shown = format!("{} /s", grouped(rate));
    report.goal("ingest", "check-outs stored, through the license port", &shown, "≥ 100,000 /s", rate >= GOAL);
    report.more(&format!(
        "{} check-outs, {:.0} bytes of JSON each, in batches of {MOST_RECORDS} from {CLIENTS} clients; {:.1} µs of processor each",
        grouped(count),
        bytes as f64 / count,
        (server.running.processor()? - processor).as_secs_f64() * 1e6 / count
    ));
    Ok(())
}

/// A batch as JSON: what happened in its part of the day.
fn records(batch: usize, now: i64, random: &mut SeededRandom) -> String {
    let mut text = String::with_capacity(MOST_RECORDS * 140);
    let step = AGO / (BATCHES * MOST_RECORDS) as i64;
    for number in 0..MOST_RECORDS {
        let from = now - AGO + (batch * MOST_RECORDS + number) as i64 * step;
        let to = from + 500 + random.number(60_000) as i64;
        let (user, product) = (random.number(200), random.number(6));
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{comma}{{"product":"TTS3_VOICE_{product:03}","user":"user{user:03}","host":"host-7.example","from":{from},"to":{},"outcome":"returned"}}"#,
            to.min(now)
        );
    }
    text
}
