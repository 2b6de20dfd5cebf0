//! What a restore takes along from the database that it replaces: what the vendor decided since, and since when violations last.

use std::path::Path;

use licensing::backup::DATABASE;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

/// GUID, serial, checksum, what is signed, its id, and when it was installed.
type BundleRow = (String, i64, String, String, String, i64);
/// Source, text, when it was issued and seen.
type DocumentRow = (String, String, i64, i64);

/// What the database of a server holds of this.
#[derive(Debug, Default)]
struct Decided {
    installation: Option<String>,
    bundle: Option<BundleRow>,
    monitor: Option<String>,
    documents: Vec<DocumentRow>,
}

async fn decided(database: &mut SqliteConnection) -> Result<Decided, sqlx::Error> {
    Ok(Decided {
        installation: sqlx::query_scalar("SELECT installation FROM countdown").fetch_optional(&mut *database).await?,
        bundle: sqlx::query_as("SELECT guid, serial, sha256, signed, status_id, installed_at FROM bundle")
            .fetch_optional(&mut *database)
            .await?,
        monitor: sqlx::query_scalar("SELECT state FROM monitor_state").fetch_optional(&mut *database).await?,
        documents: sqlx::query_as("SELECT source, document, issued, seen FROM monitor_documents")
            .fetch_all(&mut *database)
            .await?,
    })
}

async fn present(path: &Path) -> Result<Decided, sqlx::Error> {
    let mut database = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let found = decided(&mut database).await?;
    database.close().await?;
    Ok(found)
}

/// Before older data in `restored` replaces that of the same server in `present`: no older licenses are in force again, and no grace begins
/// anew. What can't be read is not taken along: it may be why somebody restores.
pub(super) async fn carry(from: &Path, restored: &Path) -> Result<(), sqlx::Error> {
    let path = from.join(DATABASE);
    if !path.is_file() {
        return Ok(());
    }
    let now = match present(&path).await {
        Ok(now) => now,
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "can't read this database; nothing of it is taken along");
            return Ok(());
        }
    };
    let mut database = SqliteConnectOptions::new().filename(restored.join(DATABASE)).connect().await?;
    if let Ok(then) = decided(&mut database).await
        && now.installation.is_some()
        && now.installation == then.installation
    {
        write(&mut database, &now, &then).await?;
    }
    database.close().await
}

async fn write(database: &mut SqliteConnection, now: &Decided, then: &Decided) -> Result<(), sqlx::Error> {
    let mut tx = database.begin().await?;
    // Licenses of another registration are not those of the restored one.
    let is_newer = |then: &BundleRow, now: &BundleRow| then.0 == now.0 && then.1 < now.1;
    if let (Some(then), Some(now)) = (&then.bundle, &now.bundle)
        && is_newer(then, now)
    {
        let (_, serial, sha256, signed, status_id, installed_at) = now;
        sqlx::query("UPDATE bundle SET serial = ?, sha256 = ?, signed = ?, status_id = ?, installed_at = ?")
            .bind(*serial)
            .bind(sha256)
            .bind(signed)
            .bind(status_id)
            .bind(*installed_at)
            .execute(&mut *tx)
            .await?;
    }
    if let Some(state) = &now.monitor {
        sqlx::query("INSERT INTO monitor_state (id, state) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET state = ?1")
            .bind(state)
            .execute(&mut *tx)
            .await?;
    }
    for (source, document, issued, seen) in &now.documents {
        sqlx::query(
            "INSERT INTO monitor_documents (source, document, issued, seen) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (source) DO UPDATE SET document = ?2, issued = ?3, seen = ?4 WHERE issued < ?3",
        )
        .bind(source)
        .bind(document)
        .bind(*issued)
        .bind(*seen)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_800_000_000_000;

    async fn server(folder: &Path, installation: &str, serial: i64, state: &str) {
        let store = crate::store::open(folder, AT).await.unwrap();
        let mut tx = store.write().await.unwrap();
        sqlx::query(
            "INSERT INTO countdown (id, installation, license, serial, granted_ms, balance_ms, interval_ms, version)
             VALUES (1, ?, '', 0, 0, 0, 0, 0)",
        )
        .bind(installation)
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query("INSERT INTO bundle (id, guid, serial, sha256, signed, status_id, installed_at) VALUES (1, 'g', ?, 'x', '{}', 's', 1)")
            .bind(serial)
            .execute(&mut *tx)
            .await
            .unwrap();
        sqlx::query("INSERT INTO monitor_state (id, state) VALUES (1, ?)").bind(state).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
    }

    async fn kept(folder: &Path) -> (i64, String) {
        let found = present(&folder.join(DATABASE)).await.unwrap();
        (found.bundle.unwrap().1, found.monitor.unwrap())
    }

    #[tokio::test]
    async fn a_restore_brings_back_neither_older_licenses_nor_a_new_grace() {
        for (now, then, installation, serial, state) in
            [(9, 4, "one", 9, "now"), (4, 9, "one", 9, "now"), (9, 4, "two", 4, "then")]
        {
            let (present, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            server(present.path(), "one", now, "now").await;
            server(restored.path(), installation, then, "then").await;
            carry(present.path(), restored.path()).await.unwrap();
            assert_eq!(kept(restored.path()).await, (serial, state.to_owned()), "{now}, {then}, {installation}");
        }
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_read_is_no_reason_not_to_restore() {
        let (present, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        server(restored.path(), "one", 4, "then").await;
        carry(present.path(), restored.path()).await.unwrap();
        std::fs::write(present.path().join(DATABASE), "no database").unwrap();
        carry(present.path(), restored.path()).await.unwrap();
        assert_eq!(kept(restored.path()).await, (4, "then".to_owned()));
    }
}
