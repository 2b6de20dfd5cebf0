use ::node::licenses::{Extension, Held};
use ::node::time::{Until, UntilOrNever};
use ::node::{Context, Guid};
use clap::Args;
use serde_json::{Value, json};

use super::super::place::{Common, failure};
use super::select::Select;
use super::{described, lines, warn_of_context};
use crate::exit::Done;

#[derive(Debug, Args)]
pub struct Move {
    #[command(flatten)]
    select: Select,
    /// GUID of the server that is to have them
    #[arg(long, value_name = "GUID")]
    to: Guid,
    /// Give them another context as well: production, backup or development
    #[arg(long)]
    context: Option<Context>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    select: Select,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Extend {
    #[command(flatten)]
    select: Select,
    /// The new end: a day as 2027-12-31 (until its end, UTC), an instant as 2027-12-31T12:00:00Z, or never
    #[arg(long, value_name = "D")]
    expires: Option<UntilOrNever>,
    /// The new end of maintenance, likewise
    #[arg(long, value_name = "D")]
    maintenance: Option<UntilOrNever>,
    /// Hours to add to a countdown license
    #[arg(long, value_name = "H")]
    hours: Option<u64>,
    /// Take an earlier date too
    #[arg(long)]
    shorten: bool,
    #[command(flatten)]
    common: Common,
}

impl Move {
    pub async fn run(self) -> Done {
        let which = self.select.selection()?;
        let node = self.common.place.open().await?;
        let held = node.move_licenses(&which, self.to, self.context).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        warn_of_context(&held);
        print(&held, now, &format!("Moved to {}", self.to), &self.common)
    }
}

impl Remove {
    pub async fn run(self) -> Done {
        let which = self.select.selection()?;
        let node = self.common.place.open().await?;
        let held = node.remove_licenses(&which).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        print(&held, now, "Removed", &self.common)
    }
}

impl Extend {
    pub async fn run(self) -> Done {
        let which = self.select.selection()?;
        let date = |given: UntilOrNever| given.0.map(|Until(at)| at);
        let by = Extension {
            expires: self.expires.map(date),
            maintenance: self.maintenance.map(date),
            hours: self.hours,
            shorten: self.shorten,
        };
        let node = self.common.place.open().await?;
        let held = node.extend_licenses(&which, &by).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        print(&held, now, "Changed", &self.common)
    }
}

fn print(held: &[Held], now: i64, done: &str, common: &Common) -> Done {
    let items: Vec<Value> = held.iter().map(|held| described(held, now)).collect();
    common.format.print(&json!({ "items": items }), |value| {
        let count = if held.len() == 1 { "1 license".to_owned() } else { format!("{} licenses", held.len()) };
        format!("{done}: {count}. The server hears of it at its next exchange.\n{}", lines(value))
    })
}
