use std::path::PathBuf;

use clap::{Args, Subcommand};
use commands::exit::{Done, Failure};
use commands::output::{rows, table, text};
use commands::time::rfc3339;
use serde_json::{Value, json};

use super::folder::{Common, failure};
use crate::Guid;
use crate::monitor::{NewMonitorLicense, StoredMonitorLicense};
use crate::time::{SpanEnd, SpanStart};
use storage::file::{self, PRIVATE};

/// `leasehold-node monitor-license …`
#[derive(Debug, Subcommand)]
pub enum MonitorCommand {
    /// Add a license of the usage monitor to a server and print its id
    Add(AddMonitor),
    /// List active licenses of the usage monitor
    List(ListMonitor),
    /// Remove a license of the usage monitor
    Remove(RemoveMonitor),
    /// Print the signed monitor license of a server, or write it as a key file
    Show(ShowMonitor),
}

#[derive(Debug, Args)]
pub struct AddMonitor {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    /// Start: a day like 2026-05-01 (from its beginning, UTC) or an instant like 2026-05-01T12:00:00Z; may be in the past
    #[arg(long, value_name = "D")]
    from: SpanStart,
    /// End: a day like 2027-12-31 (to its end, UTC) or an instant
    #[arg(long, value_name = "D")]
    to: SpanEnd,
    /// Number of users who may be observed
    #[arg(long, value_name = "N")]
    users: u64,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct ListMonitor {
    /// GUID of the server [default: all servers]
    #[arg(long, value_name = "GUID")]
    server: Option<Guid>,
    /// Include removed licenses
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct RemoveMonitor {
    /// Id of the license, such as M-7QX2MB4K
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct ShowMonitor {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    /// Key file to write [default: print it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl MonitorCommand {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(AddMonitor { server, from, to, users, common }) => {
                let node = common.place.open().await?;
                let new = NewMonitorLicense { guid: server, from: from.0, to: to.0, users };
                let held = node.add_monitor_license(&new).await.map_err(failure)?;
                let now = node.now_ms();
                node.close().await;
                common.format.print(&described(&held, now), |v| format!("{}\n", text(v, "id")))
            }
            Self::List(ListMonitor { server, all, common }) => {
                let node = common.place.open().await?;
                let held = node.monitor_licenses(server, all).await.map_err(failure)?;
                let now = node.now_ms();
                node.close().await;
                let items: Vec<Value> = held.iter().map(|held| described(held, now)).collect();
                common.format.print(&json!({ "items": items }), lines)
            }
            Self::Remove(RemoveMonitor { id, common }) => {
                let node = common.place.open().await?;
                let held = node.remove_monitor_license(&id).await.map_err(failure)?;
                let now = node.now_ms();
                node.close().await;
                common.format.print(&described(&held, now), |v| {
                    format!("Removed {}. The change reaches the server with its next sync.\n", text(v, "id"))
                })
            }
            Self::Show(command) => command.run().await,
        }
    }
}

impl ShowMonitor {
    async fn run(self) -> Done {
        let node = self.common.place.open().await?;
        let signed = node.monitor_document(self.server).await.map_err(failure)?;
        node.close().await;
        let mut document = serde_json::to_string_pretty(&signed)
            .map_err(|error| Failure::failed(format!("Can't write the monitor license: {error}.")))?;
        document.push('\n');
        let Some(out) = self.out else {
            return self.common.format.print(&json!(signed), |_| document);
        };
        file::replace(&out, document.as_bytes(), PRIVATE)
            .map_err(|error| Failure::failed(format!("Can't write the key file {}: {error}.", out.display())))?;
        let value = json!({ "server": self.server, "file": out.display().to_string() });
        self.common.format.print(&value, |v| {
            format!("Wrote the key file {}. Put it on the server {}.\n", text(v, "file"), text(v, "server"))
        })
    }
}

fn described(held: &StoredMonitorLicense, now: i64) -> Value {
    let license = &held.license;
    let state = match held.removed_at {
        Some(_) => "removed",
        None if now < license.from => "not started",
        None if now > license.to => "ended",
        None => "active",
    };
    json!({
        "id": license.id,
        "server": held.guid,
        "from": exactly(license.from),
        "to": exactly(license.to),
        "users": license.users,
        "state": state,
        "created_at": rfc3339(held.created_at),
        "removed_at": held.removed_at.map(rfc3339),
    })
}

/// To the millisecond: rounded, the end of a day would be the next one.
fn exactly(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| rfc3339(ms), |at| at.to_string())
}

fn lines(value: &Value) -> String {
    let line = |l: &Value| ["id", "from", "to", "users", "state", "server"].iter().map(|key| text(l, key)).collect();
    table(&["ID", "FROM", "TO", "USERS", "STATE", "SERVER"], &rows(value, line))
}
