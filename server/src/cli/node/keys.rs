use clap::Subcommand;
use serde_json::{Value, json};

use super::place::Common;
use crate::cli::output::text;
use crate::exit::Done;

/// `leasehold node keys …`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Print the fingerprint that servers compare, and the public keys
    Show(Common),
}

impl Keys {
    pub async fn run(self) -> Done {
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
