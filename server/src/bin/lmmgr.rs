//! `lmmgr deobfuscate`: unlocks all records that a monitor license covers, by `leasehold locked unlock`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use commands::sibling::become_program;

/// Unlock usage records that were locked
#[derive(Debug, Parser)]
#[command(name = "lmmgr", version, max_term_width = 110)]
struct Manager {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Unlock all records that a monitor license covers; takes the options of `leasehold locked unlock`
    Deobfuscate {
        /// Options of `leasehold locked unlock`, such as --data DIR
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
        options: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match Manager::try_parse() {
        Ok(Manager { command: Task::Deobfuscate { options } }) => {
            let words = ["locked", "unlock"].into_iter().map(OsString::from);
            become_program("leasehold", words.chain(options))
        }
        Err(error) => {
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}
