use std::path::PathBuf;

use crate::time::UntilInstant;
use crate::ve::NewVe;
use clap::{Args, ValueEnum};
use licensing::ve::request::VeLicenseRequest;
use licensing::ve::{DEFAULT_GRACE_MIN, DEFAULT_INTERVAL_MIN, VeLicenseKind};
use serde_json::{Value, json};

use super::super::folder::{Common, failure};
use super::described;
use super::spec::{Defaults, SpecError, memory, product, version};
use commands::exit::{Done, Failure};
use commands::output::{note, read_file, text};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    /// Valid until a date
    Normal,
    /// Valid for a number of runtime hours
    Countdown,
}

/// `leasehold-node ve issue`
#[derive(Debug, Args)]
pub struct Issue {
    /// The machine's request, from `leasehold license request`; - reads standard input
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// normal or countdown [default: follows from --expires or --hours]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Type>,
    /// Hours of a countdown license
    #[arg(long, value_name = "H", conflicts_with = "expires")]
    hours: Option<u64>,
    /// End of the license: a day like 2027-12-31 (to its end, UTC) or an instant like 2027-12-31T12:00:00Z
    #[arg(long, value_name = "DATE")]
    expires: Option<UntilInstant>,
    /// Grace period of clients that lose the license, minutes
    #[arg(long, value_name = "MIN", default_value_t = DEFAULT_GRACE_MIN)]
    grace: u32,
    /// Time between two checks, minutes
    #[arg(long, value_name = "MIN", default_value_t = DEFAULT_INTERVAL_MIN)]
    interval: u32,
    /// Customer; added if new
    #[arg(long, value_name = "NAME")]
    customer: String,
    /// Platform of the machine, such as amazon.aws [default: the hypervisor in the request]
    #[arg(long, value_name = "WORD")]
    platform: Option<String>,
    /// Product, with its own limits if needed: NAME[,code=C][,version=5.3][,cpus=N][,memory=MB][,instances=N]
    #[arg(long = "product", value_name = "SPEC", required = true)]
    products: Vec<String>,
    /// Product code for products without their own
    #[arg(long = "code", value_name = "CODE")]
    codes: Vec<String>,
    /// Newest version for products without their own
    #[arg(long, value_name = "M.m", default_value = "5.3", value_parser = version)]
    version: (u32, u32),
    /// Processors per instance for products without their own limit
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    cpus: u32,
    /// Memory per instance, MB, for products without their own limit
    #[arg(long, value_name = "MB", default_value = "4096", value_parser = memory)]
    memory: u64,
    /// Instances at once for products without their own limit
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    instances: u32,
    /// Write the license to this new file, mode 0600 [default: print it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Issue {
    pub async fn run(self) -> Done {
        let kind = self.kind()?;
        let request = VeLicenseRequest::parse(&read_file(&self.request)?).map_err(Failure::refused)?;
        let defaults = Defaults {
            codes: self.codes,
            version: self.version,
            cpus: self.cpus,
            memory_mb: self.memory,
            instances: self.instances,
        };
        let products: Result<Vec<_>, SpecError> = self.products.iter().map(|spec| product(spec, &defaults)).collect();
        let new = NewVe {
            request,
            kind,
            customer: self.customer,
            platform: self.platform,
            grace_min: self.grace,
            interval_min: self.interval,
            products: products.map_err(|SpecError(sentence)| Failure::refused(sentence))?,
        };
        if let Some(out) = self.out.as_deref().filter(|out| std::fs::symlink_metadata(out).is_ok()) {
            return Err(Failure::refused(format!("{} already exists. Choose another file with --out.", out.display())));
        }
        let node = self.common.place.open().await?;
        let issued = node.issue_ve(&new).await.map_err(failure)?;
        let key = node.key().fingerprint();
        node.close().await;
        for (name, why) in &new.request.unread {
            note(format_args!(
                "The request has no {} ({why}), so the license isn't bound to it. A request created as root may include it.",
                name.label().to_lowercase()
            ));
        }
        let license = issued.text.to_text();
        let mut value = described(&issued);
        value["vendor_key"] = json!(key);
        for (shown, product) in
            value["products"].as_array_mut().into_iter().flatten().zip(&issued.text.license.products)
        {
            shown["passphrase"] = json!(product.passphrase.map(|passphrase| passphrase.to_string()));
        }
        match &self.out {
            Some(out) => {
                write(out, &license).map_err(|error| {
                    Failure::failed(format!(
                        "Issued the license {}, but can't write {}: {error}. Run `leasehold-node ve issue` again to issue another.",
                        issued.text.license.license_id,
                        out.display()
                    ))
                })?;
                value["file"] = json!(std::path::absolute(out).unwrap_or_else(|_| out.clone()));
                self.common.format.print(&value, summary)
            }
            None => {
                value["text"] = json!(license);
                self.common.format.print(&value, |_| license.clone())
            }
        }
    }

    fn kind(&self) -> Result<VeLicenseKind, Failure> {
        let kind = self.kind.unwrap_or(if self.hours.is_some() { Type::Countdown } else { Type::Normal });
        match (kind, self.hours, self.expires) {
            (Type::Countdown, Some(hours), None) => Ok(VeLicenseKind::Countdown { hours }),
            // Whole seconds: the text has no finer ones.
            (Type::Normal, None, Some(until)) => Ok(VeLicenseKind::Normal { until: until.0.div_euclid(1000) * 1000 }),
            (Type::Countdown, ..) => {
                Err(Failure::refused("A countdown license ends after its hours. Give --hours and leave out --expires."))
            }
            (Type::Normal, ..) => {
                Err(Failure::refused("A normal license has an end and no hours. Give --expires and leave out --hours."))
            }
        }
    }
}

fn write(out: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(out)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn summary(value: &Value) -> String {
    format!(
        "Saved license {} for {} to {}. Carry it to the server and install it with `leasehold license install FILE`; a server that doesn't know this vendor yet needs --vendor-key {}.\n",
        text(value, "license_id"),
        text(value, "customer"),
        text(value, "file"),
        text(value, "vendor_key")
    )
}
