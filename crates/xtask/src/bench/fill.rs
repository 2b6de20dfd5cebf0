//! A data folder with many check-outs, stored by the way real use takes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use demo::{HandIn, SeededRandom};
use engine::Engine;
use engine::clock::{Clock, SystemClock};
use engine::store::DataLock;
use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::product::ProductCode;
use licensing::usage::{DAY_MS, HOUR_MS};

use super::report::grouped;

/// Days of history, up to yesterday.
pub const DAYS: u64 = 540;
const PRODUCTS: [&str; 6] = ["SPEECH", "TTS3_VOICE_001", "TTS3_VOICE_002", "TTS3_VOICE_003", "TTS3_VOICE_004", "VAD"];
/// Clients that hand them in.
pub const CLIENTS: usize = 20;
/// Users, unless it is said otherwise.
pub const USERS: u64 = 200;
/// Check-outs are handed in in parts of about this size: a batch of each client is full, and little memory is needed.
const PART: u64 = 60_000;
/// How often it says how far it is.
const EVERY: Duration = Duration::from_secs(15);

/// A client by its name.
pub fn client_name(number: usize) -> String {
    format!("client-{number:02}")
}

/// The products.
pub fn products() -> Result<Vec<ProductCode>> {
    Ok(PRODUCTS.iter().map(|code| code.parse()).collect::<Result<_, _>>()?)
}

/// Stores `count` check-outs of `users`; `folder` is a registered server's that is not running.
pub async fn fill(folder: &Path, count: u64, users: u64) -> Result<()> {
    let _lock = DataLock::take(folder)?;
    let clock = Arc::new(SystemClock);
    let today = clock.now_ms().div_euclid(DAY_MS) * DAY_MS;
    let engine = Engine::open(folder, &folder.join("license_server.conf"), clock).await?;
    let deployment: Arc<str> = engine.deployments().await?.into_iter().next().unwrap_or_default().into();
    let context = engine.identity().await?.context;
    let products = products()?;
    let mut random = SeededRandom::new(1, 0);
    let mut hand_in = HandIn::new(&engine.usage, context, &deployment, (0..CLIENTS).map(client_name)).await;
    let (mut stored, mut spent, mut said) = (0, Duration::ZERO, Instant::now());
    let (mut waiting, mut gathered) = (vec![Vec::new(); CLIENTS], 0);
    for day in 0..DAYS {
        let begins = today - (DAYS - day) as i64 * DAY_MS;
        let of_day = count * (day + 1) / DAYS - count * day / DAYS;
        let parts = of_day.div_ceil(PART);
        for part in 0..parts {
            let records = of_day * (part + 1) / parts - of_day * part / parts;
            let clients = check_outs(
                begins + DAY_MS * part as i64 / parts as i64,
                parts as i64,
                records,
                users,
                &mut random,
                &products,
            );
            for (all, more) in waiting.iter_mut().zip(clients) {
                all.extend(more);
            }
            gathered += records;
            if gathered < PART / 2 && day + 1 < DAYS {
                continue;
            }
            let began = Instant::now();
            hand_in.store(std::mem::replace(&mut waiting, vec![Vec::new(); CLIENTS])).await?;
            (stored, spent, gathered) = (stored + gathered, spent + began.elapsed(), 0);
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

/// Check-outs that begin in one of `parts` parts of a day, by client: most of them in the middle, half a second to some hours long.
pub fn check_outs(
    begins: i64,
    parts: i64,
    count: u64,
    users: u64,
    random: &mut SeededRandom,
    products: &[ProductCode],
) -> Vec<Vec<CheckOut>> {
    let length = (DAY_MS / parts).unsigned_abs();
    let mut times: Vec<i64> = (0..count)
        .map(|_| {
            let (from, within) = if random.number(10) < 8 { (length * 7 / 24, length * 11 / 24) } else { (0, length) };
            begins + (from + random.number(within.max(1))) as i64
        })
        .collect();
    times.sort_unstable();
    let mut clients = vec![Vec::new(); CLIENTS];
    for from in times {
        let client = random.below(CLIENTS);
        let denied = random.number(500) == 0;
        let long = if random.number(20) == 0 { random.number(4 * HOUR_MS.unsigned_abs()) } else { 0 };
        let ms = 500 + random.number(60_000) + long;
        clients[client].push(CheckOut {
            product: products[random.below(products.len())].clone(),
            user: format!("user{:03}", random.number(users)),
            host: format!("host-{client:02}.example"),
            from,
            to: (!denied).then(|| from + ms as i64),
            outcome: if denied { CheckOutOutcome::Denied } else { CheckOutOutcome::Returned },
            opened: None,
            before: None,
        });
    }
    clients
}
