//! `ftlm_deobfuscate`: the options that scripts for it use, carried out by `leasehold locked`.

use std::ffi::OsString;
use std::process::ExitCode;

use commands::exit::code;
use commands::output::{note, print};
use commands::sibling::become_program;

const HELP: &str = "\
ftlm_deobfuscate: unlock usage records

DESCRIPTION:
    Unlocks the records of check-outs that were locked while the monitor
    license was expired, unavailable, or for too few users, and loads them
    into the database.

    Without files it works on all files with locked records. Without -do
    it only counts what can be unlocked.

USAGE:
    % ftlm_deobfuscate [OPTIONS] [FILE...]

OPTIONS:
    -h                  -- Show this help.
    -v                  -- Name each line that does not open.
    -do                 -- Unlock the records and load them.
    -k PATH             -- Use this monitor license file too. The server
                           itself looks for one in this order:
                           licmon.swd/license.lm.key in its data folder
                           licmon.swd/license.key in its data folder
                           $VOVDIR/local/license.lm.key
    -show               -- List the files with locked records.
    --data DIR, --config FILE, --server URL, --token-file FILE,
    --server-ca FILE, --json
                        -- As with `leasehold locked`.

EXIT CODES:
    0 done, 1 some records are still locked or it failed, 2 wrong usage,
    3 the server does not answer

EXAMPLES:
    % ftlm_deobfuscate -show
    % ftlm_deobfuscate -do
    % ftlm_deobfuscate -do 2026.05.14
    % ftlm_deobfuscate -do '2026.05.*'
";

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    help: bool,
    unlock: bool,
    show: bool,
    /// Passed on to `leasehold locked`.
    options: Vec<OsString>,
    /// Those that only unlocking takes.
    unlock_options: Vec<OsString>,
    files: Vec<OsString>,
}

impl Asked {
    fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut asked = Self::default();
        while let Some(argument) = arguments.next() {
            let Some(word) = argument.to_str() else {
                asked.files.push(argument);
                continue;
            };
            let mut value = || arguments.next().ok_or_else(|| format!("{word} needs a value."));
            match word {
                "-h" | "--help" => asked.help = true,
                "-v" => asked.unlock_options.push("--verbose".into()),
                "-do" => asked.unlock = true,
                "-show" => asked.show = true,
                "-k" => asked.unlock_options.extend(["--key-file".into(), value()?]),
                "--data" | "--config" | "--server" | "--token-file" | "--server-ca" => {
                    let value = value()?;
                    asked.options.extend([argument, value]);
                }
                "--json" => asked.options.push(argument),
                _ if word.starts_with('-') => {
                    return Err(format!("“{word}” is not an option. `ftlm_deobfuscate -h` lists them."));
                }
                _ => asked.files.push(argument),
            }
        }
        if asked.show && asked.unlock {
            return Err("-show and -do exclude each other. Leave one out.".to_owned());
        }
        Ok(asked)
    }

    /// The arguments of `leasehold`.
    fn command(self) -> Vec<OsString> {
        let mut command: Vec<OsString> = vec!["locked".into()];
        if self.show {
            command.push("list".into());
            command.extend(self.options);
            return command;
        }
        command.push("unlock".into());
        command.extend(self.options);
        command.extend(self.unlock_options);
        if !self.unlock {
            command.push("--dry-run".into());
        }
        command.push("--".into());
        command.extend(self.files);
        command
    }
}

fn main() -> ExitCode {
    match Asked::read(std::env::args_os().skip(1)) {
        Ok(asked) if asked.help => print(HELP.as_bytes()).map_or(ExitCode::from(code::FAILED), |()| ExitCode::SUCCESS),
        Ok(asked) => become_program("leasehold", asked.command()),
        Err(sentence) => {
            note(sentence);
            ExitCode::from(code::REFUSED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Result<String, String> {
        let asked = Asked::read(line.split_whitespace().map(OsString::from))?;
        let words: Vec<String> = asked.command().iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn its_options_are_those_of_leasehold_locked() {
        for (line, expected) in [
            ("", "locked unlock --dry-run --"),
            ("-show", "locked list"),
            ("-do", "locked unlock --"),
            ("-do 2026.04.01", "locked unlock -- 2026.04.01"),
            ("-v -do -k /keys/a 2026.04.*", "locked unlock --verbose --key-file /keys/a -- 2026.04.*"),
            ("-do --data /d", "locked unlock --data /d --"),
        ] {
            assert_eq!(command(line).as_deref(), Ok(expected), "{line}");
        }
        assert!(command("-k").unwrap_err().contains("needs a value"));
        assert!(command("-deobfuscate").unwrap_err().contains("not an option"));
        assert!(command("-show -do").is_err());
    }
}
