//! Claiming a new server: the one-time link, and what was entered in the wizard so far.
//!
//! The link works for 30 minutes and until the first administrator exists. Its token lies in `DIR/setup-token` (mode
//! 0600) and, as SHA-256, in the database.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use licensing::guid::Guid;
use licensing::registration::{AuthString, Registration};
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::{Fingerprint, VendorKey};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::Engine;
use crate::secret;

/// Life of a set-up link, milliseconds (console rules: 30 min).
pub const LIFE_MS: i64 = 30 * 60 * 1000;

/// The state of set-up.
#[derive(Clone, Default)]
pub struct Setup {
    /// The first administrator exists.
    pub claimed: bool,
    /// The wizard is over.
    pub done: bool,
    /// The GUID chosen in the wizard.
    pub guid: Option<Guid>,
    /// The connection chosen in the wizard: key and value as they will be written.
    pub connection: Vec<(String, String)>,
    /// The auth string typed in the wizard; a secret.
    pub auth: Option<AuthString>,
    /// The registration file given in the wizard; it holds a secret.
    pub file: Option<RegistrationFile>,
    /// The fingerprint confirmed in the wizard, and its key when a node gave it.
    pub vendor_key: Option<(Fingerprint, Option<VendorKey>)>,
}

impl Setup {
    /// Everything entered; `None` before a GUID is known.
    #[must_use]
    pub fn registration(&self) -> Option<Registration> {
        let mut registration = match &self.file {
            // One that was typed corrects the file's.
            Some(file) => {
                let auth = self.auth.clone().unwrap_or_else(|| file.auth_string.clone());
                Registration { auth: Some(auth), ..Registration::from(file) }
            }
            None => Registration { auth: self.auth.clone(), ..Registration::new(self.guid?) },
        };
        if let Some((fingerprint, key)) = self.vendor_key {
            registration.trust(fingerprint, key);
        }
        Some(registration)
    }
}

