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
    /// Print the value of a setting as written; `--effective` prints what it stands for
    Get(show::Get),
    /// Change a setting; nothing else in the file changes
    Set(edit::Set),
    /// Print what is wrong with the file, one finding a line; exit code 1 when there is any
    Check(show::Check),
    /// Print every setting: as written, what it stands for, whether it is in use
    Show(show::ShowConf),
    /// Compare two files line by line; exit code 1 when they differ
    Diff(diff::DiffCommand),
    /// Write a new file in the vendor's format where there is none
    Init(edit::Init),
    /// List the versions of the file the server has kept
    History(history::ConfHistory),
    /// Bring an earlier version back
    Restore(history::Restore),
    /// Print our own settings and where each comes from
    Sources(Sources),
}

/// Which conf file.
#[derive(Debug, Args)]
pub struct ConfTarget {
    /// The license_server.conf; without it, the one of the server or its data folder
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
                    let order = "A flag wins over the environment, that over leasehold.toml, that over the default.\n";
                    format!("{}{order}", table(&["SETTING", "VALUE", "COMES FROM", "WHAT IT DOES"], &rows))
                })
            }
        }
    }
}
