use ::node::licenses::NewLicense;
use ::node::time::Until;
use ::node::{Context, Guid};
use clap::Args;
use licensing::bundle::{Kind, ProductCode};

use super::super::place::{Common, failure};
use super::{described, warn_of_context};
use crate::cli::output::text;
use crate::exit::Done;

#[derive(Debug, Args)]
pub struct Add {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    /// Product, such as TTS3 or ASR_ENUS
    #[arg(long, value_name = "CODE")]
    product: ProductCode,
    /// How many
    #[arg(long, value_name = "N")]
    count: u64,
    /// How use is counted: concurrent, countdown or metered
    #[arg(long, default_value_t = Kind::Concurrent)]
    kind: Kind,
    /// Hours of a countdown license
    #[arg(long, value_name = "H")]
    hours: Option<u64>,
    /// Its end: a day as 2027-12-31 (until its end, UTC), or an instant as 2027-12-31T12:00:00Z; without it, none
    #[arg(long, value_name = "D")]
    expires: Option<Until>,
    /// End of maintenance, likewise
    #[arg(long, value_name = "D")]
    maintenance: Option<Until>,
    /// The version it covers, such as 16.0
    #[arg(long, value_name = "M.m")]
    version: Option<String>,
    /// production, backup or development [default: the server's own]
    #[arg(long)]
    context: Option<Context>,
    #[command(flatten)]
    common: Common,
}

impl Add {
    pub async fn run(self) -> Done {
        let node = self.common.place.open().await?;
        let new = NewLicense {
            guid: self.server,
            product: self.product,
            kind: self.kind,
            count: self.count,
            hours: self.hours,
            expires: self.expires.map(|until| until.0),
            maintenance: self.maintenance.map(|until| until.0),
            version: self.version,
            context: self.context,
        };
        let held = node.add_license(&new).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        warn_of_context(std::slice::from_ref(&held));
        self.common.format.print(&described(&held, now), |v| format!("{}\n", text(v, "id")))
    }
}
