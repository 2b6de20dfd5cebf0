use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::place::{Common, failure};
use crate::cli::output::{rows, table, text};
use crate::exit::Done;
use crate::time::rfc3339;

/// `leasehold node customer …`
#[derive(Debug, Subcommand)]
pub enum Customer {
    /// Add a customer
    Add(Add),
    /// List the customers
    List(Common),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name of the customer
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    common: Common,
}

impl Customer {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(Add { name, common }) => {
                let node = common.place.open_or_make().await?;
                let name = node.add_customer(&name).await.map_err(failure)?;
                node.close().await;
                common.format.print(&json!({ "name": name }), |v| format!("Added the customer {}.\n", text(v, "name")))
            }
            Self::List(common) => {
                let node = common.place.open().await?;
                let customers = node.customers().await.map_err(failure)?;
                node.close().await;
                let items: Vec<Value> = customers
                    .iter()
                    .map(|c| json!({ "name": c.name, "servers": c.servers, "created_at": rfc3339(c.created_at) }))
                    .collect();
                common.format.print(&json!({ "items": items }), |value| {
                    let line = |c: &Value| vec![text(c, "name"), text(c, "servers"), text(c, "created_at")];
                    table(&["NAME", "SERVERS", "ADDED"], &rows(value, line))
                })
            }
        }
    }
}
