use clap::{Args, Subcommand};
use commands::exit::{Done, Failure};
use commands::output::{note, rows, table, text};
use commands::time::rfc3339;
use licensing::bundle::{LicenseKind, ProductCode, runs_down};
use serde_json::{Value, json};

use super::folder::{Common, failure};
use crate::licenses::{Extension, LicenseError, NewLicense, Selection, StoredLicense};
use crate::time::{UntilInstant, UntilOrNever};
use crate::{Context, Guid};

/// `leasehold-node license …`
#[derive(Debug, Subcommand)]
pub enum LicenseCommand {
    /// Add a license to a server and print its id
    #[command(disable_version_flag = true)] // its --version is that of the license
    Add(AddLicense),
    /// List active licenses
    List(ListLicenses),
    /// Move licenses to another server
    Move(Move),
    /// Remove licenses
    Remove(Remove),
    /// Extend the end or the maintenance of licenses
    Extend(Extend),
}

#[derive(Debug, Args)]
pub struct ListLicenses {
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
pub struct AddLicense {
    /// GUID of the server
    #[arg(long, value_name = "GUID")]
    server: Guid,
    /// Product, such as TTS3 or ASR_ENUS
    #[arg(long, value_name = "CODE")]
    product: ProductCode,
    /// Number of licenses
    #[arg(long, value_name = "N")]
    count: u64,
    /// Kind: concurrent or metered
    #[arg(long, default_value_t = LicenseKind::Concurrent)]
    kind: LicenseKind,
    // Refused with a sentence that says where hours belong.
    #[arg(long, value_name = "H", hide = true)]
    hours: Option<u64>,
    /// End of the license: a day like 2027-12-31 (to its end, UTC) or an instant like 2027-12-31T12:00:00Z [default:
    /// none]
    #[arg(long, value_name = "D")]
    expires: Option<UntilInstant>,
    /// End of maintenance, written like --expires
    #[arg(long, value_name = "D")]
    maintenance: Option<UntilInstant>,
    /// Version it covers, such as 16.0
    #[arg(long, value_name = "M.m")]
    version: Option<String>,
    /// production, backup or development [default: the server's own]
    #[arg(long)]
    context: Option<Context>,
    #[command(flatten)]
    common: Common,
}

/// Which licenses: one by its id, or all of a product that a server has.
#[derive(Debug, Clone, Args)]
struct Select {
    /// Id of the license, such as L-7QX2MB4K
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The same, as a flag
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    license: Option<String>,
    /// GUID of the server, together with --product
    #[arg(long, value_name = "GUID", requires = "product", conflicts_with_all = ["id", "license"])]
    server: Option<Guid>,
    /// Product, together with --server
    #[arg(long, value_name = "CODE", requires = "server")]
    product: Option<ProductCode>,
}

#[derive(Debug, Args)]
pub struct Move {
    #[command(flatten)]
    select: Select,
    /// GUID of the new server
    #[arg(long, value_name = "GUID")]
    to: Guid,
    /// New context: production, backup or development
    #[arg(long)]
    context: Option<Context>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    select: Select,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Extend {
    #[command(flatten)]
    select: Select,
    /// New end: a day like 2027-12-31 (to its end, UTC), an instant like 2027-12-31T12:00:00Z, or never
    #[arg(long, value_name = "D")]
    expires: Option<UntilOrNever>,
    /// New end of maintenance, written like --expires
    #[arg(long, value_name = "D")]
    maintenance: Option<UntilOrNever>,
    /// Allow an earlier date
    #[arg(long)]
    shorten: bool,
    #[command(flatten)]
    common: Common,
}

impl LicenseCommand {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(command) => command.run().await,
            Self::Move(command) => command.run().await,
            Self::Remove(command) => command.run().await,
            Self::Extend(command) => command.run().await,
            Self::List(ListLicenses { server, all, common }) => {
                let node = common.place.open().await?;
                let (held, now) = (node.licenses(server, all).await.map_err(failure)?, node.now_ms());
                node.close().await;
                let items: Vec<Value> = held.iter().map(|held| described(held, now)).collect();
                common.format.print(&json!({ "items": items }), lines)
            }
        }
    }
}

