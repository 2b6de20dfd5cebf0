use clap::Args;

use super::Common;
use super::output::text;
use crate::exit::{Done, Failure};
use crate::operations::Operation;

/// `leasehold register`
#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    common: Common,
    /// This server's GUID, as the vendor gave it: with or without braces and hyphens, in any case
    #[arg(long, value_name = "GUID")]
    guid: String,
    /// The auth string the vendor gave with it
    #[arg(long, value_name = "TEXT")]
    auth: Option<String>,
    /// Fingerprint of the vendor's key
    #[arg(long, value_name = "FINGERPRINT")]
    vendor_key: Option<String>,
    /// Write the registration only; do not contact a licensing node
    #[arg(long)]
    no_sync: bool,
}

impl Register {
    pub async fn run(self) -> Done {
        if !self.no_sync {
            return Err(Failure::refused(
                "This version does not exchange with the licensing nodes yet. Repeat with --no-sync to write the registration; nothing was changed.",
            ));
        }
        let operation = Operation::Register { guid: self.guid, auth: self.auth, vendor_key: self.vendor_key };
        let plain = |v: &_| {
            format!("Registered as {}; license_server.conf is at revision {}.\n", text(v, "guid"), text(v, "revision"))
        };
        self.common.perform(operation, plain).await
    }
}
