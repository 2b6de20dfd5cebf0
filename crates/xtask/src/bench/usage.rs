//! The Usage page over tens of millions of check-outs.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use jiff::ToSpan;
use jiff::civil::Date;

use super::fill;
use super::process::RunningProcess;
use super::report::{BenchReport, grouped, median, megabytes};
use super::wire::BenchConnection;
use super::world::BenchWorld;

/// The file in a filled folder that says how many check-outs it has, and their last day.
pub const MARK: &str = "bench-check-outs";
/// Times each page is asked for.
const TIMES: usize = 20;
const GOAL_MS: f64 = 100.0;

pub async fn measure(world: &BenchWorld, checkouts: u64, keep: Option<&Path>, report: &mut BenchReport) -> Result<()> {
    let folder = match keep {
        Some(folder) => folder.to_owned(),
        None => world.place("usage"),
    };
    let last = filled(world, &folder, checkouts, fill::USERS, report).await?;
    let server = world.serve_on(&folder, "usage")?;
    let request = server.signed_in().await?;
    let mut wire = server.console().await?;
    let days = |count: i64| {
        Ok::<_, anyhow::Error>(format!("range=custom&from={}&to={last}", last.checked_sub((count - 1).days())?))
    };
    let one = format!("{}&client={}&product=SPEECH", days(365)?, fill::client_name(7));
    for (name, query) in [
        ("7 days", days(7)?),
        ("365 days", days(365)?),
        ("365 days, one client", one),
        ("365 days by week", format!("{}&step=week&tab=users", days(365)?)),
    ] {
        let (first, time, size) = page(&mut wire, &request(&format!("/usage?{query}"))).await?;
        let what = format!("Usage page, {} check-outs: {name}", shortly(checkouts));
        report.goal("usage", &what, &format!("{time:.0} ms"), "≤ 100 ms", time <= GOAL_MS);
        report.more(&format!("the first time {first:.0} ms; {} KB", size / 1024));
    }
    report.more(&format!("resident memory of the server afterwards: {:.0} MB", megabytes(server.running.memory()?)));
    Ok(())
}

/// The last day of the check-outs in a folder; they are made if they are not there.
pub async fn filled(
    world: &BenchWorld,
    folder: &Path,
    checkouts: u64,
    users: u64,
    report: &BenchReport,
) -> Result<Date> {
    let mark = folder.join(MARK);
    if !mark.exists() {
        if folder.exists() && std::fs::read_dir(folder)?.next().is_some() {
            bail!("{} contains something else. Choose an empty folder, or one from an earlier run.", folder.display());
        }
        std::fs::create_dir_all(folder)?;
        world.copy_to(folder)?;
        report.more(&format!(
            "generating {} check-outs; --keep DIR keeps them for the next run",
            grouped(checkouts as f64)
        ));
        let mut command = super::helper()?;
        command.arg("--fill").arg(folder).args(["--checkouts", &checkouts.to_string(), "--users", &users.to_string()]);
        RunningProcess::start_quietly(&mut command)?.done().await?;
    }
    let text = std::fs::read_to_string(&mark)?;
    let (count, last) = text.split_once(' ').context("The marker in the folder is damaged. Choose an empty folder.")?;
    ensure!(
        count.parse::<u64>()? == checkouts,
        "{} has {count} check-outs instead of {checkouts}. Choose another folder, or add --checkouts {count}.",
        folder.display()
    );
    Ok(last.parse()?)
}

/// Milliseconds of the first time, of the middle one, and the size.
async fn page(wire: &mut BenchConnection, request: &[u8]) -> Result<(f64, f64, usize)> {
    let (mut times, mut size) = (Vec::with_capacity(TIMES), 0);
    for _ in 0..=TIMES {
        let began = Instant::now();
        let answer = wire.ask(request).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        size = answer.body.len();
        let text = String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200 && text.contains("SPEECH"), "The Usage page shows what was used.");
    }
    Ok((times[0], median(&times[1..]), size))
}

fn shortly(count: u64) -> String {
    if count.is_multiple_of(1_000_000) { format!("{} M", count / 1_000_000) } else { grouped(count as f64) }
}
