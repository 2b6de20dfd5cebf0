//! The server's database, `leasehold.db` in the data folder.

use std::path::Path;

use sqlx::migrate::Migrator;
pub use storage::lock::{DataLock, LockError};
pub use storage::store::{Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Opens the database of a data folder, creating it if missing.
///
/// # Errors
/// [`StoreError`]; a newer schema is refused and nothing is changed.
pub async fn open(folder: &Path, now_ms: i64) -> Result<Store, StoreError> {
    Store::open(&folder.join("leasehold.db"), &MIGRATIONS, now_ms).await
}
