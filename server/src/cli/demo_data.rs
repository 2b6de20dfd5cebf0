//! `leasehold demo-data`: a history of use to look at, stored by the way real use takes.

mod dice;
mod history;

use std::sync::Arc;

use clap::Args;
use engine::clock::SystemClock;
use engine::store::DataLock;
use engine::usage::{Batch, Usage};
use engine::{DatabaseError, Engine};
use futures::future::try_join_all;
use licensing::client_protocol::{CheckOut, MOST_RECORDS, Outcome};
use licensing::context::Context;
use licensing::product::ProductCode;
use serde_json::json;

use self::dice::Dice;
use self::history::{CLIENTS, History, Wish};
use super::Place;
use super::output::Format;
use crate::exit::{Done, Failure};

const FIRST_NAMES: [&str; 20] = [
    "anna", "ben", "carla", "david", "elif", "fatma", "georg", "hanna", "ivan", "jana", "karim", "lena", "marta",
    "nils", "olga", "paul", "rosa", "samir", "tina", "yusuf",
];
const SITES: [&str; 4] = ["berlin", "leeds", "porto", "reno"];
const ROLES: [&str; 4] = ["ivr", "dialer", "agent-desk", "transcripts"];

/// Fill a data folder with a made-up history of use, to see the Usage page with something on it
#[derive(Debug, Args)]
pub struct DemoData {
    #[command(flatten)]
    place: Place,
    /// Days of history, up to now
    #[arg(long, value_name = "N", default_value_t = 540, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// Check-outs a day on average
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    checkouts_per_day: u32,
    /// The same number makes the same history
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Add to a folder that holds use already
    #[arg(long)]
    add: bool,
    #[command(flatten)]
    format: Format,
}

/// What was stored.
#[derive(Debug, Default)]
struct Stored {
    taken: u64,
    refused: u64,
    /// By product: taken, time in milliseconds.
    sums: Vec<(String, u64, u64)>,
}

impl DemoData {
    pub async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let _lock = DataLock::take(&settings.data).map_err(Failure::failed)?;
        if settings.is_fresh() {
            settings.write_first_conf()?;
        }
        let engine =
            Engine::open(&settings.data, &settings.conf, Arc::new(SystemClock)).await.map_err(Failure::failed)?;
        let outcome = self.fill(&engine).await;
        engine.close().await;
        let stored = outcome?;
        let products: Vec<_> =
            stored.sums.iter().map(|(name, count, _)| json!({ "product": name, "taken": count })).collect();
        let value = json!({
            "folder": settings.data.display().to_string(),
            "days": self.days,
            "taken": stored.taken,
            "refused": stored.refused,
            "products": products,
        });
        self.format.print(&value, |_| {
            let names: Vec<&str> = stored.sums.iter().map(|(name, ..)| name.as_str()).collect();
            format!(
                "Stored a made-up history of {} days in {}: {} check-outs and {} refusals of {} by {CLIENTS} clients.\nStart the server on this folder and open its Usage page.\n",
                self.days,
                settings.data.display(),
                stored.taken,
                stored.refused,
                names.join(", "),
            )
        })
    }

    async fn fill(&self, engine: &Engine) -> Result<Stored, Failure> {
        let failed = |error: DatabaseError| Failure::failed(format!("The database did not answer: {error}."));
        if !self.add && engine.usage.extent().await.map_err(failed)?.is_some() {
            return Err(Failure::refused(
                "This folder holds use already. Name another one with --data, or mix the made-up history into it with --add.",
            ));
        }
        let context = engine.identity().await.map_err(failed)?.context.unwrap_or(Context::Production);
        let deployment: Arc<str> =
            engine.deployments().await.map_err(failed)?.into_iter().next().unwrap_or_default().into();
        let wish = Wish {
            now_ms: engine.now_ms(),
            days: self.days.into(),
            per_day: self.checkouts_per_day as usize,
            seed: self.seed,
            zone: jiff::tz::TimeZone::system(),
        };
        let all = tokio::task::spawn_blocking(move || history::all(&wish))
            .await
            .map_err(|error| Failure::failed(format!("The history could not be made: {error}.")))?;
        // All products at each instant: one that is not named has no licenses from then on.
        let mut instants: Vec<i64> =
            all.iter().flat_map(|history| history.licensed.iter().map(|(at, _)| *at)).collect();
        instants.sort_unstable();
        instants.dedup();
        for at in instants {
            let then = |history: &History| history.licensed.iter().rev().find(|(from, _)| *from <= at).map(|(_, n)| *n);
            let counts: Vec<(String, u64)> =
                all.iter().filter_map(|history| Some((history.product.to_owned(), then(history)?))).collect();
            engine.usage.licensed(at, Some(context), &counts).await.map_err(failed)?;
        }
        let stored = store(&engine.usage, all, context, &deployment, self.seed).await.map_err(failed)?;
        engine.usage.add_totals(&deployment, &stored.sums).await.map_err(failed)?;
        Ok(stored)
    }
}

