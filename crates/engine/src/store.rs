//! The SQLite file: one writer, many readers, migrations behind a backup, one process per data folder.

mod lock;
mod open;

pub use lock::{DataLock, LockError};
pub use open::{Store, StoreError};
