//! `leasehold node …`: the vendor's licensing node. The commands open its folder themselves, also while it serves.

mod customer;
mod deployment;
mod keys;
mod license;
mod place;
mod report;
mod serve;
mod server;
mod ve;

use clap::Subcommand;

use crate::exit::Done;

/// `leasehold node …`
#[derive(Debug, Subcommand)]
pub enum Node {
    /// Answer reports of license servers
    Serve(serve::Serve),
    /// Whom servers belong to
    #[command(subcommand)]
    Customer(customer::Customer),
    /// License servers, each with its GUID and registration file
    #[command(subcommand)]
    Server(server::Server),
    /// Deployments (tenants) of a server
    #[command(subcommand)]
    Deployment(deployment::Deployment),
    /// What servers may use; a server hears of it at its next exchange
    #[command(subcommand)]
    License(license::License),
    /// Licenses of virtual environments, bound to a machine and carried by hand
    #[command(subcommand)]
    Ve(ve::Ve),
    /// Reports as they came
    #[command(subcommand)]
    Report(report::Report),
    /// The keys servers trust
    #[command(subcommand)]
    Keys(keys::Keys),
}

impl Node {
    pub async fn run(self) -> Done {
        match self {
            Self::Serve(command) => command.run().await,
            Self::Customer(command) => command.run().await,
            Self::Server(command) => command.run().await,
            Self::Deployment(command) => command.run().await,
            Self::License(command) => command.run().await,
            Self::Ve(command) => command.run().await,
            Self::Report(command) => command.run().await,
            Self::Keys(command) => command.run().await,
        }
    }
}
