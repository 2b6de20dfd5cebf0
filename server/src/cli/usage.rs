//! Check-outs and denials as files, to and from other servers and other software.

mod export;
mod import;

use clap::Subcommand;

use super::ask::Remote;
use crate::exit::Done;

/// `leasehold usage …`
#[derive(Debug, Subcommand)]
pub enum UsageCommand {
    /// Write check-outs and denials to files, one a UTC day
    Export(export::Export),
    /// Import such files; what is stored already is left out, so an import can be repeated
    Import(import::Import),
}

impl UsageCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Export(command) => command.run(remote).await,
            Self::Import(command) => command.run(remote).await,
        }
    }
}
