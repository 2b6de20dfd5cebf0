use clap::Args;

use super::Common;
use super::ask::{Call, Remote};
use super::output::text;
use crate::exit::Done;

/// `leasehold setup-link`
#[derive(Debug, Args)]
pub struct SetupLink {
    #[command(flatten)]
    common: Common,
}

impl SetupLink {
    pub async fn run(self, remote: &Remote) -> Done {
        let plain = |value: &_| format!("{}\n", text(value, "url"));
        self.common.perform(remote, Call::post("/api/v1/setup-link"), plain).await
    }
}
