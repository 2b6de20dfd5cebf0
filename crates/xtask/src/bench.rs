//! `make bench`: starts the programs people run, on loopback, and measures them against their goals (docs/BENCH.md).
//! With `--bare` or `--fill` it is one of its own helpers.

mod bare;
mod client;
mod clients;
mod fill;
mod ingest;
mod licenses;
mod load;
mod locked;
mod process;
mod refresh;
mod report;
mod simulated;
mod usage;
mod users;
mod wire;
mod world;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use report::BenchReport;
use world::BenchWorld;

/// What can be measured, in the order in which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Taking and returning licenses in the client library
    Client,
    /// Refreshes against a bare Axum handler
    Refresh,
    /// Many thousand clients at once
    Clients,
    /// Storing check-outs
    Ingest,
    /// Locked records: sealing and unlocking
    Locked,
    /// The Usage page over many check-outs
    Usage,
    /// Use by user over a year, and refreshes beside it
    Users,
    /// The Licenses page against a bare Axum handler
    Licenses,
}

/// Which parts are measured, and how.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to measure; everything when none is named
    parts: Vec<Part>,
    /// Folder with leasehold and leasehold-node [default: the one this program is in]
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// Check-outs the Usage page is measured over
    #[arg(long, value_name = "N", default_value_t = 50_000_000)]
    checkouts: u64,
    /// Users they are spread over
    #[arg(long, hide = true, value_name = "N", default_value_t = fill::USERS)]
    users: u64,
    /// Keep the data of the Usage page here, and use what is there
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Simulated clients of the part `clients`
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    clients: u32,
    /// For how long they refresh, seconds
    #[arg(long, value_name = "S", default_value_t = 30)]
    seconds: u64,
    /// Whether the test passed that counts what the library allocates
    #[arg(long, hide = true, value_name = "BOOL")]
    allocates_nothing: Option<bool>,
    /// Be the bare handler, with answers of this many bytes
    #[arg(long, hide = true, value_name = "BYTES")]
    bare: Option<usize>,
    /// Store `--checkouts` in this data folder
    #[arg(long, hide = true, value_name = "DIR")]
    fill: Option<PathBuf>,
    /// Lock and unlock records in this empty folder
    #[arg(long, hide = true, value_name = "DIR")]
    locked: Option<PathBuf>,
}

/// Measures what was asked for.
pub fn start(arguments: Arguments) -> Result<()> {
    // The servers compared use every core, as they do for people; the load comes from one thread.
    let helper = arguments.bare.is_some() || arguments.fill.is_some() || arguments.locked.is_some();
    let mut builder = if helper {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder.enable_all().build()?;
    let here = tokio::task::LocalSet::new();
    runtime.block_on(here.run_until(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // Whatever ends this, what was started is ended as it is dropped.
        tokio::select! {
            done = run(arguments) => done,
            _ = interrupt.recv() => anyhow::bail!("Interrupted. All started processes have been stopped."),
            _ = terminate.recv() => anyhow::bail!("Done. All started processes have been stopped."),
        }
    }))
}

async fn run(arguments: Arguments) -> Result<()> {
    if let Some(size) = arguments.bare {
        return bare::serve(size).await;
    }
    if let Some(folder) = &arguments.fill {
        return fill::fill(folder, arguments.checkouts, arguments.users).await;
    }
    if let Some(folder) = &arguments.locked {
        return locked::run(folder).await;
    }
    let binaries = match arguments.binaries {
        Some(folder) => folder,
        None => here()?.parent().context("Can't determine the folder of this program")?.to_owned(),
    };
    let wanted = |part: Part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let world = BenchWorld::make(binaries).context("could not prepare the server to measure")?;
    let mut report = BenchReport::begin();
    if wanted(Part::Client) {
        client::measure(&world, arguments.allocates_nothing, &mut report).await?;
    }
    if wanted(Part::Refresh) {
        refresh::measure(&world, &mut report).await?;
    }
    if wanted(Part::Clients) {
        clients::measure(&world, arguments.clients, arguments.seconds, &mut report).await?;
    }
    if wanted(Part::Ingest) {
        ingest::measure(&world, &mut report).await?;
    }
    if wanted(Part::Locked) {
        locked::measure(&world, &mut report).await?;
    }
    if wanted(Part::Usage) {
        usage::measure(&world, arguments.checkouts, arguments.keep.as_deref(), &mut report).await?;
    }
    if wanted(Part::Users) {
        users::measure(&world, arguments.keep.as_deref(), &mut report).await?;
    }
    if wanted(Part::Licenses) {
        licenses::measure(&world, &mut report).await?;
    }
    report.end();
    Ok(())
}

fn here() -> Result<PathBuf> {
    std::env::current_exe().context("Can't determine the path of this program")
}

/// This program as one of its own helpers.
fn helper() -> Result<Command> {
    let mut command = Command::new(here()?);
    command.arg("bench");
    Ok(command)
}
