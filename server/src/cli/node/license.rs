mod add;
mod change;
mod select;

use ::node::Guid;
use ::node::licenses::Held;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::place::{Common, failure};
use crate::cli::output::{rows, table, text};
use crate::exit::Done;
use crate::time::rfc3339;

/// `leasehold node license …`
#[derive(Debug, Subcommand)]
pub enum License {
    /// Give a server a license and print its id
    #[command(disable_version_flag = true)] // its --version is that of the license
    Add(add::Add),
    /// List the licenses in force
    List(List),
    /// Move licenses to another server
    Move(change::Move),
    /// Take licenses away
    Remove(change::Remove),
    /// Give licenses a later end, a later end of maintenance, or more hours
    Extend(change::Extend),
}

#[derive(Debug, Args)]
pub struct List {
    /// GUID of the server; without it, the licenses of all servers
    #[arg(long, value_name = "GUID")]
    server: Option<Guid>,
    /// List the removed ones too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    common: Common,
}

impl License {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(command) => command.run().await,
            Self::Move(command) => command.run().await,
            Self::Remove(command) => command.run().await,
            Self::Extend(command) => command.run().await,
            Self::List(List { server, all, common }) => {
                let node = common.place.open().await?;
                let (held, now) = (node.licenses(server, all).await.map_err(failure)?, node.now_ms());
                node.close().await;
                let items: Vec<Value> = held.iter().map(|held| described(held, now)).collect();
                common.format.print(&json!({ "items": items }), lines)
            }
        }
    }
}

fn described(held: &Held, now: i64) -> Value {
    let license = &held.license;
    let state = match held.removed_at {
        Some(_) => "removed",
        None if held.has_expired(now) => "expired",
        None if license.context != held.server_context => "other context",
        None => "active",
    };
    json!({
        "id": license.id,
        "server": held.guid,
        "product": license.product,
        "kind": license.kind,
        "count": license.count,
        "context": license.context,
        "hours": license.hours,
        "expires": license.expires.map(rfc3339),
        "maintenance_expires": license.maintenance_expires.map(rfc3339),
        "version": license.version,
        "state": state,
        "created_at": rfc3339(held.created_at),
        "removed_at": held.removed_at.map(rfc3339),
    })
}

fn lines(value: &Value) -> String {
    let line = |l: &Value| {
        let keys =
            ["id", "product", "kind", "count", "context", "hours", "expires", "maintenance_expires", "state", "server"];
        keys.iter().map(|key| if l[*key].is_null() { "–".to_owned() } else { text(l, key) }).collect()
    };
    let heads = ["ID", "PRODUCT", "KIND", "COUNT", "CONTEXT", "HOURS", "EXPIRES", "MAINTENANCE", "STATE", "SERVER"];
    table(&heads, &rows(value, line))
}

/// Says on stderr which of these a server will not load.
fn warn_of_context(held: &[Held]) {
    for Held { guid, server_context, license, .. } in held {
        if license.context != *server_context {
            eprintln!(
                "The server {guid} is a {server_context} server and will not load {}, which is for a {} server. If that is not meant, set its context with `leasehold node license move {} --to {guid} --context {server_context}`.",
                license.id, license.context, license.id
            );
        }
    }
}
