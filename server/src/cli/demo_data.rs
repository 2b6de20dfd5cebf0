//! `leasehold demo-data`: a history of use to look at, of the products the server is licensed for.

use std::sync::Arc;

use clap::Args;
use demo::{CLIENTS, DemoPlan, DemoSummary};
use engine::clock::SystemClock;
use engine::store::DataLock;
use engine::{DatabaseError, Engine};
use serde_json::json;

use super::DataFolder;
use super::output::Format;
use crate::exit::{Done, Failure};

/// Fill a data folder with made-up usage of the products it is licensed for, to try the Usage page
#[derive(Debug, Args)]
pub struct DemoData {
    #[command(flatten)]
    place: DataFolder,
    /// Days of history, up to now
    #[arg(long, value_name = "N", default_value_t = 540, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// Average check-outs per day
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    checkouts_per_day: u32,
    /// Seed; the same number makes the same history
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Add to a folder that already has usage
    #[arg(long)]
    add: bool,
    #[command(flatten)]
    format: Format,
}

impl DemoData {
    pub async fn run(self) -> Done {
        let settings = self.place.settings()?;
        let _lock = DataLock::take(&settings.data).map_err(Failure::failed)?;
        if let Some(sentence) = settings.lost_database() {
            return Err(Failure::failed(sentence));
        }
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
            "licensed": !stored.made_up,
            "products": products,
        });
        self.format.print(&value, |_| {
            let names: Vec<&str> = stored.sums.iter().map(|(name, ..)| name.as_str()).collect();
            let made_up = match stored.made_up {
                true => "This server has no licenses, so the products and their license counts are made up too. For a history of its own products, register and sync it first.\n",
                false => "",
            };
            format!(
                "Stored {} days of made-up usage in {}: {} check-outs and {} denials of {} by {CLIENTS} clients.\n{made_up}Start the server on this folder and open its Usage page.\n",
                self.days,
                settings.data.display(),
                stored.taken,
                stored.refused,
                names.join(", "),
            )
        })
    }

    async fn fill(&self, engine: &Engine) -> Result<DemoSummary, Failure> {
        let failed = |error: DatabaseError| Failure::failed(format!("The database did not respond: {error}."));
        if !self.add && engine.usage.extent().await.map_err(failed)?.is_some() {
            return Err(Failure::refused(
                "This folder already has usage. Choose another with --data, or add the made-up usage to it with --add.",
            ));
        }
        let wish = DemoPlan {
            now_ms: engine.now_ms(),
            days: self.days.into(),
            per_day: self.checkouts_per_day as usize,
            seed: self.seed,
            zone: jiff::tz::TimeZone::system(),
        };
        demo::fill(engine, wish).await.map_err(Failure::failed)
    }
}
