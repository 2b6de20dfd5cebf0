use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use licensing::words::bytes;
use serde_json::Value;

use super::ask::{Call, Remote};
use super::output::{rows, table, text};
use super::{CommandTarget, Common};
use crate::exit::{Done, Failure};

/// How often a backup that takes long is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// `leasehold backup`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BackupCommand {
    #[command(subcommand)]
    command: Option<BackupSubcommand>,
    #[command(flatten)]
    make: Make,
}

#[derive(Debug, Subcommand)]
enum BackupSubcommand {
    /// List the backups, newest first
    List(Common),
}

#[derive(Debug, Args)]
struct Make {
    /// Also copy the backup to this file, or into this folder
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl BackupCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self.command {
            Some(BackupSubcommand::List(common)) => common.list(remote, Call::get("/api/v1/backups"), list).await,
            None => self.make.run(remote).await,
        }
    }
}

impl Make {
    async fn run(self, remote: &Remote) -> Done {
        let Self { out, common: Common { target, format } } = self;
        if out.is_some() && target.remote.or(remote, target.place.data.as_ref().map(|_| "--data"))?.server.is_some() {
            return Err(Failure::refused(
                "--out copies on this machine. Leave it out, or run the command on the server itself.",
            ));
        }
        let mut made = make(&target, remote).await?;
        let copy = match &out {
            Some(out) => Some(copy(Path::new(&text(&made, "path")), out)?),
            None => None,
        };
        if let (Some(copy), Some(fields)) = (&copy, made.as_object_mut()) {
            fields.insert("copy".to_owned(), copy.display().to_string().into());
        }
        format.print(&made, |made| {
            let size = bytes(made["size"].as_u64().unwrap_or_default());
            let copied = copy.map(|copy| format!("Copied to {}.\n", copy.display())).unwrap_or_default();
            let left_out: Vec<&str> =
                made["left_out"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let left_out = match left_out.as_slice() {
                [] => String::new(),
                paths => format!("Left out: {}.\n", paths.join(", ")),
            };
            format!("Made and verified the backup {} ({size}).\n{left_out}{copied}", text(made, "path"))
        })
    }
}

/// Makes a backup and waits for it.
async fn make(target: &CommandTarget, remote: &Remote) -> Result<Value, Failure> {
    let call = || Call::post("/api/v1/backups").asks_nodes();
    let mut found = target.ask(remote, call()).await?;
    while found["name"].is_null() {
        // It takes longer than a request may.
        if found["running_since"].is_null() {
            if let Some(problem) = found["problem"].as_str() {
                return Err(Failure::failed(problem));
            }
            return Ok(found["items"][0].take());
        }
        tokio::time::sleep(LOOK_EVERY).await;
        found = target.ask(remote, Call::get("/api/v1/backups")).await?;
    }
    Ok(found)
}

/// Copies a backup, as a whole or not at all.
fn copy(from: &Path, out: &Path) -> Result<PathBuf, Failure> {
    let to = if out.is_dir() { out.join(from.file_name().unwrap_or_default()) } else { out.to_owned() };
    let copied = || -> io::Result<()> {
        let folder = engine::file::folder_of(&to);
        let mut file = tempfile::Builder::new().prefix(".leasehold-backup-").suffix(".new").tempfile_in(&folder)?;
        io::copy(&mut std::fs::File::open(from)?, &mut file)?;
        file.as_file().sync_all()?;
        file.persist(&to).map_err(|error| error.error)?;
        engine::file::sync_folder(&folder)
    };
    copied().map_err(|error| {
        let sentence =
            format!("The backup {} was made, but can't be copied to {}: {error}.", from.display(), to.display());
        Failure::failed(sentence)
    })?;
    Ok(to)
}

fn list(value: &Value) -> String {
    let line = |backup: &Value| {
        let yes = |key: &str| if backup[key].as_bool() == Some(true) { "yes" } else { "no" }.to_owned();
        vec![
            text(backup, "made_at"),
            bytes(backup["size"].as_u64().unwrap_or_default()),
            yes("verified"),
            yes("encrypted"),
            text(backup, "path"),
        ]
    };
    table(&["MADE", "SIZE", "VERIFIED", "ENCRYPTED", "FILE"], &rows(value, line))
}
