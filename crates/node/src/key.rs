//! The node's key pairs, in `node.key`: made on first use, never in the database, never replaced.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use licensing::vendor_key::{Fingerprint, VendorSecret};

use storage::file::{self, PRIVATE};

use crate::secret;
use crate::store::{Store, StoreError};

/// The file in the node's folder.
pub const FILE: &str = "node.key";

/// First line of the file.
const HEAD: &str = "leasehold node key 1";

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("Can't use the key file {}: {source}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Not a key file.
    #[error("{} is not a node's key file. Restore the right one from a backup.", .0.display())]
    Malformed(PathBuf),
    /// The key that signed everything issued so far is missing.
    #[error("The key file {} is missing. Restore it from a backup: registered servers trust only that key.", .0.display())]
    Lost(PathBuf),
    /// The file holds a different key from the one that signed everything issued so far.
    #[error(
        "{} holds the key {found}, but this node has signed with {own}. Restore the right file from a backup: registered servers trust only that key.",
        path.display()
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// Fingerprint of the key in the file.
        found: Fingerprint,
        /// Fingerprint in the database.
        own: String,
    },
    /// The database did not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for KeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The key of this node; made when neither the file nor the database knows one. The caller holds the folder's lock.
///
/// # Errors
/// [`KeyError`]; nothing is changed then.
pub async fn load(folder: &Path, store: &Store) -> Result<VendorSecret, KeyError> {
    let path = folder.join(FILE);
    let own: Option<String> =
        sqlx::query_scalar("SELECT fingerprint FROM node WHERE id = 1").fetch_optional(store.read()).await?;
    let key = match std::fs::read_to_string(&path) {
        Ok(text) => read(&text).ok_or_else(|| KeyError::Malformed(path.clone()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && own.is_some() => {
            return Err(KeyError::Lost(path));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&path)?,
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Err(KeyError::Malformed(path)),
        Err(source) => return Err(KeyError::Io { path, source }),
    };
    let found = key.public().fingerprint();
    match own {
        Some(own) if own != found.to_string() => Err(KeyError::Other { path, found, own }),
        Some(_) => Ok(key),
        None => {
            let mut tx = store.write().await?;
            sqlx::query("INSERT INTO node (id, fingerprint) VALUES (1, ?)")
                .bind(found.to_string())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(key)
        }
    }
}

fn make(path: &Path) -> Result<VendorSecret, KeyError> {
    let key = VendorSecret::from_seeds(secret::random(), secret::random());
    let text = format!("{HEAD}\n{}\n", STANDARD.encode(key.to_bytes()));
    file::replace(path, text.as_bytes(), PRIVATE).map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
    Ok(key)
}

fn read(text: &str) -> Option<VendorSecret> {
    let (head, rest) = text.split_once('\n')?;
    let bytes = STANDARD.decode(rest.trim()).ok()?;
    let bytes: [u8; 64] = bytes.try_into().ok()?;
    (head.trim_end() == HEAD).then(|| VendorSecret::from_bytes(&bytes))
}
