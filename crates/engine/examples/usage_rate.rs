//! How fast check-outs are stored, and how fast the Usage page's questions are answered over them.
//!
//! `cargo run --release -p leasehold-engine --example usage_rate -- CHECK_OUTS [DIR]`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use engine::store::Store;
use engine::usage::query::{Filter, Step};
use engine::usage::{Batch, Usage};
use licensing::client_protocol::{CheckOut, Outcome};
use licensing::context::Context;
use licensing::product::ProductCode;
use licensing::usage::{DAY_MS, HOUR_MS};

/// Midnight, UTC: 2025-06-01.
const START: i64 = 1_748_736_000_000;
const DAYS: i64 = 540;
const PRODUCTS: [&str; 6] = ["ASR_ENUS", "TRAN_ENUS", "TTS3", "TTS3_ENUS", "TTS3_ENUS_CHRIS", "VAD"];
const CLIENTS: usize = 20;
const USERS: u64 = 200;
/// Records of one wave of batches, about: one batch of each client.
const WAVE: usize = 60_000;

type Failure = Box<dyn std::error::Error + Send + std::marker::Sync>;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Check-outs of one day: most in office hours, half a minute to some hours long.
fn day(day: i64, count: usize, dice: &mut Dice, products: &[ProductCode]) -> Vec<Vec<CheckOut>> {
    let mut clients = vec![Vec::new(); CLIENTS];
    let mut times: Vec<i64> = (0..count)
        .map(|_| {
            let hour = if dice.below(10) < 8 { 7 + dice.below(11) } else { dice.below(24) };
            START + day * DAY_MS + hour as i64 * HOUR_MS + dice.below(HOUR_MS.unsigned_abs()) as i64
        })
        .collect();
    times.sort_unstable();
    for from in times {
        let client = dice.below(CLIENTS as u64) as usize;
        let denied = dice.below(500) == 0;
        let ms = 500 + dice.below(60_000) + if dice.below(20) == 0 { dice.below(4 * 3_600_000) } else { 0 };
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

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let kept = arguments.next().map(PathBuf::from);
    let made = tempfile::tempdir()?;
    let folder = kept.unwrap_or_else(|| made.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let store = Store::open(&folder, START).await?;
    let usage = Usage::open(store.clone(), &folder).await?;
    if count > 0 {
        ingest(&usage, count).await?;
    }
    ask(&usage).await?;
    let database = std::fs::metadata(folder.join("leasehold.db"))?.len();
    let log = std::fs::metadata(folder.join("leasehold.db-wal")).map_or(0, |file| file.len());
    let files: u64 = std::fs::read_dir(folder.join("checkouts"))?
        .flatten()
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum();
    println!("database {} MB, its log {} MB, data files {} MB", database >> 20, log >> 20, files >> 20);
    Ok(())
}

async fn ingest(usage: &Usage, count: usize) -> Result<(), Failure> {
    let products: Vec<ProductCode> = PRODUCTS.iter().map(|code| code.parse()).collect::<Result<_, _>>()?;
    let mut dice = Dice(1);
    let mut next = [1_u64; CLIENTS];
    let mut spent = Duration::ZERO;
    let mut longest = Duration::ZERO;
    let mut waiting = vec![Vec::new(); CLIENTS];
    let mut stored = 0;
    for number in 0..DAYS {
        let of_day = count * (number as usize + 1) / DAYS as usize - count * number as usize / DAYS as usize;
        for (all, more) in waiting.iter_mut().zip(day(number, of_day, &mut dice, &products)) {
            all.extend(more);
        }
        while waiting.iter().map(Vec::len).sum::<usize>() >= WAVE
            || (number == DAYS - 1 && waiting.iter().any(|all| !all.is_empty()))
        {
            let wave: Vec<Batch> = waiting
                .iter_mut()
                .enumerate()
                .filter(|(_, all)| !all.is_empty())
                .map(|(client, all)| {
                    let rest = all.split_off(all.len().min(licensing::client_protocol::MOST_RECORDS));
                    let records = std::mem::replace(all, rest);
                    let first = next[client];
                    next[client] += records.len() as u64;
                    Batch {
                        session: client as i64,
                        client: format!("client-{client:02}").into(),
                        deployment: "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".into(),
                        context: Some(Context::Production),
                        acknowledged_before: first - 1,
                        first,
                        records,
                    }
                })
                .collect();
            stored += wave.iter().map(|batch| batch.records.len()).sum::<usize>();
            let began = Instant::now();
            let takes: Vec<_> = wave
                .into_iter()
                .map(|batch| {
                    let usage = usage.clone();
                    tokio::spawn(async move { usage.take(batch).await })
                })
                .collect();
            for take in takes {
                take.await??;
            }
            spent += began.elapsed();
            longest = longest.max(began.elapsed());
        }
    }
    let rate = stored as f64 / spent.as_secs_f64();
    println!(
        "{stored} check-outs in {:.1} s: {rate:.0} a second; the longest wave {} ms",
        spent.as_secs_f64(),
        longest.as_millis()
    );
    Ok(())
}

async fn ask(usage: &Usage) -> Result<(), Failure> {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin")?;
    let to_ms = START + DAYS * DAY_MS - 5 * HOUR_MS;
    let all = Filter {
        from_ms: START + 5 * HOUR_MS,
        to_ms,
        product: None,
        client: None,
        context: None,
        deployment: None,
        zone,
    };
    let one = Filter { product: Some("TTS3".to_owned()), ..all.clone() };
    for round in ["cold", "warm"] {
        let mut began = Instant::now();
        let mut told = |name: &str, rows: usize| {
            println!("  {round} {name}: {rows} rows, {:.1} ms", began.elapsed().as_secs_f64() * 1000.0);
            began = Instant::now();
        };
        told("start", 0);
        told("summary of 540 days", usage.summary(&all).await?.len());
        told("summary of the half of it, with the half before", {
            let half = Filter { from_ms: to_ms - 270 * DAY_MS, ..all.clone() };
            usage.summary(&half).await?.len()
        });
        told("course by day", usage.course(&one, Step::Day).await?.len());
        told("course by hour", usage.course(&one, Step::Hour).await?.len());
        told("heat", usage.heat(&one).await?.len());
        told("clients", usage.clients(&one).await?.len());
        told("clients of all products", usage.clients(&all).await?.len());
        told("users", usage.users(&one).await?.len());
        told("refusals, first page", usage.denials(&one, None, 50).await?.len());
        told("products, clients, extent", {
            usage.extent().await?;
            usage.products().await?.len() + usage.clients_known().await?.len()
        });
    }
    Ok(())
}