impl AddLicense {
    async fn run(self) -> Done {
        if runs_down(self.kind, self.hours) {
            return Err(failure(LicenseError::NotCharged));
        }
        let node = self.common.place.open().await?;
        let new = NewLicense {
            guid: self.server,
            product: self.product,
            kind: self.kind,
            count: self.count,
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

impl Select {
    /// What was named.
    ///
    /// # Errors
    /// A sentence when nothing was.
    fn selection(self) -> Result<Selection, Failure> {
        match (self.id.or(self.license), self.server, self.product) {
            (Some(id), _, _) => Ok(Selection::Id(id)),
            (None, Some(guid), Some(product)) => Ok(Selection::Product { guid, product }),
            _ => Err(Failure::refused(
                "No license given. Give its id, or --server and --product; `leasehold-node license list` lists all.",
            )),
        }
    }
}

impl Move {
    async fn run(self) -> Done {
        let which = self.select.selection()?;
        let node = self.common.place.open().await?;
        let held = node.move_licenses(&which, self.to, self.context).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        warn_of_context(&held);
        print(&held, now, &format!("Moved to {}", self.to), &self.common)
    }
}

impl Remove {
    async fn run(self) -> Done {
        let which = self.select.selection()?;
        let node = self.common.place.open().await?;
        let held = node.remove_licenses(&which).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        print(&held, now, "Removed", &self.common)
    }
}

impl Extend {
    async fn run(self) -> Done {
        let which = self.select.selection()?;
        let date = |given: UntilOrNever| given.0.map(|UntilInstant(at)| at);
        let by = Extension {
            expires: self.expires.map(date),
            maintenance: self.maintenance.map(date),
            shorten: self.shorten,
        };
        let node = self.common.place.open().await?;
        let held = node.extend_licenses(&which, &by).await.map_err(failure)?;
        let now = node.now_ms();
        node.close().await;
        print(&held, now, "Changed", &self.common)
    }
}

fn print(held: &[StoredLicense], now: i64, done: &str, common: &Common) -> Done {
    let items: Vec<Value> = held.iter().map(|held| described(held, now)).collect();
    common.format.print(&json!({ "items": items }), |value| {
        let count = if held.len() == 1 { "1 license".to_owned() } else { format!("{} licenses", held.len()) };
        format!("{done}: {count}. The change reaches the server with its next sync.\n{}", lines(value))
    })
}

fn described(held: &StoredLicense, now: i64) -> Value {
    let license = &held.license;
    let state = match held.removed_at {
        Some(_) => "removed",
        None if held.has_expired(now) => "expired",
        None if license.context != held.server_context => "other context",
        None if runs_down(license.kind, license.hours) => "hours not charged",
        None => "active",
    };
    json!({
        "id": license.id,
        "server": held.guid,
        "product": license.product,
        "kind": license.kind,
        "count": license.count,
        "context": license.context,
        "hours": license.hours,
        "expires": license.expires.map(rfc3339),
        "maintenance_expires": license.maintenance_expires.map(rfc3339),
        "version": license.version,
        "state": state,
        "created_at": rfc3339(held.created_at),
        "removed_at": held.removed_at.map(rfc3339),
    })
}

fn lines(value: &Value) -> String {
    let line = |l: &Value| {
        let keys =
            ["id", "product", "kind", "count", "context", "hours", "expires", "maintenance_expires", "state", "server"];
        keys.iter().map(|key| if l[*key].is_null() { "–".to_owned() } else { text(l, key) }).collect()
    };
    let heads = ["ID", "PRODUCT", "KIND", "COUNT", "CONTEXT", "HOURS", "EXPIRES", "MAINTENANCE", "STATE", "SERVER"];
    table(&heads, &rows(value, line))
}

/// Names on stderr the licenses that a server won't load.
fn warn_of_context(held: &[StoredLicense]) {
    for StoredLicense { guid, server_context, license, .. } in held {
        if license.context != *server_context {
            note(format_args!(
                "The server {guid} is a {server_context} server and won't load {}, which is for a {} server. If that is not intended, change the license with `leasehold-node license move {} --to {guid} --context {server_context}`.",
                license.id, license.context, license.id
            ));
        }
    }
}
