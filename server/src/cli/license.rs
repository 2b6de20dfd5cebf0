//! The license of this machine: requested, installed, shown.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::ask::{Call, Remote};
use super::output::{note, read_file, table, text};
use super::{Common, write_file};
use crate::exit::{Done, Failure};

/// `leasehold license …`
#[derive(Debug, Subcommand)]
pub enum LicenseCommand {
    /// Create a license request for this machine, to carry to the vendor
    Request(RequestLicense),
    /// Install the vendor's license for this machine: a file, or - for standard input
    Install(Install),
    /// Show this machine's license, whether it is valid, and what would void it
    Show(Common),
}

/// `leasehold license request`
#[derive(Debug, Args)]
pub struct RequestLicense {
    /// Write the request to this file [default: print it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// `leasehold license install`
#[derive(Debug, Args)]
pub struct Install {
    /// The license text; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Fingerprint of a vendor's key to trust from now on (SHA256:…), as received from the vendor
    #[arg(long, value_name = "FINGERPRINT")]
    vendor_key: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl LicenseCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Request(command) => command.run(remote).await,
            Self::Install(command) => command.run(remote).await,
            Self::Show(common) => common.perform(remote, Call::get("/api/v1/ve/license"), shown).await,
        }
    }
}

impl RequestLicense {
    async fn run(self, remote: &Remote) -> Done {
        let mut value = self.common.target.ask(remote, Call::get("/api/v1/ve/request").on_new_data()).await?;
        for unread in value["unread"].as_array().into_iter().flatten() {
            note(format_args!(
                "Can't read {} ({}), so the license won't be bound to it.",
                text(unread, "label"),
                text(unread, "why")
            ));
        }
        if value["unique"] == json!(false) {
            return Err(Failure::failed(
                "This machine has nothing that identifies it, so no license can be made for it. Create /etc/machine-id with `systemd-machine-id-setup`, then try again.",
            ));
        }
        let request = text(&value, "request");
        let Some(out) = &self.out else {
            return self.common.format.print(&value, |_| request.clone());
        };
        write_file(out, request.as_bytes())
            .map_err(|error| Failure::failed(format!("Can't write {}: {error}.", out.display())))?;
        value["file"] = json!(std::path::absolute(out).unwrap_or_else(|_| out.clone()));
        self.common.format.print(&value, |value| {
            format!(
                "Saved the request of {} to {}. Carry it to your vendor, then install the license you get with `leasehold license install FILE`.\n",
                text(value, "server"),
                out.display()
            )
        })
    }
}

impl Install {
    async fn run(self, remote: &Remote) -> Done {
        let mut call = Call::post("/api/v1/ve/license").bytes("text/plain", read_file(&self.file)?);
        if let Some(key) = self.vendor_key {
            call = call.query("vendor_key", key);
        }
        self.common.perform(remote, call, installed).await
    }
}

fn installed(value: &Value) -> String {
    let what = if value["unchanged"] == json!(true) { "was already installed" } else { "is installed" };
    format!(
        "License {} for {} {what}. {}\n",
        text(&value["license"], "license_id"),
        text(&value["license"], "customer"),
        text(&value["standing"], "sentence")
    )
}

fn shown(value: &Value) -> String {
    let mut out = format!("{}\n", text(&value["standing"], "sentence"));
    let license = &value["license"];
    if !license.is_null() {
        let end = match license["hours"].as_u64() {
            Some(hours) => format!("{hours} runtime hours"),
            None => format!("until {}", text(license, "expires")),
        };
        let left =
            license["left_ms"].as_i64().map(|ms| format!(", {} h {:02} min left", ms / 3_600_000, ms / 60_000 % 60));
        out.push_str(&format!(
            "\nLicense {} for {}, serial {}\nValid: {end}{}\nGrace period: {} minutes, checked every {} minutes\n\n",
            text(license, "license_id"),
            text(license, "customer"),
            text(license, "serial"),
            left.unwrap_or_default(),
            text(license, "grace_minutes"),
            text(license, "interval_minutes"),
        ));
        let row = |p: &Value| {
            let memory = format!("{} MB", text(p, "memory_mb"));
            vec![
                text(p, "name"),
                text(p, "version"),
                text(p, "cpus"),
                memory,
                text(p, "instances"),
                text(p, "passphrase"),
            ]
        };
        let rows: Vec<_> = license["products"].as_array().into_iter().flatten().map(row).collect();
        out.push_str(&table(&["PRODUCT", "UP TO", "CPUS", "MEMORY", "INSTANCES", "PASSPHRASE"], &rows));
    }
    out.push_str("\nThis machine:\n");
    let row = |c: &Value| {
        let voids = if c["voids"] == json!(true) { "voids the license" } else { "is only recorded" };
        let licensed = if c["licensed"].is_null() { "-".to_owned() } else { text(c, "licensed") };
        vec![text(c, "label"), text(c, "value"), licensed, voids.to_owned()]
    };
    let rows: Vec<_> = value["machine"]["components"].as_array().into_iter().flatten().map(row).collect();
    out.push_str(&table(&["COMPONENT", "NOW", "LICENSED", "A CHANGE"], &rows));
    for (head, key) in [("\nChanges that void a license:", "voids"), ("\nChanges it tolerates:", "allowed")] {
        out.push_str(&format!("{head}\n"));
        for line in value[key].as_array().into_iter().flatten().filter_map(Value::as_str) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}
