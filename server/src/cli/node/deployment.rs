use ::node::Guid;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::place::{Common, failure};
use crate::cli::output::{rows, table, text};
use crate::exit::Done;
use crate::time::rfc3339;

/// `leasehold node deployment …`
#[derive(Debug, Subcommand)]
pub enum Deployment {
    /// Add a deployment to a server and print its id
    Add(Of),
    /// List the deployments of a server, the first one first
    List(Of),
}

#[derive(Debug, Args)]
pub struct Of {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    #[command(flatten)]
    common: Common,
}

impl Deployment {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(Of { server, common }) => {
                let node = common.place.open().await?;
                let id = node.add_deployment(server).await.map_err(failure)?;
                node.close().await;
                let value = json!({ "deployment_id": id, "server": server });
                common.format.print(&value, |v| format!("{}\n", text(v, "deployment_id")))
            }
            Self::List(Of { server, common }) => {
                let node = common.place.open().await?;
                let deployments = node.deployments(server).await.map_err(failure)?;
                node.close().await;
                let items: Vec<Value> = deployments
                    .iter()
                    .map(|d| json!({ "deployment_id": d.id, "created_at": rfc3339(d.created_at) }))
                    .collect();
                common.format.print(&json!({ "items": items }), |value| {
                    let line = |d: &Value| vec![text(d, "deployment_id"), text(d, "created_at")];
                    table(&["DEPLOYMENT", "ADDED"], &rows(value, line))
                })
            }
        }
    }
}
