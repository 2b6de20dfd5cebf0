//! The exchange with the licensing nodes: over the network, and by hand.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::ask::{Call, Remote};
use super::output::{read_file, rows, table, text};
use super::{Common, write_file};
use crate::exit::{Done, Failure};

/// `leasehold sync`
#[derive(Debug, Args)]
pub struct Sync {
    #[command(flatten)]
    common: Common,
    /// The license_server.conf [default: the running server's, else the one in the data folder]
    #[arg(long, value_name = "FILE")]
    conf: Option<PathBuf>,
}

impl Sync {
    pub async fn run(mut self, remote: &Remote) -> Done {
        self.common.target.place.conf = self.conf.take();
        self.common.perform(remote, Call::post("/api/v1/exchange/sync").asks_nodes(), changes).await
    }
}

/// `leasehold licenses`
#[derive(Debug, Args)]
pub struct Licenses {
    #[command(flatten)]
    common: Common,
}

impl Licenses {
    pub async fn run(self, remote: &Remote) -> Done {
        self.common.list(remote, Call::get("/api/v1/licenses"), licenses).await
    }
}

/// `leasehold exchange …`
#[derive(Debug, Subcommand)]
pub enum Exchange {
    /// Make a report to carry to a node by hand, and print the command that sends it
    Pull(Pull),
    /// Apply a node's answer: a file, or - for standard input
    Push(Push),
    /// List reports and their answers
    Ledger(Ledger),
}

impl Exchange {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Pull(command) => command.run(remote).await,
            Self::Push(command) => command.run(remote).await,
            Self::Ledger(command) => command.run(remote).await,
        }
    }
}

/// `leasehold exchange pull`
#[derive(Debug, Args)]
pub struct Pull {
    /// Write the report to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Pull {
    async fn run(self, remote: &Remote) -> Done {
        let value = self.common.target.ask(remote, Call::post("/api/v1/exchange/report")).await?;
        let Some(out) = &self.out else {
            return self.common.format.print(&value, |value| {
                format!(
                    "Report {} (SHA-256 {}). Send it from a machine that can reach the licensing nodes, then apply the answer with `leasehold exchange push`:\n\n{}\n",
                    text(value, "status_id"),
                    text(value, "sha256"),
                    text(value, "curl")
                )
            });
        };
        write_file(out, text(&value, "report").as_bytes())
            .map_err(|error| Failure::failed(format!("Can't write {}: {error}.", out.display())))?;
        self.common.format.print(&value, |value| {
            format!(
                "Saved report {} to {} (SHA-256 {}).\n",
                text(value, "status_id"),
                out.display(),
                text(value, "sha256")
            )
        })
    }
}

/// `leasehold exchange push`
#[derive(Debug, Args)]
pub struct Push {
    /// The node's answer, unchanged; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Push {
    async fn run(self, remote: &Remote) -> Done {
        let call = Call::post("/api/v1/exchange/response").bytes("application/octet-stream", read_file(&self.file)?);
        self.common.perform(remote, call, changes).await
    }
}

/// Entries of the ledger to list.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Open,
    Answered,
    Lost,
}

/// `leasehold exchange ledger`
#[derive(Debug, Args)]
pub struct Ledger {
    /// Only reports in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Maximum number of reports, newest first
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    #[command(flatten)]
    common: Common,
}

impl Ledger {
    async fn run(self, remote: &Remote) -> Done {
        let state = match self.state {
            None => "",
            Some(State::Open) => "open",
            Some(State::Answered) => "answered",
            Some(State::Lost) => "lost",
        };
        let call = Call::get("/api/v1/exchange/ledger").query("state", state).query("limit", self.limit);
        let all = self.common.target.ask_all(remote, call, self.limit as usize).await?;
        self.common.format.print(&all, |value| {
            let line = |entry: &Value| {
                let what = text(&entry["outcome"], "summary");
                let (id, made) = (text(entry, "status_id"), text(entry, "opened_at"));
                vec![id, text(entry, "state"), text(entry, "channel"), made, text(entry, "answered_at"), what]
            };
            table(&["STATUS ID", "STATE", "BY", "MADE", "ANSWERED", "WHAT CHANGED"], &rows(value, line))
        })
    }
}

/// What an exchange changed, in lines.
pub fn changes(value: &Value) -> String {
    let mut lines = format!("Synced: {}\n", text(value, "summary"));
    for kind in ["added", "removed", "extended", "changed"] {
        for change in value[kind].as_array().into_iter().flatten() {
            lines.push_str(&format!("  {}\n", text(change, "sentence")));
        }
    }
    for notice in value["notices"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        lines.push_str(&format!("The licensing node says: {notice}\n"));
    }
    lines
}

fn licenses(value: &Value) -> String {
    if value["items"].as_array().is_none_or(Vec::is_empty) {
        return match value["serial"].is_null() {
            true => "No licenses yet: this server has never synced. Run `leasehold sync`.\n".to_owned(),
            false => "The vendor has issued no licenses for this server.\n".to_owned(),
        };
    }
    let line = |license: &Value| {
        let or =
            |key: &str, other: &str| Some(text(license, key)).filter(|t| !t.is_empty()).unwrap_or(other.to_owned());
        let (product, kind) = (text(license, "product"), text(license, "kind"));
        let (licensed, in_use) = (or("licensed", "metered"), text(license, "in_use"));
        let (context, state) = (text(license, "context"), text(license, "state"));
        vec![
            product,
            kind,
            context,
            licensed,
            in_use,
            or("expires", "never"),
            or("maintenance_expires", "-"),
            state,
            text(license, "reason"),
        ]
    };
    let heads = ["PRODUCT", "KIND", "CONTEXT", "LICENSED", "IN USE", "EXPIRES", "MAINTENANCE", "STATE", "WHY"];
    table(&heads, &rows(value, line))
}
