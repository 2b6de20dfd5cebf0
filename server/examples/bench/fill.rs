//! A data folder with many check-outs, stored by the way real use takes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use engine::Engine;
use engine::clock::{Clock, SystemClock};
use engine::store::DataLock;
use engine::usage::Batch;
use futures::future::try_join_all;
use licensing::client_protocol::{CheckOut, MOST_RECORDS, Outcome};
use licensing::product::ProductCode;
use licensing::usage::{DAY_MS, HOUR_MS};

use super::dice::Dice;
use super::report::grouped;

/// Days of history, up to yesterday.
pub const DAYS: u64 = 540;
const PRODUCTS: [&str; 6] = ["SPEECH", "TTS3_VOICE_001", "TTS3_VOICE_002", "TTS3_VOICE_003", "TTS3_VOICE_004", "VAD"];
const CLIENTS: usize = 20;
const USERS: u64 = 200;
/// A day's check-outs are handed in in parts of this size at most, so that little memory is needed.
const PART: u64 = 60_000;
/// How often it says how far it is.
const EVERY: Duration = Duration::from_secs(15);

/// A client by its name.
pub fn client_name(number: usize) -> String {
    format!("client-{number:02}")
}

/// Stores `count` check-outs; `folder` is a registered server's that is not running.
pub async fn fill(folder: &Path, count: u64) -> Result<()> {
    let _lock = DataLock::take(folder)?;
    let clock = Arc::new(SystemClock);
    let today = clock.now_ms().div_euclid(DAY_MS) * DAY_MS;
    let engine = Engine::open(folder, &folder.join("license_server.conf"), clock).await?;
    let deployment: Arc<str> = engine.deployments().await?.into_iter().next().unwrap_or_default().into();
    let context = engine.identity().await?.context;
    let products: Vec<ProductCode> = PRODUCTS.iter().map(|code| code.parse()).collect::<Result<_, _>>()?;
    let mut dice = Dice::new(1);
    let mut next = [1_u64; CLIENTS];
    let (mut stored, mut spent, mut said) = (0, Duration::ZERO, Instant::now());
    for day in 0..DAYS {
        let begins = today - (DAYS - day) as i64 * DAY_MS;
        let of_day = count * (day + 1) / DAYS - count * day / DAYS;
        let parts = of_day.div_ceil(PART);
        for part in 0..parts {
            let records = of_day * (part + 1) / parts - of_day * part / parts;
            let clients =
                check_outs(begins + DAY_MS * part as i64 / parts as i64, parts as i64, records, &mut dice, &products);
            let began = Instant::now();
            for wave in waves(clients) {
                let batches = wave.into_iter().map(|(client, records)| {
                    let first = next[client];
                    next[client] += records.len() as u64;
                    engine.usage.take(Batch {
                        // Runs of real clients have positive numbers.
                        session: -1 - client as i64,
                        client: client_name(client).into(),
                        deployment: deployment.clone(),
                        context,
                        acknowledged_before: first - 1,
                        first,
                        records,
                    })
                });
                try_join_all(batches.collect::<Vec<_>>()).await?;
            }
            (stored, spent) = (stored + records, spent + began.elapsed());
        }
        if said.elapsed() > EVERY {
            said = Instant::now();
            println!("          · {} of {} check-outs stored", grouped(stored as f64), grouped(count as f64));
        }
    }
    engine.close().await;
    let rate = stored as f64 / spent.as_secs_f64().max(0.001);
    println!("          · made {} check-outs, {} a second", grouped(stored as f64), grouped(rate));
    let last = jiff::Timestamp::from_millisecond(today - DAY_MS)?.strftime("%Y-%m-%d").to_string();
    std::fs::write(folder.join(super::usage::MARK), format!("{count} {last}")).context("The folder cannot be written")
}

/// Batches of all clients that have some left, at most one of each at a time.
fn waves(clients: Vec<Vec<CheckOut>>) -> Vec<Vec<(usize, Vec<CheckOut>)>> {
    let mut waves: Vec<Vec<_>> = Vec::new();
    for (client, records) in clients.into_iter().enumerate() {
        let mut records = records.into_iter();
        for number in 0.. {
            let batch: Vec<_> = records.by_ref().take(MOST_RECORDS).collect();
            if batch.is_empty() {
                break;
            }
            if waves.len() <= number {
                waves.push(Vec::new());
            }
            waves[number].push((client, batch));
        }
    }
    waves
}

/// Check-outs that begin in one of `parts` parts of a day, by client: most of them in the middle, half a second to some hours long.
fn check_outs(begins: i64, parts: i64, count: u64, dice: &mut Dice, products: &[ProductCode]) -> Vec<Vec<CheckOut>> {
    let length = (DAY_MS / parts).unsigned_abs();
    let mut times: Vec<i64> = (0..count)
        .map(|_| {
            let (from, within) = if dice.below(10) < 8 { (length * 7 / 24, length * 11 / 24) } else { (0, length) };
            begins + (from + dice.below(within.max(1))) as i64
        })
        .collect();
    times.sort_unstable();
    let mut clients = vec![Vec::new(); CLIENTS];
    for from in times {
        let client = dice.below(CLIENTS as u64) as usize;
        let denied = dice.below(500) == 0;
        let long = if dice.below(20) == 0 { dice.below(4 * HOUR_MS.unsigned_abs()) } else { 0 };
        let ms = 500 + dice.below(60_000) + long;
        clients[client].push(CheckOut {
            product: products[dice.below(products.len() as u64) as usize].clone(),
            user: format!("user{:03}", dice.below(USERS)),
            host: format!("host-{client:02}.example"),
            from,
            to: (!denied).then(|| from + ms as i64),
            outcome: if denied { Outcome::Denied } else { Outcome::Returned },
            opened: None,
        });
    }
    clients
}
