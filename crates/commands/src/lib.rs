//! What the commands of all binaries share: how they start and end, what they print, exit codes.

pub mod exit;
pub mod output;
pub mod sibling;
pub mod time;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use exit::Done;

/// Runs the command of this process to its exit code. Data goes to stdout, errors to stderr as one sentence.
pub fn run<C: Parser>(command: impl AsyncFnOnce(C) -> Done) -> ExitCode {
    run_words(std::env::args_os().collect(), command)
}

/// Runs the command that these words are, the first the program's name.
pub fn run_words<C: Parser>(words: Vec<OsString>, command: impl AsyncFnOnce(C) -> Done) -> ExitCode {
    let arguments = match C::try_parse_from(words) {
        Ok(arguments) => arguments,
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
            output::note(format_args!("Can't start the runtime: {error}."));
            return ExitCode::from(exit::code::FAILED);
        }
    };
    let code = match runtime.block_on(command(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.sentence.is_empty() {
                output::note(&failure);
            }
            ExitCode::from(failure.code)
        }
    };
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}
