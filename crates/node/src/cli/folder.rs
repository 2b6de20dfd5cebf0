//! Arguments for the node's folder and for a server, shared by the commands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::{Guid, Node, NodeError};
use clap::Args;

use commands::exit::Failure;
use commands::output::{Format, note};

/// The variable that names the folder.
const VARIABLE: &str = "LEASEHOLD_NODE_DATA";

/// Which node.
#[derive(Debug, Clone, Default, Args)]
pub struct NodeFolder {
    /// Folder of the node [env: LEASEHOLD_NODE_DATA] [default: ./.leasehold-node in a checkout, else
    /// /var/lib/leasehold-node]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What all commands that print data take.
#[derive(Debug, Clone, Args)]
pub struct Common {
    #[command(flatten)]
    pub place: NodeFolder,
    #[command(flatten)]
    pub format: Format,
}

/// One server, as `GUID` or `--server GUID`.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct OneServer {
    /// GUID of the server, with or without braces and hyphens, in any case
    #[arg(value_name = "GUID")]
    guid: Option<Guid>,
    /// The same, as a flag
    #[arg(long = "server", value_name = "GUID")]
    server: Option<Guid>,
}

impl OneServer {
    /// The GUID.
    ///
    /// # Errors
    /// A sentence when none was given.
    pub fn guid(&self) -> Result<Guid, Failure> {
        self.guid
            .or(self.server)
            .ok_or_else(|| Failure::refused("No server given. Give its GUID, from `leasehold-node server list`."))
    }
}

impl NodeFolder {
    fn folder(&self) -> PathBuf {
        let named =
            self.data.clone().or_else(|| std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from));
        let folder = named.unwrap_or_else(|| {
            let in_checkout = Path::new("Cargo.toml").exists() && Path::new("server").is_dir();
            PathBuf::from(if in_checkout { "./.leasehold-node" } else { "/var/lib/leasehold-node" })
        });
        std::path::absolute(&folder).unwrap_or(folder)
    }

    /// Opens the node; makes one, and says so, where there is none.
    ///
    /// # Errors
    /// A sentence that names what is in the way.
    pub async fn open_or_make(&self) -> Result<Node, Failure> {
        let folder = self.folder();
        let is_new = !Node::exists(&folder);
        let node = Node::open(&folder, Arc::new(SystemClock)).await.map_err(Failure::failed)?;
        if is_new {
            note(format_args!("Created a new licensing node with its own keys in {}.", folder.display()));
        }
        Ok(node)
    }

    /// Opens the node. A mistyped folder does not become one.
    ///
    /// # Errors
    /// A sentence when there is none.
    pub async fn open(&self) -> Result<Node, Failure> {
        let folder = self.folder();
        if !Node::exists(&folder) {
            return Err(Failure::refused(format!(
                "There is no licensing node in {}. Give its folder with --data, or create one with `leasehold-node customer add`.",
                folder.display()
            )));
        }
        Node::open(&folder, Arc::new(SystemClock)).await.map_err(Failure::failed)
    }
}

/// The exit code follows from whether the input was refused or something failed.
pub fn failure(error: impl NodeError) -> Failure {
    if error.is_refusal() { Failure::refused(error) } else { Failure::failed(error) }
}
