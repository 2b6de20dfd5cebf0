//! The stored license, and the keys for verifying it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use licensing::machine::MachineVerdict;
use licensing::ve::{LicenseText, VeLicenseStatus, standing};
use licensing::vendor_key::VendorKey;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::anchor::{self, NewestLicense};
use super::{InstalledVe, VeLicensing, VeState};

/// The stored data besides the license.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredVe {
    pub(super) installed: InstalledVe,
    pub(super) verdict: MachineVerdict,
    pub(super) checked_at: i64,
}

/// The vendor's keys this server trusts, the newest last.
pub(crate) async fn keys(pool: &SqlitePool) -> Result<Vec<VendorKey>, sqlx::Error> {
    keys_of(&mut *pool.acquire().await?).await
}

async fn keys_of(connection: &mut sqlx::SqliteConnection) -> Result<Vec<VendorKey>, sqlx::Error> {
    let rows: Vec<(String, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT fingerprint, signing, sealing FROM vendor_keys WHERE signing IS NOT NULL ORDER BY pinned_at, fingerprint")
            .fetch_all(connection)
            .await?;
    let key = |(fingerprint, signing, sealing): (String, Vec<u8>, Vec<u8>)| {
        let key = VendorKey { signing: signing.try_into().ok()?, sealing: sealing.try_into().ok()? };
        // A key that doesn't match its fingerprint was altered in the file; ignore it.
        (key.fingerprint().to_string() == fingerprint).then_some(key)
    };
    Ok(rows.into_iter().filter_map(key).collect())
}

impl VeLicensing {
    /// The stored license, if signed with a trusted key.
    pub(super) async fn stored(&self) -> Result<Option<StoredVe>, sqlx::Error> {
        let stored: Option<(String, String, i64, String, i64)> =
            sqlx::query_as("SELECT text, verdict, installed_at, installed_by, checked_at FROM ve_license")
                .fetch_optional(self.store.read())
                .await?;
        let Some((text, verdict, installed_at, installed_by, checked_at)) = stored else { return Ok(None) };
        let keys = keys(self.store.read()).await?;
        let text = match LicenseText::parse(text.as_bytes()) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, "can't read the stored license of this machine; ignoring it");
                return Ok(None);
            }
        };
        let key = match text.verify(&keys) {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(%error, "the stored license of this machine is not trusted; ignoring it");
                return Ok(None);
            }
        };
        // An unreadable verdict is ignored: the next check makes a new one.
        let verdict = serde_json::from_str(&verdict);
        Ok(Some(StoredVe {
            installed: InstalledVe { text, key, installed_at, installed_by },
            verdict: verdict.unwrap_or(MachineVerdict::Fits { notes: Vec::new() }),
            checked_at,
        }))
    }

    /// Restores the state of the last check.
    pub(super) async fn load(&self, now_ms: i64) -> Result<(), sqlx::Error> {
        let Some(stored) = self.stored().await? else {
            self.state.send_replace(VeState::default());
            return Ok(());
        };
        let newest = self.newest(&stored.installed).await?;
        let standing = standing_of(&stored.installed, &stored.verdict, newest.serial, false, now_ms);
        let installed = Some(Arc::new(stored.installed));
        self.state.send_replace(VeState { installed, standing, checked_at: Some(stored.checked_at) });
        Ok(())
    }

    /// The newest license ever installed for this one's machine and vendor, from any record.
    pub(super) async fn newest(&self, installed: &InstalledVe) -> Result<NewestLicense, sqlx::Error> {
        let name = anchor::name(&installed.key, installed.license().fingerprint.as_str(), &self.installation);
        let stored: Option<(u64, String)> = sqlx::query_as("SELECT highest, sha256 FROM ve_serials WHERE machine = ?")
            .bind(&name)
            .fetch_optional(self.store.read())
            .await?;
        let stored = stored.map(|(serial, sha256)| NewestLicense { serial, sha256 });
        Ok(anchor::newest(&self.places.anchors, &name).max(stored.unwrap_or_default()))
    }
}

/// The state of a license, including one replaced by a newer one.
pub(super) fn standing_of(
    installed: &InstalledVe,
    verdict: &MachineVerdict,
    newest: u64,
    hours_are_used: bool,
    now_ms: i64,
) -> VeLicenseStatus {
    let license = installed.license();
    if license.serial < newest {
        return VeLicenseStatus::Older { serial: license.serial, newest };
    }
    standing(license, verdict, hours_are_used, now_ms)
}

/// The content of a data folder, for read-only access.
#[derive(Debug, Clone, Default)]
pub struct VeFolder {
    /// The license text, as it is stored.
    pub text: Option<String>,
    /// The vendor's keys the server trusts.
    pub keys: Vec<VendorKey>,
}

/// Why a data folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// No database there.
    #[error(
        "There is no Leasehold data in {}. Give the folder with --data or $LEASEHOLD_DATA, or give a license file.",
        .0.display()
    )]
    NoData(PathBuf),
    /// The database did not respond.
    #[error("The database in {} did not respond: {source}.", path.display())]
    Sql {
        /// The folder.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
}

/// Reads a data folder without changing it; a server may be running on it.
///
/// # Errors
/// [`LookError`].
pub async fn look(folder: &Path) -> Result<VeFolder, LookError> {
    let path = folder.join("leasehold.db");
    if !path.exists() {
        return Err(LookError::NoData(folder.to_owned()));
    }
    let failed = |source| LookError::Sql { path: folder.to_owned(), source };
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(false).pragma("query_only", "1");
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let text = match sqlx::query_scalar("SELECT text FROM ve_license").fetch_optional(&mut connection).await {
        Ok(text) => text,
        // Data of an earlier version.
        Err(sqlx::Error::Database(error)) if error.message().contains("no such table") => None,
        Err(error) => return Err(failed(error)),
    };
    let keys = keys_of(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    Ok(VeFolder { text, keys })
}
