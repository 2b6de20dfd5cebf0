use clap::Args;

use super::Common;
use super::output::text;
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold setup-link`
#[derive(Debug, Args)]
pub struct SetupLink {
    #[command(flatten)]
    common: Common,
}

impl SetupLink {
    pub async fn run(self) -> Done {
        self.common.perform(Operation::SetupLink, |value| format!("{}\n", text(value, "url"))).await
    }
}
