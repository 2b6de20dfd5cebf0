//! Locked records: what sealing costs beside storing as usual, and how fast they are unlocked.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use demo::{HandIn, SeededRandom};
use engine::Engine;
use engine::actor::Actor;
use engine::clock::{Clock, ManualClock, SystemClock};
use engine::conf::BaseRevision;
use engine::locked::UnlockRequest;
use licensing::client_protocol::CheckOut;
use licensing::contact::DAY;
use licensing::context::Context;
use licensing::guid::Guid;
use licensing::locked::{KeyHeader, open_header};
use licensing::monitor::{DayKey, GRACE, MonitorDocument, MonitorLicense, SignedMonitorDocument, Violation};
use licensing::registration::Registration;
use licensing::vendor_key::VendorSecret;

use super::fill::{self, client_name};
use super::report::{BenchReport, grouped, megabytes};
use super::world::BenchWorld;

/// Records stored as usual, and as many that are locked.
const RECORDS: u64 = 1_000_000;
/// Records handed in at once.
const PART: u64 = 60_000;
const USERS: u64 = 200;
const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
const GOAL: f64 = 100_000.0;
const MEMORY_GOAL: f64 = 200.0;
/// The rate of sealing against that of storing.
const RATIO_GOAL: f64 = 0.85;

/// What the helper measured: records a second stored, sealed and unlocked, and the most memory while unlocking, bytes.
type Measured = (f64, f64, f64, u64);

pub async fn measure(world: &BenchWorld, report: &mut BenchReport) -> Result<()> {
    let folder = world.place("locked");
    std::fs::create_dir_all(&folder)?;
    let mut helper = super::helper()?;
    helper.arg("--locked").arg(&folder).stdin(Stdio::null()).stderr(Stdio::inherit());
    let done = tokio::task::spawn_blocking(move || helper.output()).await??;
    let (stored, sealed, unlocked, memory): Measured =
        serde_json::from_slice(&done.stdout).context("The helper did not say what it measured")?;
    let ratio = sealed / stored;
    report.goal("locked", "sealing : storing as usual", &format!("{ratio:.2}"), "≥ 0.85", ratio >= RATIO_GOAL);
    report.more(&format!("{} records sealed a second, {} stored as usual", grouped(sealed), grouped(stored)));
    let shown = format!("{} /s", grouped(unlocked));
    report.goal("locked", "records unlocked", &shown, "≥ 100,000 /s", unlocked >= GOAL);
    let memory = megabytes(memory);
    report.goal(
        "locked",
        "memory while a million records are unlocked",
        &format!("{memory:.0} MB"),
        "≤ 200 MB",
        memory <= MEMORY_GOAL,
    );
    Ok(())
}

/// The helper: a server of its own in a folder, whose license ended six days ago by its clock.
pub async fn run(folder: &Path) -> Result<()> {
    let now = SystemClock.now_ms();
    let began = now - GRACE - DAY;
    let conf = folder.join("license_server.conf");
    Engine::write_new_conf(&conf)?;
    let clock = Arc::new(ManualClock::at(began));
    let engine = Arc::new(Engine::open(folder, &conf, clock.clone()).await?);
    let vendor = VendorSecret::from_seeds([1; 32], [2; 32]);
    let mut registration = Registration::typed(GUID, "nobody-asks", "")?;
    registration.trust(vendor.public().fingerprint(), Some(vendor.public()));
    engine.register(&Actor::system(), &BaseRevision::Newest, registration, Vec::new(), "").await?;
    let guid: Guid = GUID.parse()?;
    let licensed = |to: i64, keys: Vec<DayKey>| -> Result<String> {
        let license = MonitorLicense { id: "bench".to_owned(), from: began - 400 * DAY, to, users: USERS };
        let document = MonitorDocument { guid, issued: to, licenses: vec![license], keys };
        Ok(serde_json::to_string(&SignedMonitorDocument::sign(&vendor, &document))?)
    };
    let place = folder.join("licmon.swd");
    std::fs::create_dir_all(&place)?;
    std::fs::write(place.join("license.lm.key"), licensed(began + DAY / 2, Vec::new())?)?;
    let watching = tokio::spawn(engine.clone().keep_monitor());
    let mut random = SeededRandom::new(1, 0);
    let stored = hand_in(&engine, 0, began, &mut random).await?;
    clock.advance(DAY);
    wait(|| engine.monitor().state.since(Violation::Expired).is_some()).await?;
    clock.advance(GRACE);
    let sealed = hand_in(&engine, fill::CLIENTS, began, &mut random).await?;
    ensure!(engine.locked_records() == RECORDS, "{} records are locked", engine.locked_records());
    let headers = headers(&folder.join("checkouts"))?;
    let keys = headers.iter().map(|header| -> Result<DayKey> {
        let root = open_header(&vendor, guid, header)?;
        Ok(DayKey { header: root.id, key: root.key(USERS) })
    });
    let key_file = Some(licensed(now, keys.collect::<Result<Vec<_>>>()?)?);
    let started = Instant::now();
    let mut progress = engine.unlock(&Actor::system(), UnlockRequest { key_file, ..UnlockRequest::default() }).await?;
    let mut memory = 0;
    loop {
        let ended = progress.borrow().as_ref().is_some_and(|progress| progress.ended_ms.is_some());
        memory = memory.max(super::process::resident("self")?);
        if ended {
            break;
        }
        let _ = tokio::time::timeout(Duration::from_millis(50), progress.changed()).await;
    }
    let unlocked = RECORDS as f64 / started.elapsed().as_secs_f64();
    ensure!(engine.locked_records() == 0, "{:?}", engine.unlock_progress());
    watching.abort();
    engine.close().await;
    let measured: Measured = (stored, sealed, unlocked, memory);
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Records a second.
async fn hand_in(engine: &Engine, from: usize, at: i64, random: &mut SeededRandom) -> Result<f64> {
    let names = (0..from + fill::CLIENTS).map(client_name);
    let mut hand_in = HandIn::new(&engine.usage, Some(Context::Production), &Arc::from("bench"), names).await;
    let products = fill::products()?;
    let mut spent = Duration::ZERO;
    for part in 0..RECORDS.div_ceil(PART) {
        let count = PART.min(RECORDS - part * PART);
        let mut records: Vec<Vec<CheckOut>> = vec![Vec::new(); from];
        records.extend(fill::check_outs(at, 1, count, USERS, random, &products));
        let began = Instant::now();
        hand_in.store(records).await?;
        spent += began.elapsed();
    }
    Ok(RECORDS as f64 / spent.as_secs_f64())
}

/// The headers in the data files.
fn headers(folder: &Path) -> Result<Vec<KeyHeader>> {
    use std::io::BufRead;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        for line in std::io::BufReader::new(std::fs::File::open(entry?.path())?).lines() {
            if let Some(header) = line?.strip_prefix("#key ") {
                found.push(serde_json::from_str(header)?);
            }
        }
    }
    Ok(found)
}

async fn wait(is_so: impl Fn() -> bool) -> Result<()> {
    let began = Instant::now();
    while !is_so() {
        ensure!(began.elapsed() < Duration::from_secs(60), "The license was not seen to end.");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
