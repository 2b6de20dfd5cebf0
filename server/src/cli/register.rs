use std::path::PathBuf;

use clap::Args;
use licensing::pasted::decode;
use serde_json::{Value, json};

use super::Common;
use super::ask::{Call, Remote};
use super::exchange::changes;
use super::output::{read_file, text};
use crate::exit::Done;

/// `leasehold register`
#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    common: Common,
    /// Registration file from the vendor, with GUID, auth string and the vendor's keys
    #[arg(long, value_name = "FILE", required_unless_present = "guid", conflicts_with_all = ["guid", "auth", "vendor_key"])]
    file: Option<PathBuf>,
    /// This server's GUID from the vendor, with or without braces and hyphens, in any case
    #[arg(long, value_name = "GUID")]
    guid: Option<String>,
    /// The auth string that belongs to the GUID
    #[arg(long, value_name = "TEXT")]
    auth: Option<String>,
    /// Fingerprint of the vendor's key; the key itself is fetched from a node
    #[arg(long, value_name = "FINGERPRINT")]
    vendor_key: Option<String>,
    /// The license_server.conf to write the GUID to [default: the running server's, else the one in the data folder]
    #[arg(long, value_name = "FILE")]
    conf: Option<PathBuf>,
    /// Save the registration without contacting the nodes
    #[arg(long)]
    no_sync: bool,
}

impl Register {
    pub async fn run(mut self, remote: &Remote) -> Done {
        self.common.target.place.conf = self.conf.take();
        let file = self.file.as_deref().map(read_file).transpose()?;
        // The request is text: a file in another encoding is sent as what it says.
        let file = file.map(|bytes| decode(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned()));
        let body = json!({
            "file": file,
            "guid": self.guid,
            "auth": self.auth,
            "vendor_key": self.vendor_key,
            "sync": !self.no_sync,
        });
        self.common.perform(remote, Call::post("/api/v1/registration").json(&body).asks_nodes(), plain).await
    }
}

fn plain(value: &Value) -> String {
    let note = value["note"].as_str().map(|note| format!("{note}\n")).unwrap_or_default();
    let registered = format!(
        "Registered as {}; license_server.conf is now at revision {}.\n{note}",
        text(value, "guid"),
        text(value, "revision")
    );
    match &value["sync"] {
        Value::Null => registered,
        sync => format!("{registered}{}", changes(sync)),
    }
}
