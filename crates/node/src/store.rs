//! The node's database. Other processes may have it open too.

use std::path::Path;

use sqlx::migrate::Migrator;
pub use storage::store::{Store, StoreError};

/// The file in the node's folder.
pub const FILE: &str = "node.db";

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub(crate) async fn open(folder: &Path, now_ms: i64) -> Result<Store, StoreError> {
    Store::open(&folder.join(FILE), &MIGRATIONS, now_ms).await
}

/// A value of the database that does not read back: the file was changed by something else.
pub(crate) fn decode<T, E>(value: Result<T, E>) -> Result<T, sqlx::Error>
where
    E: std::error::Error + Send + Sync + 'static,
{
    value.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
