//! The `leasehold` binary.

mod assets;
mod cli;
mod clients;
mod console;
mod control;
mod exchange_json;
mod exit;
mod http;
mod logging;
mod operations;
mod reporting;
mod settings;
mod status;
mod time;
mod ve_json;

use std::process::ExitCode;

use clap::Parser;

/// Gives memory back to the system a second after it was freed, also what checking a password takes (`.cargo/config.toml` says how).
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap's own code for wrong usage is 2, as ours.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::code::REFUSED));
        }
    };
    // At least two workers: rendering may wait for work that another worker does.
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("The runtime could not start: {error}.");
            return ExitCode::from(exit::code::FAILED);
        }
    };
    let code = match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.sentence.is_empty() {
                eprintln!("{failure}");
            }
            ExitCode::from(failure.code)
        }
    };
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    code
}