/// Sends the history through the door real clients come by, all clients at once.
async fn store(
    usage: &Usage,
    all: Vec<History>,
    context: Context,
    deployment: &Arc<str>,
    seed: u64,
) -> Result<Stored, DatabaseError> {
    let mut stored = Stored::default();
    let mut clients: Vec<Vec<CheckOut>> = vec![Vec::new(); CLIENTS];
    let mut dice = Dice::new(seed, 0);
    for history in all {
        let Ok(product) = history.product.parse::<ProductCode>() else { continue };
        let (mut count, mut ms) = (0, 0);
        for request in &history.requests {
            match request.to {
                Some(to) => (count, ms) = (count + 1, ms + (to - request.from).unsigned_abs()),
                None => stored.refused += 1,
            }
            // Now and then a client loses its servers.
            let outcome = match request.to {
                None => Outcome::Denied,
                Some(_) if dice.below(2_000) == 0 => Outcome::Flushed,
                Some(_) => Outcome::Returned,
            };
            clients[request.client].push(CheckOut {
                product: product.clone(),
                user: user(request.user),
                host: host(request.client),
                from: request.from,
                to: request.to,
                outcome,
                opened: None,
            });
        }
        stored.taken += count;
        stored.sums.push((product.to_string(), count, ms));
    }
    // In the order in which they would have come, so that a group holds the same days of all clients.
    let mut streams = Vec::with_capacity(CLIENTS);
    for (client, mut records) in clients.into_iter().enumerate() {
        records.sort_by_key(|record| record.to.unwrap_or(record.from));
        // Runs of real clients have positive numbers.
        let session = -1 - client as i64;
        let first = usage.acknowledged(session).await + 1;
        streams.push((client, session, first, records.into_iter()));
    }
    loop {
        let mut wave = Vec::with_capacity(CLIENTS);
        for (client, session, next, records) in &mut streams {
            let records: Vec<CheckOut> = records.take(MOST_RECORDS).collect();
            let first = *next;
            *next += records.len() as u64;
            if !records.is_empty() {
                wave.push(usage.take(Batch {
                    session: *session,
                    client: name(*client).into(),
                    deployment: Arc::clone(deployment),
                    context: Some(context),
                    acknowledged_before: first - 1,
                    first,
                    records,
                }));
            }
        }
        if wave.is_empty() {
            return Ok(stored);
        }
        try_join_all(wave).await?;
    }
}

fn name(client: usize) -> String {
    format!("{}-{}", ROLES[client / SITES.len() % ROLES.len()], SITES[client % SITES.len()])
}

fn host(client: usize) -> String {
    format!("{}.{}.example", ROLES[client / SITES.len() % ROLES.len()], SITES[client % SITES.len()])
}

fn user(user: usize) -> String {
    let surname = if user < FIRST_NAMES.len() { "a" } else { "k" };
    format!("{}.{surname}", FIRST_NAMES[user % FIRST_NAMES.len()])
}
