//! The commands of `leasehold-node`. They open the node's folder themselves, also while it serves.

mod folder;
mod license;
mod monitor;
mod report;
mod serve;
mod server;
mod ve;

use clap::{Args, Parser, Subcommand};
use commands::exit::Done;
use commands::output::{rows, table, text};
use commands::time::rfc3339;
use serde_json::{Value, json};

use crate::Guid;
use folder::{Common, failure};

/// The vendor's licensing node: customers, servers, licenses, keys.
#[derive(Debug, Parser)]
#[command(name = "leasehold-node", version, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the node, which answers reports of license servers
    Serve(serve::Serve),
    /// Customers, to whom servers belong
    #[command(subcommand)]
    Customer(Customer),
    /// License servers, each with its GUID and registration file
    #[command(subcommand)]
    Server(server::ServerCommand),
    /// Deployments (tenants) of a server
    #[command(subcommand)]
    Deployment(Deployment),
    /// Licenses of servers; changes reach a server with its next sync
    #[command(subcommand)]
    License(license::LicenseCommand),
    /// Licenses of the usage monitor; changes reach a server with its next sync
    #[command(subcommand)]
    MonitorLicense(monitor::MonitorCommand),
    /// Licenses for virtual environments, bound to a machine and carried by hand
    #[command(subcommand)]
    Ve(ve::VeCommand),
    /// Reports received from servers
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// The keys that servers trust
    #[command(subcommand)]
    Keys(Keys),
}

impl Cli {
    /// Runs the command of this process.
    ///
    /// # Errors
    /// What the command answers.
    pub async fn run(self) -> Done {
        match self.command {
            Command::Serve(command) => command.run().await,
            Command::Customer(command) => command.run().await,
            Command::Server(command) => command.run().await,
            Command::Deployment(command) => command.run().await,
            Command::License(command) => command.run().await,
            Command::MonitorLicense(command) => command.run().await,
            Command::Ve(command) => command.run().await,
            Command::Report(command) => command.run().await,
            Command::Keys(command) => command.run().await,
        }
    }
}

/// `leasehold-node customer …`
#[derive(Debug, Subcommand)]
enum Customer {
    /// Add a customer
    Add(AddCustomer),
    /// List the customers
    List(Common),
}

#[derive(Debug, Args)]
struct AddCustomer {
    /// Name of the customer
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    common: Common,
}

impl Customer {
    async fn run(self) -> Done {
        match self {
            Self::Add(AddCustomer { name, common }) => {
                let node = common.place.open_or_make().await?;
                let name = node.add_customer(&name).await.map_err(failure)?;
                node.close().await;
                common.format.print(&json!({ "name": name }), |v| format!("Added customer {}.\n", text(v, "name")))
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

/// `leasehold-node deployment …`
#[derive(Debug, Subcommand)]
enum Deployment {
    /// Add a deployment to a server and print its id
    Add(OfServer),
    /// List the deployments of a server, the first one first
    List(OfServer),
}

#[derive(Debug, Args)]
struct OfServer {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    #[command(flatten)]
    common: Common,
}

impl Deployment {
    async fn run(self) -> Done {
        match self {
            Self::Add(OfServer { server, common }) => {
                let node = common.place.open().await?;
                let id = node.add_deployment(server).await.map_err(failure)?;
                node.close().await;
                let value = json!({ "deployment_id": id, "server": server });
                common.format.print(&value, |v| format!("{}\n", text(v, "deployment_id")))
            }
            Self::List(OfServer { server, common }) => {
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

/// `leasehold-node keys …`
#[derive(Debug, Subcommand)]
enum Keys {
    /// Print the fingerprint and the public keys
    Show(Common),
}

impl Keys {
    async fn run(self) -> Done {
        let Self::Show(common) = self;
        let node = common.place.open_or_make().await?;
        let key = node.key();
        node.close().await;
        let mut value = json!(key);
        value["grouped"] = key.fingerprint().grouped().into();
        value["key_id"] = key.id().to_string().into();
        common.format.print(&value, |v: &Value| {
            [
                ("fingerprint", "fingerprint"),
                ("to read aloud", "grouped"),
                ("key id", "key_id"),
                ("signing key (Ed25519)", "signing"),
                ("sealing key (X25519)", "sealing"),
            ]
            .iter()
            .map(|(name, key)| format!("{name}: {}\n", text(v, key)))
            .collect()
        })
    }
}
