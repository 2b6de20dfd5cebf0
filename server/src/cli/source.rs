//! Other license daemons that are observed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Subcommand};
use serde_json::{Value, json};

use super::Common;
use super::ask::{Call, Remote, segment};
use super::output::{read_file, rows, table, text};
use crate::exit::{Done, Failure};

/// `leasehold source …`
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add a license daemon to observe: the output of a program, a file, or texts that are pushed
    Add(Add),
    /// List the sources and their state
    List(Common),
    /// Show what a source tells: features, who holds licenses, what could not be read
    Show(Named),
    /// Look at a source now
    Try(Named),
    /// Read a text once as if it had come from the source; - reads standard input
    Push(Push),
    /// Remove a source; what was in use stays in the usage records
    Remove(Named),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Its name: letters, digits, _ and -
    tag: String,
    /// lmstat, flexnet-log, flexnet-license, rlmstat or rlm-log
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// Read what this program prints: absolute path and arguments, no shell; what follows a lone -- is always an argument
    #[arg(long, value_name = "PROGRAM ARG", num_args = 1.., allow_hyphen_values = true, conflicts_with = "file")]
    command: Vec<String>,
    /// Read this file; a log is followed
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How often, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    every: u32,
    /// Time zone of the machine that prints it, such as Europe/Berlin [default: this machine's]
    #[arg(long, value_name = "ZONE", default_value = "")]
    zone: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Named {
    /// Name of the source
    tag: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Push {
    /// Name of the source
    tag: String,
    /// The text; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Puts the program of `source add` behind its other options. They may follow the program's arguments, which have
/// options of their own: one that has a name of ours is ours, unless it comes after a lone `--`.
pub fn command_last(mut words: Vec<OsString>) -> Vec<OsString> {
    let Some(add) = words.windows(2).position(|two| two[0] == "source" && two[1] == "add") else { return words };
    let Some(at) = words[add..].iter().position(|word| word == "--command").map(|at| add + at) else { return words };
    // Without --help and --version, which are made when the command is built: those are the program's.
    let mut command = super::Cli::command();
    let own = command.find_subcommand_mut("source").and_then(|source| source.find_subcommand_mut("add"));
    let own: Vec<(String, bool)> = own.map_or_else(Vec::new, |add| {
        let named = add
            .get_arguments()
            .filter_map(|option| Some((format!("--{}", option.get_long()?), option.get_action().takes_values())));
        named.collect()
    });
    let takes_value = |word: &OsString| {
        let word = word.to_str()?;
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let (_, takes) = own.iter().find(|(own, _)| own == name)?;
        Some(*takes && value.is_none())
    };
    let mut rest = words.split_off(at).into_iter();
    let mut program: Vec<OsString> = rest.next().into_iter().collect();
    let mut ended = false;
    while let Some(word) = rest.next() {
        if word == "--" {
            program.extend(rest.by_ref());
        } else if let Some(takes_value) = takes_value(&word) {
            ended = true;
            words.push(word);
            words.extend(rest.by_ref().take(usize::from(takes_value)));
        } else if ended {
            words.push(word);
        } else {
            program.push(word);
        }
    }
    words.append(&mut program);
    words
}

fn path(tag: &str, rest: &str) -> String {
    format!("/api/v1/sources/{}{rest}", segment(tag))
}

impl SourceCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Add(command) => command.run(remote).await,
            Self::List(common) => common.list(remote, Call::get("/api/v1/sources"), list).await,
            Self::Show(Named { tag, common }) => common.perform(remote, Call::get(path(&tag, "")), show).await,
            Self::Try(Named { tag, common }) => {
                let call = Call::post(path(&tag, "/try")).asks_nodes();
                common.perform(remote, call, told).await
            }
            Self::Push(Push { tag, file, common }) => {
                let call = Call::post(path(&tag, "/text")).bytes("text/plain", read_file(&file)?).asks_nodes();
                common.perform(remote, call, told).await
            }
            Self::Remove(Named { tag, common }) => {
                let plain = |value: &Value| format!("Removed {}.\n", text(value, "tag"));
                common.perform(remote, Call::delete(path(&tag, "")), plain).await
            }
        }
    }
}

impl Add {
    async fn run(self, remote: &Remote) -> Done {
        let Self { tag, kind, command, file, every, zone, common } = self;
        let file = file.map(|file| std::path::absolute(&file)).transpose();
        let file = file.map_err(|error| Failure::refused(format!("Can't tell the file's absolute path: {error}.")))?;
        let body =
            json!({ "tag": tag, "kind": kind, "command": command, "file": file, "every_seconds": every, "zone": zone });
        let plain = |value: &Value| format!("Added {} ({}).\n", text(value, "tag"), text(value, "kind"));
        common.perform(remote, Call::post("/api/v1/sources").json(&body), plain).await
    }
}

