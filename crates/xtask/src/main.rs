//! What only developers run: `xtask bench` for `make bench`, and the test that makes documents from the code for `make docs`.

mod bench;
#[cfg(test)]
mod documents;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
enum Task {
    /// Measure Leasehold on this machine
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let Task::Bench(arguments) = Task::parse();
    match bench::start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
