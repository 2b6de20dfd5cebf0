//! The commands of `leasehold`. Data goes to stdout, errors to stderr as one sentence; exit codes are in
//! [`commands::exit`].

mod ask;
mod audit;
mod backup;
mod client;
mod conf;
mod demo_data;
mod exchange;
mod license;
mod locked;
mod peers;
mod register;
mod restore;
pub mod serve;
mod setup_link;
mod source;
mod status;
mod token;
mod usage;
mod user;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use commands::exit::{Done, Failure};
pub(crate) use commands::output;

use crate::settings::{self, Flags, Settings};
use ask::{Call, Connection, Remote};

/// A self-hosted license server with a web console.
#[derive(Debug, Parser)]
#[command(name = "leasehold", version, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server with its console
    Serve(serve::Serve),
    /// Print the one-time link to the set-up wizard
    SetupLink(setup_link::SetupLink),
    /// Show the state of the server
    Status(status::StatusCommand),
    /// Register this server: GUID, auth string and the vendor's keys, then the first sync
    Register(register::Register),
    /// Sync with the licensing nodes now, and print what changed
    Sync(exchange::Sync),
    /// List the licenses, with the reason for any that is out of service
    Licenses(exchange::Licenses),
    /// Offline exchange, for servers without a connection to the nodes
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    /// Request, install and show the license of this machine
    #[command(subcommand)]
    License(license::LicenseCommand),
    /// Usage records that were locked while the monitor license was in violation
    #[command(subcommand)]
    Locked(locked::LockedCommand),
    /// Show and change license_server.conf, and list Leasehold's own settings
    #[command(subcommand)]
    Config(conf::ConfCommand),
    /// Test clients that check out and return licenses
    #[command(subcommand)]
    Client(client::Command),
    /// Fill a data folder with made-up usage, to try the Usage page
    DemoData(demo_data::DemoData),
    /// Check-outs as files: 13 tab-separated fields, a UTC day each
    #[command(subcommand)]
    Usage(usage::UsageCommand),
    /// Other license daemons that are observed
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Servers of this installation: one primary and its backups
    #[command(subcommand)]
    Peer(peers::PeerCommand),
    /// Users of the console
    #[command(subcommand)]
    User(user::User),
    /// API tokens
    #[command(subcommand)]
    Token(token::Token),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Back up the server: database, conf file, keys and check-outs in one file
    Backup(backup::BackupCommand),
    /// Restore a backup into a data folder on which no server runs
    Restore(restore::Restore),
    /// Names the separate program, leasehold-node
    #[command(hide = true, disable_help_flag = true, disable_version_flag = true)]
    Node(Moved),
}

/// Arguments of the command that moved; ignored.
#[derive(Debug, Args)]
struct Moved {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _words: Vec<std::ffi::OsString>,
}

/// Where the server's data is: shared by all commands that need it.
#[derive(Debug, Clone, Default, Args)]
pub struct DataFolder {
    /// Folder with the database and the control socket [env: LEASEHOLD_DATA] [default: ./.leasehold in a checkout, else
    /// /var/lib/leasehold]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// File with Leasehold's own settings, a leasehold.toml [env: LEASEHOLD_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The conf file that a command named.
    #[arg(skip)]
    pub conf: Option<PathBuf>,
}

/// Which server a command speaks to.
#[derive(Debug, Args)]
pub struct CommandTarget {
    #[command(flatten)]
    pub place: DataFolder,
    #[command(flatten)]
    pub remote: Remote,
}

impl CommandTarget {
    /// The answer of the API. `before`: the options before the command.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn ask(&self, before: &Remote, call: Call) -> Result<Value, Failure> {
        self.ask_all(before, call, 0).await
    }

    /// The same with the items of further pages, up to `most`.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn ask_all(&self, before: &Remote, call: Call, most: usize) -> Result<Value, Failure> {
        let connection = self.open(before, &call).await?;
        let answer = if most > 0 { connection.ask_all(call, most).await } else { connection.ask(&call).await };
        connection.close().await;
        answer
    }

    /// A connection for several calls like this one; the caller closes it.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open(&self, before: &Remote, call: &Call) -> Result<Connection, Failure> {
        let here = match (&self.place.conf, &self.place.data) {
            (Some(_), _) => Some("--conf"),
            (None, Some(_)) => Some("--data"),
            (None, None) => None,
        };
        let remote = self.remote.or(before, here)?;
        Connection::open(&self.place, &remote, call).await
    }
}

/// What commands that ask the server take besides their own arguments.
#[derive(Debug, Args)]
pub struct Common {
    #[command(flatten)]
    pub target: CommandTarget,
    #[command(flatten)]
    pub format: output::Format,
}

impl Common {
    /// Asks and prints.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn perform(self, before: &Remote, call: Call, plain: impl FnOnce(&Value) -> String) -> Done {
        let value = self.target.ask(before, call).await?;
        self.format.print(&value, plain)
    }

    /// Asks for all pages and prints them as one.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn list(self, before: &Remote, call: Call, plain: impl FnOnce(&Value) -> String) -> Done {
        let value = self.target.ask_all(before, call, usize::MAX).await?;
        self.format.print(&value, plain)
    }
}

/// Writes what a command made to a file, over what was there: as a whole, unless it is a terminal, a pipe or a device.
fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => std::fs::write(path, bytes),
        // Where no new file can be made, the one that is there may be writable.
        _ => engine::file::replace(&engine::conf::file::resolve(path), bytes, 0o644).or_else(|error| {
            match error.kind() {
                ErrorKind::PermissionDenied => std::fs::write(path, bytes),
                _ => Err(error),
            }
        }),
    }
}

impl DataFolder {
    /// The settings in force for this command.
    ///
    /// # Errors
    /// A sentence that names the setting and its source.
    pub fn settings(&self) -> Result<Settings, Failure> {
        settings::resolve(&self.flags(), self.config.as_deref())
    }

    fn flags(&self) -> Flags {
        let named = [("data", &self.data), ("conf", &self.conf)];
        named.into_iter().fold(Flags::default(), |flags, (name, path)| match path {
            Some(path) => flags.set(name, path.display().to_string()),
            None => flags,
        })
    }
}

/// The words of this process as clap is to read them.
#[must_use]
pub fn words(words: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    source::command_last(words)
}

impl Cli {
    /// Runs the command of this process.
    ///
    /// # Errors
    /// What the command answers.
    pub async fn run(self) -> Done {
        let remote = &self.remote;
        match self.command {
            Command::Serve(command) => command.run().await,
            Command::SetupLink(command) => command.run(remote).await,
            Command::Status(command) => command.run(remote).await,
            Command::Register(command) => command.run(remote).await,
            Command::Sync(command) => command.run(remote).await,
            Command::Licenses(command) => command.run(remote).await,
            Command::Exchange(command) => command.run(remote).await,
            Command::License(command) => command.run(remote).await,
            Command::Locked(command) => command.run(remote).await,
            Command::Client(command) => command.run().await,
            Command::DemoData(command) => command.run().await,
            Command::Config(command) => command.run(remote).await,
            Command::Usage(command) => command.run(remote).await,
            Command::Source(command) => command.run(remote).await,
            Command::Peer(command) => command.run(remote).await,
            Command::User(command) => command.run(remote).await,
            Command::Token(command) => command.run(remote).await,
            Command::Audit(command) => command.run(remote).await,
            Command::Backup(command) => command.run(remote).await,
            Command::Restore(command) => command.run().await,
            Command::Node(_) => {
                Err(Failure::refused("The vendor's licensing node is a separate program: leasehold-node."))
            }
        }
    }
}
