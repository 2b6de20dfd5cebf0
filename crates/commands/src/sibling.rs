//! Programs that are carried out by another one installed beside them.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::exit::code;
use crate::output::note;

/// Turns this process into the program of that name: the one beside this one, else the one in the search path.
pub fn become_program(name: &str, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let here = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join(name)));
    let program = here.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name));
    // It only returns when that failed.
    let error = Command::new(&program).args(arguments).exec();
    note(format_args!("Can't run {}: {error}. Install it beside this program.", program.display()));
    ExitCode::from(code::FAILED)
}
