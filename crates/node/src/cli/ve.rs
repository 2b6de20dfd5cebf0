mod issue;
mod spec;

use crate::Guid;
use crate::ve::IssuedVe;
use clap::{Args, Subcommand};
use licensing::ve::VeLicenseKind;
use serde_json::{Value, json};

use super::folder::{Common, failure};
use commands::exit::Done;
use commands::output::{rows, table, text};
use commands::time::rfc3339;

/// `leasehold-node ve …`
#[derive(Debug, Subcommand)]
pub enum VeCommand {
    /// Issue a signed license for the machine of a request, with the next serial
    #[command(disable_version_flag = true)] // its --version is that of the product
    Issue(issue::Issue),
    /// List issued licenses
    List(ListVe),
}

/// `leasehold-node ve list`
#[derive(Debug, Args)]
pub struct ListVe {
    /// GUID of the server [default: all machines]
    #[arg(long, value_name = "GUID")]
    server: Option<Guid>,
    #[command(flatten)]
    common: Common,
}

impl VeCommand {
    pub async fn run(self) -> Done {
        match self {
            Self::Issue(command) => command.run().await,
            Self::List(ListVe { server, common }) => {
                let node = common.place.open().await?;
                let issued = node.ve_licenses(server).await.map_err(failure)?;
                node.close().await;
                let items: Vec<Value> = issued.iter().map(described).collect();
                common.format.print(&json!({ "items": items }), lines)
            }
        }
    }
}

/// A license as the API would give it. It holds no passphrase.
fn described(issued: &IssuedVe) -> Value {
    let license = &issued.text.license;
    let (hours, expires) = match license.kind {
        VeLicenseKind::Countdown { hours } => (Some(hours), None),
        VeLicenseKind::Normal { until } => (None, Some(rfc3339(until))),
    };
    let products = license.products.iter().map(|product| {
        json!({
            "name": product.name, "codes": product.codes, "version": format!("{}.{}", product.major, product.minor),
            "cpus": product.cpus, "memory_mb": product.memory_mb, "instances": product.instances,
        })
    });
    json!({
        "license_id": license.license_id,
        "serial": license.serial,
        "customer": license.customer,
        "platform": license.platform,
        "type": license.kind.as_str().to_ascii_lowercase(),
        "hours": hours,
        "expires": expires,
        "grace_minutes": license.grace_min,
        "interval_minutes": license.interval_min,
        "fingerprint": license.fingerprint.as_str(),
        "guid": license.guid,
        "issued_at": rfc3339(issued.issued),
        "products": products.collect::<Vec<_>>(),
    })
}

fn lines(value: &Value) -> String {
    let line = |l: &Value| {
        let end = if l["hours"].is_null() { text(l, "expires") } else { format!("{} h", text(l, "hours")) };
        let products = l["products"].as_array().into_iter().flatten().map(|p| text(p, "name")).collect::<Vec<_>>();
        vec![text(l, "license_id"), text(l, "customer"), text(l, "type"), end, products.join(" "), text(l, "issued_at")]
    };
    table(&["LICENSE ID", "CUSTOMER", "TYPE", "VALID FOR", "PRODUCTS", "ISSUED"], &rows(value, line))
}
