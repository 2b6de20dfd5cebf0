//! Locked records of use: which files have them, and unlocking.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Common;
use super::ask::{Call, Remote};
use super::output::{note, read_file, rows, table, text};
use crate::exit::{Done, Failure, code};

/// Time between two looks at how far unlocking is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Looks between two lines about it where stderr is no terminal.
const LOOKS_PER_LINE: u32 = 10;
/// Width of the bar, characters.
const BAR: usize = 30;

/// `leasehold locked …`
#[derive(Debug, Subcommand)]
pub enum LockedCommand {
    /// List the check-out files with locked records, and what is needed to unlock them
    List(Common),
    /// Unlock records that a monitor license covers
    Unlock(Unlock),
}

/// `leasehold locked unlock`
#[derive(Debug, Args)]
pub struct Unlock {
    /// Files by name, date or pattern, such as 2026.05.14 or '2026.05.*' [default: all]
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Only count what can be unlocked
    #[arg(long)]
    dry_run: bool,
    /// A monitor license file to use besides the licenses the server has
    #[arg(short = 'k', long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Name each line that does not open
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    common: Common,
}

impl LockedCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::List(common) => common.list(remote, Call::get("/api/v1/locked").of_a_server(), files).await,
            Self::Unlock(command) => command.run(remote).await,
        }
    }
}

impl Unlock {
    async fn run(self, remote: &Remote) -> Done {
        let key_file = match &self.key_file {
            None => None,
            Some(path) => Some(String::from_utf8(read_file(path)?).map_err(|_| {
                Failure::refused(format!("{} is not a monitor license: it is not text.", path.display()))
            })?),
        };
        let names: Vec<String> = self.files.iter().map(|file| name(file)).collect();
        let asked = json!({ "files": names, "dry_run": self.dry_run, "key_file": key_file });
        let call = Call::post("/api/v1/locked/unlock").json(&asked).of_a_server();
        let target = &self.common.target;
        let mut state = target.ask(remote, call).await?;
        let mut bar = ProgressLine::new();
        while state["running"] == true {
            bar.show(&state);
            tokio::time::sleep(LOOK_EVERY).await;
            let call = Call::get("/api/v1/locked/progress").of_a_server();
            state = target.ask(remote, call).await?["last"].take();
            if state.is_null() {
                bar.end();
                return Err(Failure::failed(
                    "The server was restarted. What was unlocked until then is counted; start again for the rest.",
                ));
            }
        }
        bar.end();
        let skipped: Vec<&str> = state["skipped"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !skipped.is_empty() {
            note(format_args!("Skipped, without locked records: {}", skipped.join(", ")));
        }
        self.common.format.print(&state, |state| outcome(state, self.verbose))?;
        let left = ["not_covered", "without_key", "damaged", "missing"].iter().any(|key| state[*key] != 0);
        match state["problem"].as_str() {
            Some(problem) => Err(Failure::failed(problem)),
            None if left => Err(Failure { code: code::FAILED, sentence: String::new() }),
            None => Ok(()),
        }
    }
}

/// The name of a file: that of a date or of a path.
fn name(file: &str) -> String {
    let last = file.rsplit('/').next().unwrap_or(file);
    match last.parse::<jiff::civil::Date>() {
        Ok(date) => date.strftime("%Y.%m.%d").to_string(),
        Err(_) => last.to_owned(),
    }
}

fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_default()
}

fn number(count: u64, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}

fn files(value: &Value) -> String {
    let rows = rows(value, |file| {
        let violations = file["violations"].as_array().into_iter().flatten();
        let violations: Vec<&str> = violations.filter_map(Value::as_str).collect();
        vec![
            text(file, "file"),
            text(file, "from"),
            text(file, "to"),
            text(file, "locked"),
            text(file, "unlocked"),
            violations.join(", "),
            text(file, "coverage"),
        ]
    });
    if rows.is_empty() {
        return "No records are locked.\n".to_owned();
    }
    let mut out = table(&["FILE", "FIRST RECORD", "LAST RECORD", "LOCKED", "UNLOCKED", "CAUSE", "COVERAGE"], &rows);
    let items = value["items"].as_array();
    let mut needs: Vec<&str> = items.into_iter().flatten().filter_map(|file| file["needs"].as_str()).collect();
    needs.dedup();
    if !needs.is_empty() {
        out.push_str("\nTo unlock the rest:\n");
        for needed in needs {
            out.push_str(&format!("  {needed}\n"));
        }
    }
    out
}

