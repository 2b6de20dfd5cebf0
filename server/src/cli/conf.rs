//! `leasehold config …`: the vendor's file, on its own (`--conf F`) or through the server, and our own settings.

mod diff;
mod edit;
mod file;
mod history;
mod show;

use clap::{Args, Subcommand};
use std::path::PathBuf;

use super::ask::Remote;
use super::output::{Format, table};
use super::{CommandTarget, DataFolder};
use crate::exit::Done;

/// `leasehold config …`
#[derive(Debug, Subcommand)]
pub enum ConfCommand {
    /// Print the value of a setting as written, or with `--effective` as used
    Get(show::Get),
    /// Change one setting and nothing else in the file
    Set(edit::Set),
    /// Check the file and print one finding per line; exit code 1 if there are any
    Check(show::Check),
    /// List all settings: the value as written, the effective value, and whether it is in use
    Show(show::ShowConf),
    /// Compare two files line by line; exit code 1 if they differ
    Diff(diff::DiffCommand),
    /// Create a new file in the vendor's format; never overwrites one
    Init(edit::Init),
    /// List the revisions of the file
    History(history::ConfHistory),
    /// Restore an earlier revision
    Restore(history::Restore),
    /// Undo what one revision changed; later changes stay
    Undo(history::Undo),
    /// List Leasehold's own settings and where each value comes from
    Sources(Sources),
}

/// Which conf file.
#[derive(Debug, Args)]
pub struct ConfTarget {
    /// The license_server.conf [default: the running server's, else the one in the data folder]
    #[arg(long, value_name = "FILE")]
    pub conf: Option<PathBuf>,
    #[command(flatten)]
    pub target: CommandTarget,
}

#[derive(Debug, Args)]
pub struct Sources {
    #[command(flatten)]
    place: DataFolder,
    #[command(flatten)]
    format: Format,
}

impl ConfCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Get(command) => command.run(remote).await,
            Self::Set(command) => command.run(remote).await,
            Self::Check(command) => command.run(remote).await,
            Self::Show(command) => command.run(remote).await,
            Self::Diff(command) => command.run(),
            Self::Init(command) => command.run(remote).await,
            Self::History(command) => command.run(remote).await,
            Self::Restore(command) => command.run(remote).await,
            Self::Undo(command) => command.run(remote).await,
            Self::Sources(Sources { place, format }) => {
                let settings = place.settings()?;
                let value = serde_json::json!({ "items": settings.sources });
                format.print(&value, |_| {
                    let rows: Vec<_> = settings
                        .sources
                        .iter()
                        .map(|s| {
                            let source = match &s.file {
                                Some(file) => format!("{} ({file})", s.source),
                                None => s.source.clone(),
                            };
                            vec![
                                s.name.clone(),
                                if s.value.is_empty() { "–".to_owned() } else { s.value.clone() },
                                source,
                                s.help.clone(),
                            ]
                        })
                        .collect();
                    let order = "A flag overrides the environment, which overrides leasehold.toml, which overrides the default.\n";
                    format!("{}{order}", table(&["SETTING", "VALUE", "COMES FROM", "WHAT IT DOES"], &rows))
                })
            }
        }
    }
}
