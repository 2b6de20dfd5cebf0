//! The vendor's licensing node: issues licenses, signs, answers reports.
//!
//! [`Node`] is a folder with a database and a key. Several processes may have the same one open: those that serve, and
//! the commands beside them. All SQL of the node is in this crate; time comes from a [`clock::Clock`].

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod addresses;
pub mod bundles;
pub mod cli;
pub mod customers;
pub mod deployments;
pub mod exchange;
pub mod http;
pub mod key;
pub mod licenses;
pub mod monitor;
pub mod reports;
pub mod secret;
pub mod servers;
pub mod store;
pub mod time;
pub mod ve;

pub use licensing::context::Context;
pub use licensing::guid::Guid;
pub use sqlx::Error as DatabaseError;
pub use storage::clock;
use storage::file;

use clock::Clock;
use key::KeyError;
use licensing::vendor_key::{VendorKey, VendorSecret};
use store::{Store, StoreError};

/// Why a node's folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is not usable.
    #[error("Can't use the folder {}: {source}. Choose another with --data, or make it writable for this user.", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What tells whether an error lies in what was asked for, or in the machine.
pub trait NodeError: std::error::Error {
    /// Whether the input was refused; otherwise something failed.
    fn is_refusal(&self) -> bool;
}

/// A licensing node. Cheap to share behind an [`Arc`].
#[derive(Debug)]
pub struct Node {
    pub(crate) store: Store,
    pub(crate) secret: VendorSecret,
    pub(crate) clock: Arc<dyn Clock>,
    folder: PathBuf,
}

impl Node {
    /// Opens the node in `folder`, making folder, database and key where they are missing.
    ///
    /// # Errors
    /// [`OpenError`]; a key that was lost is not replaced by another.
    pub async fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Folder { path: folder.to_owned(), source };
        file::make_folder(folder).map_err(unusable)?;
        // One process at a time makes tables and keys; the lock ends with this function.
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(unusable)?;
        lock.lock().map_err(unusable)?;
        let store = store::open(folder, clock.now_ms()).await?;
        let secret = key::load(folder, &store).await?;
        Ok(Self { store, secret, clock, folder: folder.to_owned() })
    }

    /// Whether there is a node in `folder`.
    pub fn exists(folder: &Path) -> bool {
        folder.join(store::FILE).exists()
    }

    /// The public halves of its keys.
    pub fn key(&self) -> VendorKey {
        self.secret.public()
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Wall time, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.store.close().await;
    }
}
