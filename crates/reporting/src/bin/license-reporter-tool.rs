//! `license-reporter-tool`: asks a reporting API from a command line.

use std::process::ExitCode;

use commands::output::note;

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            note(format_args!("Can't start the runtime: {error}."));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(reporting::tool::run(std::env::args_os().skip(1), &mut std::io::stdout().lock()));
    // A look-up that hangs is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(&failure);
            ExitCode::from(failure.code)
        }
    }
}
