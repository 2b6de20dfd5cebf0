//! The SQLite file: one writer, readers that cannot write, migrations behind a backup. Other processes may have it open too.

mod open;

pub use open::{FILE, Store, StoreError};

/// A value of the database that does not read back: the file was changed by something else.
pub(crate) fn decode<T, E>(value: Result<T, E>) -> Result<T, sqlx::Error>
where
    E: std::error::Error + Send + Sync + 'static,
{
    value.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