/// A confirmed key in the wizard's state.
#[derive(Serialize, Deserialize)]
struct Confirmed {
    fingerprint: String,
    key: Option<VendorKey>,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An administrator exists.
    #[error(
        "This server already has an administrator. Sign in to the console, or add a user with `leasehold user add`."
    )]
    Claimed,
    /// The file could not be written.
    #[error("Can't write the set-up token to {path}: {source}.")]
    Io {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct SetupRow {
    claimed_at: Option<i64>,
    done_at: Option<i64>,
    guid: Option<String>,
    connection: Option<String>,
    auth_string: Option<String>,
    registration: Option<String>,
    vendor_key: Option<String>,
}

impl Engine {
    /// The state of set-up.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn setup(&self) -> Result<Setup, sqlx::Error> {
        let row: SetupRow = sqlx::query_as("SELECT * FROM setup").fetch_one(self.store.read()).await?;
        let claimed = row.claimed_at.is_some();
        // Registered another way, before or since: the wizard has nothing to ask.
        let registered = self.conf().effective.registered();
        Ok(Setup {
            claimed,
            done: row.done_at.is_some() || (claimed && registered),
            guid: row.guid.and_then(|guid| Guid::parse(&guid).ok()),
            connection: row.connection.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
            auth: row.auth_string.and_then(|auth| auth.parse().ok()),
            file: row.registration.and_then(|text| RegistrationFile::parse(text.as_bytes()).ok()),
            vendor_key: row
                .vendor_key
                .and_then(|text| serde_json::from_str::<Confirmed>(&text).ok())
                .and_then(|kept| Some((kept.fingerprint.parse().ok()?, kept.key))),
        })
    }

    /// The token of the current link; a new one if the old has expired or is lost.
    ///
    /// # Errors
    /// [`SetupError::Claimed`] once an administrator exists.
    pub async fn setup_token(&self) -> Result<String, SetupError> {
        if self.setup().await?.claimed {
            return Err(SetupError::Claimed);
        }
        let path = self.folder.join("setup-token");
        if let Ok(token) = std::fs::read_to_string(&path) {
            let token = token.trim().to_owned();
            if self.is_setup_token(&token).await? {
                return Ok(token);
            }
        }
        let token = secret::hex(&secret::random::<32>());
        let io = |source| SetupError::Io { path: path.display().to_string(), source };
        let temporary = path.with_extension("new");
        std::fs::remove_file(&temporary)
            .or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
            .map_err(io)?;
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(io)?;
        writeln!(file, "{token}").map_err(io)?;
        std::fs::rename(&temporary, &path).map_err(io)?;
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET token_hash = ?, expires_at = ?")
            .bind(&secret::digest(token.as_bytes())[..])
            .bind(self.clock.now_ms() + LIFE_MS)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whether this is the token of a link that still works.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn is_setup_token(&self, token: &str) -> Result<bool, sqlx::Error> {
        let found = sqlx::query("SELECT 1 FROM setup WHERE token_hash = ? AND expires_at > ? AND claimed_at IS NULL")
            .bind(&secret::digest(token.trim().as_bytes())[..])
            .bind(self.clock.now_ms())
            .fetch_optional(self.store.read())
            .await?;
        Ok(found.is_some())
    }

    /// Keeps the connection chosen in the wizard, so that it can be resumed.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn keep_setup_connection(&self, chosen: &[(String, String)]) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET connection = ?")
            .bind(serde_json::to_string(chosen).expect("pairs of strings always serialize"))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Keeps the identity given in the wizard: a registration file, or a GUID with what was typed beside it. What was typed before stays
    /// when nothing is typed now; a registration file that was just given brings an auth string and keys of its own.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn keep_setup_identity(
        &self,
        guid: &Guid,
        auth: Option<&AuthString>,
        file: Option<&RegistrationFile>,
        file_is_new: bool,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query(
            "UPDATE setup SET guid = ?1, registration = ?3,
             auth_string = CASE WHEN ?4 THEN ?2 ELSE coalesce(?2, auth_string) END, vendor_key = CASE WHEN ?4 THEN NULL ELSE vendor_key END",
        )
        .bind(guid.to_string())
        .bind(auth.map(AuthString::as_str))
        .bind(file.map(RegistrationFile::to_json))
        .bind(file_is_new)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Keeps an auth string that was typed beside something wrong, so that it need not be typed again.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn keep_setup_auth(&self, auth: &AuthString) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET auth_string = ?").bind(auth.as_str()).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Corrects GUID and auth string after a node refused them. Keys and nodes that a registration file brought stay, even when the GUID
    /// is no longer the file's.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn correct_setup_identity(&self, guid: &Guid, auth: Option<&AuthString>) -> Result<(), sqlx::Error> {
        let before = self.setup().await?;
        let Some(file) = before.file.as_ref().filter(|file| file.guid != *guid) else {
            return self.keep_setup_identity(guid, auth, before.file.as_ref(), false).await;
        };
        let registration = Registration::from(file);
        let typed = auth.or(before.auth.as_ref()).or(registration.auth.as_ref());
        self.keep_setup_identity(guid, typed, None, false).await?;
        if before.vendor_key.is_none() {
            self.keep_setup_key(registration.vendor_keys.first().copied()).await?;
        }
        if before.connection.is_empty() {
            self.keep_setup_connection(&registration.node_values(&self.conf().document())).await?;
        }
        Ok(())
    }

    /// Keeps the key that was confirmed in the wizard, or that none was.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn keep_setup_key(&self, key: Option<(Fingerprint, Option<VendorKey>)>) -> Result<(), sqlx::Error> {
        let kept = key.map(|(fingerprint, key)| Confirmed { fingerprint: fingerprint.to_string(), key });
        let kept = kept.map(|kept| serde_json::to_string(&kept).expect("a key always serializes"));
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET vendor_key = ?").bind(kept).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// The wizard is over; it is not shown again.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn finish_setup(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET done_at = coalesce(done_at, ?), auth_string = NULL, registration = NULL, vendor_key = NULL")
            .bind(self.clock.now_ms())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    pub(crate) fn forget_setup_file(&self) {
        let _ = std::fs::remove_file(self.folder.join("setup-token"));
    }
}
