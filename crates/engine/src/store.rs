//! The server's database, `leasehold.db` in the data folder.

use std::path::Path;

use licensing::conf::document::Document;
use licensing::conf::effective::Effective;
use sqlx::migrate::Migrator;
pub use storage::lock::{DataLock, LockError};
pub use storage::store::{Store, StoreError};

use crate::conf::file;

/// The conf file in a data folder.
const CONF: &str = "license_server.conf";

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The database in a data folder.
const FILE: &str = "leasehold.db";
/// What a server leaves in its data folder besides the database.
const TRACES: [&str; 3] = ["audit.head", "checkouts", "cookie.key"];

/// What shows that a data folder without a database had one; `None` if there is one, or never was.
pub fn lost(folder: &Path) -> Option<String> {
    if std::fs::metadata(folder.join(FILE)).is_ok_and(|found| found.len() > 0) {
        return None;
    }
    if let Some(trace) = TRACES.into_iter().find(|name| folder.join(name).exists()) {
        return Some(trace.to_owned());
    }
    let bytes = file::read(&folder.join(CONF)).ok()?;
    Effective::of(&Document::parse(bytes)).registered().then(|| format!("a {CONF} with a registration"))
}

/// The newest schema this program knows.
pub(crate) fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Opens the database of a data folder, creating it if missing.
///
/// # Errors
/// [`StoreError`]; a newer schema is refused and nothing is changed.
pub async fn open(folder: &Path, now_ms: i64) -> Result<Store, StoreError> {
    Store::open(&folder.join(FILE), &MIGRATIONS, now_ms).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_had_a_database_is_known_by_what_is_left() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(lost(folder.path()), None, "a new folder");
        std::fs::write(folder.path().join(CONF), "[GLOBAL]\nport_number = 7569\n").unwrap();
        assert_eq!(lost(folder.path()), None, "a file of its own without a registration");
        let registered =
            "[GLOBAL]\nFLEXIBLE_LICENSING_MODE = 1\nLICENSE_SERVER_GUID = {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\n";
        std::fs::write(folder.path().join(CONF), registered).unwrap();
        assert_eq!(lost(folder.path()).as_deref(), Some("a license_server.conf with a registration"));
        for trace in ["cookie.key", "checkouts", "audit.head"] {
            std::fs::write(folder.path().join(trace), "").unwrap();
            assert_eq!(lost(folder.path()).as_deref(), Some(trace));
        }
        std::fs::write(folder.path().join(FILE), "").unwrap();
        assert!(lost(folder.path()).is_some(), "an empty file is no database");
        std::fs::write(folder.path().join(FILE), "SQLite format 3").unwrap();
        assert_eq!(lost(folder.path()), None);
    }
}
