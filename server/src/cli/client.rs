//! `leasehold client …`: license clients for trial and load.

mod run;
mod stop;
#[cfg(test)]
mod tests;
mod ve;

use clap::Subcommand;

use crate::exit::Done;

/// `leasehold client …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check out and return licenses as an application does, and print the totals at the end
    Run(run::RunClients),
    /// Log in as a virtual environment, hold its license until stopped, and print its log
    #[command(disable_version_flag = true)] // its --version is that of the product
    Ve(ve::RunVe),
}

impl Command {
    pub async fn run(self) -> Done {
        match self {
            Self::Run(command) => command.run().await,
            Self::Ve(command) => command.run().await,
        }
    }
}
