//! The license server as people run it: the commands of `leasehold`, and the ways in over HTTP, gRPC and the control socket.

mod assets;
mod cli;
mod clients;
mod console;
mod control;
mod exchange_json;
mod http;
mod logging;
mod operations;
mod reporting;
mod settings;
mod status;
mod ve_json;

pub(crate) use ::commands::{exit, time};

// What the documents are made from.
pub use http::api_description;
pub use settings::{DESCRIBED, Described, variable};

/// The commands, for their document.
pub fn commands() -> clap::Command {
    <cli::Cli as clap::CommandFactory>::command()
}

/// Runs `leasehold` to its exit code.
pub fn run() -> std::process::ExitCode {
    ::commands::run(cli::Cli::run)
}