fn list(value: &Value) -> String {
    let line = |source: &Value| {
        ["tag", "kind", "state", "last_good", "feature_count", "unread_count", "problem"]
            .map(|key| text(source, key))
            .to_vec()
    };
    table(&["TAG", "KIND", "STATE", "LAST GOOD", "FEATURES", "UNREAD", "PROBLEM"], &rows(value, line))
}

fn show(value: &Value) -> String {
    let mut out = format!("{} ({}): {}", text(value, "tag"), text(value, "kind"), text(value, "state"));
    match value["problem"].as_str() {
        Some(problem) => out.push_str(&format!(". {problem}\n")),
        None => out.push('\n'),
    }
    let features = value["features"].as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |feature: &Value| {
        let keys = ["name", "vendor", "version", "issued", "in_use", "reserved", "queued", "expires"];
        keys.map(|key| text(feature, key)).to_vec()
    };
    let heads = ["FEATURE", "VENDOR", "VERSION", "ISSUED", "IN USE", "RESERVED", "QUEUED", "EXPIRES"];
    out.push_str(&table(&heads, &features.iter().map(line).collect::<Vec<_>>()));
    let mut holders = Vec::new();
    for feature in features {
        for held in feature["checkouts"].as_array().into_iter().flatten() {
            let of = ["user", "host", "display", "count", "since"].map(|key| text(held, key));
            holders.push([&[text(feature, "name")], &of[..]].concat());
        }
    }
    if !holders.is_empty() {
        out.push('\n');
        out.push_str(&table(&["FEATURE", "USER", "HOST", "DISPLAY", "COUNT", "SINCE"], &holders));
    }
    out.push_str(&unread(value));
    out
}

fn unread(value: &Value) -> String {
    let line = |of: &Value| format!("{}: {} ({})\n", text(of, "line"), text(of, "text"), text(of, "reason"));
    let lines: String = value["unread"].as_array().into_iter().flatten().map(line).collect();
    if lines.is_empty() { lines } else { format!("\nLines that could not be read:\n{lines}") }
}

fn told(value: &Value) -> String {
    let read = |key: &str| text(&value["read"], key);
    format!(
        "Read {} features, {} check-outs, {} denials, {} reservations, {} waiting; {} new records of use.\n{}",
        read("features"),
        read("checkouts"),
        read("denials"),
        read("reservations"),
        read("queued"),
        text(value, "recorded"),
        unread(value)
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// What is added: tag, kind, program, seconds, zone.
    fn added(line: &str) -> (String, String, Vec<String>, u32, String) {
        let words = command_last(line.split(' ').map(OsString::from).collect());
        let parsed = super::super::Cli::try_parse_from(words).unwrap();
        let super::super::Command::Source(SourceCommand::Add(add)) = parsed.command else { panic!("{line}") };
        (add.tag, add.kind, add.command, add.every, add.zone)
    }

    #[test]
    fn options_behind_the_program_are_ours_and_its_own_stay_its_own() {
        let program = ["/opt/lmutil", "lmstat", "-a", "-c", "27000@host"].map(str::to_owned).to_vec();
        let expected = ("eu".to_owned(), "lmstat".to_owned(), program.clone(), 30, "Europe/Berlin".to_owned());
        for line in [
            "leasehold source add eu --kind lmstat --command /opt/lmutil lmstat -a -c 27000@host --every 30 --zone Europe/Berlin",
            "leasehold source add eu --command /opt/lmutil lmstat -a -c 27000@host --zone=Europe/Berlin --json --every=30 --kind lmstat",
            "leasehold source add --every 30 --command /opt/lmutil lmstat -a -c 27000@host --kind lmstat --zone Europe/Berlin eu",
            "leasehold source add eu --kind lmstat --every 30 --zone Europe/Berlin --command /opt/lmutil lmstat -a -c 27000@host",
        ] {
            assert_eq!(added(line), expected, "{line}");
        }
        let (_, _, words, every, _) =
            added("leasehold source add eu --kind lmstat --command /bin/x -a --every 30 -- --every 5");
        assert_eq!(
            (words.join(" ").as_str(), every),
            ("/bin/x -a --every 5", 30),
            "behind a lone -- all is the program's"
        );
        let other = ["leasehold", "status", "--json"].map(OsString::from).to_vec();
        assert_eq!(command_last(other.clone()), other);
    }
}
