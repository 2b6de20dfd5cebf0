use crate::Guid;
use crate::reports::ReceivedReport;
use clap::{Args, Subcommand};
use licensing::status_report::StatusId;
use serde_json::{Value, json};

use super::folder::{Common, failure};
use commands::exit::Done;
use commands::output::{rows, table, text};
use commands::time::rfc3339;

/// `leasehold-node report …`
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// List the stored reports of a server, newest first
    List(ListReports),
    /// Print a report as received
    Show(ShowReport),
}

#[derive(Debug, Args)]
pub struct ListReports {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct ShowReport {
    /// Status id of the report
    #[arg(value_name = "STATUS_ID")]
    status_id: StatusId,
    #[command(flatten)]
    common: Common,
}

impl ReportCommand {
    pub async fn run(self) -> Done {
        match self {
            Self::List(ListReports { server, common }) => {
                let node = common.place.open().await?;
                let kept = node.reports(server).await.map_err(failure)?;
                node.close().await;
                let items: Vec<Value> = kept.iter().map(facts).collect();
                common.format.print(&json!({ "items": items }), |value| {
                    let line = |r: &Value| {
                        let keys = ["at", "status_id", "instance", "outcome", "reason"];
                        keys.iter().map(|key| text(r, key)).collect()
                    };
                    table(&["AT", "STATUS ID", "INSTALLATION", "OUTCOME", "REASON"], &rows(value, line))
                })
            }
            Self::Show(ShowReport { status_id, common }) => {
                let node = common.place.open().await?;
                let kept = node.report(status_id).await.map_err(failure)?;
                node.close().await;
                let items: Vec<Value> = kept.iter().map(whole).collect();
                common.format.print(&json!({ "items": items }), |value| {
                    value["items"].as_array().into_iter().flatten().map(shown).collect::<Vec<_>>().join("\n")
                })
            }
        }
    }
}

fn facts(kept: &ReceivedReport) -> Value {
    json!({
        "status_id": kept.status_id,
        "guid": kept.guid,
        "instance": kept.instance,
        "at": rfc3339(kept.at),
        "outcome": kept.outcome.as_str(),
        "reason": kept.reason,
        "serial": kept.serial,
    })
}

fn whole(kept: &ReceivedReport) -> Value {
    let mut value = facts(kept);
    // Only what parsed was kept; text that no longer does is shown as it is.
    value["report"] = match &kept.body {
        Some(body) => serde_json::from_str(body).unwrap_or_else(|_| Value::from(body.as_str())),
        None => Value::Null,
    };
    value
}

fn shown(report: &Value) -> String {
    let mut out = String::new();
    for key in ["status_id", "guid", "instance", "at", "outcome", "reason", "serial"] {
        if !report[key].is_null() {
            out.push_str(&format!("{key}: {}\n", text(report, key)));
        }
    }
    match &report["report"] {
        Value::Null => out.push_str("Its text was not kept: the auth string was wrong.\n"),
        body => out.push_str(&format!("{body:#}\n")),
    }
    out
}
