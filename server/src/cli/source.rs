//! Other license daemons that are observed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Common;
use super::ask::{Call, Remote, segment};
use super::output::{read_file, rows, table, text};
use crate::exit::{Done, Failure};

/// `leasehold source …`
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add a license daemon to observe: the output of a program, a file, or texts that are pushed
    Add(Add),
    /// List the sources and their state
    List(Common),
    /// Show what a source tells: features, who holds licenses, what could not be read
    Show(Named),
    /// Look at a source now
    Try(Named),
    /// Read a text once as if it had come from the source; - reads standard input
    Push(Push),
    /// Remove a source; what was in use stays in the usage records
    Remove(Named),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Its name: letters, digits, _ and -
    tag: String,
    /// lmstat, flexnet-log, flexnet-license, rlmstat or rlm-log
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// Read what this program prints: absolute path and arguments, no shell
    #[arg(long, value_name = "PROGRAM ARG", num_args = 1.., allow_hyphen_values = true, conflicts_with = "file")]
    command: Vec<String>,
    /// Read this file; a log is followed
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How often, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    every: u32,
    /// Time zone of the machine that prints it, such as Europe/Berlin [default: this machine's]
    #[arg(long, value_name = "ZONE", default_value = "")]
    zone: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Named {
    /// Name of the source
    tag: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Push {
    /// Name of the source
    tag: String,
    /// The text; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

fn path(tag: &str, rest: &str) -> String {
    format!("/api/v1/sources/{}{rest}", segment(tag))
}

impl SourceCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Add(command) => command.run(remote).await,
            Self::List(common) => common.list(remote, Call::get("/api/v1/sources"), list).await,
            Self::Show(Named { tag, common }) => common.perform(remote, Call::get(path(&tag, "")), show).await,
            Self::Try(Named { tag, common }) => {
                let call = Call::post(path(&tag, "/try")).asks_nodes();
                common.perform(remote, call, told).await
            }
            Self::Push(Push { tag, file, common }) => {
                let call = Call::post(path(&tag, "/text")).bytes("text/plain", read_file(&file)?).asks_nodes();
                common.perform(remote, call, told).await
            }
            Self::Remove(Named { tag, common }) => {
                let plain = |value: &Value| format!("Removed {}.\n", text(value, "tag"));
                common.perform(remote, Call::delete(path(&tag, "")), plain).await
            }
        }
    }
}

impl Add {
    async fn run(self, remote: &Remote) -> Done {
        let Self { tag, kind, command, file, every, zone, common } = self;
        let file = file.map(|file| std::path::absolute(&file)).transpose();
        let file = file.map_err(|error| Failure::refused(format!("Can't tell the file's absolute path: {error}.")))?;
        let body =
            json!({ "tag": tag, "kind": kind, "command": command, "file": file, "every_seconds": every, "zone": zone });
        let plain = |value: &Value| format!("Added {} ({}).\n", text(value, "tag"), text(value, "kind"));
        common.perform(remote, Call::post("/api/v1/sources").json(&body), plain).await
    }
}

fn list(value: &Value) -> String {
    let line = |source: &Value| {
        ["tag", "kind", "state", "last_good", "feature_count", "unread_count", "problem"]
            .map(|key| text(source, key))
            .to_vec()
    };
    table(&["TAG", "KIND", "STATE", "LAST GOOD", "FEATURES", "UNREAD", "PROBLEM"], &rows(value, line))
}

fn show(value: &Value) -> String {
    let mut out = format!("{} ({}): {}", text(value, "tag"), text(value, "kind"), text(value, "state"));
    match value["problem"].as_str() {
        Some(problem) => out.push_str(&format!(". {problem}\n")),
        None => out.push('\n'),
    }
    let features = value["features"].as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |feature: &Value| {
        let keys = ["name", "vendor", "version", "issued", "in_use", "reserved", "queued", "expires"];
        keys.map(|key| text(feature, key)).to_vec()
    };
    let heads = ["FEATURE", "VENDOR", "VERSION", "ISSUED", "IN USE", "RESERVED", "QUEUED", "EXPIRES"];
    out.push_str(&table(&heads, &features.iter().map(line).collect::<Vec<_>>()));
    let mut holders = Vec::new();
    for feature in features {
        for held in feature["checkouts"].as_array().into_iter().flatten() {
            let of = ["user", "host", "display", "count", "since"].map(|key| text(held, key));
            holders.push([&[text(feature, "name")], &of[..]].concat());
        }
    }
    if !holders.is_empty() {
        out.push('\n');
        out.push_str(&table(&["FEATURE", "USER", "HOST", "DISPLAY", "COUNT", "SINCE"], &holders));
    }
    out.push_str(&unread(value));
    out
}

fn unread(value: &Value) -> String {
    let line = |of: &Value| format!("{}: {} ({})\n", text(of, "line"), text(of, "text"), text(of, "reason"));
    let lines: String = value["unread"].as_array().into_iter().flatten().map(line).collect();
    if lines.is_empty() { lines } else { format!("\nLines that could not be read:\n{lines}") }
}

fn told(value: &Value) -> String {
    let read = |key: &str| text(&value["read"], key);
    format!(
        "Read {} features, {} check-outs, {} denials, {} reservations, {} waiting; {} new records of use.\n{}",
        read("features"),
        read("checkouts"),
        read("denials"),
        read("reservations"),
        read("queued"),
        text(value, "recorded"),
        unread(value)
    )
}
