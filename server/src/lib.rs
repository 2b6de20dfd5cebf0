//! The license server as people run it: the commands of `leasehold`, and the ways in over HTTP, gRPC and the control socket.

mod api;
mod assets;
mod cli;
mod clients;
mod console;
mod control;
mod http;
mod logging;
mod places;
mod reporting;
mod search;
mod settings;

pub(crate) use ::commands::{exit, time};

// What the documents are made from.
pub use settings::{DESCRIBED, SettingDescription, variable};

/// The REST API in OpenAPI's words.
pub fn api_description() -> String {
    let text = api::operations().document.to_pretty_json();
    format!("{}\n", text.expect("the document always serializes"))
}

/// The commands, for their document.
pub fn commands() -> clap::Command {
    <cli::Cli as clap::CommandFactory>::command()
}

/// Runs `leasehold` to its exit code.
pub fn run() -> std::process::ExitCode {
    ::commands::run_words(cli::words(std::env::args_os().collect()), cli::Cli::run)
}
