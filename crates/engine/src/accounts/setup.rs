//! Claiming a new server: the one-time link, and what was entered in the wizard so far.
//!
//! The link works for 30 minutes and until the first administrator exists. Its token lies in `DIR/setup-token` (mode
//! 0600) and, as SHA-256, in the database.

use licensing::guid::Guid;
use licensing::registration::{AuthString, Registration};
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::{Fingerprint, VendorKey};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use storage::file::PRIVATE;

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
    /// The fingerprint confirmed in the wizard, and its key when a node gave it; or all keys that a registration file brought which
    /// was for another GUID.
    pub vendor_keys: Vec<ConfirmedKey>,
}

/// A fingerprint to trust, and its key when it is known.
pub type ConfirmedKey = (Fingerprint, Option<VendorKey>);

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
        for (fingerprint, key) in &self.vendor_keys {
            registration.trust(*fingerprint, *key);
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

/// The column of confirmed keys: a list, or the single key that earlier versions stored.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredKeys {
    All(Vec<Confirmed>),
    One(Confirmed),
}

/// Confirmed keys as they are stored; none when there are none.
fn confirmed(keys: &[ConfirmedKey]) -> Option<String> {
    let all = keys.iter().map(|(fingerprint, key)| Confirmed { fingerprint: fingerprint.to_string(), key: *key });
    let all: Vec<Confirmed> = all.collect();
    (!all.is_empty()).then(|| serde_json::to_string(&all).expect("keys always serialize"))
}

fn confirmed_from(text: &str) -> Vec<ConfirmedKey> {
    let all = match serde_json::from_str(text) {
        Ok(StoredKeys::All(all)) => all,
        Ok(StoredKeys::One(one)) => vec![one],
        Err(_) => Vec::new(),
    };
    all.into_iter().filter_map(|kept| Some((kept.fingerprint.parse().ok()?, kept.key))).collect()
}

fn pairs(values: &[(String, String)]) -> String {
    serde_json::to_string(values).expect("pairs of strings always serialize")
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
            vendor_keys: row.vendor_key.as_deref().map(confirmed_from).unwrap_or_default(),
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
        storage::file::replace(&path, format!("{token}\n").as_bytes(), PRIVATE).map_err(io)?;
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
        sqlx::query("UPDATE setup SET connection = ?").bind(pairs(chosen)).execute(&mut *tx).await?;
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
        let brought = Registration::from(file);
        let typed = auth.or(before.auth.as_ref()).or(brought.auth.as_ref());
        let keys = if before.vendor_keys.is_empty() { &brought.vendor_keys } else { &before.vendor_keys };
        let connection = if before.connection.is_empty() {
            brought.node_values(&self.conf().document())
        } else {
            before.connection.clone()
        };
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET guid = ?, registration = NULL, auth_string = ?, vendor_key = ?, connection = ?")
            .bind(guid.to_string())
            .bind(typed.map(AuthString::as_str))
            .bind(confirmed(keys))
            .bind(pairs(&connection))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Keeps the key that was confirmed in the wizard, or that none was.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn keep_setup_key(&self, key: Option<(Fingerprint, Option<VendorKey>)>) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE setup SET vendor_key = ?").bind(confirmed(key.as_slice())).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// The wizard is over; it is not shown again. After a registration it is over without this, too.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use licensing::permission::Role;
    use licensing::vendor_key::VendorSecret;

    use super::*;
    use crate::actor::Actor;
    use crate::clock::ManualClock;
    use crate::conf::BaseRevision;

    const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
    const OTHER: &str = "{11111111-7BD5-633B-F0F4-B1470BBD0B8E}";

    #[tokio::test]
    async fn a_corrected_guid_keeps_every_key_that_the_registration_file_brought() {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let engine = Engine::open(folder.path(), &conf, Arc::new(ManualClock::at(1_800_000_000_000))).await.unwrap();
        let keys = [1, 2].map(|seed| VendorSecret::from_seeds([seed; 32], [seed + 10; 32]).public());
        let (guid, other) = (Guid::parse(GUID).unwrap(), Guid::parse(OTHER).unwrap());
        let file = RegistrationFile {
            guid,
            auth_string: "secret".parse().unwrap(),
            context: None,
            deployment_id: None,
            operator_id: None,
            customer: None,
            nodes: vec!["a.example".to_owned()],
            nodes_https: Vec::new(),
            vendor_keys: keys.to_vec(),
        };
        engine.keep_setup_identity(&guid, None, Some(&file), true).await.unwrap();
        engine.correct_setup_identity(&other, None).await.unwrap();
        let registration = engine.setup().await.unwrap().registration().unwrap();
        assert_eq!(registration.guid, other);
        assert_eq!(registration.vendor_keys, keys.map(|key| (key.fingerprint(), Some(key))));
        let nodes = ("FLEX_NODE_LIST".to_owned(), "a.example".to_owned());
        assert!(engine.setup().await.unwrap().connection.contains(&nodes));
        assert_eq!(registration.auth.as_ref().map(AuthString::as_str), Some("secret"));
    }

    #[tokio::test]
    async fn a_kill_between_the_registration_and_the_end_of_the_wizard_leaves_neither_a_secret_nor_the_wizard() {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Arc::new(Engine::open(folder.path(), &conf, clock.clone()).await.unwrap());
        let actor = Actor::system();
        engine.add_user(&actor, "ann", Role::Administrator, "seven green lamps hum").await.unwrap();
        let mut tx = engine.store.write().await.unwrap();
        sqlx::query("UPDATE setup SET claimed_at = 1").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let key = VendorSecret::from_seeds([1; 32], [2; 32]).public();
        let (guid, auth) = (Guid::parse(GUID).unwrap(), "secret".parse::<AuthString>().unwrap());
        engine.keep_setup_identity(&guid, Some(&auth), None, false).await.unwrap();
        engine.keep_setup_key(Some((key.fingerprint(), Some(key)))).await.unwrap();
        let setup = engine.setup().await.unwrap();
        assert!(!setup.done && setup.auth.is_some());
        let registration = setup.registration().unwrap();
        engine.register(&actor, &BaseRevision::Newest, registration, Vec::new(), "").await.unwrap();
        engine.close().await;
        drop(engine);
        let engine = Engine::open(folder.path(), &conf, clock).await.unwrap();
        let setup = engine.setup().await.unwrap();
        assert!(setup.done && setup.auth.is_none() && setup.file.is_none() && setup.vendor_keys.is_empty());
        assert_eq!(engine.identity().await.unwrap().guid, Some(guid), "and it is registered");
    }

    #[test]
    fn a_key_that_an_earlier_version_stored_is_read() {
        let key = VendorSecret::from_seeds([1; 32], [2; 32]).public();
        let one = Confirmed { fingerprint: key.fingerprint().to_string(), key: Some(key) };
        assert_eq!(confirmed_from(&serde_json::to_string(&one).unwrap()), [(key.fingerprint(), Some(key))]);
        assert_eq!(confirmed_from("nonsense"), []);
        assert_eq!(confirmed(&[]), None);
    }
}