/// What was unlocked, and what wasn't and why.
fn outcome(state: &Value, verbose: bool) -> String {
    let (unlocked, records) = (count(state, "unlocked"), count(state, "records"));
    let of = number(count(state, "files"), "file");
    let mut out = match (records, state["dry_run"] == true) {
        (0, _) => "No records are locked.\n".to_owned(),
        (_, true) => format!("{} of {of} can be unlocked. Nothing was changed.\n", number(unlocked, "record")),
        (_, false) => format!("Unlocked {} of {of}.\n", number(unlocked, "record")),
    };
    for (key, one, rest) in [
        ("not_covered", "record", "not covered by a monitor license"),
        ("without_key", "record", "covered, but without a day key yet"),
        ("damaged", "line", "damaged: changed, cut off, or from another file or server"),
        ("missing", "line", "missing from the files"),
    ] {
        if count(state, key) > 0 {
            out.push_str(&format!("{}: {rest}.\n", number(count(state, key), one)));
        }
    }
    let shown = if verbose { usize::MAX } else { 5 };
    let damage: Vec<&Value> = state["damage"].as_array().into_iter().flatten().collect();
    for line in damage.iter().take(shown) {
        out.push_str(&format!("  {}, line {}: {}\n", text(line, "file"), text(line, "line"), text(line, "problem")));
    }
    if damage.len() > shown {
        out.push_str("  Add --verbose to see more of them.\n");
    }
    if let Some(needs) = state["needs"].as_str() {
        out.push_str(&format!("To unlock the rest: {needs}\n"));
    }
    out
}

/// How far it is: a bar on a terminal, else a line now and then.
struct ProgressLine {
    is_terminal: bool,
    looks: u32,
    is_shown: bool,
}

impl ProgressLine {
    fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), looks: 0, is_shown: false }
    }

    fn show(&mut self, state: &Value) {
        let (read, records) = (count(state, "read"), count(state, "records").max(1));
        if self.is_terminal {
            let done = usize::try_from(read * BAR as u64 / records).unwrap_or(BAR).min(BAR);
            let bar = format!("{}{}", "#".repeat(done), "-".repeat(BAR - done));
            let _ = write!(std::io::stderr(), "\r[{bar}] {:>3} % of {records} records", read * 100 / records);
            self.is_shown = true;
        } else if self.looks.is_multiple_of(LOOKS_PER_LINE) {
            note(format_args!("{read} of {records} records read, {} unlocked", count(state, "unlocked")));
        }
        self.looks += 1;
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("2026.05.14", "2026.05.14")]
    #[case("2026-05-14", "2026.05.14")]
    #[case("/var/lib/leasehold/checkouts/2026.05.14", "2026.05.14")]
    #[case("2026.05.*", "2026.05.*")]
    fn a_file_is_named_by_its_name_date_or_path(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(name(given), expected);
    }

    #[test]
    fn what_is_left_stands_under_what_was_unlocked_with_what_it_needs() {
        let damage = json!([{ "file": "2026.05.14", "line": 17, "problem": "it was changed" }]);
        let state = json!({
            "dry_run": false, "files": 1, "records": 60, "unlocked": 53, "not_covered": 3, "without_key": 0,
            "damaged": 1, "missing": 0, "damage": damage, "needs": "A monitor license for 56 users.",
        });
        assert_eq!(
            outcome(&state, false),
            "Unlocked 53 records of 1 file.\n3 records: not covered by a monitor license.\n1 line: damaged: changed, cut off, or from another file or server.\n  2026.05.14, line 17: it was changed\nTo unlock the rest: A monitor license for 56 users.\n"
        );
    }
}
