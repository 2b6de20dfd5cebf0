//! Other clusters, whose reporting API this console queries.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

/// A cluster as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct Cluster {
    /// Names it in addresses.
    pub id: i64,
    /// Names it for people.
    pub name: String,
    /// `host:port` of its reporting API.
    pub uri: String,
    /// Whether to use TLS.
    pub tls: bool,
    /// Certificates to trust besides the system's, PEM.
    pub ca: Option<String>,
    /// The deployment, lower-case UUID.
    pub deployment: String,
    /// The operator, lower-case UUID.
    pub operator: String,
    /// Whether an auth string is saved for it.
    pub has_auth: bool,
    /// Where its reports are to be sent.
    pub licensing_url: String,
}

/// A cluster to be added.
#[derive(Clone, Default)]
pub struct NewCluster {
    /// Names it for people.
    pub name: String,
    /// `host:port`.
    pub uri: String,
    /// Over TLS.
    pub tls: bool,
    /// PEM; empty for none.
    pub ca: String,
    /// A UUID.
    pub deployment: String,
    /// A UUID.
    pub operator: String,
    /// Secret; empty for none.
    pub auth: String,
    /// An http or https address; empty for the vendor's own.
    pub licensing_url: String,
}

/// The vendor's default address for reports.
pub const VENDOR_URL: &str = "https://licensing.lumenvox.com";

/// Why a cluster was not added.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// An invalid field.
    #[error("{message}")]
    Field {
        /// Its name in the form.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

fn wrong(field: &'static str, message: &str) -> ClusterError {
    ClusterError::Field { field, message: message.to_owned() }
}

fn uuid(field: &'static str, text: &str, what: &str) -> Result<String, ClusterError> {
    let parsed = uuid::Uuid::try_parse(text.trim())
        .map_err(|_| wrong(field, &format!("{what} must be a UUID, such as 4d2c7a1e-086f-42f0-a728-d95f39dc2229.")))?;
    Ok(parsed.hyphenated().to_string())
}

fn checked(new: &NewCluster) -> Result<NewCluster, ClusterError> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(wrong("name", "Enter a name of up to 64 characters."));
    }
    let uri = new.uri.trim();
    let port = uri.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_none_or(|port| port == 0) || uri.contains(['/', ' ', '@', '?', '#']) || uri.len() > 255 {
        return Err(wrong("uri", "Enter a host and a port, such as reporting-api.example.com:443."));
    }
    let url = match new.licensing_url.trim() {
        "" => VENDOR_URL,
        url if (url.starts_with("https://") || url.starts_with("http://"))
            && !url.contains(char::is_whitespace)
            && url.len() <= 255 =>
        {
            url
        }
        _ => {
            return Err(wrong(
                "licensing_url",
                "Enter an address that begins with https:// or http://, or leave it empty.",
            ));
        }
    };
    if new.ca.len() > 64 * 1024 || (!new.ca.trim().is_empty() && !new.ca.contains("-----BEGIN CERTIFICATE-----")) {
        return Err(wrong("ca", "Paste certificates in PEM form: they begin with -----BEGIN CERTIFICATE-----."));
    }
    if new.auth.len() > 1024 || new.auth.chars().any(char::is_control) {
        return Err(wrong("auth", "An auth string must be one line of up to 1024 characters."));
    }
    Ok(NewCluster {
        name: name.to_owned(),
        uri: uri.to_owned(),
        tls: new.tls,
        ca: new.ca.trim().to_owned(),
        deployment: uuid("deployment", &new.deployment, "A deployment id")?,
        operator: uuid("operator", &new.operator, "An operator id")?,
        auth: new.auth.trim().to_owned(),
        licensing_url: url.to_owned(),
    })
}

impl Engine {
    /// All clusters, by name.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn clusters(&self) -> Result<Vec<Cluster>, sqlx::Error> {
        sqlx::query_as("SELECT *, auth IS NOT NULL AS has_auth FROM clusters ORDER BY name")
            .fetch_all(self.store.read())
            .await
    }

    /// One cluster.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn cluster(&self, id: i64) -> Result<Option<Cluster>, sqlx::Error> {
        sqlx::query_as("SELECT *, auth IS NOT NULL AS has_auth FROM clusters WHERE id = ?")
            .bind(id)
            .fetch_optional(self.store.read())
            .await
    }

    /// The auth string of a cluster, for the command that carries its report.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn cluster_auth(&self, id: i64) -> Result<Option<String>, sqlx::Error> {
        let found = sqlx::query_scalar("SELECT auth FROM clusters WHERE id = ?");
        Ok(found.bind(id).fetch_optional(self.store.read()).await?.flatten())
    }

    /// Adds a cluster.
    ///
    /// # Errors
    /// [`ClusterError`]: nothing is kept.
    pub async fn add_cluster(&self, actor: &Actor, new: &NewCluster) -> Result<i64, ClusterError> {
        let new = checked(new)?;
        let mut tx = self.store.write().await?;
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let inserted = sqlx::query_scalar(
            "INSERT INTO clusters (name, uri, tls, ca, deployment, operator, auth, licensing_url, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING id",
        )
        .bind(&new.name)
        .bind(&new.uri)
        .bind(i64::from(new.tls))
        .bind(some(&new.ca))
        .bind(&new.deployment)
        .bind(&new.operator)
        .bind(some(&new.auth))
        .bind(&new.licensing_url)
        .bind(self.clock.now_ms())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = inserted else {
            return Err(wrong("name", "A cluster with this name already exists. Choose another name."));
        };
        let sentence = format!("Added the cluster {} ({}).", new.name, new.uri);
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "cluster.add", sentence, outcome: AuditOutcome::Done }.about(&new.name),
            )
            .await?;
        Ok(id)
    }

    /// Removes a cluster; returns whether there was one.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn remove_cluster(&self, actor: &Actor, id: i64) -> Result<bool, sqlx::Error> {
        let mut tx = self.store.write().await?;
        let name: Option<String> = sqlx::query_scalar("DELETE FROM clusters WHERE id = ? RETURNING name")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(name) = name else { return Ok(false) };
        let sentence = format!("Removed the cluster {name}.");
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "cluster.remove", sentence, outcome: AuditOutcome::Done }.about(&name),
            )
            .await?;
        Ok(true)
    }
}
