use std::path::PathBuf;

use crate::servers::{self, IssuedRegistration, NewServer, SeenInstallation};
use crate::{Context, Node};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::folder::{Common, OneServer, failure};
use commands::exit::{Done, Failure};
use commands::output::{note, rows, table, text};
use commands::time::rfc3339;

/// `leasehold-node server …`
#[derive(Debug, Subcommand)]
pub enum ServerCommand {
    /// Add a server and write its registration file
    Add(AddServer),
    /// List the servers
    List(Common),
    /// Show one server in detail
    Show(ShowServer),
    /// Issue a new auth string and registration file; the old auth string stops working at once
    Reissue(Reissue),
    /// Let another installation take over the GUID of a server
    Rebind(Rebind),
}

#[derive(Debug, Args)]
pub struct AddServer {
    /// Customer the server belongs to
    #[arg(long, value_name = "NAME")]
    customer: String,
    /// Context: production, backup or development
    #[arg(long)]
    context: Context,
    /// Days without a sync after which its licenses leave service; 60 or more
    #[arg(long, value_name = "N", default_value_t = 60)]
    contact_days: u32,
    /// File to write the registration to [default: DIR/registrations/GUID.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct ShowServer {
    #[command(flatten)]
    one: OneServer,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Reissue {
    #[command(flatten)]
    one: OneServer,
    /// File to write the registration to [default: DIR/registrations/GUID.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Rebind {
    #[command(flatten)]
    one: OneServer,
    /// Keep the GUID with its installation, and forget the other one
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    common: Common,
}

impl ServerCommand {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(AddServer { customer, context, contact_days, out, common }) => {
                let node = common.place.open().await?;
                let new = NewServer { customer, context, contact_days };
                let made = node.add_server(&new, out.as_deref()).await.map_err(failure)?;
                node.close().await;
                print_registration(&made, &common)
            }
            Self::Reissue(Reissue { one, out, common }) => {
                let node = common.place.open().await?;
                let made = node.reissue(one.guid()?, out.as_deref()).await.map_err(failure)?;
                node.close().await;
                print_registration(&made, &common)
            }
            Self::List(common) => list(&common).await,
            Self::Show(ShowServer { one, common }) => {
                let node = common.place.open().await?;
                let value = all_about(&node, &node.server(one.guid()?).await.map_err(failure)?).await?;
                node.close().await;
                common.format.print(&value, lines)
            }
            Self::Rebind(command) => command.run().await,
        }
    }
}

impl Rebind {
    async fn run(self) -> Done {
        let guid = self.one.guid()?;
        let node = self.common.place.open().await?;
        let before = if self.keep { node.keep_owner(guid).await } else { node.rebind(guid).await }.map_err(failure)?;
        node.close().await;
        let id = |seen: &Option<SeenInstallation>| seen.as_ref().map(|s| s.instance.clone());
        let value = json!({ "guid": guid, "kept": self.keep, "owner": id(&before.owner), "other": id(&before.rival) });
        self.common.format.print(&value, |_| match (self.keep, before.owner, before.rival) {
            (true, Some(owner), _) => format!("{guid} stays with the installation {}.\n", owner.instance),
            (true, None, _) => format!("{guid} has no installation yet; the next one to report gets it.\n"),
            (false, _, Some(rival)) => {
                format!("The next installation to report gets {guid}; {} was the last to ask for it.\n", rival.instance)
            }
            (false, _, None) => format!("The next installation to report gets {guid}.\n"),
        })
    }
}

/// The one time the auth string is shown.
fn print_registration(made: &IssuedRegistration, common: &Common) -> Done {
    let value = json!({
        "guid": made.guid,
        "auth_string": made.auth_string,
        "deployment_id": made.deployment_id,
        "operator_id": made.operator_id,
        "registration_file": made.file.display().to_string(),
        "context": made.context,
        "customer": made.customer,
    });
    common.format.print(&value, |v| {
        let keys = ["guid", "auth_string", "deployment_id", "operator_id", "registration_file"];
        keys.iter().map(|key| format!("{key}: {}\n", text(v, key))).collect()
    })?;
    if !made.has_address {
        note(format_args!(
            "The registration file has no address of this node. Start the node with `leasehold-node serve … --advertise HOST:PORT`, then run `leasehold-node server reissue {}`.",
            made.guid
        ));
    }
    Ok(())
}

async fn list(common: &Common) -> Done {
    let node = common.place.open().await?;
    let mut items = Vec::new();
    for server in node.servers().await.map_err(failure)? {
        items.push(all_about(&node, &server).await?);
    }
    node.close().await;
    common.format.print(&json!({ "items": items }), |value| {
        let line = |s: &Value| {
            let second = if s["second_instance"].is_null() { "" } else { "second instance" };
            vec![text(s, "guid"), text(s, "customer"), text(s, "context"), text(s, "serial"), second.to_owned()]
        };
        table(&["GUID", "CUSTOMER", "CONTEXT", "SERIAL", ""], &rows(value, line))
    })
}

async fn all_about(node: &Node, server: &servers::RegisteredServer) -> Result<Value, Failure> {
    let seen = |seen: &Option<SeenInstallation>, at: &str| {
        seen.as_ref().map(|s| json!({ "instance": s.instance, at: rfc3339(s.at) })).unwrap_or(Value::Null)
    };
    let deployments = node.deployments(server.guid).await.map_err(failure)?;
    let serial = node
        .last_serial(server)
        .await
        .map_err(|error| Failure::failed(format!("The node's database did not respond: {error}.")))?;
    Ok(json!({
        "guid": server.guid,
        "customer": server.customer,
        "context": server.context,
        "contact_days": server.contact_days.days(),
        "operator_id": server.operator_id,
        "deployments": deployments.iter().map(|d| d.id.clone()).collect::<Vec<_>>(),
        "serial": serial,
        "owner": seen(&server.owner, "since"),
        "second_instance": seen(&server.rival, "last_report_at"),
        "created_at": rfc3339(server.created_at),
    }))
}

fn lines(value: &Value) -> String {
    let list: Vec<_> = value["deployments"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let seen = |key: &str, at: &str| match &value[key] {
        Value::Null => "none".to_owned(),
        seen => format!("{} ({at} {})", text(seen, "instance"), text(seen, at).as_str()),
    };
    let serial = if value["serial"].is_null() { "none issued yet".to_owned() } else { text(value, "serial") };
    [
        ("GUID", text(value, "guid")),
        ("customer", text(value, "customer")),
        ("context", text(value, "context")),
        ("days without contact", text(value, "contact_days")),
        ("operator id", text(value, "operator_id")),
        ("deployments", list.join(", ")),
        ("serial", serial),
        ("installation", seen("owner", "since")),
        ("second installation", seen("second_instance", "last_report_at").replace("last_report_at", "last report")),
        ("added", text(value, "created_at")),
    ]
    .iter()
    .map(|(name, value)| format!("{name}: {value}\n"))
    .collect()
}
