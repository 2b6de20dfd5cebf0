//! `leasehold client …`: a license client for trial and load.

mod run;

use clap::Subcommand;

use crate::exit::Done;

/// `leasehold client …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take licenses and return them, as an application would, and print how many at the end
    Run(run::Run),
}

impl Command {
    pub async fn run(self) -> Done {
        match self {
            Self::Run(command) => command.run().await,
        }
    }
}
